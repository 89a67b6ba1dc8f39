"""Pictures of lesson 08: the error of every layer, and what it brings and costs to leave layers in float."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Bars, HLine, Line, Points
from zeropoint.lab.panels import Panel, Picture
from zeropoint.vision.statistics import PairedDifference

Array = Any


class Step(NamedTuple):
    """A network some of whose layers were left in float.

    Attributes
    ----------
    in_float : names of these layers, in the order in which they were taken out
    difference : PairedDifference – top-1 against the float network
    float_macs : float – share of the multiply-accumulates that run in float, in percent
    """

    in_float: tuple[str, ...]
    difference: PairedDifference
    float_macs: float


def layer_picture(columns: Mapping[str, Array], layers: Sequence[str], title: str) -> Picture:
    """Draw SQNRs layer by layer; a layer without any error leaves a gap.

    Parameters
    ----------
    columns : label → one SQNR in dB a layer, at most three
    layers : their names, in the order of computation
    title : str
    """
    finite = {label: np.where(np.isfinite(values), values, np.nan) for label, values in columns.items()}
    lines = [Line(list(layers), values, label=label) for label, values in finite.items()]
    worst = {label: int(np.nanargmin(values)) for label, values in finite.items()}
    words = "; ".join(f"{label}: {layers[i]} with {finite[label][i]:.1f} dB" for label, i in worst.items())
    panel = Panel(title, "layer, in the order of computation", "SQNR (dB), higher is better", lines)
    return Picture([panel], say=f"The lowest of each line – {words}.")


def sensitivity_picture(layers: Sequence[str], own: Array, alone: Array) -> Picture:
    """Draw the error that every layer makes beside what the network makes of it, both as SQNR in dB."""
    lowest = [int(np.argmin(values)) for values in (own, alone)]
    bars = [
        Bars(list(layers), own, color="data", highlight=[lowest[0]], highlight_label="lowest"),
        Bars(list(layers), alone, color="green", highlight=[lowest[1]], highlight_label="lowest"),
    ]
    titles = "Error at the layer's own output", "Error at the network's output"
    panels = [Panel(title, "layer", "SQNR (dB)", [layer]) for title, layer in zip(titles, bars, strict=True)]
    say = f"Lowest at its own output is {layers[lowest[0]]}, lowest at the network's output {layers[lowest[1]]}."
    return Picture(panels, say=say)


def exclusion_picture(steps: Sequence[Step], count: int) -> Picture:
    """Draw what leaving 0, 1, … layers in float brings, up to ``count``, and what it costs.

    Parameters
    ----------
    steps : Step, with growing numbers of layers
    count : int – number of layers in float of the last step that is shown; steps beyond it are hidden
    """
    shown = [step for step in steps if len(step.in_float) <= count]
    now, most = shown[-1], len(steps[-1].in_float)
    numbers = [len(step.in_float) for step in shown]
    low, high = np.array([step.difference.interval for step in steps]).T
    points = Points(
        numbers,
        [step.difference.points for step in shown],
        low=low[: len(shown)],
        high=high[: len(shown)],
        color="rounding",
    )
    title = f"Top-1 against FP32 (n = {now.difference.n:,}, 95 %)"
    x_range, ticks = (-0.4, most + 0.4), sorted({len(step.in_float) for step in steps})
    gained = Panel(
        title, "layers in float", "points", [points, HLine(0)],
        x_range=x_range, x_ticks=ticks, y_range=(float(min(low)) - 1, max(1.0, float(max(high)) + 1)),
    )  # fmt: skip
    shares = [step.float_macs for step in shown]
    top = 1.1 * max(step.float_macs for step in steps)
    cost = Panel(
        "Arithmetic left in float", "layers in float", "% of all MACs",
        [Line(numbers, shares, color="clipping"), Points(numbers, shares, color="clipping")],
        x_range=x_range, x_ticks=ticks, y_range=(0, top),
    )  # fmt: skip
    points_now = f"{now.difference.points:+.1f}".replace("-", "−")
    say = (
        f"Layers in float: {len(now.in_float)}. Top-1 is {points_now} points against FP32, and "
        f"{now.float_macs:.1f} % of the multiply-accumulates run in float."
    )
    facts = [("last taken out", now.in_float[-1] if now.in_float else "none"), ("against FP32", str(now.difference))]
    return Picture([gained, cost], say=say, facts=facts)


def explore_exclusion(orders: Mapping[str, Sequence[Step]], *, predict: str | None = None) -> Explorable:
    """Leave more and more layers in float, in one of several orders.

    Parameters
    ----------
    orders : name of an order → its steps; every order has the same numbers of layers
    predict : str, optional
        A question about the last step of the first order: its points against FP32.

    Returns
    -------
    Explorable
    """
    first = next(iter(orders.values()))
    controls = [
        Choice("order", "take out", list(orders)),
        Slider("count", "layers in float", values=[len(step.in_float) for step in first]),
    ]
    return explore(
        controls,
        lambda order, count: exclusion_picture(orders[order], count),
        title="Layers left in float",
        predict=predict,
        answer=first[-1].difference.points if predict else None,
    )
