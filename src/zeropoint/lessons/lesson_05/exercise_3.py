"""Exercise 05.3: find the layers of a table that claim to be per-channel and are not, with evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck
from zeropoint.lessons.lesson_05.material import FAULTS, delivered_table

if TYPE_CHECKING:
    import pandas

_MISSED = {
    "off": "{layer} has one scale for all its output channels, whatever the column scheme claims, and is not named.",
    "wrong axis": (
        "{layer} has several scales, but not along axis 0, the output channels, and is not named: compare shapes, not "
        "only how many there are."
    ),
    "all equal": (
        "{layer} has a scale for each output channel, and all of them are the same number: per-tensor in disguise, and "
        "it is not named. Look at the values."
    ),
}


def table_cases() -> list[Case]:
    """Return the same tables each time, none of which is the one in the notebook."""
    return [Case((delivered_table(seed),)) for seed in range(1, 9)]


def reference_suspects(table: pandas.DataFrame) -> dict[str, tuple[str, int]]:
    """Return each faulty layer with its fault and the number of different scales that it has."""
    found = {}
    for layer, shape, scale in zip(table["layer"], table["weight_shape"], table["scale"], strict=True):
        distinct = len(np.unique(scale))
        kept = (shape[0], *[1] * (len(shape) - 1))
        if shape[0] == 1:
            continue  # one scale for one output channel is all there can be
        if scale.size == 1:
            found[layer] = ("off", distinct)
        elif scale.shape != kept:
            found[layer] = ("wrong axis", distinct)
        elif distinct == 1:
            found[layer] = ("all equal", distinct)
    return found


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


CHECK = FunctionCheck(
    reference=reference_suspects,
    cases=table_cases,
    compare=compare_suspects,
    impostors=(),
    hints=(
        "The column scheme is what the toolkit says about itself. What was really done stands in the array scale.",
        "Three questions for each layer with more than one output channel: one element only? Is the shape "
        "(out, 1, …)? Are there different values in it?",
        "np.unique(scale).size counts the different scales; (out, 1, …) is (shape[0],) + (1,) * (len(shape) - 1).",
    ),
    praise="Every planted fault is found, with evidence, and no healthy layer is accused.",
)
