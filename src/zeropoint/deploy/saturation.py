"""The U8S8 trap: AVX2 adds two INT8 products in 16 bits, which saturate – emulated, and provoked on newer processors.

``vpmaddubsw`` multiplies unsigned by signed bytes and adds neighbours in a signed 16-bit number. Two products reach
2 · 255 · 127 = 64,770, and what is above 32,767 is lost without a word. With 7-bit weights, −63 … 63, they reach
32,130 and fit. Processors with a dot product (VNNI, AMX) add straight into 32 bits.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zeropoint.deploy.capabilities import cpu_capabilities
from zeropoint.deploy.runtimes import open_session

if TYPE_CHECKING:
    from torch import Tensor

LIMIT_VARIABLE = "ONEDNN_MAX_CPU_ISA"  # read once, when a process first uses oneDNN: hence a process of its own


def saturating_dot(x_q: np.ndarray, w_q: np.ndarray) -> np.ndarray:
    """Return the sum of products as AVX2 computes it: pairs in saturating 16 bits, pairs summed in 32.

    Parameters
    ----------
    x_q : uint8 array, shape (…, K) – activations; not centred, as an instruction sees them
    w_q : int8 array, shape (…, K), broadcasting against ``x_q``

    Returns
    -------
    int32 array, shape (…)

    Raises
    ------
    TypeError
        When the types are not uint8 and int8: the instruction has no other form.
    ValueError
        When the last dimensions differ.

    Source: Intel SDM, ``VPMADDUBSW`` (then ``VPMADDWD`` with ones).

    Examples
    --------
    >>> x_q, w_q = np.full(4, 255, np.uint8), np.full(4, 127, np.int8)
    >>> int(saturating_dot(x_q, w_q)), 4 * 255 * 127
    (65534, 129540)
    """
    if x_q.dtype != np.uint8 or w_q.dtype != np.int8:
        raise TypeError(f"x_q is {x_q.dtype} and w_q {w_q.dtype}: expected uint8 activations and int8 weights.")
    if x_q.shape[-1] != w_q.shape[-1]:
        raise ValueError(f"x_q ends with {x_q.shape[-1]} values and w_q with {w_q.shape[-1]}: expected the same.")
    products = x_q.astype(np.int32) * w_q.astype(np.int32)  # (…, K)
    even = products[..., ::2]
    odd = np.zeros_like(even)
    odd[..., : products.shape[-1] // 2] = products[..., 1::2]  # a last one without a neighbour is added to 0
    return np.clip(even + odd, -(2**15), 2**15 - 1).sum(-1, dtype=np.int32)


def run_without_dot_product(path: Path | str, images: Tensor | np.ndarray) -> np.ndarray:
    """Return the logits that OpenVINO computes when it may use nothing newer than AVX2.

    A process of its own, with ``ONEDNN_MAX_CPU_ISA=AVX2``, runs the file with the kernels of a processor without INT8
    dot product. ONNX Runtime's kernels heed no such limit.

    Parameters
    ----------
    path : the ONNX file
    images : float32, shape (N, C, H, W)

    Returns
    -------
    float32 array, shape (N, classes)

    Raises
    ------
    RuntimeError
        When this processor has no AVX2 to go back to, or the process fails.
    """
    if "AVX2" not in cpu_capabilities().instructions:
        raise RuntimeError("This processor has no AVX2: the saturation of VPMADDUBSW cannot be provoked on it.")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "images.npy", Path(folder) / "logits.npy"
        np.save(source, np.asarray(images, dtype=np.float32))
        command = [sys.executable, "-m", "zeropoint.deploy.saturation", str(path), str(source), str(target)]
        environment = {**os.environ, LIMIT_VARIABLE: "AVX2"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["it said nothing"]
            raise RuntimeError(f"The run without dot product failed: {said[-1]}")
        return np.load(target)


if __name__ == "__main__":
    model_file, images_file, logits_file = sys.argv[1:]
    np.save(logits_file, open_session(model_file, "openvino").run(np.load(images_file)))
