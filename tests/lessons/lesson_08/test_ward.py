"""The break-it lab: fair, different for neighbours, and no fault to read off."""

from __future__ import annotations

from collections import Counter

import pytest

from zeropoint.course.specification import specification
from zeropoint.lessons.lesson_08.diagnosis import DIAGNOSES
from zeropoint.lessons.lesson_08.exercise_3 import _expected
from zeropoint.lessons.lesson_08.faults import FAULTS, NAMES, order_of_faults
from zeropoint.lessons.lesson_08.material import Patient, Ward, admit, generator_of, open_ward, ward_number
from zeropoint.quant import layer_errors, sqnr_db


def fault_of(number: int, name: str) -> str:
    return order_of_faults(generator_of(number))[NAMES.index(name)]


# --- the draw -------------------------------------------------------------------------------------------------------


def test_every_patient_has_every_fault_about_equally_often() -> None:
    wards = range(1000, 2200)
    for name in NAMES:
        drawn = Counter(fault_of(number, name) for number in wards)
        assert set(drawn) == set(FAULTS)
        assert all(140 < count < 260 for count in drawn.values())  # 200 expected, with a standard deviation of 13


def test_one_patients_fault_tells_of_its_neighbours_only_that_it_is_another() -> None:
    pairs = Counter((fault_of(number, "A"), fault_of(number, "B")) for number in range(1000, 2200))
    assert len(pairs) == 30
    assert all(15 < count < 70 for count in pairs.values())  # 40 expected, with a standard deviation of 6


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


def test_every_fault_has_its_evidence_and_a_word_on_every_other_diagnosis() -> None:
    assert set(DIAGNOSES) == set(FAULTS)
    for fault, diagnosis in DIAGNOSES.items():
        assert set(diagnosis.overlooked) == set(FAULTS) - {fault}


# --- the patients ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wards() -> dict[int, dict[str, Patient]]:
    return {number: dict(open_ward(number)) for number in (23, 4711)}


@pytest.fixture(scope="module")
def answers(wards) -> dict[int, dict[str, dict[str, object]]]:
    """Return what an engineer finds in each patient."""
    return {number: {name: diagnose(patient) for name, patient in ward.items()} for number, ward in wards.items()}


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
def test_each_of_the_six_faults_is_found_once_with_the_tools_of_the_lesson(answers, number: int) -> None:
    assert Counter(answer["diagnosis"] for answer in answers[number].values()) == Counter(FAULTS)


@pytest.mark.parametrize("number", [23, 4711])
def test_the_check_agrees_with_what_the_tools_of_the_lesson_find(answers, number: int) -> None:
    verdict = specification("08.3").grade({"ward": number, **answers[number]})
    assert verdict.passed, verdict.message


def test_an_answer_for_the_neighbours_ward_does_not_pass(answers) -> None:
    assert specification("08.3").grade({"ward": 4711, **answers[23]}).right < 3


def test_a_learner_with_a_name_hands_in_the_ward_of_that_name(answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    for number in (8, 4711):
        verdict = specification("08.3").grade({"ward": number, **answers[4711]})
        assert (verdict.passed, verdict.right) == (False, 0)
        assert f"that is ward {number}, yours is {ward_number('ada')}" in verdict.message


def test_nbgrader_grades_every_ward_since_its_user_is_the_instructor(answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "instructor")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert specification("08.3").grade({"ward": 4711, **answers[4711]}).passed


@pytest.mark.parametrize("name", NAMES)
def test_a_single_entry_is_never_judged(answers, name: str) -> None:
    grade = specification("08.3").grade
    one = {"ward": 4711, name: answers[4711][name]}
    other = {"ward": 4711, name: answers[4711][name] | {"diagnosis": "a guess", "where": 0, "number": 0}}
    assert grade(one).message == grade(other).message
    assert grade(one).right == 0


def test_a_right_place_without_the_right_number_tells_nothing_of_the_place(answers) -> None:
    name = next(name for name, answer in answers[4711].items() if answer["diagnosis"] == "batch norm")
    found = [
        specification("08.3").grade({"ward": 4711, **answers[4711], name: answers[4711][name] | changes})
        for changes in ({"number": 77}, {"number": 77, "where": "fc"}, {"where": "fc"})
    ]
    assert len({verdict.message for verdict in found}) == 1
    assert {verdict.right for verdict in found} == {5}


def test_a_learner_who_changes_a_patient_does_not_change_the_check(wards) -> None:
    name = next(name for name in NAMES if fault_of(23, name) == "wrong normalisation")
    before = _expected(23, name)
    patient = wards[23][name]
    kept = patient.calibration.clone()
    patient.calibration.zero_()
    try:
        assert _expected.__wrapped__(23, name) == before  # measured anew, on a patient built anew
    finally:
        patient.calibration.copy_(kept)
