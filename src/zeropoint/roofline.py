"""The roofline of a device, and the bound that follows for a whole frame: arithmetic only, nothing is measured.

Bytes take time to move and multiply-accumulates take time to compute; both overlap, so the longer one decides.

Source: Williams, Waterman and Patterson 2009, "Roofline: An Insightful Visual Performance Model for Multicore
Architectures", CACM 52(4).
"""

from __future__ import annotations

from typing import NamedTuple


class Device(NamedTuple):
    """What a roofline needs to know of a device.

    Attributes
    ----------
    bandwidth : float – bytes a second from and to main memory
    fp32, int8 : float – multiply-accumulates a second
    """

    bandwidth: float
    fp32: float
    int8: float

    def rate(self, bit_width: int) -> float:
        """Return the multiply-accumulates a second with codes of this width: wider than 8 bits runs as FP32."""
        return self.int8 if bit_width <= 8 else self.fp32

    def attainable(self, intensity: float, bit_width: int) -> float:
        """Return the roof over a layer, in multiply-accumulates a second.

        Examples
        --------
        >>> Device(bandwidth=8e9, fp32=20e9, int8=80e9).attainable(0.25, 32)
        2000000000.0
        """
        return min(self.rate(bit_width), intensity * self.bandwidth)


class Frame(NamedTuple):
    """What one frame takes at least.

    Attributes
    ----------
    file_mb, weights_mb, activations_mb : float – megabytes (10⁶ bytes): on disk, and moved for each frame
    memory_ms, compute_ms : float – milliseconds to move the bytes, and to multiply
    """

    file_mb: float
    weights_mb: float
    activations_mb: float
    memory_ms: float
    compute_ms: float

    @property
    def traffic_mb(self) -> float:
        """Megabytes moved for each frame."""
        return self.weights_mb + self.activations_mb

    @property
    def ms(self) -> float:
        """Milliseconds a frame takes at least: moving and multiplying overlap, so the longer one decides."""
        return max(self.memory_ms, self.compute_ms)

    @property
    def bound(self) -> str:
        """Which of the two decides."""
        return "memory-bound" if self.memory_ms > self.compute_ms else "compute-bound"


def frame_cost(parameters_m: float, bits: int, activations_m: float, gmacs: float, device: Device) -> Frame:
    """Return the lower bound on a frame's time, for a whole network as if it were one layer.

    Activations have the bits of the weights, but 8 at least: INT4 is used for weights only, and runs at INT8's rate.

    Parameters
    ----------
    parameters_m, activations_m : float – millions of weights, and of activation values read or written for a frame
    bits : int – of a weight
    gmacs : float – billions of multiply-accumulates a frame
    device : Device

    Examples
    --------
    >>> frame = frame_cost(25, 8, 10, 1, Device(bandwidth=8e9, fp32=20e9, int8=80e9))
    >>> frame.file_mb, frame.memory_ms, frame.compute_ms, frame.bound
    (25.0, 4.375, 12.5, 'compute-bound')
    """
    weights_mb = parameters_m * bits / 8
    activations_mb = activations_m * max(bits, 8) / 8
    return Frame(
        file_mb=weights_mb,
        weights_mb=weights_mb,
        activations_mb=activations_mb,
        memory_ms=(weights_mb + activations_mb) * 1e9 / device.bandwidth,
        compute_ms=gmacs * 1e12 / device.rate(bits),
    )
