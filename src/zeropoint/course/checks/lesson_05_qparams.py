"""What exercise 05.1 calls, compares with and takes for a known mistake: one symmetric scale for each slice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case

F32 = np.float32
QParams = tuple[np.ndarray, np.ndarray]
DEAD = (
    "a slice of zeros gets the scale 0, and 0 / 0 has no code: give it any positive scale, as dead channels do occur."
)


def axis_cases() -> list[Case]:
    """Return the same weights each time: conv, depthwise and linear shapes, any axis, dead and one-sided slices."""
    generator = np.random.default_rng(51)

    def weights(*shape: int, quiet: int = 0) -> np.ndarray:
        loud = generator.permutation(np.geomspace(1e-3, 2, shape[0])).reshape(-1, *[1] * (len(shape) - 1))
        return (generator.normal(size=shape) * loud).astype(F32)

    dead, negative = weights(6, 3, 3, 3), weights(5, 4, 1, 1)
    dead[2] = 0
    negative[:3] = -np.abs(negative[:3]) - F32(0.01)
    return [
        Case((F32([[0.5, -1.0], [0.02, 0.01]]), 0, 8), public=True),
        Case((weights(6, 4, 3, 3), 0, 8)),
        Case((weights(6, 4, 3, 3), 1, 4)),
        Case((weights(8, 1, 3, 3), 0, 8)),
        Case((weights(5, 7), -1, 8)),
        Case((weights(4, 4, 3, 3), 0, 4)),
        Case((weights(4, 4, 3, 3), 1, 8)),
        Case((negative, 0, 8)),
        Case((dead, 0, 8)),
        Case((weights(9, 5), 0, 6)),
    ]


def reference_qparams(weight: np.ndarray, axis: int, bit_width: int) -> QParams:
    """Return scale and zero point of every slice along ``axis``; a dead slice gets the scale 1."""
    return wrong_qparams()(weight, axis, bit_width)


def compare_qparams(got: Any, expected: QParams) -> str | None:
    """Compare scale and zero point; any positive scale is right for a slice of zeros."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        return "expected two arrays: return scale, zero_point."
    scale, zero_point = (numbers(part) for part in got)
    want = expected[0]
    if scale is None or zero_point is None:
        return "expected two arrays of numbers: return scale, zero_point."
    if scale.shape != want.shape:
        return _about_shape(scale.shape, want.shape)
    dead = want == 1  # no live slice of the cases has this scale
    if np.any(~np.isfinite(scale) | (scale <= 0)):
        return DEAD if np.all((np.isfinite(scale) & (scale > 0)) | dead) else "every scale is positive and finite."
    if not np.allclose(scale[~dead], want[~dead], rtol=1e-4, atol=0):
        place = tuple(int(i) for i in np.argwhere(~np.isclose(scale, want, rtol=1e-4, atol=0) & ~dead)[0])
        return f"scale{list(place)} is wrong ({scale[place]:.4g}): the largest |w| of that slice needs the last code."
    if zero_point.shape not in (want.shape, ()):
        return f"zero_point has shape {zero_point.shape}: give it the shape of the scale."
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


def wrong_qparams(
    *,
    reach: Callable[..., np.ndarray] = lambda w, **over: np.abs(w).max(**over),
    over: Callable[[int, int], tuple[int, ...]] = lambda ndim, axis: tuple(i for i in range(ndim) if i != axis % ndim),
    last: Callable[[int], float] = lambda bits: 2 ** (bits - 1) - 1,
) -> Callable[..., QParams]:
    """Return a function like the reference; each option is one mistake."""

    def qparams(weight: np.ndarray, axis: int, bit_width: int) -> QParams:
        scale = np.asarray(reach(weight, axis=over(weight.ndim, axis), keepdims=True) / last(bit_width))
        scale = np.where(scale > 0, scale, 1).astype(F32)
        return scale, np.zeros(scale.shape, np.int32)

    return qparams


def per_tensor_everywhere(weight: np.ndarray, axis: int, bit_width: int) -> QParams:
    """Return the right shape filled with the one scale of the whole tensor."""
    scale, zero_point = reference_qparams(weight, axis, bit_width)
    return np.full_like(scale, np.abs(weight).max() / (2 ** (bit_width - 1) - 1)), zero_point
