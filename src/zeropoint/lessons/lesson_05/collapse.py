"""The dialled collapse of lesson 05: the same function with its channels' ranges pulled apart, step by step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zeropoint.lab.charts import channel_ranges
from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Slider
from zeropoint.lab.layers import HLine, Layer, Points
from zeropoint.lab.panels import Panel, Picture
from zeropoint.lessons.lesson_05.channels import SCHEMES, channel_sqnr_db, round_weights
from zeropoint.quant._arrays import Array
from zeropoint.vision.statistics import Accuracy, accuracy

BITS = 8
_COLORS = {"per-tensor": "clipping", "per-channel": "rounding"}
_MARKERS = {"per-tensor": "triangle", "per-channel": "circle"}
_ASIDE = {"per-tensor": -0.07, "per-channel": 0.07}  # equal accuracies side by side, not on top of each other


def collapse_picture(weights: Mapping[int, Array], right: Mapping[tuple[str, int], Array], k: int) -> Picture:
    """Draw the channels' ranges of one layer at this k, and the top-1 of the networks up to this k.

    Parameters
    ----------
    weights : k → weights of one layer, shape (out, …), with channels spread by 2^±k
    right : (scheme, k) → was each image classified correctly? bool, shape (n,); schemes "per-tensor", "per-channel"
    k : int
    """
    top1 = {scheme: _top1_by_k(right, scheme) for scheme in _COLORS}
    percent = {scheme: f"{top1[scheme][k].percent:.1f} %" for scheme in _COLORS}
    facts = [(f"top-1, {scheme}", percent[scheme]) for scheme in _COLORS]
    facts += [(f"worst channel, {scheme}", f"{_worst_channel(weights[k], scheme):.1f} dB") for scheme in _COLORS]
    words = " and ".join(f"{scheme} {percent[scheme]}" for scheme in _COLORS)
    return Picture(
        [_ranges_panel(weights, k), _top1_panel(top1, k)],
        say=f"Channels spread by 2 to the power of up to ±{k}: top-1 of {words}, with 8 bits.",
        facts=facts,
    )


def _top1_by_k(right: Mapping[tuple[str, int], Array], scheme: str) -> dict[int, Accuracy]:
    return {k: accuracy(hit) for (name, k), hit in right.items() if name == scheme}


def _worst_channel(weight: Array, scheme: str) -> float:
    """Return the lowest SQNR of a channel; that of the whole tensor hardly moves, as loud channels make its sums."""
    rounded = round_weights(weight, SCHEMES[scheme], BITS)
    return float(np.nanmin(channel_sqnr_db(weight, rounded.values)))


def _ranges_panel(weights: Mapping[int, Array], k: int) -> Panel:
    ranges = {i: np.sort(channel_ranges(weight)) for i, weight in weights.items()}
    everything = np.concatenate(list(ranges.values()))
    half_step = ranges[k][-1] / (2 ** (BITS - 1) - 1) / 2
    layers = [
        Points(np.arange(len(ranges[k])), ranges[k], label="largest |w| of a channel", color="data"),
        HLine(half_step, "half a step, one scale for all", color="clipping"),
    ]
    limits = (everything.min() / 30, everything.max() * 2)  # the same for every k, so that the eye can compare
    title = f"Channels of the first layer, k = {k}"
    return Panel(title, "output channel, quietest first", "real value (log)", layers, y_log=True, y_range=limits)


def _top1_panel(top1: Mapping[str, Mapping[int, Accuracy]], k: int) -> Panel:
    layers: list[Layer] = []
    for scheme, by_k in top1.items():
        seen = [i for i in sorted(by_k) if i <= k]  # what comes is not told
        low, high = np.array([by_k[i].interval for i in seen]).T
        layers.append(
            Points(
                np.array(seen) + _ASIDE[scheme],
                [by_k[i].percent for i in seen],
                low=low,
                high=high,
                label=scheme,
                color=_COLORS[scheme],
                marker=_MARKERS[scheme],
            )
        )
    last = max(top1["per-tensor"])
    return Panel(
        f"Top-1 with 8 bits, n = {top1['per-tensor'][k].n:,}, 95 % intervals",
        "k: channels spread by 2 to the ±k",
        "top-1 (%)",
        layers,
        x_range=(-0.5, last + 0.5),
        x_ticks=range(last + 1),
        y_range=(0, 100),
    )


def explore_collapse(
    weights: Mapping[int, Array], right: Mapping[tuple[str, int], Array], *, predict: str | None = None, at: int = 3
) -> Explorable:
    """Spread the channels further and further, and see what 8 bits make of it.

    Parameters
    ----------
    weights, right : as in :func:`collapse_picture`
    predict : str, optional
        A question whose answer is the top-1, in percent, of per-tensor weights at ``k = at``.
    at : int
    """
    controls = [Slider("k", "k", min(weights), max(weights), 1, 1)]
    return explore(
        controls,
        lambda k: collapse_picture(weights, right, k),
        title="Channels pulled apart, same function",
        predict=predict,
        answer=accuracy(right["per-tensor", at]).percent if predict else None,
    )
