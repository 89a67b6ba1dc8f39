"""Checks of lesson 06: the PTQ loop, a configuration that meets its brief, the class that suffers, accept or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zeropoint.course.checks.lesson_06_loop import LOOP
from zeropoint.course.checks.lesson_06_plans import CRITERIA, PICK
from zeropoint.course.spec import Case, Check, ChoiceField, Field, FieldsCheck, FunctionCheck, Impostor

CLASSES = 10
Answer = tuple[int, float] | None


def _losses(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> dict[int, Any]:
    from zeropoint.vision.statistics import paired_difference

    return {int(c): paired_difference(fp32[labels == c], int8[labels == c]) for c in np.unique(labels)}


def reference_worst_class(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    """Return the class with the largest loss among those whose paired 95 % interval lies below 0."""
    shown = {c: d for c, d in _losses(fp32, int8, labels).items() if d.interval[1] < 0}
    worst = min(shown, key=lambda c: shown[c].points, default=None)
    return None if worst is None else (worst, shown[worst].points)


def _any_interval(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    losses = _losses(fp32, int8, labels)
    worst = min(losses, key=lambda c: losses[c].points)
    return worst, losses[worst].points


def _most_images(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    shown = {c: d for c, d in _losses(fp32, int8, labels).items() if d.interval[1] < 0}
    worst = min(shown, key=lambda c: shown[c].gained - shown[c].lost, default=None)
    return None if worst is None else (worst, shown[worst].points)


def _lost_only(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    shown = {c: d for c, d in _losses(fp32, int8, labels).items() if d.interval[1] < 0}
    worst = min(shown, key=lambda c: -shown[c].lost / shown[c].n, default=None)
    return None if worst is None else (worst, -100 * shown[worst].lost / shown[worst].n)


def _lowest_accuracy(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    losses = _losses(fp32, int8, labels)
    worst = min(losses, key=lambda c: int8[labels == c].mean())
    return worst, losses[worst].points


def _sign(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    answer = reference_worst_class(fp32, int8, labels)
    return answer and (answer[0], -answer[1])


def _share(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    answer = reference_worst_class(fp32, int8, labels)
    return answer and (answer[0], answer[1] / 100)


def class_cases() -> list[Case]:
    """Return made-up hits: classes of unequal size, one of them tiny and unlucky, one that was bad from the start."""
    rng = np.random.default_rng(6)
    cases = []
    for case in range(6):
        sizes = rng.integers(150, 400, CLASSES)
        tiny, large, bad = rng.permutation(CLASSES)[:3]
        sizes[tiny], sizes[large] = 4, 1500
        labels = rng.permutation(np.repeat(np.arange(CLASSES), sizes))
        right, keep = rng.uniform(0.85, 0.98, CLASSES), rng.uniform(0.9, 0.97, CLASSES)
        regain = np.full(CLASSES, 0.3)
        right[bad], keep[large], keep[bad], regain[bad] = 0.4, 0.9, 0.99, 0.02
        if case == 2:  # nothing can be shown
            keep[:], regain[:] = 0.998, 0.1
        fp32 = rng.random(labels.size) < right[labels]
        int8 = np.where(fp32, rng.random(labels.size) < keep[labels], rng.random(labels.size) < regain[labels])
        few = np.flatnonzero(labels == tiny)
        fp32[few], int8[few] = True, [False, True, True, True]  # one image of four: bad luck, or more?
        cases.append(Case((fp32, int8, labels)))
    return cases


def compare_class(got: Any, want: Answer) -> str | None:
    """Compare (class, points), or None where no class demonstrably suffers."""
    if want is None:
        return None if got is None else "no interval lies below 0 here, so the answer is None."
    if got is None:
        return "there is a class whose interval lies below 0: only where there is none, the answer is None."
    if not isinstance(got, tuple | list) or len(got) != 2:
        return "expected two values, the class and the points it gained (negative for a loss), or None."
    if int(got[0]) != want[0]:
        return f"class {int(got[0])} is not the one that demonstrably suffers most."
    return None if abs(float(got[1]) - want[1]) < 1e-6 else "the class is right, its points are not."


WORST_CLASS = FunctionCheck(
    reference=lambda *args: reference_worst_class(*args),
    cases=class_cases,
    compare=compare_class,
    impostors=(
        Impostor(
            _any_interval,
            "You also take a class whose interval includes 0: with a handful of images, luck loses a third of them. "
            "Ask for an interval that lies below 0.",
        ),
        Impostor(
            _most_images,
            "You compare numbers of images: the largest class then always suffers most. Compare shares, in points.",
        ),
        Impostor(
            _lost_only,
            "You count lost images only: what the same class gained belongs into the difference.",
        ),
        Impostor(
            _lowest_accuracy,
            "You take the class with the lowest accuracy: it may have been bad in FP32 already. Asked is what changed.",
        ),
        Impostor(_sign, "The sign: a class that lost has negative points, INT8 minus FP32."),
        Impostor(_share, "The points are a share between −1 and 1 in your answer: points are percent, so times 100."),
    ),
    hints=(
        "One class at a time: here = labels == c, then paired_difference(fp32[here], int8[here]).",
        "Keep a class only if difference.interval[1] < 0, so that the whole interval lies below 0.",
        "Among those the one with the smallest difference.points; None if none is left (min(…, default=None)).",
    ),
    praise="Shares rather than counts, changes rather than levels, and no class blamed on luck.",
)

_DETECTOR = (
    Field(
        "drop",
        0.6,
        (
            (-0.6, "a drop of 0.6 is a positive number."),
            (1.7647, "that is in percent of 34.0; the brief asks for mAP."),
        ),
        "FP32 minus INT8, in mAP.",
        1e-6,
    ),
    Field(
        "drop_margin",
        0.1,
        ((-0.1, "the drop is smaller than what is allowed, so the margin is positive."), (0.7, "that is the limit.")),
        "what is allowed minus what was lost, in mAP.",
        1e-6,
    ),
    Field(
        "speed_margin",
        0.1,
        ((2.1, "that is the speed-up; how far is it above what is needed?"), (1.05, "the difference, not the ratio.")),
        "the measured speed-up minus the one needed.",
        1e-6,
    ),
    ChoiceField(
        "decision",
        ("passes", "fails"),
        ("a", "b", "c"),
        ("passes", "b"),
        (
            (("fails", None), "33.4 is 0.6 below 34.0 and 2.1 is above 2: both limits are kept."),
            (("passes", "a"), "it passes, but 0.1 mAP of margin is small against the interval of a mAP."),
            (("passes", "c"), "it passes already, so nothing has to be repaired first: what is thin is the evidence."),
        ),
        "compare both numbers with both limits.",
    ),
    ChoiceField(
        "first_evidence",
        ("more images", "more bits", "a faster device"),
        ("a", "b", "c"),
        ("more images", "c"),
        (
            (("more images", None), "the choice is right; why does a margin of 0.1 mAP need more images?"),
            (("more bits", None), "more bits change the model; asked is how sure you can be of this one."),
            (("a faster device", None), "the product's device is what it is: 2.1× there is what counts."),
        ),
        "which of them tells whether the margin is real?",
    ),
)

DETECTOR = FieldsCheck(
    fields=_DETECTOR,
    hints=(
        "34.0 − 33.4 against 0.7; 2.1 against 2: compute both margins first.",
        "It passes. What is not known yet is whether it would pass again: on other images, on another day.",
        "A margin of 0.1 mAP is real only if the interval of the paired difference stays above the limit.",
    ),
    praise="It passes; the margins are thin, so the next thing to collect is evidence and not another repair.",
)

EXERCISES: Mapping[str, Check] = {"06.1": LOOP, "06.2": PICK, "06.3": WORST_CLASS, "06.4": DETECTOR, "06.5": CRITERIA}
