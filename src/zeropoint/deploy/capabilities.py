"""What this processor can do with INT8, and the settings that follow from it."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from zeropoint.hardware import int8_verdict

if TYPE_CHECKING:
    from zeropoint.quant import QConfig
    from zeropoint.quant.config import Bits

SAFE_WEIGHT_BITS = 7  # 255 · 63 · 2 = 32,130 fits 16 bits, 255 · 127 · 2 does not

#: What is looked for: name → the flag that Linux gives it, without underscores and dots.
INSTRUCTIONS = {
    "AVX2": "avx2",
    "AVX-512": "avx512f",
    "AVX-512 VNNI": "avx512vnni",
    "AVX-VNNI": "avxvnni",
    "AMX INT8": "amxint8",
    "NEON": "asimd",
    "NEON dot product": "asimddp",
}
_DOT_PRODUCTS = {"AVX-512 VNNI", "AVX-VNNI", "AMX INT8", "NEON dot product"}
_NO_DOT_PRODUCT = (
    "this CPU has no INT8 dot product: ONNX Runtime's U8S8 kernels saturate 16-bit intermediates – "
    "use reduce_range (7-bit weights) or S8S8"
)


@dataclass(frozen=True)
class Capabilities:
    """The instructions of a processor that matter for INT8.

    Attributes
    ----------
    instructions : tuple of str – those of ``INSTRUCTIONS`` that it has
    int8_dot : bool – whether it adds INT8 products straight into 32 bits
    saturates : bool – whether INT8 kernels add pairs of products in 16 bits on it, as AVX2 does
    sentence : str – what follows
    """

    instructions: tuple[str, ...]
    int8_dot: bool
    saturates: bool
    sentence: str


def cpu_capabilities(flags: Iterable[str] | None = None) -> Capabilities:
    """Return what this processor, or one with these flags, can do with INT8.

    Parameters
    ----------
    flags : iterable of str, optional – as in ``/proc/cpuinfo``; those of this machine by default

    Source: Intel SDM on VPMADDUBSW and VPDPBUSD; Arm ARM on SDOT.

    Examples
    --------
    >>> cpu_capabilities(["avx2", "avx512f", "avx512_vnni"]).int8_dot
    True
    >>> print(cpu_capabilities(["avx2"]).sentence[:40])
    this CPU has no INT8 dot product: ONNX R
    """
    found = _flags_of_this_machine() if flags is None else tuple(flags)
    have = {flag.lower().replace("_", "").replace(".", "") for flag in found}
    instructions = tuple(name for name, flag in INSTRUCTIONS.items() if flag in have)
    dot = bool(_DOT_PRODUCTS & set(instructions))
    saturates = not dot and "avx2" in have
    if saturates:
        return Capabilities(instructions, dot, saturates, _NO_DOT_PRODUCT)
    _, sentence = int8_verdict(found)
    return Capabilities(instructions, dot, saturates, sentence)


def safe_config(config: QConfig | None = None, *, capabilities: Capabilities | None = None) -> QConfig:
    """Return the configuration with which INT8 kernels do not saturate on this processor.

    Parameters
    ----------
    config : QConfig – what is wanted; the default one if None
    capabilities : Capabilities – of the processor that the network will run on; this one's if None

    Returns
    -------
    QConfig
        Unchanged where there is an INT8 dot product; elsewhere with 7 bits for all weights that had 8: two products
        of an 8-bit activation and a 7-bit weight fit the 16 bits in which AVX2 adds them.

    Examples
    --------
    >>> safe_config(capabilities=cpu_capabilities(["avx2"])).weight_bits
    7
    >>> safe_config(capabilities=cpu_capabilities(["avx2", "avx_vnni"])).weight_bits
    8
    """
    from zeropoint.quant import QConfig

    if config is None:
        config = QConfig()
    if capabilities is None:
        capabilities = cpu_capabilities()
    if not capabilities.saturates:
        return config
    layer_bits = {pattern: _safe_pair(bits) for pattern, bits in config.layer_bits.items()}
    return replace(config, weight_bits=_safe(config.weight_bits), layer_bits=layer_bits)


def _safe_pair(bits: int | tuple[Bits, Bits]) -> tuple[Bits, Bits]:
    """Return the bits of a layer's weights, which are changed, and of its activations, which are not."""
    weight_bits, activation_bits = bits if isinstance(bits, tuple) else (bits, bits)
    return _safe(weight_bits), activation_bits


def _safe(weight_bits: Bits) -> Bits:
    return SAFE_WEIGHT_BITS if weight_bits == 8 else weight_bits


@lru_cache(maxsize=1)
def _flags_of_this_machine() -> tuple[str, ...]:
    import cpuinfo

    flags = cpuinfo.get_cpu_info().get("flags", [])
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        flags = [*flags, "asimd", "asimddp"]  # every Apple silicon chip has them, and macOS lists no flags
    return tuple(flags)
