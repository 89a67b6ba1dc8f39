"""Exercise 04.1: the range that keeps p percent of all values.

``percentile_range(batches, p)`` returns ``low, high``, 0 included. What is cut off comes from the top where no value is
negative, from the bottom where none is positive, else half from each end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.lessons.lesson_04.percentile_range import (
    Batches,
    Range,
    all_off_each_end,
    cuts,
    fractions,
    half_off_each_end,
    kept,
    magnitudes,
    never_all_off_the_bottom,
    pooled,
    reference,
    signs_apart,
    symmetric,
    widest_batch,
    without_zero,
    zero_above_low,
    zero_below_high,
    zeros_left_out,
)

F32 = np.float32
SPAN_SLACK = 1e-3  # of the data's span: a histogram of 1,000 bins is a right way to find a percentile


# --- Cases --------------------------------------------------------------------------------------------------------


def cases() -> list[Case]:
    """Return lists of batches of unlike size and spread: three that are shown when they fail, and drawn ones."""
    steps = np.linspace(0, 1, 1001, dtype=F32)
    shown = [
        ([np.arange(500, dtype=F32), np.arange(500, 1000, dtype=F32)], 99.0),
        ([100 * steps - 50], 98.0),
        ([2 * steps + 2], 90.0),
    ]
    generator = np.random.default_rng(40)
    relu = [(_relu_batches(generator), p) for p in (99.9, 99.0, 99.5, 95.0) for _ in range(3)]
    two_sided = [(_two_sided_batches(generator), p) for p in (99.9, 99.0, 99.5, 95.0) for _ in range(3)]
    drawn = relu + two_sided + _unusual(generator) + _extreme(generator)
    return [Case(args, public=True) for args in shown] + [Case(args) for args in drawn]


def _unusual(generator: np.random.Generator) -> list[tuple[Batches, float]]:
    """Return what a sloppy answer forgets: few values beyond 0, none that is positive, batches of unlike signs."""
    drawn = [(_relu_batches(generator), 100.0), (_two_sided_batches(generator), 100.0)]
    for p in (95.0, 99.0, 60.0):  # cutting half from below ends above 0, or the reverse: 0 has to be let in again
        few_negative = np.append(generator.uniform(1, 9, 4000), [-1.0, -2.0]).astype(F32)
        drawn += [([few_negative], p), ([-few_negative[::-1], -few_negative[:500]], p)]
    for p in (90.0, 99.0):  # all on one side but for some values just beyond 0
        mostly_positive = generator.uniform(-0.4, 6, 5000).astype(F32)
        drawn += [([mostly_positive], p), ([-mostly_positive[:2000], -mostly_positive], p)]
    for shift in (0, 1):
        all_negative = -generator.exponential(2.0, (8, 500)).astype(F32) - shift
        drawn.append(([all_negative], 99.0))
    for _ in range(3):  # only the first batch is of one sign
        first, *rest = _two_sided_batches(generator)
        drawn.append(([np.abs(first), *rest], 99.0))
    for p in (99.0, 95.0, 90.0):  # no positive value, but zeros
        drawn.append(([-batch for batch in _relu_batches(generator)], p))
    drawn.append(([-batch for batch in _two_sided_batches(generator)], 97.0))
    first, *rest = _relu_batches(generator)  # shapes of unlike dimensions
    drawn.append(([first, *(batch.reshape(-1) for batch in rest)], 99.0))
    return drawn


def _extreme(generator: np.random.Generator) -> list[tuple[Batches, float]]:
    """Return percentages with three decimals or below 50, where only many values tell them apart, and odd values.

    The largest values come last, and some are so small that a fixed least range, or a rounded end, is another range.
    """
    rising = np.sort(generator.exponential(1, 120_000)).astype(F32)
    spread = generator.laplace(0, 1, 120_000).astype(F32)
    drawn = [([rising[:50_000], rising[50_000:]], p) for p in (99.99, 99.995, 99.95)]
    drawn += [([spread], 99.99), ([-rising[::-1]], 99.99), ([spread[:3000], spread[3000:5000]], 37.5)]
    drawn += [([np.abs(spread[:4000])], 12.5), ([spread[:6000]], 98.75)]
    drawn += [([np.float32(1e-6) * spread[:4000]], 99), ([1e5 * np.abs(spread[:4000].astype(np.float64))], 99.5)]
    drawn += [([generator.uniform(1, 9, 60)], 60.0), ([generator.uniform(-5, 9, (3, 30)).astype(F32)], 50.0)]
    zeros = np.zeros((3, 40), F32)
    drawn += [([zeros], 99.0), ([zeros, zeros[:2]], 99.9), ([zeros + 3, zeros[0] + 3], 95.0), ([zeros - 2], 98.0)]
    return drawn


def _relu_batches(generator: np.random.Generator) -> Batches:
    sizes = generator.integers(4, 30, 5)
    spreads = generator.uniform(0.5, 4, 5)
    batches = [generator.normal(0, s, (n, 4, 5, 5)) for n, s in zip(sizes, spreads, strict=True)]
    return [np.maximum(batch, 0).astype(F32) for batch in batches]


def _two_sided_batches(generator: np.random.Generator) -> Batches:
    sizes = generator.integers(4, 30, 4)
    spreads = generator.uniform(0.5, 4, 4)
    return [generator.laplace(0.4, s, (n, 100)).astype(F32) for n, s in zip(sizes, spreads, strict=True)]


# --- Comparison ---------------------------------------------------------------------------------------------------


def observe(value: Any, batches: Batches, p: float) -> Any:
    """Return the learner's two ends, each replaced by the right one where it is as good.

    Definitions of a percentile differ in how they treat the gap between two neighbouring values (NumPy alone knows
    nine), and a histogram knows it only to the width of a bin: all of them are right.
    """
    ends = _pair(value)
    if ends is None:
        return value
    x = np.sort(pooled(batches))
    below, above = cuts(x, p)
    low, high = reference(batches, p)
    return _settled(ends[0], low, x, below / 100), _settled(ends[1], high, x, 1 - above / 100)


def _settled(got: float, right: float, x: np.ndarray, share: float) -> float:
    """Return ``right`` where ``got`` lies close to it, or between its neighbours among the sorted values.

    Both may come together: a bin that holds a neighbour ends up to its own width beyond it.
    """
    slack = SPAN_SLACK * (float(x[-1] - x[0]) or 1)  # equal values: NumPy's histogram is then 1 wide
    if abs(got - right) <= slack:
        return right
    place = share * (x.size - 1)
    before = x[max(0, int(place) - 1)] - slack
    after = x[min(x.size - 1, int(np.ceil(place)) + 1)] + slack
    between = right != 0 and before <= got <= after  # a 0 was put there by the brief, not found among the values
    return right if between else got


def _pair(value: Any) -> Range | None:
    ends = numbers(value)
    if ends is None or ends.shape != (2,):
        return None
    return float(ends[0]), float(ends[1])


def compare(got: Any, expected: Range) -> str | None:
    """Compare (low, high) after :func:`observe`."""
    ends = _pair(got)
    if ends is None:
        return "expected two numbers, 'return low, high'."
    low, high = ends
    if not np.isfinite(ends).all():
        return "an end of the range is no finite number: is something divided by 0?"
    if low > high:
        return f"low is {low:.4g} and high {high:.4g}: the lower end comes first."
    if low > 0 or high < 0:
        return f"the range [{low:.4g}, {high:.4g}] does not include the real 0, which must have a code."
    if tuple(expected) == (0.0, 0.0) and low < high:
        return "all values are 0 here, and so are both ends: a range that is wider was not found in the data."
    for name, end, right in zip(("low", "high"), ends, expected, strict=True):
        if end != right:  # what is as good as the right end was replaced by it
            way = "too many" if abs(end) < abs(right) else "too few"
            return f"{name} is {end:.5g}: beyond it lie {way} values for this percentile."
    return None


CHECK = FunctionCheck(
    reference=reference,
    cases=cases,
    compare=compare,
    observe=observe,
    impostors=(
        Impostor(
            lambda batches, p: np.mean([reference([batch], p) for batch in batches], axis=0),
            "You average the percentiles of the batches: a percentile of all values is not the mean of percentiles, "
            "least of all when batches differ in size. Collect the values of all batches first.",
        ),
        Impostor(
            widest_batch,
            "You take the widest of the batches' percentiles: one extraordinary batch then decides, as with min-max. "
            "Collect the values of all batches first.",
        ),
        Impostor(
            lambda batches, p: reference(batches[-1:], p),
            "Only the last batch counts in your range: an observer has to remember what it saw before.",
        ),
        Impostor(
            lambda batches, p: reference(batches[:1], p),
            "Only the first batch counts in your range: take the values of all batches.",
        ),
        Impostor(
            lambda batches, p: kept(pooled(batches), *cuts(batches[0], p)),
            "You look at the signs in the first batch only: a later one may have values on the other side of 0.",
        ),
        Impostor(
            never_all_off_the_bottom,
            "Where no value is positive, there is nothing to cut at the top: all of it comes off the bottom.",
        ),
        Impostor(
            zero_above_low,
            "Your range ends below 0 where nearly all values are negative: 0 has to be included at the upper end too.",
        ),
        Impostor(
            zero_below_high,
            "Your range begins above 0 where nearly all values are positive: 0 has to be let in at the lower end too.",
        ),
        Impostor(
            without_zero,
            "Your range does not always include 0: padding and ReLU zeros would have no code. "
            "End with min(low, 0) and max(high, 0).",
        ),
        Impostor(
            all_off_each_end,
            "You cut (100 − p) percent off each end, twice what was asked: with values on both sides, half of it each.",
        ),
        Impostor(
            lambda batches, p: kept(pooled(batches), 0.0, 100 - p),
            "You cut only at the top: with values on both sides of 0, half of what is cut comes off the lower end.",
        ),
        Impostor(
            half_off_each_end,
            "After a ReLU there is nothing to cut below 0, so the whole (100 − p) percent comes off the top; "
            "you cut half of it there and keep too many values.",
        ),
        Impostor(
            fractions,
            "np.percentile counts in percent: 99.9 and not 0.999, which is a value near the lower end.",
        ),
        Impostor(
            magnitudes,
            "You take the percentile of |x|, which makes both ends equally long: asymmetric data have two ends of "
            "their own.",
        ),
        Impostor(
            symmetric,
            "You take the percentile of |x| for both ends, a symmetric range: the two ends have values of their own, "
            "and 0 is an end where no value lies beyond it.",
        ),
        Impostor(
            signs_apart,
            "You take the percentiles of negative and of positive values apart: p percent of *all* values together.",
        ),
        Impostor(
            zeros_left_out,
            "You leave the exact zeros out before counting: here they are values like all others.",
        ),
        Impostor(
            lambda batches, p: reference(batches, round(p, 1)),
            "You round the percentage: 99.99 % and 100 % of many values are two different ranges. Take p as it comes.",
        ),
        Impostor(
            lambda batches, p: reference(batches, int(p)),
            "You take p as a whole number: 99.9 % is not 99 %. Take p as it comes.",
        ),
        Impostor(
            lambda batches, p: reference(batches, p if p == 100 else min(p, 99.9)),
            "You keep 99.9 % at most: more can be asked for, and p says how many.",
        ),
        Impostor(
            lambda batches, p: kept(pooled(batches), 0.0, 0.0),
            "That is the min-max range: p percent of the values are to be kept, and the rest clipped.",
        ),
    ),
    hints=(
        "May you look at the batches one by one, when they differ in size? And which end of the values has something "
        "to cut: below, above or both?",
        "Collect all values in one flat array. How many percent come off below and above depends on whether any value "
        "is negative, and any positive. Then two percentiles, and 0 is let in at both ends.",
        "x = np.concatenate([np.ravel(batch) for batch in batches]), then np.percentile(x, [below, 100 - above]): "
        "without negative values below, above = 0, 100 − p; without positive ones the reverse; else (100 − p) / 2 "
        "each. At last min(low, 0) and max(high, 0).",
    ),
    praise="Percentiles of all values together, cut where there is something to cut, and 0 keeps its code.",
)
