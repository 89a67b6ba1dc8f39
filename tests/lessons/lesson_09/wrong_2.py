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


def calibrated_on_training(network, calibration, batches, test, lr):
    return second_loop(network, [images for images, _ in batches], batches, test, lr)


def calibrated_on_test(network, calibration, batches, test, lr):
    return second_loop(network, test[0].split(25), batches, test, lr)


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
    (one_batch, "first batch only"),
    (calibrated_on_training, "calibrate on the training images"),
    (calibrated_on_test, "calibrate on the test images"),
    (calibrated_in_train_mode, "calibrate in training mode"),
    (trained_in_eval_mode, "train in evaluation mode"),
    (piled_up, "pile up"),
    (of_a_copy, "train a copy"),
    (on_training_images, "measure on the training images"),
    (in_percent, "in percent"),
    (twice_over, "every batch once"),
]

RIGHT = second_loop
