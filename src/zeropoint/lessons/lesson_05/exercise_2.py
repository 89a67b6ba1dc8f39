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
    """Return the same layers each time: ordinary, depthwise, grouped and square, with and without a bias."""
    generator = np.random.default_rng(52)

    def layer(*shape: int, bias: bool, eps: float = 1e-5) -> tuple[Any, ...]:
        channels = shape[0]
        gamma, beta, mean, own_bias = generator.normal(size=(4, channels)).astype(np.float32)
        var = generator.uniform(0.002, 0.2, channels).astype(np.float32)
        weight = generator.normal(size=shape).astype(np.float32)
        return weight, own_bias if bias else None, gamma, beta, mean, var, eps

    return [
        Case(_two_channels(), public=True),
        Case(layer(4, 3, 3, 3, bias=False)),
        Case(layer(5, 2, 3, 3, bias=True)),
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
            return (
                f"the folded {name} has shape {values.shape}, expected is {want.shape}: the factors belong to output "
                "channels, so give them the shape (out, 1, 1, 1) before you multiply."
            )
        wrong = ~np.isclose(values, want, rtol=1e-3, atol=1e-4)
        if np.any(wrong):
            channel = int(np.argwhere(wrong)[0][0])
            return f"the folded {name} is wrong in output channel {channel}."
    return None


IMPOSTORS = (
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
        "Batch norm at inference: γ · (y − mean) / √(var + eps) + β, with y = W·x + b. Write it as W'·x + b'.",
        "f = gamma / np.sqrt(var + eps) is one factor for each output channel; W' = f · W needs f in the shape "
        "(out, 1, 1, 1).",
        "b' = f · (b − mean) + β, with b = 0 where there is no bias.",
    ),
    praise="One convolution in place of two layers, depthwise ones included.",
)
