"""Exercise 06.1: the loop that calibrates, quantizes and evaluates one configuration after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor

Row = tuple[float, int, int]


def _hits(model: Any, images: Any, labels: Any) -> np.ndarray:
    from zeropoint.vision.evaluate import hits

    return hits(model, images, labels)


def _row(fp32: np.ndarray, hit: np.ndarray) -> Row:
    return 100 * float(hit.mean()), int((hit & ~fp32).sum()), int((~hit & fp32).sum())


def compare_configs(
    model: Any,
    batches: list[Any],
    images: Any,
    labels: Any,
    configs: dict[str, Any],
    *,
    calibrate_with: Callable[[list[Any], Any], list[Any]] = lambda batches, images: batches,
    row: Callable[[np.ndarray, np.ndarray], Row] = _row,
    keep: int | None = None,
    chained: bool = False,
) -> dict[str, Row]:
    """Return, for each configuration, top-1 in percent and how many images it gained and lost against FP32."""
    from zeropoint.quant import quantize_model

    images, labels = images[:keep], labels[:keep]
    before, rows = _hits(model, images, labels), {}
    for name, config in configs.items():
        hit = _hits(quantize_model(model, calibrate_with(batches, images), config), images, labels)
        rows[name] = row(before, hit)
        if chained:
            before = hit
    return rows


def _wrong(**changes: Any) -> Callable[..., dict[str, Row]]:
    return lambda *args: compare_configs(*args, **changes)


def _batch_means(fp32: np.ndarray, hit: np.ndarray) -> Row:
    parts = [hit[i : i + 100].mean() for i in range(0, len(hit), 100)]
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


def loop_cases() -> list[Case]:
    """Return small random networks on random images, whose labels the float network mostly gets right."""
    import torch
    from torch import nn

    from zeropoint.quant import PerTensor, QConfig

    cases = []
    for seed in range(2):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = nn.Sequential(
                nn.Conv2d(3, 16, 3, stride=2), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 16, 3),
                nn.ReLU(), nn.MaxPool2d(3), nn.Flatten(), nn.Linear(16, 10, bias=False),
            ).eval()  # fmt: skip
            images = torch.randn(230, 3, 12, 12) * torch.linspace(0.5, 2, 230).view(-1, 1, 1, 1)
            batches = list((torch.randn(90, 3, 12, 12) * torch.linspace(0.2, 1, 90).view(-1, 1, 1, 1)).split(30))
            with torch.no_grad():
                first, second = model(images).topk(2).indices.T
            labels = torch.where(torch.rand(230) < 0.6, first, second)  # so that a changed prediction may be a gain
        configs = {
            "W8A8": QConfig(),
            "W2A8": QConfig(weight_bits=2),
            "W3A2 per-tensor": QConfig(weight_bits=3, activation_bits=2, weight_granularity=PerTensor()),
        }
        cases.append(Case((model, batches, images, labels, configs)))
    return cases


def compare_rows(got: Any, want: dict[str, Row]) -> str | None:
    """Compare two tables; one image may fall on the other side of a tie."""
    if not isinstance(got, dict) or list(map(str, got)) != list(want):
        return f"expected a dictionary with the names of configs ({', '.join(want)}), in their order."
    for name, row in want.items():
        mine = got[name]
        if not isinstance(mine, tuple | list) or len(mine) != 3:
            return f"{name}: expected three numbers, top1, gained and lost."
        for what, a, b, slack in zip(("top1", "gained", "lost"), mine, row, (0.5, 1, 1), strict=True):
            if abs(float(a) - b) > slack:
                return f"{name}: {what} is wrong ({float(a):.4g})."
    return None


LOOP = FunctionCheck(
    reference=compare_configs,
    cases=loop_cases,
    compare=compare_rows,
    seconds=30.0,  # six small networks are quantized
    impostors=(
        Impostor(
            _wrong(calibrate_with=lambda batches, images: list(images.split(100))),
            "You calibrate on the images that you evaluate with: ranges that fit the test images flatter the result. "
            "Calibrate with batches.",
        ),
        Impostor(
            _wrong(calibrate_with=lambda batches, images: batches[:1]),
            "You calibrate with the first batch only: give quantize_model all of them.",
        ),
        Impostor(
            _wrong(row=_swapped),
            "Gained and lost are the wrong way round: gained is wrong in FP32 and right after quantization.",
        ),
        Impostor(_wrong(row=_share), "top1 is a share in your table; the brief asks for percent."),
        Impostor(
            _wrong(row=_net),
            "Gained and lost are netted in your table: count both, or nobody sees how many images changed.",
        ),
        Impostor(_wrong(row=_float_top1), "top1 is that of FP32 in every row: evaluate the quantized network."),
        Impostor(
            _wrong(row=_batch_means),
            "You average the accuracies of batches: the last one is smaller and counts as much as the others. "
            "Collect all hits first.",
        ),
        Impostor(_wrong(keep=200), "You leave the last, smaller batch out: all images count."),
        Impostor(
            _wrong(chained=True),
            "You compare each configuration with the one before it: gained and lost are meant against FP32.",
        ),
    ),
    hints=(
        "Before the loop: fp32 = hits(model, images, labels), once.",
        "In the loop: quantize_model(model, batches, config), then hits of the quantized network on the same images.",
        "gained = (hit & ~fp32).sum(), lost = (~hit & fp32).sum(), top1 = 100 * hit.mean().",
    ),
    praise="Calibrated on one set, measured on another, image by image against the same FP32 network.",
)
