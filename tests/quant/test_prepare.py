"""Preparing a network for quantization-aware training, training it, and converting it back."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from zeropoint.quant import PerGroup, PerTensor, QConfig, convert, fold_batchnorm, prepare_qat, quantize_model
from zeropoint.quant.prepare import QATModel
from zeropoint.quant.quantized_model import QuantizedModel


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(32, 4),
    ).eval()


@pytest.fixture
def x() -> Tensor:
    return torch.randn(32, 3, 8, 8, generator=torch.Generator().manual_seed(1))


CONFIG_PLAIN = QConfig()
CONFIG = QConfig(weight_bits=4, activation_bits=4, activation_range="mse", layer_bits={"7": 8})


def train(model: nn.Module, x: Tensor, steps: int = 20, lr: float = 0.02) -> list[float]:
    labels = (x.mean((2, 3)).argmax(1)) % 4
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    losses = []
    for _ in range(steps):
        loss = cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def take_biases(prepared: QATModel, quantized: QuantizedModel) -> None:
    for name in ("0", "3", "7"):
        prepared.graph_module.get_submodule(name).layer.bias.data.copy_(quantized.graph_module.get_submodule(name).bias)


@pytest.mark.parametrize("learn_step", [False, True])
@torch.no_grad()
def test_training_starts_where_post_training_quantization_ends(network, x, learn_step: bool) -> None:
    prepared = prepare_qat(network, CONFIG, [x], learn_step=learn_step)
    quantized = quantize_model(network, [x], CONFIG)
    take_biases(prepared, quantized)  # they are rounded to int32 in one of them
    torch.testing.assert_close(prepared(x), quantized(x))


@pytest.mark.parametrize("learn_step", [False, True])
def test_converted_network_computes_what_was_trained(network, x, learn_step: bool) -> None:
    prepared = prepare_qat(network, CONFIG, [x], learn_step=learn_step)
    losses = train(prepared, x)
    assert losses[-1] < losses[0]
    converted = convert(prepared)
    take_biases(prepared, converted)
    with torch.no_grad():
        torch.testing.assert_close(prepared(x), converted(x))
    assert set(converted.weight_qparams) == set(converted.bias_qparams) == {"0", "3", "7"}
    assert converted.weight_qparams["7"].quant_max == 127
    for name, (scale, _, _, high) in converted.weight_qparams.items():
        codes = converted.graph_module.get_submodule(name).weight / scale
        torch.testing.assert_close(codes, codes.round(), rtol=0, atol=1e-4)
        assert codes.abs().max() <= high + 1e-4


def test_weights_stay_float_while_they_train(network, x) -> None:
    prepared = prepare_qat(network, CONFIG, [x])
    before = {n: p.clone() for n, p in prepared.named_parameters()}
    float_weight = fold_batchnorm(network).get_submodule("0").weight
    assert torch.equal(before["graph_module.0.layer.weight"], float_weight)
    train(prepared, x, steps=1)
    assert all(not torch.equal(before[n], p) for n, p in prepared.named_parameters())


def test_calibrated_activation_ranges_stay_fixed(network, x) -> None:
    prepared = prepare_qat(network, CONFIG, [x])
    before = prepared.graph_module.get_submodule("input_1_quantizer").scale.clone()
    train(prepared, 3 * x, steps=2)
    assert torch.equal(prepared.graph_module.get_submodule("input_1_quantizer").scale, before)


def test_without_calibration_ranges_follow_the_data_until_frozen(network, x) -> None:
    prepared = prepare_qat(network, QConfig(weight_granularity=PerTensor()))
    quantizer = prepared.graph_module.get_submodule("input_1_quantizer")
    prepared(x)
    small = quantizer.scale.clone()
    prepared(3 * x)
    assert quantizer.scale > 2.5 * small
    prepared.freeze()
    prepared(9 * x)
    assert quantizer.scale < 3.5 * small


def test_learned_steps_are_trained_and_freeze(network, x) -> None:
    prepared = prepare_qat(network, CONFIG, [x], learn_step=True)
    steps = {n: q.step.detach().clone() for n, q in prepared.quantizers().items()}
    assert steps["0.quantizer"].shape == (8, 1, 1, 1)
    train(prepared, x, steps=3)
    assert all(not torch.equal(steps[n], q.step) for n, q in prepared.quantizers().items())
    prepared.freeze()
    assert not any(q.step.requires_grad for q in prepared.quantizers().values())


@pytest.mark.parametrize("learn_step", [False, True])
def test_state_can_be_saved_and_resumed(network, x, learn_step: bool) -> None:
    prepared = prepare_qat(network, CONFIG, [x], learn_step=learn_step)
    train(prepared, x)
    state = copy.deepcopy(prepared.state_dict())
    again = prepare_qat(network, CONFIG, [x], learn_step=learn_step)
    again.load_state_dict(state)
    with torch.no_grad():
        assert torch.equal(again(x), prepared(x))


def test_the_float_network_is_not_changed(network, x) -> None:
    before = copy.deepcopy(network.state_dict())
    train(prepare_qat(network, CONFIG, [x]), x)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_excluded_layers_train_in_float(network, x) -> None:
    config = QConfig(weight_bits=2, exclude=("0",))
    prepared = prepare_qat(network, config, [x])
    assert isinstance(prepared, QATModel)
    assert "0.quantizer" not in prepared.quantizers()
    converted = convert(prepared)
    assert converted.float_layers == {"0": "excluded by the configuration"}
    assert "0" not in converted.weight_qparams


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, x: prepare_qat(m, CONFIG, learn_step=True), "pass calibration_batches"),
        (lambda m, x: prepare_qat(m, QConfig(weight_granularity=PerGroup(1)), [x], learn_step=True), "PerTensor"),
        (lambda m, x: convert(prepare_qat(m)), "has seen no data"),
        (lambda m, x: prepare_qat(copy.deepcopy(m).train()), "evaluation|training mode"),
    ],
)
def test_bad_use_is_one_sentence(network, x, call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(network, x)


def test_dropout_drops_while_training_and_not_afterwards(x) -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Dropout(0.5), nn.Conv2d(4, 2, 1)).eval()
    prepared = prepare_qat(net, CONFIG_PLAIN, [x])
    assert not torch.equal(prepared(x), prepared(x))
    converted = convert(prepared)
    assert torch.equal(converted(x), converted(x))


def test_a_step_that_an_update_carried_past_zero_is_converted_to_a_positive_scale(network, x) -> None:
    prepared = prepare_qat(network, CONFIG, [x], learn_step=True)
    before = convert(prepared)(x)
    for quantizer in prepared.quantizers().values():
        quantizer.step.data.neg_()
    converted = convert(prepared)
    assert torch.equal(converted(x), before)
    assert all(a.qparams.scale > 0 for a in converted.activation_quantizers().values())


def test_converted_layers_are_in_the_order_of_computation(x) -> None:
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Conv2d(4, 2, 1)
            self.first = nn.Conv2d(3, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.last(self.first(x))

    assert list(convert(prepare_qat(Backwards().eval(), None, [x])).weight_qparams) == ["first", "last"]


def test_conversion_changes_nothing_in_what_it_converts(network, x) -> None:
    prepared = prepare_qat(network, CONFIG, [x])
    before = copy.deepcopy(prepared.state_dict())
    convert(prepared)
    assert all(torch.equal(before[name], tensor) for name, tensor in prepared.state_dict().items())


@pytest.mark.parametrize("calibrated", [False, True])
def test_what_stays_in_float_is_said_once(x, calibrated: bool) -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Softplus(), nn.Conv2d(4, 2, 1)).eval()
    with pytest.warns(UserWarning, match="Softplus is not supported") as caught:
        prepared = prepare_qat(net, None, [x] if calibrated else None)
    assert len(caught) == 1
    assert prepared.float_layers == {"1": "Softplus is not supported"}
