"""Exercise 06.3: the class that demonstrably suffers most from quantization, or none."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck, Impostor

if TYPE_CHECKING:
    from zeropoint.vision.statistics import PairedDifference

Answer = tuple[int, float] | None

POINTS_ROUNDED = 0.0051  # points may be rounded to two digits behind the point, as the lesson prints them


class Group(NamedTuple):
    """The images of one class: how many there are, and how many of them are right in FP32, gained, and lost."""

    label: int
    n: int
    right: int
    gained: int
    lost: int


# Each set of classes has its traps. "Unlucky": so few images that the interval includes 0.
SETS = (
    # 0 is unlucky, 2 loses most images, 3 was bad in FP32 already: the answer is 1
    (Group(0, 4, 4, 0, 1), Group(1, 300, 280, 6, 30), Group(2, 1500, 1400, 20, 110), Group(3, 200, 70, 1, 15)),
    # p = 0.06 for class 0, whose interval lies below 0 all the same; 7 gains more than any class loses
    (Group(0, 20, 20, 0, 5), Group(7, 100, 40, 50, 2), Group(8, 5, 5, 0, 2), Group(31, 300, 280, 3, 14)),
    # no loss can be shown, though a Wald interval says so of 2 and of 5; 9 has gained
    (Group(2, 12, 12, 0, 3), Group(3, 150, 140, 3, 6), Group(5, 300, 290, 0, 4), Group(9, 200, 100, 30, 5)),
    # 24 images are enough when half of them are lost; 4 comes first and loses less
    (Group(4, 400, 380, 4, 40), Group(6, 12, 12, 0, 3), Group(11, 24, 24, 0, 12), Group(20, 60, 50, 4, 9)),
    # 1 is unlucky, and a Wald interval hides it; 2 loses a larger share of what it had
    (Group(1, 60, 58, 0, 4), Group(2, 300, 60, 1, 16), Group(5, 500, 450, 10, 40)),
    # p = 0.13 for class 44, whose interval lies below 0; the surest loss is that of 50
    (Group(40, 70, 65, 2, 3), Group(44, 12, 12, 0, 4), Group(47, 300, 280, 1, 8), Group(50, 250, 240, 2, 60)),
    # the answer is 0 again, and the interval of 5 reaches farther down
    (Group(0, 200, 190, 4, 60), Group(5, 20, 20, 0, 5)),
    # nothing has changed
    (Group(0, 90, 80, 0, 0), Group(1, 60, 20, 0, 0)),
    # many classes; the interval of 3 reaches farthest down
    (Group(3, 20, 20, 0, 5), Group(12, 200, 190, 4, 60), *(Group(c, 40 + c, 35, 1, 2) for c in range(60, 68))),
    # of 1 and of 7 a larger share is lost, or changes, than of the answer
    (Group(1, 300, 280, 20, 45), Group(2, 300, 280, 0, 30)),
    (Group(7, 400, 300, 40, 70), Group(9, 200, 150, 0, 18), Group(300, 100, 60, 0, 1)),
    # few images: the middle of the interval is not the points
    (Group(3, 20, 20, 0, 5), Group(12, 200, 190, 0, 48)),
    (Group(21, 24, 24, 0, 6), Group(22, 200, 190, 2, 50)),
    # labels below 0
    (Group(-1, 300, 280, 2, 60), Group(1, 300, 280, 0, 30), Group(2, 100, 90, 0, 15)),
    (Group(-7, 100, 90, 0, 15), Group(-1, 200, 190, 1, 50), Group(7, 300, 280, 0, 24)),
    (Group(2, 300, 280, 3, 30), Group(5, 300, 280, 2, 60)),
    # the interval of 4 and of 1 includes 0, one of 90 % would not; of the answers 0 and 3 one of 99 % would
    (Group(4, 2000, 1500, 51, 71), Group(6, 300, 280, 3, 6)),
    (Group(0, 3000, 2700, 30, 52), Group(1, 900, 800, 30, 45)),
    (Group(3, 3000, 2700, 40, 64), Group(9, 200, 150, 9, 12)),
    # large labels, and 9 images that are enough
    (Group(300, 1500, 1200, 20, 60), Group(1001, 900, 850, 60, 90), Group(1002, 9, 9, 0, 5)),
)


def _losses(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> dict[int, PairedDifference]:
    """Return the paired difference of every class."""
    from zeropoint.vision.statistics import paired_difference

    return {int(c): paired_difference(fp32[labels == c], int8[labels == c]) for c in np.unique(labels)}


def _below_zero(difference: PairedDifference) -> bool:
    return difference.interval[1] < 0


def _worst(
    *,
    shown: Callable[[PairedDifference], bool] = _below_zero,
    score: Callable[[PairedDifference], float] = lambda d: d.points,
) -> Callable[[np.ndarray, np.ndarray, np.ndarray], Answer]:
    """Return a function that takes the class with the lowest score among those where a loss is shown."""

    def worst(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
        suffer = {c: d for c, d in _losses(fp32, int8, labels).items() if shown(d)}
        found = min(suffer, key=lambda c: score(suffer[c]), default=None)
        return None if found is None else (found, suffer[found].points)

    return worst


def reference_worst_class(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    """Return the class with the largest loss among those whose paired 95 % interval lies below 0."""
    return _worst()(fp32, int8, labels)


def class_cases() -> list[Case]:
    """Return made-up hits: sets of two to ten classes of unequal size, in shuffled order."""
    generator = np.random.default_rng(6)
    return [Case(_hits(groups, generator)) for groups in SETS]


def _hits(groups: Sequence[Group], generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return fp32, int8 and labels, each of shape (images,), in random order."""
    fp32 = np.concatenate([np.arange(group.n) < group.right for group in groups])
    int8 = np.concatenate([_after(group) for group in groups])
    labels = np.repeat([group.label for group in groups], [group.n for group in groups])
    order = generator.permutation(labels.size)
    return fp32[order], int8[order], labels[order]


def _after(group: Group) -> np.ndarray:
    """Return which images are right after quantization: the first that were right are lost, the last are gained."""
    place = np.arange(group.n)
    kept = (group.lost <= place) & (place < group.right)
    return kept | (place >= group.n - group.gained)


def observe_class(answer: Any, *_: Any) -> list[Any]:
    """Return the answer in a list, which is empty for None: that is a result here, and no missing return."""
    return [] if answer is None else [answer]


def compare_class(got: list[Any], want: list[Any]) -> str | None:
    """Compare (class, points), or nothing where no class demonstrably suffers."""
    if not want:
        return None if not got else "no interval lies below 0 here, so the answer is None."
    if not got:
        return (
            "your function returns nothing (None), and there is a class whose interval lies below 0: the answer is "
            "None only where there is no such class."
        )
    answer = numbers(got[0])
    if answer is None or answer.shape != (2,):
        return "expected two numbers, the class and its points (negative for a loss), or None."
    label, points = want[0]
    if answer[0] != label:
        return f"class {answer[0]:g} is not the one that demonstrably suffers most."
    return None if abs(answer[1] - points) < POINTS_ROUNDED else "the class is right, its points are not."


def _wald_below_zero(difference: PairedDifference) -> bool:
    """Return whether the textbook interval lies below 0: without the half images that mend it for few images."""
    n = difference.n
    net = difference.lost - difference.gained
    half = 1.96 * math.sqrt(max(difference.lost + difference.gained - net**2 / n, 0))
    return net > half


def _at_level(deviations: float) -> Callable[[PairedDifference], bool]:
    """Return whether the interval lies below 0 that takes this many standard errors in place of 1.96."""
    return lambda d: d.points + (d.interval[1] - d.points) * deviations / 1.96 < 0


def _apart(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    """Return the class that has lost most among those whose two accuracies have intervals without overlap."""
    from zeropoint.vision.statistics import accuracy

    losses = _losses(fp32, int8, labels)
    pairs = {c: (accuracy(fp32[labels == c]), accuracy(int8[labels == c])) for c in losses}
    suffer = [c for c, (before, after) in pairs.items() if after.interval[1] < before.interval[0]]
    worst = min(suffer, key=lambda c: losses[c].points, default=None)
    return None if worst is None else (worst, losses[worst].points)


def _lost_only(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    worst = _worst(score=lambda d: -d.lost / d.n)(fp32, int8, labels)
    return worst and (worst[0], -100 * float((fp32 & ~int8)[labels == worst[0]].mean()))


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


def _digits_only(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    known = (labels >= 0) & (labels < 10)
    return reference_worst_class(fp32[known], int8[known], labels[known])


def _without_sign(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    return reference_worst_class(fp32, int8, np.abs(labels))


def _position(fp32: np.ndarray, int8: np.ndarray, labels: np.ndarray) -> Answer:
    answer = reference_worst_class(fp32, int8, labels)
    return answer and (np.unique(labels).tolist().index(answer[0]), answer[1])


IMPOSTORS = (
    Impostor(
        _worst(shown=lambda d: True),
        "You also take a class whose interval includes 0: with a handful of images, luck loses a third of them. "
        "Ask for an interval that lies below 0.",
    ),
    Impostor(
        _worst(shown=lambda d: d.p_value < 0.05 and d.points < 0),
        "You ask for a small p-value. The brief asks for the interval, and with few images the two need not agree: "
        "take d.interval.",
    ),
    *(
        Impostor(
            _worst(shown=_at_level(deviations)),
            "Your interval is wider than the one of 95 %: take d.interval as it is, whatever the number of classes.",
        )
        for deviations in (2.576, 2.81)
    ),
    Impostor(
        _apart,
        "You compare the intervals of two accuracies, which are wide: on the same images the interval of the *paired* "
        "difference decides.",
    ),
    Impostor(
        _worst(shown=_wald_below_zero),
        "Your interval is the textbook one, the points ± 1.96 standard errors: with few images it is too narrow. "
        "Take d.interval, which counts half an image more in each cell.",
    ),
    Impostor(_worst(shown=_at_level(1.645)), "Your interval is narrower than the one of 95 %: take d.interval."),
    Impostor(
        _worst(shown=lambda d: d.n >= 30 and _below_zero(d)),
        "You leave small classes out: of 24 images, 12 lost ones are no luck. The interval knows how many images "
        "there are.",
    ),
    Impostor(
        _worst(score=lambda d: d.gained - d.lost),
        "You compare numbers of images: the largest class then always suffers most. Compare shares, in points.",
    ),
    Impostor(
        _worst(score=lambda d: d.interval[1]),
        "You take the class whose loss is surest: the upper end of the interval. Among the shown losses, the largest "
        "one in points is asked for.",
    ),
    Impostor(
        _worst(score=lambda d: sum(d.interval)),
        "You rank by the middle of the interval, which with few images is not the measured difference: rank by "
        "d.points.",
    ),
    Impostor(
        _worst(score=lambda d: -(d.lost + d.gained) / d.n),
        "You rank by the share that changed: what a class gained makes its loss smaller, not larger.",
    ),
    Impostor(
        _digits_only,
        "You look at the labels 0 to 9 only: a label may be any whole number, so go through np.unique(labels).",
    ),
    Impostor(_without_sign, "You drop the sign of the labels: −1 and 1 are two classes."),
    Impostor(
        _worst(score=lambda d: 0),
        "You take the first class whose interval lies below 0: look at all of them, and take the largest loss.",
    ),
    *(
        Impostor(
            function,
            "You count lost images only: what the same class gained belongs in the difference, so take d.points.",
        )
        for function in (_lost_only, _worst(score=lambda d: -d.lost / d.n), _worst(score=lambda d: -d.lost))
    ),
    Impostor(
        _lowest_accuracy,
        "You take the class with the lowest accuracy: it may have been bad in FP32 already. Asked is what changed.",
    ),
    Impostor(_sign, "The sign: a class that lost has negative points, INT8 minus FP32."),
    Impostor(_share, "The points are a share between −1 and 1 in your answer: points are percent, so times 100."),
    Impostor(
        _position,
        "You return the place of the class in a list: labels may have gaps, so return the label itself.",
    ),
)

CHECK = FunctionCheck(
    reference=reference_worst_class,
    cases=class_cases,
    compare=compare_class,
    observe=observe_class,
    impostors=IMPOSTORS,
    hints=(
        "A class of four images has lost one. Has quantization done that, or luck? What tells the two apart?",
        "First the difference of each class by itself, from its own images. Keep the classes whose whole interval "
        "lies below 0, and take the largest loss among them. There may be none.",
        "d = paired_difference(fp32[labels == c], int8[labels == c]) for every c in np.unique(labels); keep it if "
        "d.interval[1] < 0; then min(kept, key=lambda c: kept[c].points, default=None).",
    ),
    praise="Shares rather than counts, changes rather than levels, and no class blamed on luck.",
)
