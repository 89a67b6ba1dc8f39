"""A whole network in integers against its fake-quantized twin, exact sums, and ONNX Runtime's integer kernel."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from zeropoint.quant import IntegerNetwork, PerGroup, PerTensor, QConfig, QuantizedModel, integer_conv2d, quantize_model
from zeropoint.quant.affine import quantize_affine
from zeropoint.quant.integer_layer import largest_sum
from zeropoint.quant.requantize import narrow_accumulator
from zeropoint.vision import cifar, zoo
from zeropoint.vision.evaluate import predict


class Block(nn.Module):
    """Stem, depthwise convolution, residual sum with and without ReLU, mean, linear: every operation once."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.pointwise = nn.Conv2d(8, 8, 1, bias=False)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:  # (N, 3, 16, 16)
        x = self.stem(x).relu()
        x = torch.relu(x + self.pointwise(self.depthwise(x)))  # (N, 8, 8, 8)
        return self.head(self.flatten(self.pool(x + self.depthwise(x))))


def quantized_block(config: QConfig | None = None) -> tuple[QuantizedModel, Tensor]:
    torch.manual_seed(0)
    calibration, images = torch.randn(2, 32, 3, 16, 16)
    return quantize_model(Single(), [calibration], config), images


class Single(Block):
    """As Block, but each layer is called once, so that it has one input grid."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).relu()
        return self.head(self.flatten(self.pool(torch.relu(x + self.pointwise(self.depthwise(x))))))

    def __init__(self) -> None:
        super().__init__()
        self.eval()


def fake_codes(quantized: QuantizedModel, images: Tensor) -> dict[str, Tensor]:
    """Return the codes that the float simulation stands for."""
    seen = {}
    for name, quantizer in quantized.activation_quantizers().items():
        quantizer.register_forward_hook(
            lambda module, inputs, y, name=name: seen.update({name: quantize_affine(y, *module.qparams)})
        )
    quantized(images)
    return seen


@pytest.mark.parametrize(("requantization", "allowed"), [("float", 0.001), ("fixed_point", 0.05)])
def test_codes_are_those_of_the_simulation_but_for_near_ties(requantization: str, allowed: float) -> None:
    quantized, images = quantized_block()
    want = fake_codes(quantized, images)
    got = IntegerNetwork(quantized, requantization).codes(images)
    assert list(got) == list(want)
    for name, codes in got.items():
        assert not codes.dtype.is_floating_point
        off = (codes.int() - want[name].int()).abs()
        assert off.max() <= 2 and (off > 0).float().mean() <= allowed, name


@pytest.mark.parametrize("name", ["resnet20", "mobilenet"])
def test_the_shipped_networks_decide_as_in_simulation(name: str) -> None:
    images = cifar.test(20)[0]
    quantized = quantize_model(zoo.load(name), cifar.calibration(20)[0].split(20))
    want = predict(quantized, images)
    for requantization in ("float", "fixed_point"):
        got = predict(IntegerNetwork(quantized, requantization), images)
        assert (got.argmax(1) == want.argmax(1)).sum() >= 19
        assert (got - want).abs().max() < 0.05 * want.abs().max()


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": (3, 2), "stride": (1, 2), "padding": (2, 0), "dilation": (2, 1), "groups": 2},
        {"kernel_size": 3, "padding": 1, "groups": 6},
        {"kernel_size": (3, 2), "stride": (2, 1), "padding": (0, 1), "dilation": (1, 3), "groups": 6},
    ],
)
@pytest.mark.parametrize("granularity", [None, PerTensor()])
def test_accumulators_are_exact_for_every_window(options: dict, granularity) -> None:
    torch.manual_seed(1)
    calibration, images = torch.randn(2, 12, 6, 9, 8)
    layer = nn.Conv2d(6, 12 if options["groups"] == 2 else 6, **options)
    config = QConfig(weight_granularity=granularity) if granularity else QConfig()
    network = IntegerNetwork(quantize_model(nn.Sequential(layer).eval(), [calibration], config))
    parts = network.layers["0"]
    codes = next(iter(network.codes(images).values()))
    window = {key: value for key, value in options.items() if key != "kernel_size"}
    zero_points = {"x_zero_point": int(parts.x_qparams.zero_point), "w_zero_point": 0}
    expected = integer_conv2d(codes.numpy(), parts.w_q.numpy(), parts.bias_q.numpy(), **window, **zero_points)
    np.testing.assert_array_equal(network.accumulators(images)["0"].numpy(), expected)


def test_logits_are_accumulators_times_their_scale() -> None:
    quantized, images = quantized_block()
    network = IntegerNetwork(quantized)
    head = network.layers["head"]
    step = np.float64(head.x_qparams.scale) * head.w_qparams.scale.numpy().astype(np.float64).ravel()
    expected = network.accumulators(images)["head"].numpy() * step
    np.testing.assert_allclose(network(images).numpy(), expected, rtol=1e-6)


def test_one_layer_gives_the_codes_of_onnx_runtime() -> None:
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    quantized, images = quantized_block()
    network = IntegerNetwork(quantized, "float")
    codes = network.codes(images)
    layer = network.layers["stem"]
    y = quantized.activation_quantizers()["relu"].qparams
    values = [layer.x_qparams.scale, layer.x_qparams.zero_point.byte(), layer.w_q, layer.w_qparams.scale.flatten()]
    values += [torch.zeros(8, dtype=torch.int8), y.scale, y.zero_point.byte(), layer.bias_q]
    names = ["xs", "xz", "w", "ws", "wz", "ys", "yz", "b"]
    node = helper.make_node("QLinearConv", ["x", *names], ["y"], strides=[2, 2], pads=[1, 1, 1, 1])
    ends = [helper.make_tensor_value_info(n, TensorProto.UINT8, [None] * 4) for n in "xy"]
    stored = [numpy_helper.from_array(v.numpy(), n) for v, n in zip(values, names, strict=True)]
    graph = helper.make_graph([node], "one", ends[:1], ends[1:], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (got,) = session.run(None, {"x": codes["x"].numpy()})
    off = np.abs(got.astype(int) - codes["relu"].numpy())
    assert off.max() <= 1 and (off > 0).mean() < 1e-4  # a kernel may multiply in another order; a near-tie shows it


def test_the_bound_holds_and_is_reached() -> None:
    quantized, images = quantized_block()
    network = IntegerNetwork(quantized)
    sums = network.accumulators(images)
    assert all(sums[name].abs().max() <= largest_sum(layer) for name, layer in network.layers.items())
    layer = network.layers["head"]  # its inputs come after a ReLU: codes from 0, the zero point
    weights = layer.w_q.long().numpy()
    bias = layer.bias_q.long().numpy()
    reached = [
        max(abs(b + 255 * w[w > 0].sum()), abs(b + 255 * w[w < 0].sum())) for w, b in zip(weights, bias, strict=True)
    ]
    assert max(reached) <= largest_sum(layer) <= 255 * np.abs(weights).sum(1).max() + np.abs(bias).max()


def test_narrow_accumulators_raise_and_name_the_layer_or_wrap() -> None:
    quantized, images = quantized_block()
    with pytest.raises(OverflowError, match=r"Layer 'stem': A sum lies outside -2048"):
        IntegerNetwork(quantized, accumulator_bits=12)(images)
    wide = IntegerNetwork(quantized).accumulators(images)["stem"]
    narrow = IntegerNetwork(quantized, accumulator_bits=12, overflow="wrap").accumulators(images)["stem"]
    assert torch.equal(narrow, narrow_accumulator(wide, 12, "wrap"))
    assert not torch.equal(narrow, wide)


FLATTENS = {
    "function": lambda x: torch.flatten(x, 1),
    "function by keyword": lambda x: torch.flatten(x, start_dim=1),
    "method": lambda x: x.flatten(1),
    "method to the last": lambda x: x.flatten(1, -1),
}


@pytest.mark.parametrize("way", FLATTENS)
def test_flatten_does_what_it_does_in_the_network(way: str) -> None:
    class Flattened(Single):
        def forward(self, x: Tensor) -> Tensor:
            return self.head(FLATTENS[way](self.pool(self.stem(x).relu())))

    torch.manual_seed(0)
    calibration, images = torch.randn(2, 8, 3, 16, 16)
    quantized = quantize_model(Flattened(), [calibration])
    assert (IntegerNetwork(quantized)(images) - quantized(images)).abs().max() < 0.05


class Misnamed(Single):
    """A sigmoid that is called relu: the name of a layer says nothing about what it does."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.flatten(self.pool(self.relu(self.stem(x)))))


class Ends(nn.Module):
    """A convolution and one thing more."""

    def __init__(self, then) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.then = then
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.then(self.conv(x))


@pytest.mark.filterwarnings("ignore:These layers stay in float")
@pytest.mark.parametrize(
    ("network", "config", "message"),
    [
        (Ends(nn.Sequential(nn.Sigmoid(), nn.Conv2d(4, 2, 1))), QConfig(), r"then.0 \(Sigmoid\) has no integer"),
        (Ends(nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(4, 2, 1))), QConfig(), r"then.0 \(MaxPool2d\) has no integer"),
        (Ends(nn.Conv2d(4, 2, 1)), QConfig(exclude=("then",)), "Layer 'then' is not quantized"),
        (Ends(nn.Conv2d(4, 2, 1)), QConfig(layer_bits={"then": (None, 8)}), "Layer 'then' is not quantized"),
        (Ends(nn.Conv2d(4, 2, 1)), QConfig(weight_granularity=PerGroup(1)), "has 108 weight scales .* expected 1 or 4"),
        (Ends(nn.ReLU()), QConfig(), "The network ends with then"),
        (Ends(lambda x: x + 1), QConfig(), r"add \(add\) has no integer"),
        (Ends(nn.Conv2d(4, 2, 3, padding=1, padding_mode="reflect")), QConfig(), "padding mode 'reflect'"),
        (Misnamed(), QConfig(), r"relu \(Sigmoid\) has no integer"),
        (Block().eval(), QConfig(), "Layer 'depthwise' is not quantized, or only in part"),
    ],
)
def test_what_cannot_run_in_integers_is_refused_by_name(network, config: QConfig, message: str) -> None:
    quantized = quantize_model(network, [torch.randn(2, 3, 16, 16)], config)
    with pytest.raises(ValueError, match=message):
        IntegerNetwork(quantized)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"requantization": "exact"}, "'fixed_point' or 'float'"),
        ({"accumulator_bits": 33}, "expected 2 to 32 bits"),
        ({"overflow": "ignore"}, "'error', 'wrap' or 'saturate'"),
    ],
)
def test_unknown_options_are_refused(options: dict, message: str) -> None:
    quantized, _ = quantized_block()
    with pytest.raises(ValueError, match=message):
        IntegerNetwork(quantized, **options)
