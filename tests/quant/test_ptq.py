"""Folding and post-training quantization, on networks small enough to check by hand and on ResNet-20."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from zeropoint.quant import (
    PerAxis,
    PerGroup,
    PerTensor,
    QConfig,
    fake_quantize_affine,
    fold_batchnorm,
    quantize_model,
    sqnr_db,
)
from zeropoint.vision.models import resnet20


def random_statistics(model: nn.Module, seed: int = 0) -> nn.Module:
    """Give every batch norm statistics as after training; fresh ones (0 and 1) would hide a wrong fold."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            for tensor, low, high in (
                (module.running_mean, -1, 1),
                (module.running_var, 0.5, 2),
                (module.weight.data, 0.5, 1.5),
                (module.bias.data, -0.5, 0.5),
            ):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) * (high - low) + low)
    return model.eval()


@pytest.fixture(scope="module")
def model() -> nn.Module:
    torch.manual_seed(0)
    return random_statistics(resnet20())


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.randn(16, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_folding_keeps_the_function_and_removes_every_batchnorm(model, images) -> None:
    folded = fold_batchnorm(model)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())
    assert torch.allclose(folded(images), model(images), atol=1e-5)
    assert any(isinstance(m, nn.BatchNorm2d) for m in model.modules()), "the model itself was changed"


@torch.no_grad()
def test_folding_equals_torchs_own() -> None:
    torch.manual_seed(3)
    pair = random_statistics(nn.Sequential(nn.Conv2d(4, 6, 3, groups=2), nn.BatchNorm2d(6)))
    theirs = torch.nn.utils.fusion.fuse_conv_bn_eval(pair[0], pair[1])
    ours = fold_batchnorm(pair).get_submodule("0")
    assert torch.allclose(ours.weight, theirs.weight, atol=1e-6)
    assert torch.allclose(ours.bias, theirs.bias, atol=1e-6)


@torch.no_grad()
def test_batchnorm_that_cannot_be_folded_stays_and_is_named() -> None:
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)
            self.bn = nn.BatchNorm2d(3)

        def forward(self, x):
            y = self.conv(x)
            return self.bn(y) + y  # the convolution's output is also used without batch norm

    shared = random_statistics(Shared())
    x = torch.randn(2, 3, 4, 4)
    assert torch.allclose(fold_batchnorm(shared)(x), shared(x))
    with pytest.warns(UserWarning, match=r"stay in float: bn \(BatchNorm2d is not supported\)"):
        assert "bn – BatchNorm2d is not supported" in quantize_model(shared, [x]).describe()


def test_training_mode_is_refused() -> None:
    with pytest.raises(ValueError, match=r"call model\.eval\(\) first"):
        fold_batchnorm(resnet20().train())


def test_branch_that_depends_on_data_is_one_sentence() -> None:
    class Branch(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(ValueError, match=r"torch\.fx cannot trace the model .* take branches that depend on data out"):
        fold_batchnorm(Branch().eval())


@torch.no_grad()
def test_batchnorm_called_by_keyword_is_folded() -> None:
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)
            self.bn = nn.BatchNorm2d(3)

        def forward(self, x):
            return self.bn(input=self.conv(x))

    named = random_statistics(Named())
    x = torch.randn(2, 3, 4, 4)
    folded = fold_batchnorm(named)
    assert "bn" not in dict(folded.named_modules())
    assert torch.allclose(folded(x), named(x), atol=1e-6)


@torch.no_grad()
def test_w8a8_is_close_and_fewer_bits_are_worse(model, images) -> None:
    exact = model(images)
    noise = [
        sqnr_db(exact, quantize_model(model, [images], QConfig(weight_bits=bits))(images)) for bits in (16, 8, 4, 3)
    ]
    assert noise[1] > 25
    assert noise == sorted(noise, reverse=True)


@torch.no_grad()
def test_weights_and_activations_lie_on_their_grids(model, images) -> None:
    quantized = quantize_model(model, [images], QConfig(weight_bits=4, activation_bits=6))
    for name, qparams in quantized.weight_qparams.items():
        weight = quantized.graph_module.get_submodule(name).weight
        assert torch.equal(fake_quantize_affine(weight, *qparams), weight), name
        assert (weight / qparams.scale).abs().max() <= 7.001
    seen: dict[str, torch.Tensor] = {}
    for name, module in quantized.activation_quantizers().items():
        module.register_forward_hook(lambda _m, _i, out, name=name: seen.__setitem__(name, out))
    quantized(images)
    assert set(seen) == set(quantized.activation_quantizers())
    assert max(len(tensor.unique()) for tensor in seen.values()) <= 64


@torch.no_grad()
def test_no_tensor_is_quantized_twice_and_logits_stay_float(model, images) -> None:
    quantized = quantize_model(model, [images])
    # the input, and after: stem, 9 × (relu1, conv2, relu2), 2 shortcuts, pooling (as the input of fc)
    assert len(quantized.activation_quantizers()) == 1 + 1 + 9 * 3 + 2 + 1
    output = next(node for node in quantized.graph_module.graph.nodes if node.op == "output")
    assert output.args[0].target == "fc", "the logits are read by a person, not by a layer: they stay in float"
    both = [n.target for n in quantized.graph_module.graph.nodes if "quantizer" in str(n.target)]
    inputs = [n.args[0] for n in quantized.graph_module.graph.nodes if "quantizer" in str(n.target)]
    assert len(both) == len(set(both)) == len(set(inputs))


def test_table_proves_granularity(model, images) -> None:
    for granularity, shape, word in ((PerAxis(0), (16, 1, 1, 1), "per-channel"), (PerTensor(), (), "per-tensor")):
        table = quantize_model(model, [images], QConfig(weight_granularity=granularity)).qparams_table()
        row = table[(table["layer"] == "conv1") & (table["tensor"] == "weight")].iloc[0]
        assert (row["scale_shape"], row["dtype"]) == (shape, "int8")
        assert word in row["scheme"]
        assert set(table[table["tensor"] == "activation"]["dtype"]) == {"uint8"}


@torch.no_grad()
def test_per_group_weights_count_their_scales_once() -> None:
    net = nn.Sequential(nn.Linear(64, 5)).eval()
    quantized = quantize_model(
        net, [torch.randn(4, 64)], QConfig(weight_bits=4, weight_granularity=PerGroup(16, axis=1))
    )
    (row,) = quantized.qparams_table().query("tensor == 'weight'").to_dict("records")
    assert row["scale_shape"] == (5, 4)
    assert quantized.nbytes() == 5 * 64 // 2 + 4 * 5 + 4 * 5 * 4 + 8


@torch.no_grad()
def test_excluded_layers_stay_exactly_float(model, images) -> None:
    quantized = quantize_model(model, [images], QConfig(weight_bits=3, exclude=("conv1", "stage3.*")))
    folded = fold_batchnorm(model)
    for name in ("conv1", "stage3.0.conv1"):
        same = torch.equal(quantized.graph_module.get_submodule(name).weight, folded.get_submodule(name).weight)
        assert same and name not in quantized.weight_qparams
    assert "stage2.0.conv1" in quantized.weight_qparams
    assert "in float: conv1 – excluded by the configuration" in quantized.describe()


@torch.no_grad()
def test_either_side_may_stay_float(model, images) -> None:
    weights_only = quantize_model(model, [images], QConfig(activation_bits=None))
    assert not weights_only.activation_quantizers() and weights_only.weight_qparams
    activations_only = quantize_model(model, [images], QConfig(weight_bits=None))
    assert activations_only.activation_quantizers() and not activations_only.weight_qparams


def test_bytes_counted_by_hand() -> None:
    net = nn.Sequential(nn.Conv2d(2, 3, 1), nn.ReLU(), nn.Flatten(), nn.Linear(3, 5)).eval()
    x = torch.randn(4, 2, 1, 1)
    eight = quantize_model(net, [x], QConfig())
    assert eight.nbytes() == (6 + 4 * 3 + 4 * 3) + (15 + 4 * 5 + 4 * 5) + 2 * 8  # codes, biases, scales; 2 activations
    four = quantize_model(net, [x], QConfig(weight_bits=4, weight_granularity=PerTensor(), exclude=("3",)))
    assert four.nbytes() == (3 + 4 * 3 + 4) + 4 * (15 + 5) + 8


def test_unsupported_layer_is_named_loudly() -> None:
    net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Softplus(), nn.Conv2d(3, 3, 1)).eval()
    with pytest.warns(UserWarning, match="Softplus is not supported"):
        quantized = quantize_model(net, [torch.randn(1, 3, 4, 4)])
    assert "in float: 1 – Softplus is not supported" in quantized.describe()
    assert set(quantized.weight_qparams) == {"0", "2"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m, x: quantize_model(m, []), "no calibration batches"),
        (lambda m, x: quantize_model(m, [x], QConfig(exclude=("nope*",))), "matches no layer"),
        (lambda m, x: quantize_model(copy.deepcopy(m).train(), [x]), r"call model\.eval"),
        (lambda m, x: quantize_model(m, [x], QConfig(weight_bits=40)), "bit_width is 40"),
        (lambda m, x: QConfig(exclude="conv1"), "expected a tuple"),
    ],
)
def test_bad_use_is_one_sentence(model, images, make, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make(model, images)
