"""The U8S8 trap: dot products, layers and whole networks against arithmetic in plain Python."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import nn

from zeropoint.deploy import emulate_saturation, layer_codes, saturating_dot
from zeropoint.deploy.saturation import beyond_int16, pair_sums, saturation_error
from zeropoint.quant import QConfig, quantize_model


def in_plain_python(x: list[int], w: list[int]) -> int:
    """The instruction in plain words: neighbours' products, added, saturated to int16; then added up without limit."""
    total = 0
    for k in range(0, len(x), 2):
        pair = sum(a * b for a, b in zip(x[k : k + 2], w[k : k + 2], strict=True))
        total += max(-32768, min(32767, pair))
    return total


@given(st.integers(1, 9).flatmap(lambda k: st.tuples(*(arrays.arrays(d, k) for d in (np.uint8, np.int8)))))
def test_pairs_saturate_as_in_plain_python(pair: tuple[np.ndarray, np.ndarray]) -> None:
    x_q, w_q = pair
    assert saturating_dot(x_q, w_q) == in_plain_python(x_q.tolist(), w_q.tolist())


@given(arrays.arrays(np.uint8, 8), arrays.arrays(np.int8, 8, elements=st.integers(-63, 63)))
def test_seven_bit_weights_never_saturate(x_q: np.ndarray, w_q: np.ndarray) -> None:
    assert saturating_dot(x_q, w_q) == x_q.astype(int) @ w_q.astype(int)


def test_rows_and_outputs_broadcast() -> None:
    rng = np.random.default_rng(0)
    x_q, w_q = rng.integers(0, 256, (5, 1, 6), np.uint8), rng.integers(-128, 128, (1, 3, 6), np.int8)
    expected = [[in_plain_python(x[0].tolist(), w.tolist()) for w in w_q[0]] for x in x_q]
    np.testing.assert_array_equal(saturating_dot(x_q, w_q), expected)


def test_other_types_and_lengths_are_refused() -> None:
    with pytest.raises(TypeError, match="expected uint8 activations and int8 weights"):
        saturating_dot(np.ones(4, np.int8), np.ones(4, np.int8))
    with pytest.raises(ValueError, match="x_q ends with 4 values and w_q with 1: expected the same"):
        saturating_dot(np.ones(4, np.uint8), np.ones(1, np.int8))


def test_sums_of_pairs_are_exact_and_leave_a_last_one_without_neighbour_out() -> None:
    x_q = np.array([255, 255, 9, 1, 7], np.uint8)
    w_q = np.array([-128, -128, 1, 2, 3], np.int8)
    assert pair_sums(x_q, w_q).tolist() == [-65280, 11]
    assert pair_sums(x_q[:1], w_q[:1]).size == 0


@pytest.mark.parametrize("of", [np.array, torch.tensor])
def test_limits_of_int16_still_fit(of) -> None:
    assert beyond_int16(of([-32769, -32768, 0, 32767, 32768])).tolist() == [True, False, False, False, True]


def errors_in_plain_python(u: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Return saturated less exact sums: rows of codes (rows, K) with rows of weights (out, K)."""
    saturated = [[in_plain_python(row.tolist(), w.tolist()) for w in s] for row in u]
    return np.array(saturated) - u.astype(np.int64) @ s.astype(np.int64).T


@pytest.mark.parametrize("length", [1, 2, 7, 64])
def test_error_is_that_of_the_instruction(length: int) -> None:
    rng = np.random.default_rng(length)
    u = rng.integers(100, 256, (5, length))
    s = rng.choice([-128, -127, 120, 127], (8, length))
    want = errors_in_plain_python(u, s)
    assert saturation_error(torch.tensor(u), torch.tensor(s)).tolist() == want.tolist()
    assert length < 2 or want.any(), "nothing saturated: the case says nothing"


def test_seven_bits_never_saturate() -> None:
    largest = torch.tensor([[255, 255]])
    weights = torch.tensor([[63, 63], [-63, -63], [64, 64], [-64, -64]])
    assert saturation_error(largest, weights).tolist() == [[0, 0, 0, 0]]
    assert saturation_error(largest, torch.tensor([[65, 64], [-65, -64]])).tolist() == [[-128, 127]]


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
    want = errors_in_plain_python(u, s)
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
