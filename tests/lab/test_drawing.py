"""Drawings are vectors with text, described in words, legible on a narrow page."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from zeropoint.lab import Drawing

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawing: Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(drawing.svg())


def test_words_are_text_and_the_picture_is_described() -> None:
    drawing = Drawing(300, 80, say="Weights < 1 & codes.")
    drawing.box(10, 10, 100, 40, "two\nlines", color="data")
    drawing.text(200, 40, "x̂ = s · (q − z)", code=True)
    root = parsed(drawing)
    assert [text.text for text in root.iter(f"{SVG}text")] == ["two", "lines", "x̂ = s · (q − z)"]
    assert (root.get("role"), root.get("aria-label")) == ("img", "Weights < 1 & codes.")


def test_page_and_viewer_get_the_same_drawing() -> None:
    drawing = Drawing(100, 50, say="Nothing yet.")
    bundle = drawing._repr_mimebundle_()
    assert bundle["text/html"] == bundle["image/svg+xml"] == drawing.svg()
    assert bundle["text/plain"] == repr(drawing) == "Drawing: Nothing yet."


def test_an_arrow_ends_where_it_should_with_its_head_along_the_last_piece() -> None:
    drawing = Drawing(100, 50, say="An arrow.")
    drawing.arrow((10, 10), (10, 40), (60, 40))
    root = parsed(drawing)
    (line,) = root.iter(f"{SVG}polyline")
    (head,) = root.iter(f"{SVG}polygon")
    assert line.get("points") == "10,10 10,40 53,40"
    corners = [tuple(map(float, pair.split(","))) for pair in head.get("points", "").split()]
    assert corners[0] == (60, 40) and {x for x, _ in corners[1:]} == {53}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Drawing(100, 50, say=" "), "say is empty"),
        (lambda: Drawing(700, 50, say="Wide."), "700 pixels wide"),
        (lambda: Drawing(100, 50, say="Small.").text(5, 5, "tiny", size=8), "'tiny' are 8 pixels"),
    ],
)
def test_what_nobody_could_read_is_refused_in_one_sentence(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
