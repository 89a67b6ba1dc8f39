"""The explorable of lesson 03: rounding error, clipping error, and the clip at which their sum is least."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from zeropoint.lab.error_split import flat_values
from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Band, Bars, Layer, Line, Points, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.lessons.lesson_03.clipping import SortedSums, clipped_qparams
from zeropoint.quant._arrays import Array

SHARES = np.arange(2, 101) / 100  # where the explorable clips, as shares of the largest |x|
BIT_WIDTHS = (2, 3, 4, 5, 6, 7, 8)
_BINS = 80
_TICKED = 32  # codes that are drawn one by one
_FLOOR = 0.6  # of the logarithmic axis: a bin without values has no bar


def clip_picture(x: Array, share: float, bit_width: int, *, name: str = "") -> Picture:
    """Return histogram and error curves of a tensor clipped at a share of its largest value.

    Parameters
    ----------
    x : float NumPy array or torch tensor, any shape
    share : float, above 0 and at most 1
        Where the ruler ends, as a share of the largest |x|.
    bit_width : int, 2 to 8
    name : str – of the tensor, for the title

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    >>> [panel.title for panel in clip_picture(x, 0.6, 4, name="Gaussian").panels]
    ['Gaussian: values, and the levels at 4 bits', 'Error for every clip']
    """
    return _Tensor(name, flat_values(x)).picture(share, bit_width)


def explore_clipping(
    tensors: Mapping[str, Array], *, bit_width: int = 4, share: float = 1.0, start: str | None = None
) -> Explorable:
    """Show where the sum of rounding and clipping error is least: a slider for the clip, a choice of bits and tensor.

    The picture stays hidden until the learner has guessed where the sum of the *first* tensor is least.

    Parameters
    ----------
    tensors : name → float NumPy array or torch tensor, two or more
        Every value counts.
    bit_width : int, 2 to 8
    share : float
        Where the slider starts, as a share of the largest |x|.
    start : str, optional
        The tensor that is shown at first; the static picture of any but the first keeps the answer to itself.

    Returns
    -------
    Explorable
    """
    known = {name: _Tensor(name, flat_values(x)) for name, x in tensors.items()}
    asked = next(iter(known))
    controls = [
        Slider("percent", "clip at", 2, 100, 1, round(100 * share), unit="% of the largest |x|"),
        Choice("bits", "bit width", list(BIT_WIDTHS), bit_width),
        Choice("tensor", "tensor", list(known), start),
    ]
    return explore(
        controls,
        lambda percent, bits, tensor: known[tensor].picture(percent / 100, bits),
        title="Where to clip",
        predict=(
            f"{asked} at {bit_width} bits: at how many percent of the largest |x|, from 2 to 100, is the "
            "sum of both errors least?"
        ),
        answer=100 * known[asked].best(bit_width),
    )


class _Tensor:
    """A tensor with what does not depend on the controls: its histogram, and the error curves once they were needed."""

    def __init__(self, name: str, values: np.ndarray):
        self.name = name
        self.values = values
        self.largest = float(np.abs(values).max())
        self.sums = SortedSums.of(values)
        self.power = float(self.sums.second[-1] / values.size)
        low = 0.0 if values.min() >= 0 else -self.largest
        self.counts, self.edges = np.histogram(values, _BINS, (low, self.largest))
        self.curves: Callable[[int], tuple[np.ndarray, np.ndarray]] = lru_cache(lambda bits: self._at(SHARES, bits))

    def _at(self, shares: np.ndarray, bit_width: int) -> tuple[np.ndarray, np.ndarray]:
        """Return both parts of the error as shares of the mean square."""
        qparams = clipped_qparams(self.values, 1.0, bit_width)
        rounding, clipping = self.sums.errors(shares * self.largest, qparams)
        return rounding / self.power, clipping / self.power

    def best(self, bit_width: int) -> float:
        return float(SHARES[np.sum(self.curves(bit_width), axis=0).argmin()])

    def picture(self, share: float, bit_width: int) -> Picture:
        clip = share * self.largest
        rounding, clipping = (float(part[0]) for part in self._at(np.array([share]), bit_width))
        total = rounding + clipping
        sqnr = -10 * np.log10(total)
        beyond = float(np.mean(np.abs(self.values) > clip))
        say = (
            f"{self.name} at {bit_width} bits, clipped at {share:.0%} of the largest value: rounding {rounding:.2g}, "
            f"clipping {clipping:.2g}, sum {total:.2g} of the mean square; SQNR {sqnr:.1f} dB."
        )
        facts = [("SQNR", f"{sqnr:.1f} dB"), ("beyond the clip", f"{100 * beyond:.2g} %")]
        return Picture([self._levels(clip, bit_width), self._errors(share, bit_width)], say=say, facts=facts)

    def _levels(self, clip: float, bit_width: int) -> Panel:
        layers: list[Layer] = [Bars(self.edges, np.maximum(self.counts, _FLOOR), color="data")]
        if clip < self.largest:
            layers.append(Band(clip, self.largest, "clipped"))
            if self.edges[0] < 0:
                layers.append(Band(-self.largest, -clip))
        layers.append(self._marks(clip, bit_width))
        margin = 0.03 * self.largest  # the outermost level stays whole, and inside in spite of its last bit
        return Panel(
            f"{self.name}: values, and the levels at {bit_width} bits",
            "real value x",
            "values per bin",
            layers,
            x_range=(float(self.edges[0]) - margin, self.largest + margin),
            y_range=(_FLOOR, 2.0 * float(self.counts.max())),
            y_log=True,
        )

    def _marks(self, clip: float, bit_width: int) -> Points:
        """Return the levels as marks on the horizontal axis; at many bits every n-th one, 0 among them."""
        qparams = clipped_qparams(self.values, clip, bit_width)
        codes = qparams.quant_max - qparams.quant_min + 1
        step = math.ceil(codes / _TICKED)
        first = math.ceil(qparams.quant_min / step) * step
        levels = np.arange(first, qparams.quant_max + 1, step) * float(qparams.scale)
        which = "levels" if step == 1 else f"every {step}th level"
        return Points(levels, np.full(levels.size, _FLOOR), label=which, color="levels", marker="triangle")

    def _errors(self, share: float, bit_width: int) -> Panel:
        rounding, clipping = self.curves(bit_width)
        total = rounding + clipping
        percent = 100 * SHARES
        best = total.argmin()
        layers = [
            Line(percent, np.where(rounding > 0, rounding, np.nan), label="rounding", color="rounding"),
            Line(percent, np.where(clipping > 0, clipping, np.nan), label="clipping", color="clipping"),
            Line(percent, np.where(total > 0, total, np.nan), label="sum", color="levels"),
            VLine(100 * share, "here", color="zero"),  # a line: a point would cover the least sum where both agree
            Points([percent[best]], [total[best]], label="least sum", color="green"),
        ]
        low = 10 ** np.floor(np.log10(total.min()) - 0.7)
        return Panel(
            "Error for every clip",
            "clip (% of the largest |x|)",
            "error² / mean x²",
            layers,
            x_range=(0, 100),
            y_range=(float(low), 1.5),
            y_log=True,
        )
