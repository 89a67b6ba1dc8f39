"""The quick test: nine questions, graded here and never in the page.

In a notebook ``quick_test.show()`` is a form. The same questions in text::

    quick_test.print_questions()
    quick_test.answer(1, 128)  # a number
    quick_test.answer(2, "a", "c")  # several letters
    quick_test.answer(3, "b")  # one letter
    quick_test.submit()
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from zeropoint.course import learner
from zeropoint.course.progress_report import NOBODY
from zeropoint.course.quiz_result import QuizResult, judge, missing_sentence, wrapped
from zeropoint.course.quiz_source import Question, QuizError, read_quiz
from zeropoint.paths import course_root

__all__ = ["Quiz", "QuizError", "QuizResult", "load_quiz"]

LETTERS = "abcd"
PASS_TENTHS = 7
NO_NAME = "visitor"  # the seed of the order for whoever is not logged in
TASK = {"single": "Choose one.", "multiple": "Choose every one that is right.", "numeric": "Give a number."}


@dataclass(repr=False)
class Quiz:
    """Questions, and the answers given so far in this kernel.

    The options are shuffled by a seed: the learner's name, or a fixed text without one, as it is at
    the first look at the questions. It stays from then on, so that "b" means the same everywhere.
    Drawn numbers follow the seed too, and change with each try of a learner with a name, because the
    verdict has shown the last ones; a visitor always gets those of the committed notebook.
    """

    name: str
    title: str
    questions: tuple[Question, ...]
    seed: str | None = None
    tries: int = 0
    answers: dict[int, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.title}: {len(self.questions)} questions, {self.need} right answers to pass"

    @property
    def need(self) -> int:
        """How many right answers pass: 70 %, rounded up in integers."""
        return -(-len(self.questions) * PASS_TENTHS // 10)

    def settle(self, *, look: bool = False) -> None:
        """Take the seed from whoever is logged in, once; a new ``look`` is at the numbers of the next try."""
        if self.seed is None:
            self.seed = learner.current_learner() or NO_NAME
            look = True
        if look and not self.answers:  # answers that are noted belong to the numbers seen before
            self.tries = max(self.tries, len(self._stored()))

    def question(self, number: int) -> Question:
        """Return a question as it is asked now, with its drawn numbers."""
        self.settle()
        question = self.questions[number - 1]
        if not question.variants or self.seed == NO_NAME:
            return question
        first = int.from_bytes(_digest(self.seed, question.id)[:8])
        return question.variants[(first + self.tries) % len(question.variants)]

    def letters(self, number: int) -> dict[str, int]:
        """Return which option stands at a, b, c and d of a question."""
        self.settle()
        question = self.questions[number - 1]
        keys = [_digest(self.seed, question.id, i) for i in range(len(question.options))]
        return dict(zip(LETTERS, sorted(range(len(keys)), key=keys.__getitem__), strict=False))

    def next_try(self) -> None:
        """Begin another try: no answers, and other numbers for a learner with a name."""
        self.tries += 1
        self.answers.clear()

    def _stored(self) -> list[float]:
        """Return the points of every try on record."""
        return [row.points for row in learner.progress().quiz_history if row.item == self.name]

    def number(self, key: str | int) -> int:
        """Return a question's number, given as such or by its id."""
        numbers = {question.id: number for number, question in enumerate(self.questions, 1)}
        number = numbers.get(key) or (int(key) if str(key).isdecimal() else 0)
        if not 1 <= number <= len(self.questions):
            raise ValueError(f"There is no question {key!r}; give a number from 1 to {len(self.questions)}.")
        return number

    def read(self, number: int, given: Any) -> tuple[int, ...] | float | None:
        """Return an answer as option indices or as a number; None when there is none yet."""
        kind = self.questions[number - 1].kind
        if kind == "numeric":
            return _as_number(number, given)
        letters = self.letters(number)
        chosen = [given] if isinstance(given, str) else list(given or ())
        cleaned = {str(letter).strip().lower() for letter in chosen} - {""}
        if not cleaned <= letters.keys() or (kind == "single" and len(cleaned) > 1):
            wanted = "one letter" if kind == "single" else "one or more letters"
            raise ValueError(f"Question {number} takes {wanted} of a, b, c, d, not {', '.join(map(str, chosen))}.")
        return tuple(sorted(letters[letter] for letter in cleaned)) or None

    def missing(self, answers: Mapping[str | int, Any]) -> list[int]:
        """Return the numbers of the questions without an answer."""
        given = {self.number(key): value for key, value in answers.items()}
        return [n for n in range(1, len(self.questions) + 1) if n not in given or self.read(n, given[n]) is None]

    def grade(self, answers: Mapping[str | int, Any]) -> QuizResult:
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
        missing = self.missing(answers)
        if missing:
            raise ValueError(missing_sentence(missing))
        given = {self.number(key): value for key, value in answers.items()}
        results = tuple(
            judge(number, self.question(number), self.read(number, given[number]), self.letters(number))
            for number in range(1, len(self.questions) + 1)
        )
        score = sum(result.right for result in results)
        return QuizResult(self.title, score, len(results), self.need, results)

    def finish(self, answers: Mapping[str | int, Any]) -> tuple[QuizResult, str]:
        """Grade, store the result of a learner with a name, and return it with a line about that."""
        result = self.grade(answers)
        missed = [each.id for each in result.missed]
        points = {"points": result.score, "max_points": result.total}
        saved = learner.save("quiz", self.name, passed=result.passed, detail={"missed": missed}, **points)
        tries = self._stored()
        if not saved.ok or not tries:
            known = saved.message == NOBODY and not learner.said_first(NOBODY)
            return result, "" if known else saved.message
        count = "1 try" if len(tries) == 1 else f"{len(tries)} tries"
        return result, f"{saved.message} Best so far: {max(tries):g} of {result.total} ({count})."

    def answer(self, question: str | int, *given: Any) -> None:
        """Note an answer: a number, a letter, or several letters; a later one replaces it."""
        number = self.number(question)
        numeric = self.questions[number - 1].kind == "numeric"
        value = given[0] if numeric and len(given) == 1 else given
        if self.read(number, value) is None:
            raise ValueError(
                f"Question {number} got no answer; write {'a number' if numeric else 'a letter'} after it."
            )
        self.answers[number] = value
        shown = ", ".join(map(str, given))
        print(f"Question {number}: {shown} ({len(self.answers)} of {len(self.questions)} answered)")

    def submit(self) -> None:
        """Print the whole result, or which questions still have no answer."""
        missing = self.missing(self.answers)
        if missing:
            print(missing_sentence(missing))
            return
        result, saved = self.finish(self.answers)
        print(f"{result}\n{saved}".rstrip())
        before = [self.question(number) for number in range(1, len(self.questions) + 1)]
        self.next_try()
        changed = [number for number, question in enumerate(before, 1) if self.question(number) != question]
        if changed:
            print(
                f"Another try has new numbers in question {', '.join(map(str, changed))}: print_questions() shows them."
            )

    def print_questions(self) -> None:
        """Print the questions with their options, to be answered by :meth:`answer`."""
        self.settle(look=True)
        for number in range(1, len(self.questions) + 1):
            question = self.question(number)
            print(f"{number}. {question.theme}")
            print(wrapped(f"{question.text} {TASK[question.kind]}", indent=3, hang=0))
            for letter, index in self.letters(number).items():
                print(wrapped(f"{letter}) {question.options[index].text}", indent=3))
            print()

    def show(self) -> None:
        """Display the questions as a form; without a front end for it, as text."""
        from IPython.display import display

        from zeropoint.course.quiz_widget import QuizWidget  # ipywidgets only where a form is wanted

        self.settle(look=True)
        display(QuizWidget(self))


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


def _digest(*parts: object) -> bytes:
    # A hash of our own: the same order and numbers on every Python version, which `random` does not promise.
    return sha256("/".join(map(str, parts)).encode()).digest()


def _as_number(number: int, given: Any) -> float | None:
    if given is None or given == "" or given == ():
        return None
    try:
        value = float(str(given).strip().replace("−", "-").replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"Question {number} takes one number, not {given!r}.")
    return value


@functools.cache
def _quick_test() -> Quiz:
    return load_quiz()


def __getattr__(name: str) -> Quiz:
    # Read at first use: importing this module needs no course folder.
    if name == "quick_test":
        return _quick_test()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
