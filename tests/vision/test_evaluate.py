"""Running a network over images, on one whose predictions are known."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from zeropoint.vision.evaluate import activation, class_wise, hits, predict
from zeropoint.vision.models import resnet20


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
