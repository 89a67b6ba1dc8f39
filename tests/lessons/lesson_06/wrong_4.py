"""Answers to exercise 06.4, right and wrong, written from the brief, without the check's own code."""

from __future__ import annotations

import numpy as np

DETECTOR = {
    "drop": 0.6,
    "drop_margin": 0.1,
    "speed_margin": 0.1,
    "decision": ("passes", "b"),
    "first_evidence": ("more images", "c"),
}

WRONG = [
    (DETECTOR | {"drop": -0.6}, "is a positive number"),
    (DETECTOR | {"drop": 1.7647}, "in percent of 34.0"),
    (DETECTOR | {"drop_margin": 0.7}, "that is the limit"),
    (DETECTOR | {"drop_margin": -0.1}, "margin is positive"),
    (DETECTOR | {"speed_margin": 2.1}, "how far is it above"),
    (DETECTOR | {"speed_margin": 1.05}, "not the ratio"),
    (DETECTOR | {"decision": ("fails", "c")}, "both limits are kept"),
    (DETECTOR | {"decision": ("passes", "a")}, "small against the interval"),
    (DETECTOR | {"decision": ("passes", "c")}, "passes already"),
    (DETECTOR | {"first_evidence": ("more bits", "b")}, "more bits change the model"),
    (DETECTOR | {"first_evidence": ("a faster device", "a")}, "product's device is what it is"),
    (DETECTOR | {"first_evidence": ("more images", "a")}, "the choice is right"),
]

RIGHT = DETECTOR | {"drop": np.float64(34.0) - 33.4, "decision": ["Passes", "B"]}

POINTS = 3  # of the first wrong answer, of whose five entries four are right
