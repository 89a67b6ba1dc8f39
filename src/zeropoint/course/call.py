"""Calling what a learner wrote: whatever it does comes back as a value or as one sentence.

The time limit works in the main thread on Linux and macOS, where a Jupyter kernel runs its cells: a timer signal
raises :class:`OutOfTime` inside the learner's function. On Windows, and outside of the main thread, Python has no
such timer: there a slow function is stopped between two calls, and one that never returns has to be interrupted by
hand (Kernel → Interrupt), which gives a verdict too. Nowhere can a single long call *inside* a compiled library be cut
short. This is protection against accidents, not against malice: the function runs in the learner's own kernel.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from zeropoint.course.verdict import NOT_WRITTEN

SECONDS = 10.0  # the time limit of a whole check unless it says otherwise
LONGEST_REASON = 200  # characters quoted of an exception's own text
_PAUSE, _PATIENCE = 0.05, 5  # seconds between the first attempts to stop a function, and how many they are
_SHORTEST = 1e-3  # seconds; a timer set to 0 would be off


class OutOfTime(BaseException):
    """Raised inside a learner's function when the time is over; not an Exception, so that few handlers catch it."""


@dataclass(frozen=True)
class Outcome:
    """What a call gave: a value, or the sentence that says why there is none; after ``final`` no other call helps."""

    value: Any = None
    problem: str | None = None
    final: bool = False


def run(
    function: Callable[..., Any], args: tuple[Any, ...] = (), *, deadline: float | None = None, seconds: float = SECONDS
) -> Outcome:
    """Call a function, swallow what it prints or warns, and turn whatever it raises into a sentence.

    Parameters
    ----------
    function : callable – the learner's, or ours when it touches the learner's objects
    args : tuple – passed as they are: hand over copies of what must survive
    deadline : float, optional – ``time.monotonic()`` at which the call is cut short; None means never
    seconds : float – the limit behind the deadline, for the message

    Examples
    --------
    >>> run(lambda x: 1 / x, (0,)).problem
    'your function stopped with ZeroDivisionError: division by zero.'
    """
    late = Outcome(problem=_too_slow(seconds), final=True)
    if deadline is not None and time.monotonic() >= deadline:
        return late
    try:
        with _quiet(), _alarm(deadline):
            value = _enter(function, args)
    except OutOfTime:
        return late
    except NotImplementedError:
        return Outcome(problem=NOT_WRITTEN)
    except BaseException as error:  # SystemExit and KeyboardInterrupt too: a verdict, never a traceback
        return _stopped(error)
    if deadline is not None and time.monotonic() >= deadline:
        return late
    return _lazy(value) or Outcome(value)


def _enter(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Only what is called from this frame may be interrupted (see :func:`_alarm`): not our own tidying up."""
    return function(*args)


def _too_slow(seconds: float) -> str:
    return (
        f"your function did not come back within {seconds:g} s (all cases together): is there a loop that never ends, "
        "or one over single values where a whole array could be used?"
    )


def _stopped(error: BaseException) -> Outcome:
    if isinstance(error, RecursionError):
        return Outcome(problem="your function calls itself without end: what stops the recursion?")
    if isinstance(error, MemoryError):
        return Outcome(problem="your function asks for more memory than there is: look at the shapes it creates.")
    if isinstance(error, SystemExit):
        return Outcome(problem="your function ends the program (exit or quit): let it return its result instead.")
    if isinstance(error, KeyboardInterrupt):
        return Outcome(problem="your function was interrupted before it came back.", final=True)
    try:
        reason = str(error)
    except Exception:  # an exception whose own text fails
        reason = ""
    if len(reason) > LONGEST_REASON:
        reason = reason[:LONGEST_REASON] + " …"
    return Outcome(problem=f"your function stopped with {type(error).__name__}{reason and ': '}{reason.rstrip('.')}.")


def _lazy(value: Any) -> Outcome | None:
    if inspect.isgenerator(value) or inspect.isasyncgen(value):
        return Outcome(problem="your function returns a generator, not a result: write return instead of yield.")
    if inspect.iscoroutine(value):
        value.close()  # or Python warns later that it was never awaited
        return Outcome(problem="your function returns a coroutine, not a result: write def without async.")
    return None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
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
def _alarm(deadline: float | None) -> Iterator[None]:
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
