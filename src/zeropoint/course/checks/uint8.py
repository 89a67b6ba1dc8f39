"""Comparisons, cases and known mistakes for the three UINT8 functions that learners write in lesson 02."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.spec import Case
from zeropoint.quant import choose_qparams_affine, quantize_affine

CODE_MIN, CODE_MAX = 0, 255
F32 = np.float32

# --- comparisons: exact for integers, a stated tolerance for floats -----------------------------------------------


def compare_qparams(got: Any, expected: tuple[Any, ...]) -> str | None:
    """Compare (scale, zero_point): scale to one part in 10^5, zero point exactly."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        return f"expected two results, 'return scale, zero_point', got one {type(got).__name__}."
    scale, zero_point = got
    try:
        if isinstance(scale, str) or isinstance(zero_point, str):
            raise TypeError
        scale, as_number = float(scale), float(zero_point)
    except (TypeError, ValueError, OverflowError):
        return "scale and zero_point must each be one number."
    if not np.isfinite(scale) or scale <= 0:
        return f"scale is {scale:g}: a tick spacing is positive; what if all values are 0?"
    if not as_number.is_integer():
        return f"zero_point is {as_number:g}: it is a code, so a whole number; round it."
    if not CODE_MIN <= as_number <= CODE_MAX:
        return f"zero_point is {as_number:g}, outside the UINT8 codes 0 … 255: does your range include the real 0?"
    if float(expected[0]) == 1:  # only the range [0, 0] has it, and there any ruler will do
        return None
    error = abs(scale / float(expected[0]) - 1)
    if error > 1e-5:
        rounded = "; was it rounded? Keep all its digits" if error < 0.05 else ""
        return f"scale is {scale:.6g}, which is not (max − min) / 255 of the range that includes 0{rounded}."
    if int(as_number) != int(expected[1]):
        return f"zero_point is {int(as_number)}: expected the code of the real 0, 0 − round(min / scale)."
    return None


def compare_codes(got: Any, expected: np.ndarray) -> str | None:
    """Compare codes exactly, kind and dtype included."""
    problem = _array_problem(got, expected)
    if problem:
        return problem
    if got.dtype.kind not in "iuf":
        return f"the codes are of type {got.dtype}, not numbers; did you forget a return?"
    if got.dtype == np.int8:
        return "the codes are int8, which ends at 127: UINT8 codes need np.uint8."
    values = np.asarray(got, dtype=np.float64)
    if not np.array_equal(values, np.floor(values)):
        return "the codes are not whole numbers: round them."
    if values.size and (values.min() < CODE_MIN or values.max() > CODE_MAX):
        worst = values.max() if values.max() > CODE_MAX else values.min()
        return f"got the code {worst:g}, outside 0 … 255: clamp before the cast."
    if not np.array_equal(values, expected):
        wrong = int(np.argmax(values.ravel() != expected.ravel()))
        return f"element {wrong} has the wrong code ({values.ravel()[wrong]:g})."
    if got.dtype != np.uint8:
        return f"the codes are {got.dtype}: store them as uint8, that is what makes the model small."
    return None


def compare_reals(got: Any, expected: np.ndarray) -> str | None:
    """Compare real values to one part in 10^5."""
    problem = _array_problem(got, expected)
    if problem:
        return problem
    if not np.issubdtype(got.dtype, np.floating):
        return f"the result is {got.dtype}: real values are floating-point numbers."
    if not np.allclose(got, expected, rtol=1e-5, atol=1e-7):
        wrong = int(np.argmax(~np.isclose(got.ravel(), expected.ravel(), rtol=1e-5, atol=1e-7)))
        return f"element {wrong} is {got.ravel()[wrong]:.5g}, which is not (q − zero_point) · scale."
    if got.dtype != np.float32:
        return f"the result is {got.dtype}: the brief asks for float32, half the memory of float64."
    return None


def _array_problem(got: Any, expected: np.ndarray) -> str | None:
    if not isinstance(got, np.ndarray | np.generic):
        question = "; did you forget the return?" if got is None else "."
        return f"expected a NumPy array, got {type(got).__name__}{question}"
    if got.shape != expected.shape:
        return f"got shape {got.shape} for an input of shape {expected.shape}: the result has the shape of the input."
    return None


# --- cases: a few to see, many generated from a seed, the edges included ------------------------------------------


def range_cases() -> list[Case]:
    generator = np.random.default_rng(20)
    seen = [(-0.9, 5.0), (0.0, 6.0), (0.5, 3.0), (-3.0, -1.0), (2.5, 2.5), (0.0, 0.0)]
    edges = [(-2.0, 0.0), (-1e-3, 2e-3), (-1000.0, 0.25)]  # none of them a tie: the brief does not decide those
    drawn = [tuple(sorted(generator.normal(0, 3, 2).tolist())) for _ in range(40)]
    return [Case(pair, public=True) for pair in seen] + [Case(pair) for pair in edges + drawn]


def tensor_cases() -> list[Case]:
    generator = np.random.default_rng(21)
    seen = [(F32([0.3, 0.0, 5.0, -0.9]), F32(5.9 / 255), 39), (F32([7.0, -3.0]), F32(5.9 / 255), 39)]
    ties = (F32([0.25, 0.75, 1.25, 1.75, -0.25]), F32(0.5), 7)
    edges = [ties, (F32([]), F32(0.1), 3), (np.full((2, 3), 1e6, F32), F32(0.1), 0), (F32([[-1e6]]), F32(0.1), 255)]
    drawn = [
        (generator.normal(0, 4, (3, 5)).astype(F32), F32(generator.uniform(0.005, 0.05)), int(generator.integers(256)))
        for _ in range(30)
    ]
    drawn.append((generator.normal(0, 2, (2, 3, 4, 5)).astype(F32), F32(0.02), 120))
    return [Case(args, public=True) for args in seen] + [Case(args) for args in edges + drawn]


def code_cases() -> list[Case]:
    generator = np.random.default_rng(22)
    seen = [(np.uint8([52, 39, 255, 0]), F32(5.9 / 255), 39)]
    edges = [(np.uint8([]), F32(0.1), 3), (np.uint8([[0, 255]]), F32(1e-3), 255), (np.uint8([0]), F32(2), 0)]
    drawn = [
        (generator.integers(0, 256, (4, 3)).astype(np.uint8), F32(generator.uniform(0.001, 1)), int(z))
        for z in generator.integers(0, 256, 30)
    ]
    drawn.append((generator.integers(0, 256, (2, 3, 4, 5)).astype(np.uint8), F32(0.02), 120))
    return [Case(args, public=True) for args in seen] + [Case(args) for args in edges + drawn]


# --- references and the known misconceptions as code --------------------------------------------------------------


def reference_qparams(min_val: float, max_val: float) -> tuple[Any, Any]:
    return choose_qparams_affine(min_val, max_val)[:2]


def reference_codes(x: np.ndarray, scale: np.float32, zero_point: int) -> np.ndarray:
    return quantize_affine(x, scale, zero_point, CODE_MIN, CODE_MAX)


def wrong_choose_qparams(
    *,
    gaps: int = 255,
    widen: bool = True,
    sign: int = -1,
    clamp: bool = True,
    round_: Callable = np.round,
    symmetric: bool = False,
    swap: bool = False,
) -> Callable:
    def wrong(min_val: float, max_val: float) -> tuple[float, float]:
        low, high = (min(min_val, 0.0), max(max_val, 0.0)) if widen else (min_val, max_val)
        if symmetric:
            return (max(-low, high) or 127) / 127, 128
        scale = (high - low) / gaps or 1.0
        zero_point = sign * round_(low / scale)
        if clamp:
            zero_point = np.clip(zero_point, 0, 255)
        return (zero_point, scale) if swap else (scale, zero_point)

    return wrong


def wrong_quantize(
    *, round_: Callable = np.round, order: str = "round, add", clip: tuple | None = (0, 255), sign: int = 1
) -> Callable:
    """Return a quantize with one mistake; ``clip=None`` casts without clamping, ``sign`` is that of the zero point."""

    def wrong(x: np.ndarray, scale: np.float32, zero_point: int) -> np.ndarray:
        steps, offset = x / scale, sign * zero_point
        q = round_(steps + offset) if order == "add, round" else round_(steps) + offset
        return (np.clip(q, *clip) if clip else q).astype(np.int64).astype(np.uint8)

    return wrong


def half_up(x: np.ndarray) -> np.ndarray:
    return np.floor(x + 0.5)


def half_away(x: np.ndarray) -> np.ndarray:
    return np.sign(x) * np.floor(np.abs(x) + 0.5)
