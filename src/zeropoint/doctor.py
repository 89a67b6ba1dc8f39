"""Is this machine ready for the course? One check, one line, one clear verdict."""

from __future__ import annotations

import html
import importlib
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from zeropoint.hardware import FAIL, OK, WARN, check_cores, check_cpu, check_disk, check_memory

if TYPE_CHECKING:
    from packaging.requirements import Requirement

INSTALL = 'run `make lab`, or `pip install -e ".[deploy]"` in the course folder'


@dataclass(frozen=True)
class Check:
    """One line of the report: what was looked at, ``OK`` / ``WARN`` / ``FAIL``, and a sentence."""

    name: str
    status: str
    message: str

    def __str__(self) -> str:
        return f"{self.status:<4}  {self.name:<10}  {self.message}"


@dataclass(frozen=True, repr=False)
class Report:
    """All checks; shown as plain text or, in a notebook, as a table."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed; warnings do not stop anyone."""
        return all(check.status != FAIL for check in self.checks)

    def __str__(self) -> str:
        verdict = "Ready: no check failed." if self.ok else "Not ready: see each FAIL line for what to do."
        return "\n".join([*map(str, self.checks), verdict])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        left = 'style="text-align:left"'  # JupyterLab would align to the right
        head = f"<tr><th>Verdict</th><th>Check</th><th {left}>What was found</th></tr>"
        rows = (
            f"<tr><td><b>{check.status}</b></td><td>{check.name}</td><td {left}>{html.escape(check.message)}</td></tr>"
            for check in self.checks
        )
        return "\n".join(["<table>", head, *rows, "</table>", f"<p>{str(self).splitlines()[-1]}</p>"])


def report() -> Report:
    """Run every check and return the report; ``print`` it, or leave it as the last line of a cell."""
    return Report(tuple(run_checks()))


def run_checks() -> list[Check]:
    """Run every check, in the order of the report; one that raises becomes a ``FAIL`` with the error's message."""
    return [_guarded(name, check) for name, check in CHECKS.items()]


def _guarded(name: str, check: Callable[[], tuple[str, str]]) -> Check:
    try:
        status, message = check()
    except Exception as error:  # a broken library must not hide the verdicts on everything else
        lines = str(error).strip().splitlines()
        return Check(name, FAIL, lines[0] if lines else type(error).__name__)
    return Check(name, status, message)


def check_python() -> tuple[str, str]:
    """Compare this Python with the range that the package declares."""
    from packaging.specifiers import SpecifierSet

    version = ".".join(map(str, sys.version_info[:3]))
    wanted = metadata.metadata("zeropoint")["Requires-Python"]
    if SpecifierSet(wanted).contains(version, prereleases=True):
        return OK, f"{version} (needs {wanted})"
    return FAIL, f"{version} is outside {wanted}: install a Python in that range and set up again"


def check_packages() -> tuple[str, str]:
    """Compare every installed runtime dependency with its declared range."""
    requirements = metadata.requires("zeropoint") or []
    found, faults = compare_versions(requirements)
    if faults:
        return FAIL, f"{'; '.join(faults)}: {INSTALL}"
    named = [f"{name} {found[name]}" for name in ("torch", "torchvision", "numpy", "jupyterlab") if name in found]
    return OK, f"{len(found)} packages in range, among them {', '.join(named)}"


def check_runtimes() -> tuple[str, str]:
    """Look for the packages of the extra ``deploy``, with which two lessons run INT8 for real."""
    found, faults = compare_versions(metadata.requires("zeropoint") or [], extra="deploy")
    if faults:
        return WARN, f"{'; '.join(faults)}; lessons 07 and 10 need the extra deploy: {INSTALL}"
    return OK, ", ".join(f"{name} {version}" for name, version in found.items())


def compare_versions(requirements: Iterable[str], *, extra: str = "") -> tuple[dict[str, str], list[str]]:
    """Return the installed versions by name, and a phrase for each package that is missing or out of range.

    Looked at are the requirements of the package itself or, with ``extra``, those that this extra adds.

    Examples
    --------
    >>> compare_versions(["click>=99"])[1][0].endswith("is outside >=99")
    True
    """
    from packaging.requirements import Requirement

    found: dict[str, str] = {}
    faults: list[str] = []
    for requirement in map(Requirement, requirements):
        if not _needed(requirement, extra) or (extra and _needed(requirement, "")):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            faults.append(f"{requirement.name} is missing")
            continue
        found[requirement.name] = version
        if not requirement.specifier.contains(version, prereleases=True):
            faults.append(f"{requirement.name} {version} is outside {requirement.specifier}")
    return found, faults


def _needed(requirement: Requirement, extra: str) -> bool:
    """Return whether a requirement holds on this system, with this extra or, for "", without any."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def check_torch() -> tuple[str, str]:
    """Compute something: a torch that installs may still fail to load its libraries."""
    import torch

    total = torch.ones(4, dtype=torch.int32).sum().item()
    if total != 4:
        return FAIL, f"torch adds 1 + 1 + 1 + 1 to {total}: install it again"
    return OK, f"torch {torch.__version__} computes on the CPU with {torch.get_num_threads()} threads"


def check_data() -> tuple[str, str]:
    """Verify the checksums of the shipped images."""
    from zeropoint.vision import cifar

    cifar.verify()
    return OK, "CIFAR-10 subset: all checksums match"


def check_weights() -> tuple[str, str]:
    """Verify the checksum of every shipped network."""
    from zeropoint.vision import zoo

    names = zoo.available()
    for name in names:
        zoo.verify(name)
    if not names:
        return FAIL, "weights/ holds no network: restore it with `git checkout -- weights`"
    return OK, f"{', '.join(names)}: checksum matches"


def check_widgets() -> tuple[str, str]:
    """Look for both halves of the widgets: the Python packages and JupyterLab's extensions."""
    from jupyter_core.paths import jupyter_path

    for module in ("ipywidgets", "anywidget"):
        importlib.import_module(module)
    folders = [Path(folder) for folder in jupyter_path("labextensions")]
    for extension in ("@jupyter-widgets/jupyterlab-manager", "anywidget"):
        if not any((folder / extension / "package.json").is_file() for folder in folders):
            return FAIL, f"JupyterLab's extension {extension} is not installed, so no slider will appear: {INSTALL}"
    return OK, "ipywidgets and anywidget, in Python and in JupyterLab"


def check_progress() -> tuple[str, str]:
    """Say whose progress is kept, and where; without a name nothing is stored."""
    from zeropoint.course import store

    learner = os.environ.get("JUPYTERHUB_USER")
    path = store.store_path()
    if not learner:
        return OK, 'anonymous: nothing is stored until you call login("your name")'
    attempts = store.attempts(learner)  # a damaged file is named here, not in the middle of an exercise
    existing = next(place for place in (path, *path.parents) if place.exists())
    if not os.access(existing, os.W_OK):
        return WARN, f"{learner}: {path} cannot be written, so new progress will not be kept"
    return OK, f"{learner}: {len(attempts)} attempts in {path}"


#: Name of the line and the function behind it, in the order of the report.
CHECKS: dict[str, Callable[[], tuple[str, str]]] = {
    "Python": check_python,
    "Packages": check_packages,
    "Runtimes": check_runtimes,
    "PyTorch": check_torch,
    "CPU": check_cpu,
    "Cores": check_cores,
    "Memory": check_memory,
    "Disk": check_disk,
    "Data": check_data,
    "Weights": check_weights,
    "Widgets": check_widgets,
    "Progress": check_progress,
}
