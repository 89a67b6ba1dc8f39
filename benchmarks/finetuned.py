"""Top-1 of the shipped fine-tuned networks, read from their integer codes, beside FP32 and beside the float control.

A run gets into the table by lying in ``weights/qat``. Results go into ``benchmarks/results/finetuned.jsonl`` and, as a
table, into ``docs/benchmarks.md``::

    zeropoint data fetch
    zeropoint bench finetuned
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from _tables import write_section
from torch import Tensor

from zeropoint.vision import cifar, finetuned, zoo
from zeropoint.vision.evaluate import hits
from zeropoint.vision.models import ARCHITECTURES
from zeropoint.vision.statistics import accuracy, paired_difference
from zeropoint.vision.train import read_log

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "weights" / "qat"
RESULTS = ROOT / "benchmarks" / "results" / "finetuned.jsonl"


def measure(network: str, test: tuple[Tensor, Tensor]) -> list[dict]:
    """Return one row a run of this network, the control's first; none when there is no control."""
    control = RUNS / f"{network}_float.safetensors"
    if not control.is_file():
        return []
    paths = [control, *sorted(set(RUNS.glob(f"{network}_*.safetensors")) - {control})]
    found = {path: hits(finetuned.load(path), *test, progress=path.stem) for path in paths}
    baseline = hits(zoo.load(network), *test, progress=network)
    return [row(path, hit, baseline, found[control]) for path, hit in found.items()]


def row(path: Path, hit: np.ndarray, fp32: np.ndarray, control: np.ndarray) -> dict:
    """Return what the table shows of a run: its recipe from the log, and what its network gets right."""
    ends = [line for line in read_log(path.with_suffix(".log")) if "epochs" in line]
    recipe = {key: ends[-1][key] for key in ("epochs", "max_lr", "seed", "images")}
    found = accuracy(hit)
    return {
        "name": path.stem,
        **recipe,
        "n": len(hit),
        "top1": round(found.percent, 2),
        "interval": [round(v, 2) for v in found.interval],
        "fp32": _difference(fp32, hit),
        "control": _difference(control, hit),
    }


def _difference(before: np.ndarray, after: np.ndarray) -> list[float]:
    found = paired_difference(before, after)
    return [round(v, 2) for v in (found.points, *found.interval)]


def table(rows: list[dict]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| run | epochs, rate, seed | top-1 (95 % interval) | against FP32 (paired) | against the control (paired) |",
        "|---|---|---|---|---|",
    ]
    for r in rows:
        differences = ["{:+.2f} ({:+.2f} … {:+.2f})".format(*r[name]) for name in ("fp32", "control")]
        if r["name"].endswith("_float"):
            differences[1] = ""
        top1 = "{:.2f} % ({:.2f} … {:.2f})".format(r["top1"], *r["interval"])
        recipe = f"{r['epochs']}, {r['max_lr']}, {r['seed']}"
        lines.append(" | ".join([f"| {r['name']}", recipe, top1, *differences]) + " |")
    return "\n".join(lines)


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    test = cifar.full_test()
    rows = [found for network in ARCHITECTURES for found in measure(network, test)]
    if not rows:
        raise SystemExit(f"There is no float control in {RUNS.relative_to(ROOT)}: make it with 'zeropoint finetune'.")
    RESULTS.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    text = table(rows)
    print(text)
    write_section("fine-tuned", text)


if __name__ == "__main__":
    main()
