"""Exercise 05.1: one symmetric scale for each slice of a weight tensor along an axis."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck, Impostor

QParams = tuple[np.ndarray, np.ndarray]

SMALL = 1e-6  # a scale below it belongs to a slice of small weights

SHAPES = (  # shape, axis, bit width
    ((6, 4, 3, 3), 0, 8),
    ((6, 4, 3, 3), 1, 4),
    ((8, 1, 3, 3), 0, 8),
    ((4, 4, 3, 3), 0, 4),
    ((4, 4, 3, 3), 1, 8),
    ((2, 3, 4, 3), 3, 7),
    ((3, 2, 4, 5), 2, 8),
    ((3, 5, 4, 2), -2, 8),
    ((4, 3, 2, 5), -3, 2),
    ((5, 2, 3, 4), -4, 8),
    ((1, 6, 3, 3), 0, 8),
    ((4, 2, 3, 3, 3), 0, 8),
    ((3, 4, 2, 3, 2), -4, 4),
    ((3, 4, 5), -1, 5),
    ((9, 5), 0, 6),
    ((5, 7), -1, 8),
    ((7, 5), -2, 3),
    ((8, 1), -1, 8),
    ((6,), 0, 8),
    ((9,), -1, 4),
)


def axis_cases() -> list[Case]:
    """Return the same weights each time: one to five axes, each of them asked for, and slices of every sort."""
    generator = np.random.default_rng(51)

    def weights(*shape: int) -> np.ndarray:
        loud = generator.permutation(np.geomspace(1e-3, 2, shape[0])).reshape(-1, *[1] * (len(shape) - 1))
        return (generator.normal(size=shape) * loud).astype(np.float32)

    negative = weights(5, 4, 1, 1)
    negative[:3] = -np.abs(negative[:3]) - np.float32(0.01)
    by_hand = Case((np.array([[0.5, -1.0], [0.02, 0.01]], np.float32), 0, 8), public=True)
    with_zero = Case((np.array([[0.5, 0.0], [0.1, 0.2]], np.float32), 0, 8), public=True)
    drawn = [Case((weights(*shape), axis, bit_width)) for shape, axis, bit_width in SHAPES]
    return [by_hand, with_zero, *drawn, Case((negative, 0, 8)), *_zeros(weights), *_small(weights)]


def _zeros(weights: Callable[..., np.ndarray]) -> list[Case]:
    """Return live slices that something else than their largest |w| takes for dead, then dead ones."""
    live = weights(6, 2, 3, 3)
    live[0, 0] = 0  # half of its weights, the first among them
    live[1, 1] = 0
    live[2] = np.abs(live[2])
    live[2, 0, 0, 0] = 0  # the least weight
    live[3, 1] = -live[3, 0]  # the sum
    live[4] = 0.25  # no spread
    live[5] = 0
    live[5, 1, 2, 2] = -0.5  # all but one
    dead = weights(6, 3, 3, 3)
    dead[2] = 0
    columns = weights(4, 5)
    columns[:, [0, 3, 4]] = 0
    vector = np.array([0.3, 0, -0.2, 0], np.float32)
    alive = [Case((live, 0, 8)), Case((np.moveaxis(live, 0, 2).copy(), 2, 4))]
    dying = [Case((dead, 0, 8)), Case((columns, -1, 4)), Case((columns, 1, 8)), Case((vector, 0, 8))]
    return [*alive, *dying, Case((np.zeros((3, 2, 1, 1), np.float32), 1, 8))]


def _small(weights: Callable[..., np.ndarray]) -> list[Case]:
    """Return slices of small weights, which are not dead, beside ordinary ones and beside a dead one."""
    quiet = weights(5, 4)
    quiet[1] = [1e-5, -2e-6, 0, 5e-6]
    quiet[2] = [-1e-8, 3e-8, 1e-8, 0]
    quiet[3] = 0
    return [Case((quiet, 0, 8)), Case((quiet.T.copy()[..., None], -2, 4))]


def _largest(weight: np.ndarray, **over: Any) -> np.ndarray:
    return np.abs(weight).max(**over)


def _all_but(axis: int, ndim: int) -> tuple[int, ...]:
    return tuple(i for i in range(ndim) if i != axis % ndim)


def _narrow_end(bit_width: int) -> int:
    return 2 ** (bit_width - 1) - 1


def reference_qparams(
    weight: np.ndarray,
    axis: int,
    bit_width: int,
    *,
    reach: Callable[..., np.ndarray] = _largest,
    reduced: Callable[[int, int], tuple[int, ...]] = _all_but,
    last_code: Callable[[int], int] = _narrow_end,
) -> QParams:
    """Return scale and zero point of every slice along ``axis``; a dead slice gets the scale 1.

    Each option takes one mistake: how far a slice reaches, the axes that (axis, ndim) reduces, and the code of the
    largest weight at a bit width.
    """
    scale = np.asarray(reach(weight, axis=reduced(axis, weight.ndim), keepdims=True) / last_code(bit_width))
    scale = np.where(scale > 0, scale, 1).astype(np.float32)
    return scale, np.zeros(scale.shape, np.int32)


def compare_qparams(got: Any, expected: QParams) -> str | None:
    """Compare scale and zero point; any positive scale is right for a slice of zeros."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        return "expected two arrays: return scale, zero_point."
    scale = numbers(got[0])
    zero_point = numbers(got[1])
    want = expected[0]
    if scale is None or zero_point is None:
        return "expected two arrays of numbers: return scale, zero_point."
    if scale.shape != want.shape:
        return _about_shape(scale.shape, want.shape)
    problem = _about_values(scale, want)
    if problem:
        return problem
    if zero_point.shape != want.shape:
        return f"zero_point has shape {zero_point.shape}: one for each slice too, in the shape of the scale."
    return "a symmetric scheme has the zero point 0 in every slice." if np.any(zero_point != 0) else None


def _about_shape(got: tuple[int, ...], want: tuple[int, ...]) -> str:
    if got == ():
        return "one scale came back for the whole tensor: asked is one for each index of the axis."
    if got == tuple(n for n in want if n > 1) or np.prod(got) == np.prod(want):
        return (
            f"the scale has shape {got}: keep the reduced dimensions with size 1 (keepdims=True), or weight / scale "
            "divides along the last axis, whichever was meant."
        )
    return f"the scale has shape {got}: size 1 in every dimension but the axis, and there the size of the weight."


def _about_values(scale: np.ndarray, want: np.ndarray) -> str | None:
    dead = want == 1  # no live slice of the cases has this scale
    usable = np.isfinite(scale) & (scale > 0)
    if np.any(~usable & ~dead):
        return "every scale is positive and finite."
    if np.any(~usable):
        found = float(scale[~usable][0])
        return (
            f"a slice of zeros gets the scale {found:g}, which is no positive number, and 0 / 0 has no code: give it "
            "any positive scale, as dead channels do occur."
        )
    wrong = ~np.isclose(scale, want, rtol=1e-4, atol=0) & ~dead
    if not np.any(wrong):
        return None
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    if want[place] < SMALL < np.min(want, where=~wrong, initial=1):
        return (
            f"scale{list(place)} is wrong ({scale[place]:.4g}): that slice holds small weights, and they are not dead. "
            "A floor under the scale, or a constant added to it, costs them codes or all of them."
        )
    if scale[place] == 1:
        return f"scale{list(place)} is 1 as for a dead slice, but not all of its weights are 0: its largest |w| counts."
    return f"scale{list(place)} is wrong ({scale[place]:.4g}): the largest |w| of that slice needs the last code."


def _per_tensor_everywhere(weight: np.ndarray, axis: int, bit_width: int) -> QParams:
    """Return the right shape filled with the one scale of the whole tensor."""
    scale, zero_point = reference_qparams(weight, axis, bit_width)
    return np.full_like(scale, np.abs(weight).max() / _narrow_end(bit_width)), zero_point


def _largest_without_sign(weight: np.ndarray, **over: Any) -> np.ndarray:
    return weight.max(**over)


def _half_of_span(weight: np.ndarray, **over: Any) -> np.ndarray:
    return (weight.max(**over) - weight.min(**over)) / 2


IMPOSTORS = (
    Impostor(
        _per_tensor_everywhere,
        "Your scales have the right shape, and all have the same value: that is per-tensor in disguise. Take the "
        "maximum within each slice.",
    ),
    Impostor(
        partial(reference_qparams, reduced=lambda axis, ndim: tuple(range(ndim))),
        "One scale for the whole tensor: asked is one for each index of the axis.",
    ),
    Impostor(
        partial(reference_qparams, reduced=lambda axis, ndim: (axis,)),
        "You take the maximum *along* the axis: one scale is wanted for each of its indices, so reduce all the others.",
    ),
    Impostor(
        partial(reference_qparams, reduced=lambda axis, ndim: tuple(range(1, ndim))),
        "You always keep axis 0: the axis is an argument, and another one may be asked for.",
    ),
    Impostor(
        partial(reference_qparams, reduced=lambda axis, ndim: tuple(i for i in range(ndim) if i != abs(axis))),
        "You take a negative axis without its sign: −1 is the *last* axis, −2 the one before; axis % weight.ndim "
        "counts it from the front.",
    ),
    Impostor(
        partial(reference_qparams, reduced=lambda axis, ndim: _all_but(axis if axis >= 0 else ndim - 1, ndim)),
        "You take every negative axis for the last one: −2 is the one before it. axis % weight.ndim counts it from "
        "the front.",
    ),
    Impostor(
        partial(reference_qparams, reduced=lambda axis, ndim: tuple(i for i in range(ndim) if i != axis)),
        "A negative axis is never equal to an index that counts from 0, so you reduce *all* of them: compare with "
        "axis % weight.ndim.",
    ),
    Impostor(
        partial(reference_qparams, last_code=lambda bit_width: 2 ** (bit_width - 1)),
        "You divide by 128 (at 8 bits): in the narrow range the last code is 127, and the largest weight needs it.",
    ),
    Impostor(
        partial(reference_qparams, last_code=lambda bit_width: 2**bit_width - 1),
        "You divide by 255 (at 8 bits): these codes reach from −127 to 127, and max|w| takes 127 of them.",
    ),
    Impostor(
        partial(reference_qparams, last_code=lambda bit_width: 127),
        "You divide by 127 for every bit width: 4 bits end at 7.",
    ),
    Impostor(
        partial(reference_qparams, reach=_largest_without_sign),
        "You take the largest weight, not the largest |w|: a slice of mostly negative weights is then clipped.",
    ),
    Impostor(
        partial(reference_qparams, reach=_half_of_span),
        "You take half of max − min: a symmetric range is as long as the longer side, or that one is clipped.",
    ),
)

CHECK = FunctionCheck(
    reference=reference_qparams,
    cases=axis_cases,
    compare=compare_qparams,
    impostors=IMPOSTORS,
    hints=(
        "One number is wanted for each index of the axis. Over which axes does its maximum run, then: over this one, "
        "or over all the others? And which of them is −1?",
        "NumPy takes a tuple of axes: all but axis % weight.ndim, with keepdims=True. The largest |w| gets the code "
        "2**(bit_width − 1) − 1, and a slice of zeros needs a scale all the same.",
        "axes = tuple(i for i in range(weight.ndim) if i != axis % weight.ndim), then np.abs(weight).max(axis=axes, "
        "keepdims=True) / (2**(bit_width − 1) − 1), and np.where(scale > 0, scale, 1).",
    ),
    praise="One ruler for each slice, in a shape that broadcasts, and a dead channel does no harm.",
)
