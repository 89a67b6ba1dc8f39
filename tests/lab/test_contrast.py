"""What the widgets draw and write stands out on light and dark pages: 3 : 1 for data, 4.5 : 1 for words."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from zeropoint.lab.browser import browser_style
from zeropoint.lab.style import EDGES, PALETTE

CSS = browser_style("ruler.css", "explorable.css")
THEMES = Path(sys.prefix) / "share/jupyter/lab/themes/@jupyterlab"
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


def properties(theme: str) -> dict[str, str]:
    """Return the custom properties of the theme and, over them, those of the widgets on its page."""
    found = dict(re.findall(r"(--[\w-]+):\s*([^;}]+)", (THEMES / f"theme-{theme}-extension/index.css").read_text()))
    for selector, body in RULE.findall(re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)):
        if theme == "dark" or 'jp-theme-light="false"' not in selector:
            found |= dict(re.findall(r"(--zp-[\w-]+):\s*([^;]+);", body)) if "ink-" not in selector else {}
    return found


def rgba(value: str, known: dict[str, str]) -> np.ndarray:
    """Return a CSS colour as red, green, blue and opacity from 0 to 1."""
    value = value.strip()
    if mix := re.fullmatch(r"color-mix\(in srgb, (.+) (\d+)%, (.+)\)", value):
        share = int(mix[2]) / 100
        return share * rgba(mix[1], known) + (1 - share) * rgba(mix[3], known)
    if named := re.fullmatch(r"var\((--[\w-]+)(?:,\s*(.+))?\)", value):
        return rgba(known.get(named[1], named[2]), known)
    if numbers := re.fullmatch(r"rgba?\((.+)\)", value):
        *colour, opacity = [float(number) for number in numbers[1].split(",")]
        return np.array([*np.array(colour) / 255, opacity])
    return np.array(to_rgba(value))


def over(ink: np.ndarray, paper: np.ndarray, opacity: float = 1.0) -> np.ndarray:
    """Return red, green and blue of an ink on opaque paper."""
    share = ink[3] * opacity
    return share * ink[:3] + (1 - share) * paper[:3]


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """Return the contrast ratio of WCAG 2."""
    dark, light = sorted(luminance(colour) for colour in (one[:3], other[:3]))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: np.ndarray) -> float:
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest) -> dict[str, str]:
    return properties(request.param)


def stands_out(name: str, page: dict[str, str], opacity: float = 1.0) -> float:
    paper = rgba("var(--zp-paper)", page)
    return contrast(over(rgba(f"var({name})", page), paper, opacity), paper)


@pytest.mark.parametrize("name", PALETTE)
def test_every_kind_of_data_stands_out(name: str, page: dict[str, str]) -> None:
    edge = re.search(rf"\.zp-ink-{name} \{{[^}}]*--zp-e: var\((--[\w-]+)\)", CSS)[1]
    assert stands_out(edge, page) >= 3


@pytest.mark.parametrize("name", PALETTE)
def test_every_kind_of_data_stands_out_on_white_paper(name: str) -> None:
    assert contrast(np.array(to_rgba(EDGES[name])), np.ones(3)) >= 3


@pytest.mark.parametrize("name", [name for name in PALETTE if EDGES[name] != PALETTE[name]])
def test_widgets_and_figures_share_their_edges(name: str) -> None:
    assert f"--zp-{name}-edge: {EDGES[name].lower()};" in CSS


@pytest.mark.parametrize("name", ["--zp-ink", "--zp-quiet", "--zp-alert"])
def test_words_stand_out(name: str, page: dict[str, str]) -> None:
    assert stands_out(name, page) >= 4.5


@pytest.mark.parametrize("name", ["--zp-frame", "--zp-focus"])
def test_what_can_be_used_stands_out(name: str, page: dict[str, str]) -> None:
    assert stands_out(name, page) >= 3


def test_stripes_of_what_is_clipped_stand_out(page: dict[str, str]) -> None:
    opacity = float(re.search(r"\.zp-hatch-line \{[^}]*stroke-opacity: ([\d.]+)", CSS)[1])
    assert stands_out("--zp-clipping", page, opacity) >= 3


def test_a_colour_that_is_too_bright_is_found() -> None:
    assert stands_out("--zp-data", properties("light")) < 3 < stands_out("--zp-data", properties("dark"))
