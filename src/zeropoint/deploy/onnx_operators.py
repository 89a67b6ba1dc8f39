"""How each operation of a traced network is written in ONNX: one table; what is not in it is refused by name."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, cast

import numpy as np
import torch
from torch import fx, nn
from torch.nn import functional as F

from zeropoint.deploy.onnx_call import Call


def is_identity(node: fx.Node, module: nn.Module | None) -> bool:
    """Return whether the operation hands on its input in evaluation mode."""
    layers = (nn.Identity, nn.Dropout, nn.Dropout2d)
    return isinstance(module, layers) or node.target in (F.dropout, "contiguous")


def translation(node: fx.Node, module: nn.Module | None, refuse: Callable[[], NoReturn]) -> Callable[[Call], str]:
    """Return what writes an operation, or refuse it."""
    key = type(module) if module is not None else node.target
    return _TABLE.get(key) or refuse()


def _conv(call: Call) -> str:
    layer = cast(nn.Conv2d, call.module)
    if layer.padding_mode != "zeros":
        call.refuse(f"padding mode {layer.padding_mode!r}")
    if layer.padding == "same":
        call.refuse("padding 'same'")
    padding = (0, 0) if layer.padding == "valid" else layer.padding
    vertical, horizontal = cast("tuple[int, int]", padding)
    return call.emit(
        "Conv",
        *call.inputs,
        *call.parameters,
        kernel_shape=layer.kernel_size,
        strides=layer.stride,
        pads=[vertical, horizontal, vertical, horizontal],
        dilations=layer.dilation,
        group=layer.groups,
    )


def _linear(call: Call) -> str:
    if len(call.input_shape) != 2:
        call.refuse(f"of {len(call.input_shape)} dimensions, flatten to (N, features) first")
    return call.emit("Gemm", *call.inputs, *call.parameters, transB=1)


def _batch_norm(call: Call) -> str:
    layer = cast(nn.BatchNorm2d, call.module)
    named = {"scale": layer.weight, "B": layer.bias, "mean": layer.running_mean, "var": layer.running_var}
    values = []
    for name, value in named.items():
        if value is None:
            call.refuse("without statistics or weights of its own")
        values.append(call.constant(name, value.numpy(force=True)))
    return call.emit("BatchNormalization", *call.inputs, *values, epsilon=layer.eps)


def _relu6(call: Call) -> str:
    low = call.constant("min", np.float32(0))
    high = call.constant("max", np.float32(6))
    return call.emit("Clip", *call.inputs, low, high)


def _binary(op_type: str) -> Callable[[Call], str]:
    """Return what writes an operation on two tensors, or on one and a number."""

    def write(call: Call) -> str:
        if call.node.kwargs or len(call.node.args) != 2:
            call.refuse("with options")
        tensors = iter(call.inputs)
        operands = []
        for arg in call.node.args:
            if isinstance(arg, fx.Node):
                operands.append(next(tensors))
            else:
                operands.append(call.constant("number", np.float32(cast(float, arg))))
        return call.emit(op_type, *operands)

    return write


def _concat(call: Call) -> str:
    return call.emit("Concat", *call.inputs, axis=call.option(1, "dim", 0))


def _max_pool(call: Call) -> str:
    dilation = _pair(call.option(4, "dilation", 1))
    return call.emit("MaxPool", *call.inputs, **_window(call, ceil_at=5), dilations=dilation)


def _avg_pool(call: Call) -> str:
    if call.option(6, "divisor_override", None) is not None:
        call.refuse("divisor_override")
    include = int(call.option(5, "count_include_pad", True))
    return call.emit("AveragePool", *call.inputs, **_window(call, ceil_at=4), count_include_pad=include)


def _window(call: Call, *, ceil_at: int) -> dict[str, Any]:
    kernel = _pair(call.option(1, "kernel_size"))
    padding = _pair(call.option(3, "padding", 0))
    return {
        "kernel_shape": kernel,
        "strides": _pair(call.option(2, "stride", None) or kernel),
        "pads": [*padding, *padding],
        "ceil_mode": int(call.option(ceil_at, "ceil_mode", False)),
    }


def _adaptive(op_type: str) -> Callable[[Call], str]:
    """Return what writes a pooling to a given size, which must divide the size of its input."""

    def write(call: Call) -> str:
        sizes = call.input_shape[2:]
        targets = call.shape[2:]
        if targets == (1, 1):
            return call.emit(f"Global{op_type}", *call.inputs)
        if any(size % target for size, target in zip(sizes, targets, strict=True)):
            call.refuse(f"from {sizes} to {targets}, which does not divide it")
        window = [size // target for size, target in zip(sizes, targets, strict=True)]
        return call.emit(op_type, *call.inputs, kernel_shape=window, strides=window)

    return write


def _mean(call: Call) -> str:
    rank = len(call.input_shape)
    given = call.option(1, "dim")
    dims = sorted(dim % rank for dim in ([given] if isinstance(given, int) else given))
    keep = bool(call.option(2, "keepdim", False))
    if dims == [2, 3] and rank == 4 and keep:
        return call.emit("GlobalAveragePool", *call.inputs)  # runtimes have an integer kernel for this one
    axes = call.constant("axes", np.array(dims, np.int64))
    return call.emit("ReduceMean", *call.inputs, axes, keepdims=int(keep))


def _reshape(call: Call) -> str:
    if call.shape[0] != call.input_shape[0]:
        call.refuse("it mixes images of a batch")
    shape = call.constant("shape", np.array([-1, *call.shape[1:]], np.int64))
    return call.emit("Reshape", call.inputs[0], shape)


def _permute(call: Call) -> str:
    given = call.node.args[1:]  # permute(x, 0, 2, 1) or permute(x, (0, 2, 1))
    dims = cast(Sequence[int], given[0] if isinstance(given[0], tuple | list) else given)
    rank = len(call.input_shape)
    return call.emit("Transpose", *call.inputs, perm=[dim % rank for dim in dims])


def _transpose(call: Call) -> str:
    order = list(range(len(call.input_shape)))
    first = call.option(1, "dim0")
    second = call.option(2, "dim1")
    order[first], order[second] = order[second], order[first]
    return call.emit("Transpose", *call.inputs, perm=order)


def _pad(call: Call) -> str:
    if call.module is not None:
        widths: Sequence[int] = cast(nn.ZeroPad2d, call.module).padding
        mode = "constant"
        value = 0
    else:
        widths = call.option(1, "pad")
        mode = call.option(2, "mode", "constant")
        value = call.option(3, "value", 0) or 0
    if mode != "constant" or len(widths) != 4:
        call.refuse(f"mode {mode!r}, {len(widths)} widths")
    left, right, top, bottom = widths
    pads = call.constant("pads", np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))
    return call.emit("Pad", *call.inputs, pads, call.constant("value", np.float32(value)))


def _resize(call: Call) -> str:
    mode = call.option(3, "mode", "nearest")
    corners = "align_corners" if call.option(4, "align_corners", False) else "pytorch_half_pixel"
    ways = {
        "nearest": {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
        "bilinear": {"mode": "linear", "coordinate_transformation_mode": corners},
    }
    if mode not in ways:
        call.refuse(f"mode {mode!r}")
    factors = [new / old for new, old in zip(call.shape[2:], call.input_shape[2:], strict=True)]
    scales = call.constant("scales", np.array([1, 1, *factors], np.float32))
    return call.emit("Resize", call.inputs[0], "", scales, **ways[mode])


def _softmax(call: Call) -> str:
    return call.emit("Softmax", *call.inputs, axis=call.option(1, "dim"))


def _plain(op_type: str) -> Callable[[Call], str]:
    return lambda call: call.emit(op_type, *call.inputs)


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _all(writer: Callable[[Call], str], *keys: object) -> dict[object, Callable[[Call], str]]:
    return dict.fromkeys(keys, writer)


_TABLE = {
    **_all(_conv, nn.Conv2d),
    **_all(_linear, nn.Linear),
    **_all(_batch_norm, nn.BatchNorm2d, nn.BatchNorm1d),
    **_all(_plain("Relu"), nn.ReLU, F.relu, torch.relu, "relu", "relu_"),
    **_all(_relu6, nn.ReLU6, F.relu6),
    **_all(_plain("HardSwish"), nn.Hardswish, F.hardswish),
    **_all(_plain("Sigmoid"), nn.Sigmoid, F.sigmoid, torch.sigmoid, "sigmoid"),
    **_all(_plain("Tanh"), nn.Tanh, torch.tanh, "tanh"),
    **_all(_softmax, nn.Softmax, F.softmax, torch.softmax, "softmax"),
    **_all(_binary("Add"), operator.add, operator.iadd, torch.add, "add", "add_"),
    **_all(_binary("Mul"), operator.mul, operator.imul, torch.mul, "mul", "mul_"),
    **_all(_concat, torch.cat, torch.concat),
    **_all(_max_pool, nn.MaxPool2d, F.max_pool2d),
    **_all(_avg_pool, nn.AvgPool2d, F.avg_pool2d),
    **_all(_adaptive("AveragePool"), nn.AdaptiveAvgPool2d, F.adaptive_avg_pool2d),
    **_all(_adaptive("MaxPool"), nn.AdaptiveMaxPool2d, F.adaptive_max_pool2d),
    **_all(_mean, torch.mean, "mean"),
    **_all(_reshape, nn.Flatten, torch.flatten, torch.reshape, torch.squeeze, torch.unsqueeze),
    **_all(_reshape, "flatten", "view", "reshape", "squeeze", "unsqueeze"),
    **_all(_permute, torch.permute, "permute"),
    **_all(_transpose, torch.transpose, "transpose"),
    **_all(_pad, nn.ZeroPad2d, F.pad),
    **_all(_resize, nn.Upsample, F.interpolate),
}
