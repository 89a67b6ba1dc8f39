"""Entries of an answer that name a layer of a network, the places of images, or a measurement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zeropoint.course.answers import Field
from zeropoint.course.compare import numbers
from zeropoint.course.match import distance, word
from zeropoint.course.shown import in_short

TENTH = 0.051  # what rounding to a tenth may change, and a little


@dataclass(frozen=True)
class LayerField(Field):
    """The name of a layer; what is no layer's name is told apart from the wrong layer."""

    layers: tuple[str, ...] = ()

    def wrong_form(self, value: Any) -> str | None:
        """Return what the answer should look like, if it names no layer at all."""
        if not isinstance(value, str) or word(value) in map(word, self.layers):
            return super().wrong_form(value)
        return f"{in_short(value)} is no layer's name: expected one like {self.layers[0]}, with points."


class PlacesField(Field):
    """Whole numbers in any order, as list, tuple, set or array."""

    def problem(self, value: Any) -> str | None:
        """Return None for the right places, else one or two sentences."""
        return super().problem(_in_order(value))

    def known_mistake(self, value: Any) -> str | None:
        """Return the message of the wrong idea that leads to these places, if it is a known one."""
        return super().known_mistake(_in_order(value))

    def wrong_form(self, value: Any) -> str | None:
        """Return what the answer should look like, if it is no list of as many numbers."""
        return f"expected a list of {len(self.expected)} numbers." if super().wrong_form(_in_order(value)) else None


def _in_order(value: Any) -> Any:
    """Return numbers sorted, and anything else as it is."""
    found = numbers(list(value) if isinstance(value, set | frozenset) else value)
    return sorted(found.tolist()) if found is not None and found.ndim == 1 else value


class MeasuredField(Field):
    """A measurement that is rounded to two or three digits; one digit is told apart from the wrong measurement."""

    def known_mistake(self, value: Any) -> str | None:
        """Return the message of the wrong idea that leads to a value; else whether it is too short to be judged."""
        return super().known_mistake(value) or _too_short(value)


def _too_short(value: Any) -> str | None:
    given = numbers(value)
    if given is None or given.ndim or not np.isfinite(given):
        return None
    one_digit = float(f"{float(given):.0e}")
    return "one digit is too few to tell: write two or three." if one_digit == given else None


@dataclass(frozen=True)
class NearestField(MeasuredField):
    """A measurement that varies a little with the number of images, beside another one that must not be taken for it.

    Attributes
    ----------
    right, others : what either measurement is with other numbers of images
    """

    right: tuple[float, ...] = ()
    others: tuple[float, ...] = ()

    def problem(self, value: Any) -> str | None:
        """Return None near the right measurement, unless the value is the other one, to a tenth, and nearer to it."""
        found = super().problem(value)
        if found is not None or not self.others:
            return found
        away = min(distance(value, other) for other in self.others)
        if away > TENTH or away >= min(distance(value, one) for one in (self.expected, *self.right)):
            return None
        return f"{self.name}: {self.known_mistake(value) or self.otherwise}"

    def known_mistake(self, value: Any) -> str | None:
        """Return the first message for the other measurement too, whatever the number of images."""
        near = any(distance(value, other) <= TENTH for other in self.others)
        return self.misconceptions[0][1] if near else _too_short(value)
