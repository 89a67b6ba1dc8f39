"""Wrong answers to the exercises of lesson 04, written from the briefs, without the check's own code."""

from __future__ import annotations

import numpy as np

from tests.mutants import lesson_04_ranges as ranges

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
        (ranges.percentile_mean_of_batches, "average the percentiles"),
        (ranges.percentile_widest_batch, "widest of the batches"),
        (ranges.percentile_last_batch, "Only the last batch"),
        (ranges.percentile_without_zero, "does not always include 0"),
        (ranges.percentile_cut_twice, "twice what was asked"),
        (ranges.percentile_top_only, "only at the top"),
        (ranges.percentile_half_after_relu, "nothing to cut below 0"),
        (ranges.percentile_as_fraction, "counts in percent"),
        (ranges.percentile_of_magnitude, r"percentile of \|x\|"),
        (ranges.percentile_without_zeros, "exact zeros"),
        (ranges.percentile_minmax, "min-max range"),
        (ranges.percentile_only_high, "expected two numbers"),
        (ranges.percentile_symmetric, "for both ends"),
        (ranges.percentile_signs_apart, "of negative and of positive values apart"),
        (ranges.percentile_first_signs, "signs in the first batch"),
        (ranges.percentile_negative_forgotten, "off the bottom"),
        (ranges.percentile_strictly_negative, "off the bottom"),
        (ranges.percentile_joined, "ValueError"),
        (lambda batches, p: ranges.percentile_last_batch(batches[:1], p), "Only the first batch"),
        (lambda batches, p: ranges.second_percentile(batches, p)[::-1], "lower end comes first"),
        (ranges.percentile_quantile, r"ValueError: Quantiles must be in the range \[0, 1\]"),
    ],
    "04.2": [
        (ranges.mse_takes_the_maximum, "ends at the largest value"),
        (ranges.mse_counts_rounding_only, "clips too much"),
        (ranges.mse_returns_scale, "not the step"),
        (ranges.mse_of_the_worst_value, "too wide"),
        (ranges.mse_absolute, "clips too much; so many"),
        (ranges.mse_percentile, "its error is"),
        (ranges.mse_coarse, "Try more ends"),
        (ranges.mse_of_a_signed_grid, "with the codes 0"),
        (ranges.mse_share, "share of the largest"),
        (ranges.mse_that_clips_its_input, "changes its input"),
        (ranges.mse_returns_pair, "expected one number, the upper end; the lower"),
        (ranges.mse_beyond_the_maximum, "beyond the largest value"),
        (ranges.mse_zero, "expected a finite number above 0"),
        (ranges.mse_index, "expected one number, the upper end of the range"),
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
        (SETS | {"E": "not normalized"}, "as the brief does"),
    ],
    "04.4": [
        (PLAN | {"source": "test set"}, "already seen"),
        (PLAN | {"source": "training folder"}, "augmented crops"),
        (PLAN | {"source": "web photos"}, "other cameras"),
        (PLAN | {"source": "validation set"}, "has to choose the observer"),
        (PLAN | {"source": "the camera"}, "expected one of line camera"),
        (PLAN | {"classes": 10}, "12 kinds of parts"),
        (PLAN | {"images": 120}, "fewer than the 20 of each kind"),
        (PLAN | {"images": 5000}, "2,500 s"),
        (PLAN | {"images": 1201}, "600.5 s"),
        (PLAN | {"shifts": ["day"]}, "images of the night shift"),
        (PLAN | {"shifts": ["day", "night", "evening"]}, "knows no evening"),
        (PLAN | {"preprocessing": [*STEPS, "normalise"]}, "is done once"),
        (PLAN | {"preprocessing": STEPS[:-1]}, "'normalise' is missing"),
        (PLAN | {"preprocessing": [*STEPS[:2], "random crop", *STEPS[2:]]}, "'random crop' is not done at inference"),
        (PLAN | {"preprocessing": [STEPS[0], *STEPS[2:], STEPS[1]]}, "their order is not"),
        (PLAN | {"also_used_for": ["fine-tuning"]}, "keep the sets disjoint"),
        (PLAN | {"observer": "minmax"}, "rare extremes"),
        (PLAN | {"observer": "best"}, "expected one of minmax"),
        (PLAN | {"reject_broken": False}, "broken frame in 400"),
        (PLAN | {"choose_on": "test set"}, "chosen elsewhere"),
        (PLAN | {"report_on": "validation set"}, "accuracy you publish"),
        (PLAN | {"checks": ["layer ranges", "overlap"]}, "a step of the preprocessing is missing"),
        (PLAN | {"checks": ["layer ranges", "input ranges"]}, "search for overlap"),
        (PLAN | {"checks": ["input ranges", "overlap"]}, "lopsided"),
        (PLAN | {"images": "many"}, "expected a whole number"),
    ],
}

#: exercise → points of its first mutant, of which four of five entries are right
PARTIAL = {"04.3": 4}


#: exercise → a right answer that was written another way
SECOND = {
    "04.1": ranges.second_percentile,
    "04.2": ranges.second_least_error,
    "04.3": {"A": "Channels-swapped", "B": " none", "C": "One class", "D": "one broken image", "E": "Not normalised"},
    "04.4": {
        "source": "Line camera",
        "images": np.int64(1200),
        "classes": 12.0,
        "shifts": ("night shift", "Day"),
        "preprocessing": ("decode", "rgb", "resize 224", "divide by 255", "normalize"),
        "also_used_for": (),
        "reject_broken": np.bool_(True),
        "observer": "percentile",
        "choose_on": "validation",
        "report_on": "test",
        "checks": ["overlap", "input ranges", "predicted classes"],
    },
}
