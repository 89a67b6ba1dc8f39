"""Cases, references and comparisons for the three functions that learners write in lesson 03."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case
from zeropoint.quant import sqnr_db

F32 = np.float32
TOLERANCE_DB = 0.01
WORSE = 1.05  # how much larger than the least error the error of a clip may be
_SHARES = np.linspace(0.0025, 1, 400)  # of the largest |x|: the clips among which the least error is looked for


def fake_quantize(x: np.ndarray, clip: float, bit_width: int) -> np.ndarray:
    """Return x after a symmetric ruler, narrow range, whose last code stands for ``clip``."""
    quant_max = 2 ** (bit_width - 1) - 1
    scale = clip / quant_max
    return np.clip(np.round(x / scale), -quant_max, quant_max) * scale


# --- 03.1 ---------------------------------------------------------------------------------------------------------


def reference_db(x: np.ndarray, x_hat: np.ndarray) -> float:
    return sqnr_db(x, x_hat)


def pair_cases() -> list[Case]:
    generator = np.random.default_rng(30)
    seen = [(F32([3, 4]), F32([3, 4.5])), (F32([1, -2, 2]), F32([1, -2, 2]))]
    drawn = []
    for i in range(24):
        x = generator.normal(i % 3, 1 + i % 5, (4, 5 + i)).astype(F32)
        noisy = x + generator.normal(0.05 * (i % 4), 0.02 * (1 + i % 7), x.shape)
        drawn.append((x, (np.clip(noisy, -4, 4) if i % 2 else noisy).astype(F32)))
    drawn.append((F32([[[0.5]], [[-0.25]]]), F32([[[-0.5]], [[0.5]]])))  # more noise than signal: negative decibels
    sparse = np.maximum(generator.normal(0, 1, (8, 40)), 0)  # zeros count, in the signal and in the error
    drawn += [(sparse.astype(F32), (sparse + generator.normal(0, s, (8, 40))).astype(F32)) for s in (0.1, 0.3)]
    tiny = 1e-6 * generator.normal(0, 1, (3, 200))  # as small as a safety term that somebody adds to the noise
    drawn += [(tiny.astype(F32), (tiny + 1e-9 * generator.normal(0, 1, tiny.shape)).astype(F32))]
    return [Case(args, public=True) for args in seen] + [Case(args) for args in drawn]


def compare_db(got: Any, expected: float) -> str | None:
    """Compare decibels to a hundredth."""
    value = numbers(got)
    if value is None or isinstance(got, list | tuple):
        return f"expected one number of decibels, got a {type(got).__name__}."
    if value.size != 1:
        return f"got {value.size} numbers (shape {value.shape}): the SQNR is one for the whole tensor; take means."
    if np.isinf(expected):
        return None if value.item() == expected else f"x and x_hat are equal, got {value.item():g}: expected infinity."
    if value.item() == np.inf:
        return "infinity is for tensors that are equal: these are close, and differ."
    if expected < 0 <= value.item():
        return f"{value.item():.2f} dB is wrong: where the noise exceeds the signal, the decibels are negative."
    if np.isnan(value.item()) or abs(value.item() - expected) > TOLERANCE_DB:
        return f"{value.item():.2f} dB is wrong: 10 · log10 of mean(x²) over the mean square of the error."
    return None


# --- 03.2 ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ClipTask:
    """What a clip is judged by: the tensor, and the least error that any clip reaches."""

    x: np.ndarray
    bit_width: int
    best: float
    least: float

    def error(self, clip: float) -> float:
        """Return the mean squared error with this clip."""
        return float(np.mean((fake_quantize(self.x, clip, self.bit_width) - self.x) ** 2))


def clip_cases() -> list[Case]:
    cases = _drawn_tensors()
    return [Case((x, bits), public=i < 2) for i, (x, bits) in enumerate(cases)]


@lru_cache
def _drawn_tensors() -> tuple[tuple[np.ndarray, int], ...]:
    generator = np.random.default_rng(31)
    n = 2000
    shapes = {
        "Gaussian": generator.normal(size=(50, 40)),
        "Laplace": 1e-3 * generator.laplace(size=n),
        "wide": 300 * generator.standard_t(4, n),
        "uniform": generator.uniform(-2, 2, n),
        "outlier": np.append(generator.normal(size=n), 9.0),
        "negative": -np.abs(generator.laplace(size=n)),
        "shifted": generator.normal(0.5, 0.2, n),
        "far": np.append(generator.normal(size=12_000), -30.0),  # the best clip is a tenth of the largest |x|
    }
    widths = {"Gaussian": (4, 2, 8), "Laplace": (4, 3), "wide": (4, 6), "uniform": (3,), "far": (2, 3)}
    pairs = [(x, bits) for name, x in shapes.items() for bits in widths.get(name, (3, 5))]
    pairs.sort(key=lambda pair: (pair[1] != 4, pair[0].ndim))  # the first are shown: easy on the eye
    return tuple((x.astype(F32), bits) for x, bits in pairs)


def reference_clip(x: np.ndarray, bit_width: int) -> ClipTask:
    best, least = _least_error(x.tobytes(), x.size, bit_width)
    return ClipTask(x.astype(np.float64), bit_width, best, least)


@lru_cache(maxsize=64)
def _least_error(content: bytes, size: int, bit_width: int) -> tuple[float, float]:
    """Return the best clip and its error; the same few tensors come up at every check."""
    x = np.frombuffer(content, F32, size).astype(np.float64)
    task = ClipTask(x, bit_width, 0.0, 0.0)
    clips = _SHARES * np.abs(x).max()
    errors = [task.error(clip) for clip in clips]
    return float(clips[np.argmin(errors)]), min(errors)


def compare_clip(got: Any, task: ClipTask) -> str | None:
    """Accept every clip whose error is at most :data:`WORSE` times the least."""
    value = numbers(got)
    if value is None or isinstance(got, list | tuple) or value.size != 1:
        return f"expected one number, the clip, got a {type(got).__name__}{f' of {len(got)}' if _long(got) else ''}."
    clip = value.item()
    if not np.isfinite(clip) or clip <= 0:
        return f"the clip is {clip:g}: a ruler needs a positive one."
    if task.error(clip) <= WORSE * task.least:
        return None
    quant_max = 2 ** (task.bit_width - 1) - 1
    if quant_max > 1 and task.error(clip * quant_max) <= WORSE * task.least:
        return "that looks like the scale, one step; asked is the clip, the real value of the last code."
    if task.error(clip * np.abs(task.x).max()) <= WORSE * task.least:
        return "that looks like a share of the largest |x|; asked is the clip itself: multiply."
    side, why = ("small", "clips too much") if clip < task.best else ("large", "rounds too coarsely")
    factor = task.error(clip) / task.least
    return f"the clip is too {side}: it {why} – the error is {factor:.2g} times the least one at {task.bit_width} bits."


def _long(got: Any) -> bool:
    return isinstance(got, list | tuple) and len(got) != 1


# --- 03.4 ---------------------------------------------------------------------------------------------------------


def sqnr_of(x: np.ndarray, bit_width: int) -> float:
    """Return the SQNR with the whole range, no clipping."""
    x = x.astype(np.float64)
    return sqnr_db(x, fake_quantize(x, np.abs(x).max(), bit_width))


def reference_bits(x: np.ndarray, wanted_db: float) -> int:
    return next(bits for bits in range(2, 17) if sqnr_of(x, bits) >= wanted_db)


@lru_cache
def _targets() -> tuple[tuple[np.ndarray, float], ...]:
    """Return tensors and SQNRs; all but three SQNRs lie well between those of two bit widths.

    Five values of eight are exact: mean(x²) is 12.5 and the mean square of the error 1/8, which makes 20 dB to the last
    bit at 4 bits. Whole numbers up to 7 are codes already: without error at 4 bits, with one at 5 and 6.
    """
    generator = np.random.default_rng(32)
    drawn = []
    for i in range(20):
        draw = (generator.normal, generator.laplace, generator.uniform)[i % 3]
        x = (10.0 ** (i % 4 - 2) * draw(-1.0, 1.0, 600)).astype(F32)
        x = np.maximum(x, 0) if i % 5 == 4 else x
        x = (x.reshape(20, 30) * 2.0 ** -np.arange(20)[:, None]).astype(F32) if i % 4 == 3 else x
        bits = (8, 5, 4, 10, 6, 12, 3, 7, 16, 9)[i % 10]
        below, here = sqnr_of(x, bits - 1), sqnr_of(x, bits)
        drawn.append((x, float(round(below + (0.25, 0.5, 0.8)[i % 3] * (here - below), 1))))
    x = drawn[0][0]
    near = drawn[5][0]  # a hair above what a bit width reaches, and what it would reach were it rounded up
    bits = next(bits for bits in range(4, 12) if 0.5 < sqnr_of(near, bits) % 1 < 0.9)
    drawn += [(x, float(round(sqnr_of(x, 2) - 1, 1))), (near, sqnr_of(near, bits) + 0.05)]
    return (*drawn, (F32([7, 7, 1, 0.5, 0.5, 0.5, 0.5, 0]), 20.0), (np.arange(-7, 8, dtype=F32), 45.0))


def target_cases() -> list[Case]:
    return [Case(args, public=i < 2) for i, args in enumerate(_targets())]


def compare_bits(got: Any, expected: int) -> str | None:
    """Compare a number of bits exactly."""
    value = numbers(got)
    if value is None or value.size != 1 or isinstance(got, list | tuple):
        return f"expected one whole number of bits, got a {type(got).__name__}."
    bits = value.item()
    if bits != expected:
        more = "reach it too" if bits > expected else "are not enough"
        return f"{bits:g} bits is wrong: {'fewer' if bits > expected else 'they'} {more}."
    return None
