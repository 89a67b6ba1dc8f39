"""Wrong answers to the exercises of lesson 10, written from the briefs, without the check's own code."""

from __future__ import annotations

import random
import time
from statistics import mean

import numpy as np

CONVERSIONS = ("QuantizeLinear", "DequantizeLinear")


def _inside(profile):
    kernels = profile["kernel"].tolist()
    first = kernels.index("QuantizeLinear")
    last = max(i for i, kernel in enumerate(kernels) if kernel == "DequantizeLinear")
    return profile.iloc[first + 1 : last]


def _report(profile, rows, falls, *, numerator=None, whole=None):
    converts = rows["kernel"].isin(CONVERSIONS)
    falls = falls & ~converts
    chosen = (falls | converts) if numerator is None else numerator(falls, converts)
    cost = rows["microseconds"][chosen].sum()
    whole = profile["microseconds"].sum() if whole is None else whole(cost)
    return rows["layer"][falls].tolist(), int(converts.sum()), 100 * cost / whole


def _in_float(rows):
    return (rows["reads"] == "float32") & (rows["writes"] == "float32")


def everything(profile):
    return _report(profile, profile, _in_float(profile))


def float_outside(profile):
    inside = _inside(profile)
    falls = _in_float(profile)
    cost = profile["microseconds"][falls].sum() + inside["microseconds"][inside["kernel"].isin(CONVERSIONS)].sum()
    conversions = int(inside["kernel"].isin(CONVERSIONS).sum())
    return profile["layer"][falls].tolist(), conversions, 100 * cost / profile["microseconds"].sum()


def conversions_outside(profile):
    rows = _inside(profile)
    converts = profile["kernel"].isin(CONVERSIONS)
    cost = rows["microseconds"][_in_float(rows)].sum() + profile["microseconds"][converts].sum()
    return rows["layer"][_in_float(rows)].tolist(), int(converts.sum()), 100 * cost / profile["microseconds"].sum()


def by_kernel_name(profile):
    rows = _inside(profile)
    return _report(profile, rows, ~rows["kernel"].str.contains("QLinear|QGemm"))


def convolutions_only(profile):
    rows = _inside(profile)
    return _report(profile, rows, rows["kernel"] == "Conv")


def by_layer_name(profile):
    rows = _inside(profile)
    return _report(profile, rows, rows["layer"].str.endswith("_float"))


def by_missing_name(profile):
    rows = _inside(profile)
    return _report(profile, rows, ~rows["layer"].str.endswith("_int8"))


def without_conversions(profile):
    rows = _inside(profile)
    return _report(profile, rows, _in_float(rows), numerator=lambda falls, converts: falls)


def conversions_only(profile):
    rows = _inside(profile)
    return _report(profile, rows, _in_float(rows), numerator=lambda falls, converts: converts)


def of_the_rest(profile):
    rows, total = _inside(profile), profile["microseconds"].sum()
    return _report(profile, rows, _in_float(rows), whole=lambda cost: total - cost)


def by_number(profile):
    rows = _inside(profile)
    layers, conversions, _ = _report(profile, rows, _in_float(rows))
    return layers, conversions, 100 * (len(layers) + conversions) / len(profile)


def as_fraction(profile):
    layers, conversions, share = second_profile(profile)
    return layers, conversions, share / 100


def backwards(profile):
    layers, conversions, share = second_profile(profile)
    return layers[::-1], conversions, share


def second_profile(profile):
    """One pass over the rows, remembering what might be the last conversion."""
    layers, conversions, cost, pending = [], 0, 0.0, None
    begun = False
    for row in profile.to_dict("records"):
        if not begun:
            begun = row["kernel"] == "QuantizeLinear"
            continue
        if row["kernel"] == "DequantizeLinear":
            if pending:
                layers += pending[0]
                conversions += pending[1]
                cost += pending[2]
            pending = ([], 1, row["microseconds"])
        elif pending and (row["kernel"] == "QuantizeLinear" or row["reads"] == "float32"):
            name = [row["layer"]] if row["kernel"] != "QuantizeLinear" else []
            pending = (pending[0] + name, pending[1] + (not name), pending[2] + row["microseconds"])
    return np.array(layers, dtype=str), conversions, round(100 * cost / profile["microseconds"].sum(), 1)


DECISION = {
    "A": ("reject", "a"),
    "B": ("reject", "b"),
    "C": ("measure", "d"),
    "D": ("ship", "e"),
    "E": ("reject", "c"),
    "gain": 1.5,
    "relaxed": ("F", "e"),
}


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


#: exercise → (wrong answer, a part of the message it must get)
MUTANTS = {
    "10.1": [
        (everything, "You count what lies outside as well"),
        (float_outside, "Look inside only"),
        (conversions_outside, "first QuantizeLinear and the last DequantizeLinear too"),
        (by_kernel_name, "go by the kernel's name"),
        (convolutions_only, "convolutions only"),
        (by_layer_name, "somebody chose once"),
        (by_missing_name, "called …_int8 may have run in float"),
        (without_conversions, "lacks the conversions"),
        (conversions_only, "has the conversions only"),
        (by_number, "divide numbers of kernels"),
        (of_the_rest, "time of the other kernels"),
        (as_fraction, "the share is a fraction"),
        (backwards, "order of execution"),
    ],
    "10.2": [
        (DECISION | {"A": ("ship", "e")}, "one frame in twenty"),
        (DECISION | {"A": ("measure", "a")}, "more images do not repair that"),
        (DECISION | {"A": ("reject", "d")}, "A: right, but for another reason"),
        (DECISION | {"B": ("ship", "e")}, "with four threads"),
        (DECISION | {"C": ("ship", "e")}, "a loss of over a point is not excluded"),
        (DECISION | {"C": ("reject", "d")}, "more images can still settle it"),
        (DECISION | {"C": ("reject", "a")}, "what is not known yet"),
        (DECISION | {"D": ("measure", "d")}, "nothing is left to be measured"),
        (DECISION | {"D": ("reject", "a")}, "which limit does it break"),
        (DECISION | {"E": ("ship", "e")}, "an eighth of a batch"),
        (DECISION | {"E": ("reject", "a")}, "no batch of eight"),
        (DECISION | {"gain": 18.5 / 8.4}, "two changes at once"),
        (DECISION | {"gain": 8.4 / 12.6}, "wrong way round"),
        (DECISION | {"gain": 13.2 / 9.6}, "asked is p50"),
        (DECISION | {"gain": 9.8 / 8.4}, "OpenVINO's FP32 over"),
        (DECISION | {"gain": 12.6 / 6.3}, "another candidate"),
        (DECISION | {"relaxed": ("D", "e")}, "loses nothing at all"),
        (DECISION | {"relaxed": ("C", "e")}, "needs no race"),
        (DECISION | {"relaxed": ("A", "e")}, "loses 0.6 points"),
        (DECISION | {"relaxed": ("F", "a")}, "the relaxed one included"),
    ],
    "10.3": [
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
    ],
}

#: exercise → points of its first mutant, of which six of seven entries are right
PARTIAL = {"10.2": 6}

#: exercise → a right answer that was written another way
SECOND = {
    "10.1": second_profile,
    "10.2": DECISION | {"A": ["Reject", "A"], "gain": 1.50, "relaxed": ("f", "E")},
    "10.3": second_timer,
}
