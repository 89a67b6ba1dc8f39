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
    (names_only, "list of two pairs"),
    (rounded, "SQNR in dB is not"),
]

RIGHT = right_worst_two
