"""``course.toml`` is the one manifest: it must agree with every folder, and with the checks."""

from __future__ import annotations

import re

import nbformat

from zeropoint.course.manifest import load_manifest
from zeropoint.course.quiz import load_quiz
from zeropoint.course.specification import specification
from zeropoint.paths import course_root

ROOT = course_root()
MANIFEST = load_manifest()
WITH_EXERCISES = {lesson.stem for lesson in MANIFEST.lessons if lesson.exercises}


def stems(folder: str) -> set[str]:
    return {path.stem for path in (ROOT / folder).glob("*.ipynb")}


def test_lessons_are_the_notebooks() -> None:
    assert {lesson.stem for lesson in MANIFEST.lessons} == stems("notebooks")
    assert [lesson.stem for lesson in MANIFEST.lessons] == sorted(stems("notebooks"))


def test_exercises_have_solution_and_exercise_of_the_same_stem() -> None:
    assert stems("solutions") == stems("exercises") == WITH_EXERCISES


def test_quiz_is_there() -> None:
    assert stems("quiz") == {MANIFEST.quiz_stem}
    assert (ROOT / "quiz" / f"{MANIFEST.quiz_stem}.toml").is_file()


def test_prerequisites_come_before() -> None:
    seen: set[str] = set()
    for lesson in MANIFEST.lessons:
        assert set(lesson.needs) <= seen, lesson.stem
        seen.add(lesson.stem)


def test_every_exercise_is_checked_and_asked_once() -> None:
    for lesson in MANIFEST.lessons:
        ids = [entry.id for entry in lesson.exercises]
        assert all(id_.startswith(lesson.stem[:2] + ".") and specification(id_) for id_ in ids)
        if ids:
            cells = nbformat.read(ROOT / "solutions" / f"{lesson.stem}.ipynb", as_version=4).cells
            marked = [c.metadata["zeropoint"]["exercise"] for c in cells if "zeropoint" in c.metadata]
            checked = [m for c in cells for m in re.findall(r'^check\("([\d.]+)"', c.source, re.MULTILINE)]
            assert marked == checked == ids


def test_every_exercise_is_worth_points_and_the_notebook_says_how_many() -> None:
    for lesson in MANIFEST.lessons:
        assert all(isinstance(entry.points, int) and entry.points > 0 for entry in lesson.exercises)
        if lesson.exercises:
            opening = nbformat.read(ROOT / "solutions" / f"{lesson.stem}.ipynb", as_version=4).cells[0].source
            assert f"{lesson.points} points" in opening


def test_every_exercise_has_its_two_files() -> None:
    for lesson in MANIFEST.lessons:
        for entry in lesson.exercises:
            number = entry.id.split(".")[1]
            folder = f"lesson_{lesson.stem[:2]}"
            assert (ROOT / "src" / "zeropoint" / "lessons" / folder / f"exercise_{number}.py").is_file(), entry.id
            assert (ROOT / "tests" / "lessons" / folder / f"wrong_{number}.py").is_file(), entry.id


def test_no_exercise_is_without_an_entry() -> None:
    listed = {entry.id for lesson in MANIFEST.lessons for entry in lesson.exercises}
    files = (ROOT / "src" / "zeropoint" / "lessons").glob("lesson_*/exercise*.py")
    assert {f"{path.parent.name[-2:]}.{path.stem.removeprefix('exercise_')}" for path in files} == listed


def test_titles_and_minutes_of_the_notebooks_agree() -> None:
    for lesson in MANIFEST.lessons:
        opening = nbformat.read(ROOT / "notebooks" / f"{lesson.stem}.ipynb", as_version=4).cells[0].source
        assert opening.startswith(f"# {lesson.title}\n")
        assert f"**{lesson.minutes} minutes**" in opening


def test_every_link_in_the_notebooks_leads_somewhere() -> None:
    for folder in ("notebooks", "solutions", "exercises", "quiz"):
        for path in (ROOT / folder).glob("*.ipynb"):
            text = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")
            for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
                assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_pass_mark_in_prose_is_that_of_the_quiz() -> None:
    quiz = load_quiz()
    assert (quiz.need, len(quiz.questions)) == (7, 9), "reword the two sentences below as well"
    said = {"notebooks/00_start_here.ipynb": "seven right answers pass", "quiz/quick_test.ipynb": "Seven of nine pass"}
    for path, sentence in said.items():
        assert sentence in (ROOT / path).read_text(encoding="utf-8"), path


def test_tests_lie_as_the_packages_do() -> None:
    source = ROOT / "src" / "zeropoint"
    packages = {path.parent.name for path in source.glob("*/__init__.py")}
    folders = {path.parent.relative_to(ROOT / "tests").parts for path in (ROOT / "tests").rglob("test_*.py")}
    assert {parts[0] for parts in folders if parts} <= packages | {"house", "browser", "benchmarks"}
    flat = {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}
    assert flat <= {path.stem for path in source.glob("*.py")}, (
        "a test beside the folders is one of a module beside them"
    )
    lessons = {path.name for path in (source / "lessons").glob("lesson_*")}
    assert {parts[1] for parts in folders if len(parts) > 1 and parts[0] == "lessons"} <= lessons
