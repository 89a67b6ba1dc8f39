"""Exercise 02.3: real numbers into INT8 or UINT8 codes, with one scale or with many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.spec import FunctionCheck, Impostor
from zeropoint.lessons.lesson_02.code_cases import cases
from zeropoint.lessons.lesson_02.eight_bits import array_problem
from zeropoint.quant import quantize_affine


def code_ends(zero_point: Any) -> tuple[int, int]:
    """Return the first and the last code of the type of a zero point."""
    limits = np.iinfo(zero_point.dtype)
    return int(limits.min), int(limits.max)


def reference_codes(x: np.ndarray, scale: Any, zero_point: Any) -> np.ndarray:
    """Return the codes of ``x``, in its shape and of the type of the zero point."""
    codes = quantize_affine(x, scale, np.asarray(zero_point, dtype=np.int32), *code_ends(zero_point))
    return codes.astype(zero_point.dtype)


def compare_codes(got: Any, expected: np.ndarray) -> str | None:
    """Compare codes exactly, kind and dtype included."""
    problem = array_problem(got, expected)
    if problem:
        return problem
    if got.dtype.kind not in "iuf":
        return f"the codes are of type {got.dtype}, not numbers; did you forget a return?"
    if {got.dtype, expected.dtype} == {np.dtype(np.int8), np.dtype(np.uint8)}:
        return f"the codes are {got.dtype}: the type of the zero point says which codes there are."
    values = np.asarray(got, dtype=np.float64)
    if not np.array_equal(values, np.floor(values)):
        return "the codes are not whole numbers: round them."
    first, last = code_ends(expected)
    outside = values[(values < first) | (values > last)]
    if outside.size:
        worst = outside.max() if outside.max() > last else outside.min()
        return f"got the code {worst:g}, outside {first} … {last}: clamp before the cast."
    if not np.array_equal(values, expected):
        wrong = int(np.argmax(values.ravel() != expected.ravel()))
        return f"element {wrong} has the wrong code ({values.ravel()[wrong]:g})."
    if got.dtype != expected.dtype:
        return f"the codes are {got.dtype}: give them the type of the zero point, one byte each."
    return None


# --- wrong ideas ----------------------------------------------------------------------------------------------------

Quantize = Callable[[np.ndarray, Any, Any], Any]


def _rounds_with(round_: Callable[[np.ndarray], np.ndarray]) -> Quantize:
    """Return a quantize that is right but for how it rounds."""
    return lambda x, scale, zero_point: _saturated(round_(x / scale) + zero_point, zero_point)


def _half_up(x: np.ndarray) -> np.ndarray:
    return np.floor(x + 0.5)


def _half_away(x: np.ndarray) -> np.ndarray:
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


def _clips(*, below: bool, above: bool, beyond: int = 0) -> Quantize:
    """Return a quantize that clips on some sides only, or one code too late; what is beyond wraps around."""

    def wrong(x: np.ndarray, scale: Any, zero_point: Any) -> Any:
        first, last = code_ends(zero_point)
        q = np.round(x / scale) + zero_point
        q = np.clip(q, first if below else -np.inf, last + beyond if above else np.inf)
        return q.astype(np.int64).astype(zero_point.dtype)

    return wrong


def _adds_first(x: np.ndarray, scale: Any, zero_point: Any) -> Any:
    return _saturated(np.round(x / scale + zero_point), zero_point)


def _forgets_zero_point(x: np.ndarray, scale: Any, zero_point: Any) -> Any:
    return _saturated(np.round(x / scale), zero_point)


def _always(dtype: type) -> Quantize:
    """Return a quantize that knows one type of codes only."""
    return lambda x, scale, zero_point: _saturated(np.round(x / scale) + zero_point, np.zeros(1, dtype))


def _always_wrapping(x: np.ndarray, scale: Any, zero_point: Any) -> Any:
    return (np.round(x / scale) + zero_point).astype(np.int64).astype(np.uint8)


def _adds_narrow(x: np.ndarray, scale: Any, zero_point: Any) -> Any:
    steps = _saturated(np.round(x / scale), zero_point)
    return (steps.astype(np.int64) + zero_point).astype(zero_point.dtype)


def _clamps_to(first_and_last: Callable[[Any], tuple[int, int]]) -> Quantize:
    """Return a quantize that is right but for the ends of the codes; what lies beyond the type wraps around."""

    def wrong(x: np.ndarray, scale: Any, zero_point: Any) -> Any:
        q = np.clip(np.round(x / scale) + zero_point, *first_and_last(zero_point))
        return q.astype(np.int64).astype(zero_point.dtype)

    return wrong


def _narrow_ends(zero_point: Any) -> tuple[int, int]:
    first, last = code_ends(zero_point)
    return first + (first < 0), last


def _mirrored_ends(zero_point: Any) -> tuple[int, int]:
    last = code_ends(zero_point)[1]
    return -last, last


def _casts_first(dtype: type) -> Quantize:
    """Return a quantize that counts the steps in an integer type, clamps, and casts again."""

    def wrong(x: np.ndarray, scale: Any, zero_point: Any) -> Any:
        with np.errstate(invalid="ignore", over="ignore"):
            return _saturated(np.round(x / scale).astype(dtype) + zero_point.astype(dtype), zero_point)

    return wrong


def _along_first(x: np.ndarray, scale: Any, zero_point: Any) -> Any:
    spread = [np.reshape(p, (-1, *[1] * (x.ndim - 1))) if np.ndim(p) else p for p in (scale, zero_point)]
    return reference_codes(x, *spread)


def _row_by_row(x: np.ndarray, scale: Any, zero_point: Any) -> Any:
    if np.ndim(scale) == 0:
        return reference_codes(x, scale, zero_point)
    rows = [reference_codes(row, np.ravel(scale)[k], np.ravel(zero_point)[k]) for k, row in enumerate(x)]
    return np.array(rows).reshape(x.shape)


def _one_scale(x: np.ndarray, scale: Any, zero_point: Any) -> Any:
    return reference_codes(x, np.max(scale), np.ravel(zero_point)[0])


def _first_scale(x: np.ndarray, scale: Any, zero_point: Any) -> Any:
    return reference_codes(x, np.ravel(scale)[0], np.ravel(zero_point)[0])


def _saturated(q: Any, zero_point: Any) -> Any:
    return np.clip(q, *code_ends(zero_point)).astype(zero_point.dtype)


WRAPS = (
    "A value beyond the range wraps around: 257 stored in a uint8 becomes 1, a bright pixel turns dark. "
    "Clamp to the first and the last code, on both sides, before the cast."
)
TIES = (
    "Ties: 0.5 goes to 0 and 1.5 to 2 (half to even, as np.round and every ONNX runtime do); "
    "rounding every half up or away from 0 shifts the values."
)
ONE_TYPE = (
    "You know one type of codes only: UINT8 goes from 0 to 255, INT8 from −128 to 127. zero_point.dtype says which one "
    "is asked for, np.iinfo(zero_point.dtype) gives its ends."
)
ONE_SCALE = "You take one scale for all channels: where scale is an array, each channel has a scale of its own."

WRONG_ENDS = (
    "You clamp to the ends of one type and cast to the other: UINT8 goes from 0 to 255, INT8 from −128 to 127. "
    "np.iinfo(zero_point.dtype) gives the ends that belong to the type."
)
NARROW = "You leave out the code −128, the narrow range of symmetric weights: here all 256 codes are used."
ALONG_FIRST = (
    "You put scale and zero_point along the first axis: arrays that broadcast against x lie where their shape says, "
    "(3,) along the last axis and (1, 3, 1, 1) along the second. NumPy does it by itself."
)
CASTS_FIRST = (
    "You turn the steps into integers before you clamp: a value far beyond the range has more of them than 16 or 32 "
    "bits can hold, and comes out at the wrong end. Clamp while they are floating-point numbers."
)

CHECK = FunctionCheck(
    reference=reference_codes,
    cases=cases,
    compare=compare_codes,
    impostors=(
        Impostor(_clips(below=False, above=False), WRAPS),
        Impostor(_clips(below=False, above=True), WRAPS),
        Impostor(_clips(below=True, above=False), WRAPS),
        Impostor(_clips(below=True, above=True, beyond=1), WRAPS),
        Impostor(
            _always_wrapping,
            "A value beyond the range wraps around: 257 stored in a uint8 becomes 1, a bright pixel turns dark. Clamp "
            "before the cast. And the codes have the type of zero_point, which may be INT8.",
        ),
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
        Impostor(_always(np.uint8), ONE_TYPE),
        Impostor(_always(np.int8), ONE_TYPE),
        Impostor(_clamps_to(lambda _: (0, 255)), WRONG_ENDS),
        Impostor(_clamps_to(lambda _: (-128, 127)), WRONG_ENDS),
        Impostor(_clamps_to(_narrow_ends), NARROW),
        Impostor(
            _clamps_to(_mirrored_ends),
            "You clamp to −max … max: the first code is np.iinfo(zero_point.dtype).min, −128 or 0.",
        ),
        Impostor(_casts_first(np.int32), CASTS_FIRST),
        Impostor(_casts_first(np.int16), CASTS_FIRST),
        Impostor(_along_first, ALONG_FIRST),
        Impostor(_row_by_row, ALONG_FIRST),
        Impostor(
            _adds_narrow, "You saturate the steps and then add the zero point: add first, or the sum wraps around."
        ),
        Impostor(_first_scale, ONE_SCALE),
        Impostor(_one_scale, ONE_SCALE),
    ),
    hints=(
        "Think of the ruler: how many steps does x lie from 0, which tick lies on 0, and what about values beyond the "
        "last tick? That makes three operations, in this order.",
        "The steps are x / scale, to the nearest whole one: which function of NumPy rounds, and halves to even? "
        "And which codes are there? np.iinfo(zero_point.dtype) has .min and .max.",
        "np.round(x / scale), then + zero_point, then np.clip to the first and last code – and only then "
        ".astype(zero_point.dtype).",
    ),
    praise="Rounded to the nearest tick, saturated before the cast, one byte per value – signed or not.",
)
