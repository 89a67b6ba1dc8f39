"""The tables of lessons: written between two comments, from the manifest and what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zeropoint.course.build import BuildError, build
from zeropoint.course.manifest import ExerciseEntry, Lesson, Manifest
from zeropoint.course.quiz import load_quiz
from zeropoint.course.tables import BEGIN, END, MEMORY, measured_memory, readme_table, start_table, with_table
from zeropoint.paths import course_root

COURSE = Manifest(
    "Course",
    (
        Lesson("00_start_here", "Start here", 15, (), (), "you are here"),
        Lesson("02_ruler", "The ruler", 1200, (), (ExerciseEntry("02.1", 4, "By hand"),), "what is a tick?"),
    ),
    quiz_stem="quick_test",
    quiz_minutes=10,
    pass_percent=70,
    quiz_question="do you have it?",
)


def test_the_readme_links_from_the_top() -> None:
    assert readme_table(COURSE, {"02_ruler": 1230}, load_quiz()).splitlines() == [
        "| | lesson | minutes | memory | exercise |",
        "|---|---|---|---|---|",
        "| 00 | [Start here](notebooks/00_start_here.ipynb) | 15 | – | – |",
        "| 02 | [The ruler](notebooks/02_ruler.ipynb) | 1200 | 1,230\N{NO-BREAK SPACE}MiB | "
        "[one exercise](exercises/02_ruler.ipynb) |",
        "| | [Quick test](quiz/quick_test.ipynb) | 10 | – | nine questions, 7 to pass |",
    ]


def test_the_first_notebook_links_from_its_folder_and_asks() -> None:
    rows = start_table(COURSE, {}, load_quiz()).splitlines()
    assert rows[2] == "| 00 | Start here | you are here | 15 | – | – |"
    assert rows[3].startswith("| 02 | [The ruler](02_ruler.ipynb) | what is a tick? | 1200 | – | [one exercise](../")
    assert rows[4].startswith("| | [Quick test](../quiz/quick_test.ipynb) | do you have it? | 10 | – | nine")


def test_a_bar_in_a_title_ends_no_cell() -> None:
    course = Manifest("Course", (Lesson("03_x", "|x|", 5, (), ()),), "quick_test", 10, 70)
    assert (
        readme_table(course, {}, load_quiz()).splitlines()[2].startswith(r"| 03 | [\|x\|](notebooks/03_x.ipynb) | 5 |")
    )


def test_memory_is_the_larger_of_both_notebooks_rounded_up(tmp_path: Path) -> None:
    assert measured_memory(tmp_path) == {}
    (tmp_path / MEMORY).parent.mkdir(parents=True)
    (tmp_path / MEMORY).write_text(json.dumps({"mib": {"02_ruler": {"lesson": 201, "exercise": 190}}}))
    assert measured_memory(tmp_path) == {"02_ruler": 210}


def test_only_what_stands_between_the_comments_changes() -> None:
    assert with_table(f"a\n{BEGIN}\nold\n{END}\nb", "new") == f"a\n{BEGIN}\nnew\n{END}\nb"
    assert with_table(f"{BEGIN}{END}", "new") == f"{BEGIN}\nnew\n{END}"


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_a_text_without_a_place_is_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="has no place: put <!-- lessons"):
        with_table(text, "new")


def test_build_says_which_files_have_no_place(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text(
        'title = "x"\nlesson = []\n[quiz]\nstem = "quick_test"\nquestion = "?"\nminutes = 1\npass_percent = 70\n'
    )
    (tmp_path / "README.md").write_text("no table")
    for folder in ("notebooks", "quiz"):
        (tmp_path / folder).mkdir()
    (tmp_path / "notebooks" / "00_start_here.ipynb").write_text('{"cells": []}')
    (tmp_path / "quiz" / "quick_test.toml").write_text(
        (course_root() / "quiz" / "quick_test.toml").read_text(encoding="utf-8")
    )
    with pytest.raises(BuildError, match=r"README\.md or 00_start_here\.ipynb: the table of lessons has no place"):
        build(tmp_path)
