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
    (but("E", diagnosis="wrong normalisation"), "Of one that is not: both sets reach from −2"),
    (but("D", diagnosis="channels swapped"), "Of one that is not: red and blue are where they belong"),
    (but("D", diagnosis="batch norm"), "Of one that is not: its layers add little error"),
    (but("F", diagnosis="channels swapped"), "Of one that is not: both sets look as normalised"),
    (but("B", diagnosis="leaked images"), "Of one that is not: no image occurs in both"),
    (but("A", diagnosis="per-tensor weights"), "Of one that is not: nothing is wrong with inputs"),
    (but("C", diagnosis="wrap around"), "Of one that is not: no weight changed its sign; these are rounding"),
    (but("C", diagnosis="batch norm"), "Of one that is not: the weights have their right size"),
    (but("B", diagnosis="per-tensor weights"), "Of one that is not: its table of parameters says per-channel"),
    (but("B", diagnosis="batch norm"), "Of one that is not: most weights of that layer are right"),
    (but("F", diagnosis="wrap around"), "Of one that is not: no weight of that layer changed its sign"),
    (but("F", diagnosis="a virus"), "F – diagnosis: expected one of channels swapped.* got 'a virus'"),
    (but("F", diagnosis=6), "F – diagnosis: expected one of channels swapped.* got 6"),
    (but("E", where="inference"), "channels swapped – where: the inference images look as normalised"),
    (but("E", where="conv1"), "channels swapped – place and number together: this fault sits in one of the two sets"),
    (but("B", where="stage2.1.conv2"), "wrap around – where: that layer clips"),
    (but("C", where="stage2.0.shortcut.0"), "per-tensor weights – where: that one has the lowest weight SQNR"),
    (but("F", where="fc"), "batch norm – place and number together: asked is the layer that makes the error itself"),
    (but("F", where="stage3_2_conv2"), "batch norm – where: 'stage3_2_conv2' is no layer's name"),
    (but("A", where=[5, 15, 17]), "leaked images – where: positions count from 0"),
    (but("A", where=[0, 1, 2]), "leaked images – where: those are images that did leak"),
    (but("A", where=4), "leaked images – where: expected a list of 3 numbers"),
    (but("E", number=0.37), "channels swapped – number: red minus blue is asked"),
    (but("E", number=0.015), "channels swapped – number: that is red minus blue of the inference"),
    (but("D", number=2.058), "wrong normalisation – number: you have the reverse: the faulty"),
    (but("D", number=2.0), "wrong normalisation – number: that is the width itself"),
    (but("D", number="half"), "wrong normalisation – number: expected one number, without quotes"),
    (but("C", number=32.6), "per-tensor weights – place and number together: .*own_sqnr_db of that layer"),
    (but("C", number=2.93), "per-tensor weights – number: that is sqnr_db"),
    (but("C", number=2.9), "per-tensor weights – number: that is sqnr_db"),
    (but("C", number=2.8), "per-tensor weights – place and number together: .*own_sqnr_db of that layer"),
    (but("E", number=-0.385), "channels swapped – number: that is the difference of both sets"),
    (but("E", number=-0.4), "channels swapped – number: one digit is too few"),
    (but("D", number=0.5), "wrong normalisation – number: one digit is too few"),
    (but("F", number=0.1353), "batch norm – number: that is the ratio of the layer's largest weights"),
    (but("A", where=[14, 4, 17]), "leaked images – place and number together"),
    (but("B", number=36864), "wrap around – number: nearly every weight"),
    (but("B", number=729), "wrap around – number: weights that were rounded to 0"),
    (but("F", number=6.87), "batch norm – number: you have the reverse: quantized"),
    (but("A", number=40), "leaked images – number: that many did not leak"),
    (WARD | {"ward": "eight"}, "ward: write your ward's number"),
    (WARD | {"ward": 9}, r"^\d of 6 patients are right"),
    (WARD | {"C": None, "F": None}, "^Not diagnosed yet: C, F. All six are judged together"),
    (but("B", number=None), "^Still missing: B – number"),
    (WARD | {"A": "leaked images"}, "^Still missing: A – where, A – number"),
]

RIGHT = {
    "ward": np.int64(8),
    "A": entry("Leaked images", {16, 4, 14}, 160.0),
    "B": entry("wrap-around", "stage3.2.conv1", np.float32(414)),
    "C": entry("per tensor weights", "stage3.0.conv2", 3.0),
    "D": entry("wrong_normalisation", "Inference", 0.49),
    "E": entry("channels swapped", "calibration", -0.3703),
    "F": entry("Batch norm", "stage3.2.conv2", 0.1456),
}

POINTS = 10  # of the first wrong answer, of which five of six patients are right
