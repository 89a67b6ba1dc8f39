"""What exercise 11.3 is judged by, and tables on which ideas fail that are right where costs fall steeply."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache

import numpy as np


@dataclass(frozen=True, eq=False)
class BudgetTask:
    """What an allocation is judged by.

    Attributes
    ----------
    costs : float array, shape (layers, widths)
    widths : bits that a layer may have, fewest first
    counts : int array, shape (layers,) – weights by layer
    budget_bytes : int
    """

    costs: np.ndarray
    widths: tuple[int, ...]
    counts: np.ndarray
    budget_bytes: int

    def nbytes(self, places: np.ndarray) -> np.ndarray:
        """Return the bytes of allocations, each layer's place in ``widths``, shape (…, layers) → (…)."""
        return (self.counts * np.asarray(self.widths)[places]).sum(-1) // 8

    def cost(self, places: np.ndarray) -> np.ndarray:
        """Return the total cost of allocations, shape (…, layers) → (…)."""
        return self.costs[np.arange(len(self.counts)), places].sum(-1)

    def least(self) -> float:
        """Return the least possible total cost within the budget, by trying every allocation."""
        return float(self.cost(self.fitting()).min())

    def fitting(self) -> np.ndarray:
        """Return all allocations within the budget as places in ``widths``, shape (allocations, layers)."""
        every = _every_allocation(len(self.widths), len(self.counts))
        return every[self.nbytes(every) <= self.budget_bytes]


@cache
def _every_allocation(widths: int, layers: int) -> np.ndarray:
    """Return every allocation as places in the widths, shape (widths ** layers, layers)."""
    return np.array(list(itertools.product(range(widths), repeat=layers)))


#: Costs that fall slowly, found by a search: here a cost is far from its rise, and the sum from other totals.
TABLES = (
    BudgetTask(
        np.array([[6.0, 4.4, 1.9, 0.0], [14.0, 6.3, 1.1, 0.0], [6.3, 3.9, 1.2, 0.0], [9.6, 5.3, 1.3, 0.0]]),
        (3, 4, 6, 8),
        np.array([248, 208, 208, 648]),
        911,
    ),
    BudgetTask(
        np.array([[17.0, 3.9, 0.8, 0.0], [10.5, 5.8, 2.4, 0.0], [10.1, 5.3, 2.1, 0.0]]),
        (2, 4, 6, 8),
        np.array([424, 904, 448]),
        1236,
    ),
    BudgetTask(
        np.array([[7.3, 2.4, 0.3], [31.4, 8.3, 0.6], [6.5, 3.2, 0.8], [20.3, 10.5, 2.8]]),
        (2, 4, 8),
        np.array([696, 176, 120, 1432]),
        1077,
    ),
    BudgetTask(
        np.array([[35.2, 9.0, 2.3, 0.1], [7.3, 2.2, 0.7, 0.1], [5.1, 4.1, 3.4, 2.3], [15.9, 4.0, 1.0, 0.1]]),
        (4, 6, 8, 12),
        np.array([360, 1104, 224, 64]),
        1460,
    ),
    BudgetTask(
        np.array(
            [
                [19.6, 9.1, 4.1, 0.7, 0.0],
                [4.5, 3.5, 2.7, 1.2, 0.0],
                [25.7, 16.5, 10.2, 3.2, 0.0],
                [23.9, 16.3, 10.8, 3.8, 0.0],
            ]
        ),
        (2, 3, 4, 6, 8),
        np.array([352, 96, 120, 80]),
        430,
    ),
    BudgetTask(
        np.array([[12.8, 10.4, 6.8], [23.2, 5.2, 0.3], [19.1, 7.5, 1.2]]), (2, 4, 8), np.array([976, 152, 1168]), 1883
    ),
    BudgetTask(
        np.array([[20, 12, 4.5, 0], [16.5, 10.5, 5, 0], [23, 14, 5.5, 0]]), (2, 4, 6, 8), np.array([192, 440, 192]), 625
    ),
)
