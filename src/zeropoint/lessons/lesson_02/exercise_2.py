"""Exercise 02.2: scale and zero point of a range, asymmetric, for any bit width, signed or unsigned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.quant import choose_qparams_affine

Arguments = tuple[float, float, int, bool]  # min_val, max_val, bit_width, signed

TINY_SCALE = 1e-8  # the cases with smaller scales have ranges below a millionth
_NO_NUMBERS = "scale and zero_point must each be one number."


def ends(bit_width: int, signed: bool) -> tuple[int, int]:
    """Return the first and the last code."""
    low = -(2 ** (bit_width - 1)) if signed else 0
    return low, low + 2**bit_width - 1


def reference_qparams(min_val: float, max_val: float, bit_width: int, signed: bool) -> tuple[float, int]:
    """Return scale and zero point of the range from ``min_val`` to ``max_val``, widened to hold 0."""
    if min_val == max_val == 0:
        return 1.0, ends(bit_width, signed)[0]
    qparams = choose_qparams_affine(min_val, max_val, bit_width=bit_width, signed=signed)
    return float(qparams.scale), int(qparams.zero_point)


def compare_qparams(got: Any, expected: tuple[float, int]) -> str | None:
    """Compare (scale, zero_point): scale to one part in 10^5, zero point exactly."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        return f"expected two results, 'return scale, zero_point', got one {type(got).__name__}."
    if any(isinstance(part, str) for part in got):  # float("1") would take it
        return _NO_NUMBERS
    try:
        scale, zero_point = (float(part) for part in got)
    except (TypeError, ValueError, OverflowError):
        return _NO_NUMBERS
    if not np.isfinite(scale) or scale <= 0:
        return f"scale is {scale:g}: a tick spacing is positive; what if all values are 0?"
    if not zero_point.is_integer():
        return f"zero_point is {zero_point:g}: it is a code, so a whole number; round it."
    if expected[0] < TINY_SCALE and scale > 2 * expected[0]:
        return f"scale is {scale:.3g}, too large for a tiny range: only [0, 0] is special, and there is no floor."
    error = abs(scale / expected[0] - 1)
    if error > 1e-5:
        rounded = "; was it rounded? Keep all its digits" if error < 0.003 else ""
        return f"scale is {scale:.6g}, which is not the width of the range with 0, divided by the gaps{rounded}."
    if int(zero_point) != expected[1]:
        return f"zero_point is {int(zero_point)}: expected the code of the real 0, quant_min − round(min / scale)."
    return None


# --- cases: a few to see, many generated from a seed, the edges included --------------------------------------------


def _range_cases() -> list[Case]:
    generator = np.random.default_rng(20)
    seen = [
        (-0.9, 5.0, 8, False),
        (-0.9, 5.0, 8, True),
        (0.0, 6.0, 4, False),
        (0.5, 3.0, 8, True),
        (-3.0, -1.0, 4, True),
        (2.5, 2.5, 8, False),
        (0.0, 0.0, 8, True),
        (0.0, 5e-7, 8, False),
    ]
    edges = [
        (-2.0, 0.0, 16, True),
        (-1e-3, 2e-3, 5, False),  # 10.33 steps: none of them is a tie, which the brief does not decide
        (-1000.0, 0.25, 16, False),
        (-1.0, 0.6, 2, True),
        (0.0, 0.0, 3, False),
        (0.0, 0.0, 4, True),
        (-2e-7, 3e-7, 8, True),
        (-3e-7, -1e-7, 12, False),
        (2e-7, 2e-7, 4, True),
        (-4e-20, 1e-20, 4, True),
        (-1e6, 3e6, 6, False),
    ]
    drawn = [_drawn(generator, number) for number in range(40)]
    return [Case(args, public=True) for args in seen] + [Case(args) for args in (*edges, *drawn)]


def _drawn(generator: np.random.Generator, number: int) -> Arguments:
    """Return a range that holds 0 in two of four cases, and lies above or below it in the others; no near tie."""
    bit_width = (8, 4, 2, 6, 3, 16, 5, 12, 7)[number % 9]
    signed = number % 4 in (1, 2)
    while True:
        low, high = sorted(generator.normal((0.0, 3.0, 0.0, -3.0)[number % 4], 2.0, 2).tolist())
        steps = min(low, 0.0) / (max(high, 0.0) - min(low, 0.0)) * (2**bit_width - 1)
        if abs(abs(steps) % 1 - 0.5) > 0.05:
            return low, high, bit_width, signed


# --- wrong ideas ----------------------------------------------------------------------------------------------------


def _wrong(
    *,
    gaps: int = -1,
    widen: bool = True,
    sign: int = -1,
    clamp: bool = True,
    round_: Callable[[Any], Any] = np.round,
    bits: int | None = None,
    always: bool | None = None,
    narrow: bool = False,
) -> Callable[[float, float, int, bool], tuple[Any, Any]]:
    """Return a function with something wrong in it; every option is a place where one goes wrong."""

    def wrong(min_val: float, max_val: float, bit_width: int, signed: bool) -> tuple[Any, Any]:
        width = bits or bit_width
        has_sign = signed if always is None else always
        first, last = ends(width, has_sign)
        first += narrow and has_sign
        low = min(min_val, 0.0) if widen else min_val
        high = max(max_val, 0.0) if widen else max_val
        scale = (high - low) / (last - first + 1 + gaps) or 1.0
        zero_point = first + sign * round_(low / scale)
        if clamp:
            zero_point = np.clip(zero_point, first, last)
        return scale, zero_point

    return wrong


def _symmetric(min_val: float, max_val: float, bit_width: int, signed: bool) -> tuple[float, int]:
    quant_max = 2 ** (bit_width - 1) - 1
    largest = max(-min_val, max_val, 0.0) or quant_max
    return largest / quant_max, 0 if signed else quant_max + 1


def _as_the_lesson(min_val: float, max_val: float, quant_min: int, quant_max: int) -> tuple[Any, Any]:
    low = min(min_val, 0.0)
    scale = (max(max_val, 0.0) - low) / (quant_max - quant_min)
    return scale, quant_min - round(low / scale)


def _swapped(*args: Any) -> tuple[Any, Any]:
    scale, zero_point = reference_qparams(*args)
    return zero_point, scale


GAPS = "You divide by the number of codes: 256 codes have 255 gaps between them, and the largest value misses its code."
WRONG_SIGN = (
    "The zero point has the wrong sign: min is negative, so quant_min − round(min / scale) lies above quant_min."
)
IGNORES_BITS = "You ignore bit_width: with b bits there are 2^b codes, 256 of them at 8 bits only."
IGNORES_SIGN = "You ignore signed: min lies on the first code, which is −2^(b − 1) if there is a sign, and 0 if not."

CHECK = FunctionCheck(
    reference=reference_qparams,
    cases=_range_cases,
    compare=compare_qparams,
    impostors=(
        Impostor(_wrong(gaps=0), GAPS),
        Impostor(_wrong(gaps=0, clamp=False), GAPS),
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
        Impostor(_wrong(bits=8), IGNORES_BITS),
        Impostor(_wrong(always=False), IGNORES_SIGN),
        Impostor(_wrong(always=True), IGNORES_SIGN),
        Impostor(_wrong(bits=8, always=False), "You ignore bit_width and signed: that is the lesson's UINT8 ruler."),
        Impostor(
            _as_the_lesson,
            "You take the third and fourth argument for quant_min and quant_max, as in the lesson: they are bit_width "
            "and signed, from which the ends of the codes follow.",
        ),
        Impostor(
            _wrong(narrow=True),
            "You leave out the first code: the narrow range is for symmetric weights; asymmetric codes use all.",
        ),
        Impostor(
            _symmetric,
            "That is the symmetric scheme, with 0 in the middle of the codes: asked is the asymmetric one.",
        ),
    ),
    hints=(
        "Which is the first code and which the last, with 4 bits and a sign? And which real values should lie on them?",
        "quant_min is −2^(b − 1) with a sign and 0 without, quant_max lies 2^b − 1 above it; low = min(min_val, 0) and "
        "high = max(max_val, 0). One gap is (high − low) / (quant_max − quant_min).",
        "scale = (high − low) / (quant_max − quant_min) or 1.0; zero_point = quant_min − round(low / scale).",
    ),
    praise="The ruler fits at every bit width: both ends have a code, and so has the real 0.",
)
