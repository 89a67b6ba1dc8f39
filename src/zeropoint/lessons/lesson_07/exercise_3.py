"""Exercise 07.3: a real multiplier as a whole number and a shift."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.quant import quantize_multiplier


def fixed_point(multiplier: float) -> tuple[int, int]:
    """Return (mantissa, shift) with ``multiplier ≈ mantissa · 2^(−31 − shift)`` and 2^30 ≤ mantissa < 2^31."""
    mantissa, shift = quantize_multiplier(multiplier)
    return int(mantissa), int(shift)


def compare_fixed_point(got: Any, expected: tuple[int, int]) -> str | None:
    """Compare (mantissa, shift) exactly, with a sentence on what they stand for."""
    if not isinstance(got, tuple | list | np.ndarray) or len(got) != 2:
        return f"expected two results, 'return mantissa, shift', got a {type(got).__name__}."
    try:
        mantissa, shift = (float(v) for v in got)
    except (TypeError, ValueError, OverflowError):
        return "mantissa and shift must each be one whole number."
    if not (mantissa.is_integer() and shift.is_integer()):
        return f"mantissa {mantissa:g} and shift {shift:g} are not both whole numbers: round the mantissa."
    if mantissa == 2**31:
        return (
            f"the mantissa {mantissa:.0f} does not fit int32, which ends at 2^31 − 1. A fraction just below 1 rounds "
            "up to 2^31: then the mantissa is 2^30, and the shift one less."
        )
    if mantissa > 2**31:
        return (
            f"the mantissa {mantissa:.0f} does not fit int32, which ends at 2^31 − 1: the fraction has to be below 1. "
            "For a multiplier of 1 or more that takes a negative shift."
        )
    if mantissa < 2**30:
        return f"the mantissa {mantissa:.0f} is below 2^30: it leaves bits unused, and each one halves the precision."
    if (mantissa, shift) == expected:
        return None
    if shift == expected[1] and abs(mantissa - expected[0]) == 1:
        rounded = "cut off: every product is a little too small" if mantissa < expected[0] else "rounded up"
        return f"the mantissa is off by one, {rounded}; round to the nearest."
    return _too_far(mantissa, shift, expected)


def _too_far(mantissa: float, shift: float, expected: tuple[int, int]) -> str:
    """Return how far two results are from the multiplier, relative to it: 0.0072 and 0.00720001 would look alike."""
    away = shift - expected[1]
    if abs(away) > 100:
        return f"a shift of {shift:.0f} is far from what the multiplier needs: it comes from the exponent of frexp."
    error = mantissa / expected[0] * 2.0**-away - 1
    return (
        f"mantissa · 2^(−31 − shift) misses the multiplier by {100 * error:+.2g} %; a mantissa that is rounded to the "
        "nearest misses it by 0.00000005 % at most."
    )


def _multiplier_cases() -> list[Case]:
    """Return multipliers below, at and above every border: 2^-38 to 2^20, powers of two, and just below one."""
    seen = [0.0072, 0.5, 0.75]
    carries = [1 - 2.0**-40, 0.5 - 2.0**-42, 4 - 2.0**-39]  # their fraction rounds up to 1
    edges = [0.25, 2.0**-12, 1.0, 2.0, 1.5, 3.7, 1e-6, 0.99, 3e-12, 1.7e-11, 517.3, 1e6]
    drawn = (2.0 ** np.random.default_rng(72).uniform(-14, 3, 30)).tolist()
    return [Case((m,), public=True) for m in seen] + [Case((m,)) for m in carries + edges + drawn]


# --- wrong ideas ----------------------------------------------------------------------------------------------------


def _split(multiplier: float, *, lift: int = 31, add: int = 0) -> tuple[int, int]:
    """Return mantissa and shift with another number of bits, or a shift that is off."""
    fraction, exponent = math.frexp(multiplier)
    mantissa = round(fraction * 2**lift)
    if mantissa == 2**lift:
        return mantissa // 2, -exponent - 1 + add
    return mantissa, -exponent + add


def _negated(multiplier: float) -> tuple[int, int]:
    mantissa, shift = fixed_point(multiplier)
    return mantissa, -shift


def _never_negative(multiplier: float) -> tuple[int, int]:
    mantissa, shift = fixed_point(multiplier)
    return (mantissa, shift) if shift >= 0 else (round(multiplier * 2**31), 0)


CHECK = FunctionCheck(
    reference=fixed_point,
    cases=_multiplier_cases,
    compare=compare_fixed_point,
    impostors=(
        Impostor(
            lambda m: (round(m * 2**31), 0),
            "Without a shift a small multiplier has a small mantissa: 0.0072 · 2^31 has 24 bits of 31, and 1.5 · 2^31 "
            "does not fit int32. Bring the fraction into [0.5, 1) first and count the shifts.",
        ),
        Impostor(
            _never_negative,
            "Your shift stops at 0, so the mantissa of a multiplier of 1 or more does not fit int32: let the shift be "
            "negative there, a shift to the left.",
        ),
        Impostor(
            _negated,
            "The sign of the shift: a positive shift makes the product smaller (to the right), so a multiplier "
            "below 0.5 has a positive one.",
        ),
        Impostor(
            lambda m: _split(m, lift=30),
            "Your mantissa has 30 bits in place of 31: the fraction in [0.5, 1) times 2^31, not 2^30.",
        ),
        Impostor(
            lambda m: _split(m, lift=32, add=1),
            "Your mantissa reaches up to 2^32, which int32 does not hold: the fraction in [0.5, 1) times 2^31.",
        ),
        Impostor(
            lambda m: _split(m, add=31),
            "The shift is 31 too large: the formula has −31 − shift, so the 31 bits of the mantissa count already.",
        ),
        Impostor(lambda m: _split(m, add=1), "The shift is one too large: the result would be half the multiplier."),
        Impostor(lambda m: _split(m, add=-1), "The shift is one too small: the result would be twice the multiplier."),
        Impostor(lambda m: fixed_point(m)[::-1], "The two results are swapped: return mantissa first, then shift."),
    ),
    hints=(
        "Write 0.0072 as a fraction in [0.5, 1) times a power of two. What becomes of the fraction, and what of the "
        "power? And of 1.5?",
        "math.frexp(multiplier) gives both. The mantissa is the fraction times 2^31, rounded; the shift is minus the "
        "exponent. Which mantissa can rounding give that int32 does not hold?",
        "fraction, exponent = math.frexp(multiplier); mantissa = round(fraction * 2**31); and if it is 2**31: mantissa "
        "2**30 and exponent + 1. Return mantissa, -exponent.",
    ),
    praise="31 bits of precision, a multiplication and a shift: no floating-point unit needed.",
)
