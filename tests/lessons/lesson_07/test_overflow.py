"""What too few bits do to a layer: which sums and codes change, when they wrap around and when they saturate."""

from __future__ import annotations

import numpy as np
import pytest

from zeropoint.lessons.lesson_07.overflow import damage

SUMS = np.array([[-300, -20, 0, 20], [100, 200, 300, 5]])


def shifted_relu(acc: np.ndarray) -> np.ndarray:
    return np.clip(acc >> 1, 0, 255)


def test_damage_counts_what_wraps_and_what_stops() -> None:
    wrapped = damage(SUMS, shifted_relu, 9, "wrap")  # holds −256 … 255
    assert wrapped.sums_outside == pytest.approx(25)
    assert wrapped.codes.tolist() == [[106, 0, 0, 10], [50, 100, 0, 2]]  # −300 became 212, 300 became −212
    assert (wrapped.codes_changed, wrapped.largest_change) == (25, 150)
    stopped = damage(SUMS, shifted_relu, 9, "saturate")
    assert stopped.codes.tolist() == [[0, 0, 0, 10], [50, 100, 127, 2]]  # the negative one does no harm
    assert (stopped.codes_changed, stopped.largest_change) == (12.5, 23)


def test_wide_accumulators_change_nothing() -> None:
    for overflow in ("wrap", "saturate"):
        assert damage(SUMS, shifted_relu, 10, overflow)[:3] == (0, 0, 0)
