"""Pictures of lesson 12: the step of a format, its error over the crest factor, and what it costs a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import torch

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import MARKERS, HLine, Layer, Line, Points
from zeropoint.lab.panels import Panel, Picture
from zeropoint.lab.style import SERIES
from zeropoint.lessons.lesson_12.formats import FORMATS, INT8_PER_TENSOR, NumberFormat, rounded
from zeropoint.quant import FloatFormat, sqnr_db
from zeropoint.vision.statistics import PairedDifference

CRESTS = (5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32)
COMPARED = {fmt.name: fmt for fmt in (INT8_PER_TENSOR, *(fmt for fmt in FORMATS if "channel" not in fmt.name))}
_RUN = 16  # values of which one point of the right panel is made
_BINADES = 14
_FOUR_BITS = (3.9, 4.75)  # bits and SQNR of the close-up, where marks would hide each other
_FOUR_BITS_DB = (14.0, 23.0)
_SMALLEST = 2.0**-_BINADES  # of the values whose relative step is drawn, as a share of the largest


def relative_step_picture(formats: Sequence[FloatFormat], integer_bits: int = 8) -> Picture:
    """Draw the distance of neighbouring levels, as a share of the value itself, from the largest value downwards.

    Parameters
    ----------
    formats : small float formats
    integer_bits : int – of a signed, symmetric integer grid drawn beside them
    """
    share = np.geomspace(_SMALLEST, 1, 40 * _BINADES + 1)  # of the largest value
    integer = 100 / (2 ** (integer_bits - 1) - 1) / share
    layers: list[Layer] = [Line(share, integer, label=f"INT{integer_bits}")]
    words = []
    for fmt in formats:
        value = share * fmt.max_val
        exponent = np.maximum(np.floor(np.log2(value)), fmt.min_exponent)
        relative = 100 * 2.0 ** (exponent - fmt.mantissa_bits) / value
        layers.append(Line(share, relative, label=str(fmt)))
        finer = share[integer < relative].min()
        words.append(f"{fmt} from 1/{1 / finer:.0f} of the largest value downwards")
    layers.append(HLine(100, "step = value"))
    panel = Panel(
        "How fine is the grid at a value?",
        "value, as a share of the largest (log)",
        "step, % of the value (log)",
        layers,
        x_log=True,
        y_log=True,
        y_range=(0.5, 2000),
        x_ticks={2.0**-k: f"2^−{k}" if k else "1" for k in range(0, _BINADES + 1, 2)},
    )
    rising = f"The relative step of INT{integer_bits} rises steadily as values shrink; a float's stays flat for long"
    return Picture([panel], say=f"{rising}, and is the finer one: {'; '.join(words)}.")


def formats_picture(ladder: Mapping[str, Sequence[tuple[float, float]]], title: str) -> Picture:
    """Draw the SQNR of number formats over the bits that a value takes, scales included; on the right those at 4 bits.

    Parameters
    ----------
    ladder : series → (bits per value, SQNR in dB); the first one is drawn as a curve, the yardstick of the others
    title : str
    """
    curve, *others = ladder.items()
    bits, sqnr = np.array(curve[1], dtype=float).T
    layers: list[Layer] = [Line(bits, sqnr, label=curve[0], color=0)]
    close: list[Layer] = [Line(bits, sqnr, color=0)]  # the same looks; the key on the left holds for both
    for place, (name, pairs) in enumerate(others):
        bits, sqnr = np.array(pairs, dtype=float).T
        color = (place + 1) % len(SERIES)
        marker = MARKERS[place % len(MARKERS)]
        layers.append(Points(bits, sqnr, label=name, color=color, marker=marker))
        if _FOUR_BITS[0] < bits[0] < _FOUR_BITS[1]:
            close.append(Points(bits, sqnr, color=color, marker=marker))
    every = [bits for pairs in ladder.values() for bits, _ in pairs]
    x_range = (min(every) - 0.25, max(every) + 0.25)
    x_label = "bits per value, scales included"
    panel = Panel(title, x_label, "SQNR (dB), higher is better", layers, x_range=x_range)
    near = Panel("Close-up: four bits", x_label, "SQNR (dB)", close, x_range=_FOUR_BITS, y_range=_FOUR_BITS_DB)
    words = "; ".join(f"{name} {pairs[0][1]:.1f} dB at {pairs[0][0]:.2f} bits" for name, pairs in ladder.items())
    return Picture([panel, near], say=f"Against the first series, at equal bits: {words}.")


def losses_picture(series: Mapping[str, Mapping[str, PairedDifference]]) -> Picture:
    """Draw what each format costs a network, with intervals.

    Parameters
    ----------
    series : what is rounded → name of a format → top-1 against FP32; the first has every format
    """
    names = list(next(iter(series.values())))
    layers: list[Layer] = []
    for what, found in series.items():
        points, low, high = np.full((3, len(names)), np.nan)
        for name, difference in found.items():
            place = names.index(name)
            points[place] = difference.points
            low[place], high[place] = difference.interval
        n = next(iter(found.values())).n
        layers.append(Points(names, points, label=f"{what}, n = {n:,}", low=low, high=high))
    layers.append(HLine(0, "FP32"))
    panel = Panel("What each format costs ResNet-20", "", "top-1 minus FP32 (points)", layers)
    return Picture([panel], say=". ".join(_worst(what, found) for what, found in series.items()) + ".")


def _worst(what: str, found: Mapping[str, PairedDifference]) -> str:
    worst = sorted(found, key=lambda name: found[name].points)[:2]
    most = " and ".join(f"{name} with {found[name].points:+.1f}" for name in worst)
    return f"With {what} in the format, most is lost by {most} points against FP32"


@cache
def _values(crest: float) -> torch.Tensor:
    """Return Gaussian values, shape (64, 64), whose first one is ``crest`` times the root mean square."""
    x = torch.randn(64, 64, generator=torch.Generator().manual_seed(12))
    others = x.square().sum() - x[0, 0] ** 2
    # one value v among n: v = crest · sqrt((others + v²) / n), solved for v
    x[0, 0] = crest * torch.sqrt(others / (x.numel() - crest**2))
    return x


@cache
def quality(name: str, crest: float) -> float:
    """Return the SQNR in dB of a format of ``COMPARED`` on the values with one of ``CRESTS`` as crest factor."""
    x = _values(crest)
    return sqnr_db(x, rounded(x, COMPARED[name]))


@cache
def crest_picture(name: str, crest: float) -> Picture:
    """Draw how a format fares when one value stands out: over the crest factor, and run by run.

    Parameters
    ----------
    name : one of ``COMPARED``
    crest : one of ``CRESTS`` – largest magnitude over root mean square
    """
    x = _values(crest)
    runs = x.reshape(-1, _RUN)
    noise = (rounded(x, COMPARED[name]).reshape(-1, _RUN) - runs).square().sum(1)
    each = (10 * torch.log10(runs.square().sum(1) / noise.clamp_min(1e-30))).numpy()
    bits = bits_per_value(COMPARED[name])
    facts = [("SQNR", f"{quality(name, crest):.1f} dB"), ("bits per value", f"{bits:.2f}")]
    say = (
        f"Crest factor {crest:g}: {name} reaches {quality(name, crest):.1f} dB with {bits:.2f} bits per value; "
        f"runs of {_RUN} values lie between {min(each):.0f} and {max(each):.0f} dB, half of them below "
        f"{np.median(each):.0f}."
    )
    points = Points(np.arange(len(each)), np.clip(each, 0, 60), label=name, color="green")
    right = Panel(f"Runs of {_RUN} values, the outlier first", "run", "SQNR (dB)", [points], y_range=(0, 60))
    return Picture([_crest_panel(name, crest), right], say=say, facts=facts)


def _crest_panel(name: str, crest: float) -> Panel:
    layers: list[Layer] = []
    reached = [each for each in CRESTS if each <= crest]  # what lies ahead is a learner's guess
    for other in dict.fromkeys(("INT8 per tensor", "FP8 (E4M3)", name)):
        layers.append(Line(reached, [quality(other, each) for each in reached], label=other))
    layers.append(Points([crest], [quality(name, crest)], label="now", color="green"))
    title = "One outlier in 4,096 values"
    ticks = {float(each): f"{each:g}" for each in CRESTS[::2]}
    ends = (CRESTS[0] / 1.05, CRESTS[-1] * 1.05)
    axis = {"x_log": True, "x_ticks": ticks, "x_range": ends}
    return Panel(title, "crest factor (log)", "SQNR (dB)", layers, y_range=(0, 60), **axis)


def bits_per_value(fmt: NumberFormat) -> float:
    """Return the bits that a value of a large tensor takes, scales of blocks included."""
    return fmt.bits + (fmt.scale_bits / fmt.block if fmt.block else 0)


def explore_crest(name: str, crest: float, *, predict: str | None = None, answer: float | None = None) -> Explorable:
    """Choose a format and a crest factor, and see the error.

    Parameters
    ----------
    name, crest : where the controls start
    predict, answer : a question with a number for an answer, locked before the controls are used

    Returns
    -------
    Explorable
    """
    controls = [
        Choice("name", "format", list(COMPARED), name),
        Slider("crest", "crest factor", values=list(CRESTS), value=crest),
    ]
    return explore(controls, crest_picture, title="One outlier, seven formats", predict=predict, answer=answer)
