"""Exercise 07.4: a residual sum of two scales, with two whole multipliers and one rounding."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor, compare_arrays

BITS = 20  # after the point, of the multipliers
Grid = tuple[float, int]  # scale and zero point
Args = tuple[np.ndarray, np.ndarray, Grid, Grid, Grid]  # a_q, b_q, a, b, y


def residual_add(a_q: np.ndarray, b_q: np.ndarray, a: Grid, b: Grid, y: Grid) -> np.ndarray:
    """Return ``((a_q − z_a) M_a + (b_q − z_b) M_b + 2^19) >> 20`` plus ``z_y``, saturated to uint8."""
    return _add(a_q, b_q, a, b, y)


def _add(
    a_q: np.ndarray,
    b_q: np.ndarray,
    a: Grid,
    b: Grid,
    y: Grid,
    *,
    half: int = 2 ** (BITS - 1),
    centre: bool = True,
    shift: bool = True,
    clip: bool = True,
    share: bool = False,
    apart: bool = False,
    whole: Callable[[float], float] = round,
) -> np.ndarray:
    """Return the sum; every keyword is a place to go wrong."""
    a_m = whole(a[0] / y[0] * 2**BITS)
    b_m = a_m if share else whole(b[0] / y[0] * 2**BITS)
    a_steps = (a_q.astype(np.int64) - (a[1] if centre else 0)) * a_m  # of 2^−20
    b_steps = (b_q.astype(np.int64) - (b[1] if centre else 0)) * b_m
    if apart:
        total = (a_steps + half) // 2**BITS + (b_steps + half) // 2**BITS
    else:
        total = (a_steps + b_steps + half) // 2**BITS
    q = total + (y[1] if shift else 0)
    saturated = np.clip(q, 0, 255) if clip else q
    return saturated.astype(np.uint8)


# --- cases ----------------------------------------------------------------------------------------------------------


def _add_cases() -> list[Case]:
    """Return drawn cases, halves, saturation, totals beyond int32, and every pair of codes on one set of grids."""
    generator = np.random.default_rng(73)
    seen = (_codes(178, 128, 0), _codes(40, 0, 255), (0.02, 128), (0.05, 0), (0.1, 20))
    drawn = [_drawn(generator, shape) for shape in ((40,), (3, 5), (2, 3, 4, 4)) * 4]
    halves = (_codes(5, 6, 7, 1), _codes(3, 3, 3, 3), (0.5, 4), (1.0, 3), (1.0, 10))  # 0.5, 1, 1.5, −1.5
    saturates = (_codes(255, 0), _codes(255, 0), (0.1, 90), (0.1, 90), (0.05, 128))
    beyond_int32 = (_codes(255, 40, 0), _codes(255, 20, 0), (0.6, 0), (0.6, 3), (0.1, 128))
    a_q, b_q = np.indices((256, 256)).astype(np.uint8)
    every_pair = (a_q, b_q, (0.0385, 60), (0.0435, 68), (0.054, 40))
    others = (*drawn, halves, saturates, beyond_int32, every_pair)
    return [Case(seen, public=True)] + [Case(args) for args in others]


def _codes(*values: int) -> np.ndarray:
    return np.array(values, np.uint8)


def _drawn(generator: np.random.Generator, shape: tuple[int, ...]) -> Args:
    a_q = generator.integers(0, 256, shape).astype(np.uint8)
    b_q = generator.integers(0, 256, shape).astype(np.uint8)
    scales = generator.uniform(0.01, 0.08, 3) + np.array([0.02, 0, 0.03])
    zero_points = generator.integers(1, 200, 3)
    a, b, y = [(float(s), int(z)) for s, z in zip(scales, zero_points, strict=True)]
    return a_q, b_q, a, b, y


# --- wrong ideas ----------------------------------------------------------------------------------------------------


def _codes_added(a_q: np.ndarray, b_q: np.ndarray, a: Grid, b: Grid, y: Grid) -> np.ndarray:
    steps = a_q.astype(np.int64) - a[1] + b_q - b[1] + y[1]
    return np.clip(steps, 0, 255).astype(np.uint8)


def _wrapping(a_q: np.ndarray, b_q: np.ndarray, a: Grid, b: Grid, y: Grid) -> np.ndarray:
    a_c = a_q - np.uint8(a[1])
    b_c = b_q - np.uint8(b[1])
    return _add(a_c, b_c, (a[0], 0), (b[0], 0), y)


def _half_even(a_q: np.ndarray, b_q: np.ndarray, a: Grid, b: Grid, y: Grid) -> np.ndarray:
    a_m = round(a[0] / y[0] * 2**BITS)
    b_m = round(b[0] / y[0] * 2**BITS)
    total = (a_q.astype(np.int64) - a[1]) * a_m + (b_q.astype(np.int64) - b[1]) * b_m
    return np.clip(np.round(total / 2**BITS) + y[1], 0, 255).astype(np.uint8)


CHECK = FunctionCheck(
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
