"""Exercise 03.4: the smallest bit width that reaches a wanted SQNR, measured.

``bits_needed(x, wanted_db)`` returns a bit width from 2 to 16; the clip is the largest |x|, so nothing is clipped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.lessons.lesson_03.clipping import fake_quantize
from zeropoint.quant import sqnr_db

F32 = np.float32
BIT_WIDTHS = range(2, 17)

Target = tuple[np.ndarray, float]  # a tensor, and the decibels that are wanted


def sqnr_of(x: np.ndarray, bit_width: int) -> float:
    """Return the SQNR with the whole range, no clipping."""
    x = x.astype(np.float64)
    return sqnr_db(x, fake_quantize(x, np.abs(x).max(), bit_width))


def first_bits(enough: Callable[[int], bool]) -> int:
    """Return the smallest bit width that is enough."""
    return next(bits for bits in BIT_WIDTHS if enough(bits))


def reference(x: np.ndarray, wanted_db: float) -> int:
    """Return the right answer."""
    return first_bits(lambda bits: sqnr_of(x, bits) >= wanted_db)


# --- Cases --------------------------------------------------------------------------------------------------------


def cases() -> list[Case]:
    """Return tensors of many distributions, magnitudes and shapes, each with an SQNR to reach."""
    return [Case(target, public=i < 2) for i, target in enumerate(_targets())]


def _targets() -> tuple[Target, ...]:
    """Return tensors and SQNRs; all but a few SQNRs lie well between those of two bit widths.

    Five values of eight are exact: mean(x²) is 12.5 and the mean square of the error 1/8, which makes 20 dB to the last
    bit at 4 bits. Whole numbers up to 7 are codes already: without error at 4 bits, with one at 5 and 6.
    """
    generator = np.random.default_rng(32)
    drawn = [_drawn_target(generator, i) for i in range(20)]
    exact = np.array([7, 7, 1, 0.5, 0.5, 0.5, 0.5, 0], F32)
    at_once = drawn[0][0]  # 2 bits are more than enough
    return (
        *drawn,
        (at_once, float(round(sqnr_of(at_once, 2) - 1, 1))),
        (F32(1e7) * drawn[1][0], drawn[1][1]),  # too large for float16, and too small
        (F32(1e-7) * drawn[6][0], drawn[6][1]),
        _narrow_target(drawn[5][0]),
        _narrow_target(drawn[13][0]),
        _rounded_target(drawn[0][0]),
        _rounded_target(drawn[6][0]),
        (exact, 20.0),
        (-8 * exact, 20.0),
        (np.arange(-7, 8, dtype=F32), 45.0),
        (np.arange(7, -8, -1, dtype=F32) / 4, 40.0),
        *(_outlier_target(generator, size, place) for size, place in _OUTLIERS),
    )


def _drawn_target(generator: np.random.Generator, i: int) -> Target:
    """Return a tensor whose distribution, magnitude and shape change with i, and an SQNR between two bit widths'."""
    draw = (generator.normal, generator.laplace, generator.uniform)[i % 3]
    x = (10.0 ** (i % 4 - 2) * draw(-1.0, 1.0, 600)).astype(F32)
    if i % 5 == 4:
        x = np.maximum(x, 0)
    if i % 4 == 3:  # rows of unlike magnitude
        x = (x.reshape(20, 30) * 2.0 ** -np.arange(20)[:, None]).astype(F32)
    bits = (8, 5, 4, 10, 6, 12, 3, 7, 16, 9, 11, 14)[i % 12]
    below = sqnr_of(x, bits - 1)
    here = sqnr_of(x, bits)
    share = (0.25, 0.5, 0.8)[i % 3]
    return x, float(round(below + share * (here - below), 1))


_OUTLIERS = ((1300, -1), (5000, 4999), (5000, 2500), (5000, 0), (1300, 601))  # how many values, and which is largest


def _outlier_target(generator: np.random.Generator, size: int, place: int) -> Target:
    """Return a tensor with one outlier, which a part of the tensor may lack; the others need far fewer bits."""
    x = generator.normal(size=size).astype(F32)
    x[place] = 40
    here = sqnr_of(x, 8)
    return (x.reshape(10, -1) if place == 2500 else x), float(round(here - 2, 1))


def _narrow_target(x: np.ndarray) -> Target:
    """Return an SQNR a hair above what a bit width reaches, and below what it would reach were it rounded up."""
    bits = next(bits for bits in range(4, 12) if 0.5 < sqnr_of(x, bits) % 1 < 0.9)
    return x, sqnr_of(x, bits) + 0.05


def _rounded_target(x: np.ndarray) -> Target:
    """Return an SQNR a hair above what a bit width reaches, which would reach it were it rounded to a tenth."""
    bits = next(bits for bits in BIT_WIDTHS if 0.06 < sqnr_of(x, bits) % 0.1 < 0.085)
    return x, sqnr_of(x, bits) + 0.01


# --- Comparison ---------------------------------------------------------------------------------------------------


def compare(got: Any, expected: int) -> str | None:
    """Compare a number of bits exactly."""
    value = numbers(got)
    if value is None or value.size != 1 or isinstance(got, list | tuple):
        return f"expected one whole number of bits, got a {type(got).__name__}."
    bits = value.item()
    if bits == expected:
        return None
    if bits not in BIT_WIDTHS:
        return f"{bits:g} is no bit width: expected a whole number from {BIT_WIDTHS[0]} to {BIT_WIDTHS[-1]}."
    why = "fewer reach it too" if bits > expected else "they are not enough"
    return f"{bits:g} bits is wrong: {why}."


# --- Wrong ideas --------------------------------------------------------------------------------------------------


def more_than_wanted(x: np.ndarray, wanted_db: float) -> int:
    return first_bits(lambda bits: sqnr_of(x, bits) > wanted_db)


def less_than_wanted(less: float) -> Callable[[np.ndarray, float], int]:
    """Return the answer of somebody who accepts ``less`` decibels too few."""
    return lambda x, wanted_db: first_bits(lambda bits: sqnr_of(x, bits) >= wanted_db - less)


def by_formula(x: np.ndarray, wanted_db: float) -> int:
    power = np.mean(x.astype(np.float64) ** 2)
    crest_db = 20 * np.log10(np.abs(x).max() / np.sqrt(power))
    for bits in BIT_WIDTHS:
        if 20 * np.log10(2 ** (bits - 1) - 1) + 10 * np.log10(12) - crest_db >= wanted_db:
            return bits
    return 16


def by_halving(x: np.ndarray, wanted_db: float) -> int:
    low = 2
    high = 16
    while low < high:
        middle = (low + high) // 2
        if sqnr_of(x, middle) >= wanted_db:
            high = middle
        else:
            low = middle + 1
    return low


def infinity_not_enough(x: np.ndarray, wanted_db: float) -> int:
    return first_bits(lambda bits: wanted_db <= sqnr_of(x, bits) < np.inf)


def nearest(x: np.ndarray, wanted_db: float) -> int:
    return min(BIT_WIDTHS, key=lambda bits: abs(sqnr_of(x, bits) - wanted_db))


def six_a_bit_up(x: np.ndarray, wanted_db: float) -> int:
    return int(np.clip(np.ceil(wanted_db / 6.02), 2, 16))


def six_a_bit_nearest(x: np.ndarray, wanted_db: float) -> int:
    return int(np.clip(np.round(wanted_db / 6.02), 2, 16))


def six_a_bit_unbounded(x: np.ndarray, wanted_db: float) -> int:
    return int(np.ceil(wanted_db / 6.02))


def last_too_small(x: np.ndarray, wanted_db: float) -> int:
    return max((bits for bits in BIT_WIDTHS if sqnr_of(x, bits) < wanted_db), default=2)


def one_too_many(x: np.ndarray, wanted_db: float) -> int:
    return reference(x, wanted_db) + 1


def with_clip(clip: Callable[[np.ndarray], Any]) -> Callable[[np.ndarray, float], int]:
    """Return the answer of somebody who takes another clip than the largest |x|."""

    def wrong(x: np.ndarray, wanted_db: float) -> int:
        for bits in BIT_WIDTHS:
            if sqnr_db(x, fake_quantize(x, clip(x), bits).astype(x.dtype)) >= wanted_db:
                return bits
        return 16

    return wrong


def half_range(x: np.ndarray) -> Any:
    return (x.max() - x.min()) / 2


def largest_value(x: np.ndarray) -> Any:
    return x.max() if x.max() > 0 else 1.0


def always_sixteen(x: np.ndarray, wanted_db: float) -> int:
    return 16


ACCEPTS_LESS = "You accept a little less than wanted_db, or round the SQNR: at least is asked."
WRONG_CLIP = "You take another clip: it is the largest |x|, so that nothing is clipped, neither above nor below."
SIX_A_BIT = (
    "6 dB per bit says what one more bit brings. How many decibels there are to begin with depends on the "
    "tensor (its crest factor): measure."
)

CHECK = FunctionCheck(
    reference=reference,
    cases=cases,
    compare=compare,
    impostors=(
        Impostor(
            more_than_wanted,
            "You ask for more than wanted_db: at least means that reaching it exactly is enough.",
        ),
        Impostor(less_than_wanted(0.1), ACCEPTS_LESS),
        Impostor(less_than_wanted(0.5), ACCEPTS_LESS),
        Impostor(
            by_formula,
            "That is the formula with the crest factor: where values are exact, such as the zeros after a ReLU, or "
            "where levels are few, it promises too little. Measure.",
        ),
        Impostor(
            by_halving,
            "Halving the interval needs an SQNR that rises with every bit; values that are codes already lose "
            "something at the next bit width. Try the bit widths in order, from 2 up.",
        ),
        Impostor(
            infinity_not_enough,
            "You do not count infinity as enough: no error at all reaches every wanted SQNR.",
        ),
        Impostor(
            nearest,
            "That is the bit width whose SQNR is nearest to the wanted one, and sometimes below it: at least is asked.",
        ),
        Impostor(six_a_bit_up, SIX_A_BIT),
        Impostor(six_a_bit_nearest, SIX_A_BIT),
        Impostor(six_a_bit_unbounded, SIX_A_BIT),
        Impostor(
            last_too_small,
            "That is the last bit width that does not reach the wanted SQNR: one more is needed. (A quantizer with "
            "quant_max = 2^bits − 1 seems to save that bit, but codes with a sign reach 2^(bits − 1) − 1 only.)",
        ),
        Impostor(
            one_too_many,
            "One bit too many: the smallest bit width that reaches the wanted SQNR is enough. (Cutting off instead of "
            "rounding would cost a bit, too.)",
        ),
        Impostor(with_clip(half_range), WRONG_CLIP),
        Impostor(with_clip(largest_value), WRONG_CLIP),
        Impostor(
            always_sixteen,
            "16 bits always reach it; asked is the smallest number of bits that does.",
        ),
    ),
    hints=(
        "Which of the bit widths 2 … 16 may be tried first, so that the first that is good enough is the smallest?",
        "From 2 up, in order. For each: quantize with the whole range, and compare the SQNR with wanted_db.",
        "for bits in range(2, 17): x_hat = fake_quantize(x, np.abs(x).max(), bits); return bits as soon as "
        "quant.sqnr_db(x, x_hat) >= wanted_db.",
    ),
    praise="Measured, not guessed: the crest factor is in the measurement.",
)
