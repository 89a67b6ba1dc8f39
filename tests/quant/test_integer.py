"""Integer layers against exact arithmetic: Python's whole numbers and fractions, and float64 convolutions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from zeropoint.quant import (
    QParams,
    choose_qparams_affine,
    dequantize_affine,
    fake_quantize_affine,
    fold_zero_point,
    integer_conv2d,
    integer_linear,
    quantize_affine,
    quantize_bias,
    quantize_multiplier,
    quantized_add,
    quantized_avg_pool,
    quantized_conv2d,
    quantized_linear,
    requantize_float,
)
from zeropoint.quant.requantize import multiply_fixed_point, narrow_accumulator

ACCUMULATORS = st.integers(-(2**31), 2**31 - 1)
MULTIPLIERS = st.floats(1e-12, 1e6)
UINT8 = (0, 255)
INT8 = (-128, 127)
UNHURRIED = settings(deadline=None)  # the first call of array-api-compat imports; a loaded machine is slow


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def half_away(value: Fraction) -> int:
    return int(math.copysign(1, value)) * math.floor(abs(value) + Fraction(1, 2))


def codes(rng: np.random.Generator, limits: tuple[int, int], shape: tuple[int, ...]) -> np.ndarray:
    return rng.integers(limits[0], limits[1] + 1, shape).astype(np.uint8 if limits[0] == 0 else np.int8)


@UNHURRIED
@given(real=MULTIPLIERS)
def test_multiplier_is_normalized_and_within_its_last_bit(real: float) -> None:
    mantissa, shift = (int(v) for v in quantize_multiplier(real))
    assert 2**30 <= mantissa < 2**31
    value = Fraction(mantissa) / Fraction(2) ** (31 + shift)
    assert abs(value - Fraction(real)) <= Fraction(real) / 2**31


def test_multiplier_that_rounds_up_to_a_power_of_two() -> None:
    assert [int(v) for v in quantize_multiplier(1 - 2.0**-40)] == [2**30, -1]


@UNHURRIED
@given(acc=ACCUMULATORS, real=MULTIPLIERS)
def test_fixed_point_product_equals_two_exact_roundings(acc: int, real: float) -> None:
    mantissa, shift = quantize_multiplier(real)
    left = max(-int(shift), 0)
    right = max(int(shift), 0)
    lifted = min(max(acc * 2**left, -(2**31)), 2**31 - 1)
    expected = half_away(Fraction(half_up(Fraction(lifted * int(mantissa), 2**31)), 2**right))
    assert int(multiply_fixed_point(np.int32([acc]), mantissa, shift)[0]) == expected


@UNHURRIED
@given(whole=st.integers(-(2**14), 2**14), bits=st.integers(1, 6))
def test_ties_of_the_fixed_point_product(whole: int, bits: int) -> None:
    tie = Fraction(2 * whole + 1, 2)
    acc = tie * 2**bits
    once = half_up(tie) if bits == 1 else half_away(tie)  # at 1/2 the shift is 0: only the first rounding
    assert int(multiply_fixed_point(np.int32([int(acc)]), *quantize_multiplier(2.0**-bits))[0]) == once


@UNHURRIED
@given(acc=ACCUMULATORS, real=st.floats(1e-9, 0.9))
def test_fixed_point_product_is_close_to_the_real_one(acc: int, real: float) -> None:
    mantissa, shift = quantize_multiplier(real)
    exact = Fraction(acc * int(mantissa)) / Fraction(2) ** (31 + int(shift))
    got = int(multiply_fixed_point(np.int32([acc]), mantissa, shift)[0])
    assert abs(got - exact) <= Fraction(1, 2) + Fraction(1, 2 ** (int(shift) + 1))


@UNHURRIED
@given(acc=st.integers(-(2**24), 2**24), real=st.floats(2.0**-20, 2.0**4, width=32), zero_point=st.integers(0, 255))
def test_float_requantization_is_half_even_of_the_float32_product(acc: int, real: float, zero_point: int) -> None:
    product = Fraction(float(np.float32(acc) * np.float32(real)))
    expected = min(255, max(0, round(product) + zero_point))  # Fraction rounds half to even
    assert requantize_float(np.int32([acc]), real, zero_point, *UINT8).tolist() == [expected]


@UNHURRIED
@given(values=st.lists(st.integers(-(2**40), 2**40), min_size=1), bits=st.integers(2, 32))
def test_narrow_accumulators_wrap_and_saturate(values: list[int], bits: int) -> None:
    half = 2 ** (bits - 1)
    wrapped = [(v + half) % (2 * half) - half for v in values]
    assert narrow_accumulator(np.int64(values), bits, "wrap").tolist() == wrapped
    assert narrow_accumulator(np.int64(values), bits, "saturate").tolist() == [
        min(half - 1, max(-half, v)) for v in values
    ]


@UNHURRIED
@given(
    seed=st.integers(0, 999),
    x_limits=st.sampled_from([UINT8, INT8]),
    groups=st.sampled_from([1, 2, 6]),
    stride=st.sampled_from([1, 2, (1, 3)]),
    padding=st.sampled_from([0, 1, (2, 1)]),
    dilation=st.sampled_from([1, 2]),
    w_zero_point=st.sampled_from([0, 5, "per channel"]),
    kind=st.sampled_from(["numpy", "torch"]),
)
def test_conv_accumulators_equal_a_float64_convolution(
    seed, x_limits, groups, stride, padding, dilation, w_zero_point, kind
) -> None:
    rng = np.random.default_rng(seed)
    x_q = codes(rng, x_limits, (2, 6, 7, 9))
    w_q = codes(rng, INT8, (12, 6 // groups, 3, 2))
    bias_q = rng.integers(-(2**20), 2**20, 12).astype(np.int32)
    x_zero_point = int(rng.integers(x_limits[0], x_limits[1] + 1))
    if w_zero_point == "per channel":
        w_zero_point = rng.integers(-9, 9, (12, 1, 1, 1)).astype(np.int32)
    window = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    real = [
        torch.from_numpy(np.float64(v)) for v in (x_q - np.int64(x_zero_point), w_q - np.int64(w_zero_point), bias_q)
    ]
    expected = functional.conv2d(*real, **window).numpy()  # pads the *centred* input with 0
    if kind == "torch":
        x_q, w_q, bias_q = (torch.from_numpy(v) for v in (x_q, w_q, bias_q))
    acc = integer_conv2d(x_q, w_q, bias_q, x_zero_point=x_zero_point, w_zero_point=w_zero_point, **window)
    assert str(acc.dtype).removeprefix("torch.") == "int32"
    np.testing.assert_array_equal(np.asarray(acc), expected)


@UNHURRIED
@given(seed=st.integers(0, 999), x_zero_point=st.integers(0, 255), w_zero_point=st.integers(-128, 127))
def test_linear_accumulators_equal_sums_of_python_integers(seed: int, x_zero_point: int, w_zero_point: int) -> None:
    rng = np.random.default_rng(seed)
    x_q = codes(rng, UINT8, (3, 5))
    w_q = codes(rng, INT8, (4, 5))
    bias_q = np.int32([7, -7, 0, 10**6])
    acc = integer_linear(x_q, w_q, bias_q, x_zero_point=x_zero_point, w_zero_point=w_zero_point)
    for row, sums in zip(x_q.tolist(), acc.tolist(), strict=True):
        for weights, bias, got in zip(w_q.tolist(), bias_q.tolist(), sums, strict=True):
            pairs = zip(row, weights, strict=True)
            assert got == bias + sum((x - x_zero_point) * (w - w_zero_point) for x, w in pairs)


def test_folded_bias_moves_the_zero_point_out_of_the_sum() -> None:
    rng = np.random.default_rng(0)
    x_q = codes(rng, UINT8, (3, 20))
    w_q = codes(rng, INT8, (4, 20))
    bias_q = np.int32([1, 2, 3, 4])
    folded = fold_zero_point(w_q, bias_q, 128)
    assert folded.dtype == np.int32
    np.testing.assert_array_equal(integer_linear(x_q, w_q, folded), integer_linear(x_q, w_q, bias_q, x_zero_point=128))


def test_sixteen_bit_accumulators_overflow_where_thirty_two_do_not() -> None:
    x_q = np.full((1, 9), 255, np.uint8)
    w_q = np.full((1, 9), 127, np.int8)  # 9 · 255 · 127 = 291,465
    assert integer_linear(x_q, w_q).tolist() == [[291_465]]
    assert integer_linear(x_q, w_q, accumulator_bits=16, overflow="saturate").tolist() == [[32_767]]
    assert integer_linear(x_q, w_q, accumulator_bits=16, overflow="wrap").tolist() == [[291_465 - 4 * 65_536]]
    with pytest.raises(OverflowError, match="16-bit accumulators"):
        integer_linear(x_q, w_q, accumulator_bits=16)


def test_two_products_overflow_int16_as_in_vpmaddubsw() -> None:
    x_q = np.uint8([[255, 255]])
    w_q = np.int8([[127, 127]])
    assert integer_linear(x_q, w_q).tolist() == [[64_770]]
    assert integer_linear(x_q, w_q, accumulator_bits=16, overflow="saturate").tolist() == [[32_767]]


def test_bias_has_the_unit_of_the_accumulator() -> None:
    bias = np.float32([0.3, -0.2])
    w_scale = np.float32([[[[0.01]]], [[[0.002]]]])
    bias_q = quantize_bias(bias, np.float32(0.02), w_scale)
    exact = [
        Fraction(float(b)) / (Fraction(float(np.float32(0.02))) * Fraction(float(s)))
        for b, s in zip(bias, w_scale.ravel(), strict=True)
    ]
    assert bias_q.tolist() == [round(v) for v in exact] and bias_q.dtype == np.int32


@UNHURRIED
@given(seed=st.integers(0, 999), kind=st.sampled_from(["numpy", "torch"]))
def test_sum_of_two_scales_is_within_one_code_of_the_exact_sum(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    a, b, y = (QParams(np.float32(rng.uniform(0.01, 0.1)), np.int32(rng.integers(0, 256)), *UINT8) for _ in range(3))
    a_q = codes(rng, UINT8, (40,))
    b_q = codes(rng, UINT8, (40,))
    real = dequantize_affine(a_q, *a[:2]).astype(np.float64) + dequantize_affine(b_q, *b[:2])
    steps = np.clip(real / y.scale + y.zero_point, *UINT8)
    if kind == "torch":
        a_q = torch.from_numpy(a_q)
        b_q = torch.from_numpy(b_q)
    got = np.asarray(quantized_add(a_q, b_q, a, b, y))
    assert (np.abs(got - steps) <= 0.5 + 1e-4).all()  # the nearest code, but for near-ties


@UNHURRIED
@given(seed=st.integers(0, 999), size=st.sampled_from([1, 7, 8, 56]))
def test_mean_is_the_nearest_code(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = (QParams(np.float32(rng.uniform(0.01, 0.1)), np.int32(rng.integers(0, 256)), *UINT8) for _ in range(2))
    x_q = codes(rng, UINT8, (2, 3, size, size))
    mean = (x_q - np.float64(x.zero_point)).mean(axis=(2, 3), keepdims=True) * x.scale
    steps = np.clip(mean / y.scale + y.zero_point, *UINT8)
    for requantization in ("fixed_point", "float"):
        got = quantized_avg_pool(x_q, x, y, requantization=requantization)
        assert got.dtype == np.uint8 and (np.abs(got - steps) <= 0.5 + 1e-3).all()


@pytest.mark.parametrize("requantization", ["fixed_point", "float"])
def test_relu_is_free_when_the_zero_point_is_the_smallest_code(requantization: str) -> None:
    x = QParams(0.02, 128, *UINT8)
    w = QParams(0.01, 0, -127, 127)
    y = QParams(0.02, 0, *UINT8)
    out = quantized_linear(np.uint8([[28]]), np.int8([[100]]), None, x, w, y, requantization=requantization)
    assert out.tolist() == [[0]]  # −2.0 · 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: quantize_multiplier(0.0), "must be positive and finite"),
        (lambda: quantize_multiplier(np.float32([1, np.nan])), "must be positive and finite"),
        (lambda: integer_linear(np.float32([[1]]), np.int8([[1]])), "x_q is float32: expected integer codes"),
        (lambda: integer_linear(np.uint8([[1]]), np.int8([[1, 2]])), r"expected \(…, in\) and \(out, in\)"),
        (lambda: integer_conv2d(np.uint8([[1]]), np.ones((1, 1, 1, 1), np.int8)), "expected .N, C, H, W."),
        (lambda: integer_conv2d(np.ones((1, 4, 3, 3), np.int8), np.ones((3, 2, 1, 1), np.int8), groups=2), "groups=2"),
        (lambda: integer_conv2d(np.ones((1, 1, 2, 2), np.int8), np.ones((1, 1, 3, 3), np.int8)), "add padding"),
        (lambda: quantize_bias(np.float32([0.1]), 0.02, np.float32([[1e-30]])), "give the channel a larger"),
        (lambda: narrow_accumulator(np.int64([1]), 32, "ignore"), "'error', 'wrap' or 'saturate'"),
        (lambda: narrow_accumulator(np.int64([1]), 33), "expected 2 to 32 bits"),
        (lambda: fold_zero_point(np.int8([[1]]), np.int32([2**31 - 1]), -1), "use fewer inputs or bits"),
        (lambda: quantized_add(np.uint8([1]), np.uint8([1, 2]), *[QParams(1.0, 0, 0, 255)] * 3), "expected the same"),
        (
            lambda: quantized_linear(
                np.uint8([[1]]), np.int8([[1]]), None, *[QParams(1.0, 0, 0, 255)] * 3, requantization="exact"
            ),
            "'fixed_point' or 'float'",
        ),
    ],
)
def test_bad_input_is_one_sentence(call, message: str) -> None:
    with pytest.raises((ValueError, TypeError, OverflowError), match=message):
        call()


# a whole small network: stem – depthwise – pointwise – residual sum – mean – linear
LAYERS = {"stem": {"padding": 1}, "depthwise": {"padding": 1, "groups": 8}, "pointwise": {}, "head": None}
SHAPES = {"stem": (8, 3, 3, 3), "depthwise": (8, 1, 3, 3), "pointwise": (8, 8, 1, 1), "head": (5, 8)}
WITH_RELU = {"stem", "depthwise", "sum"}


def forward(layer, add, pool, x):
    stem = layer("stem", x)
    pooled = pool(add(stem, layer("pointwise", layer("depthwise", stem))))
    return layer("head", pooled)


def float_network(parameters: dict, x: torch.Tensor, finish=lambda name, y: y) -> dict[str, torch.Tensor]:
    """Return every tensor of the float network, each passed through ``finish`` (a fake quantizer, or nothing)."""
    seen = {"input": finish("input", x)}

    def keep(name: str, y: torch.Tensor) -> torch.Tensor:
        seen[name] = finish(name, y.relu() if name in WITH_RELU else y)
        return seen[name]

    def layer(name: str, x: torch.Tensor) -> torch.Tensor:
        if name == "head":
            return keep(name, functional.linear(x.flatten(1), *parameters[name]))
        return keep(name, functional.conv2d(x, *parameters[name], **LAYERS[name]))

    forward(layer, lambda a, b: keep("sum", a + b), lambda x: keep("mean", x.mean((2, 3), keepdim=True)), seen["input"])
    return seen


def integer_network(
    parameters: dict, qparams: dict, x_q: torch.Tensor, requantization: str, fed: dict | None = None
) -> dict[str, torch.Tensor]:
    """Return every tensor of the integer network; what flows between the layers is (codes, name).

    With ``fed``, every layer reads those codes instead of what the layers before it computed.
    """
    seen = {"input": x_q}

    def keep(name: str, y_q: torch.Tensor) -> tuple[torch.Tensor, str]:
        seen[name] = y_q
        return (fed[name] if fed else y_q), name

    def layer(name: str, x: tuple) -> tuple:
        scales = qparams[x[1]], qparams[f"{name}.weight"], qparams[name]
        if name == "head":
            y_q = quantized_linear(x[0].flatten(1), *parameters[name], *scales, requantization=requantization)
        else:
            y_q = quantized_conv2d(x[0], *parameters[name], *scales, requantization=requantization, **LAYERS[name])
        return keep(name, y_q)

    def add(a: tuple, b: tuple) -> tuple:
        return keep("sum", quantized_add(a[0], b[0], qparams[a[1]], qparams[b[1]], qparams["sum"]))

    def pool(x: tuple) -> tuple:
        return keep("mean", quantized_avg_pool(x[0], qparams[x[1]], qparams["mean"], requantization=requantization))

    forward(layer, add, pool, (x_q, "input"))
    return seen


@pytest.fixture(scope="module")
def network() -> tuple[dict, dict, dict, torch.Tensor]:
    """Return fake-quantized and integer parameters, qparams of every tensor, and test images."""
    rng = torch.Generator().manual_seed(0)
    weights = {n: torch.randn(s, generator=rng) / math.prod(s[1:]) ** 0.5 for n, s in SHAPES.items()}
    parameters = {n: (w, 0.1 * torch.randn(len(w), generator=rng)) for n, w in weights.items()}
    calibration, images = torch.randn(2, 64, 3, 16, 16, generator=rng)
    seen = float_network(parameters, calibration)
    qparams = {name: choose_qparams_affine(y.min(), y.max()) for name, y in seen.items()}
    inputs = {"stem": "input", "depthwise": "stem", "pointwise": "depthwise", "head": "mean"}
    faked = {}
    integer = {}
    for name, (weight, bias) in parameters.items():
        largest = weight.abs().amax(tuple(range(1, weight.ndim)), keepdim=True)
        w = choose_qparams_affine(-largest, largest, signed=True, symmetric=True, narrow_range=True)
        bias_q = quantize_bias(bias, qparams[inputs[name]].scale, w.scale)
        step = qparams[inputs[name]].scale.double() * w.scale.double().flatten()
        faked[name] = fake_quantize_affine(weight, *w).double(), bias_q * step
        integer[name] = quantize_affine(weight, *w), bias_q
        qparams[f"{name}.weight"] = w
    return faked, integer, qparams, images


def compare(network: tuple, requantization: str, *, layer_by_layer: bool) -> dict[str, tuple[int, float]]:
    """Return, for every tensor, the largest difference to the fake-quantized twin and the share that differs."""
    faked, integer, qparams, images = network
    twin = float_network(faked, images.double(), lambda name, y: fake_quantize_affine(y, *qparams[name]))
    twin_q = {name: quantize_affine(y, *qparams[name]) for name, y in twin.items()}
    seen = integer_network(integer, qparams, twin_q["input"], requantization, twin_q if layer_by_layer else None)
    assert list(seen) == list(twin)
    assert not any(y_q.dtype.is_floating_point for y_q in seen.values())
    off = {name: (y_q.int() - twin_q[name].int()).abs() for name, y_q in seen.items()}
    return {name: (int(d.max()), float((d > 0).double().mean())) for name, d in off.items()}


@pytest.mark.parametrize(("requantization", "allowed"), [("fixed_point", 0.005), ("float", 0.0005)])
def test_every_integer_layer_gives_the_codes_of_its_fake_quantized_twin(network, requantization, allowed) -> None:
    # the cause of the rest: near-ties, which two fixed-point roundings decide otherwise than one in float64
    for name, (largest, share) in compare(network, requantization, layer_by_layer=True).items():
        assert largest <= 1 and share <= allowed, f"{name}: {share:.3%} of the codes differ, by up to {largest}"


@pytest.mark.parametrize(("requantization", "allowed"), [("fixed_point", 0.05), ("float", 0.001)])
def test_a_whole_network_in_integers_only(network, requantization: str, allowed: float) -> None:
    # a code that is off by one travels on; a sum meets two of them
    for name, (largest, share) in compare(network, requantization, layer_by_layer=False).items():
        assert largest <= (2 if name == "sum" else 1) and share <= allowed, f"{name}: {share:.3%} differ, by {largest}"
