"""Pictures of lesson 09: how a training went, and what it has brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from zeropoint.lab.layers import HLine, Line, Points
from zeropoint.lab.panels import Panel, Picture
from zeropoint.vision.statistics import PairedDifference

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
    last = "; ".join(f"{name}: {losses[-1]:.2g}" for name, losses in runs.items())
    panel = Panel("Loss step by step", "step", "cross-entropy (log)", [*lines, HLine(chance, "guessing")], y_log=True)
    return Picture([panel], say=f"Last loss: {last}.")


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
