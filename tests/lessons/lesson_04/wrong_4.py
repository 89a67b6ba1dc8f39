"""Answers to exercise 04.4, written from the brief, without the check's own code."""

from __future__ import annotations

import numpy as np

PLAN = {
    "source": "line camera",
    "images": 480,
    "classes": 12,
    "shifts": ["day", "night"],
    "preprocessing": ["decode", "RGB", "resize 224", "divide by 255", "normalise"],
    "also_used_for": [],
    "reject_broken": True,
    "observer": "mse",
    "choose_on": "validation set",
    "report_on": "test set",
    "checks": ["input ranges", "layer ranges", "predicted classes", "overlap"],
}
STEPS = PLAN["preprocessing"]

WRONG = [
    (PLAN | {"source": "test set"}, "already seen"),
    (PLAN | {"source": "training folder"}, "augmented crops"),
    (PLAN | {"source": "web photos"}, "other cameras"),
    (PLAN | {"source": "validation set"}, "has to choose the observer"),
    (PLAN | {"source": "the camera"}, "expected one of line camera"),
    (PLAN | {"classes": 10}, "12 kinds of parts"),
    (PLAN | {"images": 120}, "fewer than the 20 of each kind"),
    (PLAN | {"images": 240}, "with a chance of 0 % only"),
    (PLAN | {"images": 300}, "with a chance of 14 % only"),
    (PLAN | {"images": 380}, "with a chance of 90 % only"),
    (PLAN | {"images": 5000}, "2,500 s"),
    (PLAN | {"images": 1201}, "600.5 s"),
    (PLAN | {"shifts": ["day"]}, "images of the night shift"),
    (PLAN | {"shifts": ["day", "night", "evening"]}, "knows no evening"),
    (PLAN | {"preprocessing": [*STEPS, "normalise"]}, "is done once"),
    (PLAN | {"preprocessing": STEPS[:-1]}, "'normalise' is missing"),
    (PLAN | {"preprocessing": [*STEPS[:2], "random crop", *STEPS[2:]]}, "'random crop' is not done at inference"),
    (PLAN | {"preprocessing": [STEPS[0], *STEPS[2:], STEPS[1]]}, "their order is not"),
    (PLAN | {"also_used_for": ["fine-tuning"]}, "keep the sets disjoint"),
    (PLAN | {"observer": "minmax"}, "rare extremes"),
    (PLAN | {"observer": "best"}, "expected one of minmax"),
    (PLAN | {"reject_broken": False}, "broken frame in 400"),
    (PLAN | {"choose_on": "test set"}, "chosen elsewhere"),
    (PLAN | {"report_on": "validation set"}, "accuracy you publish"),
    (PLAN | {"checks": ["layer ranges", "overlap"]}, "a step of the preprocessing is missing"),
    (PLAN | {"checks": ["layer ranges", "input ranges"]}, "search for overlap"),
    (PLAN | {"checks": ["input ranges", "overlap"]}, "add the predicted classes"),
    (PLAN | {"checks": ["input ranges", "layer ranges", "overlap"]}, "add the predicted classes"),
    (PLAN | {"checks": ["input ranges", "layer ranges", "predicted classes", "colours"]}, "colours is not among"),
    (PLAN | {"images": "many"}, "images: expected a whole number"),
    (PLAN | {"images": 450.5}, "images: expected a whole number, got a float"),
    (PLAN | {"reject_broken": "no"}, "reject_broken: expected True or False"),
    (PLAN | {"also_used_for": None}, "Still missing: also_used_for"),
]

RIGHT = {
    "source": "Line camera",
    "images": np.int64(1200),
    "classes": 12.0,
    "shifts": ("night shift", "Day"),
    "preprocessing": ("decode", "rgb", "resize 224", "divide by 255", "normalize"),
    "also_used_for": (),
    "reject_broken": np.bool_(True),
    "observer": "percentile",
    "choose_on": "validation",
    "report_on": "test",
    "checks": ["overlap", "input ranges", "predicted classes"],
}

POINTS = 3  # of four, as eleven of the twelve constraints are kept by the first wrong answer
