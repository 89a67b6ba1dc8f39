"""The quiz as a form in the notebook: asked in the browser, graded in Python.

What is sent to the page holds the questions and the options, never which option is right nor why.
Without a running kernel the page shows the questions as a plain list.
"""

from __future__ import annotations

import html
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from zeropoint.course.quiz.attempt import Attempt

_HERE = Path(__file__).parent


class QuizWidget(anywidget.AnyWidget):
    """One form; a notebook can hold several, each with answers of its own.

    Parameters
    ----------
    attempt : Attempt
        Whose letters and numbers are asked first. The form goes on with an attempt of its own.
    """

    _esm = _HERE / "quiz.js"
    _css = _HERE / "quiz.css"

    title = traitlets.Unicode().tag(sync=True)
    need = traitlets.Int().tag(sync=True)
    questions = traitlets.List().tag(sync=True)
    answers = traitlets.Dict().tag(sync=True)  # kept here as well, so that a reloaded page shows them again
    result = traitlets.Dict().tag(sync=True)  # empty until a whole set of answers was graded

    def __init__(self, attempt: Attempt) -> None:
        quiz = attempt.quiz
        super().__init__(title=quiz.title, need=quiz.need, questions=asked(attempt))
        # Answers and tries are counted apart from those of other forms.
        self._attempt = Attempt(quiz, seed=attempt.seed, tries=attempt.tries)
        self.on_msg(self._receive)
        self.observe(self._ask_again, "result")

    def __repr__(self) -> str:
        return repr(self._attempt)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, "text/html": _as_list(self.title, self.questions)}, metadata

    def _receive(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        try:
            result, saved = self._attempt.finish(content["answers"])
        except ValueError as error:
            self.send({"problem": str(error)})
            return
        self.result = {
            "verdict": result.verdict,
            "passed": result.passed,
            "saved": saved,
            "questions": [asdict(each) for each in result.questions],
        }

    def _ask_again(self, change: Any) -> None:
        if change.old and not change.new:  # "Try again" was pressed
            self._attempt.next_try()
            self.questions = asked(self._attempt)


def asked(attempt: Attempt) -> list[dict[str, Any]]:
    """Return the questions as the page may know them: nothing that tells right from wrong."""
    return [
        {
            "theme": question.theme,
            "text": question.text,
            "kind": question.kind,
            "task": question.task,
            "label": question.label if question.kind == "numeric" else "",
            "options": [[letter, question.options[i].text] for letter, i in attempt.letters(number).items()],
        }
        for number, question in attempt.asked().items()
    ]


def _as_list(title: str, questions: list[dict[str, Any]]) -> str:
    """Return the questions as plain HTML, for a reader without a kernel."""
    items = []
    for question in questions:
        options = "".join(f"<li>{letter}) {_inline(text)}</li>" for letter, text in question["options"])
        choices = f'<ul style="list-style: none">{options}</ul>' if options else ""
        items.append(
            f"<li><p><b>{_inline(question['theme'])}</b><br>{_inline(question['text'])} "
            f"<i>{question['task']}</i></p>{choices}</li>"
        )
    run = "Run this notebook to answer in a form and to see the explanations."
    return f"<p><b>{_inline(title)}</b>. {run}</p><ol>{''.join(items)}</ol>"


def _inline(text: str) -> str:
    """Escape a text and set its `code` in code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
