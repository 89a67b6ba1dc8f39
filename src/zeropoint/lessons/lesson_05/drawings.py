"""Drawings of lesson 05."""

from __future__ import annotations

from zeropoint.lab.drawing import Drawing

_CELL = 18  # pixels for one weight
_OUT = 4
_IN = 8
_SCHEMES = (  # name, output and input channels that share a scale, shape of the scale
    ("per-tensor", _OUT, _IN, "()"),
    ("per-channel", 1, _IN, "(4, 1)"),
    ("per-group", 1, 4, "(4, 2)"),
)


def granularities() -> Drawing:
    """Draw the weights (4 out, 8 in) of a layer three times, with gaps between weights of unlike scales."""
    drawing = Drawing(
        640,
        186,
        say="The same weights, 4 output channels in rows by 8 input channels in columns, three times. Per-tensor: one "
        "block, 1 scale. Per-channel: every row is a block, 4 scales. Per-group: every row is cut into two blocks of 4 "
        "input channels, 8 scales.",
    )
    for number, (name, rows, columns, shape) in enumerate(_SCHEMES):
        left = 60 + 196 * number
        middle = left + 74
        scales = (_OUT // rows) * (_IN // columns)
        drawing.text(middle, 22, name, bold=True)
        _weights(drawing, left, rows, columns)
        drawing.text(middle, 156, "1 scale" if scales == 1 else f"{scales} scales")
        drawing.text(middle, 176, f"shape {shape}", code=True, size=12)
    drawing.text(52, 60, "output\nchannel\n↓", anchor="end", size=12, faint=True)
    drawing.text(60, 134, "input channel →", anchor="start", size=12, faint=True)
    return drawing


def _weights(drawing: Drawing, left: float, rows: int, columns: int) -> None:
    """Draw a square for each weight; those that share a scale touch, and neighbouring blocks differ in colour."""
    for o in range(_OUT):
        for i in range(_IN):
            block = o // rows + i // columns
            x = left + _CELL * i + 8 * (i // columns)
            y = 38 + _CELL * o + 3 * (o // rows)
            drawing.box(x, y, _CELL, _CELL, color=("data", "orange")[block % 2], round_by=1)


def factors() -> Drawing:
    """Draw where the scales act: behind the sum of one output channel, or on each product of the sum."""
    drawing = Drawing(
        640,
        322,
        say="Two ways from three products of integer codes to one output. Above, one scale per output channel: the "
        "products are added as integers, and the sum is multiplied once. Below, one scale per input channel: each "
        "product is multiplied by a scale of its own before the sum, so nothing can be added as integers.",
    )
    drawing.text(20, 22, "one scale per output channel: in front of the sum", anchor="start", bold=True)
    for number in range(3):
        _product(drawing, 38 + 36 * number, number)
        drawing.arrow((130, 52 + 36 * number), (270, 88))
    drawing.box(270, 70, 120, 36, "integer sum", color="data")
    drawing.arrow((390, 88), (440, 88))
    drawing.box(440, 70, 90, 36, "× s_o s_x", color="green", code=True)
    drawing.arrow((530, 88), (580, 88))
    drawing.text(592, 93, "y_o", anchor="start", code=True)
    drawing.text(20, 186, "one scale per input channel: inside the sum", anchor="start", bold=True)
    for number in range(3):
        _product(drawing, 202 + 36 * number, number)
        drawing.arrow((130, 216 + 36 * number), (160, 216 + 36 * number))
        drawing.box(160, 202 + 36 * number, 60, 28, f"× s_{number}", color="clipping", code=True)
        drawing.arrow((220, 216 + 36 * number), (270, 252))
    drawing.box(270, 234, 120, 36, "sum of reals", color="clipping")
    drawing.arrow((390, 252), (440, 252))
    drawing.box(440, 234, 90, 36, "× s_x", color="green", code=True)
    drawing.arrow((530, 252), (580, 252))
    drawing.text(592, 257, "y_o", anchor="start", code=True)
    return drawing


def _product(drawing: Drawing, y: float, number: int) -> None:
    """Draw the box of the product of two codes."""
    drawing.box(20, y, 110, 28, f"q_w{number} · q_x{number}", color="data", code=True)
