"""A network that fake-quantizes: its configuration, its activation quantizers, and the proof of what is on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from torch import Tensor, fx, nn

from zeropoint.quant.affine import QParams, fake_quantize_affine, quant_range
from zeropoint.quant.granularity import Granularity, PerAxis, PerTensor
from zeropoint.quant.metrics import nbytes
from zeropoint.quant.observers import MinMaxObserver

if TYPE_CHECKING:
    import pandas

QUANTIZER_SUFFIX = "_quantizer"  # a quantizer module is called after the graph node whose output it reads


@dataclass(frozen=True)
class QConfig:
    """What to quantize, and how.

    Attributes
    ----------
    weight_bits, activation_bits : int (2 to 16), or None to leave that side in float
    weight_granularity : PerTensor or PerAxis(0)
        Weights are signed, symmetric, in the narrow range (−127 … 127 at 8 bits).
    exclude : tuple of str
        Names or patterns of layers that stay in float, e.g. ``("conv1", "stage3.*")``.
    """

    weight_bits: int | None = 8
    activation_bits: int | None = 8
    weight_granularity: Granularity = field(default_factory=PerAxis)
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for bits in (self.weight_bits, self.activation_bits):
            if bits is not None:
                quant_range(bits, signed=True)  # raises for a bit width that does not exist
        if isinstance(self.exclude, str):
            raise TypeError(f'exclude is the string {self.exclude!r}: expected a tuple, e.g. ("{self.exclude}",).')

    def excludes(self, name: str) -> bool:
        """Return whether the layer of this name stays in float."""
        return any(fnmatchcase(name, pattern) for pattern in self.exclude)


class ActivationQuantizer(nn.Module):
    """Observe a tensor during calibration; fake-quantize it, unsigned and per tensor, once frozen."""

    def __init__(self, bit_width: int):
        super().__init__()
        self.bit_width = bit_width
        self.observer: MinMaxObserver | None = MinMaxObserver()
        self.qparams: QParams | None = None

    def freeze(self) -> None:
        """Turn the observed range into fixed quantization parameters."""
        self.qparams = self.observer.calculate_qparams(bit_width=self.bit_width)
        self.observer = None

    def forward(self, x: Tensor) -> Tensor:
        if self.qparams is None:
            self.observer.observe(x)
            return x
        return fake_quantize_affine(x, *self.qparams)


class QuantizedModel(nn.Module):
    """A network that computes in float what integers would give; made by :func:`quantize_model`.

    Attributes
    ----------
    graph_module : fx.GraphModule – the folded network with its activation quantizers
    weight_qparams : dict – layer name → QParams of its weights
    float_layers : dict – layer name → why it stayed in float
    """

    def __init__(self, graph_module: fx.GraphModule, config: QConfig):
        super().__init__()
        self.graph_module = graph_module
        self.config = config
        self.weight_qparams: dict[str, QParams] = {}
        self.float_layers: dict[str, str] = {}

    def forward(self, x: Tensor) -> Tensor:
        return self.graph_module(x)

    def activation_quantizers(self) -> dict[str, ActivationQuantizer]:
        """Return every activation quantizer, by the name of the graph node whose output it quantizes."""
        found = self.graph_module.named_modules()
        return {name.removesuffix(QUANTIZER_SUFFIX): m for name, m in found if isinstance(m, ActivationQuantizer)}

    def qparams_table(self) -> pandas.DataFrame:
        """Return one row a quantized tensor: the proof of what is really on.

        Columns: ``layer``, ``tensor`` (weight or activation), ``scheme``, ``scale_shape``, ``dtype``.
        """
        import pandas

        rows = [
            (name, "weight", f"{self.config.weight_granularity}, symmetric", self._scale_shape(name), _dtype_name(q))
            for name, q in self.weight_qparams.items()
        ] + [
            (name, "activation", f"{PerTensor()}, asymmetric", tuple(a.qparams.scale.shape), _dtype_name(a.qparams))
            for name, a in self.activation_quantizers().items()
        ]
        return pandas.DataFrame(rows, columns=["layer", "tensor", "scheme", "scale_shape", "dtype"])

    def nbytes(self) -> int:
        """Return the bytes a file of this network needs: packed codes, scales, biases, and what stayed in float.

        A weight takes its bits, a bias 4 bytes (int32), a scale 4 (float32), an activation's zero point 4 (int32);
        symmetric weights have no zero point to store.
        """
        total = 4 * sum(parameter.numel() for parameter in self.graph_module.parameters())
        for name in self.weight_qparams:
            count = self.graph_module.get_submodule(name).weight.numel()
            total += nbytes(count, self.config.weight_bits) - 4 * count + 4 * math.prod(self._scale_shape(name))
        return total + 8 * len(self.activation_quantizers())

    def _scale_shape(self, name: str) -> tuple[int, ...]:
        weight = self.graph_module.get_submodule(name).weight
        return self.config.weight_granularity.scale_shape(tuple(weight.shape))

    def describe(self) -> str:
        """Return a few lines: how much is quantized, and what stayed in float and why."""
        lines = [
            f"{len(self.weight_qparams)} layers with quantized weights, "
            f"{len(self.activation_quantizers())} quantized activations."
        ]
        lines += [f"in float: {name} – {reason}" for name, reason in self.float_layers.items()]
        return "\n".join(lines if self.float_layers else [*lines, "in float: nothing but the network's output."])


def _dtype_name(qparams: QParams) -> str:
    bits = (qparams.quant_max - qparams.quant_min).bit_length()
    return f"{'int' if qparams.quant_min < 0 else 'uint'}{bits}"
