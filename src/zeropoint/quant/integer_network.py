"""A whole network in integers: codes in, 32-bit sums, codes out, layer after layer – float only at its two ends.

Made from a :class:`~zeropoint.quant.QuantizedModel`, whose grids it takes over: the same weights, biases, scales and
zero points, but no real number is computed between the image and the logits (``requantization="fixed_point"``).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from zeropoint.quant.accumulate import centred, quantize_bias
from zeropoint.quant.affine import QParams, dequantize_affine, quantize_affine
from zeropoint.quant.integer import quantized_add, quantized_avg_pool
from zeropoint.quant.operators import Role, label, name_of, role
from zeropoint.quant.quantized_model import QUANTIZER_SUFFIX, ActivationQuantizer, QuantizedModel
from zeropoint.quant.requantize import REQUANTIZATIONS, narrow_accumulator, requantize

_ADDS = (operator.add, operator.iadd, torch.add, "add", "add_")
_RELUS = (F.relu, torch.relu, "relu", "relu_")
_FLATTENS = (torch.flatten, "flatten")
_BATCH = 10  # images at a time: what a layer computes then stays in the processor's cache


class Codes(NamedTuple):
    """A quantized tensor, on its way from layer to layer."""

    qdata: Tensor
    qparams: QParams


Finish = Callable[[QParams | None], Tensor]  # an operation waits for its output's grid; None asks for real numbers


class IntegerLayer(NamedTuple):
    """A convolution or linear layer as integers.

    Attributes
    ----------
    w_q : integer tensor, shape (out, in) or (out, in / groups, kH, kW)
    bias_q : int32 tensor, shape (out,), in steps of ``s_x · s_w``
    x_qparams, w_qparams : QParams
    """

    w_q: Tensor
    bias_q: Tensor
    x_qparams: QParams
    w_qparams: QParams


class IntegerNetwork(nn.Module):
    """Run a quantized network in integer arithmetic; call it on images to get logits.

    Parameters
    ----------
    quantized : QuantizedModel
        All of it quantized: convolutions, linear layers, ReLU, sums of two tensors, global average pooling, flatten.
    requantization : "fixed_point" or "float"
        Rescale accumulators by a 32-bit multiplier and a shift, or by a float32 number. With ``"float"`` a residual
        sum, too, is computed from the real numbers that its two inputs stand for.
    accumulator_bits, overflow
        See :func:`~zeropoint.quant.requantize.narrow_accumulator`.

    Attributes
    ----------
    layers : dict – layer name → IntegerLayer

    Raises
    ------
    ValueError
        For an operation that it cannot run in integers, and names it; or an unknown requantization.
    OverflowError
        On a call, when a sum does not fit the accumulator and ``overflow`` is ``"error"``; it names the layer.

    Notes
    -----
    The sums are computed in float64, and are exact: every partial sum is a whole number below 2^53, whatever the order
    of the additions (|x_q − z_x| and |w_q| are below 2^16 each, so that 2^21 products fit; ResNet-20 adds 576).

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 2.

    Examples
    --------
    >>> from zeropoint.quant import quantize_model
    >>> network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    >>> images = torch.linspace(-1, 1, 600).reshape(2, 3, 10, 10)
    >>> quantized = quantize_model(network.eval(), [images])
    >>> bool((IntegerNetwork(quantized)(images) - quantized(images)).abs().max() < 0.05)
    True
    """

    def __init__(
        self,
        quantized: QuantizedModel,
        requantization: str = "fixed_point",
        *,
        accumulator_bits: int = 32,
        overflow: str = "error",
    ):
        super().__init__()
        if requantization not in REQUANTIZATIONS:
            raise ValueError(f"requantization is {requantization!r}: expected 'fixed_point' or 'float'.")
        narrow_accumulator(torch.zeros(1, dtype=torch.int64), accumulator_bits, overflow)  # raises for wrong options
        self.requantization, self.accumulator_bits, self.overflow = requantization, accumulator_bits, overflow
        self.layers: dict[str, IntegerLayer] = {}
        self._quantized = (quantized,)  # in a tuple, or torch would count its float weights as ours
        nodes = quantized.graph_module.graph.nodes
        self._steps: list[tuple[fx.Node, Callable]] = [(node, self._operation(node)) for node in nodes]
        self.eval()

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, float32, shape (N, classes): the last accumulators times their scale."""
        return torch.cat([self._run(batch, {}, {}) for batch in images.split(_BATCH)])

    @torch.no_grad()
    def codes(self, images: Tensor) -> dict[str, Tensor]:
        """Return every quantized tensor's codes, by the names of :meth:`QuantizedModel.activation_quantizers`."""
        return self._collect(images, 0)

    @torch.no_grad()
    def accumulators(self, images: Tensor) -> dict[str, Tensor]:
        """Return the int32 accumulators, bias included, of every layer with weights, by its name."""
        return self._collect(images, 1)

    def _collect(self, images: Tensor, which: int) -> dict[str, Tensor]:
        found: list[tuple[dict, dict]] = []
        for batch in images.split(_BATCH):
            found.append(({}, {}))
            self._run(batch, *found[-1])
        return {name: torch.cat([records[which][name] for records in found]) for name in found[0][which]}

    def _run(self, images: Tensor, codes: dict[str, Tensor], accumulators: dict[str, Tensor]) -> Tensor:
        self._codes, self._accumulators = codes, accumulators
        values: dict[fx.Node, Codes | Finish | Tensor] = {}
        for node, operation in self._steps:
            inputs = (values[source] for source in node.all_input_nodes)
            values[node] = images if node.op == "placeholder" else operation(*inputs)
        return values[node]

    def _operation(self, node: fx.Node) -> Callable:
        """Return what computes a node, or refuse it."""
        network = self._quantized[0].graph_module
        module = network.get_submodule(node.target) if node.op == "call_module" else None
        if node.op == "placeholder":
            return lambda: None
        if node.op == "output":
            return self._output(node)
        if isinstance(module, ActivationQuantizer):
            name = node.target.removesuffix(QUANTIZER_SUFFIX)
            return lambda value: self._quantize(name, value, module.qparams)
        if role(node, network) is Role.WEIGHTED:
            return self._weighted(node.target, module)
        if isinstance(module, nn.ReLU) or node.target in _RELUS:
            return _relu
        if node.target in _ADDS and len(node.all_input_nodes) == 2 and not node.kwargs:
            return self._add
        if isinstance(module, nn.AdaptiveAvgPool2d) and module.output_size in (1, (1, 1)):
            return self._pool
        if isinstance(module, nn.Flatten) or node.target in _FLATTENS:
            start, end = (module.start_dim, module.end_dim) if module else (*node.args[1:], 0, -1)[:2]
            return lambda value: Codes(value.qdata.flatten(start, end), value.qparams)
        raise ValueError(
            f"{name_of(node)} ({label(node, network)}) has no integer version here: expected convolutions, linear "
            "layers, ReLU, sums of two tensors, global average pooling and flatten; run the QuantizedModel instead."
        )

    def _output(self, node: fx.Node) -> Callable:
        network, source = self._quantized[0].graph_module, node.all_input_nodes[0]
        if role(source, network) is not Role.WEIGHTED:
            raise ValueError(
                f"The network ends with {name_of(source)} ({label(source, network)}): expected a convolution or "
                "linear layer, whose accumulators become the logits."
            )
        return lambda finish: finish(None)

    def _quantize(self, name: str, value: Tensor | Finish, qparams: QParams) -> Codes:
        qdata = quantize_affine(value, *qparams) if isinstance(value, Tensor) else value(qparams)
        self._codes[name] = qdata
        return Codes(qdata, qparams)

    def _weighted(self, name: str, module: nn.Conv2d | nn.Linear) -> Callable:
        layer = self.layers[name] = _integer_layer(self._quantized[0], name, module)
        weight = centred(layer.w_q, layer.w_qparams.zero_point).double()
        channels = (-1, *[1] * (weight.ndim - 2))  # out channels come last, or before height and width
        fits = largest_sum(layer) < 2 ** (self.accumulator_bits - 1)  # then no single sum has to be looked at
        bias = layer.bias_q.double().reshape(channels)

        def finish(total: Tensor, y_qparams: QParams | None) -> Tensor:
            scales = layer.x_qparams.scale, layer.w_qparams.scale.reshape(channels)
            if y_qparams is None:
                return (total * (scales[0].double() * scales[1].double())).float()
            return requantize(total, scales, y_qparams, self.requantization)

        def compute(value: Codes) -> Finish:
            x = value.qdata.double() - value.qparams.zero_point
            total = F.linear(x, weight) if isinstance(module, nn.Linear) else _convolve(x, weight, module)
            total += bias
            total = total.int() if fits else self._narrow(name, total.long())
            self._accumulators[name] = total
            return lambda y_qparams: finish(total, y_qparams)

        return compute

    def _narrow(self, name: str, total: Tensor) -> Tensor:
        try:
            return narrow_accumulator(total, self.accumulator_bits, self.overflow)
        except OverflowError as error:
            raise OverflowError(f"Layer {name!r}: {error}") from None

    def _add(self, a: Codes, b: Codes) -> Finish:
        if self.requantization == "fixed_point":
            return lambda y_qparams: quantized_add(a.qdata, b.qdata, a.qparams, b.qparams, y_qparams)
        total = dequantize_affine(a.qdata, *a.qparams[:2]) + dequantize_affine(b.qdata, *b.qparams[:2])
        return lambda y_qparams: quantize_affine(total, *y_qparams)

    def _pool(self, value: Codes) -> Finish:
        return lambda y_qparams: quantized_avg_pool(*value, y_qparams, requantization=self.requantization)


def largest_sum(layer: IntegerLayer) -> int:
    """Return a bound for |accumulator| of a layer: every input at the code farthest from its zero point."""
    x, weights = layer.x_qparams, centred(layer.w_q, layer.w_qparams.zero_point).abs()
    farthest = max(x.quant_max - int(x.zero_point), int(x.zero_point) - x.quant_min)
    return int((weights.flatten(1).sum(1) * farthest + layer.bias_q.long().abs()).max())


def _convolve(x: Tensor, weight: Tensor, module: nn.Conv2d) -> Tensor:
    """Return the sums of a convolution of centred codes: what padding inserts is 0, as z_x stands for."""
    plain = isinstance(module.padding, tuple) and module.dilation == (1, 1)
    if not plain or weight.shape[1] > 1 or module.groups < len(weight):
        return F.conv2d(x, weight, None, module.stride, module.padding, module.dilation, module.groups)
    (rows, columns), (down, right) = module.padding, module.stride
    padded = F.pad(x, (columns, columns, rows, rows))  # depthwise: torch's float64 kernel takes a call a channel
    seen = padded.unfold(2, weight.shape[2], down).unfold(3, weight.shape[3], right)  # (N, C, H', W', kH, kW)
    taps = [(i, j) for i in range(weight.shape[2]) for j in range(weight.shape[3])]
    return sum(seen[..., i, j] * weight[:, 0, i, j, None, None] for i, j in taps)


def _relu(finish: Finish) -> Finish:
    """Saturate at the code of 0: that *is* the ReLU, and costs nothing."""
    return lambda y_qparams: finish(y_qparams._replace(quant_min=int(y_qparams.zero_point)))


def _integer_layer(quantized: QuantizedModel, name: str, module: nn.Conv2d | nn.Linear) -> IntegerLayer:
    x_qparams, w_qparams = quantized.input_qparams(name), quantized.weight_qparams.get(name)
    if x_qparams is None or w_qparams is None:
        raise ValueError(f"Layer {name!r} is not quantized, or only in part: quantize its weights and what it reads.")
    out = len(module.weight)
    if w_qparams.scale.numel() not in (1, out) or getattr(module, "padding_mode", "zeros") != "zeros":
        raise ValueError(
            f"Layer {name!r} has {w_qparams.scale.numel()} weight scales and padding mode "
            f"{getattr(module, 'padding_mode', 'zeros')!r}: expected 1 or {out}, one an output channel, and 'zeros'."
        )
    bias = torch.zeros(out) if module.bias is None else module.bias.detach()
    bias_q = quantize_bias(bias, x_qparams.scale, w_qparams.scale)
    return IntegerLayer(quantize_affine(module.weight.detach(), *w_qparams), bias_q, x_qparams, w_qparams)
