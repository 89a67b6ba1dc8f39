"""The tables of lessons in ``README.md`` and ``00_start_here``, written by ``zeropoint build`` from ``course.toml``.

A table stands between two comments, which a reader of the page does not see; whatever is written between them by hand
is replaced. Peak memory is no entry of the manifest: it is what ``zeropoint bench memory`` measured and left in
``benchmarks/results/memory.json``, and a dash where nothing was measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from zeropoint.course.manifest import Lesson, Manifest
from zeropoint.course.quiz import Quiz, load_quiz

BEGIN = "<!-- lessons: written by zeropoint build from course.toml -->"
END = "<!-- end of lessons -->"
MEMORY = Path("benchmarks") / "results" / "memory.json"
START = "00_start_here"

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def readme_table(manifest: Manifest, memory: Mapping[str, int], quiz: Quiz) -> str:
    """Return the table of ``README.md``, with links that work from the top of the course folder.

    Parameters
    ----------
    manifest : Manifest
    memory : mapping – stem of a lesson → peak memory in MiB, for those that were measured
    quiz : Quiz – the quick test
    """
    rows = ["| | lesson | minutes | memory | exercise |", "|---|---|---|---|---|"]
    for lesson in manifest.lessons:
        title = f"[{lesson.title}](notebooks/{lesson.stem}.ipynb)"
        cells = [lesson.number, title, str(lesson.minutes), _memory(lesson, memory), _exercises(lesson, "exercises")]
        rows.append(_row(cells))
    link = f"[{_quiz_title(manifest)}](quiz/{manifest.quiz_stem}.ipynb)"
    rows.append(_row(["", link, str(manifest.quiz_minutes), "–", _quiz_words(quiz)]))
    return "\n".join(rows)


def start_table(manifest: Manifest, memory: Mapping[str, int], quiz: Quiz) -> str:
    """Return the table of the first notebook: the same with each lesson's question, and links from ``notebooks/``.

    Parameters
    ----------
    manifest : Manifest
    memory : mapping – stem of a lesson → peak memory in MiB, for those that were measured
    quiz : Quiz – the quick test
    """
    rows = ["| | lesson | its question | minutes | memory | exercise |", "|---|---|---|---|---|---|"]
    for lesson in manifest.lessons:
        title = lesson.title if lesson.stem == START else f"[{lesson.title}]({lesson.stem}.ipynb)"
        cells = [lesson.number, title, lesson.question, str(lesson.minutes), _memory(lesson, memory)]
        rows.append(_row([*cells, _exercises(lesson, "../exercises")]))
    link = f"[{_quiz_title(manifest)}](../quiz/{manifest.quiz_stem}.ipynb)"
    rows.append(_row(["", link, manifest.quiz_question, str(manifest.quiz_minutes), "–", _quiz_words(quiz)]))
    return "\n".join(rows)


def files_with_tables(root: Path, manifest: Manifest) -> dict[Path, str]:
    """Return the files of a course folder that hold a table of lessons, with what they should contain.

    Raises
    ------
    ValueError
        When a file has no place for its table; one sentence.
    """
    readme = root / "README.md"
    start = root / "notebooks" / f"{START}.ipynb"
    if not (readme.is_file() and start.is_file()):
        return {}
    memory = measured_memory(root)
    quiz = load_quiz(root / "quiz" / f"{manifest.quiz_stem}.toml")
    table = readme_table(manifest, memory, quiz)
    return {
        readme: with_table(readme.read_text(encoding="utf-8"), table),
        start: _notebook_with_table(start.read_text(encoding="utf-8"), start_table(manifest, memory, quiz)),
    }


def measured_memory(root: Path) -> dict[str, int]:
    """Return the peak memory of each lesson in MiB, lesson or exercise, whichever needs more, rounded up to 10."""
    path = root / MEMORY
    if not path.is_file():
        return {}
    measured = json.loads(path.read_text(encoding="utf-8"))["mib"]
    return {stem: -(-max(kinds.values()) // 10) * 10 for stem, kinds in measured.items()}


def with_table(text: str, table: str) -> str:
    """Return a text whose table of lessons is this one.

    Raises
    ------
    ValueError
        When the two comments around the table are missing, or there more than once.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"the table of lessons has no place: put {BEGIN} and {END} on lines of their own, once.")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def counted(exercises: int) -> str:
    """Return a number of exercises in words.

    Examples
    --------
    >>> counted(1), counted(4), counted(12)
    ('one exercise', 'four exercises', '12 exercises')
    """
    return f"{_in_words(exercises)} exercise{'' if exercises == 1 else 's'}"


def _in_words(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def _notebook_with_table(text: str, table: str) -> str:
    """Return the file of a notebook, of which one Markdown cell holds the table; nothing else changes."""
    notebook = json.loads(text)
    places = [cell for cell in notebook["cells"] if BEGIN in "".join(cell["source"])]
    source = with_table("".join(places[0]["source"]) if places else "", table)
    places[0]["source"] = source.splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _row(cells: list[str]) -> str:
    escaped = [cell.replace("|", r"\|") for cell in cells]
    return f"| {' | '.join(escaped)} |".replace("|  |", "| |")


def _memory(lesson: Lesson, memory: Mapping[str, int]) -> str:
    return f"{memory[lesson.stem]:,}\N{NO-BREAK SPACE}MiB" if lesson.stem in memory else "–"


def _exercises(lesson: Lesson, folder: str) -> str:
    return f"[{counted(len(lesson.exercises))}]({folder}/{lesson.stem}.ipynb)" if lesson.exercises else "–"


def _quiz_title(manifest: Manifest) -> str:
    return manifest.quiz_stem.replace("_", " ").capitalize()


def _quiz_words(quiz: Quiz) -> str:
    return f"{_in_words(len(quiz.questions))} questions, {quiz.need} to pass"
