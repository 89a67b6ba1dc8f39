"""tests/nbval_sanitize.cfg masks what may differ between two correct runs of a notebook, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

from zeropoint.doctor import CHECKS, Check, Report

SANITIZE = Path(__file__).parents[1] / "nbval_sanitize.cfg"
NAMES = list(CHECKS)


def sanitized(text: str) -> str:
    for pattern, replacement in get_sanitize_patterns(SANITIZE.read_text(encoding="utf-8")):
        text = re.sub(pattern, replacement, text)
    return text


def machine(**changed: tuple[str, str]) -> Report:
    lines = {name: ("OK", f"{name} as on the author's machine") for name in NAMES}
    return Report(tuple(Check(name, *verdict) for name, verdict in (lines | changed).items()))


HERE = machine()
ELSEWHERE = machine(
    Python=("OK", "3.14.1 (needs >=3.11)"),
    Packages=("OK", "17 packages in range, among them torch 2.11.0"),
    CPU=("WARN", "RISC-V: no INT8 instructions"),
    Memory=("WARN", "1.5 GB free of 4.0 GB"),
    Disk=("WARN", "0.4 GB free"),
    Progress=("OK", "ada: 3 attempts in a folder"),
)


@pytest.mark.parametrize("shown", [str, repr, Report._repr_html_])
def test_two_machines_that_are_ready_read_the_same_after_sanitizing(shown) -> None:
    assert shown(HERE) != shown(ELSEWHERE)
    assert sanitized(shown(HERE)) == sanitized(shown(ELSEWHERE))


@pytest.mark.parametrize("shown", [str, Report._repr_html_])
@pytest.mark.parametrize("name", NAMES)
def test_sanitizing_never_hides_a_failure(name: str, shown) -> None:
    assert sanitized(shown(HERE)) != sanitized(shown(machine(**{name: ("FAIL", "broken")})))


@pytest.mark.parametrize("name", ["Data", "Weights", "Widgets"])
def test_lines_that_depend_on_the_course_alone_are_compared(name: str) -> None:
    assert sanitized(str(HERE)) != sanitized(str(machine(**{name: ("OK", "another text")})))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<Figure at 0x7f52ac01d3d0>", "<Figure at 0x10f6e2b50>"),
        ("/tmp/ipykernel_81/12.py:3", "/var/T/ipykernel_9/7.py:3"),
        (" 40%|████      | 4/10 [00:01<00:02]", " 41%|####      | 4/10 [00:09<00:01]"),
        ("calibrated in 3.1 s", "calibrated in 12 s"),
        ("torch 2.15.0+cpu", "torch 2.11.1"),
    ],
)
def test_what_differs_between_runs_is_masked(one: str, other: str) -> None:
    assert sanitized(one) == sanitized(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("top-1 91.75 %", "top-1 91.70 %"),
        ("scale 0.0231, zero point 39", "scale 0.0231, zero point 38"),
        ("1.09 MB", "0.33 MB"),
        ("conv1 3 steps", "conv1 4 steps"),
    ],
)
def test_results_are_not_masked(one: str, other: str) -> None:
    assert sanitized(one) != sanitized(other)
