"""Which operations quantize_model knows, where it puts quantizers, and what it says about the rest."""

from __future__ import annotations

import re
import warnings

import pytest
import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from zeropoint.quant import PerAxis, PerGroup, PerTensor, QConfig, quantize_model, sqnr_db
from zeropoint.quant.histogram_observer import OBSERVERS
from zeropoint.quant.operators import Role, role
from zeropoint.quant.parameters import WEIGHT_RANGES, choose_weight_qparams


class Everything(nn.Module):
    """Each supported operation once: as module, function or method, with a shortcut that is padded (option A)."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.depthwise_bn = nn.BatchNorm2d(8)
        self.grouped = nn.Conv2d(8, 8, 1, groups=2)
        self.swish = nn.Hardswish()
        self.down = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.relu6 = nn.ReLU6()
        self.up = nn.Upsample(scale_factor=2)
        self.pool = nn.AvgPool2d(2)
        self.drop = nn.Dropout()
        self.fc = nn.Linear(24, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        x = x + self.relu6(self.depthwise_bn(self.depthwise(x)))
        x = self.swish(self.grouped(x))
        y = self.down(x)  # (N, 16, H/2, W/2)
        y = y + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 4, 4))
        small = F.max_pool2d(self.pool(x), 1)
        z = torch.cat([y.relu(), small], 1)  # (N, 24, H/2, W/2)
        z = F.interpolate(self.up(z), scale_factor=0.5, mode="bilinear")
        return self.fc(self.drop(z.mean([2, 3]).view(z.size(0), -1)))


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return Everything().eval()


@pytest.fixture
def x() -> Tensor:
    return torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))


class Watcher(fx.Interpreter):
    """Run a network and note how many different values each input of a quantized operation has."""

    def __init__(self, network: fx.GraphModule):
        super().__init__(network)
        self.distinct: dict[str, list[int]] = {}

    def run_node(self, node: fx.Node) -> object:
        if role(node, self.module) in (Role.WEIGHTED, Role.ARITHMETIC):
            self.distinct[node.name] = [len(self.env[n].unique()) for n in node.all_input_nodes]
        return super().run_node(node)


@torch.no_grad()
def test_everything_that_computes_reads_codes(network: nn.Module, x: Tensor) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quantized = quantize_model(network, [x], QConfig(activation_bits=3))
    watcher = Watcher(quantized.graph_module)
    watcher.run(x)
    # 5 convolutions and 1 linear layer; 2 additions, Hardswish, average pool, concat, bilinear, mean
    assert len(watcher.distinct) == 5 - 1 + 1 + 7
    assert {name: counts for name, counts in watcher.distinct.items() if max(counts) > 2**3} == {}
    assert not quantized.float_layers


@torch.no_grad()
def test_eight_bits_are_close(network: nn.Module, x: Tensor) -> None:
    assert sqnr_db(network(x), quantize_model(network, [x])(x)) > 30


@torch.no_grad()
def test_one_tensor_has_one_quantizer_however_it_is_moved(network: nn.Module, x: Tensor) -> None:
    quantized = quantize_model(network, [x])
    names = set(quantized.activation_quantizers())
    assert "swish" in names, "read by a convolution, a pooling and, sliced and padded, by an addition"
    assert not {n for n in names if n.startswith(("getitem", "pad", "view", "max_pool2d", "up"))}


@pytest.mark.parametrize(
    ("function", "word"),
    [
        (lambda x: x * torch.sigmoid(x), "sigmoid is not supported"),
        (lambda x: F.pad(x, (1, 1), value=1.0), "pad is not supported"),
        (lambda x: F.softmax(x, 1), "softmax is not supported"),
    ],
)
@torch.no_grad()
def test_unknown_function_is_named_and_left_in_float(function, word: str) -> None:
    class Strange(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            return function(self.conv(x))

    torch.manual_seed(0)
    net = Strange().eval()
    x = torch.randn(2, 3, 4, 4)
    with pytest.warns(UserWarning, match=word):
        quantized = quantize_model(net, [x])
    assert word in quantized.describe()
    assert set(quantized.activation_quantizers()) == {"x"}, "what only a float operation reads stays in float"


@torch.no_grad()
def test_bits_of_a_layer_and_of_what_it_reads(network: nn.Module, x: Tensor) -> None:
    config = QConfig(weight_bits=4, activation_bits=4, layer_bits={"stem": 8, "f*": (6, 5), "grouped": (None, None)})
    table = quantize_model(network, [x], config).qparams_table().set_index(["tensor", "layer"])["dtype"]
    assert (table["weight", "stem"], table["activation", "x"]) == ("int8", "uint8")
    assert (table["weight", "fc"], table["activation", "mean"]) == ("int6", "uint5")
    assert table["weight", "down"] == "int4"
    assert "grouped" not in table["weight"]


@torch.no_grad()
def test_a_tensor_gets_the_bits_of_its_most_demanding_reader(network: nn.Module, x: Tensor) -> None:
    quantized = quantize_model(network, [x], QConfig(activation_bits=4, layer_bits={"pool": 7}))
    assert quantized.activation_quantizers()["swish"].bit_width == 7  # `down` and an addition read it with 4


@torch.no_grad()
def test_int32_bias_is_a_whole_number_of_accumulator_steps(network: nn.Module, x: Tensor) -> None:
    quantized = quantize_model(network, [x], QConfig(weight_bits=4))
    assert set(quantized.bias_qparams) == set(quantized.weight_qparams)
    for name, bias in quantized.bias_qparams.items():
        product = quantized.input_qparams(name).scale.double() * quantized.weight_qparams[name].scale.double().flatten()
        torch.testing.assert_close(bias.scale.double(), product, rtol=1e-6, atol=0)
        steps = quantized.graph_module.get_submodule(name).bias.double() / product
        assert (steps - steps.round()).abs().max() < 1e-3 + 1e-6 * steps.abs().max(), name  # float32 digits


@torch.no_grad()
def test_bias_stays_float_where_one_output_has_several_weight_scales(network: nn.Module, x: Tensor) -> None:
    config = QConfig(weight_granularity=PerGroup(1, axis=1))
    assert not quantize_model(network, [x], config).bias_qparams
    assert not quantize_model(network, [x], QConfig(activation_bits=None)).bias_qparams


@torch.no_grad()
def test_dead_channel_with_a_bias_keeps_its_bias() -> None:
    net = nn.Sequential(nn.Conv2d(2, 3, 1)).eval()
    net[0].weight[1] = 1e-30
    net[0].bias.copy_(torch.tensor([0.1, 2.0, -0.3]))
    x = torch.randn(8, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    quantized = quantize_model(net, [x], QConfig(weight_granularity=PerAxis(0)))
    torch.testing.assert_close(quantized(x)[:, 1], torch.full((8, 3, 3), 2.0), rtol=1e-6, atol=0)


@torch.no_grad()
def test_bias_of_dead_weights_fits_with_one_scale_for_all() -> None:
    net = nn.Sequential(nn.Conv2d(2, 3, 1)).eval()
    net[0].weight.fill_(1e-30)
    net[0].bias.copy_(torch.tensor([0.1, 2.0, -0.3]))
    x = torch.randn(8, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    quantized = quantize_model(net, [x], QConfig(weight_granularity=PerTensor()))
    torch.testing.assert_close(quantized(x), net(x), rtol=1e-6, atol=1e-8)


@torch.no_grad()
def test_bias_that_fits_int32_changes_no_scale() -> None:
    net = nn.Sequential(nn.Linear(4, 2)).eval()
    net[0].weight.copy_(torch.tensor([[1e-5, 0, 0, 0], [1, 0, 0, 0]]))
    net[0].bias.fill_(0.1)  # about 2**26 steps of the first channel
    x = torch.rand(8, 4, generator=torch.Generator().manual_seed(0))
    scale = quantize_model(net, [x]).weight_qparams["0"].scale
    torch.testing.assert_close(scale, torch.tensor([[1e-5 / 127], [1 / 127]]))


@pytest.mark.parametrize("granularity", [PerTensor(), PerAxis(0), PerGroup(4)])
def test_least_error_weight_range_does_not_depend_on_the_sign(granularity) -> None:
    weight = torch.rand(6, 8, generator=torch.Generator().manual_seed(0)) ** 3
    up, down = (choose_weight_qparams(w, 3, granularity, "mse").scale for w in (weight, -weight))
    assert torch.equal(up, down)


def test_of_several_patterns_the_last_counts() -> None:
    assert QConfig(layer_bits={"f*": 4, "fc": (8, 6), "g*": 5}).bits("fc") == (8, 6)


@torch.no_grad()
def test_percentile_is_that_of_the_configuration(network: nn.Module, x: Tensor) -> None:
    def scale(p: float) -> float:
        config = QConfig(activation_range="percentile", percentile=p)
        return quantize_model(network, [x], config).activation_quantizers()["x"].qparams.scale.item()

    assert scale(60) < 0.5 * scale(99)


@pytest.mark.parametrize("name", OBSERVERS)
@torch.no_grad()
def test_every_activation_range_can_be_chosen(network: nn.Module, x: Tensor, name: str) -> None:
    quantized = quantize_model(network, [x] * 3, QConfig(activation_bits=4, activation_range=name))
    widest = quantize_model(network, [x] * 3, QConfig(activation_bits=4))
    ours, reference = (q.activation_quantizers()["x"].qparams.scale for q in (quantized, widest))
    assert 0 < ours <= reference
    if name in ("minmax", "moving_average", "entropy"):  # 768 values: no tail to cut
        assert ours == reference
    if name in ("percentile", "mse"):
        assert ours < reference


@pytest.mark.parametrize("name", WEIGHT_RANGES)
@torch.no_grad()
def test_every_weight_range_can_be_chosen(network: nn.Module, x: Tensor, name: str) -> None:
    def scale(**options: str) -> Tensor:
        return quantize_model(network, [x], QConfig(weight_bits=4, **options)).weight_qparams["down"].scale

    assert ((scale(weight_range=name) > 0) & (scale(weight_range=name) <= scale())).all()


def test_the_help_names_every_range() -> None:
    for option, names in (("weight_range", WEIGHT_RANGES), ("activation_range", OBSERVERS)):
        (line,) = [line for line in QConfig.__doc__.splitlines() if line.startswith(f"    {option} : ")]
        assert re.findall('"(.*?)"', line) == list(names)


def test_a_range_of_weights_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="method is 'entropy': expected one of 'minmax', 'mse'"):
        choose_weight_qparams(torch.ones(2, 2), 8, PerTensor(), "entropy")


@torch.no_grad()
def test_least_error_weight_range_has_less_error(network: nn.Module, x: Tensor) -> None:
    noise = {}
    for name in ("minmax", "mse"):
        quantized = quantize_model(network, [x], QConfig(weight_bits=3, weight_range=name))
        noise[name] = (quantized.graph_module.down.weight - network.down.weight).square().mean((1, 2, 3))
    assert (noise["mse"] <= noise["minmax"]).all()
    assert noise["mse"].sum() < 0.9 * noise["minmax"].sum()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation_range": "kl"}, f"activation_range is 'kl': expected one of {', '.join(map(repr, OBSERVERS))}\\."),
        ({"weight_range": "percentile"}, "weight_range is 'percentile'"),
        ({"layer_bits": {"fc": 1}}, "bit_width is 1"),
        ({"layer_bits": {"fc": (8, 8, 8)}}, "expected one number, or a pair"),
    ],
)
def test_configuration_that_does_not_exist(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        QConfig(**options)


def test_layer_bits_for_no_layer(network: nn.Module, x: Tensor) -> None:
    with pytest.raises(ValueError, match=r"layer_bits has 'head\.\*', which matches no layer"):
        quantize_model(network, [x], QConfig(layer_bits={"head.*": 8}))
