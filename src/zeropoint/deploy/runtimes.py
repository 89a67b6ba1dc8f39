"""One face for two runtimes: open an ONNX file in ONNX Runtime or OpenVINO, and run images through it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zeropoint.deploy.packages import needed

if TYPE_CHECKING:
    from torch import Tensor

RUNTIMES = ("onnxruntime", "openvino")


@dataclass(frozen=True)
class Session:
    """An ONNX file, loaded and optimised by a runtime.

    Attributes
    ----------
    runtime : str – "onnxruntime" or "openvino"
    path : Path – the file
    threads : int – that one call may use
    profile : bool – whether times of single operations are recorded; it slows every call
    native : the runtime's own object: an ``onnxruntime.InferenceSession``; for OpenVINO a dict from a number of images
        to the ``InferRequest`` that was compiled for it at its first use
    """

    runtime: str
    path: Path
    threads: int
    profile: bool
    native: Any
    call: Callable[[np.ndarray], list[np.ndarray]]

    def run(self, images: Tensor | np.ndarray, *, batch_size: int = 100) -> np.ndarray:
        """Return the logits.

        Parameters
        ----------
        images : float32 tensor or array, shape (N, C, H, W), preprocessed as for training
        batch_size : int – images of one call

        Returns
        -------
        float32 array, shape (N, classes)

        Raises
        ------
        ValueError
            When the images do not have four dimensions, or there are none.
        """
        return self.outputs(images, batch_size=batch_size)[0]

    def outputs(self, images: Tensor | np.ndarray, *, batch_size: int = 100) -> list[np.ndarray]:
        """Return every output of the graph, for files that have more than the logits."""
        array = np.ascontiguousarray(images, dtype=np.float32)
        if array.ndim != 4 or not len(array):
            raise ValueError(f"The images have shape {array.shape}: expected (N, C, H, W) with at least one image.")
        parts = [self.call(array[i : i + batch_size]) for i in range(0, len(array), batch_size)]
        if len(parts) == 1:
            return parts[0]
        return [np.concatenate(found) for found in zip(*parts, strict=True)]


def open_session(path: Path | str, runtime: str = "onnxruntime", *, threads: int = 1, profile: bool = False) -> Session:
    """Load an ONNX file into a runtime on the CPU.

    Parameters
    ----------
    path : the file
    runtime : "onnxruntime" or "openvino"
    threads : int – that one call may use
    profile : bool – record which operation took how long, for :func:`~zeropoint.deploy.kernels.executed_kernels`

    Returns
    -------
    Session

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ModuleNotFoundError
        When the runtime is not installed; the message has the command.
    ValueError
        For another runtime, or fewer threads than one.

    Notes
    -----
    OpenVINO is told to compute in float32 what is not quantized: on processors with bfloat16 it would otherwise choose
    that by itself, and its "FP32" would be neither as exact nor as slow as FP32 is.
    """
    path = Path(path)
    if runtime not in RUNTIMES:
        raise ValueError(f"There is no runtime {runtime!r}: expected {' or '.join(map(repr, RUNTIMES))}.")
    if threads < 1:
        raise ValueError(f"threads is {threads}: expected 1 or more.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}: write it with export_onnx(model, path).")
    open_file = _onnxruntime if runtime == "onnxruntime" else _openvino
    native, call = open_file(path, threads, profile)
    return Session(runtime, path, threads, profile, native, call)


def _onnxruntime(path: Path, threads: int, profile: bool) -> tuple[Any, Callable]:
    onnxruntime = needed("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if profile:
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(tempfile.mkdtemp(prefix="zeropoint-")) / "profile")
    native = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = native.get_inputs()[0].name
    return native, lambda batch: native.run(None, {name: batch})


def _openvino(path: Path, threads: int, profile: bool) -> tuple[Any, Callable]:
    openvino = needed("openvino")
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32",
        "ENABLE_CPU_PINNING": False,  # the user decides, e.g. with taskset
        "PERF_COUNT": profile,
    }
    core = openvino.Core()
    requests: dict[int, Any] = {}
    network = core.read_model(str(path))

    def call(batch: np.ndarray) -> list[np.ndarray]:
        if len(batch) not in requests:  # compiled for this number of images: with an open one it was slower
            fixed = network.clone()
            fixed.reshape(list(batch.shape))
            requests[len(batch)] = core.compile_model(fixed, "CPU", settings).create_infer_request()
        return [np.array(found) for found in requests[len(batch)].infer(batch).values()]

    return requests, call
