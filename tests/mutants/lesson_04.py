"""Wrong answers to the exercises of lesson 04, written from the briefs, without the check's own code."""

from __future__ import annotations

import numpy as np


def flat(batches):
    return np.concatenate([np.asarray(b).reshape(-1) for b in batches])


def shares(x, p):
    if (x >= 0).all():
        return 0, p
    if (x <= 0).all():
        return 100 - p, 100
    return (100 - p) / 2, 100 - (100 - p) / 2


def with_zero(low, high):
    return min(low, 0.0), max(high, 0.0)


def percentile_mean_of_batches(batches, p):
    ends = [with_zero(*np.percentile(b, shares(np.asarray(b), p))) for b in batches]
    return tuple(np.array(ends).mean(axis=0))


def percentile_widest_batch(batches, p):
    low = high = 0.0
    for batch in batches:
        below, above = np.percentile(batch, shares(batch, p))
        low, high = min(low, below), max(high, above)
    return low, high


def percentile_last_batch(batches, p):
    for batch in batches:
        low, high = np.percentile(batch, shares(batch, p))
    return with_zero(low, high)


def percentile_without_zero(batches, p):
    x = flat(batches)
    return tuple(np.percentile(x, shares(x, p)))


def percentile_cut_twice(batches, p):
    x = flat(batches)
    low = np.percentile(x, 100 - p) if (x < 0).any() else 0
    return with_zero(low, np.percentile(x, p) if (x > 0).any() else 0)


def percentile_top_only(batches, p):
    x = flat(batches)
    return with_zero(x.min(), np.percentile(x, p))


def percentile_half_after_relu(batches, p):
    x, half = flat(batches), (100 - p) / 2
    return with_zero(*np.percentile(x, [half, 100 - half]))


def percentile_as_fraction(batches, p):
    x = flat(batches)
    below, above = shares(x, p)
    return with_zero(np.percentile(x, below / 100), np.percentile(x, above / 100))


def percentile_of_magnitude(batches, p):
    x = flat(batches)
    t = np.percentile(abs(x), p)
    return (-t if x.min() < 0 else 0), (t if x.max() > 0 else 0)


def percentile_without_zeros(batches, p):
    x = flat(batches)
    x = x[x != 0]
    return with_zero(*np.percentile(x, shares(x, p)))


def percentile_minmax(batches, p):
    return with_zero(min(b.min() for b in batches), max(b.max() for b in batches))


def percentile_only_high(batches, p):
    return np.percentile(flat(batches), p)


def percentile_quantile(batches, p):
    return with_zero(*np.quantile(flat(batches), [1 - p, p]))


def quantized(x, high, bits):
    s = high / (2**bits - 1)
    return np.clip(np.round(x / s), 0, 2**bits - 1) * s


def search(x, bits, ends, loss=lambda e: np.mean(e**2)):
    return float(min(ends, key=lambda end: loss(quantized(x, end, bits) - x)))


def grid(x, count=200):
    return x.max() * np.arange(1, count + 1) / count


def mse_takes_the_maximum(x, bit_width):
    return float(x.max())


def mse_counts_rounding_only(x, bit_width):
    def rounding(end):
        inside = x[x <= end]
        return np.mean((quantized(inside, end, bit_width) - inside) ** 2)

    return float(min(grid(x), key=rounding))


def mse_of_the_worst_value(x, bit_width):
    return search(x, bit_width, grid(x), lambda e: np.abs(e).max())


def mse_absolute(x, bit_width):
    return search(x, bit_width, grid(x), lambda e: np.abs(e).mean())


def mse_percentile(x, bit_width):
    return float(np.percentile(x, 99.9))


def mse_returns_scale(x, bit_width):
    return search(x, bit_width, grid(x)) / (2**bit_width - 1)


def mse_coarse(x, bit_width):
    return search(x, bit_width, x.max() * np.linspace(0.25, 1, 4))


def mse_returns_pair(x, bit_width):
    return 0.0, search(x, bit_width, grid(x))


def mse_beyond_the_maximum(x, bit_width):
    return 1.5 * float(x.max())


def mse_zero(x, bit_width):
    return 0.0


def mse_index(x, bit_width):
    return np.array([np.mean((quantized(x, e, bit_width) - x) ** 2) for e in grid(x)])


SETS = {"A": "channels swapped", "B": "none", "C": "one class", "D": "one broken image", "E": "not normalised"}

PLAN = {
    "source": "line camera",
    "images": 480,
    "classes": 12,
    "shifts": ["day", "night"],
    "preprocessing": ["decode", "RGB", "resize 224", "divide by 255", "normalise"],
    "also_used_for": [],
    "reject_broken": True,
    "observer": "mse",
    "choose_on": "validation set",
    "report_on": "test set",
    "checks": ["input ranges", "layer ranges", "predicted classes", "overlap"],
}
STEPS = PLAN["preprocessing"]

#: exercise → (wrong answer, a part of the message it must get)
MUTANTS = {
    "04.1": [
        (percentile_mean_of_batches, "average the percentiles"),
        (percentile_widest_batch, "widest of the batches"),
        (percentile_last_batch, "Only the last batch"),
        (percentile_without_zero, "does not always include 0"),
        (percentile_cut_twice, "twice what was asked"),
        (percentile_top_only, "only at the top"),
        (percentile_half_after_relu, "nothing to cut below 0"),
        (percentile_as_fraction, "counts in percent"),
        (percentile_of_magnitude, r"percentile of \|x\|"),
        (percentile_without_zeros, "exact zeros"),
        (percentile_minmax, "min-max range"),
        (percentile_only_high, "expected two numbers"),
        (percentile_quantile, r"ValueError: Quantiles must be in the range \[0, 1\]"),
    ],
    "04.2": [
        (mse_takes_the_maximum, "ends at the largest value"),
        (mse_counts_rounding_only, "clips too much"),
        (mse_returns_scale, "not the step"),
        (mse_of_the_worst_value, "too wide"),
        (mse_absolute, "clips too much; so many"),
        (mse_percentile, "its error is"),
        (mse_coarse, "try more ends"),
        (mse_returns_pair, "expected one number, the upper end; the lower"),
        (mse_beyond_the_maximum, "beyond the largest value"),
        (mse_zero, "expected a finite number above 0"),
        (mse_index, "expected one number, the upper end of the range"),
    ],
    "04.3": [
        (SETS | {"A": "none"}, "means of red and blue"),
        (SETS | {"A": "too dark"}, "one is lower and one higher"),
        (SETS | {"A": "not normalised"}, "opposite directions"),
        (SETS | {"B": "channels swapped"}, "chance would have it"),
        (SETS | {"B": "one class"}, "about a tenth"),
        (SETS | {"C": "none"}, "almost every one"),
        (SETS | {"C": "too dark"}, "both ends of the range"),
        (SETS | {"D": "not normalised"}, "mean would be near 120"),
        (SETS | {"D": "one class"}, "how many images can that be"),
        (SETS | {"E": "too dark"}, "which step is missing"),
        (SETS | {"E": "one broken image"}, "the minimum of all the others"),
        (SETS | {"E": 5}, "as text in quotes"),
    ],
    "04.4": [
        (PLAN | {"source": "test set"}, "already seen"),
        (PLAN | {"source": "training folder"}, "augmented crops"),
        (PLAN | {"source": "web photos"}, "other cameras"),
        (PLAN | {"source": "validation set"}, "has to choose the observer"),
        (PLAN | {"source": "the camera"}, "expected one of line camera"),
        (PLAN | {"classes": 10}, "12 kinds of parts"),
        (PLAN | {"images": 120}, "fewer than the 20 of each class"),
        (PLAN | {"images": 5000}, "2,500 s"),
        (PLAN | {"shifts": ["day"]}, "images of the night shift"),
        (PLAN | {"preprocessing": STEPS[:-1]}, "'normalise' is missing"),
        (PLAN | {"preprocessing": [*STEPS[:2], "random crop", *STEPS[2:]]}, "'random crop' is not done at inference"),
        (PLAN | {"preprocessing": [STEPS[0], *STEPS[2:], STEPS[1]]}, "their order is not"),
        (PLAN | {"also_used_for": ["fine-tuning"]}, "keep the sets disjoint"),
        (PLAN | {"observer": "minmax"}, "rare extremes"),
        (PLAN | {"observer": "best"}, "expected one of minmax"),
        (PLAN | {"reject_broken": False}, "broken frame in 400"),
        (PLAN | {"choose_on": "test set"}, "chosen elsewhere"),
        (PLAN | {"report_on": "validation set"}, "accuracy you publish"),
        (PLAN | {"checks": ["layer ranges"]}, "goes through unnoticed"),
        (PLAN | {"checks": ["input ranges", "overlap"]}, "lopsided"),
        (PLAN | {"images": "many"}, "expected a whole number"),
    ],
}

#: exercise → points of its first mutant, of which four of five entries are right
PARTIAL = {"04.3": 4}


def second_percentile(batches, p):
    """By order statistics, without np.percentile."""
    x = np.sort(flat(batches))
    cut = x.size * (100 - p) / 100
    below, above = (0, cut) if x[0] >= 0 else (cut, 0) if x[-1] <= 0 else (cut / 2, cut / 2)
    low, high = x[int(below)], x[x.size - 1 - int(above)]
    return np.float32([low if low < 0 else 0, high if high > 0 else 0])


def second_least_error(x, bit_width):
    """All ends at once by broadcasting, in float64, returned as an array of one element."""
    values, levels = np.float64(x).ravel(), 2**bit_width - 1
    steps = values.max() * np.linspace(0.005, 1, 200)[:, None] / levels
    errors = ((np.rint(values / steps).clip(0, levels) * steps - values) ** 2).sum(axis=1)
    return steps[errors.argmin()] * levels


#: exercise → a right answer that was written another way
SECOND = {
    "04.1": second_percentile,
    "04.2": second_least_error,
    "04.3": {"A": "Channels-swapped", "B": " none", "C": "One class", "D": "one broken image", "E": "Not normalised"},
    "04.4": {
        "source": "Line camera",
        "images": np.int64(1200),
        "classes": 12.0,
        "shifts": ("night", "day"),
        "preprocessing": ("decode", "rgb", "resize 224", "divide by 255", "normalise"),
        "also_used_for": (),
        "reject_broken": np.bool_(True),
        "observer": "percentile",
        "choose_on": "validation",
        "report_on": "test",
        "checks": ["overlap", "input ranges", "predicted classes"],
    },
}
