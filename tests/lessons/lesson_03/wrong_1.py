"""Answers to exercise 03.1, written from the brief, without the check's own code."""

from __future__ import annotations

import math

import numpy as np


def mean_square(x):
    return np.mean(x**2)


def sqnr(x, x_hat):
    """By sums, in float64, as a difference of logarithms."""
    signal = np.sum(np.square(x, dtype=float))
    noise = np.sum(np.square(x - x_hat, dtype=float))
    if noise == 0:
        return math.inf
    return np.float32(10 * (np.log10(signal) - np.log10(noise)))


def guarded(formula):
    return lambda x, x_hat: math.inf if np.all(x == x_hat) else formula(x, x_hat)


def report(formula):
    """The three results, with one's own formula for decibels."""

    def of(x, x_hat):
        channels = [formula(a, b) for a, b in zip(x, x_hat, strict=True)]
        return formula(x, x_hat), channels.index(min(channels)), min(channels)

    return of


def right(x, x_hat):
    flat = x.reshape(len(x), -1), x_hat.reshape(len(x), -1)
    channels = np.array([sqnr(a, b) for a, b in zip(*flat, strict=True)])
    worst = channels.argmin()
    return [sqnr(*flat), worst, channels[worst]]


def lesson_03(x, x_hat):
    """The lesson's own cell, as it stands."""
    x, x_hat = x.astype(np.float64), x_hat.astype(np.float64)
    return 10 * np.log10(np.mean(x**2) / np.mean((x_hat - x) ** 2))


def flat_python(x, x_hat):
    signal = sum(float(a) ** 2 for a in x.ravel())
    noise = sum((float(a) - float(b)) ** 2 for a, b in zip(x.ravel(), x_hat.ravel(), strict=True))
    return 10 * math.log10(signal / noise)


def no_mean(x, x_hat):
    channels = 10 * np.log10(x**2 / (x_hat - x) ** 2)
    return channels, 0, channels[0]


def in_place(x, x_hat):
    answer = right(x, x_hat)
    x_hat -= x
    return answer


def mean_of_channels(x, x_hat):
    channels = [sqnr(a, b) for a, b in zip(x, x_hat, strict=True)]
    return np.mean(channels), np.argmin(channels), min(channels)


def padded(x, y):
    return 10 * np.log10(mean_square(x) / (mean_square(x - y) + 1e-12))


def slightly_padded(x, y):
    return 10 * np.log10(mean_square(x) / (mean_square(x - y) + 1e-10))


def best_channel(x, x_hat):
    channels = [sqnr(a, b) for a, b in zip(x, x_hat, strict=True)]
    return sqnr(x, x_hat), np.argmax(channels), max(channels)


def largest_noise(x, x_hat):
    worst = int(np.argmax([np.mean(np.square(a - b, dtype=float)) for a, b in zip(x, x_hat, strict=True)]))
    return sqnr(x, x_hat), worst, sqnr(x[worst], x_hat[worst])


def last_axis(x, x_hat):
    return sqnr(x, x_hat), *right(np.moveaxis(x, -1, 0), np.moveaxis(x_hat, -1, 0))[1:]


def from_one(x, x_hat):
    whole, worst, worst_db = right(x, x_hat)
    return whole, worst + 1, worst_db


def channel_before_the_whole(x, x_hat):
    whole, worst, worst_db = right(x, x_hat)
    return worst, whole, worst_db


def decibels_before_the_channel(x, x_hat):
    whole, worst, worst_db = right(x, x_hat)
    return whole, worst_db, worst


def nan_of_a_dead_tensor(x, x_hat):
    return right(x, x_hat) if x.any() else (math.nan, 0, math.nan)


def dead_channel_is_left_out(x, x_hat):
    whole = sqnr(x, x_hat)
    channels = np.array([sqnr(a, b) if np.any(a) else math.nan for a, b in zip(x, x_hat, strict=True)])
    if np.isnan(channels).all():
        return whole, 0, math.nan
    worst = np.nanargmin(channels)
    return (whole, worst, channels[worst]) if math.isfinite(whole) else (whole, 0, math.inf)


def dead_channel_is_worst(x, x_hat):
    def formula(a, b):
        return -math.inf if not np.any(a) else sqnr(a, b)

    return report(formula)(x, x_hat)


def dead_channel_is_nan(x, x_hat):
    channels = [lesson_03(a, b) for a, b in zip(x, x_hat, strict=True)]
    worst = int(np.argmin(channels))
    return lesson_03(x, x_hat), worst, channels[worst]


WRONG = [
    (report(guarded(lambda x, y: 20 * np.log10(mean_square(x) / mean_square(x - y)))), "20 belongs to"),
    (lesson_03, "expected three results"),
    (report(guarded(lambda x, y: 10 * np.log10(math.sqrt(mean_square(x) / mean_square(x - y))))), "half as large"),
    (report(guarded(lambda x, y: 10 * np.log10(mean_square(x - y) / mean_square(x)))), "wrong way round"),
    (report(guarded(lambda x, y: 10 * np.log(mean_square(x) / mean_square(x - y)))), "natural logarithm"),
    (report(guarded(lambda x, y: mean_square(x) / mean_square(x - y))), "plain ratio"),
    (report(guarded(lambda x, y: 10 * np.log10(np.max(x**2) / mean_square(x - y)))), "That is PSNR"),
    (report(guarded(lambda x, y: 10 * np.log10(mean_square(y) / mean_square(x - y)))), "The signal is x"),
    (report(guarded(lambda x, y: 10 * np.log10(x.var() / (x - y).var()))), "subtract the mean"),
    (no_mean, "each of the three results is one number"),
    (report(flat_python), "ZeroDivisionError"),
    (in_place, "changes its input"),
    (report(padded), "a small number added to the noise does not"),
    (report(guarded(slightly_padded)), "a small number to the noise"),
    (report(lambda x, y: 0.0 if np.all(x == y) else sqnr(x, y)), "expected infinity.$"),
    (report(lambda x, y: math.inf if np.allclose(x, y) else sqnr(x, y)), "these are close"),
    (report(lambda x, y: abs(sqnr(x, y))), "decibels are negative"),
    (report(lambda x, y: max(0.0, sqnr(x, y))), "decibels are negative"),
    (report(guarded(lambda x, y: sqnr(x[x != 0], y[x != 0]))), "the zeros of x out"),
    (mean_of_channels, "decibels of the channels"),
    (best_channel, "pick the best channel"),
    (largest_noise, "the channel with the largest error"),
    (last_axis, "along the last axis"),
    (from_one, "counted from 0, as NumPy"),
    (channel_before_the_whole, "The order of the results"),
    (decibels_before_the_channel, "The order of the results"),
    (nan_of_a_dead_tensor, "0 / 0 is NaN"),
    (dead_channel_is_left_out, "0 / 0 is NaN"),
    (dead_channel_is_worst, r"channel 0 is not the worst one"),
    (dead_channel_is_nan, r"channel 0 is not the worst one"),
]

RIGHT = right

VARIES = {
    "x": "one to five axes; one channel and many, loud and quiet; dead ones first, last, all; tiny values; zeros",
    "x_hat": "more noise than signal; clipped; a shift; all zeros, and zeros in one channel; equal to x, dead or not",
}

EQUIVALENT = {
    "channels = [decibels(a, b) for a, b in zip(x, x_hat)]": "both have the same number of channels",
    "channels = [decibels(a, b) for a, b in zip(x, x_hat, strict=False)]": "both have the same number of channels",
}
