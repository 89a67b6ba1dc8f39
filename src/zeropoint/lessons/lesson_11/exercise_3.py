"""Exercise 11.3: bits under a budget; any method will do that comes close to the least possible cost."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck

SLACK = 1.1  # the brief: a total cost of at most 10 % above the least possible
WIDTHS = (2, 4, 6, 8)
_DRAWN = 10  # tables, beside the one that is shown


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
        every = _every_allocation(len(self.widths), len(self.counts))
        fitting = every[self.nbytes(every) <= self.budget_bytes]
        return float(self.cost(fitting).min())


@cache
def _every_allocation(widths: int, layers: int) -> np.ndarray:
    """Return every allocation as places in the widths, shape (widths ** layers, layers)."""
    return np.array(list(itertools.product(range(widths), repeat=layers)))


def descend(task: BudgetTask, score: Callable[[float, float], float]) -> np.ndarray:
    """Return the places after taking bits away where ``score(rise of cost, bytes saved)`` is least."""
    now = np.full(len(task.counts), len(task.widths) - 1)
    while task.nbytes(now) > task.budget_bytes:
        steps = []
        for layer in np.flatnonzero(now):
            place = now[layer]
            rise = task.costs[layer, place - 1] - task.costs[layer, place]
            saved = task.counts[layer] * (task.widths[place] - task.widths[place - 1]) / 8
            steps.append((score(rise, saved), layer))
        _, chosen = min(steps)
        now[chosen] -= 1
    return now


def descend_by_ratio(task: BudgetTask) -> np.ndarray:
    """Return the places that the hints lead to: each step is the one that costs least for each byte saved."""
    return descend(task, lambda rise, saved: rise / saved)


def ascend(task: BudgetTask) -> np.ndarray:
    """Return the places after giving bits, from the fewest on, where they help most for each byte and still fit."""
    now = np.zeros(len(task.counts), dtype=int)
    while True:
        steps = []
        for layer in np.flatnonzero(now < len(task.widths) - 1):
            up = now.copy()
            up[layer] += 1
            if task.nbytes(up) <= task.budget_bytes:
                gain = (task.cost(up) - task.cost(now)) / (task.nbytes(up) - task.nbytes(now))
                steps.append((gain, layer))
        if not steps:
            return now
        _, chosen = min(steps)
        now[chosen] += 1


def _uniform(task: BudgetTask) -> np.ndarray:
    everywhere = [np.full(len(task.counts), place) for place in range(len(task.widths))]
    fitting = [places for places in everywhere if task.nbytes(places) <= task.budget_bytes]
    return fitting[-1]


def _least_rise(task: BudgetTask) -> np.ndarray:
    return descend(task, lambda rise, saved: rise)


def _largest_layer(task: BudgetTask) -> np.ndarray:
    return descend(task, lambda rise, saved: -saved)


def _ratio_reversed(task: BudgetTask) -> np.ndarray:
    return descend(task, lambda rise, saved: saved / rise)


def _bits_for_bytes(task: BudgetTask) -> np.ndarray:
    fewest = int(task.counts.sum()) // 4  # two bits everywhere: below it nothing fits
    return descend_by_ratio(replace(task, budget_bytes=max(task.budget_bytes // 8, fewest)))


NAIVE: dict[Callable[[BudgetTask], np.ndarray], str] = {
    _uniform: (
        "every layer has the same bits: the table says where few bits hurt little, so take bits away there, and leave "
        "them where the costs are high."
    ),
    _least_rise: (
        "you take the step that costs least, whatever it saves: divide the rise in cost by the bytes saved, or small "
        "layers lose their bits and the file hardly shrinks."
    ),
    _largest_layer: (
        "you take bits from the largest layers and never look at the costs: a large layer may be a sensitive one."
    ),
    _ratio_reversed: ("you take the step that costs *most* for each byte saved: take the one with the smallest ratio."),
    _bits_for_bytes: "most of the budget is left: weights times bits are bits; eight of them are a byte.",
}


def allocation_cases() -> list[Case]:
    """Return a table that one can follow on paper, then drawn ones; in all of them the naive ways fall behind."""
    costs = np.array([[9.0, 2.0, 0.4, 0.0], [6.0, 1.2, 0.2, 0.0], [12.0, 1.5, 0.3, 0.0]])
    shown = BudgetTask(costs, WIDTHS, counts=np.array([80, 2400, 800]), budget_bytes=1900)
    return [_case(shown, public=True)] + [_case(task) for task in _drawn_tasks()]


def _case(task: BudgetTask, *, public: bool = False) -> Case:
    return Case((task.costs, task.widths, task.counts, task.budget_bytes), public=public)


def _drawn_tasks() -> tuple[BudgetTask, ...]:
    generator = np.random.default_rng(113)
    found: list[BudgetTask] = []
    while len(found) < _DRAWN:
        task = _drawn_task(generator, layers=int(generator.integers(4, 7)))
        if _tells_apart(task):
            found.append(task)
    return tuple(found)


def _drawn_task(generator: np.random.Generator, layers: int) -> BudgetTask:
    counts = 8 * np.round(2.0 ** generator.uniform(3, 12, layers)).astype(int)
    falls = generator.uniform(3.5, 7, (layers, 1)) ** -(np.arange(len(WIDTHS)) * 1.3)  # convex, as measured ones are
    costs = np.round(generator.lognormal(0, 1.2, (layers, 1)) * falls, 6)
    budget = int(counts.sum() * generator.uniform(3, 6) / 8)
    return BudgetTask(costs, WIDTHS, counts, budget)


def _tells_apart(task: BudgetTask) -> bool:
    """Return whether good methods stay well within the 10 %, and each naive one far outside of it."""
    least = task.least()
    if any(task.cost(method(task)) > 1.03 * least for method in (descend_by_ratio, ascend)):
        return False
    return all(task.cost(naive(task)) > 1.25 * least for naive in NAIVE)


def allocation_task(costs: np.ndarray, widths: tuple[int, ...], counts: np.ndarray, budget_bytes: int) -> BudgetTask:
    """Return the task itself in place of a reference: of many right allocations none is *the* right one."""
    return BudgetTask(np.array(costs), tuple(widths), np.array(counts), budget_bytes)


def compare_allocation(got: Any, task: BudgetTask) -> str | None:
    """Accept every allocation within the budget whose cost is close to the least; else say what is wrong with it."""
    bits = numbers(got)
    if isinstance(got, dict) or bits is None or bits.shape != task.counts.shape:
        return f"expected {len(task.counts)} numbers, the bits of each layer in the order of the table."
    strange = [b for b in bits if b not in task.widths]
    if strange:
        head = f"a layer has {strange[0]:g} bits: expected one of {task.widths}"
        if all(b in range(len(task.widths)) for b in bits):
            return f"{head}. Are these places in `widths`? Return widths[place]."
        return f"{head}, the columns of the table."
    places = np.searchsorted(task.widths, bits)
    size = int(task.nbytes(places))
    if size > task.budget_bytes:
        return f"it takes {size:,} bytes, and the budget is {task.budget_bytes:,}: go on until it fits."
    cost = float(task.cost(places))
    least = task.least()
    if cost <= SLACK * least:
        return None
    for naive, message in NAIVE.items():
        if np.array_equal(places, naive(task)):
            return message
    share = 100 * size / task.budget_bytes
    return f"it fits ({share:.0f} % of the budget), but its total cost is {cost / least:.2f} times the least possible."


CHECK = FunctionCheck(
    reference=allocation_task,
    cases=allocation_cases,
    compare=compare_allocation,
    impostors=(),
    hints=(
        "For each layer that has bits to give: how much does the cost rise, and how many bytes are saved, if it takes "
        "the next smaller width?",
        "The rise is costs[i][place − 1] − costs[i][place]; the bytes saved are counts[i] · (widths[place] − "
        "widths[place − 1]) / 8. Take the layer with the smallest rise / saved.",
        "Collect steps.append((rise / saved, i)) for every i with places[i] > 0; then _, i = min(steps) and "
        "places[i] -= 1.",
    ),
    praise="Within the budget, and no allocation costs noticeably less: bits went where they count.",
)
