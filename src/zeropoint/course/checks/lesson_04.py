"""Checks of lesson 04: two ways to choose a range, five calibration sets to diagnose, and a calibration plan."""

from __future__ import annotations

from typing import Any

import numpy as np

from zeropoint.course.checks.lesson_04_plan import PLAN
from zeropoint.course.checks.lesson_04_ranges import (
    Range,
    compare_mse,
    compare_range,
    cuts,
    mse_cases,
    observe_percentile,
    percentile_cases,
    reference_mse,
    reference_percentile,
    wrong_percentile,
)
from zeropoint.course.checks.lesson_04_sets import SETS
from zeropoint.course.spec import Check, FunctionCheck, Impostor


def _mean(ranges: list[Range]) -> Range:
    return tuple(np.mean(ranges, axis=0))


def _widest(ranges: list[Range]) -> Range:
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _first(ranges: list[Range]) -> Range:
    return ranges[0]


def _last(ranges: list[Range]) -> Range:
    return ranges[-1]


def _always_half(x: np.ndarray, p: float) -> Range:
    return (100 - p) / 2, (100 - p) / 2


def _twice(x: np.ndarray, p: float) -> Range:
    return (0.0 if x.min() >= 0 else 100 - p), (0.0 if x.max() <= 0 else 100 - p)


def _never_bottom_only(x: np.ndarray, p: float) -> Range:
    return cuts(x, p) if x.min() >= 0 else _always_half(x, p)


def _top_only(x: np.ndarray, p: float) -> Range:
    return 0.0, 100 - p


def _fraction(x: np.ndarray, p: float) -> Range:
    below, above = cuts(x, p)
    return below / 100, 100 - (1 - above / 100)


def _magnitude(batches: list[np.ndarray], p: float) -> Range:
    x = np.concatenate([batch.ravel() for batch in batches])
    reach = float(np.percentile(np.abs(x), p))
    return (-reach if x.min() < 0 else 0.0), (reach if x.max() > 0 else 0.0)


def _equal_ends(batches: list[np.ndarray], p: float) -> Range:
    reach = float(np.percentile(np.abs(np.concatenate([batch.ravel() for batch in batches])), p))
    return -reach, reach


def _each_sign(batches: list[np.ndarray], p: float) -> Range:
    x = np.concatenate([batch.ravel() for batch in batches])
    ends = (
        float(np.percentile(side, share)) if side.size else 0.0 for side, share in ((x[x < 0], 100 - p), (x[x > 0], p))
    )
    return next(ends), next(ends)


def _signs_of_the_first(batches: list[np.ndarray], p: float) -> Range:
    return wrong_percentile(share=lambda x, p: cuts(batches[0], p))(batches, p)


def _nothing_cut(batches: list[Any], p: float) -> Range:
    ends = [(min(float(batch.min()), 0.0), max(float(batch.max()), 0.0)) for batch in batches]
    return _widest(ends)


PERCENTILE = FunctionCheck(
    reference=reference_percentile,
    cases=percentile_cases,
    compare=compare_range,
    observe=observe_percentile,
    impostors=(
        Impostor(
            wrong_percentile(reduce=_mean),
            "You average the percentiles of the batches: a percentile of all values is not the mean of percentiles, "
            "least of all when batches differ in size. Collect the values of all batches first.",
        ),
        Impostor(
            wrong_percentile(reduce=_widest),
            "You take the widest of the batches' percentiles: one extraordinary batch then decides, as with min-max. "
            "Collect the values of all batches first.",
        ),
        Impostor(
            wrong_percentile(reduce=_last),
            "Only the last batch counts in your range: an observer has to remember what it saw before.",
        ),
        Impostor(
            wrong_percentile(reduce=_first),
            "Only the first batch counts in your range: take the values of all batches.",
        ),
        Impostor(
            _signs_of_the_first,
            "You look at the signs in the first batch only: a later one may have values on the other side of 0.",
        ),
        Impostor(
            wrong_percentile(share=_never_bottom_only),
            "Where no value is positive, there is nothing to cut at the top: all of it comes off the bottom.",
        ),
        Impostor(
            wrong_percentile(widen=False),
            "Your range does not always include 0: padding and ReLU zeros would have no code. "
            "End with min(low, 0) and max(high, 0).",
        ),
        Impostor(
            wrong_percentile(share=_twice),
            "You cut (100 − p) percent off each end, twice what was asked: with values on both sides, half of it each.",
        ),
        Impostor(
            wrong_percentile(share=_top_only),
            "You cut only at the top: with values on both sides of 0, half of what is cut comes off the lower end.",
        ),
        Impostor(
            wrong_percentile(share=_always_half),
            "After a ReLU there is nothing to cut below 0, so the whole (100 − p) percent comes off the top; "
            "you cut half of it there and keep too many values.",
        ),
        Impostor(
            wrong_percentile(share=_fraction),
            "np.percentile counts in percent: 99.9 and not 0.999, which is a value near the lower end.",
        ),
        Impostor(
            _magnitude,
            "You take the percentile of |x|, which makes both ends equally long: asymmetric data have two ends of "
            "their own.",
        ),
        Impostor(
            _equal_ends,
            "You take the percentile of |x| for both ends, a symmetric range: the two ends have values of their own, "
            "and 0 is an end where no value lies beyond it.",
        ),
        Impostor(
            _each_sign,
            "You take the percentiles of negative and of positive values apart: p percent of *all* values together.",
        ),
        Impostor(
            wrong_percentile(prepare=lambda x: x[x != 0] if np.any(x) else x),
            "You leave the exact zeros out before counting: here they are values like all others.",
        ),
        Impostor(
            _nothing_cut,
            "That is the min-max range: p percent of the values are to be kept, and the rest clipped.",
        ),
    ),
    hints=(
        "First all values in one flat array: np.concatenate([batch.ravel() for batch in batches]).",
        "np.percentile(x, [below, 100 - above]) gives both ends; what is cut below depends on the signs.",
        "No negative value: below, above = 0, 100 − p. No positive one: the reverse. Otherwise half each. At last "
        "min(low, 0) and max(high, 0).",
    ),
    praise="Percentiles of all values together, cut where there is something to cut, and 0 keeps its code.",
)

LEAST_ERROR = FunctionCheck(
    reference=reference_mse,
    cases=mse_cases,
    compare=compare_mse,
    seconds=30.0,  # a grid search on every case
    impostors=(),
    hints=(
        "Try many ends between 0 and x.max(), the maximum itself among them; quantize x with each and keep the best.",
        "For an end: scale = high / (2**bit_width − 1), and x_hat = np.clip(np.round(x / scale), 0, 2**bit_width − 1) "
        "times scale.",
        "ends = x.max() * np.arange(1, 201) / 200, then errors = [np.mean((x − x_hat(end))**2) …] and "
        "ends[np.argmin(errors)].",
    ),
    praise="Clipped where it pays, and nowhere else: your errors are within 10 % of the least possible.",
)

EXERCISES: dict[str, Check] = {"04.1": PERCENTILE, "04.2": LEAST_ERROR, "04.3": SETS, "04.4": PLAN}
