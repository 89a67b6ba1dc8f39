"""Whatever a learner's function does comes back as a value or as one sentence, and in time."""

from __future__ import annotations

import asyncio
import builtins
import getpass
import itertools
import os
import re
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from zeropoint.course.call import OutOfTime, run
from zeropoint.course.spec import NOT_WRITTEN, Case, FunctionCheck, Impostor, compare_arrays

POSIX = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer signal")


def doubles(function: Callable[..., Any], **options: Any) -> Any:
    """Grade a function that should return 2 · x."""
    settings = {"seconds": 5.0, "compare": compare_arrays, "impostors": (), "hints": (), "praise": "Right."} | options
    cases = [Case((np.float32([1, -2, 3]),), public=True), Case((np.float32([[4.5]]),))]
    return FunctionCheck(reference=lambda x: 2 * x, cases=lambda: cases, **settings).grade(function)


# ── what a function may do instead of returning an array ────────────────────────────────────────────────────────────


def overflow(x: Any) -> Any:
    return overflow(x)


def exits(x: Any) -> None:
    sys.exit(0)


def interrupted(x: Any) -> None:
    raise KeyboardInterrupt


def generator(x: Any) -> Iterator[Any]:
    yield 2 * x


async def coroutine(x: Any) -> Any:
    return 2 * x


def cancelled(x: Any) -> None:
    raise asyncio.CancelledError


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def mute(x: Any) -> None:
    raise Mute


def wordy(x: Any) -> None:
    raise ValueError("a" * 1_000_000)


def not_written(x: Any) -> None:
    raise NotImplementedError


def huge(x: Any) -> Any:
    return np.empty((10**7, 10**7, 10**4))


class Evil:
    """An object that fails at whatever is asked of it."""

    def fail(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("evil")

    __eq__ = __len__ = __repr__ = __str__ = __iter__ = __array__ = __float__ = __bool__ = __getitem__ = fail
    __hash__ = __getattr__ = __deepcopy__ = __lt__ = __add__ = __format__ = fail


class EqualToAll(np.ndarray):
    """An array that calls itself equal to anything."""

    def __eq__(self, other: object) -> Any:
        return np.ones(self.shape, bool)

    def __ne__(self, other: object) -> Any:
        return np.zeros(self.shape, bool)

    def __array_function__(self, *_: Any, **__: Any) -> bool:
        return True


BEHAVIOUR = [
    (overflow, "calls itself without end"),
    (exits, "ends the program"),
    (interrupted, "was interrupted"),
    (generator, "returns a generator"),
    (coroutine, "returns a coroutine"),
    (cancelled, "CancelledError"),
    (mute, r"stopped with Mute\.$"),
    (wordy, "ValueError: a+ …"),
    (huge, "more memory than there is|ValueError"),
    (not_written, f"^{NOT_WRITTEN}$"),
    (lambda x: None, "returns nothing – is there a return"),
    (lambda: None, "TypeError"),
    (lambda x: x.fill(0), "changes its input"),
    (lambda x: x / 0, "no finite number"),
    (lambda x: np.full(x.shape, np.nan, x.dtype), r"element 0 is nan"),
    (lambda x: (2 * x).astype(np.float64), "their type is float64"),
    (lambda x: (2 * x)[..., None], "has shape"),
    (lambda x: list(2 * x), "expected a NumPy array"),
    (lambda x: "2", "expected a NumPy array, got a value of type str"),
    (lambda x: map(float, 2 * x), "value of type map"),
    (lambda x: [[1], [2, 3]], "expected a NumPy array"),
    (lambda x: Evil(), "Evil, which cannot be compared"),
    (lambda x: x.view(EqualToAll), "element 0 is wrong"),
    (lambda x: torch.full(x.shape, 7.0), "element 0 is wrong"),
    (lambda x: 2 * torch.from_numpy(x).bfloat16(), "their type is torch.bfloat16"),
    (Evil, "TypeError"),
]


@pytest.mark.parametrize(("function", "words"), BEHAVIOUR, ids=range(len(BEHAVIOUR)))
def test_it_is_a_sentence_of_its_own(function: Callable[..., Any], words: str) -> None:
    verdict = doubles(function)
    assert not verdict.passed
    assert re.search(words, verdict.message), verdict.message
    assert len(verdict.message) < 500 and "Traceback" not in verdict.message and "\n" not in verdict.message


def test_an_object_that_fails_at_everything_is_a_verdict() -> None:
    assert not doubles(Evil()).passed


@pytest.mark.parametrize(
    "other", [lambda x: 2 * torch.from_numpy(x), lambda x: 2 * torch.from_numpy(x).requires_grad_()]
)
def test_the_other_library_is_accepted_unless_the_brief_asks_for_one(other: Callable[..., Any]) -> None:
    assert doubles(other).passed
    refused = doubles(other, same_library=True)
    assert "expected a NumPy array, got a torch tensor" in refused.message


def test_a_comparison_that_ignores_nan_does_not_let_it_pass() -> None:
    def sloppy(got: Any, want: Any) -> str | None:
        return "too far off." if (np.abs(got - want) > 1e-3).any() else None  # never true for NaN

    verdict = doubles(lambda x: x * np.nan, compare=sloppy)
    assert not verdict.passed and "is nan" in verdict.message


def test_an_array_that_calls_itself_equal_to_anything_is_not_believed() -> None:
    verdict = doubles(lambda x: x.view(EqualToAll), compare=lambda got, want: None if (got == want).all() else "no.")
    assert not verdict.passed


def test_one_buffer_for_all_results_is_compared_before_the_next_call() -> None:
    buffer = np.zeros(3, np.float32)

    def reuses(x: Any) -> Any:
        np.multiply(x.ravel(), 2, out=buffer[: x.size])
        return buffer[: x.size].reshape(x.shape)

    assert doubles(reuses).passed


def test_what_is_printed_goes_nowhere_however_much(capfd: pytest.CaptureFixture[str]) -> None:
    def chatty(x: Any) -> Any:
        print("debug " * 100_000)
        print("more", file=sys.stderr)
        warnings.warn("and more", stacklevel=1)
        return 2 * x

    assert doubles(chatty).passed
    assert capfd.readouterr() == ("", "")


# ── objects as arguments ────────────────────────────────────────────────────────────────────────────────────────────


def touched(argument: Any, function: Callable[..., Any]) -> bool:
    """Return whether a function that returns 0 is told off for changing its argument."""
    spec = FunctionCheck(lambda a: 0, lambda: [Case((argument,), public=True)], compare_arrays, (), (), "")
    verdict = spec.grade(lambda a: (function(a), 0)[1])
    assert verdict.passed or "changes its input" in verdict.message
    return not verdict.passed


def frame() -> Any:
    import pandas as pd

    return pd.DataFrame({"layer": ["a", "b"], "bits": [8.0, np.nan]})


ARGUMENTS = [
    (lambda: np.array([np.nan, 1]), lambda a: a.fill(1)),
    (lambda: torch.tensor([np.nan, 1.0]), lambda a: a.fill_(1)),
    (lambda: torch.nn.Linear(2, 2), lambda a: a.weight.data.zero_() is None),
    (lambda: torch.nn.Linear(2, 2), lambda a: a.eval() and None),
    (lambda: torch.nn.BatchNorm2d(2), lambda a: a(torch.ones(1, 2, 3, 3)) is None),
    (frame, lambda a: a.drop(columns="bits", inplace=True)),
    (frame, lambda a: a.rename(columns={"bits": "b"}, inplace=True)),
    (lambda: {"a": [1, {"b": 2}]}, lambda a: a["a"][1].clear()),
    (lambda: [np.ones(2)], lambda a: a[0].fill(2)),
    (lambda: float("nan"), None),
    (object, None),
    (lambda: len, None),
    (lambda: slice(1), None),
]


@pytest.mark.parametrize(("make", "change"), ARGUMENTS, ids=range(len(ARGUMENTS)))
def test_changed_arguments_are_noticed_and_unchanged_ones_are_not(make: Any, change: Any) -> None:
    argument = make()
    assert not touched(argument, repr)
    if change is not None:
        assert touched(argument, change)
        assert not touched(argument, repr), "the case itself was changed"


def test_a_procedure_is_judged_by_what_it_did_to_its_argument() -> None:
    def zero_(module: Any) -> None:
        with torch.no_grad():
            module.weight.zero_()

    def half_(module: Any) -> None:
        with torch.no_grad():
            module.weight.mul_(0.5)

    spec = FunctionCheck(
        reference=zero_,
        cases=lambda: [Case((torch.nn.Linear(3, 2, bias=False),), public=True)],
        compare=compare_arrays,
        impostors=(Impostor(half_, "Half is not nothing."),),
        hints=(),
        praise="",
        changes=(0,),
        observe=lambda returned, module: module(torch.ones(1, 3)),
    )
    assert spec.grade(lambda module: module.weight.data.fill_(0)).passed
    assert spec.grade(lambda module: module.weight.data.div_(2)).message == "Half is not nothing."
    assert "a Linear" in spec.grade(lambda module: None).message


SQUARE = Case(([np.float32([3, 1]), np.float32([2])], 7), public=True)


def sums(function: Callable[..., Any], **options: Any) -> Any:
    """Grade a function that adds up all values of a list of arrays, and is looked at through ``observe``."""
    settings = {"observe": lambda total, batches, seed: total} | options
    spec = FunctionCheck(
        reference=lambda batches, seed: float(sum(batch.sum() for batch in batches)),
        cases=lambda: [SQUARE],
        compare=compare_arrays,
        impostors=(),
        hints=(),
        praise="",
        **settings,
    )
    return spec.grade(function)


def sorts_in_place(batches: Any, seed: int) -> float:
    for batch in batches:
        batch.sort()
    return 6.0


def pops(batches: Any, seed: int) -> float:
    return float(batches.pop().sum()) + pops(batches, seed) if batches else 0.0


@pytest.mark.parametrize("function", [sorts_in_place, pops])
def test_changed_input_is_noticed_although_something_is_observed(function: Callable[..., Any]) -> None:
    assert "changes its input" in sums(function).message
    assert sums(function, changes=(0,)).passed


def test_nobody_is_judged_by_input_of_their_own_making() -> None:
    def empties(batches: Any, seed: int) -> float:
        batches.clear()
        return 0.0

    judge = {"observe": lambda total, batches, seed: total - sum(batch.sum() for batch in batches)}
    assert "changes its input" in sums(empties, **judge).message


def test_a_missing_return_is_told_although_something_is_observed() -> None:
    observe = lambda total, batches, seed: (total, len(batches))  # noqa: E731
    assert "returns nothing" in sums(lambda batches, seed: None, observe=observe).message


def test_none_is_a_result_where_the_brief_asks_for_it() -> None:
    def first_negative(x: Any) -> Any:
        return next((i for i, value in enumerate(x) if value < 0), None)

    spec = FunctionCheck(
        reference=first_negative,
        cases=lambda: [Case((np.array([1, -1]),)), Case((np.array([1]),)), Case((np.array([-2, 1]),))],
        compare=lambda got, want: None if got == want else "that is not the first.",
        impostors=(Impostor(lambda x: None, "You never find one."),),
        hints=(),
        praise="",
    )
    assert spec.grade(first_negative).passed
    assert spec.grade(lambda x: None).message == "You never find one."


# ── which idea is named ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_idea_is_named_only_if_it_explains_most_errors() -> None:
    spec = FunctionCheck(
        reference=lambda x: x % 7,
        cases=lambda: [Case((x,)) for x in range(20)],
        compare=compare_arrays,
        impostors=(Impostor(lambda x: 0, "You return 0."),),
        hints=(),
        praise="",
    )
    assert spec.grade(lambda x: 0).message == "You return 0."
    assert "You return 0." not in spec.grade(lambda x: 0 if x > 12 else 9).message
    assert "You return 0." not in spec.grade(lambda x: 0 if x == 19 else x % 7).message, "it errs in one case only"


def test_an_idea_is_named_where_no_result_is_the_only_right_one() -> None:
    spec = FunctionCheck(
        reference=lambda x: object(),
        cases=lambda: [Case((x,)) for x in range(4)],
        compare=lambda got, want: None if got > 10 else "that is too small.",
        impostors=(Impostor(lambda x: x, "You return x."),),
        hints=(),
        praise="",
    )
    assert spec.grade(lambda x: 11).passed
    assert spec.grade(lambda x: x).message == "You return x."
    assert "too small" in spec.grade(lambda x: -x - 1).message


# ── what is shown ───────────────────────────────────────────────────────────────────────────────────────────────────

LARGE = [
    {f"layer{i}": np.zeros((9, 9)) for i in range(500)},
    [[list(range(100))] * 100] * 100,
    "a" * 10_000,
    np.arange(10_000).reshape(10, 10, 10, 10),
    [{"x": np.ones(3), "y": [1, [2, [3, [4, [5]]]]]}] * 50,
    object(),
    len,
]


@pytest.mark.parametrize("argument", LARGE, ids=range(len(LARGE)))
def test_no_argument_becomes_a_wall_of_text(argument: Any) -> None:
    spec = FunctionCheck(
        lambda *a: 0, lambda: [Case((argument,) * 5, public=True)], compare_arrays, (), ("",), praise=""
    )
    message = spec.grade(lambda *a: 1).message
    assert message.endswith("the result is wrong (1).")
    assert len(message) < 460 and "\n" not in message


@pytest.mark.parametrize(
    ("wrong", "shown"), [(-2661700.0, "(-2661700)"), (np.float32(16777216), "(16777216)"), (0.1 + 0.2, "(0.3)")]
)
def test_whole_numbers_are_printed_as_whole_numbers(wrong: Any, shown: str) -> None:
    assert f"is wrong {shown}." in (compare_arrays(wrong, 1.0, dtype=False) or "")


# ── who is asked ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ask", [lambda: input("x? "), lambda: getpass.getpass(), lambda: breakpoint()])
def test_nobody_is_asked_during_a_check(ask: Callable[[], Any]) -> None:
    before = builtins.input, getpass.getpass, sys.breakpointhook
    message = doubles(lambda x: ask()).message
    assert "waits at" in message and "nobody answers" in message
    assert before == (builtins.input, getpass.getpass, sys.breakpointhook)


# ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def forever(x: Any) -> None:
    while True:
        pass


def swallows_exceptions(x: Any) -> None:
    while True:
        try:
            time.sleep(0.001)
        except Exception:
            continue


def swallows_everything(x: Any) -> None:
    while True:
        try:
            while True:
                try:
                    x = x + 1
                except:  # noqa: E722
                    continue
        except BaseException:
            pass


def tries_again_at_the_end(x: Any) -> None:
    try:
        forever(x)
    finally:
        forever(x)


def sleeps(x: Any) -> None:
    time.sleep(600)


def generates(x: Any) -> float:
    return sum(1 for _ in itertools.count())


def prints_forever(x: Any) -> None:
    while True:
        print("x" * 1000)


ENDLESS = [forever, swallows_exceptions, swallows_everything, tries_again_at_the_end, sleeps, generates, prints_forever]


@POSIX
@pytest.mark.parametrize("function", ENDLESS)
def test_an_endless_function_is_stopped(function: Callable[..., Any]) -> None:
    verdict = doubles(function, seconds=0.3)
    assert "did not come back within 0.3 s" in verdict.message
    assert "is there a loop that never ends" in verdict.message


@POSIX
def test_the_limit_is_for_all_cases_together() -> None:
    calls = []

    def slow(x: Any) -> Any:
        calls.append(1)
        time.sleep(0.4)
        return 2 * x

    assert "within 0.6 s" in doubles(slow, seconds=0.6).message
    assert len(calls) == 2


@POSIX
def test_an_endless_comparison_is_stopped() -> None:
    class Endless:
        def __array__(self, *_: Any, **__: Any) -> None:
            forever(None)

    assert "within 0.3 s" in doubles(lambda x: Endless(), seconds=0.3).message


@contextmanager
def other_alarm(seconds: float) -> Iterator[list[int]]:
    """Someone else's timer, such as a test runner's."""
    rang: list[int] = []
    handler = signal.signal(signal.SIGALRM, lambda *_: rang.append(1))
    timer = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield rang
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)


@POSIX
def test_someone_elses_timer_is_put_back_and_not_rung() -> None:
    with other_alarm(1.5) as rang:
        doubles(swallows_everything, seconds=0.2)
        assert rang == []
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] < 1.4
        time.sleep(2)
        assert rang == [1]


@POSIX
def test_nothing_rings_after_the_check() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with other_alarm(0):
        doubles(swallows_everything, seconds=0.2)
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_outside_of_the_main_thread_the_limit_holds_between_calls() -> None:
    def slow(x: Any) -> Any:
        time.sleep(0.3)
        return 2 * x

    verdicts: list[Any] = []
    thread = threading.Thread(target=lambda: verdicts.append(doubles(slow, seconds=0.2)))
    thread.start()
    thread.join()
    assert "within 0.2 s" in verdicts[0].message


def test_out_of_time_is_no_ordinary_exception() -> None:
    assert not issubclass(OutOfTime, Exception)
    assert run(os.getcwd).problem is None
