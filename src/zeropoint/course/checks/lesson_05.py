"""Checks of lesson 05: per-axis qparams, batch-norm folding, a table to verify, and what granularity costs."""

from __future__ import annotations

import numpy as np

from zeropoint.course.checks.lesson_05_costs import COSTS
from zeropoint.course.checks.lesson_05_folding import (
    compare_folding,
    folding_cases,
    reference_folding,
    wrong_folding,
)
from zeropoint.course.checks.lesson_05_qparams import (
    axis_cases,
    compare_qparams,
    per_tensor_everywhere,
    reference_qparams,
    wrong_qparams,
)
from zeropoint.course.checks.lesson_05_tables import compare_suspects, reference_suspects, table_cases
from zeropoint.course.spec import Check, FunctionCheck, Impostor

WRONG_AXIS = (
    "You take the maximum *along* the axis: one scale is wanted for each of its indices, so reduce all the others."
)

PER_AXIS = FunctionCheck(
    reference=reference_qparams,
    cases=axis_cases,
    compare=compare_qparams,
    impostors=(
        Impostor(
            per_tensor_everywhere,
            "Your scales have the right shape, and all have the same value: that is per-tensor in disguise. Take the "
            "maximum within each slice.",
        ),
        Impostor(wrong_qparams(over=lambda ndim, axis: tuple(range(ndim))), "One scale for the whole tensor: "
                 "asked is one for each index of the axis."),
        Impostor(wrong_qparams(over=lambda ndim, axis: (axis,)), WRONG_AXIS),
        Impostor(
            wrong_qparams(over=lambda ndim, axis: tuple(range(1, ndim))),
            "You always keep axis 0: the axis is an argument, and another one may be asked for.",
        ),
        Impostor(
            wrong_qparams(last=lambda bits: 2 ** (bits - 1)),
            "You divide by 128 (at 8 bits): in the narrow range the last code is 127, and the largest weight needs it.",
        ),
        Impostor(
            wrong_qparams(last=lambda bits: 2**bits - 1),
            "You divide by 255 (at 8 bits): these codes reach from −127 to 127, and max|w| takes 127 of them.",
        ),
        Impostor(wrong_qparams(last=lambda bits: 127), "You divide by 127 for every bit width: 4 bits end at 7."),
        Impostor(
            wrong_qparams(reach=lambda w, **over: w.max(**over)),
            "You take the largest weight, not the largest |w|: a slice of mostly negative weights is then clipped.",
        ),
        Impostor(
            wrong_qparams(reach=lambda w, **over: (w.max(**over) - w.min(**over)) / 2),
            "You take half of max − min: a symmetric range is as long as the longer side, or that one is clipped.",
        ),
    ),
    hints=(
        "All axes but one are reduced: axes = tuple(i for i in range(weight.ndim) if i != axis % weight.ndim).",
        "np.abs(weight).max(axis=axes, keepdims=True) keeps the shape that weight / scale needs.",
        "Divide by 2**(bit_width − 1) − 1, and replace what is 0 then: np.where(scale > 0, scale, 1).",
    ),
    praise="One ruler for each slice, in a shape that broadcasts, and a dead channel does no harm.",
)  # fmt: skip

FOLDING = FunctionCheck(
    reference=reference_folding,
    cases=folding_cases,
    compare=compare_folding,
    impostors=(
        Impostor(
            wrong_folding(factor=lambda gamma, var, eps: gamma / np.sqrt(var)),
            "eps is missing: √(var + eps). A channel whose variance is almost 0 would explode.",
        ),
        Impostor(
            wrong_folding(factor=lambda gamma, var, eps: gamma / (np.sqrt(var) + eps)),
            "eps belongs under the root: √(var + eps), not √var + eps.",
        ),
        Impostor(
            wrong_folding(factor=lambda gamma, var, eps: gamma / (var + eps)),
            "You divide by the variance: batch norm divides by the standard deviation, √(var + eps).",
        ),
        Impostor(
            wrong_folding(factor=lambda gamma, var, eps: 1 / np.sqrt(var + eps)),
            "gamma is missing in the factor: γ / √(var + eps).",
        ),
        Impostor(
            wrong_folding(bias=lambda b, f, mean, beta: beta - f * mean),
            "The convolution's own bias is lost: it goes through batch norm like everything else, f · (b − mean) + β.",
        ),
        Impostor(
            wrong_folding(bias=lambda b, f, mean, beta: b - f * mean + beta),
            "The convolution's own bias has to be multiplied by the factor too: f · (b − mean) + β.",
        ),
        Impostor(
            wrong_folding(bias=lambda b, f, mean, beta: f * (b - mean)),
            "beta is missing: batch norm adds it at the very end.",
        ),
        Impostor(
            wrong_folding(bias=lambda b, f, mean, beta: f * (b - mean + beta)),
            "beta is added after the factor, not before: f · (b − mean) + β.",
        ),
        Impostor(
            wrong_folding(bias=lambda b, f, mean, beta: f * (b + mean) + beta),
            "The sign of the mean: batch norm subtracts it.",
        ),
        Impostor(
            wrong_folding(bias=lambda b, f, mean, beta: f * b + beta),
            "The mean is missing in the bias: batch norm subtracts it from whatever the convolution hands on.",
        ),
        Impostor(
            wrong_folding(bias=lambda b, f, mean, beta: b - mean + beta),
            "The factor is missing in the bias: f · (b − mean) + β.",
        ),
    ),
    hints=(
        "Batch norm at inference: γ · (y − mean) / √(var + eps) + β, with y = W·x + b. Write it as W'·x + b'.",
        "f = gamma / np.sqrt(var + eps) is one factor for each output channel; W' = f · W needs f in the shape "
        "(out, 1, 1, 1).",
        "b' = f · (b − mean) + β, with b = 0 where there is no bias.",
    ),
    praise="One convolution in place of two layers, depthwise ones included.",
)

VERIFY = FunctionCheck(
    reference=reference_suspects,
    cases=table_cases,
    compare=compare_suspects,
    impostors=(),
    hints=(
        "The column scheme is what the toolkit says about itself. What was really done stands in the array scale.",
        "Three questions for each layer with more than one output channel: one element only? Is the shape "
        "(out, 1, …)? Are there different values in it?",
        "np.unique(scale).size counts the different scales; (out, 1, …) is (shape[0],) + (1,) * (len(shape) - 1).",
    ),
    praise="Every planted fault is found, with evidence, and no healthy layer is accused.",
)

EXERCISES: dict[str, Check] = {"05.1": PER_AXIS, "05.2": FOLDING, "05.3": VERIFY, "05.4": COSTS}
