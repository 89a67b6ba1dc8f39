"""Pictures and controls as the messages that the browser receives; columns go as float32 bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zeropoint.lab.axes import Axis
from zeropoint.lab.inputs import Choice, Control, Slider
from zeropoint.lab.layers import Band, Bars, HLine, Line, Points, VLine
from zeropoint.lab.panels import Look, Panel, Picture, panel_looks

_MOST_RADIOS = 5  # more than this become a list


def control_spec(control: Control, controls: Mapping[str, Control]) -> dict[str, Any]:
    """Return what the browser needs to build a control: it knows stops by their index and their words.

    Parameters
    ----------
    control : Slider, Choice or Toggle
    controls : all of the explorable, by name

    Raises
    ------
    ValueError
        When a slider follows no control, or does not know how many stops it has at each of that one's.
    """
    kind = type(control).__name__.lower()
    if isinstance(control, Choice) and len(control.stops) > _MOST_RADIOS:
        kind = "list"
    spec = {"kind": kind, "name": control.name, "label": control.label, "labels": list(control.labels)}
    if isinstance(control, Slider) and control.follows:
        spec |= {"follows": control.follows, "counts": _counts(control, controls)}
    return spec


def _counts(slider: Slider, controls: Mapping[str, Control]) -> list[int]:
    """Return how many stops the slider has at each stop of the control that it follows."""
    followed = controls.get(slider.follows)
    known = slider.counts or {}
    counts = [known.get(stop, 0) for stop in followed.stops] if followed else [0]
    if not all(2 <= count <= len(slider.stops) for count in counts):
        raise ValueError(
            f"Slider {slider.name!r} follows {slider.follows!r} with counts {dict(known)}: expected a control, and "
            f"for each of its options a number of stops from 2 to {len(slider.stops)}."
        )
    return counts


def picture_frame(picture: Picture) -> dict[str, Any]:
    """Return a picture as one message."""
    return {
        "panels": [_panel_frame(panel) for panel in picture.panels],
        "say": picture.say,
        "facts": [[str(name), str(value)] for name, value in picture.facts],
    }


def _panel_frame(panel: Panel) -> dict[str, Any]:
    ends = panel.bars()
    layers = []
    for place, (layer, look) in enumerate(zip(panel.layers, panel_looks(panel), strict=True)):
        frame = _bars_frame(layer, *ends[place]) if isinstance(layer, Bars) else _layer_frame(layer, look)
        if isinstance(layer, Bars):
            frame["striped"] = look.style == "striped"
        layers.append({"color": look.color, "label": layer.label, **frame})
    x_axis, y_axis = panel.axes
    return {
        "title": panel.title,
        "alt": panel.description,
        "x": {**_axis_frame(x_axis), "label": panel.x_label, "named": panel.categories is not None},
        "y": {**_axis_frame(y_axis), "label": panel.y_label},
        "layers": layers,
    }


def _axis_frame(axis: Axis) -> dict[str, Any]:
    ticks = [[value, label] for value, label in axis.ticks if axis.low <= value <= axis.high]
    return {"low": axis.low, "high": axis.high, "log": axis.log, "ticks": ticks}


def _bars_frame(layer: Bars, left: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    return {
        "kind": "bars",
        "markedColor": layer.highlight_color,
        "left": _bytes(left),
        "right": _bytes(right),
        "y": _bytes(layer.heights),
        "marked": list(layer.highlight),
        "markedLabel": layer.highlight_label,
    }


def _layer_frame(layer: Line | Points | VLine | HLine | Band, look: Look) -> dict[str, Any]:
    match layer:
        case Line():
            return {"kind": "line", "style": look.style, "x": _bytes(layer.x), "y": _bytes(layer.y)}
        case Points():
            frame = {"kind": "points", "style": look.style, "x": _bytes(layer.x), "y": _bytes(layer.y)}
            if layer.low is not None and layer.high is not None:
                frame |= {"low": _bytes(layer.low), "high": _bytes(layer.high)}
            return frame
        case VLine() | HLine():
            return {"kind": type(layer).__name__.lower(), "style": layer.style, "value": layer.value}
        case Band():
            return {"kind": "band", "x0": float(layer.x0), "x1": float(layer.x1)}


def _bytes(column: np.ndarray) -> bytes:
    return column.astype("<f4").tobytes()
