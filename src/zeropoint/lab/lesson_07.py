"""Pictures of lesson 07: codes that differ from rung to rung, and accumulators that are too narrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Line, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.quant.requantize import narrow_accumulator

Array = Any

BITS = range(10, 25)  # of the accumulator, on the slider
HABITS = {"wraps around": "wrap", "saturates": "saturate"}
_BINS = 80
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Damage(NamedTuple):
    """What accumulators of too few bits do to a layer: shares in percent, and the codes that come out."""

    sums_outside: float
    codes_changed: float
    largest_change: int
    codes: np.ndarray


def short(name: str) -> str:
    """Return a layer's name without what all of them share.

    Examples
    --------
    >>> short("stage2_0_shortcut_0"), short("relu")
    ('2.0 shortcut', 'relu')
    """
    return name.removeprefix("stage").replace("_", ".", 1).replace("_0", "", name.count("shortcut")).replace("_", " ")


def rungs_picture(shares: Mapping[str, Mapping[str, float]], title: str) -> Picture:
    """Draw, tensor by tensor, how many codes two rungs of the ladder have apart.

    Parameters
    ----------
    shares : name of the pair of rungs → tensor's name → percent of its codes that differ; all with the same tensors
    title : str
    """
    layers, words = [], []
    for pair, by_name in shares.items():
        values = np.array(list(by_name.values()), dtype=np.float64)
        layers.append(Line([short(name) for name in by_name], np.where(values > 0, values, np.nan), label=pair))
        words.append(f"{pair}: {values[0]:.2g} % in the first tensor, at most {values.max():.2g} %")
    panel = Panel(title, "", "% of the codes (log)", layers, y_log=True)
    return Picture([panel], say=f"Codes that differ – {'; '.join(words)}.")


def damage(sums: Array, finish: Callable[[Array], Array], bits: int, overflow: str) -> Damage:
    """Return what happens to a layer's output when its accumulators have too few bits.

    Parameters
    ----------
    sums : integer array, any shape – exact accumulators
    finish : from int32 accumulators of that shape to codes
    bits : int
    overflow : "wrap" or "saturate"

    Examples
    --------
    >>> found = damage(np.array([10, 40_000]), lambda acc: acc >> 8, 16, "saturate")
    >>> found.sums_outside, found.codes_changed, found.largest_change
    (50.0, 50.0, 29)
    """
    sums = np.asarray(sums, dtype=np.int64)
    half = 2 ** (bits - 1)
    right = np.asarray(finish(sums.astype(np.int32)), dtype=np.int64)
    codes = np.asarray(finish(narrow_accumulator(sums, bits, overflow)), dtype=np.int64)
    change = np.abs(codes - right)
    outside = 100 * np.mean((sums < -half) | (sums >= half))
    return Damage(float(outside), float(100 * np.mean(change > 0)), int(change.max()), codes)


def overflow_picture(
    sums: Array, finish: Callable[[Array], Array], bits: int, overflow: str, layer: str = ""
) -> Picture:
    """Draw a layer's sums with the ends of the accumulator, and what becomes of its output codes.

    Parameters
    ----------
    sums, finish, bits, overflow : as for :func:`damage`
    layer : str – its name, for the title
    """
    sums = np.asarray(sums, dtype=np.int64)
    found, exact = damage(sums, finish, bits, overflow), damage(sums, finish, 32, "wrap")
    habit = next(words for words, name in HABITS.items() if name == overflow)
    say = (
        f"With {bits} bits, an accumulator that {habit}: {found.sums_outside:.2f} % of the sums lie outside, and "
        f"{found.codes_changed:.2f} % of the output codes change, by up to {found.largest_change}."
    )
    facts = [("sums outside", f"{found.sums_outside:.2f} %"), ("codes changed", f"{found.codes_changed:.2f} %")]
    facts += [("largest change", f"{found.largest_change} steps")]
    return Picture([_sums_panel(sums, bits, layer), _codes_panel(exact.codes, found.codes)], say=say, facts=facts)


def _sums_panel(sums: np.ndarray, bits: int, layer: str) -> Panel:
    half = 2 ** (bits - 1)
    counts, edges = np.histogram(sums, _BINS)
    outline = Line(*_steps(edges / 1000, counts), label="exact sums", color="data")
    low, high = edges[0] / 1000, edges[-1] / 1000
    power = "2" + str(bits - 1).translate(_RAISED)
    ends = [VLine(sign * half / 1000, name, "clipping") for sign, name in ((-1, f"−{power}"), (1, power))]
    shown = [end for end in ends if low <= end.value <= high]
    where = f" of {layer}" if layer else ""
    return Panel(f"Accumulators{where}", "sum (thousands of steps)", "sums a bin (log)", [outline, *shown], y_log=True)


def _codes_panel(exact: np.ndarray, found: np.ndarray) -> Panel:
    edges = np.arange(0, 257, 4)
    layers = []
    for codes, label, color, style in ((exact, "32 bits", "data", "solid"), (found, "as set", "clipping", "dashed")):
        layers.append(Line(*_steps(edges, np.histogram(codes, edges)[0]), label=label, color=color, style=style))
    return Panel("Output codes", "code", "codes a bin (log)", layers, y_log=True)


def _steps(edges: Array, counts: Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the outline of a histogram, with gaps where nothing was counted (an axis is logarithmic)."""
    heights = np.where(counts > 0, counts, np.nan).astype(np.float64)
    return np.repeat(edges, 2)[1:-1], np.repeat(heights, 2)


def explore_overflow(
    sums: Array,
    finish: Callable[[Array], Array],
    *,
    layer: str = "",
    bits: int = 24,
    predict: str | None = None,
    answer: float | None = None,
) -> Explorable:
    """Move the accumulator's bits, and choose between wrapping around and saturating.

    Parameters
    ----------
    sums, finish : as for :func:`damage`; some ten thousand sums keep the slider quick
    layer : str
    bits : int – where the slider starts
    predict, answer : a question, and its answer

    Returns
    -------
    Explorable
    """
    controls = [
        Slider("bits", "accumulator", values=list(BITS), value=bits, unit="bits", format="d"),
        Choice("overflow", "on overflow it", HABITS, "wrap"),
    ]
    return explore(
        controls,
        lambda bits, overflow: overflow_picture(sums, finish, bits, overflow, layer),
        title="How many bits does a sum need?",
        predict=predict,
        answer=answer,
    )
