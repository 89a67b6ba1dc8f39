"""Our functions against ONNX's backend node cases, ONNX Runtime's kernels and torch's kernels.

Weights of mixed-sign products (uint8 · int8) have 7 bits here: on a CPU without VNNI, ONNX Runtime adds two such
products in a saturating int16 (``vpmaddubsw``), which is a fault of that instruction and not a rounding rule.
"""

from __future__ import annotations

import platform
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from zeropoint.quant import (
    QParams,
    choose_qparams_affine,
    dequantize_affine,
    fake_quantize_affine,
    quant_range,
    quantize_affine,
    quantized_add,
    quantized_avg_pool,
    quantized_conv2d,
    quantized_linear,
)

CASE_MODULES = "onnx.backend.test.case.node"
OPERATORS = ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearMatMul", "QLinearConv")

FLOATS = "its codes are floating-point numbers, and the course quantizes to integers"
SPELLED_OUT = "the case of the same name without _expanded, spelled out in other operators: the data are the same"
OUT_OF_SCOPE = {
    "test_quantizelinear_e4m3fn": FLOATS,
    "test_quantizelinear_e5m2": FLOATS,
    "test_quantizelinear_float4e2m1": FLOATS,
    "test_dequantizelinear_e4m3fn": FLOATS,
    "test_dequantizelinear_e4m3fn_float16": FLOATS,
    "test_dequantizelinear_e4m3fn_zero_point": FLOATS,
    "test_dequantizelinear_e5m2": FLOATS,
    "test_dequantizelinear_float4e2m1": FLOATS,
    "test_dynamicquantizelinear_expanded": SPELLED_OUT,
    "test_dynamicquantizelinear_max_adjusted_expanded": SPELLED_OUT,
    "test_dynamicquantizelinear_min_adjusted_expanded": SPELLED_OUT,
}
IN_SCOPE = (
    *("test_quantizelinear" + end for end in ("", "_axis", "_uint16", "_int16", "_uint4", "_int4", "_uint2", "_int2")),
    *("test_quantizelinear_blocked" + end for end in ("_asymmetric", "_symmetric")),
    *("test_dequantizelinear" + end for end in ("", "_axis", "_blocked", "_uint16", "_int16")),
    *("test_dequantizelinear" + end for end in ("_uint4", "_int4", "_uint2", "_int2")),
    *("test_dynamicquantizelinear" + end for end in ("", "_max_adjusted", "_min_adjusted")),
    *(
        f"test_qlinearmatmul_{d}D_{code}_{real}"
        for d in (2, 3)
        for code in ("uint8", "int8")
        for real in ("float32", "float16")
    ),
    "test_qlinearconv",
)


@pytest.fixture(scope="module")
def cases() -> dict[str, Any]:
    """Return every node case of our operators by name; importing a module of cases collects them (all: 28 s)."""
    for operator in OPERATORS:
        import_module(f"{CASE_MODULES}.{operator.lower()}")
    collected = import_module(CASE_MODULES)._NodeTestCases
    ours = [case for case in collected if any(node.op_type in OPERATORS for node in case.model.graph.node)]
    return {case.name: case for case in ours}


def test_every_case_is_either_run_or_out_of_scope_for_a_stated_reason(cases) -> None:
    assert set(cases) == {*IN_SCOPE, *OUT_OF_SCOPE}


def test_no_other_module_of_cases_has_our_operators() -> None:
    folder = import_module(CASE_MODULES).__path__[0]
    found = set()
    for path in sorted(Path(folder).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        found |= {path.stem for operator in OPERATORS if f'"{operator}"' in text}
    assert found == {operator.lower() for operator in OPERATORS}


@pytest.mark.parametrize("name", OUT_OF_SCOPE)
def test_out_of_scope(cases, name: str) -> None:
    graph = cases[name].model.graph
    types = {value.type.tensor_type.elem_type for value in (*graph.input, *graph.output)}
    float_codes = any(TensorProto.DataType.Name(t).startswith(("FLOAT8", "FLOAT4")) for t in types)
    assert float_codes or len(graph.node) > 1, "this case could be run"
    pytest.skip(f"{name}: {OUT_OF_SCOPE[name]}")


@pytest.mark.parametrize("name", IN_SCOPE)
def test_node_case(cases, name: str) -> None:
    case = cases[name]
    (node,) = case.model.graph.node
    inputs, expected = ([_array(v) for v in values] for values in case.data_sets[0])
    kind = TensorProto.DataType.Name(case.model.graph.output[0].type.tensor_type.elem_type)
    for outputs in RUN[node.op_type](node, inputs, kind):
        for ours, theirs in zip(outputs, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def _array(value) -> np.ndarray:
    """Return plain NumPy codes: 2- and 4-bit tensors come packed, in a type of their own."""
    array = numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)
    small = {"int4": np.int8, "int2": np.int8, "uint4": np.uint8, "uint2": np.uint8}
    return array.astype(small.get(str(array.dtype), array.dtype))


def _limits(kind: str) -> tuple[int, int]:
    return quant_range(int(kind.removeprefix("U").removeprefix("INT")), signed=kind.startswith("INT"))


def _aligned(node: onnx.NodeProto, x: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return scales or zero points in a shape that broadcasts: one a tensor, one an index of ``axis``, or blocks."""
    options = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    axis = options.get("axis", 1)
    block_size = options.get("block_size", 0)
    if block_size:
        return np.repeat(values, block_size, axis=axis)
    if values.size == 1:
        return values.reshape(())
    return values.reshape([-1 if i == axis else 1 for i in range(x.ndim)])


def _quantize(node, inputs, kind):
    x, scale, *zero_point = inputs
    zero_point = _aligned(node, x, zero_point[0]) if zero_point else 0
    yield (quantize_affine(x, _aligned(node, x, scale), zero_point, *_limits(kind)),)


def _dequantize(node, inputs, _):
    x, scale, *zero_point = inputs
    yield (dequantize_affine(x, _aligned(node, x, scale), _aligned(node, x, zero_point[0]) if zero_point else 0),)


def _dynamic(_, inputs, kind):
    (x,) = inputs
    qparams = choose_qparams_affine(x.min(), x.max())
    assert qparams[2:] == _limits(kind)
    yield quantize_affine(x, *qparams), qparams.scale, qparams.zero_point


def _qparams(scale: np.ndarray, zero_point: np.ndarray) -> QParams:
    limits = np.iinfo(zero_point.dtype)
    return QParams(np.float32(scale).reshape(()), np.int32(zero_point).reshape(()), limits.min, limits.max)


def _matmul(_, inputs, __):
    a = inputs[0]
    b = inputs[3]
    a_qparams = _qparams(*inputs[1:3])
    b_qparams = _qparams(*inputs[4:6])
    y_qparams = _qparams(*inputs[6:])
    for requantization in ("float", "fixed_point"):
        y = [  # a linear layer has one weight matrix, (out, in): one call for each matrix of a batch
            quantized_linear(rows, columns.T, None, a_qparams, b_qparams, y_qparams, requantization=requantization)
            for rows, columns in zip(a.reshape(-1, *a.shape[-2:]), b.reshape(-1, *b.shape[-2:]), strict=True)
        ]
        yield (np.reshape(y, (*a.shape[:-1], b.shape[-1])),)


def _conv(_, inputs, __):
    qparams = _qparams(*inputs[1:3]), _qparams(*inputs[4:6]), _qparams(*inputs[6:])
    for requantization in ("float", "fixed_point"):
        yield (quantized_conv2d(inputs[0], inputs[3], None, *qparams, requantization=requantization),)


RUN = dict(zip(OPERATORS, (_quantize, _dequantize, _dynamic, _matmul, _conv), strict=True))


def session(operator: str, inputs: list[np.ndarray], *, constants: bool = True, domain: str = "", **attributes):
    """Return a CPU session of one operator with ONNX Runtime's default optimisations; the output has x's type."""
    arrays = {f"input{i}": np.asarray(value) for i, value in enumerate(inputs)}
    infos = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), None) for n, a in arrays.items()
    ]
    kept = 1 if constants else len(infos)
    stored = [numpy_helper.from_array(a, n) for n, a in list(arrays.items())[kept:]]
    code_type = helper.np_dtype_to_tensor_dtype(np.asarray(inputs[-1 if operator == "QuantizeLinear" else 0]).dtype)
    output = helper.make_tensor_value_info("y", code_type, None)
    node = helper.make_node(operator, list(arrays), ["y"], domain=domain, **attributes)
    graph = helper.make_graph([node], operator, infos[:kept], [output], stored)
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run_onnxruntime(operator: str, inputs: list[np.ndarray], **options) -> np.ndarray:
    return session(operator, inputs, **options).run(None, {"input0": inputs[0]})[0]


def random_codes(rng: np.random.Generator, dtype: str, shape: tuple[int, ...], halved: bool = False) -> np.ndarray:
    limits = np.iinfo(dtype)
    return (rng.integers(limits.min, limits.max + 1, shape) // (1 + halved)).astype(dtype)


def random_layer(seed: int, x_type: str, w_type: str, w_shape: tuple[int, ...], products: int):
    """Return weights, bias, qparams of x, w (per channel) and y, chosen so that the codes of y spread."""
    rng = np.random.default_rng(seed)
    w_q = random_codes(rng, w_type, w_shape, halved=x_type != w_type)
    per_channel = (w_shape[0], *[1] * (len(w_shape) - 1))
    w_scale = rng.uniform(0.001, 0.02, per_channel).astype(np.float32)
    w_zero_point = np.full(per_channel, 128 if w_type == "uint8" else 0, np.int32)
    limits = np.iinfo(x_type)
    x = QParams(np.float32(0.02), np.int32(rng.integers(limits.min, limits.max + 1)), limits.min, limits.max)
    y_zero_point = np.int32(limits.min + rng.integers(100, 156))
    y = QParams(np.float32(0.05 * products**0.5), y_zero_point, *x[2:])
    bias_q = rng.integers(-(2**15), 2**15, w_shape[0]).astype(np.int32)
    return w_q, bias_q, x, QParams(w_scale, w_zero_point, -128, 127), y


def onnx_inputs(x_q: np.ndarray, w_q: np.ndarray, x: QParams, w: QParams, y: QParams) -> list[np.ndarray]:
    zero_points = (
        x.zero_point.astype(x_q.dtype),
        w.zero_point.ravel().astype(w_q.dtype),
        y.zero_point.astype(x_q.dtype),
    )
    return [x_q, x.scale, zero_points[0], w_q, w.scale.ravel(), zero_points[1], y.scale, zero_points[2]]


TYPES = [("uint8", "int8"), ("int8", "int8"), ("uint8", "uint8")]  # ONNX Runtime has no int8 · uint8 convolution
WINDOWS = [(1, 1, 1, 1), (1, 2, 1, 1), (8, 1, 1, 1), (8, 2, 2, 1), (2, 1, 0, 2), (4, 3, 2, 2)]


@pytest.mark.parametrize(("x_type", "w_type"), TYPES)
@pytest.mark.parametrize(("groups", "stride", "padding", "dilation"), WINDOWS)
def test_conv_equals_onnxruntime_bit_for_bit(x_type, w_type, groups, stride, padding, dilation) -> None:
    window = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    onnx_window = {"strides": [stride] * 2, "pads": [padding] * 4, "dilations": [dilation] * 2, "group": groups}
    w_q, bias_q, *qparams = random_layer(groups, x_type, w_type, (16, 8 // groups, 3, 3), 72 // groups)
    x_q = random_codes(np.random.default_rng(1), x_type, (2, 8, 11, 13))
    theirs = run_onnxruntime("QLinearConv", [*onnx_inputs(x_q, w_q, *qparams), bias_q], **onnx_window)
    ours = quantized_conv2d(x_q, w_q, bias_q, *qparams, requantization="float", **window)
    assert len(np.unique(ours)) > 64  # the codes spread: not saturated, not all zero
    np.testing.assert_array_equal(ours, theirs, strict=True)
    check_fixed_point(quantized_conv2d(x_q, w_q, bias_q, *qparams, **window), theirs)


@pytest.mark.parametrize(("x_type", "w_type"), TYPES)
@pytest.mark.parametrize("inputs", [1, 37, 1024])
def test_linear_equals_onnxruntime_bit_for_bit(x_type: str, w_type: str, inputs: int) -> None:
    w_q, _, *qparams = random_layer(inputs, x_type, w_type, (19, inputs), inputs)
    x_q = random_codes(np.random.default_rng(1), x_type, (2, 30, inputs))
    onnx_order = onnx_inputs(x_q, w_q, *qparams)
    onnx_order[3] = np.ascontiguousarray(w_q.T)  # QLinearMatMul takes (in, out)
    theirs = run_onnxruntime("QLinearMatMul", onnx_order)
    ours = quantized_linear(x_q, w_q, None, *qparams, requantization="float")
    np.testing.assert_array_equal(ours, theirs, strict=True)
    check_fixed_point(quantized_linear(x_q, w_q, None, *qparams), theirs)


def check_fixed_point(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Assert that two roundings instead of one decide a near-tie otherwise: rarely, and by one code."""
    difference = np.abs(ours.astype(int) - theirs)
    assert difference.max() <= 1 and (difference > 0).mean() <= 0.01


def test_sum_and_mean_are_within_one_code_of_onnxruntime() -> None:
    rng = np.random.default_rng(0)
    a = QParams(0.021, 120, 0, 255)
    b = QParams(0.05, 3, 0, 255)
    y = QParams(0.06, 100, 0, 255)
    a_q = random_codes(rng, "uint8", (2, 500))
    b_q = random_codes(rng, "uint8", (2, 500))
    ends = [[np.float32(p.scale), np.uint8(p.zero_point)] for p in (a, b, y)]
    theirs = run_onnxruntime("QLinearAdd", [a_q, *ends[0], b_q, *ends[1], *ends[2]], domain="com.microsoft")
    check_fixed_point(quantized_add(a_q, b_q, a, b, y), theirs)
    x_q = random_codes(rng, "uint8", (20, 30, 8, 8))
    narrow = QParams(np.float32(0.0023), 100, 0, 255)
    x = QParams(np.float32(0.021), 120, 0, 255)
    ends = [np.float32(x.scale), np.uint8(120), np.float32(narrow.scale), np.uint8(100)]
    theirs = run_onnxruntime("QLinearGlobalAveragePool", [x_q, *ends], domain="com.microsoft")
    check_fixed_point(quantized_avg_pool(x_q, x, narrow), theirs)


@pytest.fixture(scope="module")
def onnx_quantize():
    """Return ONNX Runtime's QuantizeLinear as a function of x, scale and zero point."""
    made = {
        dtype: session("QuantizeLinear", [np.float32([0]), np.float32(1), np.zeros((), dtype)], constants=False)
        for dtype in ("int8", "uint8")
    }

    def run(x: np.ndarray, scale: float, zero_point: int, dtype: str = "int8") -> np.ndarray:
        values = x, np.array(scale, np.float32), np.array(zero_point, dtype)
        return made[dtype].run(None, {f"input{i}": value for i, value in enumerate(values)})[0]

    return run


SCALES = st.floats(2.0**-10, 8, width=32)
STEPS = st.lists(st.integers(-300, 300).map(lambda k: k / 2) | st.floats(-150, 150), min_size=1, max_size=40)
UNHURRIED = settings(deadline=None)  # the first call of a kernel is slow


def torch_codes(x: np.ndarray, scale: float, zero_point: int) -> list[np.ndarray]:
    """Return int8 codes of torch's four kernels; the quantize_per_* pair is deprecated and only an oracle here."""
    tensor = torch.from_numpy(x)
    scales = torch.tensor([scale])
    zero_points = torch.tensor([zero_point])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantized = [
            torch.quantize_per_tensor(tensor, scale, zero_point, torch.qint8).int_repr(),
            torch.quantize_per_channel(tensor[None], scales, zero_points, 0, torch.qint8).int_repr()[0],
        ]
    faked = [
        torch.fake_quantize_per_tensor_affine(tensor, scale, zero_point, -128, 127),
        torch.fake_quantize_per_channel_affine(tensor[None], scales, zero_points.int(), 0, -128, 127)[0],
    ]
    return [q.numpy() for q in quantized] + [(f / scale).round().numpy() + zero_point for f in faked]


@UNHURRIED
@given(steps=STEPS, scale=SCALES, zero_point=st.integers(-128, 127))
def test_ours_equals_onnxruntime_ties_included(onnx_quantize, steps: list, scale: float, zero_point: int) -> None:
    x = (np.float64(steps) * scale).astype(np.float32)
    np.testing.assert_array_equal(
        quantize_affine(x, scale, zero_point, -128, 127), onnx_quantize(x, scale, zero_point), strict=True
    )


@UNHURRIED
@given(steps=STEPS, scale=SCALES, zero_point=st.integers(-128, 127))
def test_torch_differs_only_by_its_reciprocal(steps: list, scale: float, zero_point: int) -> None:
    x = (np.float64(steps) * scale).astype(np.float32)
    multiplied = np.round(x * (np.float32(1) / np.float32(scale)))  # torch: times the float32 reciprocal
    explained = np.clip(multiplied + zero_point, -128, 127)
    for theirs in torch_codes(x, scale, zero_point):
        np.testing.assert_array_equal(theirs, explained)
    ours = quantize_affine(x, scale, zero_point, -128, 127)
    moved = ours != explained
    quotient = np.float64(x) / np.float32(scale)
    assert (np.abs(ours - explained)[moved] == 1).all()
    assert (np.abs(quotient - np.floor(quotient) - 0.5)[moved] <= 1e-4).all()  # ties, to float32


def test_where_torch_moves_ties(onnx_quantize) -> None:
    scale = float(np.float32(0.007))
    x = ((np.arange(-100, 100) + 0.5) * scale).astype(np.float32)
    x = x[x / np.float32(scale) % 1 == 0.5]  # ties as float32 sees them: nearly all of these
    assert len(x) > 150
    ours = quantize_affine(x, scale, 0, -128, 127)
    np.testing.assert_array_equal(ours, onnx_quantize(x, scale, 0))
    assert (ours % 2 == 0).all()  # half to even
    for theirs in torch_codes(x, scale, 0):
        assert 0.2 < (theirs != ours).mean() < 0.4


@pytest.mark.parametrize(("dtype", "limits"), [("int8", (-128, 127)), ("uint8", (0, 255))])
def test_infinities_saturate_and_nan_has_no_code(onnx_quantize, dtype: str, limits: tuple[int, int]) -> None:
    x = np.float32([-np.inf, np.inf, np.nan])
    assert onnx_quantize(x, 1, 0, dtype).tolist() == [*limits, limits[0]]  # NaN in silence
    assert quantize_affine(x[:2], 1, 0, *limits).tolist() == [*limits]
    with pytest.raises(ValueError, match="holds NaN"):
        quantize_affine(x, 1, 0, *limits)
    faked = fake_quantize_affine(x, 1, 0, *limits)
    assert faked[:2].tolist() == [*limits] and np.isnan(faked[2])


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="casts of NaN and inf differ by processor")
def test_torch_gives_nan_and_infinities_a_code_of_its_own_choice() -> None:
    tensor = np.float32([-np.inf, np.inf, np.nan])
    channel = torch_codes(np.float32([np.nan, np.inf]), 1.0, 0)[3]
    codes = torch_codes(tensor, 1.0, 0)
    assert codes[0].tolist() == [-128, 127, 127]  # quantize_per_tensor: NaN is the largest code
    assert codes[1].tolist()[:2] == [-128, 127]  # quantize_per_channel: any code for NaN (0 seen)
    assert codes[2].tolist() == [-128, 127, -128]  # fake_quantize_per_tensor: NaN is the smallest
    assert channel.tolist() == [-128, -128]  # fake_quantize_per_channel: so is +inf
