"""Where the answers to an exercise are, right and wrong; the course is not imported before they are asked for."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def answers_to(exercise: str) -> ModuleType:
    """Return the answers that were written for an exercise, e.g. "04.1"; see ``README.md`` beside this file."""
    lesson, number = exercise.split(".")
    return import_module(f"tests.lessons.lesson_{lesson}.wrong_{number}")
