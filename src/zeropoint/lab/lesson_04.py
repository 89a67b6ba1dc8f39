"""Pictures of lesson 04: what a percentile cuts off, how ranges grow with the calibration set, what each costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Band, Bars, HLine, Line, Points, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.quant import HistogramObserver, QParams, choose_qparams_affine, fake_quantize_affine
from zeropoint.vision.statistics import PairedDifference

Array = Any

PERCENTILES = (90, 93, 95, 97, 98, 98.5, 99, 99.3, 99.5, 99.7, 99.8, 99.9, 99.95, 99.97, 99.99, 99.997, 99.999, 100)
METHODS = {"minmax": "min-max", "mse": "MSE", "entropy": "entropy"}
_COLORS = {"minmax": "green", "mse": "zero", "entropy": "orange"}
BINS = 4096  # twice the observer's default: the narrowest range still has some bins to each of 256 codes
_DRAWN_BINS = 128


def watch(x: Array) -> HistogramObserver:
    """Return an observer that has seen a tensor of any shape."""
    observer = HistogramObserver(bins=BINS)
    observer.observe(x)
    return observer


def histogram_sqnr_db(observer: HistogramObserver, qparams: QParams) -> float:
    """Return the SQNR, in dB, of quantizing what an observer has seen, every value taken as the centre of its bin.

    Exact zeros have no error and no signal. With at least a few bins to a code the result is that of the values
    themselves to some tenths of a decibel.

    Parameters
    ----------
    observer : HistogramObserver
    qparams : QParams – per tensor

    Examples
    --------
    >>> observer = watch(np.random.default_rng(0).normal(size=50_000).astype("float32"))
    >>> print(f"{histogram_sqnr_db(observer, observer.calculate_qparams(bit_width=4)):.1f}")
    15.0
    """
    histogram = observer.histogram
    counts = histogram.counts.astype(np.float64)  # (bins,)
    counts[-histogram.first] -= histogram.zeros
    centres = (histogram.edges[:-1] + histogram.width / 2).astype(np.float32)
    errors = fake_quantize_affine(centres, *qparams).astype(np.float64) - centres
    signal, noise = counts @ centres.astype(np.float64) ** 2, counts @ errors**2
    return float(10 * np.log10(signal / noise))


@lru_cache(maxsize=64)
def _sweep(observer: HistogramObserver, bit_width: int) -> tuple[float, ...]:
    """Return the SQNR at each of PERCENTILES; the observer must not see anything further."""
    ranges = [observer.percentile(p) for p in PERCENTILES]
    return tuple(histogram_sqnr_db(observer, choose_qparams_affine(*ends, bit_width=bit_width)) for ends in ranges)


@lru_cache(maxsize=64)
def _choices(observer: HistogramObserver, bit_width: int) -> dict[str, tuple[float, float]]:
    """Return the upper end and the SQNR of the range that each method chooses."""
    found = {}
    for method in METHODS:
        qparams = observer.calculate_qparams(method, bit_width=bit_width)
        top = float(qparams.scale) * (qparams.quant_max - int(qparams.zero_point))
        found[method] = (top, histogram_sqnr_db(observer, qparams))
    return found


def best_percentile(observer: HistogramObserver, bit_width: int) -> float:
    """Return the one of PERCENTILES with the highest SQNR."""
    return float(PERCENTILES[int(np.argmax(_sweep(observer, bit_width)))])


def percentile_picture(observer: HistogramObserver, percentile: float, bit_width: int, layer: str = "") -> Picture:
    """Draw a layer's values with the range that a percentile keeps, and the error of this and of other ranges.

    Parameters
    ----------
    observer : HistogramObserver
        What :func:`watch` returned for the activations.
    percentile : float
        One of :data:`PERCENTILES`.
    bit_width : int
    layer : str
        Its name, for the title.
    """
    low, high = (float(end) for end in observer.percentile(percentile))
    sweep, choices = _sweep(observer, bit_width), _choices(observer, bit_width)
    now = histogram_sqnr_db(observer, choose_qparams_affine(low, high, bit_width=bit_width))
    best = max(choices, key=lambda method: choices[method][1])
    say = (
        f"Keeping {percentile:g} % of the values, the range is {_real(low)} to {_real(high)} and {bit_width} bits give "
        f"{now:.1f} dB; {METHODS[best]} gives {choices[best][1]:.1f} dB."
    )
    facts = [("upper end", _real(high)), ("SQNR", f"{now:.1f} dB")]
    facts += [(METHODS[method], f"{sqnr:.1f} dB") for method, (_, sqnr) in choices.items()]
    panels = [
        _values_panel(observer, low, high, choices, layer),
        _error_panel(sweep, percentile, now, choices, bit_width),
    ]
    return Picture(panels, say=say, facts=facts)


def _values_panel(
    observer: HistogramObserver, low: float, high: float, choices: Mapping[str, tuple[float, float]], layer: str
) -> Panel:
    histogram = observer.histogram
    every = -(-histogram.counts.size // _DRAWN_BINS)
    counts = np.add.reduceat(histogram.counts, np.arange(0, histogram.counts.size, every))
    edges = np.append(histogram.edges[:-1:every], histogram.edges[-1])
    bands = [Band(high, float(edges[-1]), "clipped")] if high < edges[-1] else []
    bands += [Band(float(edges[0]), low)] if edges[0] < low else []
    bars = Bars(edges, np.where(counts > 0, counts, np.nan), color="data")
    ends = [VLine(choices[method][0], name, _COLORS[method], "dotted") for method, name in METHODS.items()]
    ends += [VLine(high, "kept", "clipping"), *([VLine(low, "", "clipping")] if low < 0 else [])]
    where = f" of {layer}" if layer else ""
    return Panel(f"Values{where}", "real value", "values a bin (log)", [*bands, bars, *ends], y_log=True)


def _error_panel(
    sweep: Sequence[float], percentile: float, now: float, choices: Mapping[str, tuple[float, float]], bit_width: int
) -> Panel:
    places = [PERCENTILES.index(percentile)]
    layers = [
        *(HLine(choices[method][1], name, _COLORS[method]) for method, name in METHODS.items()),
        Line(np.arange(len(sweep)), sweep, label="percentile", color="rounding"),
        Points(places, [now], label="now", color="clipping"),
    ]
    ticks = {i: f"{p:g}" for i, p in enumerate(PERCENTILES) if p in (90, 95, 98, 99, 99.5, 99.9, 99.99, 100)}
    return Panel(f"Error at {bit_width} bits", "percentile", "SQNR (dB), higher is better", layers, x_ticks=ticks)


def _real(value: float) -> str:
    return f"{value:.2f}".replace("-", "−") if value else "0"


def explore_percentile(layers: Mapping[str, Array], *, bit_width: int = 4, predict: str | None = None) -> Explorable:
    """Move the percentile over the activations of a layer, at 4 or 8 bits.

    Parameters
    ----------
    layers : mapping from a layer's name to its activations (float arrays or tensors of any shape)
    bit_width : 4 or 8
        Where the choice starts.
    predict : str, optional
        A question whose answer is the best percentile of the layer and bit width that are shown.

    Returns
    -------
    Explorable
    """
    observers = {name: watch(x) for name, x in layers.items()}
    for observer in observers.values():  # now, so that no movement of a control has to wait for it
        for bits in (4, 8):
            _sweep(observer, bits), _choices(observer, bits)
    controls = [
        Choice("layer", "layer", list(layers)),
        Slider("percentile", "keep", values=PERCENTILES, value=99.9, unit="%", format="g"),
        Choice("bits", "bit width", [4, 8], bit_width),
    ]
    return explore(
        controls,
        lambda layer, percentile, bits: percentile_picture(observers[layer], percentile, bits, layer),
        title="What a percentile cuts off",
        predict=predict,
        answer=(lambda layer, percentile, bits: best_percentile(observers[layer], bits)) if predict else None,
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
    for name, found in ends.items():
        middle = [float(np.median(values)) for values in found]
        low, high = [min(values) for values in found], [max(values) for values in found]
        layers.append(Points([f"{n:,}" for n in sizes], middle, label=name, low=low, high=high))
    grown = {name: np.median(found[-1]) / np.median(found[0]) for name, found in ends.items()}
    words = "; ".join(f"{name} {factor:.2f} times" for name, factor in grown.items())
    say = f"From {sizes[0]} to {sizes[-1]:,} images the median end changes: {words}."
    panel = Panel(title, "calibration images", "upper end of the range", layers)
    return Picture([panel], say=say)


def losses_picture(losses: Mapping[str, Mapping[str, PairedDifference]], title: str, x_label: str) -> Picture:
    """Draw how many points of top-1 are lost against FP32, with 95 % intervals.

    Parameters
    ----------
    losses : series → name on the horizontal axis → paired difference; all series with the same names
    title, x_label : str
    """
    layers = []
    for series, by_name in losses.items():
        low, high = np.array([d.interval for d in by_name.values()]).T
        points = [d.points for d in by_name.values()]
        layers.append(Points(list(by_name), points, label=series, low=low, high=high))
    n = next(iter(next(iter(losses.values())).values())).n
    say = "; ".join(f"{s}, {k}: {d.points:+.1f}" for s, by_name in losses.items() for k, d in by_name.items())
    panel = Panel(f"{title} (n = {n:,}, 95 % intervals)", x_label, "top-1 minus FP32 (points)", [*layers, HLine(0)])
    return Picture([panel], say=f"Points against FP32: {say}.")


def input_picture(sets: Mapping[str, Array], bins: int = 60) -> Picture:
    """Draw the input values of several sets of images over each other, each as a share of its own values.

    Parameters
    ----------
    sets : name → float images of any shape; at most three
    """
    values = {name: np.asarray(images).ravel() for name, images in sets.items()}
    low, high = min(v.min() for v in values.values()), max(v.max() for v in values.values())
    edges = np.linspace(low, high, bins + 1)
    layers = []
    for name, v in values.items():
        share = 100 * np.histogram(v, edges)[0] / v.size
        layers.append(Line(np.repeat(edges, 2)[1:-1], np.repeat(share, 2), label=name))
    panel = Panel("What enters the network", "normalised pixel value", "% of values a bin", layers)
    ranges = "; ".join(f"{name} {_real(v.min())} to {_real(v.max())}" for name, v in values.items())
    return Picture([panel], say=f"Input ranges: {ranges}.")
