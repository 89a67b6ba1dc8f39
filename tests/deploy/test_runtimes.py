"""Sessions: two runtimes behind one face, and what they say when something is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from zeropoint.deploy import export_onnx, open_session

RUNTIMES = ("onnxruntime", "openvino")


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)).eval()


@pytest.fixture(scope="module")
def path(network: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_onnx(network, tmp_path_factory.mktemp("model") / "m.onnx", input_shape=(3, 8, 8))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_batches_are_put_together_in_order(runtime: str, network: nn.Module, path: Path) -> None:
    x = torch.randn(7, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    logits = open_session(path, runtime).run(x, batch_size=3)  # 3, 3 and 1
    np.testing.assert_allclose(logits, network(x).detach(), atol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_tensors_and_arrays_of_any_layout_give_the_same(runtime: str, path: Path) -> None:
    x, session = torch.linspace(-1, 1, 2 * 3 * 64).reshape(2, 3, 8, 8), open_session(path, runtime)
    expected = session.run(x)
    for same in (x.numpy(), x.contiguous(memory_format=torch.channels_last), x.numpy().astype(np.float64)):
        np.testing.assert_array_equal(session.run(same), expected)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_result_is_not_overwritten_by_the_next_call(runtime: str, path: Path) -> None:
    session = open_session(path, runtime)
    first = session.run(np.ones((1, 3, 8, 8), np.float32))
    kept = first.copy()
    session.run(np.zeros((1, 3, 8, 8), np.float32))
    np.testing.assert_array_equal(first, kept)


def test_a_session_says_what_it_is(path: Path) -> None:
    session = open_session(str(path), "openvino", threads=2)
    assert (session.runtime, session.path, session.threads, session.profile) == ("openvino", path, 2, False)


def test_onnx_runtime_gets_the_threads(path: Path) -> None:
    assert open_session(path, threads=3).native.get_session_options().intra_op_num_threads == 3


def test_openvino_computes_in_float32_on_the_threads_it_got(path: Path) -> None:
    session = open_session(path, "openvino", threads=2)
    session.run(np.zeros((1, 3, 8, 8), np.float32))
    compiled = session.native[1].get_compiled_model()
    assert compiled.get_property("INFERENCE_PRECISION_HINT").to_string() == "f32"
    assert compiled.get_property("INFERENCE_NUM_THREADS") == 2


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"runtime": "tflite"}, ValueError, "There is no runtime 'tflite': expected 'onnxruntime' or 'openvino'."),
        ({"threads": 0}, ValueError, "threads is 0: expected 1 or more"),
    ],
)
def test_wrong_options_are_one_sentence(path: Path, options: dict, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        open_session(path, **options)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no file .*none\.onnx: write it with export_onnx"):
        open_session(tmp_path / "none.onnx")


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_missing_package_names_the_extra(path: Path, runtime: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, runtime, None)  # as if it were not installed
    with pytest.raises(ModuleNotFoundError, match=rf"{runtime} is missing: .* pip install 'zeropoint\[deploy\]'"):
        open_session(path, runtime)


def test_export_without_onnx_names_the_extra(
    network: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModuleNotFoundError, match=r"onnx is missing: .* pip install 'zeropoint\[deploy\]'"):
        export_onnx(network, tmp_path / "m.onnx", input_shape=(3, 8, 8))


@pytest.mark.parametrize("shape", [(3, 8, 8), (0, 3, 8, 8)])
def test_images_of_another_shape_are_refused(path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected \(N, C, H, W\) with at least one image"):
        open_session(path).run(np.zeros(shape, np.float32))
