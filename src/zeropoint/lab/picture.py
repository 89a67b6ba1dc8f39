"""The static twin of an explorable: the same picture, drawn by matplotlib."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from matplotlib import rc_context
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from zeropoint.lab.axes import Axis
from zeropoint.lab.figure import LabFigure
from zeropoint.lab.layers import Band, Bars, HLine, Line, Points, VLine
from zeropoint.lab.panels import Look, Panel, Picture, panel_looks
from zeropoint.lab.style import EDGES, HATCH, PALETTE, RC_PARAMS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.typing import LineStyleType

_DASHES: dict[str, LineStyleType] = {"solid": "-", "dashed": (0, (5, 3)), "dotted": (0, (1.2, 2))}
_MARKS = {"circle": "o", "square": "s", "triangle": "^"}
_WIDTH = 9.0  # inches
_HEIGHT = 2.6
_LETTER = 0.062  # inches: width of a letter of the legend and of a tick label
_ROW = 12  # points: height of one row above the plot


def draw_picture(picture: Picture, *, title: str = "") -> LabFigure:
    """Draw a picture as a figure: the same axes, ticks and colours as in the widget.

    Parameters
    ----------
    picture : Picture
    title : str, optional
        A line above all panels.

    Returns
    -------
    LabFigure

    Examples
    --------
    >>> from zeropoint.lab import HLine, Line, Panel, Picture
    >>> panel = Panel("A parabola", "x", "x²", [Line([0, 1, 2], [0, 1, 4]), HLine(2, "two")])
    >>> figure = draw_picture(Picture([panel], say="A parabola crosses two."))
    >>> figure.axes[0].get_title(loc="left"), figure.say
    ('A parabola', 'A parabola. A parabola crosses two.')
    """
    count = len(picture.panels)
    rows = [_rows_above(panel, _WIDTH / count) for panel in picture.panels]
    facts = "\u2003".join(f"{name}: {value}" for name, value in picture.facts)
    lines = [line for words in (title, facts) for line in wrap(words, 125)]
    with rc_context(RC_PARAMS):
        height = _HEIGHT + 0.17 * (max(rows) + len(lines)) + 0.5 * any(panel.categories for panel in picture.panels)
        figure = LabFigure(figsize=(_WIDTH, height), layout=ConstrainedLayoutEngine(w_pad=0.12))
        figure.say = f"{'; '.join(panel.title for panel in picture.panels)}. {picture.say}"
        for axes, panel in zip(figure.subplots(1, count, squeeze=False)[0], picture.panels, strict=True):
            _draw_panel(axes, panel, max(rows), _WIDTH / count)
        if lines:
            figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=9)
    return figure


def _draw_panel(axes: Axes, panel: Panel, above: int, inches: float) -> None:
    x_axis, y_axis = panel.axes
    axes.set(xlabel=panel.x_label, ylabel=panel.y_label, xscale=_scale(x_axis.log), yscale=_scale(y_axis.log))
    axes.set(xlim=(x_axis.low, x_axis.high), ylim=(y_axis.low, y_axis.high))
    ends = panel.bars()
    for place, (layer, look) in enumerate(zip(panel.layers, panel_looks(panel), strict=True)):
        if isinstance(layer, Bars):
            _draw_bars(axes, layer, _filling(look), ends[place], y_axis.low)
        else:
            _draw_layer(axes, layer, look)
    for way, axis in (("x", x_axis), ("y", y_axis)):
        inside = [(value, label) for value, label in axis.ticks if axis.low <= value <= axis.high]
        getattr(axes, f"set_{way}ticks")([value for value, _ in inside], [label for _, label in inside])
        getattr(axes, f"{way}axis").set_minor_locator(NullLocator())  # the settled ticks are all there are
    if panel.categories:
        _fit_categories(axes, x_axis.ticks, (inches - 0.7) / len(panel.categories))
    _name_marks(axes, panel)
    handles = legend_handles(panel)
    if handles:
        _draw_legend(axes, handles, _columns(handles, inches), len(_named_marks(panel)))
    axes.set_title(panel.title, pad=6 + _ROW * above)


def _draw_legend(axes: Axes, handles: list[Line2D | Patch], columns: int, marks: int) -> None:
    """Draw the legend above the plot, and above the rows that name its marks."""
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        borderpad=0,
        borderaxespad=0.3 + 1.5 * marks,
        handlelength=1.6,
        columnspacing=1.2,
        labelspacing=0.25,
    )


def _fit_categories(axes: Axes, ticks: tuple[tuple[float, str], ...], slot: float) -> None:
    """Turn names that are wider than their slot (in inches), and leave some out where even that is too narrow."""
    if max(len(label) for _, label in ticks) * _LETTER <= 0.9 * slot:
        return
    if slot < 0.17:
        rotation = 90
        look = {"ha": "center", "va": "top", "rotation_mode": "default"}
        ticks = ticks[:: math.ceil(0.11 / slot)]
    else:
        rotation = 45
        look = {"ha": "right", "va": "top", "rotation_mode": "anchor"}
    axes.set_xticks([value for value, _ in ticks], [label for _, label in ticks])
    axes.tick_params("x", rotation=rotation)
    for text in axes.get_xticklabels():
        text.set(**look)


def _scale(log: bool) -> str:
    return "log" if log else "linear"


def _draw_layer(axes: Axes, layer: Line | Points | VLine | HLine | Band, look: Look) -> None:
    color = EDGES[look.color]
    match layer:
        case Line():
            axes.plot(layer.x, layer.y, color=color, linestyle=_DASHES[look.style], lw=1.8)
        case Points():
            _draw_points(axes, layer, color, _MARKS[look.style])
        case VLine():
            axes.axvline(layer.value, color=color, linestyle=_DASHES[layer.style], lw=1.6)
        case HLine():
            axes.axhline(layer.value, color=color, linestyle=_DASHES[layer.style], lw=1.4)
        case Band():
            axes.axvspan(layer.x0, layer.x1, facecolor=color, alpha=0.12, zorder=0, lw=0)
            hatched: dict[str, Any] = {"facecolor": "none", "edgecolor": color, "hatch": HATCH["clipping"]}
            axes.axvspan(layer.x0, layer.x1, alpha=0.35, lw=0, **hatched)


def _draw_points(axes: Axes, layer: Points, color: str, marker: str) -> None:
    left, right = axes.get_xlim()
    low, high = axes.get_ylim()
    if layer.low is not None and layer.high is not None:
        axes.vlines(layer.x, layer.low, layer.high, color=color, lw=1.4)
        axes.plot([*layer.x, *layer.x], [*layer.low, *layer.high], "_", color=color, ms=5)
    inside = (layer.x >= left) & (layer.x <= right) & (layer.y >= low) & (layer.y <= high)
    axes.plot(layer.x[inside], layer.y[inside], marker, color=color, ms=5, clip_on=False)  # whole, on an axis too


def _filling(look: Look) -> dict[str, Any]:
    """Return how the bars of a layer are drawn, striped or plain, as in the widgets."""
    if look.style == "striped":
        return {"facecolor": PALETTE[look.color], "edgecolor": "white", "hatch": "////", "lw": 0}
    return {"facecolor": PALETTE[look.color], "edgecolor": EDGES[look.color], "lw": 0.5}


def _draw_bars(
    axes: Axes, layer: Bars, plain: dict[str, Any], ends: tuple[np.ndarray, np.ndarray], floor: float
) -> None:
    left, right = ends
    marked = np.isin(np.arange(layer.heights.size), layer.highlight)
    bottom = max(floor, 0.0)
    outlined: dict[str, Any] = {"facecolor": _highlight(layer), "edgecolor": PALETTE["levels"], "lw": 1}
    for chosen, look in ((~marked, plain), (marked, outlined)):
        axes.bar(left[chosen], layer.heights[chosen] - bottom, (right - left)[chosen], bottom, align="edge", **look)


def _highlight(layer: Bars) -> str:
    return PALETTE[cast(str, layer.highlight_color)]  # a place in the series became a name when the layer was made


def _name_marks(axes: Axes, panel: Panel) -> None:
    """Write each vertical line's name above the plot, one row each, so that none covers data or another name."""
    x_axis, _ = panel.axes
    for row, (mark, look) in enumerate(reversed(_named_marks(panel))):
        if not x_axis.low <= mark.value <= x_axis.high:
            continue
        axes.annotate(
            mark.label,
            (mark.value, 1),
            (0, 3 + _ROW * row),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            ha=_side(mark.value, x_axis),
            fontsize=8,
            color=EDGES[look.color],
        )


def _named_marks(panel: Panel) -> list[tuple[VLine, Look]]:
    looks = zip(panel.layers, panel_looks(panel), strict=True)
    return [(layer, look) for layer, look in looks if isinstance(layer, VLine) and layer.label]


def _side(value: float, axis: Axis) -> str:
    """Return how a name is aligned with its mark, so that it stays within the axis."""
    if axis.log:
        place = math.log(value / axis.low) / math.log(axis.high / axis.low)
    else:
        place = (value - axis.low) / (axis.high - axis.low)
    if place < 0.33:
        return "left"
    return "right" if place > 0.67 else "center"


def legend_handles(panel: Panel) -> list[Line2D | Patch]:
    """Return what stands in the legend: every labelled layer but the vertical lines, which carry their own names."""
    handles: list[Line2D | Patch] = []
    for layer, look in zip(panel.layers, panel_looks(panel), strict=True):
        color = EDGES[look.color]
        if layer.label and isinstance(layer, Line | HLine):
            handles.append(Line2D([], [], color=color, linestyle=_DASHES[look.style], label=layer.label))
        elif layer.label and isinstance(layer, Points):
            handles.append(Line2D([], [], color=color, marker=_MARKS[look.style], ls="", label=layer.label))
        elif layer.label and isinstance(layer, Bars):
            handles.append(Patch(**_filling(look), label=layer.label))
        elif layer.label and isinstance(layer, Band):
            handles.append(Patch(facecolor=f"{color}30", edgecolor=f"{color}80", hatch="///", lw=0, label=layer.label))
        if isinstance(layer, Bars) and layer.highlight_label:
            outline = PALETTE["levels"]
            handles.append(Patch(facecolor=_highlight(layer), edgecolor=outline, label=layer.highlight_label))
    return handles


def _columns(handles: list[Line2D | Patch], inches: float) -> int:
    longest = max(len(str(handle.get_label())) for handle in handles) * _LETTER + 0.45
    return max(1, min(len(handles), int((inches - 0.7) / longest)))


def _rows_above(panel: Panel, inches: float) -> int:
    """Return how many rows of text stand between the plot and its title."""
    rows = len(_named_marks(panel))
    handles = legend_handles(panel)
    if handles:
        rows += math.ceil(len(handles) / _columns(handles, inches))
    return rows
