"""Pictures of lesson 05: channels with unlike ranges, one channel on its grid, and the error layer by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from zeropoint.lab.charts import channel_ranges
from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import HLine, Layer, Line, Points, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.lessons.lesson_05.channels import (
    SCHEMES,
    Rounded,
    channel_sqnr_db,
    codes_in_use,
    fits,
    fitting,
    place_of_rank,
    quietest_first,
    round_weights,
)
from zeropoint.quant._arrays import Array

_COLORS = {"per-tensor": "clipping", "per-channel": "rounding", "per-group": "green"}
_MOST_LEVELS = 45  # levels of one granule that can still be told apart in a panel


def ranges_picture(series: Mapping[str, Array], title: str) -> Picture:
    """Draw the largest |w| of every output channel for one or more versions of a layer, in the order of the first one.

    Parameters
    ----------
    series : name → weights, shape (out, …)
    title : str
    """
    layers = []
    words = []
    first = next(iter(series))
    order = quietest_first(series[first])
    for name, weight in series.items():
        ranges = channel_ranges(weight)[order]
        drawn = np.where(ranges > 0, ranges, np.nan)  # the axis is logarithmic
        layers.append(Points(np.arange(len(ranges)), drawn, label=name))
        lower = int(np.sum(ranges < channel_ranges(series[first])[order]))
        compared = "" if name == first else f", {lower} of {len(ranges)} channels lower than {first}"
        words.append(f"{name}: {ranges.min():.2g} to {ranges.max():.2g}{compared}")
    order_in_words = "quietest first" if len(series) == 1 else f"in the order of their ranges {first}"
    panel = Panel(title, f"output channel, {order_in_words}", "largest |w| (log)", layers, y_log=True)
    return Picture([panel], say=f"Largest weight of a channel, {'; '.join(words)}.")


def channel_picture(weight: Array, rank: int, scheme: str, bit_width: int, layer: str = "") -> Picture:
    """Draw the weights of one output channel on their grid, and the SQNR of all channels of the layer.

    Parameters
    ----------
    weight : float array, shape (out, in, kH, kW)
    rank : int – which channel, in percent from the quietest (0) to the loudest (100)
    scheme : one of ``SCHEMES`` – where "per-group" does not fit, a channel keeps one scale, and the title says so
    bit_width : int
    layer : str
    """
    weight = np.asarray(weight, dtype=np.float32)
    place = place_of_rank(rank, len(weight))
    channel = int(quietest_first(weight)[place])
    rounded = round_weights(weight, fitting(scheme, weight.shape), bit_width)
    shown = scheme if fits(SCHEMES[scheme], weight.shape) else "per-channel (no groups here)"
    used = len(np.unique(rounded.codes[channel]))
    quality = f"{channel_sqnr_db(weight, rounded.values)[channel]:.1f} dB"
    title = f"Channel {channel}{f' of {layer}' if layer else ''}, {shown}"
    facts = [
        ("largest |w|", f"{np.abs(weight[channel]).max():.3g}"),
        ("step", _step_in_words(rounded.scale[channel])),
        ("codes in use", f"{used} of {2**bit_width - 1}"),
        ("SQNR", quality),
    ]
    codes = f"{used} code{'s' if used > 1 else ''}"
    say = f"Channel {channel} with {shown} scales at {bit_width} bits uses {codes} and has {quality}. "
    say += f"All channels, from the quietest to the loudest: {_qualities_in_words(weight, bit_width)}."
    panels = [_grid_panel(weight[channel], rounded, channel, title), _quality_panel(weight, place, bit_width)]
    return Picture(panels, say=say, facts=facts)


def _step_in_words(scale: np.ndarray) -> str:
    """Return the one step of a channel, or the shortest and the longest."""
    steps = np.unique(scale)
    if len(steps) == 1:
        return f"{steps[0]:.3g}"
    return f"{steps[0]:.3g} … {steps[-1]:.3g}"


def _grid_panel(weights: np.ndarray, rounded: Rounded, channel: int, title: str) -> Panel:
    """Draw weights and codes in the order kernel position, input channel, in which a group is a run."""
    real = _in_order(weights)
    values = _in_order(rounded.values[channel])
    scale = _in_order(rounded.scale[channel])
    top = 1.2 * float(np.abs(real).max() or 1.0)
    layers: list[Layer] = []
    level_x, level_y = _levels(scale, int(np.abs(rounded.codes).max()), top)
    if level_x.size:
        layers.append(Line(level_x, level_y, color="levels", style="dotted"))
    else:
        title += " (levels too close to draw)"
    x = np.arange(len(real))
    layers.append(Points(x, real, label="weight", color="data"))
    layers.append(Points(x, values, label="its level", color="zero"))
    x_range = (-0.5, len(real) - 0.5)
    label = "weight of the channel, by number"
    return Panel(title, label, "real value", layers, x_range=x_range, y_range=(-top, top))


def _in_order(channel: np.ndarray) -> np.ndarray:
    """Return the weights (in, kH, kW) of a channel with the input channels running fastest."""
    return np.moveaxis(channel, 0, -1).ravel()


def _levels(scale: np.ndarray, last_code: int, top: float) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of a line along every level below ``top``, run by run of equal steps; empty if too many."""
    ends = np.flatnonzero(np.diff(scale)) + 1
    x: list[float] = []
    y: list[float] = []
    for start, stop in zip([0, *ends], [*ends, len(scale)], strict=True):
        step = float(scale[start])
        last = min(last_code, int(top / step))
        if 2 * last + 1 > _MOST_LEVELS:
            return np.zeros(0), np.zeros(0)
        for code in range(-last, last + 1):
            x += [start - 0.4, stop - 0.6, np.nan]  # NaN lifts the pen between two levels
            y += [code * step, code * step, np.nan]
    return np.array(x), np.array(y)


def _quality_panel(weight: np.ndarray, place: int, bit_width: int) -> Panel:
    qualities = _qualities(weight.tobytes(), weight.shape, bit_width)
    x = np.arange(len(weight))
    layers: list[Layer] = [Line(x, quality, label=name, color=_COLORS[name]) for name, quality in qualities.items()]
    layers.append(VLine(place, "this channel"))
    title = f"All channels at {bit_width} bits"
    return Panel(title, "output channel, quietest first", "SQNR (dB), higher is better", layers)


def _qualities_in_words(weight: np.ndarray, bit_width: int) -> str:
    """Return the first and the last point of every curve: channels without a signal have none."""
    ends = []
    for name, quality in _qualities(weight.tobytes(), weight.shape, bit_width).items():
        drawn = quality[np.isfinite(quality)]
        if drawn.size:
            ends.append(f"{name} {drawn[0]:.1f} to {drawn[-1]:.1f} dB")
    return ", ".join(ends)


@lru_cache(maxsize=64)
def _qualities(data: bytes, shape: tuple[int, ...], bit_width: int) -> dict[str, np.ndarray]:
    """Return the SQNR of every channel, quietest first, for each scheme that fits the shape."""
    weight = np.frombuffer(data, dtype=np.float32).reshape(shape)
    order = quietest_first(weight)
    qualities = {}
    for name, granularity in SCHEMES.items():
        if fits(granularity, shape):
            values = round_weights(weight, granularity, bit_width).values
            qualities[name] = channel_sqnr_db(weight, values)[order]
    return qualities


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
    names = list(weights)
    channels = {name: min(101, len(weight)) for name, weight in weights.items()}
    controls = [
        Choice("layer", "layer", names, names[-1]),  # the one of the question comes after the guess
        Slider("rank", "channel, from quietest to loudest", 0, 100, 1, 50, unit="%", follows="layer", counts=channels),
        Choice("scheme", "scales", list(SCHEMES)),
        Choice("bits", "bit width", [2, 3, 4, 6, 8], 4),
    ]
    return explore(
        controls,
        lambda layer, rank, scheme, bits: channel_picture(weights[layer], rank, scheme, bits, layer),
        title="One channel on its grid",
        predict=predict,
        answer=float(codes_in_use(weights[names[0]], 0, "per-tensor", 4)) if predict else None,
    )


def layers_picture(layers: Sequence[str], kinds: Sequence[str], values: Sequence[float], title: str, y: str) -> Picture:
    """Draw one number per layer, in the order of computation, with a mark for each kind of layer.

    Kinds with a single layer, such as the first and the last, share a mark: a panel has three.

    Parameters
    ----------
    layers, kinds : names and kinds of the layers, e.g. "depthwise 3×3"
    values : floats, one per layer
    title, y : str – of the panel and its vertical axis
    """
    numbers = np.asarray(values, dtype=np.float64)
    drawn: list[Layer] = []
    words = []
    single = [kind for kind, count in Counter(kinds).items() if count == 1]
    for group in [[kind] for kind in dict.fromkeys(kinds) if kind not in single] + [single] * bool(single):
        mine = np.array([kind in group for kind in kinds])
        drawn.append(Points(list(layers), np.where(mine, numbers, np.nan), label=", ".join(group)))
    for kind in dict.fromkeys(kinds):
        mine = np.array([k == kind for k in kinds])
        words.append(f"{kind} {numbers[mine].mean():.1f}")
    drawn.append(HLine(0))
    return Picture([Panel(title, "", y, drawn)], say=f"Mean by kind of layer: {'; '.join(words)}.")
