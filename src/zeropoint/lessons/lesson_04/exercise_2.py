"""Exercise 04.2: the upper end of the range with (nearly) the least mean squared error.

``best_upper_end(x, bit_width)`` gets the outputs of a ReLU, to be stored unsigned with zero point 0. An end is accepted
when its error is at most 10 % above the least, whichever way it was found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck
from zeropoint.quant import fake_quantize_affine, mse, quant_range

F32 = np.float32
ERROR_SLACK = 1.1  # 0.4 dB: at 8 bits even the luck of how the values lie to the codes is worth a few percent
CLOSE = 1.5  # an error below it is that of a search that stopped too early or was too coarse
_GRID = 200


# --- Reference: not an end, but what an end is judged by ----------------------------------------------------------


@dataclass(frozen=True, eq=False)
class EndTask:
    """What an upper end is judged by: the tensor as it was given, and the best end with its error."""

    x: np.ndarray
    bit_width: int
    best: float
    least: float

    def ratio(self, high: float) -> float:
        """Return the error with this end, as a multiple of the least."""
        return error_of(self.x, high, self.bit_width) / self.least


def reference(x: np.ndarray, bit_width: int) -> EndTask:
    """Return the best of 200 ends up to the maximum and 41 more around that one, as a task to be judged by."""
    flat = np.ravel(x)
    largest = float(flat.max())
    coarse = _best(flat, largest * np.arange(1, _GRID + 1) / _GRID, bit_width)
    best = _best(flat, np.minimum(coarse * np.linspace(0.99, 1.01, 41), largest), bit_width)
    return EndTask(x, bit_width, best, error_of(flat, best, bit_width))


def error_of(x: np.ndarray, high: float, bit_width: int) -> float:
    """Return the mean squared error of x quantized over [0, high], unsigned."""
    quant_min, quant_max = quant_range(bit_width, signed=False)
    return mse(x, fake_quantize_affine(x, F32(high / quant_max), 0, quant_min, quant_max))


def _best(x: np.ndarray, ends: np.ndarray, bit_width: int) -> float:
    return float(ends[np.argmin([error_of(x, end, bit_width) for end in ends])])


# --- Cases --------------------------------------------------------------------------------------------------------


def cases() -> list[Case]:
    """Return ReLU outputs of several shapes of tail, at 2 to 8 bits; for some of them nothing should be clipped."""
    generator = np.random.default_rng(42)
    spiky = np.append(np.maximum(generator.normal(0, 1, 6000), 0), [40.0]).astype(F32)
    shown = [(spiky, 4), (np.linspace(0, 6, 2001, dtype=F32), 4)]

    def half_normal() -> np.ndarray:
        return np.maximum(generator.normal(0, 1, (20, 16, 5, 5)), 0)

    def sparse() -> np.ndarray:
        return generator.exponential(0.3, (10, 1000)) * (generator.random((10, 1000)) < 0.4)

    def long_tail() -> np.ndarray:
        return generator.lognormal(0, 1, (5, 1000))

    def flat() -> np.ndarray:
        return generator.uniform(0, 0.01, 5000)

    tails: list[Callable[[], np.ndarray]] = [half_normal, sparse, long_tail, flat]
    drawn = [(tail().astype(F32), bits) for tail in tails for bits in (2, 4, 8)]
    drawn.append((half_normal().astype(F32), 3))
    drawn.append((long_tail().astype(F32), 6))
    drawn += [(_counts(generator, 2**bits - 1), bits) for bits in (2, 3, 4)]
    drawn += _two_valleys(generator)
    drawn.append((np.append(np.maximum(generator.normal(0, 1, 20_000), 0), [25.0]), 8))  # the outlier comes last
    drawn.append((generator.exponential(1e-5, (3, 700)).astype(F32), 4))
    return [Case(args, public=True) for args in shown] + [Case(args) for args in drawn]


def _two_valleys(generator: np.random.Generator) -> list[tuple[np.ndarray, int]]:
    """Return values whose error falls, rises and falls again as the end grows, the first valley deeper or the last.

    A search that stops where the error begins to rise, or halves an interval, ends in the wrong one.
    """
    nearly_one = np.abs(1 + generator.normal(0, 0.02, 5500)).astype(F32)
    return [
        (np.append(np.ones(350, F32), F32(20)), 2),
        (np.append(np.ones(150, F32), F32(20)), 2),
        (np.append(nearly_one[:4000], F32(60)), 4),
        (np.append(nearly_one[4000:], F32(60)), 4),
        (np.repeat(np.array([1, 8, 40], F32), [900, 60, 2]).reshape(2, 481), 2),
        (np.repeat(np.array([1, 6, 30], F32), [3000, 90, 5]), 3),
    ]


def _counts(generator: np.random.Generator, last: int) -> np.ndarray:
    """Return noisy whole numbers 0 … last, which that many codes meet exactly, and a few one step further out.

    Whoever counts one code too many or too few ends a whole step away from where the error is least.
    """
    whole = generator.integers(0, last + 1, (4, 2000))
    whole[generator.random(whole.shape) < 0.001] = last + 1
    return np.abs(whole + generator.normal(0, 0.05, whole.shape)).astype(F32)


# --- Comparison, which knows every wrong idea by where its end lies -----------------------------------------------


def compare(got: Any, task: EndTask) -> str | None:
    """Accept every upper end with a small error; say on which side another one misses."""
    value = numbers(got)
    if isinstance(got, tuple | list):
        return "expected one number, the upper end; the lower one is 0, which needs no search."
    if value is None or value.size != 1:
        return "expected one number, the upper end of the range."
    high = float(value.item())
    if not np.isfinite(high) or high <= 0:
        return f"the upper end is {high:g}: expected a finite number above 0."
    if task.ratio(high) <= ERROR_SLACK:
        return None
    return _not_the_end(high, task) or _missed(high, task)


def _not_the_end(high: float, task: EndTask) -> str | None:
    """Return what else the number seems to be, if it is not the end of a range within the data."""
    largest = float(task.x.max())
    if np.isclose(high * (2**task.bit_width - 1), task.best, rtol=0.05) and task.ratio(high) > CLOSE:
        return f"{high:.4g} looks like the scale of a good range: return its upper end, not the step."
    if high > 1.001 * largest:
        return f"the range ends at {high:.4g}, beyond the largest value, {largest:.4g}: codes up there are never used."
    if task.ratio(high * largest) <= ERROR_SLACK:
        return f"{high:.4g} looks like a share of the largest value: return the end itself, their product."
    return None


def _missed(high: float, task: EndTask) -> str:
    """Return on which side of the best end this one lies."""
    ratio = task.ratio(high)
    times = f"its error is {ratio:.3g} times the least possible"
    if high > 0.999 * float(task.x.max()):
        return f"the range ends at the largest value, and {times}: nothing is clipped, so every step is too wide."
    if ratio < CLOSE:
        return (
            f"the range ends at {high:.5g}, and {times}: close. Try more ends, from small ones to the largest value, "
            f"with the codes 0 … {2**task.bit_width - 1} and rounding to the nearest."
        )
    if high < task.best:
        return f"the range ends at {high:.4g}, and {times}: it clips too much; so many codes can reach further."
    return f"the range ends at {high:.4g}, and {times}: too wide – fewer codes are left for the many small values."


CHECK = FunctionCheck(
    reference=reference,
    cases=cases,
    compare=compare,
    seconds=30.0,  # a grid search on every case
    impostors=(),
    hints=(
        "By which number do you compare two ends, and between which values can the best one lie? Then try many of "
        "them, the largest value itself among them.",
        "For an end: scale = high / (2**bit_width − 1), and x_hat = np.clip(np.round(x / scale), 0, 2**bit_width − 1) "
        "times scale.",
        "ends = x.max() * np.arange(1, 201) / 200, then errors = [np.mean((x − x_hat(end))**2) …] and "
        "ends[np.argmin(errors)].",
    ),
    praise="Clipped where it pays, and nowhere else: your errors are within 10 % of the least possible.",
)
