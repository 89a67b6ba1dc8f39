"""The mathematics must load in a blink: no torch, no matplotlib, no ipywidgets until they are needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import zeropoint.quant

FOLDER = Path(zeropoint.quant.__file__).parent
HEAVY = ("torch", "matplotlib", "ipywidgets", "pandas")


def loaded_after(code: str) -> set[str]:
    probe = f"{code}\nimport sys\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_loads_nothing_heavy() -> None:
    assert loaded_after("import zeropoint.quant") == set()


def test_quantizing_arrays_loads_nothing_heavy() -> None:
    code = (
        "import numpy as np, zeropoint.quant as q\n"
        "o = q.MinMaxObserver(q.PerAxis(0)); o.observe(np.ones((2, 3), np.float32))\n"
        "p = o.calculate_qparams(); q.dequantize_affine(q.quantize_affine(np.ones((2, 3), np.float32), *p), *p[:2])"
    )
    assert loaded_after(code) == set()


def test_the_probe_would_notice() -> None:
    assert "torch" in loaded_after("from zeropoint.quant import quantize_model")


def test_type_checkers_see_what_is_loaded_on_first_use() -> None:
    tree = ast.parse((FOLDER / "__init__.py").read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    seen = {alias.name: line.module for line in block.body for alias in line.names}
    assert seen == zeropoint.quant._NEEDS_TORCH
