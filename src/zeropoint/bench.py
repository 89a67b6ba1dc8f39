"""``zeropoint bench``: run one of the scripts in ``benchmarks/``, or list them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from zeropoint.paths import course_root


def scripts() -> dict[str, Path]:
    """Return the benchmarks of the course folder by name; files that start with ``_`` are shared code."""
    return {path.stem: path for path in sorted(course_root().glob("benchmarks/[!_]*.py"))}


def listing() -> str:
    """Return one line a benchmark: its name and the first line of what it says about itself."""
    lines = []
    for name, path in scripts().items():
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        lines.append(f"{name:10} {text.splitlines()[0]}")
    return "\n".join(lines)


def run(name: str, arguments: tuple[str, ...]) -> int:
    """Run a benchmark with these arguments and return its exit status.

    Raises
    ------
    ValueError
        When there is no such benchmark.
    """
    found = scripts()
    if name not in found:
        raise ValueError(f"There is no benchmark {name!r}: expected one of {', '.join(found)}.")
    return subprocess.run([sys.executable, str(found[name]), *arguments], check=False).returncode
