"""Times of several calls, taken in turns, so that whatever slows the machine for a while slows all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from zeropoint.deploy.comparison import Times
from zeropoint.deploy.latency import interleaved

__all__ = ["Times", "interleaved", "print_table"]


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
    print()
    print("| " + " | ".join(heading) + " |")
    print("|" + "---|" * len(heading))
    for name, seconds in times.items():
        low, middle, high = 1e3 * np.quantile(seconds, [0.25, 0.5, 0.75])
        ratio = 1e-3 * middle / base
        row = [name, f"{middle:,.1f} ms", f"{low:,.1f} – {high:,.1f}", f"{ratio:.2f} ×", *notes.get(name, ())]
        print("| " + " | ".join(row) + " |", flush=True)
