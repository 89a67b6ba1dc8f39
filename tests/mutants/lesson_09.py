"""Wrong answers to the exercises of lesson 09, written from the briefs, without the check's own code."""

from __future__ import annotations

import copy

import torch
from torch.nn.functional import cross_entropy


class Straight(torch.autograd.Function):
    """A gradient everywhere, as if nothing were clipped."""

    @staticmethod
    def forward(ctx, x, scale, zero_point, low, high):
        return (torch.clamp(torch.round(x / scale) + zero_point, low, high) - zero_point) * scale

    @staticmethod
    def backward(ctx, grad):
        return grad, None, None, None, None


class OnlySlope(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale, zero_point, low, high):
        q = torch.round(x / scale) + zero_point
        ctx.save_for_backward((q >= low) & (q <= high))
        return (torch.clamp(q, low, high) - zero_point) * scale

    @staticmethod
    def backward(ctx, grad):
        return ctx.saved_tensors[0].float(), None, None, None, None


def plain(x, scale, zero_point, low, high):
    return (torch.clamp(torch.round(x / scale) + zero_point, low, high) - zero_point) * scale


def detached(x, scale, zero_point, low, high):
    return plain(x.detach(), scale, zero_point, low, high)


def _masked(x, x_hat, inside, gain=1.0):
    """Value x_hat, and a gradient of ``gain`` where inside."""
    path = torch.where(inside, x * gain, torch.zeros_like(x))
    return path + (x_hat - path).detach()


def _codes(x, scale, zero_point):
    return torch.round(x.detach() / scale) + zero_point


def strict(x, s, z, low, high):
    q = _codes(x, s, z)
    return _masked(x, plain(x.detach(), s, z, low, high), (q > low) & (q < high))


def inverted(x, s, z, low, high):
    q = _codes(x, s, z)
    return _masked(x, plain(x.detach(), s, z, low, high), (q < low) | (q > high))


def divided(x, s, z, low, high):
    q = _codes(x, s, z)
    return _masked(x, plain(x.detach(), s, z, low, high), (q >= low) & (q <= high), 1 / s)


def multiplied(x, s, z, low, high):
    q = _codes(x, s, z)
    return _masked(x, plain(x.detach(), s, z, low, high), (q >= low) & (q <= high), s)


def no_clamp(x, s, z, low, high):
    return x + ((_codes(x, s, z) - z) * s - x).detach()


def no_clamp_masked(x, s, z, low, high):
    q = _codes(x, s, z)
    return _masked(x, (q - z) * s, (q >= low) & (q <= high))


def truncated(x, s, z, low, high):
    q = torch.floor(x.detach() / s) + z
    return _masked(x, (torch.clamp(q, low, high) - z) * s, (q >= low) & (q <= high))


def zero_point_left(x, s, z, low, high):
    q = _codes(x, s, z)
    return _masked(x, torch.clamp(q, low, high) * s, (q >= low) & (q <= high))


def second_straight_through(x, scale, zero_point, quant_min, quant_max):
    """Without a Function: clip first, so that the gradient outside vanishes by itself, then add the rounding error."""
    low, high = (quant_min - zero_point) * scale, (quant_max - zero_point) * scale
    inside = (x >= low - 1e-6) & (x <= high + 1e-6)
    clipped = torch.where(inside, x, torch.maximum(torch.minimum(x, high), low).detach())
    return clipped + (torch.round(clipped / scale) * scale - clipped).detach()


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


RESULTS = {
    "detector_quantization": -1.5,
    "detector_training": 2.3,
    "sorter": ("ptq", "b"),
    "gate": ("adaround", "b"),
    "watch": ("qat", "c"),
}

#: exercise → (wrong answer, a part of the message it must get)
MUTANTS = {
    "09.1": [
        (Straight.apply, "passes outside of the range too"),
        (plain, "gradient is 0 everywhere"),
        (strict, "first and the last code are inside"),
        (inverted, "wrong way round"),
        (divided, "divide the gradient by the scale"),
        (multiplied, "multiply the gradient by the scale"),
        (OnlySlope.apply, "slope alone"),
        (no_clamp, "Nothing saturates: codes"),
        (no_clamp_masked, "Nothing saturates in the forward pass"),
        (truncated, "cut the fraction off"),
        (zero_point_left, "zero point is still in"),
        (lambda x, s, z, low, high: x.numpy(), "RuntimeError"),
    ],
    "09.2": [
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
    ],
    "09.3": [
        (RESULTS | {"detector_quantization": 6.3}, "training on new images"),
        (RESULTS | {"detector_quantization": 0.8}, "has not seen the new images"),
        (RESULTS | {"detector_quantization": 1.5}, "negative means"),
        (RESULTS | {"detector_training": 0.8}, "mixes what training gave"),
        (RESULTS | {"detector_training": 7.8}, "both training and quantization differ"),
        (RESULTS | {"sorter": ("qat", "a")}, "what cannot be shown"),
        (RESULTS | {"sorter": ("adaround", "b")}, "nothing to repair"),
        (RESULTS | {"gate": ("qat", "d")}, "overlaps with AdaRound's"),
        (RESULTS | {"gate": ("ptq", "a")}, "loses 4.0 points"),
        (RESULTS | {"watch": ("adaround", "b")}, "still loses 6.2"),
        (RESULTS | {"watch": ("qat", "a")}, "no reason by itself"),
        (RESULTS | {"watch": ("qat", "d")}, "which of the ways keep the brief"),
    ],
}

#: exercise → points of its first mutant, of which four of five entries are right
PARTIAL = {"09.3": 4}

#: exercise → a right answer that was written another way
SECOND = {
    "09.1": second_straight_through,
    "09.2": second_loop,
    "09.3": RESULTS | {"sorter": ["PTQ", "B"], "detector_quantization": -1.50, "gate": ("AdaRound", "b")},
}
