"""The tables of lesson 05."""

from __future__ import annotations

import numpy as np
from torch import nn

from zeropoint.lessons.lesson_05.tables import cost_table, layer_table, losses_table


def test_each_layer_with_weights_has_a_row() -> None:
    table = layer_table(nn.Sequential(nn.Conv2d(4, 8, 3), nn.ReLU(), nn.Linear(8, 2)))
    assert table["shape"].tolist() == [(8, 4, 3, 3), (2, 8)]
    assert table["weights per channel"].tolist() == [36, 8]


def test_losses_are_paired() -> None:
    hit = np.arange(100)
    table = losses_table(hit < 90, {(4, "per-tensor"): hit < 50})
    assert table.iloc[0, :3].tolist() == ["W4A8", "per-tensor", "50.0 %"]
    assert table.iloc[0, 3].startswith("-40.00 points") and "n = 100" in table.columns[3]


def test_scales_cost_four_bytes_each() -> None:
    table = cost_table({("net", "per-channel"): 25}, {"net": 1000})
    assert table.iloc[0].tolist() == ["net", "per-channel", "100", "10.0 %", "20.0 %"]
