"""The codes that exercise 11.1 packs and exercise 11.2 unpacks."""

from __future__ import annotations

import numpy as np

_LENGTHS = (2, 3, 8, 9, 16, 31, 64, 101, 1, 0)


def drawn_codes() -> list[np.ndarray]:
    """Return int8 codes of even and odd lengths; both ends of the range occur in every long one, some end in zeros."""
    generator = np.random.default_rng(110)
    drawn = [generator.integers(-8, 8, n).astype(np.int8) for n in _LENGTHS]
    for codes in drawn:
        codes[:4] = [-8, 7, 7, -8][: codes.size]
    zeros = [np.array(codes, np.int8) for codes in ([5, 0], [-3, 7, 0], [0, 0], [4, -1, 0, 0], [0, 6, 0, 0, 0])]
    return [*drawn, np.arange(-8, 8, dtype=np.int8), np.arange(7, -9, -1, dtype=np.int8), *zeros]
