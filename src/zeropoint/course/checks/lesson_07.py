"""Checks of lesson 07: integer sums with zero points, and the folded bias; the other two come from beside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.checks.lesson_07_fixed import FIXED_POINT, RESIDUAL_ADD
from zeropoint.course.spec import Case, FieldsCheck, FunctionCheck, Impostor, compare_arrays
from zeropoint.quant import fold_zero_point, integer_linear, quantize_bias

WRAPS = (
    "8- and 16-bit arithmetic wraps around: NumPy keeps the small type of the codes, in subtraction (3 − 5 is 254 in "
    "uint8) as in @. Turn the codes into int64 or int32 first, then calculate."
)

# --- 07.1: a dot product of codes with two zero points --------------------------------------------------------------


def integer_dot(x_q: np.ndarray, w_q: np.ndarray, x_zp: int, w_zp: int) -> np.ndarray:
    """Return ``Σ (x_q − x_zp)(w_q − w_zp)`` for every row of ``w_q``, int32."""
    return integer_linear(x_q, w_q, x_zero_point=x_zp, w_zero_point=w_zp)


def compare_sums(got: Any, expected: np.ndarray) -> str | None:
    """Compare integer sums exactly, and recognise those of float32."""
    problem = compare_arrays(got, expected)
    if problem and "is wrong" in problem and np.allclose(np.asarray(got, np.float64), expected, rtol=1e-6, atol=0.5):
        return (
            "the sums are almost right, which is wrong: float32 holds whole numbers exactly only up to 2^24. "
            "Sum in integers."
        )
    return problem


def _dot_cases() -> list[Case]:
    generator = np.random.default_rng(70)
    seen = [(np.uint8([130, 125, 255]), np.int8([[1, 2, -3], [-128, 127, 5]]), 128, 3)]
    drawn = []
    for n, out in ((1, 1), (2, 3), (9, 4), (27, 8), (64, 5), (576, 3)) * 2:
        x_q = generator.integers(0, 256, n).astype(np.uint8)
        w_q = generator.integers(-128, 128, (out, n)).astype(np.int8)
        drawn.append((x_q, w_q, int(generator.integers(1, 256)), int(generator.choice([-7, -2, 4, 11]))))
    large = (np.full(3001, 255, np.uint8), np.int8([[127] * 3001, [-127] * 3000 + [126]]), 4, -3)
    symmetric = (np.uint8([7, 200, 31, 0]), np.int8([[-5, 3, 127, -127]]), 12, 0)
    return [Case(args, public=True) for args in seen] + [Case(args) for args in (*drawn, large, symmetric)]


def _dot(combine: Callable[..., Any]) -> Callable[..., np.ndarray]:
    """Return a dot product that puts the four sums of the expansion together in its own way."""

    def wrong(x_q: np.ndarray, w_q: np.ndarray, x_zp: int, w_zp: int) -> np.ndarray:
        x, w = x_q.astype(np.int64), w_q.astype(np.int64)
        return np.int32(combine(w @ x, x.sum(), w.sum(1), x.size, x_zp, w_zp))

    return wrong


def _wrapping_difference(x_q: np.ndarray, w_q: np.ndarray, x_zp: int, w_zp: int) -> np.ndarray:
    x, w = x_q - np.uint8(x_zp), w_q - np.int8(w_zp)
    return (w.astype(np.int64) @ x.astype(np.int64)).astype(np.int32)


def _short_product(x_q: np.ndarray, w_q: np.ndarray, x_zp: int, w_zp: int) -> np.ndarray:
    x, w = x_q.astype(np.int64), w_q.astype(np.int64)
    rest = w_zp * x.sum() + x_zp * w.sum(1) - x.size * x_zp * w_zp
    return ((w_q @ x_q).astype(np.int64) - rest).astype(np.int32)


DOT = FunctionCheck(
    reference=integer_dot,
    cases=_dot_cases,
    compare=compare_sums,
    impostors=(
        Impostor(_wrapping_difference, WRAPS),
        Impostor(_short_product, WRAPS),
        Impostor(
            _dot(lambda xw, x, w, n, zx, zw: xw - zw * x - zx * w),
            "The last cross term is missing: x_zp · w_zp is added once for *every* product, so n times.",
        ),
        Impostor(
            _dot(lambda xw, x, w, n, zx, zw: xw - zw * x - zx * w + zx * zw),
            "You add x_zp · w_zp once: it belongs to every one of the n products, so n · x_zp · w_zp.",
        ),
        Impostor(
            _dot(lambda xw, x, w, n, zx, zw: xw - zw * x - zx * w - n * zx * zw),
            "The sign of the last term: minus times minus is plus, + n · x_zp · w_zp.",
        ),
        Impostor(
            _dot(lambda xw, x, w, n, zx, zw: xw - zx * x - zw * w + n * zx * zw),
            "The two cross terms are swapped: x_zp stands beside the sum of the *weights*, w_zp beside that of the "
            "inputs.",
        ),
        Impostor(
            _dot(lambda xw, x, w, n, zx, zw: xw + zw * x + zx * w + n * zx * zw),
            "The sign of the cross terms: the zero points are subtracted, (x_q − x_zp)(w_q − w_zp).",
        ),
        Impostor(
            _dot(lambda xw, x, w, n, zx, zw: xw - zx * w),
            "The zero point of the weights is left out. With symmetric weights it is 0; here it need not be.",
        ),
        Impostor(
            _dot(lambda xw, x, w, n, zx, zw: xw - zw * x), "The zero point of the input is left out: its 0 is x_zp."
        ),
        Impostor(
            _dot(lambda xw, x, w, n, zx, zw: xw),
            "That is the sum of the codes' products: the zero points are missing, so the real 0 counts as if it were "
            "a value.",
        ),
        Impostor(
            _dot(lambda xw, x, w, n, zx, zw: (xw - zw * x - zx * w + n * zx * zw).sum()),
            "You return one number: every row of w_q is one output, so sum along the last axis only.",
        ),
    ),
    hints=(
        "Codes first into a wide type: x = x_q.astype(np.int64), and w likewise.",
        "Multiply out: (x − x_zp)(w − w_zp) = x·w − w_zp·x − x_zp·w + x_zp·w_zp; then sum each of the four over n.",
        "w @ x − w_zp * x.sum() − x_zp * w.sum(1) + x.size * x_zp * w_zp, and .astype(np.int32) at the end.",
    ),
    praise="Four sums, and only one of them depends on both: that one is the work, the rest is bookkeeping.",
)

# --- 07.2: the bias with the zero point in it -----------------------------------------------------------------------


def folded_bias(bias: np.ndarray, x_scale: float, w_scale: np.ndarray, w_q: np.ndarray, x_zp: int) -> np.ndarray:
    """Return ``round(bias / (s_x · s_w)) − x_zp · Σ w_q`` of every output channel, int32."""
    scale = np.asarray(w_scale).reshape(-1, *[1] * (w_q.ndim - 1))
    return fold_zero_point(w_q, quantize_bias(bias, x_scale, scale), x_zp)


def _bias_cases() -> list[Case]:
    """Return cases whose biases are far from a tie in steps, so that float32 and float64 round alike."""
    generator = np.random.default_rng(71)
    cases = []
    for out, shape in ((2, (3,)), (4, (16, 3, 3)), (8, (1, 3, 3)), (5, (64,)), (16, (8, 1, 1)), (1, (4,))) * 2:
        w_q = generator.integers(-127, 128, (out, *shape)).astype(np.int8)
        x_scale, w_scale = float(generator.uniform(0.01, 0.1)), generator.uniform(0.001, 0.02, out)
        fraction = generator.uniform(0.1, 0.45, out) + 0.45 * generator.integers(0, 2, out)
        steps = np.trunc(generator.normal(0, 3000, out)) + fraction
        cases.append((np.float32(steps * x_scale * w_scale), x_scale, w_scale, w_q, int(generator.integers(1, 256))))
    w_q = np.full((2, 601), 127, np.int8)  # sums beyond int16, and with the zero point beyond 2^24
    w_q[1, :600] = -128
    cases.append((np.float32([0.0625 * 90_000.25, -0.125 * 70_000.75]), 0.25, np.array([0.25, 0.5]), w_q, 255))
    return [Case(args, public=i == 0) for i, args in enumerate(cases)]


def _bias(
    *, fold: Callable[..., Any] = lambda w, z: z * w.reshape(len(w), -1).sum(1), sign: int = -1, round_: Any = np.round,
    unit: Callable[..., Any] = lambda s_x, s_w: s_x * s_w,
) -> Callable[..., np.ndarray]:  # fmt: skip
    def wrong(bias: np.ndarray, x_scale: float, w_scale: np.ndarray, w_q: np.ndarray, x_zp: int) -> np.ndarray:
        steps = round_(bias.astype(np.float64) / unit(x_scale, np.asarray(w_scale)))
        return np.int32(steps + sign * fold(w_q.astype(np.int64), x_zp))

    return wrong


FOLDED_BIAS = FunctionCheck(
    reference=folded_bias,
    cases=_bias_cases,
    compare=compare_arrays,
    impostors=(
        Impostor(
            _bias(sign=1),
            "The sign: Σ (x_q − x_zp) · w_q is Σ x_q · w_q *minus* x_zp · Σ w_q, so the folded bias subtracts it.",
        ),
        Impostor(
            _bias(sign=0),
            "That is the bias in accumulator steps, without the zero point: x_zp · Σ w_q of each channel is missing.",
        ),
        Impostor(
            _bias(fold=lambda w, z: w.reshape(len(w), -1).sum(1)),
            "You subtract Σ w_q without x_zp: a real 0 at the input has the code x_zp, and every weight meets it.",
        ),
        Impostor(
            _bias(fold=lambda w, z: z * w.sum()),
            "You sum the weights of all channels: each output channel has its own sum, over all axes but the first.",
        ),
        Impostor(
            _bias(unit=lambda s_x, s_w: s_w),
            "The unit of the accumulator is s_x · s_w: you divide the bias by the weight scale only.",
        ),
        Impostor(
            _bias(unit=lambda s_x, s_w: s_x),
            "The unit of the accumulator is s_x · s_w: you divide the bias by the input scale only.",
        ),
        Impostor(
            _bias(unit=lambda s_x, s_w: 1.0),
            "The bias is still in real units: the accumulator counts in steps of s_x · s_w, divide by it.",
        ),
        Impostor(
            _bias(unit=lambda s_x, s_w: 1 / (s_x * s_w)), "You multiply by the scales: steps are bias / (s_x · s_w)."
        ),
        Impostor(
            _bias(round_=np.trunc),
            "You cut the steps off: round them, or every bias moves towards 0 by half a step on average.",
        ),
        Impostor(
            _bias(round_=np.floor),
            "You round the steps down: round them to the nearest, or every bias sinks by half a step on average.",
        ),
        Impostor(
            _bias(round_=np.ceil),
            "You round the steps up: round them to the nearest, or every bias rises by half a step on average.",
        ),
    ),
    hints=(
        "Two parts: the bias in steps of s_x · s_w, rounded; and what the zero point adds to every sum.",
        "Σ (x_q − x_zp) · w_q = Σ x_q · w_q − x_zp · Σ w_q: the last term is one number for each output channel.",
        "np.round(bias / (x_scale * w_scale)) − x_zp * w_q.astype(np.int64).reshape(len(w_q), -1).sum(1), as int32.",
    ),
    praise="Computed once, offline: from here on the zero point costs nothing at inference.",
)

EXERCISES: dict[str, FunctionCheck | FieldsCheck] = {
    "07.1": DOT,
    "07.2": FOLDED_BIAS,
    "07.3": FIXED_POINT,
    "07.4": RESIDUAL_ADD,
}
