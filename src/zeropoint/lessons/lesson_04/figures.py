"""Pictures of lesson 04: what a percentile cuts off, how ranges grow with the calibration set, what each costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Band, Bars, HLine, Layer, Line, Points, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.lessons.lesson_04.percentiles import (
    METHODS,
    PERCENTILES,
    best_percentile,
    choices,
    histogram_of,
    histogram_sqnr_db,
    percentile_sqnrs_db,
    watch,
)
from zeropoint.quant import Histogram, HistogramObserver, choose_qparams_affine
from zeropoint.quant._arrays import Array
from zeropoint.vision.statistics import PairedDifference

_COLORS = {"minmax": "green", "mse": "zero", "entropy": "orange"}
_DRAWN_BINS = 128
_TICKED = (90, 95, 98, 99, 99.5, 99.9, 99.99, 100)


def percentile_picture(observer: HistogramObserver, percentile: float, bit_width: int, layer: str = "") -> Picture:
    """Draw a layer's values with the range that a percentile keeps, and the error of this and of other ranges.

    Parameters
    ----------
    observer : HistogramObserver
        What :func:`~zeropoint.lessons.lesson_04.percentiles.watch` returned for the activations.
    percentile : float
        One of :data:`~zeropoint.lessons.lesson_04.percentiles.PERCENTILES`.
    bit_width : int
    layer : str
        Its name, for the title.
    """
    low, high = (float(end) for end in observer.percentile(percentile))
    now = histogram_sqnr_db(observer, choose_qparams_affine(low, high, bit_width=bit_width))
    chosen = choices(observer, bit_width)
    best = max(chosen, key=lambda method: chosen[method].sqnr_db)
    say = (
        f"Keeping {percentile:g} % of the values, the range is {_real(low)} to {_real(high)} and {bit_width} bits give "
        f"{now:.1f} dB; {METHODS[best]} gives {chosen[best].sqnr_db:.1f} dB."
    )
    facts = [("upper end", _real(high)), ("SQNR", f"{now:.1f} dB")]
    facts += [(METHODS[method], f"{choice.sqnr_db:.1f} dB") for method, choice in chosen.items()]
    tops = {method: choice.top for method, choice in chosen.items()}
    panels = [
        _values_panel(histogram_of(observer), low, high, tops, layer),
        _error_panel(observer, percentile, now, bit_width),
    ]
    return Picture(panels, say=say, facts=facts)


def _values_panel(histogram: Histogram, low: float, high: float, tops: Mapping[str, float], layer: str) -> Panel:
    """Draw the counts with the range low … high and the upper end, ``tops``, of each method."""
    every = math.ceil(histogram.counts.size / _DRAWN_BINS)
    counts = np.add.reduceat(histogram.counts, np.arange(0, histogram.counts.size, every))
    edges = np.append(histogram.edges[:-1:every], histogram.edges[-1])
    layers: list[Layer] = []
    if high < edges[-1]:
        layers.append(Band(high, float(edges[-1]), "clipped"))
    if edges[0] < low:
        layers.append(Band(float(edges[0]), low))
    layers.append(Bars(edges, np.where(counts > 0, counts, np.nan), color="data"))
    for method, name in METHODS.items():
        layers.append(VLine(tops[method], name, _COLORS[method], "dotted"))
    layers.append(VLine(high, "kept", "clipping"))
    if low < 0:
        layers.append(VLine(low, "", "clipping"))
    where = f" of {layer}" if layer else ""
    return Panel(f"Values{where}", "real value", "values per bin (log)", layers, y_log=True)


def _error_panel(observer: HistogramObserver, percentile: float, now: float, bit_width: int) -> Panel:
    """Draw the SQNR of every percentile, of each method, and of the percentile that is shown."""
    sqnrs = percentile_sqnrs_db(observer, bit_width)
    chosen = choices(observer, bit_width)
    layers = [
        *(HLine(chosen[method].sqnr_db, name, _COLORS[method]) for method, name in METHODS.items()),
        Line(np.arange(len(sqnrs)), sqnrs, label="percentile", color="rounding"),
        Points([PERCENTILES.index(percentile)], [now], label="now", color="clipping"),
    ]
    ticks: dict[float, str] = {i: f"{p:g}" for i, p in enumerate(PERCENTILES) if p in _TICKED}
    return Panel(f"Error at {bit_width} bits", "percentile", "SQNR (dB), higher is better", layers, x_ticks=ticks)


def _real(value: float) -> str:
    return f"{value:.2f}".replace("-", "−") if value else "0"


def explore_percentile(layers: Mapping[str, Array], *, predict: str | None = None) -> Explorable:
    """Move the percentile over the activations of a layer, at 4 or 8 bits; it starts with the last layer at 8 bits.

    Parameters
    ----------
    layers : mapping from a layer's name to its activations (float arrays or tensors of any shape)
    predict : str, optional
        A question whose answer is the best percentile of the first layer at 4 bits.
    """
    observers = {name: watch(x) for name, x in layers.items()}
    for observer in observers.values():  # now, so that no movement of a control has to wait for it
        for bits in (4, 8):
            percentile_sqnrs_db(observer, bits)
            choices(observer, bits)
    controls = [
        Choice("layer", "layer", list(layers), list(layers)[-1]),  # the one of the question comes after the guess
        Slider("percentile", "keep", values=PERCENTILES, value=99.9, unit="%", format="g"),
        Choice("bits", "bit width", [4, 8], 8),
    ]
    first = next(iter(observers.values()))
    return explore(
        controls,
        lambda layer, percentile, bits: percentile_picture(observers[layer], percentile, bits, layer),
        title="What a percentile cuts off",
        predict=predict,
        answer=best_percentile(first, 4) if predict else None,
    )


def spread_picture(sizes: Sequence[int], ends: Mapping[str, Sequence[Sequence[float]]], title: str) -> Picture:
    """Draw the upper ends that observers find in calibration sets of several sizes.

    Parameters
    ----------
    sizes : numbers of images
    ends : name of the observer → for each size the ends found in disjoint sets of that size
    title : str
    """
    layers = []
    grown = []
    for name, found in ends.items():
        middle = [float(np.median(values)) for values in found]
        low = [min(values) for values in found]
        high = [max(values) for values in found]
        layers.append(Points([f"{n:,}" for n in sizes], middle, label=name, low=low, high=high))
        times = np.median(found[-1]) / np.median(found[0])
        grown.append(f"{name} {times:.2f} times (at {sizes[0]}: {min(found[0]):.2f} to {max(found[0]):.2f})")
    say = f"From {sizes[0]} to {sizes[-1]:,} images the median end changes: {'; '.join(grown)}."
    panel = Panel(title, "calibration images", "upper end of the range", layers)
    return Picture([panel], say=say)


def draws_picture(right: Mapping[str, Mapping[int, Sequence[np.ndarray]]], title: str) -> Picture:
    """Draw the top-1 after each calibration, one mark for every set of images that was drawn.

    Parameters
    ----------
    right : observer → calibration images → for each draw, was each test image classified correctly?
    title : str
    """
    layers = []
    words = []
    for aside, (observer, by_size) in zip((-0.12, 0.12), right.items(), strict=True):
        x = [place + aside for place, draws in enumerate(by_size.values()) for _ in draws]
        y = [100 * hit.mean() for draws in by_size.values() for hit in draws]
        layers.append(Points(x, y, label=observer))
        ranges = [_top1_span(draws) + f" with {size:,} images" for size, draws in by_size.items()]
        words.append(f"{observer}: {', '.join(ranges)}")
    sizes = list(next(iter(right.values())))
    ticks: dict[float, str] = {place: f"{size:,}" for place, size in enumerate(sizes)}
    panel = Panel(title, "calibration images", "top-1 (%)", layers, x_ticks=ticks, x_range=(-0.5, len(sizes) - 0.5))
    return Picture([panel], say=f"Top-1 of each draw. {'; '.join(words)}.")


def _top1_span(draws: Sequence[np.ndarray]) -> str:
    percent = [100 * hit.mean() for hit in draws]
    if len(percent) == 1:
        return f"{percent[0]:.1f} %"
    return f"{min(percent):.1f} to {max(percent):.1f} %"


def losses_picture(losses: Mapping[str, Mapping[str, PairedDifference]], title: str, x_label: str) -> Picture:
    """Draw how many points of top-1 are lost against FP32, with 95 % intervals.

    Parameters
    ----------
    losses : series → name on the horizontal axis → paired difference; all series with the same names
    title, x_label : str
    """
    layers: list[Layer] = []
    lost = []
    for series, by_name in losses.items():
        low, high = np.array([d.interval for d in by_name.values()]).T
        points = [d.points for d in by_name.values()]
        layers.append(Points(list(by_name), points, label=series, low=low, high=high))
        lost += [f"{series}, {name}: {d.points:+.1f}" for name, d in by_name.items()]
    layers.append(HLine(0))
    first_series = next(iter(losses.values()))
    n = next(iter(first_series.values())).n
    panel = Panel(f"{title} (n = {n:,}, 95 % intervals)", x_label, "top-1 minus FP32 (points)", layers)
    return Picture([panel], say=f"Points against FP32: {'; '.join(lost)}.")


def input_picture(sets: Mapping[str, Array], bins: int = 60) -> Picture:
    """Draw the input values of several sets of images over each other, each as a share of its own values.

    Parameters
    ----------
    sets : name → float images of any shape; at most three
    """
    values = {name: np.asarray(images).ravel() for name, images in sets.items()}
    low = min(v.min() for v in values.values())
    high = max(v.max() for v in values.values())
    edges = np.linspace(low, high, bins + 1)
    layers = []
    for name, v in values.items():
        counts, _ = np.histogram(v, edges)
        share = 100 * counts / v.size
        layers.append(Line(np.repeat(edges, 2)[1:-1], np.repeat(share, 2), label=name))  # a line in stairs
    panel = Panel("What enters the network", "normalised pixel value", "% of values per bin", layers)
    ranges = "; ".join(f"{name} {_real(v.min())} to {_real(v.max())}" for name, v in values.items())
    return Picture([panel], say=f"Input ranges: {ranges}.")
