"""Times of several calls, taken in turns, so that whatever slows the machine for a while slows all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Times = dict[str, np.ndarray]  # name → seconds of each round


def interleaved(
    calls: Mapping[str, Callable[[], Any]], *, rounds: int, clock: Callable[[], float] = time.perf_counter
) -> tuple[Times, dict[str, Any]]:
    """Time every call once a round; a first round, which is not counted, warms everything up.

    Returns
    -------
    times : dict – name → seconds of each round
    results : dict – name → what the call returned in the round that is not counted
    """
    results: dict[str, Any] = {}
    times: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    for number in range(rounds + 1):
        shift = number % len(names)  # another one begins each time
        for name in names[shift:] + names[:shift]:
            start = clock()
            result = calls[name]()
            times[name].append(clock() - start)
            results.setdefault(name, result)
            del result  # or its memory could not be used again in the next call
    return {name: np.array(seconds[1:]) for name, seconds in times.items()}, results


def print_table(title: str, times: Times, *, reference: str, notes: Mapping[str, Sequence[str]] | None = None) -> None:
    """Print medians, the middle half of the rounds, and each median over that of the reference, as Markdown.

    Parameters
    ----------
    notes : mapping
        Further columns: the key "" has their headings, the others are names in ``times``.
    """
    notes = notes or {}
    base = float(np.median(times[reference]))
    heading = [title, "median", "middle half", f"over {reference}", *notes.get("", ())]
    print("", "| " + " | ".join(heading) + " |", "|" + "---|" * len(heading), sep="\n")
    for name, seconds in times.items():
        low, middle, high = 1e3 * np.quantile(seconds, [0.25, 0.5, 0.75])
        ratio = 1e-3 * middle / base
        row = [name, f"{middle:,.1f} ms", f"{low:,.1f} – {high:,.1f}", f"{ratio:.2f} ×", *notes.get(name, ())]
        print("| " + " | ".join(row) + " |", flush=True)
