"""Exercise 04.4: a calibration plan, which has to keep to every constraint of its brief; many plans do."""

from __future__ import annotations

from math import lgamma
from typing import Any

import numpy as np

from zeropoint.course.spec import PlanCheck

PREPROCESSING = ("decode", "rgb", "resize 224", "divide by 255", "normalise")
SOURCES = ("line camera", "training folder", "validation set", "test set", "web photos")
OBSERVERS = ("minmax", "moving_average", "percentile", "mse", "entropy")
CHECKS = ("input ranges", "layer ranges", "predicted classes", "overlap")
CLASSES = 12
LEAST_A_CLASS = 20
LEAST_CHANCE = 0.945  # the brief's 95 %, to the precision of a simulation with some thousand draws
SECONDS_AN_IMAGE = 0.5
MOST_SECONDS = 600

Plan = dict[str, Any]

WRONG_SOURCES = {
    "test set": "whoever calibrates on the test set reports an accuracy that the model has already seen.",
    "validation set": "the validation set has to choose the observer, so it must not set the ranges as well.",
    "web photos": "web photos come from other cameras, in other light; the ranges would fit them, not the line.",
    "training folder": (
        "the training folder holds augmented crops at 160 pixels, and inference sees neither of the two."
    ),
}


def _source(plan: Plan) -> str | None:
    given = plan["source"].lower()
    if given == "line camera":
        return None
    expected = f"expected one of {', '.join(SOURCES)}."
    return f"source: {WRONG_SOURCES.get(given, expected)}"


def _classes(plan: Plan) -> str | None:
    if plan["classes"] == CLASSES:
        return None
    return f"classes: the line sorts {CLASSES} kinds of parts, and each of them has to take part in setting the ranges."


def _enough(plan: Plan) -> str | None:
    images = plan["images"]
    if images < CLASSES * LEAST_A_CLASS:
        return f"images: {images} in all are fewer than the {LEAST_A_CLASS} of each kind that the brief asks for."
    if images > MOST_SECONDS / SECONDS_AN_IMAGE:
        return None  # whether that many come in time is asked next
    chance = chance_of_enough(images)
    if chance >= LEAST_CHANCE:
        return None
    return (
        f"images: without labels chance decides which kinds turn up. Of {images} frames each kind has "
        f"{images / CLASSES:.0f} on average, but all {CLASSES} kinds have {LEAST_A_CLASS} or more with a chance of "
        f"{100 * chance:.0f} % only: the rarest of twelve decides, so take more."
    )


def chance_of_enough(images: int) -> float:
    """Return the chance that each of 12 equally frequent kinds occurs 20 times or more among random frames.

    The counts of the kinds are independent Poisson numbers, given their sum: the chance is exact.

    Examples
    --------
    >>> [round(chance_of_enough(images), 3) for images in (240, 300, 400, 480)]
    [0.0, 0.14, 0.955, 0.999]
    """
    of_one_kind = _poisson(images / CLASSES, images)
    of_one_kind[:LEAST_A_CLASS] = 0
    of_all = np.ones(1)
    for _ in range(CLASSES):
        of_all = np.convolve(of_all, of_one_kind)[: images + 1]
    return float(of_all[images] / _poisson(images, images)[images])


def _poisson(mean: float, most: int) -> np.ndarray:
    """Return the probabilities of 0 … most events."""
    log_factorials = np.array([lgamma(count + 1) for count in range(most + 1)])
    return np.exp(np.arange(most + 1) * np.log(mean) - mean - log_factorials)


def _in_time(plan: Plan) -> str | None:
    seconds = plan["images"] * SECONDS_AN_IMAGE
    if seconds <= MOST_SECONDS:
        return None
    return (
        f"images: {plan['images']:,} take {seconds:,g} s and the release job has {MOST_SECONDS}: past some hundred "
        "images the ranges of a robust observer hardly move anyway."
    )


def _shifts(plan: Plan) -> str | None:
    given = {str(shift).lower().replace("shift", "").strip() for shift in plan["shifts"]}
    missing = {"day", "night"} - given
    if missing:
        names = " and the ".join(sorted(missing))
        return f"shifts: images of the {names} shift are missing; the model will meet its light."
    unknown = given - {"day", "night"}
    if unknown:
        return f"shifts: the brief knows no {', '.join(sorted(unknown))}, only day and night."
    return None


def _preprocessing(plan: Plan) -> str | None:
    steps = [_step(step) for step in plan["preprocessing"]]
    if steps == list(PREPROCESSING):
        return None
    missing = [step for step in PREPROCESSING if step not in steps]
    if missing:
        return f"preprocessing: {missing[0]!r} is missing, so the network would be calibrated on inputs it never gets."
    for i, step in enumerate(steps):
        if step not in PREPROCESSING:
            return _one_step_more(step, "is not done")
        if step in steps[:i]:
            return _one_step_more(step, "is done once")
    return "preprocessing: the steps are right, their order is not: the same steps in the order of inference."


def _step(step: Any) -> str:
    """Return the name of a step without capital letters, spaces too many, or American spelling."""
    name = " ".join(str(step).lower().split())
    return name.replace("normalize", "normalise")


def _one_step_more(step: str, what: str) -> str:
    return f"preprocessing: {step!r} {what} at inference: calibration takes exactly the same steps, no more."


def _disjoint(plan: Plan) -> str | None:
    if not plan["also_used_for"]:
        return None
    what = ", ".join(str(use) for use in plan["also_used_for"])
    return f"also_used_for: the calibration images also serve for {what}: keep the sets disjoint, with an empty list."


def _observer(plan: Plan) -> str | None:
    observer = plan["observer"].lower()
    if observer not in OBSERVERS:
        return f"observer: expected one of {', '.join(OBSERVERS)}."
    if observer in ("minmax", "moving_average"):
        return (
            "observer: with 16 codes min-max and its moving average spend most of them on rare extremes; the brief "
            "asks for 4-bit activations, so clip."
        )
    return None


def _broken_frames(plan: Plan) -> str | None:
    if plan["reject_broken"]:
        return None
    return (
        "reject_broken: one broken frame in 400 holds 0.25 % of all values, more than a percentile of 99.9 cuts off: "
        "leave such frames out before they are observed."
    )


def _choice(plan: Plan) -> str | None:
    if plan["choose_on"].lower() in ("validation set", "validation"):
        return None
    return (
        "choose_on: choose the observer by accuracy on the validation set; chosen elsewhere, the result is flattered."
    )


def _report(plan: Plan) -> str | None:
    if plan["report_on"].lower() in ("test set", "test"):
        return None
    return "report_on: the accuracy you publish comes from the test set, which was used for nothing else, and once."


def _self_check(plan: Plan) -> str | None:
    given = {str(item).strip().lower() for item in plan["checks"]}
    unknown = given - set(CHECKS)
    if unknown:
        return f"checks: {', '.join(sorted(unknown))} is not among {', '.join(CHECKS)}."
    if "input ranges" not in given:
        return "checks: the input ranges tell in a second whether a step of the preprocessing is missing: compare them."
    if "overlap" not in given:
        return "checks: validation and test frames come from the same line: search for overlap with them."
    if "predicted classes" not in given:
        return "checks: inputs and layers look healthy where all images are of one kind: add the predicted classes."
    return None


CHECK = PlanCheck(
    form={
        "source": str,
        "images": int,
        "classes": int,
        "shifts": list,
        "preprocessing": list,
        "also_used_for": list,
        "reject_broken": bool,
        "observer": str,
        "choose_on": str,
        "report_on": str,
        "checks": list,
    },
    constraints=(
        _source,
        _classes,
        _enough,
        _in_time,
        _shifts,
        _preprocessing,
        _disjoint,
        _broken_frames,
        _observer,
        _choice,
        _report,
        _self_check,
    ),
    hints=(
        "Where do the images come from that the network will see every day? Start there, and take the same steps.",
        "How many frames without labels until the rarest of 12 kinds has turned up 20 times? Draw often with "
        "np.random.default_rng(0).multinomial(images, [1 / 12] * 12) and count. And what fits into 600 s?",
        "Four bits: an observer that clips. Three sets, three jobs: the camera's images calibrate, validation chooses, "
        "test reports. Between 400 and 1,200 images of all 12 kinds, of both shifts, without broken frames.",
    ),
    praise="It will hold: representative, preprocessed as for inference, disjoint, and checked before it is used.",
    partial=True,
)
