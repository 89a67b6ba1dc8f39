"""What the exercises with 8-bit codes ask of every array."""

from __future__ import annotations

from typing import Any

import numpy as np


def array_problem(got: Any, expected: np.ndarray) -> str | None:
    """Return a sentence when a result is no NumPy array, or not of the shape of the input."""
    if not isinstance(got, np.ndarray | np.generic):
        question = "; did you forget the return?" if got is None else "."
        return f"expected a NumPy array, got {type(got).__name__}{question}"
    if got.shape != expected.shape:
        return f"got shape {got.shape} for an input of shape {expected.shape}: the result has the shape of the input."
    return None
