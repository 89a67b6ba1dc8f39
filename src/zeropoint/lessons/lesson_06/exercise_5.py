"""Exercise 06.5: acceptance criteria that can be failed, written before the measurement."""

from __future__ import annotations

from typing import Any

from zeropoint.course.spec import PlanCheck

Plan = dict[str, Any]


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
    constraints=(_metric, _bound, _drop, _images, _classes, _latency, _where, _locked),
    hints=(
        "A criterion can be failed: it names a number, the images it is measured on, and what decides.",
        "The paired interval is about ±196·√(d / n) points, where d is the share of images that change.",
        "The tail of the latency, in the product's runtime, on its device, with threads, batch and input size locked.",
    ),
    praise="Criteria that can be failed, written before the measurement: that is what makes a result count.",
)
