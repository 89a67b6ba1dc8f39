"""Files that say the same thing twice agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]


def toml(name: str) -> dict:
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))


def test_the_makefile_supports_the_pythons_of_pyproject() -> None:
    low, high = re.search(
        r"not (\(.*?\)) <= sys\.version_info\[:2\] < (\(.*?\))\)", (ROOT / "Makefile").read_text()
    ).groups()
    supported = [v for v in range(8, 20) if eval(low) <= (3, v) < eval(high)]
    wanted = SpecifierSet(toml("pyproject.toml")["project"]["requires-python"])
    assert supported == [v for v in range(8, 20) if f"3.{v}.0" in wanted]


def test_the_lock_was_made_from_this_pyproject() -> None:
    project = toml("pyproject.toml")
    (locked,) = [package for package in toml("uv.lock")["package"] if package["name"] == "zeropoint"]
    (extras,) = project["project"]["optional-dependencies"].values()
    sides = [
        (project["project"]["dependencies"] + extras, locked["metadata"]["requires-dist"]),
        *((wanted, locked["metadata"]["requires-dev"][name]) for name, wanted in project["dependency-groups"].items()),
    ]
    for declared, entries in sides:
        wanted = {(r.name, r.specifier) for r in map(Requirement, declared)}
        assert {(e["name"], SpecifierSet(e.get("specifier", ""))) for e in entries} == wanted


def test_the_citation_names_the_version_of_the_package() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == toml("pyproject.toml")["project"]["version"]
    assert citation["cff-version"] == "1.2.0"


def test_every_hook_runs_a_locked_tool() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(ROOT / ".pre-commit-config.yaml")]
    assert subprocess.run(command, check=False).returncode == 0
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    tools = {Requirement(entry).name for entry in toml("pyproject.toml")["dependency-groups"]["dev"]}
    for hook in repository["hooks"]:
        assert hook["entry"].split()[:3] == ["uv", "run", "--frozen"]
        assert hook["entry"].split()[3] in tools
