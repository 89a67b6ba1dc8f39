"""Bias absorption must keep the function wherever its assumption holds, and shorten the ranges it is made for."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from tests.quant.test_correction import depthwise_network
from zeropoint.quant import absorb_biases, equalize_cross_layer, fold_batchnorm


def lifted(network: nn.Sequential, by: float) -> nn.Sequential:
    """Return the network with the biases of its first layers raised, so that their ReLUs cut nothing off."""
    with torch.no_grad():
        for layer in network[:-1]:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                layer.bias += by
    return network


def pre_activations(network: nn.Module, name: str, x: torch.Tensor) -> torch.Tensor:
    seen: list[torch.Tensor] = []
    handle = network.get_submodule(name).register_forward_hook(lambda _m, _i, out: seen.append(out))
    network(x)
    handle.remove()
    return seen[0]


@pytest.mark.parametrize("shape", [(512, 6), (64, 7, 6)])
@torch.no_grad()
def test_outputs_are_equal_where_no_value_falls_below_c(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    net = fold_batchnorm(lifted(nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 4)), 3.0).eval())
    x = torch.randn(shape)
    absorbed = absorb_biases(net, [x])
    c = net.get_submodule("0").bias - absorbed.get_submodule("0").bias
    holds = (pre_activations(net, "0", x) >= c).all(-1)
    assert c.min() > 0 and 0.9 < holds.float().mean() < 1, "some values fall below c, most do not"
    torch.testing.assert_close(absorbed(x)[holds], net(x)[holds], rtol=0, atol=1e-5)
    assert (absorbed(x)[~holds] - net(x)[~holds]).abs().amax(-1).min() > 1e-5, "and where one does, it shows"


@torch.no_grad()
def test_c_is_the_mean_less_three_deviations_and_never_negative() -> None:
    torch.manual_seed(0)
    net = fold_batchnorm(nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.ReLU(), nn.Conv2d(8, 4, 1)).eval())
    batches = [torch.randn(3, 3, 9, 9) - 9, torch.randn(8, 3, 5, 5) - 9]  # unlike numbers of positions
    values = torch.cat([pre_activations(net, "0", x).transpose(0, 1).flatten(1) for x in batches], 1)
    for deviations in (1.0, 3.0):
        absorbed = absorb_biases(net, batches, deviations=deviations)
        expected = (values.mean(1) - deviations * values.std(1, correction=0)).clamp(min=0)
        torch.testing.assert_close(-absorbed.get_submodule("0").bias, expected, rtol=1e-4, atol=1e-5)
        assert (expected > 0).any() and (expected == 0).any()


@torch.no_grad()
def test_measured_on_training_images_it_is_what_the_batch_norm_says() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 2, 1))
    net[1].momentum = None  # the average of what it saw, which is one batch
    net[1].weight.uniform_(0.1, 0.5)
    net[1].bias.uniform_(0, 2)
    images = torch.randn(16, 3, 8, 8)
    net.train()(images)
    folded = fold_batchnorm(net.eval())
    c = folded.get_submodule("0").bias - absorb_biases(folded, [images]).get_submodule("0").bias
    torch.testing.assert_close(c, (net[1].bias - 3 * net[1].weight).clamp(min=0), rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_grouped_strided_and_linear_layers_answer_with_their_own_weights() -> None:
    net = depthwise_network()
    net[2].padding = (0, 0)
    net[7] = nn.Linear(24, 5)
    net = fold_batchnorm(lifted(net, 40.0))
    x = torch.randn(8, 3, 6, 6)
    absorbed = absorb_biases(net, [x], deviations=100.0)  # so far below that no value of this network gets there
    assert all((net.get_submodule(n).bias != absorbed.get_submodule(n).bias).any() for n in "02")
    torch.testing.assert_close(absorbed(x), net(x), rtol=1e-4, atol=1e-3)


@torch.no_grad()
def test_zero_padding_is_exact_everywhere_but_at_the_border() -> None:
    torch.manual_seed(0)
    net = lifted(nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Conv2d(4, 2, 3, padding=1)), 9.0).eval()
    net = fold_batchnorm(net)
    x = torch.randn(4, 3, 8, 8)
    change = (absorb_biases(net, [x], deviations=5.0)(x) - net(x)).abs()
    assert change[..., 1:-1, 1:-1].max() < 1e-4
    assert change[..., 0, :].max() > 0.1


@torch.no_grad()
def test_the_range_of_a_nearly_constant_channel_shrinks_after_equalization() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)).eval()
    net[0].weight[2] *= 1e-4  # nearly dead: its value is its bias
    net[0].bias[2] = 0.05
    equalized = equalize_cross_layer(net)
    x = torch.randn(256, 4)
    before = pre_activations(equalized, "0", x)[:, 2]
    after = pre_activations(absorb_biases(equalized, [x]), "0", x)[:, 2]
    assert net[0].bias[2] * 20 < before.mean(), "equalization makes the constant large"
    assert after.max() < 0.1 * before.max()
    assert math.isclose(after.std(), before.std(), rel_tol=1e-3)


@torch.no_grad()
def test_the_network_that_is_given_stays_as_it_is() -> None:
    net = fold_batchnorm(lifted(depthwise_network(), 5.0))
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    absorb_biases(net, [torch.randn(4, 3, 4, 4)])
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())


def test_no_batches() -> None:
    with pytest.raises(ValueError, match="no calibration batches"):
        absorb_biases(fold_batchnorm(depthwise_network()), [])
