"""How each fault of the break-it lab is recognised: evidence measured on the patient, and what wrong ideas overlook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from zeropoint.course.answers import Field
from zeropoint.lessons.lesson_08.faults import (
    BATCH_NORM,
    CHANNELS_SWAPPED,
    LEAKED_IMAGES,
    PER_TENSOR_WEIGHTS,
    WRAP_AROUND,
    WRONG_NORMALISATION,
)
from zeropoint.lessons.lesson_08.layer_field import LayerField, MeasuredField, NearestField, PlacesField
from zeropoint.lessons.lesson_08.material import Patient
from zeropoint.quant import sqnr_db

if TYPE_CHECKING:
    from torch import Tensor

IN_INPUTS = (CHANNELS_SWAPPED, WRONG_NORMALISATION)
IN_LAYERS = (PER_TENSOR_WEIGHTS, WRAP_AROUND, BATCH_NORM)

OTHERWISE = "compare inputs, layers, parameters and images, in this order."
NO_LEAK = "no image occurs in both sets: compare them byte by byte."
LAYERS_ARE_FINE = (
    "its layers add little error of their own: the fault lies before the first of them, so compare the inputs."
)
INPUTS_ARE_FINE = "both sets look as normalised images do, so the fault lies behind the input: compare the layers."
TOO_GOOD = "nothing is wrong with inputs or layers here. What is suspicious is how good it looks: on which images?"
RULERS = "its table of parameters says per-channel, layer by layer: which layer's weights are wrong, and how?"
INHERITED = "asked is the layer that makes the error itself; later layers inherit it (sqnr_db against own_sqnr_db)."

TABLE = 0.0101  # what a difference of two means may be off that a table shows with two digits after the point
PART = slice(0, 100), slice(0, 50), slice(None)  # of the images: as many as the brief's table takes, fewer, and all

Evidence = tuple[Field, Field]  # where, and a number


@dataclass(frozen=True)
class Diagnosis:
    """How one fault is recognised.

    Attributes
    ----------
    fault : str
    evidence : callable – from a patient to the fields where and number
    overlooked : wrong diagnosis → the finding that speaks against it
    """

    fault: str
    evidence: Callable[[Patient], Evidence]
    overlooked: Mapping[str, str]

    def fields(self, patient: Patient) -> tuple[Field, Field, Field]:
        """Return the fields diagnosis, where and number of a patient that has this fault."""
        return Field("diagnosis", self.fault, tuple(self.overlooked.items()), OTHERWISE), *self.evidence(patient)


# --- in the inputs --------------------------------------------------------------------------------------------------


def _swapped(patient: Patient) -> Evidence:
    gap = {part: float(x[:, 0].mean() - x[:, 2].mean()) for part, x in _sets(patient).items()}
    faulty = min(gap, key=gap.__getitem__)  # blue has the lowest mean, so red less blue falls
    other = _other(faulty)
    wrong = (
        (-gap[faulty], "red minus blue is asked, channel 0 minus channel 2; you have the reverse."),
        (gap[other], f"that is red minus blue of the {other} images: measure the set whose channels are swapped."),
        (gap[faulty] - gap[other], "that is the difference of both sets: asked is red minus blue of one of them."),
    )
    tells = "mean of red minus mean of blue, of that set."
    return _part(faulty), MeasuredField("number", gap[faulty], wrong, tells, TABLE / abs(gap[faulty]), 2)


_SWAPPED = Diagnosis(
    CHANNELS_SWAPPED,
    evidence=_swapped,
    overlooked={
        WRONG_NORMALISATION: "both sets reach from −2 to 2.1, as they should: look at the mean of each channel.",
        **dict.fromkeys(IN_LAYERS, LAYERS_ARE_FINE),
        LEAKED_IMAGES: NO_LEAK,
    },
)


def _normalised(patient: Patient) -> Evidence:
    from zeropoint.vision.cifar import MEAN, STD

    above = max((1 - m) / s for m, s in zip(MEAN, STD, strict=True))
    below = max(m / s for m, s in zip(MEAN, STD, strict=True))
    width = {part: float(x.max() - x.min()) for part, x in _sets(patient).items()}
    faulty = max(width, key=lambda part: abs(width[part] - (above + below)))
    ratio = width[faulty] / width[_other(faulty)]
    wrong = (
        (1 / ratio, "you have the reverse: the faulty set's width divided by the other's."),
        (width[faulty], "that is the width itself: divide it by the width of the other set."),
    )
    tells = "(max − min) of that set divided by that of the other."
    return _part(faulty), MeasuredField("number", ratio, wrong, tells, 0.012, 2)


_NORMALISED = Diagnosis(
    WRONG_NORMALISATION,
    evidence=_normalised,
    overlooked={
        CHANNELS_SWAPPED: "red and blue are where they belong; the whole range of one set is of another kind.",
        **dict.fromkeys(IN_LAYERS, LAYERS_ARE_FINE),
        LEAKED_IMAGES: NO_LEAK,
    },
)


def _sets(patient: Patient) -> dict[str, Tensor]:
    return {"calibration": patient.calibration, "inference": patient.inference}


def _other(part: str) -> str:
    return "inference" if part == "calibration" else "calibration"


def _part(faulty: str) -> Field:
    healthy = f"the {_other(faulty)} images look as normalised images do, −2 … 2.1 with channel means near 0."
    otherwise = 'this fault sits in one of the two sets: "calibration" or "inference".'
    return Field("where", faulty, ((_other(faulty), healthy),), otherwise)


def _layer(patient: Patient, worst: str, wrong: tuple[tuple[str, str], ...] = ()) -> Field:
    return LayerField("where", worst, wrong, INHERITED, layers=tuple(patient.quantized.weight_qparams))


# --- in the layers --------------------------------------------------------------------------------------------------


def _per_tensor(patient: Patient) -> Evidence:
    from zeropoint.quant import layer_errors

    tables = [
        layer_errors(patient.model, patient.quantized, patient.inference[part].split(50)).set_index("layer")
        for part in PART
    ]
    errors = tables[0]
    worst = str(errors["own_sqnr_db"].idxmin())
    own, built_up = (tuple(float(t[name][worst]) for t in tables) for name in ("own_sqnr_db", "sqnr_db"))
    weakest = str(errors["weight_sqnr_db"].idxmin())
    by_weights = ((weakest, "that one has the lowest weight SQNR; asked is the lowest own_sqnr_db."),)
    where = _layer(patient, worst, () if weakest == worst else by_weights)
    tells = "own_sqnr_db of that layer, in dB, from layer_errors on the inference images."
    wrong = ((built_up[0], f"that is sqnr_db, the error built up along the way; asked is {tells}"),)
    tolerance = 0.25 / abs(own[0])  # within 0.25 dB, however many images were used
    return where, NearestField("number", own[0], wrong, tells, tolerance, right=own, others=built_up)


_PER_TENSOR = Diagnosis(
    PER_TENSOR_WEIGHTS,
    evidence=_per_tensor,
    overlooked={
        **dict.fromkeys(IN_INPUTS, INPUTS_ARE_FINE),
        WRAP_AROUND: "no weight changed its sign; these are rounding errors. What is the scale_shape?",
        BATCH_NORM: "the weights have their right size; how many scales share them, and what is claimed?",
        LEAKED_IMAGES: NO_LEAK,
    },
)


def _wrapped(patient: Patient) -> Evidence:
    pairs = _weights(patient)
    worst, clipped = sorted(pairs, key=lambda name: sqnr_db(*pairs[name]))[:2]
    saturates = "that layer clips its largest weights, but it saturates: no sign changed. There is a worse one."
    w, w_hat = pairs[worst]
    wrong = (
        (int((w.sign() != w_hat.sign()).sum()), "weights that were rounded to 0 do not count: product below 0."),
        (int((w != w_hat).sum()), "nearly every weight is rounded a little: count those whose sign is the opposite."),
    )
    tells = "the weights of that layer whose sign is the opposite of the float weight's."
    number = Field("number", int((w * w_hat < 0).sum()), wrong, tells, tolerance=0.03)
    return _layer(patient, worst, ((clipped, saturates),)), number


_WRAPPED = Diagnosis(
    WRAP_AROUND,
    evidence=_wrapped,
    overlooked={
        **dict.fromkeys(IN_INPUTS, INPUTS_ARE_FINE),
        PER_TENSOR_WEIGHTS: RULERS,
        BATCH_NORM: "most weights of that layer are right, its largest ones are not: what became of them?",
        LEAKED_IMAGES: NO_LEAK,
    },
)


def _spoilt(patient: Patient) -> Evidence:
    pairs = _weights(patient)
    worst = min(pairs, key=lambda name: sqnr_db(*pairs[name]))
    largest, largest_hat = (w.abs().flatten(1).amax(1) for w in pairs[worst])  # (out,)
    ratios = largest_hat / largest
    factor = float(ratios.median())
    tells = "the median over its channels of max|quantized weight| / max|float weight|."
    of_layer = float(largest_hat.max() / largest.max())
    wrong = (
        (1 / factor, "you have the reverse: quantized divided by float."),
        (of_layer, "that is the ratio of the layer's largest weights: one ratio a channel, then the median of them."),
        (float(ratios.mean()), "that is the mean over the channels: asked is the median."),
    )
    return _layer(patient, worst), MeasuredField("number", factor, wrong, tells, 0.012, 2)


_SPOILT = Diagnosis(
    BATCH_NORM,
    evidence=_spoilt,
    overlooked={
        **dict.fromkeys(IN_INPUTS, INPUTS_ARE_FINE),
        PER_TENSOR_WEIGHTS: RULERS,
        WRAP_AROUND: "no weight of that layer changed its sign: whole channels are too large or too small.",
        LEAKED_IMAGES: NO_LEAK,
    },
)


def _weights(patient: Patient) -> dict[str, tuple[Tensor, Tensor]]:
    """Return the float and the quantized weights of every layer."""
    pairs = {}
    for name in patient.quantized.weight_qparams:
        w = cast("Tensor", patient.model.get_submodule(name).weight)
        w_hat = cast("Tensor", patient.quantized.graph_module.get_submodule(name).weight)
        pairs[name] = (w.detach(), w_hat.detach())
    return pairs


# --- in the images --------------------------------------------------------------------------------------------------


def _leaked(patient: Patient) -> Evidence:
    shown = [image.numpy().tobytes() for image in patient.calibration]
    asked = [image.numpy().tobytes() for image in patient.inference]
    both = set(shown) & set(asked)
    leaked = [i for i, image in enumerate(asked) if image in both]
    clean = [i for i, image in enumerate(asked) if image not in both]
    elsewhere = [i for i, image in enumerate(shown) if image not in both]
    tells = "the three lowest positions, in any order, of inference images that are not in the calibration set."
    calibration = "those are positions among the calibration images; asked are those among the inference images."
    where_wrong = (
        ([i + 1 for i in clean[:3]], "positions count from 0."),
        (leaked[:3], "those are images that did leak; asked are the first three that did not."),
        (elsewhere[:3], calibration),
    )
    wrong = ((len(clean), "that many did not leak; asked is how many did."),)
    number = Field("number", len(leaked), wrong, "how many of the inference images are calibration images as well.")
    return PlacesField("where", clean[:3], where_wrong, tells), number


_LEAKED = Diagnosis(
    LEAKED_IMAGES,
    evidence=_leaked,
    overlooked=dict.fromkeys((*IN_INPUTS, *IN_LAYERS), TOO_GOOD),
)

#: fault → how it is recognised
DIAGNOSES = {d.fault: d for d in (_SWAPPED, _NORMALISED, _PER_TENSOR, _WRAPPED, _SPOILT, _LEAKED)}
