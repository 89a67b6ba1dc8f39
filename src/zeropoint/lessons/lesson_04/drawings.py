"""Drawings of lesson 04."""

from __future__ import annotations

from zeropoint.lab.drawing import Drawing

_LAYERS = ((20, 80, "image"), (140, 80, "conv"), (260, 80, "ReLU"), (490, 80, "conv"))
_TAP = 415


def observer_in_the_graph() -> Drawing:
    """Draw an observer behind a ReLU while the network is calibrated, and what it leaves there for inference."""
    drawing = Drawing(
        640,
        292,
        say="Two rows. Above, calibration: images pass through conv, ReLU and the next conv in FP32, and an observer "
        "taps the wire behind the ReLU and remembers its smallest and largest value. Below, inference: in its place "
        "stands a box that quantizes, with the scale and zero point that the observer found.",
    )
    drawing.text(20, 24, "calibration: in FP32, a few example images", anchor="start", bold=True)
    _row(drawing, 40, "images")
    drawing.dot(_TAP, 58, color="data")
    drawing.arrow((_TAP, 58), (_TAP, 114), color="data")
    drawing.box(355, 114, 120, 36, "observer", color="data")
    drawing.text(487, 128, "min_val and max_val\nof all images", anchor="start", size=12, faint=True)
    drawing.arrow((_TAP, 150), (_TAP, 230), color="data", dashed=True)
    drawing.text(425, 196, "scale, zero point", anchor="start")
    drawing.text(20, 210, "inference: any image, fixed ranges", anchor="start", bold=True)
    _row(drawing, 230, "image")
    drawing.box(370, 230, 90, 36, "quantize", color="rounding")
    return drawing


def _row(drawing: Drawing, y: float, first: str) -> None:
    """Draw the boxes of a row and the arrows between them; the wire behind the ReLU is left free in the middle."""
    for x, width, name in _LAYERS:
        drawing.box(x, y, width, 36, first if name == "image" else name)
    middle = y + 18
    drawing.arrow((100, middle), (140, middle))
    drawing.arrow((220, middle), (260, middle))
    if first == "images":
        drawing.arrow((340, middle), (490, middle))
    else:
        drawing.arrow((340, middle), (370, middle))
        drawing.arrow((460, middle), (490, middle))
    drawing.arrow((570, middle), (615, middle))
