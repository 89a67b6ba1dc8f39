"""The networks have the published size and shapes."""

from __future__ import annotations

import torch

from zeropoint.vision.models import resnet20


def test_resnet20_has_the_published_size() -> None:
    assert 0.269e6 < sum(p.numel() for p in resnet20().parameters()) < 0.275e6
    assert resnet20()(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
