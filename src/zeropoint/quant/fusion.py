"""Folding batch normalization into the layer before it, as every INT8 runtime does."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, fx, nn

from zeropoint.quant.operators import Weighted

BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d
_FOLDS_INTO: Mapping[type[nn.Module], type[nn.Module]] = {nn.BatchNorm2d: nn.Conv2d, nn.BatchNorm1d: nn.Linear}


def fold_batchnorm(model: nn.Module) -> fx.GraphModule:
    """Return a copy of the model in which every batch norm is folded into the layer before it.

    In evaluation mode batch norm is a fixed affine map for each channel, ``γ (y − μ) / √(σ² + ε) + β``. With
    ``f = γ / √(σ² + ε)`` it becomes part of the convolution: ``W' = f · W`` and ``b' = f · (b − μ) + β``.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode and traceable by ``torch.fx``. Not changed.

    Returns
    -------
    fx.GraphModule
        The same function with fewer layers; a batch norm that follows something else, or a layer whose output
        is also used elsewhere, stays.

    Raises
    ------
    ValueError
        When the model is in training mode: its statistics would still move; and when ``torch.fx`` cannot trace it.

    Notes
    -----
    A tensor that is changed in place (``y += z``) and then read under another name (``x = y; y += z; use(x)``) is not
    followed: ``torch.fx`` records an ordinary sum.

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 3.2.
    """
    if model.training:
        raise ValueError("The model is in training mode: call model.eval() first, folding needs fixed statistics.")
    try:
        folded = fx.symbolic_trace(copy.deepcopy(model))
    except fx.proxy.TraceError as error:
        raise ValueError(
            f"torch.fx cannot trace the model ({error}): take branches that depend on data out of its forward()."
        ) from error
    modules = dict(folded.named_modules())
    for node in list(folded.graph.nodes):
        norm = _called(node, modules)
        if type(norm) not in _FOLDS_INTO:
            continue
        norm = cast(BatchNorm, norm)
        source = node.all_input_nodes[0]
        layer = _called(source, modules)
        if type(layer) is _FOLDS_INTO[type(norm)] and len(source.users) == 1 and norm.running_var is not None:
            layer = cast(Weighted, layer)
            layer.weight, layer.bias = _folded_parameters(layer, norm)
            node.replace_all_uses_with(source)
            folded.graph.erase_node(node)
    folded.delete_all_unused_submodules()
    folded.recompile()
    return folded


def _called(node: fx.Node, modules: Mapping[str, nn.Module]) -> nn.Module | None:
    return modules.get(str(node.target)) if node.op == "call_module" else None


@torch.no_grad()
def _folded_parameters(layer: Weighted, norm: BatchNorm) -> tuple[nn.Parameter, nn.Parameter]:
    mean = norm.running_mean
    variance = norm.running_var
    assert mean is not None and variance is not None  # a norm that tracks no statistics is not folded
    gain: Tensor = torch.rsqrt(variance + norm.eps)  # (out,)
    if norm.affine:
        gain = norm.weight * gain
    bias = layer.bias if layer.bias is not None else torch.zeros_like(mean)
    offset = norm.bias if norm.affine else torch.zeros_like(mean)
    shape = (-1, *[1] * (layer.weight.ndim - 1))  # (out, 1, 1, 1) for a convolution
    weight = layer.weight * gain.reshape(shape)
    return nn.Parameter(weight), nn.Parameter(gain * (bias - mean) + offset)
