"""The figure of every static picture: shown once, small, and described in words."""

from __future__ import annotations

import base64
import io
from typing import Any

from matplotlib.figure import Figure
from PIL import Image


class LabFigure(Figure):
    """A figure that a notebook shows once, whether or not pyplot was imported.

    Attributes
    ----------
    say : str
        What is to be seen, in words: the alternative text of the picture.

    Examples
    --------
    >>> figure = LabFigure(figsize=(2, 1))
    >>> figure.say = "An empty square."
    >>> data, metadata = figure._repr_mimebundle_()
    >>> sorted(data), metadata["image/png"]["alt"]
    (['image/png', 'text/plain'], 'An empty square.')
    """

    say: str = ""

    def _repr_png_(self) -> bytes:
        drawn = io.BytesIO()
        small = io.BytesIO()
        self.savefig(drawn, format="png")
        # a third of the bytes; of Pillow's methods this one keeps the colours of small areas
        picture = Image.open(drawn).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        picture.save(small, format="png", optimize=True)
        return small.getvalue()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        image = base64.b64encode(self._repr_png_()).decode("ascii")
        return {"image/png": image, "text/plain": repr(self)}, {"image/png": {"alt": self.say}}
