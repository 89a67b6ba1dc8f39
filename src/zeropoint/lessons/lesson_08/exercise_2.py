"""Exercise 08.2: which layers to leave in float, given what each gains, how sure that is, and a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor

Row = tuple[str, float, float, int]  # layer, gain, lower end of its interval, cost


def choose(
    table: Iterable[Row],
    budget: int,
    *,
    proven: bool = True,
    fits: Callable[[int, int], bool] = lambda cost, budget: cost <= budget,
    worth: Callable[[Row], float] = lambda row: row[1],
) -> list[str]:
    """Return the layers with the greatest total gain within the budget; every keyword is a place to go wrong."""
    rows = [row for row in table if row[2] > 0 or not proven]
    best: tuple[Row, ...] = ()
    most = 0.0
    for count in range(1, len(rows) + 1):
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
    """Return tables in which short cuts fail: a large gain that is not proven, an exact fit, and greedy traps."""
    shown = [("conv1", 4.0, 2.5, 10), ("block1", 3.0, 1.0, 40), ("block2", 2.9, -0.4, 5), ("fc", 0.2, -0.9, 1)]
    cases = [Case((shown, 50), public=True), Case((shown, 9))]
    traps = (greedy(_largest_gain), greedy(_best_rate))
    rng = np.random.default_rng(82)
    while len(cases) < 14:
        table = _table(rng, int(rng.integers(6, 9)))
        budget = int(rng.integers(40, 120))
        answer = set(choose(table, budget))
        if answer and all(set(trap(table, budget)) != answer for trap in traps):
            spent = sum(row[3] for row in table if row[0] in answer)
            cases.append(Case((table, spent if len(cases) % 2 else budget)))  # every other budget fits exactly
    return cases


def _table(rng: np.random.Generator, count: int) -> list[Row]:
    gains = rng.permutation(np.round(rng.uniform(0.5, 6, count), 2))
    spread = rng.uniform(0.3, 1, count)
    is_doubtful = rng.random(count) < 0.35
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


def _largest_that_fits(table: list[Row], budget: int) -> list[str]:
    rows = [row for row in table if row[2] > 0 and row[3] <= budget]
    return [max(rows, key=_gain)[0]]


CHECK = FunctionCheck(
    reference=choose,
    cases=_tables,
    compare=_compare_choice,
    observe=_facts,
    impostors=(
        Impostor(
            lambda table, budget: choose(table, budget, proven=False),
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
            "You ignore the budget: float layers are what makes the network slow again.",
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
        Impostor(
            _largest_that_fits,
            "You take one layer only: several may fit into the budget.",
        ),
    ),
    hints=(
        "Throw out first what is not proven: every row whose lower end is not above 0.",
        "There are few layers, so all sets can be tried: itertools.combinations(rows, count) for every count.",
        "For each set: cost = sum of its costs, gain = sum of its gains; keep it if cost <= budget and gain is the "
        "largest so far. Begin with the empty set and gain 0.",
    ),
    praise="Proven gains only, within the budget, and no better set exists.",
)
