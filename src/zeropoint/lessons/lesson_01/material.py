"""What lesson 01 tabulates: the costs of a network's layers by their kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from zeropoint.vision.costs import LayerCost


def by_kind(networks: Mapping[str, Sequence[LayerCost]]) -> pd.DataFrame:
    """Return the intensity of the median layer of each kind, how many layers there are, and their MACs.

    Parameters
    ----------
    networks : name → list of LayerCost

    Returns
    -------
    DataFrame
        A row for each network and kind; columns ``FP32 MAC/B`` and ``INT8 MAC/B`` (medians), ``layers`` and ``MMAC``
        (million multiply-accumulates, summed).
    """
    rows = [
        (name, cost.kind, cost.macs / 1e6, cost.intensity(32), cost.intensity(8))
        for name, costs in networks.items()
        for cost in costs
    ]
    table = pd.DataFrame(rows, columns=["network", "kind", "MMAC", "FP32 MAC/B", "INT8 MAC/B"])
    kinds = table.groupby(["network", "kind"], sort=False)
    medians = kinds[["FP32 MAC/B", "INT8 MAC/B"]].median()
    return medians.assign(layers=kinds.size(), MMAC=kinds["MMAC"].sum())
