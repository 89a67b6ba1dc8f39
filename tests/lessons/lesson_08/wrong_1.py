"""Wrong answers to exercise 08.1, the two worst layers, and a right one."""

from __future__ import annotations

import math

import numpy as np


def decibels(x, x_hat):
    noise = float(((x.astype(float) - x_hat) ** 2).sum())
    return 10 * math.log10(float((x.astype(float) ** 2).sum()) / noise) if noise else math.inf


def right_worst_two(expected, found):
    names = np.array(list(expected))
    values = np.array([decibels(expected[name], found[name]) for name in names])
    order = np.argsort(values)[:2]
    return tuple((str(names[i]), np.float32(values[i])) for i in order)


def one_digit_and_equals_in_the_other_order(expected, found):
    first, second = right_worst_two(expected, found)
    pairs = [second, first] if first[1] == second[1] else [first, second]
    return [[name, round(float(db), 1)] for name, db in pairs]


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


def with_epsilon(e, *, of_signal):
    return lambda x, y: 10 * np.log10(((x**2).sum() + e * of_signal) / (((x - y) ** 2).sum() + e))


def equal_if(is_equal):
    return lambda x, y: math.inf if is_equal(x, y) else decibels(x, y)


def in_step(expected, found):
    table = [(name, decibels(x, y)) for (name, x), y in zip(expected.items(), found.values(), strict=True)]
    return sorted(table, key=lambda pair: pair[1])[:2]


def from_a_dictionary_of_decibels(expected, found):
    names = {}
    for name, x in expected.items():
        names[decibels(x, found[name])] = name
    return [(names[db], db) for db in sorted(names)[:2]]


def names_only(expected, found):
    return [name for name, _ in right_worst_two(expected, found)]


def rounded(expected, found):
    return [(name, round(float(value))) for name, value in right_worst_two(expected, found)]


WRONG = [
    (worst_by(lambda x, y: np.mean((x - y) ** 2), reverse=True), "size of the error"),
    (worst_by(decibels, reverse=True), "two best layers"),
    (lambda *outputs: right_worst_two(*outputs)[::-1], "wrong order"),
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
    (in_step, "look each layer up by its name"),
    (from_a_dictionary_of_decibels, "no keys of a dictionary"),
    (worst_by(lambda x, y: abs(decibels(x, y))), "drop the sign"),
    (worst_by(lambda x, y: max(0, decibels(x, y))), "stop at 0 dB"),
    (worst_by(with_epsilon(1e-12, of_signal=True)), "beside a quiet layer, with values"),
    (worst_by(with_epsilon(1e-8, of_signal=True)), "beside a quiet layer, with values"),
    (worst_by(with_epsilon(1e-12, of_signal=False)), "beside a quiet layer, with values"),
    (worst_by(equal_if(np.allclose)), "call a quiet layer equal"),
    (worst_by(equal_if(lambda x, y: np.allclose(x, y, atol=1e-4))), "call a quiet layer equal"),
    (worst_by(equal_if(lambda x, y: ((x - y) ** 2).sum() < 1e-12)), "call a quiet layer equal"),
    (worst_by(lambda x, y: min(decibels(x, y), 60)), "are not the two layers|is not"),
    (names_only, "list of two pairs"),
    (rounded, "SQNR in dB is not"),
]

EQUIVALENT = {
    f"table.append((name, 10 * np.log10(signal / noise){rest}))": "NumPy divides by 0 as well: the result is infinite"
    for rest in ("", " if noise >= 0 else float('inf')", " if noise > -1 else float('inf')")
}

RIGHT = one_digit_and_equals_in_the_other_order

VARIES = {
    "expected": "2 to 9 layers; 2 to 6 images; maps of 3 to 6 pixels and rows of 10; loud and quiet ones, down to 1e-9",
    "found": "the same layers in another order; errors with a mean; one layer without any error",
    "SQNR": "from −12 dB to 100 and infinity, the worst two 3 dB apart or exactly equal",
    "precision": "one digit after the point passes, whole decibels do not",
    "form of the answer": "list or tuple, of tuples or lists; Python and NumPy numbers; equals in either order",
}
