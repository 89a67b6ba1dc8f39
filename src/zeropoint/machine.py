"""How fast this machine moves bytes and multiplies, measured: the roofs under which every layer runs.

Everything is measured on **one thread**, so that the figures of different machines compare, and in that thread's own
processor time, so that waiting for a turn on a busy machine does not count. A roof is what a machine *can* do, so it is
the best of many short runs; the median, and the time that one run in ten exceeds, are kept beside it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeropoint.roofline import Device

if TYPE_CHECKING:
    from torch import Tensor, nn

MAIN_MEMORY_BYTES = 64 * 2**20  # of each of two buffers: beyond the caches of nearly every CPU
CACHE_BYTES = 128 * 2**10  # two of these fit into the second-level cache of nearly every CPU
MATRIX = 256  # rows and columns: large enough for full speed, and done before another process gets its turn
FASTER = 1.2  # a smaller advantage of INT8 is no fast path, only noise

# processor time of this thread; on Windows it moves in steps of 16 ms, too coarse for this
_clock = time.perf_counter if sys.platform == "win32" else time.thread_time


class Timing(NamedTuple):
    """Repeated runs of one piece of work.

    Attributes
    ----------
    best, median, slow : float – seconds a run; one run in ten took longer than ``slow``
    runs : int
    """

    best: float
    median: float
    slow: float
    runs: int

    def __str__(self) -> str:
        best, median, slow = (_duration(t) for t in self[:3])
        return f"{best} (best of {self.runs}; median {median}, one in ten over {slow})"


class Machine(NamedTuple):
    """What was measured on this machine, one thread.

    Attributes
    ----------
    copy : Timing – of copying :data:`MAIN_MEMORY_BYTES`
    cache : Timing – of copying :data:`CACHE_BYTES`, which stay in the cache
    fp32 : Timing – of a product of two FP32 matrices of :data:`MATRIX` rows and columns
    int8 : Timing or None – of the same product with INT8 matrices and INT32 sums; None where torch has none
    """

    copy: Timing
    cache: Timing
    fp32: Timing
    int8: Timing | None

    @property
    def bandwidth(self) -> float:
        """Bytes a second, read plus written."""
        return 2 * MAIN_MEMORY_BYTES / self.copy.best

    @property
    def cache_bandwidth(self) -> float:
        """Bytes a second, read plus written, within the cache."""
        return 2 * CACHE_BYTES / self.cache.best

    @property
    def int8_gain(self) -> float:
        """How many times as fast INT8 products are as FP32 ones; 1 where there is no INT8 product."""
        return self.fp32.best / self.int8.best if self.int8 else 1.0

    @property
    def device(self) -> Device:
        """The roofs alone."""
        fp32 = MATRIX**3 / self.fp32.best
        return Device(self.bandwidth, fp32, fp32 * self.int8_gain)

    def int8_verdict(self) -> str:
        """Say in one sentence whether CPU and torch have a fast INT8 product."""
        if self.int8 is None:
            return "This build of torch multiplies no INT8 matrices on the CPU: the INT8 roof is drawn at FP32's."
        if self.int8_gain < FASTER:
            return f"No fast INT8 path: INT8 products run at {self.int8_gain:.1f} times the rate of FP32 ones here."
        return f"A fast INT8 path: INT8 products run at {self.int8_gain:.1f} times the rate of FP32 ones."

    def __str__(self) -> str:
        rows = [
            _row("copy, main memory", self.copy, 2 * MAIN_MEMORY_BYTES, "GB/s"),
            _row("copy, cache", self.cache, 2 * CACHE_BYTES, "GB/s"),
            _row("FP32 product", self.fp32, MATRIX**3, "GMAC/s"),
        ]
        if self.int8:
            rows.append(_row("INT8 product", self.int8, MATRIX**3, "GMAC/s"))
        return "\n".join([*rows, self.int8_verdict()])


def time_call(work: Callable[[], object], *, seconds: float = 0.3, most: int = 500) -> Timing:
    """Run some work again and again on one thread, and time each run.

    Parameters
    ----------
    work : callable without arguments
    seconds : float – for all runs together, after two that are not counted; at least five runs are made
    most : int – runs at most

    Examples
    --------
    >>> timing = time_call(lambda: sum(range(1000)), seconds=0.01)
    >>> timing.best <= timing.median <= timing.slow
    True
    """
    runs: list[float] = []
    with _one_thread():
        for _ in range(2):  # caches, buffers and just-in-time choices of a library settle
            work()
        end = time.perf_counter() + seconds
        while len(runs) < 5 or (time.perf_counter() < end and len(runs) < most):
            start = _clock()
            work()
            runs.append(_clock() - start)
    return Timing(min(runs), float(np.median(runs)), float(np.quantile(runs, 0.9)), len(runs))


def measure_machine(*, seconds: float = 4.0) -> Machine:
    """Measure copy bandwidth and the rates of FP32 and INT8 matrix products, on one thread.

    Parameters
    ----------
    seconds : float – for all four measurements together, about
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    a = torch.randn(MATRIX, MATRIX, generator=generator)
    codes = torch.randint(-127, 128, (MATRIX, MATRIX), dtype=torch.int8, generator=generator)
    share = seconds / 4
    copy = _time_copy(MAIN_MEMORY_BYTES, share)
    cache = _time_copy(CACHE_BYTES, share)
    fp32 = time_call(lambda: torch.mm(a, a), seconds=share, most=5000)
    int8 = None
    if has_int8_product():
        int8 = time_call(lambda: torch._int_mm(codes, codes), seconds=share, most=5000)
    return Machine(copy, cache, fp32, int8)


def has_int8_product() -> bool:
    """Return whether torch multiplies INT8 matrices into INT32 sums on the CPU."""
    import torch

    ones = torch.ones(32, 32, dtype=torch.int8)
    try:
        return bool((torch._int_mm(ones, ones) == 32).all())
    except (AttributeError, RuntimeError):  # torch keeps it private, so it may go
        return False


def time_layers(model: nn.Module, images: Tensor, *, seconds: float = 3.0) -> dict[str, Timing]:
    """Time every Conv2d and Linear layer by itself, on one thread, with the input it gets in the network.

    Parameters
    ----------
    model : nn.Module, in evaluation mode
    images : float tensor, shape (N, C, H, W)
    seconds : float – for all layers together, about

    Returns
    -------
    dict
        Name of the layer → Timing, in the order of ``model.named_modules()``.
    """
    import torch
    from torch import nn

    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear)}
    share = seconds / len(layers)
    with torch.inference_mode():
        inputs = _inputs(layers, model, images)
        return {name: time_call(partial(layers[name], x), seconds=share) for name, x in inputs.items()}


def _inputs(layers: Mapping[str, nn.Module], model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """Return what each layer gets when the model runs, in the order of the pass."""
    seen: dict[str, Tensor] = {}

    def keep(name: str, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen[name] = inputs[0]

    hooks = [layer.register_forward_pre_hook(partial(keep, name)) for name, layer in layers.items()]
    try:
        model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


@contextmanager
def _one_thread() -> Generator[None]:
    """Let torch compute on one thread, and give it back its threads afterwards."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _time_copy(size: int, seconds: float) -> Timing:
    source = np.ones(size, np.uint8)
    target = np.empty(size, np.uint8)
    return time_call(lambda: np.copyto(target, source), seconds=seconds, most=5000)


def _row(name: str, timing: Timing, work: float, unit: str) -> str:
    """Return the rates of some work in billions a second: the best, the middle one, and that of slow runs."""
    best, median, slow = (work / seconds / 1e9 for seconds in timing[:3])
    return f"{name:18} {best:6.1f} {unit:6} best of {timing.runs}; median {median:.1f}, one in ten below {slow:.1f}"


def _duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.3g} s"
    if seconds * 1e3 >= 1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds * 1e6:.3g} µs"
