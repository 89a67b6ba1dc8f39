"""Read quiz questions from TOML, and say in one sentence what is wrong with them.

The format is described at the top of ``quiz/quick_test.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zeropoint.course.quiz.numbers import RULES, Values, filled

#: The kinds of questions, and what each asks for.
TASKS = {"single": "Choose one.", "multiple": "Choose every one that is right.", "numeric": "Give a number."}
OPTIONS = 4
_COMMON = ("id", "theme", "reread", "text", "kind")


class QuizError(ValueError):
    """A quiz file does not hold what a quiz needs; the text says where and what to do."""


@dataclass(frozen=True)
class Option:
    """One answer to choose, and why it is right or wrong."""

    text: str
    correct: bool
    why: str


@dataclass(frozen=True)
class Mistake:
    """A wrong number that a known misconception leads to, and what the misconception is."""

    answer: float
    why: str


@dataclass(frozen=True)
class Question:
    """One question; ``options`` for a choice, ``answer`` and what follows for a number.

    A question with drawn numbers holds those of its first draw; ``variants`` are all its draws, the first included.
    """

    id: str
    theme: str
    reread: str
    text: str
    kind: str
    options: tuple[Option, ...] = ()
    label: str = "Your number"
    answer: float = 0.0
    tolerance: float = 0.0
    why: str = ""
    mistakes: tuple[Mistake, ...] = ()
    variants: tuple[Question, ...] = ()

    @property
    def task(self) -> str:
        """What the learner is to do, in one short sentence."""
        return TASKS[self.kind]

    def accepts(self, number: float) -> bool:
        """Tell whether a number is the answer, within the tolerance."""
        return _close(number, self.answer, self.tolerance)

    def mistake(self, number: float) -> Mistake | None:
        """Return the known mistake that leads to this number."""
        return next((m for m in self.mistakes if _close(number, m.answer, self.tolerance)), None)


def read_quiz(path: Path) -> tuple[str, tuple[Question, ...]]:
    """Return title and questions of a quiz file.

    Raises
    ------
    QuizError
        With one sentence, when the file is missing, is not TOML or does not describe a quiz.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise QuizError(f"There is no quiz file {path}; name one that exists.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise QuizError(f"{path.name} is not valid TOML: {error}; correct that line.") from None
    _only(data, ("title", "question"), f"{path.name}")
    tables = data.get("question")
    if not isinstance(tables, list) or not tables:
        raise QuizError(f"{path.name} has no questions; add at least one [[question]].")
    title = _text(data, "title", path.name)
    questions = tuple(_question(table, _where(path, number, table)) for number, table in enumerate(tables, 1))
    _no_repeats([question.id for question in questions], "the id", path.name)
    return title, questions


def _where(path: Path, number: int, table: Mapping[str, Any]) -> str:
    name = table.get("id", "without id") if isinstance(table, Mapping) else "no table"
    return f"{path.name}, question {number} ({name})"


def _question(table: Any, where: str) -> Question:
    _must_be_table(table, where)
    question = Question(
        id=_text(table, "id", where),
        theme=_text(table, "theme", where),
        reread=_text(table, "reread", where),
        text=_text(table, "text", where),
        kind=_text(table, "kind", where),
    )
    if question.kind not in TASKS:
        raise QuizError(f"{where}: kind is {question.kind!r}; make it one of {', '.join(TASKS)}.")
    if question.kind == "numeric":
        return _numeric(table, question, where)
    _only(table, (*_COMMON, "option"), where)
    return replace(question, options=_options(table, question.kind, where))


def _options(table: Mapping[str, Any], kind: str, where: str) -> tuple[Option, ...]:
    rows = _tables(table, "option", where)
    if len(rows) != OPTIONS:
        raise QuizError(f"{where} has {len(rows)} options; give it {OPTIONS}.")
    options = tuple(_option(row, f"{where}, option {number}") for number, row in enumerate(rows, 1))
    _no_repeats([option.text for option in options], "the option", where)
    correct = sum(option.correct for option in options)
    if not correct:
        raise QuizError(f"{where} has no correct option; set correct = true on one.")
    if kind == "single" and correct > 1:
        raise QuizError(f'{where} has {correct} correct options; keep one, or make its kind "multiple".')
    return options


def _option(row: Any, where: str) -> Option:
    _only(row, ("text", "correct", "why"), where)
    correct = row.get("correct", False)
    if not isinstance(correct, bool):
        raise QuizError(f"{where}: correct is {correct!r}; make it true or false.")
    return Option(_text(row, "text", where), correct, _text(row, "why", where))


def _numeric(table: Mapping[str, Any], question: Question, where: str) -> Question:
    _only(table, (*_COMMON, "label", "rule", "draw", "answer", "tolerance", "why", "mistake"), where)
    if "rule" not in table and "draw" not in table:
        return _with_numbers(table, question, {}, where)
    variants = tuple(
        _with_numbers(table, question, values, f"{where}, draw {number}")
        for number, values in enumerate(_draws(table, where), 1)
    )
    return replace(variants[0], variants=variants)


def _draws(table: Mapping[str, Any], where: str) -> list[Values]:
    """Return what the rule computes for each draw."""
    rule = table.get("rule")
    if rule not in RULES:
        raise QuizError(f"{where}: rule is {rule!r}; make it one of {', '.join(RULES)}.")
    rows = _tables(table, "draw", where)
    if not rows:
        raise QuizError(f"{where} has a rule and no draw; add draw = [{{ … }}].")
    try:
        return [RULES[rule](**row) for row in rows]
    except (TypeError, ValueError) as error:
        raise QuizError(f"{where} has a draw that its rule {rule} does not take ({error}); correct it.") from None


def _with_numbers(table: Mapping[str, Any], question: Question, values: Values, where: str) -> Question:
    answer = _number(table, "answer", where, values)
    tolerance = _number(table, "tolerance", where)
    if tolerance < 0:
        raise QuizError(f"{where}: tolerance is {tolerance:g}; make it 0 or more.")
    mistakes = tuple(
        _mistake(row, f"{where}, mistake {number}", values)
        for number, row in enumerate(_tables(table, "mistake", where), 1)
    )
    for mistake in mistakes:
        if _close(mistake.answer, answer, tolerance):
            raise QuizError(f"{where} calls {mistake.answer:g} both right and a mistake; change one of them.")
    return replace(
        question,
        label=_text(table, "label", where) if "label" in table else question.label,
        text=_text(table, "text", where, values),
        why=_text(table, "why", where, values),
        answer=answer,
        tolerance=tolerance,
        mistakes=mistakes,
    )


def _mistake(row: Any, where: str, values: Values) -> Mistake:
    _only(row, ("answer", "why"), where)
    return Mistake(_number(row, "answer", where, values), _text(row, "why", where, values))


def _text(table: Mapping[str, Any], key: str, where: str, values: Values | None = None) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        name = "explanation" if key == "why" else key
        raise QuizError(f'{where} has no {name}; add {key} = "…".')
    try:
        return filled(value.strip(), values) if values else value.strip()
    except KeyError as error:
        raise QuizError(f"{where}: {key} asks for {error}; use one of {', '.join(values or ())}.") from None


def _number(table: Mapping[str, Any], key: str, where: str, values: Values | None = None) -> float:
    value = table.get(key)
    if values and isinstance(value, str) and value in values:
        return values[value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        named = f", or one of {', '.join(values)}" if values else ""
        raise QuizError(f"{where} has no number for {key}; add {key} = …{named}.")
    return value


def _tables(table: Mapping[str, Any], key: str, where: str) -> list[Any]:
    rows = table.get(key, [])
    if not isinstance(rows, list):
        raise QuizError(f"{where}: {key} is {rows!r}; write each as [[question.{key}]].")
    return rows


def _must_be_table(table: Any, where: str) -> None:
    if not isinstance(table, Mapping):
        raise QuizError(f"{where} is {table!r}; make it a table in [[double brackets]].")


def _only(table: Any, keys: Collection[str], where: str) -> None:
    """Refuse what is no table, or has a key that nobody would read."""
    _must_be_table(table, where)
    for key in table:
        if key not in keys:
            raise QuizError(f"{where} has an unknown key {key!r}; use {', '.join(keys)}.")


def _no_repeats(values: list[str], what: str, where: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise QuizError(f"{where} has {what} {value!r} more than once; make each different.")


def _close(number: float, other: float, tolerance: float) -> bool:
    # 1.75 − 1.7 is a hair more than 0.05 in binary; a learner at the edge is given the benefit.
    return abs(number - other) <= tolerance * (1 + 1e-9) + 1e-9
