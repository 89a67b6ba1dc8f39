"""Questions whose numbers are drawn: what a recipe in the question file computes, and how its text is filled in.

A question names a rule and lists its draws; the right answer and the numbers that misconceptions lead to are
computed here, by the functions that the lessons use, so no text of the file is ever evaluated.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

import numpy as np

from zeropoint.quant.affine import choose_qparams_affine, dequantize_affine, quantize_affine

Values = dict[str, float]


def asymmetric_code(*, min_val: float, max_val: float, bits: int, value: float) -> Values:
    """Quantize one value by the asymmetric, unsigned rule, also as misconceptions do it.

    Parameters
    ----------
    min_val, max_val : float
        The range to cover, in the unit of the tensor.
    bits : int, 2 to 16
    value : float
        The number to store, inside the range.

    Returns
    -------
    dict
        The draw itself; ``quant_max``, ``half``, ``scale``, ``zero_point``, ``quotient``, ``steps`` (above zero),
        ``code`` and ``read_back``; and the wrong codes ``truncated``, ``subtracted`` and ``signed_code``.

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 2.1; ONNX ``QuantizeLinear``.

    Examples
    --------
    >>> drawn = asymmetric_code(min_val=-0.9, max_val=5.0, bits=8, value=0.3)
    >>> drawn["zero_point"], drawn["steps"], drawn["code"], drawn["truncated"]
    (39, 13, 52, 51)
    """
    qparams = choose_qparams_affine(min_val, max_val, bit_width=bits)
    codes = quantize_affine(np.array([value], np.float32), *qparams)
    code = int(codes[0])
    scale = float(qparams.scale)
    zero_point = int(qparams.zero_point)
    steps = code - zero_point
    half = 2 ** (bits - 1)
    return {
        "min_val": min_val,
        "max_val": max_val,
        "bits": bits,
        "value": value,
        "quant_max": qparams.quant_max,
        "half": half,
        "scale": scale,
        "zero_point": zero_point,
        "quotient": value / scale,
        "steps": steps,
        "code": code,
        "read_back": float(dequantize_affine(codes, qparams.scale, qparams.zero_point)[0]),
        "truncated": math.floor(value / scale) + zero_point,
        "subtracted": steps - zero_point,
        "signed_code": code - half,
    }


def grouped_weights(*, parameters: float, bits: int, group: int) -> Values:
    """Return the megabytes of a network's weights with a 16-bit scale for each group, also as misconceptions count.

    Parameters
    ----------
    parameters : float
        In millions.
    bits : int
        Of one code.
    group : int
        Weights that share a scale.

    Returns
    -------
    dict
        The draw itself; ``share`` (bits of a scale per weight), ``per_weight`` (bits, the share included) and
        ``megabytes`` (10⁶ bytes); the wrong sizes ``codes_only``, ``a_byte_each`` and ``scale_per_weight``; and
        ``fp32`` for comparison.

    Examples
    --------
    >>> drawn = grouped_weights(parameters=45, bits=4, group=32)
    >>> drawn["per_weight"], drawn["megabytes"], drawn["codes_only"], drawn["fp32"]
    (4.5, 25.3125, 22.5, 180)
    """
    per_weight = bits + 16 / group
    return {
        "parameters": parameters,
        "bits": bits,
        "group": group,
        "share": 16 / group,
        "per_weight": per_weight,
        "megabytes": parameters * per_weight / 8,
        "codes_only": parameters * bits / 8,
        "a_byte_each": parameters,
        "scale_per_weight": parameters * (bits + 16) / 8,
        "fp32": 4 * parameters,
    }


#: What a question may name as its ``rule``.
RULES: dict[str, Callable[..., Values]] = {"asymmetric_code": asymmetric_code, "grouped_weights": grouped_weights}


def filled(text: str, values: Mapping[str, float]) -> str:
    """Put drawn numbers where a text has ``{name}``, or ``{name:3}`` for three significant digits.

    Raises
    ------
    KeyError
        With the name that was not drawn.

    Examples
    --------
    >>> filled("{low} / {n} = {scale:2}", {"low": -5.0, "n": 255, "scale": -0.0196078})
    '−5.0 / 255 = −0.02'
    """
    return re.sub(r"\{(\w+)(?::(\d))?\}", lambda match: _number(values[match[1]], match[2]), text)


def _number(value: float, digits: str | None) -> str:
    if digits:
        text = f"{value:.{digits}g}"
    elif isinstance(value, float) and value == round(value, 1):
        text = f"{value:.1f}"  # a measured number keeps its decimal, "5.0"; a count has none
    else:
        text = f"{value:g}"
    return text.replace("-", "−")
