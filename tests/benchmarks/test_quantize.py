"""The speed benchmark runs, and what it compares does the same work. No times: they belong to a quiet machine."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from zeropoint.quant import fake_quantize_affine, mse, sqnr_db
from zeropoint.vision import cifar, zoo

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import _timing  # noqa: E402
import quantize as benchmark  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # of what torch and ONNX Runtime say about their own old functions


@pytest.mark.parametrize("case", benchmark.CASES)
def test_every_implementation_gives_the_same_codes_and_reals(case: str) -> None:
    x, qparams = benchmark.sample(6400, **benchmark.CASES[case])
    codes, reals = {}, {}
    for name, (quantize, dequantize) in benchmark.round_trips(x, qparams).items():
        q = quantize()
        reals[name] = np.asarray(dequantize(q))
        codes[name] = np.asarray(q.int_repr() if name == "torch kernel" else q).astype(int)
    ours = "zeropoint, NumPy"
    for name in codes:
        off = np.abs(codes[name] - codes[ours])
        allowed = 0.001 * off.size if name == "torch kernel" else 0  # x · (1 / scale) moves a value at a tie by one
        assert off.max() <= 1 and np.count_nonzero(off) <= allowed, name
        np.testing.assert_allclose(reals[name][off == 0], reals[ours][off == 0], rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("case", benchmark.CASES)
def test_every_fake_quantizer_gives_the_same_reals(case: str) -> None:
    x, qparams = benchmark.sample(6400, **benchmark.CASES[case])
    expected = fake_quantize_affine(x, *qparams)
    for name, call in benchmark.fake_quantizers(x, qparams).items():
        differs = np.abs(np.asarray(call()) - expected) > 1e-6 * np.abs(expected)
        assert np.mean(differs) <= (0.001 if name == "torch kernel" else 0), name


@pytest.mark.parametrize("bits", [8, 4])
def test_our_range_of_a_stream_is_no_worse_than_torchs(bits: int) -> None:
    stream = list(torch.randn(8, 4000, generator=torch.Generator().manual_seed(0)).relu())
    ours, theirs = (f(stream, bits)[1] for f in (benchmark.observe, benchmark.observe_torch))
    assert benchmark.relative_error(stream, ours) <= 1.01 * benchmark.relative_error(stream, theirs)


def test_the_relative_error_is_the_inverse_of_the_signal_to_noise_ratio() -> None:
    x, qparams = benchmark.sample(6400, axis=None)
    error = benchmark.relative_error(list(torch.from_numpy(x)), qparams)
    assert -10 * np.log10(error) == pytest.approx(float(sqnr_db(x, fake_quantize_affine(x, *qparams))), abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("toolkit", ["zeropoint, mse", "torch.ao FX, histogram", "ONNX Runtime, Percentile"])
def test_every_toolkit_quantizes_the_network_to_nearly_the_same_logits(toolkit: str, tmp_path) -> None:
    model, images = zoo.load("resnet20"), cifar.calibration(16)[0]
    expected = benchmark.logits(model, images)
    found = benchmark.logits(benchmark.calibrations(model, images, benchmark.QUICK, tmp_path)[toolkit](), images)
    assert 0 < float(mse(found, expected) / expected.square().mean()) < 0.05  # 0: it was not quantized at all


def test_calls_take_turns_and_the_first_round_is_not_counted() -> None:
    order: list[str] = []
    calls = {name: lambda name=name: order.append(name) or len(order) for name in "abc"}
    times, results = _timing.interleaved(calls, rounds=2, clock=lambda: float(len(order)))
    assert "".join(order) == "abc" + "bca" + "cab"
    assert {name: seconds.tolist() for name, seconds in times.items()} == {name: [1, 1] for name in "abc"}
    assert results == {"a": 1, "b": 2, "c": 3}


def test_the_table_gives_medians_and_ratios(capsys) -> None:
    times = {"ours": np.array([0.002, 0.004, 0.1]), "theirs": np.array([0.001, 0.002, 0.002])}
    _timing.print_table("step", times, reference="theirs", notes={"": ("n",), "ours": ("7",), "theirs": ("8",)})
    assert "| ours | 4.0 ms | 3.0 – 52.0 | 2.00 × | 7 |" in capsys.readouterr().out


def test_tiny_tables_are_printed_for_arrays_streams_and_networks(capsys, tmp_path) -> None:
    model, images, test = zoo.load("resnet20"), cifar.calibration(16)[0], cifar.test(20)
    size = benchmark.QUICK
    benchmark.compare_arrays(size)
    benchmark.compare_observers(model, images, size)
    benchmark.compare_evaluation(model, images, test[0], size)
    calls = benchmark.calibrations(model, images, size, tmp_path)
    quick = {name: calls[name] for name in ("zeropoint, minmax", "ONNX Runtime, MinMax")}
    benchmark.compare_calibrations(quick, test, size)
    printed = capsys.readouterr().out
    assert printed.count("\n|---|") == 4 * len(benchmark.CASES) + len(benchmark.LAYERS) + 2 + 1
    assert printed.count(" ms |") == (3 * 4 + 3) * 3 + 2 * len(benchmark.LAYERS) + 2 * 3 + 2
