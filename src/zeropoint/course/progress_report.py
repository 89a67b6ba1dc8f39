"""What a learner's attempts add up to, and what is next, as data; ``progress_view`` turns it into text and tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from zeropoint.course.manifest import Lesson, Manifest
from zeropoint.course.store import Attempt

NOBODY = 'Nobody is logged in, so nothing is stored; call login("your name") to keep a record.'


@dataclass(frozen=True)
class Item:
    """One exercise, quiz or lesson: its best result over all attempts."""

    kind: str
    name: str
    passed: bool
    points: float
    max_points: float
    attempts: int
    solution_shown: bool


@dataclass(frozen=True)
class LessonProgress:
    """One lesson of the course: exercises passed, and the best points over all of them."""

    stem: str
    title: str
    passed: int
    exercises: int
    points: float
    max_points: float


@dataclass(frozen=True, repr=False)
class ProgressReport:
    """What a learner has done, and what is left of the course.

    Attributes
    ----------
    learner : whose it is; None for one without a name
    history : every attempt, oldest first
    problem : one sentence when the record cannot be read, else empty
    course : what there is to do; None where the package is installed without the course folder
    """

    learner: str | None
    history: tuple[Attempt, ...] = ()
    problem: str = ""
    course: Manifest | None = None

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Exercises, quizzes and lessons tried, each with its best points."""
        tried: dict[tuple[str, str], list[Attempt]] = {}
        for row in self.history:
            if row.kind != "solution_shown":
                tried.setdefault((row.kind, row.item), []).append(row)
        return tuple(self._item(*key, rows) for key, rows in sorted(tried.items()))

    def _item(self, kind: str, name: str, rows: list[Attempt]) -> Item:
        best = max(rows, key=lambda row: row.points)
        passed = any(row.passed for row in rows)
        opened = kind == "exercise" and name in self.solutions_shown
        return Item(kind, name, passed, best.points, best.max_points, len(rows), opened)

    @cached_property
    def solutions_shown(self) -> tuple[str, ...]:
        """Exercises whose solution was opened, whether or not they were tried."""
        return tuple(sorted({row.item for row in self.history if row.kind == "solution_shown"}))

    @property
    def quiz_history(self) -> tuple[Attempt, ...]:
        """Every quiz result, oldest first."""
        return tuple(row for row in self.history if row.kind == "quiz")

    @property
    def quiz_best(self) -> Attempt | None:
        """The quiz result with the most points; the first of several."""
        return max(self.quiz_history, key=lambda row: row.points, default=None)

    def greeting(self) -> str:
        """Return the line that :func:`login` prints."""
        if self.problem or not self.history:
            rest = self.problem or "Your results are saved under this name from now on."
            return f"Hello, {self.learner}. {rest}"
        done = [item for item in self.items if item.kind == "exercise" and item.passed]
        best = self.quiz_best
        quiz = f", best quiz result {best.points:g} of {best.max_points:g}" if best else ""
        plural = "" if len(done) == 1 else "s"
        last = self.history[-1].at[:10]
        return f"Welcome back, {self.learner}. So far: {len(done)} exercise{plural} passed{quiz}; last saved on {last}."

    @property
    def lessons(self) -> tuple[LessonProgress, ...]:
        """Return the lessons of the course in their order, with what was reached in each."""
        return tuple(self._lesson(lesson) for lesson in self.course.lessons) if self.course else ()

    def _lesson(self, lesson: Lesson) -> LessonProgress:
        found = [self.exercise(entry.id) for entry in lesson.exercises]
        tried = [item for item in found if item is not None]
        return LessonProgress(
            lesson.stem,
            lesson.title,
            passed=sum(item.passed for item in tried),
            exercises=len(lesson.exercises),
            points=sum(item.points for item in tried),
            max_points=lesson.points,
        )

    def exercise(self, name: str) -> Item | None:
        """Return what came of an exercise; None when it was not tried."""
        return next((item for item in self.items if (item.kind, item.name) == ("exercise", name)), None)

    @property
    def to_do(self) -> tuple[tuple[str, str], ...]:
        """Return what the completion record still needs, in the order of the course: (what, in which notebook)."""
        if self.course is None:
            return ()
        rest = []
        for lesson in self.course.lessons:
            for entry in lesson.exercises:
                item = self.exercise(entry.id)
                if item is None or not item.passed:
                    rest.append((f"exercise {entry.id} ({entry.title})", f"exercises/{lesson.stem}.ipynb"))
        stem = self.course.quiz_stem
        if not any(row.passed for row in self.quiz_history if row.item == stem):
            rest.append(("the quick test", f"quiz/{stem}.ipynb"))
        return tuple(rest)

    @property
    def next_step(self) -> tuple[str, str]:
        """Return what to do next and in which notebook; both are empty when nothing is left."""
        if not self.history and self.course:
            lesson = self.course.lessons[0]
            return f"lesson {lesson.number} ({lesson.title})", f"notebooks/{lesson.stem}.ipynb"
        return next(iter(self.to_do), ("", ""))

    def notes(self) -> list[str]:
        """Return the sentences around the tables; without a table they are all there is."""
        if self.learner is None:
            return [NOBODY]
        if self.problem:
            return [self.problem]
        notes = [] if self.history else [f"Nothing is stored for {self.learner} yet."]
        if self.quiz_history:
            results = (f"{row.at[:10]}: {row.points:g}" for row in self.quiz_history)
            notes.append(f"Quiz results, oldest first – {', '.join(results)}.")
        untried = set(self.solutions_shown) - {item.name for item in self.items}
        if untried:
            notes.append(f"Solution opened without a try: {', '.join(sorted(untried))}.")
        return notes
