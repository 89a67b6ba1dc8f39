"""What each operation of a traced network means for quantization: one table, read by PTQ and by QAT."""

from __future__ import annotations

import operator
from enum import Enum
from typing import cast

import torch
from torch import fx, nn
from torch.nn import functional as F

Weighted = nn.Conv2d | nn.Linear
WEIGHTED = (nn.Conv2d, nn.Linear)


class Role(Enum):
    """How an operation behaves when its tensors are integer codes."""

    WEIGHTED = "has weights to quantize, and reads quantized tensors"
    ARITHMETIC = "computes new values from quantized tensors, and so rounds: add, concat, average, bilinear, Hardswish"
    FUSED = "is computed with the operation before it, on its accumulator: ReLU, ReLU6"
    MOVES = "only moves, picks or repeats codes, or inserts zeros: it adds no rounding of its own"
    SHAPE = "computes with sizes, not with tensors"
    BOUNDARY = "is the input, the output or a stored tensor"
    UNSUPPORTED = "stays in float"


_MODULES = {
    Role.WEIGHTED: WEIGHTED,
    Role.ARITHMETIC: (nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Hardswish),
    Role.FUSED: (nn.ReLU, nn.ReLU6),
    Role.MOVES: (nn.Flatten, nn.MaxPool2d, nn.AdaptiveMaxPool2d, nn.Identity, nn.Dropout, nn.Dropout2d, nn.ZeroPad2d),
}
_FUNCTIONS = {
    Role.ARITHMETIC: {
        *(operator.add, operator.iadd, torch.add, torch.cat, torch.concat, torch.mean),
        *(F.avg_pool2d, F.adaptive_avg_pool2d, F.hardswish),
        *("add", "add_", "mean"),
    },
    Role.FUSED: {F.relu, F.relu6, torch.relu, "relu", "relu_"},
    Role.MOVES: {
        *(torch.flatten, torch.reshape, torch.permute, torch.transpose, torch.squeeze, torch.unsqueeze),
        *(operator.getitem, torch.chunk, torch.split, F.max_pool2d, F.dropout),
        *("flatten", "view", "reshape", "permute", "transpose", "contiguous", "squeeze", "unsqueeze", "chunk", "split"),
    },
    Role.SHAPE: {getattr, "size", "dim"},
}
_NEAREST = ("nearest", "nearest-exact")


def role(node: fx.Node, network: fx.GraphModule) -> Role:
    """Return the role of a node of a traced network.

    Examples
    --------
    >>> traced = fx.symbolic_trace(nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Sigmoid()))
    >>> [role(node, traced).name for node in traced.graph.nodes]
    ['BOUNDARY', 'WEIGHTED', 'FUSED', 'UNSUPPORTED', 'BOUNDARY']
    """
    if node.op in ("placeholder", "output", "get_attr"):
        return Role.BOUNDARY
    module = module_of(node, network)
    if module is not None:
        return _role_of_module(module)
    if node.target in (F.interpolate, F.pad):
        return _role_of_options(node)
    inputs = node.all_input_nodes
    if node.target in _FUNCTIONS[Role.SHAPE] or (inputs and all(role(n, network) is Role.SHAPE for n in inputs)):
        return Role.SHAPE
    return next((found for found, targets in _FUNCTIONS.items() if node.target in targets), Role.UNSUPPORTED)


def label(node: fx.Node, network: fx.GraphModule) -> str:
    """Return what a reader would call the operation: its layer type, or its function's name."""
    module = module_of(node, network)
    if module is not None:
        return type(module).__name__
    return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))


def name_of(node: fx.Node) -> str:
    """Return the name that ``exclude`` and ``layer_bits`` know an operation by: its layer's, or its node's."""
    return str(node.target) if node.op == "call_module" else node.name


def module_of(node: fx.Node, network: nn.Module) -> nn.Module | None:
    """Return the module that a node calls; None where it does something else."""
    return network.get_submodule(str(node.target)) if node.op == "call_module" else None


def layer_of(name: str, network: nn.Module) -> Weighted:
    """Return the convolution or linear layer of a name that is known to be one's."""
    return cast(Weighted, network.get_submodule(name))


def origin(reader: fx.Node, tensor: fx.Node, network: fx.GraphModule) -> tuple[fx.Node, fx.Node]:
    """Walk back over what only moves codes: return who reads the tensor that they were made from, and that tensor."""
    while role(tensor, network) is Role.MOVES:
        source = tensor.all_input_nodes[0]
        if tensor.target is operator.getitem and role(source, network) is Role.UNSUPPORTED:
            break  # it picks from what may be a tuple of tensors, which no quantizer can read
        reader, tensor = tensor, source
    return reader, tensor


def _role_of_module(module: nn.Module) -> Role:
    if isinstance(module, nn.Upsample):
        return Role.MOVES if module.mode in _NEAREST else Role.ARITHMETIC
    return next((found for found, types in _MODULES.items() if isinstance(module, types)), Role.UNSUPPORTED)


def _role_of_options(node: fx.Node) -> Role:
    """Interpolation computes new values unless it repeats the nearest; padding may insert something else than 0."""
    if node.target is F.interpolate:
        return Role.MOVES if _argument(node, 3, "mode", "nearest") in _NEAREST else Role.ARITHMETIC
    repeats = _argument(node, 2, "mode", "constant") != "constant"  # reflected or replicated values are there already
    return Role.MOVES if repeats or not _argument(node, 3, "value", None) else Role.UNSUPPORTED


def _argument(node: fx.Node, position: int, name: str, default: object) -> object:
    return node.args[position] if len(node.args) > position else node.kwargs.get(name, default)
