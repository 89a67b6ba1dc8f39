"""Conda's environment.yml says the same as pyproject.toml; no channel can be asked here, so its text is parsed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from rattler import MatchSpec
from rattler.exceptions import InvalidMatchSpecError

ROOT = Path(__file__).parents[2]
CONDA_NAMES = {"torch": "pytorch-cpu"}  # every other name is the same on conda-forge
CONDA_ONLY = {"python", "pip"}
# these names on PyPI are unrelated programs
WRONG_INSTALL = re.compile(r"\bpip3?\b[^\n]*\binstall\b[^\n]*\b(pixi|mamba)\b")
TEXT_FILES = (
    "*.md",
    "*.yml",
    "*.yaml",
    "*.toml",
    "*.cfg",
    "*.cff",
    "*.ipynb",
    "*.py",
    "*.sh",
    "Makefile",
    "run",
    "*.bat",
)
NOT_OURS = {".venv", ".git", "build", "dist", "node_modules"}


def environment() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def conda_lines(document: dict[str, Any]) -> list[str]:
    return [line for line in document["dependencies"] if isinstance(line, str)]


def differences(lines: list[str], dependencies: list[str]) -> list[str]:
    """Return one sentence for every package whose range is not the same on both sides."""
    specs = [MatchSpec(line, strict=True) for line in lines]
    ranges = {_normal(str(spec).split()[0]): str(spec.version or "") for spec in specs}
    ranges = {name: version for name, version in ranges.items() if name not in CONDA_ONLY}
    wanted = {}
    for requirement in map(Requirement, dependencies):
        name = _normal(requirement.name)
        wanted[CONDA_NAMES.get(name, name)] = requirement.specifier
    problems = [f"{name} is only in environment.yml" for name in sorted(ranges.keys() - wanted.keys())]
    problems += [f"{name} is only in pyproject.toml" for name in sorted(wanted.keys() - ranges.keys())]
    problems += [
        f"{name}: {ranges[name]} in environment.yml, {wanted[name]} in pyproject.toml"
        for name in sorted(ranges.keys() & wanted.keys())
        if SpecifierSet(ranges[name]) != wanted[name]
    ]
    return problems


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("line", conda_lines(environment()))
def test_every_line_is_a_strict_match_spec(line: str) -> None:
    assert str(MatchSpec(line, strict=True))


def test_ranges_are_those_of_pyproject() -> None:
    assert differences(conda_lines(environment()), project()["dependencies"]) == []


SAME = ["python=3.12", "pip", "pytorch-cpu>=2.11,<2.16", "py-cpuinfo>=9,<10"]
DEPENDENCIES = ["torch>=2.11,<2.16", "py_cpuinfo<10,>=9"]


@pytest.mark.parametrize(
    ("lines", "dependencies", "problem"),
    [
        (SAME, DEPENDENCIES, None),
        (["pytorch-cpu>=2.11,<2.15", SAME[3]], DEPENDENCIES, "pytorch-cpu: >=2.11,<2.15"),
        (["pytorch-cpu>=2.10,<2.16", SAME[3]], DEPENDENCIES, "pytorch-cpu: >=2.10,<2.16"),
        (["pytorch-cpu", SAME[3]], DEPENDENCIES, "pytorch-cpu: "),
        (SAME[:3], DEPENDENCIES, "py-cpuinfo is only in pyproject.toml"),
        (SAME, DEPENDENCIES[:1], "py-cpuinfo is only in environment.yml"),
        ([*SAME, "pytorch"], DEPENDENCIES, "pytorch is only in environment.yml"),
    ],
)
def test_a_difference_is_named(lines: list[str], dependencies: list[str], problem: str | None) -> None:
    found = differences(lines, dependencies)
    assert len(found) == (problem is not None)
    assert all(sentence.startswith(problem) for sentence in found)


@pytest.mark.parametrize("line", ["numpy>=2.0,<<3", "numpy >=2.0 <3", "nu mpy 1 2 3"])
def test_a_line_that_conda_cannot_read_is_refused(line: str) -> None:
    with pytest.raises(InvalidMatchSpecError):
        MatchSpec(line, strict=True)


def test_python_is_one_exact_version_that_the_package_supports() -> None:
    (line,) = [line for line in conda_lines(environment()) if line.startswith("python=")]
    version = re.fullmatch(r"python=(\d+\.\d+)", line)  # repo2docker understands nothing else
    assert version, f"{line} is not python=MAJOR.MINOR"
    assert version[1] in SpecifierSet(project()["requires-python"])


def test_channels_are_conda_forge_alone() -> None:
    assert environment()["channels"] == ["conda-forge", "nodefaults"]


def test_pip_installs_the_course_itself_and_nothing_else() -> None:
    sections = [entry for entry in environment()["dependencies"] if not isinstance(entry, str)]
    assert sections == [{"pip": ["-e .[deploy]"]}]
    assert "pip" in conda_lines(environment())


def repository_texts() -> list[Path]:
    paths = {path for pattern in TEXT_FILES for path in ROOT.rglob(pattern)}
    return sorted(p for p in paths if p.is_file() and not NOT_OURS.intersection(p.relative_to(ROOT).parts))


def test_no_text_installs_the_wrong_pixi_or_mamba() -> None:
    texts = repository_texts()
    assert {ROOT / "README.md", ROOT / "Makefile", ROOT / ".ci/run"} <= set(texts)
    this_file = Path(__file__).resolve()
    wrong = [path for path in texts if path != this_file and WRONG_INSTALL.search(path.read_text(encoding="utf-8"))]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("pip install pixi", True),
        ("uv pip install --quiet mamba", True),
        ("python -m pip install -U pixi numpy", True),
        ("conda install mamba", False),
        ("pip install pixie-dust", False),
        ("with pip; mamba env create", False),
    ],
)
def test_the_pattern_finds_wrong_installs_only(text: str, wrong: bool) -> None:
    assert bool(WRONG_INSTALL.search(text)) is wrong
