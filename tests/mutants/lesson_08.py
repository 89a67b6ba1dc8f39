"""Wrong answers to the exercises of lesson 08, written from the briefs, without the check's own code."""

from __future__ import annotations

import itertools
import math

import numpy as np


def decibels(x, x_hat):
    noise = float(((x.astype(float) - x_hat) ** 2).sum())
    return 10 * math.log10(float((x.astype(float) ** 2).sum()) / noise) if noise else math.inf


def second_worst_two(expected, found):
    names = np.array(list(expected))
    values = np.array([decibels(expected[name], found[name]) for name in names])
    order = np.argsort(values)[:2]
    return tuple((str(names[i]), np.float32(values[i])) for i in order)


def worst_by(metric, *, reverse=False):
    def worst_two(expected, found):
        table = {name: metric(expected[name].astype(float), found[name].astype(float)) for name in expected}
        return [(name, table[name]) for name in sorted(table, key=table.get, reverse=reverse)[:2]]

    return worst_two


def of_a_mean_image(x, y):
    with np.errstate(divide="ignore"):
        axes = tuple(range(1, x.ndim))
        return np.mean(10 * np.log10((x**2).sum(axes) / ((x - y) ** 2).sum(axes)))


def quiet(function):
    with np.errstate(divide="ignore"):
        return function()


def signal_of_the_result(x, y):
    return quiet(lambda: 10 * np.log10((y**2).sum() / ((x - y) ** 2).sum()))


def of_standard_deviations(x, y):
    return quiet(lambda: 20 * np.log10(x.std() / (x - y).std()))


def twenty(x, y):
    return quiet(lambda: 20 * np.log10((x**2).sum() / ((x - y) ** 2).sum()))


def of_norms(x, y):
    return quiet(lambda: 10 * np.log10(np.linalg.norm(x) / np.linalg.norm(x - y)))


def natural(x, y):
    return quiet(lambda: 10 * np.log((x**2).sum() / ((x - y) ** 2).sum()))


def upside_down(x, y):
    return quiet(lambda: 10 * np.log10(((x - y) ** 2).sum() / (x**2).sum()))


def nothing_is_zero(x, y):
    return -math.inf if (x == y).all() else decibels(x, y)


def peaks(x, y):
    return quiet(lambda: 20 * np.log10(np.abs(x).max() / np.abs(x - y).max()))


def names_only(expected, found):
    return [name for name, _ in second_worst_two(expected, found)]


def every_layer(expected, found):
    return sorted(((n, decibels(expected[n], found[n])) for n in expected), key=lambda pair: pair[1])


def rounded(expected, found):
    return [(name, round(float(value))) for name, value in second_worst_two(expected, found)]


def second_float_layers(table, budget):
    masks = itertools.product((0, 1), repeat=len(table))
    rows = np.array([row[1:] for row in table])
    allowed = [m for m in masks if np.dot(m, rows[:, 2]) <= budget and not np.dot(m, rows[:, 1] <= 0)]
    best = max(allowed, key=lambda m: np.dot(m, rows[:, 0]))
    return {row[0] for row, taken in zip(table, best, strict=True) if taken}


def every_gain_counts(table, budget):
    trusted = [(name, gain, 1.0, cost) for name, gain, _, cost in table]
    return list(second_float_layers(trusted, budget))


def lower_ends(table, budget):
    return list(second_float_layers([(name, low, low, cost) for name, _, low, cost in table], budget))


def less_than_budget(table, budget):
    return list(second_float_layers(table, budget - 1))


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
    return sorted(second_float_layers(table, budget)) * 2


def first_name(table, budget):
    return table[0][0]


def entry(diagnosis, where, number):
    return {"diagnosis": diagnosis, "where": where, "number": number}


WARD = {
    "ward": 8,
    "A": entry("leaked images", [4, 14, 16], 160),
    "B": entry("wrap around", "stage3.2.conv1", 414),
    "C": entry("per-tensor weights", "stage3.0.conv2", 3.1),
    "D": entry("wrong normalisation", "inference", 0.486),
    "E": entry("channels swapped", "calibration", -0.37),
    "F": entry("batch norm", "stage3.2.conv2", 0.146),
}


def but(patient, **changes):
    return WARD | {patient: WARD[patient] | changes}


#: exercise → (wrong answer, a part of the message it must get)
MUTANTS = {
    "08.1": [
        (worst_by(lambda x, y: np.mean((x - y) ** 2), reverse=True), "size of the error"),
        (worst_by(decibels, reverse=True), "two best layers"),
        (lambda *outputs: second_worst_two(*outputs)[::-1], "wrong order"),
        (worst_by(of_a_mean_image), "average decibels"),
        (worst_by(signal_of_the_result), "error included"),
        (worst_by(of_standard_deviations), "forget the mean"),
        (worst_by(peaks), "largest values only"),
        (worst_by(twenty), "not 20"),
        (worst_by(of_norms), "half of the decibels"),
        (worst_by(natural), "natural logarithm"),
        (worst_by(lambda x, y: decibels(x, y) / 10), "ten decibels"),
        (worst_by(upside_down, reverse=True), "not the reverse"),
        (worst_by(nothing_is_zero), "comes out as the worst"),
        (names_only, "list of two pairs"),
        (rounded, "SQNR in dB is not"),
    ],
    "08.2": [
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
    ],
    "08.3": [
        (but("E", diagnosis="wrong normalisation"), "E – diagnosis: both sets reach from −2"),
        (but("D", diagnosis="channels swapped"), "D – diagnosis: red and blue are where they belong"),
        (but("D", diagnosis="batch norm"), "D – diagnosis: its layers add little error"),
        (but("F", diagnosis="channels swapped"), "F – diagnosis: both sets look as normalised"),
        (but("B", diagnosis="leaked images"), "B – diagnosis: no image occurs in both"),
        (but("A", diagnosis="per-tensor weights"), "A – diagnosis: nothing is wrong with inputs"),
        (but("C", diagnosis="wrap around"), "C – diagnosis: no weight changed its sign; these are rounding"),
        (but("C", diagnosis="batch norm"), "C – diagnosis: the weights have their right size"),
        (but("B", diagnosis="per-tensor weights"), "B – diagnosis: its table of parameters says per-channel"),
        (but("B", diagnosis="batch norm"), "B – diagnosis: most weights of that layer are right"),
        (but("F", diagnosis="wrap around"), "F – diagnosis: no weight of that layer changed its sign"),
        (but("F", diagnosis="a virus"), "F – diagnosis: expected one of channels swapped"),
        (but("E", where="inference"), "E – where: the inference images look as normalised"),
        (but("E", where="conv1"), "E – where: this fault sits in one of the two sets"),
        (but("B", where="stage2.1.conv2"), "B – where: that layer clips"),
        (but("C", where="stage2.0.shortcut.0"), "C – where: that one has the lowest weight SQNR"),
        (but("F", where="fc"), "F – where: asked is the layer that makes the error itself"),
        (but("A", where=[5, 15, 17]), "A – where: positions count from 0"),
        (but("A", where=[0, 1, 2]), "A – where: those are images that did leak"),
        (but("A", where=4), "A – where: expected a list of 3 numbers"),
        (but("E", number=0.37), "E – number: red minus blue is asked"),
        (but("E", number=0.015), "E – number: that is red minus blue of the inference"),
        (but("D", number=2.058), "D – number: you have the reverse: the faulty"),
        (but("D", number=2.0), "D – number: that is the width itself"),
        (but("C", number=32.6), "C – number: own_sqnr_db of that layer"),
        (but("B", number=36864), "B – number: nearly every weight"),
        (but("B", number=729), "B – number: weights that were rounded to 0"),
        (but("F", number=6.87), "F – number: you have the reverse: quantized"),
        (but("A", number=40), "A – number: that many did not leak"),
        (WARD | {"ward": "eight"}, "ward: write your ward's number"),
        (WARD | {"ward": 9}, r"^\d of 18 entries are right"),
        (WARD | {"C": None, "F": None}, "^12 of 18 entries are right. Not diagnosed yet: C, F"),
        (but("B", number=None), "B – number: still missing"),
        (WARD | {"A": "leaked images"}, "A – where: still missing"),
    ],
}

#: exercise → points of its first mutant, of which 17 of 18 entries are right
PARTIAL = {"08.3": 11}


#: exercise → a right answer that was written another way
SECOND = {
    "08.1": second_worst_two,
    "08.2": second_float_layers,
    "08.3": {
        "ward": np.int64(8),
        "A": entry("Leaked images", np.array([16, 4, 14])[[1, 2, 0]], 160.0),
        "B": entry("wrap-around", "stage3.2.conv1", np.float32(414)),
        "C": entry("per tensor weights", "stage3.0.conv2", 2.4),
        "D": entry("wrong_normalisation", "Inference", 0.49),
        "E": entry("channels swapped", "calibration", -0.3703),
        "F": entry("Batch norm", "stage3.2.conv2", 0.1456),
    },
}
