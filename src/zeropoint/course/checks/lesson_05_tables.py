"""Exercise 05.3: tables of weight quantizers that all claim to be per-channel, with faults planted by a seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from zeropoint.course.spec import Case

if TYPE_CHECKING:
    import pandas

FAULTS = ("off", "wrong axis", "all equal")
_NAMES = ("stem", "stage1.expand", "stage1.depthwise", "stage1.project", "stage2.conv", "stage2.square")
_NAMES += ("stage3.expand", "stage3.depthwise", "stage3.project", "heatmap", "fc")


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
    """
    import pandas

    generator = np.random.default_rng([53, seed])
    shapes = _shapes(generator)
    planted = dict(zip(_faulty(generator, shapes), (*FAULTS, *FAULTS), strict=False))
    rows = [
        (name, shape, "per-channel, symmetric", _scale(generator, shape, planted.get(name)))
        for name, shape in shapes.items()
    ]
    return pandas.DataFrame(rows, columns=["layer", "weight_shape", "scheme", "scale"])


def _shapes(generator: np.random.Generator) -> dict[str, tuple[int, ...]]:
    a, b, c = (int(n) for n in generator.choice([16, 24, 32, 40, 48], 3, replace=False))
    shapes = ((a, 3, 3, 3), (2 * a, a, 1, 1), (2 * a, 1, 3, 3), (b, 2 * a, 1, 1), (c, b, 3, 3), (c, c, 3, 3))
    shapes += ((4 * c, c, 1, 1), (4 * c, 1, 3, 3), (c, 4 * c, 1, 1), (1, c, 1, 1), (10, c))
    return dict(zip(_NAMES, shapes, strict=True))


def _faulty(generator: np.random.Generator, shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Return the layers that get the faults, in their order; wrong axes need an axis 1 that is longer than 1."""
    if generator.random() < 0.2:
        return []
    usual = [name for name, shape in shapes.items() if shape[0] > 1]
    names = [str(name) for name in generator.permutation(usual)]
    wide = [name for name in names if shapes[name][1] > 1 and name != "stage2.square"]
    second = "stage2.square" if generator.random() < 0.5 else wide[0]  # there the number of scales looks right
    rest = [name for name in names if name != second]
    return [rest[0], second, *rest[1 : 2 + int(generator.integers(0, 2))]]


def _scale(generator: np.random.Generator, shape: tuple[int, ...], fault: str | None) -> np.ndarray:
    axis = 1 if fault == "wrong axis" else 0
    kept = tuple(size if i == axis else 1 for i, size in enumerate(shape))
    scale = generator.permutation(np.geomspace(2e-4, 3e-2, shape[axis])).astype(np.float32).reshape(kept)
    if fault == "off":
        return scale.max().reshape(() if generator.random() < 0.5 else [1] * len(shape))
    return np.full_like(scale, scale.max()) if fault == "all equal" else scale


def table_cases() -> list[Case]:
    """Return the same tables each time, none of which is the one in the notebook."""
    return [Case((delivered_table(seed),)) for seed in range(1, 9)]


def reference_suspects(table: pandas.DataFrame) -> dict[str, tuple[str, int]]:
    """Return each faulty layer with its fault and the number of different scales that it has."""
    found = {}
    for layer, shape, scale in zip(table["layer"], table["weight_shape"], table["scale"], strict=True):
        distinct, kept = len(np.unique(scale)), (shape[0], *[1] * (len(shape) - 1))
        if scale.size == 1 < shape[0]:
            found[layer] = ("off", distinct)
        elif scale.shape != kept and shape[0] > 1:
            found[layer] = ("wrong axis", distinct)
        elif distinct == 1 < shape[0]:
            found[layer] = ("all equal", distinct)
    return found


_MISSED = {
    "off": "{layer} has one scale for all its output channels, whatever the column scheme claims, and is not named.",
    "wrong axis": "{layer} has several scales, but not along axis 0, the output channels, and is not named: compare "
    "shapes, not only how many there are.",
    "all equal": "{layer} has a scale for each output channel, and all of them are the same number: per-tensor in "
    "disguise, and it is not named. Look at the values.",
}


def compare_suspects(got: Any, expected: Mapping[str, tuple[str, int]]) -> str | None:
    """Compare the named layers, their faults, and the evidence."""
    if not isinstance(got, Mapping):
        return f"expected a dictionary, layer → (fault, number of different scales), got a {type(got).__name__}."
    for layer in got:
        if layer not in expected:
            return _healthy(str(layer))
    for layer, (fault, distinct) in expected.items():
        if layer not in got:
            return _MISSED[fault].format(layer=layer)
        named = got[layer]
        if not isinstance(named, tuple | list) or len(named) != 2 or not isinstance(named[0], str):
            return f"{layer}: expected (fault, number of different scales), such as ('off', 1)."
        if named[0].strip().lower().replace("_", " ") != fault:
            return f"{layer}: it is something else than {named[0]!r}. The three faults: {', '.join(FAULTS)}."
        if isinstance(named[1], bool | str) or named[1] != distinct:
            return f"{layer}: the fault is right, the evidence is not: count the different values of its scale."
    return None


def _healthy(layer: str) -> str:
    if layer == "heatmap":
        return "heatmap has one output channel, so one scale *is* one for each channel: nothing is wrong with it."
    if layer == "fc":
        return "fc is healthy but named: a linear layer has two dimensions, and its scale the shape (out, 1)."
    return f"{layer} is healthy but named: its scales lie along axis 0 and differ."
