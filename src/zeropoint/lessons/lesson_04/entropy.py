"""The Kullback–Leibler divergence between values and what few codes leave of them."""

from __future__ import annotations

import numpy as np


def divergence(counts: np.ndarray, keep: int, levels: int) -> float:
    """Return the divergence when the first bins get the codes and the rest is clipped.

    Bins that share a code are replaced by their average; empty bins stay empty, as they would have no logarithm.

    Parameters
    ----------
    counts : int array, shape (bins,) – values per bin, from 0 upwards
    keep, levels : int – how many bins the range covers, and how many codes it has

    Returns
    -------
    float ≥ 0, in nats

    Examples
    --------
    >>> six = np.array([40, 20, 10, 5, 3, 2])
    >>> round(divergence(six, keep=6, levels=3), 3), round(divergence(six, keep=6, levels=6), 3)
    (0.054, 0.0)
    """
    p = counts[:keep].astype(float)
    p[-1] += counts[keep:].sum()  # what is clipped lands in the last bin
    code = np.round((np.arange(keep) + 0.5) / keep * (levels - 1)).astype(int)  # (keep,): of each bin's centre
    filled = p > 0
    values = np.bincount(code, counts[:keep])  # (levels,): how many values have each code
    # 1 in place of 0: the last bin may hold clipped values only, and a code without a filled bin is not looked at
    q = (np.maximum(values, 1) / np.maximum(np.bincount(code, filled), 1))[code]
    p = p[filled] / p.sum()
    q = q[filled] / q[filled].sum()
    return float(np.sum(p * np.log(p / q)))
