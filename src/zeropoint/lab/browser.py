"""The JavaScript and CSS that the widgets send to the page."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent
_SHARED = ("chart.js", "controls.js", "affine.js")


def browser_script(*names: str) -> str:
    """Return a widget's JavaScript with the modules that all widgets share in front of it.

    The front end loads one piece of text and cannot find sibling files, so the files are simply joined; the
    shared ones export nothing.

    Parameters
    ----------
    *names : str
        Files of this folder, e.g. ``"ruler.js"``.
    """
    return _joined((*_SHARED, *names))


def browser_style(*names: str) -> str:
    """Return the CSS of files of this folder, e.g. ``"ruler.css"``, as one text."""
    return _joined(names)


def _joined(names: tuple[str, ...]) -> str:
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)
