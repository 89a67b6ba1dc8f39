"""The FP32 networks that INT8 has to beat: the same runtime's, and the fastest that the user could have here."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from zeropoint.deploy.comparison import Comparison
from zeropoint.deploy.latency import latency_table, torch_threads

if TYPE_CHECKING:
    from torch import Tensor, nn

RUNTIMES = {"ONNX Runtime": "onnxruntime", "OpenVINO": "openvino"}
NO_COMPILER = "torch.compile needs a C++ compiler (g++, clang++ or cl), and none was found: it is left out."
NOT_ASKED = "torch.compile takes a minute or so to compile: pass compiled=True to include it."


class FloatRuns(NamedTuple):
    """Ways to run one network in FP32.

    Attributes
    ----------
    runs : dict – name → Session, or callable that takes a batch
    missing : dict – name → one sentence: why this way is not among them
    """

    runs: dict[str, Any]
    missing: dict[str, str]


class BestFloat(NamedTuple):
    """The fastest of these ways for one batch size.

    Attributes
    ----------
    name : str
    run : Session, or callable that takes a batch
    comparison : Comparison – of all of them
    missing : dict – as in :class:`FloatRuns`
    """

    name: str
    run: Any
    comparison: Comparison
    missing: dict[str, str]


def float_runs(
    model: nn.Module,
    folder: Path | str,
    *,
    threads: int = 1,
    compiled: bool = False,
    input_shape: tuple[int, int, int] = (3, 32, 32),
) -> FloatRuns:
    """Return every way to run a network in FP32 here: torch, torch.compile, ONNX Runtime, OpenVINO.

    Batch norm is folded in all of them: the runtimes do so on their own, and eager torch would lose for that alone.

    Parameters
    ----------
    model : nn.Module – the float network, in evaluation mode
    folder : where ``fp32.onnx`` is written, also over another one
    threads : int – of each of them
    compiled : bool – whether ``torch.compile`` is included; it compiles at the first call of each batch size
    input_shape : (C, H, W) of one image
    """
    from zeropoint.deploy.onnx_export import export_onnx
    from zeropoint.deploy.runtimes import open_session
    from zeropoint.quant import fold_batchnorm

    folded = fold_batchnorm(model)
    runs: dict[str, Any] = {"torch": _on_threads(folded, threads)}
    missing = {} if compiled else {"torch.compile": NOT_ASKED}
    if compiled and not has_compiler():
        missing["torch.compile"] = NO_COMPILER
    elif compiled:
        import torch

        runs["torch.compile"] = _on_threads(torch.compile(folded, dynamic=False), threads)
    installed = {name: runtime for name, runtime in RUNTIMES.items() if find_spec(runtime)}
    for name in RUNTIMES.keys() - installed.keys():
        missing[name] = f"{name} is not installed: install zeropoint[deploy] to include it."
    if installed:
        path = export_onnx(model, Path(folder) / "fp32.onnx", input_shape=input_shape)
        runs |= {name: open_session(path, runtime, threads=threads) for name, runtime in installed.items()}
    return FloatRuns(runs, missing)


def best_float(
    model: nn.Module, folder: Path | str, batch: Tensor, *, threads: int = 1, compiled: bool = True, **options: Any
) -> BestFloat:
    """Find the fastest way to run a network in FP32 here, for batches of this size.

    Parameters
    ----------
    model, folder, threads, compiled : as in :func:`float_runs`
    batch : float tensor, shape (N, C, H, W)
    **options : of :func:`~zeropoint.deploy.latency.compare`
    """
    _, channels, height, width = batch.shape
    shape = (channels, height, width)
    runs, missing = float_runs(model, folder, threads=threads, compiled=compiled, input_shape=shape)
    _, comparisons = latency_table(runs, batch, (len(batch),), **options)
    comparison = comparisons[len(batch)]
    name = comparison.fastest()
    return BestFloat(name, runs[name], comparison, missing)


def has_compiler() -> bool:
    """Return whether a C++ compiler is on the path, which ``torch.compile`` calls for CPU code."""
    names = ("cl",) if sys.platform == "win32" else ("g++", "clang++", "c++")
    return any(shutil.which(name) for name in names)


def _on_threads(model: Callable[[Tensor], Tensor], threads: int) -> Callable[[Tensor], Tensor]:
    import torch

    @torch.inference_mode()
    def run(batch: Tensor) -> Tensor:
        with torch_threads(threads):
            return model(batch)

    return run
