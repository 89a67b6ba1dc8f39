"""Exercise 06.3: the class that demonstrably suffers most from quantization, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor

if TYPE_CHECKING:
    from zeropoint.vision.statistics import PairedDifference

CLASSES = 10
Answer = tuple[int, float] | None


def _losses(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> dict[int, PairedDifference]:
    """Return the paired difference of every class."""
    from zeropoint.vision.statistics import paired_difference

    return {int(c): paired_difference(fp32[labels == c], int8[labels == c]) for c in np.unique(labels)}


def _shown_losses(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> dict[int, PairedDifference]:
    """Return those whose whole 95 % interval lies below 0."""
    return {c: d for c, d in _losses(fp32, int8, labels).items() if d.interval[1] < 0}


def reference_worst_class(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    """Return the class with the largest loss among those whose paired 95 % interval lies below 0."""
    shown = _shown_losses(fp32, int8, labels)
    worst = min(shown, key=lambda c: shown[c].points, default=None)
    return None if worst is None else (worst, shown[worst].points)


def class_cases() -> list[Case]:
    """Return made-up hits: classes of unequal size, one of them tiny and unlucky, one that was bad from the start."""
    generator = np.random.default_rng(6)
    return [Case(_class_hits(generator, nothing_shown=number == 2)) for number in range(6)]


def _class_hits(generator: np.random.Generator, *, nothing_shown: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sizes = generator.integers(150, 400, CLASSES)
    tiny, large, bad = generator.permutation(CLASSES)[:3]
    sizes[tiny] = 4
    sizes[large] = 1500
    labels = generator.permutation(np.repeat(np.arange(CLASSES), sizes))
    right = generator.uniform(0.85, 0.98, CLASSES)  # share of each class that FP32 gets right
    keep = generator.uniform(0.9, 0.97, CLASSES)  # share of those that INT8 gets right as well
    regain = np.full(CLASSES, 0.3)  # share of the others that INT8 gets right
    keep[large] = 0.9
    right[bad] = 0.4
    keep[bad] = 0.99
    regain[bad] = 0.02
    if nothing_shown:
        keep[:] = 0.998
        regain[:] = 0.1
    fp32 = generator.random(labels.size) < right[labels]
    kept = generator.random(labels.size) < keep[labels]
    regained = generator.random(labels.size) < regain[labels]
    int8 = np.where(fp32, kept, regained)
    few = np.flatnonzero(labels == tiny)
    fp32[few] = True
    int8[few] = [False, True, True, True]  # one image of four: bad luck, or more?
    return fp32, int8, labels


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


def _any_interval(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    losses = _losses(fp32, int8, labels)
    worst = min(losses, key=lambda c: losses[c].points)
    return worst, losses[worst].points


def _most_images(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    shown = _shown_losses(fp32, int8, labels)
    worst = min(shown, key=lambda c: shown[c].gained - shown[c].lost, default=None)
    return None if worst is None else (worst, shown[worst].points)


def _lost_only(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    shown = _shown_losses(fp32, int8, labels)
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


CHECK = FunctionCheck(
    reference=reference_worst_class,
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
