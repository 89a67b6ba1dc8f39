"""Repairs that need no training: cross-layer equalization and bias correction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from zeropoint.quant.fusion import fold_batchnorm
from zeropoint.quant.hooks import layer_inputs, run_watched
from zeropoint.quant.operators import WEIGHTED, Weighted, layer_of, module_of
from zeropoint.quant.quantized_model import QuantizedModel, checked_batches

_HOMOGENEOUS = (nn.ReLU, nn.Identity)  # f(s·x) = s·f(x) for s > 0; ReLU6 and Hardswish are not
_RELU_FUNCTIONS = (F.relu, torch.relu, "relu", "relu_")


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
        Pairs joined by anything but a ReLU, with another reader in between, or of a layer that is called twice or
        shares its weights, are left as they are.

    Notes
    -----
    Activations may become harder to quantize: a channel with tiny weights hands on little but its bias, which is scaled
    up with the weights. Let :func:`~zeropoint.quant.absorption.absorb_biases` follow.

    Source: Nagel et al. 2019 (arXiv:1906.04721), section 4.1.
    """
    equalized = fold_batchnorm(model)
    pairs = [(first, second) for first, _, second in channel_pairs(equalized)]
    for _ in range(iterations):
        for first, second in pairs:
            range_1 = first.weight.flatten(1).abs().amax(1)  # (channels,)
            range_2 = by_input_channel(second).abs().amax((1, 3)).flatten()  # (channels,)
            gain = torch.sqrt(range_1 / range_2)
            usable = torch.isfinite(gain) & (gain > 0)  # a dead channel has nothing to share
            rescale_pair(first, second, torch.where(usable, gain, 1.0))
    return equalized


@torch.no_grad()
def spread_channels(model: nn.Module, exponent: int, *, seed: int = 0) -> fx.GraphModule:
    """Return a copy of the model whose channels have unlike weight ranges, computing the same function.

    The opposite of :func:`equalize_cross_layer`, to study what unequal ranges cost: every channel between two layers is
    multiplied by ``2**u`` with a random whole ``u`` from ``−exponent`` to ``exponent``, which is undone in the second
    layer. Powers of two change no digit, so that not even the last bit of the output differs.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode, traceable by ``torch.fx``. Not changed; batch norm is folded first.
    exponent : int, at least 0
    seed : int
    """
    spread = fold_batchnorm(model)
    generator = torch.Generator().manual_seed(seed)
    for first, _, second in channel_pairs(spread):
        draws = torch.randint(-exponent, exponent + 1, (first.weight.shape[0],), generator=generator)
        rescale_pair(first, second, torch.exp2(-draws.float()))
    return spread


def channel_pairs(folded: fx.GraphModule) -> list[tuple[Weighted, str, Weighted]]:
    """Return the pairs of layers that share their channels with nobody else.

    Returns
    -------
    list of (first layer, its name, second layer)
        Conv2d → Conv2d or Linear → Linear, with at most ReLUs between them.
    """
    layers = {node: _weighted_layer(node, folded) for node in folded.graph.nodes}
    uses = Counter(id(layer.weight) for layer in layers.values() if layer is not None)  # scaling serves one use alone
    pairs = []
    for node, first in layers.items():
        if first is None:
            continue
        reader = _only_reader(node)
        while reader is not None and _is_homogeneous(reader, folded):
            reader = _only_reader(reader)
        second = None if reader is None else layers[reader]
        if second is None or type(second) is not type(first):
            continue
        if uses[id(first.weight)] == uses[id(second.weight)] == 1:
            pairs.append((first, str(node.target), second))
    return pairs


@torch.no_grad()
def rescale_pair(first: Weighted, second: Weighted, gain: Tensor) -> None:
    """Divide the first layer's output channels by ``gain``, shape (channels,) > 0, and undo it in the second."""
    first.weight.div_(gain.reshape(-1, *[1] * (first.weight.ndim - 1)))
    if first.bias is not None:
        first.bias.div_(gain)
    blocks = by_input_channel(second)  # a view: (groups, out/groups, in/groups, k)
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

    Raises
    ------
    ValueError
        When there are no batches, or ``model`` does not have the layers of ``quantized``.

    Source: Nagel et al. 2019 (arXiv:1906.04721), section 4.2 and appendix D (empirical bias correction).
    """
    batches = list(checked_batches(batches))
    floating = float_twin(model, quantized)
    wanted = _channel_sums(floating, list(quantized.weight_qparams), batches)
    for name in quantized.weight_qparams:
        layer = layer_of(name, quantized.graph_module)
        found = torch.zeros(())
        positions = 0
        for batch in batches:
            for x in layer_inputs(quantized.graph_module, name, batch):
                output = layer(x)
                found = found + _sums(layer, output)
                positions += output.numel() // len(found)
        shift = (wanted[name] - found) / positions  # of a layer that is called several times: the mean of its calls
        layer.bias = nn.Parameter(shift if layer.bias is None else layer.bias + shift)
        quantized.round_bias(name)


def float_twin(model: nn.Module, quantized: QuantizedModel) -> fx.GraphModule:
    """Return the folded float network, after a look whether ``quantized`` was made from it.

    Raises
    ------
    ValueError
        When it lacks a layer of ``quantized``, or has one of another shape.
    """
    folded = fold_batchnorm(model)
    shapes = {name: parameter.shape for name, parameter in folded.named_parameters(remove_duplicate=False)}
    for name in quantized.weight_qparams:
        if shapes.get(f"{name}.weight") != layer_of(name, quantized.graph_module).weight.shape:
            raise ValueError(
                f"The model has no layer {name!r} like that of the quantized network: pass the one it was made from."
            )
    return folded


def _channel_sums(network: nn.Module, names: list[str], batches: list[Tensor]) -> dict[str, Tensor]:
    """Return the sum of every channel's outputs, shape (channels,), of the named layers over all calls and batches."""
    totals: dict[str, Tensor] = {}

    def add(name: str, _x: Tensor, output: Tensor) -> None:
        totals[name] = totals.get(name, 0) + _sums(network.get_submodule(name), output)

    for batch in batches:
        run_watched(network, names, add, batch)
    return totals


def _sums(layer: nn.Module, output: Tensor) -> Tensor:
    """Return each channel's sum, shape (channels,): linear layers have channels last, convolutions before H and W."""
    if output.ndim == 1:
        return output
    channels = output.ndim - (1 if isinstance(layer, nn.Linear) else 3)
    return output.sum([d for d in range(output.ndim) if d != channels])


def _weighted_layer(node: fx.Node, network: fx.GraphModule) -> Weighted | None:
    layer = module_of(node, network)
    return layer if isinstance(layer, WEIGHTED) else None


def _is_homogeneous(node: fx.Node, network: fx.GraphModule) -> bool:
    module = module_of(node, network)
    if module is not None:
        return isinstance(module, _HOMOGENEOUS)
    return node.target in _RELU_FUNCTIONS


def _only_reader(node: fx.Node) -> fx.Node | None:
    return next(iter(node.users)) if len(node.users) == 1 else None


def by_input_channel(layer: Weighted) -> Tensor:
    """Return a view of the weights as (groups, out/groups, in/groups, k), k = kernel height · width."""
    groups = layer.groups if isinstance(layer, nn.Conv2d) else 1
    weight = layer.weight
    return weight.view(groups, weight.shape[0] // groups, weight.shape[1], -1)
