"""Exercise 05.3: find the layers of a table that claim to be per-channel and are not, with evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck
from zeropoint.lessons.lesson_05.material import FAULTS, Layer, delivered_table

if TYPE_CHECKING:
    import pandas

_MISSED = {
    "off": "{layer} has one scale for all its output channels, whatever the column scheme claims, and is not named.",
    "wrong axis": (
        "{layer} has several scales, but not in the shape of one for each output channel, and is not named: compare "
        "whole shapes, not only how many scales there are or which side is longer."
    ),
    "all equal": (
        "{layer} has a scale for each output channel, and all of them are the same number: per-tensor in disguise, and "
        "it is not named. Look at the values themselves."
    ),
}


def table_cases() -> list[Case]:
    """Return the same tables each time, none of which is the one in the notebook."""
    return [Case((delivered_table(seed),)) for seed in range(1, 33)]


@dataclass(frozen=True, eq=False)
class Delivery:
    """What a list of suspects is judged by: every layer of the table, and the faulty ones with fault and evidence."""

    layers: dict[str, Layer]
    faulty: dict[str, tuple[str, int]]


def reference_suspects(table: pandas.DataFrame) -> Delivery:
    """Return the layers, and each faulty one with its fault and the number of different scales that it has."""
    layers = {}
    faulty = {}
    columns = ("layer", "kind", "weight_shape", "scale")
    for name, kind, shape, scale in table.loc[:, columns].itertuples(index=False):
        layer = layers[name] = Layer(name, kind, shape)
        distinct = len(np.unique(scale))
        kept = tuple(size if i == layer.axis else 1 for i, size in enumerate(shape))
        if scale.size == 1:
            if shape[layer.axis] > 1:  # one scale for one output channel is all there can be
                faulty[name] = ("off", distinct)
        elif scale.shape != kept:
            faulty[name] = ("wrong axis", distinct)
        elif distinct == 1:
            faulty[name] = ("all equal", distinct)
    return Delivery(layers, faulty)


def compare_suspects(got: Any, expected: Delivery) -> str | None:
    """Compare the named layers, their faults, and the evidence."""
    if not isinstance(got, Mapping):
        return f"expected a dictionary, layer → (fault, number of different scales), got a {type(got).__name__}."
    for name in got:
        if name not in expected.layers:
            return f"{name!r} is no layer of this table: the keys are what stands in the column layer."
        if name not in expected.faulty:
            return _healthy(expected.layers[name], got[name])
    plainest_first = sorted(expected.faulty.items(), key=lambda item: FAULTS.index(item[1][0]))
    for name, (fault, _) in plainest_first:
        if name not in got:
            return _missed(expected.layers[name], fault)
    for name, (fault, distinct) in plainest_first:
        named = got[name]
        if not isinstance(named, tuple | list) or len(named) != 2 or not isinstance(named[0], str):
            return f"{name}: expected (fault, number of different scales), such as ('off', 1)."
        said = named[0].strip().lower().replace("_", " ")
        if said != fault:
            return _another_fault(name, said, fault)
        if isinstance(named[1], bool | str) or named[1] != distinct:
            return (
                f"{name}: the fault is right, the evidence is not: count the different values of its scale, in its "
                "own precision and without rounding."
            )
    return None


def _missed(layer: Layer, fault: str) -> str:
    if fault == "wrong axis" and layer.shape[layer.axis] == 1:
        return (
            f"{layer.name} has one output channel and several scales, and is not named: one is enough, and these are "
            "not in its shape: compare whole shapes here too."
        )
    return _MISSED[fault].format(layer=layer.name)


def _another_fault(name: str, said: str, fault: str) -> str:
    if (said, fault) == ("all equal", "wrong axis"):
        return (
            f"{name}: its scales are equal, but not in the shape of one for each output channel: ask for the whole "
            "shape first."
        )
    if (said, fault) == ("all equal", "off"):
        return f"{name}: a single scale is 'off', in whatever shape: 'all equal' has one for each channel."
    return f"{name}: it is something else than {said!r}. The three faults: {', '.join(FAULTS)}."


def _healthy(layer: Layer, named: Any) -> str:
    name = layer.name
    if layer.shape[layer.axis] == 1:
        return f"{name} has one output channel, so one scale *is* one for each channel: nothing is wrong with it."
    if isinstance(named, tuple | list) and "all equal" in map(str, named):
        return f"{name} is healthy but named: not all of its scales are equal, some differ by less than a percent."
    if layer.kind == "Linear":
        return f"{name} is healthy but named: a linear layer has two dimensions, and its scale the shape (out, 1)."
    if layer.axis == 1:
        return (
            f"{name} is healthy but named: the weights of a transposed convolution have the shape (in, out, kH, kW), "
            "so its output channels lie along axis 1."
        )
    return f"{name} is healthy but named: its scales lie along axis 0, the output channels, and differ."


CHECK = FunctionCheck(
    reference=reference_suspects,
    cases=table_cases,
    compare=compare_suspects,
    impostors=(),
    hints=(
        "The column scheme is what the toolkit says about itself. What was really done stands in the array scale: "
        "which shape should it have in a layer of each kind, and what would a copied scale look like?",
        "Three questions for each layer, in this order: one element only, and more than one output channel? If there "
        "are more elements, does the shape keep the output channels and nothing else? Are there different values?",
        "axis = 1 if kind == 'ConvTranspose2d' else 0; the right shape is [n if i == axis else 1 for i, n in "
        "enumerate(weight_shape)], and len(np.unique(scale)) counts the different scales.",
    ),
    praise="Every planted fault is found, with evidence, and no healthy layer is accused.",
)
