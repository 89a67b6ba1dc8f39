"""Static figures: arrays in, a figure out, every number from :mod:`zeropoint.quant`."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from zeropoint.lab.style import HATCH, PALETTE, RC_PARAMS
from zeropoint.quant import QParams, choose_qparams_affine, dequantize_affine, fake_quantize_affine

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = Any  # a NumPy array or a torch tensor

HISTOGRAM_BINS = 120
_NO_CLAMP = 2**24  # beyond every code, and float32 still counts in ones up to here


class LabFigure(Figure):
    """A figure that a notebook shows once, whether or not pyplot was imported."""

    def _repr_png_(self) -> bytes:
        drawn, small = io.BytesIO(), io.BytesIO()
        self.savefig(drawn, format="png")
        # a third of the bytes; of Pillow's methods this one keeps the colours of small areas
        picture = Image.open(drawn).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        picture.save(small, format="png", optimize=True)
        return small.getvalue()


class ErrorSplit(NamedTuple):
    """The error of quantization, by its two causes.

    Attributes
    ----------
    rounding : float – part of the mean squared error from values that round to a level
    clipping : float – part from values beyond the last level, which saturate
    sqnr_db : float – signal-to-quantization-noise ratio in decibels; inf without error
    errors : float64 array, shape (n,) – x̂ − x
    clipped : bool array, shape (n,) – which values saturate
    """

    rounding: float
    clipping: float
    sqnr_db: float
    errors: np.ndarray
    clipped: np.ndarray


def flat_values(x: Array) -> np.ndarray:
    """Return any real tensor as one flat NumPy array.

    Parameters
    ----------
    x : float NumPy array or torch tensor, any shape, any device
        With or without gradient.

    Returns
    -------
    float32 array, shape (n,)

    Raises
    ------
    TypeError
        When ``x`` is not an array of floating-point values.
    ValueError
        When it is empty or holds NaN or infinities.

    Examples
    --------
    >>> flat_values(np.array([[0.5, -1.0]]))
    array([ 0.5, -1. ], dtype=float32)
    """
    if hasattr(x, "detach"):  # a torch tensor, told without importing torch
        x = x.detach().cpu()
        values = x.float().numpy() if x.is_floating_point() else x.numpy()  # NumPy has no bfloat16
    else:
        values = np.asarray(x)
    if not np.issubdtype(values.dtype, np.floating):
        raise TypeError(f"x holds {values.dtype} values: expected real (floating-point) ones; convert it to float32.")
    if values.size == 0:
        raise ValueError(f"x has shape {values.shape} and no values: expected at least one; pass a real tensor.")
    values = values.astype(np.float32).ravel()
    if not np.isfinite(values).all():
        raise ValueError("x holds NaN or infinities: expected finite values; find the layer that made them.")
    return values


def split_error(x: np.ndarray, qparams: QParams, weights: np.ndarray | None = None) -> ErrorSplit:
    """Quantize and dequantize, and say how much of the error is rounding and how much is clipping.

    A value is *clipped* when its code would lie outside ``quant_min … quant_max`` before it saturates; both
    parts are divided by the number of all values, so that they add up to the mean squared error.

    Parameters
    ----------
    x : float32 array, shape (n,)
    qparams : QParams
        Per tensor.
    weights : float array, shape (n,), optional
        How many values of the whole tensor each value of a sample stands for.

    Examples
    --------
    >>> split = split_error(np.float32([0, 0.4, 9]), choose_qparams_affine(0, 3, bit_width=2))
    >>> print(f"{split.rounding:.4f} {split.clipping:.4f}")
    0.0533 12.0000
    """
    scale, zero_point, quant_min, quant_max = qparams
    free = fake_quantize_affine(x, scale, zero_point, -_NO_CLAMP, _NO_CLAMP)
    low, high = dequantize_affine(np.array([quant_min, quant_max]), scale, zero_point)
    clipped = (free < low) | (free > high)
    errors = fake_quantize_affine(x, *qparams).astype(np.float64) - x
    share = np.full(x.size, 1 / x.size) if weights is None else weights / np.sum(weights, dtype=np.float64)
    squares = share * errors**2
    rounding, clipping = float(squares[~clipped].sum()), float(squares[clipped].sum())
    signal = float(np.sum(share * x.astype(np.float64) ** 2))
    with np.errstate(divide="ignore"):  # no error gives inf, no signal −inf
        ratio = np.float64(signal) / (rounding + clipping) if rounding + clipping else np.inf
        return ErrorSplit(rounding, clipping, float(10 * np.log10(ratio)), errors, clipped)


def plot_ruler(
    x: Array,
    min_val: float,
    max_val: float,
    bit_width: int = 8,
    signed: bool = False,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw a tensor on the ruler of its quantization: levels, error, and what the error is made of.

    Parameters
    ----------
    x : float array or tensor, any shape
    min_val, max_val : float
        The range that the codes should cover; it is widened to include zero.
    bit_width : int, 2 to 16
    signed : bool
    axes : three Axes, optional
        Where to draw; a new figure without them.

    Returns
    -------
    Figure
        Three panels: the histogram over the levels, the histogram of the error x̂ − x, and the mean squared
        error split into rounding and clipping.

    Raises
    ------
    TypeError, ValueError
        As :func:`flat_values` and :func:`zeropoint.quant.choose_qparams_affine` do.
    """
    values = flat_values(x)
    qparams = choose_qparams_affine(float(min_val), float(max_val), bit_width=bit_width, signed=signed)
    split = split_error(values, qparams)
    with rc_context(RC_PARAMS):
        if axes is None:
            figure = LabFigure(figsize=(7.2, 6.4), layout="constrained")
            axes = figure.subplots(3, height_ratios=[1.7, 1.1, 0.8])
        _draw_levels(axes[0], values, qparams, split)
        _draw_errors(axes[1], qparams, split)
        _draw_split(axes[2], split)
    return axes[0].figure


def _draw_levels(axes: Axes, values: np.ndarray, qparams: QParams, split: ErrorSplit) -> None:
    scale, zero_point, quant_min, quant_max = float(qparams.scale), int(qparams.zero_point), *qparams[2:]
    low, high = scale * (quant_min - zero_point - 0.5), scale * (quant_max - zero_point + 0.5)
    axes.hist(values, HISTOGRAM_BINS, color=PALETTE["data"])
    left, right = min(values.min(), low), max(values.max(), high)
    margin = 0.12 * (right - left)
    for start, stop, outside in ((left - margin, low, values < 0), (high, right + margin, values > 0)):
        axes.axvspan(start, stop, facecolor="none", edgecolor=PALETTE["clipping"], hatch=HATCH["clipping"], alpha=0.5)
        share = np.mean(split.clipped & outside)
        words = f"clipped\n{100 * share:.2g} %" if share else "nothing\nclipped"
        axes.text((start + stop) / 2, 0.6, words, transform=axes.get_xaxis_transform(), **_NOTE)
    step = 2 ** max(0, (quant_max - quant_min).bit_length() - 6)  # at most 64 ticks
    codes = np.arange(-(-quant_min // step) * step, quant_max + 1, step)
    axes.vlines((codes - zero_point) * scale, 0, 0.06, PALETTE["levels"], transform=axes.get_xaxis_transform(), lw=0.8)
    axes.axvline(0, color=PALETTE["zero"], lw=2)
    drawn = "" if step == 1 else f" (every {step}th level has a tick)"
    axes.set(xlim=(left - margin, right + margin), yscale="log", ylim=(0.6, None), ylabel="values per bin (log)")
    zero = str(zero_point).replace("-", "−")
    axes.set_xlabel(f"real value x{drawn}; the line marks real 0 = code {zero} (zero point)")
    _label_codes(axes.twiny(), axes.get_xlim(), qparams)
    axes.set_title(f"The ruler: {quant_max - quant_min + 1} levels, scale {scale:.3g}, over {values.size:,} values")


def _label_codes(axes: Axes, limits: tuple[float, float], qparams: QParams) -> None:
    """Write the codes along the upper edge: the other side of the ruler."""
    scale, zero_point, quant_min, quant_max = float(qparams.scale), int(qparams.zero_point), *qparams[2:]
    room = (limits[1] - limits[0]) / scale / 16  # codes that one label covers
    step = 2 ** max(0, math.ceil(math.log2(room)))
    codes = [zero_point]
    for code in (quant_max, quant_min, *range(-(-quant_min // step) * step, quant_max, step)):
        if all(abs(code - other) >= room for other in codes):
            codes.append(code)
    axes.set_xticks([(code - zero_point) * scale for code in codes], [str(code).replace("-", "−") for code in codes])
    axes.set(xlim=limits, xlabel="code q")
    axes.spines["top"].set_visible(True)


def _draw_errors(axes: Axes, qparams: QParams, split: ErrorSplit) -> None:
    half = float(qparams.scale) / 2
    reach = 1.05 * max(half, float(np.abs(split.errors).max()))
    inner = round(40 * half / reach - 0.5)  # bins on each side of zero where rounding ends at an edge
    width = half * (1 + 1e-6) / (inner + 0.5) if inner > 0 else reach / 40.5  # a tie stays inside
    side = math.ceil(reach / width - 0.5)
    edges = (np.arange(2 * side + 2) - side - 0.5) * width
    bars = axes.hist(
        [split.errors[~split.clipped], split.errors[split.clipped]],
        edges,
        histtype="stepfilled",
        color=[PALETTE["rounding"], PALETTE["clipping"]],
        label=["rounding", "clipping"],
    )[2]
    bars[1][0].set(hatch=HATCH["clipping"], edgecolor="white")
    for edge in (-half, half):
        axes.axvline(edge, color=PALETTE["levels"], ls="--", lw=1)
    axes.set(yscale="log", ylim=(0.6, None), xlim=(-reach, reach), ylabel="values per bin (log)")
    axes.set_xlabel("error x̂ − x (dashed: ± half a scale)")
    axes.set_title("The error x̂ − x of each value")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=2, reverse=True)


def _draw_split(axes: Axes, split: ErrorSplit) -> None:
    rounding, clipping = split.rounding, split.clipping
    hatched = {"color": PALETTE["clipping"], "hatch": HATCH["clipping"], "edgecolor": "white"}
    axes.barh([2, 0], [rounding, rounding], color=PALETTE["rounding"])
    axes.barh([1, 0], [clipping, clipping], left=[0, rounding], **hatched)
    for row, value in zip((2, 1, 0), (rounding, clipping, rounding + clipping), strict=True):
        axes.text(value, row, f" {value:.1e}" if value else " 0", va="center", fontsize=8)
    axes.set_yticks([2, 1, 0], ["rounding", "clipping", "sum"])
    axes.set(xlim=(0, 1.15 * (rounding + clipping) or 1), xlabel="mean squared error (units of x, squared)")
    axes.set_title(f"Mean squared error = rounding + clipping; SQNR {split.sqnr_db:.1f} dB")


_NOTE = {
    **{"ha": "center", "va": "center", "fontsize": 8},
    "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8},
}
