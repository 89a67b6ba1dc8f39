"""Post-training quantization: fold, observe, freeze – a float network becomes one that fake-quantizes.

Every convolution and linear layer gets integer weights, and everything that a quantized operation reads is
quantized on its way in, so that the simulated numbers are those an integer runtime would see.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Iterable
from fnmatch import fnmatchcase

import torch
from torch import Tensor, fx, nn

from zeropoint.quant.affine import fake_quantize_affine
from zeropoint.quant.fusion import fold_batchnorm
from zeropoint.quant.observers import MinMaxObserver
from zeropoint.quant.quantized_model import QUANTIZER_SUFFIX, ActivationQuantizer, QConfig, QuantizedModel

_WEIGHTED = (nn.Conv2d, nn.Linear)
_POOLING = (nn.AdaptiveAvgPool2d, nn.AvgPool2d)
_TRANSPARENT = (nn.ReLU, nn.ReLU6, nn.Identity, nn.Flatten, nn.MaxPool2d, nn.Dropout)  # add no rounding of their own
_ADDITIONS = (operator.add, operator.iadd, torch.add)


@torch.no_grad()
def quantize_model(
    model: nn.Module, calibration_batches: Iterable[Tensor], config: QConfig | None = None
) -> QuantizedModel:
    """Quantize a trained network after training (PTQ), with min-max ranges.

    Parameters
    ----------
    model : nn.Module
        Trained, in evaluation mode, traceable by ``torch.fx``. Not changed.
    calibration_batches : iterable of float tensors, shape (N, C, H, W)
        Preprocessed exactly as for inference, from images used for nothing else.
    config : QConfig

    Raises
    ------
    ValueError
        For a model in training mode, no calibration batches, or an ``exclude`` pattern that matches no layer.

    Source: Krishnamoorthi 2018 (arXiv:1806.08342), section 3; Nagel et al. 2021 (arXiv:2106.08295), section 3.
    """
    config = config or QConfig()
    quantized = QuantizedModel(fold_batchnorm(model), config)
    _sort_layers(quantized)
    if config.activation_bits is not None:
        _insert_quantizers(quantized)
        _calibrate(quantized, calibration_batches)
    if config.weight_bits is not None:
        _quantize_weights(quantized)
    return quantized.eval()


def _sort_layers(quantized: QuantizedModel) -> None:
    """Record every layer that stays in float; complain about those that nobody asked to leave out."""
    config, modules = quantized.config, dict(quantized.graph_module.named_modules())
    names = [node.target for node in quantized.graph_module.graph.nodes if node.op == "call_module"]
    for pattern in config.exclude:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(f"exclude has {pattern!r}, which matches no layer: the layers are {', '.join(names)}.")
    for name in names:
        if config.excludes(name):
            quantized.float_layers[name] = "excluded by the configuration"
        elif not isinstance(modules[name], _WEIGHTED + _POOLING + _TRANSPARENT):
            quantized.float_layers[name] = f"{type(modules[name]).__name__} is not supported"
    for node in quantized.graph_module.graph.nodes:
        if node.op in ("call_function", "call_method") and node.target not in _ADDITIONS:
            quantized.float_layers[node.name] = f"{node.op} {_target_name(node)} is not supported"
    unsupported = [f"{n} ({why})" for n, why in quantized.float_layers.items() if why.endswith("not supported")]
    if unsupported:
        warnings.warn(f"These layers stay in float: {', '.join(unsupported)}.", stacklevel=3)


def _insert_quantizers(quantized: QuantizedModel) -> None:
    """Put one quantizer behind every tensor that a quantized operation reads."""
    graph_module = quantized.graph_module
    _drop_identities(graph_module)
    readers = [node for node in graph_module.graph.nodes if _is_quantized_operation(node, quantized)]
    made: dict[fx.Node, fx.Node] = {}
    for reader in readers:
        for source in reader.all_input_nodes:
            if source not in made:
                name = f"{source.name}{QUANTIZER_SUFFIX}"
                graph_module.add_submodule(name, ActivationQuantizer(quantized.config.activation_bits))
                with graph_module.graph.inserting_after(source):
                    made[source] = graph_module.graph.call_module(name, (source,))
            reader.replace_input_with(source, made[source])
    graph_module.recompile()


def _drop_identities(graph_module: fx.GraphModule) -> None:
    """Remove layers that pass their input on, so that one tensor gets one quantizer, not two."""
    for node in list(graph_module.graph.nodes):
        if node.op == "call_module" and isinstance(graph_module.get_submodule(node.target), nn.Identity | nn.Dropout):
            node.replace_all_uses_with(node.args[0])
            graph_module.graph.erase_node(node)


def _is_quantized_operation(node: fx.Node, quantized: QuantizedModel) -> bool:
    if node.op == "call_module":
        module = quantized.graph_module.get_submodule(node.target)
        return isinstance(module, _WEIGHTED + _POOLING) and node.target not in quantized.float_layers
    return node.op == "call_function" and node.target in _ADDITIONS


def _calibrate(quantized: QuantizedModel, batches: Iterable[Tensor]) -> None:
    seen = 0
    for batch in batches:
        quantized(batch)
        seen += len(batch)
    if not seen:
        raise ValueError("There are no calibration batches: pass a list of preprocessed image batches (N, C, H, W).")
    for quantizer in quantized.activation_quantizers().values():
        quantizer.freeze()


def _quantize_weights(quantized: QuantizedModel) -> None:
    config = quantized.config
    for name, layer in quantized.graph_module.named_modules():
        if isinstance(layer, _WEIGHTED) and name not in quantized.float_layers:
            observer = MinMaxObserver(config.weight_granularity)
            observer.observe(layer.weight)
            qparams = observer.calculate_qparams(
                bit_width=config.weight_bits, signed=True, symmetric=True, narrow_range=True
            )
            layer.weight.copy_(fake_quantize_affine(layer.weight, *qparams))
            quantized.weight_qparams[name] = qparams


def _target_name(node: fx.Node) -> str:
    return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
