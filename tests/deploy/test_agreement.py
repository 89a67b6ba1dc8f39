"""Parity: equal where it must be equal, different where something was changed, layer by layer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from zeropoint.deploy import export_onnx, open_session, parity, safe_config
from zeropoint.deploy.agreement import model_codes
from zeropoint.quant import QuantizedModel, quantize_model
from zeropoint.quant.integer_network import IntegerNetwork
from zeropoint.vision import cifar, zoo

RUNTIMES = ("onnxruntime", "openvino")


@pytest.fixture(scope="module")
def model() -> QuantizedModel:
    return quantize_model(zoo.load("resnet20"), [cifar.calibration(64)[0]], safe_config())


@pytest.fixture(scope="module")
def path(model: QuantizedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_onnx(model, tmp_path_factory.mktemp("model") / "int8.onnx")


@pytest.fixture(scope="module")
def images() -> Tensor:
    return cifar.test(40)[0]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_runtimes_agree_with_the_simulation(runtime: str, model: QuantizedModel, path: Path, images: Tensor) -> None:
    found = parity(model, open_session(path, runtime), images, first=10)
    assert found.n == found.agreement.n == 40
    assert found.agreement.percent >= 95
    assert 0 < found.mean_difference < found.max_difference < 1
    assert found.layers["layer"].tolist() == list(model.activation_quantizers())
    early = found.layers.head(6)
    assert early["differ"].max() < 1e-3 and early["max steps"].max() <= 3
    assert found.layers["codes"].iloc[0] == 10 * 3 * 32 * 32


def test_onnx_runtime_computes_our_integers(model: QuantizedModel, path: Path, images: Tensor) -> None:
    found = parity(IntegerNetwork(model, "float"), open_session(path), images[:10])
    assert found.layers["differ"].head(10).max() < 1e-5
    assert found.layers["differ"].max() < 0.05, "a near-tie somewhere, and what follows from it"
    assert found.layers["max steps"].max() <= 2
    assert found.agreement.correct == 10


def test_a_changed_scale_shows_from_its_layer_on(model: QuantizedModel, path: Path, images: Tensor) -> None:
    quantizer = model.activation_quantizers()["stage1_1_relu1"]
    right = quantizer.qparams
    quantizer.qparams = right._replace(scale=right.scale * 1.5)
    try:
        layers = parity(model, open_session(path), images[:10]).layers.set_index("layer")["differ"]
    finally:
        quantizer.qparams = right
    assert layers["stage1_0_relu2"] < 1e-3
    assert layers["stage1_1_relu1"] > 0.1


def test_agreement_and_differences_are_counted(path: Path, images: Tensor) -> None:
    session = open_session(path)
    logits = torch.from_numpy(session.run(images))
    shifted = iter(logits.split(40))

    def model(batch: Tensor) -> Tensor:
        found = next(shifted).clone()
        found[:3] = -found[:3]  # another first choice for three images
        return found

    found = parity(model, session, images)
    assert found.agreement.correct == 37
    assert found.agreement.interval[0] < 92.5 < found.agreement.interval[1]
    assert found.max_difference == pytest.approx(2 * float(logits[:3].abs().max()), rel=1e-6)
    assert found.mean_difference == pytest.approx(2 * float(logits[:3].abs().sum()) / logits.numel(), rel=1e-6)
    assert found.layers is None
    assert str(found).startswith("same first choice for 92.50 % of 40 images (95 % interval")


def test_codes_of_the_simulation_are_those_of_its_grid(model: QuantizedModel, images: Tensor) -> None:
    scale, zero_point, low, high = model.activation_quantizers()["x"].qparams
    expected = np.clip(np.rint(images[:5].numpy() / scale.numpy()) + zero_point.numpy(), low, high)
    np.testing.assert_array_equal(model_codes(model, images[:5])["x"], expected)


def test_layers_can_be_left_out(model: QuantizedModel, path: Path, images: Tensor) -> None:
    assert parity(model, open_session(path), images[:5], layers=False).layers is None


def test_another_networks_file_is_refused(model: QuantizedModel, path: Path, images: Tensor, tmp_path: Path) -> None:
    session = open_session(path)
    with pytest.raises(ValueError, match=r"the session \(5, 10\): open the file exported from this model"):
        parity(lambda batch: batch.flatten(1), session, images[:5])
    fp32 = open_session(export_onnx(zoo.load("resnet20"), tmp_path / "fp32.onnx"))
    with pytest.raises(ValueError, match=r"fp32\.onnx has no quantizer 'x'"):
        parity(model, replace(fp32), images[:5])
