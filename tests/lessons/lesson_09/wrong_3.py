"""Wrong answers to exercise 09.3, has QAT paid off, and a right one."""

from __future__ import annotations

RESULTS = {
    "classifier_quantization": -1.5,
    "classifier_training": 2.3,
    "sorter": ("ptq", "b"),
    "gate": ("adaround", "b"),
    "watch": ("qat", "c"),
}

WRONG = [
    (RESULTS | {"classifier_quantization": 6.3}, "training on new images"),
    (RESULTS | {"classifier_quantization": 0.8}, "has not seen the new images"),
    (RESULTS | {"classifier_quantization": 1.5}, "negative means"),
    (RESULTS | {"classifier_training": 0.8}, "mixes what training gave"),
    (RESULTS | {"classifier_training": 7.8}, "both training and quantization differ"),
    (RESULTS | {"sorter": ("qat", "a")}, "what cannot be shown"),
    (RESULTS | {"sorter": ("adaround", "b")}, "nothing to repair"),
    (RESULTS | {"gate": ("qat", "d")}, "overlaps with AdaRound's"),
    (RESULTS | {"gate": ("ptq", "a")}, "loses 4.0 points"),
    (RESULTS | {"watch": ("adaround", "b")}, "still loses 6.2"),
    (RESULTS | {"watch": ("qat", "a")}, "no reason by itself"),
    (RESULTS | {"watch": ("qat", "d")}, "which of the ways keep the brief"),
]

RIGHT = RESULTS | {"sorter": ["PTQ", "B"], "classifier_quantization": -1.50, "gate": ("AdaRound", "b")}

POINTS = 4  # of five, as four of five entries of the first wrong answer are right
