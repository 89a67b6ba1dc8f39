"""Where an exercise is: found by its id, so that no list names it a second time."""

from __future__ import annotations

from importlib import import_module

from zeropoint.course.spec import Check


def specification(exercise: str) -> Check:
    """Return how an exercise is checked: ``CHECK`` of ``zeropoint.lessons.lesson_02.exercise_1`` for "02.1"."""
    lesson, number = exercise.split(".")
    return import_module(f"zeropoint.lessons.lesson_{lesson}.exercise_{number}").CHECK
