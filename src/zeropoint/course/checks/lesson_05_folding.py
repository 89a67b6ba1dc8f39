"""What exercise 05.2 calls, compares with and takes for a known mistake: batch norm folded into a convolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case

F32 = np.float32
Folded = tuple[np.ndarray, np.ndarray]


def folding_cases() -> list[Case]:
    """Return the same layers each time: ordinary, depthwise, grouped and square, with and without a bias."""
    generator = np.random.default_rng(52)

    def layer(*shape: int, bias: bool, eps: float = 1e-5) -> tuple[Any, ...]:
        out = shape[0]
        gamma, beta, mean, b = generator.normal(size=(4, out)).astype(F32)
        var = generator.uniform(0.002, 0.2, out).astype(F32)
        weight = generator.normal(size=shape).astype(F32)
        return weight, b if bias else None, gamma, beta, mean, var, eps

    tiny = (F32([[[[2.0]]], [[[1.0]]]]), F32([1, 0]), F32([3, 1]), F32([0.5, 0]), F32([2, 1]), F32([3, 0]), 1.0)
    return [
        Case(tiny, public=True),
        Case(layer(4, 3, 3, 3, bias=False)),
        Case(layer(5, 2, 3, 3, bias=True)),
        Case(layer(6, 1, 3, 3, bias=False, eps=1e-2)),
        Case(layer(6, 1, 3, 3, bias=True, eps=1e-2)),
        Case(layer(4, 4, 1, 1, bias=True, eps=1e-2)),
        Case(layer(3, 3, 3, 3, bias=True, eps=1e-2)),
        Case(layer(8, 2, 1, 1, bias=True, eps=1e-2)),
    ]


def reference_folding(*layer: Any) -> Folded:
    """Return the weight and the bias of the one convolution that does the work of both layers."""
    return wrong_folding()(*layer)


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
        if not np.allclose(values, want, rtol=1e-3, atol=1e-4):
            channel = int(np.argwhere(~np.isclose(values, want, rtol=1e-3, atol=1e-4))[0][0])
            return f"the folded {name} is wrong in output channel {channel}."
    return None


def _factor(gamma: np.ndarray, var: np.ndarray, eps: float) -> np.ndarray:
    return gamma / np.sqrt(var + eps)


def wrong_folding(
    *,
    factor: Callable[..., np.ndarray] = _factor,
    bias: Callable[..., np.ndarray] = lambda b, f, mean, beta: f * (b - mean) + beta,
    along: int = 0,
) -> Callable[..., Folded]:
    """Return a function like the reference; each option is one mistake."""

    def fold(weight: np.ndarray, b: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float) -> Folded:
        f = factor(gamma, var, eps)
        shape = tuple(-1 if i == along else 1 for i in range(4))
        start = np.zeros_like(mean) if b is None else b
        return weight * f.reshape(shape), bias(start, f, mean, beta)

    return fold
