"""Granularity: groups against ONNX's blocked quantization, torch's group-wise kernel and plain loops."""

from __future__ import annotations

import math

import numpy as np
import onnx
import pytest
import torch
import torch.ao.quantization.fx._decomposed  # defines torch.ops.quantized_decomposed, a test oracle only
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx.reference import ReferenceEvaluator

from zeropoint.quant import (
    MinMaxObserver,
    PerAxis,
    PerGroup,
    PerTensor,
    dequantize_affine,
    fake_quantize_affine,
    mse,
    quantize_affine,
)

SYMMETRIC = {"signed": True, "symmetric": True, "narrow_range": True}


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def observed(x, granularity) -> MinMaxObserver:
    observer = MinMaxObserver(granularity)
    observer.observe(x)
    return observer


@pytest.mark.parametrize(
    ("granularity", "shape", "expected"),
    [
        (PerTensor(), (64, 32, 3, 3), ()),
        (PerTensor(), (), ()),
        (PerAxis(0), (64, 32, 3, 3), (64, 1, 1, 1)),
        (PerAxis(-1), (64, 32), (1, 32)),
        (PerGroup(16, axis=1), (64, 32, 3, 3), (64, 2, 3, 3)),
        (PerGroup(32), (64, 32), (64, 1)),
        (PerGroup(8, axis=0), (64, 32), (8, 32)),
        (PerGroup(1), (3, 5), (3, 5)),
    ],
)
@pytest.mark.parametrize("convert", [np.asarray, torch.from_numpy])
def test_number_of_scales(convert, granularity, shape, expected) -> None:
    assert granularity.scale_shape(shape) == expected
    observer = observed(convert(random(*shape)), granularity)
    assert tuple(observer.min_val.shape) == expected
    scale = observer.calculate_qparams().scale
    assert np.broadcast_shapes(tuple(scale.shape), shape) == shape
    assert len(np.unique(np.asarray(scale))) == math.prod(expected)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1, -3])
@pytest.mark.parametrize("convert", [np.asarray, torch.from_numpy])
def test_groups_equal_plain_loops(convert, axis: int) -> None:
    x = random(4, 6, 2, 8)
    size = 2
    observer = observed(convert(x), PerGroup(size, axis=axis))
    last = np.moveaxis(x, axis, -1)
    low = np.empty_like(last)
    high = np.empty_like(last)
    for index in np.ndindex(last.shape):
        start = index[-1] // size * size
        group = [last[*index[:-1], i] for i in range(start, start + size)]
        low[index] = min(group)
        high[index] = max(group)
    for ours, theirs in ((observer.min_val, low), (observer.max_val, high)):
        expanded = np.asarray(PerGroup(size, axis=axis).expand(ours))
        np.testing.assert_array_equal(np.moveaxis(expanded, axis, -1), theirs)


@pytest.mark.parametrize(("shape", "axis", "size"), [((6, 32), 1, 8), ((6, 32), 0, 3), ((4, 8, 3, 3), 1, 4)])
def test_round_trip_equals_onnx_blocked_quantization(shape, axis: int, size: int) -> None:
    x = random(*shape)
    granularity = PerGroup(size, axis=axis)
    observer = observed(x, granularity)
    qparams = observer.calculate_qparams()
    every = tuple(slice(None, None, size if i == axis else None) for i in range(len(shape)))
    stored = {"s": qparams.scale[every], "z": qparams.zero_point[every].astype(np.uint8)}  # one a group, as in a file
    assert stored["s"].shape == granularity.scale_shape(shape)
    codes, real = onnx_blocked(axis, size).run(None, {"x": x, **stored})
    ours = quantize_affine(x, *qparams)
    np.testing.assert_array_equal(ours, codes, strict=True)
    np.testing.assert_array_equal(dequantize_affine(ours, *qparams[:2]), real)
    np.testing.assert_array_equal(fake_quantize_affine(x, *qparams), real)


def onnx_blocked(axis: int, size: int) -> ReferenceEvaluator:
    """Return ONNX's own QuantizeLinear and DequantizeLinear (opset 21), pure NumPy."""
    nodes = [
        onnx.helper.make_node("QuantizeLinear", ["x", "s", "z"], ["codes"], axis=axis, block_size=size),
        onnx.helper.make_node("DequantizeLinear", ["codes", "s", "z"], ["real"], axis=axis, block_size=size),
    ]
    types = {"x": "FLOAT", "s": "FLOAT", "z": "UINT8", "codes": "UINT8", "real": "FLOAT"}
    values = {n: onnx.helper.make_tensor_value_info(n, getattr(onnx.TensorProto, t), None) for n, t in types.items()}
    graph = onnx.helper.make_graph(nodes, "blocked", [values[n] for n in "xsz"], [values["codes"], values["real"]])
    return ReferenceEvaluator(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 21)]))


def test_codes_equal_torch_group_wise() -> None:
    x = torch.from_numpy(random(16, 64))
    granularity = PerGroup(32)
    observer = observed(x, granularity)
    limit = torch.maximum(-observer.min_val, observer.max_val) / 127
    scale = torch.exp2(torch.ceil(torch.log2(limit)))  # torch multiplies by 1/scale: exact only for powers of two
    theirs = torch.ops.quantized_decomposed.quantize_per_channel_group(
        x, scale, torch.zeros_like(scale), -127, 127, torch.int8, 32
    )
    assert torch.equal(quantize_affine(x, granularity.expand(scale), 0, -127, 127), theirs)


def test_one_group_a_row_is_per_channel() -> None:
    x = random(5, 12)
    rows, groups = (observed(x, g).calculate_qparams(**SYMMETRIC) for g in (PerAxis(0), PerGroup(12)))
    np.testing.assert_array_equal(quantize_affine(x, *rows), quantize_affine(x, *groups))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 999), bits=st.integers(3, 8))
def test_finer_granules_lose_less(seed: int, bits: int) -> None:
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(16, 64)) * np.exp(rng.normal(size=(16, 64)))).astype(np.float32)
    errors = []
    for granularity in (PerGroup(8), PerGroup(32), PerAxis(0), PerTensor()):
        qparams = observed(x, granularity).calculate_qparams(bit_width=bits, **SYMMETRIC)
        errors.append(mse(x, fake_quantize_affine(x, *qparams)))
    assert errors == sorted(errors)


def test_dead_group_gets_scale_one_alone() -> None:
    x = random(2, 8)
    x[1, 4:] = 0
    scale = observed(x, PerGroup(4)).calculate_qparams(**SYMMETRIC).scale
    np.testing.assert_array_equal(scale == 1, x == 0)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: PerGroup(0), "group_size is 0: expected a whole number from 1"),
        (lambda: PerGroup(2.5), "group_size is 2.5"),
        (
            lambda: PerGroup(32).scale_shape((4, 72)),
            "72 values along axis -1 do not divide into groups of 32: .* hold 8",
        ),
        (lambda: observed(random(4, 6), PerGroup(4, axis=1)), "choose a divisor of 6 or pad"),
        (lambda: observed(random(4, 6), PerGroup(2, axis=2)), "axis 2 does not exist"),
        (lambda: PerAxis(2).scale_shape((4, 6)), "axis 2 does not exist"),
    ],
)
def test_bad_use_is_one_sentence(use, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        use()


def test_names_for_the_table() -> None:
    names = [str(g) for g in (PerTensor(), PerAxis(0), PerGroup(32, axis=1))]
    assert names == ["per-tensor", "per-channel (axis 0)", "per-group (axis 1, 32 values)"]
