"""What a learner's attempts add up to: as text, as a table in a notebook, and as data."""

from __future__ import annotations

import html
from dataclasses import dataclass

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

    def cells(self) -> tuple[str, ...]:
        """Return the texts of one row of the summary."""
        opened = "solution opened" if self.solution_shown else ""
        verdict = "passed" if self.passed else "not yet"
        best = f"{self.points:g} of {self.max_points:g}"
        return f"{self.kind} {self.name}", verdict, best, str(self.attempts), opened


@dataclass(frozen=True)
class Progress:
    """What a learner has done, as text, as a table in a notebook, and as data."""

    learner: str | None
    history: tuple[Attempt, ...] = ()
    problem: str = ""

    @property
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

    @property
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

    def _notes(self) -> list[str]:
        """Return the sentences around the table; without a table they are all there is."""
        if self.learner is None:
            return [NOBODY]
        if self.problem or not self.history:
            return [self.problem or f"Nothing is stored for {self.learner} yet."]
        notes = []
        if self.quiz_history:
            results = (f"{row.at[:10]}: {row.points:g}" for row in self.quiz_history)
            notes.append(f"Quiz results, oldest first – {', '.join(results)}.")
        untried = set(self.solutions_shown) - {item.name for item in self.items}
        if untried:
            notes.append(f"Solution opened without a try: {', '.join(sorted(untried))}.")
        return notes

    def __str__(self) -> str:
        head = [f"Progress of {self.learner}"] if self.items else []
        rows = [f"  {a:<24} {b:<8} best {c:<10} tries {d:<4} {e}" for a, b, c, d, e in self._rows()]
        return "\n".join(line.rstrip() for line in [*head, *rows, *self._notes()])

    def _rows(self) -> list[tuple[str, ...]]:
        return [item.cells() for item in self.items]

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes())
        if not self.items:
            return notes
        names = ("what", "result", "best", "tries", "note")
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in self._rows()
        )
        caption = html.escape(f"Progress of {self.learner}")
        return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
