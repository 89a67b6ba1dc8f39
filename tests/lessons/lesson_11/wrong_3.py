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


def allocate_strictly_below(costs, widths, counts, budget_bytes):
    places = [len(widths) - 1] * len(counts)
    while size_of(places, widths, counts) >= budget_bytes:
        steps = [
            ((costs[i][p - 1] - costs[i][p]) / (counts[i] * (widths[p] - widths[p - 1])), i)
            for i, p in enumerate(places)
            if p > 0
        ]
        places[min(steps)[1]] -= 1
    return [widths[p] for p in places]


def allocate_a_byte_more(costs, widths, counts, budget_bytes):
    return second_allocate(costs, widths, counts, budget_bytes + 1)


def allocate_known_widths(costs, widths, counts, budget_bytes):
    known = (2, 4, 6, 8)[-len(costs[0]) :]
    fitting = max(budget_bytes, sum(counts) * known[0] / 8)
    return descending(lambda rise, saved: rise / saved)([row[-len(known) :] for row in costs], known, counts, fitting)


def allocate_by_the_cost_that_is_left(costs, widths, counts, budget_bytes):
    """Look at the costs, but not at what a step adds to them."""
    places = [len(widths) - 1] * len(counts)
    while size_of(places, widths, counts) > budget_bytes:
        i = min(
            (i for i, p in enumerate(places) if p > 0), key=lambda i: costs[i][0] / counts[i] / (places[i] + 1) ** 3
        )
        places[i] -= 1
    return [widths[p] for p in places]


def allocate_by_cost_after(costs, widths, counts, budget_bytes):
    places = [len(widths) - 1] * len(counts)
    while size_of(places, widths, counts) > budget_bytes:
        able = [i for i, p in enumerate(places) if p > 0]
        of_byte = {i: counts[i] * (widths[places[i]] - widths[places[i] - 1]) / 8 for i in able}
        places[min(able, key=lambda i: costs[i][places[i] - 1] / of_byte[i])] -= 1
    return [widths[p] for p in places]


def of_other_costs(change):
    """Return the best allocation for costs that were changed before they are added."""

    def allocate(costs, widths, counts, budget_bytes):
        return second_allocate(change(np.array(costs), np.array(counts)[:, None]), widths, counts, budget_bytes)

    return allocate


def allocate_by_logarithms(costs, widths, counts, budget_bytes):
    return descending(lambda rise, saved: rise / saved)(np.log(np.array(costs) + 1e-9), widths, counts, budget_bytes)


def allocate_least_maximum(costs, widths, counts, budget_bytes):
    fitting = [
        places
        for places in itertools.product(range(len(widths)), repeat=len(counts))
        if size_of(places, widths, counts) <= budget_bytes
    ]
    best = min(fitting, key=lambda places: max(costs[i][p] for i, p in enumerate(places)))
    return [widths[p] for p in best]


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
    (allocate_strictly_below, "exactly the budget fits"),
    (allocate_a_byte_more, "One byte more"),
    (allocate_known_widths, "whatever the table has"),
    (allocate_by_the_cost_that_is_left, r"its total cost is [\d.]+ times"),
    (allocate_by_cost_after, r"cost \*after\* a step"),
    (allocate_by_logarithms, r"how many \*times\*"),
    (of_other_costs(lambda costs, counts: costs * counts), "weight the costs"),
    (of_other_costs(lambda costs, counts: costs / counts), "weight the costs"),
    (of_other_costs(lambda costs, counts: costs**2), "roots or other powers"),
    (of_other_costs(lambda costs, counts: np.sqrt(costs)), "roots or other powers"),
    (of_other_costs(lambda costs, counts: costs**1.5), "roots or other powers"),
    (allocate_least_maximum, "largest cost as small"),
    (allocate_average, "expected 3 numbers"),
    (allocate_strange_width, r"has 5 bits: expected one of \(2, 4, 6, 8\), the columns"),
]

RIGHT = second_allocate

VARIES = {
    "costs": "3 to 6 layers, 3 to 5 columns; steep and flat ones, some with a last column of 0; the "
    "cheapest step is in large and in small layers",
    "widths": "six different sets of three to five widths, from 2 to 12 bits",
    "counts": "64 to 32,768 weights in a layer",
    "budget_bytes": "met exactly by the best allocation of that size, missed by it by one byte, or in between",
    "10 %": "good methods stay within 3 %, each known wrong one is more than 20 % off in two tables or more",
}
