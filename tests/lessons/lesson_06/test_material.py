"""The network of lesson 06 for hardware without zero points."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from zeropoint.lessons.lesson_06.material import with_symmetric_activations
from zeropoint.quant import QuantizedModel, quantize_model


@pytest.fixture
def quantized() -> QuantizedModel:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    return quantize_model(network.eval(), [torch.randn(8, 3, 10, 10)])


def test_symmetric_activations_have_zero_point_0_and_half_of_the_levels_behind_a_relu(quantized) -> None:
    symmetric = with_symmetric_activations(quantized)
    before, after = (network.activation_quantizers() for network in (quantized, symmetric))
    for name, quantizer in after.items():
        assert int(quantizer.qparams.zero_point) == 0
        assert (quantizer.qparams.quant_min, quantizer.qparams.quant_max) == (-128, 127)
        assert before[name].qparams.quant_min == 0, "the original has changed"
    relu = next(name for name, quantizer in before.items() if int(quantizer.qparams.zero_point) == 0)
    assert float(after[relu].qparams.scale) == pytest.approx(float(before[relu].qparams.scale) * 255 / 127)


def test_biases_follow_the_scales_of_the_symmetric_inputs(quantized) -> None:
    symmetric = with_symmetric_activations(quantized)
    for name, bias in symmetric.bias_qparams.items():
        expected = symmetric.input_qparams(name).scale * symmetric.weight_qparams[name].scale.flatten()
        assert torch.allclose(bias.scale, expected)
        steps = symmetric.graph_module.get_submodule(name).bias / bias.scale
        assert torch.allclose(steps, steps.round(), atol=1e-3)
