"""Pictures of lesson 01: layers under the roofs of a machine, and the time that a frame takes at least."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.figure import LabFigure
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Bars, HLine, Line, Points
from zeropoint.lab.panels import Panel, Picture
from zeropoint.lab.picture import draw_picture
from zeropoint.machine import Timing
from zeropoint.roofline import Device, Frame, frame_cost
from zeropoint.vision.costs import LayerCost

INTENSITIES = np.geomspace(0.1, 200, 200)  # multiply-accumulates per byte: the horizontal axis of every roofline
KINDS = {"conv": "circle", "pointwise": "square", "depthwise": "triangle", "linear": "circle"}  # and their marks
PRECISIONS = {"FP32": 32, "FP16": 16, "INT8": 8, "INT4": 4}  # bits of a weight
BUDGET_MS = 10.0
_X = "arithmetic intensity (MAC per byte)"
_Y = "GMAC per second"


def plot_layers(costs: Sequence[LayerCost], device: Device) -> LabFigure:
    """Draw where the layers of a network lie under the roofs of a device, in FP32 and in INT8.

    Parameters
    ----------
    costs : list of LayerCost
    device : Device

    Returns
    -------
    LabFigure
        Two panels; each layer is drawn where its intensity meets the roof: what it can reach at best.
    """
    panels = [_layers_panel(costs, device, name, bits) for name, bits in (("FP32", 32), ("INT8", 8))]
    say = "Each layer where its intensity meets the roof. "
    say += " ".join(_sides_in_words(costs, device, name, bits) for name, bits in (("FP32", 32), ("INT8", 8)))
    return draw_picture(Picture(panels, say=say))


def _sides_in_words(costs: Sequence[LayerCost], device: Device, name: str, bits: int) -> str:
    """Return which kinds of layers lie left of the ridge point, on the slope, and which under the flat top."""
    ridge = device.rate(bits) / device.bandwidth
    slope = [_kind(cost) for cost in costs if cost.intensity(bits) < ridge]
    top = [_kind(cost) for cost in costs if cost.intensity(bits) >= ridge]
    return f"{name}: on the slope {_counted(slope)}; at the top {_counted(top)}."


def _kind(cost: LayerCost) -> str:
    return cost.kind.split()[0]


def _counted(kinds: Sequence[str]) -> str:
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "none"


def plot_measured(
    costs: Sequence[LayerCost], times: Mapping[str, Timing], device: Device, cache_bandwidth: float
) -> LabFigure:
    """Draw the measured FP32 rate of each layer under the roofs.

    Parameters
    ----------
    costs : list of LayerCost
    times : name of the layer → Timing
    device : Device
    cache_bandwidth : float – bytes per second, for tensors that stay in the cache

    Returns
    -------
    LabFigure
        One panel; each layer is drawn at its best measured rate.
    """
    cached = np.minimum(INTENSITIES * cache_bandwidth, device.fp32)
    layers = [_roof(device, 32, "roof: main memory"), Line(INTENSITIES, cached / 1e9, label="roof: cache")]
    rates = {cost.layer: cost.macs / times[cost.layer].best for cost in costs}
    layers += _dots(costs, 32, lambda cost: rates[cost.layer])
    panel = Panel(
        "FP32, measured, under the roofs of main memory and of the cache", _X, _Y, layers, x_log=True, y_log=True
    )
    reached: dict[str, list[float]] = {}
    for cost in costs:
        reached.setdefault(_kind(cost), []).append(rates[cost.layer] / device.attainable(cost.intensity(32), 32))
    words = ", ".join(f"{kind} {np.median(shares):.0%}" for kind, shares in reached.items())
    say = f"Measured FP32 rate of each layer under the roof. What the median layer of each kind reaches of it: {words}."
    return draw_picture(Picture([panel], say=say))


def plot_small_products(sizes: Sequence[int], rates: Mapping[str, Sequence[float]]) -> LabFigure:
    """Draw the rate of square matrix products over their size.

    Parameters
    ----------
    sizes : ints – rows and columns of the matrices
    rates : name of the precision → GMAC/s at each size
    """
    panel = Panel(
        "Small products: the call itself takes the time",
        "rows and columns",
        "GMAC/s",
        [Line(sizes, rate, label=name) for name, rate in rates.items()],
        x_log=True,
        y_log=True,
        x_ticks=sizes,
    )
    ends = "; ".join(f"{name} {rate[0]:.2g} → {rate[-1]:.3g} GMAC/s" for name, rate in rates.items())
    say = f"The rate rises with the size of the matrices, from {sizes[0]} to {sizes[-1]} rows: {ends}."
    return draw_picture(Picture([panel], say=say))


def _layers_panel(costs: Sequence[LayerCost], device: Device, name: str, bits: int) -> Panel:
    dots = _dots(costs, bits, lambda cost: device.attainable(cost.intensity(bits), bits))
    ridge = device.rate(bits) / device.bandwidth
    title = f"{name}: the roof bends at {ridge:.1f} MAC per byte"
    top = 2 * max(device.fp32, device.int8) / 1e9  # the same axis for both, so that they can be compared
    low = 0.5 * device.attainable(INTENSITIES[0], 32) / 1e9
    return Panel(title, _X, _Y, [_roof(device, bits, "roof"), *dots], x_log=True, y_log=True, y_range=(low, top))


def _roof(device: Device, bits: int, label: str) -> Line:
    heights = np.array([device.attainable(x, bits) for x in INTENSITIES])
    return Line(INTENSITIES, heights / 1e9, label=label, color="levels", style="solid")


def _dots(costs: Sequence[LayerCost], bits: int, rate: Callable[[LayerCost], float]) -> list[Points]:
    """Return one group of dots for each kind of layer that occurs; a kind keeps its colour and mark in every figure."""
    dots = []
    for place, (kind, marker) in enumerate(KINDS.items()):
        group = [cost for cost in costs if cost.kind.startswith(kind)]
        if group:
            intensities = [cost.intensity(bits) for cost in group]
            rates = [rate(cost) / 1e9 for cost in group]
            dots.append(Points(intensities, rates, label=kind, color=place, marker=marker))
    return dots


def budget_picture(parameters_m: float, bits: int, activations_m: float, gmacs: float, device: Device) -> Picture:
    """Return the picture of a frame's time and traffic in four precisions, the chosen one marked.

    Parameters
    ----------
    parameters_m, bits, activations_m, gmacs, device : as in :func:`~zeropoint.roofline.frame_cost`
    """
    frames = {name: frame_cost(parameters_m, b, activations_m, gmacs, device) for name, b in PRECISIONS.items()}
    chosen = {b: name for name, b in PRECISIONS.items()}[bits]
    frame = frames[chosen]
    fits = "within" if frame.ms <= BUDGET_MS else "over"
    say = (
        f"{chosen}: {frame.file_mb:.4g} MB, {frame.bound}, {frame.ms:.3g} ms per frame at least, "
        f"{fits} the budget of {BUDGET_MS:g} ms."
    )
    facts = [
        ("file", f"{frame.file_mb:.4g} MB"),
        ("traffic", f"{frame.traffic_mb:.4g} MB per frame"),
        ("bound", frame.bound),
        ("at most", f"{1e3 / frame.ms:.3g} frames/s"),
    ]
    return Picture(_budget_panels(frames, chosen), say=say, facts=facts)


def _budget_panels(frames: Mapping[str, Frame], chosen: str) -> list[Panel]:
    names = [f"▸ {name}" if name == chosen else name for name in frames]
    costs = frames.values()
    times = [
        Bars(names, [frame.memory_ms for frame in costs], label="moving bytes"),
        Bars(names, [frame.compute_ms for frame in costs], label="multiplying"),
        HLine(BUDGET_MS, f"budget: {BUDGET_MS:g} ms"),
    ]
    traffic = [
        Bars(names, [frame.weights_mb for frame in costs], label="weights", color="green"),
        Bars(names, [frame.activations_mb for frame in costs], label="activations", color="orange"),
    ]
    return [
        Panel("Time of a frame: the taller bar decides", "precision", "ms", times),
        Panel("Traffic of a frame", "precision", "MB", traffic),
    ]


def explore_budget(device: Device, *, predict: bool = True) -> Explorable:
    """Show file size, traffic and the bound on frames per second while parameters, bits and work change.

    Parameters
    ----------
    device : Device – its bandwidth and rates set the bounds
    predict : bool – whether a prediction is asked for first

    Examples
    --------
    >>> explore_budget(Device(bandwidth=8e9, fp32=20e9, int8=80e9))
    Explorable('Fit a frame into 10 ms', parameters_m=25, bits=32, activations_m=10, gmacs=1)
    """
    start = {"parameters_m": 25, "activations_m": 10, "gmacs": 1.0}
    asked = {"parameters_m": 100, "activations_m": 10, "gmacs": 0.1}  # large fully connected layers, say
    millions = [1, 2, 5, 10, 25, 45, 75, 100, 200]
    work = [0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0]
    controls = [
        Slider("parameters_m", "parameters", values=millions, value=start["parameters_m"], unit="million"),
        Choice("bits", "weights", PRECISIONS, 32),
        Slider("activations_m", "activations", values=[0, *millions], value=start["activations_m"], unit="million"),
        Slider("gmacs", "work", values=work, value=start["gmacs"], unit="GMAC"),
    ]
    fp32, int4 = (1e3 / frame_cost(bits=bits, **asked, device=device).ms for bits in (32, 4))
    question = (
        f"100 million parameters, 10 million activations, 0.1 GMAC: FP32 reaches {fp32:.3g} frames per second at most. "
        "How many do INT4 weights reach?"
    )

    def draw(**values: Any) -> Picture:
        return budget_picture(**values, device=device)

    return explore(
        controls,
        draw,
        title=f"Fit a frame into {BUDGET_MS:g} ms",
        predict=question if predict else None,
        answer=int4 if predict else None,
    )
