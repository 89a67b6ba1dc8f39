"""Pictures of lesson 09: the slope of a staircase, and what the step size is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Band, Bars, HLine, Line, Points, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.lessons.lesson_09.steps import ends, error_slope, on_grid, share_inside, step_slope, sweep
from zeropoint.quant._arrays import Array

_GRID = 1201  # points of a curve: enough to show every jump of 16 codes
_SHOWN = 20_000  # values of a tensor that are looked at
_BIT_WIDTHS = (2, 3, 4)
ASKED = 15  # percent of the largest value: where the range ends in the question of explore_step


def staircase_picture(scale: float, bit_width: int) -> Picture:
    """Draw fake quantization, its true slope, and the slope that the straight-through estimator takes.

    Parameters
    ----------
    scale : float – width and height of a stair
    bit_width : int
    """
    first, last = ends(bit_width)
    x = np.linspace(first - 2, last + 2, _GRID) * scale
    codes = np.round(x / scale)
    inside = (codes >= first) & (codes <= last)  # what rounds to the last code is inside, as in fake_quantize_ste
    stairs = [
        Line(x, on_grid(x, scale, bit_width), label="x̂", color="rounding"),
        Line(x, x, label="x", color="levels", style="dotted"),
    ]
    slopes = [
        Band(x[0], (first - 0.5) * scale, "clipped"),
        Band((last + 0.5) * scale, x[-1]),
        Line(x, inside.astype(float), label="straight-through", color="clipping"),
        HLine(0, "true slope", "levels", "dashed"),
    ]
    forward = Panel("Forward: what leaves", "x", "x̂", stairs)
    backward = Panel("Backward: slope of x̂ over x", "x", "slope", slopes, y_range=(-0.2, 1.4))
    say = (
        "The staircase is flat wherever it does not jump; the straight-through slope is 1 from half a step below the "
        "first code to half a step above the last one, and 0 where values are clipped."
    )
    return Picture([forward, backward], say=say)


def averaged_picture(widths: Sequence[float]) -> Picture:
    """Draw what rounding does on average to values that are spread evenly around x.

    Parameters
    ----------
    widths : numbers above 0, at most three – how widely they are spread, in steps
    """
    x = np.linspace(-2, 2, 401)
    lines = []
    for width in widths:
        spread = width * (np.arange(200) + 0.5) / 200 - width / 2  # (200,)
        mean = np.round(x[:, None] + spread).mean(1)  # (401,)
        lines.append(Line(x, mean, label=f"spread over {width:g} steps"))
    panel = Panel("Rounding, averaged over neighbours", "x (in steps)", "mean of round(x)", lines)
    say = "The wider the neighbourhood, the straighter the stairs; over one whole step it is a line."
    return Picture([panel], say=say)


def step_picture(x: Array, step: float, bit_width: int, curve: tuple[Array, Array] | None = None) -> Picture:
    """Draw the values that a step size covers, what each of them says to the step, and the error over the step.

    Parameters
    ----------
    x : float array, none of it negative – what a ReLU has handed on
    step : float
    bit_width : int
    curve : (steps, errors), optional – what :func:`~zeropoint.lessons.lesson_09.steps.sweep` found; computed when
        left out
    """
    steps, errors = curve or sweep(x, bit_width)
    inside = share_inside(x, step, bit_width)
    where = "grow" if error_slope(x, step, bit_width) < 0 else "shrink"
    end = step * ends(bit_width)[1]
    best = steps[int(np.argmin(errors))]
    say = (
        f"With a step of {step:.2f} the {bit_width}-bit range ends at {end:.2f}; {inside:.1f} % of the values get a "
        f"gradient, and the step is told to {where}. The error is least at a step of about {best:.2f}."
    )
    facts = [
        ("range ends at", f"{end:.2f}"),
        ("get a gradient", f"{inside:.1f} %"),
        ("the step is told to", where),
    ]
    panels = [
        _values_panel(x, end),
        _slope_panel(x, step, bit_width),
        _error_panel(steps, errors, step, bit_width),
    ]
    return Picture(panels, say=say, facts=facts)


def _values_panel(x: Array, end: float) -> Panel:
    top = float(np.max(x))
    counts, edges = np.histogram(x, 80, (0, top))
    bars = Bars(edges, np.where(counts > 0, counts, np.nan), color="data")
    layers = [bars]
    if end < top:
        layers = [Band(end, top, "no gradient"), bars, VLine(end, "range ends", "clipping")]
    return Panel("Values", "real value x", "values per bin (log)", layers, y_log=True)


def _slope_panel(x: Array, step: float, bit_width: int) -> Panel:
    grid = np.linspace(0, float(np.max(x)), _GRID)
    line = Line(grid, step_slope(grid, step, bit_width), color="rounding")
    y_range = (-1, ends(bit_width)[1] + 1)
    return Panel("Slope of x̂ over the step", "real value x", "slope", [line, HLine(0, "", "levels")], y_range=y_range)


def _error_panel(steps: Array, errors: Array, step: float, bit_width: int) -> Panel:
    now = float(np.interp(step, steps, errors))
    layers = [Line(steps, errors, color="green"), Points([step], [now], label="now", color="clipping")]
    return Panel(f"Error at {bit_width} bits", "step size", "mean squared error (log)", layers, y_log=True)


def explore_step(layers: Mapping[str, Array], *, bit_width: int = 4, predict: str | None = None) -> Explorable:
    """Move the step size over the activations of a layer.

    Parameters
    ----------
    layers : mapping from a layer's name to its activations after a ReLU (float arrays of any shape)
    bit_width : 2, 3 or 4
        Where the choice starts.
    predict : str, optional
        A question whose answer is the share of values, in percent, of the first layer that get a gradient when the
        range ends at :data:`ASKED` percent of the largest; the picture begins elsewhere.

    Returns
    -------
    Explorable
    """
    values = {name: _some(x) for name, x in layers.items()}
    curves = {(name, bits): sweep(x, bits) for name, x in values.items() for bits in _BIT_WIDTHS}

    def step_of(layer: str, share: float, bits: int) -> float:
        return share / 100 * float(values[layer].max()) / ends(bits)[1]

    def draw(layer: str, share: float, bits: int) -> Picture:
        return step_picture(values[layer], step_of(layer, share, bits), bits, curves[layer, bits])

    first = next(iter(values))
    answer = share_inside(values[first], step_of(first, ASKED, bit_width), bit_width) if predict else None
    controls = [
        Choice("layer", "layer", list(values)),
        Slider("share", "range ends at this share of the largest value", 5, 100, 5, 60, unit="%"),
        Choice("bits", "bit width", _BIT_WIDTHS, bit_width),
    ]
    title = "What the step size is told"
    return explore(controls, draw, title=title, predict=predict, answer=answer)


def _some(x: Array) -> np.ndarray:
    """Return at most :data:`_SHOWN` values, evenly spaced, which one can draw at once."""
    flat = np.asarray(x, dtype=np.float64).ravel()
    stride = -(-flat.size // _SHOWN)  # rounded up
    return flat[::stride]
