"""The pictures of lesson 09: their slopes are those of the package, and what is drawn is what was given."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from zeropoint.lab import Band, HLine, Line, Points, draw_picture
from zeropoint.lessons.lesson_09 import figures as pictures
from zeropoint.lessons.lesson_09.runs import long_runs, losses_picture, results_picture, results_table
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


def test_straight_through_slope_is_that_of_the_package_and_the_rest_is_marked_as_clipped() -> None:
    picture = pictures.staircase_picture(0.5, 2)
    line = lines(picture, 1)["straight-through"]
    x = torch.tensor(line.x, requires_grad=True)
    fake_quantize_ste(x, torch.tensor(0.5), torch.tensor(0), 0, 3).sum().backward()
    assert np.array_equal(line.y, x.grad.numpy())
    left, right = (layer for layer in picture.panels[1].layers if isinstance(layer, Band))
    assert (left.x1, right.x0) == (-0.25, 1.75)


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
    assert widget.values["share"] != pictures.ASKED, "the still would show the answer"
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
    assert "calm: from 1 to 0.2 in step 3, never above 1" in picture.say
    assert "wild: from 1 to nan in step 5, worse than guessing from step 2" in picture.say


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


def test_a_finished_run_stands_beside_its_rivals_and_an_unfinished_one_is_left_out(tmp_path) -> None:
    logs = tmp_path / "weights" / "qat"
    logs.mkdir(parents=True)
    ends = {"test": "all", "gained": 10, "lost": 30, "n": 10_000}
    (logs / "a.log").write_text('{"epoch": 1}\n{"epoch": 2}\n' + json.dumps(ends) + "\n")
    (logs / "b.log").write_text('{"epoch": 1}\n')
    assert long_runs(tmp_path).loc["a"].tolist()[:4] == [2, "", "", ""]
    record = {"name": "a", **{way: {"fp32": [-2.0, -3.0, -1.0]} for way in ("ptq", "adaround", "control_ptq")}}
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    (tmp_path / "benchmarks" / "results" / "finetuned.jsonl").write_text(json.dumps(record) + "\n")
    table = long_runs(tmp_path)
    assert table.loc["a", "AdaRound"] == "-2.00 (-3.00 … -1.00)"
    assert table.loc["a", "the run itself"].startswith("-0.20 (")
    assert list(table.index) == ["a"]


def test_table_of_results_has_a_row_per_way() -> None:
    fp32 = np.array([True, True, False, True])
    table = results_table(fp32, {"W4A4": {"PTQ": np.array([True, False, False, True]), "QAT": fp32}})
    assert table.loc[("W4A4", "PTQ"), "top-1"] == "50.00 %"
    assert table.loc[("W4A4", "QAT"), "against FP32, paired"].startswith("+0.00")
