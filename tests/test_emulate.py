"""Saturating pairs are emulated as the manual of the instruction says, and added up to whole networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from zeropoint.deploy.emulate import emulate_saturation, layer_codes, saturation_error
from zeropoint.quant import QConfig, quantize_model


def vpmaddubsw(u: np.ndarray, s: np.ndarray) -> np.ndarray:
    """The instruction in plain words: neighbours' products, added, saturated to int16; then added up in 32 bits."""
    products = u.astype(np.int64) * s.astype(np.int64)
    if len(products) % 2:
        products = np.append(products, 0)
    pairs = [max(-32768, min(32767, int(a + b))) for a, b in zip(products[::2], products[1::2], strict=True)]
    return np.int64(sum(pairs))


@pytest.mark.parametrize("length", [1, 2, 7, 64])
def test_error_is_that_of_the_instruction(length: int) -> None:
    rng = np.random.default_rng(length)
    u = rng.integers(100, 256, (5, length))
    s = rng.choice([-128, -127, 120, 127], (8, length))
    want = [[vpmaddubsw(row, w) - row @ w for w in s] for row in u]
    assert saturation_error(torch.tensor(u), torch.tensor(s)).tolist() == want
    assert length < 2 or np.any(want), "nothing saturated: the case says nothing"


def test_seven_bits_never_saturate() -> None:
    extremes = torch.tensor([[255, 255]]), torch.tensor([[63, 63], [-63, -63], [64, 64], [-64, -64]])
    assert saturation_error(*extremes).tolist() == [[0, 0, 0, 0]]
    assert saturation_error(torch.tensor([[255, 255]]), torch.tensor([[65, 64], [-65, -64]])).tolist() == [[-128, 127]]


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.depthwise = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.fc = nn.Linear(4, 5)

    def forward(self, x):
        x = torch.relu(self.depthwise(torch.relu(self.conv(x))))
        return self.fc(x.mean((2, 3)))


@pytest.fixture(scope="module")
def quantized():
    torch.manual_seed(0)
    network = Network().eval()
    with torch.no_grad():
        network.conv.weight.copy_(network.conv.weight.sign() * 0.2)  # every code is −127 or 127
    images = torch.rand(4, 3, 9, 9)
    return quantize_model(network, [images], QConfig()), images


@torch.no_grad()
def test_codes_of_a_layer_give_its_output_back(quantized) -> None:
    model, images = quantized
    x_qparams, w_qparams = model.input_qparams("conv"), model.weight_qparams["conv"]
    layer = model.graph_module.conv
    x = (torch.round(images / x_qparams.scale) + x_qparams.zero_point).clamp(0, 255)
    x = (x - x_qparams.zero_point) * x_qparams.scale
    activations, weights = (codes.double() for codes in layer_codes(layer, x, w_qparams, x_qparams))
    dots = activations @ weights.T - x_qparams.zero_point * weights.sum(1)
    y = dots * x_qparams.scale * w_qparams.scale.flatten() + layer.bias
    assert torch.allclose(y.reshape(4, 5, 5, 4).permute(0, 3, 1, 2).float(), layer(x), atol=1e-5)


@torch.no_grad()
def test_network_is_as_wrong_as_its_pairs(quantized) -> None:
    model, images = quantized
    emulated = emulate_saturation(model)
    seen: dict[str, torch.Tensor] = {}
    for name, network in (("exact", model), ("emulated", emulated)):
        network.graph_module.conv.register_forward_hook(
            lambda layer, inputs, y, name=name: seen.update({name: y, "x": inputs[0]})
        )
        network(images)
    w_qparams, x_qparams = model.weight_qparams["conv"], model.input_qparams("conv")
    activations, weights = layer_codes(model.graph_module.conv, seen["x"], w_qparams, x_qparams)
    u, s = activations.numpy(), weights.numpy()
    want = np.array([[vpmaddubsw(row, w) - row.astype(np.int64) @ w for w in s] for row in u])
    got = (seen["emulated"] - seen["exact"]).permute(0, 2, 3, 1).flatten(0, 2)
    assert np.abs(want).max() > 1000
    assert np.allclose(got / (x_qparams.scale * w_qparams.scale.flatten()), want, atol=1)


@torch.no_grad()
def test_seven_bit_weights_cure_it_and_the_model_handed_over_is_unchanged(quantized) -> None:
    model, images = quantized
    before = model(images)
    assert not torch.equal(emulate_saturation(model)(images), before)
    assert torch.equal(model(images), before)
    torch.manual_seed(0)
    cured = quantize_model(Network().eval(), [images], QConfig(weight_bits=7))
    assert torch.equal(emulate_saturation(cured)(images), cured(images))


def test_codes_of_more_than_eight_bits_are_one_sentence(quantized) -> None:
    model = quantize_model(Network().eval(), [quantized[1]], QConfig(weight_bits=16))
    with pytest.raises(ValueError, match="Layer 'conv' has codes of more than 8 bits"):
        emulate_saturation(model)
