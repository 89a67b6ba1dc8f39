"""Pictures of lesson 07: codes that differ from rung to rung, and accumulators that are too narrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Line, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.lessons.lesson_07.overflow import damage
from zeropoint.quant._arrays import Array

BITS = range(10, 25)  # of the accumulator, on the slider
HABITS = {"wraps around": "wrap", "saturates": "saturate"}
_BINS = 80
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def short(name: str) -> str:
    """Return a layer's name without what all of them share.

    Examples
    --------
    >>> short("stage2_0_shortcut_0"), short("relu")
    ('2.0 shortcut', 'relu')
    """
    place = name.removeprefix("stage").replace("_", ".", 1)
    if "shortcut" in place:
        place = place.replace("_0", "", 1)  # its convolution: all that is left once batch norm is folded
    return place.replace("_", " ")


def rungs_picture(shares: Mapping[str, Mapping[str, float]], title: str) -> Picture:
    """Draw, tensor by tensor, how many codes two rungs of the ladder have apart.

    Parameters
    ----------
    shares : name of the pair of rungs → tensor's name → percent of its codes that differ; all with the same tensors
    title : str
    """
    layers = []
    words = []
    for pair, by_name in shares.items():
        values = np.array(list(by_name.values()), dtype=np.float64)
        layers.append(Line([short(name) for name in by_name], np.where(values > 0, values, np.nan), label=pair))
        words.append(f"{pair}: {values[0]:.2g} % in the first tensor, at most {values.max():.2g} %")
    panel = Panel(title, "", "% of the codes (log)", layers, y_log=True)
    return Picture([panel], say=f"Codes that differ – {'; '.join(words)}.")


def overflow_picture(
    sums: Array, finish: Callable[[Array], Array], bits: int, overflow: str, layer: str = ""
) -> Picture:
    """Draw a layer's sums with the ends of the accumulator, and what becomes of its output codes.

    Parameters
    ----------
    sums, finish, bits, overflow : as for :func:`~zeropoint.lessons.lesson_07.overflow.damage`
    layer : str – its name, for the title
    """
    sums = np.asarray(sums, dtype=np.int64)
    found = damage(sums, finish, bits, overflow)
    exact = damage(sums, finish, 32, "wrap")
    habit = next(words for words, name in HABITS.items() if name == overflow)
    say = (
        f"With {bits} bits, an accumulator that {habit}: {found.sums_outside:.2f} % of the sums lie outside, and "
        f"{found.codes_changed:.2f} % of the output codes change, by up to {found.largest_change}. The sums reach from "
        f"{sums.min():,} to {sums.max():,}."
    )
    facts = [
        ("sums outside", f"{found.sums_outside:.2f} %"),
        ("codes changed", f"{found.codes_changed:.2f} %"),
        ("largest change", f"{found.largest_change} steps"),
    ]
    return Picture([_sums_panel(sums, bits, layer), _codes_panel(exact.codes, found.codes)], say=say, facts=facts)


def _sums_panel(sums: np.ndarray, bits: int, layer: str) -> Panel:
    half = 2 ** (bits - 1)
    counts, edges = np.histogram(sums, _BINS)
    outline = Line(*_steps(edges / 1000, counts), label="exact sums", color="data")
    power = "2" + str(bits - 1).translate(_RAISED)
    ends = [VLine(-half / 1000, f"−{power}", "clipping"), VLine(half / 1000, power, "clipping")]
    shown = [end for end in ends if edges[0] / 1000 <= end.value <= edges[-1] / 1000]
    where = f" of {layer}" if layer else ""
    return Panel(f"Accumulators{where}", "sum (thousands of steps)", "sums a bin (log)", [outline, *shown], y_log=True)


def _codes_panel(exact: np.ndarray, found: np.ndarray) -> Panel:
    edges = np.arange(0, 257, 4)
    right = _steps(edges, np.histogram(exact, edges)[0])
    changed = _steps(edges, np.histogram(found, edges)[0])
    layers = [
        Line(*right, label="32 bits", color="data", style="solid"),
        Line(*changed, label="as set", color="clipping", style="dashed"),
    ]
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
    sums, finish
        As for :func:`~zeropoint.lessons.lesson_07.overflow.damage`; some ten thousand sums keep the slider quick.
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
