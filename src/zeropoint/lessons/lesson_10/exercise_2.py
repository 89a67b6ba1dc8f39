"""Exercise 10.2: what a latency table decides, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping

from zeropoint.course.spec import ChoiceField, Field, FieldsCheck

VERDICTS = ("ship", "reject", "measure")
REASONS = ("a", "b", "c", "d", "e")
CANDIDATES = ("A", "B", "C", "D", "E", "F")

Pattern = tuple[str | None, str | None]  # (choice, reason) as it may be given wrongly; None stands for any

_ALREADY = "right, but for another reason: which limit of the brief does this line settle?"


def _verdict(name: str, right: tuple[str, str], wrong: Mapping[Pattern, str]) -> ChoiceField:
    """Return the field of one line of the table; of the wrong patterns the first one that fits is told."""
    otherwise = "hold every column of its line against the brief: batch, threads, p95, accuracy, in this order."
    messages = {**wrong, (right[0], None): _ALREADY}
    return ChoiceField(name, VERDICTS, REASONS, right, tuple(messages.items()), otherwise)


A = _verdict(
    "A",
    right=("reject", "a"),
    wrong={
        ("ship", None): (
            "its median is below 10 ms, but one frame in twenty takes longer than 13.8 ms: the limit is on p95."
        ),
        ("measure", None): (
            "its accuracy is settled (−1 lies outside of the interval); another limit is not kept, and more images "
            "do not repair that."
        ),
    },
)
B = _verdict(
    "B",
    right=("reject", "b"),
    wrong={
        ("ship", None): "4.1 ms were measured with four threads; the device gives one to this network.",
        ("measure", None): (
            "nothing is uncertain about it: it was measured under settings that the device does not have. (Measured "
            "again with one thread, it would be another line.)"
        ),
    },
)
C = _verdict(
    "C",
    right=("measure", "d"),
    wrong={
        ("ship", None): "its interval reaches down to −1.9 points: a loss of over a point is not excluded.",
        ("reject", "d"): (
            "its interval contains losses that are allowed as well: more images can still settle it, and its times "
            "are the best that keep the settings."
        ),
        ("reject", None): "it keeps batch, threads and p95: what is not known yet, and can it be found out?",
    },
)
D = _verdict(
    "D",
    right=("ship", "e"),
    wrong={
        ("measure", None): "its whole interval lies above −1 point: nothing is left to be measured.",
        ("reject", None): ("which limit does it break? Batch 1, one thread, p95 below 10 ms, no loss of a point."),
    },
)
E = _verdict(
    "E",
    right=("reject", "c"),
    wrong={
        ("ship", None): (
            "3.2 ms are an eighth of a batch that takes 25.6 ms, and the first image waits for the eighth: the brief "
            "says batch 1."
        ),
        ("reject", "a"): "its 95th percentile is too long too, but why? The brief has no batch of eight.",
        ("measure", None): "nothing is uncertain about it: its batch is not the brief's.",
    },
)
GAIN = Field(
    "gain",
    1.5,
    (
        (
            2.2,
            "that is torch's FP32 over ONNX Runtime's INT8: two changes at once, and most of the gain is the "
            "runtime's. Divide within one runtime.",
        ),
        (0.667, "the wrong way round: how many times as fast is FP32's time over INT8's."),
        (1.38, "that divides p95 by p95; asked is p50."),
        (1.167, "that is OpenVINO's FP32 over ONNX Runtime's INT8: divide within one runtime."),
        (2.0, "A is another candidate: D's INT8 is 8.4 ms."),
    ),
    "p50 of FP32 in the same runtime, with the same threads and batch, divided by D's p50.",
    tolerance=0.004,
)
RELAXED = ChoiceField(
    "relaxed",
    CANDIDATES,
    REASONS,
    ("F", "e"),
    (
        (("F", None), "right, but for another reason: does it keep all limits, the relaxed one included?"),
        (
            ("D", None),
            "it keeps the limits, and costs 0.2 points and a calibration. Which line keeps them and loses nothing at "
            "all?",
        ),
        (("C", None), "it is the fastest, and its accuracy is still open; a limit that is kept needs no race."),
        (("A", None), "it keeps 15 ms, and loses 0.6 points. Which line keeps the limits and loses nothing?"),
        (("B", None), "four threads are no more available than before."),
        (("E", None), "the batch is still 1."),
    ),
    "which of the lines keep batch, threads, 15 ms and accuracy, and which of those loses nothing?",
)

CHECK = FieldsCheck(
    fields=(A, B, C, D, E, GAIN, RELAXED),
    hints=(
        "Which sentence of the agreement does each column of the table answer, and which columns answer none? Take the "
        "limits one by one before you compare candidates with each other.",
        "A line that was measured under other settings than the device's says nothing about the device. An interval on "
        "both sides of −1 says neither yes nor no. And a gain is INT8's only if nothing else changed.",
        "Go from left to right: batch 1? one thread? p95 within the limit? low end of the interval above −1? The gain "
        "divides two p50 of ONNX Runtime, batch 1. With 15 ms to spend, ask first whether FP32 will do.",
    ),
    praise="Limits first, settings as on the device, intervals in place of luck – and INT8 only where it is needed.",
)
