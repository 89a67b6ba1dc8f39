"""Small things that NumPy and torch call by different names."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_namespace

Array = Any  # a NumPy array (or scalar) or a torch tensor; what a function returns is of the same kind

_CODE_DTYPES = ("uint8", "int8", "uint16", "int16", "int32")  # smallest first


def like(x: Array, value: Array | float) -> Array:
    """Return ``value`` as an array of the kind and device of ``x``."""
    xp = array_namespace(x)
    if is_torch_namespace(xp):
        return xp.as_tensor(value, device=x.device)
    return xp.asarray(value)


def code_dtype(xp: Any, quant_min: int, quant_max: int) -> Any:
    """Return the smallest integer type of the namespace ``xp`` that holds every code."""
    for name in _CODE_DTYPES:
        info = np.iinfo(name)
        if info.min <= quant_min and quant_max <= info.max:
            return getattr(xp, name)
    raise ValueError(f"Codes {quant_min} … {quant_max} do not fit 32 bits: use a bit width from 2 to 16.")
