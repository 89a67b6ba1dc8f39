"""Exercise 02.2: scale and zero point of a range, asymmetric in UINT8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.lessons.lesson_02.uint8 import CODE_MAX, CODE_MIN
from zeropoint.quant import choose_qparams_affine

_NO_NUMBERS = "scale and zero_point must each be one number."


def reference_qparams(min_val: float, max_val: float) -> tuple[Any, Any]:
    """Return scale and zero point of the range from ``min_val`` to ``max_val``, widened to hold 0."""
    return choose_qparams_affine(min_val, max_val)[:2]


def compare_qparams(got: Any, expected: tuple[Any, ...]) -> str | None:
    """Compare (scale, zero_point): scale to one part in 10^5, zero point exactly."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        return f"expected two results, 'return scale, zero_point', got one {type(got).__name__}."
    if any(isinstance(part, str) for part in got):  # float("1") would take it
        return _NO_NUMBERS
    try:
        scale, zero_point = (float(part) for part in got)
    except (TypeError, ValueError, OverflowError):
        return _NO_NUMBERS
    problem = _impossible(scale, zero_point)
    if problem is not None:
        return problem
    if float(expected[0]) == 1:  # only the range [0, 0] has it, and there any ruler will do
        return None
    error = abs(scale / float(expected[0]) - 1)
    if error > 1e-5:
        rounded = "; was it rounded? Keep all its digits" if error < 0.05 else ""
        return f"scale is {scale:.6g}, which is not (max − min) / 255 of the range that includes 0{rounded}."
    if int(zero_point) != int(expected[1]):
        return f"zero_point is {int(zero_point)}: expected the code of the real 0, 0 − round(min / scale)."
    return None


def _impossible(scale: float, zero_point: float) -> str | None:
    """Return a sentence when the two cannot belong to any range."""
    if not np.isfinite(scale) or scale <= 0:
        return f"scale is {scale:g}: a tick spacing is positive; what if all values are 0?"
    if not zero_point.is_integer():
        return f"zero_point is {zero_point:g}: it is a code, so a whole number; round it."
    if not CODE_MIN <= zero_point <= CODE_MAX:
        return f"zero_point is {zero_point:g}, outside the UINT8 codes 0 … 255: does your range include the real 0?"
    return None


# --- cases: a few to see, many generated from a seed, the edges included --------------------------------------------


def _range_cases() -> list[Case]:
    generator = np.random.default_rng(20)
    seen = [(-0.9, 5.0), (0.0, 6.0), (0.5, 3.0), (-3.0, -1.0), (2.5, 2.5), (0.0, 0.0)]
    edges = [(-2.0, 0.0), (-1e-3, 2e-3), (-1000.0, 0.25)]  # none of them a tie: the brief does not decide those
    drawn = [tuple(sorted(generator.normal(0, 3, 2).tolist())) for _ in range(40)]
    return [Case(ends, public=True) for ends in seen] + [Case(ends) for ends in (*edges, *drawn)]


# --- wrong ideas ----------------------------------------------------------------------------------------------------


def _wrong(
    *,
    gaps: int = 255,
    widen: bool = True,
    sign: int = -1,
    clamp: bool = True,
    round_: Callable[[Any], Any] = np.round,
) -> Callable[[float, float], tuple[Any, Any]]:
    """Return a function with something wrong in it; every option is a place where one goes wrong."""

    def wrong(min_val: float, max_val: float) -> tuple[Any, Any]:
        low = min(min_val, 0.0) if widen else min_val
        high = max(max_val, 0.0) if widen else max_val
        scale = (high - low) / gaps or 1.0
        zero_point = sign * round_(low / scale)
        if clamp:
            zero_point = np.clip(zero_point, CODE_MIN, CODE_MAX)
        return scale, zero_point

    return wrong


def _symmetric(min_val: float, max_val: float) -> tuple[float, int]:
    largest = max(-min_val, max_val, 0.0) or 127
    return largest / 127, 128


def _swapped(min_val: float, max_val: float) -> tuple[Any, Any]:
    scale, zero_point = reference_qparams(min_val, max_val)
    return zero_point, scale


WRONG_SIGN = "The zero point has the wrong sign: min is negative, so 0 − round(min / scale) is positive."

CHECK = FunctionCheck(
    reference=reference_qparams,
    cases=_range_cases,
    compare=compare_qparams,
    impostors=(
        Impostor(
            _wrong(gaps=256),
            "You divide by 256, but 256 codes have 255 gaps: the largest value misses its code.",
        ),
        Impostor(
            _wrong(widen=False),
            "For a range like [0.5, 3] or [−3, −1] the real 0 has no code of its own: padding and ReLU zeros become "
            "something else: widen the range with min(min_val, 0) and max(max_val, 0) first.",
        ),
        Impostor(_wrong(sign=1), WRONG_SIGN),
        Impostor(_wrong(sign=1, clamp=False), WRONG_SIGN),
        Impostor(_swapped, "The two results are swapped: return scale first, then zero_point."),
        Impostor(
            _wrong(round_=np.trunc),
            "You cut the zero point off instead of rounding it: int(38.9) is 38, and the whole grid shifts by a step.",
        ),
        Impostor(
            _symmetric,
            "That is the symmetric scheme with its zero point fixed at 128: asked is the asymmetric one.",
        ),
    ),
    hints=(
        "First make sure that 0 is inside the range: low = min(min_val, 0), high = max(max_val, 0).",
        "256 codes have 255 gaps: scale = (high − low) / 255. If high equals low, any positive scale will do: use 1.",
        "The zero point is how many steps 0 lies above low: round(0 − low / scale), a whole number from 0 to 255.",
    ),
    praise="The ruler fits: both ends have a code, and so has the real 0.",
)
