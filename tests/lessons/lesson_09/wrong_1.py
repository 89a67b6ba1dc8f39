"""Wrong answers to exercise 09.1, a straight-through estimator, and a right one."""

from __future__ import annotations

import torch


class Straight(torch.autograd.Function):
    """A gradient everywhere, as if nothing were clipped."""

    @staticmethod
    def forward(ctx, x, scale, zero_point, low, high):
        return (torch.clamp(torch.round(x / scale) + zero_point, low, high) - zero_point) * scale

    @staticmethod
    def backward(ctx, grad):
        return grad, None, None, None, None


class OnlySlope(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale, zero_point, low, high):
        q = torch.round(x / scale) + zero_point
        ctx.save_for_backward((q >= low) & (q <= high))
        return (torch.clamp(q, low, high) - zero_point) * scale

    @staticmethod
    def backward(ctx, grad):
        return ctx.saved_tensors[0].float(), None, None, None, None


class RangeOnTheClass(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale, zero_point, low, high):
        ctx.save_for_backward(torch.round(x / scale) + zero_point)
        RangeOnTheClass.low, RangeOnTheClass.high = low, high
        return (torch.clamp(torch.round(x / scale) + zero_point, low, high) - zero_point) * scale

    @staticmethod
    def backward(ctx, grad):
        (q,) = ctx.saved_tensors
        return grad * ((q >= RangeOnTheClass.low) & (q <= RangeOnTheClass.high)), None, None, None, None


class MaskOnTheClass(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale, zero_point, low, high):
        q = torch.round(x / scale) + zero_point
        MaskOnTheClass.inside = (q >= low) & (q <= high)
        return (torch.clamp(q, low, high) - zero_point) * scale

    @staticmethod
    def backward(ctx, grad):
        return grad * MaskOnTheClass.inside, None, None, None, None


class Overwrites(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale, zero_point, low, high):
        q = torch.round(x / scale) + zero_point
        ctx.save_for_backward((q >= low) & (q <= high))
        return (torch.clamp(q, low, high) - zero_point) * scale

    @staticmethod
    def backward(ctx, grad):
        return grad.mul_(ctx.saved_tensors[0]), None, None, None, None


def plain(x, scale, zero_point, low, high):
    return (torch.clamp(torch.round(x / scale) + zero_point, low, high) - zero_point) * scale


def detached(x, scale, zero_point, low, high):
    return plain(x.detach(), scale, zero_point, low, high)


def _masked(x, x_hat, inside, gain=1.0):
    """Value x_hat, and a gradient of ``gain`` where inside."""
    path = torch.where(inside, x * gain, torch.zeros_like(x))
    return path + (x_hat - path).detach()


def _codes(x, scale, zero_point):
    return torch.round(x.detach() / scale) + zero_point


def strict(x, s, z, low, high):
    q = _codes(x, s, z)
    return _masked(x, plain(x.detach(), s, z, low, high), (q > low) & (q < high))


def inverted(x, s, z, low, high):
    q = _codes(x, s, z)
    return _masked(x, plain(x.detach(), s, z, low, high), (q < low) | (q > high))


def divided(x, s, z, low, high):
    q = _codes(x, s, z)
    return _masked(x, plain(x.detach(), s, z, low, high), (q >= low) & (q <= high), 1 / s)


def multiplied(x, s, z, low, high):
    q = _codes(x, s, z)
    return _masked(x, plain(x.detach(), s, z, low, high), (q >= low) & (q <= high), s)


def no_clamp(x, s, z, low, high):
    return x + ((_codes(x, s, z) - z) * s - x).detach()


def no_clamp_masked(x, s, z, low, high):
    q = _codes(x, s, z)
    return _masked(x, (q - z) * s, (q >= low) & (q <= high))


def truncated(x, s, z, low, high):
    q = torch.floor(x.detach() / s) + z
    return _masked(x, (torch.clamp(q, low, high) - z) * s, (q >= low) & (q <= high))


def zero_point_left(x, s, z, low, high):
    q = _codes(x, s, z)
    return _masked(x, torch.clamp(q, low, high) * s, (q >= low) & (q <= high))


def ties_up(x, s, z, low, high):
    q = torch.floor(x.detach() / s + 0.5) + z
    return _masked(x, (torch.clamp(q, low, high) - z) * s, (q >= low) & (q <= high))


def zero_point_before_rounding(x, s, z, low, high):
    q = torch.round(x.detach() / s + z)
    return _masked(x, (torch.clamp(q, low, high) - z) * s, (q >= low) & (q <= high))


def clipped_first(x, s, z, low, high):
    """As many write it: clip the real value, so that the gradient outside vanishes by itself, then round."""
    clipped = torch.minimum(torch.maximum(x, torch.as_tensor((low - z) * s)), torch.as_tensor((high - z) * s))
    path = torch.where((x >= (low - z) * s) & (x <= (high - z) * s), x, clipped.detach())
    return path + (plain(x.detach(), s, z, low, high) - path).detach()


def second_straight_through(x, scale, zero_point, quant_min, quant_max):
    """Without a Function: the value leaves by a path whose slope is 1 where nothing was clipped, and 0 elsewhere."""
    with torch.no_grad():
        v = torch.round(x / scale)  # codes less the zero point, which has limits of its own
        first, last = torch.as_tensor(quant_min - zero_point), torch.as_tensor(quant_max - zero_point)
        kept = torch.minimum(torch.maximum(v, first), last)
        slope = (kept == v).to(x.dtype)
    return kept * scale + slope * (x - x.detach())


WRONG = [
    (Straight.apply, "passes outside of the range too"),
    (plain, "gradient is 0 everywhere"),
    (strict, "first and the last code are inside"),
    (inverted, "wrong way round"),
    (divided, "divide the gradient by the scale"),
    (multiplied, "multiply the gradient by the scale"),
    (OnlySlope.apply, "slope alone"),
    (no_clamp, "Nothing saturates: codes"),
    (no_clamp_masked, "Nothing saturates in the forward pass"),
    (truncated, "cut the fraction off"),
    (zero_point_left, "zero point is still in"),
    (ties_up, "even neighbour"),
    (zero_point_before_rounding, "before the rounding. With an odd one"),
    (clipped_first, "looks at the value before it is rounded"),
    (RangeOnTheClass.apply, r"what the \*last\* call of forward left"),
    (MaskOnTheClass.apply, r"what the \*last\* call of forward left"),
    (Overwrites.apply, "changes the gradient that it is handed"),
    (lambda x, s, z, low, high: x.numpy(), "RuntimeError"),
]

RIGHT = second_straight_through

VARIES = {
    "x": "shapes (10,), (60,), (40,), (3, 30), (2, 4, 3, 5), (2, 3, 9), (), (0, 3); ties; a quarter of a step and far "
    "beyond an end",
    "scale": "a number, a 0-d tensor, one per row, one per channel; 0.0156 to 4",
    "zero_point": "a number, a 0-d tensor, one per channel; −5, 0, 1, 7 and inside a channel 3, 12, 7, 0",
    "quant_min": "0, −1, −2, −7, −128",
    "quant_max": "1, 3, 7, 15, 127",
    "gradient from behind": "between −2 and 3, another one for each element, unchanged by backward",
    "calls": "each is followed by one with other arguments before its gradient is asked for",
}
