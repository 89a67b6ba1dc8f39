"""How many bytes a budget of bits is."""

from __future__ import annotations

from collections.abc import Mapping


def bytes_for(counts: Mapping[str, int], fixed_bytes: int, average: float) -> int:
    """Return the bytes of a network whose weights have so many bits on average; a part of a byte is not there.

    Parameters
    ----------
    counts : mapping of layer name → number of weights
    fixed_bytes : int – what does not depend on the bits of the weights; ``quant.size_parts`` returns both
    average : float – bits a weight

    Examples
    --------
    >>> bytes_for({"conv": 1000, "fc": 600}, 100, 4)
    900
    """
    return fixed_bytes + int(sum(counts.values()) * average / 8)
