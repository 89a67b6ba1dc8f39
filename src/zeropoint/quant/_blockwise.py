"""Long tensors, a block at a time: the values in between stay in the processor's cache instead of going to memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from zeropoint.quant._arrays import Array

BLOCK = 1 << 17  # values; a few float32 temporaries of this length fit into a second-level cache


def blockwise(formula: Callable[..., Array], x: Array, *params: Array) -> Array:
    """Return ``formula(x, *params)``, computed on views of at most ``BLOCK`` values of ``x`` where that is quicker.

    The formula works on each value by itself, so the result is the same bit for bit. A torch tensor in the memory of
    the host is seen as the NumPy array that it is, for NumPy needs less time for each call. A short tensor, one of
    16-bit floats, one that records gradients, or one that the parameters widen, goes through the formula whole.

    Parameters
    ----------
    formula : function of arrays, elementwise, for NumPy and torch alike
    x : array, any shape and strides
    *params : arrays of the kind of ``x`` that broadcast against it
    """
    if math.prod(x.shape) <= BLOCK or any(_widens(x, p) for p in params):
        return formula(x, *params)
    if not is_torch_array(x):
        return _assemble(formula, x, *params)
    if not all(_is_plain(tensor) for tensor in (x, *params)):
        return formula(x, *params)
    with np.errstate(all="ignore"):  # torch does not warn of an overflow, which saturates
        values = _assemble(formula, *(tensor.detach().numpy() for tensor in (x, *params)))
    return array_namespace(x).as_tensor(values)  # shares the memory


def _widens(x: Array, param: Array) -> bool:
    shape = tuple(param.shape)
    return len(shape) > x.ndim or any(n not in (1, m) for n, m in zip(shape[::-1], x.shape[::-1], strict=False))


def _is_plain(tensor: Array) -> bool:
    """Return whether NumPy can see a torch tensor and computes as torch does, and no gradient will be asked for."""
    graph = tensor.requires_grad and array_namespace(tensor).is_grad_enabled()
    half = tensor.is_floating_point() and tensor.itemsize < 4  # half / float32 scalar: half in torch, float32 in NumPy
    return tensor.device.type == "cpu" and not half and not graph


def _assemble(formula: Callable[..., np.ndarray], x: np.ndarray, *params: np.ndarray) -> np.ndarray:
    aligned = [x, *(p.reshape((1,) * (x.ndim - p.ndim) + p.shape) for p in params)]
    result: np.ndarray | None = None
    for window, block in _blocks(aligned):
        values = formula(*block)
        if result is None:  # only now is it known what type the formula returns
            result = np.empty_like(x, dtype=values.dtype)
        result[window] = values
    assert result is not None  # a long array has blocks
    return result


def _blocks(arrays: Sequence[np.ndarray], start: tuple[slice, ...] = ()) -> Iterator[tuple[tuple, list[np.ndarray]]]:
    """Cut arrays that broadcast against the first into blocks: along axis 0, and rows that are too long along the next.

    Yields the window of each block, an index into the first array, and the views of all arrays there.
    """
    x = arrays[0]
    axis = len(start)
    if x.size <= BLOCK:
        yield start, list(arrays)
        return
    rows = max(1, BLOCK * x.shape[axis] // x.size)
    for first in range(0, x.shape[axis], rows):
        window = (*(slice(None),) * axis, slice(first, first + rows))
        views = [a[window] if a.shape[axis] > 1 else a for a in arrays]
        yield from _blocks(views, (*start, window[-1]))
