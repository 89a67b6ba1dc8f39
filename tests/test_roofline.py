"""The roofline's arithmetic, by hand."""

from __future__ import annotations

import pytest

from zeropoint.roofline import Device, frame_cost

DEVICE = Device(bandwidth=8e9, fp32=20e9, int8=80e9)


@pytest.mark.parametrize(
    ("intensity", "bits", "rate"), [(1, 32, 8e9), (2.5, 32, 20e9), (9, 32, 20e9), (9, 8, 72e9), (99, 8, 80e9)]
)
def test_roof(intensity: float, bits: int, rate: float) -> None:
    assert DEVICE.attainable(intensity, bits) == rate


@pytest.mark.parametrize(
    ("bits", "memory", "compute", "bound"),
    [(32, 17.5, 50, "compute-bound"), (16, 8.75, 50, "compute-bound"), (8, 4.375, 12.5, "compute-bound")],
)
def test_frame_by_hand(bits: int, memory: float, compute: float, bound: str) -> None:
    frame = frame_cost(25, bits, 10, 1, DEVICE)  # 35 million values over 8 GB/s; 1 GMAC at 20 or 80 GMAC/s
    assert (frame.memory_ms, frame.compute_ms, frame.bound) == (memory, compute, bound)
    assert frame.ms == max(memory, compute)


def test_int4_weights_keep_int8_activations_and_int8_speed() -> None:
    frame, int8 = (frame_cost(100, bits, 10, 1, DEVICE) for bits in (4, 8))
    assert (frame.weights_mb, frame.activations_mb, frame.traffic_mb) == (50, 10, 60)
    assert frame.compute_ms == int8.compute_ms
