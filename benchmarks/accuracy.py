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
from pathlib import Path

import numpy as np
import torch
from _tables import write_section
from torch import Tensor, nn

from zeropoint.quant import (
    PerAxis,
    PerTensor,
    QConfig,
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
from zeropoint.vision.statistics import accuracy, paired_difference

ROOT = Path(__file__).parents[1]
CALIBRATION_IMAGES = 512
Repair = Callable[[QuantizedModel, nn.Module, list[Tensor]], object]
REPAIRS: dict[str, Repair] = {
    "bias correction": correct_bias,
    "AdaRound": adaround,
}


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
    four, ends = QConfig(weight_bits=4, activation_bits=4), {name: 8 for name in ENDS[network]}
    ranges_and_repairs = {
        "W4A8": QConfig(weight_bits=4),
        "W4A4": four,
        "W4A4, first and last layer 8 bits": replace(four, layer_bits=ends),
    }
    for name, config in ranges_and_repairs.items():
        for method in ("minmax", "percentile", "mse", "entropy"):
            yield Row(f"{name}, {method}", replace(config, activation_range=method))
        best = replace(config, activation_range="mse")
        yield Row(f"{name}, mse + cross-layer equalization", best, (), equalize_cross_layer)
        for repairs in (("bias correction",), ("AdaRound",), ("AdaRound", "bias correction")):
            yield Row(f"{name}, mse + {' + '.join(repairs)}", best, repairs)
    eight = QConfig(weight_granularity=PerTensor())
    for exponent in (1, 2, 3, 4):
        yield Row(
            f"W8A8 per-tensor, channels spread by 2^±{exponent}", eight, (), lambda m, k=exponent: spread_channels(m, k)
        )
    yield Row(
        "W8A8 per-tensor, channels spread by 2^±4, then cross-layer equalization",
        eight,
        (),
        lambda m: equalize_cross_layer(spread_channels(m, 4)),
    )


def quantize(row: Row, model: nn.Module) -> QuantizedModel:
    """Return the network as the row wants it."""
    batches, floating = list(cifar.calibration(CALIBRATION_IMAGES)[0].split(128)), row.prepare(model)
    quantized = quantize_model(floating, batches, row.config)
    for name in row.repairs:
        REPAIRS[name](quantized, floating, batches)
    return quantized


def measure(row: Row, model: nn.Module, test: tuple[Tensor, Tensor], baseline: np.ndarray) -> dict:
    """Quantize, repair, and return what the table shows."""
    start = time.perf_counter()
    quantized = quantize(row, model)
    seconds, hit = time.perf_counter() - start, hits(quantized, *test, progress=row.name)
    difference = paired_difference(baseline, hit)
    return {
        "name": row.name,
        "n": len(hit),
        "top1": round(accuracy(hit).percent, 2),
        "interval": [round(v, 2) for v in accuracy(hit).interval],
        "difference": [round(v, 2) for v in (difference.points, *difference.interval)],
        "quantize_seconds": round(seconds, 1),
    }


def table(results: list[dict], fp32: dict) -> str:
    """Return the results as a Markdown table."""
    lines = ["| | top-1 | 95 % interval | against FP32 (paired 95 % interval) |", "|---|---|---|---|"]
    for result in [fp32, *results]:
        low, high = result["interval"]
        points = "" if "difference" not in result else "{:+.2f} ({:+.2f} … {:+.2f})".format(*result["difference"])
        lines.append(f"| {result['name']} | {result['top1']:.2f} % | {low:.2f} … {high:.2f} | {points} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="resnet20", choices=sorted(ENDS))
    parser.add_argument("--fresh", action="store_true", help="measure again what earlier runs have measured")
    parser.add_argument(
        "--subset", action="store_true", help="only the 2,000 shipped test images; print, write nothing"
    )
    parser.add_argument("--only", default="", help="only rows whose name contains this text")
    options = parser.parse_args()
    torch.manual_seed(0)
    model, test = zoo.load(options.network), cifar.test() if options.subset else cifar.full_test()
    baseline = hits(model, *test, progress="FP32")
    wanted = [row for row in rows(options.network) if options.only in row.name]
    path = ROOT / "benchmarks" / "results" / f"accuracy_{options.network}.jsonl"
    done = {} if options.fresh or options.subset or not path.is_file() else _read(path)
    for row in wanted:
        if row.name not in done:
            done[row.name] = measure(row, model, test, baseline)
            print(json.dumps(done[row.name], ensure_ascii=False), flush=True)
        if not options.subset:
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in done.values()), encoding="utf-8")
    found = accuracy(baseline)
    fp32 = {"name": "FP32", "top1": found.percent, "interval": found.interval}
    text = table([done[row.name] for row in rows(options.network) if row.name in done], fp32)
    print(text)
    if not options.subset:
        write_section(f"accuracy {options.network}", text)


def _read(path: Path) -> dict[str, dict]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row["name"]: row for row in rows}


if __name__ == "__main__":
    main()
