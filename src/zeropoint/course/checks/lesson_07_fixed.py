"""Exercises 07.3 and 07.4: a real multiplier as a whole number and a shift; a residual sum of two scales."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor, compare_arrays
from zeropoint.quant import quantize_multiplier

BITS = 20  # after the point, of the multipliers of a residual sum
Grid = tuple[float, int]  # scale and zero point

# --- 07.3: mantissa and shift ---------------------------------------------------------------------------------------


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
    if mantissa >= 2**31:
        return (
            f"the mantissa {mantissa:.0f} does not fit int32, which ends at 2^31 − 1. A fraction just below 1 rounds "
            "up to 2^31: then the mantissa is 2^30, and the shift one less."
        )
    if mantissa < 2**30:
        return f"the mantissa {mantissa:.0f} is below 2^30: it leaves bits unused, and each one halves the precision."
    if (mantissa, shift) == expected:
        return None
    if shift == expected[1] and abs(mantissa - expected[0]) == 1:
        rounded = "cut off: every product is a little too small" if mantissa < expected[0] else "rounded up"
        return f"the mantissa is off by one, {rounded}; round to the nearest."
    return f"mantissa · 2^(−31 − shift) is {math.ldexp(mantissa, int(-31 - shift)):.6g}, which is not the multiplier."


def _multiplier_cases() -> list[Case]:
    generator = np.random.default_rng(72)
    seen = [0.0072, 0.5, 0.75]
    edges = [0.25, 2.0**-12, 1.0, 1.5, 3.7, 1 - 2.0**-40, 0.5 - 2.0**-42, 1e-6, 0.99, 3e-12]
    drawn = (2.0 ** generator.uniform(-14, 2, 30)).tolist()
    return [Case((m,), public=True) for m in seen] + [Case((m,)) for m in edges + drawn]


def _split(multiplier: float, *, lift: int = 31, add: int = 0) -> tuple[int, int]:
    fraction, exponent = math.frexp(multiplier)
    mantissa = round(fraction * 2**lift)
    if mantissa == 2**lift:
        return mantissa // 2, -exponent - 1 + add
    return mantissa, -exponent + add


def _negated(multiplier: float) -> Any:
    mantissa, shift = fixed_point(multiplier)
    return mantissa, -shift


FIXED_POINT = FunctionCheck(
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
        "math.frexp(multiplier) returns a fraction in [0.5, 1) and an exponent: multiplier = fraction · 2^exponent.",
        "The mantissa is the fraction times 2^31, rounded; the shift is minus the exponent.",
        "Rounding may give 2^31 itself: then the mantissa is 2^30, and the shift one less.",
    ),
    praise="31 bits of precision, a multiplication and a shift: no floating-point unit needed.",
)

# --- 07.4: a + b with two scales ------------------------------------------------------------------------------------


def residual_add(a_q: np.ndarray, b_q: np.ndarray, a: Grid, b: Grid, y: Grid) -> np.ndarray:
    """Return ``((a_q − z_a) M_a + (b_q − z_b) M_b + 2^19) >> 20`` plus ``z_y``, saturated to uint8."""
    return _add(a_q, b_q, a, b, y)


def _add(
    a_q: np.ndarray, b_q: np.ndarray, a: Grid, b: Grid, y: Grid, *,
    half: int = 2 ** (BITS - 1), centre: bool = True, shift: bool = True, clip: bool = True, share: bool = False,
    apart: bool = False, whole: Callable[[float], float] = round,
) -> np.ndarray:  # fmt: skip
    multipliers = [whole(s / y[0] * 2**BITS) for s, _ in (a, a if share else b)]
    pairs = [(q.astype(np.int64), z if centre else 0) for q, (_, z) in ((a_q, a), (b_q, b))]
    terms = [(q - z) * m for (q, z), m in zip(pairs, multipliers, strict=True)]
    total = sum((t + half) // 2**BITS for t in terms) if apart else (sum(terms) + half) // 2**BITS
    q = total + (y[1] if shift else 0)
    return (np.clip(q, 0, 255) if clip else q).astype(np.uint8)


def _codes_added(a_q: np.ndarray, b_q: np.ndarray, a: Grid, b: Grid, y: Grid) -> np.ndarray:
    steps = a_q.astype(np.int64) - a[1] + b_q - b[1] + y[1]
    return np.clip(steps, 0, 255).astype(np.uint8)


def _wrapping(a_q: np.ndarray, b_q: np.ndarray, a: Grid, b: Grid, y: Grid) -> np.ndarray:
    a_c, b_c = a_q - np.uint8(a[1]), b_q - np.uint8(b[1])
    return _add(a_c, b_c, (a[0], 0), (b[0], 0), y)


def _half_even(a_q: np.ndarray, b_q: np.ndarray, a: Grid, b: Grid, y: Grid) -> np.ndarray:
    a_m, b_m = (round(s / y[0] * 2**BITS) for s, _ in (a, b))
    total = (a_q.astype(np.int64) - a[1]) * a_m + (b_q.astype(np.int64) - b[1]) * b_m
    return np.clip(np.round(total / 2**BITS) + y[1], 0, 255).astype(np.uint8)


def _add_cases() -> list[Case]:
    generator = np.random.default_rng(73)
    seen = (np.uint8([178, 128, 0]), np.uint8([40, 0, 255]), (0.02, 128), (0.05, 0), (0.1, 20))
    drawn = []
    for shape in ((40,), (3, 5), (2, 3, 4, 4)) * 4:
        a_q, b_q = (generator.integers(0, 256, shape).astype(np.uint8) for _ in "ab")
        scales = generator.uniform(0.01, 0.08, 3) + np.array([0.02, 0, 0.03])
        grids = [(float(s), int(z)) for s, z in zip(scales, generator.integers(1, 200, 3), strict=True)]
        drawn.append((a_q, b_q, *grids))
    halves = (np.uint8([5, 6, 7, 1]), np.uint8([3, 3, 3, 3]), (0.5, 4), (1.0, 3), (1.0, 10))  # 0.5, 1, 1.5, −1.5
    saturates = (np.uint8([255, 0]), np.uint8([255, 0]), (0.1, 90), (0.1, 90), (0.05, 128))
    beyond_int32 = (np.uint8([255, 40, 0]), np.uint8([255, 20, 0]), (0.6, 0), (0.6, 3), (0.1, 128))
    every_pair = (*np.indices((256, 256)).astype(np.uint8), (0.0385, 60), (0.0435, 68), (0.054, 40))
    others = (*drawn, halves, saturates, beyond_int32, every_pair)
    return [Case(seen, public=True)] + [Case(args) for args in others]


RESIDUAL_ADD = FunctionCheck(
    reference=residual_add,
    cases=_add_cases,
    compare=compare_arrays,
    impostors=(
        Impostor(
            _wrapping,
            "q − z wraps around in uint8: 0 − 128 becomes 128. Turn the codes into int64 before you subtract.",
        ),
        Impostor(
            _codes_added,
            "You add the codes as if both had the output's scale: a step of a is not a step of b. Multiply each by "
            "its own s / s_y first.",
        ),
        Impostor(
            lambda a_q, b_q, a, b, y: _add(a_q, b_q, a, b, y, share=True),
            "Both inputs get the multiplier of a: b has a scale of its own, s_b / s_y.",
        ),
        Impostor(
            lambda a_q, b_q, a, b, y: _add(a_q, b_q, a, b, y, clip=False),
            "A sum beyond the codes wraps around: clamp to 0 … 255 before the cast to uint8.",
        ),
        Impostor(
            lambda a_q, b_q, a, b, y: _add(a_q, b_q, a, b, y, half=0),
            "A shift alone rounds down: add half of 2^20, which is 2^19, before you shift.",
        ),
        Impostor(
            _half_even,
            "You send a half to even; here halves go up, because that is what adding 2^19 and shifting does, in two "
            "instructions.",
        ),
        Impostor(
            lambda a_q, b_q, a, b, y: _add(a_q, b_q, a, b, y, apart=True),
            "You round a and b one by one, and then their sum: two roundings where one would do. Add first, in steps "
            "of 2^−20, and shift once.",
        ),
        Impostor(
            lambda a_q, b_q, a, b, y: _add(a_q, b_q, a, b, y, whole=math.floor),
            "Your multipliers are cut off: round them to the nearest whole number, or every product is a little too "
            "small.",
        ),
        Impostor(
            lambda a_q, b_q, a, b, y: _add(a_q, b_q, a, b, y, whole=float),
            "You multiply by real numbers: a chip has only the two whole numbers round(s / s_y · 2^20), and near-ties "
            "show the difference.",
        ),
        Impostor(
            lambda a_q, b_q, a, b, y: _add(a_q, b_q, a, b, y, centre=False),
            "The zero points of the inputs are missing: subtract z_a and z_b from the codes before you multiply.",
        ),
        Impostor(
            lambda a_q, b_q, a, b, y: _add(a_q, b_q, a, b, y, shift=False),
            "The zero point of the output is missing: a sum of 0 has the code z_y.",
        ),
    ),
    hints=(
        "A step of a is s_a / s_y steps of the output: as a whole number, M_a = round(s_a / s_y · 2^20).",
        "total = (a_q − z_a) · M_a + (b_q − z_b) · M_b, in int64; one rounding at the end: (total + 2**19) >> 20.",
        "Then add z_y, clamp to 0 … 255, and only then .astype(np.uint8).",
    ),
    praise="One rounding for the sum of two scales, and no float between codes and codes.",
)
