"""``zeropoint new``: the files of a new exercise or lesson, to be filled in wherever they say ``WRITE``.

What is laid out runs and fails: the check has no reference yet, and the wrong answers expect words that no message has.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Template

import nbformat
from nbformat import NotebookNode

from zeropoint.course.manifest import MARKER, Lesson, read_manifest
from zeropoint.course.notebook import read_notebook
from zeropoint.course.tables import counted
from zeropoint.paths import course_root

_TEMPLATES = Path(__file__).parent / "templates"
_CELLS = ("answer.py", "first_cell.py", "brief.md", "lesson.md", "recap.md", "solution.md")  # all others become files
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_STEM = re.compile(r"([0-9]{2})_[a-z0-9]+(_[a-z0-9]+)*")
_ID = re.compile(r"([0-9]{2})\.([1-9][0-9]*)")
_LONGEST_TITLE = 90  # characters: a heading, and a cell of a table
_NOT_IN_TITLES = "|[]<>\\\n"  # they would end a cell of a table, or begin a link

Known = dict[str, str]  # what the templates are filled with


class NewError(ValueError):
    """Nothing was laid out; the message says why and what to do."""


def new_exercise(
    exercise: str, *, title: str = "WRITE: a title", points: int = 4, root: Path | None = None
) -> list[Path]:
    """Lay out an exercise: entry, gap in the solution notebook, check and wrong answers; return the four files.

    Parameters
    ----------
    exercise : str – its id, the next one of a lesson, e.g. "04.5"
    title : str – what its heading will say
    points : int
    root : Path – the course folder

    Raises
    ------
    NewError
        When there is no such lesson, the number is not the next one, the title is none, or a file is there already.
    """
    root = root or course_root()
    lesson, place = _next_exercise(exercise, root)
    known = _known_of_exercise(lesson.stem, place, title)
    solution = root / "solutions" / f"{lesson.stem}.ipynb"
    notebook = read_notebook(solution) if solution.is_file() else _solution_notebook(known)
    _add_exercise(notebook, known, count=len(lesson.exercises), points=lesson.points, more=points)
    manifest = root / MARKER
    entry = f'[[lesson.exercise]]\nid = "{exercise}"\npoints = {points}\n'
    changed = {
        manifest: _with_entry(manifest.read_text(encoding="utf-8"), lesson.stem, entry),
        solution: _as_text(notebook),
    }
    return _write(_exercise_files(root, known), changed)


def new_lesson(
    stem: str, *, title: str = "WRITE: a title with a verb", minutes: int = 45, root: Path | None = None
) -> list[Path]:
    """Lay out a lesson with a first exercise; return the files.

    Parameters
    ----------
    stem : str – the name of its notebooks, with a number that is free, e.g. "17_your_network"
    title : str – the heading of its notebook
    minutes : int – what a learner needs to read it
    root : Path – the course folder

    Raises
    ------
    NewError
        When the name is of another form, its number is taken, the title is none, or a file is there already.
    """
    root = root or course_root()
    if not _STEM.fullmatch(stem):
        raise NewError(f"{stem!r} is no name of a lesson: expected two digits and words, e.g. 17_your_network.")
    lessons = read_manifest(root).lessons
    taken = next((lesson.stem for lesson in lessons if lesson.number == stem[:2]), None)
    if taken:
        raise NewError(f"Number {stem[:2]} is taken by {taken}: choose one that is free.")
    before = max((lesson.stem for lesson in lessons if lesson.stem < stem), default="")
    known = _known_of_exercise(stem, 1, "WRITE: a title") | {
        "lesson_title": _checked(title),
        "quoted": json.dumps(title, ensure_ascii=False),  # which is how TOML writes it, too
        "minutes": str(minutes),
        "needs": before,
    }
    solution = _solution_notebook(known)
    _add_exercise(solution, known, count=0, points=0, more=4)
    created = {
        **_lesson_files(root, known),
        **_exercise_files(root, known),
        root / "notebooks" / f"{stem}.ipynb": _as_text(_lesson_notebook(known)),
        root / "solutions" / f"{stem}.ipynb": _as_text(solution),
    }
    manifest = root / MARKER
    entry = _filled("lesson.toml", known)
    return _write(created, {manifest: _with_entry(manifest.read_text(encoding="utf-8"), before, entry)})


def _next_exercise(exercise: str, root: Path) -> tuple[Lesson, int]:
    """Return the lesson of an id, and the number in it, if that is the next one."""
    found = _ID.fullmatch(exercise)
    if not found:
        raise NewError(f"{exercise!r} is no id of an exercise: expected one like 04.5, lesson and number.")
    lesson = next((each for each in read_manifest(root).lessons if each.number == found[1]), None)
    if lesson is None:
        raise NewError(f"There is no lesson {found[1]}: lay it out first, with 'zeropoint new lesson {found[1]}_name'.")
    place = len(lesson.exercises) + 1
    if int(found[2]) != place:
        raise NewError(f"Lesson {found[1]} has {counted(place - 1)}: its next one is {found[1]}.{place}.")
    return lesson, place


def _checked(title: str) -> str:
    strange = [character for character in title if character in _NOT_IN_TITLES]
    if strange or title != title.strip() or not 1 <= len(title) <= _LONGEST_TITLE:
        raise NewError(
            f"{title!r} is no title: expected one line of 1 to {_LONGEST_TITLE} characters, without | [ ] < > or a "
            "backslash, and without spaces around it."
        )
    return title


def _known_of_exercise(stem: str, place: int, title: str) -> Known:
    number = stem[:2]
    return {
        "number": number,
        "stem": stem,
        "id": f"{number}.{place}",
        "place": str(place),
        "title": _checked(title),
        "name": f"answer_{place}",
        "seed": str(100 * int(number) + place),
    }


def _lesson_files(root: Path, known: Known) -> dict[Path, str]:
    source = _source_folder(root, known)
    return {
        source / "__init__.py": _filled("lesson.py", known),
        source / "material.py": _filled("material.py", known),
        source / "figures.py": _filled("figures.py", known),
        _tests_folder(root, known) / "test_figures.py": _filled("test_figures.py", known),
    }


def _exercise_files(root: Path, known: Known) -> dict[Path, str]:
    return {
        _source_folder(root, known) / f"exercise_{known['place']}.py": _filled("exercise.py", known),
        _tests_folder(root, known) / f"wrong_{known['place']}.py": _filled("wrong.py", known),
    }


def _source_folder(root: Path, known: Known) -> Path:
    return root / "src" / "zeropoint" / "lessons" / f"lesson_{known['number']}"


def _tests_folder(root: Path, known: Known) -> Path:
    return root / "tests" / "lessons" / f"lesson_{known['number']}"


def _filled(template: str, known: Known) -> str:
    text = Template((_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")).substitute(known)
    return text.rstrip("\n") if template in _CELLS else text


def _write(created: dict[Path, str], changed: dict[Path, str]) -> list[Path]:
    """Write all files or, if one that is to be created is there already, none: it is somebody's work."""
    for path in created:
        if path.exists():
            raise NewError(f"{path.name} is there already, in {path.parent}: nothing was written; move it away first.")
    for path, text in {**changed, **created}.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [*changed, *created]


def _with_entry(manifest: str, stem: str, entry: str) -> str:
    """Return the manifest with an entry behind everything of a lesson, before the next one."""
    lines = manifest.rstrip("\n").split("\n")
    starts = [number for number, line in enumerate(lines) if line == "[[lesson]]"]
    own = next((number for number, line in enumerate(lines) if line == f'stem = "{stem}"'), len(lines))
    end = next((start for start in starts if start > own), len(lines))
    before = "\n".join(lines[:end]).rstrip("\n")
    after = "".join(f"{line}\n" for line in lines[end:])
    return f"{before}\n\n{entry}" + (f"\n{after}" if after else "")


def _add_exercise(notebook: NotebookNode, known: Known, *, count: int, points: int, more: int) -> None:
    """Put brief, gap and check of a new exercise before the recap, and count it in the opening."""
    answer = nbformat.v4.new_code_cell(_filled("answer.py", known))
    answer.metadata["zeropoint"] = {"exercise": known["id"]}
    check = nbformat.v4.new_code_cell(f'check("{known["id"]}", {known["name"]})')
    recaps = [number for number, cell in enumerate(notebook.cells) if cell.source.startswith("## Recap")]
    place = recaps[-1] if recaps else len(notebook.cells)
    notebook.cells[place:place] = [nbformat.v4.new_markdown_cell(_filled("brief.md", known)), answer, check]
    opening = notebook.cells[0]
    said = f"{counted(count)}, {points} points"
    opening.source = opening.source.replace(said, f"{counted(count + 1)}, {points + more} points")


def _lesson_notebook(known: Known) -> NotebookNode:
    return _notebook(
        nbformat.v4.new_markdown_cell(_filled("lesson.md", known)),
        nbformat.v4.new_code_cell(_filled("first_cell.py", known)),
        nbformat.v4.new_code_cell("draw_picture(figures.values_picture(x))"),
        nbformat.v4.new_markdown_cell(_filled("recap.md", known)),
    )


def _solution_notebook(known: Known) -> NotebookNode:
    imports = (
        "import numpy as np\n\n"
        "from zeropoint.course import check, hint, login, progress, solution\n\n"
        '# login("your name")  # remove the first # to keep your progress, which progress() shows'
    )
    return _notebook(
        nbformat.v4.new_markdown_cell(_filled("solution.md", known)),
        nbformat.v4.new_code_cell(imports),
        nbformat.v4.new_markdown_cell("## Recap\n\n- WRITE: what these exercises have shown."),
    )


def _notebook(*cells: NotebookNode) -> NotebookNode:
    metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    return nbformat.v4.new_notebook(cells=list(cells), metadata=metadata)


def _as_text(notebook: NotebookNode) -> str:
    return nbformat.writes(notebook) + "\n"
