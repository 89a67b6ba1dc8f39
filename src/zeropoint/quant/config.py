"""What to quantize and how, in one frozen object that decides the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from zeropoint.quant.affine import quant_range
from zeropoint.quant.granularity import Granularity, PerAxis
from zeropoint.quant.histogram_observer import OBSERVERS
from zeropoint.quant.parameters import WEIGHT_RANGES

Bits = int | None


@dataclass(frozen=True)
class QConfig:
    """What to quantize, and how.

    Weights are signed and symmetric in the narrow range (−127 … 127 at 8 bits); activations are unsigned,
    asymmetric and per tensor; a bias is an int32 in steps of input scale times weight scale.

    Attributes
    ----------
    weight_bits, activation_bits : int (2 to 16), or None to leave that side in float
    weight_granularity : PerTensor, PerAxis or PerGroup
        ``PerAxis(0)`` is what toolkits call per-channel.
    weight_range : {weight ranges}
        How the range of the weights is chosen: all of them, or the clipping with the least squared error.
    activation_range : {activation ranges}
        How ranges are chosen from the calibration images; see the observers.
    percentile : float
        Of ``activation_range="percentile"``: the percentage of values that the range keeps.
    exclude : tuple of str
        Names or patterns of layers that stay in float, e.g. ``("conv1", "stage3.*")``.
    layer_bits : mapping from a name or pattern to bits
        Exceptions: ``{"fc": 8}`` gives the weights of that layer, and what it reads, 8 bits; a pair
        ``{"fc": (8, 4)}`` gives weights and activations their own; None in a pair leaves that side in float. Of
        several patterns that match, the last counts. A tensor with several readers gets the most bits that one of
        them asks for.

    Raises
    ------
    ValueError, TypeError
        For a bit width, range or granularity that does not exist, or ``exclude`` given as one string.

    Examples
    --------
    >>> QConfig(weight_bits=4, activation_bits=4, layer_bits={"conv1": 8, "stage1.*": (6, 4)}).bits("conv1")
    (8, 8)
    """

    weight_bits: Bits = 8
    activation_bits: Bits = 8
    weight_granularity: Granularity = field(default_factory=PerAxis)
    weight_range: str = "minmax"
    activation_range: str = "minmax"
    percentile: float = 99.9
    exclude: tuple[str, ...] = ()
    layer_bits: Mapping[str, int | tuple[Bits, Bits]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.exclude, str):
            raise TypeError(f'exclude is the string {self.exclude!r}: expected a tuple, e.g. ("{self.exclude}",).')
        if not isinstance(self.weight_granularity, Granularity):
            raise TypeError(
                f"weight_granularity is {self.weight_granularity!r}: expected PerTensor(), PerAxis(0) or PerGroup(32)."
            )
        for pair in ((self.weight_bits, self.activation_bits), *map(_pair, self.layer_bits.values())):
            for bits in pair:
                if bits is not None:
                    quant_range(bits, signed=True)  # raises for a bit width that does not exist
        _one_of("weight_range", self.weight_range, WEIGHT_RANGES)
        _one_of("activation_range", self.activation_range, OBSERVERS)

    def excludes(self, name: str) -> bool:
        """Return whether the layer of this name stays in float."""
        return any(fnmatchcase(name, pattern) for pattern in self.exclude)

    def bits(self, name: str) -> tuple[Bits, Bits]:
        """Return the bits of a layer's weights and of what it reads; None means float."""
        chosen = (self.weight_bits, self.activation_bits)
        for pattern, bits in self.layer_bits.items():
            if fnmatchcase(name, pattern):
                chosen = _pair(bits)
        return chosen


def _pair(bits: int | tuple[Bits, Bits]) -> tuple[Bits, Bits]:
    if not isinstance(bits, tuple):
        return (bits, bits)
    if len(bits) != 2:
        raise ValueError(f"layer_bits has {bits!r}: expected one number, or a pair (weight bits, activation bits).")
    return bits


def _one_of(name: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise ValueError(f"{name} is {value!r}: expected one of {', '.join(map(repr, known))}.")


def _documented(names: Iterable[str]) -> str:
    *others, last = (f'"{name}"' for name in names)
    return f"{', '.join(others)} or {last}"


if QConfig.__doc__:  # python -OO strips it; the names come from the tables, so that a new row is in the help at once
    QConfig.__doc__ = QConfig.__doc__.replace("{weight ranges}", _documented(WEIGHT_RANGES))
    QConfig.__doc__ = QConfig.__doc__.replace("{activation ranges}", _documented(OBSERVERS))
