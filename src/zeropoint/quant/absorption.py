"""Bias absorption: what a ReLU never cuts off moves from one bias into the next."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, fx, nn

from zeropoint.quant.correction import by_input_channel, channel_pairs
from zeropoint.quant.hooks import run_watched
from zeropoint.quant.operators import Weighted
from zeropoint.quant.quantized_model import checked_batches


@torch.no_grad()
def absorb_biases(network: fx.GraphModule, batches: Iterable[Tensor], *, deviations: float = 3.0) -> fx.GraphModule:
    """Return a copy of the network in which large constant parts of activations have moved into the next layer's bias.

    A channel whose values lie far above 0, such as 97.9 ± 0.01, needs a long range and uses a sliver of it.
    :func:`~zeropoint.quant.correction.equalize_cross_layer` makes such channels. Where a value ``y`` before the ReLU
    never falls below ``c``, ``relu(y) = relu(y − c) + c``; so ``c`` can be taken out of the first layer's bias, and
    ``W c`` added to the second's: ``W relu(y) + b = W relu(y − c) + (b + W c)``. Absorbed is
    ``c = max(0, β − 3 γ)``, with ``β`` and ``γ`` the mean and the standard deviation of ``y`` in each channel.

    Parameters
    ----------
    network : fx.GraphModule
        Folded, as ``fold_batchnorm`` and ``equalize_cross_layer`` return it. Not changed.
    batches : iterable of float tensors (N, C, H, W)
        Images to measure ``β`` and ``γ`` on.
    deviations : float
        How many ``γ`` stay below ``β``. With normally distributed values 3 leave 1 value in 740 below ``c``.

    Returns
    -------
    fx.GraphModule
        The same function up to two exceptions: values of ``y`` below ``c``, and the border of a second layer that
        pads with zeros, where the padded zero would have to be ``−c``.

    Raises
    ------
    ValueError
        When there are no batches.

    Notes
    -----
    The paper reads ``β`` and ``γ`` from the batch norm, whose output has this mean and deviation on training images,
    and needs no images. Here they are measured, so that a network that came without batch norm will do.

    Source: Nagel et al. 2019 (arXiv:1906.04721), section 4.1.3.
    """
    absorbed = copy.deepcopy(network)
    pairs = channel_pairs(absorbed)
    moments = _channel_moments(network, [name for _, name, _ in pairs], list(checked_batches(batches)))
    for first, name, second in pairs:
        mean, deviation = moments[name]
        constant = (mean - deviations * deviation).clamp(min=0).to(first.weight)  # (channels,)
        _shift_bias(first, -constant)
        _shift_bias(second, _answer_to(second, constant))
    return absorbed


def _channel_moments(
    network: fx.GraphModule, names: list[str], batches: list[Tensor]
) -> dict[str, tuple[Tensor, Tensor]]:
    """Return mean and standard deviation, shape (channels,), of the outputs of the named layers."""
    outputs: dict[str, list[Tensor]] = {name: [] for name in names}  # per batch: count, sum, sum of squares

    def add(name: str, _x: Tensor, y: Tensor) -> None:
        channel = y.ndim - (1 if isinstance(network.get_submodule(name), nn.Linear) else 3)
        y = y.double().movedim(channel, 0).flatten(1)  # double: 97.9² and 97.9² + 0.0001 must differ
        outputs[name].append(torch.stack([torch.full_like(y[:, 0], y.shape[1]), y.sum(1), (y**2).sum(1)]))

    for batch in batches:
        run_watched(network, names, add, batch)
    moments = {}
    for name, parts in outputs.items():
        count, total, squares = torch.stack(parts).sum(0)
        mean = total / count
        moments[name] = (mean, (squares / count - mean**2).clamp(min=0).sqrt())
    return moments


def _answer_to(layer: Weighted, constant: Tensor) -> Tensor:
    """Return the layer's output without its bias, shape (out,), where input channel ``i`` is ``constant[i]``."""
    weight = by_input_channel(layer).sum(-1)  # (groups, out/groups, in/groups)
    return (weight @ constant.reshape(weight.shape[0], -1, 1)).flatten()


def _shift_bias(layer: Weighted, shift: Tensor) -> None:
    layer.bias = nn.Parameter(shift if layer.bias is None else layer.bias + shift)
