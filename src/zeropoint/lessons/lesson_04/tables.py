"""Tables of lesson 04: what its cells measured, in rows and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from zeropoint.vision.statistics import paired_difference

if TYPE_CHECKING:
    import pandas


def observer_table(found: Mapping[tuple[int, str], tuple[float, float]]) -> pandas.DataFrame:
    """Return one row for each observer, with its end and its SQNR at each bit width.

    Parameters
    ----------
    found : (bit width, observer) → upper end, SQNR in dB
    """
    import pandas

    rows: dict[str, dict[str, float]] = {}
    for (bits, name), (end, quality) in found.items():
        rows.setdefault(name, {})[f"end, {bits} bits"] = end
        rows[name][f"dB, {bits} bits"] = quality
    table = pandas.DataFrame(rows).T
    return table.round({column: 2 if str(column).startswith("end") else 1 for column in table})


def draws_table(fp32: np.ndarray, right: Mapping[str, Mapping[int, Sequence[np.ndarray]]], n: int) -> pandas.DataFrame:
    """Return one row for each observer and size: top-1 over the draws, and the first draw against FP32.

    Parameters
    ----------
    fp32 : bool array, shape (n,) – is the float network right?
    right : observer → calibration images → for each draw, is the quantized network right?
    n : int – test images, for the heading
    """
    import pandas

    rows = []
    for observer, by_size in right.items():
        for size, draws in by_size.items():
            percent = [100 * hit.mean() for hit in draws]
            span = f"{min(percent):.1f} … {max(percent):.1f} %" if len(draws) > 1 else f"{percent[0]:.1f} %"
            spread = f"{np.std(percent, ddof=1):.1f}" if len(draws) > 1 else "–"
            rows.append((observer, size, len(draws), span, spread, str(paired_difference(fp32, draws[0]))))
    columns = ["ranges", "images", "draws", "top-1", "sd of the draws", f"first draw against FP32, paired, n = {n:,}"]
    return pandas.DataFrame(rows, columns=columns)
