"""Exercise 01.3: the arithmetic intensity of a convolution, multiply-accumulates for each byte moved."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from zeropoint.course.compare import compare_arrays
from zeropoint.course.spec import Case, FunctionCheck, Impostor

Shape = tuple[int, int, int]  # channels, height, width


def intensity(in_shape: Shape, out_shape: Shape, kernel_size: int, groups: int, bit_width: int) -> float:
    """Return the multiply-accumulates of a convolution for each byte of its weights, input and output.

    Parameters
    ----------
    in_shape, out_shape : (channels, height, width)
    kernel_size : int – of a square kernel
    groups : int – 1 for an ordinary convolution, as many as input channels for a depthwise one
    bit_width : int – of every value
    """
    out_channels, out_height, out_width = out_shape
    weights = out_channels * (in_shape[0] // groups) * kernel_size**2
    macs = weights * out_height * out_width
    values = weights + prod(in_shape) + prod(out_shape)
    return macs / (values * bit_width / 8)


def compare_intensity(got: Any, expected: float) -> str | None:
    """Return None when the ratio is right, whatever kind of number it is: a Fraction and an array of one are too."""
    if isinstance(got, str | list | tuple) or np.asarray(got).size != 1:
        return "expected one number: the multiply-accumulates divided by the bytes."
    value = float(np.asarray(got, dtype=np.float64).item())
    if compare_arrays(np.float64(value), np.float64(expected), rtol=1e-6) is None:
        return None
    rounded = [round(expected, digits) for digits in range(4)]
    if value in (float(np.floor(expected)), *rounded):
        return "that is the right ratio, but rounded: return it as it is, with / and without round."
    return "that is not the multiply-accumulates divided by the bytes moved."


# --- cases ----------------------------------------------------------------------------------------------------------


def _intensity_cases() -> list[Case]:
    """Return ordinary, strided, grouped, depthwise and pointwise convolutions, and a linear layer as 1×1."""
    shown = [
        Case(((16, 32, 32), (16, 32, 32), 3, 1, 32), public=True),
        Case(((96, 16, 16), (96, 8, 8), 3, 96, 8), public=True),
        Case(((4096, 1, 1), (4096, 1, 1), 1, 1, 8), public=True),
    ]
    generator = np.random.default_rng(1)
    large = [  # more multiply-accumulates than 32 bits can count, as in any detector's backbone
        Case(((512, 128, 128), (512, 128, 128), 3, 1, 8)),
        Case(((256, 200, 336), (256, 100, 168), 3, 1, 16)),
    ]
    return [*shown, *(_drawn(generator, number) for number in range(12)), *large]


def _drawn(generator: np.random.Generator, number: int) -> Case:
    """Return a convolution of random size; its kernel, groups and bit width follow from its number."""
    groups = (1, 3, 4, 8)[number % 4]
    kernel_size = (1, 3, 5, 2, 7)[number % 5]
    bit_width = (8, 4, 16, 6)[number // 2 % 4]
    in_channels, out_channels = (groups * int(n) for n in generator.integers(1, 20, 2))
    height = int(generator.integers(2, 30)) * 2
    stride = int(generator.integers(1, 4))
    width = height if number % 2 else height + 6  # half of the images are not square
    out_shape = (out_channels, height // stride, width // stride)
    return Case(((in_channels, height, width), out_shape, kernel_size, groups, bit_width))


# --- wrong ideas ----------------------------------------------------------------------------------------------------


def _wrong(
    *,
    groups_in_macs: bool = True,
    groups_in_weights: bool = True,
    kernel_power: int = 2,
    every_input_pixel: bool = False,
    moved: tuple[str, ...] = ("weights", "input", "output"),
    operations: int = 1,
    bits_a_byte: int = 8,
) -> Callable[..., float]:
    """Return the intensity with something wrong in it; every option is a place where one goes wrong."""

    def wrong(in_shape: Shape, out_shape: Shape, kernel_size: int, groups: int, bit_width: int) -> float:
        fan_in = in_shape[0] // groups
        area = kernel_size**kernel_power
        _, height, width = in_shape if every_input_pixel else out_shape
        macs = out_shape[0] * height * width * (fan_in if groups_in_macs else in_shape[0]) * area
        values = {
            "weights": out_shape[0] * (fan_in if groups_in_weights else in_shape[0]) * area,
            "input": prod(in_shape),
            "output": prod(out_shape),
        }
        moved_values = sum(values[name] for name in moved)
        return operations * macs / (moved_values * bit_width / bits_a_byte)

    return wrong


def _all_or_depthwise(in_shape: Shape, out_shape: Shape, kernel_size: int, groups: int, bit_width: int) -> float:
    return intensity(in_shape, out_shape, kernel_size, groups if groups == in_shape[0] else 1, bit_width)


def _square_images(in_shape: Shape, out_shape: Shape, kernel_size: int, groups: int, bit_width: int) -> float:
    in_square = (in_shape[0], in_shape[1], in_shape[1])
    out_square = (out_shape[0], out_shape[1], out_shape[1])
    return intensity(in_square, out_square, kernel_size, groups, bit_width)


def _whole_bytes(in_shape: Shape, out_shape: Shape, kernel_size: int, groups: int, bit_width: int) -> float:
    return intensity(in_shape, out_shape, kernel_size, groups, max(8, bit_width))


def _with_bias(in_shape: Shape, out_shape: Shape, kernel_size: int, groups: int, bit_width: int) -> float:
    macs = prod(out_shape) * (in_shape[0] // groups) * kernel_size**2
    bytes_without = macs / intensity(in_shape, out_shape, kernel_size, groups, bit_width)
    return macs / (bytes_without + out_shape[0] * bit_width / 8)


def _always_fp32(in_shape: Shape, out_shape: Shape, kernel_size: int, groups: int, bit_width: int) -> float:
    return intensity(in_shape, out_shape, kernel_size, groups, 32)


def _one_byte_each(in_shape: Shape, out_shape: Shape, kernel_size: int, groups: int, bit_width: int) -> float:
    return intensity(in_shape, out_shape, kernel_size, groups, 8)


def _in_32_bits(in_shape: Shape, out_shape: Shape, kernel_size: int, groups: int, bit_width: int) -> float:
    macs = prod(out_shape) * (in_shape[0] // groups) * kernel_size**2
    wrapped = (macs + 2**31) % 2**32 - 2**31
    return intensity(in_shape, out_shape, kernel_size, groups, bit_width) * wrapped / macs


def _upside_down(*layer: Any) -> float:
    return 1 / intensity(*layer)


CHECK = FunctionCheck(
    reference=intensity,
    cases=_intensity_cases,
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
            "You round up to whole bytes: a value of 4 bits takes half a byte, because two of them share one.",
        ),
        Impostor(_with_bias, "You count the biases among the values moved: the brief leaves them out."),
        Impostor(
            _wrong(groups_in_macs=False, groups_in_weights=False),
            "You forgot the groups: an output channel sees only in_channels / groups input channels; in a depthwise "
            "layer that is one, which is why it has so little to compute.",
        ),
        Impostor(
            _wrong(groups_in_macs=False),
            "The weights know the groups, but the multiply-accumulates do not: an output value needs "
            "in_channels / groups · k² of them.",
        ),
        Impostor(
            _wrong(groups_in_weights=False),
            "The multiply-accumulates know the groups, but the weights do not: there are "
            "out_channels · in_channels / groups · k² of them.",
        ),
        Impostor(
            _wrong(moved=("input", "output")),
            "The weights are missing: they have to be read as well, and in a linear layer they are nearly everything.",
        ),
        Impostor(
            _wrong(moved=("weights", "input")),
            "The output is missing: it has to be written, and that is traffic too.",
        ),
        Impostor(
            _wrong(moved=("weights", "output")),
            "The input is missing: it has to be read before anything is computed.",
        ),
        Impostor(
            _wrong(moved=("weights",)),
            "You count the weights only: the input is read and the output is written as well.",
        ),
        Impostor(
            _wrong(every_input_pixel=True),
            "You multiply once for every *input* pixel: with a stride of 2 there are four times fewer output pixels, "
            "and only those are computed.",
        ),
        Impostor(_wrong(kernel_power=1), "A square kernel has k², not k values in each channel."),
        Impostor(
            _wrong(operations=2),
            "That counts multiplication and addition separately, twice what was asked: one multiply-accumulate is one.",
        ),
        Impostor(
            _wrong(bits_a_byte=1),
            "You divide by bits: bit_width bits are bit_width / 8 bytes, so the result is 8 times too small.",
        ),
        Impostor(
            _always_fp32,
            "You ignore bit_width: an INT8 value takes one byte, not four. That is the whole point.",
        ),
        Impostor(
            _one_byte_each,
            "You divide by the number of values, or take each for one byte: it has bit_width / 8 bytes.",
        ),
        Impostor(
            _in_32_bits,
            "A large layer has billions of multiply-accumulates, more than 32 bits can count, and the product wraps "
            "around: multiply Python's own integers.",
        ),
        Impostor(_upside_down, "That is bytes per multiply-accumulate: turn the fraction over."),
    ),
    hints=(
        "Each value of the output is one dot product: how many weights does it use?",
        "in_channels / groups · kernel_size² of them: times all output values these are the multiply-accumulates, "
        "times the output channels alone they are the weights.",
        "weights = out_channels · (in_channels / groups) · kernel_size²; macs = weights · out_height · out_width; "
        "bytes = (weights + input values + output values) · bit_width / 8. Return macs / bytes.",
    ),
    praise="Depthwise and linear layers come out low, ordinary convolutions high: now you can place any layer.",
)
