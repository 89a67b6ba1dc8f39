"""Exercise 06.5: acceptance criteria that can be failed, written before the measurement."""

from __future__ import annotations

import math
from typing import Any

from zeropoint.course.spec import PlanCheck

Plan = dict[str, Any]


ALLOWED = 0.5  # points of top-1 that the brief allows to lose
SHARE = 0.02  # points: so little is half a point as a share of 1, or part of it, and more than the images can show
CHANGES = 0.015  # share of the images that quantization changes in the pilot runs
LABELLED = 50_000
OPTIONS = {
    "metric": ("two accuracies", "paired difference"),
    "decide_by": ("point estimate", "interval"),
    "latency": ("median", "95th percentile", "best of many"),
    "measured_on": ("the product's runtime", "the product's device", "a desktop", "the training framework"),
    "locked": ("threads", "batch size", "input size", "room temperature"),
}


def _metric(plan: Plan) -> str | None:
    if plan["metric"] == "paired difference":
        return None
    return "metric: two accuracies have two wide intervals; the difference on the same images has one narrow one."


def _bound(plan: Plan) -> str | None:
    if plan["decide_by"] == "interval":
        return None
    return "decide_by: a point estimate of −0.4 may stand for −1.2: the interval's lower end has to keep the limit."


def _drop(plan: Plan) -> str | None:
    lost = abs(plan["most_lost"])
    if 0 < lost < SHARE:
        return "most_lost: points are percent of the images: half a point is 0.5, and 0.005 is half a hundredth of it."
    if lost > ALLOWED:
        return "most_lost: the brief allows half a point of top-1 and no more."
    if lost > 0:
        return None
    return "most_lost: that there is no loss at all can be shown by no experiment: name a loss that you can live with."


def _images(plan: Plan) -> str | None:
    count = plan["images"]
    if count > LABELLED:
        return "images: the brief has 50,000 labelled images that were used for nothing else, not more."
    if count < 1:
        return "images: expected a number of images, 1 or more."
    lost = abs(plan["most_lost"])
    useful = (lost if SHARE <= lost <= ALLOWED else ALLOWED) / 2  # another most_lost has its own sentence
    half = 196 * (CHANGES / count) ** 0.5
    if half <= useful:
        return None
    half = math.ceil(1000 * half) / 1000  # upwards: it must not read like the limit that it misses
    return (
        f"images: with {count:,} images, 1.5 % of which change, the interval reaches ±{half:.3f} points: half of "
        f"most_lost ({useful:g}) or less is needed, or a good model fails by chance."
    )


def _classes(plan: Plan) -> str | None:
    if plan["class_guardrail"]:
        return None
    return "class_guardrail: an average of −0.3 can hide a class at −10: look at every class, with intervals."


def _latency(plan: Plan) -> str | None:
    if plan["latency"] == "95th percentile":
        return None
    return "latency: the brief says that of 100 frames 95 have to come in time, which is the 95th percentile."


def _where(plan: Plan) -> str | None:
    needed = {"the product's runtime": "runtime", "the product's device": "device"}
    missing = [name for name in needed if name not in plan["measured_on"]]
    if missing:
        return f"measured_on: {missing[0]} is missing; another {needed[missing[0]]} has other kernels and other times."
    others = [name for name in plan["measured_on"] if name not in needed]
    if others:
        return f"measured_on: {others[0]} beside the product gives two verdicts, which may contradict each other."
    return None


def _locked(plan: Plan) -> str | None:
    missing = sorted({"threads", "batch size", "input size"} - set(plan["locked"]))
    if not missing:
        return None
    return f"locked: {', '.join(missing)} can change between two runs: a ratio of times then compares two settings."


CHECK = PlanCheck(
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
    options=OPTIONS,
    partial=True,
    constraints=(_metric, _bound, _drop, _images, _classes, _latency, _where, _locked),
    hints=(
        "What would have to be measured for your criterion to fail? If nothing could make it fail, it is none.",
        "Same images, one narrow interval, its worse end against the limit. The brief names a tail of the latency and "
        "a product; locked is whatever changes a run and can be held.",
        "Solve 196·√(0.015 / images) ≤ most_lost / 2 for images. The rest: paired difference, interval, "
        "95th percentile, the product's runtime *and* device, and all three settings of the run.",
    ),
    praise="Criteria that can be failed, written before the measurement: that is what makes a result count.",
)
