"""Quantize, dequantize, calibrate, evaluate: how long, beside torch's and ONNX Runtime's own.

Each comparison is interleaved within one run; printed are Markdown tables, once with one thread and once with two,
each in a process of its own that is bound to as many cores (where the system can do that)::

    uv run python benchmarks/quantize.py

One thread is timed by the processor time of the process, which other programs do not lengthen; two threads by the
clock on the wall, so that the machine must be quiet.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _timing import interleaved, print_table
from _toolkits import export, onnx_operator, quantize_fx, quantize_onnx, run_onnx
from torch import Tensor, nn
from torch.ao.quantization import HistogramObserver as TorchHistogramObserver

from zeropoint.quant import (
    HistogramObserver,
    QConfig,
    QParams,
    choose_qparams_affine,
    dequantize_affine,
    fake_quantize_affine,
    fold_batchnorm,
    quantize_affine,
    quantize_model,
)
from zeropoint.vision import cifar, zoo
from zeropoint.vision.evaluate import activation, predict

LAYERS = ("relu", "stage1.2.bn2", "stage2.0.relu1", "stage3.2.relu2")
CASES = {  # (rows, columns) of the tensor are (CHANNELS, n / CHANNELS)
    "per tensor, uint8": {"axis": None},
    "per tensor, int8": {"axis": None, "signed": True, "symmetric": True},
    "per channel, int8": {"axis": 1, "signed": True, "symmetric": True, "narrow_range": True},
}
CHANNELS = 64
Steps = dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]]


@dataclass(frozen=True)
class Size:
    """How much work a run does."""

    values: int = 10**7
    images: int = 512
    tested: int = 2000
    batch: int = 64
    rounds: int = 15
    slow_rounds: int = 5
    clock: Callable[[], float] = time.perf_counter


QUICK = Size(values=6400, images=16, tested=20, batch=8, rounds=1, slow_rounds=1)


def sample(values: int, *, axis: int | None, **options: bool) -> tuple[np.ndarray, QParams]:
    """Return Gaussian numbers, shape (CHANNELS, values / CHANNELS), and the parameters of their whole range."""
    x = np.random.default_rng(0).normal(size=(CHANNELS, values // CHANNELS)).astype(np.float32)
    keep = axis is not None
    low = x.min(axis, keepdims=keep)
    high = x.max(axis, keepdims=keep)
    return x, choose_qparams_affine(low, high, **options)


def round_trips(x: np.ndarray, qparams: QParams) -> Steps:
    """Return for each implementation how it quantizes ``x``, and how it dequantizes what came out."""
    tensor = torch.from_numpy(x)
    to_codes = onnx_operator("QuantizeLinear", qparams)
    to_reals = onnx_operator("DequantizeLinear", qparams)
    dtype = torch.qint8 if qparams.quant_min < 0 else torch.quint8
    scale, zero_point = (torch.from_numpy(np.ravel(p)) for p in qparams[:2])
    if len(scale) > 1:
        kernel = partial(torch.quantize_per_channel, tensor, scale, zero_point, 0, dtype)
    else:
        kernel = partial(torch.quantize_per_tensor, tensor, float(scale), int(zero_point), dtype)

    def dequantize(q: Any) -> Any:
        return dequantize_affine(q, *qparams[:2])

    return {
        "zeropoint, NumPy": (partial(quantize_affine, x, *qparams), dequantize),
        "zeropoint, torch": (partial(quantize_affine, tensor, *qparams), dequantize),
        "torch kernel": (kernel, lambda q: q.dequantize()),
        "ONNX Runtime": (lambda: to_codes.run(None, {"x": x})[0], lambda q: to_reals.run(None, {"x": q})[0]),
    }


def fake_quantizers(x: np.ndarray, qparams: QParams) -> dict[str, Callable[[], Any]]:
    """Return for each implementation how it sends ``x`` through the codes and back in one call."""
    tensor = torch.from_numpy(x)
    scale, zero_point, low, high = qparams
    if np.size(scale) > 1:
        scales, zero_points = (torch.from_numpy(p.ravel()) for p in (scale, zero_point))
        kernel = partial(torch.fake_quantize_per_channel_affine, tensor, scales, zero_points, 0, low, high)
    else:
        kernel = partial(torch.fake_quantize_per_tensor_affine, tensor, float(scale), int(zero_point), low, high)
    return {
        "zeropoint, NumPy": partial(fake_quantize_affine, x, *qparams),
        "zeropoint, torch": partial(fake_quantize_affine, tensor, *qparams),
        "torch kernel": kernel,
    }


def compare_arrays(size: Size) -> None:
    """Print quantize, dequantize, their sum, and fake quantization, for every case."""
    for case, options in CASES.items():
        x, qparams = sample(size.values, **options)
        steps = round_trips(x, qparams)
        calls = {f"{name}: quantize": quantize for name, (quantize, _) in steps.items()}
        for name, (quantize, dequantize) in steps.items():
            calls[f"{name}: dequantize"] = partial(dequantize, quantize())
        times, _ = interleaved(calls, rounds=size.rounds, clock=size.clock)
        for step in ("quantize", "dequantize"):
            of_step = {name: times[f"{name}: {step}"] for name in steps}
            print_table(f"{step}, {case}", of_step, reference="torch kernel")
        both = {name: times[f"{name}: quantize"] + times[f"{name}: dequantize"] for name in steps}
        print_table(f"quantize + dequantize, {case}", both, reference="torch kernel")
        faked, _ = interleaved(fake_quantizers(x, qparams), rounds=size.rounds, clock=size.clock)
        print_table(f"fake quantize, {case}", faked, reference="torch kernel")


def observe(batches: list[Tensor], bits: int) -> tuple[HistogramObserver, QParams]:
    """Return our observer of a stream, and the range of least squared error."""
    observer = HistogramObserver()
    for batch in batches:
        observer.observe(batch)
    return observer, observer.calculate_qparams("mse", bit_width=bits)


def observe_torch(batches: list[Tensor], bits: int) -> tuple[TorchHistogramObserver, QParams]:
    """Return torch's observer of a stream, and its range of least (approximate) squared error."""
    observer = TorchHistogramObserver(quant_min=0, quant_max=2**bits - 1)
    for batch in batches:
        observer(batch)
    scale, zero_point = observer.calculate_qparams()
    return observer, QParams(scale.squeeze(), zero_point.squeeze(), 0, 2**bits - 1)


def relative_error(batches: list[Tensor], qparams: QParams) -> float:
    """Return the squared quantization error of a stream over its squared values."""
    x = torch.cat(batches)
    return float((fake_quantize_affine(x, *qparams) - x).square().mean() / x.square().mean())


def compare_observers(model: nn.Module, images: Tensor, size: Size) -> None:
    """Print the time of a stream and its range, and the error of that range, for every layer."""
    observers = {"zeropoint": observe, "torch.ao": observe_torch}
    for layer in LAYERS:
        batches = list(activation(model, images, layer).split(size.batch))
        notes: dict[str, Sequence[str]] = {"": ("relative MSE, 8 bits", "4 bits")}
        for name, observer in observers.items():
            errors = [relative_error(batches, observer(batches, bits)[1]) for bits in (8, 4)]
            notes[name] = [f"{error:.3g}" for error in errors]
        calls = {name: partial(observer, batches, 8) for name, observer in observers.items()}
        values = sum(batch.numel() for batch in batches)
        title = f"histogram and range, {layer} ({values:,} values)"
        times, _ = interleaved(calls, rounds=size.slow_rounds, clock=size.clock)
        print_table(title, times, reference="torch.ao", notes=notes)


def calibrations(model: nn.Module, images: Tensor, size: Size, folder: Path) -> dict[str, Callable[[], Any]]:
    """Return for each toolkit how it quantizes the network; ONNX Runtime starts from a file written before."""
    batches = list(images.split(size.batch))
    path = export(model, folder / "model.onnx")
    calls: dict[str, Callable[[], Any]] = {}
    for method in ("minmax", "percentile", "mse", "entropy"):
        calls[f"zeropoint, {method}"] = partial(quantize_model, model, batches, QConfig(activation_range=method))
    for method in ("minmax", "histogram"):
        calls[f"torch.ao FX, {method}"] = partial(quantize_fx, model, batches, method)
    for method in ("MinMax", "Percentile", "Entropy"):
        calls[f"ONNX Runtime, {method}"] = partial(quantize_onnx, path, batches, method)
    return calls


def logits(quantized: nn.Module | Path, images: Tensor) -> Tensor:
    """Return the logits of a network of any of the toolkits."""
    return run_onnx(quantized, images) if isinstance(quantized, Path) else predict(quantized, images)


def compare_calibrations(calls: dict[str, Callable[[], Any]], test: tuple[Tensor, Tensor], size: Size) -> None:
    """Print the time of quantizing the network, and the accuracy that came out."""
    times, quantized = interleaved(calls, rounds=size.slow_rounds, clock=size.clock)
    notes = {"": (f"top-1 of {len(test[0]):,}",)}
    images, labels = test
    for name, network in quantized.items():
        correct = logits(network, images).argmax(1) == labels
        notes[name] = (f"{100 * correct.float().mean():.2f} %",)
    print_table(f"quantize ResNet-20, {size.images} images", times, reference="zeropoint, minmax", notes=notes)


def compare_evaluation(model: nn.Module, images: Tensor, test: Tensor, size: Size) -> None:
    """Print the time of a pass over the test images in float and fake-quantized."""
    networks = {
        "FP32, batch norm folded": fold_batchnorm(model),
        "FP32, as trained": model,
        "fake-quantized W8A8": quantize_model(model, list(images.split(size.batch))),
    }
    calls = {name: partial(predict, network, test) for name, network in networks.items()}
    times, _ = interleaved(calls, rounds=size.slow_rounds, clock=size.clock)
    for reference in list(networks)[:2]:
        print_table(f"{len(test):,} images, batches of 100", times, reference=reference)


def measure(threads: int, size: Size) -> None:
    """Print every table for one number of threads."""
    if hasattr(os, "sched_setaffinity"):  # quantize_static takes as many threads as it finds cores
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    torch.set_num_threads(threads)
    warnings.filterwarnings("ignore", category=UserWarning)  # torch's, of its own deprecated functions
    print(f"\n## Threads: {threads}")
    compare_arrays(size)
    model = zoo.load("resnet20")
    images = cifar.calibration(size.images)[0]
    test = cifar.test(size.tested)
    compare_observers(model, images, size)
    compare_evaluation(model, images, test[0], size)
    with tempfile.TemporaryDirectory() as folder:
        compare_calibrations(calibrations(model, images, size, Path(folder)), test, size)


def main() -> None:
    """Run once with one thread and once with two, or with ``--threads`` only."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--quick", action="store_true", help="a tiny run that shows that everything works")
    args = parser.parse_args()
    if args.threads:
        clock = time.process_time if args.threads == 1 else time.perf_counter
        measure(args.threads, replace(QUICK if args.quick else Size(), clock=clock))
        return
    for threads in (1, 2):
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--threads", str(threads)], check=True)


if __name__ == "__main__":
    main()
