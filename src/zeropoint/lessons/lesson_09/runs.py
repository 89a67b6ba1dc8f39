"""Pictures and tables of lesson 09: how a training went, what it has brought, and what its rivals reach."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zeropoint.lab.layers import HLine, Line, Points
from zeropoint.lab.panels import Panel, Picture
from zeropoint.vision.statistics import PairedDifference, paired_difference
from zeropoint.vision.train import read_log

if TYPE_CHECKING:
    import pandas

_HIGHEST = 1000.0  # of the losses that are drawn: one run that explodes would squeeze all others into a line


def losses_picture(runs: Mapping[str, Sequence[float]], chance: float) -> Picture:
    """Draw the loss of every step of some runs.

    Parameters
    ----------
    runs : name → losses, step by step; what is above 1,000, or no number, is left out
    chance : float – the loss of a network that guesses
    """
    lines = []
    for name, losses in runs.items():
        shown = np.array(losses, dtype=np.float64)
        shown[~(shown < _HIGHEST)] = np.nan  # from there on it is gone
        lines.append(Line(np.arange(1, shown.size + 1), shown, label=name))
    words = "; ".join(f"{name}: {_course_of(losses, chance)}" for name, losses in runs.items())
    panel = Panel("Loss step by step", "step", "cross-entropy (log)", [*lines, HLine(chance, "guessing")], y_log=True)
    return Picture([panel], say=f"Loss of each step, and a line at {chance:.2f}, guessing – {words}.")


def _course_of(losses: Sequence[float], chance: float) -> str:
    """Return in words how a loss went: where it began and ended, and from when on it was worse than guessing."""
    finite = [loss for loss in losses if np.isfinite(loss)]
    words = f"from {finite[0]:.2g} to {losses[-1]:.2g} in step {len(losses)}"
    above = [step for step, loss in enumerate(losses, 1) if not loss < chance]
    return f"{words}, worse than guessing from step {above[0]}" if above else f"{words}, never above {max(finite):.2g}"


def results_picture(losses: Mapping[str, Mapping[str, PairedDifference]]) -> Picture:
    """Draw how many points several ways lose against FP32, one panel for each number of bits, all to one scale.

    Parameters
    ----------
    losses : bits → way → paired difference; at most three bits
    """
    every = [end for by_way in losses.values() for difference in by_way.values() for end in difference.interval]
    y_range = (min(every) - 0.3, max(0.0, *every) + 0.3)
    panels = []
    words = []
    for bits, by_way in losses.items():
        panels.append(_losses_panel(bits, by_way, y_range))
        words += [f"{bits}, {way}: {difference.points:+.1f}" for way, difference in by_way.items()]
    return Picture(panels, say=f"Points against FP32: {'; '.join(words)}.")


def _losses_panel(bits: str, by_way: Mapping[str, PairedDifference], y_range: tuple[float, float]) -> Panel:
    found = list(by_way.values())
    low, high = np.array([difference.interval for difference in found]).T
    points = Points(list(by_way), [difference.points for difference in found], low=low, high=high)
    title = f"{bits} (n = {found[0].n:,}, 95 % intervals)"
    return Panel(title, "way", "top-1 minus FP32 (points)", [points, HLine(0, "", "levels")], y_range=y_range)


def results_table(fp32: np.ndarray, results: Mapping[str, Mapping[str, np.ndarray]]) -> pandas.DataFrame:
    """Return top-1 of several ways, and their paired difference to FP32, with n and intervals.

    Parameters
    ----------
    fp32 : bool array, shape (n,) – which images the float network gets right
    results : bits → way → bool array, shape (n,)
    """
    import pandas

    rows = [
        (bits, way, f"{100 * hit.mean():.2f} %", str(paired_difference(fp32, hit)))
        for bits, by_way in results.items()
        for way, hit in by_way.items()
    ]
    columns = ["bits", "way", "top-1", "against FP32, paired"]
    return pandas.DataFrame(rows, columns=columns).set_index(["bits", "way"])


def long_runs(course: Path) -> pandas.DataFrame:
    """Return every finished run of ``weights/qat`` beside what needs no training with quantization.

    Points against FP32 on all 10,000 test images, with paired 95 % intervals. The runs are read from their logs, their
    rivals from the record of ``zeropoint bench finetuned``; a run that is not in the record yet has no rivals.

    Parameters
    ----------
    course : Path – the course folder
    """
    import pandas

    record = course / "benchmarks" / "results" / "finetuned.jsonl"
    lines = record.read_text(encoding="utf-8").splitlines() if record.is_file() else []
    rivals = {row["name"]: row for row in map(json.loads, lines)}
    rows = []
    for path in sorted((course / "weights" / "qat").glob("*.log")):
        for epochs, change in _finished(path):
            beside = [_points(rivals.get(path.stem, {}), way) for way in ("ptq", "adaround", "control_ptq")]
            low, high = change.interval
            rows.append((path.stem, epochs, *beside, f"{change.points:+.2f} ({low:+.2f} … {high:+.2f})"))
    columns = ["run", "epochs", "PTQ", "AdaRound", "control, then PTQ", "the run itself"]
    return pandas.DataFrame(rows, columns=columns).set_index("run")


def _finished(log: Path) -> Iterator[tuple[int, PairedDifference]]:
    """Yield the epochs of a run and what its log says about all test images, once it is finished."""
    lines = read_log(log)
    for line in lines:
        if line.get("test") == "all":
            epochs = sum("epoch" in other for other in lines)
            yield epochs, PairedDifference(line["gained"], line["lost"], line["n"])


def _points(row: Mapping[str, Mapping[str, Sequence[float]]], way: str) -> str:
    return "{:+.2f} ({:+.2f} … {:+.2f})".format(*row[way]["fp32"]) if way in row else ""
