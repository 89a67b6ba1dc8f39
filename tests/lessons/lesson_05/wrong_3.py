"""Answers to exercise 05.3, right and wrong, written from the brief, without the check's own code."""

from __future__ import annotations

import numpy as np


def second_suspects(table):
    result = {}
    for row in table.itertuples():
        channels = row.weight_shape[0]
        values = sorted(set(np.ravel(row.scale).tolist()))
        if channels == 1:
            continue
        if np.size(row.scale) == 1:
            result[row.layer] = ["Off", 1]
        elif np.shape(row.scale)[0] != channels or np.size(row.scale) != channels:
            result[row.layer] = ["wrong_axis", len(values)]
        elif values[0] == values[-1]:
            result[row.layer] = ["all equal", np.int64(1)]
    return result


def suspects_trusting(table):
    return {row.layer: ("off", 1) for row in table.itertuples() if "per-channel" not in row.scheme}


def suspects_by_count(table):
    found = {}
    for row in table.itertuples():
        if row.scale.size != row.weight_shape[0]:
            found[row.layer] = ("off" if row.scale.size == 1 else "wrong axis", len(np.unique(row.scale)))
        elif len(np.unique(row.scale)) == 1 < row.weight_shape[0]:
            found[row.layer] = ("all equal", 1)
    return found


def suspects_by_shape(table):
    return {layer: (fault, n) for layer, (fault, n) in second_suspects(table).items() if fault != "all equal"}


def suspects_by_values(table):
    return {row.layer: ("all equal", 1) for row in table.itertuples() if len(np.unique(row.scale)) == 1}


def suspects_four_dimensions(table):
    return {"fc": ("wrong axis", 10)} | second_suspects(table)


def suspects_names_only(table):
    return {layer: fault for layer, (fault, _) in second_suspects(table).items()}


def suspects_list(table):
    return list(second_suspects(table))


def suspects_one_name(table):
    return {layer: ("off", n) for layer, (_, n) in second_suspects(table).items()}


def suspects_without_evidence(table):
    sizes = dict(zip(table["layer"], (np.size(s) for s in table["scale"]), strict=True))
    return {layer: (fault, sizes[layer]) for layer, (fault, _) in second_suspects(table).items()}


def suspects_everything(table):
    return {row.layer: ("off", 1) for row in table.itertuples()}


WRONG = [
    (suspects_trusting, "whatever the column scheme claims"),
    (suspects_by_count, "not only how many there are"),
    (suspects_by_shape, "per-tensor in disguise"),
    (suspects_by_values, "heatmap has one output channel"),
    (suspects_four_dimensions, "fc is healthy but named"),
    (suspects_names_only, "such as"),
    (suspects_list, "expected a dictionary"),
    (suspects_one_name, "something else than 'off'"),
    (suspects_without_evidence, "the evidence is not"),
    (suspects_everything, "is healthy but named: its scales"),
]

RIGHT = second_suspects
