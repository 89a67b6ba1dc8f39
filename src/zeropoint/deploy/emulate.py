"""What a CPU without an INT8 dot product makes of a quantized network: 16-bit sums that saturate, emulated exactly.

Such a CPU multiplies 8-bit codes with ``vpmaddubsw``: unsigned activation codes times signed weight codes, and two
neighbouring products are added in a *saturating* int16. Two products reach 2 · 255 · 127 = 64,770, an int16 32,767.
What is added up afterwards has 32 bits and is exact. Weights of 7 bits (−63 … 63) cannot saturate: 2 · 255 · 63 =
32,130.

Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, PMADDUBSW.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from zeropoint.quant import QParams, QuantizedModel

INT16_MIN, INT16_MAX = -(2**15), 2**15 - 1
U8_MAX = 255


def saturation_error(activations: Tensor, weights: Tensor) -> Tensor:
    """Return what saturating pairs add to exact dot products: zero or negative where sums are too large, and reverse.

    Pairs are neighbours along the last axis; with an odd number the last code stands alone and cannot saturate. Only
    pairs whose weights are large enough for the largest codes in their columns can saturate, and only those are summed.

    Parameters
    ----------
    activations : integer tensor, shape (rows, K), codes 0 … 255
    weights : integer tensor, shape (out, K), codes −128 … 127

    Returns
    -------
    int32 tensor, shape (rows, out)

    Examples
    --------
    >>> saturation_error(torch.tensor([[255, 255, 255]]), torch.tensor([[127, 127, 127], [127, -127, 0]])).tolist()
    [[-32003, 0]]
    """
    outs, at = _candidates(weights, activations.amax(0))
    w, columns = weights.int(), activations.T.int().contiguous()  # (out, K), (K, rows): a column is read as a whole
    sums = columns[2 * at].mul_(w[outs, 2 * at, None])  # (candidates, rows), exact in int32
    sums.addcmul_(columns[2 * at + 1], w[outs, 2 * at + 1, None])
    errors = sums.clamp(INT16_MIN, INT16_MAX) - sums
    of_output = functional.one_hot(outs, len(weights)).double()  # (candidates, out)
    return (errors.T.double() @ of_output).int()


def _candidates(weights: Tensor, peak: Tensor) -> tuple[Tensor, Tensor]:
    """Return the outputs and places of the pairs that can saturate if no code of column k exceeds ``peak[k]``."""
    pairs = weights.shape[1] // 2
    most = (weights.int() * peak.int())[:, : 2 * pairs].reshape(len(weights), pairs, 2)  # (out, pairs, 2)
    beyond = (most.clamp(min=0).sum(2) > INT16_MAX) | (most.clamp(max=0).sum(2) < INT16_MIN)
    return torch.nonzero(beyond, as_tuple=True)


def emulate_saturation(model: QuantizedModel) -> nn.Module:
    """Return a copy of a quantized network that computes as a CPU without an INT8 dot product would.

    Convolutions without groups and linear layers get the error of saturating pairs, channels lying side by side in
    memory. Depthwise and grouped convolutions have kernels of their own and stay exact. Which codes are neighbours
    differs from runtime to runtime, so that a real kernel loses *about* as much, on other images.

    Parameters
    ----------
    model : QuantizedModel – up to 8 bits for weights and activations; layers in float stay as they are

    Raises
    ------
    ValueError
        When a layer has codes of more than 8 bits.
    """
    model = copy.deepcopy(model)
    for name, qparams in model.weight_qparams.items():
        layer, x_qparams = model.graph_module.get_submodule(name), model.input_qparams(name)
        if x_qparams is None or getattr(layer, "groups", 1) > 1:
            continue
        if max(x_qparams.quant_max - U8_MAX, qparams.quant_max - 127) > 0:
            raise ValueError(f"Layer {name!r} has codes of more than 8 bits: expected at most 8; lower its bits.")
        layer.register_forward_hook(_add_error(layer, qparams, x_qparams))
    return model


def layer_codes(layer: nn.Module, x: Tensor, w_qparams: QParams, x_qparams: QParams) -> tuple[Tensor, Tensor]:
    """Return the codes that a layer multiplies, as rows of dot products, channels side by side.

    Parameters
    ----------
    layer : nn.Conv2d without groups, or nn.Linear – its weights lie on the grid of ``w_qparams``
    x : float tensor, what the layer reads – (N, C, H, W) or (N, K), on the grid of ``x_qparams``

    Returns
    -------
    activations : int16 tensor, shape (rows, K) – rows are images times output positions, padding has the zero point
    weights : int16 tensor, shape (out, K)
    """
    w = torch.round(layer.weight / w_qparams.scale).short()
    codes = torch.round(x / x_qparams.scale) + x_qparams.zero_point
    if isinstance(layer, nn.Linear):
        return codes.short(), w
    (up, left), (kernel_h, kernel_w) = layer.padding, layer.kernel_size
    padded = functional.pad(codes, (left, left, up, up), value=float(x_qparams.zero_point))
    options = {"dilation": layer.dilation, "stride": layer.stride}
    columns = functional.unfold(padded, layer.kernel_size, **options).short()  # (N, C·kh·kw, P)
    n, _, places = columns.shape
    columns = columns.reshape(n, -1, kernel_h, kernel_w, places).permute(0, 4, 2, 3, 1)  # (N, P, kh, kw, C)
    return columns.reshape(n * places, -1), w.permute(0, 2, 3, 1).flatten(1)


def _add_error(layer: nn.Module, w_qparams: QParams, x_qparams: QParams) -> Callable[..., Tensor]:
    scale = x_qparams.scale * w_qparams.scale.flatten()  # (out,) or (1,)

    def hook(_: nn.Module, inputs: tuple[Any, ...], y: Tensor) -> Tensor:
        x = inputs[0]
        peak = x.transpose(0, 1).flatten(1).amax(1).clamp(min=0)  # (C,), and 0 is what padding has
        codes = torch.round(peak / x_qparams.scale) + x_qparams.zero_point
        w = torch.round(layer.weight / w_qparams.scale)
        rows = w.permute(0, 2, 3, 1).flatten(1) if w.ndim == 4 else w  # (out, K)
        if not len(_candidates(rows, codes.repeat(rows.shape[1] // len(codes)))[0]):
            return y  # mostly, and found quickly
        error = saturation_error(*layer_codes(layer, x, w_qparams, x_qparams)) * scale  # (rows, out)
        return y + (error if y.ndim == 2 else error.reshape(len(y), *y.shape[2:], -1).permute(0, 3, 1, 2))

    return hook
