"""Exercise 07.1: a dot product of codes with two zero points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor, compare_arrays
from zeropoint.course.verdict import Kind, kind_of
from zeropoint.quant import integer_linear


def integer_dot(x_q: np.ndarray, w_q: np.ndarray, x_zp: int, w_zp: int) -> np.ndarray:
    """Return ``Σ (x_q − x_zp)(w_q − w_zp)`` for every row of ``w_q``, int32."""
    return integer_linear(x_q, w_q, x_zero_point=x_zp, w_zero_point=w_zp)


def compare_sums(got: Any, expected: np.ndarray) -> str | None:
    """Compare integer sums exactly, and recognise those of float32."""
    problem = compare_arrays(got, expected)
    if kind_of(problem) is not Kind.VALUES:
        return problem
    if np.allclose(np.asarray(got, np.float64), expected, rtol=1e-6, atol=0.5):
        return (
            "the sums are almost right, which is wrong: float32 holds whole numbers exactly only up to 2^24. "
            "Sum in integers."
        )
    return problem


# --- cases ----------------------------------------------------------------------------------------------------------


def _dot_cases() -> list[Case]:
    """Return cases of many sizes and zero points, two whose sums float32 cannot hold, and two with symmetric weights.

    Zero points of the weights reach −128 and 127: a single product may then be beyond int16.
    """
    seen = (np.array([130, 125, 255], np.uint8), np.array([[1, 2, -3], [-128, 127, 5]], np.int8), 128, 3)
    generator = np.random.default_rng(70)
    sizes = ((1, 1), (2, 3), (9, 9), (27, 8), (64, 5), (576, 3), (40, 1), (5, 12))
    zero_points = ((128, -7), (0, 11), (255, -128), (5, 127), (1, -64), (250, 60), (17, -99), (255, 88))
    drawn = [_drawn(generator, size, zero_point) for size, zero_point in zip(sizes, zero_points, strict=True)]
    large_w_q = np.array([[127] * 3001, [-127] * 3000 + [126]], np.int8)
    large = (np.full(3001, 255, np.uint8), large_w_q, 4, -3)
    other_large = (np.full(2003, 254, np.uint8), np.full((3, 2003), -126, np.int8), 0, 1)
    symmetric = (np.array([7, 200, 31, 0], np.uint8), np.array([[-5, 3, 127, -127]], np.int8), 12, 0)
    return [Case(seen, public=True)] + [Case(args) for args in (*drawn, large, other_large, symmetric)]


def _drawn(generator: np.random.Generator, size: tuple[int, int], zero_points: tuple[int, int]) -> tuple[Any, ...]:
    n, out = size
    x_q = generator.integers(0, 256, n).astype(np.uint8)
    w_q = generator.integers(-128, 128, (out, n)).astype(np.int8)
    return x_q, w_q, *zero_points


# --- wrong ideas ----------------------------------------------------------------------------------------------------

WRAPS = (
    "8- and 16-bit arithmetic wraps around: NumPy keeps the small type of the codes, in subtraction (3 − 5 is 254 in "
    "uint8) as in @. Turn the codes into int64 or int32 first, then calculate."
)


class Sums(NamedTuple):
    """What the expansion of ``Σ (x − zx)(w − zw)`` is put together from; ``xw`` and ``w`` have one entry a row."""

    xw: np.ndarray
    x: int
    w: np.ndarray
    n: int
    zx: int
    zw: int


def _dot(combine: Callable[[Sums], Any]) -> Callable[..., np.ndarray]:
    """Return a dot product that puts the sums of the expansion together in its own way."""

    def wrong(x_q: np.ndarray, w_q: np.ndarray, x_zp: int, w_zp: int) -> np.ndarray:
        x = x_q.astype(np.int64)
        w = w_q.astype(np.int64)
        sums = Sums(xw=w @ x, x=int(x.sum()), w=w.sum(1), n=x.size, zx=x_zp, zw=w_zp)
        return np.asarray(combine(sums)).astype(np.int32)

    return wrong


def _wrapping_difference(x_q: np.ndarray, w_q: np.ndarray, x_zp: int, w_zp: int) -> np.ndarray:
    x = x_q - np.uint8(x_zp)
    w = w_q - np.int8(w_zp)
    return (w.astype(np.int64) @ x.astype(np.int64)).astype(np.int32)


def _int16_products(x_q: np.ndarray, w_q: np.ndarray, x_zp: int, w_zp: int) -> np.ndarray:
    x = x_q.astype(np.int16) - np.int16(x_zp)
    w = w_q.astype(np.int16) - np.int16(w_zp)
    return (w * x).sum(1, dtype=np.int64).astype(np.int32)


def _int16_sums(x_q: np.ndarray, w_q: np.ndarray, x_zp: int, w_zp: int) -> np.ndarray:
    x = x_q.astype(np.int16) - np.int16(x_zp)
    w = w_q.astype(np.int16) - np.int16(w_zp)
    return (w @ x).astype(np.int32)


def _short_product(x_q: np.ndarray, w_q: np.ndarray, x_zp: int, w_zp: int) -> np.ndarray:
    x = x_q.astype(np.int64)
    w = w_q.astype(np.int64)
    rest = w_zp * x.sum() + x_zp * w.sum(1) - x.size * x_zp * w_zp
    return ((w_q @ x_q).astype(np.int64) - rest).astype(np.int32)


CHECK = FunctionCheck(
    reference=integer_dot,
    cases=_dot_cases,
    compare=compare_sums,
    impostors=(
        Impostor(_wrapping_difference, WRAPS),
        Impostor(_short_product, WRAPS),
        Impostor(
            _int16_products,
            "int16 is too narrow already for one product: 255 · 255 = 65,025 is beyond 32,767. Use int64 or int32.",
        ),
        Impostor(_int16_sums, WRAPS),
        Impostor(
            _dot(lambda s: s.xw - s.zw * s.x - s.zx * s.w),
            "The last cross term is missing: x_zp · w_zp is added once for *every* product, so n times.",
        ),
        Impostor(
            _dot(lambda s: s.xw - s.zw * s.x - s.zx * s.w + s.zx * s.zw),
            "You add x_zp · w_zp once: it belongs to every one of the n products, so n · x_zp · w_zp.",
        ),
        Impostor(
            _dot(lambda s: s.xw - s.zw * s.x - s.zx * s.w - s.n * s.zx * s.zw),
            "The sign of the last term: minus times minus is plus, + n · x_zp · w_zp.",
        ),
        Impostor(
            _dot(lambda s: s.xw - s.zx * s.x - s.zw * s.w + s.n * s.zx * s.zw),
            "The two cross terms are swapped: x_zp stands beside the sum of the *weights*, w_zp beside that of the "
            "inputs.",
        ),
        Impostor(
            _dot(lambda s: s.xw + s.zw * s.x + s.zx * s.w + s.n * s.zx * s.zw),
            "The sign of the cross terms: the zero points are subtracted, (x_q − x_zp)(w_q − w_zp).",
        ),
        Impostor(
            _dot(lambda s: s.xw - s.zx * s.w),
            "The zero point of the weights is left out. With symmetric weights it is 0; here it need not be.",
        ),
        Impostor(
            _dot(lambda s: s.xw - s.zw * s.x),
            "The zero point of the input is left out: its 0 is x_zp.",
        ),
        Impostor(
            _dot(lambda s: s.xw),
            "That is the sum of the codes' products: the zero points are missing, so the real 0 counts as if it were "
            "a value.",
        ),
        Impostor(
            _dot(lambda s: (s.xw - s.zw * s.x - s.zx * s.w + s.n * s.zx * s.zw).sum()),
            "You return one number: every row of w_q is one output, so sum along the last axis only.",
        ),
    ),
    hints=(
        "What is 100 − 123 in uint8? And how many bits does one product need?",
        "Codes first into a wide type. Then multiply out: (x − x_zp)(w − w_zp) = x·w − w_zp·x − x_zp·w + x_zp·w_zp, "
        "and sum each of the four over n. Which of them are there n times?",
        "With x and w as int64: w @ x − w_zp * x.sum() − x_zp * w.sum(1) + x.size * x_zp * w_zp, and .astype(np.int32) "
        "at the end.",
    ),
    praise="Four sums, and only one of them depends on both: that one is the work, the rest is bookkeeping.",
)
