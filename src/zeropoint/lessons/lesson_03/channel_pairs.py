"""The pairs of tensors of exercise 03.1: whole and broken channels, loud and quiet, dead and perfect ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zeropoint.course.spec import Case
from zeropoint.quant import sqnr_db

F32 = np.float32

Pair = tuple[np.ndarray, np.ndarray]  # x and x_hat


def cases() -> list[Case]:
    """Return pairs that are shown when they fail, and drawn ones that are not."""
    shown = [
        (np.array([[3, 4], [1, -2]], F32), np.array([[3, 4.5], [1, -1.5]], F32)),
        (np.array([[1, -2, 2]], F32), np.array([[1, -2, 2]], F32)),
        (np.array([[0, 0], [8, 4], [2, 1]], F32), np.array([[0, 0], [8, 4.5], [2, 1]], F32)),  # a dead channel first
    ]
    generator = np.random.default_rng(30)
    drawn = [
        *(_noisy_pair(generator, i) for i in range(24)),
        (np.array([[[0.5]], [[-0.25]]], F32), np.array([[[-0.5]], [[0.5]]], F32)),  # more noise than signal
        *_lost_pairs(generator),
        *_sparse_pairs(generator),
        *(_close_pair(generator, size, share) for size, share in ((1e-6, 1e-3), (1e-5, 1e-3), (1, 1e-6))),
    ]
    return [Case(pair, public=True) for pair in shown] + [Case(pair) for pair in drawn]


_SHAPES = ((4, 50), (3, 2, 3, 3), (1, 9), (6, 5, 7), (12,), (5, 1, 4, 2, 3), (8, 3))


def _noisy_pair(generator: np.random.Generator, i: int) -> Pair:
    """Return a pair whose means, spreads, noise and shape change with i; every other one is clipped.

    Channels are loud and quiet, and so are their errors, independently: the largest error is not the worst SQNR.
    """
    shape = _SHAPES[i % len(_SHAPES)]
    axes = (shape[0], *[1] * (len(shape) - 1))
    while True:
        loud = 2.0 ** generator.uniform(-4, 1, axes)
        x = (loud * generator.normal(i % 3, 1 + i % 5, shape)).astype(F32)
        noise = generator.normal(0.05 * (i % 4), 0.02 * (1 + i % 7), shape) * generator.uniform(0.2, 2, axes)
        x_hat = (np.clip(x + loud * noise, -4, 4) if i % 2 else x + loud * noise).astype(F32)
        channels = sorted(sqnr_db(a, b) for a, b in zip(x, x_hat, strict=True))
        if len(channels) == 1 or channels[1] - channels[0] > 0.1:  # which one is worst is no matter of taste
            return x, x_hat


def _lost_pairs(generator: np.random.Generator) -> Iterator[Pair]:
    """Yield pairs in which everything came back as 0, or one channel did; and some in which nothing was lost."""
    x = generator.normal(0, 1, (3, 2, 5)).astype(F32)
    yield x, np.zeros_like(x)
    kept = x + F32(0.01)
    kept[1] = 0
    yield x, kept
    yield x, x.copy()
    x = np.concatenate([x, np.zeros((1, 2, 5), F32)])  # a dead channel last
    yield x, (x * (1 + 0.01 * generator.normal(0, 1, x.shape))).astype(F32)
    exact = ([[0, 0], [0, 0]], [[0, 0], [1, 2]], [[1, 2], [0, 0], [3, 4]], [[0, 0, 0]], [0, 2])
    for dead in exact:  # nothing was lost, in dead channels as in others
        yield np.array(dead, F32), np.array(dead, F32)


def _sparse_pairs(generator: np.random.Generator) -> Iterator[Pair]:
    """Yield pairs in which half of x is 0: zeros count, in the signal and in the error."""
    x = np.maximum(generator.normal(0, 1, (8, 40)), 0)
    for spread in (0.1, 0.3):
        yield x.astype(F32), (x + generator.normal(0, spread, x.shape)).astype(F32)


def _close_pair(generator: np.random.Generator, size: float, share: float) -> Pair:
    """Return a pair whose noise is as small as a safety term, or as what somebody calls equal."""
    x = size * generator.normal(0, 1, (3, 200))
    return x.astype(F32), (x * (1 + share * generator.normal(0, 1, x.shape))).astype(F32)
