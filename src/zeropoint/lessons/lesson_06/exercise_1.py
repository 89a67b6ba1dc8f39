"""Exercise 06.1: the loop that calibrates, quantizes and evaluates one configuration after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor

if TYPE_CHECKING:
    from torch import Tensor, nn

    from zeropoint.quant.config import QConfig

Row = tuple[float, int, int]

BATCH = 100  # images that are evaluated at once


def loop_cases() -> list[Case]:
    """Return small random networks on random images, whose labels the float network mostly gets right."""
    return [_case(seed) for seed in range(2)]


def _case(seed: int) -> Case:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _small_network()
        images = torch.randn(230, 3, 12, 12) * torch.linspace(0.5, 2, 230).view(-1, 1, 1, 1)
        calibration = torch.randn(90, 3, 12, 12) * torch.linspace(0.2, 1, 90).view(-1, 1, 1, 1)
        with torch.no_grad():
            first, second = model(images).topk(2).indices.T
        labels = torch.where(torch.rand(230) < 0.6, first, second)  # so that a changed prediction may be a gain
    return Case((model, list(calibration.split(30)), images, labels, _configs()))


def _small_network() -> nn.Module:
    from torch import nn

    layers = [
        nn.Conv2d(3, 16, 3, stride=2),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(3),
        nn.Flatten(),
        nn.Linear(16, 10, bias=False),
    ]
    return nn.Sequential(*layers).eval()


def _configs() -> dict[str, QConfig]:
    from zeropoint.quant import PerTensor, QConfig

    return {
        "W8A8": QConfig(),
        "W2A8": QConfig(weight_bits=2),
        "W3A2 per-tensor": QConfig(weight_bits=3, activation_bits=2, weight_granularity=PerTensor()),
    }


def _row(fp32: np.ndarray, hit: np.ndarray) -> Row:
    return 100 * float(hit.mean()), int((hit & ~fp32).sum()), int((~hit & fp32).sum())


def _own_batches(batches: list[Tensor], images: Tensor) -> Sequence[Tensor]:
    return batches


def reference_rows(
    model: nn.Module,
    batches: list[Tensor],
    images: Tensor,
    labels: Tensor,
    configs: dict[str, QConfig],
    *,
    calibrate_with: Callable[[list[Tensor], Tensor], Sequence[Tensor]] = _own_batches,
    row: Callable[[np.ndarray, np.ndarray], Row] = _row,
    keep: int | None = None,
    chained: bool = False,
) -> dict[str, Row]:
    """Return, for each configuration, top-1 in percent and how many images it gained and lost against FP32.

    Each option takes one mistake: other calibration images, other columns, the first images only, and each
    configuration compared with the one before it.
    """
    from zeropoint.quant import quantize_model
    from zeropoint.vision.evaluate import hits

    images = images[:keep]
    labels = labels[:keep]
    before = hits(model, images, labels)
    rows = {}
    for name, config in configs.items():
        hit = hits(quantize_model(model, calibrate_with(batches, images), config), images, labels)
        rows[name] = row(before, hit)
        if chained:
            before = hit
    return rows


def compare_rows(got: Any, want: dict[str, Row]) -> str | None:
    """Compare two tables; one image may fall on the other side of a tie."""
    if not isinstance(got, dict) or list(map(str, got)) != list(want):
        return f"expected a dictionary with the names of configs ({', '.join(want)}), in their order."
    for name, row in want.items():
        mine = got[name]
        if not isinstance(mine, tuple | list) or len(mine) != 3:
            return f"{name}: expected three numbers, top1, gained and lost."
        for what, value, right, slack in zip(("top1", "gained", "lost"), mine, row, (0.5, 1, 1), strict=True):
            if abs(float(value) - right) > slack:
                return f"{name}: {what} is wrong ({float(value):.4g})."
    return None


def _batch_means(fp32: np.ndarray, hit: np.ndarray) -> Row:
    parts = [hit[i : i + BATCH].mean() for i in range(0, len(hit), BATCH)]
    return 100 * float(np.mean(parts)), *_row(fp32, hit)[1:]


def _swapped(fp32: np.ndarray, hit: np.ndarray) -> Row:
    top1, gained, lost = _row(fp32, hit)
    return top1, lost, gained


def _share(fp32: np.ndarray, hit: np.ndarray) -> Row:
    return float(hit.mean()), *_row(fp32, hit)[1:]


def _net(fp32: np.ndarray, hit: np.ndarray) -> Row:
    top1, gained, lost = _row(fp32, hit)
    return top1, max(gained - lost, 0), max(lost - gained, 0)


def _float_top1(fp32: np.ndarray, hit: np.ndarray) -> Row:
    return 100 * float(fp32.mean()), *_row(fp32, hit)[1:]


IMPOSTORS = (
    Impostor(
        partial(reference_rows, calibrate_with=lambda batches, images: images.split(BATCH)),
        "You calibrate on the images that you evaluate with: ranges that fit the test images flatter the result. "
        "Calibrate with batches.",
    ),
    Impostor(
        partial(reference_rows, calibrate_with=lambda batches, images: batches[:1]),
        "You calibrate with the first batch only: give quantize_model all of them.",
    ),
    Impostor(
        partial(reference_rows, row=_swapped),
        "Gained and lost are the wrong way round: gained is wrong in FP32 and right after quantization.",
    ),
    Impostor(
        partial(reference_rows, row=_share),
        "top1 is a share in your table; the brief asks for percent.",
    ),
    Impostor(
        partial(reference_rows, row=_net),
        "Gained and lost are netted in your table: count both, or nobody sees how many images changed.",
    ),
    Impostor(
        partial(reference_rows, row=_float_top1),
        "top1 is that of FP32 in every row: evaluate the quantized network.",
    ),
    Impostor(
        partial(reference_rows, row=_batch_means),
        "You average the accuracies of batches: the last one is smaller and counts as much as the others. "
        "Collect all hits first.",
    ),
    Impostor(
        partial(reference_rows, keep=2 * BATCH),
        "You leave the last, smaller batch out: all images count.",
    ),
    Impostor(
        partial(reference_rows, chained=True),
        "You compare each configuration with the one before it: gained and lost are meant against FP32.",
    ),
)

CHECK = FunctionCheck(
    reference=reference_rows,
    cases=loop_cases,
    compare=compare_rows,
    seconds=30.0,  # six small networks are quantized
    impostors=IMPOSTORS,
    hints=(
        "Before the loop: fp32 = hits(model, images, labels), once.",
        "In the loop: quantize_model(model, batches, config), then hits of the quantized network on the same images.",
        "gained = (hit & ~fp32).sum(), lost = (~hit & fp32).sum(), top1 = 100 * hit.mean().",
    ),
    praise="Calibrated on one set, measured on another, image by image against the same FP32 network.",
)
