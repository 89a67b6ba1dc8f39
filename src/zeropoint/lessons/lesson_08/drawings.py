"""Drawings of lesson 08: the first decision, and what equalization does to a pair of layers."""

from __future__ import annotations

import math

from zeropoint.lab.drawing import Drawing

_QUESTIONS = (  # question, the answer that leads to a finding, the finding, its colour
    ("FP32 in the same pipeline:\ndoes it lose as well?", "yes", "preprocessing\nof the application", "clipping"),
    (
        "16 bits:\ndo they lose as much?",
        "no",
        "grid too coarse: few bits,\nranges too wide, unequal channels",
        "green",
    ),
    (
        "float activations:\ndo they lose as much?",
        "no",
        "ranges too narrow:\npreprocessing, few images",
        "zero",
    ),
)
_STEP = 82  # from question to question, in pixels


def first_decision() -> Drawing:
    """Draw the three questions that come before any look at a layer, and where each answer leads."""
    drawing = Drawing(
        600,
        318,
        say="A decision tree. Does FP32 lose as well in the same pipeline? Yes: the application's preprocessing. No: "
        "do 16 bits lose as much? No: the grid is too coarse. Yes: do float activations lose as much? No: the ranges "
        "are too narrow. Yes: a bug; compare layer by layer.",
    )
    for number, (question, answer, finding, color) in enumerate(_QUESTIONS):
        y = 10 + number * _STEP
        drawing.box(10, y, 220, 46, question)
        drawing.arrow((230, y + 23), (306, y + 23))
        drawing.text(266, y + 17, answer)
        drawing.box(306, y, 284, 46, finding, color=color)
        drawing.arrow((120, y + 46), (120, y + _STEP))
        drawing.text(130, y + 68, "no" if answer == "yes" else "yes", anchor="start")
    drawing.box(10, 10 + 3 * _STEP, 220, 46, "a bug:\ncompare layer by layer", color="data")
    return drawing


_FIRST = (96.0, 12.0, 48.0)  # largest weights of three channels in the first layer, and in the second, in pixels
_SECOND = (12.0, 96.0, 48.0)


def equalization() -> Drawing:
    """Draw the weight ranges of three channels in two layers, before and after equalization."""
    drawing = Drawing(
        510,
        240,
        say="Three channels between two layers, each a pair of bars: its largest weight in the first layer and in the "
        "second. Before, the bars of a channel are long and short. The first layer's is divided by s, the second's "
        "multiplied by s; after that both bars of a channel are equally long, and the channels differ less.",
    )
    drawing.text(205, 20, "first layer", bold=True)
    drawing.text(315, 20, "ReLU", bold=True)
    drawing.text(425, 20, "second layer", bold=True)
    for channel, (first, second) in enumerate(zip(_FIRST, _SECOND, strict=True)):
        _channel(drawing, 34 + 26 * channel, first, second)
        even = math.sqrt(first * second)
        _channel(drawing, 152 + 26 * channel, even, even)
    drawing.text(10, 76, "before", anchor="start", faint=True)
    drawing.text(10, 194, "after", anchor="start", faint=True)
    drawing.arrow((205, 112), (205, 144))
    drawing.text(215, 133, "÷ sᵢ", anchor="start")
    drawing.arrow((425, 112), (425, 144))
    drawing.text(435, 133, "· sᵢ", anchor="start")
    drawing.text(315, 133, "the same function", faint=True, size=12)
    return drawing


def _channel(drawing: Drawing, y: float, first: float, second: float) -> None:
    """Add one channel: the bar of the first layer ends where the ReLU begins, that of the second starts behind it."""
    drawing.box(255 - first, y, first, 16, color="data", round_by=2)
    drawing.arrow((258, y + 8), (372, y + 8))
    drawing.box(375, y, second, 16, color="green", round_by=2)
