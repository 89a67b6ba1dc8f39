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
    """Return cases of many sizes, one whose sums float32 cannot hold, and one with symmetric weights."""
    seen = (np.array([130, 125, 255], np.uint8), np.array([[1, 2, -3], [-128, 127, 5]], np.int8), 128, 3)
    generator = np.random.default_rng(70)
    sizes = ((1, 1), (2, 3), (9, 4), (27, 8), (64, 5), (576, 3)) * 2
    drawn = [_drawn(generator, n, out) for n, out in sizes]
    large_w_q = np.array([[127] * 3001, [-127] * 3000 + [126]], np.int8)
    large = (np.full(3001, 255, np.uint8), large_w_q, 4, -3)
    symmetric = (np.array([7, 200, 31, 0], np.uint8), np.array([[-5, 3, 127, -127]], np.int8), 12, 0)
    return [Case(seen, public=True)] + [Case(args) for args in (*drawn, large, symmetric)]


def _drawn(generator: np.random.Generator, n: int, out: int) -> tuple[np.ndarray, np.ndarray, int, int]:
    x_q = generator.integers(0, 256, n).astype(np.uint8)
    w_q = generator.integers(-128, 128, (out, n)).astype(np.int8)
    x_zp = int(generator.integers(1, 256))
    w_zp = int(generator.choice([-7, -2, 4, 11]))
    return x_q, w_q, x_zp, w_zp


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
        "Codes first into a wide type: x = x_q.astype(np.int64), and w likewise.",
        "Multiply out: (x − x_zp)(w − w_zp) = x·w − w_zp·x − x_zp·w + x_zp·w_zp; then sum each of the four over n.",
        "w @ x − w_zp * x.sum() − x_zp * w.sum(1) + x.size * x_zp * w_zp, and .astype(np.int32) at the end.",
    ),
    praise="Four sums, and only one of them depends on both: that one is the work, the rest is bookkeeping.",
)
