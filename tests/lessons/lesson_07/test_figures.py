"""The pictures of lesson 07: mismatches tensor by tensor, and accumulators that are too narrow."""

from __future__ import annotations

import numpy as np

from zeropoint.lab import VLine, draw_picture
from zeropoint.lessons.lesson_07 import figures as pictures
from zeropoint.lessons.lesson_07.overflow import damage

SUMS = np.array([[-300, -20, 0, 20], [100, 200, 300, 5]])


def shifted_relu(acc: np.ndarray) -> np.ndarray:
    return np.clip(acc >> 1, 0, 255)


def test_overflow_picture_shows_the_ends_only_where_they_are_in_sight() -> None:
    def ends(bits: int) -> list[float]:
        picture = pictures.overflow_picture(SUMS, shifted_relu, bits, "wrap", "conv1")
        return [layer.value for layer in picture.panels[0].layers if isinstance(layer, VLine)]

    assert ends(9) == [-0.256, 0.256]
    assert ends(24) == []


def test_overflow_picture_says_what_the_figure_shows() -> None:
    picture = pictures.overflow_picture(SUMS, shifted_relu, 9, "saturate", "conv1")
    assert "an accumulator that saturates: 25.00 % of the sums lie outside, and 12.50 %" in picture.say
    assert "of conv1" in picture.panels[0].title
    exact, found = picture.panels[1].layers
    assert np.nansum(exact.y[::2]) == np.nansum(found.y[::2]) == SUMS.size
    assert not np.array_equal(exact.y, found.y, equal_nan=True)


def test_rungs_picture_leaves_gaps_where_nothing_differs_and_names_both_ends() -> None:
    shares = {"0 and 1": {"relu": 0.0, "stage2_0_shortcut_0": 0.5}, "1 and 2": {"relu": 0.1, "stage2_0_shortcut_0": 3}}
    picture = pictures.rungs_picture(shares, "Codes that differ")
    first, second = picture.panels[0].layers
    assert np.isnan(first.y[0]) and second.y.tolist() == [0.1, 3]
    assert "0 and 1: 0 % in the first tensor, at most 0.5 %; 1 and 2: 0.1 % in the first tensor" in picture.say
    axes = draw_picture(picture).axes[0]
    assert axes.get_yscale() == "log"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["relu", "2.0 shortcut"]


def test_widget_has_a_picture_at_every_stop_and_asks_for_its_answer() -> None:
    answer = damage(SUMS, shifted_relu, 16, "wrap").codes_changed
    widget = pictures.explore_overflow(SUMS, shifted_relu, layer="conv1", predict="How many?", answer=answer)
    assert widget.answer == answer
    for words, overflow in pictures.HABITS.items():
        for bits in pictures.BITS:
            widget.set(bits=bits, overflow=overflow)
            assert f"With {bits} bits, an accumulator that {words}" in widget.picture.say
