"""The error that is read off a histogram is that of the values."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lessons.lesson_04.values import relu_like, two_sided
from zeropoint.lessons.lesson_04.percentiles import PERCENTILES, best_percentile, histogram_sqnr_db, watch
from zeropoint.quant import HistogramObserver, choose_qparams_affine, fake_quantize_affine, sqnr_db


@pytest.fixture(scope="module", params=[relu_like, two_sided])
def watched(request: pytest.FixtureRequest) -> tuple[np.ndarray, HistogramObserver]:
    x = request.param()
    return x, watch(x)


@pytest.mark.parametrize("bit_width", [4, 8])
@pytest.mark.parametrize("percentile", [90, 99.9, 100])
def test_sqnr_of_the_histogram_is_that_of_the_values(watched, percentile: float, bit_width: int) -> None:
    x, observer = watched
    qparams = choose_qparams_affine(*observer.percentile(percentile), bit_width=bit_width)
    expected = sqnr_db(x, fake_quantize_affine(x, *qparams))
    assert histogram_sqnr_db(observer, qparams) == pytest.approx(expected, abs=0.15)


def test_exact_zeros_have_no_error_even_in_wide_bins() -> None:
    generator = np.random.default_rng(6)
    x = (generator.uniform(0, 1, 40_000) * (generator.random(40_000) < 0.05)).astype(np.float32)
    observer = HistogramObserver(bins=256)
    observer.observe(x)
    qparams = observer.calculate_qparams(bit_width=4)
    expected = sqnr_db(x, fake_quantize_affine(x, *qparams))
    assert histogram_sqnr_db(observer, qparams) == pytest.approx(expected, abs=0.4)


@pytest.mark.parametrize("bit_width", [4, 8])
def test_best_percentile_has_the_highest_sqnr_of_the_values(watched, bit_width: int) -> None:
    x, observer = watched

    def quality(percentile: float) -> float:
        qparams = choose_qparams_affine(*observer.percentile(percentile), bit_width=bit_width)
        return sqnr_db(x, fake_quantize_affine(x, *qparams))

    best = best_percentile(observer, bit_width)
    assert quality(best) >= max(map(quality, PERCENTILES)) - 0.1


def test_an_observer_that_saw_nothing_is_one_sentence() -> None:
    observer = HistogramObserver()
    with pytest.raises(ValueError, match="has seen nothing yet"):
        histogram_sqnr_db(observer, choose_qparams_affine(0.0, 1.0))
