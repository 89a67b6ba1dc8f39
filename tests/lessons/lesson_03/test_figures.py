"""The pictures of lesson 03: what is drawn, said and asked is what quantizing and looking gives."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.lessons.lesson_03.tensors import TENSORS
from zeropoint.lessons.lesson_03.clipping import clipped_qparams
from zeropoint.lessons.lesson_03.explorable import SHARES, clip_picture, explore_clipping
from zeropoint.lessons.lesson_03.figures import plot_errors, plot_growth, plot_sqnr
from zeropoint.quant import fake_quantize_affine, mse


@pytest.mark.parametrize("asked", ["Gaussian", "ReLU output"])
def test_the_answer_of_the_widget_is_the_clip_of_least_error_of_the_tensor_that_it_asks_about(asked: str) -> None:
    others = [name for name in TENSORS if name != asked]
    widget = explore_clipping({name: TENSORS[name] for name in (asked, *others)}, bit_width=3, start=others[0])
    widget.set(bits=8)  # what is shown must not change what was asked
    x = TENSORS[asked].astype(np.float64)
    largest = np.abs(x).max()
    errors = [mse(x, fake_quantize_affine(x, *clipped_qparams(x, share * largest, 3))) for share in SHARES]
    assert widget.predict.startswith(f"{asked} at 3 bits")
    assert widget.values["tensor"] == others[0]
    assert widget.answer == pytest.approx(100 * SHARES[np.argmin(errors)])  # in percent, as everything there


def test_the_picture_says_the_sqnr_that_quantizing_gives() -> None:
    x = TENSORS["Gaussian"]
    picture = clip_picture(x, 0.5, 4, name="Gaussian")
    noise = mse(x, fake_quantize_affine(x, *clipped_qparams(x, 0.5 * float(np.abs(x).max()), 4)))
    sqnr = 10 * math.log10(float(np.mean(x.astype(np.float64) ** 2)) / noise)
    assert f"SQNR {sqnr:.1f} dB" in picture.say
    assert dict(picture.facts)["SQNR"] == f"{sqnr:.1f} dB"


def test_every_level_lies_inside_the_picture_and_at_eight_bits_few_are_drawn() -> None:
    for bit_width in (2, 4, 8):
        panel = clip_picture(TENSORS["tiny"], 1.0, bit_width).panels[0]
        levels = next(layer for layer in panel.layers if "level" in layer.label)
        low, high = panel.axes[0].low, panel.axes[0].high
        assert low < levels.x.min() < levels.x.max() < high
        assert levels.x.size <= 32
    assert levels.label == "every 8th level"


def test_the_mark_of_the_clip_in_use_does_not_cover_the_least_sum() -> None:
    layers = {layer.label: layer for layer in clip_picture(TENSORS["Gaussian"], 0.5, 4).panels[1].layers}
    assert type(layers["here"]).__name__ == "VLine"
    assert layers["here"].value == pytest.approx(50)  # in percent, as the axis
    names = list(layers)
    assert names.index("here") < names.index("least sum")  # the point lies on the line


def test_what_is_clipped_is_marked_on_the_sides_that_have_values() -> None:
    marks = {
        name: sum(type(layer).__name__ == "Band" for layer in clip_picture(TENSORS[name], share, 4).panels[0].layers)
        for name, share in (("Gaussian", 0.5), ("ReLU output", 0.5), ("tiny", 1.0))
    }
    assert marks == {"Gaussian": 2, "ReLU output": 1, "tiny": 0}


def test_the_histogram_of_an_even_error_is_flat_between_half_a_step_on_either_side() -> None:
    error = np.linspace(-0.5, 0.5, 210_001) * 0.3
    axes = plot_errors({"even": (error, 0.3)}).axes[0]
    heights = {round(bar.get_x() + bar.get_width() / 2, 3): bar.get_height() for bar in axes.patches}
    inside = [height for middle, height in heights.items() if abs(middle) < 0.5]
    assert inside == pytest.approx([1.0] * 21, rel=1e-3)
    assert all(height == 0 for middle, height in heights.items() if abs(middle) > 0.5)


def test_sqnr_has_a_panel_for_each_title_with_points_and_lines_in_one_colour() -> None:
    curve = {2: 6.0, 4: 18.0}
    figure = plot_sqnr({"A": ({"x": curve}, {"x": curve}), "B": ({"x": curve, "y": curve}, {})})
    assert [axes.get_title("left") for axes in figure.axes] == ["A", "B"]
    assert len({line.get_color() for line in figure.axes[0].lines}) == 1
    assert len({line.get_color() for line in figure.axes[1].lines}) == 2


def test_growth_is_drawn_on_logarithmic_axes() -> None:
    axes = plot_growth([10, 100], {"truncation": [5, 50]}).axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
