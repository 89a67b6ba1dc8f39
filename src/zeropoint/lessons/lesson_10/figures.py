"""Pictures of lesson 10: times as ratios, where the time goes, and pairs of products that saturate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from zeropoint.deploy.comparison import Ratio
from zeropoint.deploy.saturation import INT16_MAX, INT16_MIN, beyond_int16
from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Band, Bars, HLine, Layer, Points, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.lessons.lesson_10.dot_products import DotProducts, hit_share

BITS = (5, 6, 7, 8)
_EDGES = np.linspace(-66_000, 66_000, 89)  # two products of 8-bit codes reach 64,770
_TICKS: dict[float, str] = {-60_000: "−60k", -30_000: "−30k", 0: "0k", 30_000: "30k", 60_000: "60k"}


def ratio_picture(ratios: Mapping[str, Mapping[str, Ratio]], title: str, *, against: str = "FP32") -> Picture:
    """Draw times over a reference's time, with their intervals.

    Parameters
    ----------
    ratios : series → name on the horizontal axis → Ratio; all series with the same names
    title : str
    against : str – what the reference is
    """
    layers: list[Layer] = [HLine(1, f"as fast as {against}")]
    words = []
    top = 1.0
    for series, by_name in ratios.items():
        medians = [ratio.median for ratio in by_name.values()]
        low = [ratio.low for ratio in by_name.values()]
        high = [ratio.high for ratio in by_name.values()]
        layers.append(Points(list(by_name), medians, label=series, low=low, high=high))
        words += [f"{name}, {series}: {ratio}" for name, ratio in by_name.items()]
        top = max(top, *high)
    panel = Panel(title, "", f"time / time of {against}", layers, y_range=(0, 1.1 * top))
    return Picture([panel], say=f"Ratios of times with 95 % intervals – {'; '.join(words)}.")


def time_picture(shares: Mapping[str, Mapping[str, float]], title: str) -> Picture:
    """Draw how the time of one image is shared out, network by network.

    Parameters
    ----------
    shares : network → kind of kernel ("INT8", "FP32", "conversion") → share of its time, 0 … 1
    title : str
    """
    kinds = dict.fromkeys(kind for by_kind in shares.values() for kind in by_kind)
    bars = []
    for kind in kinds:
        percent = [100 * by_kind.get(kind, 0.0) for by_kind in shares.values()]
        bars.append(Bars(list(shares), percent, label=kind))
    words = []
    for network, by_kind in shares.items():
        parts = ", ".join(f"{kind} {100 * share:.0f} %" for kind, share in by_kind.items())
        words.append(f"{network}: {parts}")
    panel = Panel(title, "", "% of the time of an image", bars, y_range=(0, 100))
    return Picture([panel], say=f"Shares of the time – {'; '.join(words)}.")


def saturation_picture(layer: DotProducts, weight_bits: int, activation_bits: int, name: str = "") -> Picture:
    """Draw the sums of pairs against the limits of int16, and how many dot products have a sum beyond them.

    Weight bits above those that are set are not drawn: they are what the next step of the slider shows.
    """
    sums = layer.pair_sums(weight_bits, activation_bits)
    shown = [bits for bits in BITS if bits <= weight_bits]
    hit = [hit_share(layer, bits, activation_bits) for bits in shown]
    pairs = 100 * float(np.mean(beyond_int16(sums)))
    say = (
        f"With {weight_bits}-bit weights and {activation_bits}-bit activations {pairs:.2f} % of the pairs saturate; "
        f"{hit[-1]:.1f} % of the dot products contain such a pair."
    )
    largest = 2 * (2**activation_bits - 1) * (2 ** (weight_bits - 1) - 1)
    facts = [
        ("largest possible sum", f"{largest:,}"),
        ("pairs saturated", f"{pairs:.2f} %"),
        ("dot products hit", f"{hit[-1]:.1f} %"),
    ]
    return Picture([_sums_panel(sums, name), _hit_panel(hit)], say=say, facts=facts)


def _sums_panel(sums: np.ndarray, name: str) -> Panel:
    """Draw how often each sum occurs, between the limits of int16."""
    counts, _ = np.histogram(sums, _EDGES)
    percent = np.where(counts > 0, 100 * counts / sums.size, np.nan)  # NaN: nothing to draw on a logarithmic axis
    layers = [
        Band(INT16_MAX, _EDGES[-1], "beyond int16"),
        Band(_EDGES[0], INT16_MIN),
        Bars(_EDGES, percent, color="data"),
        VLine(INT16_MAX, "32,767", "clipping"),
        VLine(INT16_MIN, "−32,768", "clipping"),
    ]
    return Panel(
        f"Sums of two products in {name}" if name else "Sums of two products",
        "sum, before it is stored in 16 bits",
        "% of pairs per bin (log)",
        layers,
        y_log=True,
        y_range=(1e-4, 100),
        x_ticks=_TICKS,
    )


def _hit_panel(hit: list[float]) -> Panel:
    """Draw the share of dot products that are hit for the lowest bits; those of the others stay open."""
    unknown = [np.nan] * (len(BITS) - len(hit))
    points = Points([str(bits) for bits in BITS], [*hit, *unknown], color="rounding")
    return Panel("Dot products with a saturated pair", "weight bits", "% of dot products", [points], y_range=(-1, 30))


def explore_saturation(layers: Mapping[str, DotProducts], *, predict: str | None = None) -> Explorable:
    """Change the bits of weights and activations of several layers, and see which pairs saturate.

    Parameters
    ----------
    layers : name → what the layer multiplies
    predict : str, optional
        A question about the percentage of dot products that are hit, in the first layer at 8 and 8 bits; the picture
        begins at 7-bit weights, where nothing is.

    Returns
    -------
    Explorable
    """

    @lru_cache(maxsize=64)
    def draw(layer: str, weight_bits: int, activation_bits: int) -> Picture:
        return saturation_picture(layers[layer], weight_bits, activation_bits, layer)

    controls: Sequence[Choice | Slider] = [
        Choice("layer", "layer", list(layers)),
        Slider("weight_bits", "weight bits", values=BITS, value=7),
        Slider("activation_bits", "activation bits", values=BITS, value=8),
    ]
    answer = hit_share(next(iter(layers.values())), 8, 8) if predict else None
    return explore(controls, draw, title="Pairs that saturate", predict=predict, answer=answer)
