"""Finding the exercise that a learner means by what they typed."""

from __future__ import annotations

import re
from typing import Any

from zeropoint.course.manifest import ExerciseEntry, Lesson, load_manifest
from zeropoint.course.refusal import Refusal
from zeropoint.course.shown import in_short

_TYPED = re.compile(r"\s*0*(\d+)\s*[.,]\s*0*(\d+)\s*")  # "2.2" and "02.2" are the same exercise


def find_exercise(exercise: Any) -> tuple[Lesson, ExerciseEntry]:
    """Return the lesson and the entry of an exercise, whose id may lack its leading zero.

    Raises
    ------
    Refusal
        When there is no such exercise; the sentence names the nearest one.
    """
    typed = _TYPED.fullmatch(str(exercise)) if isinstance(exercise, str | float) else None
    if typed is None:
        raise Refusal(f'{in_short(exercise)} is no exercise: expected its id in quotes, such as "02.1".')
    place = int(typed[1]), int(typed[2])
    known = {_place(entry.id): (lesson, entry) for lesson in load_manifest().lessons for entry in lesson.exercises}
    if place in known:
        return known[place]
    nearest = min(known, key=lambda other: (abs(other[0] - place[0]), abs(other[1] - place[1])))
    raise Refusal(f"There is no exercise {in_short(exercise)}: did you mean {known[nearest][1].id!r}?")


def is_exercise(value: Any) -> bool:
    """Return whether a value is the id of an exercise, as text."""
    return isinstance(value, str) and any(
        entry.id == value for lesson in load_manifest().lessons for entry in lesson.exercises
    )


def _place(exercise: str) -> tuple[int, int]:
    lesson, number = exercise.split(".")
    return int(lesson), int(number)
