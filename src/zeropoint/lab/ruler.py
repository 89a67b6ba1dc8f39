"""The ruler of lesson 02: a thin widget whose numbers are those of :mod:`zeropoint.quant`."""

from __future__ import annotations

import math
from typing import Any, cast

import anywidget
import numpy as np
import traitlets as t

from zeropoint.lab.browser import browser_script, browser_style
from zeropoint.lab.error_split import flat_values
from zeropoint.lab.figure import LabFigure
from zeropoint.lab.plots import HISTOGRAM_BINS, plot_ruler
from zeropoint.quant import QParams, choose_qparams_affine
from zeropoint.quant._arrays import Array

SAMPLE_SIZE = 4000
_GOLDEN = (math.sqrt(5) - 1) / 2


def sample_values(values: np.ndarray, counts: np.ndarray, size: int = SAMPLE_SIZE) -> tuple[np.ndarray, np.ndarray]:
    """Return a small sorted sample, and how many values of the tensor each of its members stands for.

    Up to half of the sample is shared out evenly among the histogram's bins, so that the tails, which decide
    about clipping, are there in full detail; the rest follows the counts. Within a bin the values are taken
    in order of size at steps that follow the golden ratio: deterministic, and no rhythm of the tensor's
    layout can hide in it.

    Parameters
    ----------
    values : float32 array, shape (n,)
    counts : integer array, shape (bins,)
        The histogram of all values.
    size : int
        The most values to return, at least twice the number of bins.

    Returns
    -------
    sample : float32 array, shape (at most size,), ascending, with the true minimum and maximum
    weights : float32 array of the same shape, adding up to n

    Examples
    --------
    >>> values = np.arange(100, dtype=np.float32)
    >>> sample, weights = sample_values(values, np.histogram(values, 4)[0], 16)
    >>> sample[[0, -1]], float(weights.sum())
    (array([ 0., 99.], dtype=float32), 100.0)
    """
    ordered = np.sort(values)
    if ordered.size <= size:
        return ordered, np.ones(ordered.size, dtype=np.float32)
    base = np.minimum(counts, size // (2 * counts.size))  # (bins,)
    taken = base + (size - base.sum()) * (counts - base) // (ordered.size - base.sum())
    of_bin = np.repeat(np.arange(counts.size), taken)  # (sample,): the bin of every member
    within = np.arange(of_bin.size) - np.repeat(np.cumsum(taken) - taken, taken)
    weights = counts[of_bin] / taken[of_bin]
    jitter = np.where(weights > 1, np.arange(of_bin.size) * _GOLDEN % 1, 0)
    places = (np.cumsum(counts) - counts)[of_bin] + np.floor((within + jitter) * weights + 1e-9).astype(np.int64)
    places[0] = 0
    places[-1] = ordered.size - 1
    return ordered[places], weights.astype(np.float32)


class ScaleRuler(anywidget.AnyWidget):
    """The ruler of lesson 02; made by :func:`explore_scale`.

    Attributes
    ----------
    min_val, max_val : float – the range that the codes should cover
    bit_width : int, 2 to 8
    signed : bool
    guess : float or None – what the learner predicted, once locked
    """

    _esm = browser_script("ruler.js")
    _css = browser_style("ruler.css")

    min_val = t.Float().tag(sync=True)
    max_val = t.Float().tag(sync=True)
    bit_width = t.Int(8, min=2, max=8).tag(sync=True)
    signed = t.Bool(False).tag(sync=True)
    predict = t.Unicode("").tag(sync=True)
    answer = t.Float(None, allow_none=True).tag(sync=True)
    guess = t.Float(None, allow_none=True).tag(sync=True)
    _sample = t.Bytes().tag(sync=True)
    _weights = t.Bytes().tag(sync=True)
    _counts = t.List(t.Int()).tag(sync=True)
    _edges = t.List(t.Float()).tag(sync=True)
    _count = t.Int().tag(sync=True)

    def __init__(self, values: np.ndarray, **traits: Any):
        counts, edges = np.histogram(values, HISTOGRAM_BINS)
        sample, weights = sample_values(values, counts)
        self._values = values
        super().__init__(
            min_val=float(sample[0]),
            max_val=float(sample[-1]),
            _sample=sample.astype("<f4").tobytes(),
            _weights=weights.astype("<f4").tobytes(),
            _counts=counts.tolist(),
            _edges=edges.tolist(),
            _count=values.size,
            **traits,
        )

    @property
    def qparams(self) -> QParams:
        """Scale and zero point of the range that the sliders show, from :mod:`zeropoint.quant`."""
        return choose_qparams_affine(self.min_val, self.max_val, bit_width=self.bit_width, signed=self.signed)

    @property
    def sample(self) -> tuple[np.ndarray, np.ndarray]:
        """The values that the browser measures and their weights: two float32 arrays of one shape."""
        return np.frombuffer(self._sample, "<f4"), np.frombuffer(self._weights, "<f4")

    def __repr__(self) -> str:
        return (
            f"ScaleRuler({self._count} values, min_val={self.min_val:.6g}, max_val={self.max_val:.6g}, "
            f"bit_width={self.bit_width}, signed={self.signed})"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict] | None:
        """Add the static twin, so that a page without widgets shows the same picture."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        figure = cast(LabFigure, plot_ruler(self._values, self.min_val, self.max_val, self.bit_width, self.signed))
        picture = figure._repr_mimebundle_()[0]["image/png"]
        return {**data, "image/png": picture}, {**metadata, "image/png": {"alt": f"Static picture. {figure.say}"}}


def explore_scale(
    x: Array,
    *,
    bit_width: int = 8,
    signed: bool = False,
    predict: str | None = None,
    answer: float | None = None,
) -> ScaleRuler:
    """Show how range and bit width set scale and zero point of a real tensor, and what that costs.

    Parameters
    ----------
    x : float NumPy array or torch tensor, any shape
        For instance the activations of one layer. Histogram and static picture use every value; the browser
        measures errors on a weighted sample of at most 4,000.
    bit_width : int, 2 to 8
        Where the slider starts.
    signed : bool
        INT8 codes (−128 … 127) instead of UINT8.
    predict : str, optional
        A question with a number for an answer: the picture stays hidden until the learner locks a guess.
    answer : float, optional
        The answer, shown beside the locked guess.

    Returns
    -------
    ScaleRuler
        A widget; ``.min_val``, ``.max_val``, ``.bit_width`` and ``.qparams`` follow the sliders.

    Raises
    ------
    TypeError
        When ``x`` is not floating-point.
    ValueError
        When ``x`` is empty or holds NaN or infinities, for a bit width outside 2 … 8, or an answer without a
        question.
    """
    if not (isinstance(bit_width, int | np.integer) and 2 <= bit_width <= 8):
        raise ValueError(f"bit_width is {bit_width!r}: expected a whole number from 2 to 8; a slider cannot show more.")
    if answer is not None and not predict:
        raise ValueError(f"There is an answer ({answer!r}) but no question: pass predict='How many …?' as well.")
    return ScaleRuler(
        flat_values(x),
        bit_width=int(bit_width),
        signed=bool(signed),
        predict=predict or "",
        answer=None if answer is None else float(answer),
    )
