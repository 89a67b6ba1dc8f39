"""Wrong answers to exercise 10.2, deciding from a latency table, and a right one."""

from __future__ import annotations

DECISION = {
    "A": ("reject", "a"),
    "B": ("reject", "b"),
    "C": ("measure", "d"),
    "D": ("ship", "e"),
    "E": ("reject", "c"),
    "gain": 1.5,
    "relaxed": ("F", "e"),
}


WRONG = [
    (DECISION | {"A": ("ship", "e")}, "one frame in twenty"),
    (DECISION | {"A": ("measure", "a")}, "more images do not repair that"),
    (DECISION | {"A": ("reject", "d")}, "A: right, but for another reason"),
    (DECISION | {"B": ("ship", "e")}, "with four threads"),
    (DECISION | {"C": ("ship", "e")}, "a loss of over a point is not excluded"),
    (DECISION | {"C": ("reject", "d")}, "more images can still settle it"),
    (DECISION | {"C": ("reject", "a")}, "what is not known yet"),
    (DECISION | {"D": ("measure", "d")}, "nothing is left to be measured"),
    (DECISION | {"D": ("reject", "a")}, "which limit does it break"),
    (DECISION | {"E": ("ship", "e")}, "an eighth of a batch"),
    (DECISION | {"E": ("reject", "a")}, "no batch of eight"),
    (DECISION | {"gain": 18.5 / 8.4}, "two changes at once"),
    (DECISION | {"gain": 8.4 / 12.6}, "wrong way round"),
    (DECISION | {"gain": 13.2 / 9.6}, "asked is p50"),
    (DECISION | {"gain": 9.8 / 8.4}, "OpenVINO's FP32 over"),
    (DECISION | {"gain": 12.6 / 6.3}, "another candidate"),
    (DECISION | {"relaxed": ("D", "e")}, "loses nothing at all"),
    (DECISION | {"relaxed": ("C", "e")}, "needs no race"),
    (DECISION | {"relaxed": ("A", "e")}, "loses 0.6 points"),
    (DECISION | {"relaxed": ("F", "a")}, "the relaxed one included"),
]

RIGHT = DECISION | {"A": ["Reject", "A"], "gain": 1.50, "relaxed": ("f", "E")}

POINTS = 6  # of the first wrong answer, of which six of seven entries are right
