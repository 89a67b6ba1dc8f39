"""The faults of the break-it lab: each takes a healthy case and changes one thing, drawn by a generator."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor, nn

    from zeropoint.quant import QConfig, QuantizedModel

FAULTS = ("channels swapped", "wrong normalisation", "per-tensor weights", "wrap around", "batch norm", "leaked images")
IMAGES = 200  # of calibration, and of the evaluation, each


@dataclass
class Case:
    """A healthy patient before it is built; one fault changes some of this."""

    model: nn.Module  # what is handed over as the float network, batch norm folded
    source: nn.Module  # what is quantized
    config: QConfig
    pixels: dict[str, np.ndarray]  # uint8 (N, 32, 32, 3)
    labels: dict[str, np.ndarray]  # of both sets
    prepare: dict[str, Callable[[np.ndarray], Tensor]] = field(default_factory=dict)  # instead of cifar.normalise
    tamper: Callable[[QuantizedModel], None] = lambda quantized: None


def _swap_channels(case: Case, rng: np.random.Generator) -> None:
    part = _one_part(rng)
    case.pixels[part] = np.ascontiguousarray(case.pixels[part][..., ::-1])


def _normalise_wrongly(case: Case, rng: np.random.Generator) -> None:
    shift, divisor = [(0, 255), (127.5, 127.5), (0, 1), (127.5, 255)][rng.integers(4)]

    def prepare(pixels: np.ndarray) -> Tensor:
        return ((as_tensor(pixels).permute(0, 3, 1, 2).float() - shift) / divisor).contiguous()

    case.prepare[_one_part(rng)] = prepare


def _one_ruler_for_all(case: Case, rng: np.random.Generator) -> None:
    import torch

    from zeropoint.quant import PerTensor, QConfig, fold_batchnorm
    from zeropoint.quant.correction import channel_pairs, rescale_pair

    case.model = case.source = fold_batchnorm(case.model)
    pairs = channel_pairs(case.source)
    first, _, second = pairs[rng.integers(len(pairs))]
    powers = rng.integers(-4, 5, first.weight.shape[0])
    rescale_pair(first, second, torch.exp2(as_tensor(powers).float()))
    case.config = QConfig(weight_granularity=PerTensor())


def _wrap_around(case: Case, rng: np.random.Generator) -> None:
    import torch

    from zeropoint.quant import fold_batchnorm

    folded = fold_batchnorm(case.model)

    @torch.no_grad()
    def tamper(quantized: QuantizedModel) -> None:
        blocks = [name for name in quantized.weight_qparams if ".conv" in name]
        clipped, wrapped = rng.permutation(blocks)[:2]  # the one that only clips saturates, and is healthy
        for name in (clipped, wrapped):
            qparams = quantized.weight_qparams[name]
            quantized.put_on_grid(name, qparams._replace(scale=qparams.scale * float(rng.uniform(0.7, 0.8))))
        layer, scale = quantized.graph_module.get_submodule(wrapped), quantized.weight_qparams[wrapped].scale
        codes = torch.round(folded.get_submodule(wrapped).weight / scale)
        layer.weight.copy_((codes.int().to(torch.int8).float()) * scale)

    case.tamper = tamper


def _spoil_batch_norm(case: Case, rng: np.random.Generator) -> None:
    """Leave one batch norm out, or give it the statistics it had before training."""
    from torch import nn

    norms = {name: layer for name, layer in case.source.named_modules() if isinstance(layer, nn.BatchNorm2d)}
    name = next(name for name in rng.permutation(list(norms)) if _matters(norms[name]))
    case.source = copy.deepcopy(case.source)
    norm = case.source.get_submodule(name)
    norm.reset_running_stats()
    if rng.integers(2):
        norm.reset_parameters()  # factor 1, shift 0: as if it were not there, and nothing in the network tells


def _matters(norm: nn.Module) -> bool:
    """Return whether the typical weight changes by more than a quarter, in whichever of the two ways it is spoilt."""
    spread = norm.running_var.sqrt()
    factors = float((spread / norm.weight.detach()).abs().median()), float(spread.median())
    return all(not 0.8 < factor < 1.25 for factor in factors)


def _leak_images(case: Case, rng: np.random.Generator) -> None:
    count = int(rng.integers(140, 171))
    places, sources = rng.permutation(IMAGES)[:count], rng.permutation(IMAGES)[:count]
    for arrays in (case.pixels, case.labels):
        arrays["inference"][places] = arrays["calibration"][sources]


def _one_part(rng: np.random.Generator) -> str:
    return ("calibration", "inference")[rng.integers(2)]


def as_tensor(values: np.ndarray) -> Tensor:
    import torch

    return torch.from_numpy(values)


#: fault → function of a healthy case and a generator, which changes the case
PLANT = dict(
    zip(
        FAULTS,
        (_swap_channels, _normalise_wrongly, _one_ruler_for_all, _wrap_around, _spoil_batch_norm, _leak_images),
        strict=True,
    )
)
