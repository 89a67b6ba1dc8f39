"""Wrong answers to exercise 08.3, the break-it lab, and a right one."""

from __future__ import annotations

import numpy as np


def entry(diagnosis, where, number):
    return {"diagnosis": diagnosis, "where": where, "number": number}


WARD = {
    "ward": 8,
    "A": entry("leaked images", [4, 14, 16], 160),
    "B": entry("wrap around", "stage3.2.conv1", 414),
    "C": entry("per-tensor weights", "stage3.0.conv2", 3.1),
    "D": entry("wrong normalisation", "inference", 0.486),
    "E": entry("channels swapped", "calibration", -0.37),
    "F": entry("batch norm", "stage3.2.conv2", 0.146),
}


def but(patient, **changes):
    return WARD | {patient: WARD[patient] | changes}


WRONG = [
    (but("E", diagnosis="wrong normalisation"), "E – diagnosis: both sets reach from −2"),
    (but("D", diagnosis="channels swapped"), "D – diagnosis: red and blue are where they belong"),
    (but("D", diagnosis="batch norm"), "D – diagnosis: its layers add little error"),
    (but("F", diagnosis="channels swapped"), "F – diagnosis: both sets look as normalised"),
    (but("B", diagnosis="leaked images"), "B – diagnosis: no image occurs in both"),
    (but("A", diagnosis="per-tensor weights"), "A – diagnosis: nothing is wrong with inputs"),
    (but("C", diagnosis="wrap around"), "C – diagnosis: no weight changed its sign; these are rounding"),
    (but("C", diagnosis="batch norm"), "C – diagnosis: the weights have their right size"),
    (but("B", diagnosis="per-tensor weights"), "B – diagnosis: its table of parameters says per-channel"),
    (but("B", diagnosis="batch norm"), "B – diagnosis: most weights of that layer are right"),
    (but("F", diagnosis="wrap around"), "F – diagnosis: no weight of that layer changed its sign"),
    (but("F", diagnosis="a virus"), "F – diagnosis: expected one of channels swapped"),
    (but("E", where="inference"), "E – where: the inference images look as normalised"),
    (but("E", where="conv1"), "E – where: this fault sits in one of the two sets"),
    (but("B", where="stage2.1.conv2"), "B – where: that layer clips"),
    (but("C", where="stage2.0.shortcut.0"), "C – where: that one has the lowest weight SQNR"),
    (but("F", where="fc"), "F – where: asked is the layer that makes the error itself"),
    (but("A", where=[5, 15, 17]), "A – where: positions count from 0"),
    (but("A", where=[0, 1, 2]), "A – where: those are images that did leak"),
    (but("A", where=4), "A – where: expected a list of 3 numbers"),
    (but("E", number=0.37), "E – number: red minus blue is asked"),
    (but("E", number=0.015), "E – number: that is red minus blue of the inference"),
    (but("D", number=2.058), "D – number: you have the reverse: the faulty"),
    (but("D", number=2.0), "D – number: that is the width itself"),
    (but("C", number=32.6), "C – number: own_sqnr_db of that layer"),
    (but("B", number=36864), "B – number: nearly every weight"),
    (but("B", number=729), "B – number: weights that were rounded to 0"),
    (but("F", number=6.87), "F – number: you have the reverse: quantized"),
    (but("A", number=40), "A – number: that many did not leak"),
    (WARD | {"ward": "eight"}, "ward: write your ward's number"),
    (WARD | {"ward": 9}, r"^\d of 18 entries are right"),
    (WARD | {"C": None, "F": None}, "^12 of 18 entries are right. Not diagnosed yet: C, F"),
    (but("B", number=None), "B – number: still missing"),
    (WARD | {"A": "leaked images"}, "A – where: still missing"),
]

RIGHT = {
    "ward": np.int64(8),
    "A": entry("Leaked images", np.array([16, 4, 14])[[1, 2, 0]], 160.0),
    "B": entry("wrap-around", "stage3.2.conv1", np.float32(414)),
    "C": entry("per tensor weights", "stage3.0.conv2", 2.4),
    "D": entry("wrong_normalisation", "Inference", 0.49),
    "E": entry("channels swapped", "calibration", -0.3703),
    "F": entry("Batch norm", "stage3.2.conv2", 0.1456),
}

POINTS = 11  # of the first wrong answer, of which 17 of 18 entries are right
