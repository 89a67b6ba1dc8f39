"""Repairs that need no training: cross-layer equalization and bias correction."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, fx, nn

from zeropoint.quant.fusion import fold_batchnorm
from zeropoint.quant.quantized_model import QuantizedModel

_HOMOGENEOUS = (nn.ReLU, nn.Identity)  # f(s·x) = s·f(x) for s > 0; ReLU6 and Hardswish are not


@torch.no_grad()
def equalize_cross_layer(model: nn.Module, *, iterations: int = 20) -> fx.GraphModule:
    """Return a copy of the model whose channels have similar weight ranges, computing the same function.

    A channel between two layers may be scaled freely: dividing the first layer's output channel ``i`` by ``s_i``
    and multiplying the second layer's input channel by it changes nothing, since ReLU is homogeneous. With
    ``s_i = √(r1_i / r2_i)``, ``r`` the largest absolute weights of channel ``i`` in either layer, both get the
    same range, and a per-tensor scale fits every channel.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode, traceable by ``torch.fx``. Not changed; batch norm is folded first.
    iterations : int
        Passes over all pairs; a layer in two pairs is pulled both ways until the ranges settle.

    Returns
    -------
    fx.GraphModule
        Pairs joined by anything but a ReLU, or with another reader in between, are left as they are.

    Source: Nagel et al. 2019 (arXiv:1906.04721), section 4.1.
    """
    equalized = fold_batchnorm(model)
    pairs = [(first, second) for first, _, second in channel_pairs(equalized)]
    for _ in range(iterations):
        for first, second in pairs:
            range_1 = first.weight.flatten(1).abs().amax(1)  # (channels,)
            range_2 = _by_input_channel(second).abs().amax((1, 3)).flatten()  # (channels,)
            gain = torch.sqrt(range_1 / range_2)
            usable = torch.isfinite(gain) & (gain > 0)  # a dead channel has nothing to share
            rescale_pair(first, second, torch.where(usable, gain, 1.0))
    return equalized


def channel_pairs(folded: fx.GraphModule) -> list[tuple[nn.Module, str, nn.Module]]:
    """Return the pairs of layers that share their channels with nobody else.

    Returns
    -------
    list of (first layer, its name, second layer)
        Conv2d → Conv2d or Linear → Linear, with at most ReLUs between them.
    """
    modules = dict(folded.named_modules())
    pairs = []
    for node in folded.graph.nodes:
        first = modules.get(node.target) if node.op == "call_module" else None
        if not isinstance(first, nn.Conv2d | nn.Linear):
            continue
        reader = _only_reader(node)
        while reader is not None and reader.op == "call_module" and isinstance(modules[reader.target], _HOMOGENEOUS):
            reader = _only_reader(reader)
        second = modules.get(reader.target) if reader is not None and reader.op == "call_module" else None
        if type(second) is type(first):
            pairs.append((first, node.target, second))
    return pairs


@torch.no_grad()
def rescale_pair(first: nn.Module, second: nn.Module, gain: Tensor) -> None:
    """Divide the first layer's output channels by ``gain``, shape (channels,) > 0, and undo it in the second."""
    first.weight.div_(gain.reshape(-1, *[1] * (first.weight.ndim - 1)))
    if first.bias is not None:
        first.bias.div_(gain)
    blocks = _by_input_channel(second)  # a view: (groups, out/groups, in/groups, k)
    blocks.mul_(gain.reshape(blocks.shape[0], 1, blocks.shape[2], 1))


@torch.no_grad()
def correct_bias(quantized: QuantizedModel, model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Shift every bias so that each channel's mean output is that of the float network (empirical variant).

    Rounding the weights shifts the mean of a channel's output, and the shifts add up along the network. Layer by
    layer, in the order of computation, the mean error on calibration images is taken out of the bias.

    Parameters
    ----------
    quantized : QuantizedModel
        Changed in place.
    model : nn.Module
        The float network it was made from, in evaluation mode.
    batches : iterable of float tensors (N, C, H, W)
        Calibration images.

    Source: Nagel et al. 2019 (arXiv:1906.04721), section 4.2 and appendix D (empirical bias correction).
    """
    batches = list(batches)
    names = [node.target for node in quantized.graph_module.graph.nodes if node.target in quantized.weight_qparams]
    wanted = _channel_means(fold_batchnorm(model), names, batches)
    for name in names:
        layer = quantized.graph_module.get_submodule(name)
        shift = wanted[name] - _channel_means(quantized.graph_module, [name], batches)[name]
        layer.bias = nn.Parameter(shift if layer.bias is None else layer.bias + shift)


def _channel_means(network: nn.Module, names: list[str], batches: list[Tensor]) -> dict[str, Tensor]:
    """Return the mean output of every channel, shape (channels,), of the named layers over all batches."""
    totals: dict[str, Tensor] = {}

    def add(name: str, output: Tensor) -> None:
        spatial = [d for d in range(output.ndim) if d != 1]
        totals[name] = totals.get(name, 0) + output.mean(spatial) * len(output)

    handles = [
        network.get_submodule(name).register_forward_hook(lambda _m, _i, output, name=name: add(name, output))
        for name in names
    ]
    try:
        for batch in batches:
            network(batch)
    finally:
        for handle in handles:
            handle.remove()
    return {name: total / sum(map(len, batches)) for name, total in totals.items()}


def _only_reader(node: fx.Node) -> fx.Node | None:
    return next(iter(node.users)) if len(node.users) == 1 else None


def _by_input_channel(layer: nn.Module) -> Tensor:
    """Return a view of the weights as (groups, out/groups, in/groups, k), k = kernel height · width."""
    groups = getattr(layer, "groups", 1)
    weight = layer.weight
    return weight.view(groups, weight.shape[0] // groups, weight.shape[1], -1)
