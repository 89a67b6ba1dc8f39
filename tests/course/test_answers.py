"""Answers that are values: fields with reasons, plans, and the share of the points each one earns."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from tests.course.test_call import Evil, forever
from zeropoint.course.spec import NOT_WRITTEN, ChoiceField, Field, FieldsCheck, PlanCheck
from zeropoint.course.verdict import Verdict

# ── a choice and its reason ─────────────────────────────────────────────────────────────────────────────────────────

SCHEME = ChoiceField(
    "weights",
    choices=("symmetric", "asymmetric"),
    reasons=("a", "b", "c"),
    right=("symmetric", "b"),
    messages=(
        (("symmetric", "a"), "right, but a is true of both."),
        (("asymmetric", None), "a zero point costs a sum."),
        ((None, "c"), "c is about activations."),
    ),
    otherwise="think of where the weights lie.",
)


@pytest.mark.parametrize("answer", [("symmetric", "b"), ["Symmetric ", "B"]])
def test_the_right_choice_for_the_right_reason_is_right(answer: Any) -> None:
    assert SCHEME.problem(answer) is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (("symmetric", "a"), "true of both"),
        (("asymmetric", "a"), "costs a sum"),
        (("asymmetric", "c"), "costs a sum"),
        (("symmetric", "c"), "about activations"),
        (("symmetric", "d"), "the reason has to be one of a, b, c"),
        (("neither", "b"), "the choice has to be one of symmetric, asymmetric"),
        ((1, 2), "the choice has to be one of"),
        ("symmetric", "expected two texts"),
        (("symmetric",), "expected two texts"),
        (7, "expected two texts"),
    ],
)
def test_each_wrong_combination_has_its_own_message(answer: Any, words: str) -> None:
    assert words in (SCHEME.problem(answer) or "")


def test_a_combination_without_a_message_gets_the_general_one() -> None:
    field = ChoiceField("w", ("x", "y"), ("a", "b"), ("x", "a"), (), "think again.")
    assert field.problem(("y", "b")) == "w: think again."


@pytest.mark.parametrize("pair", [("lopsided", "b"), (None, "z")])
def test_a_message_that_could_never_be_shown_is_refused(pair: Any) -> None:
    with pytest.raises(ValueError, match="not among the choices and reasons"):
        ChoiceField("w", ("symmetric",), ("b",), ("symmetric", "b"), ((pair, "never"),), "")


# ── numbers as people write them ────────────────────────────────────────────────────────────────────────────────────

BITS_PER_WEIGHT = Field("bits", 4 + 1 / 36, ((4 + 1 / 72, "half of it."), (4.0, "none of it.")), "no.", tolerance=1e-4)


@pytest.mark.parametrize(
    "value",
    [
        *(4.03, 4.028, 4.0278, 145 / 36, Fraction(145, 36), Decimal("4.03")),
        *(np.float32(4.03), np.float16(4.03), np.array(4.0278), torch.tensor(4.0278)),
    ],
)
def test_a_number_rounded_to_three_digits_is_right_in_every_type(value: Any) -> None:
    assert BITS_PER_WEIGHT.problem(value) is None


@pytest.mark.parametrize(("value", "said"), [(4.01, "half of it"), (4.014, "half of it"), (4.0, "none"), (4.1, "no.")])
def test_a_known_wrong_idea_is_not_a_rounding(value: float, said: str) -> None:
    assert said in (BITS_PER_WEIGHT.problem(value) or "")


def test_what_is_nearer_to_a_wrong_idea_is_wrong() -> None:
    close = Field("x", 2.004, ((2.0, "you dropped the last term."),), "no.")
    assert close.problem(2.004) is None
    assert close.problem(2.0) == "x: you dropped the last term."


@pytest.mark.parametrize("value", [40_300, 40_321, Fraction(80_641, 2)])
def test_a_count_is_never_rounded(value: Any) -> None:
    assert Field("bytes", 40_320, (), "count.").problem(value) == "bytes: count."


def test_a_field_may_ask_for_more_digits_or_for_all() -> None:
    assert Field("x", 1 / 3, (), "no.", digits=5).problem(0.333) == "x: no."
    assert Field("x", 1 / 3, (), "no.", digits=5).problem(0.33333) is None
    assert Field("x", 0.5, (), "no.", digits=None).problem(0.5004) == "x: no."


@pytest.mark.parametrize("answer", [("Symmetric", "B"), ("symmetric ", " b"), ["SYMMETRIC", "b"]])
def test_a_choice_is_read_in_any_spelling(answer: Any) -> None:
    assert SCHEME.problem(answer) is None


def test_an_unknown_key_is_named_with_the_one_that_was_meant() -> None:
    fields = FieldsCheck((Field("scale", 0.02, (), "no."), Field("zero_point", 60, (), "no.")), (), "Right.")
    verdict = fields.grade({"scael": 0.02, "zero_point": 60})
    assert verdict.message == "Unknown key 'scael': did you mean 'scale'? Still missing: scale."
    assert "Unknown key 'ZeroPoint': did you mean 'zero_point'?" in fields.grade({"ZeroPoint": 60}).message
    assert fields.grade({"scale": 0.02, "zero_point": 60, "note": "by hand"}).passed


# ── partial credit ──────────────────────────────────────────────────────────────────────────────────────────────────

FIELDS = (Field("a", 1, (), "no."), Field("b", [1, 2], (), "no."), SCHEME)


@pytest.mark.parametrize(
    ("answer", "points"),
    [
        ({"a": 1, "b": [1, 2], "weights": ("symmetric", "b")}, 7),
        ({"a": 1, "b": [1, 2], "weights": ("symmetric", "a")}, 4),  # 7 · 2 / 3, rounded down
        ({"a": 1, "b": [1, 2], "weights": None}, 4),
        ({"a": 1}, 2),
        ({"a": 1, "b": [2, 1], "weights": "?"}, 2),
        ({"a": 0, "b": 0, "weights": 0}, 0),
        ({"a": None, "b": ..., "weights": None}, 0),
        ({}, 0),
    ],
)
def test_right_fields_count_by_themselves(answer: Any, points: int) -> None:
    verdict = FieldsCheck(FIELDS, (), "Right.").grade(answer)
    assert verdict.points(7) == points
    assert verdict.passed == (points == 7)


def test_all_or_nothing_where_the_author_says_so() -> None:
    assert FieldsCheck(FIELDS, (), "", partial=False).grade({"a": 1}).points(7) == 0


def test_points_are_never_rounded_up() -> None:
    assert [Verdict(False, "", right, 3).points(2) for right in range(3)] == [0, 0, 1]


def test_the_message_counts_and_explains_the_first() -> None:
    message = FieldsCheck(FIELDS, (), "").grade({"a": 2, "b": [1, 3], "weights": ("symmetric", "b")}).message
    assert message == "1 of 3 entries are right. a: no. (and 1 more)"


@pytest.mark.parametrize("shape", ["text", [1, 2], [[1, 2], [3, 4], [5, 6]], [[1, 2], [3, np.nan]]])
def test_an_array_field_says_what_it_expects(shape: Any) -> None:
    field = Field("x", np.array([[1, 2], [3, 4]]), (), "no.")
    assert field.problem(torch.tensor([[1, 2], [3, 4]])) is None
    assert "shape (2, 2)" in (field.problem(shape) or "") or "element (1, 1) is nan" in (field.problem(shape) or "")


# ── plans ───────────────────────────────────────────────────────────────────────────────────────────────────────────

BITS = {"conv1": 8, "layer1": 4, "fc": 8}


def first_is_wide(plan: dict[str, Any]) -> str | None:
    return None if plan["bits"]["conv1"] == 8 else "The first layer needs 8 bits: every image passes through it."


def fits(plan: dict[str, Any]) -> str | None:
    return None if sum(plan["bits"].values()) <= 20 else "The plan needs over 20 bits."


PLAN = PlanCheck({"bits": dict, "images": int, "observer": str}, (first_is_wide, fits), (), "It fits.")
GOOD = {"bits": BITS, "images": 128, "observer": "mse"}


@pytest.mark.parametrize("images", [64, 64.0, Fraction(64), Decimal(64), np.int64(64), np.array(64), torch.tensor(64)])
def test_every_kind_of_whole_number_is_one(images: Any) -> None:
    assert PLAN.grade(GOOD | {"images": images}).passed


@pytest.mark.parametrize("change", [{}, {"images": 64}, {"observer": " mse "}])
def test_many_plans_are_right(change: dict[str, Any]) -> None:
    assert PLAN.grade(GOOD | change).passed


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (GOOD | {"bits": BITS | {"conv1": 4}}, "every image passes through it. (1 of 2 constraints is broken.)"),
        (GOOD | {"bits": BITS | {"conv1": 7, "fc": 16}}, "(2 of 2 constraints are broken.)"),
        (GOOD | {"images": "128"}, "images: expected a whole number, got a str"),
        (GOOD | {"images": 12.5}, "expected a whole number"),
        (GOOD | {"images": True}, "expected a whole number"),
        (GOOD | {"images": float("nan")}, "expected a whole number"),
        (GOOD | {"images": [1]}, "expected a whole number"),
        (GOOD | {"observer": 3}, "expected text in quotes"),
        (GOOD | {"bits": [8]}, "expected a dictionary"),
        (GOOD | {"size": 3}, "Unknown key 'size': expected bits"),
        ({"bits": BITS}, "Still missing: images, observer"),
        ({"bits": None, "images": None, "observer": ...}, NOT_WRITTEN),
        ({}, NOT_WRITTEN),
        ([GOOD], "Expected a dictionary with bits, images, observer, got a list"),
        (GOOD | {"bits": {}}, "cannot be read: it stopped with KeyError"),
    ],
)
def test_a_plan_that_breaks_its_brief_earns_nothing(plan: Any, words: str) -> None:
    verdict = PLAN.grade(plan)
    assert words in verdict.message
    assert verdict.points(4) == 0


def test_a_constraint_cannot_change_the_plan_for_the_next() -> None:
    def clears(plan: dict[str, Any]) -> None:
        plan["bits"].clear()

    plan = {"bits": dict(BITS)}
    assert PlanCheck({"bits": dict}, (clears, first_is_wide), (), "").grade(plan).passed
    assert plan == {"bits": BITS}


# ── objects that misbehave ──────────────────────────────────────────────────────────────────────────────────────────


class Endless(dict):  # type: ignore[type-arg]
    def get(self, *_: Any) -> Any:
        forever(None)


CHECKS = [FieldsCheck(FIELDS, (), "", seconds=0.3), PLAN]
KEYS = ("a", "b", "weights", "bits", "images", "observer")
STRANGE = [Evil(), {key: Evil() for key in KEYS}, [Evil()], Evil, 10**400, ""]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: type(check).__name__)
@pytest.mark.parametrize("answer", STRANGE, ids=range(len(STRANGE)))
def test_whatever_is_handed_in_gets_a_sentence(check: Any, answer: Any) -> None:
    verdict = check.grade(answer)
    assert not verdict.passed
    assert "." in verdict.message and "Traceback" not in verdict.message


def test_an_endless_dictionary_is_stopped() -> None:
    assert "within 0.3 s" in CHECKS[0].grade(Endless(a=1)).message


def pairs(plan: dict[str, Any]) -> str | None:
    return None if plan["metric"] == "paired difference" else "metric: take pairs."


def batches(plan: dict[str, Any]) -> str | None:
    return None if set(plan["locked"]) == {"batch size"} else "locked: which ones?"


CHOICES = PlanCheck(
    form={"metric": str, "locked": list},
    constraints=(pairs, batches),
    hints=(),
    praise="Right.",
    options={"metric": ("paired difference", "two accuracies"), "locked": ("batch size", "threads")},
    partial=True,
)


@pytest.mark.parametrize("metric", ["paired difference", "Paired-Difference", " paired_difference "])
@pytest.mark.parametrize("locked", [["batch size"], ("Batch-Size",), {"batch_size"}])
def test_choices_of_a_plan_are_read_in_any_spelling(metric: str, locked: Any) -> None:
    assert CHOICES.grade({"metric": metric, "locked": locked}).passed


def test_a_choice_that_the_brief_does_not_offer_is_named() -> None:
    message = CHOICES.grade({"metric": "p-value", "locked": ["threads"]}).message
    assert message == "metric: expected 'paired difference' or 'two accuracies', got 'p-value'."
    assert "got 'colour'" in CHOICES.grade({"metric": "two accuracies", "locked": ["threads", "colour"]}).message


def test_kept_constraints_count_where_they_are_questions_of_their_own() -> None:
    assert CHOICES.grade({"metric": "two accuracies", "locked": ["batch size"]}).points(4) == 2


@pytest.mark.parametrize("metric", [3, None, "p-value"])
def test_an_entry_of_another_form_costs_its_own_constraints_only(metric: Any) -> None:
    verdict = CHOICES.grade({"metric": metric, "locked": ["batch size"]})
    assert (verdict.passed, verdict.points(4)) == (False, 2)
    assert "metric" in verdict.message


def test_an_entry_too_many_costs_something() -> None:
    right = {"metric": "paired difference", "locked": ["batch size"]}
    assert CHOICES.grade(right).points(4) == 4
    assert CHOICES.grade(right | {"size": 3}).points(4) == 2
