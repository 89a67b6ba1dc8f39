"""Error bars: an accuracy without one is a rumour."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

Z95 = 1.959964  # two-sided 95 % of the normal distribution


@dataclass(frozen=True)
class Accuracy:
    """Top-1 accuracy that never travels without its sample size and 95 % interval (in percent).

    Examples
    --------
    >>> print(Accuracy(correct=1840, n=2000))
    92.00 % (95 % interval 90.73 … 93.11, n = 2,000)
    """

    correct: int
    n: int

    @property
    def percent(self) -> float:
        return 100 * self.correct / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson interval, in percent."""
        low, high = wilson_interval(self.correct, self.n)
        return 100 * low, 100 * high

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.percent:.2f} % (95 % interval {low:.2f} … {high:.2f}, n = {self.n:,})"


@dataclass(frozen=True)
class PairedDifference:
    """How many points a second model gains (+) or loses (−) on the *same* images, with its 95 % interval.

    Attributes
    ----------
    gained, lost : int – images that only the second, or only the first model gets right
    n : int – all images
    """

    gained: int
    lost: int
    n: int

    @property
    def points(self) -> float:
        return 100 * (self.gained - self.lost) / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The interval of Agresti and Min (2005), in percentage points.

        It adds half an image to each of the four cells of the 2 × 2 table, so that two models which agree on
        every image do not claim a difference of exactly zero, plus or minus nothing.
        """
        n = self.n + 2
        gained = self.gained + 0.5
        lost = self.lost + 0.5
        centre = (gained - lost) / n
        half = Z95 * math.sqrt(gained + lost - (gained - lost) ** 2 / n) / n
        return 100 * (centre - half), 100 * (centre + half)

    @property
    def p_value(self) -> float:
        """The exact two-sided McNemar test: could a fair coin have dealt out these changes?"""
        changed = self.gained + self.lost
        fewer = min(self.gained, self.lost)
        tail = sum(math.comb(changed, k) for k in range(fewer + 1))
        return min(1.0, 2 * tail / 2**changed)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.points:+.2f} points (95 % interval {low:+.2f} … {high:+.2f})"


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """Return the 95 % score interval of a proportion (Wilson 1927), as fractions in 0 … 1.

    Raises
    ------
    ValueError
        Unless ``0 <= correct <= n`` and ``n > 0``.
    """
    if not 0 <= correct <= n or n == 0:
        raise ValueError(f"{correct} correct of {n}: expected 0 <= correct <= n with at least one image.")
    share = correct / n
    z2 = Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def accuracy(hits: Any) -> Accuracy:
    """Return the accuracy of a boolean array, shape (N,): was each image classified correctly?"""
    hits = np.asarray(hits, dtype=bool)
    return Accuracy(int(hits.sum()), len(hits))


def paired_difference(before: Any, after: Any) -> PairedDifference:
    """Compare two models image by image.

    Parameters
    ----------
    before, after : boolean arrays, shape (N,)
        Was each image classified correctly by the first (e.g. FP32) and the second model (e.g. INT8)?

    Raises
    ------
    ValueError
        When the lengths differ: the comparison needs the same images in the same order.
    """
    before = np.asarray(before, dtype=bool)
    after = np.asarray(after, dtype=bool)
    if before.shape != after.shape:
        raise ValueError(f"{len(before)} and {len(after)} images: a paired comparison needs the same images.")
    gained = int((~before & after).sum())
    lost = int((before & ~after).sum())
    return PairedDifference(gained, lost, len(before))
