"""Wrong answers to the exercises of lesson 05, written from the briefs, without the check's own code."""

from __future__ import annotations

import numpy as np

COSTS = {
    "per_tensor_bytes": 16,
    "per_channel_bytes": 552,
    "per_group_bytes": 928,
    "bits_a_weight": 4.5,
    "npu": ("per-channel", "a"),
    "dsp": ("per-tensor", "b"),
    "language_model": ("per-group", "c"),
    "activations": ("per-tensor", "d"),
}


def others(weight, axis):
    return tuple(i for i in range(weight.ndim) if i != axis % weight.ndim)


def scales(weight, axis, bit_width):
    s = np.abs(weight).max(axis=others(weight, axis), keepdims=True) / (2 ** (bit_width - 1) - 1)
    return np.where(s == 0, 1, s)


def second_qparams(weight, axis, bit_width):
    """Slice by slice, in double precision, with a small scale for dead slices."""
    kept = [1] * weight.ndim
    kept[axis] = weight.shape[axis]
    rows = np.moveaxis(np.asarray(weight, dtype=float), axis, 0)
    found = [max(-row.min(), row.max()) / (2 ** (bit_width - 1) - 1) for row in rows]
    return np.array([s or 1e-8 for s in found]).reshape(kept), 0


def qparams_per_tensor(weight, axis, bit_width):
    return np.abs(weight).max() / (2 ** (bit_width - 1) - 1), 0


def qparams_per_tensor_in_shape(weight, axis, bit_width):
    s = scales(weight, axis, bit_width)
    return np.full(s.shape, s.max()), np.zeros(s.shape, int)


def qparams_per_tensor_kept(weight, axis, bit_width):
    s = np.abs(weight).max(keepdims=True) / (2 ** (bit_width - 1) - 1)
    return s, np.zeros(s.shape, int)


def qparams_along_the_axis(weight, axis, bit_width):
    s = np.abs(weight).max(axis=axis, keepdims=True) / (2 ** (bit_width - 1) - 1)
    s[s == 0] = 1
    return s, np.zeros_like(s)


def qparams_axis_0(weight, axis, bit_width):
    s = scales(weight, 0, bit_width)
    return s, np.zeros(s.shape, int)


def qparams_flat(weight, axis, bit_width):
    s = scales(weight, axis, bit_width).ravel()
    return s, np.zeros(s.shape, int)


def qparams_128(weight, axis, bit_width):
    s = scales(weight, axis, bit_width) * (2 ** (bit_width - 1) - 1) / 2 ** (bit_width - 1)
    return s, np.zeros(s.shape, int)


def qparams_255(weight, axis, bit_width):
    s = np.abs(weight).max(axis=others(weight, axis), keepdims=True) / (2**bit_width - 1)
    return np.where(s > 0, s, 1), np.zeros(s.shape, int)


def qparams_always_127(weight, axis, bit_width):
    s = scales(weight, axis, 8)
    return s, np.zeros(s.shape, int)


def qparams_largest(weight, axis, bit_width):
    s = weight.max(axis=others(weight, axis), keepdims=True) / (2 ** (bit_width - 1) - 1)
    return np.where(s > 0, s, 1), np.zeros(s.shape, int)


def qparams_half_span(weight, axis, bit_width):
    s = np.ptp(weight, axis=others(weight, axis), keepdims=True) / (2**bit_width - 2)
    return np.where(s > 0, s, 1), np.zeros(s.shape, int)


def qparams_dead(weight, axis, bit_width):
    s = np.abs(weight).max(axis=others(weight, axis), keepdims=True) / (2 ** (bit_width - 1) - 1)
    return s, np.zeros(s.shape, int)


def qparams_zero_point(weight, axis, bit_width):
    s = scales(weight, axis, bit_width)
    return s, np.full(s.shape, 128)


def qparams_scale_only(weight, axis, bit_width):
    return scales(weight, axis, bit_width)


def qparams_floor(weight, axis, bit_width):
    s = np.maximum(scales(weight, axis, bit_width), 1e-3)
    return s, np.zeros(s.shape, int)


def fold(weight, bias, gamma, beta, mean, var, eps, *, f=None, shape=(-1, 1, 1, 1)):
    f = gamma / np.sqrt(var + eps) if f is None else f
    b = 0 if bias is None else bias
    return weight * f.reshape(shape), f * (b - mean) + beta


def second_fold(weight, bias, gamma, beta, mean, var, eps):
    """Channel by channel, in double precision."""
    new_weight, new_bias = np.array(weight, dtype=np.float64), np.zeros(len(weight))
    for i in range(len(weight)):
        f = float(gamma[i]) * (float(var[i]) + eps) ** -0.5
        new_weight[i] *= f
        new_bias[i] = f * ((bias[i] if bias is not None else 0.0) - mean[i]) + beta[i]
    return new_weight, new_bias


def fold_without_eps(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, beta, mean, var, 0)


def fold_eps_outside(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, beta, mean, var, eps, f=gamma / (var**0.5 + eps))


def fold_variance(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, beta, mean, var, eps, f=gamma / (var + eps))


def fold_without_gamma(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, np.ones_like(gamma), beta, mean, var, eps)


def fold_without_bias(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, None, gamma, beta, mean, var, eps)


def fold_bias_unscaled(weight, bias, gamma, beta, mean, var, eps):
    w, b = fold(weight, None, gamma, beta, mean, var, eps)
    return w, b if bias is None else b + bias


def fold_without_beta(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, 0, mean, var, eps)


def fold_beta_inside(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, 0, mean - beta, var, eps)


def fold_adds_mean(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, beta, -mean, var, eps)


def fold_without_mean(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, beta, 0 * mean, var, eps)


def fold_bias_without_factor(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, beta, mean, var, eps)[0], (0 if bias is None else bias) - mean + beta


def fold_needs_bias(weight, bias, gamma, beta, mean, var, eps):
    f = gamma / np.sqrt(var + eps)
    return weight * f[:, None, None, None], f * (bias - mean) + beta


def fold_along_inputs(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, beta, mean, var, eps, shape=(1, -1, 1, 1))


def fold_no_bias_back(weight, bias, gamma, beta, mean, var, eps):
    w, b = fold(weight, bias, gamma, beta, mean, var, eps)
    return w, None if bias is None else b


def fold_in_place(weight, bias, gamma, beta, mean, var, eps):
    w, b = fold(weight, bias, gamma, beta, mean, var, eps)
    weight[:] = w
    return weight, b


def second_suspects(table):
    result = {}
    for row in table.itertuples():
        channels, values = row.weight_shape[0], sorted(set(np.ravel(row.scale).tolist()))
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


#: exercise → (wrong answer, a part of the message it must get)
MUTANTS = {
    "05.1": [
        (qparams_per_tensor, "came back for the whole tensor"),
        (qparams_per_tensor_in_shape, "in disguise"),
        (qparams_per_tensor_kept, "asked is one for each index"),
        (qparams_along_the_axis, "reduce all the others"),
        (qparams_axis_0, "always keep axis 0"),
        (qparams_flat, "keepdims=True"),
        (qparams_128, "last code is 127"),
        (qparams_255, "divide by 255"),
        (qparams_always_127, "4 bits end at 7"),
        (qparams_largest, "not the largest"),
        (qparams_half_span, "half of max − min"),
        (qparams_dead, "dead channels do occur"),
        (qparams_zero_point, "zero point 0 in every slice"),
        (qparams_scale_only, "return scale, zero_point"),
        (qparams_floor, r"scale\[.*is wrong"),
    ],
    "05.2": [
        (fold_without_eps, "eps is missing"),
        (fold_eps_outside, "under the root"),
        (fold_variance, "divide by the variance"),
        (fold_without_gamma, "gamma is missing"),
        (fold_without_bias, "own bias is lost"),
        (fold_bias_unscaled, "multiplied by the factor too"),
        (fold_without_beta, "beta is missing"),
        (fold_beta_inside, "after the factor"),
        (fold_adds_mean, "sign of the mean"),
        (fold_without_mean, "mean is missing"),
        (fold_bias_without_factor, "factor is missing in the bias"),
        (fold_needs_bias, "TypeError"),
        (fold_along_inputs, r"could not be broadcast|belong to output channels"),
        (fold_no_bias_back, "still has one"),
        (fold_in_place, "changes its input"),
    ],
    "05.3": [
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
    ],
    "05.4": [
        (COSTS | {"per_tensor_bytes": 4}, "per_tensor_bytes: that is the number"),
        (COSTS | {"per_channel_bytes": 138}, "per_channel_bytes: that is the number"),
        (COSTS | {"per_channel_bytes": 400}, "counted input channels"),
        (COSTS | {"per_channel_bytes": 424}, "the depthwise layer has 32"),
        (COSTS | {"per_channel_bytes": 1104}, "one scale for each output channel, 4 bytes each"),
        (COSTS | {"per_group_bytes": 672}, "stored too"),
        (COSTS | {"per_group_bytes": 640}, "four groups of 16"),
        (COSTS | {"bits_a_weight": 5}, "float32 scale"),
        (COSTS | {"bits_a_weight": 4.0625}, "2 bytes are 16 bits"),
        (COSTS | {"npu": ("per-channel", "c")}, "npu: the choice is right"),
        (COSTS | {"npu": ("per-tensor", "b")}, "above all depthwise"),
        (COSTS | {"dsp": ("per-channel", "a")}, "fall back to float"),
        (COSTS | {"dsp": ("per-tensor", "d")}, "dsp: the choice is right"),
        (COSTS | {"language_model": ("per-channel", "a")}, "one outlier"),
        (COSTS | {"activations": ("per-channel", "a")}, "its integer sum runs"),
        (COSTS | {"activations": "per-tensor"}, "choice and reason"),
    ],
}

#: exercise → points of its first mutant, of which seven of eight entries are right
PARTIAL = {"05.4": 3}

#: exercise → a right answer that was written another way
SECOND = {
    "05.1": second_qparams,
    "05.2": second_fold,
    "05.3": second_suspects,
    "05.4": {
        "per_tensor_bytes": 16.0,
        "per_channel_bytes": np.int64(552),
        "per_group_bytes": 928,
        "bits_a_weight": np.float32(4.5),
        "npu": ["Per channel", "A"],
        "dsp": ("per_tensor", "b"),
        "language_model": ("per-group", "c"),
        "activations": ("per tensor", "d "),
    },
}
