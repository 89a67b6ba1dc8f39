"""Answers to exercise 04.3, written from the brief, without the check's own code."""

from __future__ import annotations

SETS = {"A": "channels swapped", "B": "none", "C": "one class", "D": "one broken image", "E": "not normalised"}

WRONG = [
    (SETS | {"A": "none"}, "means of red and blue"),
    (SETS | {"A": "too dark"}, "one is lower and one higher"),
    (SETS | {"A": "not normalised"}, "opposite directions"),
    (SETS | {"B": "channels swapped"}, "chance would have it"),
    (SETS | {"B": "one class"}, "about a tenth"),
    (SETS | {"C": "none"}, "almost every one"),
    (SETS | {"C": "too dark"}, "both ends of the range"),
    (SETS | {"D": "not normalised"}, "mean would be near 120"),
    (SETS | {"D": "one class"}, "how many images can that be"),
    (SETS | {"E": "too dark"}, "which step is missing"),
    (SETS | {"E": "one broken image"}, "the minimum of all the others"),
    (SETS | {"E": 5}, "as text in quotes"),
    (SETS | {"E": "not normalized"}, "as the brief does"),
]

RIGHT = {"A": "Channels-swapped", "B": " none", "C": "One class", "D": "one broken image", "E": "Not normalised"}

POINTS = 4  # four of five entries of the first wrong answer are right
