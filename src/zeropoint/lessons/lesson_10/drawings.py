"""Drawings of lesson 10: what a runtime makes of a QDQ file, and what one float layer tears open."""

from __future__ import annotations

from collections.abc import Sequence

from zeropoint.lab.drawing import Drawing

_HEIGHT = 40
_GAP = 20  # between two boxes of a row, for the arrow
_CODES = ("codes\nuint8", 62, "data")

Box = tuple[str, float, str]  # words, width, color


def fused() -> Drawing:
    """Draw pair – convolution – pair in the file, and the one integer kernel that takes their place."""
    drawing = Drawing(
        620,
        250,
        say="Above, the file: uint8 codes pass DequantizeLinear, a float convolution with its ReLU, and "
        "QuantizeLinear, which makes codes again. The codes of weights and bias enter the convolution through a "
        "DequantizeLinear of their own. Below, what runs: one integer kernel that reads the codes of activations, "
        "weights and bias and writes codes.",
    )
    drawing.text(10, 20, "in the file", anchor="start", bold=True)
    drawing.box(190, 8, 250, 30, "weights int8, bias int32: codes", color="data", size=12)
    drawing.arrow((315, 38), (315, 76))
    drawing.text(325, 62, "Dequantize", anchor="start", size=12)
    boxes = (_CODES, ("Dequantize", 96, ""), ("Conv + ReLU\nin float", 106, "clipping"), ("Quantize", 82, ""), _CODES)
    _row(drawing, 71, 76, boxes)
    drawing.line((153, 132), (153, 142), (477, 142), (477, 132))
    drawing.arrow((315, 142), (315, 182))
    drawing.text(325, 166, "fused by the runtime", anchor="start", size=12)
    drawing.text(10, 172, "what runs", anchor="start", bold=True)
    _row(drawing, 113, 182, (_CODES, ("one integer kernel:\ncodes · codes → int32 → codes", 230, "green"), _CODES))
    return drawing


def torn_open() -> Drawing:
    """Draw three fused kernels, and what is left of them when the one in the middle has to compute in float."""
    drawing = Drawing(
        620,
        236,
        say="Above, an integer addition and two integer convolutions hand codes on to each other. Below, the first "
        "convolution runs in float: the addition before it falls back to float too, with a Dequantize in front; the "
        "layout changes before and behind the convolution, and a Quantize makes codes for the last one again.",
    )
    drawing.text(10, 20, "all in INT8", anchor="start", bold=True)
    _row(drawing, 120, 32, (("INT8 add", 96, "green"), ("INT8 conv", 96, "green"), ("INT8 conv", 96, "green")))
    drawing.text(10, 108, "one convolution left in float", anchor="start", bold=True)
    boxes = (
        ("Dequantize", 84, "orange"),
        ("add\nin float", 68, "clipping"),
        ("other\nlayout", 60, "orange"),
        ("conv\nin float", 68, "clipping"),
        ("other\nlayout", 60, "orange"),
        ("Quantize", 72, "orange"),
        ("INT8 conv", 76, "green"),
    )
    _row(drawing, 6, 122, boxes)
    drawing.text(110, 182, "falls with it: its result\nis wanted in float", anchor="start", size=12)
    drawing.text(366, 182, "yellow: conversions,\non the fallback's bill", anchor="start", size=12)
    drawing.text(10, 228, "One layer was excluded, and its neighbours changed as well.", anchor="start", faint=True)
    return drawing


def _row(drawing: Drawing, x: float, y: float, boxes: Sequence[Box]) -> None:
    """Draw boxes from left to right with arrows between them."""
    for number, (words, width, color) in enumerate(boxes):
        if number:
            drawing.arrow((x - _GAP, y + _HEIGHT / 2), (x, y + _HEIGHT / 2))
        drawing.box(x, y, width, _HEIGHT, words, color=color, size=12)
        x += width + _GAP
