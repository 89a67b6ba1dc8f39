"""Tables of weight quantizers that all claim to be per-channel, with faults planted by a seed, for exercise 05.3."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas

FAULTS = ("off", "wrong axis", "all equal")
HEALTHY_TABLES = 0.2  # share of the tables without a fault
CLOSE = 0.01  # what the scales of some layers differ by, as a share of them
NAMES = {  # each kind has names of every sort: what a layer is stands in its shape and kind alone
    "Conv2d": ("decoder.refine", "head.up", "neck.square", "fc.conv", "merge"),
    "ConvTranspose2d": ("decoder.up", "neck.up", "head.square", "upsample", "fc.expand"),
    "one output": ("heatmap", "mask", "decoder.score", "head.up2", "square.out"),
    "Linear": ("fc", "classifier", "decoder.fc", "fc.up", "square.fc"),
}


class Layer(NamedTuple):
    """A layer with weights.

    Attributes
    ----------
    name : str
    kind : str – its class in torch
    shape : tuple of int – of its weights, in torch's layout
    """

    name: str
    kind: str
    shape: tuple[int, ...]

    @property
    def axis(self) -> int:
        """The axis of the output channels."""
        return 1 if self.kind == "ConvTranspose2d" else 0


def delivered_table(seed: int) -> pandas.DataFrame:
    """Return one table of a quantized network, as a toolkit might print it.

    Parameters
    ----------
    seed : int
        Decides the layers and their sizes, which of them are faulty, and how.

    Returns
    -------
    pandas.DataFrame, one row a layer
        ``layer``; ``kind``: "Conv2d", "ConvTranspose2d" or "Linear"; ``weight_shape``: a tuple; ``scheme``: what the
        toolkit says; ``scale``: the array itself.

    Examples
    --------
    >>> table = delivered_table(seed=1)
    >>> table.columns.tolist(), table["scheme"].unique().tolist()
    (['layer', 'kind', 'weight_shape', 'scheme', 'scale'], ['per-channel, symmetric'])
    """
    import pandas

    generator = np.random.default_rng([60, seed])
    layers = _layers(generator)
    healthy = generator.random() < HEALTHY_TABLES
    faulty = [] if healthy else generator.choice(len(layers), int(generator.integers(2, 7)), replace=False)
    rows = []
    for number, layer in enumerate(layers):
        scale = _faulty(generator, layer) if number in faulty else _healthy(generator, layer)
        rows.append((*layer, "per-channel, symmetric", scale))
    return pandas.DataFrame(rows, columns=["layer", "kind", "weight_shape", "scheme", "scale"])


def _layers(generator: np.random.Generator) -> list[Layer]:
    """Return an encoder of two to four stages, a decoder, and some heads; every other network in another order."""
    stages = int(generator.integers(2, 5))
    widths = [int(width) for width in generator.choice([16, 24, 32, 40, 48], stages, replace=False)]
    layers = [Layer("stem", "Conv2d", (widths[0], 3, 3, 3))]
    for number, (width, following) in enumerate(pairwise(widths), start=1):
        layers += [
            Layer(f"stage{number}.expand", "Conv2d", (2 * width, width, 1, 1)),
            Layer(f"stage{number}.depthwise", "Conv2d", (2 * width, 1, 3, 3)),
            Layer(f"stage{number}.project", "Conv2d", (following, 2 * width, 1, 1)),
        ]
    layers += _behind_the_encoder(generator, widths[-1])
    if generator.random() < 0.5:
        return layers
    return [layers[i] for i in generator.permutation(len(layers))]


def _behind_the_encoder(generator: np.random.Generator, last: int) -> list[Layer]:
    """Return square layers, transposed ones, such with one output channel, and linear ones, under unlike names."""
    names = {sort: iter([str(name) for name in generator.permutation(given)]) for sort, given in NAMES.items()}
    shapes = [
        ("Conv2d", "Conv2d", (last, last, 3, 3)),
        ("Conv2d", "Conv2d", (4, last, 1, 1)),
        ("ConvTranspose2d", "ConvTranspose2d", (last, last, 2, 2)),
        ("ConvTranspose2d", "ConvTranspose2d", (last, 8, 2, 2)),
        ("ConvTranspose2d", "ConvTranspose2d", (1, 4, 2, 2)),
        ("one output", "Conv2d", (1, last, 1, 1)),
        ("one output", "ConvTranspose2d", (4, 1, 2, 2)),
        ("one output", "Linear", (1, last)),
        ("Linear", "Linear", (10, last)),
        ("Linear", "Linear", (4, 8)),
        ("Linear", "Linear", (last, last)),
    ]
    chosen = sorted(generator.choice(len(shapes), int(generator.integers(6, len(shapes))), replace=False))
    return [Layer(next(names[shapes[i][0]]), *shapes[i][1:]) for i in chosen]


def _healthy(generator: np.random.Generator, layer: Layer) -> np.ndarray:
    """Return a scale for each output channel; a single one, for one channel, in any shape."""
    scale = _unlike(generator, layer.shape[layer.axis])
    return _single(generator, layer, scale) if scale.size == 1 else scale.reshape(_kept(layer, layer.axis))


def _faulty(generator: np.random.Generator, layer: Layer) -> np.ndarray:
    """Return the scale of a layer with one of the faults that it can have."""
    outputs = layer.shape[layer.axis]
    wrong = _wrong_shapes(layer)
    possible = [fault for fault in (*FAULTS, "wrong axis") if (wrong if fault == "wrong axis" else outputs > 1)]
    fault = possible[int(generator.integers(len(possible)))]
    if fault == "off":
        return _single(generator, layer, _unlike(generator, 1))
    if fault == "all equal":
        return np.full(_kept(layer, layer.axis), _unlike(generator, 1), np.float32)
    shape = wrong[int(generator.integers(len(wrong)))]
    scale = _unlike(generator, int(np.prod(shape)))
    if generator.random() < 0.3:
        scale[:] = scale[0]  # the shape is wrong all the same
    return scale.reshape(shape)


def _kept(layer: Layer, axis: int) -> tuple[int, ...]:
    return tuple(size if i == axis else 1 for i, size in enumerate(layer.shape))


def _wrong_shapes(layer: Layer) -> list[tuple[int, ...]]:
    """Return the shapes of several scales that are not one for each output channel, as often as they shall occur."""
    outputs = layer.shape[layer.axis]
    inputs = layer.shape[1 - layer.axis]
    along_the_other = _kept(layer, 1 - layer.axis)
    last = (*[1] * (len(layer.shape) - 1), outputs)
    dropped = _kept(layer, layer.axis)[:-1]
    pairs = (*layer.shape[:2], *[1] * (len(layer.shape) - 2))
    shapes = [along_the_other, along_the_other, (outputs,), (inputs,), last, dropped]
    swapped = (outputs, *[1] * (len(layer.shape) - 1)) if layer.axis else (1, outputs, *[1] * (len(layer.shape) - 2))
    shapes += [swapped, pairs] if inputs > 1 else [swapped]
    return [shape for shape in shapes if np.prod(shape) > 1 and shape != _kept(layer, layer.axis)]


def _single(generator: np.random.Generator, layer: Layer, scale: np.ndarray) -> np.ndarray:
    shapes: list[tuple[int, ...]] = [(), (1,), (1,) * len(layer.shape)]
    return scale.reshape(shapes[int(generator.integers(len(shapes)))])


def _unlike(generator: np.random.Generator, count: int) -> np.ndarray:
    """Return scales that are not all equal but, now and then, at both ends, in pairs, or but for one of them."""
    scale = generator.permutation(_values(generator, count)).astype(np.float32)
    if count < 3:
        return scale
    sort = int(generator.integers(4))
    if sort == 0:
        scale[1] = scale[0]  # the first two are equal, and, where there are more, the last two
        scale[-2] = scale[-1] if count > 3 else scale[-2]
    elif sort == 1:
        scale[-1] = scale[0]
    elif sort == 2:
        least, largest = scale.min(), scale.max()
        scale[:] = least
        scale[int(generator.integers(count))] = largest
    return scale


def _values(generator: np.random.Generator, count: int) -> np.ndarray:
    """Return scales over two decades, or, as often, nearly equal ones of about 0.0002."""
    if generator.random() < 0.5:
        return np.geomspace(2e-4, 3e-2, count)
    return 2e-4 * np.linspace(1, 1 + CLOSE, count)
