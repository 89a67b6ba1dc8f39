"""Pictures of lesson 09: the slope of a staircase, and what the step size is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zeropoint.lab.explorable import Explorable, explore
from zeropoint.lab.inputs import Choice, Slider
from zeropoint.lab.layers import Band, Bars, HLine, Line, Points, VLine
from zeropoint.lab.panels import Panel, Picture
from zeropoint.quant import QParams, fake_quantize_affine, quant_range

Array = Any

_GRID = 1201  # points of a curve: enough to show every jump of 16 codes
_SWEEP = 60  # step sizes of the error curve
_SHOWN = 20_000  # values of a tensor that are looked at


def ends(bit_width: int) -> tuple[int, int]:
    """Return the first and the last code of what the pictures show: unsigned, zero point 0, as after a ReLU."""
    return quant_range(bit_width, signed=False)


def staircase_picture(scale: float, bit_width: int) -> Picture:
    """Draw fake quantization, its true slope, and the slope that the straight-through estimator takes.

    Parameters
    ----------
    scale : float – width and height of a stair
    bit_width : int
    """
    low, high = (end * scale for end in ends(bit_width))
    x = np.linspace(low - 2 * scale, high + 2 * scale, _GRID)
    inside = ((x >= low) & (x <= high)).astype(float)
    forward = Panel(
        "Forward: what leaves", "x", "x̂",
        [Line(x, _fake_quantize(x, scale, bit_width), label="x̂", color="rounding"),
         Line(x, x, label="x", color="levels", style="dotted")],
    )  # fmt: skip
    backward = Panel(
        "Backward: slope of x̂ over x", "x", "slope",
        [Band(x[0], low, "clipped"), Band(high, x[-1]),
         Line(x, inside, label="straight-through", color="clipping"),
         HLine(0, "true slope", "levels", "dashed")],
        y_range=(-0.2, 1.4),
    )  # fmt: skip
    say = (
        "The staircase is flat wherever it does not jump; the straight-through slope is 1 inside the range, 0 outside."
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
        lines.append(Line(x, np.round(x[:, None] + spread).mean(1), label=f"spread over {width:g} steps"))
    panel = Panel("Rounding, averaged over neighbours", "x (in steps)", "mean of round(x)", lines)
    return Picture(
        [panel], say="The wider the neighbourhood, the straighter the stairs; over one whole step it is a line."
    )


def step_slope(x: Array, step: float, bit_width: int) -> np.ndarray:
    """Return the slope of x̂ over the step, value by value: with v = x / step, round(v) − v inside, the code outside.

    Parameters
    ----------
    x : float array
    step : float – the scale
    bit_width : int – unsigned codes, zero point 0

    Source: Esser et al. 2020 (arXiv:1902.08153), equation 3.

    Examples
    --------
    >>> step_slope(np.array([0.35, 0.5, 9.0]), step=0.2, bit_width=2)
    array([ 0.25, -0.5 ,  3.  ])
    """
    low, high = ends(bit_width)
    v = np.asarray(x, dtype=np.float64) / step
    return np.where((v >= low) & (v <= high), np.round(v) - v, np.clip(v, low, high))


def descent(x: Array, step: float, bit_width: int) -> float:
    """Return the slope of half the mean squared error over the step by LSQ's chain rule: mean of (x̂ − x) · slope."""
    x = np.asarray(x, dtype=np.float64)
    return float(np.mean((_fake_quantize(x, step, bit_width) - x) * step_slope(x, step, bit_width)))


def share_inside(x: Array, step: float, bit_width: int) -> float:
    """Return the share of the values, in percent, whose gradient passes through."""
    v = np.asarray(x, dtype=np.float64) / step
    low, high = ends(bit_width)
    return float(100 * np.mean((v >= low) & (v <= high)))


def error_curve(x: Array, steps: Array, bit_width: int) -> np.ndarray:
    """Return the mean squared error of a tensor with each of the step sizes."""
    x = np.asarray(x, dtype=np.float64)
    return np.array([np.mean((_fake_quantize(x, step, bit_width) - x) ** 2) for step in steps])


def step_picture(x: Array, step: float, bit_width: int, curve: tuple[Array, Array] | None = None) -> Picture:
    """Draw the values that a step size covers, what each of them says to the step, and the error over the step.

    Parameters
    ----------
    x : float array, none of it negative – what a ReLU has handed on
    step : float
    bit_width : int
    curve : (steps, errors), optional – what :func:`error_curve` found; computed when left out
    """
    steps, errors = curve or sweep(x, bit_width)
    inside, slope = share_inside(x, step, bit_width), descent(x, step, bit_width)
    best = steps[int(np.argmin(errors))]
    where = "grow" if slope < 0 else "shrink"
    end = step * ends(bit_width)[1]
    say = (
        f"With a step of {step:.2f} the {bit_width}-bit range ends at {end:.2f}; {inside:.1f} % of the values get a "
        f"gradient, and the step is told to {where}. The error is least at a step of about {best:.2f}."
    )
    facts = [("range ends at", f"{end:.2f}"), ("get a gradient", f"{inside:.1f} %")]
    facts.append(("the step is told to", where))
    panels = [
        _values_panel(x, step, bit_width),
        _slope_panel(x, step, bit_width),
        _error_panel(steps, errors, step, bit_width),
    ]
    return Picture(panels, say=say, facts=facts)


def sweep(x: Array, bit_width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return step sizes from very small to min-max, and the error of each."""
    steps = np.linspace(0.02, 1, _SWEEP) * float(np.max(x)) / ends(bit_width)[1]
    return steps, error_curve(x, steps, bit_width)


def _fake_quantize(x: np.ndarray, step: float, bit_width: int) -> np.ndarray:
    return fake_quantize_affine(x, *QParams(np.float64(step), np.int32(0), *ends(bit_width)))


def _values_panel(x: Array, step: float, bit_width: int) -> Panel:
    top, end = float(np.max(x)), step * ends(bit_width)[1]
    counts, edges = np.histogram(x, 80, (0, top))
    bars = Bars(edges, np.where(counts > 0, counts, np.nan), color="data")
    beyond = [Band(end, top, "no gradient")] if end < top else []
    mark = [VLine(end, "range ends", "clipping")] if end < top else []
    return Panel("Values", "real value x", "values a bin (log)", [*beyond, bars, *mark], y_log=True)


def _slope_panel(x: Array, step: float, bit_width: int) -> Panel:
    grid = np.linspace(0, float(np.max(x)), _GRID)
    line = Line(grid, step_slope(grid, step, bit_width), color="rounding")
    top = ends(bit_width)[1]
    return Panel(
        "Slope of x̂ over the step", "real value x", "slope", [line, HLine(0, "", "levels")], y_range=(-1, top + 1)
    )


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
        A question whose answer is the share of values, in percent, that get a gradient at what is shown.

    Returns
    -------
    Explorable
    """
    values = {name: _some(x) for name, x in layers.items()}
    curves = {(name, bits): sweep(x, bits) for name, x in values.items() for bits in (2, 3, 4)}

    def step_of(layer: str, share: float, bits: int) -> float:
        return share / 100 * float(values[layer].max()) / ends(bits)[1]

    controls = [
        Choice("layer", "layer", list(values)),
        Slider("share", "range ends at this share of the largest value", 5, 100, 5, 15, unit="%"),
        Choice("bits", "bit width", [2, 3, 4], bit_width),
    ]
    return explore(
        controls,
        lambda layer, share, bits: step_picture(
            values[layer], step_of(layer, share, bits), bits, curves[layer, bits]
        ),
        title="What the step size is told",
        predict=predict,
        answer=(lambda layer, share, bits: share_inside(values[layer], step_of(layer, share, bits), bits))
        if predict
        else None,
    )  # fmt: skip


def _some(x: Array) -> np.ndarray:
    flat = np.asarray(x, dtype=np.float64).ravel()
    return flat[:: -(-flat.size // _SHOWN)]
