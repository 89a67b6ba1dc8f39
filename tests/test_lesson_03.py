"""The pictures of lesson 03: the split error against a direct computation, the best clip against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from zeropoint.lab.lesson_03 import SHARES, clip_errors, clip_picture, clipped_qparams, explore_clipping
from zeropoint.lab.lesson_03_plots import plot_errors, plot_growth, plot_sqnr
from zeropoint.lab.plots import split_error
from zeropoint.quant import fake_quantize_affine, mse

GENERATOR = np.random.default_rng(0)
TENSORS = {
    "Gaussian": GENERATOR.normal(size=(30, 40)).astype(np.float32),
    "ReLU output": np.maximum(GENERATOR.laplace(size=2000), 0).astype(np.float32),
    "shifted": GENERATOR.normal(5, 1, 500).astype(np.float32),
    "tiny": (1e-6 * GENERATOR.laplace(size=700)).astype(np.float32),
}


@pytest.mark.parametrize("name", TENSORS)
@pytest.mark.parametrize("bit_width", [2, 3, 4, 8])
def test_both_errors_are_those_of_quantizing_and_looking(name: str, bit_width: int) -> None:
    x = TENSORS[name]
    for share in (0.1, 0.5, 1.0):
        clip = share * float(np.abs(x).max())
        rounding, clipping = clip_errors(x, [clip], bit_width)
        direct = split_error(x.ravel(), clipped_qparams(x, clip, bit_width))
        total = direct.rounding + direct.clipping
        assert rounding[0] == pytest.approx(direct.rounding, rel=1e-3, abs=1e-5 * total)
        assert clipping[0] == pytest.approx(direct.clipping, rel=1e-3, abs=1e-5 * total)


def test_the_sum_of_both_errors_is_the_mean_squared_error() -> None:
    x = TENSORS["Gaussian"]
    total = np.sum(clip_errors(x, [1.7], 5), axis=0)[0]
    assert total == pytest.approx(mse(x, fake_quantize_affine(x, *clipped_qparams(x, 1.7, 5))), rel=1e-5)


def test_nothing_is_clipped_by_a_ruler_to_the_largest_value() -> None:
    x = TENSORS["ReLU output"]
    assert clip_errors(x, [float(x.max())], 4)[1][0] == 0


def test_best_clip_of_a_gaussian_with_three_levels_is_the_zero_of_its_derivative() -> None:
    """Levels −c, 0, c: the error's derivative vanishes where c is the mean of the values beyond c / 2."""

    def surplus(c: float) -> float:
        density = math.exp(-((c / 2) ** 2) / 2) / math.sqrt(2 * math.pi)
        beyond = math.erfc(c / 2 / math.sqrt(2)) / 2
        return density / beyond - c

    low, high = 0.5, 3.0
    for _ in range(50):
        low, high = ((low + high) / 2, high) if surplus((low + high) / 2) > 0 else (low, (low + high) / 2)
    x = np.random.default_rng(1).normal(size=400_000)
    clips = np.arange(0.8, 2.0, 0.01)
    found = clips[np.sum(clip_errors(x, clips, 2), axis=0).argmin()]
    assert found == pytest.approx(low, abs=0.025)


def test_values_of_one_sign_get_all_levels_on_their_side() -> None:
    qparams = clipped_qparams(TENSORS["ReLU output"], 3.0, 4)
    assert (qparams.quant_min, qparams.quant_max, int(qparams.zero_point)) == (0, 15, 0)
    assert float(qparams.scale) == pytest.approx(0.2)


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
    assert widget.answer == pytest.approx(SHARES[np.argmin(errors)])


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
