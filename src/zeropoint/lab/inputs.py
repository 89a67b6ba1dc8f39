"""The controls of an explorable, as plain data: sliders, choices and switches."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, cast

MOST_STOPS = 2001
Values = list[Any] | tuple[Any, ...] | range | Mapping[str, Any]  # a text would be a sequence too, of its letters


@dataclass(frozen=True)
class Slider:
    """A slider that moves between stops.

    Attributes
    ----------
    name : str – the keyword that ``draw`` receives
    label : str – for the learner
    low, high, step : float
        Ends and distance of the stops; with ``log`` their ratio, so that ``Slider(…, 1, 64, 2, log=True)`` stops at
        1, 2, 4, … 64. Whole numbers stay ``int``.
    value : where it starts; the nearest stop is taken
    unit : str – written behind the number and read out with it
    format : str – format specification of the number, e.g. ``".2f"`` or ``",d"``; by default as fine as the step
    values : stops instead of low, high and step: a list of values, or a mapping from labels to values
    log : bool
    follows, counts : name of a choice, and how many of the stops there are at each of its options, evenly spread
        and at most as many as the slider has: one for each channel of a chosen layer, say
    """

    name: str
    label: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    value: Any = None
    _: KW_ONLY
    unit: str = ""
    format: str | None = None
    values: Values | None = None
    log: bool = False
    follows: str = ""
    counts: Mapping[Any, int] | None = None

    def __post_init__(self) -> None:
        _check_name(self)
        if (self.values is None) == (self.low is None or self.high is None or self.step is None):
            raise ValueError(
                f"Slider {self.name!r}: expected either low, high and step, or values=[…]; pass one of them."
            )
        stops, labels = self._stepped() if self.values is None else self._listed(self.values)
        object.__setattr__(self, "stops", stops)
        object.__setattr__(self, "labels", [label.replace("-", "−") + _unit(self.unit) for label in labels])
        object.__setattr__(self, "value", stops[0] if self.value is None else stops[self.place(self.value)])

    def place(self, value: Any) -> int:
        """Return the index of the stop that a value means: the nearest, or with ``values`` the equal one."""
        if self.values is not None:
            return _place_of(value, self.stops, self)
        low, high, _ = self._range()
        slack = 1e-9 * max(abs(low), abs(high))
        if isinstance(value, str) or not low - slack <= value <= high + slack:
            raise ValueError(f"Slider {self.name!r} was set to {value!r}: expected a number from {low} to {high}.")
        return min(range(len(self.stops)), key=lambda place: abs(self.stops[place] - value))

    def _range(self) -> tuple[float, float, float]:
        """Return low, high and step of a slider that is made with them."""
        return cast("tuple[float, float, float]", (self.low, self.high, self.step))

    def _listed(self, values: Values) -> tuple[list[Any], list[str]]:
        if isinstance(values, Mapping):
            return list(values.values()), [str(label) for label in values]
        return list(values), [format(stop, self.format or _default_format(stop)) for stop in values]

    def _stepped(self) -> tuple[list[Any], list[str]]:
        low, high, step = self._range()
        count = math.floor(self._steps() + 1e-6) + 1
        if count > MOST_STOPS:
            raise ValueError(f"Slider {self.name!r} has {count:,} stops: expected at most {MOST_STOPS:,}; widen step.")
        stops = [low * step**i if self.log else low + i * step for i in range(count)]
        if all(isinstance(number, int) for number in (low, high, step)):
            digits = "d"
        else:
            stops = [float(f"{stop:.12g}") for stop in stops]
            digits = ".3g" if self.log else f".{_decimals(step)}f"
        return stops, [format(stop, self.format or digits) for stop in stops]

    def _steps(self) -> float:
        """Return how many steps lead from low to high, which need not be a whole number."""
        low, high, step = self._range()
        if self.log and 0 < low < high and step > 1:
            return math.log(high / low) / math.log(step)
        if not self.log and low < high and step > 0:
            return (high - low) / step
        rule = "0 < low < high and a ratio step > 1" if self.log else "low < high and step > 0"
        raise ValueError(f"Slider {self.name!r} has low={low}, high={high}, step={step}: expected {rule}.")


@dataclass(frozen=True)
class Choice:
    """One of several options: radio buttons, or a list when there are more than five.

    Attributes
    ----------
    name, label : as in :class:`Slider`
    options : a list of values, or a mapping from labels to values
    value : the option chosen at first; the first one by default
    """

    name: str
    label: str
    options: Values
    value: Any = None

    def __post_init__(self) -> None:
        _check_name(self)
        if len(self.options) < 2:
            raise ValueError(f"Choice {self.name!r} has {len(self.options)} options: expected two or more.")
        stops = list(self.options.values() if isinstance(self.options, Mapping) else self.options)
        object.__setattr__(self, "stops", stops)
        object.__setattr__(self, "labels", [str(label) for label in self.options])
        object.__setattr__(self, "value", stops[0 if self.value is None else self.place(self.value)])

    def place(self, value: Any) -> int:
        """Return the index of an option."""
        return _place_of(value, self.stops, self)


@dataclass(frozen=True)
class Toggle:
    """A switch.

    Attributes
    ----------
    name, label : as in :class:`Slider`
    value : bool
    """

    name: str
    label: str
    value: bool = False

    stops = (False, True)
    labels = ("off", "on")

    def __post_init__(self) -> None:
        _check_name(self)
        self.place(self.value)

    def place(self, value: Any) -> int:
        """Return 0 for off and 1 for on."""
        if value is not True and value is not False:
            raise ValueError(f"Toggle {self.name!r} was set to {value!r}: expected True or False.")
        return int(value)


Control = Slider | Choice | Toggle


def _check_name(control: Control) -> None:
    if not str(control.name).isidentifier():
        raise ValueError(f"{type(control).__name__} has the name {control.name!r}: expected a keyword of draw.")
    if not control.label.strip():
        raise ValueError(
            f"{type(control).__name__} {control.name!r} has no label: write what it sets, for the learner."
        )


def _place_of(value: Any, stops: Sequence[Any], control: Control) -> int:
    for place, stop in enumerate(stops):
        if stop is value or stop == value:
            return place
    known = ", ".join(repr(stop) for stop in list(stops)[:12])
    raise ValueError(f"{type(control).__name__} {control.name!r} was set to {value!r}: expected one of {known}.")


def _default_format(stop: Any) -> str:
    if isinstance(stop, str):
        return ""
    return ",d" if isinstance(stop, int) else ".4g"


def _decimals(step: float) -> int:
    return len(f"{step:.10f}".rstrip("0").split(".")[1])


def _unit(unit: str) -> str:
    return f"\u00a0{unit}" if unit else ""
