"""Exercise 06.1: the loop that calibrates, quantizes and evaluates one configuration after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import Case, FunctionCheck, Impostor

if TYPE_CHECKING:
    from torch import Tensor, nn

    from zeropoint.quant.config import QConfig

Row = tuple[float, int, int]

BATCH = 100  # images that are evaluated at once
ROUNDING = 0.0501  # of top1 in percent: it may be rounded to one digit behind the point
NEAR_TIE = 0.8  # percent: what one image is worth in the smallest case


def loop_cases() -> list[Case]:
    """Return small random networks on random images, whose labels the float network mostly gets right.

    The loudest calibration images, which decide the ranges, are in the first batch or in the last.
    """
    return [
        _case(0, n=230, size=12, batches=3, loudest=0, configs=("W8A8", "W2A8", "W3A2 per-tensor")),
        _case(1, n=130, size=14, batches=2, loudest=1, configs=("W3A2 per-tensor", "W4A3")),
        _case(2, n=270, size=13, batches=3, loudest=0, configs=("W4A3",)),
        _case(3, n=205, size=15, batches=4, loudest=3, configs=("W2A8", "W3A2 per-tensor", "W8A8", "W4A3")),
    ]


def _case(seed: int, *, n: int, size: int, batches: int, loudest: int, configs: tuple[str, ...]) -> Case:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _small_network()
        images = torch.randn(n, 3, size, size) * torch.linspace(0.5, 2, n).view(-1, 1, 1, 1)
        calibration = [torch.randn(20 + 5 * seed, 3, size, size) * 0.3 for _ in range(batches)]
        calibration[loudest] *= 3
        with torch.no_grad():
            first, second = model(images).topk(2).indices.T
        labels = torch.where(torch.rand(n) < 0.6, first, second)  # so that a changed prediction may be a gain
    known = _configs()
    return Case((model, calibration, images, labels, {name: known[name] for name in configs}))


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
        "W4A3": QConfig(weight_bits=4, activation_bits=3),
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
    whole_batches: bool = False,
    chained: bool = False,
) -> dict[str, Row]:
    """Return, for each configuration, top-1 in percent and how many images it gained and lost against FP32.

    Each option takes one mistake: other calibration images, other columns, whole batches only, another network before.
    """
    from zeropoint.quant import quantize_model
    from zeropoint.vision.evaluate import hits

    if whole_batches:
        images = images[: len(images) // BATCH * BATCH]
        labels = labels[: len(images)]
    before = hits(model, images, labels)
    rows = {}
    for name, config in configs.items():
        hit = hits(quantize_model(model, calibrate_with(batches, images), config), images, labels)
        rows[name] = row(before, hit)
        if chained:
            before = hit
    return rows


def compare_rows(got: Any, want: dict[str, Row]) -> str | None:
    """Compare two tables; one image may fall on the other side of a tie, and then top1 follows it."""
    if not isinstance(got, dict) or list(map(str, got)) != list(want):
        return f"expected a dictionary with the names of configs ({', '.join(want)}), in their order."
    for name, (top1, gained, lost) in want.items():
        mine = got[name]
        if not isinstance(mine, tuple | list) or len(mine) != 3:
            return f"{name}: expected three numbers, top1, gained and lost."
        found = [float(part) for part in map(numbers, mine) if part is not None and not part.ndim]
        if len(found) != 3:
            return f"{name}: expected three plain numbers, neither text nor arrays."
        value, more, fewer = found
        tied = abs((more - fewer) - (gained - lost)) * NEAR_TIE
        if abs(value - top1) > ROUNDING + tied:
            return f"{name}: top1 is wrong ({value:.4g})."
        for what, count, right in (("gained", more, gained), ("lost", fewer, lost)):
            if abs(count - right) > 1:
                return f"{name}: {what} is wrong ({count:.4g})."
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


def _one_too_many(fp32: np.ndarray, hit: np.ndarray) -> Row:
    return 100 * float(hit.sum()) / (len(hit) + 1), *_row(fp32, hit)[1:]


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
        partial(reference_rows, calibrate_with=lambda batches, images: batches[-1:]),
        "You calibrate with the last batch only: give quantize_model all of them.",
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
        partial(reference_rows, row=_one_too_many),
        "top1 is a little too low everywhere: divide by the number of images, and not by one more.",
    ),
    Impostor(
        partial(reference_rows, whole_batches=True),
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
    seconds=30.0,  # ten small networks are quantized
    impostors=IMPOSTORS,
    hints=(
        "Which of these steps has to be done once, and which once for every configuration? Which images may the ranges "
        "come from, and which may they never see?",
        "FP32 is evaluated once, before the loop. In the loop a network is quantized with the calibration batches and "
        "evaluated on the held-out images. An image is gained when only the second network gets it right.",
        "hit = hits(quantize_model(model, batches, config), images, labels); gained = (hit & ~fp32).sum(), "
        "lost = (~hit & fp32).sum(), top1 = 100 * hit.mean().",
    ),
    praise="Calibrated on one set, measured on another, image by image against the same FP32 network.",
)
