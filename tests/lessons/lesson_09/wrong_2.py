"""Wrong answers to exercise 09.2, calibrate and fine-tune, and a right one."""

from __future__ import annotations

import copy

import torch
from torch.nn.functional import cross_entropy


def _share(network, images, labels):
    with torch.no_grad():
        return (network(images).argmax(1) == labels).double().mean().item()


def _calibrate(network, batches):
    network.eval()
    with torch.no_grad():
        for images in batches:
            network(images)


def _freeze(network):
    for quantizer in network.quantizers:
        quantizer.freeze()


def _steps(network, batches, lr, *, zero=True):
    optimizer = torch.optim.SGD(network.parameters(), lr=lr)
    for images, labels in batches:
        if zero:
            optimizer.zero_grad()
        cross_entropy(network(images), labels).backward()
        optimizer.step()


def never_frozen(network, calibration, batches, test, lr):
    _calibrate(network, calibration)
    network.train()
    _steps(network, batches, lr)
    network.eval()
    return _share(network, *test)


def frozen_late(network, calibration, batches, test, lr):
    _calibrate(network, calibration)
    network.train()
    _steps(network, batches, lr)
    _freeze(network)
    network.eval()
    return _share(network, *test)


def evaluated_in_train_mode(network, calibration, batches, test, lr):
    _calibrate(network, calibration)
    _freeze(network)
    network.train()
    _steps(network, batches, lr)
    return _share(network, *test)


def frozen_first(network, calibration, batches, test, lr):
    _freeze(network)
    return second_loop(network, calibration, batches, test, lr)


def one_batch(network, calibration, batches, test, lr):
    return second_loop(network, calibration[:1], batches, test, lr)


def last_batch(network, calibration, batches, test, lr):
    return second_loop(network, calibration[-1:], batches, test, lr)


def without_the_last_batch(network, calibration, batches, test, lr):
    return second_loop(network, calibration[:-1], batches, test, lr)


def calibrated_backwards(network, calibration, batches, test, lr):
    return second_loop(network, calibration[::-1], batches, test, lr)


def calibrated_twice(network, calibration, batches, test, lr):
    return second_loop(network, calibration * 2, batches, test, lr)


def some_frozen(which):
    def finetune(network, calibration, batches, test, lr):
        _calibrate(network, calibration)
        for place in which:
            network.quantizers[place].freeze()
        network.train()
        _steps(network, batches, lr)
        return _share(network.eval(), *test)

    return finetune


def measured_first(network, calibration, batches, test, lr):
    _calibrate(network, calibration)
    _freeze(network)
    share = _share(network, *test)
    network.train()
    _steps(network, batches, lr)
    return share


def calibrated_on_training(network, calibration, batches, test, lr):
    return second_loop(network, [images for images, _ in batches], batches, test, lr)


def calibrated_on_test(network, calibration, batches, test, lr):
    return second_loop(network, [test[0]], batches, test, lr)


def calibrated_in_train_mode(network, calibration, batches, test, lr):
    with torch.no_grad():
        for images in calibration:
            network(images)
    _freeze(network)
    _steps(network, batches, lr)
    return _share(network.eval(), *test)


def trained_in_eval_mode(network, calibration, batches, test, lr):
    _calibrate(network, calibration)
    _freeze(network)
    _steps(network, batches, lr)
    return _share(network, *test)


def piled_up(network, calibration, batches, test, lr):
    _calibrate(network, calibration)
    _freeze(network)
    network.train()
    _steps(network, batches, lr, zero=False)
    return _share(network.eval(), *test)


def of_a_copy(network, *args):
    return second_loop(copy.deepcopy(network), *args)


def on_training_images(network, calibration, batches, test, lr):
    second_loop(network, calibration, batches, test, lr)
    hits = torch.cat([network(images).argmax(1) == labels for images, labels in batches])
    return hits.float().mean().item()


def joined(network, calibration, batches, test, lr):
    return second_loop(network, [torch.cat(calibration)], batches, test, lr)


def at_a_rate_of_its_own(network, calibration, batches, test, lr):
    return second_loop(network, calibration, batches, test, 0.1)


def at_another_rate_of_its_own(network, calibration, batches, test, lr):
    return second_loop(network, calibration, batches, test, 0.01)


def as_a_number(network, calibration, batches, test, lr):
    return round(second_loop(network, calibration, batches, test, lr) * len(test[1]))


def without_return(*args):
    second_loop(*args)


def brighter(network, calibration, batches, test, lr):
    share = second_loop(network, calibration, batches, test, lr)
    test[0].mul_(0.5)
    return share


def in_percent(*args):
    return 100 * second_loop(*args)


def twice_over(network, calibration, batches, test, lr):
    return second_loop(network, calibration, batches * 2, test, lr)


def second_loop(network, calibration, batches, test, lr):
    """The same with steps by hand, and the test images one small batch after the other."""
    _calibrate(network, calibration)
    for module in network.modules():
        if hasattr(module, "observing"):
            module.freeze()
    network.train()
    for images, labels in batches:
        gradients = torch.autograd.grad(cross_entropy(network(images), labels), list(network.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(network.parameters(), gradients, strict=True):
                parameter -= lr * gradient
    network.eval()
    right = 0
    for images, labels in zip(test[0].split(7), test[1].split(7), strict=True):
        right += int((network(images).argmax(1) == labels).sum())
    return right / len(test[1])


WRONG = [
    (never_frozen, "forgot to freeze the observers"),
    (frozen_late, "after the training"),
    (evaluated_in_train_mode, "evaluate in training mode"),
    (frozen_first, "before anything was observed"),
    (one_batch, "leave out calibration batches"),
    (last_batch, "leave out calibration batches"),
    (without_the_last_batch, "leave out calibration batches"),
    (calibrated_backwards, "join the calibration batches"),
    (calibrated_twice, "passes twice"),
    *((some_frozen(which), "Not all observers are frozen") for which in ([0], [1], [2], [0, 1], [1, 2])),
    (measured_first, "that of before the training"),
    (calibrated_on_training, "calibrate on the training images"),
    (calibrated_on_test, "calibrate on the test images"),
    (calibrated_in_train_mode, "calibrate in training mode"),
    (trained_in_eval_mode, "train in evaluation mode"),
    (piled_up, "pile up"),
    (of_a_copy, "train a copy"),
    (on_training_images, "measure on the training images"),
    (in_percent, "in percent"),
    (twice_over, "every batch once"),
    (joined, "join the calibration batches"),
    (at_a_rate_of_its_own, "Your learning rate is 0.1 whatever"),
    (at_another_rate_of_its_own, "every batch once"),
    (as_a_number, "how many images are right"),
    (without_return, "returns nothing"),
    (brighter, "changes its input"),
]

RIGHT = second_loop

VARIES = {
    "network": "four seeds",
    "calibration": "1, 2 or 3 batches of 10 to 50 images, not all of one size, each with wider ranges",
    "batches": "4, 5 or 6 of 10 to 30 images, not all of one size",
    "test": "100 to 130 images, so that a number, a share and a percentage differ",
    "lr": "0.04, 0.06, 0.1, 0.2",
}
