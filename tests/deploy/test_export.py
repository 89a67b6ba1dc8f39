"""Exported files: valid, stored as promised, and computing what the network computes – by other people's runtimes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from torch import Tensor, nn
from torch.nn import functional as F

from zeropoint.deploy import export_onnx, open_session
from zeropoint.deploy.onnx_export import OPSET
from zeropoint.quant import PerAxis, PerGroup, PerTensor, QConfig, QuantizedModel, quantize_model
from zeropoint.vision import cifar, zoo

SHAPE = (4, 8, 8)
NETWORKS = ("resnet20", "mobilenet")


def images(count: int = 3, seed: int = 0) -> Tensor:
    return torch.randn(count, *SHAPE, generator=torch.Generator().manual_seed(seed))


class Tiny(nn.Module):
    """A residual sum, a concatenation, a pooling that moves codes, and a layer that is called twice."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.twice = nn.Conv2d(4, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.pool, self.fc = nn.MaxPool2d(2), nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu(self.first(x)))
        y = F.relu(self.twice(x) + x)
        y = torch.cat([y, self.twice(y)], dim=1)
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(y, 1), 1))


def quantized(config: QConfig, model: nn.Module | None = None) -> QuantizedModel:
    return quantize_model((model or Tiny()).eval(), [images(16, seed=1)], config)


def by_runtime(path: Path, batch: Tensor, runtime: str) -> np.ndarray:
    if runtime == "onnx":  # the reference implementation: one NumPy function an operator, nothing fused
        return ReferenceEvaluator(str(path)).run(None, {"images": batch.numpy()})[0]
    return open_session(path, runtime).run(batch)


CONFIGS = {
    "W8A8": QConfig(),
    "W8A8 per-tensor": QConfig(weight_granularity=PerTensor()),
    "W8A8 axis 1": QConfig(weight_granularity=PerAxis(1)),
    "W4A4": QConfig(weight_bits=4, activation_bits=4),
    "W3A6": QConfig(weight_bits=3, activation_bits=6),
    "W4A8 groups": QConfig(weight_bits=4, weight_granularity=PerGroup(2, axis=1)),
    "W16A16": QConfig(weight_bits=16, activation_bits=16),
    "weights only": QConfig(activation_bits=None),
    "activations only": QConfig(weight_bits=None),
    "a layer in float": QConfig(exclude=("twice",)),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_the_reference_implementation_computes_what_the_simulation_does(name: str, tmp_path: Path) -> None:
    model = quantized(CONFIGS[name])
    path = export_onnx(model, tmp_path / "model.onnx", input_shape=SHAPE)
    np.testing.assert_allclose(by_runtime(path, images(), "onnx"), model(images()).detach(), atol=1e-5)


#: What a runtime computes otherwise than the file says; seen with ONNX Runtime 1.32 and OpenVINO 2026.4.
OWN_WAYS = {
    ("activations only", "onnxruntime"),  # quantizes float weights that lie between quantized activations
    ("W16A16", "openvino"),  # does not saturate at the ends of 65,536 levels
    ("W8A8 axis 1", "openvino"),  # rounds again: it has no kernel with one scale an input channel
}


@pytest.mark.parametrize(
    ("name", "runtime"),
    [(n, r) for n in CONFIGS for r in ("onnxruntime", "openvino") if (n, r) not in OWN_WAYS],
)
def test_runtimes_stay_within_a_few_steps(name: str, runtime: str, tmp_path: Path) -> None:
    model = quantized(CONFIGS[name])
    path = export_onnx(model, tmp_path / "model.onnx", input_shape=SHAPE)
    expected = model(images()).detach().numpy()
    steps = 2 ** (CONFIGS[name].activation_bits or 16)
    np.testing.assert_allclose(by_runtime(path, images(), runtime), expected, atol=6 * np.ptp(expected) / steps + 1e-5)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_a_float_network_is_exported_as_it_is(name: str, runtime: str, tmp_path: Path) -> None:
    model, x = zoo.load(name), cifar.test(20)[0]
    path = export_onnx(model, tmp_path / "model.onnx")
    np.testing.assert_allclose(by_runtime(path, x, runtime), model(x).detach(), atol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_int8_file_is_a_third_of_the_float_file(name: str, tmp_path: Path) -> None:
    model = zoo.load(name)
    int8 = export_onnx(quantize_model(model, [cifar.calibration(16)[0]]), tmp_path / "int8.onnx")
    most = {"resnet20": 0.33, "mobilenet": 0.35}[name]  # the narrow layers of mobilenet have more scales a weight
    assert int8.stat().st_size <= most * export_onnx(model, tmp_path / "fp32.onnx").stat().st_size


@pytest.mark.parametrize(("bits", "stored"), [(3, "INT4"), (4, "INT4"), (6, "INT8"), (8, "INT8"), (12, "INT16")])
def test_weights_are_stored_in_the_narrowest_type(bits: int, stored: str, tmp_path: Path) -> None:
    graph = onnx.load(export_onnx(quantized(QConfig(weight_bits=bits)), tmp_path / "m.onnx", input_shape=SHAPE)).graph
    kinds = {i.name: onnx.TensorProto.DataType.Name(i.data_type) for i in graph.initializer}
    assert kinds["first.weight.codes"] == kinds["fc.weight.codes"] == stored
    assert kinds["first.bias.codes"] == "INT32"


def test_stored_codes_are_those_of_the_model(tmp_path: Path) -> None:
    model = quantized(QConfig())
    graph = onnx.load(export_onnx(model, tmp_path / "m.onnx", input_shape=SHAPE)).graph
    stored = {i.name: onnx.numpy_helper.to_array(i) for i in graph.initializer}
    scale = model.weight_qparams["first"].scale.numpy()
    weight = model.graph_module.first.weight.detach().numpy()
    np.testing.assert_array_equal(stored["first.weight.codes"], np.rint(weight / scale))
    np.testing.assert_array_equal(stored["first.weight.scale"], scale.ravel())


def test_the_file_states_its_opset_names_its_layers_and_knows_every_shape(tmp_path: Path) -> None:
    model = onnx.load(export_onnx(quantized(QConfig()), tmp_path / "new folder" / "m.onnx", input_shape=SHAPE))
    onnx.checker.check_model(model, full_check=True)
    assert [(o.domain, o.version) for o in model.opset_import] == [("", OPSET)]
    made = {node.name: node.op_type for node in model.graph.node}
    assert {"first": "Conv", "twice": "Conv", "fc": "Gemm", "add": "Add", "pool": "MaxPool"}.items() <= made.items()
    assert {node.output[0] for node in model.graph.node} - {i.name for i in model.graph.value_info} == {"logits"}


def test_a_layer_that_is_called_twice_is_stored_once(tmp_path: Path) -> None:
    graph = onnx.load(export_onnx(quantized(QConfig()), tmp_path / "m.onnx", input_shape=SHAPE)).graph
    assert sum(i.name == "twice.weight.codes" for i in graph.initializer) == 1


@pytest.mark.parametrize("count", [1, 7])
@pytest.mark.parametrize("runtime", ["onnx", "onnxruntime", "openvino"])
def test_the_batch_is_open(count: int, runtime: str, tmp_path: Path) -> None:
    path = export_onnx(quantized(QConfig()), tmp_path / "m.onnx", input_shape=SHAPE)
    assert by_runtime(path, images(count), runtime).shape == (count, 5)


class Function(nn.Module):
    """A network of one function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


OPERATIONS = {
    "same stride": nn.Conv2d(4, 6, (3, 5), stride=(2, 1), padding=(1, 2), dilation=(1, 1), bias=False),
    "valid": nn.Conv2d(4, 6, 3, padding="valid", dilation=2),
    "depthwise": nn.Conv2d(4, 8, 3, groups=4),
    "batch norm": nn.BatchNorm2d(4),
    "relu6": nn.ReLU6(),
    "hardswish": nn.Hardswish(),
    "sigmoid": nn.Sigmoid(),
    "tanh": Function(torch.tanh),
    "softmax": nn.Softmax(dim=1),
    "number": Function(lambda x: 2 + x),
    "product": Function(lambda x: x * x),
    "max pool": nn.MaxPool2d(3, 2, padding=1, ceil_mode=True),
    "max pool function": Function(lambda x: F.max_pool2d(x, 2, stride=1)),
    "average pool": nn.AvgPool2d(2),
    "average pool, padded": nn.AvgPool2d(3, 1, padding=1, count_include_pad=False),
    "adaptive average": nn.AdaptiveAvgPool2d((4, 2)),
    "adaptive maximum": nn.AdaptiveMaxPool2d(1),
    "mean": Function(lambda x: x.mean((2, 3))),
    "mean, kept": Function(lambda x: x.mean((-1, -2), keepdim=True)),
    "view": Function(lambda x: x.view(x.size(0), -1)),
    "permute": Function(lambda x: x.permute(0, 2, 3, 1)),
    "transpose": Function(lambda x: x.transpose(1, -1)),
    "pad": Function(lambda x: F.pad(x, (1, 2, 3, 4))),
    "pad layer": nn.ZeroPad2d((1, 0, 2, 0)),
    "nearest": Function(lambda x: F.interpolate(x, scale_factor=2)),
    "nearest to a size": nn.Upsample(size=(20, 12)),
    "bilinear": nn.Upsample(scale_factor=2, mode="bilinear"),
    "bilinear, aligned": Function(lambda x: F.interpolate(x, (12, 20), mode="bilinear", align_corners=True)),
    "dropout": nn.Dropout(),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_computes_what_torch_computes(name: str, tmp_path: Path) -> None:
    network = nn.Sequential(nn.Identity(), OPERATIONS[name], nn.ReLU()).eval()
    path = export_onnx(network, tmp_path / "m.onnx", input_shape=SHAPE)
    np.testing.assert_allclose(by_runtime(path, images(), "onnxruntime"), network(images()).detach(), atol=1e-5)


REFUSED = {
    "GELU": nn.GELU(),
    "padding mode 'reflect'": nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
    "of 4 dimensions": nn.Linear(8, 3),
    "does not divide": nn.AdaptiveAvgPool2d(3),
    "mode 'reflect'": Function(lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect")),
    "mode 'bicubic'": nn.Upsample(scale_factor=2, mode="bicubic"),
    "mixes images": Function(lambda x: x.reshape(-1, 8)),
    "chunk": Function(lambda x: torch.chunk(x, 2, 1)[0]),
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_cannot_be_exported_is_refused_by_name(said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"(?s)^.*{said}.* cannot be exported to ONNX"):
        export_onnx(nn.Sequential(nn.ReLU(), REFUSED[said]).eval(), tmp_path / "m.onnx", input_shape=SHAPE)


def test_several_results_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="returns several tensors: expected one"):
        export_onnx(Function(lambda x: (x, x + 1)).eval(), tmp_path / "m.onnx", input_shape=SHAPE)


def test_a_model_without_ranges_is_refused(tmp_path: Path) -> None:
    model = quantized(QConfig())
    next(iter(model.activation_quantizers().values())).qparams = None
    with pytest.raises(TypeError, match="not calibrated: make it with quantize_model"):
        export_onnx(model, tmp_path / "m.onnx", input_shape=SHAPE)
