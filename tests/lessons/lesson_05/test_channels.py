"""The channels of lesson 05: rounding, SQNR and codes against plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from zeropoint.lessons.lesson_05 import channels
from zeropoint.quant import PerAxis, PerGroup, PerTensor


def weights(*shape: int) -> np.ndarray:
    generator = np.random.default_rng(5)
    loud = generator.permutation(np.geomspace(0.01, 2, shape[0])).reshape(-1, *[1] * (len(shape) - 1))
    return (generator.normal(size=shape) * loud).astype(np.float32)


def rounded_by_hand(weight: np.ndarray, step: np.ndarray | float, last: int) -> np.ndarray:
    return np.clip(np.round(weight / step), -last, last) * step


@pytest.mark.parametrize("bit_width", [3, 8])
def test_rounding_is_that_of_plain_arithmetic(bit_width: int) -> None:
    weight = weights(6, 16, 3, 3)
    last = 2 ** (bit_width - 1) - 1
    largest = np.abs(weight).max(axis=(1, 2, 3), keepdims=True)
    groups = np.abs(weight.reshape(6, 2, 8, 3, 3)).max(axis=2).repeat(8, axis=1)
    for granularity, reach in ((PerTensor(), largest.max()), (PerAxis(0), largest), (PerGroup(8, axis=1), groups)):
        found = channels.round_weights(weight, granularity, bit_width)
        assert np.allclose(found.values, rounded_by_hand(weight, reach / last, last), atol=1e-6)
        assert np.allclose(found.codes * found.scale, found.values, atol=1e-6)
        assert found.scale.shape == weight.shape


def test_sqnr_of_each_channel() -> None:
    weight = np.float32([[3, 4], [1, 1], [0, 0], [5, 5]])
    values = np.float32([[3, 4.5], [0, 0], [0, 0], [5, 5]])
    assert channels.channel_sqnr_db(weight, values) == pytest.approx([20, 0, np.nan, np.nan], nan_ok=True)


def test_codes_in_use_are_counted() -> None:
    weight = np.float32([[0.01, -0.01, 0.02, 0.0], [1.0, -0.5, 0.4, 0.0]]).reshape(2, 4, 1, 1)
    assert channels.codes_in_use(weight, 0, "per-tensor", 4) == 1
    assert channels.codes_in_use(weight, 100, "per-tensor", 4) == 4
    assert channels.codes_in_use(weight, 0, "per-channel", 4) == 4
