"""Exercise 08.3: the break-it lab. The evidence is measured on a fresh copy of the learner's own patients.

What each fault looks like is in ``diagnosis.py``, how it is planted in ``faults.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from zeropoint.course.answers import Field, guarded
from zeropoint.course.compare import numbers
from zeropoint.course.verdict import NOT_WRITTEN, Verdict
from zeropoint.lessons.lesson_08.diagnosis import DIAGNOSES
from zeropoint.lessons.lesson_08.faults import FAULTS, NAMES, fault_of
from zeropoint.lessons.lesson_08.material import admit

ENTRIES = ("diagnosis", "where", "number")


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
        entries = {name: _entries(answer.get(name)) for name in NAMES}
        if not any(entries.values()):
            return Verdict(False, NOT_WRITTEN)
        number = numbers(answer.get("ward"))
        if number is None or number.shape or not (number >= 0 and number % 1 == 0):
            return Verdict(False, "ward: write your ward's number here, a whole number as printed when you opened it.")
        return self._judge(int(number), entries)

    def _judge(self, number: int, entries: dict[str, dict[str, Any]]) -> Verdict:
        """Return the verdict on what is filled in, with the first problem of each patient."""
        right = 0
        of = len(NAMES) * len(ENTRIES)
        sentences = []
        for name, entry in entries.items():
            if entry:
                problems = _problems(number, name, entry)
                right += len(ENTRIES) - len(problems)
                sentences += [f"{name} – {problem}" for problem in problems[:1]]
        if right == of:
            return Verdict(True, self.praise)
        empty = [name for name, entry in entries.items() if not entry]
        if empty:
            sentences.append(f"Not diagnosed yet: {', '.join(empty)}.")
        return Verdict(False, " ".join([f"{right} of {of} entries are right.", *sentences]), right, of)


def _entries(entry: Any) -> dict[str, Any]:
    """Return what is filled in of one patient; what is no dictionary counts as the diagnosis."""
    given = entry if isinstance(entry, Mapping) else {"diagnosis": entry}
    return {key: given[key] for key in ENTRIES if given.get(key) is not None and given.get(key) is not ...}


def _problems(number: int, name: str, entry: dict[str, Any]) -> list[str]:
    """Return one sentence for each of the three entries that is wrong or missing."""
    problems = []
    for field in expected(number, name):
        if field.name not in entry:
            problems.append(f"{field.name}: still missing.")
        elif field.name == "diagnosis" and not _names_a_fault(entry["diagnosis"]):
            problems.append(f"diagnosis: expected one of {', '.join(FAULTS)}, as text in quotes.")
        else:
            problem = field.problem(entry[field.name])
            problems += [problem] if problem else []
    return problems


def _names_a_fault(value: Any) -> bool:
    """Return whether a value is the name of a fault, in whatever spelling a field accepts."""
    return any(Field("", fault, (), "").problem(value) is None for fault in FAULTS)


@lru_cache(maxsize=64)
def expected(number: int, name: str) -> tuple[Field, Field, Field]:
    """Return the right diagnosis of a patient, and the evidence for it, measured on a patient built for this."""
    return DIAGNOSES[fault_of(number, name)].fields(admit(number, name))


CHECK = WardCheck(
    hints=(
        "Take the checks in the lesson's order for each patient: inputs, shared images, parameters, layers. Stop at "
        "the first that is out of the ordinary.",
        "Two faults are visible in the inputs (range, channel means), one in the images that both sets share, one in "
        "scale_shape. The other two have one layer with a very low weight SQNR.",
        "Float and quantized weights of such a layer side by side: if the largest ones changed their sign, the codes "
        "wrapped around; if whole channels are too large or too small, something is wrong with batch norm.",
    ),
    praise="Six patients, six causes, each with its evidence. Accuracy alone would have convicted none of them.",
)
