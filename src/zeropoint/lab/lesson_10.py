"""Pictures of lesson 10: times as ratios, where the time goes, and pairs of products that saturate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from zeropoint.deploy.comparison import Ratio
from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Band, Bars, HLine, Points, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.quant import choose_qparams_affine, quantize_affine

Array = Any

INT16_MAX = 2**15 - 1
BITS = (5, 6, 7, 8)
_EDGES = np.linspace(-66_000, 66_000, 89)  # two products of 8-bit codes reach 64,770


class DotProducts(NamedTuple):
    """What a layer multiplies, as rows of dot products.

    Attributes
    ----------
    x : float32 array, shape (rows, K) – activations, neighbours in memory side by side
    w : float32 array, shape (out, K)
    x_range : (min, max) of all activations of the layer
    """

    x: np.ndarray
    w: np.ndarray
    x_range: tuple[float, float]

    def pair_sums(self, weight_bits: int, activation_bits: int) -> np.ndarray:
        """Return the sums of neighbouring products of codes, exact: int32, shape (rows, out, K // 2)."""
        x_qparams = choose_qparams_affine(*self.x_range, bit_width=activation_bits)
        low, high = self.w.min(1, keepdims=True), self.w.max(1, keepdims=True)  # (out, 1): per channel
        w_qparams = choose_qparams_affine(low, high, bit_width=weight_bits, signed=True, symmetric=True)
        u, s = (quantize_affine(v, *q).astype(np.int32) for v, q in ((self.x, x_qparams), (self.w, w_qparams)))
        end = 2 * (u.shape[1] // 2)
        products = u[:, None, :end] * s[None, :, :end]  # (rows, out, 2 · pairs)
        return products[..., 0::2] + products[..., 1::2]


def ratio_picture(ratios: Mapping[str, Mapping[str, Ratio]], title: str, *, against: str = "FP32") -> Picture:
    """Draw times over a reference's time, with their intervals.

    Parameters
    ----------
    ratios : series → name on the horizontal axis → Ratio; all series with the same names
    title : str
    against : str – what the reference is
    """
    layers: list[Any] = [HLine(1, f"as fast as {against}")]
    for series, by_name in ratios.items():
        low, high = [r.low for r in by_name.values()], [r.high for r in by_name.values()]
        layers.append(Points(list(by_name), [r.median for r in by_name.values()], label=series, low=low, high=high))
    words = "; ".join(f"{name}, {series}: {r}" for series, by_name in ratios.items() for name, r in by_name.items())
    top = max(1.1, 1.1 * max(r.high for by_name in ratios.values() for r in by_name.values()))
    panel = Panel(title, "", f"time / time of {against}", layers, y_range=(0, top))
    return Picture([panel], say=f"Ratios of times with 95 % intervals – {words}.")


def time_picture(shares: Mapping[str, Mapping[str, float]], title: str) -> Picture:
    """Draw how the time of one image is shared out, network by network.

    Parameters
    ----------
    shares : network → kind of kernel ("INT8", "FP32", "conversion") → share of its time, 0 … 1
    title : str
    """
    kinds = list(dict.fromkeys(kind for by_kind in shares.values() for kind in by_kind))
    bars = [Bars(list(shares), [100 * s.get(kind, 0.0) for s in shares.values()], label=kind) for kind in kinds]
    words = "; ".join(f"{n}: " + ", ".join(f"{k} {100 * v:.0f} %" for k, v in s.items()) for n, s in shares.items())
    panel = Panel(title, "", "% of the time of an image", bars, y_range=(0, 100))
    return Picture([panel], say=f"Shares of the time – {words}.")


def hit_share(layer: DotProducts, weight_bits: int, activation_bits: int) -> float:
    """Return the percentage of a layer's dot products with at least one saturated pair."""
    sums = layer.pair_sums(weight_bits, activation_bits)
    return 100 * float(np.mean(_beyond(sums).any(2)))


def saturation_picture(layer: DotProducts, weight_bits: int, activation_bits: int, name: str = "") -> Picture:
    """Draw the sums of pairs against the limits of int16, and how many dot products have a sum beyond them.

    Weight bits above those that are set are not drawn: they are what the next step of the slider shows.
    """
    sums = layer.pair_sums(weight_bits, activation_bits)
    counts, _ = np.histogram(sums, _EDGES)
    bands = [Band(INT16_MAX, _EDGES[-1], "beyond int16"), Band(_EDGES[0], -INT16_MAX - 1)]
    marks = [VLine(INT16_MAX, "32,767", "clipping"), VLine(-INT16_MAX - 1, "−32,768", "clipping")]
    bars = Bars(_EDGES, np.where(counts > 0, 100 * counts / sums.size, np.nan), color="data")
    ticks = {v: f"{v // 1000}k".replace("-", "−") for v in (-60_000, -30_000, 0, 30_000, 60_000)}
    values = Panel(
        f"Sums of two products{f' in {name}' if name else ''}", "sum, before it is stored in 16 bits",
        "% of pairs a bin (log)", [*bands, bars, *marks], y_log=True, y_range=(1e-4, 100), x_ticks=ticks,
    )  # fmt: skip
    shown = [bits for bits in BITS if bits <= weight_bits]
    hit = [hit_share(layer, bits, activation_bits) for bits in shown]
    points = Points([str(bits) for bits in BITS], [*hit, *[np.nan] * (len(BITS) - len(hit))], color="rounding")
    top = Panel("Dot products with a saturated pair", "weight bits", "% of dot products", [points], y_range=(-1, 30))
    pairs = 100 * float(np.mean(_beyond(sums)))
    say = (
        f"With {weight_bits}-bit weights and {activation_bits}-bit activations {pairs:.2f} % of the pairs saturate; "
        f"{hit[-1]:.1f} % of the dot products contain such a pair."
    )
    largest = 2 * (2**activation_bits - 1) * (2 ** (weight_bits - 1) - 1)
    facts = [("largest possible sum", f"{largest:,}"), ("pairs saturated", f"{pairs:.2f} %")]
    return Picture([values, top], say=say, facts=[*facts, ("dot products hit", f"{hit[-1]:.1f} %")])


def _beyond(sums: np.ndarray) -> np.ndarray:
    return (sums > INT16_MAX) | (sums < -INT16_MAX - 1)


def explore_saturation(layers: Mapping[str, DotProducts], *, predict: str | None = None) -> Explorable:
    """Change the bits of weights and activations of several layers, and see which pairs saturate.

    Parameters
    ----------
    layers : name → what the layer multiplies
    predict : str, optional
        A question about the percentage of dot products that are hit, in the first layer at 8 and 8 bits.

    Returns
    -------
    Explorable
    """

    @lru_cache(maxsize=64)
    def draw(layer: str, weight_bits: int, activation_bits: int) -> Picture:
        return saturation_picture(layers[layer], weight_bits, activation_bits, layer)

    controls: Sequence[Choice | Slider] = [
        Choice("layer", "layer", list(layers)),
        Slider("weight_bits", "weight bits", values=BITS, value=8),
        Slider("activation_bits", "activation bits", values=BITS, value=8),
    ]
    answer = hit_share(next(iter(layers.values())), 8, 8) if predict else None
    return explore(controls, draw, title="Pairs that saturate", predict=predict, answer=answer)
