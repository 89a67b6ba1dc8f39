"""Observers watch batches of real data and propose the range that the codes should cover."""

from __future__ import annotations

from typing import TypedDict, Unpack

from array_api_compat import array_namespace, is_torch_array

from zeropoint.quant._arrays import Array
from zeropoint.quant.affine import QParams, choose_qparams_affine
from zeropoint.quant.granularity import Granularity, PerTensor


class CodeOptions(TypedDict, total=False):
    """The keywords of :func:`choose_qparams_affine`: what type of code a range is meant for."""

    bit_width: int
    signed: bool
    symmetric: bool
    narrow_range: bool


class MinMaxObserver:
    """Remember the smallest and the largest value of every granule over all batches seen.

    Parameters
    ----------
    granularity : PerTensor, PerAxis or PerGroup

    Attributes
    ----------
    min_val, max_val : array or None
        One value a granule, shape ``granularity.scale_shape(x.shape)``: () per tensor; the reduced dimensions are
        kept per axis, e.g. (out, 1, 1, 1); (A, B / g) for groups of g in the rows of (A, B).

    Examples
    --------
    >>> import numpy as np
    >>> observer = MinMaxObserver()
    >>> observer.observe(np.float32([-0.9, 2]))
    >>> observer.observe(np.float32([0, 5]))
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
            When the batch is empty, or has another number of granules (channels, groups) than the batches before.
        """
        if 0 in tuple(x.shape):
            raise ValueError(f"The batch has shape {tuple(x.shape)}: an observer needs at least one value.")
        xp = array_namespace(x)
        x = x.detach() if is_torch_array(x) else x  # an observer watches: it must not keep the graph of gradients
        self._update(self.granularity.reduce(xp.min, x), self.granularity.reduce(xp.max, x))

    def merge(self, other: MinMaxObserver) -> None:
        """Take over what another observer has seen, as if this one had seen both parts of the data.

        Calibration can so be split: observe the parts apart, then merge. ``other`` is not changed.

        Raises
        ------
        ValueError
            When the other is of another type or granularity, or watched a tensor of another shape.

        Examples
        --------
        >>> import numpy as np
        >>> first = MinMaxObserver()
        >>> first.observe(np.float32([-1, 2]))
        >>> second = MinMaxObserver()
        >>> second.observe(np.float32([0, 5]))
        >>> first.merge(second)
        >>> float(first.min_val), float(first.max_val)
        (-1.0, 5.0)
        """
        if type(other) is not type(self) or other.granularity != self.granularity:
            raise ValueError(
                f"A {type(self).__name__} ({self.granularity}) cannot take over a {type(other).__name__} "
                f"({getattr(other, 'granularity', 'no observer')}): merge observers that were made alike."
            )
        if other.min_val is not None:
            self._update(other.min_val, other.max_val)

    def calculate_qparams(self, **options: Unpack[CodeOptions]) -> QParams:
        """Return the quantization parameters of the observed range.

        Parameters
        ----------
        **options
            ``bit_width``, ``signed``, ``symmetric``, ``narrow_range`` of :func:`choose_qparams_affine`.

        Returns
        -------
        QParams
            ``scale`` and ``zero_point`` broadcast against the observed tensor. Per group they are repeated to one an
            element (:meth:`PerGroup.expand`); a file stores only ``granularity.scale_shape(x.shape)`` of them.

        Raises
        ------
        ValueError
            When nothing was observed yet, or the batches held NaN or infinities.
        """
        low, high = self._extremes()
        return granular_qparams(low, high, self.granularity, **options)

    def _update(self, low: Array, high: Array) -> None:
        """Widen the range by the extremes of one batch, or of another observer."""
        self._require_same_shape(low)
        xp = array_namespace(low)
        self.min_val = low if self.min_val is None else xp.minimum(self.min_val, low)
        self.max_val = high if self.max_val is None else xp.maximum(self.max_val, high)

    def _extremes(self) -> tuple[Array, Array]:
        """Return the range seen so far, or say that there is none."""
        if self.min_val is None:
            raise ValueError("The observer has seen no data: run calibration batches through it first.")
        return self.min_val, self.max_val

    def _require_same_shape(self, low: Array) -> None:
        if self.min_val is not None and tuple(self.min_val.shape) != tuple(low.shape):
            raise ValueError(
                f"The batch has ranges of shape {tuple(low.shape)}, the batches before {tuple(self.min_val.shape)}: "
                "use one observer for each tensor."
            )


class MovingAverageMinMaxObserver(MinMaxObserver):
    """Follow the extremes of the batches slowly, so that one extraordinary batch does not decide the range.

    The first batch sets the range; every later one moves it by a fraction c, the averaging constant:
    ``min_val ← min_val + c · (min(x) − min_val)``, and ``max_val`` alike. The result depends on the order of the
    batches and mostly on the last 1 / c of them. Values beyond the range are possible, and will be clipped.

    Parameters
    ----------
    averaging_constant : float, above 0 and at most 1
        1 keeps the last batch only.
    granularity : PerTensor, PerAxis or PerGroup

    Raises
    ------
    ValueError
        When the averaging constant lies outside of (0, 1].

    Source: ``torch.ao.quantization.MovingAverageMinMaxObserver`` (same formula and default); Jacob et al. 2018
    (arXiv:1712.05877), section 3.1, which smooths activation ranges in this way while training.

    Examples
    --------
    >>> import numpy as np
    >>> observer = MovingAverageMinMaxObserver(averaging_constant=0.1)
    >>> observer.observe(np.float32([0, 1]))
    >>> observer.observe(np.float32([0, 11]))
    >>> float(observer.max_val)
    2.0
    """

    def __init__(self, averaging_constant: float = 0.01, granularity: Granularity | None = None):
        super().__init__(granularity)
        if not 0 < averaging_constant <= 1:
            raise ValueError(f"averaging_constant is {averaging_constant}: expected above 0 and at most 1, e.g. 0.01.")
        self.averaging_constant = averaging_constant

    def merge(self, other: MinMaxObserver) -> None:
        """Refuse: a moving average depends on the order of the batches, and two of them have none in common.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(
            "Moving averages cannot be merged, for they depend on the order of all batches: "
            "use MinMaxObserver or HistogramObserver to split a calibration."
        )

    def _update(self, low: Array, high: Array) -> None:
        self._require_same_shape(low)
        xp = array_namespace(low)
        low = xp.astype(low, xp.float32)  # float16 would lose small steps
        high = xp.astype(high, xp.float32)
        if self.min_val is not None:
            low = self.min_val + self.averaging_constant * (low - self.min_val)
            high = self.max_val + self.averaging_constant * (high - self.max_val)
        self.min_val = low
        self.max_val = high


def granular_qparams(low: Array, high: Array, granularity: Granularity, **options: Unpack[CodeOptions]) -> QParams:
    """Return the parameters of one range a granule, laid out so that they broadcast against the tensor."""
    qparams = choose_qparams_affine(low, high, **options)
    return qparams._replace(scale=granularity.expand(qparams.scale), zero_point=granularity.expand(qparams.zero_point))
