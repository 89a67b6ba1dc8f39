"""Exercise 09.2: calibrate, freeze the observers, fine-tune, evaluate – on a network small enough to watch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
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
_ALL = slice(None)
_LIGHT = 0.3  # by so much test images are brighter than training images: batch norm notices


@dataclass(frozen=True)
class _Set:
    """What a case is drawn from: a seed, a learning rate, and how much of everything."""

    seed: int
    lr: float
    calibration: tuple[int, ...]  # images a batch
    batches: tuple[int, ...]
    test: int


_SETS = (
    _Set(0, 0.1, (30, 30), (20,) * 5, 100),
    _Set(1, 0.04, (40, 20, 10), (25,) * 4, 130),
    _Set(2, 0.2, (50,), (16,) * 6, 120),
    _Set(3, 0.06, (15, 45), (30, 20, 10, 20, 25), 110),
)


def loop_cases() -> list[Case]:
    """Return a small network a case; training and test images reach further than the calibration images."""
    return [_drawn(chosen) for chosen in _SETS]


def _drawn(chosen: _Set) -> Case:
    generator = torch.Generator().manual_seed(chosen.seed)
    sizes = [*chosen.calibration, *chosen.batches, chosen.test]
    images = torch.randn(sum(sizes), 3, 8, 8, generator=generator)
    labels = (images.mean((2, 3)) @ torch.randn(3, 4, generator=generator)).argmax(1)
    images = images * torch.linspace(0.5, 2.5, len(images)).view(-1, 1, 1, 1)  # later ones have wider ranges
    parts = list(zip(images.split(sizes), labels.split(sizes), strict=True))
    watched = len(chosen.calibration)
    calibration = [part for part, _ in parts[:watched]]
    test_images, test_labels = parts[-1]
    test = (test_images + _LIGHT, test_labels)
    return Case((tiny_network(chosen.seed, classes=4), calibration, parts[watched:-1], test, chosen.lr))


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
    if accuracy is None:
        return "your function returns nothing: is there a return at its end, with the accuracy?"
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
    frozen: slice = _ALL,
    train: bool = True,
    zero_grad: bool = True,
    evaluate_training: bool = False,
    judge: Callable[[list[Labelled], Labelled], Labelled] = _test_set,
    rate: Callable[[float], float] = float,
    unit: Callable[[int], float] = lambda n: 1.0,
) -> float:
    """Return the share of test images that are right; the keyword arguments are where the impostors differ."""
    network.train(calibrate_training)
    _watch(network, watch(calibration, batches, test))
    if freeze == "before":
        _freeze(network, frozen)
    network.train(train)
    _train(network, batches, rate(lr), zero_grad=zero_grad)
    if freeze == "after":
        _freeze(network, frozen)
    network.train(evaluate_training)
    images, labels = judge(batches, test)
    return unit(len(labels)) * _share_right(network, images, labels)


@torch.no_grad()
def _watch(network: Network, batches: list[Tensor]) -> None:
    for images in batches:
        network(images)


def _freeze(network: Network, frozen: slice) -> None:
    for quantizer in _quantizers(network)[frozen]:
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


def _judged_too_early(
    network: Network, calibration: list[Tensor], batches: list[Labelled], test: Labelled, lr: float
) -> float:
    share = finetune(copy.deepcopy(network), calibration, [], test, lr)
    finetune(network, calibration, batches, test, lr)
    return share


def _watches(choose: Callable[[list[Tensor]], list[Tensor]]) -> Callable[..., float]:
    return partial(finetune, watch=lambda calibration, batches, test: choose(calibration))


_PARTS = (slice(1), slice(-1), slice(1, None), slice(-1, None))
_SOME_BATCHES = "You leave out calibration batches: let all of them through."

CHECK = FunctionCheck(
    reference=finetune,
    cases=loop_cases,
    compare=compare_run,
    changes=(0,),  # the network is there to be trained
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
        *(Impostor(_watches(lambda batches, part=part: batches[part]), _SOME_BATCHES) for part in _PARTS),
        Impostor(
            _watches(lambda calibration: calibration * 2),
            "Every calibration batch passes twice: once is asked. The second time a quantizer rounds with a range that "
            "it did not have at the first, and later ones see other values.",
        ),
        *(
            Impostor(
                partial(finetune, frozen=part),
                "Not all observers are frozen, so some ranges move on during training: call freeze() on each of "
                "network.quantizers.",
            )
            for part in (*_PARTS, slice(1, 2))
        ),
        Impostor(
            _judged_too_early,
            "Your accuracy is that of before the training: evaluate after it.",
        ),
        Impostor(
            _watches(lambda calibration: [torch.cat(calibration)]),
            "You join the calibration batches into one, or change their order. A quantizer that watches rounds with "
            "the range that it has seen so far, so a later one sees slightly other values then: let each batch pass by "
            "itself, in its turn, as asked.",
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
        Impostor(
            partial(finetune, unit=lambda n: 100.0), "Your accuracy is in percent; the brief asks for a share, 0 to 1."
        ),
        Impostor(
            partial(finetune, unit=float),
            "You return how many images are right; the brief asks for their share of all test images, 0 to 1.",
        ),
        Impostor(
            partial(finetune, rate=lambda lr: 0.1),
            "Your learning rate is 0.1 whatever the caller asks for: hand lr over to SGD.",
        ),
    ),
    hints=(
        "When must the network be in evaluation mode, when in training mode, and until when may a range still move? "
        "Write the four parts as four comments first.",
        "Evaluation mode and no gradients for what only looks (1 and 4), training mode for what learns (3); the ranges "
        "are fixed in between (2). In a step the old gradients are cleared before the new ones are computed.",
        "1: network.eval(); with torch.no_grad(): network(images) for each of calibration. 2: quantizer.freeze() for "
        "each of network.quantizers. 3: network.train(), and for each pair: loss = cross_entropy(network(images), "
        "labels); optimizer.zero_grad(); loss.backward(); optimizer.step(). 4: network.eval() and, without gradients, "
        "the mean of network(images).argmax(1) == labels over test.",
    ),
    praise="Ranges from calibration alone, frozen before the first step, and an accuracy that no neighbour changes.",
)
