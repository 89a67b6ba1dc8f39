"""Two 4-bit codes in a byte, against ONNX's own packing."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import TensorProto, numpy_helper

from zeropoint.quant import nbytes, pack_int4, unpack_int4

SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=7)


def codes(signed: bool) -> st.SearchStrategy[np.ndarray]:
    low, high = (-8, 7) if signed else (0, 15)
    return hnp.arrays(np.int8 if signed else np.uint8, SHAPES, elements=st.integers(low, high))


@pytest.mark.parametrize("signed", [True, False])
@given(data=st.data())
def test_bytes_are_those_of_an_onnx_tensor(signed: bool, data: st.DataObject) -> None:
    q = data.draw(codes(signed))
    kind = TensorProto.INT4 if signed else TensorProto.UINT4
    tensor = onnx.helper.make_tensor("q", kind, q.shape, q.ravel().tolist())
    stored = np.array(tensor.int32_data, dtype=np.uint8)
    packed = pack_int4(q, signed=signed)
    assert packed.dtype == np.uint8
    assert packed.tolist() == stored.tolist()
    back = unpack_int4(stored, q.shape, signed=signed)
    assert back.dtype == q.dtype
    assert np.array_equal(back, numpy_helper.to_array(tensor).astype(q.dtype))


@given(q=codes(True))
def test_packed_bytes_are_as_many_as_nbytes_says_and_torch_agrees(q: np.ndarray) -> None:
    packed = pack_int4(q)
    assert packed.shape == (nbytes(q.size, 4),)
    in_torch = pack_int4(torch.from_numpy(q))
    assert isinstance(in_torch, torch.Tensor)
    assert in_torch.tolist() == packed.tolist()
    assert torch.equal(unpack_int4(in_torch, q.shape), torch.from_numpy(q))


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.int8])
def test_codes_may_come_in_a_wider_type(dtype: type) -> None:
    assert pack_int4(np.array([-8, 7, -1], dtype)).tolist() == [0b0111_1000, 0b0000_1111]


@pytest.mark.parametrize(("q", "signed"), [([8], True), ([-9], True), ([-1], False), ([16], False)])
def test_codes_of_more_than_four_bits_are_refused(q: list[int], signed: bool) -> None:
    with pytest.raises(ValueError, match=f"holds codes from {q[0]} to {q[0]}: expected"):
        pack_int4(np.array(q), signed=signed)


def test_what_holds_no_codes_is_refused() -> None:
    with pytest.raises(TypeError, match="expected integer codes"):
        pack_int4(np.float32([1]))
    with pytest.raises(TypeError, match="expected uint8"):
        unpack_int4(np.int8([1]), 2)


@pytest.mark.parametrize("shape", [2, 5, (3, 2), ()])
def test_a_shape_of_another_number_of_bytes_is_refused(shape: int | tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="packed has 2 bytes, but"):
        unpack_int4(np.uint8([1, 2]), shape)
