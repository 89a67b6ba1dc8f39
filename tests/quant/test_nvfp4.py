"""NVFP4 against ml_dtypes' casts and exact fractions; E8M0, the scale of microscaling, against ml_dtypes as well."""

from __future__ import annotations

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
import torch

from zeropoint.quant import E2M1, choose_nvfp4_scales, fake_quantize_mx, fake_quantize_nvfp4


def by_casts(x: np.ndarray) -> np.ndarray:
    """Return rows of one block each in NVFP4, by the casts of another library."""
    tensor = np.float32(np.abs(x).max() / np.float32(6)) / np.float32(448)
    block = np.minimum(np.abs(x).max(1, keepdims=True) / np.float32(6) / tensor, 448)
    scale = np.maximum(block.astype(ml_dtypes.float8_e4m3fn).astype(np.float32), 2.0**-9) * tensor
    return np.clip(x / scale, -6, 6).astype(ml_dtypes.float4_e2m1fn).astype(np.float32) * scale


def drawn(seed: int, rows: int = 64) -> np.ndarray:
    generator = np.random.default_rng(seed)
    loudness = 2.0 ** generator.integers(-20, 4, (rows, 1))
    return (generator.normal(0, 1, (rows, 16)) * loudness).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_casts_of_ml_dtypes(seed: int) -> None:
    x = drawn(seed)
    assert np.array_equal(fake_quantize_nvfp4(x), by_casts(x))
    assert np.array_equal(fake_quantize_nvfp4(torch.from_numpy(x)).numpy(), by_casts(x))


def test_scales_are_values_that_their_bytes_hold() -> None:
    scales = choose_nvfp4_scales(drawn(9))
    assert np.array_equal(scales.block, scales.block.astype(ml_dtypes.float8_e4m3fn).astype(np.float32))
    assert scales.block.max() == 448 and scales.block.min() == 2.0**-9
    assert scales.tensor.dtype == np.float32 and scales.tensor.shape == ()


def test_a_block_scale_is_the_nearest_of_e4m3_by_exact_fractions() -> None:
    x = drawn(3)
    scales = choose_nvfp4_scales(x)
    codes = np.arange(0x7F, dtype=np.uint8)  # the positive values, without NaN
    table = [Fraction(float(v)) for v in codes.view(ml_dtypes.float8_e4m3fn).astype(np.float64) if v > 0]
    for row, found in zip(x, scales.block[:, 0], strict=True):
        wanted = Fraction(float(np.abs(row).max())) / 6 / Fraction(float(scales.tensor))
        nearest = min(abs(value - wanted) for value in table)
        assert abs(Fraction(float(found)) - wanted) <= nearest * (1 + Fraction(1, 10**4))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_blocks_lie_along_the_axis(axis: int) -> None:
    x = np.random.default_rng(5).normal(size=(32, 48)).astype(np.float32)
    along = np.moveaxis(fake_quantize_nvfp4(np.moveaxis(x, axis, -1)), -1, axis)
    assert np.array_equal(fake_quantize_nvfp4(x, axis=axis), along)
    assert choose_nvfp4_scales(x, axis=axis).block.shape == {0: (2, 48), 1: (32, 3), -1: (32, 3)}[axis]


def test_blocks_of_another_size() -> None:
    x = np.random.default_rng(6).normal(size=(4, 32)).astype(np.float32)
    assert choose_nvfp4_scales(x, block_size=32).block.shape == (4, 1)
    assert np.abs(fake_quantize_nvfp4(x, block_size=32) - x).max() <= np.abs(x).max() / 6


def test_what_calibration_found_is_the_largest_and_values_beyond_saturate() -> None:
    x = np.full((1, 16), 8, np.float32)
    assert fake_quantize_nvfp4(x, largest=6.0).tolist() == [[6.0] * 16]
    assert float(choose_nvfp4_scales(x, largest=2688).tensor) == 1


def test_zeros_stay_and_a_tensor_with_nan_or_infinity_is_lost() -> None:
    assert not fake_quantize_nvfp4(np.zeros((2, 32), np.float32)).any()
    for strange in (np.nan, np.inf):
        x = np.ones(32, np.float32)
        x[0] = strange
        assert np.isnan(fake_quantize_nvfp4(x)).all()


def test_a_ragged_block_is_refused() -> None:
    with pytest.raises(ValueError, match="do not divide into groups of 16"):
        fake_quantize_nvfp4(np.zeros(17, np.float32))


def test_a_microscaling_block_equals_the_casts_of_ml_dtypes() -> None:
    x = drawn(7)
    exponent = np.frexp(np.abs(x).max(1, keepdims=True))[1] - 1 - 2
    scale = np.float32(2.0) ** exponent
    assert np.array_equal(scale, scale.astype(ml_dtypes.float8_e8m0fnu).astype(np.float32)), "E8M0 holds it"
    elements = np.clip(x / scale, -6, 6).astype(ml_dtypes.float4_e2m1fn).astype(np.float32)
    assert np.array_equal(fake_quantize_mx(x, E2M1, block_size=16), elements * scale)


def test_one_byte_e8m0_holds_powers_of_two_and_nothing_else() -> None:
    every = np.arange(255, dtype=np.uint8).view(ml_dtypes.float8_e8m0fnu).astype(np.float64)
    assert np.array_equal(every, 2.0 ** np.arange(-127, 128))
