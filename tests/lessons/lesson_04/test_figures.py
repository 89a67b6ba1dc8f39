"""The pictures of lesson 04: what is drawn and said is what was given."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lessons.lesson_04.values import relu_like, two_sided
from zeropoint.lab import Band, Bars, Line, Points, VLine, draw_picture
from zeropoint.lessons.lesson_04 import figures as pictures
from zeropoint.lessons.lesson_04.percentiles import PERCENTILES, best_percentile, watch
from zeropoint.quant import HistogramObserver, fake_quantize_affine, sqnr_db
from zeropoint.vision.statistics import PairedDifference


@pytest.fixture(scope="module", params=[relu_like, two_sided])
def watched(request: pytest.FixtureRequest) -> tuple[np.ndarray, HistogramObserver]:
    x = request.param()
    return x, watch(x)


def test_range_and_clipped_bands_are_where_the_percentile_ends(watched) -> None:
    x, observer = watched
    panel = pictures.percentile_picture(observer, 99, 4, "conv1").panels[0]
    ends = [layer.value for layer in panel.layers if isinstance(layer, VLine) and layer.color == "clipping"]
    low, high = np.percentile(x, [0, 99] if x.min() == 0 else [0.5, 99.5])
    assert ends[0] == pytest.approx(high, abs=2 * observer.histogram.width)
    assert (len(ends) == 2) == (low < 0)
    assert sum(isinstance(layer, Band) for layer in panel.layers) == len(ends)


def test_bars_hold_every_value(watched) -> None:
    x, observer = watched
    layers = pictures.percentile_picture(observer, 99, 4).panels[0].layers
    bars = next(layer for layer in layers if isinstance(layer, Bars))
    assert np.nansum(bars.heights) == x.size


def test_nothing_is_clipped_at_100_percent(watched) -> None:
    panel = pictures.percentile_picture(watched[1], 100, 8).panels[0]
    bands = [layer for layer in panel.layers if isinstance(layer, Band)]
    assert all(band.x1 - band.x0 <= watched[1].histogram.width for band in bands)


def test_sentence_and_facts_name_the_numbers_that_are_drawn(watched) -> None:
    x, observer = watched
    picture = pictures.percentile_picture(observer, 99.5, 4)
    now = next(layer for layer in picture.panels[1].layers if isinstance(layer, Points)).y[0]
    assert f"{now:.1f} dB" in picture.say
    assert ("SQNR", f"{now:.1f} dB") in picture.facts
    expected = sqnr_db(x, fake_quantize_affine(x, *observer.calculate_qparams("mse", bit_width=4)))
    shown = dict(picture.facts)["MSE"]
    assert float(shown.removesuffix(" dB")) == pytest.approx(expected, abs=0.2)


def test_every_stop_of_every_control_has_a_picture() -> None:
    widget = pictures.explore_percentile({"one": relu_like(5000), "two": two_sided(5000)}, predict="Which one?")
    assert widget.values["layer"] == "two", "what is asked about must not be shown at the start"
    assert widget.answer == best_percentile(watch(relu_like(5000)), 4)
    for layer in ("one", "two"):
        for bits in (4, 8):
            for percentile in PERCENTILES:
                widget.set(layer=layer, bits=bits, percentile=percentile)
                assert f"Keeping {percentile:g} %" in widget.picture.say


def test_spread_shows_median_and_extremes() -> None:
    picture = pictures.spread_picture([16, 1000], {"min-max": [[1.0, 2.0, 6.0], [7.0]]}, "Ranges")
    points = picture.panels[0].layers[0]
    assert points.y.tolist() == [2, 7] and points.low.tolist() == [1, 7] and points.high.tolist() == [6, 7]
    assert "min-max 3.50 times" in picture.say


def test_every_draw_has_a_mark_and_the_sentence_names_the_extremes() -> None:
    hit = np.arange(100)
    right = {
        "min-max": {16: [hit < 70, hit < 80], 1000: [hit < 60]},
        "MSE": {16: [hit < 85, hit < 84], 1000: [hit < 86]},
    }
    picture = pictures.draws_picture(right, "Draws")
    assert [layer.y.tolist() for layer in picture.panels[0].layers] == [[70, 80, 60], [85, 84, 86]]
    assert "min-max: 70.0 to 80.0 % with 16 images, 60.0 % with 1,000 images" in picture.say


def test_losses_have_their_intervals() -> None:
    difference = PairedDifference(gained=2, lost=52, n=1000)
    picture = pictures.losses_picture({"W4A4": {"16": difference}}, "Loss", "images")
    points = picture.panels[0].layers[0]
    assert (points.low[0], points.y[0], points.high[0]) == (difference.interval[0], -5, difference.interval[1])
    assert "n = 1,000" in picture.panels[0].title


def test_input_shares_add_up_to_100_percent() -> None:
    picture = pictures.input_picture({"a": np.float32([0, 0, 1, 2]), "b": np.float32([-1, 3])}, bins=4)
    for line in picture.panels[0].layers:
        assert isinstance(line, Line)
        assert line.y[::2].sum() == pytest.approx(100)
    assert "a 0 to 2.00; b −1.00 to 3.00" in picture.say


def test_pictures_can_be_drawn() -> None:
    figure = draw_picture(pictures.percentile_picture(watch(two_sided(5000)), 99.9, 4, "conv1"))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Values of conv1", "Error at 4 bits"]
