"""Sentences are for people: with every sentence of the course reworded, each answer gets the same grade.

Another Python process imports the engine and all lessons through a hook that puts a number in place of each sentence of
their source, and grades the wrong and the right answers of the tests. Where the code has gone the same ways, putting
the sentences back gives the message that the answer always gets.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from tests.lessons.answers import answers_to

ROOT = Path(__file__).parents[2]
REWORDED = ("zeropoint.course.", "zeropoint.lessons.")
FEWEST_WORDS = 3

Grades = dict[str, list[tuple[bool, int, str]]]  # passed, points, message: of the right answer, then of the wrong ones


def is_sentence(text: str) -> bool:
    """Tell a sentence, or the beginning of one, from a name, a choice or a format."""
    return len(text.split()) >= FEWEST_WORDS and text.rstrip()[-1] in ".:?!;,)"


SENTENCES: list[str] = []


def number_for(text: str) -> str:
    SENTENCES.append(text)
    return f"⟦{len(SENTENCES) - 1}⟧"


def put_back(message: str) -> str:
    return re.sub(r"⟦(\d+)⟧", lambda number: SENTENCES[int(number[1])], message)


class Reword(ast.NodeTransformer):
    """Puts numbers in place of sentences; what an f-string fills in stays."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str) and is_sentence(node.value):
            return ast.copy_location(ast.Constant(number_for(node.value)), node)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        words = [part.value if isinstance(part, ast.Constant) else "x" for part in node.values]
        whole = is_sentence("".join(map(str, words)))
        parts: list[ast.expr] = []
        for part in node.values:
            if not isinstance(part, ast.Constant):
                parts.append(self.generic_visit(part))  # type: ignore[arg-type]
            elif whole:
                parts.append(ast.copy_location(ast.Constant(number_for(str(part.value))), part))
            else:
                parts.append(part)
        return ast.copy_location(ast.JoinedStr(parts), node)


class RewordingLoader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """Compile the reworded source, past Python's cache in both directions."""
        path = self.get_filename(fullname)
        tree = Reword().visit(ast.parse(self.get_data(path)))
        return compile(ast.fix_missing_locations(tree), path, "exec")


class RewordingFinder(PathFinder):
    @classmethod
    def find_spec(cls, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        if not fullname.startswith(REWORDED):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = RewordingLoader(fullname, spec.origin)
        return spec


def grades(*, only_partial: bool = False) -> Grades:
    """Grade the answers of the tests; ``only_partial`` leaves out what gives all points or none."""
    from zeropoint.course.check import check
    from zeropoint.course.manifest import load_manifest
    from zeropoint.course.spec import FunctionCheck, PlanCheck
    from zeropoint.course.specification import specification

    found: Grades = {}
    for lesson in load_manifest().lessons:
        for entry in lesson.exercises:
            spec = specification(entry.id)
            whole = isinstance(spec, FunctionCheck) or (isinstance(spec, PlanCheck) and not spec.partial)
            if only_partial and whole:
                continue
            answers = answers_to(entry.id)
            wrong = [answer for answer, _ in answers.WRONG]
            results = [check(entry.id, answer) for answer in (answers.RIGHT, *wrong)]
            found[entry.id] = [(result.passed, result.points, result.message) for result in results]
    return found


def grade_reworded() -> None:
    """Print the grades and the sentences as JSON: what the other process does."""
    sys.meta_path.insert(0, RewordingFinder)
    print(json.dumps({"grades": grades(), "sentences": SENTENCES}))


def reworded() -> Grades:
    """Return the grades that the other process gives, and note its sentences."""
    code = "from tests.course.test_rewording import grade_reworded; grade_reworded()"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    printed = json.loads(result.stdout.splitlines()[-1])
    SENTENCES[:] = printed["sentences"]
    return printed["grades"]


@pytest.mark.slow
@pytest.mark.timeout(600)  # half a minute of work on an idle core
def test_other_words_give_the_same_grades() -> None:
    partial = grades(only_partial=True)
    found = reworded()
    assert len(SENTENCES) > 1000
    unmoved = 0
    for exercise, ((passed, points, _), *wrong) in found.items():
        known = answers_to(exercise).WRONG
        assert passed and points > 0, exercise
        for at, (passed, points, message) in enumerate(wrong):
            expected = partial[exercise][at + 1][1] if exercise in partial else 0
            assert (passed, points) == (False, expected), (exercise, at)
            assert re.search(known[at][1], put_back(message)), (exercise, at, put_back(message))
            unmoved += "⟦" not in message
    assert unmoved <= 3, "nearly every message is a reworded one"
