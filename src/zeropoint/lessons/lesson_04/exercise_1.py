"""Exercise 04.1: the range that keeps p percent of all values.

``percentile_range(batches, p)`` returns ``low, high``, 0 included. What is cut off comes from the top where no value is
negative, from the bottom where none is positive, else half from each end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck, Impostor

F32 = np.float32
SPAN_SLACK = 1e-3  # of the data's span: a histogram of 1,000 bins is a right way to find a percentile

Batches = list[np.ndarray]
Range = tuple[float, float]  # low, high


# --- Reference ----------------------------------------------------------------------------------------------------


def reference(batches: Batches, p: float) -> Range:
    """Return the right range."""
    x = pooled(batches)
    return kept(x, *cuts(x, p))


def pooled(batches: Batches) -> np.ndarray:
    """Return all values of all batches, flat."""
    return np.concatenate([np.ravel(batch) for batch in batches])


def cuts(x: np.ndarray, p: float) -> Range:
    """Return how many percent of the values the brief cuts off below and above."""
    cut = 100 - p
    if x.min() >= 0:
        return 0.0, cut
    if x.max() <= 0:
        return cut, 0.0
    return cut / 2, cut / 2


def kept(x: np.ndarray, below: float, above: float) -> Range:
    """Return the range without the ``below`` and ``above`` percent of the values at its ends, widened to 0."""
    low, high = np.percentile(x, [below, 100 - above])
    return min(float(low), 0.0), max(float(high), 0.0)


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
    drawn = relu + two_sided + _unusual(generator)
    return [Case(args, public=True) for args in shown] + [Case(args) for args in drawn]


def _unusual(generator: np.random.Generator) -> list[tuple[Batches, float]]:
    """Return what a sloppy answer forgets: few negative values, none that is positive, batches of unlike signs."""
    # few negative values: cutting half of 5 % from below ends above 0, and 0 has to be let in again
    few_negative = np.append(generator.uniform(1, 9, 4000), [-1.0, -2.0]).astype(F32)
    all_negative = -generator.exponential(2.0, (8, 500)).astype(F32) - 1
    drawn = [([few_negative], 95.0), ([all_negative], 99.0), (_relu_batches(generator), 100.0)]
    for _ in range(3):  # only the first batch is of one sign
        first, *rest = _two_sided_batches(generator)
        drawn.append(([np.abs(first), *rest], 99.0))
    for p in (99.0, 95.0, 90.0):  # no positive value, but zeros
        drawn.append(([-batch for batch in _relu_batches(generator)], p))
    drawn.append(([-batch for batch in _two_sided_batches(generator)], 97.0))
    first, *rest = _relu_batches(generator)  # shapes of unlike dimensions
    drawn.append(([first, *(batch.reshape(-1) for batch in rest)], 99.0))
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
    """Return ``right`` where ``got`` lies close to it, or between its neighbours among the sorted values."""
    if abs(got - right) <= SPAN_SLACK * float(x[-1] - x[0]):
        return right
    place = share * (x.size - 1)
    before = x[max(0, int(place) - 1)]
    after = x[min(x.size - 1, int(np.ceil(place)) + 1)]
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
    for name, end, right in zip(("low", "high"), ends, expected, strict=True):
        if not np.isclose(end, right, rtol=1e-6, atol=1e-9):
            way = "too many" if abs(end) < abs(right) else "too few"
            return f"{name} is {end:.5g}: beyond it lie {way} values for this percentile."
    return None


# --- Wrong ideas --------------------------------------------------------------------------------------------------


def widest_batch(batches: Batches, p: float) -> Range:
    ranges = [reference([batch], p) for batch in batches]
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def half_off_each_end(batches: Batches, p: float) -> Range:
    return kept(pooled(batches), (100 - p) / 2, (100 - p) / 2)


def never_all_off_the_bottom(batches: Batches, p: float) -> Range:
    if pooled(batches).min() >= 0:
        return reference(batches, p)
    return half_off_each_end(batches, p)


def all_off_each_end(batches: Batches, p: float) -> Range:
    x = pooled(batches)
    below = 0.0 if x.min() >= 0 else 100 - p
    above = 0.0 if x.max() <= 0 else 100 - p
    return kept(x, below, above)


def without_zero(batches: Batches, p: float) -> Any:
    x = pooled(batches)
    below, above = cuts(x, p)
    return np.percentile(x, [below, 100 - above])


def fractions(batches: Batches, p: float) -> Range:
    x = pooled(batches)
    below, above = cuts(x, p)
    return kept(x, below / 100, 100 - (1 - above / 100))


def symmetric(batches: Batches, p: float) -> Range:
    reach = float(np.percentile(np.abs(pooled(batches)), p))
    return -reach, reach


def magnitudes(batches: Batches, p: float) -> Range:
    x = pooled(batches)
    low, high = symmetric(batches, p)
    return (low if x.min() < 0 else 0.0), (high if x.max() > 0 else 0.0)


def signs_apart(batches: Batches, p: float) -> Range:
    x = pooled(batches)
    low = float(np.percentile(x[x < 0], 100 - p)) if x.min() < 0 else 0.0
    high = float(np.percentile(x[x > 0], p)) if x.max() > 0 else 0.0
    return low, high


def zeros_left_out(batches: Batches, p: float) -> Range:
    x = pooled(batches)
    return kept(x[x != 0], *cuts(x, p))


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
            lambda batches, p: kept(pooled(batches), 0.0, 0.0),
            "That is the min-max range: p percent of the values are to be kept, and the rest clipped.",
        ),
    ),
    hints=(
        "First all values in one flat array: np.concatenate([batch.ravel() for batch in batches]).",
        "np.percentile(x, [below, 100 - above]) gives both ends; what is cut below depends on the signs.",
        "No negative value: below, above = 0, 100 − p. No positive one: the reverse. Otherwise half each. At last "
        "min(low, 0) and max(high, 0).",
    ),
    praise="Percentiles of all values together, cut where there is something to cut, and 0 keeps its code.",
)
