"""Answers to exercise 05.3, right and wrong, written from the brief, without the check's own code."""

from __future__ import annotations

import numpy as np


def second_suspects(table):
    result = {}
    for row in table.itertuples():
        axis = int("Transpose" in row.kind)
        channels = row.weight_shape[axis]
        values = sorted(set(np.ravel(row.scale).tolist()))
        if np.size(row.scale) == 1:
            if channels > 1:
                result[row.layer] = ["Off", 1]
        elif list(np.shape(row.scale)) != [channels if i == axis else 1 for i in range(len(row.weight_shape))]:
            result[row.layer] = ["wrong_axis", len(values)]
        elif values[0] == values[-1]:
            result[row.layer] = ["all equal", np.int64(1)]
    return result


def suspects_trusting(table):
    return {row.layer: ("off", 1) for row in table.itertuples() if "per-channel" not in row.scheme}


def suspects_without_off(table):
    return {layer: found for layer, found in second_suspects(table).items() if found[0] != "Off"}


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


def suspects_always_axis_0(table):
    return second_suspects(table.assign(kind="Conv2d"))


def judged(table, *, wrong_axis=None, all_equal=None, evidence=lambda scale: len(np.unique(scale))):
    """Return the suspects with one question answered in another way."""
    found = {}
    for row in table.itertuples():
        axis = int("Transpose" in row.kind)
        kept = tuple(n if i == axis else 1 for i, n in enumerate(row.weight_shape))
        scale = row.scale
        if scale.size == 1:
            if row.weight_shape[axis] > 1:
                found[row.layer] = ("off", 1)
        elif wrong_axis(row, axis) if wrong_axis else scale.shape != kept:
            found[row.layer] = ("wrong axis", evidence(scale))
        elif all_equal(scale.ravel()) if all_equal else len(np.unique(scale)) == 1:
            found[row.layer] = ("all equal", evidence(scale))
    return found


def suspects_by_longer_side(table):
    return judged(table, wrong_axis=lambda row, axis: int(np.argmax(row.scale.shape)) != axis)


def suspects_first_is_last(table):
    return judged(table, all_equal=lambda scale: scale[0] == scale[-1])


def suspects_three_of_them(table):
    return judged(table, all_equal=lambda scale: scale[0] == scale[len(scale) // 2] == scale[-1])


def suspects_flat_is_fine(table):
    return judged(table, wrong_axis=lambda row, axis: row.scale.size != row.weight_shape[axis] or row.scale.ndim > 1)


def suspects_flat_linear_is_fine(table):
    found = second_suspects(table)
    for row in table.itertuples():
        if row.kind == "Linear" and row.scale.shape == row.weight_shape[:1]:
            found.pop(row.layer, None)
    return found


def suspects_right_length_on_the_axis(table):
    def wrong(row, axis):
        return row.scale.ndim <= axis or row.scale.shape[axis] != row.weight_shape[axis]

    return judged(table, wrong_axis=wrong)


def suspects_equal_first(table):
    found = {}
    for row in table.itertuples():
        values = np.unique(row.scale)
        if row.scale.size > 1 and len(values) == 1:
            found[row.layer] = ("all equal", 1)
    return second_suspects(table) | found


def suspects_single_is_equal(table):
    found = second_suspects(table)
    return {layer: ("all equal", n) if fault == "Off" else (fault, n) for layer, (fault, n) in found.items()}


def suspects_one_output_is_fine(table):
    found = second_suspects(table)
    for row in table.itertuples():
        if row.weight_shape[int("Transpose" in row.kind)] == 1:
            found.pop(row.layer, None)
    return found


def suspects_one_output_on_axis_0(table):
    found = judged(table)
    for row in table.itertuples():
        if row.scale.size == 1:
            found.pop(row.layer, None)
            if row.weight_shape[0] > 1:
                found[row.layer] = ("off", 1)
    return found


def suspects_by_name(table):
    kinds = ["ConvTranspose2d" if "decoder" in name or name.endswith("up") else "Conv2d" for name in table["layer"]]
    return second_suspects(table.assign(kind=kinds))


def suspects_heatmap_is_fine(table):
    found = {}
    for row in table.itertuples():
        if row.scale.size == 1 and row.layer != "heatmap":
            found[row.layer] = ("off", 1)
    return second_suspects(table) | found


def suspects_numbers_as_names(table):
    return second_suspects(table.assign(layer=range(len(table))))


def suspects_by_dimensions_alone(table):
    return judged(table, wrong_axis=lambda row, axis: row.scale.ndim != len(row.weight_shape))


def suspects_by_size(table):
    return judged(table, wrong_axis=lambda row, axis: row.scale.size != row.weight_shape[axis])


def suspects_by_first_side(table):
    return judged(table, wrong_axis=lambda row, axis: row.scale.shape[0] != (row.weight_shape[0] if axis == 0 else 1))


def suspects_by_larger_side_of_the_weight(table):
    return judged(table, wrong_axis=lambda row, axis: row.scale.size != max(row.weight_shape[:2]))


def suspects_first_two(table):
    return judged(table, all_equal=lambda scale: scale[0] == scale[1])


def suspects_last_two(table):
    return judged(table, all_equal=lambda scale: scale[-1] == scale[-2])


def suspects_rounded(table):
    return judged(table, all_equal=lambda scale: len(np.unique(scale.round(4))) == 1)


def suspects_by_deviation(table):
    return judged(table, all_equal=lambda scale: scale.std() < 1e-6)


def suspects_nearly_equal(table):
    return judged(table, all_equal=lambda scale: scale.max() / scale.min() < 1.02)


def suspects_half_precision(table):
    return judged(table, evidence=lambda scale: len(np.unique(scale.astype(np.float16))))


def suspects_rounded_evidence(table):
    return judged(table, evidence=lambda scale: len(np.unique(scale.round(6))))


def suspects_length_as_evidence(table):
    return judged(table, evidence=lambda scale: max(scale.shape))


def suspects_by_values(table):
    return {row.layer: ("all equal", 1) for row in table.itertuples() if len(np.unique(row.scale)) == 1}


def suspects_four_dimensions(table):
    linear = table[table["kind"] == "Linear"].itertuples()
    found = {row.layer: ("wrong axis", row.weight_shape[0]) for row in linear if row.scale.shape[1:] == (1,)}
    return found | second_suspects(table)


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
    (suspects_trusting, "whole shape"),
    (suspects_without_off, "whatever the column scheme claims"),
    (suspects_by_count, "of a transposed convolution"),
    (suspects_by_shape, "per-tensor in disguise"),
    (suspects_always_axis_0, "of a transposed convolution"),
    (suspects_by_longer_side, "whole shape"),
    (suspects_by_dimensions_alone, "whole shape"),
    (suspects_by_size, "whole shape"),
    (suspects_by_first_side, "whole shape"),
    (suspects_by_larger_side_of_the_weight, "is healthy but named: its scales"),
    (suspects_first_two, "not all of its scales are equal"),
    (suspects_last_two, "not all of its scales are equal"),
    (suspects_rounded, "not all of its scales are equal"),
    (suspects_by_deviation, "not all of its scales are equal"),
    (suspects_nearly_equal, "not all of its scales are equal"),
    (suspects_half_precision, "without rounding"),
    (suspects_rounded_evidence, "without rounding"),
    (suspects_length_as_evidence, "without rounding"),
    (suspects_by_values, "has one output channel, so one scale"),
    (suspects_four_dimensions, "a linear layer has two dimensions"),
    (suspects_first_is_last, "not all of its scales are equal"),
    (suspects_three_of_them, "not all of its scales are equal"),
    (suspects_flat_is_fine, "is healthy but named: its scales"),
    (suspects_flat_linear_is_fine, "whole shape"),
    (suspects_right_length_on_the_axis, "whole shape"),
    (suspects_equal_first, "whole shape"),
    (suspects_single_is_equal, "'all equal' has one for each channel"),
    (suspects_one_output_is_fine, "whole shape"),
    (suspects_one_output_on_axis_0, "has one output channel, so one scale"),
    (suspects_by_name, "of a transposed convolution"),
    (suspects_heatmap_is_fine, "has one output channel, so one scale"),
    (suspects_numbers_as_names, "is no layer of this table"),
    (suspects_names_only, "such as"),
    (suspects_list, "expected a dictionary"),
    (suspects_one_name, "something else than 'off'"),
    (suspects_without_evidence, "without rounding"),
    (suspects_everything, "is healthy but named: its scales"),
]

RIGHT = second_suspects

VARIES = {
    "table": "32 tables of 10 to 20 rows in two orders, some without a fault, some with six; names of every sort for "
    "every kind; 2 and 4 axes, square, wide and narrow layers, depthwise, transposed convolutions with output channels "
    "on axis 1, one output channel in each kind, one input channel; scales over two decades and within one percent, "
    "equal at both ends, in pairs or but for one of them; one scale in the shapes (), (1,) and (1, 1, 1, 1); wrong "
    "axes, with equal values and with unlike ones, along another axis, flat, one dimension too few, one scale for each "
    "pair of channels",
}
