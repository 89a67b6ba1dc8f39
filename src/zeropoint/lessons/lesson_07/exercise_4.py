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
    """Return drawn cases, and two of each kind in which one of the four steps shows.

    Halves; saturation at both ends; totals beyond int32; totals that lie z_y · 2^−20 below a tie; every pair of codes,
    among which there are near-ties for every way to round the multipliers, and multipliers beyond float32.
    """
    generator = np.random.default_rng(73)
    seen = (_codes(178, 128, 0), _codes(40, 0, 255), (0.02, 128), (0.05, 0), (0.1, 20))
    drawn = [_drawn(generator, shape) for shape in ((40,), (3, 5), (2, 3, 4, 4), (1,), (0, 3)) * 2]
    special = (
        (_codes(5, 6, 7, 1), _codes(3, 3, 3, 3), (0.5, 4), (1.0, 3), (1.0, 10)),  # 0.5, 1, 1.5, −1.5
        (_codes(20, 9, 10, 12), _codes(0, 1, 1, 3), (2.0, 10), (0.5, 0), (1.0, 77)),
        (_codes(255, 0), _codes(255, 0), (0.1, 90), (0.1, 90), (0.05, 128)),
        (_codes(0, 255, 250), _codes(3, 251, 0), (0.07, 131), (0.02, 7), (0.021, 0)),
        (_codes(255, 40, 0), _codes(255, 20, 0), (0.6, 0), (0.6, 3), (0.1, 128)),
        (_codes(0, 255), _codes(8, 255), (0.9, 255), (0.8, 0), (0.05, 255)),
        _below_a_tie(z_y=100),
        _below_a_tie(z_y=210),
        _every_pair((0.0385, 60), (0.0435, 68), (0.054, 40)),
        _every_pair((0.0617, 131), (0.0293, 9), (0.0714, 120)),
        _every_pair((0.8181, 249), (0.017, 29), (0.0168, 100)),  # multipliers beyond 2^24
        _every_pair((0.0151, 215), (0.7879, 245), (0.0188, 209)),
    )
    return [Case(seen, public=True)] + [Case(args) for args in (*drawn, *special)]


def _below_a_tie(z_y: int) -> Args:
    """Return codes whose totals lie so little below a tie that z_y, added before the shift, carries them over it."""
    scale = (2 ** (BITS - 1) - z_y // 2) / 2**BITS
    return _codes(1, 4, 6), _codes(9, 9, 9), (scale, 0), (1.0, 9), (1.0, z_y)


def _every_pair(a: Grid, b: Grid, y: Grid) -> Args:
    a_q, b_q = np.indices((256, 256)).astype(np.uint8)
    return a_q, b_q, a, b, y


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


def _float32(a_q: np.ndarray, b_q: np.ndarray, a: Grid, b: Grid, y: Grid) -> np.ndarray:
    a_m, b_m = (float(np.float32(scale) / np.float32(y[0])) for scale, _ in (a, b))
    return _add(a_q, b_q, (a_m, a[1]), (b_m, b[1]), (1.0, y[1]))


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
            lambda a_q, b_q, a, b, y: _add(a_q, b_q, (b[0], a[1]), (a[0], b[1]), y),
            "The two multipliers are swapped: a belongs to s_a / s_y, b to s_b / s_y.",
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
            _float32,
            "Your multipliers come from float32, which holds 24 bits: a scale 40 times the output's needs 26. Keep "
            "Python's float, or float64.",
        ),
        Impostor(
            lambda a_q, b_q, a, b, y: _add(a_q, b_q, a, b, y, centre=False),
            "The zero points of the inputs are missing: subtract z_a and z_b from the codes before you multiply.",
        ),
        Impostor(
            lambda a_q, b_q, a, b, y: _add(a_q, b_q, a, b, y, half=2 ** (BITS - 1) + y[1], shift=False),
            "You add z_y before the shift, where it counts 2^−20 of a step: add it to the codes, after the shift.",
        ),
        Impostor(
            lambda a_q, b_q, a, b, y: _add(a_q, b_q, a, b, y, shift=False),
            "The zero point of the output is missing: a sum of 0 has the code z_y.",
        ),
    ),
    hints=(
        "1.0 has the code 178 in one tensor and 50 in the other. What do both need before they can be added?",
        "A step of a is s_a / s_y steps of the output; as a whole number, M_a = round(s_a / s_y · 2^20). Subtract the "
        "zero points, multiply, add both, and round once. When does z_y come in, and when the clamp?",
        "total = (a_q − z_a) · M_a + (b_q − z_b) · M_b in int64; codes = ((total + 2**19) >> 20) + z_y; then "
        "np.clip(codes, 0, 255).astype(np.uint8).",
    ),
    praise="One rounding for the sum of two scales, and no float between codes and codes.",
)
