"""What lesson 03 measures, where the loops would hide the idea: tables of best clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from zeropoint.lessons.lesson_03.clipping import clip_errors


def against_published(drawn: Mapping[str, np.ndarray], published: pd.DataFrame, clips: np.ndarray) -> pd.DataFrame:
    """Return the measured best clip beside a published one, and what using the published one costs.

    Parameters
    ----------
    drawn : name → float array, any shape
    published : clip by bit width (index) and name (columns)
    clips : float array – the clips that are tried, in the units of ``published``

    Returns
    -------
    DataFrame
        A row for each bit width; columns (quantity, name): ``measured``, ``published`` and ``cost in dB``, the ratio
        of the two mean squared errors.
    """
    rows = []
    for name, x in drawn.items():
        pairs = zip(published.index.to_numpy(int).tolist(), published[name].to_numpy(float).tolist(), strict=True)
        for bits, theirs in pairs:
            total = np.sum(clip_errors(x, clips, bits), axis=0)
            error = float(np.sum(clip_errors(x, [theirs], bits)))
            cost = 10 * np.log10(error / total.min())
            rows.append((bits, name, clips[total.argmin()], theirs, cost))
    columns = ["bits", "tensor", "measured", "published", "cost in dB"]
    return pd.DataFrame(rows, columns=columns).pivot(index="bits", columns="tensor", values=columns[2:])


def against_min_max(tensors: Mapping[str, np.ndarray], bit_widths: Sequence[int], shares: np.ndarray) -> pd.DataFrame:
    """Return the best clip as a share of the largest |x|, and what it gains over the whole range.

    Parameters
    ----------
    tensors : name → float array, any shape
    bit_widths : ints
    shares : float array, the last one 1 – the clips that are tried, as shares of the largest |x|

    Returns
    -------
    DataFrame
        A row for each tensor and bit width: ``best clip`` in percent, SQNR with the whole range, SQNR with the best
        clip, and their difference, in dB.
    """
    rows = []
    for name, x in tensors.items():
        power = np.mean(x.astype(np.float64) ** 2)
        for bits in bit_widths:
            noise = np.sum(clip_errors(x, shares * np.abs(x).max(), bits), axis=0)
            min_max = 10 * np.log10(power / noise[-1])
            best = 10 * np.log10(power / noise.min())
            rows.append((name, bits, f"{shares[noise.argmin()]:.0%}", min_max, best, best - min_max))
    columns = ["tensor", "bits", "best clip", "min-max dB", "best dB", "gain dB"]
    return pd.DataFrame(rows, columns=columns).set_index(["tensor", "bits"])
