"""Exercise 07.2: the bias with the zero point in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor, compare_arrays
from zeropoint.quant import fold_zero_point, quantize_bias


def folded_bias(bias: np.ndarray, x_scale: float, w_scale: np.ndarray, w_q: np.ndarray, x_zp: int) -> np.ndarray:
    """Return ``round(bias / (s_x · s_w)) − x_zp · Σ w_q`` of every output channel, int32."""
    scale = np.asarray(w_scale).reshape(-1, *[1] * (w_q.ndim - 1))
    return fold_zero_point(w_q, quantize_bias(bias, x_scale, scale), x_zp)


# --- cases ----------------------------------------------------------------------------------------------------------


def _bias_cases() -> list[Case]:
    """Return cases of many shapes and zero points, two of them with sums beyond int16 and large scales.

    In these two the zero point takes the bias beyond 2^24, and a bias that is multiplied by the scales is not lost.
    """
    generator = np.random.default_rng(71)
    shapes = (
        (2, (3,)),
        (4, (16, 3, 3)),
        (8, (1, 3, 3)),  # depthwise
        (5, (5,)),
        (16, (8, 1, 1)),
        (1, (4,)),
        (3, (2, 5)),
        (2, (3, 2, 2, 2)),
        (6, (1,)),
        (1, (7, 3, 3)),
    )
    zero_points = (128, 3, 255, 0, 77, 201, 1, 140, 62, 0)
    first, *others = [_drawn(generator, *shape, zp) for shape, zp in zip(shapes, zero_points, strict=True)]
    large = (_beyond_int16(generator, 601, 0.25, 255), _beyond_int16(generator, 540, 0.5, 250))
    return [Case(first, public=True)] + [Case(args) for args in (*others, *large)]


def _drawn(generator: np.random.Generator, out: int, shape: tuple[int, ...], x_zp: int) -> tuple[Any, ...]:
    """Return arguments whose biases are far from a tie in steps, so that float32 and float64 round alike."""
    w_q = generator.integers(-127, 128, (out, *shape)).astype(np.int8)
    x_scale = float(generator.uniform(0.01, 0.1))
    w_scale = generator.uniform(0.001, 0.02, out)
    fraction = generator.uniform(0.1, 0.45, out) + 0.45 * generator.integers(0, 2, out)
    steps = np.trunc(generator.normal(0, 3000, out)) + fraction
    bias = (steps * x_scale * w_scale).astype(np.float32)
    return bias, x_scale, w_scale, w_q, x_zp


def _beyond_int16(generator: np.random.Generator, products: int, x_scale: float, x_zp: int) -> tuple[Any, ...]:
    w_q = generator.integers(100, 128, (2, products)).astype(np.int8)
    w_q[1] *= -1
    w_scale = np.array([0.25, 0.5])
    bias = np.array([90_000.25, -70_000.75]) * x_scale * w_scale
    return bias.astype(np.float32), x_scale, w_scale, w_q, x_zp


# --- wrong ideas ----------------------------------------------------------------------------------------------------


def _channel_sums(w_q: np.ndarray, x_zp: int) -> np.ndarray:
    """Return what the zero point adds to the sum of every output channel."""
    return x_zp * w_q.reshape(len(w_q), -1).sum(1)


def _bias(
    *,
    fold: Callable[[np.ndarray, int], Any] = _channel_sums,
    sign: int = -1,
    round_: Callable[[np.ndarray], np.ndarray] = np.round,
    unit: Callable[[float, np.ndarray], Any] = lambda s_x, s_w: s_x * s_w,
) -> Callable[..., np.ndarray]:
    """Return a folded bias; every keyword is a place to go wrong."""

    def wrong(bias: np.ndarray, x_scale: float, w_scale: np.ndarray, w_q: np.ndarray, x_zp: int) -> np.ndarray:
        steps = round_(bias.astype(np.float64) / unit(x_scale, np.asarray(w_scale)))
        return (steps + sign * fold(w_q.astype(np.int64), x_zp)).astype(np.int32)

    return wrong


CHECK = FunctionCheck(
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
            _bias(round_=np.zeros_like),
            "That is the zero point's part alone: the bias itself, in steps of s_x · s_w, is missing.",
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
        "In which unit does the accumulator count? And what is too much in every sum when nobody subtracts x_zp?",
        "Two parts. The bias in steps of s_x · s_w, rounded; and Σ (x_q − x_zp) · w_q = Σ x_q · w_q − x_zp · Σ w_q, "
        "whose last term is one number for each output channel.",
        "np.round(bias / (x_scale * w_scale)) − x_zp * w_q.astype(np.int64).reshape(len(w_q), -1).sum(1), as int32.",
    ),
    praise="Computed once, offline: from here on the zero point costs nothing at inference.",
)
