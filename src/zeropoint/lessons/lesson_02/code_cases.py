"""The tensors of exercise 02.3, with one scale or with many: all shapes, ties, values far beyond the codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zeropoint.course.spec import Case

Arguments = tuple[np.ndarray, Any, Any]  # x, scale and zero point: NumPy numbers, or arrays that broadcast


def cases() -> list[Case]:
    """Return cases that are shown when they fail, edges, and drawn ones that are not shown."""
    generator = np.random.default_rng(21)
    step = np.float32(5.9 / 255)
    rows = np.array([[0.02], [0.5]], np.float32)
    seen = [
        (np.array([0.3, 0.0, 5.0, -0.9], np.float32), step, np.uint8(39)),
        (np.array([7.0, -3.0], np.float32), step, np.uint8(39)),
    ]
    seen_later = [
        (np.array([0.3, 0.0, 7.0, -3.0], np.float32), step, np.int8(-89)),
        (np.array([[0.3, -3.0], [0.3, -3.0]], np.float32), rows, np.array([[5], [0]], np.int8)),
    ]
    edges = _edges(generator)
    drawn = [_drawn(generator, number) for number in range(32)]
    drawn += [*_far(), *_broadcast(generator)]
    return [
        *(Case(args, public=True) for args in seen),
        *(Case(args) for args in edges),
        *(Case(args, public=True) for args in seen_later),
        *(Case(args) for args in drawn),
    ]


def _edges(generator: np.random.Generator) -> list[Arguments]:
    """Return ties, tensors without an axis or a value, all values beyond the codes, and many axes."""
    tenth = np.float32(0.1)
    half = np.float32(0.5)
    ties = np.array([0.25, 0.75, 1.25, 1.75, -0.25], np.float32)
    return [
        (ties, half, np.uint8(7)),
        (ties + 3, half, np.int8(-7)),
        (np.array([], np.float32), tenth, np.uint8(3)),
        (np.array(0.33, np.float32), tenth, np.int8(4)),
        (np.array(-40.0, np.float32), tenth, np.uint8(4)),
        (np.full((2, 3), 1e6, np.float32), tenth, np.uint8(0)),
        (np.array([[-1e6]], np.float32), tenth, np.int8(127)),
        (generator.normal(0, 2, (2, 1, 3, 2, 4)).astype(np.float32), np.float32(0.02), np.uint8(120)),
    ]


def _far() -> list[Arguments]:
    """Return values of more steps than 16 or 32 bits can count."""
    return [
        (np.array([1e9, 0.3, -1e9], np.float32), np.float32(0.02), np.uint8(39)),
        (np.array([[-1e9], [1e9]], np.float32), np.float32(0.05), np.int8(-7)),
        (np.array([1e9, -1e9], np.float32), np.float32(0.1), np.int8(100)),
    ]


def _broadcast(generator: np.random.Generator) -> Iterator[Arguments]:
    """Yield scales and zero points that broadcast in every way, along other axes than the first and beside a number."""
    shapes: list[tuple[tuple[int, ...], ...]] = [  # of x, scale and zero point
        ((3, 3), (3,), (3,)),
        ((4, 4), (1, 4), (1, 4)),
        ((3, 3, 2, 2), (1, 3, 1, 1), (1, 3, 1, 1)),
        ((2, 2, 2), (2, 1), (2, 1)),
        ((3, 3), (3,), (1, 3)),
        ((5, 5, 2), (1, 5, 1), (1, 5, 1)),
        ((2, 3), (1, 3), (3,)),
        ((3, 4), (3, 1), ()),
        ((3, 4), (), (3, 1)),
        ((3, 3), (3,), ()),
        ((3, 3), (3, 1), (3,)),
        ((2, 3), (2, 3), (2, 3)),
        ((2, 3), (1,), (1,)),
        ((3, 0), (3, 1), (3, 1)),
    ]
    for number, (of_x, of_scale, of_zero_point) in enumerate(shapes):
        dtype = np.dtype((np.uint8, np.int8)[number % 2])
        x = generator.normal(0, 4, of_x).astype((np.float32, np.float64)[number % 5 == 4])
        scale = generator.uniform(0.02, 0.2, of_scale).astype(np.float32) if of_scale else np.float32(0.04)
        zero_point = (generator.integers(0, 256, of_zero_point) + int(np.iinfo(dtype).min)).astype(dtype)
        yield x, scale, zero_point[()]
    x = generator.normal(0, 4, (2, 3)).astype(np.float32)
    yield x, np.array(0.1, np.float32), np.array(-3, np.int8)  # without an axis, and arrays all the same
    yield x[0], np.array(0.2, np.float32), np.array(3, np.uint8)


def _drawn(generator: np.random.Generator, number: int) -> Arguments:
    """Return a tensor with one scale or, every other time, with one for each channel: one channel or several."""
    channels = (4, 1, 3, 5)[number // 2 % 4]
    dtype = np.dtype(np.int8 if number // 2 % 2 else np.uint8)
    shape = (channels, 3) if number % 3 else (channels, 2, 3, 3)
    x = generator.normal(0, 4, shape).astype(np.float32)
    parameters = (channels, *[1] * (len(shape) - 1)) if number % 2 else ()
    scale = generator.uniform(0.005, 0.05, parameters).astype(np.float32)
    zero_point = generator.integers(0, 256, parameters) + int(np.iinfo(dtype).min)
    return x, np.asarray(scale)[()], np.asarray(zero_point).astype(dtype)[()]  # [()]: a number where there is one only
