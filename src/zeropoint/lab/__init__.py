"""Pictures and explorable widgets of the lessons.

Names are imported on first use: a figure loads neither ipywidgets nor torch.
"""

from __future__ import annotations

from importlib import import_module

_HOME = {
    "explore_scale": "zeropoint.lab.widgets",
    "plot_ruler": "zeropoint.lab.plots",
    "draw_picture": "zeropoint.lab.picture",
    "explore": "zeropoint.lab.explorable",
    **dict.fromkeys(("Choice", "Slider", "Toggle"), "zeropoint.lab.inputs"),
    **dict.fromkeys(("Panel", "Picture"), "zeropoint.lab.panels"),
    **dict.fromkeys(("Band", "Bars", "HLine", "Line", "Points", "VLine"), "zeropoint.lab.layers"),
}

__all__ = [
    "Band",
    "Bars",
    "Choice",
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


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
