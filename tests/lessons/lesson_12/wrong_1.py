"""Wrong answers to exercise 12.1, a tensor in NVFP4, and a right one."""

from __future__ import annotations

import numpy as np

E2M1_VALUES = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])
E4M3_VALUES = np.sort([m * 2.0**e for e in range(-9, 6) for m in range(8, 16)] + [m / 512 for m in range(8)])
E4M3_VALUES = np.unique(E4M3_VALUES[E4M3_VALUES <= 448])


def nearest(values, table):
    """Round magnitudes to a table, by search; the sign comes back."""
    magnitude = np.minimum(np.abs(values), table[-1])
    place = np.searchsorted((table[1:] + table[:-1]) / 2, magnitude)
    return np.sign(values) * table[place]


def blocks_of(x, size=16):
    rows, n = x.shape
    return np.pad(x, ((0, 0), (0, -n % size))).reshape(rows, -1, size).astype(np.float64)


def back(blocks, x):
    return blocks.reshape(len(x), -1)[:, : x.shape[1]].astype(np.float32)


def second_nvfp4(x):
    """In float64, with tables in place of arithmetic."""
    blocks = blocks_of(x)
    tensor = np.abs(x).max() / 2688 or 1.0
    scale = np.maximum(nearest(np.abs(blocks).max(-1, keepdims=True) / 6 / tensor, E4M3_VALUES), 2.0**-9)
    return back(nearest(blocks / scale / tensor, E2M1_VALUES) * scale * tensor, x)


def with_tensor_scale(of):
    def quantize(x):
        blocks = blocks_of(x)
        tensor = of(x) or 1.0
        scale = np.maximum(nearest(np.abs(blocks).max(-1, keepdims=True) / 6 / tensor, E4M3_VALUES), 2.0**-9)
        return back(nearest(blocks / scale / tensor, E2M1_VALUES) * scale * tensor, x)

    return quantize


def with_scale(of):
    def quantize(x):
        blocks = blocks_of(x)
        tensor = np.abs(x).max() / 2688 or 1.0
        scale = of(np.abs(blocks).max(-1, keepdims=True) / 6 / tensor)
        return back(nearest(blocks / scale / tensor, E2M1_VALUES) * scale * tensor, x)

    return quantize


def close_to_zero_is_zero(x):
    return second_nvfp4(x) if np.abs(x).max() > 1e-8 else np.zeros_like(x)


def exact_for_division(x):
    blocks = blocks_of(x)
    tensor = np.abs(x).max() / 2688 or 1.0
    exact = np.maximum(np.abs(blocks).max(-1, keepdims=True) / 6 / tensor, 1e-20)
    scale = np.maximum(nearest(exact, E4M3_VALUES), 2.0**-9)
    return back(nearest(blocks / exact / tensor, E2M1_VALUES) * scale * tensor, x)


def forgets_the_tensor_scale(x):
    return (second_nvfp4(x) / (np.abs(x).max() / 2688 or 1.0)).astype(np.float32)


def largest_without_sign(x):
    blocks = blocks_of(x)
    tensor = np.abs(x).max() / 2688 or 1.0
    scale = np.maximum(nearest(np.maximum(blocks.max(-1, keepdims=True), 0) / 6 / tensor, E4M3_VALUES), 2.0**-9)
    return back(nearest(blocks / scale / tensor, E2M1_VALUES) * scale * tensor, x)


def tensor_scale_a_row(x):
    return np.concatenate([second_nvfp4(row[None]) for row in x])


def across_rows(x):
    return second_nvfp4(x.reshape(1, -1)).reshape(x.shape)


def blocks_of_32(x):
    blocks = blocks_of(x, 32)
    tensor = np.abs(x).max() / 2688 or 1.0
    scale = np.maximum(nearest(np.abs(blocks).max(-1, keepdims=True) / 6 / tensor, E4M3_VALUES), 2.0**-9)
    return back(nearest(blocks / scale / tensor, E2M1_VALUES) * scale * tensor, x)


def one_scale(x):
    tensor = np.abs(x).max() / 2688 or 1.0
    return (nearest(x / tensor / 448, E2M1_VALUES) * 448 * tensor).astype(np.float32)


def scale_may_be_zero(x):
    with np.errstate(all="ignore"):
        return with_scale(lambda scale: nearest(scale, E4M3_VALUES))(x)


def full_blocks_only(x):
    blocks = x.reshape(len(x), -1, 16)
    return second_nvfp4(blocks.reshape(x.shape))


def overwrites(x):
    x[...] = second_nvfp4(x)
    return x


WRONG = [
    (with_tensor_scale(lambda x: np.abs(x).max() / 6), "Divide by 448 as well"),
    (with_tensor_scale(lambda x: np.abs(x).max() / 448), r"448 / 6\. Divide"),
    (with_tensor_scale(lambda x: 1.0), "no tensor scale"),
    (with_scale(lambda scale: np.maximum(scale, 1e-20)), "scales are exact"),
    (with_scale(lambda scale: 2.0 ** np.floor(np.log2(np.maximum(scale, 2.0**-9)))), "E8M0 of microscaling"),
    (exact_for_division, "multiply by the rounded one"),
    (forgets_the_tensor_scale, "missing in the result"),
    (largest_without_sign, r"largest \*magnitude\*"),
    (tensor_scale_a_row, "for every row"),
    (blocks_of_32, "have 32 values"),
    (across_rows, "into the next"),
    (one_scale, "All blocks have the same scale"),
    *((with_tensor_scale(lambda x, e=e: max(np.abs(x).max() / 2688, e)), "1 only where") for e in (1e-30, 1e-12, 1e-8)),
    *((with_tensor_scale(lambda x, e=e: np.abs(x).max() / 2688 + e), "1 only where") for e in (1e-12, 1e-7)),
    (close_to_zero_is_zero, "1 only where"),
    (scale_may_be_zero, "NaN|nan"),
    (full_blocks_only, "ValueError: cannot reshape"),
    (overwrites, "changes its input"),
]

RIGHT = second_nvfp4

VARIES = {
    "x": "1 to 6 rows of 1 to 100 values, so that the last block has 1, 2, 4, 5, 8 or 16; largest magnitudes from "
    "0.005 to 1,400 and around 1e-9, 1e-12, 1e-18, 1e-28, most of them negative; "
    "blocks that differ in loudness by up to 2⁹",
    "zeros": "a tensor of zeros, and one block of zeros among others",
    "a block scale below 2⁻⁹": "a quiet end of the first row, in all tensors with more than one block a row",
    "ties": "none lie near a value, so that any order of the divisions gives the same",
}
