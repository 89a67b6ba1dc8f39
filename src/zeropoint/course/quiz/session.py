"""A quiz in a notebook: one attempt, answered in text or in a form."""

from __future__ import annotations

from typing import Any

from zeropoint.course.quiz.attempt import Attempt
from zeropoint.course.quiz.result import missing_sentence, wrapped


class Session(Attempt):
    """An attempt at a quiz with what a learner calls: ``show``, or ``print_questions``, ``answer`` and ``submit``."""

    def answer(self, question: str | int, *given: Any) -> None:
        """Note an answer: a number, a letter, or several letters; a later one replaces it."""
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
        result, saved = self.finish(self.answers)
        print(f"{result}\n{saved}".rstrip())
        before = self.asked()
        self.next_try()
        changed = [str(number) for number, question in self.asked().items() if question != before[number]]
        if changed:
            print(f"Another try has new numbers in question {', '.join(changed)}: print_questions() shows them.")

    def print_questions(self) -> None:
        """Print the questions with their options, to be answered by :meth:`answer`."""
        self.settle(look=True)
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

        self.settle(look=True)
        display(QuizWidget(self))
