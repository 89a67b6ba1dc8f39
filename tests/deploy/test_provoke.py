"""The U8S8 trap for real: a network in a process held to AVX2."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from zeropoint.deploy import cpu_capabilities, export_onnx, provoke, run_without_dot_product, safe_config
from zeropoint.quant import QConfig, quantize_model

AVX2 = cpu_capabilities(["avx2"])


def extreme(config: QConfig, folder: Path) -> tuple[nn.Module, Path, torch.Tensor]:
    """Return a network all of whose codes are the largest, its file and its images."""
    conv = nn.Conv2d(64, 8, 3)
    nn.init.ones_(conv.weight)
    nn.init.zeros_(conv.bias)
    images = torch.ones(2, 64, 8, 8)
    model = quantize_model(nn.Sequential(conv, nn.ReLU(), nn.Conv2d(8, 4, 1)).eval(), [images], config)
    return model, export_onnx(model, folder / "m.onnx", input_shape=(64, 8, 8)), images


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="the instruction is one of x86")
@pytest.mark.parametrize(("config", "kept"), [(QConfig(), 32767 / 64770), (safe_config(capabilities=AVX2), 1.0)])
def test_kernels_without_a_dot_product_lose_half_unless_weights_have_seven_bits(
    config: QConfig, kept: float, tmp_path: Path
) -> None:
    model, path, images = extreme(config, tmp_path)
    exact = model(images).detach().numpy()
    zero = model.graph_module.get_submodule("2").bias.detach().numpy().reshape(1, -1, 1, 1)
    np.testing.assert_allclose(run_without_dot_product(path, images) - zero, kept * (exact - zero), rtol=0.02)


def test_a_processor_without_avx2_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(provoke, "cpu_capabilities", lambda: cpu_capabilities(["asimd"]))
    with pytest.raises(RuntimeError, match="no AVX2: the saturation of VPMADDUBSW cannot be provoked"):
        run_without_dot_product(tmp_path / "m.onnx", np.zeros((1, 3, 8, 8)))


def test_a_failed_run_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(provoke, "cpu_capabilities", lambda: AVX2)
    with pytest.raises(RuntimeError, match=r"The run without dot product failed: .*There is no file"):
        run_without_dot_product(tmp_path / "none.onnx", np.zeros((1, 3, 8, 8)))
