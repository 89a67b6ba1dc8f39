"""One network quantized by four toolkits: how each is called, and what runs its result."""

from __future__ import annotations

import contextlib
import io
import logging
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from _toolkits import Batches
from torch import Tensor, nn

from zeropoint.deploy import export_onnx, open_session, safe_config
from zeropoint.quant import IntegerNetwork, fold_batchnorm, quantize_model

Run = Callable[[Tensor], Any]


class Made(NamedTuple):
    """A network that a runtime can run.

    Attributes
    ----------
    nbytes : int – of its file or files
    seconds : float – that quantizing took, from the float network (or its file) to the quantized file
    runs : dict – runtime → callable that takes a batch and returns logits
    simulation : IntegerNetwork or None – the same network in our own integers
    """

    nbytes: int
    seconds: float
    runs: dict[str, Run]
    simulation: IntegerNetwork | None = None


def floating(model: nn.Module, images: Tensor, folder: Path) -> Made:
    """Return the float network, batch norm folded."""
    path = export_onnx(model, folder / "fp32.onnx")
    return _made(path.stat().st_size, 0.0, path, ("ONNX Runtime", "OpenVINO"))


def ours(model: nn.Module, images: Tensor, folder: Path) -> Made:
    """Quantize with this package; both runtimes read the same file."""
    start = time.process_time()
    quantized = quantize_model(model, images.split(64), safe_config())
    path = export_onnx(quantized, folder / "zeropoint.onnx")
    seconds = time.process_time() - start
    made = _made(path.stat().st_size, seconds, path, ("ONNX Runtime", "OpenVINO"))
    return made._replace(simulation=IntegerNetwork(quantized, "float"))


def onnxruntime_static(model: nn.Module, images: Tensor, folder: Path) -> Made:
    """Quantize the float file with ``quantize_static``: QDQ, U8S8, weights per channel, min-max."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    source = folder / "fp32.onnx"
    target = folder / "quantize_static.onnx"
    logging.getLogger().setLevel(logging.ERROR)  # it advises a step that changes nothing here
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        quantize_static(
            str(source),
            str(target),
            _Images(list(images.split(64))),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
    seconds = time.process_time() - start
    return _made(target.stat().st_size, seconds, target, ("ONNX Runtime",))


def nncf(model: nn.Module, images: Tensor, folder: Path) -> Made:
    """Quantize the float file, read by OpenVINO, with ``nncf.quantize`` and its defaults."""
    import nncf as package
    import openvino

    package.set_log_level(logging.ERROR)
    network = openvino.Core().read_model(str(folder / "fp32.onnx"))
    start = time.process_time()
    dataset = package.Dataset([image.numpy() for image in images.split(1)])
    quantized = package.quantize(network, dataset, subset_size=len(images))
    seconds = time.process_time() - start
    target = folder / "nncf.xml"
    openvino.save_model(quantized, target)
    nbytes = sum(target.with_suffix(suffix).stat().st_size for suffix in (".xml", ".bin"))
    return _made(nbytes, seconds, target, ("OpenVINO",))


def torch_compiled(model: nn.Module, images: Tensor, folder: Path) -> Made:
    """Return the float network compiled by inductor."""
    folded = fold_batchnorm(model)
    return Made(_stored(folded, folder / "fp32.pt"), 0.0, {"torch.compile": _compiled(folded)})


def torchao_pt2e(model: nn.Module, images: Tensor, folder: Path) -> Made:
    """Quantize with PT2E (X86InductorQuantizer and its defaults) and compile by inductor."""
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
    from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86

    start = time.process_time()
    batch = torch.export.Dim("batch", min=1, max=1024)
    example = images[:2].contiguous(memory_format=torch.channels_last)
    exported = torch.export.export(model, (example,), dynamic_shapes=({0: batch},)).module()
    quantizer = x86.X86InductorQuantizer().set_global(x86.get_default_x86_inductor_quantization_config())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prepared = prepare_pt2e(exported, quantizer)
        for part in images.split(64):
            prepared(part)
        converted = convert_pt2e(prepared)
    seconds = time.process_time() - start
    return Made(_stored(converted, folder / "pt2e.pt"), seconds, {"torch.compile": _compiled(converted)})


class _Images(Batches):
    """Batches under the name that our files give their input."""

    def get_next(self) -> dict[str, Any] | None:
        batch = super().get_next()
        return None if batch is None else {"images": batch["x"]}


def _made(nbytes: int, seconds: float, path: Path, runtimes: tuple[str, ...]) -> Made:
    names = {"ONNX Runtime": "onnxruntime", "OpenVINO": "openvino"}
    runs = {runtime: open_session(path, names[runtime]).run for runtime in runtimes}
    return Made(nbytes, seconds, runs)


def _stored(network: nn.Module, path: Path) -> int:
    torch.save(network.state_dict(), path)
    return path.stat().st_size


def _compiled(network: nn.Module) -> Run:
    from torch._inductor import config

    config.freezing = True  # weights become constants that kernels are chosen for, as inductor's INT8 needs
    compiled = torch.compile(network, dynamic=False)

    @torch.no_grad()
    def run(images: Tensor) -> Any:
        return compiled(images.contiguous(memory_format=torch.channels_last)).numpy()

    return run
