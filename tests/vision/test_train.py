"""The training loop learns, resumes exactly, and refuses what cannot work."""

from __future__ import annotations

import json
import math

import pytest
import torch
from torch import nn

from zeropoint.vision import cifar
from zeropoint.vision.train import Recipe, Training, fit, train_network


def small_training(recipe: Recipe, seed: int = 0) -> Training:
    torch.manual_seed(seed)
    images, labels = cifar.train(60, raw=True)
    model = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(900, 10))
    return Training(model, images, labels, recipe)


def test_resumed_training_equals_uninterrupted(tmp_path) -> None:
    recipe = Recipe(epochs=3, batch_size=20, max_lr=0.05)
    whole = small_training(recipe)
    for _ in range(3):
        whole.run_epoch()
    first = small_training(recipe)
    first.run_epoch()
    first.save(tmp_path / "a.ckpt")
    second = small_training(recipe, seed=99)
    second.resume(tmp_path / "a.ckpt")
    fit(second, checkpoint=tmp_path / "a.ckpt", log=tmp_path / "a.log")
    for ours, theirs in zip(whole.model.parameters(), second.model.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)
    assert [json.loads(line)["epoch"] for line in (tmp_path / "a.log").read_text().splitlines()] == [2, 3]


def test_training_learns() -> None:
    training = small_training(Recipe(epochs=12, batch_size=20, max_lr=0.05))
    losses = [training.run_epoch()["loss"] for _ in range(12)]
    assert losses[-1] < 0.8 * losses[0]
    assert math.isfinite(losses[-1])


def test_resuming_another_recipe_is_refused(tmp_path) -> None:
    small_training(Recipe(epochs=3, batch_size=20)).save(tmp_path / "a.ckpt")
    with pytest.raises(ValueError, match="start anew with --fresh"):
        small_training(Recipe(epochs=4, batch_size=20)).resume(tmp_path / "a.ckpt")


def test_too_few_images_for_a_batch_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="60 images do not fill one batch of 128"):
        small_training(Recipe())


def test_unknown_network_cannot_be_trained(tmp_path) -> None:
    with pytest.raises(ValueError, match="no network called 'vgg'"):
        list(train_network("vgg", Recipe(), tmp_path))
