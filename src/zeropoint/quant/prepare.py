"""Quantization-aware training of a whole network: put fake quantizers in, train, and take the codes out again."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from functools import partial

import torch
from torch import Tensor, nn
from torch.func import functional_call

from zeropoint.quant.config import QConfig
from zeropoint.quant.fusion import fold_batchnorm
from zeropoint.quant.granularity import PerGroup
from zeropoint.quant.operators import Weighted, layer_of
from zeropoint.quant.parameters import WEIGHT_CODES
from zeropoint.quant.ptq import insert_quantizers, quantize_model, sort_layers, weighted_layers
from zeropoint.quant.qat import FakeQuantize, LearnedStepSize
from zeropoint.quant.quantized_model import QUANTIZER_SUFFIX, ActivationQuantizer, QuantizedModel, TracedNetwork

Quantizer = FakeQuantize | LearnedStepSize


class WeightFakeQuantized(nn.Module):
    """A convolution or linear layer that computes with its weights fake-quantized, and trains them in float."""

    def __init__(self, layer: Weighted, quantizer: Quantizer):
        super().__init__()
        self.layer = layer
        self.quantizer = quantizer

    def forward(self, x: Tensor) -> Tensor:
        return functional_call(self.layer, {"weight": self.quantizer(self.layer.weight)}, (x,))


class QATModel(TracedNetwork):
    """A network that is trained while it fake-quantizes; made by :func:`prepare_qat`, finished by :func:`convert`.

    The float weights stay trainable parameters; every forward pass quantizes them on the way into their layer, and
    gradients pass straight through.
    """

    def quantizers(self) -> dict[str, Quantizer]:
        """Return every fake quantizer, of weights and of activations, by its module's name."""
        return _quantizers(self.graph_module)

    def freeze(self) -> None:
        """Stop every observer, and the training of every step: the ranges stay as they are."""
        for quantizer in self.quantizers().values():
            quantizer.freeze()


def prepare_qat(
    model: nn.Module,
    config: QConfig | None = None,
    calibration_batches: Iterable[Tensor] | None = None,
    *,
    learn_step: bool = False,
) -> QATModel:
    """Return a copy of a trained network with fake quantizers in it, ready to be fine-tuned.

    Batch norm is folded first, so that what is trained are the weights that will be quantized; no statistics are left
    that could differ between training and inference, but for a batch norm that does not follow a layer (it is named).

    Parameters
    ----------
    model : nn.Module
        Trained, in evaluation mode, traceable by ``torch.fx``. Not changed.
    config : QConfig
        As for :func:`quantize_model`.
    calibration_batches : iterable of float tensors (N, C, H, W), optional
        With them, activation ranges are those that ``quantize_model`` would find, and fixed. Without, every
        activation quantizer observes min-max ranges as long as the network is trained: call ``freeze()`` before you
        evaluate it. Ranges of weights follow the weights in either case.
    learn_step : bool
        Train all scales too (LSQ), starting from those of ``quantize_model``.

    Raises
    ------
    ValueError
        As :func:`quantize_model`; for ``learn_step`` without calibration batches, or with groups in the weights.

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 3; with ``learn_step`` Esser et al. 2020 (arXiv:1902.08153).
    """
    config = config or QConfig()
    if learn_step and (calibration_batches is None or isinstance(config.weight_granularity, PerGroup)):
        raise ValueError(
            "learn_step starts from calibrated scales, one a tensor or channel: pass calibration_batches, "
            "and a weight_granularity of PerTensor() or PerAxis(0)."
        )
    start = None if calibration_batches is None else quantize_model(model, calibration_batches, config)
    prepared = QATModel(fold_batchnorm(model), config)
    sort_layers(prepared, loudly=start is None)
    insert_quantizers(prepared, partial(LearnedStepSize, signed=False) if learn_step else FakeQuantize)
    for name in weighted_layers(prepared):
        layer = layer_of(name, prepared.graph_module)
        bits, _ = config.bits(name)
        assert bits is not None  # weighted_layers leaves out those whose weights stay in float
        if learn_step:
            assert start is not None  # it was refused above
            quantizer = LearnedStepSize(bits, signed=True, narrow_range=True)
            quantizer.start_from(start.weight_qparams[name])
        else:
            granularity = config.weight_granularity
            quantizer = FakeQuantize(bits, **WEIGHT_CODES, symmetric=True, granularity=granularity, dynamic=True)
            quantizer(layer.weight)  # gives its scale the shape that a saved state will have
        prepared.graph_module.set_submodule(name, WeightFakeQuantized(layer, quantizer))
    if start is not None:
        _start_activations(prepared, start)
    return prepared.train()


@torch.no_grad()
def convert(prepared: QATModel) -> QuantizedModel:
    """Return the trained network with its weights on their grids, as :func:`quantize_model` would return it.

    Parameters
    ----------
    prepared : QATModel
        Not changed. Its ranges are taken as they are now.

    Raises
    ------
    ValueError
        When an activation quantizer has seen no data yet.
    TypeError
        For a model that :func:`prepare_qat` has not made.
    """
    if not isinstance(prepared, QATModel):
        raise TypeError(f"The model is a {type(prepared).__name__}: expected what prepare_qat returns.")
    quantized = QuantizedModel(copy.deepcopy(prepared.graph_module), prepared.config)
    quantized.float_layers = dict(prepared.float_layers)
    network = quantized.graph_module
    for name, fake in _quantizers(network).items():
        if not name.endswith(QUANTIZER_SUFFIX):
            continue  # it is that of a layer's weights
        if isinstance(fake, FakeQuantize) and fake.observing and fake.observer.min_val is None:
            raise ValueError(f"{name} has seen no data: train, or run calibration batches through the network.")
        network.set_submodule(name, ActivationQuantizer.fixed(fake.qparams, prepared.config))
    found = {name: fake for name, fake in network.named_modules() if isinstance(fake, WeightFakeQuantized)}
    for name, fake in found.items():
        network.set_submodule(name, fake.layer)
    for name in weighted_layers(quantized):  # in the order of computation, as quantize_model does it
        fake = found[name]
        fake.quantizer(fake.layer.weight)  # its range follows the last step
        quantized.put_on_grid(name, fake.quantizer.qparams)
    return quantized.eval()


def _quantizers(network: nn.Module) -> dict[str, Quantizer]:
    return {name: module for name, module in network.named_modules() if isinstance(module, Quantizer)}


def _start_activations(prepared: QATModel, start: QuantizedModel) -> None:
    """Let the fake quantizers of activations begin with the ranges that calibration has found."""
    quantizers = prepared.quantizers()
    for name, calibrated in start.activation_quantizers().items():
        quantizer = quantizers[f"{name}{QUANTIZER_SUFFIX}"]
        assert calibrated.qparams is not None  # quantize_model has calibrated it
        quantizer.start_from(calibrated.qparams)
        if isinstance(quantizer, FakeQuantize):
            quantizer.freeze()
