"""Our export against the toolkits: top-1 on all test images, size, latency, and how long quantizing takes.

One checkpoint through this package, ONNX Runtime's ``quantize_static``, NNCF and torchao PT2E, each with the same 512
calibration images. Every row is kept in ``benchmarks/results/deploy_<network>.json`` as soon as it is measured, and an
interrupted run goes on where it stopped (``--fresh`` measures anew); then the table in ``docs/benchmarks.md`` is
written again::

    zeropoint data fetch
    zeropoint bench deploy --network resnet20

Latency: one thread, calls taken in turns within a runtime, by the processor time of the process, which other programs
do not lengthen.
"""

from __future__ import annotations

import argparse
import datetime
import json
import tempfile
import time
import traceback
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cpuinfo
import numpy as np
import torch
from _runtimes import Made, Run, floating, nncf, onnxruntime_static, ours, torch_compiled, torchao_pt2e
from _tables import difference, in_words, write_section
from torch import Tensor, nn

from zeropoint.deploy import latency_table
from zeropoint.deploy.comparison import Comparison
from zeropoint.vision import cifar, zoo
from zeropoint.vision.evaluate import predict
from zeropoint.vision.statistics import accuracy

ROOT = Path(__file__).parents[1]
CALIBRATION_IMAGES = 512
BATCHES = (1, 64)
FP32 = "FP32"
WAYS = {
    FP32: floating,
    "zeropoint": ours,
    "quantize_static": onnxruntime_static,
    "NNCF": nncf,
    "FP32, compiled": torch_compiled,
    "torchao PT2E": torchao_pt2e,
}
RUNTIMES = {  # which ways a runtime compares; the first is its FP32
    "ONNX Runtime": (FP32, "zeropoint", "quantize_static"),
    "OpenVINO": (FP32, "zeropoint", "NNCF"),
    "torch.compile": ("FP32, compiled", "torchao PT2E"),
}


def logits(run: Run, images: Tensor, batch_size: int = 64) -> np.ndarray:
    """Return the logits of every image; a short last batch is filled up, so that nothing is compiled for it."""
    filled = torch.cat([images, images[: -len(images) % batch_size]])
    found = [np.asarray(run(batch)) for batch in filled.split(batch_size)]
    return np.concatenate(found)[: len(images)]


def measure_runtime(
    runtime: str, made: dict[str, Made], test: tuple[Tensor, Tensor], rounds: dict[int, int]
) -> list[dict[str, Any]]:
    """Return one row for each way that this runtime runs: accuracy, size, latency over its own FP32."""
    names = [name for name in RUNTIMES[runtime] if name in made]
    runs = {name: made[name].runs[runtime] for name in names}
    classes = {name: logits(run, test[0]).argmax(1) for name, run in runs.items()}
    hits = {name: found == test[1].numpy() for name, found in classes.items()}
    comparisons = _comparisons(runs, test[0], rounds)
    fp32 = names[0]
    rows = []
    for name in names:
        found = accuracy(hits[name])
        row = {
            "name": name,
            "runtime": runtime,
            "n": len(hits[name]),
            "top1": round(found.percent, 2),
            "interval": [round(v, 2) for v in found.interval],
            "difference": difference(hits[fp32], hits[name]),
            "agreement": _agreement(made[name], classes[name], test[0]),
            "bytes": made[name].nbytes,
            "size ratio": round(made[name].nbytes / made[fp32].nbytes, 3),
            "quantize seconds": round(made[name].seconds, 1),
        }
        rows.append(row | _times(name, comparisons, to_ours="zeropoint" in names))
    return rows


def _comparisons(runs: dict[str, Run], images: Tensor, rounds: dict[int, int]) -> dict[int, Comparison]:
    """Return the comparison of all runs by batch size; each size takes its own number of rounds."""
    found: dict[int, Comparison] = {}
    for size in BATCHES:
        _, compared = latency_table(runs, images[:size], (size,), rounds=rounds[size], clock=time.process_time)
        found |= compared
    return found


def _times(name: str, comparisons: dict[int, Comparison], *, to_ours: bool) -> dict[str, Any]:
    """Return the latency of one way by batch size: in itself, over FP32 and, if it was run, over our own."""
    sizes = {str(size): comparison for size, comparison in comparisons.items()}
    over_ours = {}
    if to_ours:
        over_ours = {size: _ratios(comparison, name, to="zeropoint") for size, comparison in sizes.items()}
    return {
        "milliseconds": {size: round(1e3 * comparison.median(name), 3) for size, comparison in sizes.items()},
        "over FP32": {size: _ratios(comparison, name) for size, comparison in sizes.items()},
        "over zeropoint": over_ours,
    }


def _ratios(comparison: Comparison, name: str, *, to: str | None = None) -> list[float]:
    return [round(v, 3) for v in comparison.ratio(name, to=to)]


def _agreement(made: Made, classes: np.ndarray, images: Tensor) -> list[float] | None:
    """Return the share of images, in percent with its interval, for which the runtime decides like our integers."""
    if made.simulation is None:
        return None
    same = accuracy(predict(made.simulation, images).argmax(1).numpy() == classes)
    return [round(v, 2) for v in (same.percent, *same.interval)]


def make(names: tuple[str, ...], model: nn.Module, folder: Path) -> tuple[dict[str, Made], dict[str, str]]:
    """Quantize in these ways; return what they made, and why some made nothing."""
    made: dict[str, Made] = {}
    failed: dict[str, str] = {}
    images = cifar.calibration(CALIBRATION_IMAGES)[0]
    for name in names:
        try:
            made[name] = WAYS[name](model, images, folder)
        except Exception as error:  # a toolkit that fails here is a result, and belongs in the table
            traceback.print_exc()
            failed[name] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return made, failed


def table(results: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    lines = [
        "| | runtime | top-1 | against FP32 (paired 95 % interval) | size | INT8/FP32 time, batch 1 | batch 64 "
        "| quantizing |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows = [row for rows in results["runtimes"].values() for row in rows]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    lines += [f"| {name} | – | {why} | | | | | |" for name, why in results["failed"].items()]
    agree = [
        "{} {:.2f} % ({:.2f} … {:.2f})".format(row["runtime"], *row["agreement"]) for row in rows if row["agreement"]
    ]
    lines += ["", f"First choices of zeropoint's file that are those of our own integers: {'; '.join(agree)}."]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    lines += ["", f"{results['machine']}, {results['date']}; {versions}; n = {results['n']:,}."]
    return "\n".join(lines)


def _cells(row: dict[str, Any]) -> list[str]:
    """Return one row of the table; FP32 is compared with nothing, and nothing was quantized for it."""
    is_float = row["name"].startswith(FP32)
    points = ""
    size = f"{row['bytes'] / 1e6:.3f} MB"
    seconds = ""
    if not is_float:
        points = in_words(row["difference"])
        size += f" ({row['size ratio']:.2f} ×)"
        seconds = f"{row['quantize seconds']:.1f} s"
    times = [_ratio(row, str(batch), is_float) for batch in BATCHES]
    return [row["name"], row["runtime"], f"{row['top1']:.2f} %", points, size, *times, seconds]


def _ratio(row: dict[str, Any], batch: str, is_float: bool) -> str:
    if is_float:
        return f"{row['milliseconds'][batch]:.2f} ms"
    return "{:.2f} ({:.2f} … {:.2f})".format(*row["over FP32"][batch])


def _about(n: int) -> dict[str, Any]:
    packages = ("onnxruntime", "openvino", "nncf", "torch", "torchao")
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise SystemExit(
            f"Not installed: {', '.join(missing)}. This benchmark compares with them: "
            "uv sync --extra deploy --group toolkits"
        )
    return {
        "machine": cpuinfo.get_cpu_info().get("brand_raw", "unknown CPU"),
        "date": datetime.date.today().isoformat(),
        "versions": {name: version(name) for name in packages},
        "n": n,
        "runtimes": {},
        "failed": {},
    }


def main() -> None:
    options = _options()
    torch.set_num_threads(1)
    test = cifar.test(options.subset) if options.subset else cifar.full_test()
    path = ROOT / "benchmarks" / "results" / f"deploy_{options.network}.json"
    keep = path.is_file() and not options.fresh and not options.subset
    results = json.loads(path.read_text(encoding="utf-8")) if keep else _about(len(test[0]))
    rounds = {1: options.rounds, 64: max(6, options.rounds // 5)}
    for runtime, names in RUNTIMES.items():
        if options.only not in runtime or runtime in results["runtimes"]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            needed = (FP32, *names) if FP32 not in names else names
            made, failed = make(needed, zoo.load(options.network), Path(folder))
            results["failed"] |= failed
            results["runtimes"][runtime] = measure_runtime(runtime, made, test, rounds)
        print(json.dumps(results["runtimes"][runtime], ensure_ascii=False), flush=True)
        if not options.subset:
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    text = table(results)
    print(text)
    if not options.subset:
        write_section(f"deploy {options.network}", text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="resnet20", choices=zoo.available())
    parser.add_argument("--fresh", action="store_true", help="measure again what earlier runs have measured")
    parser.add_argument("--only", default="", help="only runtimes whose name contains this text")
    parser.add_argument("--subset", type=int, help="only so many of the shipped test images; print, write nothing")
    parser.add_argument("--rounds", type=int, default=200, help="of latency at batch 1; a fifth of it at batch 64")
    return parser.parse_args()


if __name__ == "__main__":
    main()
