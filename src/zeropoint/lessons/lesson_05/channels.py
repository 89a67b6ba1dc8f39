"""What rounding does to each output channel of a layer: its range, its codes and its SQNR, as numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from zeropoint.lab.charts import channel_ranges
from zeropoint.quant import (
    Granularity,
    MinMaxObserver,
    PerAxis,
    PerGroup,
    PerTensor,
    fake_quantize_affine,
    quantize_affine,
)
from zeropoint.quant._arrays import Array

GROUP_SIZE = 8  # input channels that share a scale in the channel picker: it divides 16, 24, 32 …
SCHEMES: dict[str, Granularity] = {
    "per-tensor": PerTensor(),
    "per-channel": PerAxis(0),
    "per-group": PerGroup(GROUP_SIZE, axis=1),
}


class Rounded(NamedTuple):
    """Weights of shape (out, in, kH, kW) after symmetric quantization in the narrow range.

    Attributes
    ----------
    codes : int array, shape of the weights
    scale : float32 array, shape of the weights – the step that each weight was rounded to
    values : float32 array, shape of the weights – what the codes stand for
    """

    codes: np.ndarray
    scale: np.ndarray
    values: np.ndarray


def round_weights(weight: Array, granularity: Granularity, bit_width: int) -> Rounded:
    """Quantize weights with the min-max range of every granule.

    Parameters
    ----------
    weight : float array or tensor, shape (out, in, …)
    granularity : PerTensor, PerAxis or PerGroup
    bit_width : int, 2 to 16

    Raises
    ------
    ValueError
        When the shape does not divide into whole granules, or for a bit width that does not exist.

    Examples
    --------
    >>> rounded = round_weights(np.float32([[1, 0.3], [0.1, 0.03]]), PerAxis(0), 4)
    >>> rounded.codes.tolist(), rounded.scale[:, 0].round(3).tolist()
    ([[7, 2], [7, 2]], [0.14300000667572021, 0.014000000432133675])
    """
    weight = np.asarray(weight, dtype=np.float32)
    observer = MinMaxObserver(granularity)
    observer.observe(weight)
    qparams = observer.calculate_qparams(bit_width=bit_width, signed=True, symmetric=True, narrow_range=True)
    scale = np.broadcast_to(qparams.scale, weight.shape)
    return Rounded(quantize_affine(weight, *qparams), scale, fake_quantize_affine(weight, *qparams))


def channel_sqnr_db(weight: Array, values: Array) -> np.ndarray:
    """Return the SQNR of every output channel; NaN for a channel without signal or without error.

    A channel whose weights all become 0 has 0 dB: the error is the signal.

    Parameters
    ----------
    weight, values : float arrays or tensors of one shape, (out, …) – before and after quantization

    Returns
    -------
    float64 array, shape (out,), in dB

    Examples
    --------
    >>> channel_sqnr_db([[3, 4], [0, 0]], [[3, 4.5], [0, 0]])
    array([20., nan])
    """
    weight = np.asarray(weight, dtype=np.float64).reshape(len(weight), -1)  # (out, weights of a channel)
    values = np.asarray(values, dtype=np.float64).reshape(weight.shape)
    signal = (weight**2).sum(axis=1)
    noise = ((values - weight) ** 2).sum(axis=1)
    ratio = np.full(len(weight), np.nan)
    np.divide(signal, noise, out=ratio, where=(signal > 0) & (noise > 0))
    return 10 * np.log10(ratio)


def asymmetric_gain_db(weight: Array, bit_width: int) -> float:
    """Return the median over the channels of what asymmetric per-channel weights gain over symmetric ones, in dB.

    Examples
    --------
    >>> off_centre = np.random.default_rng(0).normal(0.5, 1, (8, 100))
    >>> print(f"{asymmetric_gain_db(off_centre, 4):.1f}")
    2.3
    """
    weight = np.asarray(weight, dtype=np.float32)
    observer = MinMaxObserver(PerAxis(0))
    observer.observe(weight)
    asymmetric = fake_quantize_affine(weight, *observer.calculate_qparams(bit_width=bit_width))
    symmetric = round_weights(weight, PerAxis(0), bit_width).values
    return float(np.nanmedian(channel_sqnr_db(weight, asymmetric) - channel_sqnr_db(weight, symmetric)))


def fits(granularity: Granularity, shape: tuple[int, ...]) -> bool:
    """Return whether a tensor of this shape divides into whole granules.

    Examples
    --------
    >>> fits(PerGroup(16, axis=1), (64, 32, 3, 3)), fits(PerGroup(16, axis=1), (64, 1, 3, 3))
    (True, False)
    """
    try:
        granularity.scale_shape(shape)
    except ValueError:
        return False
    return True


def fitting(scheme: str, shape: tuple[int, ...]) -> Granularity:
    """Return the granularity of one of :data:`SCHEMES`; PerAxis(0) where the shape has no such groups.

    Examples
    --------
    >>> str(fitting("per-group", (64, 1, 3, 3)))
    'per-channel (axis 0)'
    """
    granularity = SCHEMES[scheme]
    return granularity if fits(granularity, shape) else PerAxis(0)


def quietest_first(weight: Array) -> np.ndarray:
    """Return the output channels in the order of their largest |w|, int array, shape (out,)."""
    return np.argsort(channel_ranges(weight), kind="stable")


def place_of_rank(rank: float, channels: int) -> int:
    """Return the place in :func:`quietest_first` of a rank from 0 (the quietest) to 100 (the loudest).

    Examples
    --------
    >>> [place_of_rank(rank, 5) for rank in (0, 50, 100)]
    [0, 2, 4]
    """
    return round(rank / 100 * (channels - 1))


def codes_in_use(weight: Array, rank: int, scheme: str, bit_width: int) -> int:
    """Return how many different codes the weights of one channel take.

    Parameters
    ----------
    weight : float array, shape (out, in, kH, kW)
    rank : int, 0 to 100
        Which channel, in percent from the quietest (0) to the loudest (100).
    scheme : one of :data:`SCHEMES`
        Where "per-group" does not fit, a channel keeps one scale.
    bit_width : int
    """
    weight = np.asarray(weight, dtype=np.float32)
    channel = quietest_first(weight)[place_of_rank(rank, len(weight))]
    rounded = round_weights(weight, fitting(scheme, weight.shape), bit_width)
    return len(np.unique(rounded.codes[channel]))
