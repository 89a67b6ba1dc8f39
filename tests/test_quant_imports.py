"""The mathematics must load in a blink: no torch, no matplotlib, no ipywidgets until they are needed."""

from __future__ import annotations

import subprocess
import sys

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
