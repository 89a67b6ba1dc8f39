"""What the progress record keeps of a quiz."""

from __future__ import annotations

from zeropoint.course import learner
from zeropoint.course.quiz.result import QuizResult


def stored_points(quiz: str) -> list[float]:
    """Return the points of every try on record of the learner who is logged in, oldest first."""
    return [row.points for row in learner.progress().quiz_history if row.item == quiz]


def keep(quiz: str, result: QuizResult) -> str:
    """Store the result of a learner with a name, and return a line about that; none where it has been said before."""
    saved = learner.save(
        "quiz",
        quiz,
        passed=result.passed,
        points=result.score,
        max_points=result.total,
        detail={"missed": [each.id for each in result.missed]},
    )
    tries = stored_points(quiz)
    if saved.ok and tries:
        count = "1 try" if len(tries) == 1 else f"{len(tries)} tries"
        return f"{saved.message} Best so far: {max(tries):g} of {result.total} ({count})."
    if saved.nobody and not learner.said_first(saved):
        return ""
    return saved.message
