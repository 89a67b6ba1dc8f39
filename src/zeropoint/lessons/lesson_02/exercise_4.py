"""Exercise 02.4: UINT8 codes back into real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.lessons.lesson_02.uint8 import array_problem
from zeropoint.quant import dequantize_affine


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
        return f"element {first} is {got.ravel()[first]:.5g}, which is not (q − zero_point) · scale."
    if got.dtype != np.float32:
        return f"the result is {got.dtype}: the brief asks for float32, half the memory of float64."
    return None


# --- cases: a few to see, many generated from a seed, the edges included --------------------------------------------

Arguments = tuple[np.ndarray, np.float32, int]


def _code_cases() -> list[Case]:
    generator = np.random.default_rng(22)
    seen = (np.array([52, 39, 255, 0], np.uint8), np.float32(5.9 / 255), 39)
    edges = [
        (np.array([], np.uint8), np.float32(0.1), 3),
        (np.array([[0, 255]], np.uint8), np.float32(1e-3), 255),
        (np.array([0], np.uint8), np.float32(2), 0),
    ]
    zero_points = generator.integers(0, 256, 30)
    drawn = [_drawn(generator, int(zero_point)) for zero_point in zero_points]
    four_axes = (generator.integers(0, 256, (2, 3, 4, 5)).astype(np.uint8), np.float32(0.02), 120)
    return [Case(seen, public=True)] + [Case(args) for args in (*edges, *drawn, four_axes)]


def _drawn(generator: np.random.Generator, zero_point: int) -> Arguments:
    q = generator.integers(0, 256, (4, 3)).astype(np.uint8)
    scale = np.float32(generator.uniform(0.001, 1))
    return q, scale, zero_point


# --- wrong ideas ----------------------------------------------------------------------------------------------------


def _wraps(q: np.ndarray, scale: np.float32, zero_point: int) -> np.ndarray:
    return (q - np.uint8(zero_point)).astype(np.float32) * scale


def _multiplies_first(q: np.ndarray, scale: np.float32, zero_point: int) -> np.ndarray:
    return q.astype(np.float32) * scale - zero_point


def _forgets_zero_point(q: np.ndarray, scale: np.float32, zero_point: int) -> np.ndarray:
    return q.astype(np.float32) * scale


def _adds_zero_point(q: np.ndarray, scale: np.float32, zero_point: int) -> np.ndarray:
    return (q.astype(np.float32) + zero_point) * scale


CHECK = FunctionCheck(
    reference=dequantize_affine,
    cases=_code_cases,
    compare=compare_reals,
    impostors=(
        Impostor(
            _wraps,
            "In uint8 arithmetic 38 − 39 is 255, not −1: turn the codes into int32 or float32 before you subtract.",
        ),
        Impostor(
            _multiplies_first,
            "You multiply first: subtract the zero point from the code, then multiply by the scale.",
        ),
        Impostor(_forgets_zero_point, "The zero point is missing: its code has to come back as exactly 0."),
        Impostor(_adds_zero_point, "The sign: quantizing added the zero point, so dequantizing subtracts it."),
    ),
    hints=(
        "Solve q = x / scale + zero_point for x.",
        "Mind the type: q.astype(np.float32) before the subtraction, or uint8 wraps around.",
    ),
    praise="There and back: the code zero_point is exactly 0 again.",
)
