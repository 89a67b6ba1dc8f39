"""Exercise 02.4: the codes of weights back into real numbers, with a scale and a zero point for each channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.lessons.lesson_02.eight_bits import array_problem
from zeropoint.quant import dequantize_affine

Arguments = tuple[np.ndarray, np.ndarray, np.ndarray]  # q (out, …), scale (out,), zero point (out,)


def along_first(parameter: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return one number per channel, shape (out,), as (out, 1, 1, 1): in as many axes as ``q`` has."""
    return parameter.reshape(-1, *[1] * (q.ndim - 1))


def reference_reals(q: np.ndarray, scale: np.ndarray, zero_point: np.ndarray) -> np.ndarray:
    """Return what the codes stand for, float32 in their shape."""
    wide = along_first(zero_point, q).astype(np.int32)
    return dequantize_affine(q, along_first(scale, q), wide).astype(np.float32)


def compare_reals(got: Any, expected: np.ndarray) -> str | None:
    """Compare real values to one part in 10^5."""
    problem = array_problem(got, expected)
    if problem:
        return problem
    if not np.issubdtype(got.dtype, np.floating):
        return f"the result is {got.dtype}: real values are floating-point numbers."
    wrong = ~np.isclose(got.ravel(), expected.ravel(), rtol=1e-5, atol=1e-7)
    if wrong.any():
        first = int(np.argmax(wrong))
        return f"element {first} is {got.ravel()[first]:.5g}, which is not (q − zero_point) · scale of its channel."
    if got.dtype != np.float32:
        return f"the result is {got.dtype}: the brief asks for float32, half the memory of float64."
    return None


# --- cases: a few to see, many generated from a seed, the edges included --------------------------------------------


def _code_cases() -> list[Case]:
    generator = np.random.default_rng(22)
    seen = [
        (
            np.array([[52, 39, 255, 0], [52, 39, 255, 0]], np.uint8),
            np.array([0.1, 2.0], np.float32),
            np.array([39, 0], np.uint8),
        ),
        (np.array([[-128, 127]], np.int8), np.array([0.5], np.float32), np.array([100], np.int8)),
    ]
    edges = [
        _drawn(generator, (0,), np.uint8),
        _drawn(generator, (3, 0), np.int8),
        _drawn(generator, (0, 4, 3, 3), np.int8),
        _drawn(generator, (5,), np.uint8),
        _drawn(generator, (1, 3, 3, 3), np.uint8),
        _drawn(generator, (3, 2, 1, 2, 3), np.int8),
        _drawn(generator, (2, 1, 2, 1, 1, 2), np.uint8),
    ]
    # in most of them the last axis is as long as the first: there a scale for each column goes unnoticed
    shapes = ((4, 4), (3, 3, 3, 3), (2, 2, 2), (6, 3), (5, 2, 3, 5))
    drawn = [_drawn(generator, shapes[i % 5], (np.uint8, np.int8)[i % 2]) for i in range(24)]
    return [Case(args, public=True) for args in seen] + [Case(args) for args in (*edges, *drawn)]


def _drawn(generator: np.random.Generator, shape: tuple[int, ...], dtype: type) -> Arguments:
    limits = np.iinfo(dtype)
    q = generator.integers(limits.min, limits.max, shape, endpoint=True).astype(dtype)
    scale = generator.uniform(0.001, 1, shape[0]).astype(np.float32)
    zero_point = generator.integers(limits.min, limits.max, shape[0], endpoint=True).astype(dtype)
    return q, scale, zero_point


# --- wrong ideas ----------------------------------------------------------------------------------------------------

Dequantize = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _on_channels(formula: Dequantize) -> Dequantize:
    """Return a dequantize that spreads scale and zero point right, and then computes with a wrong formula."""
    return lambda q, scale, zero_point: formula(q, along_first(scale, q), along_first(zero_point, q))


def _wraps(q: np.ndarray, scale: np.ndarray, zero_point: np.ndarray) -> np.ndarray:
    return (q - zero_point).astype(np.float32) * scale


def _multiplies_first(q: np.ndarray, scale: np.ndarray, zero_point: np.ndarray) -> np.ndarray:
    return q.astype(np.float32) * scale - zero_point


def _forgets_zero_point(q: np.ndarray, scale: np.ndarray, zero_point: np.ndarray) -> np.ndarray:
    return q.astype(np.float32) * scale


def _adds_zero_point(q: np.ndarray, scale: np.ndarray, zero_point: np.ndarray) -> np.ndarray:
    return (q.astype(np.float32) + zero_point) * scale


def _right(q: np.ndarray, scale: np.ndarray, zero_point: np.ndarray) -> np.ndarray:
    return (q.astype(np.float32) - zero_point) * scale


def _first_channel(q: np.ndarray, scale: np.ndarray, zero_point: np.ndarray) -> np.ndarray:
    return _right(q, scale[:1].max(initial=0), zero_point[:1].max(initial=0))


CHECK = FunctionCheck(
    reference=reference_reals,
    cases=_code_cases,
    compare=compare_reals,
    impostors=(
        Impostor(
            _on_channels(_wraps),
            "In uint8 arithmetic 38 − 39 is 255, not −1: turn the codes into int32 or float32 before you subtract.",
        ),
        Impostor(
            _right,
            "NumPy aligns a short shape with the *last* axis, so each column gets a scale; the channels are the first "
            "axis: give scale and zero_point the shape (out, 1, …) first.",
        ),
        Impostor(
            _wraps,
            "Two things: NumPy aligns scale with the last axis instead of the first, and codes of 8 bits wrap around "
            "when they are subtracted.",
        ),
        Impostor(
            _first_channel, "You take the first channel's scale and zero point for all: each channel has its own."
        ),
        Impostor(
            _on_channels(_multiplies_first),
            "You multiply first: subtract the zero point from the code, then multiply by the scale.",
        ),
        Impostor(
            _on_channels(_forgets_zero_point), "The zero point is missing: its code has to come back as exactly 0."
        ),
        Impostor(
            _on_channels(_adds_zero_point), "The sign: quantizing added the zero point, so dequantizing subtracts it."
        ),
    ),
    hints=(
        "What does q = x / scale + zero_point become when you solve it for x? And which shape must scale have, so that "
        "q[0] meets scale[0] and nothing else?",
        "With four axes it is (out, 1, 1, 1): scale.reshape(-1, 1, 1, 1). In general there are q.ndim − 1 ones.",
        "shape = (-1, *[1] * (q.ndim - 1)); then (q.astype(np.float32) − zero_point.reshape(shape)) · "
        "scale.reshape(shape): the cast comes before the subtraction, or 8 bits wrap around.",
    ),
    praise="There and back, channel by channel: the code zero_point is exactly 0 again.",
)
