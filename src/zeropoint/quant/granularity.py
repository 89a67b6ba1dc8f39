"""How many values share one scale: the whole tensor, or one slice along an axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Array = Any


@dataclass(frozen=True)
class PerTensor:
    """One scale and zero point for the whole tensor: [A, B] → scale shape [] (a scalar)."""

    def reduce_axes(self, ndim: int) -> tuple[int, ...]:
        """Return the axes over which minimum and maximum are taken: all."""
        return tuple(range(ndim))

    def __str__(self) -> str:
        return "per-tensor"


@dataclass(frozen=True)
class PerAxis:
    """One scale and zero point for each index of ``axis``: [A, B], axis 0 → scale shape [A, 1].

    Convolution weights (out, in, kH, kW) with ``axis=0`` are what toolkits call *per-channel*.

    Examples
    --------
    >>> PerAxis(0).reduce_axes(4), PerAxis(-1).reduce_axes(2)
    ((1, 2, 3), (0,))
    """

    axis: int = 0

    def reduce_axes(self, ndim: int) -> tuple[int, ...]:
        """Return the axes over which minimum and maximum are taken: all but ``axis``.

        Raises
        ------
        ValueError
            When a tensor of ``ndim`` dimensions has no such axis.
        """
        if not -ndim <= self.axis < ndim:
            raise ValueError(
                f"axis {self.axis} does not exist in a tensor of {ndim} dimensions: "
                f"expected {-ndim} to {ndim - 1}; convolution weights (out, in, kH, kW) take axis 0."
            )
        return tuple(i for i in range(ndim) if i != self.axis % ndim)

    def __str__(self) -> str:
        return f"per-channel (axis {self.axis})"


Granularity = PerTensor | PerAxis
