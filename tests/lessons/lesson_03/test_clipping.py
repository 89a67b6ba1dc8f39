"""The error of clipping: both parts against a direct computation, the best clip against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.lessons.lesson_03.tensors import TENSORS
from zeropoint.lab.error_split import split_error
from zeropoint.lessons.lesson_03.clipping import clip_errors, clipped_qparams
from zeropoint.quant import fake_quantize_affine, mse


@pytest.mark.parametrize("name", TENSORS)
@pytest.mark.parametrize("bit_width", [2, 3, 4, 8])
def test_both_errors_are_those_of_quantizing_and_looking(name: str, bit_width: int) -> None:
    x = TENSORS[name]
    for share in (0.1, 0.5, 1.0):
        clip = share * float(np.abs(x).max())
        rounding, clipping = clip_errors(x, [clip], bit_width)
        direct = split_error(x.ravel(), clipped_qparams(x, clip, bit_width))
        total = direct.rounding + direct.clipping
        assert rounding[0] == pytest.approx(direct.rounding, rel=1e-3, abs=1e-5 * total)
        assert clipping[0] == pytest.approx(direct.clipping, rel=1e-3, abs=1e-5 * total)


def test_the_sum_of_both_errors_is_the_mean_squared_error() -> None:
    x = TENSORS["Gaussian"]
    total = np.sum(clip_errors(x, [1.7], 5), axis=0)[0]
    assert total == pytest.approx(mse(x, fake_quantize_affine(x, *clipped_qparams(x, 1.7, 5))), rel=1e-5)


def test_nothing_is_clipped_by_a_ruler_to_the_largest_value() -> None:
    x = TENSORS["ReLU output"]
    assert clip_errors(x, [float(x.max())], 4)[1][0] == 0


def test_best_clip_of_a_gaussian_with_three_levels_is_the_zero_of_its_derivative() -> None:
    """Levels −c, 0, c: the error's derivative vanishes where c is the mean of the values beyond c / 2."""

    def surplus(c: float) -> float:
        density = math.exp(-((c / 2) ** 2) / 2) / math.sqrt(2 * math.pi)
        beyond = math.erfc(c / 2 / math.sqrt(2)) / 2
        return density / beyond - c

    low = 0.5
    high = 3.0
    for _ in range(50):
        middle = (low + high) / 2
        if surplus(middle) > 0:
            low = middle
        else:
            high = middle
    x = np.random.default_rng(1).normal(size=400_000)
    clips = np.arange(0.8, 2.0, 0.01)
    found = clips[np.sum(clip_errors(x, clips, 2), axis=0).argmin()]
    assert found == pytest.approx(low, abs=0.025)


def test_values_of_one_sign_get_all_levels_on_their_side() -> None:
    qparams = clipped_qparams(TENSORS["ReLU output"], 3.0, 4)
    assert (qparams.quant_min, qparams.quant_max, int(qparams.zero_point)) == (0, 15, 0)
    assert float(qparams.scale) == pytest.approx(0.2)


@pytest.mark.parametrize(("x", "parts"), [([1.75, -1.75], (0.0625, 0.0)), ([2.0, -2.0], (0.0, 0.25))])
def test_half_a_step_beyond_the_last_level_is_rounding_on_both_sides(
    x: list[float], parts: tuple[float, float]
) -> None:
    rounding, clipping = clip_errors(np.array(x), [1.5], 3)  # the codes −3 … 3: a step is 0.5
    assert (rounding[0], clipping[0]) == pytest.approx(parts)
