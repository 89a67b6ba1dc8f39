"""Exercise 08.3: the break-it lab. The evidence is measured on a fresh copy of the learner's own patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from zeropoint.course.answers import Field, guarded
from zeropoint.course.breakit import NAMES, Patient, admit, fault_of
from zeropoint.course.breakit_faults import FAULTS
from zeropoint.course.checks.lesson_08_words import INHERITED, OTHERWISE, OVERLOOKED, PARTS_ONLY, SATURATES
from zeropoint.course.compare import numbers
from zeropoint.course.verdict import NOT_WRITTEN, Verdict

if TYPE_CHECKING:
    from torch import Tensor

ENTRIES = ("diagnosis", "where", "number")
Evidence = tuple[Field, Field]  # where, and a number


@dataclass(frozen=True)
class WardCheck:
    """The learner diagnoses six patients; diagnosis, place and number of each are graded one by one.

    Attributes
    ----------
    hints : of increasing help
    praise : what is said when all is right
    seconds : float – time limit; building the patients takes some
    """

    hints: tuple[str, ...]
    praise: str
    seconds: float = 240.0

    def grade(self, answer: Any) -> Verdict:
        """Return the verdict on ``{"ward": number, "A": {"diagnosis": …, "where": …, "number": …}, …}``."""
        return guarded(self._grade, answer, self.seconds)

    def _grade(self, answer: Any) -> Verdict:
        if not isinstance(answer, Mapping):
            kind = type(answer).__name__
            return Verdict(
                False, f"Expected a dictionary with ward, {', '.join(NAMES)}, got a {kind}: keep the braces."
            )
        given = {name: entry for name in NAMES if (entry := _entries(answer.get(name)))}
        if not given:
            return Verdict(False, NOT_WRITTEN)
        ward = numbers(answer.get("ward"))
        if ward is None or ward.shape or not (ward >= 0 and ward % 1 == 0):
            return Verdict(False, "ward: write your ward's number here, a whole number as printed when you opened it.")
        right, problems = 0, []
        for name, entry in given.items():
            found = _problems(int(ward), name, entry)
            right += len(ENTRIES) - len(found)
            problems += [f"{name} – {found[0]}"] if found else []
        of = len(NAMES) * len(ENTRIES)
        if right == of:
            return Verdict(True, self.praise)
        unseen = [name for name in NAMES if name not in given]
        rest = [f"Not diagnosed yet: {', '.join(unseen)}."] if unseen else []
        return Verdict(False, " ".join([f"{right} of {of} entries are right.", *problems, *rest]), right, of)


def _entries(entry: Any) -> dict[str, Any] | None:
    """Return what is filled in of one patient; None when nothing is, or it is no dictionary at all."""
    if entry is None or entry is ...:
        return None
    if not isinstance(entry, Mapping):
        return {"diagnosis": entry}
    return {k: entry[k] for k in ENTRIES if entry.get(k) is not None and entry.get(k) is not ...} or None


def _problems(number: int, name: str, entry: dict[str, Any]) -> list[str]:
    """Return one sentence for each of the three entries that is wrong or missing."""
    problems = []
    for field in expected(number, name):
        if field.name not in entry:
            problems.append(f"{field.name}: still missing.")
        elif field.name == "diagnosis" and not any(_same(entry["diagnosis"], fault) for fault in FAULTS):
            problems.append(f"diagnosis: expected one of {', '.join(FAULTS)}, as text in quotes.")
        elif problem := field.problem(entry[field.name]):
            problems.append(problem)
    return problems


def _same(value: Any, text: str) -> bool:
    return Field("", text, (), "").problem(value) is None


@lru_cache(maxsize=64)
def expected(number: int, name: str) -> tuple[Field, Field, Field]:
    """Return the right diagnosis of a patient, and the evidence for it, measured on a patient built for this."""
    fault = fault_of(number, name)
    wrong = tuple((given, OVERLOOKED[fault, given]) for given in FAULTS if given != fault)
    where, value = _EVIDENCE[fault](admit(number, name))
    return Field("diagnosis", fault, wrong, OTHERWISE[fault]), where, value


def _swapped(patient: Patient) -> Evidence:
    gap = {part: float(x[:, 0].mean() - x[:, 2].mean()) for part, x in _sets(patient).items()}
    faulty = min(gap, key=gap.__getitem__)  # blue has the lowest mean, so red less blue falls
    other = _other(faulty)
    wrong = (
        (-gap[faulty], "red minus blue is asked, channel 0 minus channel 2; you have the reverse."),
        (gap[other], f"that is red minus blue of the {other} images: measure the set whose channels are swapped."),
    )
    return _part(faulty), Field("number", gap[faulty], wrong, "mean of red minus mean of blue, of that set.", 0.05)


def _normalisation(patient: Patient) -> Evidence:
    from zeropoint.vision.cifar import MEAN, STD

    usual = max((1 - m) / s for m, s in zip(MEAN, STD, strict=True)) + max(
        m / s for m, s in zip(MEAN, STD, strict=True)
    )
    width = {part: float(x.max() - x.min()) for part, x in _sets(patient).items()}
    faulty = max(width, key=lambda part: abs(width[part] - usual))
    ratio = width[faulty] / width[_other(faulty)]
    wrong = (
        (1 / ratio, "you have the reverse: the faulty set's width divided by the other's."),
        (width[faulty], "that is the width itself: divide it by the width of the other set."),
    )
    return _part(faulty), Field("number", ratio, wrong, "(max − min) of that set divided by that of the other.", 0.02)


def _per_tensor(patient: Patient) -> Evidence:
    from zeropoint.quant import layer_errors

    errors = layer_errors(patient.model, patient.quantized, patient.inference[:100].split(50)).set_index("layer")
    worst = errors["own_sqnr_db"].idxmin()
    own, built_up = (float(errors.loc[worst, column]) for column in ("own_sqnr_db", "sqnr_db"))
    weakest = str(errors["weight_sqnr_db"].idxmin())
    by_weights = ((weakest, "that one has the lowest weight SQNR; asked is the lowest own_sqnr_db."),)
    tells = "own_sqnr_db of that layer, in dB, from layer_errors on the inference images."
    wrong = ((built_up, f"that is sqnr_db, the error built up along the way; asked is {tells}"),)
    number = Field("number", own, wrong, tells, 1.5 / abs(own))  # within 1.5 dB, however many images were used
    return Field("where", worst, () if weakest == worst else by_weights, INHERITED), number


def _wrapped(patient: Patient) -> Evidence:
    pairs = _weights(patient)
    flipped = {name: int((w * w_hat < 0).sum()) for name, (w, w_hat) in pairs.items()}
    worst, clipped = sorted(pairs, key=lambda name: _sqnr(*pairs[name]))[:2]
    w, w_hat = pairs[worst]
    wrong = (
        (int((w.sign() != w_hat.sign()).sum()), "weights that were rounded to 0 do not count: product below 0."),
        (int((w != w_hat).sum()), "nearly every weight is rounded a little: count those whose sign is the opposite."),
    )
    tells = "the weights of that layer whose sign is the opposite of the float weight's."
    return Field("where", worst, ((clipped, SATURATES),), INHERITED), Field(
        "number", flipped[worst], wrong, tells, 0.03
    )


def _batch_norm(patient: Patient) -> Evidence:
    pairs = _weights(patient)
    worst = min(pairs, key=lambda name: _sqnr(*pairs[name]))
    largest, largest_hat = (w.abs().flatten(1).amax(1) for w in pairs[worst])  # (out,)
    factor = float((largest_hat / largest).median())
    tells = "the median over its channels of max|quantized weight| / max|float weight|."
    wrong = ((1 / factor, "you have the reverse: quantized divided by float."),)
    return Field("where", worst, (), INHERITED), Field("number", factor, wrong, tells, 0.05)


def _leaked(patient: Patient) -> Evidence:
    shown, asked = ([image.numpy().tobytes() for image in x] for x in (patient.calibration, patient.inference))
    leaked = [i for i, image in enumerate(asked) if image in set(shown)]
    clean = [i for i in range(len(asked)) if i not in set(leaked)]
    elsewhere = [i for i, image in enumerate(shown) if image not in set(asked)]
    tells = "the three lowest positions among the inference images whose image is not in the calibration set."
    where_wrong = (
        ([i + 1 for i in clean[:3]], "positions count from 0."),
        (leaked[:3], "those are images that did leak; asked are the first three that did not."),
        (
            elsewhere[:3],
            "those are positions among the calibration images; asked are those among the inference images.",
        ),
    )
    wrong = ((len(clean), "that many did not leak; asked is how many did."),)
    number = Field("number", len(leaked), wrong, "how many of the inference images are calibration images as well.")
    return Field("where", clean[:3], where_wrong, tells), number


def _sets(patient: Patient) -> dict[str, Tensor]:
    return {"calibration": patient.calibration, "inference": patient.inference}


def _other(part: str) -> str:
    return "inference" if part == "calibration" else "calibration"


def _part(faulty: str) -> Field:
    healthy = f"the {_other(faulty)} images look as normalised images do, −2 … 2.1 with channel means near 0."
    return Field("where", faulty, ((_other(faulty), healthy),), PARTS_ONLY)


def _weights(patient: Patient) -> dict[str, tuple[Tensor, Tensor]]:
    """Return the float and the quantized weights of every layer."""
    network = patient.quantized.graph_module
    both = (patient.model, network)
    return {n: tuple(m.get_submodule(n).weight.detach() for m in both) for n in patient.quantized.weight_qparams}


def _sqnr(w: Tensor, w_hat: Tensor) -> float:
    from zeropoint.quant import sqnr_db

    return sqnr_db(w, w_hat)


_EVIDENCE: dict[str, Callable[[Patient], Evidence]] = dict(
    zip(FAULTS, (_swapped, _normalisation, _per_tensor, _wrapped, _batch_norm, _leaked), strict=True)
)
