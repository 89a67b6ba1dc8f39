"""Exercise 06.2: a configuration that fits the device, the file and the accuracy of its brief, measured."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from zeropoint.course.spec import PlanCheck

if TYPE_CHECKING:
    import numpy as np

    from zeropoint.quant.config import QConfig
    from zeropoint.vision.statistics import PairedDifference

MOST_BYTES = 160_000
MOST_LOST = 6.0  # points of top-1
IMAGES = 500
OPTIONS = {
    "granularity": ("per-tensor", "per-channel"),
    "activation_range": ("minmax", "percentile", "mse", "entropy"),
}
Plan = dict[str, Any]


def _kernels(plan: Plan) -> str | None:
    for name in ("weight_bits", "activation_bits", "first_and_last_bits"):
        if plan[name] not in (4, 8):
            return f"{name}: the device has integer kernels for 4 and for 8 bits and no others."
    return None


def _activation_memory(plan: Plan) -> str | None:
    if plan["activation_bits"] == 4:
        return None
    return "activation_bits: at 8 bits the largest feature maps do not fit into the device's buffer: 4, please."


def _fits(plan: Plan) -> str | None:
    if _kernels(plan):
        return None  # said already
    size = size_of(plan["weight_bits"], plan["granularity"], plan["first_and_last_bits"])
    if size <= MOST_BYTES:
        return None
    return f"weight_bits: weights, biases and scales take {size:,} bytes, and the brief allows {MOST_BYTES:,}."


def _accurate(plan: Plan) -> str | None:
    if _kernels(plan) or _activation_memory(plan) or _fits(plan):
        return None  # what cannot run need not be measured
    lost = -difference_to_float(**plan).points
    if lost <= MOST_LOST:
        return None
    advice = "and nothing clips its activations"
    if plan["granularity"] == "per-tensor":
        advice = "and one scale serves all channels of a layer"
    elif plan["activation_range"] != "minmax":
        advice = "and its first and last layer, the most sensitive ones, have 4 bits like all others"
    return f"your configuration loses {lost:.1f} points on {IMAGES} images, the brief allows {MOST_LOST:g}; {advice}."


@cache
def size_of(weight_bits: int, granularity: str, first_and_last_bits: int) -> int:
    """Return the bytes of the quantized ResNet-20, which are the same however its activation ranges are chosen."""
    from zeropoint.quant import quantize_model
    from zeropoint.vision import cifar, zoo

    config = _config(weight_bits, granularity, first_and_last_bits)
    return quantize_model(zoo.load("resnet20"), [cifar.calibration(10)[0]], config).nbytes()


@cache
def difference_to_float(
    *, weight_bits: int, activation_bits: int, granularity: str, activation_range: str, first_and_last_bits: int
) -> PairedDifference:
    """Quantize the shipped ResNet-20 as the plan says, and compare it with FP32 on the first images of the test set."""
    from zeropoint.quant import quantize_model
    from zeropoint.vision import cifar, zoo
    from zeropoint.vision.evaluate import hits
    from zeropoint.vision.statistics import paired_difference

    activations = {"activation_bits": activation_bits, "activation_range": activation_range}
    config = _config(weight_bits, granularity, first_and_last_bits, **activations)
    quantized = quantize_model(zoo.load("resnet20"), cifar.calibration(200)[0].split(100), config)
    return paired_difference(_float_hits(), hits(quantized, *cifar.test(IMAGES)))


def _config(weight_bits: int, granularity: str, first_and_last_bits: int, **activations: Any) -> QConfig:
    from zeropoint.quant import PerAxis, PerTensor, QConfig

    return QConfig(
        weight_bits=weight_bits,
        weight_granularity=PerTensor() if granularity == "per-tensor" else PerAxis(0),
        layer_bits={"conv1": first_and_last_bits, "fc": first_and_last_bits},
        **activations,
    )


@cache
def _float_hits() -> np.ndarray:
    """Return, for each image, whether the float network gets it right: bool, shape (IMAGES,)."""
    from zeropoint.vision import cifar, zoo
    from zeropoint.vision.evaluate import hits

    return hits(zoo.load("resnet20"), *cifar.test(IMAGES))


CHECK = PlanCheck(
    form={
        "weight_bits": int,
        "activation_bits": int,
        "granularity": str,
        "activation_range": str,
        "first_and_last_bits": int,
    },
    options=OPTIONS,
    constraints=(_kernels, _activation_memory, _fits, _accurate),
    hints=(
        "8-bit weights take about 277,000 bytes: what does that leave? And which of the entries does the brief decide, "
        "before anything is measured?",
        "With 16 codes an activation range has to clip, and each channel needs a scale of its own. Two layers of 22 "
        "hold less than half a percent of the weights: what would 8 bits there cost?",
        "weight_bits and activation_bits are 4, granularity is per-channel, first_and_last_bits are 8. For "
        "activation_range try the four in your loop; more than one of them keeps the limit.",
    ),
    praise="Measured, not hoped: it fits the device, the file and the accuracy of the brief.",
    seconds=120.0,  # the network is quantized and evaluated
)
