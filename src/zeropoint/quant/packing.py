"""Two 4-bit codes in a byte: what makes an INT4 file half as long as an INT8 file."""

from __future__ import annotations

import math

from array_api_compat import array_namespace

from zeropoint.quant._arrays import Array
from zeropoint.quant.affine import quant_range


def pack_int4(qdata: Array, *, signed: bool = True) -> Array:
    """Pack 4-bit codes two a byte, the first of each pair in the low four bits (the *low nibble*).

    That is the order of ONNX (``INT4`` and ``UINT4`` tensors). A negative code is kept in two's complement, −1 as
    ``1111``. Of an odd number of codes the last byte has a high nibble of 0. Shape and signedness are not stored.

    Parameters
    ----------
    qdata : integer array, any shape, taken in C order
        Codes −8 … 7, or 0 … 15.
    signed : bool
        Whether the codes are signed.

    Returns
    -------
    uint8 array, shape (⌈n / 2⌉,)

    Raises
    ------
    TypeError
        When ``qdata`` does not hold whole numbers.
    ValueError
        When a code does not fit four bits.

    Source: ONNX IR specification, "Serialization" of 4-bit types in ``TensorProto.raw_data``.

    Examples
    --------
    >>> import numpy as np
    >>> [f"{byte:08b}" for byte in pack_int4(np.int8([1, 2, -1]))]
    ['00100001', '00001111']
    """
    xp = array_namespace(qdata)
    if not xp.isdtype(qdata.dtype, "integral"):
        raise TypeError(f"qdata is {qdata.dtype}: expected integer codes; quantize first, with quantize_affine.")
    low, high = quant_range(4, signed)
    flat = xp.reshape(qdata, (-1,))  # (n,)
    if math.prod(flat.shape) and not (low <= int(xp.min(flat)) and int(xp.max(flat)) <= high):
        raise ValueError(
            f"qdata holds codes from {int(xp.min(flat))} to {int(xp.max(flat))}: expected {low} … {high}; "
            "quantize with bit_width=4, and say here whether the codes are signed."
        )
    nibbles = xp.astype(xp.astype(flat, xp.int16) & 15, xp.uint8)  # −8 … 7 → 8 … 15, 0 … 7, as two's complement
    if nibbles.shape[0] % 2:
        nibbles = xp.concat([nibbles, xp.zeros_like(nibbles[:1])])
    return nibbles[0::2] | (nibbles[1::2] << 4)


def unpack_int4(packed: Array, shape: int | tuple[int, ...], *, signed: bool = True) -> Array:
    """Return the codes that :func:`pack_int4` packed.

    Parameters
    ----------
    packed : uint8 array, shape (⌈n / 2⌉,)
    shape : int or tuple of int
        Of the codes; the number of bytes does not tell whether there were 5 or 6.
    signed : bool

    Returns
    -------
    int8 array (uint8 if not ``signed``) of this shape

    Raises
    ------
    TypeError
        When ``packed`` does not hold bytes.
    ValueError
        When the number of bytes is not that of the shape.

    Examples
    --------
    >>> import numpy as np
    >>> unpack_int4(np.uint8([0b0010_0001, 0b0000_1111]), 3)
    array([ 1,  2, -1], dtype=int8)
    """
    xp = array_namespace(packed)
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if packed.dtype != xp.uint8:
        raise TypeError(f"packed is {packed.dtype}: expected uint8, as pack_int4 returns it.")
    count = math.prod(shape)
    given = math.prod(packed.shape)
    expected = -(-count // 2)  # rounded up: the last byte may hold one code only
    if given != expected:
        raise ValueError(
            f"packed has {given} bytes, but {count} codes take {expected}: pass the shape that the codes had."
        )
    flat = xp.reshape(packed, (-1,))
    codes = xp.reshape(xp.stack([flat & 15, flat >> 4], axis=1), (-1,))[:count]
    if signed:
        codes = xp.astype(codes, xp.int8)
        codes = xp.where(codes > 7, codes - 16, codes)  # 8 … 15 are the negative ones
    return xp.reshape(codes, shape)
