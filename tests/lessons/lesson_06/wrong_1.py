"""Answers to exercise 06.1, right and wrong, written from the brief, without the check's own code."""

from __future__ import annotations

import numpy as np

from zeropoint.quant import quantize_model
from zeropoint.vision.evaluate import hits, predict


def _loop(model, batches, images, labels, configs, *, row):
    fp32 = hits(model, images, labels)
    return {name: row(fp32, hits(quantize_model(model, batches, c), images, labels)) for name, c in configs.items()}


def loop_on_test_images(model, batches, images, labels, configs):
    return second_loop(model, list(images.split(50)), images, labels, configs)


def loop_first_batch(model, batches, images, labels, configs):
    return second_loop(model, [batches[0]], images, labels, configs)


def loop_last_batch(model, batches, images, labels, configs):
    rows = {}
    for batch in batches:  # each turn throws the one before away
        rows = second_loop(model, [batch], images, labels, configs)
    return rows


def loop_swapped(*args):
    return _loop(*args, row=lambda a, b: (100 * b.mean(), (a & ~b).sum(), (b & ~a).sum()))


def loop_share(*args):
    return _loop(*args, row=lambda a, b: (b.mean(), (b & ~a).sum(), (a & ~b).sum()))


def loop_one_too_many(*args):
    return _loop(*args, row=lambda a, b: (100 * b.sum() / (b.size + 1), (b & ~a).sum(), (a & ~b).sum()))


def loop_as_text(*args):
    return _loop(*args, row=lambda a, b: (f"{100 * b.mean():.2f}", str((b & ~a).sum()), str((a & ~b).sum())))


def loop_net(*args):
    def row(a, b):
        net = int(b.sum()) - int(a.sum())
        return 100 * b.mean(), max(net, 0), max(-net, 0)

    return _loop(*args, row=row)


def loop_of_fp32(*args):
    return _loop(*args, row=lambda a, b: (100 * a.mean(), (b & ~a).sum(), (a & ~b).sum()))


def loop_mean_of_batches(model, batches, images, labels, configs):
    rows = second_loop(model, batches, images, labels, configs)
    for name, config in configs.items():
        quantized = quantize_model(model, batches, config)
        parts = [
            (predict(quantized, x).argmax(1) == y).float().mean().item()
            for x, y in zip(images.split(100), labels.split(100), strict=True)
        ]
        rows[name] = (100 * sum(parts) / len(parts), *rows[name][1:])
    return rows


def loop_whole_batches(model, batches, images, labels, configs):
    n = len(images) // 100 * 100
    return second_loop(model, batches, images[:n], labels[:n], configs)


def loop_against_the_one_before(model, batches, images, labels, configs):
    previous = hits(model, images, labels)
    rows = {}
    for name, config in configs.items():
        now = hits(quantize_model(model, batches, config), images, labels)
        rows[name] = (100 * np.mean(now), np.sum(now > previous), np.sum(now < previous))
        previous = now
    return rows


def loop_of_the_last(model, batches, images, labels, configs):
    return [second_loop(model, batches, images, labels, configs)[name] for name in configs]


def second_loop(model, batches, images, labels, configs):
    """The same with sums of comparisons."""
    right = (predict(model, images).argmax(1) == labels).int()
    rows = {}
    for name in configs:
        now = (predict(quantize_model(model, batches, configs[name]), images).argmax(1) == labels).int()
        change = now - right
        rows[name] = [float(now.float().mean() * 100), int((change > 0).sum()), int((change < 0).sum())]
    return rows


WRONG = [
    (loop_on_test_images, "flatter the result"),
    (loop_first_batch, "first batch only"),
    (loop_last_batch, "last batch only"),
    (loop_swapped, "wrong way round"),
    (loop_share, "asks for percent"),
    (loop_one_too_many, "number of images, and not by one more"),
    (loop_as_text, "plain numbers, neither text"),
    (loop_net, "are netted"),
    (loop_of_fp32, "that of FP32 in every row"),
    (loop_mean_of_batches, "last one is smaller"),
    (loop_whole_batches, "all images count"),
    (loop_against_the_one_before, "with the one before it"),
    (loop_of_the_last, "expected a dictionary"),
]

RIGHT = second_loop

VARIES = {
    "model": "four random networks, in evaluation mode",
    "batches": "2, 3 and 4 of them, of 20 to 35 images; the loudest images are in the first or in the last",
    "images": "130 to 270, never a multiple of 100; 12 to 15 pixels wide",
    "labels": "of FP32's first or second choice, so that images are gained as well as lost",
    "configs": "one to four, in several orders; 8, 4, 3 and 2 bits, per-channel and per-tensor",
    "precision": "top1 may be rounded to a tenth of a percent; one image too many in the divisor shows",
}
