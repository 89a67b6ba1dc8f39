"""Exercise 09.2: calibrate, freeze the observers, fine-tune, evaluate – on a network small enough to watch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from zeropoint.course.checks.lesson_09_network import tiny_network
from zeropoint.course.compare import compare_arrays
from zeropoint.course.spec import Case, FunctionCheck, Impostor

Batches = list[Any]


def finetune(
    network: Any,
    calibration: Batches,
    batches: Batches,
    test: Any,
    lr: float,
    *,
    watch: Callable[[Batches, Batches, Any], Batches] = lambda calibration, batches, test: calibration,
    calibrate_training: bool = False,
    freeze: str = "before",
    train: bool = True,
    evaluate_training: bool = False,
    zero_grad: bool = True,
    judge: Callable[[Batches, Any], Any] = lambda batches, test: test,
    unit: float = 1.0,
) -> float:
    """Return the share of test images that are right; the keyword arguments are where the impostors differ."""
    import torch
    from torch.nn.functional import cross_entropy

    network.train(calibrate_training)
    with torch.no_grad():
        for images in watch(calibration, batches, test):
            network(images)
    _freeze(network, now=freeze == "before")
    network.train(train)
    optimizer = torch.optim.SGD(network.parameters(), lr=lr)
    for images, labels in batches:
        loss = cross_entropy(network(images), labels)
        if zero_grad:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    _freeze(network, now=freeze == "after")
    network.train(evaluate_training)
    images, labels = judge(batches, test)
    with torch.no_grad():
        return unit * (network(images).argmax(1) == labels).float().mean().item()


def _freeze(network: Any, *, now: bool) -> None:
    if now:
        for quantizer in network.quantizers:
            quantizer.freeze()


def _wrong(**changes: Any) -> Callable[..., float]:
    return lambda *args: finetune(*args, **changes)


def _of_a_copy(network: Any, *args: Any) -> float:
    return finetune(copy.deepcopy(network), *args)


def _all_training(batches: Batches, test: Any) -> Any:
    import torch

    return torch.cat([images for images, _ in batches]), torch.cat([labels for _, labels in batches])


def loop_cases() -> list[Case]:
    """Return a small network a case; training and test images reach further than the calibration images."""
    import torch

    cases = []
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        images = torch.randn(260, 3, 8, 8, generator=generator)
        labels = (images.mean((2, 3)) @ torch.randn(3, 4, generator=generator)).argmax(1)
        images = images * torch.linspace(0.5, 2.5, 260).view(-1, 1, 1, 1)  # later ones have wider ranges
        training = list(zip(images[60:160].split(20), labels[60:160].split(20), strict=True))
        test = (images[160:] + 0.3, labels[160:])  # other light than in training: batch norm notices
        cases.append(Case((tiny_network(seed, classes=4), list(images[:60].split(30)), training, test, 0.1)))
    return cases


def observe_run(accuracy: Any, network: Any, *_: Any) -> tuple[Any, Any, Any, Any]:
    """Return the accuracy, the scales that the quantizers ended with, the weights, and what batch norm has seen."""
    import torch

    scales = torch.stack([quantizer.scale for quantizer in network.quantizers])
    weights = torch.cat([parameter.detach().flatten() for parameter in network.parameters()])
    return accuracy, scales, weights, network.norm.running_mean


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


LOOP = FunctionCheck(
    reference=finetune,
    cases=loop_cases,
    compare=compare_run,
    observe=observe_run,
    impostors=(
        Impostor(
            _wrong(freeze="never"),
            "You forgot to freeze the observers: the ranges moved on during training, and the test images moved them "
            "too, so that every result depends on what was seen before it. Call freeze() on each of network.quantizers "
            "after calibration.",
        ),
        Impostor(
            _wrong(freeze="after"),
            "You freeze the observers after the training: until then the ranges run after the activations, and the "
            "weights have learned for ranges that are gone. Freeze them before the first step.",
        ),
        Impostor(
            _wrong(evaluate_training=True),
            "You evaluate in training mode: batch norm then takes mean and deviation from the test batch itself, and a "
            "prediction depends on its neighbours. Call network.eval() first.",
        ),
        Impostor(
            _wrong(freeze="never", watch=lambda calibration, batches, test: []),
            "Nothing was calibrated: let the calibration images run through the network before you freeze.",
        ),
        Impostor(
            _wrong(watch=lambda calibration, batches, test: []),
            "You freeze before anything was observed, so all scales stay 1: let the calibration images run through the "
            "network first.",
        ),
        Impostor(
            _wrong(watch=lambda calibration, batches, test: calibration[:1]),
            "You calibrate with the first batch only: let all of them through.",
        ),
        Impostor(
            _wrong(watch=lambda calibration, batches, test: [images for images, _ in batches]),
            "You calibrate on the training images: their job is another. Use calibration.",
        ),
        Impostor(
            _wrong(watch=lambda calibration, batches, test: [test[0]]),
            "You calibrate on the test images, which must decide nothing: the result would be flattered.",
        ),
        Impostor(
            _wrong(calibrate_training=True),
            "You calibrate in training mode: batch norm then normalises with the batch's own statistics, and moves its "
            "running ones. Call network.eval() before the calibration.",
        ),
        Impostor(
            _wrong(train=False),
            "You train in evaluation mode: batch norm keeps the statistics of before, which the new weights do not "
            "have. Call network.train() before the loop.",
        ),
        Impostor(
            _wrong(zero_grad=False),
            "Gradients pile up from step to step: call optimizer.zero_grad() before each backward().",
        ),
        Impostor(
            _of_a_copy,
            "You train a copy: the network that was handed over is still the old one. Train it in place.",
        ),
        Impostor(_wrong(judge=_all_training), "You measure on the training images: use test."),
        Impostor(_wrong(unit=100.0), "Your accuracy is in percent; the brief asks for a share, 0 to 1."),
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
