"""Tables of lesson 05: what its cells measured, in rows and columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from zeropoint.vision.costs import layer_kind
from zeropoint.vision.statistics import accuracy, paired_difference

if TYPE_CHECKING:
    import pandas
    from torch import nn


def layer_table(network: nn.Module) -> pandas.DataFrame:
    """Return one row for each layer with weights: its name, kind, shape and how many weights an output channel has."""
    import pandas

    rows = []
    for name, parameter in network.named_parameters():
        if name.endswith("weight"):
            layer = name.removesuffix(".weight")
            kind = layer_kind(network.get_submodule(layer))
            rows.append((layer, kind, tuple(parameter.shape), parameter[0].numel()))
    return pandas.DataFrame(rows, columns=["layer", "kind", "shape", "weights per channel"])


def losses_table(fp32: np.ndarray, right: Mapping[tuple[int, str], np.ndarray]) -> pandas.DataFrame:
    """Return top-1 and the paired difference to FP32 of each network.

    Parameters
    ----------
    fp32 : bool array, shape (n,) – is the float network right?
    right : (weight bits, granularity) → is the quantized network right?
    """
    import pandas

    rows = []
    for (bits, name), hit in right.items():
        rows.append((f"W{bits}A8", name, f"{accuracy(hit).percent:.1f} %", str(paired_difference(fp32, hit))))
    return pandas.DataFrame(rows, columns=["bits", "weights", "top-1", f"against FP32, paired, n = {len(fp32):,}"])


def cost_table(scales: Mapping[tuple[str, str], int], weights: Mapping[str, int]) -> pandas.DataFrame:
    """Return what float32 scales cost, in bytes and as a share of the weights.

    Parameters
    ----------
    scales : (network, granularity) → number of scales
    weights : network → number of weights
    """
    import pandas

    rows = []
    for (network, granularity), count in scales.items():
        size = 4 * count
        percent = [f"{100 * size / (weights[network] * bits / 8):.1f} %" for bits in (8, 4)]
        rows.append((network, granularity, f"{size:,}", *percent))
    columns = ["network", "scales", "bytes of scales", "of 8-bit weights", "of 4-bit weights"]
    return pandas.DataFrame(rows, columns=columns)
