"""nbval runs the quiz notebook with right and with failing answers, and would notice a wrong verdict."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from zeropoint.course.quiz import Session, load_quiz

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "quiz" / "quick_test.ipynb"

RIGHT = "Quick test – 9 of 9 right: passed (7 needed)."
FAILING = "Quick test – 6 of 9 right: not passed yet (7 needed)."


def answers(quiz: Session, *, wrong: int) -> list[str]:
    """Return calls of ``answer``; those of the last ``wrong`` questions name an option that is not right."""
    calls = []
    for number in range(1, 10):
        question = quiz.question(number)
        correct = [letter for letter, index in quiz.letters(number).items() if question.options[index].correct]
        if number > 9 - wrong:
            correct = [next(letter for letter in "abcd" if letter not in correct)]
        calls.append(f"quick_test.answer({number}, {', '.join(map(repr, correct)) or question.answer})")
    return calls


def cell(source: str, count: int, text: str) -> Any:
    output = [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []
    return nbformat.v4.new_code_cell(source, execution_count=count, outputs=output)


def nbval(folder: Path, *, wrong: int, verdict: str) -> subprocess.CompletedProcess[str]:
    """Run the notebook with answers filled in; its last cell must print the verdict, written by hand above."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    quiz = Session(load_quiz())
    place = next(n for n, each in enumerate(notebook.cells) if each.id == "answers")
    count = notebook.cells[place].execution_count
    submit = ["%%capture said", *answers(quiz, wrong=wrong), "quick_test.submit()"]
    show = "print(next(line for line in said.stdout.splitlines() if 'needed' in line))"
    record = notebook.cells[place + 2]
    record.execution_count = count + 2
    notebook.cells = [
        *notebook.cells[:place],
        cell("\n".join(submit), count, ""),
        cell(show, count + 1, verdict + "\n"),
        record,
    ]
    path = folder / "answered.ipynb"
    nbformat.write(notebook, path)
    environment = {**os.environ, "ZEROPOINT_PROGRESS": str(folder / "progress.sqlite")}
    environment.pop("JUPYTERHUB_USER", None)
    command = [*(sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-p", "no:cacheprovider")]
    command += [f"--rootdir={folder}", f"--confcutdir={folder}", "-c", os.devnull, str(path)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize(("wrong", "verdict"), [(0, RIGHT), (3, FAILING)], ids=["right", "failing"])
def test_the_notebook_gives_the_verdict(tmp_path: Path, wrong: int, verdict: str) -> None:
    result = nbval(tmp_path, wrong=wrong, verdict=verdict)
    assert result.returncode == 0, result.stdout[-3000:]
    assert not (tmp_path / "progress.sqlite").exists(), "nobody was logged in"


@pytest.mark.slow
def test_a_wrong_verdict_would_be_noticed(tmp_path: Path) -> None:
    result = nbval(tmp_path, wrong=3, verdict=RIGHT)
    assert result.returncode == 1
    assert "6 of 9 right: not passed yet" in result.stdout
