"""Exercise 02.3: real numbers into UINT8 codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.lessons.lesson_02.uint8 import CODE_MAX, CODE_MIN, array_problem
from zeropoint.quant import quantize_affine


def reference_codes(x: np.ndarray, scale: np.float32, zero_point: int) -> np.ndarray:
    """Return the codes of ``x``, uint8 in its shape."""
    return quantize_affine(x, scale, zero_point, CODE_MIN, CODE_MAX)


def compare_codes(got: Any, expected: np.ndarray) -> str | None:
    """Compare codes exactly, kind and dtype included."""
    problem = array_problem(got, expected)
    if problem:
        return problem
    if got.dtype.kind not in "iuf":
        return f"the codes are of type {got.dtype}, not numbers; did you forget a return?"
    if got.dtype == np.int8:
        return "the codes are int8, which ends at 127: UINT8 codes need np.uint8."
    values = np.asarray(got, dtype=np.float64)
    if not np.array_equal(values, np.floor(values)):
        return "the codes are not whole numbers: round them."
    outside = values[(values < CODE_MIN) | (values > CODE_MAX)]
    if outside.size:
        worst = outside.max() if outside.max() > CODE_MAX else outside.min()
        return f"got the code {worst:g}, outside 0 … 255: clamp before the cast."
    if not np.array_equal(values, expected):
        wrong = int(np.argmax(values.ravel() != expected.ravel()))
        return f"element {wrong} has the wrong code ({values.ravel()[wrong]:g})."
    if got.dtype != np.uint8:
        return f"the codes are {got.dtype}: store them as uint8, that is what makes the model small."
    return None


# --- cases: a few to see, many generated from a seed, the edges included --------------------------------------------

Arguments = tuple[np.ndarray, np.float32, int]


def _tensor_cases() -> list[Case]:
    generator = np.random.default_rng(21)
    step = np.float32(5.9 / 255)
    tenth = np.float32(0.1)
    seen = [
        (np.array([0.3, 0.0, 5.0, -0.9], np.float32), step, 39),
        (np.array([7.0, -3.0], np.float32), step, 39),
    ]
    edges = [
        (np.array([0.25, 0.75, 1.25, 1.75, -0.25], np.float32), np.float32(0.5), 7),  # ties
        (np.array([], np.float32), tenth, 3),
        (np.full((2, 3), 1e6, np.float32), tenth, 0),
        (np.array([[-1e6]], np.float32), tenth, 255),
    ]
    drawn = [_drawn(generator) for _ in range(30)]
    four_axes = (generator.normal(0, 2, (2, 3, 4, 5)).astype(np.float32), np.float32(0.02), 120)
    return [Case(args, public=True) for args in seen] + [Case(args) for args in (*edges, *drawn, four_axes)]


def _drawn(generator: np.random.Generator) -> Arguments:
    x = generator.normal(0, 4, (3, 5)).astype(np.float32)
    scale = np.float32(generator.uniform(0.005, 0.05))
    return x, scale, int(generator.integers(256))


# --- wrong ideas ----------------------------------------------------------------------------------------------------

Quantize = Callable[[np.ndarray, np.float32, int], np.ndarray]


def _rounds_with(round_: Callable[[np.ndarray], np.ndarray]) -> Quantize:
    """Return a quantize that is right but for how it rounds."""

    def wrong(x: np.ndarray, scale: np.float32, zero_point: int) -> np.ndarray:
        return _saturated(round_(x / scale) + zero_point)

    return wrong


def _half_up(x: np.ndarray) -> np.ndarray:
    return np.floor(x + 0.5)


def _half_away(x: np.ndarray) -> np.ndarray:
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


def _clips_to(low: float, high: float) -> Quantize:
    """Return a quantize that keeps the codes inside other ends; beyond 0 … 255 they wrap around."""

    def wrong(x: np.ndarray, scale: np.float32, zero_point: int) -> np.ndarray:
        q = np.round(x / scale) + zero_point
        return np.clip(q, low, high).astype(np.int64).astype(np.uint8)

    return wrong


def _adds_first(x: np.ndarray, scale: np.float32, zero_point: int) -> np.ndarray:
    return _saturated(np.round(x / scale + zero_point))


def _forgets_zero_point(x: np.ndarray, scale: np.float32, zero_point: int) -> np.ndarray:
    return _saturated(np.round(x / scale))


def _saturated(q: np.ndarray) -> np.ndarray:
    return np.clip(q, CODE_MIN, CODE_MAX).astype(np.uint8)


WRAPS = (
    "A value beyond the range wraps around: 257 stored in a uint8 becomes 1, a bright pixel turns dark. "
    "Clamp to 0 … 255, on both sides, before the cast."
)
TIES = (
    "Ties: 0.5 goes to 0 and 1.5 to 2 (half to even, as np.round and every ONNX runtime do); "
    "rounding every half up or away from 0 shifts the values."
)

CHECK = FunctionCheck(
    reference=reference_codes,
    cases=_tensor_cases,
    compare=compare_codes,
    impostors=(
        Impostor(_clips_to(-np.inf, np.inf), WRAPS),
        Impostor(_clips_to(-np.inf, CODE_MAX), WRAPS),
        Impostor(_clips_to(CODE_MIN, np.inf), WRAPS),
        Impostor(_clips_to(CODE_MIN, CODE_MAX + 1), WRAPS),
        Impostor(
            _rounds_with(np.trunc),
            "You cut off instead of rounding: 12.97 steps become 12, every value moves towards 0 and the error is "
            "twice as large as it needs to be. Use np.round.",
        ),
        Impostor(_rounds_with(np.floor), "You round down instead of to the nearest step: use np.round."),
        Impostor(_rounds_with(np.ceil), "You round up instead of to the nearest step: use np.round."),
        Impostor(_rounds_with(_half_up), TIES),
        Impostor(_rounds_with(_half_away), TIES),
        Impostor(
            _adds_first,
            "You add the zero point before rounding: with an odd zero point ties then fall the other way. "
            "Round x / scale first, then add.",
        ),
        Impostor(_forgets_zero_point, "The zero point is missing: the real 0 has to land on the code zero_point."),
    ),
    hints=(
        "Think of the ruler: how many steps does x lie from 0, which tick lies on 0, and what about values beyond the "
        "last tick? That makes three operations, in this order.",
        "The steps are x / scale, to the nearest whole one: which function of NumPy rounds, and halves to even? "
        "And which one replaces what lies beyond 0 … 255?",
        "np.round(x / scale), then + zero_point, then np.clip to 0 … 255 – and only then .astype(np.uint8).",
    ),
    praise="Rounded to the nearest tick, saturated before the cast, one byte a value.",
)
