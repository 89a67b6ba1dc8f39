"""Answers that are values: fields with reasons, plans, and the share of the points each one earns."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    "change", [{}, {"images": np.int64(64)}, {"images": torch.tensor(64)}, {"images": 64.0}, {"observer": " mse "}]
)
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
        (GOOD | {"size": 3}, "The brief knows no size"),
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
