"""The pictures of lesson 08, and the break-it lab: fair, different for neighbours, and no fault to read off."""

from __future__ import annotations

import numpy as np
import pytest

from zeropoint.course.breakit import NAMES, Patient, Ward, admit, fault_of, open_ward, ward_number
from zeropoint.course.breakit_faults import FAULTS
from zeropoint.course.checks import specification
from zeropoint.lab import Line, Points, draw_picture
from zeropoint.lab import lesson_08 as pictures
from zeropoint.quant import sqnr_db
from zeropoint.vision.statistics import PairedDifference


def steps(*lost: int) -> list[pictures.Step]:
    names = ("conv1", "block1", "block2", "fc")
    return [pictures.Step(names[:i], PairedDifference(2, n, 1000), 10.0 * i) for i, n in enumerate(lost)]


def test_layer_picture_names_the_lowest_of_each_line_and_leaves_gaps_for_exact_layers() -> None:
    picture = pictures.layer_picture({"own": [20.0, np.inf, 9.0], "all": [20.0, 8.0, 7.5]}, ["a", "b", "c"], "Errors")
    lines = picture.panels[0].layers
    assert np.isnan(lines[0].y[1]) and lines[1].y.tolist() == [20, 8, 7.5]
    assert "own: c with 9.0 dB; all: c with 7.5 dB" in picture.say


def test_sensitivity_picture_marks_the_lowest_bar_of_each_ranking() -> None:
    picture = pictures.sensitivity_picture(["a", "b", "c"], [15.0, 10.0, 16.0], [12.0, 25.0, 30.0])
    assert [panel.layers[0].highlight for panel in picture.panels] == [(1,), (0,)]
    assert "own output is b, lowest at the network's output a" in picture.say


def test_exclusion_picture_hides_what_was_not_tried_yet() -> None:
    picture = pictures.exclusion_picture(steps(150, 100, 60, 50), 1)
    points, shares = picture.panels[0].layers[0], picture.panels[1].layers[0]
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
    assert widget.answer == pytest.approx(-4.8)
    for order, by_count in orders.items():
        for step in by_count:
            widget.set(order=order, count=len(step.in_float))
            assert f"{step.difference.points:.1f}".replace("-", "−") in widget.picture.say


def test_pictures_can_be_drawn() -> None:
    figure = draw_picture(pictures.exclusion_picture(steps(150, 100), 1))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Top-1 against FP32 (n = 1,000, 95 %)",
        "Arithmetic left in float",
    ]


# ── the break-it lab ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", range(40))
def test_a_ward_has_every_fault_once(number: int) -> None:
    assert sorted(fault_of(number, name) for name in NAMES) == sorted(FAULTS)


def test_the_order_of_the_faults_differs_from_ward_to_ward() -> None:
    orders = {tuple(fault_of(number, name) for name in NAMES) for number in range(1000, 1100)}
    assert len(orders) > 85  # of 720 possible ones


def test_every_learner_has_a_ward_and_nobody_the_printed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    assert open_ward().number == 8
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert open_ward().number == ward_number("ada") != ward_number("grace")
    assert open_ward(17).number == 17


@pytest.mark.parametrize("number", [-1, 1.5, True, "8"])
def test_a_strange_number_is_one_sentence(number: object) -> None:
    with pytest.raises(ValueError, match="expected a whole number from 0 on"):
        open_ward(number)


def test_an_unknown_patient_is_one_sentence() -> None:
    with pytest.raises(KeyError, match="expected one of A, B"):
        Ward(8)["G"]


@pytest.fixture(scope="module")
def wards() -> dict[int, dict[str, Patient]]:
    return {number: dict(open_ward(number)) for number in (23, 4711)}


def test_nothing_that_can_be_read_names_the_fault(wards) -> None:
    for patient in wards[23].values():
        texts = [repr(patient), repr(patient.model), repr(patient.quantized), *vars(patient)]
        assert not any(fault.split()[0] in text for text in texts for fault in FAULTS)
    built = {(repr(p.model), repr(p.quantized), p.quantized.graph_module.code) for p in wards[23].values()}
    assert len(built) == 1, "patients that are built differently could be told apart without a diagnosis"


def test_the_same_number_gives_the_same_patient(wards) -> None:
    import torch

    again, first = admit(23, "A"), wards[23]["A"]
    assert torch.equal(again.calibration, first.calibration) and torch.equal(again.inference, first.inference)
    ours, theirs = (patient.quantized.graph_module.state_dict() for patient in (again, first))
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def diagnose(patient: Patient) -> dict[str, object]:
    """Find the fault with the tools of the lesson alone, from what the patient hands over."""
    sets = {"calibration": patient.calibration, "inference": patient.inference}
    width = {part: float(x.max() - x.min()) for part, x in sets.items()}
    gap = {part: float(x.mean((0, 2, 3))[0] - x.mean((0, 2, 3))[2]) for part, x in sets.items()}
    known = {image.numpy().tobytes() for image in patient.calibration}
    clean = [i for i, image in enumerate(patient.inference) if image.numpy().tobytes() not in known]
    if len(clean) < 200:
        return {"diagnosis": "leaked images", "where": clean[:3], "number": 200 - len(clean)}
    odd = max(width, key=lambda part: abs(width[part] - 4.12))
    if abs(width[odd] - 4.12) > 0.1:
        other = next(part for part in sets if part != odd)
        return {"diagnosis": "wrong normalisation", "where": odd, "number": round(width[odd] / width[other], 3)}
    odd = min(gap, key=gap.get)
    if gap[odd] < -0.2:
        return {"diagnosis": "channels swapped", "where": odd, "number": round(gap[odd], 2)}
    return diagnose_layers(patient)


def diagnose_layers(patient: Patient) -> dict[str, object]:
    from zeropoint.quant import layer_errors

    table = patient.quantized.qparams_table()
    if (table[table["tensor"] == "weight"]["scale_shape"].map(len) == 0).all():
        worst = layer_errors(patient.model, patient.quantized, patient.inference[:50]).nsmallest(1, "own_sqnr_db")
        number = round(float(worst["own_sqnr_db"].iloc[0]), 1)
        return {"diagnosis": "per-tensor weights", "where": worst["layer"].iloc[0], "number": number}
    networks = patient.model, patient.quantized.graph_module
    weights = {n: [m.get_submodule(n).weight.detach() for m in networks] for n in patient.quantized.weight_qparams}
    layer = min(weights, key=lambda name: sqnr_db(*weights[name]))
    w, w_hat = weights[layer]
    if (w * w_hat < 0).any():
        return {"diagnosis": "wrap around", "where": layer, "number": int((w * w_hat < 0).sum())}
    factor = w_hat.abs().flatten(1).amax(1) / w.abs().flatten(1).amax(1)
    return {"diagnosis": "batch norm", "where": layer, "number": round(float(factor.median()), 3)}


@pytest.mark.parametrize("number", [23, 4711])
def test_the_tools_of_the_lesson_find_every_fault_and_the_check_agrees(wards, number: int) -> None:
    answer = {name: diagnose(patient) for name, patient in wards[number].items()}
    verdict = specification("08.3").grade({"ward": number, **answer})
    assert verdict.passed, verdict.message


def test_an_answer_for_the_neighbours_ward_does_not_pass(wards) -> None:
    answer = {name: diagnose(patient) for name, patient in wards[23].items()}
    assert specification("08.3").grade({"ward": 4711, **answer}).right < 9


def test_a_learner_who_changes_a_patient_does_not_change_the_check(wards) -> None:
    patient = next(p for name, p in wards[23].items() if fault_of(23, name) == "wrong normalisation")
    answer = {name: diagnose(p) for name, p in wards[23].items()}
    patient.calibration.zero_()
    assert specification("08.3").grade({"ward": 23, **answer}).passed
