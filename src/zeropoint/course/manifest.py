"""What the course consists of, read once and typed: ``course.toml``, and the exercises' titles from their headings."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from zeropoint.paths import MARKER, course_root

_HEADING = re.compile(r"^## (\d\d\.\d+) – (.+)$", re.MULTILINE)  # "## 10.1 – Read an execution profile"


@dataclass(frozen=True)
class ExerciseEntry:
    """One exercise: its id and points from the manifest, its title from the heading above it in the notebook."""

    id: str
    points: int
    title: str


@dataclass(frozen=True)
class Lesson:
    """One lesson: the same stem in ``notebooks/``, ``solutions/`` and ``exercises/``."""

    stem: str
    title: str
    minutes: int
    needs: tuple[str, ...]
    exercises: tuple[ExerciseEntry, ...]
    question: str = ""  # what it answers, for the table of the first notebook

    @property
    def number(self) -> str:
        """The two digits that the names of its files begin with, e.g. "04"."""
        return self.stem[:2]

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
    quiz_question: str = ""

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
    """Read ``course.toml`` of a folder, and the titles from the notebooks beside it."""
    with (root / MARKER).open("rb") as file:
        content = tomllib.load(file)
    quiz = content["quiz"]
    return Manifest(
        content["title"],
        tuple(_lesson(entry, root) for entry in content["lesson"]),
        quiz_stem=quiz["stem"],
        quiz_minutes=quiz["minutes"],
        pass_percent=quiz["pass_percent"],
        quiz_question=quiz["question"],
    )


def _lesson(entry: dict[str, Any], root: Path) -> Lesson:
    exercises = entry.get("exercise", [])
    titles = _titles(entry["stem"], [exercise["id"] for exercise in exercises], root)
    return Lesson(
        entry["stem"],
        entry["title"],
        entry["minutes"],
        needs=tuple(entry["needs"]),
        exercises=tuple(
            ExerciseEntry(exercise["id"], exercise["points"], titles[exercise["id"]]) for exercise in exercises
        ),
        question=entry["question"],
    )


def _titles(stem: str, exercises: Sequence[str], root: Path) -> dict[str, str]:
    """Return the title of each exercise: its heading in the solution, else in the exercise notebook, else its id."""
    titles: dict[str, str] = {}
    for folder in ("solutions", "exercises"):
        if any(exercise not in titles for exercise in exercises):
            titles = _headings(root / folder / f"{stem}.ipynb") | titles
    return {exercise: titles.get(exercise, exercise) for exercise in exercises}


def _headings(path: Path) -> dict[str, str]:
    """Return the headings of exercises in a notebook by id; none when it cannot be read."""
    # As plain JSON: importing nbformat alone takes two seconds, and this is needed before the first check.
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}  # a damaged notebook must not stop a check or hide a record: a title is worth less than both
    return {exercise: title.strip() for text in texts for exercise, title in _HEADING.findall(text)}
