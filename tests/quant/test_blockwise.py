"""Block by block or whole: the same bits, the same layout, and the cases that must stay whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zeropoint.quant import _blockwise, dequantize_affine, fake_quantize_affine, quantize_affine

SHAPES = st.lists(st.integers(1, 7), min_size=1, max_size=4).map(tuple)


def bits(x: np.ndarray | torch.Tensor) -> np.ndarray:
    """Return the bytes of each value, so that −0.0 differs from 0.0."""
    x = np.ascontiguousarray(x)
    return x.view(f"uint{8 * x.itemsize}")


def round_trip(x, scale, zero_point) -> list:
    codes = quantize_affine(x, scale, zero_point, 0, 255)
    return [codes, dequantize_affine(codes, scale, zero_point), fake_quantize_affine(x, scale, zero_point, 0, 255)]


@settings(deadline=None, max_examples=80)
@given(data=st.data(), shape=SHAPES, block=st.integers(1, 40), tensors=st.booleans(), seed=st.integers(0, 9))
def test_blocks_give_the_same_bits_as_the_whole(data, shape, block: int, tensors: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = data.draw(st.permutations(range(len(shape))), "axes of the memory")
    kept = data.draw(st.integers(0, len(shape)), "dimensions of the scale")
    scale_shape = tuple(n if data.draw(st.booleans()) else 1 for n in shape[len(shape) - kept :])
    x = rng.normal(size=shape).astype(np.float32).transpose(order)
    x = x.transpose(np.argsort(order))  # the same shape, another order in memory
    scale = np.asarray(rng.uniform(0.01, 0.2, scale_shape), np.float32)
    zero_point = np.asarray(rng.integers(0, 256, scale_shape), np.int32)
    arguments = [torch.from_numpy(v) if tensors else v for v in (x, scale, zero_point)]
    with pytest.MonkeyPatch.context() as patch:
        whole = round_trip(*arguments)
        patch.setattr(_blockwise, "BLOCK", block)
        cut = round_trip(*arguments)
    for one, two in zip(whole, cut, strict=True):
        assert (type(one), one.dtype, one.shape) == (type(two), two.dtype, two.shape)
        np.testing.assert_array_equal(bits(one), bits(two))
    np.testing.assert_array_equal(bits(whole[1]), bits(whole[2]))  # the round trip through codes has no −0.0


def test_no_block_is_longer_than_asked(monkeypatch) -> None:
    monkeypatch.setattr(_blockwise, "BLOCK", 10)
    seen: list[int] = []

    def formula(x):
        seen.append(x.size)
        return x

    x = np.arange(3 * 5 * 7, dtype=np.float32).reshape(3, 5, 7)
    np.testing.assert_array_equal(_blockwise.blockwise(formula, x), x)
    assert sum(seen) == x.size and max(seen) <= 10


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floating_types_give_the_same_as_torch_on_the_whole(monkeypatch, dtype) -> None:
    x = torch.randn(50, generator=torch.Generator().manual_seed(0)).to(dtype)
    whole = round_trip(x, 0.03, 100)
    monkeypatch.setattr(_blockwise, "BLOCK", 8)
    for one, two in zip(whole, round_trip(x, 0.03, 100), strict=True):
        assert one.dtype == two.dtype and torch.equal(one, two)


def test_gradients_flow_through_a_long_tensor(monkeypatch) -> None:
    monkeypatch.setattr(_blockwise, "BLOCK", 8)
    scale = torch.tensor(0.5, requires_grad=True)  # a learned step
    x = torch.linspace(-1, 30, 32)
    fake_quantize_affine(x, scale, 0, 0, 15).sum().backward()
    assert scale.grad == fake_quantize_affine(x, 0.5, 0, 0, 15).sum() / 0.5  # the sum of codes, round() being flat


def test_channels_last_stays_channels_last(monkeypatch) -> None:
    monkeypatch.setattr(_blockwise, "BLOCK", 8)
    x = torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    assert fake_quantize_affine(x, 0.1, 0, 0, 255).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
def test_nan_in_any_block_is_refused_and_infinities_saturate(monkeypatch, kind) -> None:
    monkeypatch.setattr(_blockwise, "BLOCK", 8)
    x = np.zeros(50, np.float32)
    x[[3, 4, 20]] = np.inf, -np.inf, np.inf
    assert np.asarray(quantize_affine(kind(x), 1, 0, 0, 255))[[3, 4, 20]].tolist() == [255, 0, 255]
    x[49] = np.nan
    with pytest.raises(ValueError, match="holds NaN"):
        quantize_affine(kind(x), 1, 0, 0, 255)
    assert np.isnan(np.asarray(fake_quantize_affine(kind(x), 1, 0, 0, 255))[49])


def test_an_overflowing_quotient_of_a_tensor_saturates_without_a_warning(monkeypatch, recwarn) -> None:
    monkeypatch.setattr(_blockwise, "BLOCK", 8)
    assert (quantize_affine(torch.full((20,), 3e38), 1e-3, 0, 0, 255) == 255).all()
    assert not recwarn.list
