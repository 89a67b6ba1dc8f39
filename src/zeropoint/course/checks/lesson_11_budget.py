"""Exercise 11.3: bits under a budget; any method will do that comes close to the least possible cost."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck

SLACK = 1.1  # the brief: a total cost of at most 10 % above the least possible
WIDTHS = (2, 4, 6, 8)


@dataclass(frozen=True, eq=False)
class BudgetTask:
    """What an allocation is judged by: the table, (layers, widths), its widths, weights by layer, and the budget."""

    costs: np.ndarray
    widths: tuple[int, ...]
    counts: np.ndarray
    budget_bytes: int

    def places(self) -> np.ndarray:
        """Return every allocation as places in ``widths``, shape (allocations, layers)."""
        return _places(len(self.widths), len(self.counts))

    def nbytes(self, places: np.ndarray) -> np.ndarray:
        """Return the bytes of allocations, shape (…, layers) → (…)."""
        return (self.counts * np.asarray(self.widths)[places]).sum(-1) // 8

    def cost(self, places: np.ndarray) -> np.ndarray:
        """Return the total cost of allocations, shape (…, layers) → (…)."""
        return self.costs[np.arange(len(self.counts)), places].sum(-1)

    def least(self) -> float:
        """Return the least possible total cost within the budget, by trying every allocation."""
        every = self.places()
        return float(self.cost(every[self.nbytes(every) <= self.budget_bytes]).min())


@lru_cache
def _places(widths: int, layers: int) -> np.ndarray:
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
        now[min(steps)[1]] -= 1
    return now


def _uniform(task: BudgetTask) -> np.ndarray:
    everywhere = [np.full(len(task.counts), place) for place in range(len(task.widths))]
    return [places for places in everywhere if task.nbytes(places) <= task.budget_bytes][-1]


def _as_if_bytes(task: BudgetTask) -> np.ndarray:
    tight = BudgetTask(task.costs, task.widths, task.counts, max(task.budget_bytes // 8, int(task.counts.sum()) // 4))
    return descend(tight, lambda rise, saved: rise / saved)


_NAIVE: tuple[tuple[Callable[[BudgetTask], np.ndarray], str], ...] = (
    (
        _uniform,
        "every layer has the same bits: the table says where few bits hurt little, so take bits away there, and leave "
        "them where the costs are high.",
    ),
    (
        lambda task: descend(task, lambda rise, saved: rise),
        "you take the step that costs least, whatever it saves: divide the rise in cost by the bytes saved, or small "
        "layers lose their bits and the file hardly shrinks.",
    ),
    (
        lambda task: descend(task, lambda rise, saved: -saved),
        "you take bits from the largest layers and never look at the costs: a large layer may be a sensitive one.",
    ),
    (
        lambda task: descend(task, lambda rise, saved: saved / rise),
        "you take the step that costs *most* for each byte saved: take the one with the smallest ratio.",
    ),
    (
        _as_if_bytes,
        "most of the budget is left: weights times bits are bits; eight of them are a byte.",
    ),
)


def reference_allocation(costs: np.ndarray, widths: tuple[int, ...], counts: np.ndarray, budget: int) -> BudgetTask:
    return BudgetTask(np.array(costs), tuple(widths), np.array(counts), budget)


def compare_allocation(got: Any, task: BudgetTask) -> str | None:
    """Accept every allocation within the budget whose cost is close to the least; else say what is wrong with it."""
    bits = numbers(got)
    if isinstance(got, dict) or bits is None or bits.shape != task.counts.shape:
        return f"expected {len(task.counts)} numbers, the bits of each layer in the order of the table."
    strange = [b for b in bits if b not in task.widths]
    if strange:
        places = all(b in range(len(task.widths)) for b in bits)
        return f"a layer has {strange[0]:g} bits: expected one of {task.widths}" + (
            ". Are these places in `widths`? Return widths[place]." if places else ", the columns of the table."
        )
    places = np.searchsorted(task.widths, bits)
    size, cost, least = int(task.nbytes(places)), float(task.cost(places)), task.least()
    if size > task.budget_bytes:
        return f"it takes {size:,} bytes, and the budget is {task.budget_bytes:,}: go on until it fits."
    if cost <= SLACK * least:
        return None
    for naive, message in _NAIVE:
        if np.array_equal(places, naive(task)):
            return message
    share = 100 * size / task.budget_bytes
    return f"it fits ({share:.0f} % of the budget), but its total cost is {cost / least:.2f} times the least possible."


def _case(generator: np.random.Generator, layers: int) -> BudgetTask | None:
    """Draw a table; None where a good method might miss the 10 %, or a naive one is not told apart."""
    counts = 8 * np.round(2.0 ** generator.uniform(3, 12, layers)).astype(int)
    factor = generator.uniform(3.5, 7, (layers, 1)) ** -(np.arange(len(WIDTHS)) * 1.3)  # convex, as measured ones are
    costs = np.round(generator.lognormal(0, 1.2, (layers, 1)) * factor, 6)
    budget = int(counts.sum() * generator.uniform(3, 6) / 8)
    task = BudgetTask(costs, WIDTHS, counts, budget)
    least = task.least()
    good = [descend(task, lambda rise, saved: rise / saved), ascend(task)]
    if any(task.cost(places) > 1.03 * least for places in good):
        return None
    return task if all(task.cost(naive(task)) > 1.25 * least for naive, _ in _NAIVE) else None


def ascend(task: BudgetTask) -> np.ndarray:
    """Return the places after giving bits, from the fewest on, where they help most for each byte and still fit."""
    now = np.zeros(len(task.counts), dtype=int)
    while True:
        steps = []
        for layer in np.flatnonzero(now < len(task.widths) - 1):
            up = now + (np.arange(len(now)) == layer)
            if task.nbytes(up) <= task.budget_bytes:
                steps.append(((task.cost(up) - task.cost(now)) / (task.nbytes(up) - task.nbytes(now)), layer))
        if not steps:
            return now
        now[min(steps)[1]] += 1


@lru_cache
def _tasks() -> tuple[BudgetTask, ...]:
    generator, found = np.random.default_rng(113), []
    while len(found) < 10:
        task = _case(generator, layers=int(generator.integers(4, 7)))
        found += [task] if task else []
    return tuple(found)


def allocation_cases() -> list[Case]:
    """Return a table that one can follow on paper, then drawn ones; in all of them the naive ways fall behind."""
    costs = np.array([[9.0, 2.0, 0.4, 0.0], [6.0, 1.2, 0.2, 0.0], [12.0, 1.5, 0.3, 0.0]])
    small = BudgetTask(costs, WIDTHS, np.array([80, 2400, 800]), 1900)
    every = [(t.costs, t.widths, t.counts, t.budget_bytes) for t in (small, *_tasks())]
    return [Case(args, public=place == 0) for place, args in enumerate(every)]


ALLOCATE = FunctionCheck(
    reference=reference_allocation,
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
