"""A problem knows its kind beside its text, and keeps it wherever it goes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from zeropoint.course.call import run
from zeropoint.course.compare import compare_arrays, not_finite
from zeropoint.course.verdict import NOT_WRITTEN, Kind, Problem, kind_of

ROW = np.array([1, 2], np.float32)


@pytest.mark.parametrize("same", [copy.copy, copy.deepcopy, lambda problem: pickle.loads(pickle.dumps(problem))])
def test_a_copy_has_the_same_kind(same: Callable[[Problem], Problem]) -> None:
    problem = Problem(Kind.VALUES, "element 1 is wrong (2).")
    assert same(problem) == problem
    assert same(problem).kind is Kind.VALUES


def test_a_plain_sentence_and_no_problem_have_no_kind() -> None:
    assert kind_of(None) is None
    assert kind_of("element 1 is wrong (2).") is None


@pytest.mark.parametrize(
    ("got", "kind"),
    [
        (ROW, None),
        ("text", Kind.FORM),
        (ROW.tolist(), Kind.FORM),
        (ROW[:1], Kind.FORM),
        (ROW * np.nan, Kind.NOT_FINITE),
        (ROW + 1, Kind.VALUES),
        (ROW.astype(np.float64), Kind.DTYPE),
    ],
)
def test_a_comparison_says_what_sort_of_difference_it_found(got: Any, kind: Kind | None) -> None:
    assert kind_of(compare_arrays(got, ROW)) is kind


def test_a_wrong_boolean_is_a_wrong_value() -> None:
    assert kind_of(compare_arrays(True, False)) is Kind.VALUES


def test_what_is_not_finite_has_its_own_kind() -> None:
    assert kind_of(not_finite([np.inf], [1.0])) is Kind.NOT_FINITE


def raises(error: BaseException) -> Callable[[], None]:
    def function() -> None:
        raise error

    return function


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (raises(ValueError("no")), Kind.STOPPED),
        (raises(RecursionError()), Kind.STOPPED),
        (raises(MemoryError()), Kind.STOPPED),
        (raises(SystemExit()), Kind.STOPPED),
        (raises(KeyboardInterrupt()), Kind.STOPPED),
        (raises(NotImplementedError()), Kind.NOT_WRITTEN),
        (lambda: (number for number in ()), Kind.FORM),
    ],
)
def test_a_call_says_what_sort_of_failure_it_was(function: Callable[[], Any], kind: Kind) -> None:
    assert kind_of(run(function).problem) is kind


def test_a_call_out_of_time_was_stopped() -> None:
    assert kind_of(run(lambda: 1, deadline=0.0).problem) is Kind.STOPPED


def test_a_gap_is_not_written() -> None:
    assert kind_of(NOT_WRITTEN) is Kind.NOT_WRITTEN


@pytest.mark.parametrize("error", [ValueError("bad"), ValueError(""), RecursionError(), SystemExit(), MemoryError()])
def test_a_sentence_can_be_about_it_and_is_otherwise_the_same(error: BaseException) -> None:
    own = run(raises(error)).problem or ""
    assert run(raises(error), subject="it").problem == own.replace("your function", "it")
