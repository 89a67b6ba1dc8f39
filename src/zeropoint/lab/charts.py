"""Figures about whole networks: accuracy with its error bars, classes, channels, images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from numpy.typing import ArrayLike

from zeropoint.lab.figure import LabFigure
from zeropoint.lab.style import PALETTE, RC_PARAMS
from zeropoint.vision.statistics import Accuracy, PairedDifference

#: The looks of up to three networks or schemes: colour, marker and line differ together, so that colour is never the
#: only signal. (The colours of a panel's layers are ``style.SERIES``.)
LOOKS: tuple[dict[str, Any], ...] = (
    {"color": PALETTE["clipping"], "marker": "s", "linestyle": "--"},
    {"color": PALETTE["rounding"], "marker": "o", "linestyle": "-"},
    {"color": PALETTE["zero"], "marker": "^", "linestyle": ":"},
)


def plot_loss_by_bits(losses: Mapping[str, Mapping[int, PairedDifference]]) -> LabFigure:
    """Draw how many points of top-1 a network loses for each bit width, with 95 % intervals.

    Parameters
    ----------
    losses : name of the scheme → bit width → paired difference to FP32 (at most three schemes)

    Returns
    -------
    LabFigure
        Left all bit widths, right the same with the axis cut at −5 points, where the differences are small.
    """
    with rc_context(RC_PARAMS):
        figure = LabFigure(figsize=(9, 3.6), layout="constrained")
        axes = figure.subplots(1, 2)
        for axis in axes:
            bits: list[int] = []
            for shift, look, (name, by_bits) in zip((-0.08, 0.08, 0), LOOKS, losses.items(), strict=False):
                bits = sorted(by_bits)
                points = np.array([by_bits[b].points for b in bits])
                bounds = np.array([by_bits[b].interval for b in bits]).T  # (2, bits)
                bars = np.abs(bounds - points)
                axis.errorbar(np.array(bits) + shift, points, bars, label=name, capsize=3, **look)
            axis.axhline(0, color=PALETTE["levels"], lw=1)
            axis.set(xlabel="bits of a weight", ylabel="top-1 minus FP32 (points)", xticks=bits)
            axis.invert_xaxis()
        axes[0].set_title("Accuracy lost, with 95 % intervals")
        axes[0].legend(loc="lower left")
        axes[1].set_ylim(-5, 1)
        axes[1].set_title("The same, near zero")
        figure.say = f"Points of top-1 lost against FP32. {' '.join(map(_losses_in_words, losses, losses.values()))}"
    return figure


def _losses_in_words(name: str, by_bits: Mapping[int, PairedDifference]) -> str:
    points = ", ".join(f"{by_bits[bits].points:+.2f} at {bits} bits" for bits in sorted(by_bits, reverse=True))
    return f"{name}: {points}."


def plot_class_wise(accuracies: Mapping[str, Sequence[Accuracy]], classes: Sequence[str]) -> LabFigure:
    """Draw the accuracy of every class for up to three networks, with 95 % intervals."""
    with rc_context(RC_PARAMS):
        figure = LabFigure(figsize=(9, 3.8), layout="constrained")
        axis = figure.subplots()
        places = np.arange(len(classes))
        for shift, look, (name, values) in zip((-0.22, 0, 0.22), LOOKS, accuracies.items(), strict=False):
            percent = np.array([value.percent for value in values])
            bounds = np.array([value.interval for value in values]).T  # (2, classes)
            bars = np.abs(bounds - percent)
            marks: dict[str, Any] = look | {"linestyle": "none"}  # classes have no order that a line could follow
            axis.errorbar(places + shift, percent, bars, label=name, capsize=2, ms=5, **marks)
        for place in places[:-1]:
            axis.axvline(place + 0.5, color="0.9", lw=1)
        axis.set_xticks(places, classes, rotation=30, ha="right")
        axis.set(ylabel="top-1 (%)")
        figure.say = (
            f"Accuracy of each class. {' '.join(_classes_in_words(n, v, classes) for n, v in accuracies.items())}"
        )
        images = next(iter(accuracies.values()))[0].n
        axis.set_title(f"Accuracy of each class, {images} images per class, 95 % intervals")
        figure.legend(loc="outside upper right", ncols=3)
    return figure


def _classes_in_words(name: str, values: Sequence[Accuracy], classes: Sequence[str]) -> str:
    percent = [value.percent for value in values]
    worst = int(np.argmin(percent))
    best = int(np.argmax(percent))
    return f"{name}: from {percent[worst]:.1f} % ({classes[worst]}) to {percent[best]:.1f} % ({classes[best]})."


def channel_ranges(weight: ArrayLike) -> np.ndarray:
    """Return the largest |w| of every output channel.

    Parameters
    ----------
    weight : float array or tensor, shape (out, …)

    Returns
    -------
    float array, shape (out,)

    Examples
    --------
    >>> channel_ranges([[0.25, -0.5], [2.0, 1.0]])
    array([0.5, 2. ])
    """
    weight = np.asarray(weight)
    return np.abs(weight).reshape(len(weight), -1).max(axis=1)


def plot_channel_ranges(weight: np.ndarray, layer: str) -> LabFigure:
    """Draw the largest absolute weight of every output channel.

    Parameters
    ----------
    weight : float array, shape (out, …)
    layer : str – for the title
    """
    largest = channel_ranges(weight)
    with rc_context(RC_PARAMS):
        figure = LabFigure(figsize=(9, 2.8), layout="constrained")
        axis = figure.subplots()
        axis.bar(np.arange(len(largest)), largest, color=PALETTE["data"])
        axis.axhline(largest.max(), color=PALETTE["clipping"], ls="--", lw=1)
        axis.annotate(
            "per-tensor: one ruler this long for all", (len(largest) - 1, largest.max()), ha="right", va="bottom"
        )
        axis.set(xlabel="output channel", ylabel="max |w|", ylim=(0, 1.15 * largest.max()))
        ratio = largest.max() / np.median(largest)
        axis.set_title(f"{layer}: the loudest channel is {ratio:.1f} times the median one")
        figure.say = (
            f"A bar for each of the {len(largest)} output channels of {layer}, its largest absolute weight: from "
            f"{largest.min():.2g} to {largest.max():.2g}; the loudest is {ratio:.1f} times the median one."
        )
    return figure


def show_images(images: np.ndarray, captions: Sequence[str], *, columns: int = 6) -> LabFigure:
    """Show pictures in a grid, each with a caption.

    Parameters
    ----------
    images : uint8 array, shape (N, H, W, 3)
    captions : N strings
    """
    rows = max(1, -(-len(images) // columns))
    with rc_context(RC_PARAMS):
        figure = LabFigure(figsize=(9, 2.1 * rows), layout="constrained")
        figure.say = f"{len(images)} pictures: {'; '.join(' '.join(caption.split()) for caption in captions)}."
        axes = figure.subplots(rows, columns, squeeze=False)
        for axis in axes.flat:
            axis.axis("off")
        for axis, image, caption in zip(axes.flat, images, captions, strict=False):
            axis.imshow(image, interpolation="nearest")
            axis.set_title(caption, fontsize=8)
    return figure
