"""Observers, granularity and metrics."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.ao.quantization import observer as torch_observers  # deprecated: a test oracle only

from zeropoint.quant import (
    HistogramObserver,
    MinMaxObserver,
    MovingAverageMinMaxObserver,
    PerAxis,
    PerGroup,
    PerTensor,
    mse,
    nbytes,
    sqnr_db,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3, 2, 2)).astype(np.float32)


@pytest.mark.parametrize("convert", [np.asarray, torch.from_numpy])
@pytest.mark.parametrize(
    ("granularity", "axes", "shape"),
    [(PerTensor(), (0, 1, 2, 3), ()), (PerAxis(1), (0, 2, 3), (1, 3, 1, 1)), (PerAxis(-4), (1, 2, 3), (5, 1, 1, 1))],
)
def test_batches_together_equal_all_at_once(convert, granularity, axes, shape) -> None:
    observer = MinMaxObserver(granularity)
    observer.observe(convert(X))
    observer.observe(convert(X * 0.5))
    keep = shape != ()
    np.testing.assert_array_equal(np.asarray(observer.min_val), X.min(axis=axes, keepdims=keep))
    np.testing.assert_array_equal(np.asarray(observer.max_val), X.max(axis=axes, keepdims=keep))
    assert tuple(observer.calculate_qparams().scale.shape) == shape


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: MinMaxObserver().calculate_qparams(), "seen no data"),
        (lambda: MinMaxObserver().observe(np.zeros((0, 2), np.float32)), "at least one value"),
        (lambda: MinMaxObserver(PerAxis(4)).observe(X), "axis 4 does not exist"),
        (lambda: _two_shapes(), "one observer for each tensor"),
        (lambda: _with_nan(), "NaN or infinite"),
        (
            lambda: MinMaxObserver().merge(MinMaxObserver(PerAxis(0))),
            r"cannot take over a .* \(per-channel \(axis 0\)\)",
        ),
        (lambda: MinMaxObserver().merge(HistogramObserver()), "made alike"),
        (lambda: MinMaxObserver().merge(X), "no observer"),
        (lambda: _merged(X, X[:2], PerAxis(0)), "one observer for each tensor"),
        (lambda: MovingAverageMinMaxObserver(0), "averaging_constant is 0: expected above 0"),
        (lambda: MovingAverageMinMaxObserver(1.5), "at most 1"),
        (lambda: MovingAverageMinMaxObserver().merge(MovingAverageMinMaxObserver()), "order of all batches"),
        (lambda: MovingAverageMinMaxObserver().calculate_qparams(), "seen no data"),
    ],
)
def test_bad_use_is_one_sentence(use, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        use()


def _merged(first, second, granularity) -> MinMaxObserver:
    """Return the observer of two batches that were observed apart."""
    one = MinMaxObserver(granularity)
    two = MinMaxObserver(granularity)
    one.observe(first)
    two.observe(second)
    one.merge(two)
    return one


def _two_shapes() -> None:
    observer = MinMaxObserver(PerAxis(0))
    observer.observe(X)
    observer.observe(X[:2])


def _with_nan() -> None:
    observer = MinMaxObserver()
    observer.observe(np.float32([1, np.nan]))
    observer.calculate_qparams()


@pytest.mark.parametrize("convert", [np.asarray, torch.from_numpy])
@pytest.mark.parametrize("granularity", [PerTensor(), PerAxis(1), PerGroup(2)])
def test_merged_halves_equal_the_whole(convert, granularity) -> None:
    whole = MinMaxObserver(granularity)
    whole.observe(convert(X))
    whole.observe(convert(X * -2))
    merged = _merged(convert(X), convert(X * -2), granularity)
    np.testing.assert_array_equal(np.asarray(merged.min_val), np.asarray(whole.min_val))
    np.testing.assert_array_equal(np.asarray(merged.max_val), np.asarray(whole.max_val))


def test_merging_an_observer_without_data_changes_nothing() -> None:
    observer = _merged(X, X, PerTensor())
    observer.merge(MinMaxObserver())
    assert (observer.min_val, observer.max_val) == (X.min(), X.max())


@pytest.mark.parametrize("constant", [0.01, 0.3, 1])
@pytest.mark.parametrize("per_channel", [False, True])
def test_moving_average_equals_torchs(constant: float, per_channel: bool) -> None:
    batches = torch.randn(20, 6, 4, 3, generator=torch.Generator().manual_seed(0))
    if per_channel:
        theirs = torch_observers.MovingAveragePerChannelMinMaxObserver(averaging_constant=constant, ch_axis=1)
    else:
        theirs = torch_observers.MovingAverageMinMaxObserver(averaging_constant=constant)
    ours = MovingAverageMinMaxObserver(constant, PerAxis(1) if per_channel else PerTensor())
    arrays = MovingAverageMinMaxObserver(constant, ours.granularity)
    for batch in batches:
        theirs(batch)
        ours.observe(batch)
        arrays.observe(batch.numpy())
    for name in ("min_val", "max_val"):
        assert torch.equal(getattr(ours, name).flatten(), getattr(theirs, name).flatten())
        np.testing.assert_array_equal(np.asarray(getattr(arrays, name)), np.asarray(getattr(ours, name)))


def test_moving_average_works_by_group() -> None:
    observer = MovingAverageMinMaxObserver(0.5, PerGroup(2))
    observer.observe(np.float32([[0, 1, 2, 3]]))
    observer.observe(np.float32([[0, 3, 2, 7]]))
    assert observer.max_val.tolist() == [[2, 5]]
    assert observer.calculate_qparams().scale.shape == (1, 4)


def test_sqnr_of_a_known_error() -> None:
    assert sqnr_db(np.float32([10, 10]), np.float32([9, 11])) == pytest.approx(20)
    assert sqnr_db(torch.ones(3), torch.ones(3)) == math.inf
    assert sqnr_db(np.zeros(2, np.float32), np.ones(2, np.float32)) == -math.inf


def test_one_more_bit_is_six_decibels() -> None:
    uniform = np.random.default_rng(1).uniform(-1, 1, 200_000).astype(np.float32)
    from zeropoint.quant import choose_qparams_affine, fake_quantize_affine

    steps = [choose_qparams_affine(-1.0, 1.0, bit_width=b, signed=True, symmetric=True) for b in (6, 7)]
    low, high = (sqnr_db(uniform, fake_quantize_affine(uniform, *q)) for q in steps)
    assert high - low == pytest.approx(20 * math.log10(63 / 31), abs=0.1)


def test_mse_refuses_other_shapes_and_nothing() -> None:
    with pytest.raises(ValueError, match="the same tensor before and after"):
        mse(np.ones(2, np.float32), np.ones(3, np.float32))
    with pytest.raises(ValueError, match="empty"):
        mse(np.ones(0, np.float32), np.ones(0, np.float32))


@pytest.mark.parametrize(("count", "bits", "expected"), [(45_000_000, 8, 45_000_000), (3, 4, 2), (0, 8, 0), (9, 3, 4)])
def test_packed_bytes(count: int, bits: int, expected: int) -> None:
    assert nbytes(count, bits) == expected
