"""The tables of lesson 03: the clips that they call best are those of least error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.lessons.lesson_03.tensors import TENSORS
from zeropoint.lessons.lesson_03 import material
from zeropoint.lessons.lesson_03.clipping import clipped_qparams
from zeropoint.quant import fake_quantize_affine, sqnr_db

X = TENSORS["Gaussian"].astype(np.float64)


def decibels(clip: float, bits: int) -> float:
    return sqnr_db(X, fake_quantize_affine(X, *clipped_qparams(X, clip, bits)))


def test_using_the_published_clip_costs_the_difference_in_decibels() -> None:
    clips = np.arange(1.0, 4.0, 0.1)
    table = material.against_published({"G": X}, pd.DataFrame({"G": [2.15, 2.56]}, index=[3, 4]), clips)
    for bits, published in ((3, 2.15), (4, 2.56)):
        best = max(clips, key=lambda clip: decibels(clip, bits))
        assert table.loc[bits, ("measured", "G")] == pytest.approx(best)
        cost = decibels(best, bits) - decibels(published, bits)
        assert table.loc[bits, ("cost in dB", "G")] == pytest.approx(cost, abs=1e-3)


def test_the_gain_over_min_max_is_what_quantizing_with_both_gives() -> None:
    shares = np.arange(10, 101) / 100
    row = material.against_min_max({"G": X}, (4,), shares).loc[("G", 4)]
    largest = float(np.abs(X).max())
    best = max(shares, key=lambda share: decibels(share * largest, 4))
    assert row["best clip"] == f"{best:.0%}"
    assert row["min-max dB"] == pytest.approx(decibels(largest, 4), abs=1e-3)
    assert row["gain dB"] == pytest.approx(row["best dB"] - row["min-max dB"])
