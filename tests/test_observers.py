"""Observers, granularity and metrics."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from zeropoint.quant import MinMaxObserver, PerAxis, PerTensor, mse, nbytes, sqnr_db

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
    ],
)
def test_bad_use_is_one_sentence(use, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        use()


def _two_shapes() -> None:
    observer = MinMaxObserver(PerAxis(0))
    observer.observe(X)
    observer.observe(X[:2])


def _with_nan() -> None:
    observer = MinMaxObserver()
    observer.observe(np.float32([1, np.nan]))
    observer.calculate_qparams()


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
