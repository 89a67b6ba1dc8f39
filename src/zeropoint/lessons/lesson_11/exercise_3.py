"""Exercise 11.3: bits under a budget; any method will do that comes close to the least possible cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.lessons.lesson_11.allocation import TABLES, BudgetTask

Method = Callable[[BudgetTask], np.ndarray]
SLACK = 1.1  # the brief: a total cost of at most 10 % above the least possible
WIDTHS = ((2, 4, 6, 8), (3, 4, 6, 8), (2, 4, 8), (2, 3, 5, 8), (2, 3, 4, 6, 8), (4, 6, 8, 12))
_USUAL = WIDTHS[0]
_TINY = 1e-9  # so that a cost of 0 has a logarithm
_EACH = 5  # drawn tables whose budget is met exactly, missed by a byte, or neither


def descend(task: BudgetTask, score: Callable[[float, float, float], float]) -> np.ndarray:
    """Return the places after taking bits away where ``score(cost before, cost after, bytes saved)`` is least."""
    now = np.full(len(task.counts), len(task.widths) - 1)
    while task.nbytes(now) > task.budget_bytes:
        steps = []
        for layer in np.flatnonzero(now):
            place = now[layer]
            before, after = task.costs[layer, place], task.costs[layer, place - 1]
            saved = task.counts[layer] * (task.widths[place] - task.widths[place - 1]) / 8
            steps.append((score(before, after, saved), layer))
        _, chosen = min(steps)
        now[chosen] -= 1
    return now


def descend_by_ratio(task: BudgetTask) -> np.ndarray:
    """Return the places that the hints lead to: each step is the one that costs least for each byte saved."""
    return descend(task, lambda before, after, saved: (after - before) / saved)


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
    return descend(task, lambda before, after, saved: after - before)


def _largest_layer(task: BudgetTask) -> np.ndarray:
    return descend(task, lambda before, after, saved: -saved)


def _ratio_reversed(task: BudgetTask) -> np.ndarray:
    return descend(task, lambda before, after, saved: saved / (after - before))


def _cost_after(task: BudgetTask) -> np.ndarray:
    return descend(task, lambda before, after, saved: after / saved)


def _cost_before(task: BudgetTask) -> np.ndarray:
    return descend(task, lambda before, after, saved: before / saved)


def _times(task: BudgetTask) -> np.ndarray:
    return descend(task, lambda before, after, saved: np.log((after + _TINY) / (before + _TINY)) / saved)


def _least(total: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Method:
    """Return the method that makes ``total(costs (allocations, layers), counts (layers,))`` least."""

    def method(task: BudgetTask) -> np.ndarray:
        fitting = task.fitting()
        return fitting[total(task.costs[np.arange(len(task.counts)), fitting], task.counts).argmin()]

    return method


def _with_budget(task: BudgetTask, budget_bytes: float) -> np.ndarray:
    """Return the right allocation for another budget, which is at least what the fewest bits take."""
    fewest = int(task.nbytes(np.zeros(len(task.counts), dtype=int)))
    return descend_by_ratio(replace(task, budget_bytes=max(int(budget_bytes), fewest)))


def _bits_for_bytes(task: BudgetTask) -> np.ndarray:
    return _with_budget(task, task.budget_bytes / 8)


def _strictly_below(task: BudgetTask) -> np.ndarray:
    return _with_budget(task, task.budget_bytes - 1)


def _a_byte_more(task: BudgetTask) -> np.ndarray:
    return _with_budget(task, task.budget_bytes + 1)


#: Wrong in every drawn table by a clear margin.
NAIVE: dict[Method, str] = {
    _uniform: (
        "Every layer has the same bits: the table says where few bits hurt little, so take bits away there, and leave "
        "them where the costs are high."
    ),
    _least_rise: (
        "You take the step that costs least, whatever it saves: divide the rise in cost by the bytes saved, or small "
        "layers lose their bits and the file hardly shrinks."
    ),
    _largest_layer: (
        "You take bits from the largest layers and never look at the costs: a large layer may be a sensitive one."
    ),
    _ratio_reversed: "You take the step that costs *most* for each byte saved: take the one with the smallest ratio.",
    _bits_for_bytes: "Most of the budget is left: weights times bits are bits; eight of them are a byte.",
}
_WEIGHTED = (
    "You weight the costs by the layers' sizes: the total cost is the plain sum. The sizes count in the budget only."
)
_POWERS = (
    "You add squares, roots or other powers of the costs: the total cost is the plain sum of the costs themselves."
)
#: Wrong in two TABLES or more; where costs fall steeply, these give nearly the right bits.
SUBTLE: dict[Method, str] = {
    _cost_after: (
        "You divide the cost *after* a step by the bytes saved. What a layer costs already is paid either way: divide "
        "the rise, costs[i][place − 1] − costs[i][place]."
    ),
    _cost_before: (
        "You divide the cost *before* a step by the bytes saved, which does not know what the step adds: divide the "
        "rise, costs[i][place − 1] − costs[i][place]."
    ),
    _times: (
        "You look at how many *times* the cost rises, as logarithms do: what counts is the difference, "
        "costs[i][place − 1] − costs[i][place]."
    ),
    _least(lambda costs, counts: costs @ counts): _WEIGHTED,
    _least(lambda costs, counts: costs @ (1 / counts)): _WEIGHTED,
    _least(lambda costs, counts: (costs**2).sum(-1)): _POWERS,
    _least(lambda costs, counts: (costs**1.5).sum(-1)): _POWERS,
    _least(lambda costs, counts: np.sqrt(costs).sum(-1)): _POWERS,
    _least(lambda costs, counts: costs.max(-1)): (
        "You make the largest cost as small as can be, whatever the other layers cost: the total is the sum of all."
    ),
}
#: Wrong only where the budget is met exactly, or missed by a byte.
BORDER: dict[Method, str] = {
    _strictly_below: (
        "An allocation that takes exactly the budget fits, and you go on: stop as soon as the size is no longer "
        "*larger* than the budget."
    ),
    _a_byte_more: "One byte more than the budget is too much: the file does not fit. Compare with the budget itself.",
}


def _function(method: Method) -> Callable[..., list[int]]:
    """Return a method in the form that the brief asks for."""

    def allocate(costs: np.ndarray, widths: tuple[int, ...], counts: np.ndarray, budget_bytes: int) -> list[int]:
        places = method(BudgetTask(np.array(costs), tuple(widths), np.array(counts), budget_bytes))
        return [widths[place] for place in places]

    return allocate


def _usual_widths(costs: np.ndarray, widths: tuple[int, ...], counts: np.ndarray, budget_bytes: int) -> list[int]:
    """Compute with four widths that are written down in the function."""
    known = _USUAL[-np.shape(costs)[1] :]
    task = BudgetTask(np.array(costs)[:, -len(known) :], known, np.array(counts), budget_bytes)
    return [known[place] for place in _with_budget(task, budget_bytes)]


def allocation_cases() -> list[Case]:
    """Return a table that one can follow on paper, drawn ones in which the naive ways fall behind, then TABLES."""
    costs = np.array([[9.0, 2.0, 0.4, 0.0], [6.0, 1.2, 0.2, 0.0], [12.0, 1.5, 0.3, 0.0]])
    shown = BudgetTask(costs, _USUAL, counts=np.array([80, 2400, 800]), budget_bytes=1900)
    return [_case(shown, public=True)] + [_case(task) for task in (*_drawn_tasks(), *TABLES)]


def _case(task: BudgetTask, *, public: bool = False) -> Case:
    return Case((task.costs, task.widths, task.counts, task.budget_bytes), public=public)


def _drawn_tasks() -> list[BudgetTask]:
    generator = np.random.default_rng(113)
    found: list[BudgetTask] = []
    for number in range(3 * _EACH):
        widths = WIDTHS[number % len(WIDTHS)]
        task = None
        while task is None or not _tells_apart(task):
            task = _drawn_task(generator, widths, layers=int(generator.integers(4, 7)))
            task = _at_the_border(task, ("exact", "a byte short", "free")[number // _EACH])
        found.append(task)
    return found


def _drawn_task(generator: np.random.Generator, widths: tuple[int, ...], layers: int) -> BudgetTask:
    counts = 8 * np.round(2.0 ** generator.uniform(3, 12, layers)).astype(int)
    fewer = np.asarray(widths) - widths[0]
    falls = generator.uniform(2.3, 3.5, (layers, 1)) ** -fewer  # convex, as measured ones are
    costs = np.round(generator.lognormal(0, 1.2, (layers, 1)) * falls, 6)
    low = widths[0] + 0.25 * (widths[-1] - widths[0])
    high = widths[0] + 0.7 * (widths[-1] - widths[0])
    return BudgetTask(costs, widths, counts, budget_bytes=int(counts.sum() * generator.uniform(low, high) / 8))


def _at_the_border(task: BudgetTask, kind: str) -> BudgetTask:
    """Return the task with the budget that its allocation takes exactly, or one byte less; or as it is."""
    if kind == "free":
        return task
    size = int(task.nbytes(descend_by_ratio(task)))
    return replace(task, budget_bytes=size if kind == "exact" else size - 1)


def _tells_apart(task: BudgetTask) -> bool:
    """Return whether good methods stay well within the 10 %, and each naive one far outside of it."""
    if task.nbytes(np.zeros(len(task.counts), dtype=int)) >= task.budget_bytes:
        return False
    least = task.least()
    if any(task.cost(method(task)) > 1.03 * least for method in (descend_by_ratio, ascend)):
        return False
    met = task.nbytes(descend_by_ratio(task)) == task.budget_bytes
    wrong = (*NAIVE, _strictly_below) if met else tuple(NAIVE)
    return all(task.cost(method(task)) > 1.25 * least for method in wrong)


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
    share = 100 * size / task.budget_bytes
    return f"it fits ({share:.0f} % of the budget), but its total cost is {cost / least:.2f} times the least possible."


CHECK = FunctionCheck(
    reference=allocation_task,
    cases=allocation_cases,
    compare=compare_allocation,
    impostors=(
        *(Impostor(_function(method), message) for method, message in NAIVE.items()),
        *(Impostor(_function(method), message) for method, message in BORDER.items()),
        *(Impostor(_function(method), message) for method, message in SUBTLE.items()),
        Impostor(
            _usual_widths,
            "You compute with the widths 2, 4, 6 and 8 whatever the table has: its columns are named in `widths`.",
        ),
    ),
    hints=(
        "For each layer that has bits to give: how much does the cost rise, and how many bytes are saved, if it takes "
        "the next smaller width?",
        "What a step costs per byte is what counts: the rise is costs[i][place − 1] − costs[i][place]; the bytes saved "
        "are counts[i] · (widths[place] − widths[place − 1]) / 8. Take the layer with the smallest rise / saved.",
        "Collect steps.append((rise / saved, i)) for every i with places[i] > 0; then _, i = min(steps) and "
        "places[i] -= 1.",
    ),
    praise="Within the budget, and no allocation costs noticeably less: bits went where they count.",
)
