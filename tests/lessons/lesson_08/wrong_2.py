"""Wrong answers to exercise 08.2, which layers to leave in float, and a right one."""

from __future__ import annotations

import itertools

import numpy as np


def right_float_layers(table, budget):
    masks = itertools.product((0, 1), repeat=len(table))
    rows = np.array([row[1:] for row in table]).reshape(-1, 3)
    allowed = [m for m in masks if np.dot(m, rows[:, 2]) <= budget and not np.dot(m, rows[:, 1] <= 0)]
    best = max(allowed, key=lambda m: np.dot(m, rows[:, 0]))
    return {row[0] for row, taken in zip(table, best, strict=True) if taken}


def every_gain_counts(table, budget):
    trusted = [(name, gain, 1.0, cost) for name, gain, _, cost in table]
    return list(right_float_layers(trusted, budget))


def lower_ends(table, budget):
    return list(right_float_layers([(name, low, low, cost) for name, _, low, cost in table], budget))


def less_than_budget(table, budget):
    return list(right_float_layers(table, budget - 1))


def from_zero_on(table, budget):
    return list(
        right_float_layers([(name, gain, low if low else 1.0, cost) for name, gain, low, cost in table], budget)
    )


def sets_of_at_most(size):
    def float_layers(table, budget):
        rows = [row for row in table if row[2] > 0]
        sets = itertools.chain(*(itertools.combinations(rows, count) for count in range(size + 1)))
        allowed = [chosen for chosen in sets if sum(row[3] for row in chosen) <= budget]
        return [row[0] for row in max(allowed, key=lambda chosen: sum(row[1] for row in chosen))]

    return float_layers


def makes_all_free(table, budget):
    table[:] = [(name, gain, 1.0, 0) for name, gain, _, _ in table]
    return [row[0] for row in table]


def pops_its_rows(table, budget):
    if not table:
        return []
    name, gain, low, cost = table.pop()
    without = pops_its_rows(list(table), budget)
    if low <= 0 or cost > budget:
        return without
    gains = {row[0]: row[1] for row in table}
    with_it = pops_its_rows(list(table), budget - cost)
    return max(without, [name, *with_it], key=lambda names: sum({**gains, name: gain}[n] for n in names))


def all_that_is_proven(table, budget):
    return [name for name, _, low, _ in table if low > 0]


def in_order(key, *, stop=False):
    def float_layers(table, budget):
        chosen = []
        for name, _, low, cost in sorted(table, key=key):
            if low > 0 and cost <= budget:
                chosen.append(name)
                budget -= cost
            elif low > 0 and stop:
                return chosen
        return chosen

    return float_layers


def one_layer(table, budget):
    rows = [row for row in table if row[2] > 0 and row[3] <= budget]
    return [max(rows, key=lambda row: row[1])[0]] if rows else []


def invented(table, budget):
    return ["the last one"]


def twice(table, budget):
    return sorted(right_float_layers(table, budget)) * 2


def first_name(table, budget):
    return table[0][0]


WRONG = [
    (every_gain_counts, "may be chance"),
    (from_zero_on, "ends at exactly 0 proves nothing"),
    (sets_of_at_most(4), "small sets only"),
    (sets_of_at_most(3), "small sets only"),
    (sets_of_at_most(2), "small sets only"),
    (makes_all_free, "changes its input"),
    (pops_its_rows, "changes its input"),
    (lower_ends, "lower ends of the intervals"),
    (less_than_budget, "exactly the budget"),
    (all_that_is_proven, "ignore the budget"),
    (lambda table, budget: list(right_float_layers(table, 10 * budget)), "ignore the budget"),
    (in_order(lambda row: -row[1]), "largest gain first"),
    (in_order(lambda row: -row[1], stop=True), "stop at the first"),
    (in_order(lambda row: -row[1] / row[3]), "gain per cost first"),
    (in_order(lambda row: row[3]), "cheapest layers first"),
    (in_order(lambda row: 0), "order of the table"),
    (one_layer, "one layer only"),
    (invented, "table does not have"),
    (twice, "named twice"),
    (first_name, "a list of layer names"),
]

RIGHT = right_float_layers

EQUIVALENT = {
    "best, most = ((), -1.0)": "the first set that is tried gains more than 0, too",
    "for count in range(1, len(proven) + 2):": "there are no sets larger than all rows",
    "for count in range(0, len(proven) + 1):": "the empty set gains 0, which is not more than 0",
    "if cost <= budget and gain >= most:": "of two sets with the same gain either is right",
}

VARIES = {
    "table": "none, 2, 3, 4 and 6 to 8 rows; nothing proven, all proven; intervals that end below, at and above 0",
    "budget": "nothing fits, met exactly, left over, everything fits",
    "size of the best set": "0 to 8 layers",
    "gain of the best set": "0.4 to 36 points",
    "short cuts": "largest gain first and best rate first differ from the best set in every generated table",
    "form of the answer": "list, tuple or set, in any order",
}
