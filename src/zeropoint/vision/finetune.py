"""Quantization-aware fine-tuning of a shipped network, and its control: the same fine-tuning in float.

Batch norm is folded before the first step, in both: what is trained are the weights that will be quantized, and no
statistics are left to move. No normalisation forgives a step that is too long, though, and the first gradients of a
network that has just been quantized are long: they are shortened (``clip_norm``), and the learning rate is small.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from torch import nn

from zeropoint.quant import convert, fold_batchnorm, prepare_qat
from zeropoint.quant.prepare import QATModel
from zeropoint.vision import cifar, finetuned, zoo
from zeropoint.vision.evaluate import hits
from zeropoint.vision.finetuned import Target
from zeropoint.vision.statistics import accuracy, paired_difference
from zeropoint.vision.train import Recipe, Training, fit, read_log

CALIBRATION_IMAGES = 512

#: What a recipe of fine-tuning has in common: hardly any warm-up, and short steps.
GENTLE = {"weight_decay": 0.0, "warmup": 0.05, "clip_norm": 1.0}


def start(target: Target) -> nn.Module:
    """Return the shipped network, folded and ready to be fine-tuned: with fake quantizers, or as the float control.

    Activation ranges start where they have the least squared error on calibration images. Without ``learn_step`` they
    stay there, and the ranges of weights follow the weights.
    """
    model = zoo.load(target.network)
    if target.floating:
        return fold_batchnorm(model).train()
    batches = cifar.calibration(CALIBRATION_IMAGES)[0].split(128)
    return prepare_qat(model, target.config, batches, learn_step=target.learn_step)


def finish(model: nn.Module) -> nn.Module:
    """Return what is measured and stored: the quantized network, or the control in evaluation mode."""
    return convert(model) if isinstance(model, QATModel) else model.eval()


def finetune_network(
    target: Target, recipe: Recipe, folder: Path, *, subset: bool = False, fresh: bool = False
) -> Iterator[str]:
    """Fine-tune a shipped network, write it, and yield what a reader wants to know.

    Writes ``<stem>.ckpt`` (to resume from), ``<stem>.log`` and ``<stem>.safetensors`` (see :func:`finetuned.load`)
    into the folder. The log has one JSON line an epoch, then one for each set of test images: ``correct`` of ``n``,
    and the images that were ``gained`` and ``lost`` against the float network that the run started from.

    Parameters
    ----------
    target : Target
    recipe : Recipe
    folder : Path – created if it is missing
    subset : bool – the 4,000 shipped training images instead of all 50,000
    fresh : bool – ignore an earlier checkpoint

    Raises
    ------
    ValueError, FileNotFoundError
        When the training diverges, when an earlier checkpoint was made with other options, or when the whole set has
        not been fetched.
    """
    images, labels = cifar.train(raw=True) if subset else cifar.full_train(raw=True)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / f"{target.stem}.ckpt"
    log = folder / f"{target.stem}.log"
    training = Training(start(target), images, labels, recipe)
    if checkpoint.is_file() and not fresh:
        training.resume(checkpoint)
        yield f"Resuming after epoch {training.epoch} of {recipe.epochs}."
    model = finish(fit(training, checkpoint=checkpoint, log=log))
    yield f"Wrote {finetuned.save(model, target, folder)}."
    lines = [line for line in read_log(log) if "epoch" in line]
    for name, test in _test_sets().items():
        before = hits(zoo.load(target.network), *test)
        after = hits(model, *test)
        lines.append({**training.about, "test": name, **_counts(before, after)})
        yield f"top-1 on {name} test images: {accuracy(after)}, {paired_difference(before, after)} against FP32"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _test_sets() -> dict[str, tuple]:
    """Return the shipped test images and, once they have been fetched, all of them."""
    sets = {"the shipped": cifar.test()}
    with contextlib.suppress(FileNotFoundError):
        sets["all"] = cifar.full_test()
    return sets


def _counts(before: np.ndarray, after: np.ndarray) -> dict[str, int]:
    difference = paired_difference(before, after)
    return {"n": len(after), "correct": int(after.sum()), "gained": difference.gained, "lost": difference.lost}
