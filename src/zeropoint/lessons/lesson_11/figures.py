"""Pictures of lesson 11: what few bits cost in each layer, bits under a budget, and what a bit budget buys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Slider
from zeropoint.lab.layers import Bars, Color, HLine, Layer, Points, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.lessons.lesson_11.budget import bytes_for
from zeropoint.quant.allocation import allocate_bits
from zeropoint.vision.statistics import PairedDifference

if TYPE_CHECKING:
    import pandas

Measured = Mapping[float, PairedDifference]  # average bits a weight → top-1 against FP32, on the same images

AVERAGES = tuple(np.arange(2.25, 8.01, 0.25).tolist())
_POINTS = "top-1 minus FP32 (points)"
_COLORS = {"uniform": "clipping", "greedy": "rounding"}


def short(layer: str) -> str:
    """Return a layer's name in a form that fits below a bar.

    Examples
    --------
    >>> short("stage2.0.shortcut.0"), short("fc")
    ('2.0 shortcut', 'fc')
    """
    name = layer.removesuffix(".0") if layer.endswith("shortcut.0") else layer
    block, _, last = name.removeprefix("stage").rpartition(".")
    return f"{block} {last}".strip()


def costs_picture(costs: pandas.DataFrame, bit_width: int) -> Picture:
    """Draw what few bits cost in each layer alone.

    Parameters
    ----------
    costs : DataFrame, one row a layer, one column a bit width, as from ``bit_costs``
    bit_width : int – the column to draw
    """
    column = costs[bit_width]
    most = column.idxmax()
    least = column.idxmin()
    bars = Bars([short(name) for name in costs.index], column.to_numpy())
    title = f"What {bit_width} bits cost in one layer alone"
    panel = Panel(title, "layer", "mean squared error of the logits (log)", [bars], y_log=True)
    times = column[most] / column[least]
    worst = ", ".join(short(name) for name in column.sort_values(ascending=False).index[:4])
    say = f"With {bit_width} bits {most} costs most, {times:.0f} times as much as {least}; the highest bars: {worst}."
    return Picture([panel], say=say)


def allocation_picture(
    costs: pandas.DataFrame,
    counts: Mapping[str, int],
    fixed_bytes: int,
    average: float,
    greedy: Measured,
    uniform: Measured,
) -> Picture:
    """Draw how a budget of bits is spent on the layers, and which accuracies were measured at which size.

    Parameters
    ----------
    costs, counts, fixed_bytes : as for ``allocate_bits``
    average : float – bits a weight that the budget allows on average
    greedy, uniform : what was measured, by average bits; in between nothing is made up
    """
    budget = bytes_for(counts, fixed_bytes, average)
    bits = allocate_bits(costs, counts, budget, fixed_bytes=fixed_bytes)
    top1 = f"{greedy[average].points:+.2f}".replace("-", "−") + " points" if average in greedy else "not measured"
    facts = [("size", f"{budget / 1000:.1f} kB"), ("predicted cost", f"{_total_cost(costs, bits):.3g}")]
    if average in costs.columns:
        facts.append(("uniform would cost", f"{costs[average].sum():.3g}"))
    facts.append(("top-1 against FP32", top1))
    spread = _spread(bits)
    say = f"At {average:g} bits per weight on average, {spread}; top-1 against FP32: {top1}."
    panels = [
        _bits_panel(bits, average, ticks=sorted(int(width) for width in costs.columns)),
        _measured_panel(counts, fixed_bytes, budget, {"uniform": uniform, "greedy": greedy}),
    ]
    return Picture(panels, say=say, facts=facts)


def _total_cost(costs: pandas.DataFrame, bits: Mapping[str, int]) -> float:
    by_layer = costs.to_dict("index")
    return sum(by_layer[name][width] for name, width in bits.items())


def _spread(bits: Mapping[str, int]) -> str:
    fewest = min(bits.values())
    most = max(bits.values())
    return f"layers get {fewest} to {most} bits" if fewest < most else f"every layer gets {most} bits"


def _bits_panel(bits: Mapping[str, int], average: float, ticks: Sequence[float]) -> Panel:
    bars = Bars([short(name) for name in bits], list(bits.values()), color="data")
    line = HLine(average, "average", "levels")
    return Panel("Bits of each layer", "layer", "bits per weight", [bars, line], y_range=(0, 9), y_ticks=ticks)


def _measured_panel(
    counts: Mapping[str, int], fixed_bytes: int, budget: int, measured: Mapping[str, Measured]
) -> Panel:
    def kilobytes(average: float) -> float:
        return bytes_for(counts, fixed_bytes, average) / 1000

    layers: list[Layer] = [
        _whiskers([kilobytes(average) for average in found], found, label, _COLORS[label])
        for label, found in measured.items()
    ]
    layers.append(HLine(0, "FP32"))
    layers.append(VLine(budget / 1000, "this budget", "green", "dotted"))
    n = next(iter(measured["greedy"].values())).n
    title = f"Measured (n = {n:,}, 95 % intervals)"
    # the slider's whole range, so that the axis stays where it is
    x_range = (kilobytes(AVERAGES[0]) - 5, kilobytes(AVERAGES[-1]) + 5)
    return Panel(title, "budget (kB)", _POINTS, layers, x_range=x_range)


def _whiskers(x: Sequence[float], found: Measured, label: str, color: Color) -> Points:
    low, high = np.array([difference.interval for difference in found.values()]).T
    points = [difference.points for difference in found.values()]
    return Points(x, points, label=label, color=color, low=low, high=high)


def explore_allocation(
    costs: pandas.DataFrame,
    counts: Mapping[str, int],
    fixed_bytes: int,
    *,
    greedy: Measured,
    uniform: Measured,
    average: float = 3.0,
    predict: str | None = None,
    answer: float | None = None,
) -> Explorable:
    """Move the bit budget and see which layer gets how many bits.

    Parameters
    ----------
    costs, counts, fixed_bytes, greedy, uniform : as for :func:`allocation_picture`
    average : float – one of :data:`AVERAGES`, where the slider starts
    predict, answer : a question with a number for an answer, locked before the picture is seen

    Returns
    -------
    Explorable
    """

    @cache
    def draw(average: float) -> Picture:
        return allocation_picture(costs, counts, fixed_bytes, average, greedy, uniform)

    control = Slider("average", "budget", values=AVERAGES, value=average, unit="bits per weight", format=".2f")
    return explore([control], draw, title="Spend a bit budget", predict=predict, answer=answer)


def prediction_picture(costs: Mapping[str, Sequence[float]], losses: Mapping[str, Measured]) -> Picture:
    """Draw the measured loss over the predicted cost, to see whether the one tells the other.

    Parameters
    ----------
    costs : series → predicted costs, in the order of the series' losses
    losses : series → what was measured
    """
    layers: list[Layer] = [_whiskers(costs[name], found, name, _COLORS.get(name)) for name, found in losses.items()]
    layers.append(HLine(0, "FP32"))
    every = [cost for series in costs.values() for cost in series]
    panel = Panel(
        "Does the predicted cost tell the loss?",
        "predicted cost: sum over the layers (log)",
        _POINTS,
        layers,
        x_log=True,
        x_range=(min(every) / 1.5, max(every) * 1.5),
    )
    words = [
        f"{name}, cost {cost:.2g}: {difference.points:+.1f} points"
        for name, found in losses.items()
        for cost, difference in zip(costs[name], found.values(), strict=True)
    ]
    return Picture([panel], say=f"Predicted cost and measured loss of top-1. {'; '.join(words)}.")
