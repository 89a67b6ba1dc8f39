"""Measurements without any absolute time: what is counted, what is told, and that nothing is left behind."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zeropoint.machine import Machine, Timing, has_int8_product, measure_machine, time_call, time_layers
from zeropoint.vision.costs import layer_costs
from zeropoint.vision.models import resnet20

IMAGE = torch.zeros(1, 3, 32, 32)


def test_time_call_counts_every_run_but_the_first_two() -> None:
    calls = []
    timing = time_call(lambda: calls.append(0), seconds=60, most=20)
    assert (timing.runs, len(calls)) == (20, 22)
    assert timing.best <= timing.median <= timing.slow


def test_time_call_makes_five_runs_whatever_the_time() -> None:
    assert time_call(lambda: None, seconds=0).runs == 5


def machine(int8: Timing | None) -> Machine:
    return Machine(Timing(1e-2, 2e-2, 3e-2, 9), Timing(1e-6, 1e-6, 1e-6, 9), Timing(4e-4, 5e-4, 9e-4, 9), int8)


@pytest.mark.parametrize(
    ("int8", "words"),
    [
        (Timing(1e-4, 1e-4, 1e-4, 9), "A fast INT8 path: INT8 products run at 4.0 times"),
        (Timing(5e-4, 5e-4, 5e-4, 9), "No fast INT8 path: INT8 products run at 0.8 times"),
        (None, "multiplies no INT8 matrices"),
    ],
)
def test_verdict_says_what_was_found(int8: Timing | None, words: str) -> None:
    assert words in str(machine(int8))
    assert ("INT8 product " in str(machine(int8))) == (int8 is not None)


def test_machine_counts_bytes_read_and_written() -> None:
    assert machine(None).bandwidth == 2 * 64 * 2**20 / 1e-2
    assert machine(None).device.int8 == machine(None).device.fp32 == 256**3 / 4e-4


def test_measuring_gives_torch_its_threads_back() -> None:
    before = torch.get_num_threads()
    found = measure_machine(seconds=0.05)
    assert torch.get_num_threads() == before
    assert found.bandwidth > 0 and found.device.fp32 > 0


def test_torch_without_int8_product_is_measured_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch, "_int_mm")
    assert not has_int8_product()
    assert measure_machine(seconds=0.02).int8 is None


def test_every_layer_is_timed_with_its_own_input() -> None:
    net = resnet20().eval()
    times = time_layers(net, IMAGE, seconds=0.05)
    assert list(times) == [cost.layer for cost in layer_costs(net, IMAGE)]
    assert not any(module._forward_pre_hooks for module in net.modules())
    assert np.all(np.array([t.best for t in times.values()]) > 0)
