"""How many of a layer's dot products saturate, against the instruction, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest

from zeropoint.deploy import saturating_dot
from zeropoint.lessons.lesson_10.dot_products import DotProducts, hit_share


def test_share_of_hit_dot_products_is_that_of_the_instruction() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (40, 9)).astype("float32")
    w = rng.uniform(0.4, 1, (5, 9)).astype("float32")
    u = np.round(x * 255).astype(np.uint8)
    s = np.round(w / w.max(1, keepdims=True) * 127).astype(np.int8)
    exact = u[:, None, :].astype(int) * s[None].astype(int)
    wrong = exact.sum(-1) != saturating_dot(u[:, None, :], s[None])
    assert 0.2 < wrong.mean() < 0.999
    assert hit_share(DotProducts(x, w, (0.0, 1.0)), 8, 8) == pytest.approx(100 * wrong.mean(), abs=1)


@pytest.mark.parametrize(("weight_bits", "activation_bits"), [(7, 8), (8, 7), (5, 5)])
def test_one_bit_less_on_either_side_never_saturates(weight_bits: int, activation_bits: int) -> None:
    ones = DotProducts(np.ones((2, 4), "float32"), np.ones((1, 4), "float32"), (0.0, 1.0))
    assert hit_share(ones, 8, 8) == 100
    assert hit_share(ones, weight_bits, activation_bits) == 0
