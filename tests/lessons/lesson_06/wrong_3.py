"""Answers to exercise 06.3, right and wrong, written from the brief, without the check's own code."""

from __future__ import annotations

import numpy as np

from zeropoint.vision.statistics import paired_difference


def _points(fp32, int8, labels, c):
    return paired_difference(fp32[labels == c], int8[labels == c])


def class_by_luck(fp32, int8, labels):
    points = [_points(fp32, int8, labels, c).points for c in range(10)]
    return int(np.argmin(points)), min(points)


def class_by_count(fp32, int8, labels):
    net = [(int8[labels == c].sum() - fp32[labels == c].astype(int).sum()) for c in range(10)]
    d = _points(fp32, int8, labels, int(np.argmin(net)))
    return (int(np.argmin(net)), d.points) if d.interval[1] < 0 else None


def class_of_lost(fp32, int8, labels):
    best = None
    for c in range(10):
        here = labels == c
        share = -100 * (fp32[here] & ~int8[here]).mean()
        if _points(fp32, int8, labels, c).interval[1] < 0 and (best is None or share < best[1]):
            best = (c, share)
    return best


def class_of_lowest_accuracy(fp32, int8, labels):
    c = int(np.argmin([int8[labels == c].mean() for c in range(10)]))
    return c, _points(fp32, int8, labels, c).points


def class_positive(fp32, int8, labels):
    found = second_class(fp32, int8, labels)
    return found and (found[0], -found[1])


def class_share(fp32, int8, labels):
    found = second_class(fp32, int8, labels)
    return found and (found[0], found[1] / 100)


def class_only(fp32, int8, labels):
    found = second_class(fp32, int8, labels)
    return found and found[0]


def class_never(fp32, int8, labels):
    return None


def second_class(fp32, int8, labels):
    """The same as a loop that keeps the worst one so far."""
    worst = None
    for c in np.arange(10):
        d = _points(fp32, int8, labels, c)
        if d.interval[1] < 0 and (worst is None or d.points < worst[1]):
            worst = (c, d.points)
    return worst


WRONG = [
    (class_by_luck, "whose interval includes 0"),
    (class_by_count, "largest class then always"),
    (class_of_lost, "lost images only"),
    (class_of_lowest_accuracy, "bad in FP32 already"),
    (class_positive, "The sign"),
    (class_share, "times 100"),
    (class_only, "expected two values"),
    (class_never, "returns nothing"),
]

RIGHT = second_class
