"""Drawings of lesson 01: the network that the course uses, and the idea of the roofline."""

from __future__ import annotations

from zeropoint.lab.drawing import Drawing

_TOP = 40  # upper edge of the network's boxes
_MAIN = 188  # height of the main path of the enlarged block


def resnet20() -> Drawing:
    """Draw ResNet-20 with the names of its parts, and one of its blocks enlarged."""
    drawing = Drawing(
        640,
        300,
        say="ResNet-20 from left to right: conv1 with bn1 and relu; stage1 with 16 channels on 32 × 32 pixels, stage2 "
        "with 32 on 16 × 16, stage3 with 64 on 8 × 8, three blocks each, named stage1.0 to stage3.2; pool; fc with 10 "
        "outputs. Enlarged below, block stage2.0: conv1, bn1, relu1, conv2, bn2, then a sum with the shortcut, then "
        "relu2. The shortcut leads around them; where the shape changes it is a 1 × 1 convolution, shortcut.0, with "
        "batch norm, shortcut.1, elsewhere the input itself.",
    )
    parts = [("conv1\nbn1, relu", 8, 76), ("pool", 496, 50), ("fc", 562, 46)]
    for words, x, width in parts:
        drawing.box(x, _TOP, width, 56, words, size=12, code=True)
    for stage, (x, shape) in enumerate(((100, "16 × 32 × 32"), (232, "32 × 16 × 16"), (364, "64 × 8 × 8")), start=1):
        drawing.box(x, _TOP - 26, 116, 92, round_by=6)
        drawing.text(x + 58, _TOP - 7, f"stage{stage}", code=True, bold=True)
        drawing.text(x + 58, _TOP + 11, shape, size=12, faint=True)
        for block in range(3):
            chosen = (stage, block) == (2, 0)
            drawing.box(x + 8 + 34 * block, _TOP + 20, 30, 36, f".{block}", code=True, color="data" if chosen else "")
    for left, right in ((84, 100), (216, 232), (348, 364), (480, 496), (546, 562), (608, 632)):
        drawing.arrow((left, _TOP + 28), (right, _TOP + 28))
    _block(drawing)
    return drawing


def _block(drawing: Drawing) -> None:
    """Draw the block stage2.0 with its two paths, below the network."""
    drawing.line((240, _TOP + 56), (16, 150), dashed=True, color="data")
    drawing.line((270, _TOP + 56), (624, 150), dashed=True, color="data")
    drawing.box(16, 150, 608, 140, color="data", round_by=6)
    drawing.text(28, 170, "stage2.0", anchor="start", code=True, bold=True)
    drawing.arrow((2, _MAIN + 14), (54, _MAIN + 14))
    for number, words in enumerate(("conv1\n3 × 3", "bn1", "relu1", "conv2\n3 × 3", "bn2")):
        x = 54 + 84 * number
        drawing.box(x, _MAIN - 6, 66, 40, words, size=12, code=True)
        drawing.arrow((x + 66, _MAIN + 14), (x + 84 if number < 4 else 490, _MAIN + 14))
    drawing.box(490, _MAIN + 2, 24, 24, "+", size=16, round_by=12)
    drawing.arrow((514, _MAIN + 14), (540, _MAIN + 14))
    drawing.box(540, _MAIN - 6, 66, 40, "relu2", size=12, code=True)
    drawing.arrow((606, _MAIN + 14), (638, _MAIN + 14))
    drawing.dot(34, _MAIN + 14, 3)
    drawing.line((34, _MAIN + 14), (34, 262), (110, 262))
    drawing.box(110, 244, 264, 36, "shortcut.0 (1 × 1), shortcut.1 (bn)", size=11, code=True, dashed=True)
    drawing.arrow((374, 262), (502, 262), (502, _MAIN + 26))
    drawing.text(388, 280, "shortcut", anchor="start", size=12, faint=True)


def roofline() -> Drawing:
    """Draw the roof of a device: a slope where the bytes decide, a flat top where the arithmetic does."""
    drawing = Drawing(
        600,
        250,
        say="The roofline: horizontal axis arithmetic intensity in MAC per byte, vertical axis MACs per second. A "
        "slope rises from the left, bandwidth times intensity: there layers are memory-bound. At the ridge point, rate "
        "/ bandwidth, it turns into a flat top, the rate: there layers are compute-bound. A layer with few MACs per "
        "byte lies on the slope, one with many under the flat top; nothing lies above the roof.",
    )
    drawing.arrow((60, 210), (570, 210))
    drawing.arrow((60, 210), (60, 24))
    drawing.text(570, 238, "arithmetic intensity (MAC per byte)", anchor="end", size=12)
    drawing.text(68, 34, "MACs per second", anchor="start", size=12)
    drawing.line((80, 190), (280, 70), color="data", width=3)
    drawing.line((280, 70), (560, 70), color="orange", width=3)
    drawing.line((280, 70), (280, 210), dashed=True)
    drawing.text(280, 228, "ridge point", size=12)
    drawing.text(150, 96, "bandwidth · intensity", anchor="middle", size=12)
    drawing.text(420, 58, "rate of the arithmetic", size=12)
    drawing.text(180, 190, "memory-bound:\nwaits for bytes", bold=True, middle=True)
    drawing.text(430, 190, "compute-bound:\nwaits for arithmetic", bold=True, middle=True)
    drawing.dot(150, 148, 5, color="data")
    drawing.text(162, 152, "few MACs per byte", anchor="start", size=12)
    drawing.dot(470, 88, 5, color="orange")
    drawing.text(470, 110, "many MACs per byte", size=12)
    return drawing
