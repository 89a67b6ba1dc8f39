"""What learners import in exercise 04: the five calibration sets that they are to diagnose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

COUNT = 100  # images in a set
_HORSE = 7


def five_sets() -> dict[str, Tensor]:
    """Return the five calibration sets of exercise 04.3, "A" to "E".

    Returns
    -------
    dict of float32 tensors, shape (100, 3, 32, 32), as somebody's calibration script would hand them over
    """
    import torch

    from zeropoint.vision import cifar

    images, labels = cifar.calibration(1000)
    pixels, _ = cifar.calibration(1000, raw=True)  # (1000, 32, 32, 3) uint8
    chosen = np.random.default_rng(43).permutation(1000).reshape(-1, COUNT)  # disjoint sets
    as_float = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    broken = images[chosen[3]].clone()
    broken[17] = as_float[chosen[3][17]]  # 0 … 255: this one was decoded but never preprocessed
    return {
        "A": cifar.normalise(np.ascontiguousarray(pixels[chosen[0], :, :, ::-1])),
        "B": images[chosen[1]],
        "C": images[labels == _HORSE][:COUNT],
        "D": broken,
        "E": (as_float[chosen[4]] / 255).contiguous(),
    }
