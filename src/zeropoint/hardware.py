"""What this machine is: instruction set, cores, memory, disk, each with a verdict for the course."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

OK = "OK"
WARN = "WARN"
FAIL = "FAIL"
GIB = 2**30
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")  # what a container (a hub, Binder) may take in all

#: What the instruction set means for INT8: the first row whose flags are all there decides. Names as the kernel
#: writes them, without underscores and dots; sources: Intel SDM on VPMADDUBSW and VPDPBUSD, Arm ARM on SDOT.
INT8_PATHS = (
    ({"amxint8"}, OK, "AMX multiplies INT8 tiles into 32-bit sums: fast and exact"),
    ({"avx512vnni"}, OK, "AVX-512 VNNI adds INT8 products into 32-bit sums: fast and exact"),
    ({"avxvnni"}, OK, "AVX-VNNI adds INT8 products into 32-bit sums: fast and exact"),
    ({"asimddp"}, OK, "NEON dot product adds INT8 products into 32-bit sums: fast and exact"),
    ({"avx2"}, OK, "AVX2 without VNNI adds INT8 products into 16-bit sums, which saturate: use 7-bit weights there"),
)


def check_cpu() -> tuple[str, str]:
    """Say which instructions INT8 arithmetic can use here, and what follows from that."""
    import cpuinfo

    info = cpuinfo.get_cpu_info()
    flags = info.get("flags", [])
    if sys.platform == "darwin" and info.get("arch") == "ARM_8":
        flags = [*flags, "asimddp"]  # every Apple silicon chip has it, and macOS lists no flags
    status, sentence = int8_verdict(flags)
    return status, f"{info.get('brand_raw') or info.get('arch') or 'unknown CPU'}: {sentence}"


def int8_verdict(flags: Iterable[str]) -> tuple[str, str]:
    """Return the verdict on a CPU's flags, spelled as any operating system does.

    Examples
    --------
    >>> int8_verdict(["AVX2", "avx512_vnni"])
    ('OK', 'AVX-512 VNNI adds INT8 products into 32-bit sums: fast and exact')
    """
    have = {flag.lower().replace("_", "").replace(".", "") for flag in flags}
    for needed, status, sentence in INT8_PATHS:
        if needed <= have:
            return status, sentence
    return WARN, "no INT8 instructions were found: lessons run, but INT8 will not be faster than FP32 here"


def check_cores() -> tuple[str, str]:
    """Count the cores that this process may use."""
    usable = usable_cores()
    if usable < 2:
        return WARN, "1 core: expect lessons to take about twice their stated time"
    return OK, f"{usable} cores usable of {os.cpu_count()}"


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_memory() -> tuple[str, str]:
    """Look at the free memory, or at the container's limit where that is lower."""
    import psutil

    memory = psutil.virtual_memory()
    total = memory.total
    free = memory.available
    text = CGROUP_LIMIT.read_text().strip() if CGROUP_LIMIT.is_file() else "max"
    if text != "max":
        limit = int(text)
        total = min(total, limit)
        free = min(free, limit)
    message = f"{free / GIB:.1f} GB free of {total / GIB:.1f} GB"
    if free < 2 * GIB:
        return WARN, f"{message}: close other programs, 2 GB are advised"
    return OK, message


def check_disk() -> tuple[str, str]:
    """Look at the free disk space where the course lies."""
    from zeropoint.paths import course_root

    free = shutil.disk_usage(course_root()).free
    message = f"{free / GIB:.1f} GB free"
    if free < GIB:
        return WARN, f"{message}: 1 GB is advised"
    return OK, message
