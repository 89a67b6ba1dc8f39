"""The pictures of lesson 08: errors layer by layer, and what leaving layers in float brings and costs."""

from __future__ import annotations

import numpy as np
import pytest

from zeropoint.lab import Line, Points, draw_picture
from zeropoint.lessons.lesson_08 import drawings
from zeropoint.lessons.lesson_08 import figures as pictures
from zeropoint.vision.statistics import PairedDifference


def steps(*lost: int) -> list[pictures.Step]:
    names = ("conv1", "block1", "block2", "fc")
    return [pictures.Step(names[:i], PairedDifference(2, n, 1000), 10.0 * i) for i, n in enumerate(lost)]


def test_layer_picture_names_the_lowest_of_each_line_and_leaves_gaps_for_exact_layers() -> None:
    picture = pictures.layer_picture({"own": [20.0, np.inf, 9.0], "all": [20.0, 8.0, 7.5]}, ["a", "b", "c"], "Errors")
    lines = picture.panels[0].layers
    assert np.isnan(lines[0].y[1]) and lines[1].y.tolist() == [20, 8, 7.5]
    assert "own: c with 9.0 dB; all: c with 7.5 dB" in picture.say
    assert "'all' lies above 'own' in 0 of 3 layers" in picture.say, "the gap is above nothing"


def test_sensitivity_picture_marks_the_lowest_bar_of_each_ranking() -> None:
    picture = pictures.sensitivity_picture(["a", "b", "c"], [15.0, 10.0, 16.0], [12.0, 25.0, 30.0])
    assert [panel.layers[0].highlight for panel in picture.panels] == [(1,), (0,)]
    assert "own output is b, lowest at the network's output a" in picture.say


def test_exclusion_picture_hides_what_was_not_tried_yet() -> None:
    picture = pictures.exclusion_picture(steps(150, 100, 60, 50), 1)
    points = picture.panels[0].layers[0]
    shares = picture.panels[1].layers[0]
    assert isinstance(points, Points) and isinstance(shares, Line)
    assert points.y.tolist() == [-14.8, -9.8] and shares.y.tolist() == [0, 10]
    assert picture.say.startswith("Layers in float: 1. Top-1 is −9.8 points against FP32, and 10.0 % of the")
    assert ("last taken out", "conv1") in picture.facts


def test_exclusion_axes_stay_where_they_are_while_the_slider_moves() -> None:
    drawn = [pictures.exclusion_picture(steps(150, 100, 60, 50), count) for count in (0, 1, 2, 3)]
    for panel in (0, 1):
        assert len({(p.panels[panel].axes[0].high, p.panels[panel].axes[1].low) for p in drawn}) == 1


def test_exclusion_widget_has_a_picture_at_every_stop_and_asks_for_its_last_step() -> None:
    orders = {"sensitive": steps(150, 100, 60, 50), "ends": steps(150, 100, 101, 80)}
    widget = pictures.explore_exclusion(orders, predict="How many?")
    assert widget.answer == pytest.approx(4.8)  # points lost
    for order, by_count in orders.items():
        for step in by_count:
            widget.set(order=order, count=len(step.in_float))
            assert f"{step.difference.points:.1f}".replace("-", "−") in widget.picture.say


def test_drawings_say_where_every_answer_leads_and_what_the_bars_do() -> None:
    decision = drawings.first_decision()
    for words in ("preprocessing", "too coarse", "too narrow", "a bug"):
        assert words in decision.say
        assert words in decision.svg()
    assert "divided by s" in drawings.equalization().say


def test_pictures_can_be_drawn() -> None:
    figure = draw_picture(pictures.exclusion_picture(steps(150, 100), 1))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Top-1 against FP32 (n = 1,000, 95 %)",
        "Arithmetic left in float",
    ]
