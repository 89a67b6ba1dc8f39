"""Checks of lesson 01: size and schemes, a budget of 10 ms a frame, and the arithmetic intensity of a convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from zeropoint.course.checks.lesson_01_results import LATENCY_BUDGET, SIZE_AND_SCHEME
from zeropoint.course.compare import compare_arrays
from zeropoint.course.spec import Case, Check, FunctionCheck, Impostor

Shape = tuple[int, int, int]


def intensity(
    in_shape: Shape,
    out_shape: Shape,
    kernel_size: int,
    groups: int,
    bit_width: int,
    *,
    fan_in: str = "input channels of a group",
    pixels: str = "output",
    moved: tuple[str, ...] = ("weights", "input", "output"),
    weights_of: str = "one group",
    kernel_values: str = "k · k",
    operations: int = 1,
    byte: float = 8,
) -> float:
    """Return multiply-accumulates per byte of a convolution; every keyword is a place where one goes wrong."""
    area = kernel_size**2 if kernel_values == "k · k" else kernel_size
    channels = in_shape[0] // (groups if fan_in == "input channels of a group" else 1)
    positions = np.prod((out_shape if pixels == "output" else in_shape)[1:])
    macs = out_shape[0] * positions * channels * area
    per_filter = in_shape[0] // (groups if weights_of == "one group" else 1) * area
    values = {"weights": out_shape[0] * per_filter, "input": np.prod(in_shape), "output": np.prod(out_shape)}
    return float(operations * macs / (sum(values[name] for name in moved) * bit_width / byte))


def intensity_cases() -> list[Case]:
    """Return ordinary, strided, grouped, depthwise and pointwise convolutions, and a linear layer as 1×1."""
    shown = [
        Case(((16, 32, 32), (16, 32, 32), 3, 1, 32), public=True),
        Case(((96, 16, 16), (96, 8, 8), 3, 96, 8), public=True),
        Case(((4096, 1, 1), (4096, 1, 1), 1, 1, 8), public=True),
    ]
    rng = np.random.default_rng(1)
    generated = []
    for number in range(12):
        groups = int((1, 2, 4, 8)[number % 4])
        c_in, c_out = (groups * int(n) for n in rng.integers(1, 20, 2))
        size, stride = int(rng.integers(2, 30)) * 2, int(rng.integers(1, 3))
        width = size if number % 2 else size + 6  # half of the images are not square
        out = (c_out, size // stride, width // stride)
        generated.append(
            Case(((c_in, size, width), out, int((1, 3, 5)[number % 3]), groups, int((4, 8, 16)[number % 3])))
        )
    return [*shown, *generated]


def compare_intensity(got: Any, expected: float) -> str | None:
    """Return None when the ratio is right, whatever kind of number it is: a Fraction and an array of one are too."""
    if isinstance(got, str | list | tuple) or np.asarray(got).size != 1:
        return "expected one number: the multiply-accumulates divided by the bytes."
    value = float(np.asarray(got, dtype=np.float64).item())
    if compare_arrays(np.float64(value), np.float64(expected), rtol=1e-6) is None:
        return None
    if value in {float(np.floor(expected)), *(round(expected, digits) for digits in range(4))}:
        return "that is the right ratio, but rounded: return it as it is, with / and without round."
    return "that is not the multiply-accumulates divided by the bytes moved."


def _wrong(**how: Any) -> Any:
    return lambda *args: intensity(*args, **how)


def _all_or_depthwise(i: Shape, o: Shape, k: int, groups: int, b: int) -> float:
    return intensity(i, o, k, groups if groups == i[0] else 1, b)


def _square_images(i: Shape, o: Shape, k: int, groups: int, b: int) -> float:
    return intensity((i[0], i[1], i[1]), (o[0], o[1], o[1]), k, groups, b)


def _whole_bytes(i: Shape, o: Shape, k: int, groups: int, b: int) -> float:
    return intensity(i, o, k, groups, max(8, b))


def _with_bias(i: Shape, o: Shape, k: int, groups: int, b: int) -> float:
    macs = o[0] * o[1] * o[2] * (i[0] // groups) * k**2
    return 1 / (1 / intensity(i, o, k, groups, b) + o[0] * b / 8 / macs)


_NO_WEIGHTS = "The weights are missing: they have to be read as well, and in a linear layer they are nearly everything."

INTENSITY = FunctionCheck(
    reference=intensity,
    cases=intensity_cases,
    compare=compare_intensity,
    impostors=(
        Impostor(
            _all_or_depthwise,
            "You tell ordinary layers from depthwise ones, but groups can be anything between: an output channel sees "
            "in_channels / groups input channels.",
        ),
        Impostor(_square_images, "You take every image as square: height and width are two numbers, and may differ."),
        Impostor(
            _whole_bytes,
            "You round up to whole bytes: a value of 4 bits takes half a byte, for two of them share one.",
        ),
        Impostor(_with_bias, "You count the biases among the values moved: the brief leaves them out."),
        Impostor(
            _wrong(fan_in="all", weights_of="all"),
            "You forgot the groups: an output channel sees only in_channels / groups input channels; in a depthwise "
            "layer that is one, which is why it has so little to compute.",
        ),
        Impostor(
            _wrong(fan_in="all"),
            "The weights know the groups, but the multiply-accumulates do not: an output value needs "
            "in_channels / groups · k² of them.",
        ),
        Impostor(
            _wrong(weights_of="all"),
            "The multiply-accumulates know the groups, but the weights do not: there are "
            "out_channels · in_channels / groups · k² of them.",
        ),
        Impostor(_wrong(moved=("input", "output")), _NO_WEIGHTS),
        Impostor(
            _wrong(moved=("weights", "input")), "The output is missing: it has to be written, and that is traffic too."
        ),
        Impostor(
            _wrong(moved=("weights", "output")), "The input is missing: it has to be read before anything is computed."
        ),
        Impostor(
            _wrong(moved=("weights",)),
            "You count the weights only: the input is read and the output is written as well.",
        ),
        Impostor(
            _wrong(pixels="input"),
            "You multiply once for every *input* pixel: with a stride of 2 there are four times fewer output pixels, "
            "and only those are computed.",
        ),
        Impostor(_wrong(kernel_values="k"), "A square kernel has k², not k values in each channel."),
        Impostor(
            _wrong(operations=2),
            "That counts multiplication and addition separately, twice what was asked: one multiply-accumulate is one.",
        ),
        Impostor(
            _wrong(byte=1),
            "You divide by bits: bit_width bits are bit_width / 8 bytes, so the result is 8 times too small.",
        ),
        Impostor(
            lambda i, o, k, g, b: intensity(i, o, k, g, 32),
            "You ignore bit_width: an INT8 value takes one byte, not four. That is the whole point.",
        ),
        Impostor(
            lambda i, o, k, g, b: intensity(i, o, k, g, 8),
            "You divide by the number of values, or take each for one byte: it has bit_width / 8 bytes.",
        ),
        Impostor(
            lambda i, o, k, g, b: 1 / intensity(i, o, k, g, b),
            "That is bytes per multiply-accumulate: turn the fraction over.",
        ),
    ),
    hints=(
        "Each value of the output is one dot product: how many weights does it use?",
        "macs = out_channels · out_height · out_width · (in_channels / groups) · kernel_size²; the weights are "
        "out_channels · (in_channels / groups) · kernel_size² values.",
        "Bytes: (weights + input values + output values) · bit_width / 8. Return macs / bytes.",
    ),
    praise="Depthwise and linear layers come out low, ordinary convolutions high: now you can place any layer.",
)

EXERCISES: dict[str, Check] = {"01.1": SIZE_AND_SCHEME, "01.2": LATENCY_BUDGET, "01.3": INTENSITY}
