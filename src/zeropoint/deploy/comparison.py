"""What a latency measurement found: medians, spreads, ratios with intervals, and whether the machine was too busy.

Source: Hoefler and Belli 2015, "Scientific Benchmarking of Parallel Computing Systems", SC '15, section 3 (medians and
nonparametric confidence intervals; report the parameters and the spread).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas

Times = dict[str, np.ndarray]  # name → seconds a call, one entry a round

FEWEST_ROUNDS = 6  # with fewer, no order statistics enclose the median with 95 %
WIDE = 0.15  # the middle half over the median
DRIFT = 0.10  # the second half of the rounds against the first
BUSY = 0.75  # load average a core


class Ratio(NamedTuple):
    """A time over the reference's time: 0.6 means 40 % less time, and less than 1 is faster.

    Attributes
    ----------
    median : float – of the ratios of all rounds
    low, high : float – ends of an interval that encloses the true median with at least 95 %
    """

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} … {self.high:.2f})"


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` measured.

    Attributes
    ----------
    times : dict – name → float array (rounds,), seconds a call, in the order in which they were taken
    reference : str – the name that ratios refer to
    load : float or None – the load average a core when the measurement began; None where the system has none
    """

    times: Times
    reference: str
    load: float | None = None

    def median(self, name: str) -> float:
        """Return the median time of a call, in seconds."""
        return float(np.median(self.times[name]))

    def spread(self, name: str) -> tuple[float, float]:
        """Return the ends of the middle half of the times of a call, in seconds."""
        low, high = np.quantile(self.times[name], [0.25, 0.75])
        return float(low), float(high)

    def ratio(self, name: str, *, to: str | None = None) -> Ratio:
        """Return the time of a call over that of another one (the reference), round by round."""
        ratios = self.times[name] / self.times[to or self.reference]
        return Ratio(float(np.median(ratios)), *median_interval(ratios))

    def fastest(self, names: Sequence[str] | None = None) -> str:
        """Return the name with the lowest median, of all or of some."""
        return min(names or self.times, key=self.median)

    @property
    def noisy(self) -> bool:
        """Whether the machine was too busy for these numbers to be trusted."""
        return bool(self.warning)

    @property
    def warning(self) -> str:
        """One sentence that says why the numbers cannot be trusted; empty when they can."""
        reasons = []
        wide = {name: self._width(name) for name in self.times}
        drift = {name: _drift(seconds) for name, seconds in self.times.items()}
        worst = max(wide, key=lambda name: wide[name])
        moved = max(drift, key=lambda name: abs(drift[name]))
        if wide[worst] > WIDE:
            reasons.append(f"the middle half of {worst} spans {100 * wide[worst]:.0f} % of its median")
        if abs(drift[moved]) > DRIFT:
            reasons.append(f"{moved} changed by {100 * drift[moved]:+.0f} % from the first half to the second")
        if self.load is not None and self.load > BUSY:
            reasons.append(f"the load average was {self.load:.1f} a core when it began")
        if not reasons:
            return ""
        return f"This machine is noisy: {'; '.join(reasons)} – close other programs, measure again, trust ratios only."

    def _width(self, name: str) -> float:
        """Return the width of the middle half over the median."""
        low, high = self.spread(name)
        return (high - low) / self.median(name)

    def table(self) -> pandas.DataFrame:
        """Return one row a call: median and middle half in ms, and the ratio to the reference with its interval."""
        import pandas

        rows = []
        for name in self.times:
            low, high = self.spread(name)
            ratio = str(self.ratio(name)) if name != self.reference else "1"
            rows.append((name, f"{1e3 * self.median(name):.3g}", f"{1e3 * low:.3g} – {1e3 * high:.3g}", ratio))
        columns = ["call", "median (ms)", "middle half (ms)", f"time / {self.reference}"]
        return pandas.DataFrame(rows, columns=columns).set_index("call")


def median_interval(values: np.ndarray) -> tuple[float, float]:
    """Return two of the values that enclose the true median with at least 95 %, whatever the distribution.

    The number of values below the median is binomial with p = 1/2, if they are independent of each other.
    Source: Hoefler and Belli 2015, section 3, with exact binomial tails in place of the normal approximation.

    Parameters
    ----------
    values : float array, shape (n,) with n >= 6

    Examples
    --------
    >>> median_interval(np.arange(1.0, 11.0))
    (2.0, 9.0)
    """
    ordered = np.sort(values)
    n = len(ordered)
    rank = 0
    tail = 1 / 2**n  # the chance that at most `rank` values lie below the median
    while tail <= 0.025:  # on each side
        rank += 1
        tail += math.comb(n, rank) / 2**n
    if rank == 0:
        raise ValueError(f"{n} rounds enclose no median with 95 %: expected at least {FEWEST_ROUNDS}.")
    return float(ordered[rank - 1]), float(ordered[-rank])


def _drift(seconds: np.ndarray) -> float:
    half = len(seconds) // 2
    return float(np.median(seconds[half:]) / np.median(seconds[:half]) - 1)
