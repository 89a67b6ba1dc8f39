"""Exercise 09.2: calibrate, freeze the observers, fine-tune, evaluate – on a network small enough to watch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, cast

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from zeropoint.course.compare import compare_arrays
from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.lessons.lesson_09.material import Network, tiny_network
from zeropoint.quant import FakeQuantize

Labelled = tuple[Tensor, Tensor]  # images, shape (N, 3, H, W), and their labels, shape (N,)
_NETWORKS = 3
_IMAGES = 260  # the first 60 are for calibration, the next 100 for training, and the last 100 for the test


def loop_cases() -> list[Case]:
    """Return a small network a case; training and test images reach further than the calibration images."""
    return [_drawn(seed) for seed in range(_NETWORKS)]


def _drawn(seed: int) -> Case:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(_IMAGES, 3, 8, 8, generator=generator)
    labels = (images.mean((2, 3)) @ torch.randn(3, 4, generator=generator)).argmax(1)
    images = images * torch.linspace(0.5, 2.5, _IMAGES).view(-1, 1, 1, 1)  # later ones have wider ranges
    calibration = list(images[:60].split(30))
    batches = list(zip(images[60:160].split(20), labels[60:160].split(20), strict=True))
    test = (images[160:] + 0.3, labels[160:])  # other light than in training: batch norm notices
    return Case((tiny_network(seed, classes=4), calibration, batches, test, 0.1))


def observe_run(accuracy: Any, network: Network, *_: Any) -> tuple[Any, Tensor, Tensor, Tensor | None]:
    """Return the accuracy, the scales that the quantizers ended with, the weights, and what batch norm has seen."""
    scales = torch.stack([quantizer.scale for quantizer in _quantizers(network)])
    weights = torch.cat([parameter.detach().flatten() for parameter in network.parameters()])
    return accuracy, scales, weights, network.norm.running_mean


def _quantizers(network: Network) -> list[FakeQuantize]:
    return cast("list[FakeQuantize]", list(network.quantizers))


def compare_run(got: Any, want: Any) -> str | None:
    """Compare in the order in which things happen; two images of a hundred may fall to the other side of a tie."""
    accuracy, scales, weights, seen = got
    if compare_arrays(scales, want[1], rtol=1e-3):
        return "the ranges of the activations are not those of the calibration images, watched in evaluation mode."
    if compare_arrays(weights, want[2], rtol=1e-2, atol=2e-3):
        return (
            "the ranges are right, but the trained weights are not: every batch once, in its order, in training mode, "
            "plain SGD with the learning rate lr."
        )
    if isinstance(accuracy, bool) or compare_arrays(accuracy, want[0], rtol=0, atol=0.021, dtype=False):
        return "the training is right, but the accuracy is not: the share of all test images, in evaluation mode."
    if compare_arrays(seen, want[3], rtol=1e-2, atol=1e-3):
        return "batch norm has seen other images than the training batches: calibrate and evaluate in evaluation mode."
    return None


def _calibration_images(calibration: list[Tensor], batches: list[Labelled], test: Labelled) -> list[Tensor]:
    return calibration


def _no_images(calibration: list[Tensor], batches: list[Labelled], test: Labelled) -> list[Tensor]:
    return []


def _training_images(calibration: list[Tensor], batches: list[Labelled], test: Labelled) -> list[Tensor]:
    return [images for images, _ in batches]


def _test_set(batches: list[Labelled], test: Labelled) -> Labelled:
    return test


def _training_set(batches: list[Labelled], test: Labelled) -> Labelled:
    return torch.cat([images for images, _ in batches]), torch.cat([labels for _, labels in batches])


def finetune(
    network: Network,
    calibration: list[Tensor],
    batches: list[Labelled],
    test: Labelled,
    lr: float,
    *,
    watch: Callable[[list[Tensor], list[Labelled], Labelled], list[Tensor]] = _calibration_images,
    calibrate_training: bool = False,
    freeze: Literal["before", "after", "never"] = "before",
    train: bool = True,
    zero_grad: bool = True,
    evaluate_training: bool = False,
    judge: Callable[[list[Labelled], Labelled], Labelled] = _test_set,
    unit: float = 1.0,
) -> float:
    """Return the share of test images that are right; the keyword arguments are where the impostors differ."""
    network.train(calibrate_training)
    _watch(network, watch(calibration, batches, test))
    if freeze == "before":
        _freeze(network)
    network.train(train)
    _train(network, batches, lr, zero_grad=zero_grad)
    if freeze == "after":
        _freeze(network)
    network.train(evaluate_training)
    return unit * _share_right(network, *judge(batches, test))


@torch.no_grad()
def _watch(network: Network, batches: list[Tensor]) -> None:
    for images in batches:
        network(images)


def _freeze(network: Network) -> None:
    for quantizer in _quantizers(network):
        quantizer.freeze()


def _train(network: Network, batches: list[Labelled], lr: float, *, zero_grad: bool) -> None:
    optimizer = torch.optim.SGD(network.parameters(), lr=lr)
    for images, labels in batches:
        loss = cross_entropy(network(images), labels)
        if zero_grad:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@torch.no_grad()
def _share_right(network: Network, images: Tensor, labels: Tensor) -> float:
    return (network(images).argmax(1) == labels).float().mean().item()


def _finetune_a_copy(
    network: Network, calibration: list[Tensor], batches: list[Labelled], test: Labelled, lr: float
) -> float:
    return finetune(copy.deepcopy(network), calibration, batches, test, lr)


CHECK = FunctionCheck(
    reference=finetune,
    cases=loop_cases,
    compare=compare_run,
    observe=observe_run,
    impostors=(
        Impostor(
            partial(finetune, freeze="never"),
            "You forgot to freeze the observers: the ranges moved on during training, and the test images moved them "
            "too, so that every result depends on what was seen before it. Call freeze() on each of network.quantizers "
            "after calibration.",
        ),
        Impostor(
            partial(finetune, freeze="after"),
            "You freeze the observers after the training: until then the ranges run after the activations, and the "
            "weights have learned for ranges that are gone. Freeze them before the first step.",
        ),
        Impostor(
            partial(finetune, evaluate_training=True),
            "You evaluate in training mode: batch norm then takes mean and deviation from the test batch itself, and a "
            "prediction depends on its neighbours. Call network.eval() first.",
        ),
        Impostor(
            partial(finetune, freeze="never", watch=_no_images),
            "Nothing was calibrated: let the calibration images run through the network before you freeze.",
        ),
        Impostor(
            partial(finetune, watch=_no_images),
            "You freeze before anything was observed, so all scales stay 1: let the calibration images run through the "
            "network first.",
        ),
        Impostor(
            partial(finetune, watch=lambda calibration, batches, test: calibration[:1]),
            "You calibrate with the first batch only: let all of them through.",
        ),
        Impostor(
            partial(finetune, watch=_training_images),
            "You calibrate on the training images: their job is another. Use calibration.",
        ),
        Impostor(
            partial(finetune, watch=lambda calibration, batches, test: [test[0]]),
            "You calibrate on the test images, which must decide nothing: the result would be flattered.",
        ),
        Impostor(
            partial(finetune, calibrate_training=True),
            "You calibrate in training mode: batch norm then normalises with the batch's own statistics, and moves its "
            "running ones. Call network.eval() before the calibration.",
        ),
        Impostor(
            partial(finetune, train=False),
            "You train in evaluation mode: batch norm keeps the statistics of before, which the new weights do not "
            "have. Call network.train() before the loop.",
        ),
        Impostor(
            partial(finetune, zero_grad=False),
            "Gradients pile up from step to step: call optimizer.zero_grad() before each backward().",
        ),
        Impostor(
            _finetune_a_copy,
            "You train a copy: the network that was handed over is still the old one. Train it in place.",
        ),
        Impostor(partial(finetune, judge=_training_set), "You measure on the training images: use test."),
        Impostor(partial(finetune, unit=100.0), "Your accuracy is in percent; the brief asks for a share, 0 to 1."),
    ),
    hints=(
        "Four parts: network.eval() and calibration under torch.no_grad(); freeze(); network.train() and the loop; "
        "network.eval() and the accuracy under torch.no_grad().",
        "for quantizer in network.quantizers: quantizer.freeze() – before the first training step.",
        "A step: loss = cross_entropy(network(images), labels); optimizer.zero_grad(); loss.backward(); "
        "optimizer.step().",
    ),
    praise="Ranges from calibration alone, frozen before the first step, and an accuracy that no neighbour changes.",
)
