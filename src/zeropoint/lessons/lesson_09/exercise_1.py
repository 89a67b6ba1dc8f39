"""Exercise 09.1: fake quantization whose gradient passes straight through, inside the range only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from zeropoint.course.compare import compare_arrays
from zeropoint.course.spec import Case, FunctionCheck, Impostor


def ste_cases() -> list[Case]:
    """Return tensors with values inside and far outside; those within a half step of an end are left out.

    Whether a value that rounds to the last code but lies beyond it is inside is a matter of taste: kernels say yes,
    the papers no.
    """
    public = torch.tensor([-1.0, 0.0, 0.3, 0.62, 1.5, 4.0])
    generator = torch.Generator().manual_seed(9)
    per_row = torch.tensor([[0.25], [0.0625], [1.5]])
    # with these scales the ends of the range divide without a rest
    return [
        Case((_leaf(public), torch.tensor(0.5), torch.tensor(0), 0, 3), public=True),
        _drawn(generator, (40,), scale=torch.tensor(0.125), zero_point=7, ends=(0, 15)),
        _drawn(generator, (3, 30), scale=per_row, zero_point=0, ends=(-7, 7)),
        _drawn(generator, (2, 3, 9), scale=torch.tensor(0.015625), zero_point=128, ends=(0, 255)),
    ]


def _drawn(
    generator: torch.Generator, shape: tuple[int, ...], *, scale: Tensor, zero_point: int, ends: tuple[int, int]
) -> Case:
    """Draw values from half a range below the first code to half a range above the last one."""
    low, high = ends
    steps = (torch.rand(shape, generator=generator) * 2 - 0.5) * (high - low) + low - zero_point
    for end in (low - zero_point, high - zero_point):
        at_end = torch.full_like(steps, end)
        steps = torch.where((steps - end).abs() < 0.7, at_end, steps)  # at the end itself, or well away from it
    return Case((_leaf(steps * scale), scale, torch.tensor(zero_point), low, high))


def _leaf(x: Tensor) -> Tensor:
    return x.clone().requires_grad_()


def observe_gradient(x_hat: Any, x: Tensor, *_: Any) -> tuple[Any, Tensor]:
    """Return what the function gave and, for an arbitrary loss behind it, the gradient that reached its input."""
    if not isinstance(x_hat, Tensor) or x_hat.shape != x.shape:
        return x_hat, torch.zeros_like(x)
    loss = (x_hat * torch.linspace(-2, 3, x.numel()).reshape(x.shape)).sum()
    if loss.requires_grad:
        loss.backward()
    return x_hat.detach(), torch.zeros_like(x) if x.grad is None else x.grad


def compare_gradient(got: Any, want: tuple[Tensor, Tensor]) -> str | None:
    """Compare the result first: without the right one its gradient says little."""
    problem = compare_arrays(got[0], want[0], rtol=1e-4, atol=1e-5, dtype=False)
    if problem:
        return f"forward: {problem}"
    problem = compare_arrays(got[1], want[1], rtol=1e-4, atol=1e-5, dtype=False)
    if problem:
        return f"the forward pass is right, but in the gradient {problem}"
    return None


def _nearest(x: Tensor) -> Tensor:
    return x.round()


def _minus_zero_point(q: Tensor, zero_point: Tensor) -> Tensor:
    return q - zero_point


def _inside(q: Tensor, low: int, high: int) -> Tensor:
    return (q >= low) & (q <= high)


def _unchanged(grad: Tensor, scale: Tensor) -> Tensor:
    return grad


def reference(
    x: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    quant_min: int,
    quant_max: int,
    *,
    round_: Callable[[Tensor], Tensor] = _nearest,
    saturates: bool = True,
    back: Callable[[Tensor, Tensor], Tensor] = _minus_zero_point,
    mask: Callable[[Tensor, int, int], Tensor] = _inside,
    gain: Callable[[Tensor, Tensor], Tensor] = _unchanged,
) -> Tensor:
    """Return x̂; the keyword arguments are where the impostors differ."""

    class FakeQuantize(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            q = round_(x / scale) + zero_point
            ctx.save_for_backward(mask(q, quant_min, quant_max))
            if saturates:
                q = torch.clamp(q, quant_min, quant_max)
            return back(q, zero_point) * scale

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> Tensor:  # pyrefly: ignore[bad-override] – one output, one gradient
            return gain(grad, scale) * ctx.saved_tensors[0]

    return FakeQuantize.apply(x)


def _everywhere(q: Tensor, low: int, high: int) -> Tensor:
    return torch.ones_like(q, dtype=torch.bool)


def _nowhere(q: Tensor, low: int, high: int) -> Tensor:
    return torch.zeros_like(q, dtype=torch.bool)


CHECK = FunctionCheck(
    reference=reference,
    cases=ste_cases,
    compare=compare_gradient,
    observe=observe_gradient,
    impostors=(
        Impostor(
            partial(reference, mask=_everywhere),
            "Your gradient passes outside of the range too. A value that is clipped does not move x̂ when it moves: "
            "with a gradient there it would drift further and further out. Multiply by inside.",
        ),
        Impostor(
            partial(reference, mask=_nowhere),
            "The gradient is 0 everywhere: that is the true slope of rounding, and with it nothing learns. In "
            "backward, hand the incoming gradient on where the code was inside.",
        ),
        Impostor(
            partial(reference, mask=lambda q, low, high: (q > low) & (q < high)),
            "The first and the last code are inside as well: with < instead of <=, every exact 0 after a ReLU would "
            "lose its gradient.",
        ),
        Impostor(
            partial(reference, mask=lambda q, low, high: (q < low) | (q > high)),
            "Your mask is the wrong way round: the gradient passes where values are clipped and stops inside.",
        ),
        Impostor(
            partial(reference, gain=lambda grad, scale: grad / scale),
            "You divide the gradient by the scale: x / scale and the later · scale cancel, so the slope inside is 1.",
        ),
        Impostor(
            partial(reference, gain=lambda grad, scale: grad * scale),
            "You multiply the gradient by the scale: x / scale and the later · scale cancel, so the slope inside is 1.",
        ),
        Impostor(
            partial(reference, gain=lambda grad, scale: grad * 0 + 1),
            "Your backward returns 1 inside: that is the slope alone. The chain rule wants it times the gradient "
            "that comes in.",
        ),
        Impostor(
            partial(reference, saturates=False, mask=_everywhere),
            "Nothing saturates: codes beyond quant_max do not exist. Clamp after the zero point was added.",
        ),
        Impostor(
            partial(reference, saturates=False),
            "Nothing saturates in the forward pass: codes beyond quant_max do not exist. Clamp them.",
        ),
        Impostor(
            partial(reference, round_=torch.floor),
            "You cut the fraction off instead of rounding to the nearest code.",
        ),
        Impostor(
            partial(reference, back=lambda q, zero_point: q),
            "The zero point is still in your x̂: subtract it before you multiply by the scale.",
        ),
    ),
    hints=(
        "forward: the codes are torch.round(x / scale) + zero_point; remember inside = (q >= quant_min) & "
        "(q <= quant_max) with ctx.save_for_backward(inside).",
        "forward returns (torch.clamp(q, quant_min, quant_max) − zero_point) · scale.",
        "backward: (inside,) = ctx.saved_tensors, and return grad * inside with one None for each further argument.",
    ),
    praise="Stairs on the way forward, a slope of 1 inside and 0 outside on the way back.",
)
