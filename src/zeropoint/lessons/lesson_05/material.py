"""Tables of weight quantizers that all claim to be per-channel, with faults planted by a seed, for exercise 05.3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas

FAULTS = ("off", "wrong axis", "all equal")


def delivered_table(seed: int) -> pandas.DataFrame:
    """Return one table of a quantized network, as a toolkit might print it.

    Parameters
    ----------
    seed : int
        Decides the sizes of the layers, which of them are faulty, and how.

    Returns
    -------
    pandas.DataFrame, one row a layer
        ``layer``; ``weight_shape``: a tuple; ``scheme``: what the toolkit says; ``scale``: the array itself, with
        the reduced dimensions kept.

    Examples
    --------
    >>> table = delivered_table(seed=1)
    >>> table.columns.tolist(), table["scheme"].unique().tolist()
    (['layer', 'weight_shape', 'scheme', 'scale'], ['per-channel, symmetric'])
    """
    import pandas

    generator = np.random.default_rng([53, seed])
    shapes = _shapes(generator)
    planted = dict(zip(_faulty(generator, shapes), (*FAULTS, *FAULTS), strict=False))
    rows = []
    for layer, shape in shapes.items():
        scale = _scale(generator, shape, planted.get(layer))
        rows.append((layer, shape, "per-channel, symmetric", scale))
    return pandas.DataFrame(rows, columns=["layer", "weight_shape", "scheme", "scale"])


def _shapes(generator: np.random.Generator) -> dict[str, tuple[int, ...]]:
    a, b, c = (int(n) for n in generator.choice([16, 24, 32, 40, 48], 3, replace=False))
    return {
        "stem": (a, 3, 3, 3),
        "stage1.expand": (2 * a, a, 1, 1),
        "stage1.depthwise": (2 * a, 1, 3, 3),
        "stage1.project": (b, 2 * a, 1, 1),
        "stage2.conv": (c, b, 3, 3),
        "stage2.square": (c, c, 3, 3),
        "stage3.expand": (4 * c, c, 1, 1),
        "stage3.depthwise": (4 * c, 1, 3, 3),
        "stage3.project": (c, 4 * c, 1, 1),
        "heatmap": (1, c, 1, 1),
        "fc": (10, c),
    }


def _faulty(generator: np.random.Generator, shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Return the layers that get the faults, in their order; wrong axes need an axis 1 that is longer than 1."""
    if generator.random() < 0.2:
        return []
    usual = [name for name, shape in shapes.items() if shape[0] > 1]
    names = [str(name) for name in generator.permutation(usual)]
    wide = [name for name in names if shapes[name][1] > 1 and name != "stage2.square"]
    second = "stage2.square" if generator.random() < 0.5 else wide[0]  # there the number of scales looks right
    rest = [name for name in names if name != second]
    more = int(generator.integers(1, 3))
    return [rest[0], second, *rest[1 : 1 + more]]


def _scale(generator: np.random.Generator, shape: tuple[int, ...], fault: str | None) -> np.ndarray:
    axis = 1 if fault == "wrong axis" else 0
    kept = tuple(size if i == axis else 1 for i, size in enumerate(shape))
    scale = generator.permutation(np.geomspace(2e-4, 3e-2, shape[axis])).astype(np.float32).reshape(kept)
    if fault == "off":
        single: tuple[int, ...] = () if generator.random() < 0.5 else (1,) * len(shape)
        return scale.max().reshape(single)
    if fault == "all equal":
        return np.full_like(scale, scale.max())
    return scale
