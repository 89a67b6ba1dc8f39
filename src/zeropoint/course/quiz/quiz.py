"""The questions of a quiz and its pass mark: the same for everybody and at every try."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from zeropoint.course.manifest import load_manifest
from zeropoint.course.quiz.source import Question, read_quiz
from zeropoint.paths import course_root

EVERYTHING = 100  # percent, where no course sets a pass mark


def pass_percent() -> int:
    """Return the pass mark of ``course.toml``; without a course folder, every answer has to be right."""
    try:
        return load_manifest().pass_percent
    except OSError:
        return EVERYTHING


@dataclass(frozen=True, repr=False)
class Quiz:
    """The questions and the pass mark; :class:`~zeropoint.course.quiz.attempt.Attempt` asks them.

    Attributes
    ----------
    name : str – what the progress record calls it
    title : str
    questions : tuple of Question
    pass_percent : int – share of right answers that passes; by default that of ``course.toml``
    """

    name: str
    title: str
    questions: tuple[Question, ...]
    pass_percent: int = field(default_factory=pass_percent)

    def __repr__(self) -> str:
        return f"{self.title}: {len(self.questions)} questions, {self.need} right answers to pass"

    @property
    def need(self) -> int:
        """How many right answers pass: the pass mark, rounded up in integers."""
        return -(-len(self.questions) * self.pass_percent // 100)

    def number(self, key: str | int) -> int:
        """Return a question's number, given as such or by its id.

        Raises
        ------
        ValueError
            When there is no such question.
        """
        for number, question in enumerate(self.questions, 1):
            if question.id == key:
                return number
        number = int(key) if str(key).isdecimal() else 0
        if not 1 <= number <= len(self.questions):
            raise ValueError(f"There is no question {key!r}; give a number from 1 to {len(self.questions)}.")
        return number


def load_quiz(path: str | Path | None = None) -> Quiz:
    """Read a quiz file; without a path, the course's own ``quiz/quick_test.toml``.

    Raises
    ------
    QuizError
        With one sentence, when the file does not describe a quiz.
    """
    path = Path(path) if path else course_root() / "quiz" / "quick_test.toml"
    title, questions = read_quiz(path)
    return Quiz(path.stem, title, questions)
