"""Affine quantization against torch's kernels, exact arithmetic and the course's worked example."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zeropoint.quant import (
    choose_qparams_affine,
    dequantize_affine,
    fake_quantize_affine,
    quant_range,
    quantize_affine,
)

REALS = st.floats(-1000, 1000, width=32)
TENSORS = arrays(np.float32, st.integers(1, 40), elements=REALS)
SCALES = st.sampled_from([2.0**-k for k in range(10)])  # powers of two: x / scale is exact, so ties are real ties


def test_worked_example_of_the_course() -> None:
    scale, zero_point, low, high = choose_qparams_affine(-0.9, 5.0)
    assert (f"{scale:.4f}", int(zero_point), low, high) == ("0.0231", 39, 0, 255)
    assert int(quantize_affine(np.float32(0.3), scale, zero_point, low, high)) == 52


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"bit_width": 8, "signed": False}, (0, 255)),
        ({"bit_width": 8, "signed": True}, (-128, 127)),
        ({"bit_width": 8, "signed": True, "narrow_range": True}, (-127, 127)),
        ({"bit_width": 4, "signed": True}, (-8, 7)),
        ({"bit_width": 16, "signed": False}, (0, 65535)),
        ({"bit_width": 2, "signed": True, "narrow_range": True}, (-1, 1)),
    ],
)
def test_quant_range(options: dict, expected: tuple[int, int]) -> None:
    assert quant_range(**options) == expected


@given(x=TENSORS, scale=SCALES, zero_point=st.integers(0, 255))
def test_codes_equal_torch_per_tensor_ties_included(x: np.ndarray, scale: float, zero_point: int) -> None:
    ours = quantize_affine(torch.from_numpy(x), scale, zero_point, 0, 255)
    theirs = torch.fake_quantize_per_tensor_affine(torch.from_numpy(x), scale, zero_point, 0, 255)
    assert torch.equal(dequantize_affine(ours, scale, zero_point), theirs)


@given(x=TENSORS, scale=SCALES, zero_point=st.integers(-127, 127))
def test_codes_equal_exact_arithmetic(x: np.ndarray, scale: float, zero_point: int) -> None:
    exact = [
        min(127, max(-127, round(Fraction(float(v)) / Fraction(scale)) + zero_point)) for v in x
    ]  # Fraction rounds half to even
    assert quantize_affine(x, scale, zero_point, -127, 127).tolist() == exact


@given(x=arrays(np.float32, (4, 6), elements=REALS))
def test_per_channel_equals_torch(x: np.ndarray) -> None:
    largest = np.abs(x).max(axis=1, keepdims=True)
    scale, zero_point, low, high = choose_qparams_affine(
        -largest, largest, signed=True, symmetric=True, narrow_range=True
    )
    scale = np.exp2(np.round(np.log2(scale))).astype(np.float32)  # torch multiplies by 1/scale: exact only for these
    ours = fake_quantize_affine(x, scale, zero_point, low, high)
    theirs = torch.fake_quantize_per_channel_affine(
        torch.from_numpy(x), torch.from_numpy(scale.ravel()), torch.zeros(4, dtype=torch.int32), 0, low, high
    )
    np.testing.assert_array_equal(ours, theirs.numpy())


@given(bounds=st.tuples(REALS, REALS), bits=st.integers(2, 16), signed=st.booleans(), x=TENSORS)
def test_properties_of_the_round_trip(bounds: tuple, bits: int, signed: bool, x: np.ndarray) -> None:
    qparams = choose_qparams_affine(min(bounds), max(bounds), bit_width=bits, signed=signed)
    x_hat = fake_quantize_affine(x, *qparams)
    ends = (np.array([qparams.quant_min, qparams.quant_max]) - qparams.zero_point) * np.float64(qparams.scale)
    inside = (x >= ends[0]) & (x <= ends[1])
    slack = 1 + 1e-4 + 2.0 ** (bits - 20)  # float32 has 24 bits for quotient and product
    assert (np.abs(x_hat - x)[inside] <= qparams.scale / 2 * slack).all()
    np.testing.assert_array_equal(fake_quantize_affine(x_hat, *qparams), x_hat)  # idempotent
    order = np.argsort(x, kind="stable")
    assert (np.diff(x_hat[order]) >= 0).all()  # monotone
    assert fake_quantize_affine(np.float32([0]), *qparams) == 0  # the real 0 is exact


@given(bounds=st.tuples(REALS, REALS), bits=st.integers(2, 8), symmetric=st.booleans(), x=TENSORS)
def test_numpy_and_torch_give_the_same(bounds: tuple, bits: int, symmetric: bool, x: np.ndarray) -> None:
    low = np.float32(min(bounds))
    high = np.float32(max(bounds))
    options = {"bit_width": bits, "signed": True, "symmetric": symmetric}
    ours = choose_qparams_affine(low, high, **options)
    theirs = choose_qparams_affine(torch.tensor(low), torch.tensor(high), **options)
    assert isinstance(theirs.scale, torch.Tensor)
    assert float(ours.scale) == float(theirs.scale) and int(ours.zero_point) == int(theirs.zero_point)
    np.testing.assert_array_equal(
        quantize_affine(x, *ours), quantize_affine(torch.from_numpy(x), *theirs).numpy(), strict=True
    )


@given(x=TENSORS, grad=st.booleans())
def test_fake_quantize_equals_quantize_then_dequantize(x: np.ndarray, grad: bool) -> None:
    tensor = torch.from_numpy(x)
    before = tensor.clone()
    qparams = choose_qparams_affine(tensor.min(), tensor.max(), bit_width=4)
    with torch.set_grad_enabled(grad):  # two code paths: in place without gradients, out of place with
        faked = fake_quantize_affine(tensor, *qparams)
    assert torch.equal(faked, dequantize_affine(quantize_affine(tensor, *qparams), *qparams[:2]))
    assert torch.equal(tensor, before)


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [(0, 255, "uint8"), (-127, 127, "int8"), (0, 15, "uint8"), (0, 65535, "uint16"), (-512, 511, "int16")],
)
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_smallest_dtype_and_saturation(low: int, high: int, dtype: str, kind: str) -> None:
    x = np.float32([-np.inf, np.inf, 1e30])
    codes = quantize_affine(x if kind == "numpy" else torch.from_numpy(x), 0.5, 0, low, high)
    assert str(codes.dtype).removeprefix("torch.") == dtype
    assert np.asarray(codes).tolist() == [low, high, high]
    assert np.asarray(dequantize_affine(codes, 0.5, 0)).tolist() == [low / 2, high / 2, high / 2]


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0), (-1e-40, 1e-40), (0.0, 1e-38)])
def test_dead_channels_get_scale_one(low: float, high: float) -> None:
    assert choose_qparams_affine(low, high).scale == 1


def test_widest_float32_range_does_not_overflow() -> None:
    qparams = choose_qparams_affine(-3e38, 3e38)
    assert np.isfinite(qparams.scale)
    assert int(qparams.zero_point) in (127, 128)


def test_tiny_but_normal_channel_keeps_its_scale() -> None:
    qparams = choose_qparams_affine(-1e-30, 1e-30, signed=True, symmetric=True)
    assert 0 < qparams.scale < 1e-31
    assert quantize_affine(np.float32([1e-30]), *qparams) == 127


def test_empty_tensor_gives_empty_codes() -> None:
    assert quantize_affine(np.zeros((0, 3), np.float32), 0.1, 0, 0, 255).shape == (0, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: choose_qparams_affine(float("nan"), 1), "NaN or infinite"),
        (lambda: choose_qparams_affine(0, float("inf")), "NaN or infinite"),
        (lambda: choose_qparams_affine(2, 1), "are the arguments swapped"),
        (lambda: choose_qparams_affine(0, 1, bit_width=1), "bit_width is 1"),
        (lambda: choose_qparams_affine(0, 1, bit_width=17), "bit_width is 17"),
        (lambda: choose_qparams_affine(0, 1, narrow_range=True), "signed=True"),
        (lambda: quantize_affine(np.float32([np.nan]), 1, 0, 0, 255), "holds NaN"),
        (lambda: quantize_affine(np.float32([1]), 0, 0, 0, 255), "scale must be positive"),
        (lambda: quantize_affine(np.float32([1]), 1, 0, 5, 5), "quant_min 5 is not below"),
        (lambda: quantize_affine(np.int32([1]), 1, 0, 0, 255), "expected real"),
    ],
)
def test_bad_input_is_one_sentence(call, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_nan_stays_visible_in_fake_quantization() -> None:
    assert np.isnan(fake_quantize_affine(np.float32([np.nan]), 1, 0, 0, 255)).all()
