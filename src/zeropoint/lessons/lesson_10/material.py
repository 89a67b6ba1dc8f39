"""Execution profiles drawn by seed, for exercise 10.1: what a runtime reports after it has run a quantized network.

No two are alike, and no name tells anything, neither a layer's nor a kernel's: some runtimes call integer and float
kernels alike, others do not, and a layer is called what somebody called it once. What a kernel *reads* and *writes*
does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas

FLOAT = "float32"
CODES = "uint8"
ACTIVATIONS = ("Sigmoid", "HardSwish", "Gelu", "Tanh")
STAGES = ("block", "stage", "layer", "features.")
BEFORE = (("normalise", ("Sub", "Div")), ("preprocess", ("Mul", "Add")), ("block0.scale", ("Sub", "Mul")))
FIRST = ("input", "image", "block0.conv1", "stage1.conv1.quantize", "layer0.to_uint8")
LAST = ("output", "logits", "fc", "fc.dequantize", "head.act.to_float32")
AFTER = (("probabilities", "Softmax"), ("scores", "Sigmoid"), ("head.act", "Tanh"))


class Kernel(NamedTuple):
    """One row of a profile: one kernel that ran.

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
    """Return a profile: one row per kernel, in the order of execution.

    Parameters
    ----------
    seed : int – decides everything

    Returns
    -------
    DataFrame
        Columns ``layer``, ``kernel``, ``reads``, ``writes``, ``microseconds``.

    Examples
    --------
    >>> list(draw_profile(3)["writes"].tail(3).unique())
    ['uint8', 'float32']
    """
    import pandas

    rng = np.random.default_rng(seed)
    naming = np.random.default_rng(1000 + seed)  # of its own, so that names decide nothing about kernels
    prefix = str(rng.choice(["QLinear", ""]))  # of integer kernels; some runtimes have one name for both kinds
    rows: list[Kernel] = []
    if rng.random() < 0.6:  # some applications leave the preprocessing to the network
        layer, kernels = BEFORE[naming.integers(len(BEFORE))]
        rows += [Kernel(layer, kernel, FLOAT, FLOAT, rng.uniform(2, 9)) for kernel in kernels]
    rows.append(Kernel(str(naming.choice(FIRST)), "QuantizeLinear", FLOAT, CODES, rng.uniform(2, 6)))
    stage = naming.choice(STAGES)
    for block in range(1, int(rng.integers(3, 6))):
        rows += _block(rng, naming, f"{stage}{block}", prefix)
    rows += _pool(naming, Kernel("pool", str(rng.choice(["MaxPool", "Flatten"])), CODES, CODES, rng.uniform(1, 5)))
    rows.append(Kernel("fc", "QGemm" if prefix else "Gemm", CODES, CODES, rng.uniform(3, 9)))
    rows.append(Kernel(str(naming.choice(LAST)), "DequantizeLinear", CODES, FLOAT, rng.uniform(1, 3)))
    if rng.random() < 0.6:
        layer, kernel = AFTER[naming.integers(len(AFTER))]
        rows.append(Kernel(layer, kernel, FLOAT, FLOAT, rng.uniform(2, 9)))
    table = pandas.DataFrame(rows, columns=Kernel._fields)
    return table.round({"microseconds": 1})


def _pool(naming: np.random.Generator, pool: Kernel) -> list[Kernel]:
    """Return the pooling, in one profile of five in float, between conversions."""
    if naming.random() < 0.8:
        return [pool]
    in_float = pool._replace(reads=FLOAT, writes=FLOAT, microseconds=3 * pool.microseconds)
    return [_conversion(naming, naming, "pool", FLOAT), in_float, _conversion(naming, naming, "pool", CODES)]


def _block(rng: np.random.Generator, naming: np.random.Generator, name: str, prefix: str) -> list[Kernel]:
    """Return two convolutions, an activation and an addition; some of them in float, together or not."""
    kinds = (("conv1", "Conv"), ("conv2", "Conv"), ("act", str(rng.choice(ACTIVATIONS))), ("add", "Add"))
    in_float = rng.random(len(kinds)) < (0.15, 0.15, 0.4, 0.1)
    rows: list[Kernel] = []
    for (layer, kernel), fallen, before in zip(kinds, in_float, (False, *in_float[:-1]), strict=True):
        label = f"{name}.{layer}{rng.choice(['', '', '_int8', '_float', '_quantized'])}"
        if fallen and not before:
            rows.append(_conversion(rng, naming, label, FLOAT))
        if before and not fallen:
            rows.append(_conversion(rng, naming, label, CODES))
        time = rng.uniform(30, 70) if kernel == "Conv" else rng.uniform(4, 10)
        if fallen:
            rows.append(Kernel(label, kernel, FLOAT, FLOAT, 2.5 * time))
        else:
            rows.append(Kernel(label, f"{prefix}{kernel}", CODES, CODES, time))
    if in_float[-1]:
        rows.append(_conversion(rng, naming, name, CODES))
    return rows


def _conversion(rng: np.random.Generator, naming: np.random.Generator, name: str, to: str) -> Kernel:
    """Return the kernel that turns codes into float in front of a layer, or float into codes behind one."""
    suffix = rng.choice([".dequantize" if to == FLOAT else ".quantize", ".reformat", ".to_" + to])
    layer = name if naming.random() < 0.3 else f"{name}{suffix}"  # some runtimes report it as a part of the layer
    kernel = "DequantizeLinear" if to == FLOAT else "QuantizeLinear"
    return Kernel(layer, kernel, CODES if to == FLOAT else FLOAT, to, rng.uniform(4, 15))
