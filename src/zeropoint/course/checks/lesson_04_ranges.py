"""Cases, references and comparisons for the two range functions of lesson 04: percentile and least squared error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case
from zeropoint.quant import fake_quantize_affine, mse, quant_range

F32 = np.float32
SPAN_SLACK = 1e-3  # of the data's span: a histogram of 1,000 bins is a right way to find a percentile
ERROR_SLACK = 1.1  # 0.4 dB: at 8 bits even the luck of how the values lie to the codes is worth a few percent
_GRID = 200

Batches = list[np.ndarray]
Range = tuple[float, float]

# --- 04.1: the range that keeps p percent of all values -----------------------------------------------------------


def percentile_cases() -> list[Case]:
    """Return lists of batches: ReLU outputs and two-sided data, batches of unlike size and spread."""
    generator = np.random.default_rng(40)
    small, steps = [np.arange(500, dtype=F32), np.arange(500, 1000, dtype=F32)], np.linspace(0, 1, 1001, dtype=F32)
    seen = [(small, 99.0), ([100 * steps - 50], 98.0), ([2 * steps + 2], 90.0)]
    drawn = [(_relu_batches(generator), p) for p in (99.9, 99.0, 99.5, 95.0) for _ in range(3)]
    drawn += [(_two_sided_batches(generator), p) for p in (99.9, 99.0, 99.5, 95.0) for _ in range(3)]
    # few negative values: cutting half of 5 % from below ends above 0, and 0 has to be let in again
    drawn += [([np.append(generator.uniform(1, 9, 4000), [-1.0, -2.0]).astype(F32)], 95.0)]
    drawn += [([-generator.exponential(2.0, (8, 500)).astype(F32) - 1], 99.0), (_relu_batches(generator), 100.0)]
    # a first batch of one sign; no positive value, but zeros; shapes of unlike dimensions
    drawn += [([np.abs(first), *rest], 99.0) for first, *rest in (_two_sided_batches(generator) for _ in range(3))]
    drawn += [([-batch for batch in _relu_batches(generator)], p) for p in (99.0, 95.0, 90.0)]
    drawn += [([-batch for batch in _two_sided_batches(generator)], 97.0)]
    drawn += [([first, *(batch.reshape(-1) for batch in rest)], 99.0) for first, *rest in (_relu_batches(generator),)]
    return [Case(args, public=True) for args in seen] + [Case(args) for args in drawn]


def _relu_batches(generator: np.random.Generator) -> Batches:
    sizes, spreads = generator.integers(4, 30, 5), generator.uniform(0.5, 4, 5)
    batches = [generator.normal(0, s, (n, 4, 5, 5)) for n, s in zip(sizes, spreads, strict=True)]
    return [np.maximum(batch, 0).astype(F32) for batch in batches]


def _two_sided_batches(generator: np.random.Generator) -> Batches:
    sizes, spreads = generator.integers(4, 30, 4), generator.uniform(0.5, 4, 4)
    return [generator.laplace(0.4, s, (n, 100)).astype(F32) for n, s in zip(sizes, spreads, strict=True)]


def pooled(batches: Batches) -> np.ndarray:
    """Return all values of all batches, flat."""
    return np.concatenate([np.ravel(batch) for batch in batches])


def cuts(x: np.ndarray, p: float) -> tuple[float, float]:
    """Return the percentages that the brief cuts off below and above."""
    cut = 100 - p
    if x.min() >= 0:
        return 0.0, cut
    return (cut, 0.0) if x.max() <= 0 else (cut / 2, cut / 2)


def reference_percentile(batches: Batches, p: float) -> Range:
    x = pooled(batches)
    below, above = cuts(x, p)
    low, high = np.percentile(x, [below, 100 - above])
    return min(float(low), 0.0), max(float(high), 0.0)


def wrong_percentile(
    *,
    reduce: Callable[[list[Range]], Range] | None = None,
    share: Callable[[np.ndarray, float], Range] = cuts,
    prepare: Callable[[np.ndarray], np.ndarray] = lambda x: x,
    widen: bool = True,
) -> Callable[[Batches, float], Range]:
    """Return a percentile range with one mistake: batch by batch, other shares, other values, or without 0."""

    def of(x: np.ndarray, p: float) -> Range:
        below, above = share(x, p)
        low, high = np.percentile(prepare(x), [below, 100 - above])
        return (min(float(low), 0.0), max(float(high), 0.0)) if widen else (float(low), float(high))

    def wrong(batches: Batches, p: float) -> Range:
        return reduce([of(np.ravel(batch), p) for batch in batches]) if reduce else of(pooled(batches), p)

    return wrong


def observe_percentile(value: Any, batches: Batches, p: float) -> Any:
    """Return the two ends; one that lies between the neighbours of the right value counts as the right value.

    Definitions of a percentile differ in how they treat the gap between two neighbouring values (NumPy alone knows
    nine), and a histogram knows it only to the width of a bin: all of them are right.
    """
    pair = _pair(value)
    if pair is None:
        return value
    x = np.sort(pooled(batches))
    slack = SPAN_SLACK * float(x[-1] - x[0])
    settled = []
    for got, right, share in zip(pair, reference_percentile(batches, p), _positions(x, p), strict=True):
        place = share * (x.size - 1)
        around = x[max(0, int(place) - 1)], x[min(x.size - 1, int(np.ceil(place)) + 1)]
        close = abs(got - right) <= slack or (right != 0 and around[0] <= got <= around[1])
        settled.append(right if close else got)
    return settled[0], settled[1]


def _positions(x: np.ndarray, p: float) -> Range:
    below, above = cuts(x, p)
    return below / 100, 1 - above / 100


def _pair(value: Any) -> tuple[float, float] | None:
    ends = numbers(value)
    return (float(ends[0]), float(ends[1])) if ends is not None and ends.shape == (2,) else None


def compare_range(got: Any, expected: Range) -> str | None:
    """Compare (low, high) after :func:`observe_percentile`."""
    pair = _pair(got)
    if pair is None:
        return "expected two numbers, 'return low, high'."
    if not np.isfinite(pair).all():
        return "an end of the range is no finite number: is something divided by 0?"
    if pair[0] > pair[1]:
        return f"low is {pair[0]:.4g} and high {pair[1]:.4g}: the lower end comes first."
    if pair[0] > 0 or pair[1] < 0:
        return f"the range [{pair[0]:.4g}, {pair[1]:.4g}] does not include the real 0, which must have a code."
    for name, end, right in zip(("low", "high"), pair, expected, strict=True):
        if not np.isclose(end, right, rtol=1e-6, atol=1e-9):
            way = "too many" if abs(end) < abs(right) else "too few"
            return f"{name} is {end:.5g}: beyond it lie {way} values for this percentile."
    return None


# --- 04.2: the upper end with the least mean squared error --------------------------------------------------------


def mse_cases() -> list[Case]:
    """Return ReLU outputs of several shapes of tail, at 2 to 8 bits; for some of them nothing should be clipped."""
    generator = np.random.default_rng(42)
    spiky = np.append(np.maximum(generator.normal(0, 1, 6000), 0), [40.0]).astype(F32)
    seen = [(spiky, 4), (np.linspace(0, 6, 2001, dtype=F32), 4)]
    tails = (
        lambda: np.maximum(generator.normal(0, 1, (20, 16, 5, 5)), 0),
        lambda: generator.exponential(0.3, (10, 1000)) * (generator.random((10, 1000)) < 0.4),
        lambda: generator.lognormal(0, 1, (5, 1000)),
        lambda: generator.uniform(0, 0.01, 5000),
    )
    drawn = [(tail().astype(F32), bits) for tail in tails for bits in (2, 4, 8)]
    drawn += [(tails[0]().astype(F32), 3), (tails[2]().astype(F32), 6)]
    return [Case(args, public=True) for args in seen] + [Case(args) for args in drawn]


def error_of(x: np.ndarray, high: float, bit_width: int) -> float:
    """Return the mean squared error of x quantized over [0, high], unsigned."""
    quant_min, quant_max = quant_range(bit_width, signed=False)
    return mse(x, fake_quantize_affine(x, F32(high / quant_max), 0, quant_min, quant_max))


@dataclass(frozen=True, eq=False)
class EndTask:
    """What an upper end is judged by: the tensor as it was given, and the best end with its error."""

    x: np.ndarray
    bit_width: int
    best: float
    least: float


def reference_mse(x: np.ndarray, bit_width: int) -> EndTask:
    """Return the best of 200 ends up to the maximum and 41 more around that one, as a task to be judged by."""
    return EndTask(x, bit_width, *_least(np.ascontiguousarray(x, F32).tobytes(), bit_width))


def _best(x: np.ndarray, ends: np.ndarray, bit_width: int) -> float:
    return float(ends[np.argmin([error_of(x, end, bit_width) for end in ends])])


@lru_cache(maxsize=64)
def _least(data: bytes, bit_width: int) -> tuple[float, float]:
    x = np.frombuffer(data, F32)
    largest = float(x.max())
    coarse = _best(x, largest * np.arange(1, _GRID + 1) / _GRID, bit_width)
    high = _best(x, np.minimum(coarse * np.linspace(0.99, 1.01, 41), largest), bit_width)
    return high, error_of(x, high, bit_width)


def compare_mse(got: Any, task: EndTask) -> str | None:
    """Accept every upper end with a small error; say on which side another one misses."""
    value = numbers(got)
    if isinstance(got, tuple | list):
        return "expected one number, the upper end; the lower one is 0, which needs no search."
    if value is None or value.size != 1:
        return "expected one number, the upper end of the range."
    high, largest = float(value.item()), float(task.x.max())
    if not np.isfinite(high) or high <= 0:
        return f"the upper end is {high:g}: expected a finite number above 0."
    ratio = error_of(task.x, high, task.bit_width) / task.least
    return None if ratio <= ERROR_SLACK else _missed(high, ratio, largest, task)


def _missed(high: float, ratio: float, largest: float, task: EndTask) -> str:
    """Return what is wrong with an end whose error is ``ratio`` times the least."""
    times, levels = f"its error is {ratio:.3g} times the least possible", 2**task.bit_width - 1
    if np.isclose(high * levels, task.best, rtol=0.05):
        return f"{high:.4g} looks like the scale of a good range: return its upper end, not the step."
    if high > 1.001 * largest:
        return f"the range ends at {high:.4g}, beyond the largest value, {largest:.4g}: codes up there are never used."
    if error_of(task.x, high * largest, task.bit_width) <= ERROR_SLACK * task.least:
        return f"{high:.4g} looks like a share of the largest value: return the end itself, their product."
    if high > 0.999 * largest:
        return f"the range ends at the largest value, and {times}: nothing is clipped, so every step is too wide."
    if ratio < 1.5:
        return (
            f"the range ends at {high:.5g}, and {times}: close. Try more ends, from small ones to the largest value, "
            f"with the codes 0 … {levels} and rounding to the nearest."
        )
    if high < task.best:
        return f"the range ends at {high:.4g}, and {times}: it clips too much; so many codes can reach further."
    return f"the range ends at {high:.4g}, and {times}: too wide – fewer codes are left for the many small values."
