"""How many values share one scale: the whole tensor, one slice along an axis, or one run of values in a slice.

Every granularity answers the same three questions: how many scales there are (:meth:`~PerGroup.scale_shape`), how
to take one number out of every granule (``reduce``), and how to lay those numbers out so that they broadcast
against the tensor (``expand``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from array_api_compat import array_namespace

from zeropoint.quant._arrays import Array


@dataclass(frozen=True)
class PerTensor:
    """One scale and zero point for the whole tensor: [A, B] → scale shape [] (a scalar)."""

    def reduce_axes(self, ndim: int) -> tuple[int, ...]:
        """Return the axes over which minimum and maximum are taken: all."""
        return tuple(range(ndim))

    def scale_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the distinct scales of a tensor of this shape: ()."""
        return ()

    def reduce(self, function: Callable[..., Array], x: Array) -> Array:
        """Return ``function`` (such as ``xp.min``) of all values, shape ()."""
        return function(x, axis=self.reduce_axes(x.ndim))

    def expand(self, values: Array) -> Array:
        """Return the values as they are: a scalar broadcasts."""
        return values

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
        axis = _existing_axis(self.axis, ndim)
        return tuple(i for i in range(ndim) if i != axis)

    def scale_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the distinct scales of a tensor of this shape: 1 in every reduced dimension.

        Examples
        --------
        >>> PerAxis(0).scale_shape((64, 32, 3, 3))
        (64, 1, 1, 1)
        """
        reduced = self.reduce_axes(len(shape))
        return tuple(1 if i in reduced else size for i, size in enumerate(shape))

    def reduce(self, function: Callable[..., Array], x: Array) -> Array:
        """Return ``function`` (such as ``xp.min``) of every slice, shape ``scale_shape(x.shape)``."""
        return function(x, axis=self.reduce_axes(x.ndim), keepdims=True)

    def expand(self, values: Array) -> Array:
        """Return the values as they are: the kept dimensions of size 1 broadcast."""
        return values

    def __str__(self) -> str:
        return f"per-channel (axis {self.axis})"


@dataclass(frozen=True)
class PerGroup:
    """One scale and zero point for each run of ``group_size`` consecutive values along ``axis``.

    [A, B], axis 1, group_size g → B / g scales a row, shape [A, B / g]; every other dimension keeps its size. That
    is the layout of ONNX ``QuantizeLinear`` with ``block_size=g`` (opset 21), and a file stores just these scales.
    Against the tensor they must be laid out once a value, and :meth:`expand` does it: [A, B / g] → [A, B].

    Parameters
    ----------
    group_size : int, at least 1
    axis : int
        The axis that is cut into groups; convolution weights (out, in, kH, kW) usually take the input channels,
        ``axis=1``.

    Raises
    ------
    ValueError
        When the group size is not a positive whole number; later, when a tensor lacks the axis or does not divide
        into whole groups.

    Examples
    --------
    >>> PerGroup(32, axis=1).scale_shape((64, 128))
    (64, 4)
    """

    group_size: int
    axis: int = -1

    def __post_init__(self) -> None:
        if not (isinstance(self.group_size, int) and self.group_size >= 1):
            raise ValueError(f"group_size is {self.group_size!r}: expected a whole number from 1, e.g. PerGroup(32).")

    def scale_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the distinct scales of a tensor of this shape; their number is its product.

        Raises
        ------
        ValueError
            When the shape lacks the axis, or its last group would be ragged.
        """
        axis = _existing_axis(self.axis, len(shape))
        if shape[axis] % self.group_size:
            raise ValueError(
                f"{shape[axis]} values along axis {self.axis} do not divide into groups of {self.group_size}: the last "
                f"would hold {shape[axis] % self.group_size}; choose a divisor of {shape[axis]} or pad the tensor."
            )
        return (*shape[:axis], shape[axis] // self.group_size, *shape[axis + 1 :])

    def reduce(self, function: Callable[..., Array], x: Array) -> Array:
        """Return ``function`` (such as ``xp.min``) of every group, shape ``scale_shape(x.shape)``.

        Examples
        --------
        >>> import numpy as np
        >>> PerGroup(2).reduce(np.max, np.array([[1, 2, 3, 4], [8, 7, 6, 5]]))
        array([[2, 4],
               [8, 6]])
        """
        axis = _existing_axis(self.axis, x.ndim)
        groups = self.scale_shape(tuple(x.shape))
        blocks = array_namespace(x).reshape(x, (*groups[: axis + 1], self.group_size, *groups[axis + 1 :]))
        return function(blocks, axis=axis + 1)  # [A, B] → [A, B / g, g] → [A, B / g]

    def expand(self, values: Array) -> Array:
        """Return one value a group repeated to one an element, so that it broadcasts: [A, B / g] → [A, B].

        Examples
        --------
        >>> import numpy as np
        >>> PerGroup(2).expand(np.array([[2, 4], [8, 6]]))
        array([[2, 2, 4, 4],
               [8, 8, 6, 6]])
        """
        return array_namespace(values).repeat(values, self.group_size, axis=self.axis)

    def __str__(self) -> str:
        return f"per-group (axis {self.axis}, {self.group_size} values)"


Granularity = PerTensor | PerAxis | PerGroup


def _existing_axis(axis: int, ndim: int) -> int:
    """Return ``axis`` counted from the front, or say that a tensor of ``ndim`` dimensions has none such."""
    if not -ndim <= axis < ndim:
        raise ValueError(
            f"axis {axis} does not exist in a tensor of {ndim} dimensions: "
            f"expected {-ndim} to {ndim - 1}; convolution weights (out, in, kH, kW) take axis 0."
        )
    return axis % ndim
