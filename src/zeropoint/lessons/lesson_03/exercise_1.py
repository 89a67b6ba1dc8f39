"""Exercise 03.1: the signal-to-quantization-noise ratio in decibels, of a tensor and of its worst channel.

``sqnr_report(x, x_hat)`` gets two float32 arrays of one shape, the channels along the first axis, and returns the SQNR
of all values, the number of the worst channel, and the SQNR of that one; infinity where nothing was lost.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import FunctionCheck, Impostor
from zeropoint.lessons.lesson_03.channel_pairs import cases
from zeropoint.quant import sqnr_db

TOLERANCE_DB = 0.01

Decibels = Callable[[np.ndarray, np.ndarray], Any]
Report = tuple[float, int, float]


def report(
    x: np.ndarray, x_hat: np.ndarray, formula: Decibels = sqnr_db, pick: Callable[[list[Any]], Any] = np.argmin
) -> Report:
    """Return the SQNR of the tensor, its worst channel, and the SQNR of that channel."""
    decibels = _unless_equal(formula)
    channels = [decibels(a, b) for a, b in zip(x, x_hat, strict=True)]
    picked = int(pick(channels))
    return decibels(x, x_hat), picked, channels[picked]


def _unless_equal(formula: Decibels) -> Decibels:
    """Return a formula that is not asked where nothing was lost: a channel of zeros has no signal either."""
    return lambda x, x_hat: np.inf if np.array_equal(x, x_hat) else formula(x, x_hat)


# --- Comparison ---------------------------------------------------------------------------------------------------


def compare(got: Any, expected: Report) -> str | None:
    """Compare the channel exactly, decibels to a hundredth."""
    if not isinstance(got, tuple | list) or len(got) != 3:
        return f"expected three results, 'return whole, worst, worst_db', got {_described(got)}."
    parts = [numbers(part) for part in got]
    sizes = [None if part is None else part.size for part in parts]
    if sizes != [1, 1, 1]:
        return "each of the three results is one number: SQNR of the whole tensor, number of a channel, its SQNR."
    whole, worst, worst_db = (part.item() for part in parts if part is not None)
    problem = _wrong_decibels("the whole tensor", whole, expected[0])
    if problem is None and worst != expected[1] and not expected[2] < 0 <= worst_db:
        return f"channel {worst:g} is not the worst one: the first with the lowest SQNR, counted from 0."
    return problem or _wrong_decibels("the worst channel", worst_db, expected[2])


def _described(got: Any) -> str:
    return f"{len(got)}" if isinstance(got, tuple | list) else f"one {type(got).__name__}"


def _wrong_decibels(name: str, decibels: float, expected: float) -> str | None:
    if np.isinf(expected):
        why = ": a small number added to the noise does not give it." if 60 < decibels < np.inf else "."
        why = ": 0 / 0 is NaN, so test for equality first." if np.isnan(decibels) else why
        return None if decibels == expected else f"{name} came back unchanged, {decibels:g} dB, expected infinity{why}"
    if decibels == np.inf:
        return f"{name}: infinity is for tensors that are equal: these are close, and differ."
    if expected < 0 <= decibels:
        return f"{name}: {decibels:.2f} dB is wrong: where the noise exceeds the signal, the decibels are negative."
    if np.isnan(decibels) or abs(decibels - expected) > TOLERANCE_DB:
        return f"{name}: {decibels:.2f} dB is wrong: 10 · log10 of mean(x²) over the mean square of the error."
    return None


# --- Wrong ideas --------------------------------------------------------------------------------------------------


def _power(x: np.ndarray) -> np.floating:
    return np.mean(x.astype(np.float64) ** 2)


def _variance(x: np.ndarray) -> np.floating:
    return np.var(x, dtype=np.float64)


def reported(formula: Decibels) -> Decibels:
    """Return the report of somebody who computes decibels with a wrong formula."""
    return lambda x, x_hat: report(x, x_hat, formula)


def best_channel(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return report(x, x_hat, pick=np.argmax)


def largest_error(x: np.ndarray, x_hat: np.ndarray) -> Any:
    errors = [_power(a - b) for a, b in zip(x, x_hat, strict=True)]
    return report(x, x_hat, pick=lambda _: np.argmax(errors))


def last_axis(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return (sqnr_db(x, x_hat), *report(np.moveaxis(x, -1, 0), np.moveaxis(x_hat, -1, 0))[1:])


def counted_from_one(x: np.ndarray, x_hat: np.ndarray) -> Any:
    whole, worst, worst_db = report(x, x_hat)
    return whole, worst + 1, worst_db


def reordered(*places: int) -> Decibels:
    """Return the right results in another order."""
    return lambda x, x_hat: tuple(report(x, x_hat)[place] for place in places)


def mean_of_channels(x: np.ndarray, x_hat: np.ndarray) -> Any:
    channels = [_unless_equal(sqnr_db)(a, b) for a, b in zip(x, x_hat, strict=True)]
    return np.mean(channels), *report(x, x_hat)[1:]


def safety_term(small: float) -> Decibels:
    """Return the formula with a small number added to the noise, which then never is 0."""
    return lambda x, x_hat: 10 * np.log10(_power(x) / (_power(x - x_hat) + small))


def without_zeros(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 10 * np.log10(_power(x[x != 0]) / _power((x - x_hat)[x != 0]))


def without_zeros_of_the_signal(x: np.ndarray, x_hat: np.ndarray) -> Any:
    return 10 * np.log10(_power(x[x != 0]) / _power(x - x_hat))


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


ORDER = "The order of the results: SQNR of the whole tensor, number of the worst channel, SQNR of that channel."
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
    reference=report,
    cases=cases,
    compare=compare,
    impostors=(
        *(Impostor(reordered(*places), ORDER) for places in permutations(range(3)) if places != (0, 1, 2)),
        *(Impostor(reported(safety_term(small)), SAFETY_TERM) for small in (1e-8, 1e-9, 1e-10, 1e-12)),
        *(Impostor(reported(f), ZEROS) for f in (without_zeros, without_zeros_of_the_signal)),
        Impostor(
            mean_of_channels,
            "You average the decibels of the channels: take both mean squares over the whole tensor, and then one "
            "logarithm.",
        ),
        Impostor(best_channel, "You pick the best channel: the worst one has the lowest SQNR."),
        Impostor(counted_from_one, "Channels are counted from 0, as NumPy does: x[0] is the first."),
        Impostor(
            largest_error,
            "You pick the channel with the largest error: a loud channel bears a larger one. The lowest SQNR "
            "counts, the error beside the channel's own signal.",
        ),
        Impostor(
            last_axis,
            "You go along the last axis: the channels are the first one, so that x[0] is a whole channel.",
        ),
        Impostor(
            reported(twenty_of_squares),
            "You take 20 · log10 of mean squares: 20 belongs to a ratio of roots of mean squares, 10 to one "
            "of mean squares. Everything comes out twice as large, 12 dB per bit.",
        ),
        Impostor(
            reported(ten_of_roots),
            "You take 10 · log10 of a ratio of roots: 10 belongs to mean squares. Everything comes out half as large.",
        ),
        Impostor(
            reported(upside_down),
            "Signal and noise are the wrong way round: a good quantizer would get a negative SQNR.",
        ),
        Impostor(
            reported(natural_logarithm),
            "np.log is the natural logarithm; decibels take the decimal one, np.log10.",
        ),
        Impostor(
            reported(plain_ratio),
            "That is the plain ratio; in decibels it is 10 times its decimal logarithm.",
        ),
        Impostor(
            reported(peak),
            "That is PSNR: it compares the largest value with the noise. SQNR takes the mean square of the signal.",
        ),
        Impostor(
            reported(signal_of_the_quantized),
            "The signal is x, not x_hat: what was clipped away would not count as signal.",
        ),
        *(Impostor(reported(f), VARIANCE) for f in (variances, variance_of_the_noise, variance_of_the_signal)),
    ),
    hints=(
        "Why can a tensor have a good SQNR, and one of its channels none? And what is x[0], when the channels are the "
        "first axis?",
        "Write the ratio as a function of two arrays, and call it for the whole and for each channel: "
        "zip(x, x_hat) goes through the channels. Without any error it is infinity, also where there is no signal.",
        "def decibels(a, b): noise = np.mean((b - a) ** 2); return 10 * np.log10(np.mean(a**2) / noise) if noise > 0 "
        'else float("inf"). Then channels = [decibels(a, b) for a, b in zip(x, x_hat)], and np.argmin(channels).',
    ),
    praise="Right for biased, clipped, dead and perfect channels: the mean hides a broken one, the list does not.",
)
