"""Pictures of lesson 08: the error of every layer, and what it brings and costs to leave layers in float."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Bars, HLine, Line, Points
from zeropoint.lab.panels import Panel, Picture
from zeropoint.quant._arrays import Array
from zeropoint.vision.statistics import PairedDifference


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

    Returns
    -------
    Picture
        Its words say where each line is lowest and, of two lines, in how many layers the second lies above.
    """
    finite = {label: np.where(np.isfinite(values), values, np.nan) for label, values in columns.items()}
    lines = [Line(list(layers), values, label=label) for label, values in finite.items()]
    worst = {label: int(np.nanargmin(values)) for label, values in finite.items()}
    words = "; ".join(f"{label}: {layers[i]} with {finite[label][i]:.1f} dB" for label, i in worst.items())
    panel = Panel(title, "layer, in the order of computation", "SQNR (dB), higher is better", lines)
    say = f"The lowest of each line – {words}."
    if len(finite) == 2:
        (lower, low), (upper, high) = finite.items()
        say += f" The line {upper!r} lies above {lower!r} in {int(np.sum(high > low))} of {len(layers)} layers."
    return Picture([panel], say=say)


def sensitivity_picture(layers: Sequence[str], own: Array, alone: Array) -> Picture:
    """Draw the error that every layer makes beside what the network makes of it, both as SQNR in dB.

    Parameters
    ----------
    layers : their names
    own, alone : one SQNR in dB a layer: at its own output, and at the network's when it alone is quantized
    """
    names = list(layers)
    worst = int(np.argmin(own))
    worst_alone = int(np.argmin(alone))
    own_bars = Bars(names, own, color="data", highlight=[worst], highlight_label="lowest")
    alone_bars = Bars(names, alone, color="green", highlight=[worst_alone], highlight_label="lowest")
    panels = [
        Panel("Error at the layer's own output", "layer", "SQNR (dB)", [own_bars]),
        Panel("Error at the network's output", "layer", "SQNR (dB)", [alone_bars]),
    ]
    say = f"Lowest at its own output is {names[worst]}, lowest at the network's output {names[worst_alone]}."
    return Picture(panels, say=say)


def exclusion_picture(steps: Sequence[Step], count: int) -> Picture:
    """Draw what leaving 0, 1, … layers in float brings, up to ``count``, and what it costs.

    Parameters
    ----------
    steps : Step, with growing numbers of layers
    count : int – number of layers in float of the last step that is shown; steps beyond it are hidden
    """
    shown = [step for step in steps if len(step.in_float) <= count]
    now = shown[-1]
    points_now = f"{now.difference.points:+.1f}".replace("-", "−")
    say = (
        f"Layers in float: {len(now.in_float)}. Top-1 is {points_now} points against FP32, and "
        f"{now.float_macs:.1f} % of the multiply-accumulates run in float."
    )
    last = now.in_float[-1] if now.in_float else "none"
    facts = [("last taken out", last), ("against FP32", str(now.difference))]
    return Picture([_gained_panel(steps, shown), _cost_panel(steps, shown)], say=say, facts=facts)


def _gained_panel(steps: Sequence[Step], shown: Sequence[Step]) -> Panel:
    """Return the accuracy of the shown steps, on axes that hold all of them."""
    ends = [step.difference.interval for step in steps]
    low = np.array([interval[0] for interval in ends])
    high = np.array([interval[1] for interval in ends])
    points = Points(
        [len(step.in_float) for step in shown],
        [step.difference.points for step in shown],
        low=low[: len(shown)],
        high=high[: len(shown)],
        color="rounding",
    )
    return Panel(
        f"Top-1 against FP32 (n = {shown[-1].difference.n:,}, 95 %)",
        "layers in float",
        "points",
        [points, HLine(0)],
        x_range=_x_range(steps),
        x_ticks=_x_ticks(steps),
        y_range=(float(min(low)) - 1, max(1.0, float(max(high)) + 1)),
    )


def _cost_panel(steps: Sequence[Step], shown: Sequence[Step]) -> Panel:
    """Return the arithmetic in float of the shown steps, on axes that hold all of them."""
    numbers = [len(step.in_float) for step in shown]
    shares = [step.float_macs for step in shown]
    return Panel(
        "Arithmetic left in float",
        "layers in float",
        "% of all MACs",
        [Line(numbers, shares, color="clipping"), Points(numbers, shares, color="clipping")],
        x_range=_x_range(steps),
        x_ticks=_x_ticks(steps),
        y_range=(0, 1.1 * max(step.float_macs for step in steps)),
    )


def _x_range(steps: Sequence[Step]) -> tuple[float, float]:
    return -0.4, len(steps[-1].in_float) + 0.4


def _x_ticks(steps: Sequence[Step]) -> list[int]:
    return sorted({len(step.in_float) for step in steps})


def explore_exclusion(orders: Mapping[str, Sequence[Step]], *, predict: str | None = None) -> Explorable:
    """Leave more and more layers in float, in one of several orders.

    Parameters
    ----------
    orders : name of an order → its steps; every order has the same numbers of layers
    predict : str, optional
        A question about the last step of the first order: how many points are lost against FP32.

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
        answer=-first[-1].difference.points if predict else None,  # "how many are lost?" needs no sign
    )
