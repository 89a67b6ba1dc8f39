"""What lesson 06 shows on the shipped network, with the slack that another processor may need."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zeropoint.quant import PerAxis, PerTensor, QConfig, quantize_model
from zeropoint.vision import cifar, zoo
from zeropoint.vision.evaluate import hits
from zeropoint.vision.statistics import paired_difference


@pytest.fixture(scope="module")
def fp32() -> np.ndarray:
    return hits(zoo.load("resnet20"), *cifar.test())


@pytest.mark.parametrize(
    ("bits", "granularity", "low", "high"),
    [
        (8, PerAxis(0), -0.4, 0.4),  # measured +0.05
        (8, PerTensor(), -0.4, 0.4),  # +0.00
        (4, PerAxis(0), -2.5, -1.0),  # −1.85
        (4, PerTensor(), -14.0, -10.0),  # −12.30
        (3, PerTensor(), -80.0, -60.0),  # −71.30
    ],
)
def test_points_lost_by_weight_bits_and_granularity(fp32: np.ndarray, bits, granularity, low, high) -> None:
    batches = cifar.calibration(500)[0].split(100)
    quantized = quantize_model(zoo.load("resnet20"), batches, QConfig(weight_bits=bits, weight_granularity=granularity))
    assert low <= paired_difference(fp32, hits(quantized, *cifar.test())).points <= high


def test_a_quantized_network_gives_the_same_answer_twice() -> None:
    images = cifar.test(100)[0]
    quantized = quantize_model(zoo.load("resnet20"), [cifar.calibration(100)[0]])
    with torch.no_grad():
        assert torch.equal(quantized(images), quantized(images))
