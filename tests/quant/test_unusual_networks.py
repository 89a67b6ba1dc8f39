"""Networks that are written in unusual ways: each works, or one sentence says what is wrong."""

from __future__ import annotations

import copy
import io
import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zeropoint.quant import (
    PerGroup,
    PerTensor,
    QConfig,
    QuantizedModel,
    adaround,
    convert,
    correct_bias,
    equalize_cross_layer,
    prepare_qat,
    quantize_model,
    sqnr_db,
)


class Net(nn.Module):
    """A network of the given layers, computed by the given function."""

    def __init__(self, forward: Callable[..., Tensor], **layers: nn.Module):
        super().__init__()
        self.compute = forward
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x: Tensor) -> Tensor:
        return self.compute(self, x)


def net(forward: Callable[..., Tensor], **layers: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    for module in (m for layer in layers.values() for m in layer.modules()):
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    return Net(forward, **layers).eval()


def conv(inputs: int, outputs: int, kernel: int = 1, **options: object) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, **options)


def overwritten(m: nn.Module, x: Tensor) -> Tensor:
    y = m.a(x)
    return m.b(m.relu(y)) + y  # the ReLU has overwritten y


def overwritten_by_function(m: nn.Module, x: Tensor) -> Tensor:
    y = m.a(x)
    z = F.relu(y, inplace=True)
    return m.b(z) + y


def read_before_and_after(m: nn.Module, x: Tensor) -> Tensor:
    y = m.a(x)
    before = m.b(y)
    z = F.relu(y, inplace=True)
    return m.c(y) + before + z


def added_by_method(m: nn.Module, x: Tensor) -> Tensor:
    y = m.a(x)
    y.add_(x)
    return m.b(y)


X = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(1))
NETWORKS = {
    "a layer called twice": net(lambda m, x: m.a(F.relu(m.a(x))), a=conv(3, 3)),
    "padding modes": net(
        lambda m, x: m.b(m.a(x).relu()),
        a=conv(3, 4, 3, padding=1, padding_mode="reflect"),
        b=conv(4, 2, 3, padding=1, padding_mode="circular"),
    ),
    "upsampling": net(
        lambda m, x: m.b(m.v(m.u(m.a(x)))),
        a=conv(3, 4),
        u=nn.Upsample(scale_factor=2),
        v=nn.Upsample(scale_factor=2, mode="bilinear"),
        b=conv(4, 2),
    ),
    "concat of three": net(
        lambda m, x: m.b(torch.cat([m.a(x), m.c(x), x], dim=1)), a=conv(3, 4), c=conv(3, 4), b=conv(11, 2)
    ),
    "a number added": net(lambda m, x: m.b(1.0 + m.a(x)) + 1.0, a=conv(3, 4), b=conv(4, 2)),
    "a multiple added": net(lambda m, x: m.b(torch.add(m.a(x), x, alpha=2)), a=conv(3, 3), b=conv(3, 2)),
    "a tensor added to itself": net(lambda m, x: (lambda y: m.b(y + y))(m.a(x)), a=conv(3, 4), b=conv(4, 2)),
    "no bias before ReLU6": net(lambda m, x: m.b(F.relu6(m.a(x))), a=conv(3, 4, bias=False), b=conv(4, 2, bias=False)),
    "chunks of channels": net(
        lambda m, x: (lambda y: m.b(y[0]) + m.c(y[1]))(m.a(x).chunk(2, 1)), a=conv(3, 4), b=conv(2, 2), c=conv(2, 2)
    ),
    "inputs by name": net(
        lambda m, x: m.b(input=torch.flatten(input=m.a(x), start_dim=2)), a=conv(3, 4), b=nn.Linear(64, 2)
    ),
    "ReLU in place": net(overwritten, a=conv(3, 3), relu=nn.ReLU(inplace=True), b=conv(3, 3)),
    "ReLU function in place": net(overwritten_by_function, a=conv(3, 3), b=conv(3, 3)),
    "read before and after": net(read_before_and_after, a=conv(3, 3), b=conv(3, 3), c=conv(3, 3)),
    "sum in place by method": net(added_by_method, a=conv(3, 3), b=conv(3, 3)),
    "linear layers on four dimensions": net(lambda m, x: m.b(m.a(x).relu()), a=nn.Linear(8, 5), b=nn.Linear(5, 2)),
}


@pytest.mark.parametrize("name", NETWORKS)
@torch.no_grad()
def test_eight_bits_are_close_and_nothing_stays_in_float(name: str) -> None:
    network = NETWORKS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quantized = quantize_model(network, [X])
    assert sqnr_db(network(X), quantized(X)) > 33
    assert not quantized.float_layers


@pytest.mark.parametrize("name", NETWORKS)
@torch.no_grad()
def test_equalization_keeps_the_function_and_bias_correction_the_means(name: str) -> None:
    network = NETWORKS[name]
    torch.testing.assert_close(equalize_cross_layer(network)(X), network(X), rtol=1e-4, atol=1e-4)
    quantized = quantize_model(network, [X], QConfig(weight_bits=5, weight_granularity=PerTensor()))
    before = sqnr_db(network(X), quantized(X))
    correct_bias(quantized, network, [X])
    assert sqnr_db(network(X), quantized(X)) > before - 0.5


def test_repeated_values_need_no_quantizer_and_interpolated_ones_do() -> None:
    assert set(quantize_model(NETWORKS["upsampling"], [X]).activation_quantizers()) == {"x", "a", "v"}


def test_a_layer_that_reads_two_grids_has_no_bias_on_either() -> None:
    twice = quantize_model(NETWORKS["a layer called twice"], [X])
    assert twice.input_qparams("a") is None
    assert not twice.bias_qparams
    assert torch.equal(twice.graph_module.a.bias, NETWORKS["a layer called twice"].a.bias)
    assert "bias of a – its accumulator" in twice.describe()


def test_tuples_and_dictionaries_may_come_out() -> None:
    network = net(lambda m, x: {"y": m.a(x), "z": (m.b(x), x)}, a=conv(3, 4), b=conv(3, 2))
    with torch.no_grad():
        out = quantize_model(network, [X])(X)
        exact = network(X)
    assert sqnr_db(exact["z"][0], out["z"][0]) > 30 and torch.equal(out["z"][1], X)


def test_part_of_what_an_unsupported_function_returns_is_quantized() -> None:
    network = net(lambda m, x: m.b(torch.max(m.a(x), 1, keepdim=True)[0]), a=conv(3, 4), b=conv(1, 2))
    with pytest.warns(UserWarning, match="max is not supported"):
        quantized = quantize_model(network, [X])
    assert set(quantized.activation_quantizers()) == {"x", "getitem"}


@torch.no_grad()
def test_layers_that_share_weights_are_quantized_apart() -> None:
    network = net(lambda m, x: m.b(m.a(x).relu()), a=conv(3, 3), b=conv(3, 3))
    network.b.weight = network.a.weight
    quantized = quantize_model(network, [X], QConfig(weight_bits=3, layer_bits={"a": 8}, exclude=("b",)))
    assert torch.equal(quantized.graph_module.b.weight, network.b.weight)
    quantized = quantize_model(network, [X], QConfig(weight_bits=3, layer_bits={"a": 8}))
    assert len((quantized.graph_module.a.weight / quantized.weight_qparams["a"].scale).round().unique()) > 7
    torch.testing.assert_close(equalize_cross_layer(network)(X), network(X))


@pytest.mark.parametrize("bits", [8, 16])
@torch.no_grad()
def test_double_precision_and_other_memory_layouts(bits: int) -> None:
    network = net(lambda m, x: m.b(m.a(x).relu()), a=conv(3, 4, 3), b=conv(4, 2))
    plain = quantize_model(network, [X], QConfig(weight_bits=bits))(X)
    double = copy.deepcopy(network).double()
    torch.testing.assert_close(
        quantize_model(double, [X.double()], QConfig(weight_bits=bits))(X.double()).float(), plain
    )
    last = X.to(memory_format=torch.channels_last)
    strided = X.transpose(2, 3).contiguous().transpose(2, 3)
    for batch in (last, strided):
        torch.testing.assert_close(quantize_model(network, [batch], QConfig(weight_bits=bits))(batch), plain)


@torch.no_grad()
def test_a_quantized_model_can_be_copied_and_saved() -> None:
    quantized = quantize_model(NETWORKS["padding modes"], [X])
    file = io.BytesIO()
    torch.save(quantized, file)
    file.seek(0)
    for twin in (copy.deepcopy(quantized), torch.load(file, weights_only=False)):
        assert torch.equal(twin(X), quantized(X))
        assert twin.describe() == quantized.describe()
        assert twin.qparams_table().equals(quantized.qparams_table())


def test_batches_may_come_from_a_generator() -> None:
    network = NETWORKS["padding modes"]
    quantized = quantize_model(network, (x for x in X.split(3)))
    assert torch.equal(quantized(X), quantize_model(network, X.split(3))(X))
    corrected = copy.deepcopy(quantized)
    rounded = copy.deepcopy(quantized)
    correct_bias(corrected, network, (x for x in X.split(3)))
    adaround(rounded, network, (x for x in X.split(3)), iterations=2, progress=False)
    correct_bias(quantized, network, X.split(3))
    assert torch.equal(corrected(X), quantized(X))


@pytest.mark.parametrize(
    ("config", "lines"),
    [
        (QConfig(), ["in float: nothing but the network's output."]),
        (
            QConfig(layer_bits={"a": (None, 8), "b": (8, None)}),
            ["weights of a – no bits", "input of b – no bits", "bias of b – its accumulator"],
        ),
        (QConfig(weight_granularity=PerGroup(1, axis=1)), ["bias of a – its accumulator", "bias of b – its accumul"]),
    ],
)
def test_description_names_each_part_that_is_in_float(config: QConfig, lines: list[str]) -> None:
    found = quantize_model(NETWORKS["padding modes"], [X], config).describe().splitlines()[1:]
    assert [line in text for line, text in zip(lines, found, strict=True)] == [True] * len(lines), found


class TwoInputs(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y


def quantized() -> QuantizedModel:
    return quantize_model(NETWORKS["padding modes"], [X])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n: quantize_model(n, [(X, 0)]), "batch is a tuple: expected a float tensor"),
        (lambda n: quantize_model(n, [X.to(torch.uint8)]), r"batch is torch\.uint8: expected a float tensor"),
        (lambda n: quantize_model(n, X), "pass a list of batches"),
        (lambda n: quantize_model(quantized(), [X]), "is quantized already"),
        (lambda n: prepare_qat(quantized()), "is quantized already"),
        (lambda n: equalize_cross_layer(prepare_qat(n).eval()), "is quantized already"),
        (lambda n: convert(quantized()), "is a QuantizedModel: expected what prepare_qat returns"),
        (lambda n: quantize_model(TwoInputs().eval(), [X]), "inputs x, y: expected one"),
        (lambda n: quantize_model(copy.deepcopy(n).half(), [X.half()]), r"float16, too coarse .* model\.float\(\)"),
        (lambda n: quantize_model(n, [X], QConfig(weight_granularity=PerGroup(2, axis=1))), "Layer 'a': 3 values"),
        (lambda n: QConfig(weight_granularity="per-channel"), "weight_granularity is 'per-channel'"),
        (lambda n: correct_bias(quantized(), n, []), "no calibration batches"),
        (lambda n: correct_bias(quantized(), NETWORKS["upsampling"], [X]), "no layer 'a' like that"),
        (lambda n: adaround(quantized(), NETWORKS["a number added"], [X], progress=False), "no layer 'a' like that"),
    ],
)
def test_misuse_is_one_sentence(call: Callable[[nn.Module], object], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        call(NETWORKS["padding modes"])
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")
