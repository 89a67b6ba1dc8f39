"""What lesson 06 shows on the shipped network, with the slack that another processor may need."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zeropoint.quant import (
    PerAxis,
    PerTensor,
    QConfig,
    adaround,
    equalize_cross_layer,
    quantize_model,
    spread_channels,
)
from zeropoint.vision import cifar, zoo
from zeropoint.vision.evaluate import hits
from zeropoint.vision.statistics import paired_difference

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def fp32() -> np.ndarray:
    return hits(zoo.load("resnet20"), *cifar.test())


@pytest.mark.parametrize(
    ("bits", "granularity", "low", "high"),
    [
        (8, PerAxis(0), -0.4, 0.4),  # measured +0.15
        (8, PerTensor(), -0.5, 0.3),  # −0.25
        (4, PerAxis(0), -2.5, -1.5),  # −2.15
        (4, PerTensor(), -14.0, -10.0),  # −12.10
        (3, PerTensor(), -80.0, -60.0),  # −72.05
    ],
)
def test_points_lost_by_weight_bits_and_granularity(fp32: np.ndarray, bits, granularity, low, high) -> None:
    batches = cifar.calibration(500)[0].split(100)
    quantized = quantize_model(zoo.load("resnet20"), batches, QConfig(weight_bits=bits, weight_granularity=granularity))
    assert low <= paired_difference(fp32, hits(quantized, *cifar.test())).points <= high


def test_rounding_by_reconstruction_saves_four_bits_everywhere(fp32: np.ndarray) -> None:
    model = zoo.load("resnet20")
    batches = [cifar.calibration(128)[0]]
    quantized = quantize_model(model, batches, QConfig(weight_bits=4, activation_bits=4, activation_range="mse"))
    nearest = paired_difference(fp32, hits(quantized, *cifar.test())).points
    adaround(quantized, model, batches, iterations=200, progress=False)
    learned = paired_difference(fp32, hits(quantized, *cifar.test())).points
    assert learned > -4.5  # measured −2 to −3
    assert learned > nearest + 3


def test_equalization_undoes_the_dialled_collapse(fp32: np.ndarray) -> None:
    batches = cifar.calibration(256)[0].split(128)
    config = QConfig(weight_granularity=PerTensor())
    spread = spread_channels(zoo.load("resnet20"), 4)
    broken, repaired = (quantize_model(m, batches, config) for m in (spread, equalize_cross_layer(spread)))
    assert paired_difference(fp32, hits(broken, *cifar.test())).points < -10
    assert abs(paired_difference(fp32, hits(repaired, *cifar.test())).points) <= 0.5


def test_a_quantized_network_gives_the_same_answer_twice() -> None:
    images = cifar.test(100)[0]
    quantized = quantize_model(zoo.load("resnet20"), [cifar.calibration(100)[0]])
    with torch.no_grad():
        assert torch.equal(quantized(images), quantized(images))
