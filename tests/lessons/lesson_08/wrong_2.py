"""Wrong answers to exercise 08.2, which layers to leave in float, and a right one."""

from __future__ import annotations

import itertools

import numpy as np


def right_float_layers(table, budget):
    masks = itertools.product((0, 1), repeat=len(table))
    rows = np.array([row[1:] for row in table])
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
    (lower_ends, "lower ends of the intervals"),
    (less_than_budget, "exactly the budget"),
    (all_that_is_proven, "ignore the budget"),
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
