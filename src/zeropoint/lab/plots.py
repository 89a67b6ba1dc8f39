"""Static figures: arrays in, a figure out, every number from :mod:`zeropoint.quant`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from zeropoint.lab.error_split import ErrorSplit, flat_values, split_error
from zeropoint.lab.figure import LabFigure
from zeropoint.lab.style import HATCH, PALETTE, RC_PARAMS
from zeropoint.quant import QParams, choose_qparams_affine
from zeropoint.quant._arrays import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

HISTOGRAM_BINS = 120


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
    figure = cast(Figure, axes[0].figure)
    if isinstance(figure, LabFigure):
        figure.say = _in_words(qparams, split)
    return figure


def _in_words(qparams: QParams, split: ErrorSplit) -> str:
    """Return what the three panels show, for whoever cannot see them."""
    scale, zero_point = _plain(qparams)
    lost = "nothing is clipped" if not split.clipping else f"{np.mean(split.clipped):.2%} of the values are clipped"
    larger = "clipping" if split.clipping > split.rounding else "rounding"
    return (
        f"The histogram of the values over a ruler of {qparams.quant_max - qparams.quant_min + 1} levels with scale "
        f"{scale:.3g} and zero point {zero_point}; {lost}. Below, the error of each value, and its mean square, most "
        f"of it by {larger}: SQNR {split.sqnr_db:.1f} dB."
    )


def _draw_levels(axes: Axes, values: np.ndarray, qparams: QParams, split: ErrorSplit) -> None:
    scale, zero_point = _plain(qparams)
    quant_min = qparams.quant_min
    quant_max = qparams.quant_max
    low = scale * (quant_min - zero_point - 0.5)
    high = scale * (quant_max - zero_point + 0.5)
    axes.hist(values, HISTOGRAM_BINS, color=PALETTE["data"])
    left = min(values.min(), low)
    right = max(values.max(), high)
    margin = 0.12 * (right - left)
    _draw_clipped(axes, left - margin, low, np.mean(split.clipped & (values < 0)))
    _draw_clipped(axes, high, right + margin, np.mean(split.clipped & (values > 0)))
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


def _plain(qparams: QParams) -> tuple[float, int]:
    """Return scale and zero point as numbers of Python."""
    return float(qparams.scale), int(qparams.zero_point)


def _draw_clipped(axes: Axes, start: float, stop: float, share: np.floating) -> None:
    """Hatch a region beyond the levels, and write which share of the values lies there."""
    axes.axvspan(start, stop, facecolor="none", edgecolor=PALETTE["clipping"], hatch=HATCH["clipping"], alpha=0.5)
    words = f"clipped\n{100 * share:.2g} %" if share else "nothing\nclipped"
    axes.text((start + stop) / 2, 0.6, words, transform=axes.get_xaxis_transform(), **_NOTE)


def _label_codes(axes: Axes, limits: tuple[float, float], qparams: QParams) -> None:
    """Write the codes along the upper edge: the other side of the ruler."""
    scale, zero_point = _plain(qparams)
    left, right = limits
    room = (right - left) / scale / 16  # codes that one label covers
    step = 2 ** max(0, math.ceil(math.log2(room)))
    first = -(-qparams.quant_min // step) * step
    codes = [zero_point]
    for code in (qparams.quant_max, qparams.quant_min, *range(first, qparams.quant_max, step)):
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
    counts, _, drawn = axes.hist(
        [split.errors[~split.clipped], split.errors[split.clipped]],
        edges.tolist(),
        histtype="stepfilled",
        color=[PALETTE["rounding"], PALETTE["clipping"]],
        label=["rounding", "clipping"],
    )
    _, clipping = cast("list[list[Patch]]", drawn)  # each kind of error is one outline
    clipping[0].set(hatch=HATCH["clipping"], edgecolor="white")
    for edge in (-half, half):
        axes.axvline(edge, color=PALETTE["levels"], ls="--", lw=1)
    top = 3 * np.max(counts)  # errors spread evenly are a block: its upper edge stays below the axis' end
    axes.set(yscale="log", ylim=(0.6, top), xlim=(-reach, reach), ylabel="values per bin (log)")
    axes.set_xlabel("error x̂ − x (dashed: ± half a scale)")
    axes.set_title("The error x̂ − x of each value")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=2, reverse=True)


def _draw_split(axes: Axes, split: ErrorSplit) -> None:
    rounding = split.rounding
    clipping = split.clipping
    hatched = {"color": PALETTE["clipping"], "hatch": HATCH["clipping"], "edgecolor": "white"}
    axes.barh([2, 0], [rounding, rounding], color=PALETTE["rounding"])
    axes.barh([1, 0], [clipping, clipping], left=[0, rounding], **hatched)
    for row, value in zip((2, 1, 0), (rounding, clipping, rounding + clipping), strict=True):
        axes.text(value, row, f" {value:.1e}" if value else " 0", va="center", fontsize=8)
    axes.set_yticks([2, 1, 0], ["rounding", "clipping", "sum"])
    axes.set(xlim=(0, 1.15 * (rounding + clipping) or 1), xlabel="mean squared error (units of x, squared)")
    axes.set_title(f"Mean squared error = rounding + clipping; SQNR {split.sqnr_db:.1f} dB")


_NOTE: dict[str, Any] = {
    "ha": "center",
    "va": "center",
    "fontsize": 8,
    "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8},
}
