"""Schematic drawings: boxes, arrows and words in one visual language, as vectors whose text can be selected."""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree

from zeropoint.lab.style import PALETTE

# The page's own colours where it has them (JupyterLab, light or dark), else those of a light page.
_STYLE = """
.zp-drawing { display: block; width: 100%; height: auto; margin: 4px 0; background: var(--jp-layout-color0, #fff);
  font-family: var(--jp-content-font-family, system-ui, sans-serif); }
.zp-drawing text { fill: var(--jp-content-font-color0, #111); }
.zp-drawing .zp-faint { fill: var(--jp-content-font-color1, #333); }
.zp-drawing .zp-code { font-family: var(--jp-code-font-family, monospace); }
.zp-drawing .zp-ink { stroke: var(--jp-content-font-color1, #333); }
.zp-drawing .zp-head { fill: var(--jp-content-font-color1, #333); }
"""
_DASHES = "6 4"
_LINE = 1.25  # height of a line of text, in font sizes
_HEAD = 7  # length of an arrow's head, in pixels


class Drawing:
    """A schematic drawing in pixels, x to the right and y down; every part is added by a method.

    Parameters
    ----------
    width, height : float
        In CSS pixels; the drawing shrinks with its column and never grows. At most 640 wide, or its text is too small
        on a narrow page.
    say : str
        What is to be seen, in words: the alternative text.

    Examples
    --------
    >>> drawing = Drawing(200, 60, say="A weight becomes a code.")
    >>> drawing.box(10, 15, 70, 30, "weight", color="data")
    >>> drawing.arrow((80, 30), (120, 30))
    >>> drawing.text(155, 34, "code 52", code=True)
    >>> "<text" in drawing.svg() and "A weight becomes a code." in drawing.svg()
    True
    """

    def __init__(self, width: float, height: float, *, say: str) -> None:
        """Start an empty drawing."""
        if not say.strip():
            raise ValueError("say is empty: a screen reader needs what the drawing shows in words; write it.")
        if width > 640:
            raise ValueError(f"The drawing is {width} pixels wide: its text needs at most 640; draw it in two rows.")
        self.say = say
        box = {"viewBox": f"0 0 {width:g} {height:g}", "role": "img", "aria-label": say, "class": "zp-drawing"}
        self._root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **box})
        self._root.set("style", f"max-width: {width:g}px")
        ElementTree.SubElement(self._root, "style").text = _STYLE

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        words: str = "",
        *,
        color: str = "",
        dashed: bool = False,
        size: float = 13,
        code: bool = False,
        round_by: float = 4,
    ) -> None:
        """Draw a box with words in its middle.

        Parameters
        ----------
        x, y, width, height : float – upper left corner and size
        words : str – a line break starts a new line
        color : name of ``PALETTE``, optional – outline and a light filling; without it, an outline in the text's colour
        dashed : bool – something that is planned, optional or only simulated
        size : float – of the letters, at least 11
        code : bool – in the font of code
        round_by : float – radius of the corners
        """
        place = {"x": x, "y": y, "width": width, "height": height, "rx": round_by}
        shape = self._add("rect", place, dashed=dashed, color=color)
        if color:
            shape.set("fill", PALETTE[color])
            shape.set("fill-opacity", "0.18")
        if words:
            self.text(x + width / 2, y + height / 2 + 0.36 * size, words, size=size, code=code, middle=True)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 13,
        anchor: str = "middle",
        bold: bool = False,
        faint: bool = False,
        code: bool = False,
        middle: bool = False,
    ) -> None:
        """Write words.

        Parameters
        ----------
        x, y : float – of the base line of the first line of text
        words : str – a line break starts a new line
        size : float – of the letters, at least 11
        anchor : "start", "middle" or "end" – which part of the words stands at x
        bold, faint, code : bool – looks of the letters
        middle : bool – y is the base line that one line would have; more lines spread above and below it
        """
        if size < 11:
            raise ValueError(f"The letters of {words!r} are {size:g} pixels: nobody reads less than 11; make room.")
        lines = words.split("\n")
        first = y - (len(lines) - 1) / 2 * _LINE * size if middle else y
        looks = " ".join(name for name, on in (("zp-faint", faint), ("zp-code", code)) if on)
        for number, line in enumerate(lines):
            traits = {"x": x, "y": first + number * _LINE * size, "font-size": size, "text-anchor": anchor}
            part = ElementTree.SubElement(self._root, "text", _plain(traits))
            if looks:
                part.set("class", looks)
            if bold:
                part.set("font-weight", "600")
            part.text = line

    def line(self, *points: tuple[float, float], color: str = "", dashed: bool = False, width: float = 1.5) -> None:
        """Draw a line through points (x, y)."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        shape = self._add("polyline", {"points": path}, color=color, dashed=dashed)
        shape.set("stroke-width", f"{width:g}")

    def arrow(self, *points: tuple[float, float], color: str = "", dashed: bool = False, width: float = 1.5) -> None:
        """Draw a line through points (x, y) with a head at the last one."""
        (x0, y0), (x1, y1) = points[-2:]
        length = math.hypot(x1 - x0, y1 - y0)
        along = ((x1 - x0) / length, (y1 - y0) / length)
        foot = (x1 - _HEAD * along[0], y1 - _HEAD * along[1])
        self.line(*points[:-1], foot, color=color, dashed=dashed, width=width)
        side = (-0.45 * _HEAD * along[1], 0.45 * _HEAD * along[0])
        corners = [(x1, y1), (foot[0] + side[0], foot[1] + side[1]), (foot[0] - side[0], foot[1] - side[1])]
        head = {"points": " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)}
        look = {"fill": PALETTE[color]} if color else {"class": "zp-head"}
        ElementTree.SubElement(self._root, "polygon", head | look)

    def dot(self, x: float, y: float, radius: float = 4, *, color: str = "") -> None:
        """Draw a filled dot: a value, a code, a place where two paths meet."""
        look = {"fill": PALETTE[color]} if color else {"class": "zp-head"}
        ElementTree.SubElement(self._root, "circle", _plain({"cx": x, "cy": y, "r": radius}) | look)

    def svg(self) -> str:
        """Return the drawing as one element ``<svg>``."""
        return ElementTree.tostring(self._root, encoding="unicode")

    def __repr__(self) -> str:
        return f"Drawing: {self.say}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        # within the page, text can be selected and follows the theme; a committed notebook keeps the other two
        drawn = self.svg()
        return {"text/html": drawn, "image/svg+xml": drawn, "text/plain": repr(self)}

    def _add(self, shape: str, traits: dict[str, Any], *, color: str = "", dashed: bool = False) -> ElementTree.Element:
        part = ElementTree.SubElement(self._root, shape, {"fill": "none", "stroke-width": "1.5"} | _plain(traits))
        if color:
            part.set("stroke", PALETTE[color])
        else:
            part.set("class", "zp-ink")
        if dashed:
            part.set("stroke-dasharray", _DASHES)
        return part


def _plain(traits: dict[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else f"{value:g}" for name, value in traits.items()}
