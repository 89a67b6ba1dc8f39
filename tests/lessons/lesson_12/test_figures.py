"""The pictures and drawings of lesson 12 show what they were given."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from zeropoint.lab import HLine, Line, Points, draw_picture
from zeropoint.lessons.lesson_12 import drawings
from zeropoint.lessons.lesson_12 import figures as pictures
from zeropoint.quant import E4M3, E5M2
from zeropoint.vision.statistics import PairedDifference

CASTS = {E4M3: ml_dtypes.float8_e4m3fn, E5M2: ml_dtypes.float8_e5m2}


@pytest.mark.parametrize("fmt", [E4M3, E5M2], ids=str)
def test_the_step_is_the_distance_of_neighbouring_values(fmt) -> None:
    line = next(layer for layer in pictures.relative_step_picture([fmt]).panels[0].layers if layer.label == fmt.name)
    raw = np.arange(256, dtype=np.uint8).view(CASTS[fmt]).astype(np.float64)
    levels = np.unique(raw[np.isfinite(raw) & (raw >= 0)])
    value = line.x * fmt.max_val * (1 - 1e-9)  # a little below, for at a power of two the step changes
    value = value[value < levels[-1]]
    place = np.searchsorted(levels, value)
    between = levels[place] - levels[place - 1]
    whole = np.isin(value / (1 - 1e-9), levels)
    drawn = (line.y / 100 * line.x * fmt.max_val)[: value.size]
    assert np.allclose(drawn[~whole], between[~whole])


def test_the_integer_has_one_step_everywhere() -> None:
    line = pictures.relative_step_picture([], integer_bits=4).panels[0].layers[0]
    assert line.label == "INT4" and np.allclose(line.x * line.y, 100 / 7)


def test_formats_are_a_curve_and_points_at_their_bits() -> None:
    shown = pictures.formats_picture({"INT": [(3, 9.0), (4, 16.0)], "MXFP4": [(4.25, 18.7)]}, "Formats")
    curve, point = shown.panels[0].layers
    assert isinstance(curve, Line) and isinstance(point, Points)
    near_curve, near_point = shown.panels[1].layers
    assert near_curve.color == curve.color and (near_point.color, near_point.marker) == (point.color, point.marker)
    assert (point.x[0], point.y[0]) == (4.25, 18.7)
    assert "MXFP4 18.7 dB at 4.25 bits" in shown.say


def test_only_marks_of_about_four_bits_are_in_the_close_up() -> None:
    shown = pictures.formats_picture({"INT": [(3, 9.0), (8, 41.0)], "FP8": [(8, 31.6)], "NVFP4": [(4.5, 20.5)]}, "Two")
    marks = [layer for layer in shown.panels[1].layers if isinstance(layer, Points)]
    assert [mark.x[0] for mark in marks] == [4.5]


def test_losses_stand_at_their_formats_and_what_was_not_measured_is_left_out() -> None:
    few = {"A": PairedDifference(2, 52, 1000), "B": PairedDifference(0, 300, 1000)}
    shown = pictures.losses_picture({"weights": few, "both": {"B": PairedDifference(0, 200, 500)}})
    weights, both = (layer for layer in shown.panels[0].layers if isinstance(layer, Points))
    assert weights.categories == ("A", "B") and weights.y.tolist() == [-5, -30]
    assert (weights.low[0], weights.high[0]) == few["A"].interval
    assert np.isnan(both.y[0]) and both.y[1] == -40
    assert any(isinstance(layer, HLine) for layer in shown.panels[0].layers)
    assert "With weights in the format, most is lost by B with -30.0 and A with -5.0" in shown.say


@pytest.mark.parametrize("crest", pictures.CRESTS)
def test_values_have_the_crest_factor_that_they_are_drawn_for(crest: float) -> None:
    x = pictures._values(crest)
    assert float(x.abs().max() / x.square().mean().sqrt()) == pytest.approx(crest, rel=1e-4)


@pytest.mark.parametrize("name", pictures.COMPARED)
def test_every_stop_has_a_picture_with_its_quality(name: str) -> None:
    for crest in (pictures.CRESTS[0], pictures.CRESTS[-1]):
        shown = pictures.crest_picture(name, crest)
        assert dict(shown.facts)["SQNR"] == f"{pictures.quality(name, crest):.1f} dB"
        now = next(layer for layer in shown.panels[0].layers if isinstance(layer, Points))
        assert (now.x[0], now.y[0]) == (crest, pictures.quality(name, crest))
        assert name in shown.say


def test_an_outlier_costs_all_runs_or_only_its_own() -> None:
    def runs(name: str, crest: float) -> np.ndarray:
        return pictures.crest_picture(name, crest).panels[1].layers[0].y

    assert np.median(runs("INT8 per tensor", 20)) < np.median(runs("INT8 per tensor", 5)) - 9
    assert np.array_equal(runs("MXINT8", 20)[4:], runs("MXINT8", 5)[4:])


def test_the_widget_starts_where_it_is_told_and_asks() -> None:
    widget = pictures.explore_crest("MXFP4", 8, predict="How many dB?", answer=27.0)
    assert widget.values == {"name": "MXFP4", "crest": 8} and widget.answer == 27
    widget.set(name="NVFP4", crest=20)
    assert "NVFP4" in widget.picture.say


def test_drawings_say_the_bits_of_each_format() -> None:
    layouts = drawings.bit_layouts()
    assert "E4M3: one sign bit, four of exponent, three of mantissa" in layouts.say
    assert layouts.svg().count(">e<") == 4 + 5 + 2 + 8 + 1  # one more in the key
    assert "4.5 bits per value" in drawings.blocks_and_scales().say


def test_pictures_can_be_drawn() -> None:
    assert len(draw_picture(pictures.crest_picture("NVFP4", 8)).axes) == 2
