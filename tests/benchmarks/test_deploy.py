"""The comparison with toolkits: it measures what it says, shows what was recorded, and holds what is claimed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from zeropoint.paths import course_root

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import deploy as benchmark  # noqa: E402


def read(network: str) -> dict:
    return json.loads((BENCHMARKS / "results" / f"deploy_{network}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def recorded() -> dict:
    return read("resnet20")


def row(recorded: dict, runtime: str, name: str) -> dict:
    return next(row for row in recorded["runtimes"][runtime] if row["name"] == name)


def test_a_short_last_batch_is_filled_and_cut_off_again() -> None:
    seen = []

    def run(batch: torch.Tensor) -> np.ndarray:
        seen.append(len(batch))
        return batch.flatten(1)[:, :2].numpy()

    images = torch.arange(10 * 12.0).reshape(10, 3, 2, 2)
    np.testing.assert_array_equal(benchmark.logits(run, images, 4), images.flatten(1)[:, :2])
    assert seen == [4, 4, 4]


def test_a_toolkit_that_fails_is_named_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no compiler\nand more")

    monkeypatch.setitem(benchmark.WAYS, "broken", fails)
    monkeypatch.setitem(benchmark.WAYS, "works", lambda *_: "made")
    made, failed = benchmark.make(("broken", "works"), torch.nn.Identity(), tmp_path)
    assert made == {"works": "made"}
    assert failed == {"broken": "RuntimeError: no compiler"}


@pytest.mark.parametrize("network", ["resnet20", "mobilenet"])
def test_the_table_shows_exactly_what_was_recorded(network: str) -> None:
    text = (course_root() / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    section = text.partition(f"<!-- deploy {network} -->\n")[2].partition(f"\n<!-- end of deploy {network} -->")[0]
    assert section == benchmark.table(read(network))


@pytest.mark.parametrize("runtime", ["ONNX Runtime", "OpenVINO"])
def test_int8_is_as_accurate_and_faster_in_both_runtimes(recorded: dict, runtime: str) -> None:
    ours = row(recorded, runtime, "zeropoint")
    assert ours["n"] == 10_000
    assert abs(ours["difference"][0]) <= 0.3
    assert ours["size ratio"] <= 0.33
    assert ours["agreement"][0] >= 99
    assert all(median < 1 and high < 1 for median, _, high in ours["over FP32"].values())


def test_ours_is_at_least_as_fast_and_accurate_as_nncf(recorded: dict) -> None:
    ours, theirs = (row(recorded, "OpenVINO", name) for name in ("zeropoint", "NNCF"))
    assert ours["top1"] >= theirs["top1"] - 0.1
    assert all(median >= 0.95 for median, _, _ in theirs["over zeropoint"].values())
