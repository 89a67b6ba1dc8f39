"""The U8S8 trap: the emulation against arithmetic in plain Python, and the real thing in a process held to AVX2."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import nn

from zeropoint.deploy import cpu_capabilities, export_onnx, run_without_dot_product, safe_config, saturating_dot
from zeropoint.deploy import saturation as module
from zeropoint.quant import QConfig, quantize_model

AVX2 = cpu_capabilities(["avx2"])


def in_plain_python(x: list[int], w: list[int]) -> int:
    total = 0
    for k in range(0, len(x), 2):
        pair = sum(a * b for a, b in zip(x[k : k + 2], w[k : k + 2], strict=True))
        total += max(-32768, min(32767, pair))
    return total


@given(st.integers(1, 9).flatmap(lambda k: st.tuples(*(arrays.arrays(d, k) for d in (np.uint8, np.int8)))))
def test_pairs_saturate_as_in_plain_python(pair: tuple[np.ndarray, np.ndarray]) -> None:
    x_q, w_q = pair
    assert saturating_dot(x_q, w_q) == in_plain_python(x_q.tolist(), w_q.tolist())


@given(arrays.arrays(np.uint8, 8), arrays.arrays(np.int8, 8, elements=st.integers(-63, 63)))
def test_seven_bit_weights_never_saturate(x_q: np.ndarray, w_q: np.ndarray) -> None:
    assert saturating_dot(x_q, w_q) == x_q.astype(int) @ w_q.astype(int)


def test_rows_and_outputs_broadcast() -> None:
    rng = np.random.default_rng(0)
    x_q, w_q = rng.integers(0, 256, (5, 1, 6), np.uint8), rng.integers(-128, 128, (1, 3, 6), np.int8)
    expected = [[in_plain_python(x[0].tolist(), w.tolist()) for w in w_q[0]] for x in x_q]
    np.testing.assert_array_equal(saturating_dot(x_q, w_q), expected)


def test_other_types_and_lengths_are_refused() -> None:
    with pytest.raises(TypeError, match="expected uint8 activations and int8 weights"):
        saturating_dot(np.ones(4, np.int8), np.ones(4, np.int8))
    with pytest.raises(ValueError, match="x_q ends with 4 values and w_q with 1: expected the same"):
        saturating_dot(np.ones(4, np.uint8), np.ones(1, np.int8))


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
    monkeypatch.setattr(module, "cpu_capabilities", lambda: cpu_capabilities(["asimd"]))
    with pytest.raises(RuntimeError, match="no AVX2: the saturation of VPMADDUBSW cannot be provoked"):
        run_without_dot_product(tmp_path / "m.onnx", np.zeros((1, 3, 8, 8)))


def test_a_failed_run_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "cpu_capabilities", lambda: AVX2)
    with pytest.raises(RuntimeError, match=r"The run without dot product failed: .*There is no file"):
        run_without_dot_product(tmp_path / "none.onnx", np.zeros((1, 3, 8, 8)))
