"""Which layer is to blame: the error of every layer, and what the network gains or loses by one layer alone."""

from __future__ import annotations

import copy
import math
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, fx, nn
from tqdm.auto import tqdm

from zeropoint.quant.config import QConfig
from zeropoint.quant.fusion import fold_batchnorm
from zeropoint.quant.hooks import run_watched
from zeropoint.quant.metrics import sqnr_db
from zeropoint.quant.operators import Role, module_of, name_of, origin, role
from zeropoint.quant.ptq import quantize_model
from zeropoint.quant.quantized_model import QUANTIZER_SUFFIX, QuantizedModel

if TYPE_CHECKING:
    import pandas

_MODES = ("only", "all_but")
_COLUMNS = ("layer", "kind", "sqnr_db", "own_sqnr_db", "mse", "weight_sqnr_db", "in_float")


@torch.no_grad()
def layer_errors(model: nn.Module, quantized: QuantizedModel, batches: Tensor | Iterable[Tensor]) -> pandas.DataFrame:
    """Return how far every layer's output is from the float network's, and how much of that the layer adds itself.

    The float network runs once; each quantized layer is given what the float layer reads, which shows the error it
    makes *by itself*. Then the quantized network runs once, which shows the error that has built up along the way.

    Parameters
    ----------
    model : nn.Module
        The float network that ``quantized`` was made from, in evaluation mode. Not changed.
    quantized : QuantizedModel
        Not changed.
    batches : float tensor, shape (N, C, H, W), or an iterable of them
        The float outputs of one batch are in memory at a time, so a list of small batches needs less of it.

    Returns
    -------
    pandas.DataFrame, one row a layer with weights, in the order of computation
        ``layer``, ``kind``; ``sqnr_db`` of its output in the quantized network; ``own_sqnr_db`` of its output when the
        quantized layer is fed the float network's values; ``mse`` in the quantized network; ``weight_sqnr_db`` of its
        weights; ``in_float``: why the layer is not quantized, "" if it is. Without any error an SQNR is ``inf``.
        The worst three are ``errors.nsmallest(3, "own_sqnr_db")``.

    Raises
    ------
    ValueError
        When the two networks have different layers, or there are no batches.

    Source: Nagel et al. 2021 (arXiv:2106.08295), on debugging post-training quantization layer by layer.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Conv2d(4, 2, 1)).eval()
    >>> images = torch.rand(8, 3, 4, 4)
    >>> errors = layer_errors(model, quantize_model(model, [images], QConfig(exclude=("0",))), images)
    >>> errors[["layer", "kind", "in_float"]].values.tolist()
    [['0', 'Conv2d', 'excluded by the configuration'], ['2', 'Conv2d', '']]
    """
    import pandas

    folded = fold_batchnorm(model)
    names = _layers_with_weights(folded)
    if names != _layers_with_weights(quantized.graph_module):
        raise ValueError("model and quantized have different layers: pass the float network that quantized came from.")
    sums = {name: torch.zeros(4, dtype=torch.float64) for name in names}  # Σy², Σ(y − ŷ)², Σ(y − ŷ_own)², values
    for batch in [batches] if isinstance(batches, Tensor) else batches:
        _add_errors(sums, folded, quantized, batch)
    if any(total[3] == 0 for total in sums.values()):
        raise ValueError("There are no batches: pass preprocessed images (N, C, H, W), or a list of such batches.")
    rows = []
    for name, total in sums.items():
        signal, noise, own_noise, count = total.tolist()
        layer = folded.get_submodule(name)
        rounded = quantized.graph_module.get_submodule(name)
        row = {
            "layer": name,
            "kind": _kind(layer),
            "sqnr_db": _decibels(signal, noise),
            "own_sqnr_db": _decibels(signal, own_noise),
            "mse": noise / count,
            "weight_sqnr_db": sqnr_db(layer.weight, rounded.weight),
            "in_float": quantized.float_layers.get(name, ""),
        }
        rows.append(row)
    return pandas.DataFrame(rows, columns=list(_COLUMNS))


def leave_one_out(
    model: nn.Module,
    batches: Iterable[Tensor],
    config: QConfig | None,
    evaluate: Callable[[nn.Module], float],
    *,
    mode: str = "only",
    progress: str | None = "layer by layer",
) -> pandas.DataFrame:
    """Return what quantizing one layer costs, or what leaving it in float brings, for every layer.

    The network is quantized and calibrated once; for each layer the quantizers and weights that are not wanted are
    then taken out of a copy that shares everything else. The result is that of :func:`quantize_model` with the other
    operations excluded ("only") or this layer excluded ("all_but"). One thing differs: a tensor that several layers
    read keeps the bits it has in the full network, even if the layer that asked for so many is now in float.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode. Not changed.
    batches : iterable of float tensors, shape (N, C, H, W)
        Calibration images, read once.
    config : QConfig
        The full configuration; layers that it leaves in float have no row.
    evaluate : function of a network → float
        For example the accuracy on validation images, or the loss; it runs once a layer and once for the baseline.
    mode : "only" or "all_but"
        "only": this layer's weights, and what it reads, are quantized, everything else is float; the baseline is the
        float network. "all_but": everything but this layer; the baseline is the fully quantized network.
    progress : str
        The label of the progress bar; None shows none.

    Returns
    -------
    pandas.DataFrame, one row a layer, in the order of computation
        ``layer``, ``value``: what ``evaluate`` returned, ``difference``: value − baseline. The baseline is in
        ``result.attrs["baseline"]``.

    Raises
    ------
    ValueError
        For a mode that does not exist, and what :func:`quantize_model` raises.

    Source: Nagel et al. 2021 (arXiv:2106.08295), on debugging post-training quantization; Gluska and Grobman 2020
    (arXiv:2012.08420).
    """
    import pandas

    if mode not in _MODES:
        raise ValueError(f"mode is {mode!r}: expected one of {', '.join(map(repr, _MODES))}.")
    quantized = quantize_model(model, batches, config)
    folded = fold_batchnorm(model)
    operations = _quantized_operations(quantized)
    layers = [name for name in _layers_with_weights(quantized.graph_module) if name in operations]
    with torch.no_grad():
        baseline = float(evaluate(folded if mode == "only" else quantized))
        values = []
        for name in tqdm(layers, desc=progress, disable=progress is None):
            in_float = operations - {name} if mode == "only" else {name}
            values.append(float(evaluate(_partly_float(quantized, folded, in_float))))
    result = pandas.DataFrame({"layer": layers, "value": values})
    result["difference"] = result["value"] - baseline
    result.attrs["baseline"] = baseline
    return result


def _add_errors(sums: dict[str, Tensor], folded: nn.Module, quantized: QuantizedModel, batch: Tensor) -> None:
    """Add one batch's squares to the sums: a pass of the float network, then one of the quantized network."""
    network = quantized.graph_module
    quantizers = _input_quantizers(quantized)
    expected: dict[str, deque[Tensor]] = {name: deque() for name in sums}  # a layer may be called more than once

    def keep(name: str, x: Tensor, output: Tensor) -> None:
        own = network.get_submodule(name)(quantizers[name][len(expected[name])](x))
        squares = [_square(output), 0, _square(output - own), output.numel()]
        sums[name] += torch.tensor(squares, dtype=torch.float64)
        expected[name].append(output.clone())  # the next layer may be an in-place ReLU

    def compare(name: str, x: Tensor, output: Tensor) -> None:
        sums[name][1] += _square(expected[name].popleft() - output)

    run_watched(folded, list(sums), keep, batch)
    run_watched(network, list(sums), compare, batch)


def _input_quantizers(quantized: QuantizedModel) -> dict[str, list[nn.Module]]:
    """Return the quantizers of what every layer reads, call by call; codes may have been moved on the way to it."""
    found: dict[str, list[nn.Module]] = {}
    for node in quantized.graph_module.graph.nodes:
        if node.op == "call_module" and node.args:
            _, source = origin(node, node.args[0], quantized.graph_module)
            quantizer = module_of(source, quantized.graph_module) if _is_quantizer(source) else None
            found.setdefault(name_of(node), []).append(quantizer or nn.Identity())
    return found


def _partly_float(quantized: QuantizedModel, folded: fx.GraphModule, in_float: set[str]) -> fx.GraphModule:
    """Return a network that shares all with the quantized one but computes the named operations in float."""
    network = fx.GraphModule(quantized.graph_module, copy.deepcopy(quantized.graph_module.graph))
    kept = _quantized_operations(quantized) - in_float
    readers = set()  # a quantizer may stand before a max pooling; it stays while one layer behind the pooling needs it
    for node in network.graph.nodes:
        if name_of(node) in kept:
            readers.update(origin(node, source, network) for source in node.all_input_nodes)
    for quantizer in [node for node in network.graph.nodes if _is_quantizer(node)]:
        for reader in [user for user in quantizer.users if (user, quantizer) not in readers]:
            reader.replace_input_with(quantizer, quantizer.args[0])
        if not quantizer.users:
            network.graph.erase_node(quantizer)
    network.recompile()
    for name in in_float.intersection(_layers_with_weights(folded)):
        network.set_submodule(name, folded.get_submodule(name))
    return network.eval()


def _quantized_operations(quantized: QuantizedModel) -> set[str]:
    """Return the names of the operations that the configuration quantizes in any way."""
    network = quantized.graph_module
    nodes = [node for node in network.graph.nodes if role(node, network) in (Role.WEIGHTED, Role.ARITHMETIC)]
    names = {name_of(node) for node in nodes} - set(quantized.float_layers)
    return {name for name in names if quantized.config.bits(name) != (None, None)}


def _layers_with_weights(network: fx.GraphModule) -> list[str]:
    """Return the names of the layers with a weight matrix or kernel, in the order of computation."""
    names = dict.fromkeys(node.target for node in network.graph.nodes if node.op == "call_module")
    weights = {name: getattr(network.get_submodule(name), "weight", None) for name in names}
    return [name for name, weight in weights.items() if isinstance(weight, Tensor) and weight.ndim > 1]


def _is_quantizer(node: fx.Node) -> bool:
    return node.op == "call_module" and name_of(node).endswith(QUANTIZER_SUFFIX)


def _kind(layer: nn.Module) -> str:
    name = type(layer).__name__
    groups = getattr(layer, "groups", 1)
    if groups == 1:
        return name
    return f"{name}, depthwise" if groups == getattr(layer, "in_channels", None) else f"{name}, grouped"


def _square(x: Tensor) -> float:
    return float(x.square().sum())  # torch sums pairwise: exact enough without a copy in float64


def _decibels(signal: float, noise: float) -> float:
    if noise == 0:
        return math.inf
    return 10 * math.log10(signal / noise) if signal > 0 else -math.inf
