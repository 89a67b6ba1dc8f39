"""Figures of lesson 03: histograms of the error, 6 dB per bit, and how the error of a sum grows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from zeropoint.lab.figure import LabFigure
from zeropoint.lab.layers import Bars, HLine, Layer, Line, Points, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.lab.picture import draw_picture

Curves = Mapping[str, Mapping[int, float]]  # name → bit width → dB

_LEAST = 0.03  # a share of the values per step below which a bar is not seen
_COLORS = ("rounding", "clipping", "green", "zero", "orange")


def plot_errors(errors: Mapping[str, tuple[np.ndarray, float]], *, log: bool = False) -> LabFigure:
    """Draw histograms of quantization errors, each in steps of its own scale.

    Parameters
    ----------
    errors : title → (x̂ − x, scale); one to three
    log : bool – a logarithmic vertical axis, for bars of very different heights

    Returns
    -------
    LabFigure
        A panel for each; the dashed line is what an error spread evenly over ± half a step would give.
    """
    in_steps = {title: np.asarray(error, dtype=np.float64).ravel() / scale for title, (error, scale) in errors.items()}
    panels = [_error_panel(title, steps, log) for title, steps in in_steps.items()]
    say = " ".join(f"{title}: {_spread_in_words(steps)}." for title, steps in in_steps.items())
    return draw_picture(Picture(panels, say=f"Histograms of the error in steps of the scale. {say}"))


def _spread_in_words(steps: np.ndarray) -> str:
    """Return where the errors lie, and whether they are spread evenly."""
    zero = np.mean(steps == 0)
    if zero > 0.1:
        return f"a spike at 0, where {zero:.0%} of the errors are; the others spread between −½ and ½ step"
    tenths, _ = np.histogram(steps, 10, (-0.5, 0.5))
    if tenths.max() < 1.2 * tenths.min():
        return "flat between −½ and ½ step, as high as the dashed line, and nothing beyond"
    return f"highest at 0 and falling to both sides, from {steps.min():.2f} to {steps.max():.2f} steps"


def _error_panel(title: str, steps: np.ndarray, log: bool) -> Panel:
    largest = np.abs(steps).max()
    width = 1 / 21 if largest < 1 else 1 / 5  # one bin around 0, and ± half a step between two bins
    side = math.ceil(max(0.75, largest) / width)
    edges = (np.arange(-side, side + 2) - 0.5) * width
    counts, _ = np.histogram(steps * (1 - 1e-6), edges)  # a tie stays inside in spite of its last bit
    density = np.maximum(counts / steps.size / width, _LEAST if log else 0.0)
    layers = [
        Bars(edges, density, color="rounding"),
        VLine(-0.5),
        VLine(0.5),
        HLine(1.0, "spread evenly over ± ½ step"),
    ]
    y_range = (_LEAST, 2 * max(1.0, density.max())) if log else None
    return Panel(title, "error x̂ − x (steps)", "share of the values per step", layers, y_log=log, y_range=y_range)


def plot_sqnr(panels: Mapping[str, tuple[Curves, Curves]]) -> LabFigure:
    """Draw SQNR over bits: measured as points, theory as dashed lines, a name in both in one colour.

    Parameters
    ----------
    panels : title → (measured, theory), each: name → bit width → SQNR in dB; one to three
    """
    drawn = [_sqnr_panel(title, measured, theory) for title, (measured, theory) in panels.items()]
    words = [
        f"{name} {_ends(points)}" + (f" (theory {_ends(theory[name])})" if name in theory else "")
        for measured, theory in panels.values()
        for name, points in measured.items()
    ]
    say = f"SQNR rises with the bits. Points are measured, dashed lines are theory; first and last: {', '.join(words)}."
    return draw_picture(Picture(drawn, say=say))


def _ends(curve: Mapping[int, float]) -> str:
    return f"{curve[min(curve)]:.0f} to {curve[max(curve)]:.0f} dB"


def _sqnr_panel(title: str, measured: Curves, theory: Curves) -> Panel:
    names = list(dict.fromkeys([*measured, *theory]))
    color = {name: _COLORS[i] for i, name in enumerate(names)}
    layers: list[Layer] = []
    for name, line in theory.items():
        layers.append(Line(list(line), list(line.values()), color=color[name], style="dashed"))
    for name, points in measured.items():
        layers.append(Points(list(points), list(points.values()), color=color[name], label=name))
    bits = sorted(set().union(*measured.values()))
    return Panel(title, "bit width", "SQNR (dB)", layers, x_ticks=bits, x_range=(bits[0] - 0.3, bits[-1] + 0.3))


def plot_growth(counts: Sequence[int], errors: Mapping[str, Sequence[float]]) -> LabFigure:
    """Draw how the error of a sum grows with its number of products, on logarithmic axes.

    Parameters
    ----------
    counts : ints – numbers of products
    errors : rounding rule → size of the error at each of them, in steps
    """
    lines = [Line(counts, sizes, label=name) for name, sizes in errors.items()]
    panel = Panel(
        "Error of a sum, by the rounding rule of its terms",
        "number of products",
        "typical error of the sum (steps)",
        lines,
        x_log=True,
        y_log=True,
    )
    ends = "; ".join(f"{name} from {sizes[0]:,.1f} to {sizes[-1]:,.1f} steps" for name, sizes in errors.items())
    say = f"Straight lines of unlike slope: from {counts[0]} to {counts[-1]:,} products the error grows, {ends}."
    return draw_picture(Picture([panel], say=say))
