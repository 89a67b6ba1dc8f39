"""Execution profiles drawn by seed, for exercise 10.1: what a runtime reports after it has run a quantized network.

No two are alike, and their layers' names tell nothing: what a kernel *reads* and *writes* does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas

FLOAT = "float32"
CODES = "uint8"


class Kernel(NamedTuple):
    """One row of a profile.

    Attributes
    ----------
    layer, kernel : str – the layer's name, and the operation that really ran
    reads, writes : str – data types
    microseconds : float – processor time
    """

    layer: str
    kernel: str
    reads: str
    writes: str
    microseconds: float


def draw_profile(seed: int) -> pandas.DataFrame:
    """Return a profile: one row a kernel, in the order of execution.

    Parameters
    ----------
    seed : int – decides everything

    Returns
    -------
    DataFrame
        Columns ``layer``, ``kernel``, ``reads``, ``writes``, ``microseconds``.

    Examples
    --------
    >>> int(draw_profile(3)["kernel"].value_counts()["QGemm"])
    1
    """
    import pandas

    rng = np.random.default_rng(seed)
    rows: list[Kernel] = []
    if rng.random() < 0.6:  # some applications leave the preprocessing to the network
        rows += [Kernel("normalise", name, FLOAT, FLOAT, rng.uniform(2, 9)) for name in ("Sub", "Div")]
    rows.append(Kernel("input", "QuantizeLinear", FLOAT, CODES, rng.uniform(2, 6)))
    for block in range(1, int(rng.integers(3, 6))):
        rows += _block(rng, f"block{block}")
    rows.append(Kernel("pool", rng.choice(["MaxPool", "Flatten"]), CODES, CODES, rng.uniform(1, 5)))
    rows.append(Kernel("fc", "QGemm", CODES, CODES, rng.uniform(3, 9)))
    rows.append(Kernel("output", "DequantizeLinear", CODES, FLOAT, rng.uniform(1, 3)))
    if rng.random() < 0.6:
        rows.append(Kernel("probabilities", "Softmax", FLOAT, FLOAT, rng.uniform(2, 9)))
    table = pandas.DataFrame(rows, columns=Kernel._fields)
    return table.round({"microseconds": 1})


def _block(rng: np.random.Generator, name: str) -> list[Kernel]:
    """Return two convolutions, an activation and an addition; some of them in float, together or not."""
    kinds = (("conv1", "Conv"), ("conv2", "Conv"), ("act", "Sigmoid"), ("add", "Add"))
    in_float = rng.random(len(kinds)) < (0.15, 0.15, 0.35, 0.1)
    rows: list[Kernel] = []
    for (layer, kernel), fallen, before in zip(kinds, in_float, (False, *in_float[:-1]), strict=True):
        label = f"{name}.{layer}{rng.choice(['', '', '_int8', '_float'])}"
        if fallen and not before:
            rows.append(Kernel(f"{label}.dequantize", "DequantizeLinear", CODES, FLOAT, rng.uniform(4, 15)))
        if before and not fallen:
            rows.append(Kernel(f"{label}.quantize", "QuantizeLinear", FLOAT, CODES, rng.uniform(4, 15)))
        time = rng.uniform(30, 70) if kernel == "Conv" else rng.uniform(4, 10)
        if fallen:
            rows.append(Kernel(label, kernel, FLOAT, FLOAT, 2.5 * time))
        else:
            rows.append(Kernel(label, f"QLinear{kernel}", CODES, CODES, time))
    if in_float[-1]:
        rows.append(Kernel(f"{name}.quantize", "QuantizeLinear", FLOAT, CODES, rng.uniform(4, 15)))
    return rows
