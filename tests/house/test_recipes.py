"""The recipes of CONTRIBUTING.md, followed on a copy of the course: they work, and touch no more than they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from zeropoint.course.new import NewError, new_exercise, new_lesson
from zeropoint.course.tables import BEGIN, END
from zeropoint.paths import course_root

ROOT = course_root()
PARTS = sorted(path.name for path in ROOT.iterdir() if path.is_file())
FOLDERS = ("notebooks", "solutions", "exercises", "quiz", "docs", "benchmarks", "tests", "src")

CHECK = '''"""Exercise {id}: count the values beyond a limit."""

from __future__ import annotations

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor, compare_arrays

LIMIT = 1.0


def reference(x: np.ndarray) -> int:
    """Return how many values lie beyond the limit, on either side."""
    return int((np.abs(x) > LIMIT).sum())


def cases() -> list[Case]:
    """Return arrays with values on the limit itself, on both sides of it, and with none at all."""
    generator = np.random.default_rng(17)
    seen = [np.array([0.5, 1.0, -3.0], np.float32)]
    drawn = [generator.normal(0, 2, size).astype(np.float32) for size in (0, 1, 7, 50)]
    return [Case((x,), public=True) for x in seen] + [Case((x,)) for x in drawn]


def one_side_only(x: np.ndarray) -> int:
    """Forget the lower side."""
    return int((x > LIMIT).sum())


def share(x: np.ndarray) -> float:
    """Return a share in place of a number."""
    return float((np.abs(x) > LIMIT).mean()) if x.size else 0.0


CHECK = FunctionCheck(
    reference=reference,
    cases=cases,
    compare=compare_arrays,
    impostors=(
        Impostor(one_side_only, "You count on one side only: values below the negative limit are clipped as well."),
        Impostor(share, "That is the share: the brief asks how many there are."),
    ),
    hints=("What does clipping do to −3?", "Compare the magnitude with the limit, and add up."),
    praise="Both sides count: what is clipped does not depend on the sign.",
)
'''
WRONG = '''"""Answers to exercise {id}, written from the brief alone."""

from __future__ import annotations

import numpy as np

WRONG = [
    (lambda x: int((x > 1).sum()), "one side only"),
    (lambda x: float(np.mean(np.abs(x) > 1)) if len(x) else 0.0, "is the share"),
]
RIGHT = lambda x: sum(abs(value) > 1 for value in x.tolist())  # noqa: E731
VARIES = {{"x": "sizes 0 to 50, values on the limit, on both sides of it"}}
'''
ANSWER = """def {name}(x):
    \"\"\"Return how many values of x lie beyond 1 or below −1, as a whole number.\"\"\"
    ### BEGIN SOLUTION
    return int((abs(x) > 1).sum())
    ### END SOLUTION"""


GRADE = "from zeropoint.course import check; print(check('{id}', RIGHT))"
TESTS_OF_A_LESSON = ("tests/lessons/test_exercises.py", "tests/house/test_layout.py", "tests/house/test_notebooks.py")
SIGMA_RANGE = '''def sigma_range(histogram: Histogram, low: float, high: float, **_: Any) -> tuple[float, float]:
    """Return the range of four standard deviations around the mean, inside of the true extremes."""
    centres = (histogram.edges[1:] + histogram.edges[:-1]) / 2
    mean = float(np.average(centres, weights=histogram.counts))
    spread = float(np.average((centres - mean) ** 2, weights=histogram.counts)) ** 0.5
    return max(low, min(mean - 4 * spread, 0.0)), min(high, max(mean + 4 * spread, 0.0))

'''
SIGMA_TEST = """

def test_sigma_clips_the_tail() -> None:
    observer = HistogramObserver()
    observer.observe(np.append(np.zeros(9999, np.float32), np.float32(100.0)))
    assert observer.calculate_qparams("sigma").scale < observer.calculate_qparams("minmax").scale
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the course with all that the recipes name; data and weights are only linked."""
    for part in PARTS:
        shutil.copy(ROOT / part, tmp_path / part)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("data", "weights"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    return tmp_path


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a Python module in the copy, with the package of the copy."""
    return python(copy, "-m", *arguments)


def run_code(copy: Path, code: str) -> subprocess.CompletedProcess[str]:
    return python(copy, "-c", code)


def python(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "JUPYTERHUB"))}
    environment = {**kept, "PYTHONPATH": str(copy / "src"), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )


def succeeds(copy: Path, *arguments: str) -> str:
    done = run(copy, *arguments)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def zeropoint(copy: Path, *arguments: str) -> str:
    return succeeds(copy, "zeropoint.cli", *arguments)


def pytest_in(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(copy, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments)


def state(copy: Path) -> dict[str, bytes]:
    paths = [copy / part for part in PARTS] + [p for folder in FOLDERS for p in (copy / folder).rglob("*")]
    kept = (path for path in paths if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(copy).as_posix(): path.read_bytes() for path in kept}


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def write_the_exercise(copy: Path, stem: str, exercise: str) -> None:
    """Do what a contributor does after ``zeropoint new exercise``: fill in wherever it says WRITE."""
    lesson, number = exercise.split(".")
    names = {"id": exercise, "name": f"answer_{number}"}
    check = copy / "src" / "zeropoint" / "lessons" / f"lesson_{lesson}" / f"exercise_{number}.py"
    check.write_text(CHECK.replace("{id}", exercise), encoding="utf-8")
    wrong = copy / "tests" / "lessons" / f"lesson_{lesson}" / f"wrong_{number}.py"
    wrong.write_text(WRONG.format(**names), encoding="utf-8")
    fill_in(copy / "solutions" / f"{stem}.ipynb", answer=ANSWER.format(**names), exercise=exercise)


def fill_in(path: Path, *, answer: str = "", exercise: str = "") -> None:
    """Replace what says WRITE in a notebook, and the answer of an exercise."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("zeropoint", {}).get("exercise") == exercise:
            cell.source = answer
        cell.source = re.sub(r"WRITE: ", "Here: ", cell.source)
    nbformat.write(notebook, path)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_add_an_exercise(copy: Path) -> None:
    stem, exercise = "02_scale_and_zero_point", "02.5"
    before = state(copy)
    zeropoint(copy, "new", "exercise", exercise, "--title", "Count what is clipped", "--points", "3")
    by_hand = {
        "course.toml",
        f"solutions/{stem}.ipynb",
        "src/zeropoint/lessons/lesson_02/exercise_5.py",
        "tests/lessons/lesson_02/wrong_5.py",
    }
    assert changed(before, state(copy)) == by_hand
    laid_out = run_code(copy, f"from tests.lessons.lesson_02.wrong_5 import RIGHT; {GRADE.format(id=exercise)}")
    assert "✗ Not yet" in laid_out.stdout, "what is laid out has to fail"
    write_the_exercise(copy, stem, exercise)
    zeropoint(copy, "execute", f"solutions/{stem}.ipynb")
    zeropoint(copy, "build")
    generated = {f"exercises/{stem}.ipynb", "README.md", "notebooks/00_start_here.ipynb"}
    assert changed(before, state(copy)) == by_hand | generated
    assert zeropoint(copy, "build", "--check")
    assert zeropoint(copy, "check", f"exercises/{stem}.ipynb").endswith("0 of 17 points\n")
    solved = zeropoint(copy, "check", f"solutions/{stem}.ipynb")
    assert "02.5  3 of 3  ✓ Right        Both sides count" in solved
    assert solved.endswith("17 of 17 points\n")
    tests = pytest_in(copy, *TESTS_OF_A_LESSON, "-k", "Lesson02 or layout or 02_")
    assert tests.returncode == 0, tests.stdout[-4000:]
    assert "five exercises" in (copy / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_add_a_lesson(copy: Path) -> None:
    stem = "97_your_network"
    before = state(copy)
    zeropoint(copy, "new", "lesson", stem, "--title", "Count what a ruler clips", "--minutes", "5")
    places = {name.rpartition("/")[0] for name in changed(before, state(copy))}
    assert places == {"", "notebooks", "solutions", "src/zeropoint/lessons/lesson_97", "tests/lessons/lesson_97"}
    assert changed(before, state(copy)) & before.keys() == {"course.toml"}, "of what was there, only the manifest"
    write_the_exercise(copy, stem, "97.1")
    fill_in(copy / "notebooks" / f"{stem}.ipynb")
    manifest = copy / "course.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("WRITE: what it", "what it"), encoding="utf-8")
    zeropoint(copy, "execute", f"notebooks/{stem}.ipynb", f"solutions/{stem}.ipynb")
    zeropoint(copy, "build")
    assert zeropoint(copy, "check", f"solutions/{stem}.ipynb").endswith("4 of 4 points\n")
    own = ("tests/lessons/lesson_97", "tests/house/test_layering.py")
    tests = pytest_in(copy, *own, *TESTS_OF_A_LESSON, "-k", "97 or layout or layering")
    assert tests.returncode == 0, tests.stdout[-4000:]
    row = next(
        line for line in (copy / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| 97")
    )
    links = f"[Count what a ruler clips](notebooks/{stem}.ipynb) | 5 | – | [one exercise](exercises/{stem}.ipynb)"
    assert row == f"| 97 | {links} |"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_add_a_range_choice(copy: Path) -> None:
    """One function, one row, one test: its name is then known to observers, configurations, their errors and help."""
    before = state(copy)
    ranges = copy / "src" / "zeropoint" / "quant" / "ranges.py"
    source = ranges.read_text(encoding="utf-8")
    assert source.count("#: Every way to choose a range") == source.count('    "entropy": entropy_range,\n') == 1
    source = source.replace("#: Every way to choose a range", SIGMA_RANGE + "\n\n#: Every way to choose a range")
    source = source.replace(
        '    "entropy": entropy_range,\n', '    "entropy": entropy_range,\n    "sigma": sigma_range,\n'
    )
    ranges.write_text(source, encoding="utf-8")
    tests = copy / "tests" / "quant" / "test_histogram.py"
    tests.write_text(tests.read_text(encoding="utf-8") + SIGMA_TEST, encoding="utf-8")
    assert len(changed(before, state(copy))) == 2
    done = pytest_in(copy, "tests/quant/test_histogram.py", "-k", "sigma or torch or few_and_extreme or bad_use")
    assert done.returncode == 0, done.stdout[-4000:]
    succeeds(copy, "pyrefly", "check", "--python-interpreter-path", sys.executable)
    succeeds(copy, "ruff", "check", "src/zeropoint/quant", "tests/quant")
    begin = "from zeropoint.quant import QConfig; "
    known = run_code(copy, begin + "QConfig(activation_range='sigma'); print('sigma' in QConfig.__doc__)")
    assert known.stdout == "True\n"
    unknown = run_code(copy, begin + "QConfig(activation_range='other')")
    assert "sigma" in unknown.stderr.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_correct_a_sentence_needs_no_run(copy: Path) -> None:
    """Prose changes in a notebook, outputs stay as they are, and everything that looks at notebooks is content."""
    path = copy / "notebooks" / "02_scale_and_zero_point.ipynb"
    text = path.read_text(encoding="utf-8")
    assert text.count("no training, no GPU") == 1
    path.write_text(text.replace("no training, no GPU", "neither training nor a GPU"), encoding="utf-8")
    zeropoint(copy, "build", "--check")
    tests = pytest_in(copy, "tests/house/test_notebooks.py", "tests/house/test_layout.py", "-k", "02_ or layout")
    assert tests.returncode == 0, tests.stdout[-4000:]


# ── what cannot be laid out ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The manifest and one solution notebook."""
    shutil.copy(ROOT / "course.toml", tmp_path)
    (tmp_path / "solutions").mkdir()
    shutil.copy(ROOT / "solutions" / "02_scale_and_zero_point.ipynb", tmp_path / "solutions")
    return tmp_path


@pytest.mark.parametrize(
    ("exercise", "words"),
    [
        ("2.5", "is no id of an exercise"),
        ("02.07", "is no id of an exercise"),
        ("０２.5", "is no id of an exercise"),
        ("55.1", "There is no lesson 55: lay it out first"),
        ("02.4", "Lesson 02 has four exercises: its next one is 02.5"),
        ("02.6", "its next one is 02.5"),
    ],
)
def test_an_exercise_with_a_wrong_number_is_one_sentence(exercise: str, words: str, small: Path) -> None:
    before = (small / "course.toml").read_bytes()
    with pytest.raises(NewError, match=re.escape(words)):
        new_exercise(exercise, root=small)
    assert (small / "course.toml").read_bytes() == before
    assert not (small / "src").exists()


@pytest.mark.parametrize(
    ("stem", "words"),
    [("02_other", "taken by 02_scale_and_zero_point"), ("Other", "is no name"), ("17_Other Name", "is no name")],
)
def test_a_lesson_with_a_wrong_name_is_one_sentence(stem: str, words: str, small: Path) -> None:
    with pytest.raises(NewError, match=re.escape(words)):
        new_lesson(stem, root=small)
    assert not (small / "notebooks").exists()


@pytest.mark.parametrize("title", ["", " x", "a | b", "[a](b)", "two\nlines", "back\\slash", "x" * 91])
def test_a_title_that_would_break_a_table_is_one_sentence(title: str, small: Path) -> None:
    before = files_of(small)
    for lay_out, name in ((new_exercise, "02.5"), (new_lesson, "17_other")):
        with pytest.raises(NewError, match="is no title: expected one line of 1 to 90 characters"):
            lay_out(name, title=title, root=small)
    assert files_of(small) == before


@pytest.mark.parametrize(
    ("mine", "lay_out", "name"),
    [
        ("tests/lessons/lesson_02/wrong_5.py", new_exercise, "02.5"),
        ("src/zeropoint/lessons/lesson_02/exercise_5.py", new_exercise, "02.5"),
        ("tests/lessons/lesson_17/wrong_1.py", new_lesson, "17_other"),
        ("solutions/17_other.ipynb", new_lesson, "17_other"),
        ("src/zeropoint/lessons/lesson_17/material.py", new_lesson, "17_other"),
    ],
)
def test_where_a_file_is_in_the_way_nothing_is_written(mine: str, lay_out: Callable, name: str, small: Path) -> None:
    (small / mine).parent.mkdir(parents=True, exist_ok=True)
    (small / mine).write_text("mine")
    before = files_of(small)
    with pytest.raises(NewError, match=r"is there already, in .*: nothing was written"):
        lay_out(name, root=small)
    assert files_of(small) == before


def test_a_first_exercise_of_a_lesson_without_any(small: Path) -> None:
    new_exercise("00.1", title='Is it "ready"?', root=small)
    source = (small / "src" / "zeropoint" / "lessons" / "lesson_00" / "exercise_1.py").read_text(encoding="utf-8")
    compile(source, "exercise_1.py", "exec")
    assert max(map(len, source.splitlines())) <= 120
    cells = nbformat.read(small / "solutions" / "00_start_here.ipynb", as_version=4).cells
    assert "one exercise, 4 points" in cells[0].source
    assert cells[2].source.startswith('## 00.1 – Is it "ready"?')


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_lesson_in_the_middle_stands_there(small: Path) -> None:
    text = (small / "course.toml").read_text(encoding="utf-8")
    start = text.index('[[lesson]]\nstem = "05_per_channel"')
    (small / "course.toml").write_text(text[:start] + text[text.index('[[lesson]]\nstem = "06_') :], encoding="utf-8")
    new_lesson("05_other", title='With "quotes"', root=small)
    stems = re.findall(r'^stem = "(\d.*)"', (small / "course.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert stems == sorted(stems)
    assert r'title = "With \"quotes\""' in (small / "course.toml").read_text(encoding="utf-8")


def test_nothing_is_left_to_write() -> None:
    texts = [*(ROOT / "src" / "zeropoint" / "lessons").rglob("*.py"), *(ROOT / "tests" / "lessons").rglob("*.py")]
    texts += [path for folder in ("notebooks", "solutions") for path in (ROOT / folder).glob("*.ipynb")]
    left = [path.name for path in [*texts, ROOT / "course.toml"] if "WRITE: " in path.read_text(encoding="utf-8")]
    assert left == []


def test_the_tables_of_lessons_are_generated() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    cells = json.loads((ROOT / "notebooks" / "00_start_here.ipynb").read_text(encoding="utf-8"))["cells"]
    start = "\n".join("".join(cell["source"]) for cell in cells)
    for text in (readme, start):
        assert text.count(BEGIN) == text.count(END) == 1
