"""The layers of a panel, as plain data: curves, bars, points, marks and bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from zeropoint.lab.style import PALETTE, SERIES

if TYPE_CHECKING:
    from zeropoint.quant._arrays import Array  # here also a list: whatever NumPy takes as a column

Color = str | int | None  # a name of PALETTE, a place in SERIES, or the next one of SERIES

MOST_POINTS = 4000
LINE_STYLES = ("solid", "dashed", "dotted")
MARKERS = ("circle", "square", "triangle")


def _column(values: Array, what: str) -> np.ndarray:
    """Return one finite or NaN float64 column of at most :data:`MOST_POINTS` values."""
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1:
        raise ValueError(f"{what} has shape {column.shape}: expected one dimension; flatten it with .ravel().")
    if column.size > MOST_POINTS:
        raise ValueError(
            f"{what} has {column.size:,} values: a layer shows at most {MOST_POINTS:,}; thin it out or bin it."
        )
    if np.isinf(column).any():
        raise ValueError(f"{what} holds infinite values, which no axis can show: replace them by NaN to leave a gap.")
    return column


def _check_color(color: Color) -> None:
    known = color is None or (isinstance(color, int) and 0 <= color < len(SERIES)) or color in PALETTE
    if not known:
        names = ", ".join(PALETTE)
        raise ValueError(f"color is {color!r}: expected one of {names}, or a place from 0 to {len(SERIES) - 1}.")


def _check_choice(value: str | None, options: Sequence[str], what: str) -> None:
    if value is not None and value not in options:
        raise ValueError(f"{what} is {value!r}: expected one of {', '.join(options)}.")


def _settle(layer: Any, name: str) -> None:
    """Turn the columns of a layer into arrays of one length; an x of strings becomes categories 0, 1, ….

    Raises
    ------
    ValueError
        When a column is not one-dimensional, too long, infinite, or not as long as the others.
    """
    kind = type(layer).__name__
    _check_color(layer.color)
    named = len(layer.x) > 0 and isinstance(layer.x[0], str)
    object.__setattr__(layer, "categories", tuple(layer.x) if named else None)
    object.__setattr__(layer, "x", _column(np.arange(len(layer.x)) if named else layer.x, f"{kind}.x"))
    values = _column(getattr(layer, name), f"{kind}.{name}")
    object.__setattr__(layer, name, values)
    allowed = (values.size, values.size + 1) if kind == "Bars" and not named else (values.size,)
    if layer.x.size not in allowed:
        more = ", or one more when they are edges" if len(allowed) > 1 else ""
        raise ValueError(f"{kind} has {layer.x.size} x and {values.size} {name}: expected as many{more}.")


@dataclass(frozen=True, eq=False)
class Line:
    """A curve.

    Attributes
    ----------
    x, y : float columns of one length, at most 4,000; NaN leaves a gap. ``x`` may be names (categories).
    label : str – for the legend; empty for none
    color : name of the palette or place in its series; the next one by default
    style : 'solid', 'dashed' or 'dotted'; by default each further line of a panel has another
    """

    x: Array
    y: Array
    _: KW_ONLY
    label: str = ""
    color: Color = None
    style: str | None = None
    categories: tuple[str, ...] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        _settle(self, "y")
        _check_choice(self.style, LINE_STYLES, "Line.style")


@dataclass(frozen=True, eq=False)
class Bars:
    """A histogram, or bars over categories; several layers with the same categories stand side by side.

    Attributes
    ----------
    x : n + 1 edges, n centres, or n names
    heights : n floats
    label, color : as in :class:`Line`
    highlight : indices of bars to draw in ``highlight_color`` with an outline
    highlight_label : str – for the legend
    highlight_color : name of the palette or place in its series
    """

    x: Array
    heights: Array
    _: KW_ONLY
    label: str = ""
    color: Color = None
    highlight: Sequence[int] = ()
    highlight_label: str = ""
    highlight_color: str | int = "orange"
    categories: tuple[str, ...] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        _settle(self, "heights")
        _check_color(self.highlight_color)
        if isinstance(self.highlight_color, int):
            object.__setattr__(self, "highlight_color", SERIES[self.highlight_color])
        marked = tuple(sorted({int(index) for index in self.highlight}))
        if marked and not 0 <= marked[0] <= marked[-1] < self.heights.size:
            raise ValueError(f"Bars.highlight is {marked}: expected indices from 0 to {self.heights.size - 1}.")
        object.__setattr__(self, "highlight", marked)


@dataclass(frozen=True, eq=False)
class Points:
    """Marks, with whiskers from ``low`` to ``high`` where they are given (an interval, say).

    Attributes
    ----------
    x, y, label, color : as in :class:`Line`
    marker : 'circle', 'square' or 'triangle'; by default each further layer of a panel has another
    low, high : float columns as long as ``y``; both or neither
    """

    x: Array
    y: Array
    _: KW_ONLY
    label: str = ""
    color: Color = None
    marker: str | None = None
    low: Array | None = None
    high: Array | None = None
    categories: tuple[str, ...] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        _settle(self, "y")
        _check_choice(self.marker, MARKERS, "Points.marker")
        if (self.low is None) != (self.high is None):
            raise ValueError("Points has only one of low and high: a whisker needs both ends; pass the other as well.")
        for name in ("low", "high") if self.low is not None else ():
            ends = _column(getattr(self, name), f"Points.{name}")
            if ends.size != self.y.size:
                raise ValueError(f"Points has {self.y.size} y and {ends.size} {name}: expected as many.")
            object.__setattr__(self, name, ends)


@dataclass(frozen=True)
class VLine:
    """A vertical line at ``value``; its label stands above the plot."""

    value: float
    label: str = ""
    color: Color = "levels"
    style: str = "solid"

    def __post_init__(self) -> None:
        _check_mark(self)


@dataclass(frozen=True)
class HLine:
    """A horizontal line at ``value``; its label stands in the legend."""

    value: float
    label: str = ""
    color: Color = "levels"
    style: str = "dashed"

    def __post_init__(self) -> None:
        _check_mark(self)


def _check_mark(line: VLine | HLine) -> None:
    _check_color(line.color)
    _check_choice(line.style, LINE_STYLES, f"{type(line).__name__}.style")
    _column([line.value], f"{type(line).__name__}.value")
    object.__setattr__(line, "value", float(line.value))


@dataclass(frozen=True)
class Band:
    """A region from ``x0`` to ``x1`` behind the data; its label stands in the legend."""

    x0: float
    x1: float
    label: str = ""
    color: Color = "clipping"

    def __post_init__(self) -> None:
        _check_color(self.color)
        _column([self.x0, self.x1], "Band")


Layer = Line | Bars | Points | VLine | HLine | Band
