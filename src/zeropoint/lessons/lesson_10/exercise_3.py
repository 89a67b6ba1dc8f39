"""Exercise 10.3: the A/B timer, on a machine whose clock and workloads do what they are told."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from statistics import mean, median
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor

Result = tuple[float, float, float]
Work = Callable[[], object]
Seconds = Callable[[], float]


class Machine:
    """A machine whose time stands still until a workload runs; it slows down and recovers as it was told.

    Attributes
    ----------
    now : float – seconds
    reads : int – how often its clock was read
    log : list of the names of the workloads that ran
    slow : float array – factor on the time of each pair of runs; the last one from then on
    """

    def __init__(self, slow: np.ndarray):
        self.now = 0.0
        self.reads = 0
        self.log: list[str] = []
        self.slow = slow

    def run(self, name: str, seconds: float) -> None:
        self.now += seconds * self.slow[min(len(self.log) // 2, len(self.slow) - 1)]
        self.log.append(name)


class Workload:
    """What is to be timed: call it without arguments."""

    def __init__(self, name: str, machine: Machine, seconds: np.ndarray):
        self.name = name
        self.machine = machine
        self.seconds = seconds
        self.runs = 0

    def __call__(self) -> None:
        self.machine.run(self.name, float(self.seconds[min(self.runs, len(self.seconds) - 1)]))
        self.runs += 1


class Clock:
    """Seconds on that machine: call it without arguments."""

    def __init__(self, machine: Machine):
        self.machine = machine

    def __call__(self) -> float:
        self.machine.reads += 1
        return self.machine.now


def in_turns(number: int) -> str:
    """Return who runs first and second in a round."""
    return "ab" if number % 2 == 0 else "ba"


def ratios(a_times: list[float], b_times: list[float]) -> list[float]:
    """Return b over a, round by round."""
    return [b_time / a_time for a_time, b_time in zip(a_times, b_times, strict=True)]


def median_ratio(a_times: list[float], b_times: list[float]) -> float:
    return median(ratios(a_times, b_times))


def ab_timer(
    a: Work,
    b: Work,
    clock: Seconds,
    warmup: int,
    rounds: int,
    *,
    counted: bool = False,
    order: Callable[[int], str] = in_turns,
    summary: Callable[[list[float]], float] = median,
    ratio: Callable[[list[float], list[float]], float] = median_ratio,
    unit: float = 1.0,
) -> Result:
    """Return the medians of a and of b and the median ratio b / a; the keyword arguments are the impostors' errors."""
    works = {"a": a, "b": b}
    times: dict[str, list[float]] = {"a": [], "b": []}
    for number in range(warmup + rounds):
        for name in order(number):
            start = clock()
            works[name]()
            times[name].append(unit * (clock() - start))
    kept = times if counted else {name: seconds[warmup:] for name, seconds in times.items()}
    return summary(kept["a"]), summary(kept["b"]), ratio(kept["a"], kept["b"])


def _wrong(**options: Any) -> Callable[..., Result]:
    return lambda a, b, clock, warmup, rounds: ab_timer(a, b, clock, warmup, rounds, **options)


def _cold(a: Work, b: Work, clock: Seconds, warmup: int, rounds: int) -> Result:
    return ab_timer(a, b, clock, 0, rounds)


def _in_blocks(a: Work, b: Work, clock: Seconds, warmup: int, rounds: int) -> Result:
    a_times = _block(a, clock, warmup + rounds)[warmup:]
    b_times = _block(b, clock, warmup + rounds)[warmup:]
    return median(a_times), median(b_times), median_ratio(a_times, b_times)


def _block(work: Work, clock: Seconds, count: int) -> list[float]:
    times = []
    for _ in range(count):
        start = clock()
        work()
        times.append(clock() - start)
    return times


def _started_once(a: Work, b: Work, clock: Seconds, warmup: int, rounds: int) -> Result:
    works = {"a": a, "b": b}
    times: dict[str, list[float]] = {"a": [], "b": []}
    for number in range(warmup + rounds):
        start = clock()
        for name in in_turns(number):
            works[name]()
            times[name].append(clock() - start)
    a_times = times["a"][warmup:]
    b_times = times["b"][warmup:]
    return median(a_times), median(b_times), median_ratio(a_times, b_times)


def _cases() -> list[Case]:
    rng = np.random.default_rng(103)
    return [Case(_given(rng, warmup, rounds)) for warmup, rounds in ((2, 9), (3, 11), (1, 15), (4, 8), (2, 20), (0, 7))]


def _given(rng: np.random.Generator, warmup: int, rounds: int) -> tuple[Any, ...]:
    """Return two workloads that are slow at first and stall once, on a machine that slows down for a while."""
    count = warmup + rounds
    slow = np.where(np.arange(2 * count) < warmup + rounds // 3, 1.0, 3.0)  # one factor a pair of runs
    slow[warmup + 2 * rounds // 3 : count] = 1.7
    machine = Machine(slow)
    works = []
    for name in "ab":
        seconds = rng.uniform(0.002, 0.009) * rng.uniform(0.9, 1.1, count)
        seconds[:warmup] *= rng.uniform(8, 20)
        seconds[warmup + rng.integers(rounds)] *= 40
        works.append(Workload(name, machine, seconds))
    return (*works, Clock(machine), warmup, rounds)


def _observe(value: Any, a: Workload, b: Workload, *_: Any) -> tuple[bool, str, Any]:
    return a.machine.reads > 0, "".join(a.machine.log), value


def _compare(got: tuple[bool, str, Any], want: tuple[bool, str, Result]) -> str | None:
    clock_was_read, log, value = got
    rounds = len(want[1]) // 2
    if log.count("a") != rounds or log.count("b") != rounds:
        return f"a ran {log.count('a')} and b {log.count('b')} times: expected warmup + rounds of each, {rounds} here."
    if not clock_was_read:
        return "the clock that was handed over is never read: this machine has a time of its own, so call clock()."
    pairs = [log[i : i + 2] for i in range(0, len(log), 2)]
    if any(pair not in ("ab", "ba") for pair in pairs):
        return "a and b do not take turns: in every round each runs once, the warm-up included."
    if any(one == two for one, two in pairwise(pairs)):
        return "the same one begins in two rounds in a row: change the order from round to round."
    if not isinstance(value, tuple | list | np.ndarray) or len(value) != 3:
        return "expected three numbers: the median of a, the median of b, the median of the ratios."
    for name, found, right in zip(("median of a", "median of b", "ratio"), value, want[2], strict=True):
        if not _is_number(found) or not np.isclose(float(found), right, rtol=1e-6, atol=0):
            return f"everything ran in the right order, but the {name} is wrong."
    return None


def _is_number(found: Any) -> bool:
    return bool(np.isscalar(found)) and not isinstance(found, bool)


CHECK = FunctionCheck(
    reference=ab_timer,
    cases=_cases,
    compare=_compare,
    changes=(0, 1, 2),  # a, b and the clock share a machine that remembers what ran on it
    observe=_observe,
    impostors=(
        Impostor(
            _in_blocks,
            "First all runs of a, then all of b: when the machine slows down in between, b pays for it. Let them take "
            "turns, round by round.",
        ),
        Impostor(
            _cold,
            "There is no warm-up: the first runs fill caches and choose kernels, and are not what a user waits for.",
        ),
        Impostor(
            _wrong(counted=True),
            "The warm-up runs, but it is counted as well: leave the first rounds out of the medians.",
        ),
        Impostor(
            _wrong(order=lambda number: "ab"),
            "a begins in every round: the second one always finds the caches that the first one left. Change the order "
            "from round to round.",
        ),
        Impostor(
            _wrong(summary=mean, ratio=lambda a_times, b_times: mean(ratios(a_times, b_times))),
            "You take means: a single stall of the machine moves a mean as far as it likes. Take medians.",
        ),
        Impostor(
            _wrong(ratio=lambda a_times, b_times: mean(ratios(a_times, b_times))),
            "The ratio is a mean: take the median of the ratios, as for the times.",
        ),
        Impostor(
            _wrong(summary=min, ratio=lambda a_times, b_times: min(b_times) / min(a_times)),
            "You take the fastest runs: they tell what is possible, not what a user waits for. Take medians.",
        ),
        Impostor(
            _wrong(ratio=lambda a_times, b_times: median(b_times) / median(a_times)),
            "Your ratio is that of the medians, which may come from different moments of the machine: divide within "
            "each round, then take the median.",
        ),
        Impostor(
            _wrong(ratio=lambda a_times, b_times: median_ratio(b_times, a_times)),
            "The ratio is the wrong way round: b over a, so that less than 1 means b is faster.",
        ),
        Impostor(
            _started_once,
            "The clock is read once a round: the time of the second one then has that of the first one in it. Read it "
            "before and after each run.",
        ),
        Impostor(_wrong(unit=1e3), "Your times are in milliseconds: the brief asks for seconds."),
    ),
    hints=(
        "Suppose the machine becomes slow in the middle of the measurement. In which order must a and b run, so that "
        "both are hit alike? And which of the numbers that you return must not notice it at all?",
        "One loop over warmup + rounds, and in it a second one over both, in an order that depends on whether the "
        "round is even or odd. Read the clock around every single run; a run of the warm-up is made and forgotten.",
        "for work in (a, b) if number % 2 == 0 else (b, a): start = clock(); work(); seconds = clock() - start; keep "
        "it only if number >= warmup. With two arrays of equal length np.median(b_times / a_times) is the ratio.",
    ),
    praise="Warm, in turns, each round against itself: what disturbs the machine disturbs both.",
)
