"""AdaRound: learn for every weight whether to round it up or down, so that the layer's output changes least."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, fx, nn
from torch.nn.functional import pad, unfold
from tqdm.auto import tqdm

from zeropoint.quant.affine import QParams
from zeropoint.quant.correction import float_twin
from zeropoint.quant.hooks import layer_inputs
from zeropoint.quant.operators import Weighted, layer_of
from zeropoint.quant.quantized_model import QuantizedModel, checked_batches

_ZETA = 1.1  # the sigmoid is stretched beyond 0 and 1, so that it reaches both
_GAMMA = -0.1
_WARM_UP = 0.2  # share of the iterations in which nothing pushes towards 0 or 1
_SHARPEST = 20.0  # exponent of the push at its start: only what is almost 0 or 1 already feels it
_SOFTEST = 2.0  # and at its end: it pulls everywhere, so that nothing is left in the middle
_PUSH = 3.0  # against the error in units of what one weight has of it


class Reconstruction(NamedTuple):
    """Mean squared error of a layer's output on the calibration images, with nearest rounding and with AdaRound."""

    layer: str
    nearest: float
    adaround: float


def adaround(
    quantized: QuantizedModel,
    model: nn.Module,
    batches: Iterable[Tensor],
    *,
    iterations: int = 500,
    learning_rate: float = 0.03,
    progress: bool = True,
) -> list[Reconstruction]:
    """Round every weight up or down so that each layer's output is closest to that of the float network.

    Rounding to nearest is best for each weight by itself, but errors in one sum may cancel. Layer by layer, in the
    order of computation, ``Σ (Ŵ x̂ − W x)²`` over the calibration images is made small, where ``x̂`` is what the layer
    reads in the quantized network and ``x`` in the float one. The error is a quadratic form in the weights, so that
    second moments, those of ``x̂`` and of ``W x̂ − W x``, hold everything that the images have to say. Scales do not
    change; an output channel that the optimization does not improve keeps the nearest codes. A layer that is called
    several times is rounded once, for the inputs of all its calls.

    Parameters
    ----------
    quantized : QuantizedModel
        Changed in place: codes of the weights only.
    model : nn.Module
        The float network it was made from, in evaluation mode.
    batches : iterable of float tensors (N, C, H, W)
        Calibration images; some hundred.
    iterations : int
        Steps of Adam a layer.
    learning_rate : float
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of Reconstruction, in the order of the layers

    Raises
    ------
    ValueError
        When there are no batches, or ``model`` does not have the layers of ``quantized``.

    Source: Nagel et al. 2020 (arXiv:2004.10568), section 3: soft relaxation with a rectified sigmoid, and asymmetric
    reconstruction. Here the ReLU behind a layer is left out of its error, and all positions of all images count in
    every step instead of random batches.
    """
    batches = list(checked_batches(batches))
    floating = float_twin(model, quantized)
    results = []
    for name in tqdm(list(quantized.weight_qparams), desc="AdaRound", disable=not progress):
        layer = layer_of(name, quantized.graph_module)
        weight = layer_of(name, floating).weight.detach()
        moments = _moments(quantized.graph_module, floating, name, weight, batches)
        rounding = _Rounding(weight, quantized.weight_qparams[name], layer.weight.detach(), moments)
        rounded, nearest, best = rounding.solve(iterations, learning_rate)
        with torch.no_grad():
            layer.weight.copy_(rounded)
        results.append(Reconstruction(name, nearest, best))
    return results


class _Moments(NamedTuple):
    """All that the calibration images have to say about the rounding of a layer, d = W x̂ − W x.

    Attributes
    ----------
    inputs : float tensor, shape (groups, k, k) – E[x̂ x̂ᵀ]
    crossed : float tensor, shape (groups, rows, k) – E[d x̂ᵀ]
    drift : float tensor, shape (groups, rows) – E[d²]
    """

    inputs: Tensor
    crossed: Tensor
    drift: Tensor


class _Rounding:
    """The rounding of one layer as a quadratic problem: rows of weights against moments of what they multiply."""

    def __init__(self, weight: Tensor, qparams: QParams, nearest: Tensor, moments: _Moments):
        rows = moments.crossed.shape  # (groups, rows, k)
        self.moments = moments
        self.shape = weight.shape
        self.limits = (qparams.quant_min, qparams.quant_max)
        self.scale = qparams.scale.expand(weight.shape).reshape(rows)
        self.exact = weight.reshape(rows)
        self.floor = torch.floor(self.exact / self.scale)
        self.fraction = self.exact / self.scale - self.floor
        self.nearest = nearest.reshape(rows)

    @torch.enable_grad()
    def solve(self, iterations: int, learning_rate: float) -> tuple[Tensor, float, float]:
        """Return the rounded weights, and the mean squared error of nearest and of this rounding."""
        with torch.no_grad():
            before = self.error(self.nearest)
        unit = max(before.sum().item(), 1e-30) / self.nearest.numel()  # of the error: what one weight has of it
        soft = _inverse_rectified_sigmoid(self.fraction).requires_grad_()  # start where nothing is rounded yet
        optimizer = torch.optim.Adam([soft], lr=learning_rate)
        for step in range(iterations):
            up = _rectified_sigmoid(soft)
            loss = self.error(self.weights(up)).sum() / unit + _PUSH * _indecision(up, step / iterations)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            learned = self.weights((_rectified_sigmoid(soft) >= 0.5).float())
            after = self.error(learned)
            kept = torch.where((after < before)[..., None], learned, self.nearest)
            outputs = before.numel()
            nearest_error = before.sum().item() / outputs
            return kept.reshape(self.shape), nearest_error, self.error(kept).sum().item() / outputs

    def weights(self, up: Tensor) -> Tensor:
        """Return the weights when each is rounded up by the share ``up``: ``s · clip(⌊W/s⌋ + h, n, p)``."""
        return self.scale * torch.clamp(self.floor + up, *self.limits)

    def error(self, weights: Tensor) -> Tensor:
        """Return E[(ŵ x̂ − w x)²] of every output channel, shape (groups, rows)."""
        change = weights - self.exact  # ŵ x̂ − w x = (ŵ − w) x̂ + (w x̂ − w x): all terms are small, none cancel
        inputs, crossed, drift = self.moments
        return ((change @ inputs + 2 * crossed) * change).sum(-1) + drift


def _rectified_sigmoid(v: Tensor) -> Tensor:
    return torch.clamp(torch.sigmoid(v) * (_ZETA - _GAMMA) + _GAMMA, 0, 1)


def _inverse_rectified_sigmoid(h: Tensor) -> Tensor:
    return -torch.log((_ZETA - _GAMMA) / (h - _GAMMA) - 1)


def _indecision(up: Tensor, done: float) -> Tensor | float:
    """Return Σ 1 − |2h − 1|^β, which pushes every h to 0 or 1; β falls from 20 to 2 after the warm-up."""
    if done < _WARM_UP:
        return 0.0
    exponent = _SHARPEST + (_SOFTEST - _SHARPEST) * (done - _WARM_UP) / (1 - _WARM_UP)
    return (1 - (2 * up - 1).abs() ** exponent).sum()


@torch.no_grad()
def _moments(
    quantized: fx.GraphModule, floating: fx.GraphModule, name: str, weight: Tensor, batches: list[Tensor]
) -> _Moments:
    """Return the moments of what a layer reads in both networks, over all positions of all images."""
    inputs = torch.zeros(())
    crossed = torch.zeros(())
    drift = torch.zeros(())
    positions = 0
    for batch in batches:
        rough = _patches(quantized, name, batch)  # (groups, k, positions)
        exact = _patches(floating, name, batch)
        off = weight.reshape(len(rough), -1, rough.shape[1]) @ (rough - exact)  # (groups, rows, positions)
        inputs = inputs + rough @ rough.mT
        crossed = crossed + off @ rough.mT
        drift = drift + (off**2).sum(-1)
        positions += rough.shape[-1]
    return _Moments(inputs / positions, crossed / positions, drift / positions)


def _patches(network: fx.GraphModule, name: str, batch: Tensor) -> Tensor:
    """Return the inputs that every output of a layer is a sum of: (groups, k, images · positions of all calls)."""
    layer = layer_of(name, network)
    return torch.cat([_unfolded(layer, x) for x in layer_inputs(network, name, batch)], -1)


def _unfolded(layer: Weighted, x: Tensor) -> Tensor:
    if isinstance(layer, nn.Linear):
        return x.reshape(1, -1, layer.in_features).mT.contiguous()  # (1, in, N)
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    x = pad(x, layer._reversed_padding_repeated_twice, mode)  # as the layer does, whatever way its padding was given
    columns = unfold(x, layer.kernel_size, layer.dilation, stride=layer.stride)  # (N, in · kH · kW, L)
    return columns.transpose(0, 1).reshape(layer.groups, columns.shape[1] // layer.groups, -1)  # (groups, k, N · L)
