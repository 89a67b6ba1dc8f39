"""Top-1 of a shipped network on the CIFAR-10 test images, quantized in many ways: a table with intervals.

Each row is kept in ``benchmarks/results/accuracy_<network>.jsonl`` as soon as it is measured: an interrupted run goes
on where it stopped (``--fresh`` measures anew). Then the table in ``docs/benchmarks.md`` is written again::

    zeropoint data fetch
    zeropoint bench accuracy --network resnet20
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from _tables import difference, in_words, write_section
from torch import Tensor, nn

from zeropoint.quant import (
    PerAxis,
    PerTensor,
    QConfig,
    absorb_biases,
    adaround,
    correct_bias,
    equalize_cross_layer,
    quantize_model,
    spread_channels,
)
from zeropoint.quant.quantized_model import QuantizedModel
from zeropoint.vision import cifar, zoo
from zeropoint.vision.evaluate import hits
from zeropoint.vision.finetuned import ENDS
from zeropoint.vision.statistics import accuracy

ROOT = Path(__file__).parents[1]
CALIBRATION_IMAGES = 512
Repair = Callable[[QuantizedModel, nn.Module, list[Tensor]], object]
REPAIRS: dict[str, Repair] = {"bias correction": correct_bias, "AdaRound": adaround}


@dataclass(frozen=True)
class Row:
    """One way to quantize: how the float network is prepared, the configuration, and the repairs afterwards."""

    name: str
    config: QConfig
    repairs: tuple[str, ...] = ()
    prepare: Callable[[nn.Module], nn.Module] = field(default=lambda model: model)


def rows(network: str) -> Iterator[Row]:
    """Yield all rows in the order of the table."""
    for bits in (8, 6, 5, 4, 3):
        for granularity in (PerTensor(), PerAxis(0)):
            yield Row(f"W{bits}A8 {granularity}", QConfig(weight_bits=bits, weight_granularity=granularity))
    yield from _ranges_and_repairs(network)
    yield from _spread_channels()


def _ranges_and_repairs(network: str) -> Iterator[Row]:
    four = QConfig(weight_bits=4, activation_bits=4)
    ends = {name: 8 for name in ENDS[network]}
    configs = {
        "W4A8": QConfig(weight_bits=4),
        "W4A4": four,
        "W4A4, first and last layer 8 bits": replace(four, layer_bits=ends),
    }
    for name, config in configs.items():
        for method in ("minmax", "percentile", "mse", "entropy"):
            yield Row(f"{name}, {method}", replace(config, activation_range=method))
        best = replace(config, activation_range="mse")
        yield Row(f"{name}, mse + cross-layer equalization", best, prepare=equalize_cross_layer)
        absorbing = f"{name}, mse + cross-layer equalization + bias absorption"
        yield Row(absorbing, best, prepare=_equalize_and_absorb)
        for repairs in (("bias correction",), ("AdaRound",), ("AdaRound", "bias correction")):
            yield Row(f"{name}, mse + {' + '.join(repairs)}", best, repairs)


def _equalize_and_absorb(model: nn.Module) -> nn.Module:
    return absorb_biases(equalize_cross_layer(model), _calibration())


def _calibration() -> list[Tensor]:
    return list(cifar.calibration(CALIBRATION_IMAGES)[0].split(128))


def _spread_channels() -> Iterator[Row]:
    config = QConfig(weight_granularity=PerTensor())
    for exponent in (1, 2, 3, 4):
        spread = partial(_spread, exponent=exponent)
        yield Row(f"W8A8 per-tensor, channels spread by 2^±{exponent}", config, prepare=spread)
    name = "W8A8 per-tensor, channels spread by 2^±4, then cross-layer equalization"
    yield Row(name, config, prepare=_spread_and_equalize)


def _spread(model: nn.Module, *, exponent: int) -> nn.Module:
    return spread_channels(model, exponent)


def _spread_and_equalize(model: nn.Module) -> nn.Module:
    return equalize_cross_layer(spread_channels(model, 4))


def quantize(row: Row, model: nn.Module) -> QuantizedModel:
    """Return the network as the row wants it."""
    batches = _calibration()
    floating = row.prepare(model)
    quantized = quantize_model(floating, batches, row.config)
    for name in row.repairs:
        REPAIRS[name](quantized, floating, batches)
    return quantized


def measure(row: Row, model: nn.Module, test: tuple[Tensor, Tensor], baseline: np.ndarray) -> dict:
    """Quantize, repair, and return what the table shows."""
    start = time.perf_counter()
    quantized = quantize(row, model)
    seconds = time.perf_counter() - start
    hit = hits(quantized, *test, progress=row.name)
    found = accuracy(hit)
    return {
        "name": row.name,
        "n": len(hit),
        "top1": round(found.percent, 2),
        "interval": [round(v, 2) for v in found.interval],
        "difference": difference(baseline, hit),
        "quantize_seconds": round(seconds, 1),
    }


def table(results: list[dict], fp32: dict) -> str:
    """Return the results as a Markdown table."""
    lines = ["| | top-1 | 95 % interval | against FP32 (paired 95 % interval) |", "|---|---|---|---|"]
    for result in [fp32, *results]:
        low, high = result["interval"]
        points = ""
        if "difference" in result:
            points = in_words(result["difference"])
        lines.append(f"| {result['name']} | {result['top1']:.2f} % | {low:.2f} … {high:.2f} | {points} |")
    return "\n".join(lines)


def main() -> None:
    options = _options()
    torch.manual_seed(0)
    model = zoo.load(options.network)
    test = cifar.test() if options.subset else cifar.full_test()
    baseline = hits(model, *test, progress="FP32")
    path = ROOT / "benchmarks" / "results" / f"accuracy_{options.network}.jsonl"
    keep = path.is_file() and not options.fresh and not options.subset
    done = _read(path) if keep else {}
    for row in rows(options.network):
        if options.only not in row.name:
            continue
        if row.name not in done:
            done[row.name] = measure(row, model, test, baseline)
            print(json.dumps(done[row.name], ensure_ascii=False), flush=True)
        if not options.subset:
            _write(path, done)
    found = accuracy(baseline)
    fp32 = {"name": "FP32", "top1": found.percent, "interval": found.interval}
    text = table([done[row.name] for row in rows(options.network) if row.name in done], fp32)
    print(text)
    if not options.subset:
        write_section(f"accuracy {options.network}", text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="resnet20", choices=sorted(ENDS))
    parser.add_argument("--fresh", action="store_true", help="measure again what earlier runs have measured")
    parser.add_argument(
        "--subset", action="store_true", help="only the 2,000 shipped test images; print, write nothing"
    )
    parser.add_argument("--only", default="", help="only rows whose name contains this text")
    return parser.parse_args()


def _read(path: Path) -> dict[str, dict]:
    results = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {result["name"]: result for result in results}


def _write(path: Path, done: dict[str, dict]) -> None:
    path.parent.mkdir(exist_ok=True)
    lines = [json.dumps(result, ensure_ascii=False) + "\n" for result in done.values()]
    path.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
