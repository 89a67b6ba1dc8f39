"""Checks of lesson 02: a set of activations by hand, and the three functions in UINT8."""

from __future__ import annotations

import numpy as np

from zeropoint.course.checks.lesson_02_results import BY_HAND
from zeropoint.course.checks.uint8 import (
    F32,
    code_cases,
    compare_codes,
    compare_qparams,
    compare_reals,
    half_away,
    half_up,
    range_cases,
    reference_codes,
    reference_qparams,
    tensor_cases,
    wrong_choose_qparams,
    wrong_quantize,
)
from zeropoint.course.spec import FieldsCheck, FunctionCheck, Impostor
from zeropoint.quant import dequantize_affine

WRONG_SIGN = "The zero point has the wrong sign: min is negative, so 0 − round(min / scale) is positive."
WRAPS = (
    "A value beyond the range wraps around: 257 stored in a uint8 becomes 1, a bright pixel turns dark. "
    "Clamp to 0 … 255, on both sides, before the cast."
)
TIES = (
    "Ties: 0.5 goes to 0 and 1.5 to 2 (half to even, as np.round and every ONNX runtime do); "
    "rounding every half up or away from 0 shifts the values."
)

CHOOSE_QPARAMS = FunctionCheck(
    reference=reference_qparams,
    cases=range_cases,
    compare=compare_qparams,
    impostors=(
        Impostor(
            wrong_choose_qparams(gaps=256),
            "You divide by 256, but 256 codes have 255 gaps: the largest value misses its code.",
        ),
        Impostor(
            wrong_choose_qparams(widen=False),
            "For a range like [0.5, 3] or [−3, −1] the real 0 has no code of its own: padding and ReLU zeros become "
            "something else: widen the range with min(min_val, 0) and max(max_val, 0) first.",
        ),
        Impostor(wrong_choose_qparams(sign=1), WRONG_SIGN),
        Impostor(wrong_choose_qparams(sign=1, clamp=False), WRONG_SIGN),
        Impostor(wrong_choose_qparams(swap=True), "The two results are swapped: return scale first, then zero_point."),
        Impostor(
            wrong_choose_qparams(round_=np.trunc),
            "You cut the zero point off instead of rounding it: int(38.9) is 38, and the whole grid shifts by a step.",
        ),
        Impostor(
            wrong_choose_qparams(symmetric=True),
            "That is the symmetric scheme with its zero point fixed at 128: asked is the asymmetric one.",
        ),
    ),
    hints=(
        "First make sure that 0 is inside the range: low = min(min_val, 0), high = max(max_val, 0).",
        "256 codes have 255 gaps: scale = (high − low) / 255. If high equals low, any positive scale will do: use 1.",
        "The zero point is how many steps 0 lies above low: round(0 − low / scale), a whole number from 0 to 255.",
    ),
    praise="The ruler fits: both ends have a code, and so has the real 0.",
)

QUANTIZE = FunctionCheck(
    reference=reference_codes,
    cases=tensor_cases,
    compare=compare_codes,
    impostors=(
        *(Impostor(wrong_quantize(clip=clip), WRAPS) for clip in (None, (None, 255), (0, None), (0, 256))),
        Impostor(
            wrong_quantize(round_=np.trunc),
            "You cut off instead of rounding: 12.97 steps become 12, every value moves towards 0 and the error is "
            "twice as large as it needs to be. Use np.round.",
        ),
        Impostor(wrong_quantize(round_=np.floor), "You round down instead of to the nearest step: use np.round."),
        Impostor(wrong_quantize(round_=np.ceil), "You round up instead of to the nearest step: use np.round."),
        *(Impostor(wrong_quantize(round_=rounding), TIES) for rounding in (half_up, half_away)),
        Impostor(
            wrong_quantize(order="add, round"),
            "You add the zero point before rounding: with an odd zero point ties then fall the other way. "
            "Round x / scale first, then add.",
        ),
        Impostor(wrong_quantize(sign=0), "The zero point is missing: the real 0 has to land on the code zero_point."),
    ),
    hints=(
        "Think of the ruler: how many steps does x lie from 0, which tick lies on 0, and what about values beyond the "
        "last tick? That makes three operations, in this order.",
        "The steps are x / scale, to the nearest whole one: which function of NumPy rounds, and halves to even? "
        "And which one replaces what lies beyond 0 … 255?",
        "np.round(x / scale), then + zero_point, then np.clip to 0 … 255 – and only then .astype(np.uint8).",
    ),
    praise="Rounded to the nearest tick, saturated before the cast, one byte a value.",
)

DEQUANTIZE = FunctionCheck(
    reference=dequantize_affine,
    cases=code_cases,
    compare=compare_reals,
    impostors=(
        Impostor(
            lambda q, scale, zero_point: (q - np.uint8(zero_point)).astype(F32) * scale,
            "In uint8 arithmetic 38 − 39 is 255, not −1: turn the codes into int32 or float32 before you subtract.",
        ),
        Impostor(
            lambda q, scale, zero_point: q.astype(F32) * scale - zero_point,
            "You multiply first: subtract the zero point from the code, then multiply by the scale.",
        ),
        Impostor(
            lambda q, scale, zero_point: q.astype(F32) * scale,
            "The zero point is missing: its code has to come back as exactly 0.",
        ),
        Impostor(
            lambda q, scale, zero_point: (q.astype(F32) + zero_point) * scale,
            "The sign: quantizing added the zero point, so dequantizing subtracts it.",
        ),
    ),
    hints=(
        "Solve q = x / scale + zero_point for x.",
        "Mind the type: q.astype(np.float32) before the subtraction, or uint8 wraps around.",
    ),
    praise="There and back: the code zero_point is exactly 0 again.",
)

EXERCISES: dict[str, FunctionCheck | FieldsCheck] = {
    "02.1": BY_HAND,
    "02.2": CHOOSE_QPARAMS,
    "02.3": QUANTIZE,
    "02.4": DEQUANTIZE,
}
