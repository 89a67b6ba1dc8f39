"""What accumulators of too few bits do to the codes of a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from zeropoint.quant._arrays import Array
from zeropoint.quant.requantize import narrow_accumulator


class Damage(NamedTuple):
    """What accumulators of too few bits do to a layer.

    Attributes
    ----------
    sums_outside : float – percentage of the sums that the accumulator does not hold
    codes_changed : float – percentage of the output codes that are others than with 32 bits
    largest_change : int – in steps of the output
    codes : int64 array – what comes out
    """

    sums_outside: float
    codes_changed: float
    largest_change: int
    codes: np.ndarray


def damage(sums: Array, finish: Callable[[Array], Array], bits: int, overflow: str) -> Damage:
    """Return what happens to a layer's output when its accumulators have too few bits.

    Parameters
    ----------
    sums : integer array, any shape – exact accumulators
    finish : from int32 accumulators of that shape to codes
    bits : int
    overflow : "wrap" or "saturate"

    Examples
    --------
    >>> found = damage(np.array([10, 40_000]), lambda acc: acc >> 8, 16, "saturate")
    >>> found.sums_outside, found.codes_changed, found.largest_change
    (50.0, 50.0, 29)
    """
    sums = np.asarray(sums, dtype=np.int64)
    half = 2 ** (bits - 1)
    right = np.asarray(finish(sums.astype(np.int32)), dtype=np.int64)
    codes = np.asarray(finish(narrow_accumulator(sums, bits, overflow)), dtype=np.int64)
    change = np.abs(codes - right)
    return Damage(
        sums_outside=float(100 * np.mean((sums < -half) | (sums >= half))),
        codes_changed=float(100 * np.mean(change > 0)),
        largest_change=int(change.max()),
        codes=codes,
    )
