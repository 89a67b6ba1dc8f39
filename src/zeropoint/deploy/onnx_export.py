"""Write a network as ONNX: a quantized one in QDQ form from its own scales and codes, a float one as it is.

QDQ is the form that runtimes agree on: every quantized tensor passes through a pair QuantizeLinear,
DequantizeLinear; weights are stored as integers with a DequantizeLinear behind them. Read literally it is fake
quantization; a runtime that finds pairs around an operation replaces the whole by its integer kernel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from zeropoint.deploy.onnx_graph import CLIP, OnnxGraph, check_and_save
from zeropoint.deploy.onnx_operators import Call, is_identity, translation
from zeropoint.quant import PerAxis, PerGroup, QParams, QuantizedModel, fold_batchnorm, quantize_affine, quantize_bias
from zeropoint.quant.operators import Role, Weighted, label, module_of, name_of, role
from zeropoint.quant.quantized_model import ActivationQuantizer

OPSET = 21  # the first with INT4 and with one scale a group of weights (block_size)
INPUT = "images"
OUTPUT = "logits"
_PROBE = 2  # images: what has this length in front is the batch


@torch.no_grad()
def export_onnx(model: nn.Module, path: Path | str, *, input_shape: tuple[int, int, int] = (3, 32, 32)) -> Path:
    """Write a network as an ONNX file; the number of images in a batch stays open.

    Parameters
    ----------
    model : QuantizedModel, or any float nn.Module in evaluation mode that ``torch.fx`` can trace
        Of a QuantizedModel: weights as integer codes (INT4 up to 4 bits, INT8, INT16) with their scales, biases as
        int32, a QuantizeLinear/DequantizeLinear pair for every activation quantizer. A float network is written with
        batch norm folded, as a runtime would fold it.
    path : where to write; folders are made
    input_shape : (C, H, W) of one image

    Returns
    -------
    Path
        Of the file, with opset 21, checked and shape-inferred. Its nodes are called like the layers they were made
        of, its input ``images`` and its output ``logits``.

    Raises
    ------
    TypeError
        For a network that has not been calibrated.
    ValueError
        For an operation that cannot be exported; the message names it.

    Notes
    -----
    A width between those of ONNX, such as 6 bits, is stored in the next larger type, and an activation of 4 bits as
    UINT8: a Clip in front of QuantizeLinear keeps it within its codes. With that Clip, as with 4-bit weights, ONNX
    Runtime computes in float what lies between: exact, but no faster. Weights of 5 to 8 bits need none of this.

    Source: ONNX operators ``QuantizeLinear`` and ``DequantizeLinear``, opset 21.

    Examples
    --------
    >>> import tempfile
    >>> network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).eval()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_onnx(network, Path(folder) / "tiny.onnx").name
    'tiny.onnx'
    """
    quantized = model if isinstance(model, QuantizedModel) else None
    network = quantized.graph_module if quantized is not None else fold_batchnorm(model)
    if any(m.qparams is None for m in network.modules() if isinstance(m, ActivationQuantizer)):
        raise TypeError("The model is not calibrated: make it with quantize_model(model, calibration_batches).")
    parameter = next(network.parameters(), torch.zeros(()))
    ShapeProp(network).propagate(torch.zeros(_PROBE, *input_shape).to(parameter))
    graph = _Walk(network, quantized).write()
    return check_and_save(graph, Path(path), OPSET, (INPUT, input_shape), OUTPUT)


class _Walk:
    """One pass over the nodes of a network; remembers which tensor each became, and on which grid it lies."""

    def __init__(self, network: fx.GraphModule, quantized: QuantizedModel | None):
        self.network = network
        self.quantized = quantized
        self.graph = OnnxGraph()
        self.tensors: dict[fx.Node, str] = {}
        self.grids: dict[fx.Node, ActivationQuantizer] = {}

    def write(self) -> OnnxGraph:
        for node in self.network.graph.nodes:
            if node.op == "placeholder":
                self.tensors[node] = INPUT
            elif node.op == "output":
                self._end(node)
            elif node.op == "get_attr":
                value = _attribute(self.network, node.target)
                self.tensors[node] = self.graph.constant(node.target, value.numpy(force=True))
            elif role(node, self.network) is not Role.SHAPE:
                self._operation(node)
        return self.graph

    def _operation(self, node: fx.Node) -> None:
        module = module_of(node, self.network)
        sources: list[fx.Node] = []
        fx.map_arg((node.args, node.kwargs), sources.append)
        first = sources[0]
        if isinstance(module, ActivationQuantizer):
            self.grids[node] = module
            self.tensors[node] = self._round_trip(node.name, self.tensors[first], module)
        elif is_identity(node, module):
            self.tensors[node] = self.tensors[first]
            self._keep_grid(node, first)
        else:
            inputs = [self.tensors[source] for source in sources if source in self.tensors]
            self.tensors[node] = self._translate(node, module, inputs)
            if role(node, self.network) is Role.MOVES and first in self.grids:
                self._keep_grid(node, first)
                self.tensors[node] = self._round_trip(f"{node.name}_again", self.tensors[node], self.grids[first])

    def _translate(self, node: fx.Node, module: nn.Module | None, inputs: list[str]) -> str:
        parameters = []
        if hasattr(module, "weight"):
            parameters = self._parameters(name_of(node), cast(Weighted, module))
        call = Call(self.graph, node, module, label(node, self.network), inputs, parameters)
        return translation(node, module, call.refuse)(call)

    def _keep_grid(self, node: fx.Node, source: fx.Node) -> None:
        if source in self.grids:
            self.grids[node] = self.grids[source]

    def _round_trip(self, name: str, tensor: str, quantizer: ActivationQuantizer) -> str:
        """Write the pair; what only moves codes gets one on both sides, so that it runs on integers."""
        qparams = cast(QParams, quantizer.qparams)  # export_onnx has looked for them
        scale, zero_point, low, high = qparams
        dtype = _storage(low, high)
        if (low, high) != _type_range(dtype):
            tensor = self._clip(name, tensor, qparams)
        grid = [
            self.graph.constant(f"{name}.scale", scale.float().numpy(force=True)),
            self.graph.constant(f"{name}.zero_point", zero_point.numpy(force=True), dtype),
        ]
        codes = self.graph.add("QuantizeLinear", [tensor, *grid], f"{name}.codes")
        return self.graph.add("DequantizeLinear", [codes, *grid], name)

    def _clip(self, name: str, tensor: str, qparams: QParams) -> str:
        """Write the Clip that keeps a tensor within codes narrower than their type."""
        scale, zero_point, low, high = qparams
        limits = []
        for end, code in (("low", low), ("high", high)):
            bound = (code - zero_point.double()) * scale.double()
            limits.append(self.graph.constant(f"{name}.{end}", np.float32(bound)))
        return self.graph.add("Clip", [tensor, *limits], f"{name}{CLIP}")

    def _parameters(self, name: str, layer: Weighted) -> list[str]:
        """Return the tensors of a layer's weight and bias; both are written once, even if the layer is called twice."""
        written = self.graph.values
        if f"{name}.weight" not in written:
            written[f"{name}.weight"] = self._weight(name, layer.weight.detach())
        if layer.bias is None:
            return [written[f"{name}.weight"]]
        if f"{name}.bias" not in written:
            written[f"{name}.bias"] = self._bias(name, layer.bias.detach())
        return [written[f"{name}.weight"], written[f"{name}.bias"]]

    def _weight(self, name: str, weight: Tensor) -> str:
        """Write a weight: in float, or as codes with a scale a tensor, a channel or a group."""
        key = f"{name}.weight"
        model = self.quantized
        if model is None or name not in model.weight_qparams:
            return self.graph.constant(key, weight.float().numpy(force=True))
        grid = model.weight_qparams[name]
        codes = quantize_affine(weight, *grid)
        scale = grid.scale.float()
        dtype = _storage(grid.quant_min, grid.quant_max, narrow=True)
        granularity = model.config.weight_granularity
        if isinstance(granularity, PerGroup):
            axis = granularity.axis % codes.ndim
            starts = torch.arange(0, scale.shape[axis], granularity.group_size)
            scale = scale.index_select(axis, starts)  # one of each group, in which all are equal
            return self._stored(key, codes, scale, dtype, axis=axis, block_size=granularity.group_size)
        axis = granularity.axis % codes.ndim if isinstance(granularity, PerAxis) else 0
        return self._stored(key, codes, scale, dtype, axis=axis)

    def _bias(self, name: str, bias: Tensor) -> str:
        """Write a bias: in float, or as int32 codes on the grid of its accumulator."""
        key = f"{name}.bias"
        model = self.quantized
        x_qparams = model.input_qparams(name) if model is not None else None
        if model is None or x_qparams is None or name not in model.bias_qparams:
            return self.graph.constant(key, bias.float().numpy(force=True))
        codes = quantize_bias(bias, x_qparams.scale, model.weight_qparams[name].scale)
        return self._stored(key, codes, model.bias_qparams[name].scale.float(), "INT32", axis=0)

    def _stored(
        self, key: str, codes: Tensor, scale: Tensor, dtype: str, *, axis: int, block_size: int | None = None
    ) -> str:
        """Write codes as an initializer with its DequantizeLinear."""
        options: dict[str, Any] = {}
        if block_size is not None:
            options = {"axis": axis, "block_size": block_size}
        elif scale.numel() > 1:
            scale = scale.flatten()
            options = {"axis": axis}
        else:
            scale = scale.reshape(())
        inputs = [
            self.graph.constant(f"{key}.codes", codes.numpy(force=True), dtype),
            self.graph.constant(f"{key}.scale", scale.numpy(force=True)),
            self.graph.constant(f"{key}.zero_point", np.zeros(tuple(scale.shape)), dtype),
        ]
        return self.graph.add("DequantizeLinear", inputs, key, **options)

    def _end(self, node: fx.Node) -> None:
        if len(node.all_input_nodes) != 1 or not isinstance(node.args[0], fx.Node):
            raise ValueError("The network returns several tensors: expected one, the logits.")
        source = node.all_input_nodes[0]
        self.graph.rename(self.tensors[source], OUTPUT)
        self.graph.output_shape = tuple(source.meta["tensor_meta"].shape[1:])


def _attribute(network: nn.Module, target: str) -> Tensor:
    owner, _, name = target.rpartition(".")
    return getattr(network.get_submodule(owner), name)


def _storage(low: int, high: int, *, narrow: bool = False) -> str:
    """Return the ONNX type that codes are stored in; only weights, which fill the file, use 4-bit types."""
    bits = (high - low).bit_length()
    width = next(w for w in ((4, 8, 16) if narrow else (8, 16)) if bits <= w)
    return f"{'INT' if low < 0 else 'UINT'}{width}"


def _type_range(dtype: str) -> tuple[int, int]:
    return 0, 2 ** int(dtype.removeprefix("UINT")) - 1
