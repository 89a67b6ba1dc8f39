"""Error bars, against published examples, simulation and the binomial distribution."""

from __future__ import annotations

import numpy as np
import pytest

from zeropoint.vision.statistics import Accuracy, PairedDifference, paired_difference, wilson_interval


def test_wilson_interval_of_published_examples() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20
    for correct, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert wilson_interval(correct, n) == pytest.approx((low, high), abs=1e-4)
    with pytest.raises(ValueError, match="expected 0 <= correct <= n"):
        wilson_interval(3, 2)


def test_paired_interval_covers_the_truth_about_95_times_in_100() -> None:
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        cells = generator.choice(4, size=400, p=[0.85, 0.03, 0.05, 0.07])  # both, only after, only before, none
        difference = paired_difference(np.isin(cells, (0, 2)), np.isin(cells, (0, 1)))
        low, high = difference.interval
        covered += low <= -2.0 <= high
    assert 930 <= covered <= 975


def test_paired_interval_matches_the_design_figure() -> None:
    low, high = PairedDifference(gained=15, lost=15, n=2000).interval  # 1.5 % disagreement: about ±0.54 points
    assert (high - low) / 2 == pytest.approx(0.54, abs=0.02)
    assert PairedDifference(0, 0, 2000).interval[1] > 0, "no disagreement does not mean no uncertainty"


def test_mcnemar_against_the_binomial_distribution() -> None:
    assert PairedDifference(1, 9, 100).p_value == pytest.approx(2 * (1 + 10) / 2**10)
    assert PairedDifference(5, 5, 100).p_value == 1
    assert PairedDifference(0, 0, 100).p_value == 1


def test_accuracy_never_travels_alone() -> None:
    assert str(Accuracy(1840, 2000)) == "92.00 % (95 % interval 90.73 … 93.11, n = 2,000)"


def test_paired_comparison_needs_the_same_images() -> None:
    with pytest.raises(ValueError, match="needs the same images"):
        paired_difference([True], [True, False])
