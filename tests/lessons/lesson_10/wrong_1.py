"""Wrong answers to exercise 10.1, reading a profile, and a right one."""

from __future__ import annotations

import numpy as np

CONVERSIONS = ("QuantizeLinear", "DequantizeLinear")


def _inside(profile):
    kernels = profile["kernel"].tolist()
    first = kernels.index("QuantizeLinear")
    last = max(i for i, kernel in enumerate(kernels) if kernel == "DequantizeLinear")
    return profile.iloc[first + 1 : last]


def _report(profile, rows, falls, *, numerator=None, whole=None):
    converts = rows["kernel"].isin(CONVERSIONS)
    falls = falls & ~converts
    chosen = (falls | converts) if numerator is None else numerator(falls, converts)
    cost = rows["microseconds"][chosen].sum()
    whole = profile["microseconds"].sum() if whole is None else whole(cost)
    return rows["layer"][falls].tolist(), int(converts.sum()), 100 * cost / whole


def _in_float(rows):
    return (rows["reads"] == "float32") & (rows["writes"] == "float32")


def everything(profile):
    return _report(profile, profile, _in_float(profile))


def float_outside(profile):
    inside = _inside(profile)
    falls = _in_float(profile)
    cost = profile["microseconds"][falls].sum() + inside["microseconds"][inside["kernel"].isin(CONVERSIONS)].sum()
    conversions = int(inside["kernel"].isin(CONVERSIONS).sum())
    return profile["layer"][falls].tolist(), conversions, 100 * cost / profile["microseconds"].sum()


def conversions_outside(profile):
    rows = _inside(profile)
    converts = profile["kernel"].isin(CONVERSIONS)
    cost = rows["microseconds"][_in_float(rows)].sum() + profile["microseconds"][converts].sum()
    return rows["layer"][_in_float(rows)].tolist(), int(converts.sum()), 100 * cost / profile["microseconds"].sum()


def by_kernel_name(profile):
    rows = _inside(profile)
    return _report(profile, rows, ~rows["kernel"].str.contains("QLinear|QGemm"))


def by_list_of_kernels(profile):
    rows = _inside(profile)
    return _report(profile, rows, rows["kernel"].isin({"Conv", "Sigmoid", "Add"}))


def conversions_by_layer_name(profile):
    rows = _inside(profile)
    falls = _in_float(rows)
    converts = rows["layer"].str.contains("quantize")
    cost = rows["microseconds"][falls].sum() + rows["microseconds"][converts].sum()
    return rows["layer"][falls].tolist(), int(converts.sum()), 100 * cost / profile["microseconds"].sum()


def conversions_by_ending(profile):
    rows = _inside(profile)
    falls = _in_float(rows)
    converts = rows["layer"].str.contains(r"\.(?:de)?quantize$|\.reformat$|\.to_")
    cost = rows["microseconds"][falls | converts].sum()
    return rows["layer"][falls].tolist(), int(converts.sum()), 100 * cost / profile["microseconds"].sum()


def inside_by_name(profile):
    names = profile["layer"].tolist()
    rows = profile.iloc[names.index("image") + 1 : names.index("logits")]
    return _report(profile, rows, _in_float(rows))


def layers_of_blocks(profile):
    rows = profile[profile["layer"].str.contains(r"\.(?:conv|act|add)")]
    return _report(profile, rows, _in_float(rows))


def in_whole_percent(profile):
    layers, conversions, share = second_profile(profile)
    return layers, conversions, round(share)


def two_conversions_each(profile):
    layers, _, share = second_profile(profile)
    return layers, 2 * len(layers), share


def with_a_new_column(profile):
    profile["falls"] = _in_float(profile)
    rows = _inside(profile)
    return _report(profile, rows, rows["falls"])


def convolutions_only(profile):
    rows = _inside(profile)
    return _report(profile, rows, rows["kernel"] == "Conv")


def by_layer_name(profile):
    rows = _inside(profile)
    return _report(profile, rows, rows["layer"].str.endswith("_float"))


def by_missing_name(profile):
    rows = _inside(profile)
    return _report(profile, rows, ~rows["layer"].str.endswith("_int8"))


def without_conversions(profile):
    rows = _inside(profile)
    return _report(profile, rows, _in_float(rows), numerator=lambda falls, converts: falls)


def conversions_only(profile):
    rows = _inside(profile)
    return _report(profile, rows, _in_float(rows), numerator=lambda falls, converts: converts)


def of_the_rest(profile):
    rows, total = _inside(profile), profile["microseconds"].sum()
    return _report(profile, rows, _in_float(rows), whole=lambda cost: total - cost)


def by_number(profile):
    rows = _inside(profile)
    layers, conversions, _ = _report(profile, rows, _in_float(rows))
    return layers, conversions, 100 * (len(layers) + conversions) / len(profile)


def as_fraction(profile):
    layers, conversions, share = second_profile(profile)
    return layers, conversions, share / 100


def backwards(profile):
    layers, conversions, share = second_profile(profile)
    return layers[::-1], conversions, share


def second_profile(profile):
    """One pass over the rows, remembering what might be the last conversion."""
    layers, conversions, cost, pending = [], 0, 0.0, None
    begun = False
    for row in profile.to_dict("records"):
        if not begun:
            begun = row["kernel"] == "QuantizeLinear"
            continue
        if row["kernel"] == "DequantizeLinear":
            if pending:
                layers += pending[0]
                conversions += pending[1]
                cost += pending[2]
            pending = ([], 1, row["microseconds"])
        elif pending and (row["kernel"] == "QuantizeLinear" or row["reads"] == "float32"):
            name = [row["layer"]] if row["kernel"] != "QuantizeLinear" else []
            pending = (pending[0] + name, pending[1] + (not name), pending[2] + row["microseconds"])
    return np.array(layers, dtype=str), conversions, round(100 * cost / profile["microseconds"].sum(), 1)


WRONG = [
    (everything, "You count what lies outside as well"),
    (float_outside, "Look inside only"),
    (conversions_outside, "first QuantizeLinear and the last DequantizeLinear too"),
    (by_kernel_name, "go by the kernel's name"),
    (by_list_of_kernels, "list of kernels that are in float"),
    (conversions_by_layer_name, "find conversions by the layer's name"),
    (conversions_by_ending, "endings of layers' names"),
    (inside_by_name, "ValueError"),
    (layers_of_blocks, "is missing among the fallbacks|number of conversions is not"),
    (in_whole_percent, "lost its digits"),
    (two_conversions_each, "number of conversions is not"),
    (with_a_new_column, "changes its input"),
    (convolutions_only, "convolutions only"),
    (by_layer_name, "somebody chose once"),
    (by_missing_name, "called …_int8 may have run in float"),
    (without_conversions, "lacks the conversions"),
    (conversions_only, "has the conversions only"),
    (by_number, "divide numbers of kernels"),
    (of_the_rest, "time of the other kernels"),
    (as_fraction, "the share is a fraction"),
    (backwards, "order of execution"),
]

RIGHT = second_profile

VARIES = {
    "profile": "13 to 29 rows; none, one, two, three or five fallbacks, alone or as neighbours that share conversions; "
    "float before and behind the inside, or not; one name for integer and float kernels, or two; layers named "
    "…_int8, …_float, …_quantized whatever they compute in; conversions named in three ways or as their layer; first "
    "and last ones, blocks, and what lies outside under several names",
}
