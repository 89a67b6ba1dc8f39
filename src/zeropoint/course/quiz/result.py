"""The verdict on a quiz: the score, the explanations, and what to read again."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from zeropoint.course.quiz.reading import Answer
from zeropoint.course.quiz.source import Question

WIDTH = 96
YOURS_RIGHT = "Your answer – right"
YOURS_WRONG = "Your answer – not right"
ANSWER = "The right answer"
ALSO = "Also right"
OTHER = "Not the answer"


@dataclass(frozen=True)
class Note:
    """What is said after submission about one option or number."""

    label: str
    status: str
    right: bool
    why: str
    chosen: bool = True


@dataclass(frozen=True)
class QuestionResult:
    """The verdict on one answer, with an explanation for every option, or for the number given and the right one."""

    number: int
    id: str
    theme: str
    reread: str
    right: bool
    notes: tuple[Note, ...]

    def __str__(self) -> str:
        verdict = "Right" if self.right else "Not right"
        notes = [wrapped(f"{note.label}) {note.status}: {note.why}", indent=3) for note in self.notes]
        return "\n".join([f"{self.number}. {self.theme}: {verdict}", *notes])


@dataclass(frozen=True)
class QuizResult:
    """The score of a whole quiz, and the verdict on each question."""

    title: str
    score: int
    total: int
    need: int
    questions: tuple[QuestionResult, ...]

    @property
    def passed(self) -> bool:
        """True from ``need`` right answers on."""
        return self.score >= self.need

    @property
    def verdict(self) -> str:
        """Return the result in one sentence."""
        outcome = "passed" if self.passed else "not passed yet"
        return f"{self.score} of {self.total} right: {outcome} ({self.need} needed)."

    @property
    def missed(self) -> tuple[QuestionResult, ...]:
        """Return the questions not answered right; each names its theme and the lesson to reread."""
        return tuple(result for result in self.questions if not result.right)

    def __str__(self) -> str:
        lines = [*map(str, self.questions), "", f"{self.title} – {self.verdict}"]
        lines += [f"Read again – {each.theme}: {each.reread}" for each in self.missed]
        return "\n".join(lines)


def judge(number: int, question: Question, answer: Answer, letters: dict[str, int]) -> QuestionResult:
    """Compare one answer (option indices or a number) with what is right."""
    if isinstance(answer, float):
        right = question.accepts(answer)
        notes = _number_notes(question, answer)
    else:
        right = set(answer) == {i for i, option in enumerate(question.options) if option.correct}
        notes = _option_notes(question, answer, letters)
    return QuestionResult(number, question.id, question.theme, question.reread, right, tuple(notes))


def _option_notes(question: Question, chosen: tuple[int, ...], letters: dict[str, int]) -> list[Note]:
    missed = ALSO if question.kind == "multiple" else ANSWER
    notes = []
    for letter, index in letters.items():
        option = question.options[index]
        if index in chosen:
            status = YOURS_RIGHT if option.correct else YOURS_WRONG
        else:
            status = missed if option.correct else OTHER
        notes.append(Note(letter, status, option.correct, option.why, chosen=index in chosen))
    return notes


def _number_notes(question: Question, number: float) -> list[Note]:
    if question.accepts(number):
        return [Note(f"{number:g}", YOURS_RIGHT, True, question.why)]
    mistake = question.mistake(number)
    why = mistake.why if mistake else "Compare your steps with those below."
    return [
        Note(f"{number:g}", YOURS_WRONG, False, why),
        Note(f"{question.answer:g}", ANSWER, True, question.why, chosen=False),
    ]


def missing_sentence(missing: list[int]) -> str:
    """Say which questions have no answer yet."""
    if len(missing) == 1:
        return f"Question {missing[0]} has no answer yet; answer it, then submit."
    numbers = f"{', '.join(map(str, missing[:-1]))} and {missing[-1]}"
    return f"Questions {numbers} have no answer yet; answer them, then submit."


def wrapped(text: str, *, indent: int = 0, hang: int = 3) -> str:
    """Wrap a paragraph for printing; its further lines stand ``hang`` columns to the right."""
    start = " " * indent
    return textwrap.fill(
        text, WIDTH, initial_indent=start, subsequent_indent=start + " " * hang, break_on_hyphens=False
    )
