"""The tables of lesson 04."""

from __future__ import annotations

import numpy as np

from zeropoint.lessons.lesson_04.entropy import divergence
from zeropoint.lessons.lesson_04.tables import draws_table, observer_table


def test_each_observer_has_a_row_and_each_bit_width_two_columns() -> None:
    table = observer_table({(4, "mse"): (2.714, 20.61), (8, "mse"): (5.4, 37.3), (4, "entropy"): (3.4, 20.0)})
    assert table.loc["mse"].tolist() == [2.71, 20.6, 5.4, 37.3]
    assert table.columns.tolist() == ["end, 4 bits", "dB, 4 bits", "end, 8 bits", "dB, 8 bits"]


def test_draws_have_their_extremes_and_the_first_is_compared() -> None:
    hit = np.arange(100)
    table = draws_table(hit < 90, {"mse": {16: [hit < 80, hit < 84], 1000: [hit < 85]}}, 100)
    assert table["top-1"].tolist() == ["80.0 … 84.0 %", "85.0 %"]
    assert table["sd of the draws"].tolist() == ["2.8", "–"]
    assert table.iloc[0, -1].startswith("-10.00 points")


def test_divergence_is_that_of_the_average_of_the_bins_that_share_a_code() -> None:
    p = np.array([40, 20, 10, 5, 3, 2]) / 80
    q = np.array([30, 30, 7.5, 7.5, 2.5, 2.5]) / 80
    found = divergence(np.array([40, 20, 10, 5, 3, 2]), keep=6, levels=3)
    assert np.isclose(found, np.sum(p * np.log(p / q)), rtol=1e-9)


def test_empty_bins_stay_empty_and_clipped_values_count() -> None:
    assert divergence(np.array([4, 0, 4, 0]), keep=4, levels=2) == 0
    assert divergence(np.array([4, 4, 4, 4]), keep=2, levels=2) > 0.1
