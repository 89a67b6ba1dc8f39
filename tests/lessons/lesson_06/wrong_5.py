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
    (CRITERIA | {"metric": "mAP"}, 'expected "paired difference"'),
    (CRITERIA | {"decide_by": "point estimate"}, "may stand for"),
    (CRITERIA | {"most_lost": 1}, "half a point of top-1 and no more"),
    (CRITERIA | {"most_lost": 0}, "can be shown by no experiment"),
    (CRITERIA | {"images": 2_000}, r"±0\.54 points"),
    (CRITERIA | {"images": 100_000}, "has 50,000"),
    (CRITERIA | {"class_guardrail": False}, "can hide a class"),
    (CRITERIA | {"latency": "median"}, "95 have to come in time"),
    (CRITERIA | {"measured_on": ["the product's device", "the training framework"]}, "other kernels"),
    (CRITERIA | {"locked": ["threads", "batch size"]}, "input size can change"),
]

RIGHT = CRITERIA | {
    "most_lost": 0.3,
    "images": 10_000,
    "locked": ("Threads", "input size", "batch size", "room temperature"),
}
