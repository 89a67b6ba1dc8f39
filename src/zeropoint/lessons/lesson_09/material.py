"""The network of exercise 09.2: two convolutions with 4-bit weights and activations, and a batch norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from zeropoint.quant import FakeQuantize, PerAxis, fake_quantize_ste
from zeropoint.quant.parameters import choose_weight_qparams

BIT_WIDTH = 4


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


def _on_grid(weight: Tensor) -> Tensor:
    qparams = choose_weight_qparams(weight.detach(), BIT_WIDTH, PerAxis(0))
    return fake_quantize_ste(weight, *qparams)
