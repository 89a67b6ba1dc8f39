"""Exercise 03.1: the signal-to-quantization-noise ratio in decibels.

``sqnr_db(x, x_hat)`` gets two float32 arrays of one shape and returns one number, infinity where both are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.quant import sqnr_db

F32 = np.float32
TOLERANCE_DB = 0.01

Pair = tuple[np.ndarray, np.ndarray]  # x and x_hat


# --- Cases --------------------------------------------------------------------------------------------------------


def cases() -> list[Case]:
    """Return two pairs that are shown when they fail, and drawn ones that are not."""
    shown = [
        (np.array([3, 4], F32), np.array([3, 4.5], F32)),
        (np.array([1, -2, 2], F32), np.array([1, -2, 2], F32)),
    ]
    generator = np.random.default_rng(30)
    drawn = [
        *(_noisy_pair(generator, i) for i in range(24)),
        (np.array([[[0.5]], [[-0.25]]], F32), np.array([[[-0.5]], [[0.5]]], F32)),  # more noise than signal
        *_sparse_pairs(generator),
        _tiny_pair(generator),
    ]
    return [Case(pair, public=True) for pair in shown] + [Case(pair) for pair in drawn]


def _noisy_pair(generator: np.random.Generator, i: int) -> Pair:
    """Return a pair whose means, spreads, noise and shape change with i; every other one is clipped."""
    x = generator.normal(i % 3, 1 + i % 5, (4, 5 + i)).astype(F32)
    x_hat = x + generator.normal(0.05 * (i % 4), 0.02 * (1 + i % 7), x.shape)
    if i % 2:
        x_hat = np.clip(x_hat, -4, 4)
    return x, x_hat.astype(F32)


def _sparse_pairs(generator: np.random.Generator) -> Iterator[Pair]:
    """Yield pairs in which half of x is 0: zeros count, in the signal and in the error."""
    x = np.maximum(generator.normal(0, 1, (8, 40)), 0)
    for spread in (0.1, 0.3):
        yield x.astype(F32), (x + generator.normal(0, spread, x.shape)).astype(F32)


def _tiny_pair(generator: np.random.Generator) -> Pair:
    """Return a pair as small as a safety term that somebody adds to the noise."""
    x = 1e-6 * generator.normal(0, 1, (3, 200))
    return x.astype(F32), (x + 1e-9 * generator.normal(0, 1, x.shape)).astype(F32)


# --- Comparison ---------------------------------------------------------------------------------------------------


def compare(got: Any, expected: float) -> str | None:
    """Compare decibels to a hundredth."""
    value = numbers(got)
    if value is None or isinstance(got, list | tuple):
        return f"expected one number of decibels, got a {type(got).__name__}."
    if value.size != 1:
        return f"got {value.size} numbers (shape {value.shape}): the SQNR is one for the whole tensor; take means."
    decibels = value.item()
    if np.isinf(expected):
        return None if decibels == expected else f"x and x_hat are equal, got {decibels:g}: expected infinity."
    if decibels == np.inf:
        return "infinity is for tensors that are equal: these are close, and differ."
    if expected < 0 <= decibels:
        return f"{decibels:.2f} dB is wrong: where the noise exceeds the signal, the decibels are negative."
    if np.isnan(decibels) or abs(decibels - expected) > TOLERANCE_DB:
        return f"{decibels:.2f} dB is wrong: 10 · log10 of mean(x²) over the mean square of the error."
    return None


# --- Wrong ideas --------------------------------------------------------------------------------------------------


def _power(x: np.ndarray) -> np.floating:
    return np.mean(x.astype(np.float64) ** 2)


def _variance(x: np.ndarray) -> np.floating:
    return np.var(x, dtype=np.float64)


def safety_term(small: float) -> Callable[[np.ndarray, np.ndarray], Any]:
    """Return the formula with a small number added to the noise, which then never is 0."""
    return lambda x, x_hat: 10 * np.log10(_power(x) / (_power(x - x_hat) + small))


def without_zeros(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 10 * np.log10(_power(x[x != 0]) / _power((x - x_hat)[x != 0]))


def without_zeros_of_the_signal(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 10 * np.log10(_power(x[x != 0]) / _power(x - x_hat))


def mean_of_rows(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return np.mean([10 * np.log10(_power(a) / _power(a - b)) for a, b in zip(x, x_hat, strict=True)])


def twenty_of_squares(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 20 * np.log10(_power(x) / _power(x - x_hat))


def ten_of_roots(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 10 * np.log10(np.sqrt(_power(x) / _power(x - x_hat)))


def upside_down(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 10 * np.log10(_power(x - x_hat) / _power(x))


def natural_logarithm(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 10 * np.log(_power(x) / _power(x - x_hat))


def plain_ratio(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return _power(x) / _power(x - x_hat)


def peak(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 10 * np.log10(np.abs(x).max().astype(np.float64) ** 2 / _power(x - x_hat))


def signal_of_the_quantized(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 10 * np.log10(_power(x_hat) / _power(x - x_hat))


def variances(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 10 * np.log10(_variance(x) / _variance(x - x_hat))


def variance_of_the_noise(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 10 * np.log10(_power(x) / _variance(x - x_hat))


def variance_of_the_signal(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 10 * np.log10(_variance(x) / _power(x - x_hat))


SAFETY_TERM = (
    "You add a small number to the noise: where values are small it hides the noise itself, and two equal "
    "tensors do not reach infinity. Test for equality first."
)
ZEROS = "You leave the zeros of x out: they are values like all others, and so are their errors."
VARIANCE = (
    "np.var and np.std subtract the mean: a constant shift is an error too, and a signal's mean is signal. "
    "Use the mean of the squares."
)

CHECK = FunctionCheck(
    reference=sqnr_db,
    cases=cases,
    compare=compare,
    impostors=(
        Impostor(safety_term(1e-8), SAFETY_TERM),
        Impostor(safety_term(1e-9), SAFETY_TERM),
        Impostor(safety_term(1e-10), SAFETY_TERM),
        Impostor(safety_term(1e-12), SAFETY_TERM),
        Impostor(without_zeros, ZEROS),
        Impostor(without_zeros_of_the_signal, ZEROS),
        Impostor(
            mean_of_rows,
            "You average the decibels of rows: take both mean squares over the whole tensor, and then one logarithm.",
        ),
        Impostor(
            twenty_of_squares,
            "You take 20 · log10 of mean squares: 20 belongs to a ratio of roots of mean squares, 10 to one "
            "of mean squares. Everything comes out twice as large, 12 dB a bit.",
        ),
        Impostor(
            ten_of_roots,
            "You take 10 · log10 of a ratio of roots: 10 belongs to mean squares. Everything comes out half as large.",
        ),
        Impostor(
            upside_down,
            "Signal and noise are the wrong way round: a good quantizer would get a negative SQNR.",
        ),
        Impostor(
            natural_logarithm,
            "np.log is the natural logarithm; decibels take the decimal one, np.log10.",
        ),
        Impostor(
            plain_ratio,
            "That is the plain ratio; in decibels it is 10 times its decimal logarithm.",
        ),
        Impostor(
            peak,
            "That is PSNR: it compares the largest value with the noise. SQNR takes the mean square of the signal.",
        ),
        Impostor(
            signal_of_the_quantized,
            "The signal is x, not x_hat: what was clipped away would not count as signal.",
        ),
        Impostor(variances, VARIANCE),
        Impostor(variance_of_the_noise, VARIANCE),
        Impostor(variance_of_the_signal, VARIANCE),
    ),
    hints=(
        "Two mean squares: of x, and of the error x_hat − x.",
        "Decibels: 10 · log10(mean(x²) / mean((x_hat − x)²)).",
        "No error at all: test for it first and return float('inf'), or Python divides by 0.",
    ),
    praise="Right for biased, clipped and perfect tensors alike; every lesson from here on measures with it.",
)
