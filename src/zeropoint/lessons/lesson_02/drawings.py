"""Drawings of lesson 02."""

from __future__ import annotations

from zeropoint.lab.drawing import Drawing
from zeropoint.quant import choose_qparams_affine

_LINE = 78  # height of the ruler's line


def ruler() -> Drawing:
    """Draw a ruler of 16 ticks over [−0.8, 5.2]: real values below the line, codes above it."""
    qparams = choose_qparams_affine(-0.8, 5.2, bit_width=4)  # scale 0.4: every tick can be drawn
    scale = float(qparams.scale)
    zero_point = int(qparams.zero_point)
    x = 2.64
    code = round(x / scale) + zero_point
    drawing = Drawing(
        620,
        140,
        say=f"A ruler of 16 ticks, one for each code from 0 to 15. Tick 0 lies on min, tick 15 on max, tick "
        f"{zero_point} on the real 0: that is the zero point. The value x = {x} lies between two ticks and takes the "
        f"code of the nearest, {code}. The distance of two neighbouring ticks is the scale, {scale:.1f}.",
    )
    drawing.text(8, 24, "code q", anchor="start", faint=True)
    drawing.text(8, 132, "real value", anchor="start", faint=True)
    drawing.line((_place(0), _LINE), (_place(15), _LINE), width=2)
    for tick in range(16):
        marked = tick in (0, zero_point, code, 15)
        drawing.line((_place(tick), _LINE - 8), (_place(tick), _LINE + 8), width=2 if marked else 1.2)
        drawing.text(_place(tick), _LINE - 16, str(tick), size=13 if marked else 11, bold=marked, code=True)
    _real_values(drawing, scale, zero_point, x)
    return drawing


def _real_values(drawing: Drawing, scale: float, zero_point: int, x: float) -> None:
    """Write below the line which real values the marked ticks stand for, and how long a step is."""
    for tick, name in ((0, "min"), (zero_point, "0"), (15, "max")):
        drawing.text(_place(tick), _LINE + 28, name)
    drawing.line((_place(zero_point), _LINE - 34), (_place(zero_point), _LINE - 46), color="zero")
    drawing.text(_place(zero_point), _LINE - 54, "zero point z")
    value = _place(zero_point + x / scale)
    nearest = zero_point + round(x / scale)
    drawing.line((value, _LINE), (value, _LINE + 34), color="rounding")
    drawing.dot(value, _LINE, 5, color="rounding")
    drawing.text(value, _LINE + 50, f"x: nearest tick {nearest}")
    drawing.box(_place(nearest) - 12, _LINE - 32, 24, 22, color="rounding")
    left = _place(12)
    right = _place(13)
    drawing.line((left, _LINE + 12), (left, _LINE + 20), (right, _LINE + 20), (right, _LINE + 12))
    drawing.text((left + right) / 2, _LINE + 36, "scale s")


def _place(tick: float) -> float:
    return 40 + 36 * tick
