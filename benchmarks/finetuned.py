"""Top-1 of the shipped fine-tuned networks, read from their integer codes, beside what needs no such training.

A run gets into the tables by lying in ``weights/qat``. Beside each quantized run stand, from the same ranges: PTQ and
AdaRound of the shipped network, and PTQ of the float control. Each row goes into
``benchmarks/results/finetuned.jsonl`` as soon as it is measured: an interrupted run goes on where it stopped
(``--fresh`` measures anew). Then the tables in ``docs/benchmarks.md`` are written again::

    zeropoint data fetch
    zeropoint bench finetuned
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from _tables import difference, in_words, write_section
from torch import Tensor, nn

from zeropoint.quant import adaround, quantize_model
from zeropoint.vision import cifar, finetuned, zoo
from zeropoint.vision.evaluate import hits
from zeropoint.vision.finetune import CALIBRATION_IMAGES
from zeropoint.vision.models import ARCHITECTURES
from zeropoint.vision.statistics import accuracy
from zeropoint.vision.train import read_log

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "weights" / "qat"
RESULTS = ROOT / "benchmarks" / "results" / "finetuned.jsonl"
WAYS = {"ptq": "PTQ", "adaround": "AdaRound", "control_ptq": "control, then PTQ"}


def measure(network: str, test: tuple[Tensor, Tensor], done: dict[str, dict]) -> Iterator[dict]:
    """Yield a row for each run of this network that is not done, the control's first; none without a control."""
    control = RUNS / f"{network}_float.safetensors"
    if not control.is_file():
        return
    paths = [control, *sorted(set(RUNS.glob(f"{network}_*.safetensors")) - {control})]
    paths = [path for path in paths if path.stem not in done]
    if not paths:
        return
    fp32 = hits(zoo.load(network), *test, progress=network)
    control_hits = hits(finetuned.load(control), *test, progress=control.stem)
    for path in paths:
        hit = hits(finetuned.load(path), *test, progress=path.stem)
        found = row(path, hit) | {"fp32": difference(fp32, hit), "control": difference(control_hits, hit)}
        if path != control:
            for way, model in without_such_training(path, control):
                other = hits(model, *test, progress=f"{path.stem}, {WAYS[way]}")
                found[way] = {"fp32": difference(fp32, other), "qat": difference(other, hit)}
        yield found


def row(path: Path, hit: np.ndarray) -> dict:
    """Return the recipe of a run, from its log, and what its network gets right."""
    ends = [line for line in read_log(path.with_suffix(".log")) if "epochs" in line]
    recipe = {key: ends[-1][key] for key in ("epochs", "max_lr", "seed", "images")}
    found = accuracy(hit)
    interval = [round(v, 2) for v in found.interval]
    return {"name": path.stem, **recipe, "n": len(hit), "top1": round(found.percent, 2), "interval": interval}


def without_such_training(path: Path, control: Path) -> Iterator[tuple[str, nn.Module]]:
    """Yield the rivals of a run, by the names of WAYS: with its bits and the ranges that it started from."""
    target = finetuned.target_of(path)
    batches = list(cifar.calibration(CALIBRATION_IMAGES)[0].split(128))
    shipped = zoo.load(target.network)
    yield "ptq", quantize_model(shipped, batches, target.config)
    rounded = quantize_model(shipped, batches, target.config)
    torch.manual_seed(0)
    adaround(rounded, shipped, batches)
    yield "adaround", rounded
    yield "control_ptq", quantize_model(finetuned.load(control), batches, target.config)


def table(rows: list[dict]) -> str:
    """Return the runs as a Markdown table."""
    lines = [
        "| run | epochs, rate, seed | top-1 (95 % interval) | against FP32 (paired) | against the control (paired) |",
        "|---|---|---|---|---|",
    ]
    for r in rows:
        differences = [in_words(r["fp32"]), "" if r["name"].endswith("_float") else in_words(r["control"])]
        top1 = "{:.2f} % ({:.2f} … {:.2f})".format(r["top1"], *r["interval"])
        recipe = f"{r['epochs']}, {r['max_lr']}, {r['seed']}"
        lines.append(" | ".join([f"| {r['name']}", recipe, top1, *differences]) + " |")
    return "\n".join(lines)


def table_of_rivals(rows: list[dict]) -> str:
    """Return the quantized runs beside their rivals, against FP32, and what QAT has over two of them."""
    over = [f"QAT − {WAYS[way]}" for way in ("adaround", "control_ptq")]
    lines = ["| " + " | ".join(["run", *WAYS.values(), "QAT", *over]) + " |", "|---" * 7 + "|"]
    for r in rows:
        if "ptq" in r:
            cells = [*(r[way]["fp32"] for way in WAYS), r["fp32"], r["adaround"]["qat"], r["control_ptq"]["qat"]]
            lines.append(f"| {r['name']} | " + " | ".join(map(in_words, cells)) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fresh", action="store_true", help="measure again what earlier runs have measured")
    options = parser.parse_args()
    done: dict[str, dict] = {}
    if RESULTS.is_file() and not options.fresh:
        done = {r["name"]: r for r in map(json.loads, RESULTS.read_text(encoding="utf-8").splitlines())}
    test = cifar.full_test()
    for network in ARCHITECTURES:
        for found in measure(network, test, done):
            done[found["name"]] = found
            lines = [json.dumps(r, ensure_ascii=False) + "\n" for r in done.values()]
            RESULTS.write_text("".join(lines), encoding="utf-8")
    if not done:
        raise SystemExit(f"There is no float control in {RUNS.relative_to(ROOT)}: make it with 'zeropoint finetune'.")
    for section, text in (("fine-tuned", table([*done.values()])), ("rivals", table_of_rivals([*done.values()]))):
        print(text)
        write_section(section, text)


if __name__ == "__main__":
    main()
