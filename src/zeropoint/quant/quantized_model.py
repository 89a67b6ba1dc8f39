"""A network that fake-quantizes: its activation quantizers, and the proof of what is on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor, fx, nn

from zeropoint.quant.affine import QParams, fake_quantize_affine
from zeropoint.quant.config import QConfig
from zeropoint.quant.granularity import PerAxis, PerTensor
from zeropoint.quant.histogram_observer import OBSERVERS, HistogramObserver
from zeropoint.quant.metrics import nbytes
from zeropoint.quant.observers import MinMaxObserver
from zeropoint.quant.operators import WEIGHTED, layer_of, module_of, origin
from zeropoint.quant.parameters import lowest_weight_scale, round_bias

if TYPE_CHECKING:
    import pandas

QUANTIZER_SUFFIX = "_quantizer"  # a quantizer module is called after the graph node whose output it reads


class ActivationQuantizer(nn.Module):
    """Observe a tensor during calibration; fake-quantize it, unsigned and per tensor, once frozen.

    Attributes
    ----------
    bit_width : int
    observer : MinMaxObserver or a subclass, as ``config.activation_range`` wants it; None once frozen
    qparams : QParams or None – scale and zero point of shape (), once frozen
    """

    def __init__(self, bit_width: int, config: QConfig):
        super().__init__()
        self.bit_width = bit_width
        self.observer: MinMaxObserver | None = OBSERVERS[config.activation_range]()
        self.config = config
        self.qparams: QParams | None = None

    @classmethod
    def fixed(cls, qparams: QParams, config: QConfig) -> ActivationQuantizer:
        """Return a frozen quantizer with these parameters."""
        quantizer = cls(bits_of(qparams), config)
        quantizer.qparams = qparams
        quantizer.observer = None
        return quantizer

    def freeze(self) -> None:
        """Turn the observed range into fixed quantization parameters."""
        if isinstance(self.observer, HistogramObserver):
            choice = self.config.activation_range
            p = self.config.percentile
            self.qparams = self.observer.calculate_qparams(choice, p=p, bit_width=self.bit_width)
        elif self.observer is not None:
            self.qparams = self.observer.calculate_qparams(bit_width=self.bit_width)
        self.observer = None

    def forward(self, x: Tensor) -> Tensor:
        if self.qparams is not None:
            return fake_quantize_affine(x, *self.qparams)
        assert self.observer is not None  # it is, until there are parameters
        self.observer.observe(x)
        return x


class TracedNetwork(nn.Module):
    """A folded network, its configuration, and what of it stays in float and why (layer name → reason)."""

    def __init__(self, graph_module: fx.GraphModule, config: QConfig):
        super().__init__()
        self.graph_module = graph_module
        self.config = config
        self.float_layers: dict[str, str] = {}

    def forward(self, x: Tensor) -> Tensor:
        if isinstance(x, fx.Proxy):
            raise TypeError("The model is quantized already: pass the float network that it was made from.")
        return self.graph_module(x)


class QuantizedModel(TracedNetwork):
    """A network that computes in float what integers would give; made by :func:`quantize_model`.

    Attributes
    ----------
    graph_module : fx.GraphModule – the folded network with its activation quantizers
    weight_qparams : dict – layer name → QParams of its weights
    bias_qparams : dict – layer name → QParams of its int32 bias; scale of shape () or (out,)
    float_layers : dict – layer name → why it stayed in float
    """

    def __init__(self, graph_module: fx.GraphModule, config: QConfig):
        super().__init__(graph_module, config)
        self.weight_qparams: dict[str, QParams] = {}
        self.bias_qparams: dict[str, QParams] = {}

    def activation_quantizers(self) -> dict[str, ActivationQuantizer]:
        """Return every activation quantizer, by the name of the graph node whose output it quantizes."""
        found = self.graph_module.named_modules()
        return {name.removesuffix(QUANTIZER_SUFFIX): m for name, m in found if isinstance(m, ActivationQuantizer)}

    def input_qparams(self, name: str) -> QParams | None:
        """Return how what a layer reads is quantized; None if that is in float, or differs from call to call."""
        calls = [n for n in self.graph_module.graph.nodes if n.op == "call_module" and n.target == name]
        sources = {origin(node, node.all_input_nodes[0], self.graph_module)[1] for node in calls}
        if len(sources) != 1:
            return None
        quantizer = module_of(sources.pop(), self.graph_module)
        return quantizer.qparams if isinstance(quantizer, ActivationQuantizer) else None

    @torch.no_grad()
    def put_on_grid(self, name: str, qparams: QParams) -> None:
        """Quantize a layer's weights with these parameters, and its bias with those that follow: both get new tensors.

        A scale with which the bias would not fit int32 is raised first; see :func:`lowest_weight_scale`.
        """
        layer = layer_of(name, self.graph_module)
        x_scale = self._bias_input_scale(name)
        if x_scale is not None:
            assert layer.bias is not None  # the scale is that of a bias
            lowest = lowest_weight_scale(layer.bias, x_scale, qparams.scale)
            qparams = qparams._replace(scale=torch.maximum(qparams.scale, lowest))
        # a tensor of its own: another layer, in float or on another grid, may share the float one
        layer.weight = nn.Parameter(fake_quantize_affine(layer.weight, *qparams).to(layer.weight))
        self.weight_qparams[name] = qparams
        self.round_bias(name)

    def round_bias(self, name: str) -> None:
        """Move a layer's bias onto its int32 grid, if it has one."""
        x_scale = self._bias_input_scale(name)
        if x_scale is not None:
            layer = layer_of(name, self.graph_module)
            self.bias_qparams[name] = round_bias(layer, x_scale, self.weight_qparams[name].scale)

    def _bias_input_scale(self, name: str) -> Tensor | None:
        """Return the input scale that the grid of a layer's int32 bias is made of; None if its bias stays in float.

        It does so where the layer reads floats, and where weight scales differ among the products of one output.
        """
        qparams = self.input_qparams(name)
        has_bias = layer_of(name, self.graph_module).bias is not None
        shared = self.config.weight_granularity in (PerTensor(), PerAxis(0))
        return qparams.scale if qparams is not None and has_bias and shared else None

    def qparams_table(self) -> pandas.DataFrame:
        """Return one row a quantized tensor: the proof of what is really on.

        Columns: ``layer``, ``tensor`` (weight, bias or activation), ``scheme``, ``scale_shape``, ``dtype``.
        """
        import pandas

        rows = []
        for name, qparams in self.weight_qparams.items():
            scheme = f"{self.config.weight_granularity}, symmetric"
            rows.append((name, "weight", scheme, self._scale_shape(name), _dtype_name(qparams)))
        for name, qparams in self.bias_qparams.items():
            scheme = "input scale × weight scale"
            rows.append((name, "bias", scheme, tuple(qparams.scale.shape), _dtype_name(qparams)))
        for name, quantizer in self.activation_quantizers().items():
            scheme = f"{PerTensor()}, asymmetric"
            qparams = quantizer.qparams
            assert qparams is not None  # a finished model has no quantizer that still observes
            rows.append((name, "activation", scheme, tuple(qparams.scale.shape), _dtype_name(qparams)))
        return pandas.DataFrame(rows, columns=["layer", "tensor", "scheme", "scale_shape", "dtype"])

    def nbytes(self) -> int:
        """Return the bytes a file of this network needs: packed codes, scales, biases, and what stayed in float.

        A weight takes its bits, a bias 4 bytes (int32 or float32), a scale 4 (float32), an activation's zero point 4
        (int32); symmetric weights have no zero point to store.
        """
        total = 4 * sum(parameter.numel() for parameter in self.graph_module.parameters())
        for name, qparams in self.weight_qparams.items():
            count = layer_of(name, self.graph_module).weight.numel()
            total += nbytes(count, bits_of(qparams)) - 4 * count  # they were counted as float32 above
            total += 4 * math.prod(self._scale_shape(name))
        return total + 8 * len(self.activation_quantizers())

    def _scale_shape(self, name: str) -> tuple[int, ...]:
        weight = layer_of(name, self.graph_module).weight
        return self.config.weight_granularity.scale_shape(tuple(weight.shape))

    def describe(self) -> str:
        """Return a few lines: how much is quantized, and what stayed in float and why."""
        in_float = [f"{name} – {reason}" for name, reason in self.float_layers.items()] + self._partly_float()
        summary = (
            f"{len(self.weight_qparams)} layers with quantized weights, "
            f"{len(self.activation_quantizers())} quantized activations."
        )
        remainder = [f"in float: {what}" for what in in_float or ["nothing but the network's output."]]
        return "\n".join([summary, *remainder])

    def _partly_float(self) -> list[str]:
        """Return, for each layer that is not wholly in float, which side or bias of it is, and why."""
        lines = []
        for name, layer in self.graph_module.named_modules():
            if not isinstance(layer, WEIGHTED) or name in self.float_layers:
                continue
            for side, bits in zip(("weights", "input"), self.config.bits(name), strict=True):
                if bits is None:
                    lines.append(f"{side} of {name} – no bits in the configuration")
            if layer.bias is not None and name in self.weight_qparams and name not in self.bias_qparams:
                lines.append(f"bias of {name} – its accumulator has no single scale of input times weight")
        return lines


def checked_batches(batches: Iterable[Tensor]) -> Iterator[Tensor]:
    """Yield the calibration batches, or say what is wrong with them.

    Raises
    ------
    TypeError
        For a tensor in place of a list of tensors, or a batch that is not a float tensor, such as one with labels.
    ValueError
        When there are none.
    """
    if isinstance(batches, Tensor):
        raise TypeError("The calibration batches are one tensor: pass a list of batches, e.g. images.split(64).")
    empty = True
    for batch in batches:
        if not (isinstance(batch, Tensor) and batch.is_floating_point()):
            found = batch.dtype if isinstance(batch, Tensor) else f"a {type(batch).__name__}"
            raise TypeError(
                f"A calibration batch is {found}: expected a float tensor (N, C, H, W), preprocessed, without labels."
            )
        empty = False
        yield batch
    if empty:
        raise ValueError("There are no calibration batches: pass a list of preprocessed image batches (N, C, H, W).")


def bits_of(qparams: QParams) -> int:
    """Return how many bits a code takes."""
    return (qparams.quant_max - qparams.quant_min).bit_length()


def _dtype_name(qparams: QParams) -> str:
    return f"{'int' if qparams.quant_min < 0 else 'uint'}{bits_of(qparams)}"
