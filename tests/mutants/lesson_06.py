"""Wrong answers to the exercises of lesson 06, written from the briefs, without the check's own code."""

from __future__ import annotations

import numpy as np

from zeropoint.quant import quantize_model
from zeropoint.vision.evaluate import hits, predict
from zeropoint.vision.statistics import paired_difference


def _loop(model, batches, images, labels, configs, *, row):
    fp32 = hits(model, images, labels)
    return {name: row(fp32, hits(quantize_model(model, batches, c), images, labels)) for name, c in configs.items()}


def loop_on_test_images(model, batches, images, labels, configs):
    return second_loop(model, list(images.split(50)), images, labels, configs)


def loop_first_batch(model, batches, images, labels, configs):
    return second_loop(model, [batches[0]], images, labels, configs)


def loop_swapped(*args):
    return _loop(*args, row=lambda a, b: (100 * b.mean(), (a & ~b).sum(), (b & ~a).sum()))


def loop_share(*args):
    return _loop(*args, row=lambda a, b: (b.mean(), (b & ~a).sum(), (a & ~b).sum()))


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
    previous, rows = hits(model, images, labels), {}
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


def _points(fp32, int8, labels, c):
    return paired_difference(fp32[labels == c], int8[labels == c])


def class_by_luck(fp32, int8, labels):
    points = [_points(fp32, int8, labels, c).points for c in range(10)]
    return int(np.argmin(points)), min(points)


def class_by_count(fp32, int8, labels):
    net = [(int8[labels == c].sum() - fp32[labels == c].astype(int).sum()) for c in range(10)]
    d = _points(fp32, int8, labels, int(np.argmin(net)))
    return (int(np.argmin(net)), d.points) if d.interval[1] < 0 else None


def class_of_lost(fp32, int8, labels):
    best = None
    for c in range(10):
        here = labels == c
        share = -100 * (fp32[here] & ~int8[here]).mean()
        if _points(fp32, int8, labels, c).interval[1] < 0 and (best is None or share < best[1]):
            best = (c, share)
    return best


def class_of_lowest_accuracy(fp32, int8, labels):
    c = int(np.argmin([int8[labels == c].mean() for c in range(10)]))
    return c, _points(fp32, int8, labels, c).points


def class_positive(fp32, int8, labels):
    found = second_class(fp32, int8, labels)
    return found and (found[0], -found[1])


def class_share(fp32, int8, labels):
    found = second_class(fp32, int8, labels)
    return found and (found[0], found[1] / 100)


def class_only(fp32, int8, labels):
    found = second_class(fp32, int8, labels)
    return found and found[0]


def class_never(fp32, int8, labels):
    return None


def second_class(fp32, int8, labels):
    """The same as a loop that keeps the worst one so far."""
    worst = None
    for c in np.arange(10):
        d = _points(fp32, int8, labels, c)
        if d.interval[1] < 0 and (worst is None or d.points < worst[1]):
            worst = (c, d.points)
    return worst


PICKED = {
    "weight_bits": 4,
    "activation_bits": 4,
    "granularity": "per-channel",
    "activation_range": "mse",
    "first_and_last_bits": 8,
}
DETECTOR = {
    "drop": 0.6,
    "drop_margin": 0.1,
    "speed_margin": 0.1,
    "decision": ("passes", "b"),
    "first_evidence": ("more images", "c"),
}
CRITERIA = {
    "metric": "paired difference",
    "decide_by": "interval",
    "most_lost": 0.5,
    "images": 20_000,
    "class_guardrail": True,
    "latency": "95th percentile",
    "measured_on": ["the product's runtime", "the product's device"],
    "locked": ["threads", "batch size", "input size"],
}

#: exercise → (wrong answer, a part of the message it must get)
MUTANTS = {
    "06.1": [
        (loop_on_test_images, "flatter the result"),
        (loop_first_batch, "first batch only"),
        (loop_swapped, "wrong way round"),
        (loop_share, "asks for percent"),
        (loop_net, "are netted"),
        (loop_of_fp32, "that of FP32 in every row"),
        (loop_mean_of_batches, "last one is smaller"),
        (loop_whole_batches, "all images count"),
        (loop_against_the_one_before, "with the one before it"),
        (loop_of_the_last, "expected a dictionary"),
    ],
    "06.2": [
        (PICKED | {"weight_bits": 8}, "bytes, and the brief allows 160,000"),
        (PICKED | {"weight_bits": 3}, "kernels for 4 and for 8 bits"),
        (PICKED | {"activation_bits": 8}, "device's buffer"),
        (PICKED | {"granularity": "per-tensor"}, "one scale serves all channels"),
        (PICKED | {"granularity": "per-group"}, 'expected "per-tensor" or "per-channel"'),
        (PICKED | {"activation_range": "minmax"}, "nothing clips"),
        (PICKED | {"activation_range": "best"}, "expected one of minmax"),
        (PICKED | {"first_and_last_bits": 4}, "most sensitive ones"),
    ],
    "06.3": [
        (class_by_luck, "whose interval includes 0"),
        (class_by_count, "largest class then always"),
        (class_of_lost, "lost images only"),
        (class_of_lowest_accuracy, "bad in FP32 already"),
        (class_positive, "The sign"),
        (class_share, "times 100"),
        (class_only, "expected two values"),
        (class_never, "returns nothing"),
    ],
    "06.4": [
        (DETECTOR | {"drop": -0.6}, "is a positive number"),
        (DETECTOR | {"drop": 1.7647}, "in percent of 34.0"),
        (DETECTOR | {"drop_margin": 0.7}, "that is the limit"),
        (DETECTOR | {"drop_margin": -0.1}, "margin is positive"),
        (DETECTOR | {"speed_margin": 2.1}, "how far is it above"),
        (DETECTOR | {"speed_margin": 1.05}, "not the ratio"),
        (DETECTOR | {"decision": ("fails", "c")}, "both limits are kept"),
        (DETECTOR | {"decision": ("passes", "a")}, "small against the interval"),
        (DETECTOR | {"decision": ("passes", "c")}, "passes already"),
        (DETECTOR | {"first_evidence": ("more bits", "b")}, "more bits change the model"),
        (DETECTOR | {"first_evidence": ("a faster device", "a")}, "product's device is what it is"),
        (DETECTOR | {"first_evidence": ("more images", "a")}, "the choice is right"),
    ],
    "06.5": [
        (CRITERIA | {"metric": "two accuracies"}, "two wide intervals"),
        (CRITERIA | {"metric": "mAP"}, 'expected "paired difference"'),
        (CRITERIA | {"decide_by": "point estimate"}, "may stand for"),
        (CRITERIA | {"most_lost": 1}, "half a point of top-1 and no more"),
        (CRITERIA | {"most_lost": 0}, "can be shown by no experiment"),
        (CRITERIA | {"images": 2_000}, r"±0\.54 points"),
        (CRITERIA | {"images": 100_000}, "has 50,000"),
        (CRITERIA | {"class_guardrail": False}, "can hide a class"),
        (CRITERIA | {"latency": "median"}, "95 have to come in time"),
        (CRITERIA | {"measured_on": ["the product's device", "the training framework"]}, "other kernels"),
        (CRITERIA | {"locked": ["threads", "batch size"]}, "input size can change"),
    ],
}

#: exercise → points of its first mutant, of which four of five entries are right
PARTIAL = {"06.4": 3}

#: exercise → a right answer that was written another way
SECOND = {
    "06.1": second_loop,
    "06.2": PICKED | {"activation_range": "percentile"},
    "06.3": second_class,
    "06.4": DETECTOR | {"drop": np.float64(34.0) - 33.4, "decision": ["Passes", "B"]},
    "06.5": CRITERIA
    | {"most_lost": 0.3, "images": 10_000, "locked": ("Threads", "input size", "batch size", "room temperature")},
}
