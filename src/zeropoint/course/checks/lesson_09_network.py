"""The network of exercise 09.2: two convolutions with 4-bit weights and activations, and a batch norm."""

from __future__ import annotations

from typing import Any

from zeropoint.quant import PerAxis
from zeropoint.quant.parameters import choose_weight_qparams


def tiny_network(seed: int = 0, *, classes: int = 10) -> Any:
    """Return an untrained network for RGB images of any size that computes with 4-bit weights and activations.

    The ranges of its weights follow the weights. Its activations have observers: ``network.quantizers`` is the list
    of their ``FakeQuantize`` modules, which watch until ``freeze()`` is called.
    """
    import torch
    from torch import nn

    from zeropoint.quant import FakeQuantize, fake_quantize_ste

    def on_grid(weight: Any) -> Any:
        return fake_quantize_ste(weight, *choose_weight_qparams(weight.detach(), 4, PerAxis(0)))

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(3, 12, 3, stride=2)
            self.norm = nn.BatchNorm2d(12)
            self.conv2 = nn.Conv2d(12, 24, 3)
            self.head = nn.Linear(24, classes)
            self.quantizers = nn.ModuleList(FakeQuantize(4) for _ in range(3))

        def forward(self, x: Any) -> Any:  # (N, 3, H, W)
            x = self.quantizers[0](x)
            x = torch.conv2d(x, on_grid(self.conv1.weight), self.conv1.bias, stride=2)  # (N, 12, H/2, W/2)
            x = self.quantizers[1](torch.relu(self.norm(x)))
            x = torch.relu(torch.conv2d(x, on_grid(self.conv2.weight), self.conv2.bias))  # (N, 24, …)
            x = self.quantizers[2](x.mean((2, 3)))  # (N, 24)
            return self.head(x)  # (N, classes)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network()
