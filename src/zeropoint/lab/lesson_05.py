"""Pictures of lesson 05: channels with unlike ranges, one channel on its grid, and the error layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import HLine, Line, Points, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.quant import (
    Granularity,
    MinMaxObserver,
    PerAxis,
    PerGroup,
    PerTensor,
    fake_quantize_affine,
    quantize_affine,
)

Array = Any

GROUP_SIZE = 8  # input channels that share a scale in the channel picker: it divides 16, 24, 32 …
SCHEMES: dict[str, Granularity] = {
    "per-tensor": PerTensor(),
    "per-channel": PerAxis(0),
    "per-group": PerGroup(GROUP_SIZE, axis=1),
}
_COLORS = {"per-tensor": "clipping", "per-channel": "rounding", "per-group": "green"}
_MOST_LEVELS = 45  # levels of one granule that can still be told apart in a panel


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


def channel_ranges(weight: Array) -> np.ndarray:
    """Return the largest |w| of every output channel, shape (out,)."""
    weight = np.asarray(weight)
    return np.abs(weight).reshape(len(weight), -1).max(axis=1)


def channel_sqnr_db(weight: Array, values: Array) -> np.ndarray:
    """Return the SQNR of every output channel in dB, shape (out,); NaN for a channel without signal or without error.

    A channel whose weights all become 0 has 0 dB: the error is the signal.
    """
    weight, values = (np.asarray(w, dtype=np.float64).reshape(len(weight), -1) for w in (weight, values))
    signal, noise = (weight**2).sum(axis=1), ((values - weight) ** 2).sum(axis=1)
    usable = (signal > 0) & (noise > 0)
    ratio = np.divide(signal, noise, out=np.full(len(weight), np.nan), where=usable)
    return 10 * np.log10(ratio)


def fits(granularity: Granularity, shape: tuple[int, ...]) -> bool:
    """Return whether a tensor of this shape divides into whole granules."""
    try:
        granularity.scale_shape(shape)
    except ValueError:
        return False
    return True


def ranges_picture(series: Mapping[str, Array], title: str) -> Picture:
    """Draw the largest |w| of every output channel, quietest first, for one or more versions of a layer.

    Parameters
    ----------
    series : name → weights, shape (out, …)
    title : str
    """
    layers, words = [], []
    for name, weight in series.items():
        ranges = np.sort(channel_ranges(weight))
        layers.append(Points(np.arange(len(ranges)), np.where(ranges > 0, ranges, np.nan), label=name))
        words.append(f"{name}: {ranges[0]:.2g} to {ranges[-1]:.2g}")
    panel = Panel(title, "output channel, quietest first", "largest |w| (log)", layers, y_log=True)
    return Picture([panel], say=f"Largest weight of a channel, {'; '.join(words)}.")


def channel_picture(weight: Array, rank: int, scheme: str, bit_width: int, layer: str = "") -> Picture:
    """Draw the weights of one output channel on their grid, and the SQNR of all channels of the layer.

    Parameters
    ----------
    weight : float array, shape (out, in, kH, kW)
    rank : int, 0 to 100
        Which channel, in percent from the quietest (0) to the loudest (100).
    scheme : one of :data:`SCHEMES`
        Where "per-group" does not fit, a channel keeps one scale, and the title says so.
    bit_width : int
    layer : str
    """
    weight = np.asarray(weight, dtype=np.float32)
    granularity, shown = SCHEMES[scheme], scheme
    if not fits(granularity, weight.shape):
        granularity, shown = PerAxis(0), "per-channel (no groups here)"
    place = round(rank / 100 * (len(weight) - 1))
    channel = int(np.argsort(channel_ranges(weight), kind="stable")[place])
    rounded = round_weights(weight, granularity, bit_width)
    quality = channel_sqnr_db(weight, rounded.values)[channel]
    used, steps = len(np.unique(rounded.codes[channel])), np.unique(rounded.scale[channel])
    facts = [
        ("largest |w|", f"{np.abs(weight[channel]).max():.3g}"),
        ("step", f"{steps[0]:.3g}" if len(steps) == 1 else f"{steps[0]:.3g} … {steps[-1]:.3g}"),
        ("codes in use", f"{used} of {2**bit_width - 1}"),
        ("SQNR", f"{quality:.1f} dB"),
    ]
    codes = f"{used} code{'s' * (used > 1)}"
    say = f"Channel {channel} with {shown} scales at {bit_width} bits uses {codes} and has {quality:.1f} dB."
    name = f"Channel {channel} of {layer}, {shown}" if layer else f"Channel {channel}, {shown}"
    panels = [_grid_panel(weight[channel], rounded, channel, name), _quality_panel(weight, place, bit_width)]
    return Picture(panels, say=say, facts=facts)


def _grid_panel(weights: np.ndarray, rounded: Rounded, channel: int, title: str) -> Panel:
    """Draw weights and codes in the order kernel position, input channel, in which a group is a run."""
    real, values, scale = (_in_order(w) for w in (weights, rounded.values[channel], rounded.scale[channel]))
    top = 1.2 * float(np.abs(real).max() or 1.0)
    x = np.arange(len(real))
    grid = _levels(scale, int(np.abs(rounded.codes).max()), top)
    lines = [Line(*grid, color="levels", style="dotted")] if grid[0].size else []
    title += "" if lines else " (levels too close to draw)"
    layers = [*lines, Points(x, real, label="weight", color="data"), Points(x, values, label="its level", color="zero")]
    limits = {"x_range": (-0.5, len(real) - 0.5), "y_range": (-top, top)}
    return Panel(title, "weight of the channel, by number", "real value", layers, **limits)


def _in_order(channel: np.ndarray) -> np.ndarray:
    """Return the weights (in, kH, kW) of a channel with the input channels running fastest."""
    return np.moveaxis(channel, 0, -1).ravel()


def _levels(scale: np.ndarray, last_code: int, top: float) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of a line along every level below ``top``, run by run of equal steps; empty if too many."""
    ends = np.flatnonzero(np.diff(scale)) + 1
    x, y = [], []
    for start, stop in zip([0, *ends], [*ends, len(scale)], strict=True):
        step = float(scale[start])
        last = min(last_code, int(top / step))
        if 2 * last + 1 > _MOST_LEVELS:
            return np.zeros(0), np.zeros(0)
        for code in range(-last, last + 1):
            x += [start - 0.4, stop - 0.6, np.nan]
            y += [code * step, code * step, np.nan]
    return np.array(x), np.array(y)


def _quality_panel(weight: np.ndarray, place: int, bit_width: int) -> Panel:
    qualities = _qualities(weight.tobytes(), weight.shape, bit_width)
    x = np.arange(len(weight))
    layers = [Line(x, quality, label=name, color=_COLORS[name]) for name, quality in qualities.items()]
    y = "SQNR (dB), higher is better"
    layers.append(VLine(place, "this channel"))
    return Panel(f"All channels at {bit_width} bits", "output channel, quietest first", y, layers)


@lru_cache(maxsize=64)
def _qualities(data: bytes, shape: tuple[int, ...], bit_width: int) -> dict[str, np.ndarray]:
    """Return the SQNR of every channel, quietest first, for each scheme that fits the shape."""
    weight = np.frombuffer(data, dtype=np.float32).reshape(shape)
    order = np.argsort(channel_ranges(weight), kind="stable")
    fitting = {name: scheme for name, scheme in SCHEMES.items() if fits(scheme, shape)}
    return {n: channel_sqnr_db(weight, round_weights(weight, g, bit_width).values)[order] for n, g in fitting.items()}


def codes_in_use(weight: Array, rank: int, scheme: str, bit_width: int) -> int:
    """Return how many different codes the weights of one channel take; parameters as in :func:`channel_picture`."""
    facts = dict(channel_picture(weight, rank, scheme, bit_width).facts)
    return int(facts["codes in use"].split()[0])


def explore_channel(layers: Mapping[str, Array], *, predict: str | None = None) -> Explorable:
    """Choose a layer, a channel, the granularity and the bit width, and see that channel's weights on their grid.

    Parameters
    ----------
    layers : mapping from a layer's name to its weights, shape (out, in, kH, kW)
    predict : str, optional
        A question whose answer is the number of codes that the quietest channel of the first layer uses at 4 bits
        with one scale for the whole tensor.
    """
    weights = {name: np.asarray(weight, dtype=np.float32) for name, weight in layers.items()}
    controls = [
        Choice("layer", "layer", list(weights), list(weights)[-1]),  # the one of the question comes after the guess
        Slider("rank", "channel, from quietest to loudest", 0, 100, 1, 50, unit="%"),
        Choice("scheme", "scales", list(SCHEMES)),
        Choice("bits", "bit width", [2, 3, 4, 6, 8], 4),
    ]
    return explore(
        controls,
        lambda layer, rank, scheme, bits: channel_picture(weights[layer], rank, scheme, bits, layer),
        title="One channel on its grid",
        predict=predict,
        answer=float(codes_in_use(next(iter(weights.values())), 0, "per-tensor", 4)) if predict else None,
    )


def layers_picture(layers: Sequence[str], kinds: Sequence[str], values: Sequence[float], title: str, y: str) -> Picture:
    """Draw one number a layer, in the order of computation, with a mark for each kind of layer.

    Parameters
    ----------
    layers, kinds : names and kinds of the layers, e.g. "depthwise 3×3"
    values : floats, one a layer
    title, y : str – of the panel and its vertical axis
    """
    values = np.asarray(values, dtype=np.float64)
    points = []
    for kind in dict.fromkeys(kinds):
        mine = np.array([k == kind for k in kinds])
        points.append(Points(list(layers), np.where(mine, values, np.nan), label=kind))
    means = {kind: values[[k == kind for k in kinds]].mean() for kind in dict.fromkeys(kinds)}
    say = "; ".join(f"{kind} {mean:.1f}" for kind, mean in means.items())
    return Picture([Panel(title, "", y, [*points, HLine(0)])], say=f"Mean by kind of layer: {say}.")
