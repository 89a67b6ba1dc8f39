"""The course around the lessons: checks, hints, the quiz and the learner's progress."""

from zeropoint.course.check import check, hint, solution
from zeropoint.course.learner import login, logout, progress
from zeropoint.course.start import where_to_start
from zeropoint.course.transfer import export, forget, import_progress

__all__ = [
    "check",
    "export",
    "forget",
    "hint",
    "import_progress",
    "login",
    "logout",
    "progress",
    "solution",
    "where_to_start",
]


def __dir__() -> list[str]:
    return __all__
