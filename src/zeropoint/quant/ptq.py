"""Post-training quantization: fold, observe, freeze – a float network becomes one that fake-quantizes.

Every convolution and linear layer gets integer weights, and everything that a quantized operation reads is
quantized on its way in, so that the simulated numbers are those an integer runtime would see.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

import torch
from torch import Tensor, fx, nn

from zeropoint.quant.config import QConfig
from zeropoint.quant.fusion import fold_batchnorm
from zeropoint.quant.operators import Role, label, layer_of, module_of, name_of, origin, role
from zeropoint.quant.parameters import choose_weight_qparams
from zeropoint.quant.quantized_model import (
    QUANTIZER_SUFFIX,
    ActivationQuantizer,
    QuantizedModel,
    TracedNetwork,
    checked_batches,
)


@torch.no_grad()
def quantize_model(
    model: nn.Module, calibration_batches: Iterable[Tensor], config: QConfig | None = None
) -> QuantizedModel:
    """Quantize a trained network after training (PTQ).

    Parameters
    ----------
    model : nn.Module
        Trained, in evaluation mode, traceable by ``torch.fx``. Not changed.
    calibration_batches : iterable of float tensors, shape (N, C, H, W)
        Preprocessed exactly as for inference, from images used for nothing else.
    config : QConfig

    Returns
    -------
    QuantizedModel
        What is not supported stays in float, with a warning, and ``describe()`` names it.

    Raises
    ------
    ValueError
        For a model in training mode, one with several inputs, no calibration batches, or a pattern in ``exclude`` or
        ``layer_bits`` that matches no layer.
    TypeError
        For a model that is quantized already or has half-precision parameters, or a batch that is not a float tensor.

    Source: Krishnamoorthi 2018 (arXiv:1806.08342), section 3; Nagel et al. 2021 (arXiv:2106.08295), section 3.
    """
    quantized = QuantizedModel(fold_batchnorm(model), config or QConfig())
    sort_layers(quantized)
    insert_quantizers(quantized, lambda bits: ActivationQuantizer(bits, quantized.config))
    _calibrate(quantized, calibration_batches)
    _quantize_weights(quantized)
    return quantized.eval()


def sort_layers(quantized: TracedNetwork, *, loudly: bool = True) -> None:
    """Record every layer that stays in float; complain about those that nobody asked to leave out."""
    network = quantized.graph_module
    config = quantized.config
    _check_network(network)
    _drop_identities(network)
    _follow_in_place(network)
    operations = {
        name_of(node): node
        for node in network.graph.nodes
        if role(node, network) not in (Role.BOUNDARY, Role.SHAPE, Role.MOVES, Role.FUSED)
    }
    _check_patterns("exclude", config.exclude, operations)
    _check_patterns("layer_bits", config.layer_bits, operations)
    unsupported = []
    for name, node in operations.items():
        if config.excludes(name):
            quantized.float_layers[name] = "excluded by the configuration"
        elif role(node, network) is Role.UNSUPPORTED:
            reason = f"{label(node, network)} is not supported"
            quantized.float_layers[name] = reason
            unsupported.append(f"{name} ({reason})")
    if unsupported and loudly:
        warnings.warn(f"These layers stay in float: {', '.join(unsupported)}.", stacklevel=4)


def insert_quantizers(quantized: TracedNetwork, make: Callable[[int], nn.Module]) -> None:
    """Put one quantizer, made for a number of bits, behind every tensor that a quantized operation reads."""
    network = quantized.graph_module
    readers: dict[fx.Node, list[tuple[fx.Node, int]]] = {}  # tensor → who reads it, with how many bits
    for node in network.graph.nodes:
        bits = quantized.config.bits(name_of(node))[1]
        if bits is not None and _reads_codes(node, quantized):
            for source in node.all_input_nodes:
                reader, tensor = origin(node, source, network)
                readers.setdefault(tensor, []).append((reader, bits))
    for tensor, found in readers.items():
        name = f"{tensor.name}{QUANTIZER_SUFFIX}"
        network.add_submodule(name, make(max(bits for _, bits in found)))
        with network.graph.inserting_after(tensor):
            quantizer = network.graph.call_module(name, (tensor,))
        for reader, _ in found:
            reader.replace_input_with(tensor, quantizer)
    network.recompile()


def weighted_layers(quantized: TracedNetwork) -> list[str]:
    """Return the names of the layers whose weights the configuration quantizes, in the order of computation."""
    network = quantized.graph_module
    config = quantized.config
    names = [name_of(node) for node in network.graph.nodes if role(node, network) is Role.WEIGHTED]
    return [n for n in dict.fromkeys(names) if n not in quantized.float_layers and config.bits(n)[0] is not None]


def _check_patterns(option: str, patterns: Iterable[str], names: Iterable[str]) -> None:
    """Refuse a pattern that matches nothing: it is a misspelt name, and would be ignored."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(f"{option} has {pattern!r}, which matches no layer: the layers are {', '.join(names)}.")


def _check_network(network: fx.GraphModule) -> None:
    inputs = [node.name for node in network.graph.nodes if node.op == "placeholder"]
    if len(inputs) != 1:
        raise ValueError(f"The network has the inputs {', '.join(inputs)}: expected one, a batch of images.")
    for name, parameter in network.named_parameters():
        if parameter.dtype not in (torch.float32, torch.float64):
            raise TypeError(
                f"{name} is {parameter.dtype}, too coarse to simulate integers in: call model.float() first."
            )


def _drop_identities(network: fx.GraphModule) -> None:
    """Remove layers that pass their input on, so that one tensor gets one quantizer, not two."""
    for node in list(network.graph.nodes):
        if isinstance(module_of(node, network), nn.Identity):
            node.replace_all_uses_with(node.all_input_nodes[0])
            network.graph.erase_node(node)


def _follow_in_place(network: fx.GraphModule) -> None:
    """Let those who read a tensor after it was overwritten read the operation that did it.

    A quantizer sits behind what makes a tensor: for them it would copy the tensor before it is overwritten.
    """
    position = {node: i for i, node in enumerate(network.graph.nodes)}
    for node in network.graph.nodes:
        if _overwrites_input(node, network):
            later = {user for user in node.all_input_nodes[0].users if position[user] > position[node]}
            node.all_input_nodes[0].replace_all_uses_with(node, later.__contains__)


def _overwrites_input(node: fx.Node, network: fx.GraphModule) -> bool:
    module = module_of(node, network)
    if module is not None:
        return bool(getattr(module, "inplace", False))
    if node.op == "call_method":
        return str(node.target).endswith("_")
    return bool(node.kwargs.get("inplace", False))


def _reads_codes(node: fx.Node, quantized: TracedNetwork) -> bool:
    reads = role(node, quantized.graph_module) in (Role.WEIGHTED, Role.ARITHMETIC)
    return reads and name_of(node) not in quantized.float_layers


def _calibrate(quantized: QuantizedModel, batches: Iterable[Tensor]) -> None:
    quantizers = quantized.activation_quantizers()
    if not quantizers:
        return
    for batch in checked_batches(batches):
        quantized(batch)
    for quantizer in quantizers.values():
        quantizer.freeze()


def _quantize_weights(quantized: QuantizedModel) -> None:
    config = quantized.config
    for name in weighted_layers(quantized):
        weight = layer_of(name, quantized.graph_module).weight
        bits, _ = config.bits(name)
        assert bits is not None  # weighted_layers leaves out those whose weights stay in float
        try:
            qparams = choose_weight_qparams(weight, bits, config.weight_granularity, config.weight_range)
        except ValueError as error:  # such as channels that do not divide into groups: which layer is it?
            raise ValueError(f"Layer {name!r}: {error}") from None
        quantized.put_on_grid(name, qparams)
