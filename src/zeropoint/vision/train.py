"""One training loop: one-cycle SGD with augmentation, resumable after every epoch."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from tqdm.auto import tqdm

from zeropoint.vision import cifar, zoo
from zeropoint.vision.evaluate import hits
from zeropoint.vision.models import ARCHITECTURES
from zeropoint.vision.statistics import accuracy


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the result of a training run, in one place for the model card."""

    epochs: int = 55
    batch_size: int = 128
    max_lr: float = 0.2
    weight_decay: float = 5e-4
    momentum: float = 0.9
    warmup: float = 0.2  # fraction of all steps in which the learning rate rises
    seed: int = 0
    bf16: bool = False  # autocast to bfloat16: only fast on CPUs with AVX512-BF16 or AMX
    clip_norm: float | None = None  # longest gradient of all parameters together; longer ones are shortened to it


class Training:
    """The state of a run: model, optimizer, schedule and random generators.

    Parameters
    ----------
    model : nn.Module
        Trained in place, in channels-last memory format.
    images : uint8 array, shape (N, 32, 32, 3)
    labels : int64 array, shape (N,)

    Attributes
    ----------
    losses : list of float – the loss of every step since this object was made
    """

    def __init__(self, model: nn.Module, images: np.ndarray, labels: np.ndarray, recipe: Recipe):
        self.model = model.to(memory_format=torch.channels_last)
        if recipe.bf16:
            _keep_strided_depthwise_in_float(self.model)
        self.images = torch.from_numpy(images).permute(0, 3, 1, 2)  # (N, 3, 32, 32) uint8
        self.labels = torch.from_numpy(labels)
        self.recipe = recipe
        self.steps = len(images) // recipe.batch_size  # an epoch drops its ragged last batch
        if self.steps == 0:
            raise ValueError(
                f"{len(images)} images do not fill one batch of {recipe.batch_size}: use a smaller batch size."
            )
        self.optimizer = torch.optim.SGD(
            model.parameters(),
            lr=recipe.max_lr,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            nesterov=True,
        )
        total = self.steps * recipe.epochs
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer,
            max_lr=recipe.max_lr,
            total_steps=total,
            pct_start=recipe.warmup if recipe.warmup * total > 1 else 0.0,  # torch divides by 0 when it is one step
            cycle_momentum=False,
        )
        self.augment = cifar.augmentation()
        self.epoch = 0
        self.losses: list[float] = []

    def run_epoch(self) -> dict:
        """Train one epoch and return its log line: epoch, mean loss, training accuracy, seconds.

        Raises
        ------
        ValueError
            As soon as the loss is not a finite number any more: the training has diverged.
        """
        start = time.perf_counter()
        torch.manual_seed(self.recipe.seed * 100_003 + self.epoch)  # a resumed run repeats nothing
        self.model.train()
        order = torch.randperm(len(self.images))[: self.steps * self.recipe.batch_size]
        total_loss = 0.0
        correct = 0
        bar = tqdm(order.split(self.recipe.batch_size), desc=f"epoch {self.epoch + 1}/{self.recipe.epochs}")
        for index in bar:
            loss, hits = self._step(index)
            total_loss += loss
            correct += hits
            bar.set_postfix(loss=f"{loss:.3g}")
        self.epoch += 1
        return {
            "epoch": self.epoch,
            "loss": round(total_loss / self.steps, 4),
            "train_top1": round(100 * correct / len(order), 2),
            "seconds": round(time.perf_counter() - start, 1),
        }

    def _step(self, index: Tensor) -> tuple[float, int]:
        batch = torch.stack([self.augment(image) for image in self.images[index]])  # one draw an image
        batch = cifar.normalise(batch).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bf16):
            logits = self.model(batch)
            loss = cross_entropy(logits, self.labels[index])
        self.losses.append(loss.item())
        if not math.isfinite(self.losses[-1]):
            raise ValueError(
                f"The loss is {self.losses[-1]} in epoch {self.epoch + 1}, step {len(self.losses)}: "
                f"the training has diverged, start anew with a learning rate below {self.recipe.max_lr:g}."
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.recipe.clip_norm:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip_norm)
        self.optimizer.step()
        self.schedule.step()
        return self.losses[-1], int((logits.argmax(1) == self.labels[index]).sum())

    @property
    def about(self) -> dict:
        """What decides the result, besides the model: the recipe, and how many images it trains on."""
        return {**asdict(self.recipe), "images": len(self.images)}

    def save(self, path: Path) -> None:
        """Write a checkpoint that ``resume`` accepts; an interrupted write leaves the old one whole."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "epoch": self.epoch,
            "recipe": self.about,
        }
        temporary = path.with_suffix(".partial")
        torch.save(state, temporary)
        os.replace(temporary, path)

    def resume(self, path: Path) -> None:
        """Continue from a checkpoint of the same recipe."""
        state = torch.load(path, weights_only=True)
        if state["recipe"] != self.about:
            raise ValueError(
                f"{path} was made with {state['recipe']}, not with {self.about}: "
                "repeat the same options, or start anew with --fresh."
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.epoch = state["epoch"]


def _keep_strided_depthwise_in_float(model: nn.Module) -> None:
    """Leave these few layers out of autocast: on CPUs their bfloat16 backward pass takes ten times the float one's."""

    def in_float(convolution: nn.Conv2d, x: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return nn.Conv2d.forward(convolution, x.float())

    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.groups > 1 and module.stride != (1, 1):
            module.forward = partial(in_float, module)


def fit(training: Training, *, checkpoint: Path, log: Path) -> nn.Module:
    """Train until the recipe's last epoch, with a checkpoint and a log line (JSON) after each one.

    A log that reaches further than the training (its last epoch was logged, but not saved any more) is cut back.
    """
    known = read_log(log) if training.epoch else []
    with log.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(line) + "\n" for line in known if line.get("epoch", 0) <= training.epoch)
        while training.epoch < training.recipe.epochs:
            lines.write(json.dumps(training.run_epoch()) + "\n")
            lines.flush()
            training.save(checkpoint)
    return training.model.eval()


def read_log(path: Path) -> list[dict]:
    """Return the lines of a log, each a dict; none when there is no such file."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def train_network(
    name: str, recipe: Recipe, folder: Path, *, subset: bool = False, fresh: bool = False
) -> Iterator[str]:
    """Train a network of the course, write its weights, and yield what a reader wants to know.

    Writes ``<name>.ckpt`` (to resume from), ``<name>.log`` and ``<name>.safetensors`` into the folder.

    Parameters
    ----------
    name : str – one of ``models.ARCHITECTURES``
    folder : Path – created if it is missing
    subset : bool – the 4,000 shipped training images instead of all 50,000
    fresh : bool – ignore an earlier checkpoint

    Raises
    ------
    ValueError, FileNotFoundError
        For an unknown name, or when the whole set has not been fetched.
    """
    if name not in ARCHITECTURES:
        raise ValueError(f"There is no network called {name!r}: expected one of {', '.join(ARCHITECTURES)}.")
    images, labels = cifar.train(raw=True) if subset else cifar.full_train(raw=True)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / f"{name}.ckpt"
    log = folder / f"{name}.log"
    torch.manual_seed(recipe.seed)
    training = Training(ARCHITECTURES[name](), images, labels, recipe)
    if checkpoint.is_file() and not fresh:
        training.resume(checkpoint)
        yield f"Resuming after epoch {training.epoch} of {recipe.epochs}."
    model = fit(training, checkpoint=checkpoint, log=log)
    yield f"Wrote {zoo.save(model, folder, name)}."
    yield f"top-1 on the shipped test images: {accuracy(hits(model, *cifar.test()))}"
    if not subset:
        yield f"top-1 on all test images: {accuracy(hits(model, *cifar.full_test()))}"
