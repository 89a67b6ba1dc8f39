"""Pictures and explorable widgets of the lessons.

Names are imported on first use: a figure loads neither ipywidgets nor torch.
"""

from __future__ import annotations

from importlib import import_module

_HOME = {
    "explore_scale": "zeropoint.lab.widgets",
    "plot_ruler": "zeropoint.lab.plots",
}

__all__ = ["explore_scale", "plot_ruler"]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
