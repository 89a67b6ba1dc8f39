"""The drawing of lesson 02 agrees with the arithmetic of the ruler."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from zeropoint.lessons.lesson_02 import drawings
from zeropoint.quant import choose_qparams_affine, quantize_affine

SVG = "{http://www.w3.org/2000/svg}"


def test_every_tick_has_its_code_and_neighbours_are_one_scale_apart() -> None:
    root = ElementTree.fromstring(drawings.ruler().svg())
    words = [(text.text, float(text.attrib["x"])) for text in root.iter(f"{SVG}text")]
    places = dict(reversed(words))  # the first of equals: the code 0 comes before the real 0
    ticks = [places[str(code)] for code in range(16)]
    assert np.diff(ticks) == pytest.approx([ticks[1] - ticks[0]] * 15)
    assert places["min"] == ticks[0] and places["max"] == ticks[15]
    assert places["scale s"] == pytest.approx((ticks[12] + ticks[13]) / 2)


def test_the_words_give_the_zero_point_and_the_code_that_quantizing_gives() -> None:
    qparams = choose_qparams_affine(-0.8, 5.2, bit_width=4)
    say = drawings.ruler().say
    x = np.float32(re.findall(r"x = ([\d.]+)", say)[0])
    assert f"tick {int(qparams.zero_point)} on the real 0" in say
    assert f"the nearest, {int(quantize_affine(x, *qparams))}." in say
    assert f"the scale, {float(qparams.scale):.1f}." in say
