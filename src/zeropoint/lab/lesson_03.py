"""The explorable of lesson 03: rounding error, clipping error, and the clip at which their sum is least."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Band, Bars, Line, Points
from zeropoint.lab.panels import Panel, Picture
from zeropoint.lab.plots import flat_values
from zeropoint.quant import QParams, choose_qparams_affine

Array = Any  # a NumPy array or a torch tensor

SHARES = np.arange(2, 101) / 100  # where the explorable clips, as shares of the largest |x|
BIT_WIDTHS = (2, 3, 4, 5, 6, 7, 8)
_BINS = 80
_TICKED = 32  # codes that are drawn one by one


def clipped_qparams(x: np.ndarray, clip: float, bit_width: int) -> QParams:
    """Return the ruler that ends at ``clip``: symmetric, −clip … clip, or 0 … clip where no value is negative.

    Parameters
    ----------
    x : float array, any shape
    clip : float, > 0
        The real value of the last code.
    bit_width : int, 2 to 16

    Returns
    -------
    QParams
        Per tensor; the zero point is 0. Signed codes have the narrow range (−7 … 7 at 4 bits).

    Examples
    --------
    >>> qparams = clipped_qparams(np.float32([-3, 1]), clip=1.4, bit_width=4)
    >>> round(float(qparams.scale), 3), qparams.quant_min, qparams.quant_max
    (0.2, -7, 7)
    """
    if float(x.min()) >= 0:
        return choose_qparams_affine(0.0, clip, bit_width=bit_width)
    options = {"signed": True, "symmetric": True, "narrow_range": True}
    return choose_qparams_affine(-clip, clip, bit_width=bit_width, **options)


def clip_errors(x: np.ndarray, clips: Sequence[float], bit_width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean squared error of each clip, in its two parts.

    A value is *clipped* when its code would lie beyond the last one before it saturates. Both parts are divided by
    the number of all values, so that their sum is the mean squared error.

    Parameters
    ----------
    x : float array, any shape
    clips : floats, > 0
        Real values of the last code; see :func:`clipped_qparams`.
    bit_width : int, 2 to 16

    Returns
    -------
    rounding, clipping : float64 arrays, shape (len(clips),), in units of x squared

    Examples
    --------
    >>> rounding, clipping = clip_errors(np.float32([0, 0.4, 9, -1]), [3.0], bit_width=3)
    >>> print(rounding.round(6), clipping.round(6))
    [0.04] [9.]
    """
    return _errors(_Sums.of(x), np.asarray(clips, dtype=np.float64), clipped_qparams(x, 1.0, bit_width))


class _Sums(NamedTuple):
    """Sorted values with running sums, so that the error of a clip costs a few look-ups, not a pass over all values."""

    ordered: np.ndarray  # float64, shape (n,)
    first: np.ndarray  # (n + 1,): sums of the smallest i values
    second: np.ndarray  # (n + 1,): sums of their squares

    @classmethod
    def of(cls, x: np.ndarray) -> _Sums:
        ordered = np.sort(x.astype(np.float64), axis=None)
        powers = (np.concatenate([[0.0], np.cumsum(ordered**n)]) for n in (1, 2))
        return cls(ordered, *powers)


def _errors(sums: _Sums, clips: np.ndarray, qparams: QParams) -> tuple[np.ndarray, np.ndarray]:
    """Return both parts for the codes of ``qparams``: Σ (x − q)² = Σ x² − 2 q Σ x + n q² for each level q."""
    low, high = qparams.quant_min, qparams.quant_max
    scales = clips[:, None] / high  # (clips, 1)
    borders = (np.arange(low, high + 2) - 0.5) * scales  # (clips, levels + 1)
    places = np.pad(np.searchsorted(sums.ordered, borders), ((0, 0), (1, 0)))
    places = np.pad(places, ((0, 0), (0, 1)), constant_values=sums.ordered.size)
    levels = np.clip(np.arange(low - 1, high + 2), low, high) * scales  # (clips, levels + 2), the ends twice
    count, first, second = (np.diff(column) for column in (places, sums.first[places], sums.second[places]))
    squares = second - 2 * levels * first + count * levels**2
    both_ends = squares[:, 0] + squares[:, -1]
    return squares[:, 1:-1].sum(axis=1) / sums.ordered.size, both_ends / sums.ordered.size


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
        Slider("share", "clip at", 0.02, 1.0, 0.01, share, unit="of the largest |x|"),
        Choice("bits", "bit width", list(BIT_WIDTHS), bit_width),
        Choice("tensor", "tensor", list(known), start),
    ]
    return explore(
        controls,
        lambda share, bits, tensor: known[tensor].picture(share, bits),
        title="Where to clip",
        predict=f"{asked} at {bit_width} bits: at which share of the largest |x|, from 0.02 to 1, is the "
        "sum of both errors least?",
        answer=known[asked].best(bit_width),
    )


class _Tensor:
    """A tensor with what does not depend on the controls: its histogram, and the error curves once they were needed."""

    def __init__(self, name: str, values: np.ndarray):
        self.name, self.values = name, values
        self.largest = float(np.abs(values).max())
        self.sums = _Sums.of(values)
        self.power = float(self.sums.second[-1] / values.size)
        low = 0.0 if values.min() >= 0 else -self.largest
        self.counts, self.edges = np.histogram(values, _BINS, (low, self.largest))
        self.curves: Callable[[int], tuple[np.ndarray, np.ndarray]] = lru_cache(lambda bits: self._at(SHARES, bits))

    def _at(self, shares: np.ndarray, bit_width: int) -> tuple[np.ndarray, np.ndarray]:
        """Return both parts of the error as shares of the mean square."""
        qparams = clipped_qparams(self.values, 1.0, bit_width)
        rounding, clipping = _errors(self.sums, shares * self.largest, qparams)
        return rounding / self.power, clipping / self.power

    def best(self, bit_width: int) -> float:
        return float(SHARES[np.sum(self.curves(bit_width), axis=0).argmin()])

    def picture(self, share: float, bit_width: int) -> Picture:
        clip = share * self.largest
        parts = [float(part[0]) for part in self._at(np.array([share]), bit_width)]
        sqnr = -10 * np.log10(sum(parts))
        beyond = float(np.mean(np.abs(self.values) > clip))
        say = (
            f"{self.name} at {bit_width} bits, clipped at {share:.0%} of the largest value: rounding {parts[0]:.2g}, "
            f"clipping {parts[1]:.2g}, sum {sum(parts):.2g} of the mean square; SQNR {sqnr:.1f} dB."
        )
        facts = [("SQNR", f"{sqnr:.1f} dB"), ("beyond the clip", f"{100 * beyond:.2g} %")]
        return Picture([self._levels(clip, bit_width), self._errors(share, parts, bit_width)], say=say, facts=facts)

    def _levels(self, clip: float, bit_width: int) -> Panel:
        scale, _, low, high = clipped_qparams(self.values, clip, bit_width)
        step = -(-(high - low + 1) // _TICKED)
        levels = np.arange(-(-low // step) * step, high + 1, step) * float(scale)
        floor = 0.6
        layers: list = [Bars(self.edges, np.maximum(self.counts, floor), color="data")]
        if clip < self.largest:
            layers.append(Band(clip, self.largest, "clipped"))
            layers += [Band(-self.largest, -clip)] * (low < 0)
        which = "levels" if step == 1 else f"every {step}th level"
        layers.append(Points(levels, np.full(levels.size, floor), label=which, color="levels", marker="triangle"))
        title = f"{self.name}: values, and the levels at {bit_width} bits"
        margin = 0.03 * self.largest  # the outermost level stays whole, and inside in spite of its last bit
        ends = (float(self.edges[0]) - margin, self.largest + margin)
        top = 2.0 * float(self.counts.max())
        return Panel(title, "real value x", "values per bin", layers, x_range=ends, y_range=(floor, top), y_log=True)

    def _errors(self, share: float, parts: list[float], bit_width: int) -> Panel:
        rounding, clipping = self.curves(bit_width)
        total = rounding + clipping
        lines = [
            Line(100 * SHARES, np.where(y > 0, y, np.nan), label=name, color=color)
            for name, y, color in (
                ("rounding", rounding, "rounding"),
                ("clipping", clipping, "clipping"),
                ("sum", total, "levels"),
            )
        ]
        now = Points([100 * share], [sum(parts)], label="here", color="zero")
        best = Points([100 * SHARES[total.argmin()]], [total.min()], label="least sum", color="green")
        low = 10 ** np.floor(np.log10(total.min()) - 0.7)
        return Panel(
            "Error for every clip", "clip (% of the largest |x|)", "error² / mean x²", [*lines, best, now],
            x_range=(0, 100), y_range=(float(low), 1.5), y_log=True,
        )  # fmt: skip
