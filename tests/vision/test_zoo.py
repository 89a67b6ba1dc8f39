"""The shipped weights: as good as their cards say, verified, and refused in one sentence when damaged."""

from __future__ import annotations

import re

import pytest
import torch

from tests.vision.test_cifar import course, flip_one_byte  # noqa: F401 – a fixture
from zeropoint.paths import course_root
from zeropoint.vision import cifar, zoo
from zeropoint.vision.evaluate import hits
from zeropoint.vision.models import resnet20
from zeropoint.vision.statistics import accuracy


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
