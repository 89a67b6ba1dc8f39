"""Answers to exercise 05.2, right and wrong, written from the brief, without the check's own code."""

from __future__ import annotations

import numpy as np


def fold(weight, bias, gamma, beta, mean, var, eps, *, f=None, shape=(-1, 1, 1, 1)):
    f = gamma / np.sqrt(var + eps) if f is None else f
    b = 0 if bias is None else bias
    return weight * f.reshape(shape), f * (b - mean) + beta


def second_fold(weight, bias, gamma, beta, mean, var, eps):
    """Channel by channel, in double precision."""
    new_weight = np.array(weight, dtype=np.float64)
    new_bias = np.zeros(len(weight))
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


def fold_gamma_never_0(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, np.where(np.abs(gamma) > 0, gamma, 1), beta, mean, var, eps)


def fold_tiny_gamma_is_0(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, np.where(np.abs(gamma) < 1e-3, 0, gamma), beta, mean, var, eps)


def fold_dead_bias(weight, bias, gamma, beta, mean, var, eps):
    w, b = fold(weight, bias, gamma, beta, mean, var, eps)
    return w, b * (gamma != 0)


def fold_usual_eps(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, beta, mean, var, 1e-5)


def fold_eps_or_the_usual(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, beta, mean, var, eps or 1e-5)


def fold_least_eps(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, beta, mean, var, eps if eps > 1e-5 else 1e-5)


def fold_larger_of_the_two(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, beta, mean, np.where(var > eps, var, eps), 0)


def fold_half_precision(weight, bias, gamma, beta, mean, var, eps):
    w, b = fold(weight, bias, gamma, beta, mean, var, eps)
    return np.float16(w), np.float16(b)


def fold_swapped(weight, bias, gamma, beta, mean, var, eps):
    return fold(weight, bias, gamma, beta, mean, var, eps)[::-1]


def fold_bias_with_dimensions(weight, bias, gamma, beta, mean, var, eps):
    w, b = fold(weight, bias, gamma, beta, mean, var, eps)
    return w, b.reshape(-1, 1, 1, 1)


def fold_bias_as_column(weight, bias, gamma, beta, mean, var, eps):
    w, b = fold(weight, bias, gamma, beta, mean, var, eps)
    return w, b[:, None]


WRONG = [
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
    (fold_gamma_never_0, "switches its channel off"),
    (fold_tiny_gamma_is_0, "is wrong in output channel 2"),
    (fold_dead_bias, "still adds beta"),
    (fold_usual_eps, "You take 1e-5 for eps"),
    (fold_eps_or_the_usual, "is wrong in output channel"),
    (fold_least_eps, "raise eps to 1e-5"),
    (fold_larger_of_the_two, "batch norm adds the two"),
    (fold_half_precision, "is wrong in output channel"),
    (fold_swapped, "the two are swapped"),
    (fold_bias_with_dimensions, "no dimension more"),
    (fold_bias_as_column, "no dimension more"),
]

RIGHT = second_fold

VARIES = {
    "weight": "ordinary, depthwise, grouped, 1 × 1, with a longer side, with as many input as output channels, and one "
    "output channel",
    "bias": "an array and None, for depthwise layers both",
    "gamma": "of both signs, exactly 0 with and without a bias, and 1e-5",
    "beta": "of both signs, and 0",
    "mean": "of both signs, and 0",
    "var": "from 0.002 to 0.2, from 1e-7 to 1e-5, and exactly 0",
    "eps": "0, 1e-7, 1e-6, 1e-5, 1e-3, 1e-2 and 1: with the smallest variances it counts",
}

EQUIVALENT = {
    "return (weight * factor.reshape(-2, 1, 1, 1), factor * (old_bias - mean) + beta)": "NumPy takes -2 for -1",
}
