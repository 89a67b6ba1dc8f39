"""Calling what a learner wrote: whatever it does comes back as a value or as one sentence.

The time limit works in the main thread on Linux and macOS, where a Jupyter kernel runs its cells: a timer signal
raises :class:`OutOfTime` inside the learner's function. On Windows, and outside of the main thread, Python has no
such timer: there a slow function is stopped between two calls, and one that never returns has to be interrupted by
hand (Kernel → Interrupt), which gives a verdict too. Nowhere can a single long call *inside* a compiled library be cut
short. This is protection against accidents, not against malice: the function runs in the learner's own kernel.
"""

from __future__ import annotations

import builtins
import contextlib
import getpass
import inspect
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from zeropoint.course.verdict import NOT_WRITTEN, Kind, Problem

SECONDS = 10.0  # the time limit of a whole check unless it says otherwise
SUBJECT = "your function"  # whom the sentences are about
LONGEST_REASON = 200  # characters quoted of an exception's own text
_PAUSE = 0.05  # seconds between the first attempts to stop a function
_PATIENCE = 5  # how many attempts have that pause
_SHORTEST = 1e-3  # seconds; a timer set to 0 would be off


class OutOfTime(BaseException):
    """Raised inside a learner's function when the time is over; not an Exception, so that few handlers catch it."""


class Asked(RuntimeError):
    """Raised where a learner's function would wait for somebody at the keyboard, and every other cell with it."""


@dataclass(frozen=True)
class Outcome:
    """What a call gave: a value, or the problem that says why there is none; after ``final`` no other call helps."""

    value: Any = None
    problem: str | None = None  # a Problem, or the sentence of a check's own comparison
    final: bool = False


def run(
    function: Callable[..., Any],
    args: tuple[Any, ...] = (),
    *,
    deadline: float | None = None,
    seconds: float = SECONDS,
    subject: str = SUBJECT,
) -> Outcome:
    """Call a function, swallow what it prints or warns, and turn whatever it raises into a sentence.

    Parameters
    ----------
    function : callable – the learner's, or ours when it touches the learner's objects
    args : tuple – passed as they are: hand over copies of what must survive
    deadline : float, optional – ``time.monotonic()`` at which the call is cut short; None means never
    seconds : float – the limit behind the deadline, for the message
    subject : str – whom the sentence is about, "it" in the middle of one

    Examples
    --------
    >>> run(lambda x: 1 / x, (0,)).problem
    'your function stopped with ZeroDivisionError: division by zero.'
    """
    late = Outcome(problem=_too_slow(seconds, subject), final=True)
    if deadline is not None and time.monotonic() >= deadline:
        return late
    try:
        with _quiet(), _nobody_to_ask(), _alarm(deadline):
            value = _enter(function, args)
    except OutOfTime:
        return late
    except NotImplementedError:
        return Outcome(problem=NOT_WRITTEN)
    except BaseException as error:  # SystemExit and KeyboardInterrupt too: a verdict, never a traceback
        return _stopped(error, subject)
    if deadline is not None and time.monotonic() >= deadline:
        return late
    return _lazy(value, subject) or Outcome(value)


def _enter(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Only what is called from this frame may be interrupted (see :func:`_alarm`): not our own tidying up."""
    return function(*args)


def _too_slow(seconds: float, subject: str) -> Problem:
    return Problem(
        Kind.STOPPED,
        f"{subject} did not come back within {seconds:g} s (all cases together): is there a loop that never ends, "
        "or one over single values where a whole array could be used?",
    )


def _stopped(error: BaseException, subject: str) -> Outcome:
    return Outcome(problem=Problem(Kind.STOPPED, _why(error, subject)), final=isinstance(error, KeyboardInterrupt))


def _why(error: BaseException, subject: str) -> str:
    """Say what an exception means to whoever wrote the function."""
    if isinstance(error, RecursionError):
        return f"{subject} calls itself without end: what stops the recursion?"
    if isinstance(error, MemoryError):
        return f"{subject} asks for more memory than there is: look at the shapes it creates."
    if isinstance(error, SystemExit):
        return f"{subject} ends the program (exit or quit): let it return its result instead."
    if isinstance(error, KeyboardInterrupt):
        return f"{subject} was interrupted before it came back."
    if isinstance(error, Asked):
        return f"{subject} waits at {error}, and during a check nobody answers: take what it needs from its arguments."
    try:
        reason = str(error)
    except Exception:  # an exception whose own text fails
        reason = ""
    if len(reason) > LONGEST_REASON:
        reason = reason[:LONGEST_REASON] + " …"
    colon = ": " if reason else ""
    return f"{subject} stopped with {type(error).__name__}{colon}{reason.rstrip('.')}."


def _lazy(value: Any, subject: str) -> Outcome | None:
    """Return the problem of a value that is only computed once somebody asks for it."""
    if inspect.isgenerator(value) or inspect.isasyncgen(value):
        text = f"{subject} returns a generator, not a result: write return instead of yield."
    elif inspect.iscoroutine(value):
        value.close()  # or Python warns later that it was never awaited
        text = f"{subject} returns a coroutine, not a result: write def without async."
    else:
        return None
    return Outcome(problem=Problem(Kind.FORM, text))


@contextlib.contextmanager
def _quiet() -> Generator[None, None, None]:
    """Send prints nowhere (no memory is held, however much there is) and keep warnings from turning up in the cell."""
    with (
        open(os.devnull, "w", encoding="utf-8", errors="replace") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        np.errstate(all="ignore"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _nobody_to_ask() -> Generator[None, None, None]:
    """Let ``input``, ``getpass`` and ``breakpoint`` raise instead of waiting."""

    def refuse(name: str) -> Callable[..., Any]:
        def asked(*_: Any, **__: Any) -> None:
            raise Asked(name)

        return asked

    places: tuple[tuple[Any, str, str], ...] = (
        (builtins, "input", "input()"),
        (getpass, "getpass", "getpass()"),
        (sys, "breakpointhook", "breakpoint()"),
    )
    kept = [getattr(module, name) for module, name, _ in places]
    try:
        for module, name, shown in places:
            setattr(module, name, refuse(shown))
        yield
    finally:
        for (module, name, _), value in zip(places, kept, strict=True):
            setattr(module, name, value)


@contextlib.contextmanager
def _alarm(deadline: float | None) -> Generator[None, None, None]:
    """Raise OutOfTime at the deadline in what :func:`_enter` called, and put an earlier timer back afterwards."""
    possible = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if deadline is None or not possible:
        yield
        return
    started = time.monotonic()
    handler = signal.signal(signal.SIGALRM, _bell())
    left, interval = signal.setitimer(signal.ITIMER_REAL, max(deadline - started, _SHORTEST))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)  # handles a signal still pending before it changes the handler
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - started), _SHORTEST), interval)


def _bell() -> Callable[[int, FrameType | None], None]:
    """Return a signal handler that raises OutOfTime in the learner's function until it has left."""
    rings = 0

    def ring(signum: int, frame: FrameType | None) -> None:
        nonlocal rings
        # A bare "except:" in a loop swallows one exception after the other. It is left by one that comes between that
        # "except" and the next "try": a microsecond, found soon by short and irregular pauses. The first pauses are
        # long, so that an ordinary function can tidy up (close a file, leave torch.no_grad) undisturbed.
        irregular = (time.perf_counter_ns() // 64 % 100 + 1) * 1e-6
        signal.setitimer(signal.ITIMER_REAL, _PAUSE if rings < _PATIENCE else irregular)
        while frame is not None and frame.f_code is not _enter.__code__:
            frame = frame.f_back
        if frame is not None:
            rings += 1
            raise OutOfTime

    return ring
