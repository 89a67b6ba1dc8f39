"""``course.toml``: what the course consists of, read once and typed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from zeropoint.paths import MARKER, course_root


@dataclass(frozen=True)
class ExerciseEntry:
    """One exercise as the manifest lists it."""

    id: str
    title: str
    points: int


@dataclass(frozen=True)
class Lesson:
    """One lesson: the same stem in ``notebooks/``, ``solutions/`` and ``exercises/``."""

    stem: str
    title: str
    minutes: int
    needs: tuple[str, ...]
    exercises: tuple[ExerciseEntry, ...]

    @property
    def points(self) -> int:
        """Points of all its exercises together."""
        return sum(entry.points for entry in self.exercises)


@dataclass(frozen=True)
class Manifest:
    """The whole course, in its order."""

    title: str
    lessons: tuple[Lesson, ...]
    quiz_stem: str
    quiz_minutes: int
    pass_percent: int

    @property
    def points(self) -> int:
        """Points of all exercises of the course together."""
        return sum(lesson.points for lesson in self.lessons)

    def exercise(self, exercise_id: str) -> tuple[Lesson, ExerciseEntry]:
        """Return the lesson and the entry of an exercise.

        Raises
        ------
        ValueError
            When there is no such exercise.
        """
        for lesson in self.lessons:
            for entry in lesson.exercises:
                if entry.id == exercise_id:
                    return lesson, entry
        known = ", ".join(entry.id for lesson in self.lessons for entry in lesson.exercises)
        raise ValueError(f"There is no exercise {exercise_id!r}: expected one of {known}.")


@lru_cache(maxsize=1)
def load_manifest() -> Manifest:
    """Read ``course.toml`` of the course folder."""
    return read_manifest(course_root())


def read_manifest(root: Path) -> Manifest:
    """Read ``course.toml`` of a folder."""
    with (root / MARKER).open("rb") as file:
        content = tomllib.load(file)
    lessons = tuple(
        Lesson(
            entry["stem"],
            entry["title"],
            entry["minutes"],
            tuple(entry["needs"]),
            tuple(ExerciseEntry(**exercise) for exercise in entry.get("exercise", [])),
        )
        for entry in content["lesson"]
    )
    quiz = content["quiz"]
    return Manifest(content["title"], lessons, quiz["stem"], quiz["minutes"], quiz["pass_percent"])
