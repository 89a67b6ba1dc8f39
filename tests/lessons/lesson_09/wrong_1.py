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


def second_straight_through(x, scale, zero_point, quant_min, quant_max):
    """Without a Function: clip first, so that the gradient outside vanishes by itself, then add the rounding error."""
    low, high = (quant_min - zero_point) * scale, (quant_max - zero_point) * scale
    inside = (x >= low - 1e-6) & (x <= high + 1e-6)
    clipped = torch.where(inside, x, torch.maximum(torch.minimum(x, high), low).detach())
    return clipped + (torch.round(clipped / scale) * scale - clipped).detach()


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
    (lambda x, s, z, low, high: x.numpy(), "RuntimeError"),
]

RIGHT = second_straight_through
