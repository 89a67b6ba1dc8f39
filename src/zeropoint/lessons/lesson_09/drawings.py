"""Drawing of lesson 09: fake quantization forward, and the way of the gradient backward."""

from __future__ import annotations

from zeropoint.lab.drawing import Drawing

_TOP = 56  # of the boxes
_HEIGHT = 44
_MIDDLE = _TOP + _HEIGHT / 2
_BACK = 150  # height at which the gradient travels


def straight_through() -> Drawing:
    """Draw the forward path through division, rounding, clamp and product, and below it the gradient's."""
    drawing = Drawing(
        620,
        250,
        say="Forward, left to right: the weight w is divided by s, rounded, clamped and multiplied by s; the rounded "
        "weight ŵ goes into the convolution and the loss. Backward, right to left: the gradient passes below the "
        "rounding as if it were not there, with a slope of 1; at the clamp it goes on where the code was inside and "
        "becomes 0 where the value was clipped. The factors s and 1/s cancel. The optimizer moves w, not ŵ.",
    )
    _forward(drawing)
    _backward(drawing)
    return drawing


def _forward(drawing: Drawing) -> None:
    drawing.text(10, 22, "forward: values on the grid", anchor="start", bold=True)
    boxes = (
        (10, 60, "w\nfloat", "data", 64),
        (98, 56, "÷ s", "", 34),
        (178, 72, "round", "rounding", 40),
        (274, 72, "clamp", "clipping", 34),
        (370, 56, "· s", "", 30),
        (456, 154, "ŵ → convolution\n→ loss", "green", 0),
    )
    for x, width, words, color, gap in boxes:
        drawing.box(x, _TOP, width, _HEIGHT, words, color=color)
        if gap:
            following = next(other for other, *_ in boxes if other > x)
            drawing.arrow((x + width, _MIDDLE), (following, _MIDDLE))


def _backward(drawing: Drawing) -> None:
    drawing.text(610, 176, "backward: the gradient", anchor="end", bold=True)
    drawing.line((533, _TOP + _HEIGHT), (533, _BACK))
    drawing.arrow((533, _BACK), (428, _BACK))
    drawing.box(370, _BACK - 16, 56, 32, "· s", dashed=True)
    drawing.arrow((370, _BACK), (348, _BACK))
    drawing.box(262, _BACK - 22, 86, 44, "· 1 inside\n· 0 clipped", color="clipping", size=12, dashed=True)
    drawing.arrow((262, _BACK), (250, _BACK))
    drawing.box(172, _BACK - 16, 78, 32, "· 1", color="rounding", dashed=True)
    drawing.arrow((172, _BACK), (156, _BACK))
    drawing.box(98, _BACK - 16, 56, 32, "÷ s", dashed=True)
    drawing.line((98, _BACK), (40, _BACK))
    drawing.arrow((40, _BACK), (40, _TOP + _HEIGHT))
    drawing.text(211, 204, "the lie: the true slope\nof rounding is 0", size=12)
    drawing.text(
        10, 240, "The optimizer moves w. A code changes when w has crossed a threshold.", anchor="start", faint=True
    )
