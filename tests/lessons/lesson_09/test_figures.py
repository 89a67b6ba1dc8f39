"""The pictures of lesson 09: their slopes are those of the package, and what is drawn is what was given."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zeropoint.lab import HLine, Line, Points, draw_picture
from zeropoint.lessons.lesson_09 import figures as pictures
from zeropoint.lessons.lesson_09.runs import losses_picture, results_picture
from zeropoint.lessons.lesson_09.steps import error_curve
from zeropoint.quant import QParams, fake_quantize_affine, fake_quantize_ste
from zeropoint.vision.statistics import PairedDifference


def relu_like(size: int = 20_000) -> np.ndarray:
    values = np.random.default_rng(9).laplace(0.2, 1, size)
    return np.maximum(values, 0).astype(np.float32)


def lines(picture, panel: int) -> dict[str, Line]:
    return {layer.label: layer for layer in picture.panels[panel].layers if isinstance(layer, Line)}


@pytest.mark.parametrize("bit_width", [2, 4])
def test_stairs_are_those_of_fake_quantization(bit_width: int) -> None:
    line = lines(pictures.staircase_picture(0.5, bit_width), 0)["x̂"]
    qparams = QParams(np.float64(0.5), np.int32(0), 0, 2**bit_width - 1)
    assert np.array_equal(line.y, fake_quantize_affine(line.x, *qparams))


def test_straight_through_slope_is_that_of_the_package_away_from_the_ends() -> None:
    line = lines(pictures.staircase_picture(0.5, 2), 1)["straight-through"]
    x = torch.tensor(line.x, requires_grad=True)
    fake_quantize_ste(x, torch.tensor(0.5), torch.tensor(0), 0, 3).sum().backward()
    away = np.minimum(abs(line.x), abs(line.x - 1.5)) > 0.26  # within half a step of an end the two conventions differ
    assert np.array_equal(line.y[away], x.grad.numpy()[away])


def test_rounding_averaged_over_a_whole_step_is_the_identity() -> None:
    narrow, wide = lines(pictures.averaged_picture((0.02, 1)), 0).values()
    assert np.abs(wide.y - wide.x).max() < 0.005
    assert np.abs(narrow.y - narrow.x).max() > 0.4


def test_sentence_and_facts_name_what_is_drawn() -> None:
    x = relu_like()
    picture = pictures.step_picture(x, 0.2, 4)
    inside = 100 * np.mean(x <= 3)
    assert f"{inside:.1f} % of the values get a gradient" in picture.say
    assert ("range ends at", "3.00") in picture.facts
    error = next(layer for layer in picture.panels[2].layers if isinstance(layer, Points)).y[0]
    expected = error_curve(x, [0.2], 4)[0]
    assert error == pytest.approx(expected, rel=0.05)  # read off a curve of 60 points


def test_every_stop_of_every_control_has_a_picture() -> None:
    widget = pictures.explore_step({"one": relu_like(3000), "two": 2 * relu_like(3000)}, predict="How many?")
    assert widget.answer == pytest.approx(100 * np.mean(relu_like(3000) <= 0.15 * relu_like(3000).max()), rel=1e-3)
    for layer in ("one", "two"):
        for bits in (2, 3, 4):
            for share in range(5, 101, 5):
                widget.set(layer=layer, bits=bits, share=share)
                assert f"the {bits}-bit range ends at" in widget.picture.say


def test_losses_are_drawn_until_they_explode() -> None:
    picture = losses_picture({"calm": [1.0, 0.5, 0.2], "wild": [1.0, 900.0, 1e9, np.inf, np.nan]}, chance=2.3)
    assert lines(picture, 0)["wild"].y[:2].tolist() == [1, 900]
    assert np.isnan(lines(picture, 0)["wild"].y[2:]).all()
    assert [layer.value for layer in picture.panels[0].layers if isinstance(layer, HLine)] == [2.3]
    assert "calm: 0.2; wild: nan" in picture.say


def test_results_have_their_intervals_on_one_scale() -> None:
    small, large = PairedDifference(gained=3, lost=13, n=1000), PairedDifference(gained=2, lost=52, n=1000)
    picture = results_picture({"W4A4": {"QAT": small}, "W3A4": {"QAT": large, "control": small}})
    points = picture.panels[1].layers[0]
    assert (points.low[0], points.y[0], points.high[0]) == (large.interval[0], -5, large.interval[1])
    assert picture.panels[0].y_range == picture.panels[1].y_range
    assert "W4A4, QAT: -1.0" in picture.say


def test_pictures_can_be_drawn() -> None:
    figure = draw_picture(pictures.step_picture(relu_like(), 0.1, 2))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Values",
        "Slope of x̂ over the step",
        "Error at 2 bits",
    ]
