"""Top-1 of the shipped networks where INT8 products are added in 16 bits: OpenVINO held back to AVX2, 8 and 7 bits.

Needs a CPU that has both, AVX2 and an INT8 dot product (the exact kernels). Results go into
``benchmarks/results/saturation.jsonl`` and, as a table, into ``docs/benchmarks.md``::

    zeropoint data fetch
    zeropoint bench saturation
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from _tables import difference, in_words, write_section
from torch import Tensor

from zeropoint import deploy
from zeropoint.quant import QConfig, quantize_model
from zeropoint.vision import cifar, zoo
from zeropoint.vision.evaluate import hits
from zeropoint.vision.models import ARCHITECTURES
from zeropoint.vision.statistics import accuracy

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results" / "saturation.jsonl"
CALIBRATION_IMAGES = 512
PROCESS_IMAGES = 2000  # handed to one process: all at once would fill its memory


def measure(network: str, images: Tensor, labels: Tensor) -> Iterator[dict]:
    """Yield a row for 8-bit and one for 7-bit weights: top-1 with exact sums, and with pairs in 16 bits."""
    model = zoo.load(network)
    batches = cifar.calibration(CALIBRATION_IMAGES)[0].split(128)
    fp32 = hits(model, images, labels, progress=network)
    right = labels.numpy()
    for bits in (8, 7):
        quantized = quantize_model(model, batches, QConfig(weight_bits=bits))
        with tempfile.TemporaryDirectory() as folder:
            path = deploy.export_onnx(quantized, Path(folder) / "network.onnx")
            session = deploy.open_session(path, "openvino", threads=1)
            exact = np.concatenate([session.run(batch).argmax(1) for batch in images.split(100)])
            parts = [deploy.run_without_dot_product(path, part).argmax(1) for part in images.split(PROCESS_IMAGES)]
        held_back = np.concatenate(parts)
        yield {
            "name": f"{network}, {bits}-bit weights",
            "n": len(labels),
            "exact": difference(fp32, exact == right),
            "avx2": difference(fp32, held_back == right),
            "changed": round(accuracy(held_back != exact).percent, 2),
        }


def table(rows: list[dict]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| | exact sums, against FP32 (paired) | pairs in 16 bits, against FP32 (paired) | another class |",
        "|---|---|---|---|",
    ]
    for r in rows:
        differences = [in_words(r[name]) for name in ("exact", "avx2")]
        lines.append(" | ".join([f"| {r['name']}", *differences, f"{r['changed']:.2f} %"]) + " |")
    return "\n".join(lines)


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    if not deploy.cpu_capabilities().int8_dot:
        raise SystemExit("This CPU has no INT8 dot product, so nothing exact to compare with: use one that has.")
    images, labels = cifar.full_test()
    rows = [row for network in ARCHITECTURES for row in measure(network, images, labels)]
    RESULTS.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    print(table(rows))
    write_section("saturation", table(rows))


if __name__ == "__main__":
    main()
