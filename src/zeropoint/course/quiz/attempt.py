"""One attempt at a quiz: the order and the numbers in which it is asked, the answers, and their grading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, ClassVar

from zeropoint.course import learner
from zeropoint.course.quiz.quiz import Quiz
from zeropoint.course.quiz.reading import LETTERS, Answer, read_answer
from zeropoint.course.quiz.record import keep, stored_points
from zeropoint.course.quiz.result import QuizResult, judge, missing_sentence
from zeropoint.course.quiz.source import Question

NO_NAME = "visitor"  # the seed of the order for whoever is not logged in
REHEARSED = (
    "Not stored: these numbers were a visitor's, and their answers have been shown. Begin another try: it has numbers "
    "of your own."
)


@dataclass(repr=False)
class Attempt:
    """What differs between learners and between tries, and the answers given so far.

    The options are shuffled by a seed: the learner's name, or a fixed text without one, as it is at
    the first look at the questions. It stays from then on, so that "b" means the same everywhere.
    Drawn numbers follow the seed too, and change with each try of a learner with a name, because the
    verdict has shown the last ones; a visitor always gets those of the committed notebook. Whoever logs in after
    rehearsing as a visitor gets an order and numbers of their own with the next look or try.

    Attributes
    ----------
    quiz : Quiz
    seed : str – None until the first look
    tries : int – how many were made before, here or as the progress record says
    answers : mapping of a question's number to what was given
    """

    quiz: Quiz
    seed: str | None = None
    tries: int = 0
    answers: dict[int, Any] = field(default_factory=dict)
    rehearsed: ClassVar[set[str]] = set()  # the quizzes whose verdict a visitor has seen in this kernel

    def __repr__(self) -> str:
        return repr(self.quiz)

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions of the quiz, each with the numbers of its first draw."""
        return self.quiz.questions

    def settle(self, *, look: bool = False) -> str:
        """Take the seed from whoever is logged in, once, and return it; a new look has the numbers of the next try."""
        name = learner.current_learner()
        fresh = look and not self.answers and self.seed == NO_NAME and name is not None
        if self.seed is None or fresh:
            self.seed = name or NO_NAME
            look = True
        if look and not self.answers:  # answers that are noted belong to the numbers seen before
            self.tries = max(self.tries, len(stored_points(self.quiz.name)))
        return self.seed

    def question(self, number: int) -> Question:
        """Return a question as it is asked now, with its drawn numbers."""
        seed = self.settle()
        question = self.questions[number - 1]
        if not question.variants or seed == NO_NAME:
            return question
        first = int.from_bytes(_digest(seed, question.id)[:8])
        return question.variants[(first + self.tries) % len(question.variants)]

    def asked(self) -> dict[int, Question]:
        """Return every question by its number, as it is asked now."""
        return {number: self.question(number) for number in range(1, len(self.questions) + 1)}

    def letters(self, number: int) -> dict[str, int]:
        """Return which option stands at a, b, c and d of a question."""
        seed = self.settle()
        question = self.questions[number - 1]
        keys = [_digest(seed, question.id, i) for i in range(len(question.options))]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return dict(zip(LETTERS, order, strict=False))  # a numeric question has no options

    def next_try(self) -> None:
        """Begin another try: no answers, and other numbers for a learner with a name."""
        self.tries += 1
        self.answers.clear()
        if self.seed == NO_NAME:
            self.settle(look=True)

    def read(self, number: int, given: Any) -> Answer | None:
        """Return an answer as option indices or as a number; None when there is none yet."""
        return read_answer(number, self.questions[number - 1].kind, self.letters(number), given)

    def missing(self, answers: Mapping[Any, Any]) -> list[int]:
        """Return the numbers of the questions without an answer."""
        return [number for number, answer in self._readings(answers).items() if answer is None]

    def _readings(self, answers: Mapping[Any, Any]) -> dict[int, Answer | None]:
        """Return what was answered to each question, in their order."""
        given = {self.quiz.number(key): value for key, value in answers.items()}
        return {number: self.read(number, given.get(number)) for number in range(1, len(self.questions) + 1)}

    def grade(self, answers: Mapping[Any, Any]) -> QuizResult:
        """Grade a whole set of answers; nothing is stored.

        Parameters
        ----------
        answers : mapping
            From a question's number or id to a letter, several letters, or a number.

        Raises
        ------
        ValueError
            When a question has no answer, or one that it does not take.
        """
        results = []
        missing = []
        for number, answer in self._readings(answers).items():
            if answer is None:
                missing.append(number)
            else:
                results.append(judge(number, self.question(number), answer, self.letters(number)))
        if missing:
            raise ValueError(missing_sentence(missing))
        score = sum(result.right for result in results)
        return QuizResult(self.quiz.title, score, len(results), self.quiz.need, tuple(results))

    def finish(self, answers: Mapping[Any, Any]) -> tuple[QuizResult, str]:
        """Grade, store the result of a learner with a name, and return it with a line about that."""
        result = self.grade(answers)
        if self.seed == NO_NAME and learner.current_learner() is None:
            self.rehearsed.add(self.quiz.name)
        elif self.seed == NO_NAME and self.quiz.name in self.rehearsed:
            return result, REHEARSED
        return result, keep(self.quiz.name, result)


def _digest(*parts: object) -> bytes:
    # A hash of our own: the same order and numbers on every Python version, which `random` does not promise.
    return sha256("/".join(map(str, parts)).encode()).digest()
