"""The course around the lessons: checks, hints, the quiz and the learner's progress."""

from zeropoint.course.check import check, hint, solution
from zeropoint.course.progress import login, logout, summary

__all__ = ["check", "hint", "login", "logout", "solution", "summary"]
