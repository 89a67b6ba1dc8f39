"""Change the committed solutions in small ways and print the changes that their checks do not notice.

    python -m tests.mutants 05.1 05.2
    python -m tests.mutants            # every exercise whose check calls a function

A change that survives shows a case that is missing, or it changes nothing: then the answers of the exercise say why, in
``EQUIVALENT`` (see ``tests/lessons/README.md``). The tools on PyPI (mutmut, cosmic-ray) change files on disk and run a
whole test suite for each change; neither knows an axis, a flag or a swapped argument.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.lessons.answers import answers_to
from zeropoint.course.build import CHECK_CALL
from zeropoint.course.manifest import load_manifest
from zeropoint.course.spec import FunctionCheck
from zeropoint.course.specification import specification
from zeropoint.paths import course_root

MOST = 100  # changes of one solution; of more, some are drawn
SECONDS = 5.0  # for all cases of one change together
OTHER_OPERATOR: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OTHER_NAME = {
    **{"round": "floor", "rint": "floor", "floor": "ceil", "ceil": "floor", "trunc": "floor"},
    **{"min": "max", "max": "min", "amin": "amax", "amax": "amin", "argmin": "argmax", "argmax": "argmin"},
    **{"minimum": "maximum", "maximum": "minimum", "mean": "sum", "sum": "mean", "median": "mean"},
    **{"int64": "int32", "int32": "int16", "float64": "float32", "float32": "float16", "nsmallest": "nlargest"},
}
COMMUTATIVE = ("min", "max", "minimum", "maximum", "isclose", "array_equal", "gcd")


@dataclass(frozen=True)
class Mutant:
    """One changed solution: the line it changes, before and after, and the program."""

    before: str
    after: str
    tree: ast.Module


def alternatives(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in place of a node: a slip of one thing each."""
    other = OTHER_OPERATOR.get(type(node))
    if other is not None:
        yield other()
    elif isinstance(node, ast.Constant):
        yield from map(ast.Constant, _other_constants(node.value))
    elif isinstance(node, ast.Attribute) and node.attr in OTHER_NAME:
        yield ast.Attribute(node.value, OTHER_NAME[node.attr], node.ctx)
    elif isinstance(node, ast.Name) and node.id in ("min", "max"):
        yield ast.Name(OTHER_NAME[node.id], node.ctx)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.Call):
        yield from _other_calls(node)
    elif isinstance(node, ast.If | ast.While):
        yield from (_with(node, test=ast.Constant(value)) for value in (True, False))
    elif isinstance(node, ast.Assign | ast.AugAssign) or (isinstance(node, ast.Expr) and not _is_docstring(node)):
        yield ast.Pass()


def _is_docstring(node: ast.Expr) -> bool:
    return isinstance(node.value, ast.Constant)


def _other_constants(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    return [value + 1, value - 1] if isinstance(value, int | float) else []


def _other_calls(call: ast.Call) -> Iterator[ast.AST]:
    for i in range(len(call.keywords)):
        yield _with(call, keywords=call.keywords[:i] + call.keywords[i + 1 :])
    if len(call.args) > 1 and getattr(call.func, "attr", getattr(call.func, "id", "")) not in COMMUTATIVE:
        yield _with(call, args=[call.args[1], call.args[0], *call.args[2:]])
    if call.args and not isinstance(call.args[0], ast.Starred):
        yield call.args[0]
    elif isinstance(call.func, ast.Attribute):  # a method without arguments: left out
        yield call.func.value


def _with(node: ast.AST, **changes: Any) -> ast.AST:
    changed = copy.copy(node)
    for name, value in changes.items():
        setattr(changed, name, value)
    return changed


class _Replace(ast.NodeTransformer):
    """Puts another node in the place of the one with a number, counted as it is visited."""

    def __init__(self, place: int, new: ast.AST | None = None) -> None:
        self.place = place
        self.new = new
        self.found: ast.AST | None = None

    def visit(self, node: ast.AST) -> ast.AST:
        self.place -= 1
        if self.place == -1:
            self.found = node
            return node if self.new is None else self.new
        return self.generic_visit(node)


def mutants(tree: ast.Module) -> list[Mutant]:
    """Return all changed programs that differ in their text; of strings, annotations and names nothing is changed."""
    plain = ast.unparse(tree)
    found = {plain: Mutant("", "", tree)}
    for place in range(sum(1 for _ in ast.walk(tree))):
        finder = _Replace(place)
        finder.visit(copy.deepcopy(tree))
        for new in alternatives(finder.found) if finder.found is not None else ():
            changed = _Replace(place, new).visit(copy.deepcopy(tree))
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text not in found:
                found[text] = Mutant(*_difference(plain, text), ast.parse(text))
    return list(found.values())[1:]


def _difference(before: str, after: str) -> tuple[str, str]:
    old = before.splitlines()
    new = after.splitlines()
    at = next((i for i, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), -1)
    return old[at].strip(), new[at].strip()


def solution_of(exercise: str) -> tuple[ast.Module, ast.Module, ast.expr]:
    """Return what comes before an exercise (imports and functions), its committed solution, and what is checked."""
    lesson, _ = load_manifest().exercise(exercise)
    notebook = json.loads((course_root() / "solutions" / f"{lesson.stem}.ipynb").read_text(encoding="utf-8"))
    before = ast.Module([], [])
    own = ast.Module([], [])
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or source.startswith(("%", "!")):
            continue
        tree = ast.parse(source)
        if exercise in CHECK_CALL.findall(source):
            call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
            return before, own, call.args[1]
        if cell["metadata"].get("zeropoint", {}).get("exercise") == exercise:
            own.body += tree.body
        else:
            kept = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
            before.body += [node for node in tree.body if isinstance(node, kept)]
    raise ValueError(f"Exercise {exercise} is not checked in its solution notebook: add check(…).")


def answer_of(before: ast.Module, own: ast.Module, checked: ast.expr) -> Any:
    """Return what a solution hands to its check; an error where it cannot even be defined."""
    names: dict[str, Any] = {}
    for part in (before, own):
        exec(compile(ast.fix_missing_locations(part), "solution", "exec"), names)
    return eval(ast.unparse(checked), names)


def survivors(exercise: str, *, most: int = MOST, seconds: float = SECONDS) -> tuple[int, list[Mutant]]:
    """Return how many changes of a solution were graded, and those that passed."""
    spec = replace(specification(exercise), seconds=seconds)
    before, own, checked = solution_of(exercise)
    verdict = spec.grade(answer_of(before, own, checked))
    if not verdict.passed:
        raise ValueError(f"The solution of {exercise} does not pass its check: {verdict.message}")
    changed = mutants(own)
    drawn = random.Random(exercise).sample(changed, min(most, len(changed)))
    passed = []
    for mutant in drawn:
        try:
            answer = answer_of(before, mutant.tree, checked)
        except Exception:  # noticed by the learner before any check
            continue
        if spec.grade(answer).passed:
            passed.append(mutant)
    return len(drawn), passed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = [entry.id for lesson in load_manifest().lessons for entry in lesson.exercises]
    parser.add_argument("exercises", nargs="*", metavar="ID", help="by default all whose check calls a function")
    parser.add_argument("--most", type=int, default=MOST, help="changes of one solution")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="time limit of one change")
    options = parser.parse_args()
    for exercise in options.exercises or known:
        if not isinstance(specification(exercise), FunctionCheck):
            continue
        count, passed = survivors(exercise, most=options.most, seconds=options.seconds)
        equivalent = getattr(answers_to(exercise), "EQUIVALENT", {})
        unexplained = [mutant for mutant in passed if mutant.after not in equivalent]
        print(f"{exercise}: {count} changes, {len(passed)} pass, {len(unexplained)} of them unexplained", flush=True)
        for mutant in unexplained:
            print(f"    {mutant.before}\n  → {mutant.after}", flush=True)


if __name__ == "__main__":
    main()
