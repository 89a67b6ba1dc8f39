"""NVFP4: four-bit floats in blocks of 16, an FP8 scale for each block, and one FP32 scale for the whole tensor."""

from __future__ import annotations

from typing import NamedTuple

from array_api_compat import array_namespace

from zeropoint.quant._arrays import Array, like
from zeropoint.quant.floating import E2M1, E4M3, choose_float_scale, fake_quantize_float
from zeropoint.quant.granularity import PerGroup

NVFP4_BLOCK = 16  # values that share an FP8 scale


class NVFP4Scales(NamedTuple):
    """The two levels of scales of an NVFP4 tensor; a value is element · block scale · tensor scale.

    Attributes
    ----------
    block : float32 array, one a block – a positive value of E4M3, which takes one byte
    tensor : float32 array, shape () – one for the whole tensor
    """

    block: Array
    tensor: Array


def choose_nvfp4_scales(
    x: Array, *, axis: int = -1, block_size: int = NVFP4_BLOCK, largest: Array | float | None = None
) -> NVFP4Scales:
    """Return the scales with which NVFP4 stores a tensor.

    With ``max|x| / (6 · 448)`` as the tensor scale, the block with the largest value gets 448 as its block scale, the
    largest that E4M3 has: all other block scales are smaller and fit too. Each is ``max|block| / 6`` in units of the
    tensor scale, rounded to E4M3. One that would become 0 is raised to the smallest value, 2⁻⁹.

    Parameters
    ----------
    x : float array
    axis : int – along which the blocks lie
    block_size : int – 16 in hardware
    largest : number – of the tensor, where it is known from calibration; by default ``max|x|``

    Returns
    -------
    NVFP4Scales
        ``block`` has the shape of ``x`` with the axis divided by the block size. Of zeros, the tensor scale is 1;
        with NaN or infinity among the values all scales are NaN.

    Raises
    ------
    ValueError
        When the axis does not divide into blocks.

    Source: Transformer Engine, documentation of NVFP4, "Scaling Factor Computation"; NVIDIA 2025, "Pretraining Large
    Language Models with NVFP4" (arXiv:2509.25149).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.repeat(np.float32([2688, 6]), 16)
    >>> scales = choose_nvfp4_scales(x)
    >>> scales.block.tolist(), float(scales.tensor)
    ([448.0, 1.0], 1.0)
    """
    xp = array_namespace(x)
    in_block = xp.astype(PerGroup(block_size, axis).reduce(xp.max, xp.abs(x)), xp.float32)
    whole = xp.max(in_block) if largest is None else xp.astype(like(x, largest), xp.float32)
    tensor = choose_float_scale(whole / E2M1.max_val, E4M3)
    tensor = xp.where(xp.isfinite(whole), tensor, xp.full_like(tensor, xp.nan))
    block = fake_quantize_float(in_block / E2M1.max_val / tensor, E4M3)
    return NVFP4Scales(xp.clip(block, E4M3.smallest, None), tensor)


def fake_quantize_nvfp4(
    x: Array, *, axis: int = -1, block_size: int = NVFP4_BLOCK, largest: Array | float | None = None
) -> Array:
    """Return ``x`` after a round trip through NVFP4.

    A value takes 4 bits for its element (E2M1) and 8 / 16 of a bit for the scale of its block: 4.5, and 32 bits a
    tensor on top.

    Parameters
    ----------
    x, axis, block_size, largest : as for :func:`choose_nvfp4_scales`
        Values beyond ``largest`` saturate.

    Returns
    -------
    float32 array of the shape of ``x``

    Raises
    ------
    ValueError
        When the axis does not divide into blocks.

    Examples
    --------
    >>> import numpy as np
    >>> fake_quantize_nvfp4(np.float32([6, 4.9, 2.4, 0.3] * 4))[:4].tolist()
    [6.0, 4.0, 2.0, 0.5]
    """
    scales = choose_nvfp4_scales(x, axis=axis, block_size=block_size, largest=largest)
    each = PerGroup(block_size, axis).expand(scales.block)
    return fake_quantize_float(x, E2M1, scales.tensor * each)
