"""Wrong answers to exercise 10.3, an A/B timer, and a right one."""

from __future__ import annotations

import random
import time
from statistics import mean

import numpy as np


def _median(values):
    return sorted(values)[len(values) // 2] if len(values) % 2 else sum(sorted(values)[len(values) // 2 - 1 :][:2]) / 2


def _timed(work, clock):
    start = clock()
    work()
    return clock() - start


def _rounds(a, b, clock, count, *, swap=True):
    a_times, b_times = [], []
    for number in range(count):
        if swap and number % 2:
            b_times.append(_timed(b, clock))
            a_times.append(_timed(a, clock))
        else:
            a_times.append(_timed(a, clock))
            b_times.append(_timed(b, clock))
    return a_times, b_times


def _ratios(a_times, b_times):
    return [y / x for x, y in zip(a_times, b_times, strict=True)]


def no_warm_up(a, b, clock, warmup, rounds):
    x, y = _rounds(a, b, clock, rounds)
    return _median(x), _median(y), _median(_ratios(x, y))


def warm_up_counted(a, b, clock, warmup, rounds):
    x, y = _rounds(a, b, clock, warmup + rounds)
    return _median(x), _median(y), _median(_ratios(x, y))


def blocks(a, b, clock, warmup, rounds):
    x = [_timed(a, clock) for _ in range(warmup + rounds)][warmup:]
    y = [_timed(b, clock) for _ in range(warmup + rounds)][warmup:]
    return _median(x), _median(y), _median(_ratios(x, y))


def a_always_first(a, b, clock, warmup, rounds):
    x, y = (times[warmup:] for times in _rounds(a, b, clock, warmup + rounds, swap=False))
    return _median(x), _median(y), _median(_ratios(x, y))


def _kept(a, b, clock, warmup, rounds):
    return [times[warmup:] for times in _rounds(a, b, clock, warmup + rounds)]


def means(*args):
    x, y = _kept(*args)
    return mean(x), mean(y), mean(_ratios(x, y))


def mean_ratio(*args):
    x, y = _kept(*args)
    return _median(x), _median(y), mean(_ratios(x, y))


def fastest(*args):
    x, y = _kept(*args)
    return min(x), min(y), min(y) / min(x)


def ratio_of_medians(*args):
    x, y = _kept(*args)
    return _median(x), _median(y), _median(y) / _median(x)


def upside_down(*args):
    x, y = _kept(*args)
    return _median(x), _median(y), _median(_ratios(y, x))


def other_clock(a, b, clock, warmup, rounds):
    x, y = _kept(a, b, time.perf_counter, warmup, rounds)
    return _median(x), _median(y), _median(_ratios(x, y))


def one_start(a, b, clock, warmup, rounds):
    x, y = [], []
    for number in range(warmup + rounds):
        start = clock()
        for work, times in ((a, x), (b, y))[:: 1 if number % 2 == 0 else -1]:
            work()
            times.append(clock() - start)
    x, y = x[warmup:], y[warmup:]
    return _median(x), _median(y), _median(_ratios(x, y))


def in_milliseconds(*args):
    x, y = _kept(*args)
    return 1000 * _median(x), 1000 * _median(y), _median(_ratios(x, y))


def random_order(a, b, clock, warmup, rounds):
    rng, x, y = random.Random(5), [], []
    for _ in range(warmup + rounds):
        pair = [(a, x), (b, y)]
        rng.shuffle(pair)
        for work, times in pair:
            times.append(_timed(work, clock))
    return _median(x[warmup:]), _median(y[warmup:]), _median(_ratios(x[warmup:], y[warmup:]))


def second_timer(a, b, clock, warmup, rounds):
    """b begins; the warm-up is a loop of its own; NumPy at the end."""
    for number in range(warmup):
        for work in (b, a) if number % 2 == 0 else (a, b):
            work()
    times = np.empty((rounds, 2))
    for number in range(rounds):
        columns = (1, 0) if (number + warmup) % 2 == 0 else (0, 1)
        for column in columns:
            times[number, column] = _timed((a, b)[column], clock)
    return np.array([*np.median(times, axis=0), np.median(times[:, 1] / times[:, 0])])


WRONG = [
    (no_warm_up, "There is no warm-up"),
    (warm_up_counted, "it is counted as well"),
    (blocks, "First all runs of a"),
    (a_always_first, "a begins in every round"),
    (means, "You take means"),
    (mean_ratio, "The ratio is a mean"),
    (fastest, "fastest runs"),
    (ratio_of_medians, "that of the medians"),
    (upside_down, "wrong way round"),
    (other_clock, "the clock that was handed over is never read"),
    (one_start, "read once a round"),
    (in_milliseconds, "in milliseconds"),
    (random_order, "begins in two rounds in a row"),
]

RIGHT = second_timer

VARIES = {
    "a": "another time a call in each case, a slow beginning, one stall at a drawn place",
    "b": "the same, drawn by itself",
    "clock": "of a machine that slows down to a third, each time elsewhere, and recovers in part",
    "warmup": "0, 1, 2, 3, 4",
    "rounds": "7, 8, 9, 11, 15, 20: odd and even",
}
