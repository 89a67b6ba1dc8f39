"""Wrong answers to exercise 11.3, bits under a budget, and a right one."""

from __future__ import annotations

import itertools

import numpy as np


def size_of(places, widths, counts):
    return sum(int(n) * widths[p] for n, p in zip(counts, places, strict=True)) / 8


def descending(score):
    """Return an allocation that takes bits from the layer with the smallest score until it fits."""

    def allocate(costs, widths, counts, budget_bytes):
        places = [len(widths) - 1] * len(counts)
        while size_of(places, widths, counts) > budget_bytes:
            steps = []
            for i, p in enumerate(places):
                if p > 0:
                    saved = counts[i] * (widths[p] - widths[p - 1]) / 8
                    steps.append((score(costs[i][p - 1] - costs[i][p], saved), i))
            places[min(steps)[1]] -= 1
        return [widths[p] for p in places]

    return allocate


def allocate_uniform(costs, widths, counts, budget_bytes):
    fitting = [w for w in widths if sum(counts) * w / 8 <= budget_bytes]
    return [max(fitting)] * len(counts)


def allocate_counts_bits(costs, widths, counts, budget_bytes):
    places = [len(widths) - 1] * len(counts)
    while size_of(places, widths, counts) * 8 > budget_bytes and any(places):
        steps = [
            ((costs[i][p - 1] - costs[i][p]) / counts[i] / (widths[p] - widths[p - 1]), i)
            for i, p in enumerate(places)
            if p > 0
        ]
        places[min(steps)[1]] -= 1
    return [widths[p] for p in places]


def allocate_one_step_short(costs, widths, counts, budget_bytes):
    return descending(lambda rise, saved: rise / saved)(costs, widths, counts, 1.15 * budget_bytes)


def allocate_places(costs, widths, counts, budget_bytes):
    return [widths.index(b) for b in second_allocate(costs, widths, counts, budget_bytes)]


def allocate_first_layers(costs, widths, counts, budget_bytes):
    """From the last layer on, take all bits that can be taken."""
    places = [len(widths) - 1] * len(counts)
    for i in reversed(range(len(places))):
        while places[i] and size_of(places, widths, counts) > budget_bytes:
            places[i] -= 1
    return [widths[p] for p in places]


def allocate_average(costs, widths, counts, budget_bytes):
    return 8 * budget_bytes / sum(counts)


def allocate_strange_width(costs, widths, counts, budget_bytes):
    return [5 for _ in counts]


def second_allocate(costs, widths, counts, budget_bytes):
    """Every allocation is tried."""
    best = None
    for places in itertools.product(range(len(widths)), repeat=len(counts)):
        if size_of(places, widths, counts) <= budget_bytes:
            cost = sum(costs[i][p] for i, p in enumerate(places))
            best = min(best, (cost, places)) if best else (cost, places)
    return np.array([float(widths[p]) for p in best[1]])


WRONG = [
    (allocate_uniform, "same bits"),
    (descending(lambda rise, saved: rise), "whatever it saves"),
    (descending(lambda rise, saved: -saved), "never look at the costs"),
    (descending(lambda rise, saved: -rise / saved), r"costs \*most\*"),
    (allocate_counts_bits, "weights times bits are bits"),
    (allocate_one_step_short, "go on until it fits"),
    (allocate_places, r"Return widths\[place\]"),
    (allocate_first_layers, "times the least possible"),
    (allocate_average, "expected 3 numbers"),
    (allocate_strange_width, r"has 5 bits: expected one of \(2, 4, 6, 8\), the columns"),
]

RIGHT = second_allocate
