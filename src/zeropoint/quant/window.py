"""How the kernel of a convolution moves over its input: the same numbers for real values and for integer codes."""

from __future__ import annotations

from dataclasses import dataclass

Pair = int | tuple[int, int]  # one number for both directions, or (vertical, horizontal)


@dataclass(frozen=True)
class Window:
    """How the kernel of a convolution moves over its input.

    Attributes
    ----------
    stride, padding, dilation : (vertical, horizontal)
    groups : int – C for a depthwise convolution

    Examples
    --------
    >>> window = Window(stride=(2, 2), padding=(1, 1))
    >>> window.positions(axis=0, length=5, taps=3)
    2
    >>> [window.met_by(axis=0, tap=tap, positions=2) for tap in range(3)]
    [slice(0, 3, 2), slice(1, 4, 2), slice(2, 5, 2)]
    """

    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    def positions(self, axis: int, length: int, taps: int) -> int:
        """Return how often a kernel of so many taps fits into the length of a padded input: the length of the output.

        ``axis`` is 0 for the vertical direction and 1 for the horizontal one.
        """
        reach = self.dilation[axis] * (taps - 1) + 1
        return (length - reach) // self.stride[axis] + 1

    def met_by(self, axis: int, tap: int, positions: int) -> slice:
        """Return what one tap of the kernel meets in the padded input, one value a position."""
        first = tap * self.dilation[axis]
        last = first + (positions - 1) * self.stride[axis]
        return slice(first, last + 1, self.stride[axis])


def pair(value: Pair) -> tuple[int, int]:
    """Return a number twice, or a pair as it is."""
    if isinstance(value, int):
        return value, value
    vertical, horizontal = value
    return vertical, horizontal
