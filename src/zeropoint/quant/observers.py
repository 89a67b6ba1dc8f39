"""Observers watch batches of real data and propose the range that the codes should cover."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from zeropoint.quant.affine import QParams, choose_qparams_affine
from zeropoint.quant.granularity import Granularity, PerTensor

Array = Any


class MinMaxObserver:
    """Remember the smallest and the largest value of every granule over all batches seen.

    Parameters
    ----------
    granularity : PerTensor or PerAxis

    Attributes
    ----------
    min_val, max_val : array or None
        Shape () per tensor; the reduced dimensions are kept per axis, e.g. (out, 1, 1, 1).

    Examples
    --------
    >>> import numpy as np
    >>> observer = MinMaxObserver()
    >>> observer.observe(np.float32([-0.9, 2])); observer.observe(np.float32([0, 5]))
    >>> float(observer.max_val), int(observer.calculate_qparams().zero_point)
    (5.0, 39)
    """

    def __init__(self, granularity: Granularity | None = None):
        self.granularity = granularity or PerTensor()
        self.min_val: Array | None = None
        self.max_val: Array | None = None

    def observe(self, x: Array) -> None:
        """Widen the range by one batch.

        Raises
        ------
        ValueError
            When the batch is empty, or has another number of channels than the batches before.
        """
        if 0 in tuple(x.shape):
            raise ValueError(f"The batch has shape {tuple(x.shape)}: an observer needs at least one value.")
        xp = array_namespace(x)
        axes = self.granularity.reduce_axes(x.ndim)
        keep = not isinstance(self.granularity, PerTensor)
        low, high = xp.min(x, axis=axes, keepdims=keep), xp.max(x, axis=axes, keepdims=keep)
        if self.min_val is not None and tuple(self.min_val.shape) != tuple(low.shape):
            raise ValueError(
                f"The batch has ranges of shape {tuple(low.shape)}, the batches before {tuple(self.min_val.shape)}: "
                "use one observer for each tensor."
            )
        self.min_val = low if self.min_val is None else xp.minimum(self.min_val, low)
        self.max_val = high if self.max_val is None else xp.maximum(self.max_val, high)

    def calculate_qparams(self, **options: Any) -> QParams:
        """Return the quantization parameters of the observed range.

        Parameters
        ----------
        **options
            ``bit_width``, ``signed``, ``symmetric``, ``narrow_range`` of :func:`choose_qparams_affine`.

        Raises
        ------
        ValueError
            When nothing was observed yet, or the batches held NaN or infinities.
        """
        if self.min_val is None:
            raise ValueError("The observer has seen no data: run calibration batches through it first.")
        return choose_qparams_affine(self.min_val, self.max_val, **options)
