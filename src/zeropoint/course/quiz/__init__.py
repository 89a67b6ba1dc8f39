"""The quick test: nine questions, graded here and never in the page.

In a notebook ``quick_test.show()`` is a form. The same questions in text::

    quick_test.print_questions()
    quick_test.answer(1, 128)  # a number
    quick_test.answer(7, "a", "c")  # several letters
    quick_test.answer(3, "b")  # one letter
    quick_test.submit()
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from zeropoint.course.quiz.attempt import Attempt
from zeropoint.course.quiz.quiz import Quiz, load_quiz
from zeropoint.course.quiz.result import QuizResult
from zeropoint.course.quiz.session import Session
from zeropoint.course.quiz.source import QuizError

if TYPE_CHECKING:
    quick_test: Session

__all__ = ["Attempt", "Quiz", "QuizError", "QuizResult", "Session", "load_quiz", "quick_test"]


@functools.cache
def _quick_test() -> Session:
    return Session(load_quiz())


def __getattr__(name: str) -> Session:
    # Read at first use: importing this package needs no course folder.
    if name == "quick_test":
        return _quick_test()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
