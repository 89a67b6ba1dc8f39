"""Answers to exercise 03.1, written from the brief, without the check's own code."""

from __future__ import annotations

import math

import numpy as np


def mean_square(x):
    return np.mean(x**2)


def right(x, x_hat):
    """By sums, in float64, as a difference of logarithms."""
    signal = np.sum(np.square(x, dtype=float))
    noise = np.sum(np.square(x - x_hat, dtype=float))
    if noise == 0:
        return math.inf
    return np.float32(10 * (np.log10(signal) - np.log10(noise)))


def guarded(formula):
    return lambda x, x_hat: math.inf if (x == x_hat).all() else formula(x, x_hat)


def flat_python(x, x_hat):
    signal = sum(float(a) ** 2 for a in x.ravel())
    noise = sum((float(a) - float(b)) ** 2 for a, b in zip(x.ravel(), x_hat.ravel(), strict=True))
    return 10 * math.log10(signal / noise)


def no_mean(x, x_hat):
    return 10 * np.log10(x**2 / (x_hat - x) ** 2)


def in_place(x, x_hat):
    x_hat -= x
    return 10 * np.log10(np.mean(x**2) / np.mean(x_hat**2))


def mean_of_rows(x, x_hat):
    rows = [right(a, b) for a, b in zip(x, x_hat, strict=True)]
    return sum(rows) / len(rows)


def padded(x, y):
    return 10 * np.log10(mean_square(x) / (mean_square(x - y) + 1e-12))


def slightly_padded(x, y):
    return 10 * np.log10(mean_square(x) / (mean_square(x - y) + 1e-10))


WRONG = [
    (guarded(lambda x, y: 20 * np.log10(mean_square(x) / mean_square(x - y))), "20 belongs to"),
    (guarded(lambda x, y: 10 * np.log10(np.linalg.norm(x) / np.linalg.norm(x - y))), "half as large"),
    (lambda x, y: 10 * np.log10(mean_square(x - y) / mean_square(x)), "wrong way round"),
    (lambda x, y: 10 * np.log(mean_square(x) / mean_square(x - y)), "natural logarithm"),
    (lambda x, y: mean_square(x) / mean_square(x - y), "plain ratio"),
    (lambda x, y: 10 * np.log10(np.max(x**2) / mean_square(x - y)), "That is PSNR"),
    (lambda x, y: 10 * np.log10(mean_square(y) / mean_square(x - y)), "The signal is x"),
    (lambda x, y: 10 * np.log10(x.var() / (x - y).var()), "subtract the mean"),
    (no_mean, "one for the whole tensor"),
    (flat_python, "ZeroDivisionError"),
    (in_place, "changes its input"),
    (padded, "a small number to the noise"),
    (guarded(slightly_padded), "a small number to the noise"),
    (lambda x, y: 0.0 if (x == y).all() else right(x, y), "expected infinity"),
    (lambda x, y: math.inf if np.allclose(x, y) else right(x, y), "these are close"),
    (lambda x, y: abs(right(x, y)), "decibels are negative"),
    (lambda x, y: max(0.0, right(x, y)), "decibels are negative"),
    (guarded(lambda x, y: right(x[x != 0], y[x != 0])), "the zeros of x out"),
    (guarded(mean_of_rows), "decibels of rows"),
]

RIGHT = right
