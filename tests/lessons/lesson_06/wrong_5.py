"""Answers to exercise 06.5, right and wrong, written from the brief, without the check's own code."""

from __future__ import annotations

CRITERIA = {
    "metric": "paired difference",
    "decide_by": "interval",
    "most_lost": 0.5,
    "images": 20_000,
    "class_guardrail": True,
    "latency": "95th percentile",
    "measured_on": ["the product's runtime", "the product's device"],
    "locked": ["threads", "batch size", "input size"],
}

WRONG = [
    (CRITERIA | {"metric": "two accuracies"}, "two wide intervals"),
    (CRITERIA | {"metric": "mAP"}, "metric: expected 'two accuracies'"),
    (CRITERIA | {"decide_by": "point estimate"}, "may stand for"),
    (CRITERIA | {"most_lost": 1}, "half a point of top-1 and no more"),
    (CRITERIA | {"most_lost": -0.51}, "half a point of top-1 and no more"),
    (CRITERIA | {"most_lost": 0}, "can be shown by no experiment"),
    (CRITERIA | {"most_lost": 0.005}, r"points are percent.*\(1 of 8"),
    (CRITERIA | {"most_lost": 0.2}, r"half of most_lost \(0\.1\)"),
    (CRITERIA | {"most_lost": -0.1, "images": 50_000}, r"half of most_lost \(0\.05\)"),
    (CRITERIA | {"images": 2_000}, r"±0\.537 points"),
    (CRITERIA | {"images": 9_219}, r"with 9,219 images"),
    (CRITERIA | {"images": 100_000}, "has 50,000"),
    (CRITERIA | {"images": 0}, "1 or more"),
    (CRITERIA | {"class_guardrail": False}, "can hide a class"),
    (CRITERIA | {"latency": "median"}, "95 have to come in time"),
    (CRITERIA | {"measured_on": ["the product's device", "the training framework"]}, "other kernels"),
    (CRITERIA | {"measured_on": ["the product's runtime", "the product's device", "a desktop"]}, "two verdicts"),
    (CRITERIA | {"measured_on": ["the product's runtime", "the product's device", "a phone"]}, "measured_on: expected"),
    (CRITERIA | {"locked": ["threads", "batch size"]}, "input size can change"),
    (CRITERIA | {"locked": ["threads", "batch size", "input size", "the weather"]}, "locked: expected"),
]

RIGHT = CRITERIA | {
    "metric": "Paired-difference",
    "most_lost": -0.5,  # the course's own notation for a loss
    "images": 9_220,
    "locked": ("Threads", "input size", "batch_size", "room temperature"),
}

POINTS = 3  # of the first wrong answer, of whose eight criteria seven are right

VARIES = {
    "most_lost": "both signs; 0, a share, half a point exactly, just above it, and less than the images can show",
    "images": "the smallest number that suffices and one less, all that there are and more, none",
    "choices": "every option that the brief offers, one that it does not, another spelling",
    "measured_on": "one missing, one too many, an unknown one",
    "locked": "one missing, the optional one, an unknown one",
}
