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
    codes = TensorProto.INT8 if qparams.quant_min < 0 else TensorProto.UINT8
    types = {"QuantizeLinear": (TensorProto.FLOAT, codes), "DequantizeLinear": (codes, TensorProto.FLOAT)}
    source, target = types[operator]
    per_channel = qparams.scale.size > 1
    shape = [qparams.scale.size] if per_channel else []
    initializers = [
        helper.make_tensor("scale", TensorProto.FLOAT, shape, qparams.scale.ravel()),
        helper.make_tensor("zero_point", codes, shape, qparams.zero_point.ravel()),
    ]
    options = {"axis": 0} if per_channel else {}
    node = helper.make_node(operator, ["x", "scale", "zero_point"], ["y"], **options)
    x = helper.make_tensor_value_info("x", source, ["rows", "columns"])
    y = helper.make_tensor_value_info("y", target, ["rows", "columns"])
    graph = helper.make_graph([node], operator, [x], [y], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    return onnx_session(model.SerializeToString())


def export(model: nn.Module, path: Path) -> Path:
    """Write a network as ONNX; torch's newer exporter would need one package more."""
    example = (torch.zeros(1, 3, 32, 32),)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            example,
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=["x"],
            dynamic_axes={"x": {0: "images"}},
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
    logits = [session.run(None, {"x": batch.numpy()})[0] for batch in images.split(batch_size)]
    return torch.from_numpy(np.concatenate(logits))


@torch.no_grad()
def quantize_fx(model: nn.Module, batches: list[Tensor], method: str) -> nn.Module:
    """Quantize a network with FX graph mode; method: "minmax" or "histogram", its own default."""
    if method == "minmax":
        activation = MinMaxObserver.with_args(dtype=torch.quint8)
        config = QConfig(activation=activation, weight=default_per_channel_weight_observer)
    else:
        config = get_default_qconfig("x86")
    mapping = QConfigMapping().set_global(config)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated, but the one that works on any traceable module
        prepared = prepare_fx(model, mapping, (batches[0],))
        for batch in batches:
            prepared(batch)
        return convert_fx(prepared)
