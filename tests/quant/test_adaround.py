"""AdaRound: against direct measurement, against all possible roundings, and never worse than nearest."""

from __future__ import annotations

import copy
import itertools

import pytest
import torch
from torch import Tensor, nn

from zeropoint.quant import PerAxis, PerTensor, QConfig, adaround, fold_batchnorm, quantize_model
from zeropoint.quant.quantized_model import QuantizedModel


def inputs(*shape: int, seed: int = 1) -> Tensor:
    """Correlated channels, as activations are: without correlation nearest rounding is already the best."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(shape, generator=generator) + torch.randn(shape[0], 1, *shape[2:], generator=generator)).relu()


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(4, 8, 3, padding=1, stride=2),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, groups=8, dilation=2, padding="same", padding_mode="reflect"),
        nn.ReLU(),
        nn.Conv2d(8, 6, 1, groups=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 3),
    ).eval()


def outputs(network: nn.Module, name: str, x: Tensor) -> Tensor:
    seen: list[Tensor] = []
    handle = network.get_submodule(name).register_forward_hook(lambda _m, _i, out: seen.append(out))
    network(x)
    handle.remove()
    return seen[0]


@torch.no_grad()
def layer_error(quantized: QuantizedModel, folded: nn.Module, name: str, x: Tensor) -> float:
    """Return the error of a layer's output without its bias, which AdaRound leaves alone."""
    layer = quantized.graph_module.get_submodule(name)
    exact = folded.get_submodule(name)
    rough = outputs(quantized.graph_module, name, x)
    wanted = outputs(folded, name, x)
    shape = (-1, *[1] * (wanted.ndim - 2))
    return (rough - layer.bias.reshape(shape) - wanted + exact.bias.reshape(shape)).square().mean().item()


@pytest.mark.parametrize("granularity", [PerTensor(), PerAxis(0)])
def test_reported_errors_are_those_measured_and_never_worse_than_nearest(network, granularity) -> None:
    batches = list(inputs(96, 4, 8, 8).split(32))
    config = QConfig(weight_bits=3, activation_bits=6, weight_granularity=granularity)
    quantized = quantize_model(network, batches, config)
    folded = fold_batchnorm(network)
    nearest_of_first = layer_error(quantized, folded, "0", torch.cat(batches))
    results = adaround(quantized, network, batches, iterations=200, progress=False)
    assert [result.layer for result in results] == ["0", "3", "5", "8"]
    assert results[0].nearest == pytest.approx(nearest_of_first, rel=1e-3)
    for result in results:
        assert result.adaround == pytest.approx(
            layer_error(quantized, folded, result.layer, torch.cat(batches)), rel=1e-3
        )
        assert result.adaround <= result.nearest
    assert results[0].adaround < 0.9 * results[0].nearest


def test_every_weight_is_one_of_its_two_neighbours_on_the_same_grid(network) -> None:
    batches = [inputs(64, 4, 8, 8)]
    quantized = quantize_model(network, batches, QConfig(weight_bits=4))
    before = dict(quantized.weight_qparams)
    adaround(quantized, network, batches, iterations=100, progress=False)
    for name, (scale, _, low, high) in quantized.weight_qparams.items():
        assert torch.equal(scale, before[name].scale)
        codes = quantized.graph_module.get_submodule(name).weight / scale
        exact = fold_batchnorm(network).get_submodule(name).weight / scale
        torch.testing.assert_close(codes, codes.round(), rtol=0, atol=1e-4)
        assert ((codes - exact).abs() < 1 + 1e-4).all()
        assert codes.min() >= low - 1e-4 and codes.max() <= high + 1e-4


@pytest.mark.parametrize("seed", range(4))
@torch.no_grad()
def test_among_the_best_of_all_roundings(seed: int) -> None:
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(10, 1, bias=False)).eval()
    x = inputs(256, 10)
    quantized = quantize_model(net, [x], QConfig(weight_bits=3, activation_bits=None))
    with torch.enable_grad():
        (result,) = adaround(quantized, net, [x], progress=False)
    scale = quantized.weight_qparams["0"].scale
    floor = torch.floor(net[0].weight / scale)
    errors = [
        ((torch.clamp(floor + torch.tensor(up), -3, 3) * scale - net[0].weight) @ x.T).square().mean().item()
        for up in itertools.product((0.0, 1.0), repeat=10)
    ]
    better = sum(error < result.adaround * (1 - 1e-4) for error in errors)
    assert better <= 5, f"{better} of {len(errors)} roundings are better"


def test_without_steps_it_is_nearest(network) -> None:
    batches = [inputs(16, 4, 8, 8)]
    quantized = quantize_model(network, batches, QConfig(weight_bits=4))
    before = {n: quantized.graph_module.get_submodule(n).weight.clone() for n in quantized.weight_qparams}
    adaround(quantized, network, batches, iterations=0, progress=False)
    for name, weight in before.items():
        torch.testing.assert_close(quantized.graph_module.get_submodule(name).weight, weight)


def test_no_batches(network) -> None:
    quantized = quantize_model(network, [inputs(4, 4, 8, 8)])
    with pytest.raises(ValueError, match="no calibration batches"):
        adaround(quantized, network, [])


@pytest.mark.parametrize("bits", [8, 12])
def test_reported_errors_have_digits_at_many_bits(bits: int) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(8, 8, 3)).eval()
    x = inputs(16, 8, 12, 12) + 3
    quantized = quantize_model(net, [x], QConfig(weight_bits=bits, activation_bits=None))

    def measured() -> float:
        rough = copy.deepcopy(quantized.graph_module).double()(x.double())
        return (rough - copy.deepcopy(net).double()(x.double())).square().mean().item()

    nearest = measured()
    with torch.no_grad():  # the caller's mode must not matter
        (result,) = adaround(quantized, net, [x], iterations=100, progress=False)
    assert result.nearest == pytest.approx(nearest, rel=1e-3)
    assert result.adaround == pytest.approx(measured(), rel=1e-3)
    assert result.adaround < 0.95 * result.nearest


def test_a_layer_called_twice_is_rounded_for_both_calls() -> None:
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(6, 6, bias=False)

        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([self.a(x[:, :6]), self.a(x[:, 6:])], 1)

    torch.manual_seed(0)
    net = Twice().eval()
    x = torch.cat([inputs(64, 6), -3 * inputs(64, 6, seed=2)], 1)
    quantized = quantize_model(net, [x], QConfig(weight_bits=3, activation_bits=None))
    with torch.no_grad():
        nearest = (quantized(x) - net(x)).square().mean().item()
    (result,) = adaround(quantized, net, [x], progress=False)
    assert result.nearest == pytest.approx(nearest, rel=1e-3)
