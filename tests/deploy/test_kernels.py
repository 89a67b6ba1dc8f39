"""What really ran: nothing in float where all is quantized, and every planted fallback found, in both runtimes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas
import pytest
import torch
from torch import nn

from zeropoint.deploy import executed_kernels, export_onnx, fallbacks, open_session
from zeropoint.deploy.kernels import COLUMNS
from zeropoint.quant import QConfig, quantize_model
from zeropoint.vision import cifar, zoo

RUNTIMES = ("onnxruntime", "openvino")


class Block(nn.Module):
    """Two convolutions with something between them, and a residual sum."""

    def __init__(self, between: nn.Module):
        super().__init__()
        torch.manual_seed(0)
        self.a, self.between, self.b = nn.Conv2d(8, 8, 3, padding=1), between, nn.Conv2d(8, 8, 3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.b(self.between(self.a(x))) + x)


@pytest.mark.filterwarnings("ignore:These layers stay in float")
def kernels(between: nn.Module, config: QConfig, runtime: str, folder: Path) -> pandas.DataFrame:
    model = nn.Sequential(nn.Conv2d(3, 8, 1), Block(between), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
    images = torch.randn(8, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    path = export_onnx(quantize_model(model.eval(), [images], config), folder / "m.onnx", input_shape=(3, 16, 16))
    return executed_kernels(open_session(path, runtime), runs=2)


@pytest.mark.parametrize("network", ["resnet20", "mobilenet"])
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_layer_of_the_shipped_networks_runs_in_int8(network: str, runtime: str, tmp_path: Path) -> None:
    model = quantize_model(zoo.load(network), [cifar.calibration(16)[0]])
    found = executed_kernels(open_session(export_onnx(model, tmp_path / "m.onnx"), runtime), runs=2)
    assert fallbacks(found) == []
    assert set(model.weight_qparams) <= set(found.loc[found["precision"] == "INT8", "layer"])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_float_network_runs_in_float(runtime: str, tmp_path: Path) -> None:
    found = executed_kernels(open_session(export_onnx(zoo.load("resnet20"), tmp_path / "m.onnx"), runtime), runs=2)
    convolutions = {name for name, m in zoo.load("resnet20").named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}
    assert convolutions <= set(fallbacks(found))
    assert "INT8" not in set(found["precision"])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_nothing_falls_back_where_everything_is_quantized(runtime: str, tmp_path: Path) -> None:
    assert fallbacks(kernels(nn.ReLU(), QConfig(), runtime, tmp_path)) == []


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_excluded_layer_is_found(runtime: str, tmp_path: Path) -> None:
    found = kernels(nn.ReLU(), QConfig(exclude=("1.b",)), runtime, tmp_path)
    assert "1.b" in fallbacks(found)
    neighbour = {"1.a"} if runtime == "onnxruntime" else set()  # its result is wanted in float: no integer kernel there
    assert set(fallbacks(found)) == {"1.b"} | neighbour


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_unsupported_operation_in_the_middle_is_found(runtime: str, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="stay in float"):
        found = kernels(nn.Sigmoid(), QConfig(), runtime, tmp_path)
    if runtime == "onnxruntime":  # the convolution before it, and it itself, became one float kernel
        assert fallbacks(found) == ["1.a"]
    else:  # OpenVINO computes it at the end of the integer kernel before it
        assert fallbacks(found) == []
        assert found.set_index("layer")["fused"]["1.a"] == "1.between"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_shares_of_time_add_up_and_the_profile_is_cleared_away(
    runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    found = kernels(nn.ReLU(), QConfig(), runtime, tmp_path)
    assert tuple(found.columns) == COLUMNS
    assert found["time share"].sum() == pytest.approx(1)
    assert list(temporary.iterdir()) == []


def test_fallbacks_are_named_once_in_order() -> None:
    table = pandas.DataFrame(
        {"layer": ["conv1", "q", "add", "conv2", "add"], "precision": ["INT8", "conversion", "FP32", "FP32", "FP32"]}
    )
    assert fallbacks(table) == ["add", "conv2"]


def test_no_runs_are_refused(tmp_path: Path) -> None:
    path = export_onnx(nn.Sequential(nn.Conv2d(3, 4, 1)).eval(), tmp_path / "m.onnx")
    with pytest.raises(ValueError, match="runs is 0: expected 1 or more"):
        executed_kernels(open_session(path), runs=0)
