"""The faults of the break-it lab: each takes a healthy case and changes one thing, drawn by a generator.

What gives each fault away is in ``diagnosis.py``, out of the learners' sight.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor, nn

    from zeropoint.quant import QConfig, QuantizedModel

NAMES = ("A", "B", "C", "D", "E", "F")  # of the patients: as many as there are faults
IMAGES = 200  # of calibration, and of the evaluation, each

CHANNELS_SWAPPED = "channels swapped"
WRONG_NORMALISATION = "wrong normalisation"
PER_TENSOR_WEIGHTS = "per-tensor weights"
WRAP_AROUND = "wrap around"
BATCH_NORM = "batch norm"
LEAKED_IMAGES = "leaked images"


@dataclass
class Case:
    """A healthy patient before it is built; one fault changes some of this.

    Attributes
    ----------
    model : nn.Module – what is handed over as the float network, batch norm folded
    source : nn.Module – what is quantized
    config : QConfig
    pixels : part → uint8 array, shape (200, 32, 32, 3); the parts are "calibration" and "inference"
    labels : part → int64 array, shape (200,)
    prepare : part → function from pixels to the network's input, in place of ``cifar.normalise``
    tamper : callable – what is done to the network after it was quantized
    """

    model: nn.Module
    source: nn.Module
    config: QConfig
    pixels: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    prepare: dict[str, Callable[[np.ndarray], Tensor]] = field(default_factory=dict)
    tamper: Callable[[QuantizedModel], None] = lambda quantized: None


def _swap_channels(case: Case, rng: np.random.Generator) -> None:
    part = _one_part(rng)
    case.pixels[part] = np.ascontiguousarray(case.pixels[part][..., ::-1])


def _normalise_wrongly(case: Case, rng: np.random.Generator) -> None:
    shift, divisor = [(0, 255), (127.5, 127.5), (0, 1), (127.5, 255)][rng.integers(4)]

    def prepare(pixels: np.ndarray) -> Tensor:
        return ((as_tensor(pixels).permute(0, 3, 1, 2).float() - shift) / divisor).contiguous()

    case.prepare[_one_part(rng)] = prepare


def _share_one_scale(case: Case, rng: np.random.Generator) -> None:
    """Quantize per tensor, in a network with one layer whose channels are of very different sizes."""
    import torch

    from zeropoint.quant import PerTensor, QConfig, fold_batchnorm
    from zeropoint.quant.correction import channel_pairs, rescale_pair

    folded = fold_batchnorm(case.model)
    pairs = channel_pairs(folded)
    first, _, second = pairs[rng.integers(len(pairs))]
    powers = rng.integers(-4, 5, first.weight.shape[0])
    rescale_pair(first, second, torch.exp2(as_tensor(powers).float()))
    case.model = folded
    case.source = folded
    case.config = QConfig(weight_granularity=PerTensor())


def _wrap_around(case: Case, rng: np.random.Generator) -> None:
    """Make the scale of two layers too small; the codes of one saturate, which is healthy, those of the other wrap."""
    import torch

    from zeropoint.quant import fold_batchnorm

    folded = fold_batchnorm(case.model)

    @torch.no_grad()
    def tamper(quantized: QuantizedModel) -> None:
        blocks = [name for name in quantized.weight_qparams if ".conv" in name]
        clipped, wrapped = rng.permutation(blocks)[:2]
        for name in (clipped, wrapped):
            qparams = quantized.weight_qparams[name]
            quantized.put_on_grid(name, qparams._replace(scale=qparams.scale * float(rng.uniform(0.7, 0.8))))
        scale = quantized.weight_qparams[wrapped].scale
        weight = cast("Tensor", folded.get_submodule(wrapped).weight)
        codes = torch.round(weight / scale).int().to(torch.int8)
        cast("Tensor", quantized.graph_module.get_submodule(wrapped).weight).copy_(codes.float() * scale)

    case.tamper = tamper


def _spoil_batch_norm(case: Case, rng: np.random.Generator) -> None:
    """Leave one batch norm out, or give it the statistics it had before training."""
    from torch import nn

    norms = {name: layer for name, layer in case.source.named_modules() if isinstance(layer, nn.BatchNorm2d)}
    name = next(name for name in rng.permutation(list(norms)) if _matters(norms[name]))
    case.source = copy.deepcopy(case.source)
    norm = cast("nn.BatchNorm2d", case.source.get_submodule(name))
    norm.reset_running_stats()
    if rng.integers(2):
        norm.reset_parameters()  # factor 1, shift 0: as if it were not there, and nothing in the network tells


def _matters(norm: nn.BatchNorm2d) -> bool:
    """Return whether the typical weight changes by more than a quarter, in whichever of the two ways it is spoilt."""
    spread = cast("Tensor", norm.running_var).sqrt()
    factors = (spread / norm.weight.detach(), spread)
    return all(not 0.8 < float(factor.abs().median()) < 1.25 for factor in factors)


def _leak_images(case: Case, rng: np.random.Generator) -> None:
    count = int(rng.integers(140, 171))
    places = rng.permutation(IMAGES)[:count]
    sources = rng.permutation(IMAGES)[:count]
    for arrays in (case.pixels, case.labels):
        arrays["inference"][places] = arrays["calibration"][sources]


def _one_part(rng: np.random.Generator) -> str:
    return ("calibration", "inference")[rng.integers(2)]


def as_tensor(values: np.ndarray) -> Tensor:
    """Return an array as a tensor that shares its memory, without importing torch before it is needed."""
    import torch

    return torch.from_numpy(values)


#: fault → function of a healthy case and a generator, which changes the case; every ward is drawn from this order
PLANT: dict[str, Callable[[Case, np.random.Generator], None]] = {
    CHANNELS_SWAPPED: _swap_channels,
    WRONG_NORMALISATION: _normalise_wrongly,
    PER_TENSOR_WEIGHTS: _share_one_scale,
    WRAP_AROUND: _wrap_around,
    BATCH_NORM: _spoil_batch_norm,
    LEAKED_IMAGES: _leak_images,
}
FAULTS = tuple(PLANT)


def order_of_faults(rng: np.random.Generator) -> tuple[str, ...]:
    """Return FAULTS in the order of a ward's patients; every ward has each of them once, in an order of its own.

    Parameters
    ----------
    rng : the ward's own generator, from ``material.generator_of``
    """
    return tuple(FAULTS[i] for i in rng.permutation(len(FAULTS)))
