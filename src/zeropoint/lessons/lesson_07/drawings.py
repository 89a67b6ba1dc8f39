"""Drawings of lesson 07."""

from __future__ import annotations

from zeropoint.lab.drawing import Drawing


def integer_layer() -> Drawing:
    """Draw a layer in integers: from 8-bit codes through a 32-bit sum and back to 8-bit codes."""
    drawing = Drawing(
        620,
        214,
        say="A layer in integers, from left to right. The input's codes, uint8, and the weights' codes, int8, are "
        "multiplied and added. The sum is an int32 accumulator, which started at the folded bias, int32, computed "
        "once, offline. Requantization multiplies it by M, rounds, adds the zero point of the output and saturates to "
        "0 … 255, which is also the ReLU. Out come codes, uint8. No real number is stored on the way.",
    )
    drawing.box(8, 40, 88, 54, "codes q_x\nuint8", color="data")
    drawing.box(130, 40, 102, 54, "multiply\nand add")
    drawing.box(266, 40, 104, 54, "accumulator\nint32", color="rounding")
    drawing.box(408, 40, 94, 54, "requantize\n· M")
    drawing.box(538, 40, 78, 54, "codes q_y\nuint8", color="data")
    for start, stop in ((96, 130), (232, 266), (370, 408), (502, 538)):
        drawing.arrow((start, 67), (stop, 67))
    drawing.box(130, 132, 102, 48, "weights q_w\nint8", color="clipping")
    drawing.arrow((181, 132), (181, 94))
    drawing.box(266, 132, 104, 48, "folded bias\nint32", color="zero")
    drawing.arrow((318, 132), (318, 94))
    drawing.text(455, 124, "round, add z_y,\nsaturate to 0 … 255\n(this is the ReLU)", size=12, faint=True)
    for middle, bits in ((52, "8 bits"), (318, "32 bits"), (577, "8 bits")):
        drawing.text(middle, 28, bits, size=12, bold=True)
    drawing.text(252, 202, "known before the first image arrives", size=12, faint=True)
    return drawing
