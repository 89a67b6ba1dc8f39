"""What a picture is made of: panels and their layers, as plain data that Python and the browser can draw.

A :class:`Picture` holds one to three :class:`Panel`; a panel holds layers: :class:`Line`, :class:`Bars`,
:class:`Points`, :class:`VLine`, :class:`HLine` and :class:`Band`. Nothing here draws: see
:func:`zeropoint.lab.draw_picture` for the static figure and :func:`zeropoint.lab.explore` for the widget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import cycle
from typing import NamedTuple

import numpy as np

from zeropoint.lab.axes import Axis, Ticks, settle_axis
from zeropoint.lab.layers import LINE_STYLES, MARKERS, Band, Bars, HLine, Layer, Line, Points, VLine
from zeropoint.lab.style import SERIES

MOST_PANELS = 3


@dataclass(frozen=True, eq=False)
class Panel:
    """One pair of axes.

    Attributes
    ----------
    title : str – states what is shown
    x_label, y_label : str – with units
    layers : drawn in this order
    x_range, y_range : (low, high); by default what the layers need (bars start at zero)
    x_log, y_log : bool
    x_ticks, y_ticks : values, or a mapping from values to labels
    alt : str – description for a screen reader; by default the title, the axes and the legend
    """

    title: str
    x_label: str
    y_label: str
    layers: Sequence[Layer]
    _: KW_ONLY
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    x_log: bool = False
    y_log: bool = False
    x_ticks: Ticks | None = None
    y_ticks: Ticks | None = None
    alt: str = ""

    def __post_init__(self) -> None:
        strange = [layer for layer in self.layers if not isinstance(layer, Layer)]
        if strange or not self.layers:
            got = f"a {type(strange[0]).__name__}" if strange else "no layer"
            raise TypeError(
                f"Panel {self.title!r} has {got}: expected Line, Bars, Points, VLine, HLine or Band layers."
            )
        named = {layer.categories for layer in self.layers if getattr(layer, "categories", None)}
        if len(named) > 1:
            raise ValueError(f"Panel {self.title!r} has layers with different categories: give all of them the same x.")
        object.__setattr__(self, "categories", named.pop() if named else None)
        object.__setattr__(self, "axes", (self._axis("x"), self._axis("y")))  # fails here, where the author sees it

    def bars(self) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Return the left and right ends of the bars of each :class:`Bars` layer, by its place in ``layers``."""
        bars = [(place, layer) for place, layer in enumerate(self.layers) if isinstance(layer, Bars)]
        return {place: _bar_ends(layer, number, len(bars)) for number, (place, layer) in enumerate(bars)}

    def _axis(self, way: str) -> Axis:
        ticks = getattr(self, f"{way}_ticks")
        if way == "x" and self.categories and ticks is None:
            ticks = dict(enumerate(self.categories))
        log = getattr(self, f"{way}_log")
        parts = _x_values(self) if way == "x" else _y_values(self, log)
        values = np.concatenate([np.zeros(0), *parts])
        given = getattr(self, f"{way}_range")
        name = f"Panel {self.title!r}: {way}_range"
        return settle_axis(values, name=name, given=given, log=log, ticks=ticks, snap=way == "y")

    @property
    def description(self) -> str:
        """What a screen reader says about the panel."""
        if self.alt:
            return self.alt
        names = [layer.label for layer in self.layers if layer.label]
        shown = f" Shown: {', '.join(names)}." if names else ""
        return f"{self.title}. Horizontal: {self.x_label or 'categories'}; vertical: {self.y_label}.{shown}"


def _bar_ends(layer: Bars, place: int, of: int) -> tuple[np.ndarray, np.ndarray]:
    if layer.categories:
        width = 0.8 / of
        left = layer.x - 0.4 + place * width  # (n,)
        return left, left + width
    if layer.x.size == layer.heights.size + 1:
        return layer.x[:-1], layer.x[1:]
    half = 0.4 * (np.diff(layer.x).min() if layer.x.size > 1 else 1.0)
    return layer.x - half, layer.x + half


def _x_values(panel: Panel) -> list[np.ndarray]:
    """Return what must lie within the x axis; marks and bands do not widen an axis that has data."""
    parts = [layer.x for layer in panel.layers if isinstance(layer, Line | Points)]
    parts += [end for ends in panel.bars().values() for end in ends]
    if panel.categories:
        parts.append(np.array([-0.5, len(panel.categories) - 0.5]))
    parts += [np.array([layer.value]) for layer in panel.layers if isinstance(layer, VLine)]
    return parts or [np.array([layer.x0, layer.x1]) for layer in panel.layers if isinstance(layer, Band)]


def _y_values(panel: Panel, log: bool) -> list[np.ndarray]:
    parts = [layer.y for layer in panel.layers if isinstance(layer, Line | Points)]
    for layer in panel.layers:
        if isinstance(layer, Bars):
            parts.append(layer.heights)
            parts.append(0.6 * layer.heights if log else np.zeros(1))  # a bar of the smallest height is visible
        elif isinstance(layer, Points) and layer.low is not None:
            parts += [layer.low, layer.high]
        elif isinstance(layer, HLine):
            parts.append(np.array([layer.value]))
    return parts


@dataclass(frozen=True, eq=False)
class Picture:
    """What ``draw`` of an explorable returns: one to three panels side by side, and what they show in words.

    Attributes
    ----------
    panels : one to three :class:`Panel`
    say : str – one sentence about what is seen now, which a screen reader reads out
    facts : pairs of a name and a number in words, shown large, e.g. ``("SQNR", "31.2 dB")``; at most six
    """

    panels: Sequence[Panel]
    _: KW_ONLY
    say: str
    facts: Sequence[tuple[str, str]] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.panels) <= MOST_PANELS or not all(isinstance(panel, Panel) for panel in self.panels):
            raise ValueError(f"Picture has {len(self.panels)} panels: expected 1 to {MOST_PANELS} Panel objects.")
        if not self.say.strip():
            raise ValueError("Picture.say is empty: a screen reader needs one sentence about what is seen; write it.")
        if len(self.facts) > 6:
            raise ValueError(
                f"Picture has {len(self.facts)} facts: expected at most 6; keep those the lesson is about."
            )


class Look(NamedTuple):
    """How a layer is told from the others: by colour, and by dashes or marker as well.

    Attributes
    ----------
    color : str – a name of the palette
    style : str – of a line or a mark; of points the marker; "striped" of every second layer of bars, because colours
        side by side may be equally bright; empty otherwise
    """

    color: str
    style: str


def panel_looks(panel: Panel) -> list[Look]:
    """Return the look of each layer; layers that name no colour take the next one of the series.

    Examples
    --------
    >>> panel_looks(Panel("Two", "x", "y", [Line([0], [1]), Line([0], [2], color="zero")]))
    [Look(color='rounding', style='solid'), Look(color='zero', style='dashed')]
    """
    colors = cycle(SERIES)
    dashes = cycle(LINE_STYLES)  # of lines
    markers = cycle(MARKERS)  # of points
    stripes = cycle(("", "striped"))  # of bars
    looks = []
    for layer in panel.layers:
        color = next(colors) if layer.color is None else layer.color
        if isinstance(layer, Line):
            in_turn = next(dashes)  # also where the layer has a style of its own: the next line has another
            style = layer.style or in_turn
        elif isinstance(layer, Points):
            in_turn = next(markers)
            style = layer.marker or in_turn
        elif isinstance(layer, Bars):
            style = next(stripes)
        else:
            style = getattr(layer, "style", "")
        looks.append(Look(SERIES[color] if isinstance(color, int) else color, style))
    return looks
