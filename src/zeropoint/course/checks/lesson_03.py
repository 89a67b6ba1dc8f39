"""Checks of lesson 03: SQNR, the best clip, what truncation does to a sum, and the bits that an SQNR takes."""

from __future__ import annotations

import numpy as np

from zeropoint.course.checks.clipping import (
    clip_cases,
    compare_bits,
    compare_clip,
    compare_db,
    pair_cases,
    reference_bits,
    reference_clip,
    reference_db,
    sqnr_of,
    target_cases,
)
from zeropoint.course.checks.lesson_03_results import ROUNDING_RULES
from zeropoint.course.spec import FieldsCheck, FunctionCheck, Impostor


def _bits_by_formula(x: np.ndarray, wanted_db: float) -> int:
    crest_db = 20 * np.log10(np.abs(x).max() / np.sqrt(_power(x)))
    lines = ((b, 20 * np.log10(2 ** (b - 1) - 1) + 10 * np.log10(12) - crest_db) for b in range(2, 17))
    return next((b for b, decibels in lines if decibels >= wanted_db), 16)


def _bits_by_halving(x: np.ndarray, wanted_db: float) -> int:
    low, high = 2, 16
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if sqnr_of(x, middle) >= wanted_db else (middle + 1, high)
    return low


def _power(x: np.ndarray) -> np.floating:
    return np.mean(x.astype(np.float64) ** 2)


SQNR_DB = FunctionCheck(
    reference=reference_db,
    cases=pair_cases,
    compare=compare_db,
    impostors=(
        *(
            Impostor(
                lambda x, x_hat, small=small: 10 * np.log10(_power(x) / (_power(x - x_hat) + small)),
                "You add a small number to the noise: where values are small it hides the noise itself, and two equal "
                "tensors do not reach infinity. Test for equality first.",
            )
            for small in (1e-8, 1e-9, 1e-10, 1e-12)
        ),
        *(
            Impostor(
                wrong,
                "You leave the zeros of x out: they are values like all others, and so are their errors.",
            )
            for wrong in (
                lambda x, x_hat: 10 * np.log10(_power(x[x != 0]) / _power((x - x_hat)[x != 0])),
                lambda x, x_hat: 10 * np.log10(_power(x[x != 0]) / _power(x - x_hat)),
            )
        ),
        Impostor(
            lambda x, x_hat: np.mean([10 * np.log10(_power(a) / _power(a - b)) for a, b in zip(x, x_hat, strict=True)]),
            "You average the decibels of rows: take both mean squares over the whole tensor, and then one logarithm.",
        ),
        Impostor(
            lambda x, x_hat: 20 * np.log10(_power(x) / _power(x - x_hat)),
            "You take 20 · log10 of mean squares: 20 belongs to a ratio of roots of mean squares, 10 to one "
            "of mean squares. Everything comes out twice as large, 12 dB a bit.",
        ),
        Impostor(
            lambda x, x_hat: 10 * np.log10(np.sqrt(_power(x) / _power(x - x_hat))),
            "You take 10 · log10 of a ratio of roots: 10 belongs to mean squares. Everything comes out half as large.",
        ),
        Impostor(
            lambda x, x_hat: 10 * np.log10(_power(x - x_hat) / _power(x)),
            "Signal and noise are the wrong way round: a good quantizer would get a negative SQNR.",
        ),
        Impostor(
            lambda x, x_hat: 10 * np.log(_power(x) / _power(x - x_hat)),
            "np.log is the natural logarithm; decibels take the decimal one, np.log10.",
        ),
        Impostor(
            lambda x, x_hat: _power(x) / _power(x - x_hat),
            "That is the plain ratio; in decibels it is 10 times its decimal logarithm.",
        ),
        Impostor(
            lambda x, x_hat: 10 * np.log10(np.abs(x).max().astype(np.float64) ** 2 / _power(x - x_hat)),
            "That is PSNR: it compares the largest value with the noise. SQNR takes the mean square of the signal.",
        ),
        Impostor(
            lambda x, x_hat: 10 * np.log10(_power(x_hat) / _power(x - x_hat)),
            "The signal is x, not x_hat: what was clipped away would not count as signal.",
        ),
        *(
            Impostor(
                wrong,
                "np.var and np.std subtract the mean: a constant shift is an error too, and a signal's mean is signal. "
                "Use the mean of the squares.",
            )
            for wrong in (
                lambda x, x_hat: 10 * np.log10(np.var(x, dtype=np.float64) / np.var(x - x_hat, dtype=np.float64)),
                lambda x, x_hat: 10 * np.log10(_power(x) / np.var(x - x_hat, dtype=np.float64)),
                lambda x, x_hat: 10 * np.log10(np.var(x, dtype=np.float64) / _power(x - x_hat)),
            )
        ),
    ),
    hints=(
        "Two mean squares: of x, and of the error x_hat − x.",
        "Decibels: 10 · log10(mean(x²) / mean((x_hat − x)²)).",
        "No error at all: test for it first and return float('inf'), or Python divides by 0.",
    ),
    praise="Right for biased, clipped and perfect tensors alike; every lesson from here on measures with it.",
)

_MIN_MAX = (
    "That is the largest |x|, so nothing is ever clipped: fine at 8 bits, but at 4 the error is several times as large "
    "as it need be. Try smaller clips, and keep the one with the least error."
)
_PERCENTILE = (
    "That is a percentile of |x|, the same at every bit width; but the fewer the bits, the further in the best clip "
    "lies. Measure the error of many clips at this bit width."
)
_SIGMAS = (
    "That is a fixed number of standard deviations: the best number depends on the bits and on the tensor's shape "
    "(2.5 is right for a Gaussian at 4 bits only). Measure the error of many clips."
)

BEST_CLIP = FunctionCheck(
    reference=reference_clip,
    cases=clip_cases,
    compare=compare_clip,
    impostors=(
        Impostor(
            lambda x, bit_width: float(x.max()),
            "That is x.max(): the ruler is symmetric, so the largest absolute value counts – and clipping below it "
            "is what was asked.",
        ),
        Impostor(lambda x, bit_width: float(np.abs(x).max()), _MIN_MAX),
        *(
            Impostor(lambda x, bit_width, p=p: float(np.percentile(np.abs(x), p)), _PERCENTILE)
            for p in (99, 99.5, 99.9, 99.99)
        ),
        *(Impostor(lambda x, bit_width, k=k: float(k * x.std()), _SIGMAS) for k in (2, 2.5, 3, 4)),
    ),
    hints=(
        "Candidates: say 200 clips between 0 and the largest |x| – without 0 itself.",
        "For each: mean((fake_quantize(x, clip, bit_width) − x)²). Keep the clip with the least.",
        "clips = np.linspace(0.005, 1, 200) * np.abs(x).max(); errors = [… for clip in clips]; "
        "then clips[np.argmin(errors)].",
    ),
    praise="Within 5 % of the least error for every tensor and bit width. A flat minimum forgives a coarse grid.",
)

BITS_NEEDED = FunctionCheck(
    reference=reference_bits,
    cases=target_cases,
    compare=compare_bits,
    impostors=(
        Impostor(
            lambda x, wanted_db: next(b for b in range(2, 17) if sqnr_of(x, b) > wanted_db),
            "You ask for more than wanted_db: at least means that reaching it exactly is enough.",
        ),
        *(
            Impostor(
                lambda x, wanted_db, less=less: next(b for b in range(2, 17) if sqnr_of(x, b) >= wanted_db - less),
                "You accept a little less than wanted_db, or round the SQNR: at least is asked.",
            )
            for less in (0.1, 0.5)
        ),
        Impostor(
            _bits_by_formula,
            "That is the formula with the crest factor: where values are exact, such as the zeros after a ReLU, or "
            "where levels are few, it promises too little. Measure.",
        ),
        Impostor(
            _bits_by_halving,
            "Halving the interval needs an SQNR that rises with every bit; values that are codes already lose "
            "something at the next bit width. Try the bit widths in order, from 2 up.",
        ),
        Impostor(
            lambda x, wanted_db: next(b for b in range(2, 17) if wanted_db <= sqnr_of(x, b) < np.inf),
            "You do not count infinity as enough: no error at all reaches every wanted SQNR.",
        ),
        Impostor(
            lambda x, wanted_db: min(range(2, 17), key=lambda b: abs(sqnr_of(x, b) - wanted_db)),
            "That is the bit width whose SQNR is nearest to the wanted one, and sometimes below it: at least is asked.",
        ),
        *(
            Impostor(
                wrong,
                "6 dB a bit says what one more bit brings. How many decibels there are to begin with depends on the "
                "tensor (its crest factor): measure.",
            )
            for wrong in (
                lambda x, wanted_db: int(np.clip(np.ceil(wanted_db / 6.02), 2, 16)),
                lambda x, wanted_db: int(np.clip(np.round(wanted_db / 6.02), 2, 16)),
                lambda x, wanted_db: int(np.ceil(wanted_db / 6.02)),
            )
        ),
        Impostor(
            lambda x, wanted_db: max((b for b in range(2, 17) if sqnr_of(x, b) < wanted_db), default=2),
            "That is the last bit width that does not reach the wanted SQNR: one more is needed. (A quantizer with "
            "quant_max = 2^bits − 1 seems to save that bit, but codes with a sign reach 2^(bits − 1) − 1 only.)",
        ),
        Impostor(
            lambda x, wanted_db: reference_bits(x, wanted_db) + 1,
            "One bit too many: the smallest bit width that reaches the wanted SQNR is enough. (Cutting off instead of "
            "rounding would cost a bit, too.)",
        ),
        Impostor(lambda x, wanted_db: 16, "16 bits always reach it; asked is the smallest number of bits that does."),
    ),
    hints=(
        "Try the bit widths in order, from 2 up, and return the first that is good enough.",
        "clip = np.abs(x).max(); sqnr_db(x, fake_quantize(x, clip, bits)) >= wanted_db.",
    ),
    praise="Measured, not guessed: the crest factor is in the measurement.",
)

EXERCISES: dict[str, FunctionCheck | FieldsCheck] = {
    "03.1": SQNR_DB,
    "03.2": BEST_CLIP,
    "03.3": ROUNDING_RULES,
    "03.4": BITS_NEEDED,
}
