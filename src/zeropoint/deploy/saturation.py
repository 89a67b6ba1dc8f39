"""The U8S8 trap: AVX2 adds two INT8 products in 16 bits, which saturate – for dot products, and for whole networks.

``vpmaddubsw`` multiplies unsigned activation codes by signed weight codes and adds two neighbouring products in a
*saturating* signed 16-bit number. Two products reach 2 · 255 · 127 = 64,770, and what is above 32,767 is lost without
a word; what is added up afterwards has 32 bits and is exact. With 7-bit weights, −63 … 63, two products reach 32,130
and fit. Processors with a dot product (VNNI, AMX) add straight into 32 bits.

Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, PMADDUBSW.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from zeropoint.quant._arrays import Array

if TYPE_CHECKING:
    from torch import Tensor, nn

    from zeropoint.quant import QParams, QuantizedModel

INT16_MIN = -(2**15)
INT16_MAX = 2**15 - 1
U8_MAX = 255
S8_MAX = 127


def pair_sums(x_q: np.ndarray, w_q: np.ndarray) -> np.ndarray:
    """Return the exact sums of two neighbouring products, which such an instruction would store in 16 bits.

    Parameters
    ----------
    x_q, w_q : integer arrays of at most 8 bits, shape (…, K), broadcasting against each other

    Returns
    -------
    int32 array, shape (…, K // 2)
        The last of an odd number of products has no neighbour and is left out: alone it fits 16 bits.

    Examples
    --------
    >>> pair_sums(np.array([255, 255, 1], np.uint8), np.array([127, 127, 1], np.int8))
    array([64770], dtype=int32)
    """
    end = x_q.shape[-1] // 2 * 2
    products = x_q[..., :end].astype(np.int32) * w_q[..., :end].astype(np.int32)  # (…, 2 · pairs)
    return products[..., 0::2] + products[..., 1::2]


def beyond_int16(sums: Array) -> Array:
    """Return which sums, of an array or a tensor, 16 bits cannot hold: bool, of the same shape."""
    return (sums > INT16_MAX) | (sums < INT16_MIN)


def saturating_dot(x_q: np.ndarray, w_q: np.ndarray) -> np.ndarray:
    """Return the sum of products as AVX2 computes it: pairs in saturating 16 bits, pairs summed in 32.

    Parameters
    ----------
    x_q : uint8 array, shape (…, K) – activations; not centred, as an instruction sees them
    w_q : int8 array, shape (…, K), broadcasting against ``x_q``

    Returns
    -------
    int32 array, shape (…)

    Raises
    ------
    TypeError
        When the types are not uint8 and int8: the instruction has no other form.
    ValueError
        When the last dimensions differ.

    Source: Intel SDM, ``VPMADDUBSW`` (then ``VPMADDWD`` with ones).

    Examples
    --------
    >>> x_q, w_q = np.full(4, 255, np.uint8), np.full(4, 127, np.int8)
    >>> int(saturating_dot(x_q, w_q)), 4 * 255 * 127
    (65534, 129540)
    """
    if x_q.dtype != np.uint8 or w_q.dtype != np.int8:
        raise TypeError(f"x_q is {x_q.dtype} and w_q {w_q.dtype}: expected uint8 activations and int8 weights.")
    if x_q.shape[-1] != w_q.shape[-1]:
        raise ValueError(f"x_q ends with {x_q.shape[-1]} values and w_q with {w_q.shape[-1]}: expected the same.")
    total = np.clip(pair_sums(x_q, w_q), INT16_MIN, INT16_MAX).sum(-1, dtype=np.int32)
    if x_q.shape[-1] % 2:
        total = total + x_q[..., -1].astype(np.int32) * w_q[..., -1].astype(np.int32)  # without a neighbour: it fits
    return total


def saturation_error(activations: Tensor, weights: Tensor) -> Tensor:
    """Return what saturating pairs add to exact dot products: zero or negative where sums are too large, and reverse.

    The same as ``saturating_dot`` less the exact dot product, for whole layers: only pairs whose weights are large
    enough for the largest codes in their columns can saturate, and only those are summed.

    Parameters
    ----------
    activations : integer tensor, shape (rows, K), codes 0 … 255
    weights : integer tensor, shape (out, K), codes −128 … 127

    Returns
    -------
    int32 tensor, shape (rows, out)

    Examples
    --------
    >>> import torch
    >>> saturation_error(torch.tensor([[255, 255, 255]]), torch.tensor([[127, 127, 127], [127, -127, 0]])).tolist()
    [[-32003, 0]]
    """
    outs, at = _candidates(weights, activations.amax(0))
    w = weights.int()  # (out, K)
    columns = activations.T.int().contiguous()  # (K, rows): a column is read as a whole
    sums = columns[2 * at].mul_(w[outs, 2 * at, None])  # (candidates, rows), exact in int32
    sums.addcmul_(columns[2 * at + 1], w[outs, 2 * at + 1, None])
    errors = sums.clamp(INT16_MIN, INT16_MAX) - sums
    of_output = errors.new_zeros(len(weights), len(activations)).index_add_(0, outs, errors)  # (out, rows)
    return of_output.T.contiguous()


def _candidates(weights: Tensor, peak: Tensor) -> tuple[Tensor, Tensor]:
    """Return the outputs and places of the pairs that can saturate if no code of column k exceeds ``peak[k]``."""
    pairs = weights.shape[1] // 2
    most = (weights.int() * peak.int())[:, : 2 * pairs].reshape(len(weights), pairs, 2)  # (out, pairs, 2)
    can = beyond_int16(most.clamp(min=0).sum(2)) | beyond_int16(most.clamp(max=0).sum(2))
    outs, at = can.nonzero(as_tuple=True)
    return outs, at


def emulate_saturation(model: QuantizedModel) -> QuantizedModel:
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
        layer = cast("nn.Conv2d | nn.Linear", model.graph_module.get_submodule(name))
        x_qparams = model.input_qparams(name)
        if x_qparams is None or getattr(layer, "groups", 1) > 1:
            continue
        if x_qparams.quant_max > U8_MAX or qparams.quant_max > S8_MAX:
            raise ValueError(f"Layer {name!r} has codes of more than 8 bits: expected at most 8; lower its bits.")
        layer.register_forward_hook(_add_error(layer, qparams, x_qparams))
    return model


def layer_codes(
    layer: nn.Conv2d | nn.Linear, x: Tensor, w_qparams: QParams, x_qparams: QParams
) -> tuple[Tensor, Tensor]:
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
    from torch import nn
    from torch.nn import functional

    w = (layer.weight / w_qparams.scale).round().short()
    codes = (x / x_qparams.scale).round() + x_qparams.zero_point
    if isinstance(layer, nn.Linear):
        return codes.short(), w
    up, left = cast("tuple[int, int]", layer.padding)
    kernel_h, kernel_w = layer.kernel_size
    padded = functional.pad(codes, (left, left, up, up), value=float(x_qparams.zero_point))
    columns = functional.unfold(padded, (kernel_h, kernel_w), dilation=layer.dilation, stride=layer.stride)
    n, _, places = columns.shape  # (N, C·kh·kw, P)
    columns = columns.short().reshape(n, -1, kernel_h, kernel_w, places)
    columns = columns.permute(0, 4, 2, 3, 1)  # (N, P, kh, kw, C)
    return columns.reshape(n * places, -1), w.permute(0, 2, 3, 1).flatten(1)


def _add_error(layer: nn.Conv2d | nn.Linear, w_qparams: QParams, x_qparams: QParams) -> Callable[..., Tensor]:
    scale = x_qparams.scale * w_qparams.scale.flatten()  # (out,) or (1,)

    def hook(_: nn.Module, inputs: tuple[Any, ...], y: Tensor) -> Tensor:
        x = inputs[0]
        peak = x.transpose(0, 1).flatten(1).amax(1).clamp(min=0)  # (C,), and 0 is what padding has
        codes = (peak / x_qparams.scale).round() + x_qparams.zero_point
        w = (layer.weight / w_qparams.scale).round()
        rows = w.permute(0, 2, 3, 1).flatten(1) if w.ndim == 4 else w  # (out, K)
        outs, _at = _candidates(rows, codes.repeat(rows.shape[1] // len(codes)))
        if not len(outs):
            return y  # mostly, and found quickly
        activations, weights = layer_codes(layer, x, w_qparams, x_qparams)
        error = saturation_error(activations, weights) * scale  # (rows, out)
        if y.ndim == 4:
            error = error.reshape(len(y), *y.shape[2:], -1).permute(0, 3, 1, 2)  # (N, out, H, W)
        return y + error

    return hook
