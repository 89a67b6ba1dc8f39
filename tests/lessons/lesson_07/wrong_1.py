"""Wrong answers to exercise 07.1, a dot product of codes with two zero points, and a right one."""

from __future__ import annotations

import numpy as np


def dot_wraps(x_q, w_q, x_zp, w_zp):
    x = (x_q - np.uint8(x_zp)).astype(int)
    w = (w_q - np.int8(w_zp)).astype(int)
    return (w * x).sum(axis=1).astype(np.int32)


def dot_int16_products(x_q, w_q, x_zp, w_zp):
    products = (w_q.astype("int16") - np.int16(w_zp)) * (x_q.astype("int16") - np.int16(x_zp))
    return products.astype(np.int32).sum(axis=-1, dtype=np.int32)


def dot_int16_matmul(x_q, w_q, x_zp, w_zp):
    return np.int32((w_q - np.int16(w_zp)) @ (x_q - np.int16(x_zp)))


def dot_without_last(x_q, w_q, x_zp, w_zp):
    x, w = x_q.astype(int), w_q.astype(int)
    return (w.dot(x) - x_zp * w.sum(axis=-1) - w_zp * sum(x)).astype("int32")


def dot_once(x_q, w_q, x_zp, w_zp):
    x, w = x_q.astype(int), w_q.astype(int)
    return (w.dot(x) - x_zp * w.sum(axis=-1) - w_zp * sum(x) + x_zp * w_zp).astype("int32")


def dot_last_subtracted(x_q, w_q, x_zp, w_zp):
    x, w = x_q.astype(int), w_q.astype(int)
    return (w.dot(x) - x_zp * w.sum(axis=-1) - w_zp * sum(x) - len(x) * x_zp * w_zp).astype("int32")


def dot_swapped(x_q, w_q, x_zp, w_zp):
    x, w = x_q.astype(int) - w_zp, w_q.astype(int) - x_zp
    return (w @ x).astype(np.int32)


def dot_plus(x_q, w_q, x_zp, w_zp):
    return ((w_q.astype(int) + w_zp) @ (x_q.astype(int) + x_zp)).astype(np.int32)


def dot_symmetric(x_q, w_q, x_zp, w_zp):
    return (w_q.astype(int) @ (x_q.astype(int) - x_zp)).astype(np.int32)


def dot_unshifted_input(x_q, w_q, x_zp, w_zp):
    return ((w_q.astype(int) - w_zp) @ x_q.astype(int)).astype(np.int32)


def dot_of_codes(x_q, w_q, x_zp, w_zp):
    return w_q.astype(np.int32) @ x_q.astype(np.int32)


def dot_one_number(x_q, w_q, x_zp, w_zp):
    return np.int32(np.sum((w_q.astype(int) - w_zp) * (x_q.astype(int) - x_zp)))


def dot_in_float32(x_q, w_q, x_zp, w_zp):
    x, w = x_q.astype(np.float32) - np.float32(x_zp), w_q.astype(np.float32) - np.float32(w_zp)
    return (w @ x).astype(np.int32)


def dot_stays_int64(x_q, w_q, x_zp, w_zp):
    return (w_q.astype(np.int64) - w_zp) @ (x_q.astype(np.int64) - x_zp)


def right_dot(x_q, w_q, x_zp, w_zp):
    rows = [sum((int(x) - x_zp) * (int(w) - w_zp) for x, w in zip(x_q, row, strict=True)) for row in w_q]
    return np.array(rows, dtype=np.int32)


WRONG = [
    (dot_wraps, "arithmetic wraps around"),
    (dot_int16_products, "too narrow already for one product"),
    (dot_int16_matmul, "arithmetic wraps around"),
    (dot_without_last, "last cross term is missing"),
    (dot_once, "You add x_zp · w_zp once"),
    (dot_last_subtracted, "The sign of the last term"),
    (dot_swapped, "two cross terms are swapped"),
    (dot_plus, "sign of the cross terms"),
    (dot_symmetric, "zero point of the weights is left out"),
    (dot_unshifted_input, "zero point of the input is left out"),
    (dot_of_codes, "sum of the codes' products"),
    (dot_one_number, "You return one number"),
    (dot_in_float32, "float32 holds whole numbers exactly"),
    (dot_stays_int64, "expected int32"),
]

RIGHT = right_dot

VARIES = {
    "x_q": "1 to 3,001 codes, 0 and 255 among them",
    "w_q": "1 to 12 outputs, one with as many outputs as inputs; −128 and 127 among the codes",
    "x_zp": "0, 1, 128, 255 and others",
    "w_zp": "−128, −1, 0, 1, 127 and others",
    "sums": "two cases beyond 2^24; single products beyond int16 in most",
}
