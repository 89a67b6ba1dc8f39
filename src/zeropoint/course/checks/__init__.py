"""One module a lesson, each with ``EXERCISES: dict[id, Check]``."""

from __future__ import annotations

from importlib import import_module

from zeropoint.course.spec import Check


def specification(exercise: str) -> Check:
    """Return how an exercise is checked, e.g. "02.1" from the module ``lesson_02``."""
    lesson = exercise.split(".")[0]
    return import_module(f"{__name__}.lesson_{lesson}").EXERCISES[exercise]
