"""Exercise 12.1: a whole tensor in NVFP4, with rows of any length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck, Impostor, compare_arrays
from zeropoint.quant import E2M1, E4M3, MX_INT8, FloatFormat, fake_quantize_float, fake_quantize_nvfp4

_BLOCK = 16
_ELEMENT = E2M1.max_val
_SCALE = E4M3.max_val
_LOWEST = E4M3.smallest
_SHAPES = ((2, 32), (3, 40), (1, 5), (4, 64), (5, 1), (2, 33), (6, 17), (1, 100), (3, 16))
# as quiet as no weight is, and no zeros: an epsilon of any usual size shows
_QUIET = (((2, 40), 1e-9), ((1, 16), 1e-12), ((3, 20), 1e-18), ((2, 32), 1e-28))
_EPSILONS = (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-20, 1e-30)
_FLOOR = (
    "You take a quiet tensor for one of zeros: an epsilon keeps your tensor scale from becoming small. "
    "It is max|x| / (6 · 448) however small that is, and 1 only where max|x| is 0 exactly."
)


def reference(x: np.ndarray) -> np.ndarray:
    """Return the values (rows, n) after NVFP4; the last block of a row may be shorter."""
    n = x.shape[1]
    return fake_quantize_nvfp4(np.pad(x, ((0, 0), (0, -n % _BLOCK))))[:, :n]


def cases() -> list[Case]:
    """Return two tensors to show, then drawn ones: short rows and blocks, zeros, quiet blocks, a negative largest."""
    shown = np.zeros((2, 18), np.float32)
    shown[0, :4] = [6, -2.4, 0.9, 0.2]
    shown[1] = 1.25
    shown[1, -1] = -0.6
    zero = np.zeros((2, 20), np.float32)
    generator = np.random.default_rng(121)
    drawn = [_drawn(generator, shape) for shape in _SHAPES]
    quiet = [_drawn(generator, shape, factor) for shape, factor in _QUIET]
    return [Case((x,), public=True) for x in (shown, zero)] + [Case((x,)) for x in (*drawn, *quiet)]


def _drawn(generator: np.random.Generator, shape: tuple[int, int], factor: float | None = None) -> np.ndarray:
    """Return a tensor on which equivalent ways to compute agree: no scale or element lies next to a tie."""
    while True:
        loudness = 2.0 ** generator.integers(-7, 3, (shape[0], -(-shape[1] // _BLOCK)))
        x = generator.normal(0, 1, shape) * np.repeat(loudness, _BLOCK, axis=1)[:, : shape[1]]
        x = (x * (factor or 10.0 ** generator.integers(-3, 4))).astype(np.float32)
        x.flat[np.abs(x).argmax()] *= -np.sign(x.flat[np.abs(x).argmax()])  # the largest is negative
        if shape[1] > _BLOCK:
            x[0, -1 - shape[1] // 2 :] *= np.float32(2.0**-14)  # so quiet that its scale would become 0
        if shape == (4, 64):
            x[1, 16:32] = 0
        if all(np.allclose(reference(x), way(x), rtol=1e-5, atol=0) for way in (_in_double, _other_order)):
            return x


def observe(values: Any, x: np.ndarray) -> tuple[Any, np.ndarray]:
    """Return the values, and how large they are beside the largest of ``x``: a comparison sees tiny ones only so."""
    given = numbers(values)
    return values, np.zeros(0) if given is None else given / (np.abs(x).max() or 1)


def compare(got: tuple[Any, np.ndarray], want: tuple[np.ndarray, np.ndarray]) -> str | None:
    """Compare the values, then their ratios to the largest."""
    problem = compare_arrays(got[0], want[0])
    if problem is None and compare_arrays(got[1], want[1]):
        return "the values of a very quiet tensor are wrong: is there a constant to which they are compared or added?"
    return problem


def _blocks(x: np.ndarray) -> np.ndarray:
    """Return the blocks of every row, filled up with zeros: (rows, n) → (rows, blocks, 16)."""
    return np.pad(x, ((0, 0), (0, -x.shape[1] % _BLOCK))).reshape(len(x), -1, _BLOCK)


def _rows(blocks: np.ndarray, x: np.ndarray) -> np.ndarray:
    return blocks.reshape(len(x), -1)[:, : x.shape[1]].astype(np.float32)


def _e4m3(scale: np.ndarray) -> np.ndarray:
    return np.maximum(fake_quantize_float(scale, E4M3), _LOWEST)


def _whole(x: np.ndarray) -> float:
    return float(np.abs(x).max()) / (_ELEMENT * _SCALE)


def _at_least(least: float) -> Callable[[np.ndarray], float]:
    return lambda x: max(_whole(x), least)


def _plus(epsilon: float) -> Callable[[np.ndarray], float]:
    return lambda x: _whole(x) + epsilon


def _quantizer(
    tensor: Callable[[np.ndarray], np.ndarray | float] = _whole,
    block: Callable[[np.ndarray], np.ndarray] = lambda blocks: np.abs(blocks).max(-1, keepdims=True),
    to_scale: Callable[[np.ndarray], np.ndarray] = _e4m3,
    element: FloatFormat = E2M1,
    divide_by_rounded: bool = True,
    keep_tensor_scale: bool = True,
) -> Callable[[np.ndarray], np.ndarray]:
    """Return an NVFP4 quantizer in which one thing may differ."""

    def quantize(x: np.ndarray) -> np.ndarray:
        blocks = _blocks(x).astype(np.float64)
        whole = np.asarray(tensor(x))
        whole = np.where(whole == 0, 1.0, whole)
        exact = block(blocks) / element.max_val / whole
        scale = to_scale(exact)
        by = (scale if divide_by_rounded else np.where(exact == 0, 1, exact)) * whole
        values = fake_quantize_float(blocks / by, element) * scale
        return _rows(values * whole if keep_tensor_scale else values, x)

    return quantize


_in_double = _quantizer()


def _other_order(x: np.ndarray) -> np.ndarray:
    blocks = _blocks(x)
    largest = np.abs(blocks).max(-1, keepdims=True)
    whole = np.float32(np.abs(x).max() or 1) / np.float32(_ELEMENT * _SCALE)
    scale = _e4m3(largest / (np.float32(_ELEMENT) * whole))
    return _rows(fake_quantize_float(blocks / scale / whole, E2M1) * scale * whole, x)


def _power_of_two(scale: np.ndarray) -> np.ndarray:
    return np.exp2(np.floor(np.log2(np.maximum(scale, _LOWEST))))


def _across_rows(x: np.ndarray) -> np.ndarray:
    return _in_double(x.reshape(1, -1)).reshape(x.shape)


def _block_of_32(x: np.ndarray) -> np.ndarray:
    padded = np.pad(x, ((0, 0), (0, -x.shape[1] % 32)))
    halves = np.abs(_blocks(padded)).max(-1).reshape(len(x), -1, 2).max(-1)
    return _quantizer(block=lambda _: np.repeat(halves, 2, axis=1)[..., None])(padded)[:, : x.shape[1]]


CHECK = FunctionCheck(
    reference=reference,
    cases=cases,
    compare=compare,
    observe=observe,
    impostors=(
        Impostor(
            _quantizer(tensor=lambda x: np.abs(x).max() / _ELEMENT),
            "Your tensor scale is max|x| / 6: then every block scale is at most 1, and E4M3 goes up to 448. Divide by "
            "448 as well, or quiet blocks end among E4M3's last, coarse values.",
        ),
        Impostor(
            _quantizer(tensor=lambda x: np.abs(x).max() / _SCALE),
            "Your tensor scale is max|x| / 448: the elements reach 6, so the largest block scale is only 448 / 6. "
            "Divide by 6 · 448.",
        ),
        Impostor(
            _quantizer(tensor=lambda x: 1.0),
            "There is no tensor scale in your values: block scales in E4M3 end at 448 and at 2⁻⁹, so a tensor of large "
            "or small values does not fit. First divide by max|x| / (6 · 448).",
        ),
        Impostor(
            _quantizer(to_scale=lambda scale: np.maximum(scale, 1e-30)),
            "Your block scales are exact: in the file they take one byte each. Round them to E4M3 before you use them.",
        ),
        Impostor(
            _quantizer(to_scale=_power_of_two),
            "Your block scales are powers of two, which is the E8M0 of microscaling: NVFP4 rounds them to E4M3.",
        ),
        Impostor(
            _quantizer(divide_by_rounded=False),
            "You divide by the exact scale and multiply by the rounded one: every value of a block is off by the same "
            "factor. The reader has only the rounded scale, so divide by it too.",
        ),
        Impostor(
            _quantizer(element=MX_INT8),
            "Your elements are finer than four bits can be: round them to E2M1, 0, 0.5, 1, 1.5, 2, 3, 4, 6.",
        ),
        Impostor(
            _quantizer(keep_tensor_scale=False),
            "The tensor scale is missing in the result: a value is element · block scale · tensor scale.",
        ),
        Impostor(
            _quantizer(block=lambda blocks: blocks.max(-1, keepdims=True).clip(0)),
            "You take the largest value of a block, not the largest *magnitude*: a block whose largest one is negative "
            "saturates.",
        ),
        Impostor(
            _quantizer(tensor=lambda x: np.abs(x).max(1).reshape(-1, 1, 1) / (_ELEMENT * _SCALE)),
            "You have a tensor scale for every row: there is one for all of them.",
        ),
        Impostor(
            _block_of_32,
            "Your blocks have 32 values, as in microscaling: NVFP4's have 16.",
        ),
        Impostor(
            _across_rows,
            "Your blocks run from the end of one row into the next: a block belongs to one row, and the last one of "
            "each row may be shorter.",
        ),
        Impostor(
            _quantizer(block=lambda blocks: np.abs(blocks).max(keepdims=True)),
            "All blocks have the same scale: take the largest magnitude of each block by itself.",
        ),
        *(Impostor(_quantizer(tensor=_at_least(epsilon)), _FLOOR) for epsilon in _EPSILONS),
        *(Impostor(_quantizer(tensor=_plus(epsilon)), _FLOOR) for epsilon in _EPSILONS),
        Impostor(_quantizer(tensor=lambda x: _whole(x) if np.abs(x).max() > _EPSILONS[0] else 0), _FLOOR),
    ),
    hints=(
        "A value is element · block scale · tensor scale. Which of the three can you compute first, and from what?",
        "The tensor scale makes the loudest block's scale exactly 448. Every block's scale takes that block's largest "
        "magnitude to 6 – and is then rounded, so that the elements have to be computed with the rounded one.",
        "tensor = max|x| / (6 · 448), or 1 for zeros; block = np.maximum(fake_quantize_float(largest / 6 / tensor, "
        "E4M3), 2**-9) with largest = np.abs(blocks).max(-1, keepdims=True); then fake_quantize_float(blocks, E2M1, "
        "block * tensor).",
    ),
    praise="Two levels of scales, each in the bits that the file has: that is NVFP4.",
)
