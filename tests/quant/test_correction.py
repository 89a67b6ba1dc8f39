"""Repairs without training: they must repair what was broken, and change nothing else."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.quant.test_ptq import random_statistics
from zeropoint.quant import PerTensor, QConfig, fold_batchnorm, quantize_model, sqnr_db
from zeropoint.quant.correction import channel_pairs, correct_bias, equalize_cross_layer, spread_channels
from zeropoint.vision.models import resnet20


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.randn(16, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return random_statistics(resnet20())


def depthwise_network() -> nn.Sequential:
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(3, 8, 1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
        nn.ReLU(),
        nn.Conv2d(8, 6, 3, groups=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(6 * 4, 5),
    ).eval()


@torch.no_grad()
def test_rescaling_by_powers_of_two_is_bit_identical(model, images) -> None:
    spread = spread_channels(model, 4)
    folded = fold_batchnorm(model)
    assert torch.equal(spread(images), folded(images))
    ratio = spread.get_submodule("stage1.0.conv1").weight / folded.get_submodule("stage1.0.conv1").weight
    exponents = torch.log2(ratio.flatten(1).nanmedian(1).values)
    assert set(exponents.tolist()) <= set(range(-4, 5)) and exponents.unique().numel() > 4


@torch.no_grad()
def test_equalization_keeps_the_function(model, images) -> None:
    assert torch.allclose(equalize_cross_layer(model)(images), model(images), atol=1e-4)
    depthwise = depthwise_network()
    x = torch.randn(4, 3, 4, 4)
    assert torch.allclose(equalize_cross_layer(depthwise)(x), depthwise(x), atol=1e-4)


@torch.no_grad()
def test_equalization_gives_both_layers_the_same_ranges() -> None:
    equalized = equalize_cross_layer(nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)).eval())
    first = equalized.get_submodule("0").weight
    second = equalized.get_submodule("2").weight
    assert torch.allclose(first.abs().amax(1), second.abs().amax(0), rtol=1e-4)


@torch.no_grad()
def test_equalization_undoes_the_dialled_collapse(model, images) -> None:
    exact = model(images)
    config = QConfig(activation_bits=None, weight_granularity=PerTensor())
    healthy = sqnr_db(exact, quantize_model(model, [images], config)(images))
    collapsed = spread_channels(model, 4)
    broken = sqnr_db(exact, quantize_model(collapsed, [images], config)(images))
    repaired = sqnr_db(exact, quantize_model(equalize_cross_layer(collapsed), [images], config)(images))
    assert broken < healthy - 6
    assert repaired > healthy - 1


def test_pairs_stop_at_branches_and_at_other_activations() -> None:
    folded = fold_batchnorm(resnet20().eval())
    assert [name for _, name, _ in channel_pairs(folded)] == [
        f"stage{s}.{b}.conv1" for s in (1, 2, 3) for b in range(3)
    ]
    six = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU6(), nn.Conv2d(4, 4, 1)).eval()
    assert channel_pairs(fold_batchnorm(six)) == []


@torch.no_grad()
def test_dead_channels_survive() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).eval()
    net[0].weight[1] = 0
    net[2].weight[:, 2] = 0
    x = torch.randn(5, 3)
    assert torch.allclose(equalize_cross_layer(net)(x), net(x), atol=1e-5)


@torch.no_grad()
def test_bias_correction_restores_the_channel_means(model, images) -> None:
    quantized = quantize_model(model, [images], QConfig(weight_bits=3, weight_granularity=PerTensor()))

    def bias_of_logits() -> float:
        return (quantized(images) - model(images)).mean(0).abs().max().item()

    before = bias_of_logits()
    noise = sqnr_db(model(images), quantized(images))
    correct_bias(quantized, model, [images[:8], images[8:]])
    assert bias_of_logits() < 0.01 * before
    assert sqnr_db(model(images), quantized(images)) > noise


@torch.no_grad()
def test_relu_functions_join_pairs_too() -> None:
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c, self.d = (nn.Linear(4, 4) for _ in range(4))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.d(nn.functional.relu6(self.c(self.b(nn.functional.relu(self.a(x))).relu())))

    assert [name for _, name, _ in channel_pairs(fold_batchnorm(Functional().eval()))] == ["a", "b"]


@pytest.mark.parametrize("shape", [(6,), (5, 6), (5, 7, 6), (5, 4, 4, 6)])
@torch.no_grad()
def test_bias_correction_of_a_linear_layer_on_any_number_of_dimensions(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 4, bias=False)).eval()
    x = torch.randn(shape) + 1
    quantized = quantize_model(net, [x], QConfig(weight_bits=3, activation_bits=None))  # no grid for the bias
    correct_bias(quantized, net, [x])
    error = (quantized(x) - net(x)).reshape(-1, 4).mean(0)
    assert quantized.graph_module.get_submodule("0").bias.shape == (4,)
    assert error.abs().max() < 1e-4


@torch.no_grad()
def test_bias_correction_counts_positions_of_batches_of_unlike_size() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 1)).eval()
    batches = [torch.randn(2, 3, 4, 4), torch.randn(5, 3, 9, 9) + 2]
    quantized = quantize_model(net, batches, QConfig(weight_bits=3, activation_bits=None))
    correct_bias(quantized, net, batches)
    error = torch.cat([(quantized(x) - net(x)).transpose(0, 1).flatten(1) for x in batches], 1)
    assert error.mean(1).abs().max() < 1e-4


@torch.no_grad()
def test_corrected_bias_stays_on_its_grid(model, images) -> None:
    quantized = quantize_model(model, [images], QConfig(weight_bits=4))
    correct_bias(quantized, model, [images])
    for name, (scale, *_) in quantized.bias_qparams.items():
        steps = quantized.graph_module.get_submodule(name).bias.double() / scale
        assert (steps - steps.round()).abs().max() < 1e-3 + 1e-6 * steps.abs().max(), name  # float32 digits


@torch.no_grad()
def test_equalization_leaves_the_model_alone(model, images) -> None:
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    equalize_cross_layer(model)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


@torch.no_grad()
def test_equalization_of_a_chain_settles() -> None:
    torch.manual_seed(0)
    chain = equalize_cross_layer(
        nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)).eval()
    )
    first, second, third = (chain.get_submodule(name).weight.abs() for name in "024")
    torch.testing.assert_close(first.amax(1), second.amax(0), rtol=1e-3, atol=0)
    torch.testing.assert_close(second.amax(1), third.amax(0), rtol=1e-3, atol=0)
