"""Networks, weights, training, evaluation and error bars."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
import torch
from torch import nn

from tests.test_cifar import course, flip_one_byte  # noqa: F401 – a fixture
from zeropoint.paths import course_root
from zeropoint.vision import cifar, zoo
from zeropoint.vision.evaluate import activation, class_wise, hits, predict
from zeropoint.vision.models import resnet20
from zeropoint.vision.statistics import Accuracy, PairedDifference, accuracy, paired_difference, wilson_interval
from zeropoint.vision.train import Recipe, Training, fit, train_network


def test_resnet20_has_the_published_size() -> None:
    assert 0.269e6 < sum(p.numel() for p in resnet20().parameters()) < 0.275e6
    assert resnet20()(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_shipped_network_is_as_good_as_its_card_says() -> None:
    images, labels = cifar.test()
    top1 = accuracy(hits(zoo.load("resnet20"), images, labels))
    card = (course_root() / "weights" / "resnet20.md").read_text(encoding="utf-8")
    (printed,) = re.findall(r"2,000 that ship with the course \| ([\d.]+) %", card)
    assert top1.percent == pytest.approx(float(printed), abs=0.15)  # another processor may move three images
    assert top1.percent > 90


def test_load_gives_evaluation_mode() -> None:
    assert not any(module.training for module in zoo.load("resnet20").modules())


@pytest.mark.parametrize("position", [10, -1])
def test_flipped_byte_in_the_weights_is_one_sentence(course, position: int) -> None:  # noqa: F811
    flip_one_byte(course / "weights" / "resnet20.safetensors", position)
    with pytest.raises(ValueError, match=r"^weights/resnet20\.safetensors does not match its checksum"):
        zoo.load("resnet20")


def test_missing_weights_are_one_sentence(course) -> None:  # noqa: F811
    (course / "weights" / "resnet20.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="git checkout -- weights"):
        zoo.verify("resnet20")


def test_unknown_network_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="There is no network called 'resnet99': expected one of resnet20"):
        zoo.load("resnet99")


def test_saved_network_is_available_and_the_same(course) -> None:  # noqa: F811
    torch.manual_seed(4)
    model = resnet20().eval()
    zoo.save(model, course / "weights", "resnet20")
    assert zoo.available() == ["mobilenet", "resnet20"]
    images = torch.randn(2, 3, 32, 32)
    assert torch.equal(zoo.load("resnet20")(images), model(images))


class Brightness(nn.Module):
    """A network whose prediction is known: class 1 for bright images, class 0 for dark ones."""

    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()

    def forward(self, x):
        total = self.flatten(x).sum(1)
        return torch.stack([-total, total], dim=1)


def test_predict_is_the_same_for_every_batch_size() -> None:
    images = torch.randn(7, 3, 4, 4)
    assert torch.equal(predict(Brightness().eval(), images, batch_size=3), predict(Brightness().eval(), images))


def test_hits_and_class_wise_count_correctly() -> None:
    images = torch.tensor([1.0, -1, 1, -1]).view(4, 1, 1, 1)
    labels = torch.tensor([1, 1, 0, 0])
    hit = hits(Brightness().eval(), images, labels)
    assert hit.tolist() == [True, False, False, True]
    assert [(a.correct, a.n) for a in class_wise(hit, labels)] == [(1, 2), (1, 2)]


def test_training_mode_is_refused() -> None:
    with pytest.raises(ValueError, match=r"model\.eval\(\)"):
        predict(resnet20().train(), torch.zeros(1, 3, 32, 32))


def test_activation_returns_the_layers_output() -> None:
    model, images = resnet20().eval(), torch.randn(3, 3, 32, 32)
    seen = activation(model, images, "conv1")
    assert torch.allclose(seen, model.conv1(images), atol=1e-5)
    assert not model.conv1._forward_hooks
    with pytest.raises(ValueError, match="There is no layer 'nope'"):
        activation(model, images, "nope")


def test_wilson_interval_of_published_examples() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20
    for correct, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert wilson_interval(correct, n) == pytest.approx((low, high), abs=1e-4)
    with pytest.raises(ValueError, match="expected 0 <= correct <= n"):
        wilson_interval(3, 2)


def test_paired_interval_covers_the_truth_about_95_times_in_100() -> None:
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        cells = generator.choice(4, size=400, p=[0.85, 0.03, 0.05, 0.07])  # both, only after, only before, none
        difference = paired_difference(np.isin(cells, (0, 2)), np.isin(cells, (0, 1)))
        low, high = difference.interval
        covered += low <= -2.0 <= high
    assert 930 <= covered <= 975


def test_paired_interval_matches_the_design_figure() -> None:
    low, high = PairedDifference(gained=15, lost=15, n=2000).interval  # 1.5 % disagreement: about ±0.54 points
    assert (high - low) / 2 == pytest.approx(0.54, abs=0.02)
    assert PairedDifference(0, 0, 2000).interval[1] > 0, "no disagreement does not mean no uncertainty"


def test_mcnemar_against_the_binomial_distribution() -> None:
    assert PairedDifference(1, 9, 100).p_value == pytest.approx(2 * (1 + 10) / 2**10)
    assert PairedDifference(5, 5, 100).p_value == 1
    assert PairedDifference(0, 0, 100).p_value == 1


def test_accuracy_never_travels_alone() -> None:
    assert str(Accuracy(1840, 2000)) == "92.00 % (95 % interval 90.73 … 93.11, n = 2,000)"


def test_paired_comparison_needs_the_same_images() -> None:
    with pytest.raises(ValueError, match="needs the same images"):
        paired_difference([True], [True, False])


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
