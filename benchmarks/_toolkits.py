"""The same work done by ONNX Runtime and by ``torch.ao``, to compare with."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from torch import Tensor, nn
from torch.ao.quantization import MinMaxObserver, QConfig, default_per_channel_weight_observer, get_default_qconfig
from torch.ao.quantization.qconfig_mapping import QConfigMapping
from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx

from zeropoint.quant import QParams

OPSET = 17


def onnx_session(model: bytes | str) -> onnxruntime.InferenceSession:
    """Return a session with as many threads as torch has."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def onnx_operator(operator: str, qparams: QParams) -> onnxruntime.InferenceSession:
    """Return QuantizeLinear or DequantizeLinear as a session with the input ``x``; per channel along axis 0."""
    signed = qparams.quant_min < 0
    codes = TensorProto.INT8 if signed else TensorProto.UINT8
    source, target = (TensorProto.FLOAT, codes) if operator == "QuantizeLinear" else (codes, TensorProto.FLOAT)
    shape = [qparams.scale.size] if qparams.scale.size > 1 else []
    initializers = [
        helper.make_tensor("scale", TensorProto.FLOAT, shape, qparams.scale.ravel()),
        helper.make_tensor("zero_point", codes, shape, qparams.zero_point.ravel()),
    ]
    node = helper.make_node(operator, ["x", "scale", "zero_point"], ["y"], **({"axis": 0} if shape else {}))
    ends = [helper.make_tensor_value_info(n, t, ["rows", "columns"]) for n, t in (("x", source), ("y", target))]
    graph = helper.make_graph([node], operator, ends[:1], ends[1:], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    return onnx_session(model.SerializeToString())


def export(model: nn.Module, path: Path) -> Path:
    """Write a network as ONNX; torch's newer exporter would need one package more."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        axes = {"x": {0: "images"}}
        example = (torch.zeros(1, 3, 32, 32),)
        torch.onnx.export(
            model, example, str(path), dynamo=False, opset_version=OPSET, input_names=["x"], dynamic_axes=axes
        )
    return path


class Batches(CalibrationDataReader):
    """Batches of images in the form that ONNX Runtime asks for."""

    def __init__(self, batches: list[Tensor]):
        self.iterator: Iterator[Tensor] = iter(batches)

    def get_next(self) -> dict[str, np.ndarray] | None:
        batch = next(self.iterator, None)
        return None if batch is None else {"x": batch.numpy()}


def quantize_onnx(path: Path, batches: list[Tensor], method: str) -> Path:
    """Quantize a network with ``quantize_static`` (QDQ, weights per channel); method: "MinMax", "Percentile" …"""
    target = path.with_name(f"{path.stem}-{method}.onnx")
    logging.getLogger().setLevel(logging.ERROR)  # it advises a step that changes nothing here
    with contextlib.redirect_stdout(io.StringIO()):
        quantize_static(
            str(path),
            str(target),
            Batches(batches),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod[method],
        )
    return target


def run_onnx(path: Path, images: Tensor, batch_size: int = 100) -> Tensor:
    """Return the logits of every image."""
    session = onnx_session(str(path))
    return torch.cat([torch.from_numpy(session.run(None, {"x": b.numpy()})[0]) for b in images.split(batch_size)])


@torch.no_grad()
def quantize_fx(model: nn.Module, batches: list[Tensor], method: str) -> nn.Module:
    """Quantize a network with FX graph mode; method: "minmax" or "histogram", its own default."""
    activation = MinMaxObserver.with_args(dtype=torch.quint8)
    minmax = QConfig(activation=activation, weight=default_per_channel_weight_observer)
    mapping = QConfigMapping().set_global(minmax if method == "minmax" else get_default_qconfig("x86"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated, but the one that works on any traceable module
        prepared = prepare_fx(model, mapping, (batches[0],))
        for batch in batches:
            prepared(batch)
        return convert_fx(prepared)
