"""The U8S8 trap provoked on a newer processor: a network in a process of its own that is held to AVX2.

``python -m zeropoint.deploy.provoke MODEL IMAGES LOGITS`` is that process; :func:`run_without_dot_product` starts it.
What goes wrong there is computed in :mod:`zeropoint.deploy.saturation`.
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
        source = Path(folder) / "images.npy"
        target = Path(folder) / "logits.npy"
        np.save(source, np.asarray(images, dtype=np.float32))
        command = [sys.executable, "-m", "zeropoint.deploy.provoke", str(path), str(source), str(target)]
        environment = {**os.environ, LIMIT_VARIABLE: "AVX2"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["it said nothing"]
            raise RuntimeError(f"The run without dot product failed: {said[-1]}")
        return np.load(target)


if __name__ == "__main__":
    model_file, images_file, logits_file = sys.argv[1:]
    np.save(logits_file, open_session(model_file, "openvino").run(np.load(images_file)))
