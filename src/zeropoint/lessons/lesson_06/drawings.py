"""Drawings of lesson 06."""

from __future__ import annotations

from zeropoint.lab.drawing import Drawing

_MAIN = 72  # height of the main path's middle line
_SHORTCUT = 168
_Q = 26  # diameter of a quantizer


def residual_block() -> Drawing:
    """Draw the first block of stage 2 or 3 with its quantizers, and count those of the whole network."""
    drawing = Drawing(
        600,
        242,
        say="A residual block. What it reads was quantized by the layer before it. The main path: conv1 with ReLU, a "
        "quantizer Q, conv2, a quantizer Q, a sum with ReLU, and a quantizer Q behind it. The shortcut: a convolution "
        "and a quantizer Q, into the sum. Each of the three convolutions has a quantizer of its weights, int8, one "
        "scale per output channel. In all of ResNet-20: the image, conv1, three in each of nine blocks, two shortcuts "
        "and the pool, 32 quantized activations.",
    )
    _main_path(drawing)
    _shortcut(drawing)
    drawing.text(10, 212, "Q  activation, uint8, one scale per tensor", anchor="start", size=12)
    drawing.text(590, 212, "w  weights, int8, one scale per channel", anchor="end", size=12)
    drawing.text(300, 234, "image 1 + conv1 1 + 9 blocks · 3 + 2 shortcuts + pool 1 = 32", size=12, faint=True)
    return drawing


def _main_path(drawing: Drawing) -> None:
    _quantizer(drawing, 34, _MAIN, dashed=True)
    drawing.text(34, _MAIN - 24, "layer before", size=11, faint=True)
    _convolution(drawing, 86, _MAIN, "conv1\nReLU")
    _quantizer(drawing, 214, _MAIN)
    _convolution(drawing, 256, _MAIN, "conv2")
    _quantizer(drawing, 384, _MAIN)
    drawing.box(426, _MAIN - 24, 74, 48, "+\nReLU")
    _quantizer(drawing, 542, _MAIN)
    for start, stop in ((47, 86), (174, 201), (227, 256), (344, 371), (397, 426), (500, 529), (555, 592)):
        drawing.arrow((start, _MAIN), (stop, _MAIN))


def _shortcut(drawing: Drawing) -> None:
    drawing.dot(66, _MAIN, 3)
    drawing.line((66, _MAIN), (66, _SHORTCUT))
    _convolution(drawing, 86, _SHORTCUT, "shortcut")
    drawing.arrow((66, _SHORTCUT), (86, _SHORTCUT))
    drawing.arrow((174, _SHORTCUT), (371, _SHORTCUT))
    _quantizer(drawing, 384, _SHORTCUT)
    drawing.arrow((397, _SHORTCUT), (463, _SHORTCUT), (463, _MAIN + 24))


def _quantizer(drawing: Drawing, x: float, y: float, *, dashed: bool = False) -> None:
    drawing.box(x - _Q / 2, y - _Q / 2, _Q, _Q, "Q", color="zero", round_by=_Q / 2, dashed=dashed)


def _convolution(drawing: Drawing, x: float, y: float, words: str) -> None:
    """Draw a convolution, 88 wide from x on, and above it the quantizer of its weights."""
    drawing.box(x, y - 24, 88, 48, words, color="data")
    drawing.box(x + 33, y - 60, 22, 22, "w", color="clipping", round_by=11, size=12)
    drawing.arrow((x + 44, y - 38), (x + 44, y - 24))
