"""The networks of exercise 09.2: a tiny one to be checked with, and the shipped ResNet-20 for the reward."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from zeropoint.quant import FakeQuantize, PerAxis, fake_quantize_ste
from zeropoint.quant.parameters import choose_weight_qparams
from zeropoint.vision import zoo

BIT_WIDTH = 4
FEWER = 3  # bits of the trained network's weights: four would leave little to be repaired


def tiny_network(seed: int = 0, *, classes: int = 10) -> Network:
    """Return an untrained network for RGB images of any size that computes with 4-bit weights and activations.

    The ranges of its weights follow the weights. Its activations have observers: ``network.quantizers`` is the list
    of their ``FakeQuantize`` modules, which watch until ``freeze()`` is called.

    Parameters
    ----------
    seed : int – of the weights; the random numbers of the caller are left as they are
    classes : int

    Returns
    -------
    nn.Module
        From float images, shape (N, 3, H, W), H and W at least 7, to logits, shape (N, classes).
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(classes)


class Network(nn.Module):
    """What :func:`tiny_network` returns."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 12, 3, stride=2)
        self.norm = nn.BatchNorm2d(12)
        self.conv2 = nn.Conv2d(12, 24, 3)
        self.head = nn.Linear(24, classes)
        self.quantizers = nn.ModuleList(FakeQuantize(BIT_WIDTH) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:  # (N, 3, H, W)
        x = self.quantizers[0](x)
        x = torch.conv2d(x, _on_grid(self.conv1.weight), self.conv1.bias, stride=2)  # (N, 12, H/2, W/2)
        x = self.quantizers[1](torch.relu(self.norm(x)))
        x = torch.relu(torch.conv2d(x, _on_grid(self.conv2.weight), self.conv2.bias))  # (N, 24, …)
        x = self.quantizers[2](x.mean((2, 3)))  # (N, 24)
        return self.head(x)  # (N, classes)


def trained_network() -> TrainedNetwork:
    """Return the shipped ResNet-20 with 3-bit weights and 4-bit activations, to be calibrated and fine-tuned.

    As in :func:`tiny_network`, weight ranges follow the weights, batch norm is not folded, and ``network.quantizers``
    is the list of the observers of activations.
    """
    return TrainedNetwork()


class TrainedNetwork(nn.Module):
    """What :func:`trained_network` returns: from float images, shape (N, 3, 32, 32), to logits, shape (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.network = zoo.load("resnet20")
        self.quantizers = nn.ModuleList()
        for name, layer in list(self.network.named_modules()):
            if isinstance(layer, nn.Conv2d | nn.Linear):
                parametrize.register_parametrization(layer, "weight", _OnGrid())
            if isinstance(layer, nn.ReLU):
                self.quantizers.append(FakeQuantize(BIT_WIDTH))
                self.network.set_submodule(name, nn.Sequential(layer, self.quantizers[-1]))

    def forward(self, x: Tensor) -> Tensor:  # (N, 3, 32, 32)
        return self.network(x)  # (N, 10)


class _OnGrid(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return _on_grid(weight, FEWER)


def _on_grid(weight: Tensor, bit_width: int = BIT_WIDTH) -> Tensor:
    qparams = choose_weight_qparams(weight.detach(), bit_width, PerAxis(0))
    return fake_quantize_ste(weight, *qparams)
