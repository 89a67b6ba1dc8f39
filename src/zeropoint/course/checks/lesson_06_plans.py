"""Exercises 06.2 and 06.5: a configuration that meets its brief, measured; and acceptance criteria."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from zeropoint.course.spec import PlanCheck

MOST_BYTES, MOST_LOST, IMAGES = 160_000, 6.0, 500
RANGES = ("minmax", "percentile", "mse", "entropy")
Plan = dict[str, Any]


def _kernels(plan: Plan) -> str | None:
    for name in ("weight_bits", "activation_bits", "first_and_last_bits"):
        if plan[name] not in (4, 8):
            return f"{name}: the device has integer kernels for 4 and for 8 bits and no others."
    if plan["granularity"] not in ("per-tensor", "per-channel"):
        return 'granularity: expected "per-tensor" or "per-channel".'
    return None if plan["activation_range"] in RANGES else f"activation_range: expected one of {', '.join(RANGES)}."


def _activation_memory(plan: Plan) -> str | None:
    if plan["activation_bits"] == 4:
        return None
    return "activation_bits: at 8 bits the largest feature maps do not fit into the device's buffer: 4, please."


def _fits(plan: Plan) -> str | None:
    if _kernels(plan):
        return None  # said already
    size = measured(**plan)[0]
    if size <= MOST_BYTES:
        return None
    return f"weight_bits: weights, biases and scales take {size:,} bytes, and the brief allows {MOST_BYTES:,}."


def _accurate(plan: Plan) -> str | None:
    if _kernels(plan) or _activation_memory(plan) or _fits(plan):
        return None  # what cannot run need not be measured
    lost = -measured(**plan)[1].points
    if lost <= MOST_LOST:
        return None
    advice = "and nothing clips its activations"
    if plan["granularity"] == "per-tensor":
        advice = "and one scale serves all channels of a layer"
    elif plan["activation_range"] != "minmax":
        advice = "and its first and last layer, the most sensitive ones, have 4 bits like all others"
    return f"your configuration loses {lost:.1f} points on {IMAGES} images, the brief allows {MOST_LOST:g}; {advice}."


@lru_cache(maxsize=32)
def measured(
    *, weight_bits: int, activation_bits: int, granularity: str, activation_range: str, first_and_last_bits: int
) -> tuple[int, Any]:
    """Quantize the shipped ResNet-20 as the plan says; return its bytes and the paired difference to FP32."""
    from zeropoint.quant import PerAxis, PerTensor, QConfig, quantize_model
    from zeropoint.vision import cifar, zoo
    from zeropoint.vision.evaluate import hits
    from zeropoint.vision.statistics import paired_difference

    model, test = zoo.load("resnet20"), cifar.test(IMAGES)
    config = QConfig(
        weight_bits=weight_bits,
        activation_bits=activation_bits,
        weight_granularity=PerTensor() if granularity == "per-tensor" else PerAxis(0),
        activation_range=activation_range,
        layer_bits={"conv1": first_and_last_bits, "fc": first_and_last_bits},
    )
    quantized = quantize_model(model, cifar.calibration(200)[0].split(100), config)
    return quantized.nbytes(), paired_difference(hits(model, *test), hits(quantized, *test))


PICK = PlanCheck(
    form={
        "weight_bits": int,
        "activation_bits": int,
        "granularity": str,
        "activation_range": str,
        "first_and_last_bits": int,
    },
    constraints=(_kernels, _activation_memory, _fits, _accurate),
    hints=(
        "8-bit weights take about 277,000 bytes: what does that leave?",
        "With 16 codes an activation range has to clip, and each channel needs a scale of its own.",
        "Two layers of 22 hold less than half a percent of the weights: what would 8 bits there cost?",
    ),
    praise="Measured, not hoped: it fits the device, the file and the accuracy of the brief.",
    seconds=120.0,  # the network is quantized and evaluated
)


def _metric(plan: Plan) -> str | None:
    if plan["metric"] == "paired difference":
        return None
    if plan["metric"] == "two accuracies":
        return "metric: two accuracies have two wide intervals; the difference on the same images has one narrow one."
    return 'metric: expected "paired difference" or "two accuracies".'


def _bound(plan: Plan) -> str | None:
    if plan["decide_by"] == "interval":
        return None
    if plan["decide_by"] == "point estimate":
        return "decide_by: a point estimate of −0.4 may stand for −1.2: the interval's lower end has to keep the limit."
    return 'decide_by: expected "interval" or "point estimate".'


def _drop(plan: Plan) -> str | None:
    if plan["most_lost"] > 0.5:
        return "most_lost: the brief allows half a point of top-1 and no more."
    if plan["most_lost"] > 0:
        return None
    return "most_lost: that there is no loss at all can be shown by no experiment: name a loss that you can live with."


def _images(plan: Plan) -> str | None:
    if plan["images"] > 50_000:
        return "images: the brief has 50,000 labelled images that were used for nothing else, not more."
    half = 196 * (0.015 / plan["images"]) ** 0.5 if plan["images"] > 0 else float("inf")
    if half <= 0.25:
        return None
    return (
        f"images: with {plan['images']:,} images, 1.5 % of which change, the interval reaches ±{half:.2f} points: half "
        "of the allowed loss (0.25) or less is needed, or a good model fails by chance."
    )


def _classes(plan: Plan) -> str | None:
    if plan["class_guardrail"]:
        return None
    return "class_guardrail: an average of −0.3 can hide a class at −10: look at every class, with intervals."


def _latency(plan: Plan) -> str | None:
    if plan["latency"] not in ("median", "95th percentile", "best of many"):
        return 'latency: expected "median", "95th percentile" or "best of many".'
    if plan["latency"] == "95th percentile":
        return None
    return "latency: the brief says that of 100 frames 95 have to come in time, which is the 95th percentile."


def _where(plan: Plan) -> str | None:
    given = {str(item).strip().lower() for item in plan["measured_on"]}
    needed = {"the product's runtime": "runtime", "the product's device": "device"}
    missing = [name for name in needed if name not in given]
    if missing:
        return f"measured_on: {missing[0]} is missing; another {needed[missing[0]]} has other kernels and other times."
    return None


def _locked(plan: Plan) -> str | None:
    given = {str(item).strip().lower() for item in plan["locked"]}
    missing = sorted({"threads", "batch size", "input size"} - given)
    if not missing:
        return None
    return f"locked: {', '.join(missing)} can change between two runs: a ratio of times then compares two settings."


CRITERIA = PlanCheck(
    form={
        "metric": str,
        "decide_by": str,
        "most_lost": float,
        "images": int,
        "class_guardrail": bool,
        "latency": str,
        "measured_on": list,
        "locked": list,
    },
    constraints=(_metric, _bound, _drop, _images, _classes, _latency, _where, _locked),
    hints=(
        "A criterion can be failed: it names a number, the images it is measured on, and what decides.",
        "The paired interval is about ±196·√(d / n) points, where d is the share of images that change.",
        "The tail of the latency, in the product's runtime, on its device, with threads, batch and input size locked.",
    ),
    praise="Criteria that can be failed, written before the measurement: that is what makes a result count.",
)
