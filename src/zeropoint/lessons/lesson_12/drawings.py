"""Drawings of lesson 12: the bits of small floats, and blocks with their scales."""

from __future__ import annotations

from zeropoint.lab.drawing import Drawing

_CELL = 40
_LEFT = 80
_ROWS = (  # name, bits of sign, exponent and mantissa, what it is for
    ("E4M3", 1, 4, 3, "up to 448"),
    ("E5M2", 1, 5, 2, "up to 57,344"),
    ("E2M1", 1, 2, 1, "0, 0.5, 1, 1.5, 2, 3, 4, 6, and negatives"),
    ("E8M0", 0, 8, 0, "powers of two only"),
)
_KINDS = (("sign", "clipping"), ("exponent", "rounding"), ("mantissa", "green"))


def bit_layouts() -> Drawing:
    """Draw which bits of four small formats are sign, exponent and mantissa."""
    drawing = Drawing(
        620,
        290,
        say="Bits of four formats, one box a bit. E4M3: one sign bit, four of exponent, three of mantissa, up to 448. "
        "E5M2: one, five, two, up to 57,344. E2M1 has four bits: one, two, one, with the values 0, 0.5, 1, 1.5, 2, 3, "
        "4, 6. E8M0 has eight bits of exponent and nothing else: powers of two, for scales.",
    )
    for row, (name, *bits, words) in enumerate(_ROWS):
        y = 20 + 56 * row
        drawing.text(_LEFT - 12, y + 23, name, anchor="end", code=True, bold=True, size=16)
        x = _LEFT
        for (kind, color), count in zip(_KINDS, bits, strict=True):
            for _ in range(count):
                drawing.box(x, y, _CELL - 4, 34, kind[0], color=color, code=True, size=15)
                x += _CELL
        drawing.text(x + 8, y + 23, words, anchor="start", size=14)
    for place, (kind, color) in enumerate(_KINDS):
        x = _LEFT + 170 * place
        drawing.box(x, 248, 28, 26, kind[0], color=color, code=True, size=14)
        drawing.text(x + 36, 266, kind, anchor="start", size=14)
    return drawing


def blocks_and_scales() -> Drawing:
    """Draw a block of NVFP4 with its two scales, and one of MXFP4 with its single one."""
    drawing = Drawing(
        620,
        330,
        say="Above, NVFP4: 16 elements E2M1 of 4 bits each, one scale E4M3 of 8 bits for the block, and one FP32 scale "
        "for the whole tensor; a value is the product of the three: 4.5 bits per value. Below, MXFP4: 32 elements "
        "E2M1, one scale E8M0 of 8 bits, a power of two: 4.25 bits per value.",
    )
    _block(drawing, 30, "NVFP4", 16, ("E4M3", "8 bits, fine steps"))
    drawing.box(474, 52, 136, 44, "FP32, one for\nthe whole tensor", color="orange", size=13)
    drawing.text(460, 80, "·", size=20, bold=True)
    drawing.text(14, 136, "value = element · block scale · tensor scale", anchor="start", size=14)
    drawing.text(606, 136, "4 + 8/16 = 4.5 bits per value", anchor="end", size=14, bold=True)
    drawing.line((14, 160), (606, 160), width=1, dashed=True)
    _block(drawing, 190, "MXFP4", 32, ("E8M0", "8 bits, 2 to the n"))
    drawing.text(14, 296, "value = element · block scale", anchor="start", size=14)
    drawing.text(606, 296, "4 + 8/32 = 4.25 bits per value", anchor="end", size=14, bold=True)
    return drawing


def _block(drawing: Drawing, y: float, name: str, count: int, scale: tuple[str, str]) -> None:
    drawing.text(14, y, f"{name}: {count} elements E2M1 of 4 bits", anchor="start", size=15, bold=True)
    width = 276 / count
    for place in range(count):
        drawing.box(14 + place * width, y + 22, width - 2, 44, color="data", round_by=2)
    drawing.text(306, y + 50, "·", size=20, bold=True)
    drawing.box(320, y + 22, 126, 44, "\n".join(scale), color="green", size=13)
