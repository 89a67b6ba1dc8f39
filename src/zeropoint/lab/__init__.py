"""Pictures and explorable widgets of the lessons.

Names are imported on first use: a figure loads neither ipywidgets nor torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for editors and type checkers: what _MODULES brings on first use
    from zeropoint.lab.drawing import Drawing
    from zeropoint.lab.explorable import explore
    from zeropoint.lab.inputs import Choice, Slider, Toggle
    from zeropoint.lab.layers import Band, Bars, HLine, Line, Points, VLine
    from zeropoint.lab.panels import Panel, Picture
    from zeropoint.lab.picture import draw_picture
    from zeropoint.lab.plots import plot_ruler
    from zeropoint.lab.ruler import explore_scale

_MODULES = {
    "explorable": ("explore",),
    "inputs": ("Choice", "Slider", "Toggle"),
    "layers": ("Band", "Bars", "HLine", "Line", "Points", "VLine"),
    "panels": ("Panel", "Picture"),
    "drawing": ("Drawing",),
    "picture": ("draw_picture",),
    "plots": ("plot_ruler",),
    "ruler": ("explore_scale",),
}
_HOME = {name: f"zeropoint.lab.{module}" for module, names in _MODULES.items() for name in names}

__all__ = [
    "Band",
    "Bars",
    "Choice",
    "Drawing",
    "HLine",
    "Line",
    "Panel",
    "Picture",
    "Points",
    "Slider",
    "Toggle",
    "VLine",
    "draw_picture",
    "explore",
    "explore_scale",
    "plot_ruler",
]


if not TYPE_CHECKING:  # a type checker that saw it would believe in every misspelt name

    def __getattr__(name: str) -> object:
        if name in _HOME:
            return getattr(import_module(_HOME[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
