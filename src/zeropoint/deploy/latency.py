"""Honest latency: warm up, take turns, compare round by round, and say when the machine was too busy to tell.

Times of two programs that ran one after the other compare two programs *and* two moments of one machine. Here every
call gets its turn in every round, another one begins each round, and a ratio is taken within its round: whatever slows
the machine for a while slows all of them and cancels.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from zeropoint.deploy.comparison import FEWEST_ROUNDS, Comparison, Times
from zeropoint.hardware import usable_cores

if TYPE_CHECKING:
    import pandas
    from torch import Tensor

Call = Callable[[], Any]


def compare(
    calls: Mapping[str, Call],
    *,
    reference: str | None = None,
    rounds: int = 60,
    warmup: int = 3,
    seconds: float | None = None,
    repeats: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> Comparison:
    """Time several calls in turns.

    Parameters
    ----------
    calls : mapping from a name to a callable without arguments
    reference : str – what ratios refer to; the first name by default
    rounds : int – every call is timed once a round
    warmup : int – rounds before, which are not counted: caches, buffers and just-in-time choices settle
    seconds : float, optional – end after the round in which so much time is over (six rounds are always made)
    repeats : int – calls in a row that make one turn, for work far below a millisecond; the time is that of one call
    clock : callable → seconds

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        For fewer than two calls, an unknown reference, fewer than six rounds, or a warm-up or repeats out of range.

    Examples
    --------
    >>> found = compare({"long": lambda: sum(range(20_000)), "short": lambda: sum(range(200))}, rounds=20)
    >>> found.ratio("short").high < 1
    True
    """
    reference = reference if reference is not None else next(iter(calls), "")
    _check(calls, reference, rounds, warmup, repeats)
    load = _load_a_core()
    times, _ = interleaved(calls, rounds=rounds, warmup=warmup, seconds=seconds, repeats=repeats, clock=clock)
    return Comparison(times, reference, load)


def interleaved(
    calls: Mapping[str, Call],
    *,
    rounds: int,
    warmup: int = 1,
    seconds: float | None = None,
    repeats: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Times, dict[str, Any]]:
    """Time every call once a round, another one first each time; see :func:`compare` for the parameters.

    Returns
    -------
    times : dict – name → seconds a call of each round that counts
    results : dict – name → what the call returned first
    """
    results: dict[str, Any] = {}
    times: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    begun = clock()
    for number in range(warmup + rounds):
        if seconds is not None and number >= warmup + FEWEST_ROUNDS and clock() - begun >= seconds:
            break
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            result = None
            start = clock()
            for _ in range(repeats):
                result = calls[name]()
            times[name].append((clock() - start) / repeats)
            results.setdefault(name, result)
            del result  # or its memory could not be used again in the next call
    return {name: np.array(found[warmup:]) for name, found in times.items()}, results


def latency_table(
    sessions: Mapping[str, Any],
    images: Tensor | np.ndarray,
    batch_sizes: Sequence[int] = (1, 64),
    **options: Any,
) -> tuple[pandas.DataFrame, dict[int, Comparison]]:
    """Time sessions (or functions of a batch) at several batch sizes.

    Parameters
    ----------
    sessions : mapping from a name to a Session, or to a callable that takes a batch
    images : float, shape (N, C, H, W) – at least as many as the largest batch; the first ones are used
    batch_sizes : images a call
    **options : of :func:`compare`

    Returns
    -------
    table : DataFrame – the tables of :meth:`Comparison.table` by batch size, with images a second
    comparisons : dict – batch size → Comparison

    Raises
    ------
    ValueError
        When there are fewer images than the largest batch needs.
    """
    import pandas

    if len(images) < max(batch_sizes):
        raise ValueError(f"There are {len(images)} images for batches of {max(batch_sizes)}: pass at least as many.")
    runs = {name: getattr(session, "run", session) for name, session in sessions.items()}
    comparisons = {}
    for size in batch_sizes:
        calls = {name: lambda run=run, batch=images[:size]: run(batch) for name, run in runs.items()}
        comparisons[size] = compare(calls, **options)
    tables = {size: comparison.table() for size, comparison in comparisons.items()}
    for size, table in tables.items():
        table.insert(2, "images/s", [f"{size / comparisons[size].median(name):,.0f}" for name in table.index])
    return pandas.concat(tables, names=["batch"]), comparisons


@contextmanager
def torch_threads(count: int) -> Generator[None, None, None]:
    """Let torch compute on so many threads, and give it back its own number afterwards; sessions fix theirs."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _check(calls: Mapping[str, Call], reference: str, rounds: int, warmup: int, repeats: int) -> None:
    if len(calls) < 2:
        raise ValueError(f"There are {len(calls)} calls: a comparison needs two or more, by name.")
    if reference not in calls:
        raise ValueError(f"The reference {reference!r} is none of {', '.join(calls)}: name one of them.")
    if rounds < FEWEST_ROUNDS:
        raise ValueError(f"rounds is {rounds}: expected at least {FEWEST_ROUNDS}, or the median has no interval.")
    if warmup < 0 or repeats < 1:
        raise ValueError(f"warmup is {warmup} and repeats is {repeats}: expected at least 0 and 1.")


def _load_a_core() -> float | None:
    if not hasattr(os, "getloadavg"):
        return None  # Windows
    return os.getloadavg()[0] / usable_cores()
