"""Exercise 09.1: fake quantization whose gradient passes straight through, inside the range only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from zeropoint.course.call import Outcome
from zeropoint.course.compare import compare_arrays
from zeropoint.course.spec import Case, FunctionCheck, Impostor


def ste_cases() -> list[Case]:
    """Return tensors with ties and with values around the ends: what rounds to the last code is inside, if only just.

    All scales are powers of two, so that x / scale has no error of its own and a tie is a tie on every machine.
    """
    public = torch.tensor([-1.0, -0.2, 0.0, 0.3, 0.25, 0.62, 0.75, 1.5, 1.7, 4.0])
    generator = torch.Generator().manual_seed(9)
    per_row = torch.tensor([[0.25], [0.0625], [2.0]])
    per_channel = torch.tensor([0.5, 0.03125, 1.0, 0.125]).view(4, 1, 1)
    zero_points = torch.tensor([3, 12, 7, 0]).view(4, 1, 1)
    return [
        Case((_leaf(public), torch.tensor(0.5), torch.tensor(0), 0, 3), public=True),
        _drawn(generator, (60,), scale=0.125, zero_point=7, ends=(0, 15)),
        _drawn(generator, (3, 30), scale=per_row, zero_point=torch.tensor(0), ends=(-7, 7)),
        _drawn(generator, (2, 4, 3, 5), scale=per_channel, zero_point=zero_points, ends=(0, 15)),
        _drawn(generator, (2, 3, 9), scale=torch.tensor(0.015625), zero_point=torch.tensor(-5), ends=(-128, 127)),
        _drawn(generator, (40,), scale=torch.tensor(4.0), zero_point=torch.tensor(1), ends=(-1, 1)),
        _drawn(generator, (), scale=torch.tensor(0.25), zero_point=torch.tensor(1), ends=(-2, 1)),
        _drawn(generator, (0, 3), scale=0.5, zero_point=0, ends=(0, 3)),
    ]


def _drawn(
    generator: torch.Generator,
    shape: tuple[int, ...],
    *,
    scale: Tensor | float,
    zero_point: Tensor | int,
    ends: tuple[int, int],
) -> Case:
    """Draw values from half a range below the first code to half a range above the last one, in quarters of a step."""
    low, high = ends
    quarters = torch.rand(shape, generator=generator) * 2 - 0.5
    codes = (4 * (quarters * (high - low) + low)).round() / 4
    beyond = torch.randint(0, 6, shape, generator=generator)
    codes = torch.where(beyond == 0, torch.tensor(high + 0.25), codes)  # still rounds to the last code
    codes = torch.where(beyond == 1, torch.tensor(low - 0.25), codes)
    return Case((_leaf((codes - zero_point) * scale), scale, zero_point, low, high))


def _leaf(x: Tensor) -> Tensor:
    return x.clone().requires_grad_()


class _CalledTwice(FunctionCheck):
    """Calls the function once more before the gradient of the first call: what is not kept in ctx is lost by then."""

    def _call(self, function: Callable[..., Any], case: Case, deadline: float | None) -> Outcome:
        def first_of_two(x: Tensor, scale: Tensor | float, zero_point: Tensor | int, low: int, high: int) -> Any:
            x_hat = function(x, scale, zero_point, low, high)
            other = _leaf(x.detach().flip(-1) * 0.75) if x.dim() else _leaf(-x.detach())
            function(other, scale * 2, zero_point + 1, low - 1, low + (high - low) // 2)
            return x_hat

        return super()._call(first_of_two, case, deadline)


def observe_gradient(x_hat: Any, x: Tensor, *_: Any) -> tuple[Any, Tensor, Tensor]:
    """Return x̂, the gradient that reached its input, and the arbitrary gradient that it came from."""
    behind = torch.linspace(-2, 3, x.numel()).reshape(x.shape)
    if not isinstance(x_hat, Tensor) or x_hat.shape != x.shape:
        return x_hat, torch.zeros_like(x), behind
    behind = behind.to(x_hat.dtype)
    if x_hat.requires_grad:
        x_hat.backward(behind)
    return x_hat.detach(), torch.zeros_like(x) if x.grad is None else x.grad, behind


def compare_gradient(got: Any, want: tuple[Tensor, Tensor, Tensor]) -> str | None:
    """Compare the result first: without the right one its gradient says little."""
    problem = compare_arrays(got[0], want[0], rtol=1e-4, atol=1e-5, dtype=False)
    if problem:
        return f"forward: {problem}"
    problem = compare_arrays(got[1], want[1], rtol=1e-4, atol=1e-5, dtype=False)
    if problem:
        return f"the forward pass is right, but in the gradient {problem}"
    if compare_arrays(got[2], want[2], dtype=False):
        return "your backward changes the gradient that it is handed, which others need: multiply without mul_ or *=."
    return None


def _nearest(v: Tensor, zero_point: Tensor | int) -> Tensor:
    return v.round() + zero_point


def _half_up(v: Tensor, zero_point: Tensor | int) -> Tensor:
    return (v + 0.5).floor() + zero_point


def _zero_point_first(v: Tensor, zero_point: Tensor | int) -> Tensor:
    return (v + zero_point).round()


def _cut_off(v: Tensor, zero_point: Tensor | int) -> Tensor:
    return v.floor() + zero_point


def _minus_zero_point(q: Tensor, zero_point: Tensor | int) -> Tensor:
    return q - zero_point


def _inside(q: Tensor, exact: Tensor, low: int, high: int) -> Tensor:
    return (q >= low) & (q <= high)


def _strictly_inside(q: Tensor, exact: Tensor, low: int, high: int) -> Tensor:
    return (q > low) & (q < high)


def _outside(q: Tensor, exact: Tensor, low: int, high: int) -> Tensor:
    return (q < low) | (q > high)


def _inside_unrounded(q: Tensor, exact: Tensor, low: int, high: int) -> Tensor:
    return (exact >= low) & (exact <= high)


def _everywhere(q: Tensor, exact: Tensor, low: int, high: int) -> Tensor:
    return torch.ones_like(q, dtype=torch.bool)


def _nowhere(q: Tensor, exact: Tensor, low: int, high: int) -> Tensor:
    return torch.zeros_like(q, dtype=torch.bool)


def _unchanged(grad: Tensor, scale: Tensor | float) -> Tensor:
    return grad


def reference(
    x: Tensor,
    scale: Tensor | float,
    zero_point: Tensor | int,
    quant_min: int,
    quant_max: int,
    *,
    to_codes: Callable[[Tensor, Tensor | int], Tensor] = _nearest,
    saturates: bool = True,
    back: Callable[[Tensor, Tensor | int], Tensor] = _minus_zero_point,
    mask: Callable[[Tensor, Tensor, int, int], Tensor] = _inside,
    gain: Callable[[Tensor, Tensor | float], Tensor] = _unchanged,
) -> Tensor:
    """Return x̂; the keyword arguments are where the impostors differ."""

    class FakeQuantize(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            v = x / scale
            q = to_codes(v, zero_point)
            ctx.save_for_backward(mask(q, v + zero_point, quant_min, quant_max))
            if saturates:
                q = torch.clamp(q, quant_min, quant_max)
            return back(q, zero_point) * scale

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> Tensor:  # pyrefly: ignore[bad-override] – one output, one gradient
            return gain(grad, scale) * ctx.saved_tensors[0]

    return FakeQuantize.apply(x)


def _forgetful(kept: str) -> Callable[..., Tensor]:
    """Return the function that has one place for all calls, in which the last one's arguments are; ctx has ``kept``."""
    last: dict[str, Any] = {}

    class FakeQuantize(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, v: Tensor, scale: Any, zero_point: Any, low: int, high: int) -> Tensor:
            ctx.mine = {"x": v, "scale": scale, "zero_point": zero_point, "low": low, "high": high}
            last.update(ctx.mine)
            return reference(v, scale, zero_point, low, high)

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> Any:  # pyrefly: ignore[bad-override]
            use = last | {name: ctx.mine[name] for name in kept.split()}
            q = torch.round(use["x"] / use["scale"]) + use["zero_point"]
            return grad * _inside(q, q, use["low"], use["high"]), None, None, None, None

    return FakeQuantize.apply


_IN_CTX = (
    "Your backward uses what the *last* call of forward left on the class or in a variable. A network calls forward "
    "for all its layers before the first backward: keep what belongs to a call in its ctx."
)

CHECK = _CalledTwice(
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
            partial(reference, mask=_strictly_inside),
            "The first and the last code are inside as well: with < instead of <=, every exact 0 after a ReLU would "
            "lose its gradient.",
        ),
        Impostor(
            partial(reference, mask=_outside),
            "Your mask is the wrong way round: the gradient passes where values are clipped and stops inside.",
        ),
        Impostor(
            partial(reference, mask=_inside_unrounded),
            "Your mask looks at the value before it is rounded. What lies a quarter of a step beyond the range still "
            "rounds to the last code and is not clipped: ask whether the code is inside, after the rounding.",
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
            partial(reference, to_codes=_cut_off),
            "You cut the fraction off instead of rounding to the nearest code.",
        ),
        Impostor(
            partial(reference, to_codes=_half_up),
            "Your ties always go up: torch.round sends a half to the even neighbour, as the runtimes do.",
        ),
        Impostor(
            partial(reference, to_codes=_zero_point_first),
            "You add the zero point before the rounding. With an odd one every tie goes to the other neighbour: "
            "round(x / s) first, then + z.",
        ),
        Impostor(
            partial(reference, back=lambda q, zero_point: q),
            "The zero point is still in your x̂: subtract it before you multiply by the scale.",
        ),
        *(Impostor(_forgetful(kept), _IN_CTX) for kept in ("", "x", "x scale zero_point")),
    ),
    hints=(
        "Which of the two passes knows whether a value was clipped, and which of them needs to know it?",
        "forward decides, per element, whether the code q = round(x / s) + z lies inside, before it is clamped; "
        "ctx.save_for_backward carries that mask over. What does backward do with it and the incoming gradient?",
        "forward: q = torch.round(x / scale) + zero_point; ctx.save_for_backward((q >= quant_min) & (q <= quant_max)); "
        "return (torch.clamp(q, quant_min, quant_max) - zero_point) * scale. backward: (inside,) = ctx.saved_tensors; "
        "return grad * inside, None, None, None, None.",
    ),
    praise="Stairs on the way forward, a slope of 1 inside and 0 outside on the way back.",
)
