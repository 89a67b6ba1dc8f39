"""A quiz in a notebook: one attempt, answered in text or in a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zeropoint.course.quiz.attempt import NO_NAME, Attempt
from zeropoint.course.quiz.result import missing_sentence, wrapped


@dataclass(repr=False)
class Session(Attempt):
    """An attempt at a quiz with what a learner calls: ``show``, or ``print_questions``, ``answer`` and ``submit``.

    Attributes
    ----------
    judged : bool – the verdict on these questions has been shown; the next look at them begins another try
    """

    judged: bool = False

    def answer(self, question: str | int, *given: Any) -> None:
        """Note an answer: a number, a letter, or several letters; a later one replaces it, also after a verdict."""
        number = self.quiz.number(question)
        numeric = self.questions[number - 1].kind == "numeric"
        value = given[0] if numeric and len(given) == 1 else given
        if self.read(number, value) is None:
            wanted = "a number" if numeric else "a letter"
            raise ValueError(f"Question {number} got no answer; write {wanted} after it.")
        self.answers[number] = value
        shown = ", ".join(map(str, given))
        print(f"Question {number}: {shown} ({len(self.answers)} of {len(self.questions)} answered)")

    def submit(self) -> None:
        """Print the whole result, or which questions still have no answer."""
        missing = self.missing(self.answers)
        if missing:
            print(missing_sentence(missing))
            return
        if self.judged:
            print(f"{self.grade(self.answers)}\n{self._corrected()}")
            return
        result, saved = self.finish(self.answers)
        self.judged = True
        print(f"{result}\n{saved}".rstrip())

    def _corrected(self) -> str:
        """Return why a correction is not stored, and what brings a new try."""
        drawn = [str(number) for number, question in enumerate(self.questions, 1) if question.variants]
        numbers = f", with other numbers in question {' and '.join(drawn)}" if self.seed != NO_NAME else ""
        return (
            f"A correction is not stored: the answers have been shown. print_questions() begins another try{numbers}."
        )

    def _look(self) -> None:
        """Settle what is asked now: after a verdict, another try."""
        if self.judged:
            self.judged = False
            self.next_try()
        self.settle(look=True)

    def print_questions(self) -> None:
        """Print the questions with their options, to be answered by :meth:`answer`."""
        self._look()
        for number, question in self.asked().items():
            print(f"{number}. {question.theme}")
            print(wrapped(f"{question.text} {question.task}", indent=3, hang=0))
            for letter, index in self.letters(number).items():
                print(wrapped(f"{letter}) {question.options[index].text}", indent=3))
            print()

    def show(self) -> None:
        """Display the questions as a form; without a front end for it, as text."""
        from IPython.display import display

        from zeropoint.course.quiz.widget import QuizWidget  # ipywidgets only where a form is wanted

        self._look()
        display(QuizWidget(self))
