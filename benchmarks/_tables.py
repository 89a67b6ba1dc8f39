"""Tables of results in ``docs/benchmarks.md``, each between two comments that name it, and what their cells hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zeropoint.vision.statistics import paired_difference

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def write_section(name: str, text: str) -> None:
    """Replace what stands between ``<!-- name -->`` and ``<!-- end of name -->``."""
    begin = f"<!-- {name} -->"
    end = f"<!-- end of {name} -->"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    if not rest:
        raise SystemExit(f"docs/benchmarks.md has no line {begin}: add it, and {end}, where the table belongs.")
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def difference(before: np.ndarray, after: np.ndarray) -> list[float]:
    """Return the points of top-1 between two networks and the ends of the paired interval, as a record keeps them."""
    found = paired_difference(before, after)
    return [round(v, 2) for v in (found.points, *found.interval)]


def in_words(found: Sequence[float]) -> str:
    """Return a recorded difference as the tables show it.

    Examples
    --------
    >>> in_words([-0.5, -1, 0])
    '-0.50 (-1.00 … +0.00)'
    """
    return "{:+.2f} ({:+.2f} … {:+.2f})".format(*found)
