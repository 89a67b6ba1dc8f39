"""The slopes of lesson 09 are those that the package trains with."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zeropoint.lessons.lesson_09.steps import error_slope, share_inside, step_slope, sweep
from zeropoint.quant import LearnedStepSize, QParams


def relu_like(size: int = 20_000) -> np.ndarray:
    values = np.random.default_rng(9).laplace(0.2, 1, size)
    return np.maximum(values, 0).astype(np.float32)


@pytest.mark.parametrize("bit_width", [2, 3, 4])
@pytest.mark.parametrize("step", [0.05, 0.2, 0.9])
def test_slope_over_the_step_is_that_of_lsq(step: float, bit_width: int) -> None:
    x = relu_like(500)
    module = LearnedStepSize(bit_width, signed=False)
    module.start_from(QParams(torch.tensor(step, dtype=torch.float64), torch.tensor(0), 0, 2**bit_width - 1))
    weights = np.linspace(-1, 2, x.size)  # any gradient from behind
    (module(torch.from_numpy(x).double()) * torch.from_numpy(weights)).sum().backward()
    gain = 1 / np.sqrt(x.size * (2**bit_width - 1))
    expected = float(weights @ step_slope(x.astype(np.float64), step, bit_width)) * gain
    assert module.step.grad.item() == pytest.approx(expected, rel=1e-6)


def test_error_slope_points_towards_the_least_error_from_far_away() -> None:
    x = relu_like()
    steps, errors = sweep(x, 4)
    best = steps[np.argmin(errors)]
    assert error_slope(x, 0.3 * best, 4) < 0 < error_slope(x, 3 * best, 4)


def test_share_inside_counts_both_ends() -> None:
    assert share_inside([0.0, 0.1, 1.5, 1.6, -0.1], 0.5, 2) == 60
