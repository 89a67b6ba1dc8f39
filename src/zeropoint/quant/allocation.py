"""Mixed precision: measure what few bits cost in each layer, then spend a budget of bytes where they count."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, cast

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from zeropoint.quant._branches import run_branching
from zeropoint.quant.config import QConfig
from zeropoint.quant.fusion import fold_batchnorm
from zeropoint.quant.metrics import mse, nbytes
from zeropoint.quant.operators import layer_of
from zeropoint.quant.ptq import quantize_model
from zeropoint.quant.quantized_model import QuantizedModel, bits_of

if TYPE_CHECKING:
    import pandas


@torch.no_grad()
def bit_costs(
    model: nn.Module,
    batches: Iterable[Tensor],
    config: QConfig | None = None,
    *,
    bit_widths: Iterable[int] = (2, 3, 4, 5, 6, 8),
    cost: Callable[[Tensor, Tensor], float] = mse,
    progress: str | None = "bit costs",
) -> pandas.DataFrame:
    """Return how far the network's output moves when the weights of one layer alone have few bits.

    Everything else stays in float, activations too. For every layer and bit width the network is run from that layer
    on, so a few hundred images are a sensible choice.

    Parameters
    ----------
    model : nn.Module
        In evaluation mode, with one tensor as its output. Not changed.
    batches : iterable of float tensors, shape (N, C, H, W)
        Calibration images; labels are not needed.
    config : QConfig
        Its granularity and range of weights, and its excluded layers, which get no row; its bits are not used.
    bit_widths : the candidates
    cost : function (float output, output) → float, both of shape (N, …)
        The mean squared error of the logits unless you give another, such as a divergence of the softmax.
    progress : str
        The label of the progress bar; None shows none.

    Returns
    -------
    pandas.DataFrame
        One row a layer, one column a bit width.

    Source: the output error takes the place of the Hessian in Dong et al. 2019, "HAWQ" (arXiv:1905.03696).
    """
    import pandas

    config = config or QConfig()
    batches = list(batches)
    bit_widths = sorted(bit_widths)
    weights_only = replace(config, activation_bits=None, layer_bits={})
    rounded = {bits: quantize_model(model, batches, replace(weights_only, weight_bits=bits)) for bits in bit_widths}
    layers = [name for name in rounded[bit_widths[0]].weight_qparams if config.bits(name)[0] is not None]
    network = fold_batchnorm(model)
    found: dict[tuple[str, int], list[Tensor]] = {(name, bits): [] for name in layers for bits in bit_widths}
    with tqdm(total=len(layers) * len(batches), desc=progress, disable=progress is None) as bar:

        def try_out(name: str, finish: Callable[[], Tensor]) -> None:
            original = network.get_submodule(name)
            for bits in bit_widths:
                network.set_submodule(name, rounded[bits].graph_module.get_submodule(name))
                found[name, bits].append(finish())
            network.set_submodule(name, original)
            bar.update()

        expected = torch.cat([run_branching(network, layers, try_out, batch) for batch in batches])
    table = pandas.DataFrame(index=pandas.Index(layers, name="layer"), columns=bit_widths, dtype=float)
    for (name, bits), outputs in found.items():
        table.loc[name, bits] = float(cost(expected, torch.cat(outputs)))
    return table


def size_parts(quantized: QuantizedModel) -> tuple[dict[str, int], int]:
    """Return what :func:`allocate_bits` needs to know about sizes.

    Returns
    -------
    counts : dict – layer name → number of quantized weights
    fixed_bytes : int
        The rest of ``quantized.nbytes()``, which stays whatever bits the weights get: scales, biases, zero points and
        what is in float.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(100, 10)).eval()
    >>> size_parts(quantize_model(model, [torch.rand(4, 100)]))  # 10 biases, 10 scales, one scale and zero point
    ({'0': 1000}, 88)
    """
    counts = {name: layer_of(name, quantized.graph_module).weight.numel() for name in quantized.weight_qparams}
    packed = sum(nbytes(counts[name], bits_of(qparams)) for name, qparams in quantized.weight_qparams.items())
    return counts, quantized.nbytes() - packed


def allocate_bits(
    costs: pandas.DataFrame, counts: Mapping[str, int], budget_bytes: int, *, fixed_bytes: int = 0
) -> dict[str, int]:
    """Return the bits of every layer's weights such that the network fits the budget, at little cost.

    Greedy: every layer starts with the bits that cost least, as a rule the most. While the network is too large, the
    change to fewer bits, of any layer by any step, that costs least for each byte saved is made.

    The sum of the costs is then the least that any allocation of this size or smaller has; one between this size and
    the budget may be better, but by no more than the cost of the last change. A larger budget never gives a larger sum.
    The sum stands for the error of the network only as far as layers do not interact: measure the result.

    Parameters
    ----------
    costs : pandas.DataFrame
        One row a layer, one column a bit width, as from :func:`bit_costs`; any sensitivity where less is better.
    counts : mapping of layer name → number of weights
    budget_bytes : int
        For the whole network; ``fixed_bytes`` of it do not depend on the bits. :func:`size_parts` returns both.

    Returns
    -------
    dict – layer name → bits
        As a configuration: ``QConfig(layer_bits={name: (bits, 8) for name, bits in result.items()})``.

    Raises
    ------
    ValueError
        For a budget that even the fewest bits exceed, rows that are not the layers of ``counts``, or a cost that is
        not a finite number.

    Source: marginal analysis, Fox 1966, *Discrete optimization via marginal analysis*, here per byte; for networks
    Dong et al. 2019, "HAWQ" (arXiv:1905.03696).

    Examples
    --------
    >>> import pandas
    >>> costs = pandas.DataFrame({4: [9.0, 1.0], 8: [0.0, 0.0]}, index=["first", "last"])
    >>> allocate_bits(costs, {"first": 1000, "last": 1000}, budget_bytes=1500)
    {'first': 8, 'last': 4}
    """
    cost = cast("dict[str, dict[int, float]]", costs.to_dict("index"))
    _check_table(cost, counts)
    size = {name: {bits: nbytes(counts[name], bits) for bits in row} for name, row in cost.items()}
    smallest = fixed_bytes + sum(min(sizes.values()) for sizes in size.values())
    if smallest > budget_bytes:
        raise ValueError(
            f"The budget is {budget_bytes} bytes, but even with the fewest bits the network takes {smallest}: "
            "raise the budget, or offer fewer bits in the table of costs."
        )
    # the bits that cost least, and of equal costs those that take least space
    chosen = {name: min(row, key=lambda bits: (row[bits], size[name][bits])) for name, row in cost.items()}
    while fixed_bytes + sum(size[name][bits] for name, bits in chosen.items()) > budget_bytes:
        # from every layer's present bits to any fewer, not only the next: two steps may cost less a byte than one
        best = min(step for name, now in chosen.items() for step in _steps(name, now, cost[name], size[name]))
        chosen[best.layer] = best.bits
    return chosen


class _Step(NamedTuple):
    """A layer's change to fewer bits. The least of several is the cheapest for each byte that it saves.

    Of equals it is the one that saves least, which stays closest to the budget; then the order is that of the names.
    """

    cost_per_byte: float
    saved: int
    layer: str
    bits: int


def _steps(layer: str, now: int, cost: Mapping[int, float], size: Mapping[int, int]) -> list[_Step]:
    """Return every change of a layer from its present bits to some that take less space."""
    return [
        _Step((cost[bits] - cost[now]) / (size[now] - size[bits]), size[now] - size[bits], layer, bits)
        for bits in cost
        if size[bits] < size[now]
    ]


def _check_table(cost: Mapping[str, Mapping[int, float]], counts: Mapping[str, int]) -> None:
    if set(cost) != set(counts):
        differing = ", ".join(sorted(set(cost) ^ set(counts)))
        raise ValueError(f"costs and counts differ in the layers {differing}: expected the same layers in both.")
    for name, row in cost.items():
        if not all(math.isfinite(value) for value in row.values()):
            raise ValueError(f"The costs of {name!r} are {list(row.values())}: expected finite numbers.")
