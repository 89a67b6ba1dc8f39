"""Exercise 08.2: which layers to leave in float, given what each gains, how sure that is, and a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor

Row = tuple[str, float, float, int]  # layer, gain, lower end of its interval, cost


def choose(
    table: Iterable[Row],
    budget: int,
    *,
    proven: Callable[[float], bool] = lambda low: low > 0,
    largest: int = 8,
    fits: Callable[[int, int], bool] = lambda cost, budget: cost <= budget,
    worth: Callable[[Row], float] = lambda row: row[1],
) -> list[str]:
    """Return the layers with the greatest total gain within the budget; every keyword is a place to go wrong."""
    rows = [row for row in table if proven(row[2])]
    best: tuple[Row, ...] = ()
    most = 0.0
    for count in range(1, min(len(rows), largest) + 1):
        for chosen in combinations(rows, count):
            total = sum(map(worth, chosen))
            if total > most and fits(sum(row[3] for row in chosen), budget):
                best = chosen
                most = total
    return [row[0] for row in best]


_NO_NAMES = 1
_UNKNOWN_NAME = 2
_NAMED_TWICE = 3
_FORM = {
    _NO_NAMES: "expected a list of layer names.",
    _UNKNOWN_NAME: "there is a name that the table does not have.",
    _NAMED_TWICE: "a layer is named twice.",
}


def _facts(names: Any, table: list[Row], budget: int) -> dict[str, Any]:
    """Return what a choice amounts to, so that any order, list, tuple or set of names will do."""
    if isinstance(names, str) or not isinstance(names, list | tuple | set | frozenset):
        return {"form": _NO_NAMES}
    rows = {row[0]: row for row in table}
    known = sorted({str(name) for name in names})
    if any(name not in rows for name in known):
        return {"form": _UNKNOWN_NAME}
    chosen = [rows[name] for name in known]
    return {
        "form": 0 if len(known) == len(names) else _NAMED_TWICE,
        "chosen": [float(row[0] in known) for row in table],
        "over": float(sum(row[3] for row in chosen) > budget),
        "unproven": float(any(row[2] <= 0 for row in chosen)),
        "gain": float(sum(row[1] for row in chosen)),
    }


def _compare_choice(got: dict[str, Any], want: dict[str, Any]) -> str | None:
    if got["form"]:
        return _FORM[got["form"]]
    if got["over"]:
        return "your choice costs more than the budget allows."
    if got["unproven"]:
        return "you take a layer whose interval reaches 0 or below: its gain may be chance."
    if got["gain"] < want["gain"] - 1e-6:
        return "your choice keeps to the rules, but another one gains more."
    return None


# --- cases ----------------------------------------------------------------------------------------------------------


def _tables() -> list[Case]:
    """Return tables in which short cuts fail: gains that are not proven, exact fits, greedy traps, many layers."""
    shown = [("conv1", 4.0, 2.5, 10), ("block1", 3.0, 1.0, 40), ("block2", 2.9, -0.4, 5), ("fc", 0.2, -0.9, 1)]
    doubtful = [("conv1", 2.0, -0.3, 10), ("block1", 1.1, 0.0, 4), ("fc", 0.2, -0.9, 1)]
    cases = [Case((shown, 50), public=True), Case((shown, 9)), Case((doubtful, 100)), Case(([], 30))]
    cases.append(Case(([("conv1", 0.4, 0.1, 10), ("fc", 0.2, -0.9, 1)], 10)))  # one layer, and a gain below 1
    rng = np.random.default_rng(82)
    while len(cases) < 22:
        kind = ("small", "ends at 0", "many")[len(cases) % 3]
        table = _table(rng, int(rng.integers(6, 9)), doubtful=0.1 if kind == "many" else 0.35)
        if kind == "ends at 0":
            at = int(rng.integers(len(table)))
            table[at] = (table[at][0], table[at][1], 0.0, table[at][3])
        budget = int(rng.integers(120, 200) if kind == "many" else rng.integers(40, 120))
        answer = choose(table, budget)
        traps = [greedy(_largest_gain), greedy(_best_rate)]
        traps += {"small": [], "ends at 0": [_at_zero], "many": [partial(choose, largest=4)]}[kind]
        if answer and all(set(trap(table, budget)) != set(answer) for trap in traps):
            spent = sum(row[3] for row in table if row[0] in answer)
            cases.append(Case((table, spent if len(cases) % 2 else budget)))  # every other budget fits exactly
    everything = [(f"layer{i}", 1.0 + i, 0.5, 10 + i) for i in range(8)]
    cases.append(Case(([("fc", 1.0, 0.5, 0), ("conv1", 2.0, 1.0, 3)], 0)))  # what costs nothing is always affordable
    cases.append(Case(([("conv1", 3.0, 0.03, 10), ("fc", 1.0, 0.5, 10)], 10)))  # proven is proven, however close to 0
    return [*cases, Case((everything, 1000))]


def _table(rng: np.random.Generator, count: int, *, doubtful: float) -> list[Row]:
    """Return rows of random gains; of each the interval reaches below 0 with probability ``doubtful``."""
    gains = rng.permutation(np.round(rng.uniform(0.5, 6, count), 2))
    spread = rng.uniform(0.3, 1, count)
    is_doubtful = rng.random(count) < doubtful
    half_widths = np.round(spread * np.where(is_doubtful, 1.5, 0.7) * gains, 2)
    return [
        (f"layer{i}", float(gain), float(round(gain - half, 2)), int(rng.integers(5, 60)))
        for i, (gain, half) in enumerate(zip(gains, half_widths, strict=True))
    ]


# --- wrong ideas ----------------------------------------------------------------------------------------------------


def _gain(row: Row) -> float:
    return row[1]


def _largest_gain(row: Row) -> float:
    return -row[1]


def _best_rate(row: Row) -> float:
    return -row[1] / row[3]


def greedy(key: Callable[[Row], float], *, stop: bool = False) -> Callable[[list[Row], int], list[str]]:
    """Return a function that takes layers in the order of a key, as long as the next one fits."""

    def pick(table: list[Row], budget: int) -> list[str]:
        names = []
        left = budget
        for name, _, _, cost in sorted((row for row in table if row[2] > 0), key=key):
            if cost <= left:
                names.append(name)
                left -= cost
            elif stop:
                break
        return names

    return pick


def _at_zero(table: list[Row], budget: int) -> list[str]:
    return choose(table, budget, proven=lambda low: low >= 0)


def _largest_that_fits(table: list[Row], budget: int) -> list[str]:
    rows = [row for row in table if row[2] > 0 and row[3] <= budget]
    return [max(rows, key=_gain)[0]]


SMALL_SETS = "You try small sets only: with a generous budget five layers and more belong to the best one."

CHECK = FunctionCheck(
    reference=choose,
    cases=_tables,
    compare=_compare_choice,
    observe=_facts,
    impostors=(
        Impostor(
            _at_zero,
            "An interval that ends at exactly 0 proves nothing: proven is above 0, so > and not >=.",
        ),
        Impostor(
            lambda table, budget: choose(table, budget, proven=lambda low: True),
            "You trust every gain: where the interval reaches 0 or below, it may be chance. Leave those quantized.",
        ),
        Impostor(
            lambda table, budget: choose(table, budget, worth=lambda row: row[2]),
            "You add up the lower ends of the intervals: they only say what is proven; what is added up is the gain.",
        ),
        Impostor(
            lambda table, budget: choose(table, budget, fits=lambda cost, budget: cost < budget),
            "A choice that costs exactly the budget is allowed: ≤, not <.",
        ),
        Impostor(
            lambda table, budget: choose(table, budget, fits=lambda cost, budget: True),
            "You ignore the budget, or change its unit: costs and budget are both thousandths, as they are.",
        ),
        Impostor(
            greedy(_largest_gain),
            "You take the largest gain first: one expensive layer may cost as much as two that together gain more. "
            "Compare sets of layers.",
        ),
        Impostor(
            greedy(_largest_gain, stop=True),
            "You stop at the first layer that does not fit: a cheaper one behind it may still fit.",
        ),
        Impostor(
            greedy(_best_rate),
            "You take the best gain per cost first: close, but what is left of the budget may be used better. Compare "
            "sets of layers.",
        ),
        Impostor(
            greedy(lambda row: row[3]),
            "You take the cheapest layers first: cheap is not the same as useful.",
        ),
        Impostor(
            greedy(lambda row: 0.0),
            "You take the layers in the order of the table: their order says nothing about their gain.",
        ),
        *(Impostor(partial(choose, largest=size), SMALL_SETS) for size in (4, 3, 2)),
        Impostor(
            _largest_that_fits,
            "You take one layer only: several may fit into the budget.",
        ),
    ),
    hints=(
        "Which rows may never be chosen, however large their gain? And of the rest: is the layer with the largest gain "
        "certainly in the best set, if it takes the whole budget?",
        "Throw out what is not proven: only rows whose lower end is above 0 stay. They are few, so that all sets can "
        "be tried, of every size: itertools.combinations(rows, count).",
        "best, most = (), 0; for count in range(1, len(rows) + 1): for chosen in combinations(rows, count): keep "
        "chosen as best where its costs add up to <= budget and its gains to > most. Return the names of best.",
    ),
    praise="Proven gains only, within the budget, and no better set exists.",
)
