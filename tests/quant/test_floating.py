"""FP8, FP4 and microscaling, against torch's and ml_dtypes' casts and a search over all values of a format."""

from __future__ import annotations

import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from zeropoint.quant import (
    E2M1,
    E4M3,
    E5M2,
    MX_INT8,
    PerAxis,
    PerGroup,
    choose_float_scale,
    fake_quantize_float,
    fake_quantize_mx,
)
from zeropoint.quant.floating import FORMATS, FloatFormat

CASTS = {E4M3: ml_dtypes.float8_e4m3fn, E5M2: ml_dtypes.float8_e5m2, E2M1: ml_dtypes.float4_e2m1fn}
IN_TORCH = {E4M3: torch.float8_e4m3fn, E5M2: torch.float8_e5m2}


def values_of(fmt: FloatFormat) -> np.ndarray:
    """Return every value of a format, from a table of all bit patterns (or of all codes) that is not ours."""
    if fmt is MX_INT8:
        return np.arange(-127, 128, dtype=np.float32) / 64
    raw = np.arange(2**fmt.bit_width, dtype=np.uint8).view(CASTS[fmt]).astype(np.float32)
    return np.unique(raw[np.isfinite(raw)])


def probes(fmt: FloatFormat) -> np.ndarray:
    """Return all values, all midpoints, their neighbours in float32, and many others within the range."""
    values = values_of(fmt)
    middle = (values[1:] + values[:-1]) / 2
    around = np.concatenate([np.nextafter(middle, np.float32(s)) for s in (-np.inf, np.inf)])
    drawn = np.random.default_rng(1).normal(0, fmt.max_val / 3, 1500).astype(np.float32)
    tiny = np.float32(fmt.smallest) * np.float32([0.3, 0.5, 0.51, 1.5, 1e-20, 0])
    return np.concatenate([values, middle, around, drawn, tiny, -tiny]).astype(np.float32)


@pytest.mark.parametrize("fmt", FORMATS, ids=str)
def test_rounds_to_the_nearest_value_and_ties_to_the_even_pattern(fmt: FloatFormat) -> None:
    x = np.clip(probes(fmt), -fmt.max_val, fmt.max_val)
    values = values_of(fmt)
    q = fake_quantize_float(x, fmt)
    assert np.isin(q, values).all()
    distance = np.abs(x.astype(np.float64)[:, None] - values.astype(np.float64))  # (probes, values)
    assert np.array_equal(np.abs(x.astype(np.float64) - q), distance.min(1))
    if fmt in CASTS:  # ties: the cast of another library within the range
        assert np.array_equal(q, x.astype(CASTS[fmt]).astype(np.float32))
    else:
        assert np.array_equal(q, np.round(x * 64) / 64)


@pytest.mark.parametrize("fmt", IN_TORCH, ids=str)
def test_equals_the_cast_of_torch_within_the_range_and_is_a_tensor(fmt: FloatFormat) -> None:
    x = torch.from_numpy(probes(fmt)).clamp(-fmt.max_val, fmt.max_val)
    q = fake_quantize_float(x, fmt)
    assert torch.equal(q, x.to(IN_TORCH[fmt]).float())
    assert fmt.max_val == torch.finfo(IN_TORCH[fmt]).max
    assert 2.0**fmt.min_exponent == torch.finfo(IN_TORCH[fmt]).smallest_normal


@pytest.mark.parametrize("fmt", FORMATS, ids=str)
def test_largest_value_and_exponent_are_those_of_the_table(fmt: FloatFormat) -> None:
    values = values_of(fmt)
    assert fmt.max_val == values[-1]
    assert 2.0**fmt.max_exponent <= values[-1] < 2.0 ** (fmt.max_exponent + 1)
    assert fmt.smallest == values[values > 0][0]


@pytest.mark.parametrize("fmt", FORMATS, ids=str)
def test_saturates_and_keeps_nan(fmt: FloatFormat) -> None:
    top = fmt.max_val
    q = fake_quantize_float(np.float32([2 * top, -1e30, np.inf, -np.inf, np.nan]), fmt)
    assert np.array_equal(q, np.float32([top, -top, top, -top, np.nan]), equal_nan=True)


@given(st.floats(2**-20, 2**20, width=32), st.integers(-20, 20))
def test_a_scale_of_a_power_of_two_moves_the_values_along(x: float, exponent: int) -> None:
    scale = np.float32(2.0**exponent)
    q = fake_quantize_float(np.float32([x * scale]), E4M3, scale)
    assert q == fake_quantize_float(np.float32([x]), E4M3) * scale


def test_scale_takes_the_largest_value_to_the_largest_of_the_format() -> None:
    x = np.float32([[1, -7, 0.1, 0], [0, 0, 0, 0]])
    scale = choose_float_scale(x, E4M3, PerAxis(0))
    assert scale.tolist() == [[np.float32(7) / np.float32(448)], [1]]
    assert fake_quantize_float(x, E4M3, scale)[0, 1] == -7
    assert choose_float_scale(x, E4M3, PerGroup(2)).shape == x.shape


def mx_by_hand(block: np.ndarray, fmt: FloatFormat) -> list[float]:
    """Return one block in a microscaling format by exact fractions and a search over all values."""
    largest = max(Fraction(float(abs(v))) for v in block)
    exponent = math.floor(math.log2(largest)) if largest else 0
    while Fraction(2) ** exponent > largest > 0:
        exponent -= 1
    while largest >= Fraction(2) ** (exponent + 1):
        exponent += 1
    scale = Fraction(2) ** (exponent - fmt.max_exponent)
    table = values_of(fmt).astype(np.float64)
    place = {v: i for i, v in enumerate(table)}  # a tie goes to the even pattern: 0 and every second value from there
    exact = [Fraction(float(x)) / scale for x in block]
    nearest = [min((abs(Fraction(v) - x), (place[v] - place[0.0]) % 2, v) for v in table)[2] for x in exact]
    return [float(scale * Fraction(v)) for v in nearest]


@pytest.mark.parametrize("fmt", FORMATS, ids=str)
def test_a_microscaling_block_equals_the_search_over_all_values(fmt: FloatFormat) -> None:
    generator = np.random.default_rng(2)
    x = (generator.normal(0, 1, (6, 8)) * 2.0 ** generator.integers(-30, 30, (6, 1))).astype(np.float32)
    x[0] = 0
    x[1, 0] = np.nextafter(np.float32(4), np.float32(0))
    x[2] = np.float32([4, 1.25, 2.5, 3.5, 5, 7, 7.9, 0.1])
    q = fake_quantize_mx(x, fmt, block_size=8)
    assert q.tolist() == [mx_by_hand(block, fmt) for block in x]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_blocks_lie_along_the_axis_and_torch_agrees(axis: int) -> None:
    x = np.random.default_rng(3).normal(size=(64, 64, 64)).astype(np.float32)
    along = np.moveaxis(fake_quantize_mx(np.moveaxis(x, axis, -1), E2M1), -1, axis)
    q = fake_quantize_mx(x, E2M1, axis=axis)
    assert np.array_equal(q, along)
    assert np.array_equal(fake_quantize_mx(torch.from_numpy(x), E2M1, axis=axis).numpy(), q)


def test_the_shared_scale_has_eight_bits() -> None:
    tiny = np.float32([1e-40, 3e-39])  # a byte ends at 2^−127
    huge = np.float32([3.4e38, 1e38])
    assert np.isfinite(fake_quantize_mx(huge, E4M3, block_size=2)).all()
    assert fake_quantize_mx(tiny, E4M3, block_size=2) == pytest.approx(tiny, rel=2.0**-4)


def test_a_block_with_infinity_or_nan_is_lost_and_its_neighbours_are_not() -> None:
    q = fake_quantize_mx(np.float32([[1, np.inf], [1, np.nan], [1, 2]]), E4M3, block_size=2)
    assert np.isnan(q[:2]).all() and q[2].tolist() == [1, 2]


def test_integers_are_refused() -> None:
    with pytest.raises(TypeError, match="expected real"):
        fake_quantize_float(np.int8([1]), E4M3)


def test_a_ragged_block_is_refused() -> None:
    with pytest.raises(ValueError, match="do not divide into groups of 32"):
        fake_quantize_mx(np.zeros(33, np.float32), E4M3)
