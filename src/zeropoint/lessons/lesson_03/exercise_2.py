"""Exercise 03.2: the clip with (nearly) the least mean squared error.

``best_clip(x, bit_width)`` returns the real value of the last code. It is accepted when its error is at most 5 % above
the least that any clip reaches, whichever way it was found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.lessons.lesson_03.clipping import fake_quantize

F32 = np.float32
COINCIDENCE = 3  # codes on one side: with so few, a wrong clip is easily one step of a right one
WORSE = 1.05  # how much larger than the least error the error of a clip may be
_SHARES = np.linspace(0.0025, 1, 400)  # of the largest |x|: the clips among which the least error is looked for


# --- Reference: not a clip, but what a clip is judged by ----------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ClipTask:
    """What a clip is judged by: the tensor, and the least error that any clip reaches."""

    x: np.ndarray  # float64
    bit_width: int
    best: float
    least: float

    def error(self, clip: float) -> float:
        """Return the mean squared error with this clip."""
        return _error(self.x, clip, self.bit_width)


def reference(x: np.ndarray, bit_width: int) -> ClipTask:
    """Return the task with its solution."""
    flat = x.ravel().astype(np.float64)
    clips = _SHARES * np.abs(flat).max()
    errors = [_error(flat, clip, bit_width) for clip in clips]
    best = float(clips[np.argmin(errors)])
    return ClipTask(x.astype(np.float64), bit_width, best, min(errors))


def _error(x: np.ndarray, clip: float, bit_width: int) -> float:
    return float(np.mean((fake_quantize(x, clip, bit_width) - x) ** 2))


# --- Cases --------------------------------------------------------------------------------------------------------


def cases() -> list[Case]:
    """Return tensors of many shapes of tail, at the bit widths at which their best clips differ."""
    return [Case((x, bits), public=i < 2) for i, (x, bits) in enumerate(_drawn_tensors())]


def _drawn_tensors() -> tuple[tuple[np.ndarray, int], ...]:
    generator = np.random.default_rng(31)
    n = 2000
    tensors = [
        (generator.normal(size=(50, 40)), (4, 2, 8)),
        (1e-3 * generator.laplace(size=n), (4, 3)),
        (300 * generator.standard_t(4, n), (4, 6)),
        (generator.uniform(-2, 2, n), (3,)),
        (np.append(generator.normal(size=n), 9.0), (3, 5)),  # one outlier
        (-np.abs(generator.laplace(size=n)), (3, 5)),  # no positive value
        (generator.normal(0.5, 0.2, n), (3, 5)),
        (np.append(generator.normal(size=12_000), -30.0), (2, 3)),  # the best clip is a tenth of the largest |x|
        (np.maximum(generator.normal(size=(6, 5, 9, 8)), 0), (7,)),  # after a ReLU
    ]
    tensors += _two_minima()
    pairs = [(x.astype(F32), bits) for x, widths in tensors for bits in widths]
    pairs.sort(key=lambda pair: (pair[1] != 4, pair[0].ndim))  # the first are shown: easy on the eye
    return tuple(pairs)


def _two_minima() -> list[tuple[np.ndarray, tuple[int, ...]]]:
    """Return tensors whose error falls, rises and falls again: a search that stops at the first rise ends too early."""
    signs = np.resize([1.0, -1.0], 1200)
    return [
        (np.append(signs[:60], 12.0), (2,)),  # the best clip is the upper one
        (1e-3 * np.append(signs[:60], -12.0), (3,)),
        (np.append(signs[:600], -12.0), (2,)),  # the lower one
        (50 * np.append(signs[:1200], 12.0).reshape(-1, 1), (3,)),
    ]


# --- Comparison ---------------------------------------------------------------------------------------------------


def compare(got: Any, task: ClipTask) -> str | None:
    """Accept every clip whose error is at most :data:`WORSE` times the least."""
    value = numbers(got)
    if value is None or isinstance(got, list | tuple) or value.size != 1:
        return f"expected one number, the clip, got a {_described(got)}."
    clip = value.item()
    if not np.isfinite(clip) or clip <= 0:
        return f"the clip is {clip:g}: a ruler needs a positive one."
    if _good(clip, task):
        return None
    if task.x.max() <= 0:
        return f"the error of the clip {clip:g} is too large where no value is positive: is it |x| that you look at?"
    quant_max = 2 ** (task.bit_width - 1) - 1
    if quant_max > COINCIDENCE and _good(clip * quant_max, task):
        return "that looks like the scale, one step; asked is the clip, the real value of the last code."
    if _good(clip * np.abs(task.x).max(), task):
        return "that looks like a share of the largest |x|; asked is the clip itself: multiply."
    side = "small: it clips too much" if clip < task.best else "large: it rounds too coarsely"
    factor = task.error(clip) / task.least
    return f"the clip is too {side} – the error is {factor:.2g} times the least one at {task.bit_width} bits."


def _good(clip: float, task: ClipTask) -> bool:
    return task.error(clip) <= WORSE * task.least


def _described(got: Any) -> str:
    kind = type(got).__name__
    if isinstance(got, list | tuple) and len(got) != 1:
        return f"{kind} of {len(got)}"
    return kind


# --- Wrong ideas --------------------------------------------------------------------------------------------------


def largest(x: np.ndarray, bit_width: int) -> float:
    return float(x.max())


def largest_magnitude(x: np.ndarray, bit_width: int) -> float:
    return float(np.abs(x).max())


def percentile(p: float) -> Callable[[np.ndarray, int], float]:
    """Return the clip that keeps p percent of the values, whatever the bit width."""
    return lambda x, bit_width: float(np.percentile(np.abs(x), p))


def deviations(k: float) -> Callable[[np.ndarray, int], float]:
    """Return the clip at k standard deviations, whatever the bit width."""
    return lambda x, bit_width: float(k * x.std())


PERCENTILE = (
    "That is a percentile of |x|, the same at every bit width; but the fewer the bits, the further in the best clip "
    "lies. Measure the error of many clips at this bit width."
)
DEVIATIONS = (
    "That is a fixed number of standard deviations: the best number depends on the bits and on the tensor's shape "
    "(2.5 is right for a Gaussian at 4 bits only). Measure the error of many clips."
)

CHECK = FunctionCheck(
    reference=reference,
    cases=cases,
    compare=compare,
    impostors=(
        Impostor(
            largest,
            "That is x.max(): the ruler is symmetric, so the largest absolute value counts – and clipping below it "
            "is what was asked.",
        ),
        Impostor(
            largest_magnitude,
            "That is the largest |x|, so nothing is ever clipped: fine at 8 bits, but at 4 the error is several times "
            "as large as it need be. Try smaller clips, and keep the one with the least error.",
        ),
        *(Impostor(percentile(p), PERCENTILE) for p in (99, 99.5, 99.9, 99.99)),
        *(Impostor(deviations(k), DEVIATIONS) for k in (2, 2.5, 3, 4)),
    ),
    hints=(
        "No formula knows every tensor. How would you find out which of two clips is the better one?",
        "Measure: say 200 clips between 0 and the largest |x|, without 0 itself. For each: "
        "mean((fake_quantize(x, clip, bit_width) − x)²). Keep the clip with the least.",
        "clips = np.linspace(0.005, 1, 200) * np.abs(x).max(); errors = [… for clip in clips]; "
        "then clips[np.argmin(errors)].",
    ),
    praise="Within 5 % of the least error for every tensor and bit width. A flat minimum forgives a coarse grid.",
)
