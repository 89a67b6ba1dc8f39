"""Exercise 08.3: the break-it lab. The evidence is measured on a fresh copy of the learner's own patients.

What each fault looks like is in ``diagnosis.py``, how it is planted in ``faults.py``. All of it lies on the learner's
own computer, so this is a self-test: whoever wants to read the answers can. What is kept is that trying does not
replace measuring: nothing is judged before all is filled in, and a patient counts when diagnosis, place and number
are right together. A class is graded in a sandbox that learners cannot read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from zeropoint.course.answers import Field, guarded, unknown_key
from zeropoint.course.check import NBGRADER
from zeropoint.course.compare import numbers
from zeropoint.course.learner import current_learner
from zeropoint.course.match import word
from zeropoint.course.shown import in_short
from zeropoint.course.verdict import NOT_WRITTEN, Verdict
from zeropoint.lessons.lesson_08.diagnosis import DIAGNOSES
from zeropoint.lessons.lesson_08.faults import FAULTS, NAMES, order_of_faults
from zeropoint.lessons.lesson_08.material import admit, generator_of, ward_number

ENTRIES = ("diagnosis", "where", "number")

Entry = dict[str, Any]  # what is filled in of one patient


@dataclass(frozen=True)
class WardCheck:
    """The learner diagnoses six patients; one is right when diagnosis, place and number all are.

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
        entries = {name: _filled_in(answer.get(name)) for name in NAMES}
        if not any(entries.values()):
            return Verdict(False, unknown_key(answer, ("ward", *NAMES)) or NOT_WRITTEN)
        number = numbers(answer.get("ward"))
        if number is None or number.shape or not (number >= 0 and number % 1 == 0):
            return Verdict(False, "ward: write your ward's number here, a whole number as printed when you opened it.")
        first = _not_yours(int(number)) or _not_to_be_judged(entries)
        return Verdict(False, first) if first else self._judge(int(number), entries)

    def _judge(self, number: int, entries: dict[str, Entry]) -> Verdict:
        """Return how many patients are right, and what speaks against the first that is not, without its name."""
        fields = {name: _expected(number, name) for name in NAMES}
        wrong = {name: [f for f in fields[name] if f.problem(entries[name][f.name])] for name in NAMES}
        misjudged = [name for name in NAMES if wrong[name] and wrong[name][0].name == "diagnosis"]
        right = sum(not problems for problems in wrong.values())
        of = len(NAMES)
        if right == of:
            return Verdict(True, self.praise)
        count = f"{right} of {of} patients are right, with diagnosis, place and number"
        if misjudged:
            name = misjudged[0]
            speaks = fields[name][0].known_mistake(entries[name]["diagnosis"])
            text = f"{count}; {of - len(misjudged)} diagnoses are. Of one that is not: {speaks}"
        else:
            name = next(name for name in NAMES if wrong[name])
            text = f"{count}; all diagnoses are. {_evidence_advice(fields[name], entries[name])}"
        return Verdict(False, text, right, of)


def _not_yours(number: int) -> str | None:
    """Return a sentence when a learner with a name hands in another ward; nobody's name is known to nbgrader."""
    learner = None if os.environ.get(NBGRADER) else current_learner()
    if learner is None or number == ward_number(learner):
        return None
    yours = ward_number(learner)
    return f"ward: that is ward {number}, yours is {yours}: diagnose the patients of open_ward(), without a number."


def _filled_in(entry: Any) -> Entry:
    """Return what is filled in of one patient; what is no dictionary counts as the diagnosis."""
    given = entry if isinstance(entry, Mapping) else {"diagnosis": entry}
    return {key: given[key] for key in ENTRIES if given.get(key) is not None and given.get(key) is not ...}


def _not_to_be_judged(entries: dict[str, Entry]) -> str | None:
    """Return what is still missing, or a diagnosis that is none; before that, nothing is said about right or wrong."""
    empty = [name for name, entry in entries.items() if not entry]
    gaps = [f"{name} – {key}" for name, entry in entries.items() if entry for key in ENTRIES if key not in entry]
    if empty or gaps:
        diagnosed = f"Not diagnosed yet: {', '.join(empty)}. " if empty else ""
        missing = f"Still missing: {', '.join(gaps)}. " if gaps else ""
        return f"{diagnosed}{missing}All six are judged together, once they are filled in."
    for name, entry in entries.items():
        given = entry["diagnosis"]
        if not isinstance(given, str) or word(given) not in map(word, FAULTS):
            return f"{name} – diagnosis: expected one of {', '.join(FAULTS)}, got {in_short(given)}."
    return None


def _evidence_advice(fields: tuple[Field, Field, Field], entry: Entry) -> str:
    """Say what is wrong with the evidence for a right diagnosis; never which of place and number is right."""
    diagnosis, where, number = fields
    for field in (number, where):
        value = entry[field.name]
        known = field.wrong_form(value) or field.known_mistake(value)
        if known and field.problem(value):  # a right value may lie near a wrong one
            return f"{diagnosis.expected} – {field.name}: {known}"
    return f"{diagnosis.expected} – place and number together: {where.otherwise} And the number: {number.otherwise}"


@lru_cache(maxsize=64)
def _expected(number: int, name: str) -> tuple[Field, Field, Field]:
    """Return the right diagnosis of a patient, and the evidence for it, measured on a patient built for this."""
    fault = order_of_faults(generator_of(number))[NAMES.index(name)]
    return DIAGNOSES[fault].fields(admit(number, name))


CHECK = WardCheck(
    hints=(
        "Which evidence is cheapest to collect, and which faults can it show: the inputs, the images that both sets "
        "share, the table of parameters, the layers? Take them in this order, and stop at what is out of the ordinary.",
        "What is a fault of one layer stands out in the layers' weight SQNR; what is a fault of all images does not. "
        "Of the six patients some have healthy layers.",
        "Look at a suspicious layer itself: w, w_hat = weights_of(patient, layer). Did the largest weights change "
        "their sign, (w * w_hat < 0).sum()? Or is a whole channel too large or too small, "
        "w_hat.abs().amax((1, 2, 3)) / w.abs().amax((1, 2, 3))?",
    ),
    praise="Six patients, six causes, each with its evidence. Accuracy alone would have convicted none of them.",
)
