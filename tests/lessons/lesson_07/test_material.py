"""Biases of 8 bits: with a scale of their own, and in steps of the accumulator."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from zeropoint.lessons.lesson_07.material import with_8_bit_biases
from zeropoint.quant import QuantizedModel, quantize_model


@pytest.fixture
def quantized() -> QuantizedModel:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    return quantize_model(network.eval(), [torch.randn(8, 3, 10, 10)])


def biases(network: QuantizedModel) -> dict[str, torch.Tensor]:
    return {name: network.graph_module.get_submodule(name).bias.detach() for name in network.bias_qparams}


def test_a_scale_of_its_own_keeps_a_bias_to_half_a_step(quantized) -> None:
    narrow = biases(with_8_bit_biases(quantized, "own scale"))
    for name, bias in biases(quantized).items():
        step = bias.abs().max() / 127
        assert (narrow[name] - bias).abs().max() <= step / 2 * 1.001


def test_in_accumulator_steps_a_bias_ends_at_127_of_them(quantized) -> None:
    narrow = biases(with_8_bit_biases(quantized, "accumulator steps"))
    steps = torch.cat([narrow[name] / qparams.scale for name, qparams in quantized.bias_qparams.items()])
    assert steps.min() >= -128.001 and steps.max() <= 127.001
    assert (steps.abs() > 126.9).any()


def test_an_unknown_unit_is_refused(quantized) -> None:
    with pytest.raises(ValueError, match="expected 'own scale' or"):
        with_8_bit_biases(quantized, "volts")
