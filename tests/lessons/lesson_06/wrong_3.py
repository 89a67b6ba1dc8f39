"""Answers to exercise 06.3, right and wrong, written from the brief, without the check's own code."""

from __future__ import annotations

import numpy as np

from zeropoint.vision.statistics import accuracy, paired_difference


def _points(fp32, int8, labels, c):
    return paired_difference(fp32[labels == c], int8[labels == c])


def _among(shown, score=lambda d: d.points):
    """Return an answer that takes the lowest score of the classes where a loss is shown, in its own way."""

    def answer(fp32, int8, labels):
        found = [(score(d), int(c), d.points) for c in set(labels) if shown(d := _points(fp32, int8, labels, c))]
        return min(found)[1:] if found else None

    return answer


def below_zero(d):
    return d.interval[1] < 0


def wald(d):
    share = (d.lost - d.gained) / d.n
    variance = (d.lost + d.gained) / d.n - share**2
    return share - 1.96 * np.sqrt(variance / d.n) > 0


def chi_square(d):
    changed = d.lost + d.gained
    return changed > 0 and d.lost > d.gained and (d.lost - d.gained) ** 2 / changed > 3.84


def separate_intervals(fp32, int8, labels):
    worst = None
    for c in np.unique(labels):
        before, after = accuracy(fp32[labels == c]), accuracy(int8[labels == c])
        points = after.percent - before.percent
        if after.interval[1] < before.interval[0] and (worst is None or points < worst[1]):
            worst = (int(c), points)
    return worst


def at_level(deviations):
    """Return whether an interval lies below 0 that is as much wider or narrower than d.interval around the points."""
    return lambda d: d.points + (d.interval[1] - d.points) * deviations / 1.96 < 0


def label_of_ten(fp32, int8, labels):
    losses = [(_points(fp32, int8, labels, c), c) for c in range(10) if c in labels]
    shown = [(d.points, c) for d, c in losses if below_zero(d)]
    return min(shown)[::-1] if shown else None


def label_without_sign(fp32, int8, labels):
    return second_class(fp32, int8, np.where(labels < 0, -labels, labels))


def class_of_ten(fp32, int8, labels):
    return min((_points(fp32, int8, labels, c).points, c) for c in range(10) if (labels == c).any())[::-1]


def class_of_lost(fp32, int8, labels):
    best = None
    for c in np.unique(labels):
        here = labels == c
        share = -100 * (fp32[here] & ~int8[here]).mean()
        if below_zero(_points(fp32, int8, labels, c)) and (best is None or share < best[1]):
            best = (c, share)
    return best


def class_relative(fp32, int8, labels):
    best = None
    for c in np.unique(labels):
        d = _points(fp32, int8, labels, c)
        relative = d.points / fp32[labels == c].mean()
        if below_zero(d) and (best is None or relative < best[0]):
            best = (relative, c, d.points)
    return best and best[1:]


def class_of_lowest_accuracy(fp32, int8, labels):
    c = min(np.unique(labels), key=lambda c: int8[labels == c].mean())
    return c, _points(fp32, int8, labels, c).points


def class_positive(fp32, int8, labels):
    found = second_class(fp32, int8, labels)
    return found and (found[0], -found[1])


def class_share(fp32, int8, labels):
    found = second_class(fp32, int8, labels)
    return found and (found[0], found[1] / 100)


def class_position(fp32, int8, labels):
    found = second_class(fp32, int8, labels)
    return found and (int(np.flatnonzero(np.unique(labels) == found[0])[0]), found[1])


def class_only(fp32, int8, labels):
    found = second_class(fp32, int8, labels)
    return found and found[0]


def class_as_text(fp32, int8, labels):
    found = second_class(fp32, int8, labels)
    return found and (str(found[0]), f"{found[1]:.2f}")


def class_never(fp32, int8, labels):
    return None


def class_zero_is_false(fp32, int8, labels):
    found = second_class(fp32, int8, labels)
    return found if found and found[0] else None


def second_class(fp32, int8, labels):
    """The same as a loop that keeps the worst one so far."""
    worst = None
    for c in sorted(set(labels.tolist())):
        d = _points(fp32, int8, labels, c)
        if d.interval[1] < 0 and (worst is None or d.points < worst[1]):
            worst = (c, d.points)
    return worst


WRONG = [
    (_among(lambda d: True), "whose interval includes 0"),
    (_among(lambda d: d.p_value < 0.05 and d.points < 0), "small p-value"),
    (_among(wald), "the textbook one"),
    (_among(lambda d: d.n >= 30 and below_zero(d)), "leave small classes out"),
    (_among(below_zero, lambda d: d.gained - d.lost), "largest class then always"),
    (_among(below_zero, lambda d: d.interval[1]), "whose loss is surest"),
    (_among(below_zero, lambda d: (d.interval[0] + d.interval[1]) / 2), "middle of the interval"),
    (_among(below_zero, lambda d: -d.lost / d.n), "lost images only"),
    (_among(below_zero, lambda d: -(d.lost + d.gained) / d.n), "share that changed"),
    (_among(at_level(1.645)), "narrower than the one of 95 %"),
    (_among(at_level(2.576)), "wider than the one of 95 %"),
    (_among(at_level(2.81)), "wider than the one of 95 %"),
    (_among(lambda d: below_zero(d) and d.points < -1), "returns nothing"),
    (label_of_ten, "labels 0 to 9 only"),
    (label_without_sign, "drop the sign of the labels"),
    (_among(below_zero, lambda d: d.interval[0]), "is not the one that demonstrably"),
    (_among(chi_square), "no interval lies below 0"),
    (separate_intervals, "intervals of two accuracies"),
    (class_of_ten, "whose interval includes 0|is not the one that"),
    (class_of_lost, "lost images only"),
    (class_relative, "is not the one that demonstrably"),
    (class_of_lowest_accuracy, "bad in FP32 already"),
    (class_positive, "The sign"),
    (class_share, "times 100"),
    (class_position, "labels may have gaps"),
    (class_only, "expected two numbers"),
    (class_as_text, "expected two numbers"),
    (class_never, "returns nothing"),
    (class_zero_is_false, "returns nothing"),
]

RIGHT = second_class

VARIES = {
    "fp32": "130 to 3,200 images in twenty sets, shuffled",
    "int8": "classes that lose, gain, do both, or do not change at all; in three sets no loss can be shown",
    "labels": "two to ten classes of 4 to 3,000 images; labels with gaps, below 0, 0, above 9 and above 1,000",
    "precision": "points rounded to two digits pass",
    "interval": "below 0 where p > 0.05 or that of 99 % is not; around 0 where Wald's or that of 90 % is below",
    "size": "an interval lies below 0 with 9, 12, 20 and 24 images",
}
