"""A whole network in integers: codes in, 32-bit sums, codes out, layer after layer – float only at its two ends.

Made from a :class:`~zeropoint.quant.QuantizedModel`, whose grids it takes over: the same weights, biases, scales and
zero points, but no real number is computed between the image and the logits (``requantization="fixed_point"``).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from zeropoint.quant.integer_layer import IntegerLayer, Summation, integer_layer
from zeropoint.quant.integer_run import Operation, Rules, Run, operation_of
from zeropoint.quant.operators import WEIGHTED, layer_of, module_of, name_of
from zeropoint.quant.quantized_model import QuantizedModel
from zeropoint.quant.requantize import REQUANTIZATIONS, narrow_accumulator

_BATCH = 10  # images at a time: what a layer computes then stays in the processor's cache


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
        self.requantization = requantization
        self.accumulator_bits = accumulator_bits
        self.overflow = overflow
        self.layers: dict[str, IntegerLayer] = {}
        self._sums: dict[str, Summation] = {}
        self._quantized = (quantized,)  # in a tuple, or torch would count its float weights as ours
        network = quantized.graph_module
        self._operations: dict[str, Operation] = {}
        for node in network.graph.nodes:
            self._operations[node.name] = operation_of(node, network)
            if isinstance(module_of(node, network), WEIGHTED):
                self._add_layer(name_of(node))
        self.eval()

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, float32, shape (N, classes): the last accumulators times their scale."""
        return torch.cat([logits for _, logits in self._runs(images)])

    @torch.no_grad()
    def codes(self, images: Tensor) -> dict[str, Tensor]:
        """Return every quantized tensor's codes, by the names of :meth:`QuantizedModel.activation_quantizers`."""
        return _joined([run.codes for run, _ in self._runs(images)])

    @torch.no_grad()
    def accumulators(self, images: Tensor) -> dict[str, Tensor]:
        """Return the int32 accumulators, bias included, of every layer with weights, by its name."""
        return _joined([run.accumulators for run, _ in self._runs(images)])

    def _add_layer(self, name: str) -> None:
        (quantized,) = self._quantized
        module = layer_of(name, quantized.graph_module)
        self.layers[name] = integer_layer(quantized, name, module)
        self._sums[name] = Summation(self.layers[name], module)

    def _runs(self, images: Tensor) -> Iterator[tuple[Run, Tensor]]:
        """Yield, for one batch of the images after another, its finished run and its logits."""
        (quantized,) = self._quantized
        rules = Rules(self.requantization, self.accumulator_bits, self.overflow)
        for batch in images.split(_BATCH):
            run = Run(quantized.graph_module, self._operations, self._sums, rules)
            yield run, run.run(batch)


def _joined(records: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.cat([record[name] for record in records]) for name in records[0]}
