"""From simulation to a runtime: export, run, compare, see which kernels ran, and time them honestly.

Names are imported on first use: torch, ONNX and the runtimes load only when they are needed. The runtimes are the
extra ``deploy``: ``pip install 'zeropoint[deploy]'``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for editors and type checkers: what _MODULES brings on first use
    from zeropoint.deploy.agreement import Parity, parity
    from zeropoint.deploy.baseline import best_float, float_runs
    from zeropoint.deploy.capabilities import Capabilities, cpu_capabilities, safe_config
    from zeropoint.deploy.comparison import Comparison
    from zeropoint.deploy.kernels import executed_kernels, fallbacks
    from zeropoint.deploy.latency import compare, latency_table, torch_threads
    from zeropoint.deploy.onnx_export import export_onnx
    from zeropoint.deploy.provoke import run_without_dot_product
    from zeropoint.deploy.runtimes import Session, open_session
    from zeropoint.deploy.saturation import emulate_saturation, layer_codes, saturating_dot

_MODULES = {
    "agreement": ("Parity", "parity"),
    "baseline": ("best_float", "float_runs"),
    "capabilities": ("Capabilities", "cpu_capabilities", "safe_config"),
    "comparison": ("Comparison",),
    "kernels": ("executed_kernels", "fallbacks"),
    "latency": ("compare", "latency_table", "torch_threads"),
    "onnx_export": ("export_onnx",),
    "provoke": ("run_without_dot_product",),
    "runtimes": ("Session", "open_session"),
    "saturation": ("emulate_saturation", "layer_codes", "saturating_dot"),
}
_HOME = {name: f"zeropoint.deploy.{module}" for module, names in _MODULES.items() for name in names}

__all__ = [
    "Capabilities",
    "Comparison",
    "Parity",
    "Session",
    "best_float",
    "compare",
    "cpu_capabilities",
    "emulate_saturation",
    "executed_kernels",
    "export_onnx",
    "fallbacks",
    "float_runs",
    "latency_table",
    "layer_codes",
    "open_session",
    "parity",
    "run_without_dot_product",
    "safe_config",
    "saturating_dot",
    "torch_threads",
]


if not TYPE_CHECKING:  # a type checker that saw it would believe in every misspelt name

    def __getattr__(name: str) -> object:
        if name in _HOME:
            return getattr(import_module(_HOME[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
