"""Ranges and ticks of an axis, settled in Python so that widget and static figure cannot differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

Ticks = Sequence[float] | Mapping[float, str]
_ROUND = (1, 2, 5, 10)
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Axis(NamedTuple):
    """A settled axis.

    Attributes
    ----------
    low, high : float – its two ends, ``low < high``
    log : bool – whether it is logarithmic
    ticks : pairs of a value and its label, in order of value
    """

    low: float
    high: float
    log: bool
    ticks: tuple[tuple[float, str], ...]


def tick_label(value: float, step: float = 0.0) -> str:
    """Return a short label with a true minus sign.

    Parameters
    ----------
    value : float
    step : float
        Distance of the ticks, which sets the decimals; 0 for a logarithmic axis.

    Examples
    --------
    >>> tick_label(-0.5, 0.25), tick_label(20_000, 5_000), tick_label(1e-6), tick_label(2e-6)
    ('−0.50', '20,000', '10⁻⁶', '2·10⁻⁶')
    """
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return _power_label(value)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step else 12
    text = f"{value:,.{decimals}f}"
    if not step:
        text = text.rstrip("0").rstrip(".")
    elif round(step, decimals) != step and f"{step:.12f}".rstrip("0") != f"{step:.{decimals}f}".rstrip("0"):
        text = f"{value:,.{decimals + 1}f}"  # a step such as 0.25
    return text.replace("-", "−")


def _power_label(value: float) -> str:
    power = math.floor(math.log10(abs(value)) + 1e-9)
    lead = f"{value / 10.0**power:.6g}"
    factor = {"1": "", "-1": "-"}.get(lead, f"{lead}·")
    return f"{factor}10{str(power).translate(_SUPERSCRIPT)}".replace("-", "−")


def nice_step(span: float, about: int) -> float:
    """Return the round number (1, 2 or 5 times a power of ten) that cuts ``span`` into at most ``about`` parts.

    Examples
    --------
    >>> nice_step(9, 5), nice_step(0.3, 6)
    (2.0, 0.05)
    """
    rough = span / about
    power = math.floor(math.log10(rough))
    factor = next(factor for factor in _ROUND if factor * 10.0**power >= rough * 0.999)
    return float(f"{factor * 10.0**power:.6g}")


def linear_ticks(low: float, high: float, about: int = 6) -> tuple[tuple[float, str], ...]:
    """Return round values from ``low`` to ``high`` with their labels.

    Examples
    --------
    >>> linear_ticks(-0.9, 2.1)
    ((-0.5, '−0.5'), (0.0, '0'), (0.5, '0.5'), (1.0, '1.0'), (1.5, '1.5'), (2.0, '2.0'))
    """
    step = nice_step(high - low, about)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    values = [float(f"{i * step:.12g}") for i in range(first, last + 1)]
    return tuple((value, tick_label(value, step)) for value in values)


def log_ticks(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Return powers of ten from ``low`` to ``high``, with 2 and 5 between them where there are few.

    Examples
    --------
    >>> log_ticks(1, 20)
    ((1.0, '1'), (2.0, '2'), (5.0, '5'), (10.0, '10'), (20.0, '20'))
    """
    first = math.floor(math.log10(low) - 1e-9)
    last = math.ceil(math.log10(high) + 1e-9)
    factors = (1, 2, 5) if math.log10(high / low) < 2 else (1,)
    every = max(1, -(-(last - first) // 7))
    values = [factor * 10.0**power for power in range(first, last + 1, every) for factor in factors]
    inside = [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
    if inside and (inside[0] < 1e-4 or inside[-1] >= 1e6):  # all of one kind: 10⁻⁵, 10⁻³, not 10⁻⁵, 0.001
        return tuple((value, _power_label(value)) for value in inside)
    return tuple((value, tick_label(value)) for value in inside)


def settle_axis(
    values: np.ndarray, *, name: str, given: tuple[float, float] | None, log: bool, ticks: Ticks | None, snap: bool
) -> Axis:
    """Return the axis for these values.

    Parameters
    ----------
    values : float array, shape (n,)
        Everything that must be visible; NaN is left out, and on a logarithmic axis whatever is not positive.
    name : str
        For error messages, e.g. ``"y_range"``.
    given : (low, high), optional
        The author's choice, taken as it is.
    log : bool
    ticks : values, or a mapping from values to labels, optional
    snap : bool
        Widen to round numbers, so that the axis does not tremble while a slider moves.

    Raises
    ------
    ValueError
        When a given range is crossed, or a logarithmic axis has nothing positive to show.
    """
    if given is not None:
        low, high = (float(end) for end in given)
        if not (np.isfinite([low, high]).all() and low < high) or (log and low <= 0):
            kind = "0 < low < high, because the axis is logarithmic" if log else "low < high, both finite"
            raise ValueError(f"{name} is {given!r}: expected {kind}; swap or correct its ends.")
    else:
        low, high = _extent(values[np.isfinite(values)], name=name, log=log, snap=snap)
    if ticks is not None:
        return Axis(low, high, log, _given_ticks(ticks))
    return Axis(low, high, log, log_ticks(low, high) if log else linear_ticks(low, high))


def _given_ticks(ticks: Ticks) -> tuple[tuple[float, str], ...]:
    labels = ticks if isinstance(ticks, Mapping) else {value: tick_label(value) for value in ticks}
    return tuple(sorted((float(value), str(label)) for value, label in labels.items()))


def _extent(values: np.ndarray, *, name: str, log: bool, snap: bool) -> tuple[float, float]:
    """Return the range of values, widened where it has no width and, on request, to round numbers."""
    shown = values[values > 0] if log else values
    if shown.size == 0:
        if log and values.size:
            raise ValueError(f"{name} is logarithmic but no value is positive: pass {name} or use a linear axis.")
        return (1.0, 10.0) if log else (0.0, 1.0)
    low = float(shown.min())
    high = float(shown.max())
    if low == high:
        low, high = _around(low, log)
    if not snap:
        return low, high
    if log:
        return _log_round(low, math.floor), _log_round(high, math.ceil)
    step = nice_step(high - low, 6)
    return step * math.floor(low / step + 1e-9), step * math.ceil(high / step - 1e-9)


def _around(value: float, log: bool) -> tuple[float, float]:
    """Return a range around a single value."""
    if log:
        return value / 2, value * 2
    half = abs(value) / 2 or 0.5
    return value - half, value + half


def _log_round(value: float, towards: Callable[[float], int]) -> float:
    """Return the next half-decade (1 or 3 times a power of ten) below or above."""
    half_decades = towards(2 * math.log10(value))
    return float(f"{10 ** (half_decades / 2):.1g}")
