"""From simulation to a runtime: export, run, compare, see which kernels ran, and time them honestly.

Names are imported on first use: torch, ONNX and the runtimes load only when they are needed. The runtimes are the
extra ``deploy``: ``pip install 'zeropoint[deploy]'``.
"""

from __future__ import annotations

from importlib import import_module

_MODULES = {
    "agreement": ("Parity", "parity"),
    "baseline": ("best_float", "float_runs"),
    "capabilities": ("Capabilities", "cpu_capabilities", "safe_config"),
    "comparison": ("Comparison",),
    "kernels": ("executed_kernels", "fallbacks"),
    "latency": ("compare", "latency_table", "torch_threads"),
    "onnx_export": ("export_onnx",),
    "runtimes": ("Session", "open_session"),
    "saturation": ("run_without_dot_product", "saturating_dot"),
}
_HOME = {name: f"zeropoint.deploy.{module}" for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
