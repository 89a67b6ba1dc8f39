"""The fine-tuned networks that ship with the course are what their logs say."""

from __future__ import annotations

from pathlib import Path

import pytest

from zeropoint.paths import course_root
from zeropoint.vision import cifar, finetuned
from zeropoint.vision.evaluate import hits
from zeropoint.vision.train import read_log

RUNS = sorted((course_root() / "weights" / "qat").glob("*.safetensors"))


@pytest.mark.slow
@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_a_run_computes_what_its_log_says(path: Path) -> None:
    (logged,) = [line for line in read_log(path.with_suffix(".log")) if line.get("test") == "the shipped"]
    found = int(hits(finetuned.load(path), *cifar.test()).sum())
    assert abs(found - logged["correct"]) <= 6  # of 2,000: another processor may turn a near tie


def test_both_networks_are_there_with_their_controls() -> None:
    assert {"resnet20_w4a4_ends8", "resnet20_float", "mobilenet_w4a4_ends8", "mobilenet_float"} <= {
        path.stem for path in RUNS
    }
