"""Imports point down, no two modules need each other, and no lesson knows another.

Read from the source, so that imports inside functions count, and those under ``TYPE_CHECKING``, never executed, too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from zeropoint.paths import course_root

SOURCE = course_root() / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((SOURCE / "zeropoint").rglob("*.py"))
}
# who may import whom: only what stands further down, or the same package
LAYERS = (
    {"cli"},
    {"lessons"},
    {"doctor", "launch", "bench"},
    {"lab", "course", "deploy"},
    {"machine"},
    {"roofline"},
    {"vision"},
    {"quant"},
    {"hardware"},
    {"paths"},
)
BY_NAME = "zeropoint.course.specification"  # the one module that finds a lesson, by the exercise's id


class Import(NamedTuple):
    """One import: the module that is needed, and whether it is needed when the program runs."""

    target: str
    runs: bool


def imports_in(source: str, package: str, known: set[str]) -> Iterator[Import]:
    """Yield what a module imports of this project, as names of modules."""
    tree = ast.parse(source)
    only_for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            home = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                home = ".".join([*above, *([home] if home else [])])
            names = [f"{home}.{alias.name}" if f"{home}.{alias.name}" in known else home for alias in node.names]
        else:
            continue
        for name in dict.fromkeys(names):
            if name.split(".")[0] == "zeropoint":
                yield Import(name, node not in only_for_types)


def package_of(module: str) -> str:
    return module if MODULES.get(module, Path()).name == "__init__.py" else module.rpartition(".")[0]


IMPORTS = {
    module: list(imports_in(path.read_text(encoding="utf-8"), package_of(module), set(MODULES)))
    for module, path in MODULES.items()
}


def layer(module: str) -> int:
    return next(number for number, names in enumerate(LAYERS) if module.split(".")[1] in names)


def upward(module: str, target: str) -> str | None:
    """Return what is wrong with an import, if anything."""
    own, other = module.split("."), target.split(".")
    if own[1] == other[1] == "lessons":
        foreign = len(other) > 2 and len(own) > 2 and own[2] != other[2]
        return f"{module} imports another lesson, {target}" if foreign else None
    if own[1] != other[1] and layer(target) <= layer(module):
        return f"{module} imports {target}, which does not stand below it"
    return None


def circle(imports: dict[str, list[Import]], *, types: bool = False) -> list[str] | None:
    """Return modules that need each other in a circle, when they run or also for their types, if there are any."""
    graph = {}
    for module, all_of in imports.items():
        graph[module] = {found.target for found in all_of if found.runs or types} - {module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return None


@pytest.mark.parametrize("module", [name for name in MODULES if name != "zeropoint"])
def test_imports_point_down(module: str) -> None:
    assert [problem for found in IMPORTS[module] if (problem := upward(module, found.target))] == []


@pytest.mark.parametrize("types", [False, True])
def test_no_circle(types: bool) -> None:
    assert circle(IMPORTS, types=types) is None


@pytest.mark.parametrize("module", [name for name in MODULES if not name.endswith("__main__")])
def test_inside_a_package_a_name_comes_from_the_module_that_defines_it(module: str) -> None:
    """``from zeropoint.quant import mse`` inside of quant would need all of quant."""
    package = package_of(module)
    assert [found.target for found in IMPORTS[module] if found.runs and found.target == package != module] == []


def test_nothing_imports_an_exercise() -> None:
    """Answers stay out of what learners import, and an exercise is whole without another one."""
    answers = re.compile(r"zeropoint\.lessons\.lesson_\d\d\.exercise_\d+$")
    assert [(name, found.target) for name in MODULES for found in IMPORTS[name] if answers.match(found.target)] == []


@pytest.mark.parametrize("folder", ["notebooks", "solutions", "exercises"])
def test_no_notebook_imports_an_exercise_or_another_lessons_things(folder: str) -> None:
    for path in sorted((course_root() / folder).glob("*.ipynb")):
        named = re.findall(r"zeropoint\.lessons\.lesson_(\d\d)\S*", path.read_text(encoding="utf-8"))
        assert set(named) <= {path.name[:2]}, path.name
        assert ".exercise_" not in path.read_text(encoding="utf-8"), path.name


def test_lessons_are_named_in_one_place_only() -> None:
    naming = [
        name
        for name, path in MODULES.items()
        if not name.startswith("zeropoint.lessons") and names_a_lesson(path.read_text(encoding="utf-8"))
    ]
    assert naming == [BY_NAME]


def names_a_lesson(source: str) -> bool:
    """Tell whether code, not a comment or a docstring, holds the name of the lessons' package."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    strings = (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return any(re.search(r"zeropoint[./]lessons", n.value) for n in strings if id(n) not in docstrings)


# ── each rule catches what it is for ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "line",
    [
        "from zeropoint.lessons.lesson_04 import material",
        "import zeropoint.lessons.lesson_04.material",
        "def f():\n    from zeropoint.lessons.lesson_04.material import five_sets",
        "from ..lesson_04 import material",
        "from zeropoint.cli import main",
    ],
)
def test_a_wrong_import_of_a_lesson_is_seen(line: str) -> None:
    found = list(imports_in(line, "zeropoint.lessons.lesson_03", {"zeropoint.lessons.lesson_04.material"}))
    assert [upward("zeropoint.lessons.lesson_03.figures", each.target) for each in found] != [None]


@pytest.mark.parametrize("module", ["zeropoint.course.check", "zeropoint.quant.affine", "zeropoint.lab.panels"])
def test_an_import_of_a_lesson_from_below_is_seen(module: str) -> None:
    (found,) = imports_in("def f():\n    import zeropoint.lessons.lesson_04.exercise_1", "", set())
    assert upward(module, found.target)


def test_a_circle_through_a_function_is_seen_and_types_are_none() -> None:
    a, b = "zeropoint.quant.a", "zeropoint.quant.b"
    inside = list(imports_in("def f():\n    from zeropoint.quant.b import x", "zeropoint.quant", {a, b}))
    back = list(imports_in("from zeropoint.quant.a import y", "zeropoint.quant", {a, b}))
    typed = list(imports_in("if TYPE_CHECKING:\n    from zeropoint.quant.a import y", "zeropoint.quant", {a, b}))
    assert circle({a: inside, b: back})
    assert circle({a: inside, b: typed}) is None
    assert circle({a: inside, b: typed}, types=True)


@pytest.mark.parametrize("source", ['import_module("zeropoint.lessons.lesson_02")', 'x = f"zeropoint.lessons.{n}"'])
def test_a_lesson_named_in_a_string_is_seen(source: str) -> None:
    assert names_a_lesson(source)
    assert not names_a_lesson('"""See zeropoint.lessons."""')
