"""Exercise 05.2: batch norm folded into the convolution before it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck, Impostor

Folded = tuple[np.ndarray, np.ndarray]


def folding_cases() -> list[Case]:
    """Return the same layers each time: ordinary, depthwise, grouped and square, with and without a bias.

    In some of them a gamma, a beta or a variance is 0, or as small as eps; in one eps is 0.
    """
    generator = np.random.default_rng(52)

    def layer(*shape: int, bias: bool, eps: float = 1e-5) -> tuple[Any, ...]:
        channels = shape[0]
        gamma, beta, mean, own_bias = generator.normal(size=(4, channels)).astype(np.float32)
        var = generator.uniform(0.002, 0.2, channels).astype(np.float32)
        weight = generator.normal(size=shape).astype(np.float32)
        return weight, own_bias if bias else None, gamma, beta, mean, var, eps

    def small_variances(*shape: int, bias: bool, eps: float) -> tuple[Any, ...]:
        weight, own_bias, gamma, beta, mean, _, _ = layer(*shape, bias=bias)
        return weight, own_bias, gamma, beta, mean, np.geomspace(1e-7, 1e-5, shape[0]).astype(np.float32), eps

    def zeros(*shape: int, bias: bool) -> tuple[Any, ...]:
        weight, own_bias, gamma, beta, mean, var, eps = layer(*shape, bias=bias)
        gamma[1] = 0  # a channel that training switched off: only beta is left of it
        gamma[2] *= np.float32(1e-5)
        beta[3] = mean[4] = 0
        return weight, own_bias, gamma, beta, mean, var, eps

    return [
        Case(_two_channels(), public=True),
        Case(zeros(5, 3, 3, 1, bias=True)),
        Case(zeros(6, 1, 1, 5, bias=False)),
        Case(small_variances(4, 2, 3, 3, bias=True, eps=1e-6)),
        Case(small_variances(5, 1, 3, 3, bias=False, eps=1e-7)),
        Case(layer(3, 2, 3, 3, bias=True, eps=0.0)),
        Case(layer(4, 3, 3, 3, bias=False)),
        Case(layer(5, 2, 3, 3, bias=True)),
        Case(layer(1, 4, 3, 3, bias=True, eps=1e-3)),
        Case(layer(6, 1, 3, 3, bias=False, eps=1e-2)),
        Case(layer(6, 1, 3, 3, bias=True, eps=1e-2)),
        Case(layer(4, 4, 1, 1, bias=True, eps=1e-2)),
        Case(layer(3, 3, 3, 3, bias=True, eps=1e-2)),
        Case(layer(8, 2, 1, 1, bias=True, eps=1e-2)),
    ]


def _two_channels() -> tuple[Any, ...]:
    """Return a layer that can be folded in the head: the roots are those of 4 and of 1."""
    weight = np.array([2.0, 1.0], np.float32).reshape(2, 1, 1, 1)
    bias = np.array([1, 0], np.float32)
    gamma = np.array([3, 1], np.float32)
    beta = np.array([0.5, 0], np.float32)
    mean = np.array([2, 1], np.float32)
    var = np.array([3, 0], np.float32)
    return weight, bias, gamma, beta, mean, var, 1.0


def _factor(gamma: np.ndarray, var: np.ndarray, eps: float) -> np.ndarray:
    return gamma / np.sqrt(var + eps)


def _bias(b: np.ndarray, f: np.ndarray, mean: np.ndarray, beta: np.ndarray) -> np.ndarray:
    return f * (b - mean) + beta


def reference_folding(
    weight: np.ndarray,
    bias: np.ndarray | None,
    gamma: np.ndarray,
    beta: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    eps: float,
    *,
    factor: Callable[..., np.ndarray] = _factor,
    new_bias: Callable[..., np.ndarray] = _bias,
) -> Folded:
    """Return the weight and the bias of the one convolution that does the work of both layers.

    Each option takes one mistake: the factor of (gamma, var, eps), and the bias of (b, factor, mean, beta).
    """
    f = factor(gamma, var, eps)
    b = np.zeros_like(mean) if bias is None else bias
    return weight * f.reshape(-1, 1, 1, 1), new_bias(b, f, mean, beta)


def compare_folding(got: Any, expected: Folded) -> str | None:
    """Compare the folded weight, then the folded bias."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        return "expected two arrays: return weight, bias of the folded convolution."
    for name, mine, want in zip(("weight", "bias"), got, expected, strict=True):
        values = numbers(mine)
        if values is None:
            return f"the folded {name} is no array of numbers; without a bias of its own, a folded layer still has one."
        if values.shape != want.shape:
            advice = _about_shape(got, expected)
            return f"the folded {name} has shape {values.shape}, expected is {want.shape}: {advice}"
        wrong = ~np.isclose(values, want, rtol=1e-4, atol=1e-6 * np.abs(want).max())
        if np.any(wrong):
            channel = int(np.argwhere(wrong)[0][0])
            return f"the folded {name} is wrong in output channel {channel}."
    return None


def _about_shape(got: tuple[Any, Any] | list[Any], expected: Folded) -> str:
    shapes = [np.shape(part) for part in got]
    weight, bias = (want.shape for want in expected)
    if shapes == [bias, weight]:
        return "the two are swapped, return weight, bias."
    if shapes[0] == weight:
        return "one number for each output channel and no dimension more; only the factor of the weight is reshaped."
    return "the factors belong to output channels, so give them the shape (out, 1, 1, 1) before you multiply."


def _without_dead_gamma(weight: np.ndarray, bias: np.ndarray | None, gamma: np.ndarray, *rest: Any) -> Folded:
    """Return what comes out when a gamma of 0 is taken for 1, as the scale of a dead channel is."""
    return reference_folding(weight, bias, np.where(gamma == 0, 1, gamma), *rest)


def _without_dead_bias(weight: np.ndarray, bias: np.ndarray | None, gamma: np.ndarray, *rest: Any) -> Folded:
    new_weight, new_bias = reference_folding(weight, bias, gamma, *rest)
    return new_weight, np.where(gamma == 0, 0, new_bias)


IMPOSTORS = (
    Impostor(
        _without_dead_gamma,
        "A gamma of 0 needs no repair: it switches its channel off, and only beta is left of it.",
    ),
    Impostor(
        _without_dead_bias,
        "Where gamma is 0, the bias is not: batch norm still adds beta.",
    ),
    Impostor(
        partial(reference_folding, factor=lambda gamma, var, eps: gamma / np.sqrt(var + 1e-5)),
        "You take 1e-5 for eps: it is an argument, since not every batch norm has the same.",
    ),
    Impostor(
        partial(reference_folding, factor=lambda gamma, var, eps: gamma / np.sqrt(var + max(eps, 1e-5))),
        "You raise eps to 1e-5 where it is smaller: it is part of the trained layer, so take it as it comes.",
    ),
    Impostor(
        partial(reference_folding, factor=lambda gamma, var, eps: gamma / np.sqrt(np.maximum(var, eps))),
        "You take the larger of var and eps: batch norm adds the two.",
    ),
    Impostor(
        partial(reference_folding, factor=lambda gamma, var, eps: gamma / np.sqrt(var)),
        "eps is missing: √(var + eps). A channel whose variance is almost 0 would explode.",
    ),
    Impostor(
        partial(reference_folding, factor=lambda gamma, var, eps: gamma / (np.sqrt(var) + eps)),
        "eps belongs under the root: √(var + eps), not √var + eps.",
    ),
    Impostor(
        partial(reference_folding, factor=lambda gamma, var, eps: gamma / (var + eps)),
        "You divide by the variance: batch norm divides by the standard deviation, √(var + eps).",
    ),
    Impostor(
        partial(reference_folding, factor=lambda gamma, var, eps: 1 / np.sqrt(var + eps)),
        "gamma is missing in the factor: γ / √(var + eps).",
    ),
    Impostor(
        partial(reference_folding, new_bias=lambda b, f, mean, beta: beta - f * mean),
        "The convolution's own bias is lost: it goes through batch norm like everything else, f · (b − mean) + β.",
    ),
    Impostor(
        partial(reference_folding, new_bias=lambda b, f, mean, beta: b - f * mean + beta),
        "The convolution's own bias has to be multiplied by the factor too: f · (b − mean) + β.",
    ),
    Impostor(
        partial(reference_folding, new_bias=lambda b, f, mean, beta: f * (b - mean)),
        "beta is missing: batch norm adds it at the very end.",
    ),
    Impostor(
        partial(reference_folding, new_bias=lambda b, f, mean, beta: f * (b - mean + beta)),
        "beta is added after the factor, not before: f · (b − mean) + β.",
    ),
    Impostor(
        partial(reference_folding, new_bias=lambda b, f, mean, beta: f * (b + mean) + beta),
        "The sign of the mean: batch norm subtracts it.",
    ),
    Impostor(
        partial(reference_folding, new_bias=lambda b, f, mean, beta: f * b + beta),
        "The mean is missing in the bias: batch norm subtracts it from whatever the convolution hands on.",
    ),
    Impostor(
        partial(reference_folding, new_bias=lambda b, f, mean, beta: b - mean + beta),
        "The factor is missing in the bias: f · (b − mean) + β.",
    ),
)

CHECK = FunctionCheck(
    reference=reference_folding,
    cases=folding_cases,
    compare=compare_folding,
    impostors=IMPOSTORS,
    hints=(
        "What does batch norm do to y = W·x + b at inference? Multiply it out: what stands in front of x, and what "
        "is left over?",
        "f = gamma / np.sqrt(var + eps) is one factor for each output channel; W' = f · W needs f in the shape "
        "(out, 1, 1, 1).",
        "b' = f · (b − mean) + β, with b = 0 where there is no bias.",
    ),
    praise="One convolution in place of two layers, depthwise ones included.",
)
