"""The networks of the course, small enough to read on one screen and to train on two cores."""

from __future__ import annotations

from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2015, figure 2), each followed by batch norm.

    Where the shape changes, the shortcut is a strided 1x1 convolution ("option B"), so that the
    residual add always joins two tensors that have quantization parameters of their own.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:  # (N, in, H, W)
        y = self.relu1(self.bn1(self.conv1(x)))  # (N, out, H/stride, W/stride)
        y = self.bn2(self.conv2(y))  # (N, out, H/stride, W/stride)
        return self.relu2(y + self.shortcut(x))


class ResNet20(nn.Module):
    """ResNet-20 for 32x32 images: a stem, three stages of three blocks, one linear layer.

    Source: He et al. 2015, "Deep Residual Learning for Image Recognition", section 4.2.
    """

    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU()
        self.stage1 = _stage(16, 16, stride=1)
        self.stage2 = _stage(16, 32, stride=2)
        self.stage3 = _stage(32, 64, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(64, num_classes)

    def forward(self, x: Tensor) -> Tensor:  # (N, 3, 32, 32)
        x = self.relu(self.bn1(self.conv1(x)))  # (N, 16, 32, 32)
        x = self.stage3(self.stage2(self.stage1(x)))  # (N, 64, 8, 8)
        return self.fc(self.flatten(self.pool(x)))  # (N, num_classes)


def _stage(in_channels: int, out_channels: int, stride: int, blocks: int = 3) -> nn.Sequential:
    first = BasicBlock(in_channels, out_channels, stride)
    rest = [BasicBlock(out_channels, out_channels, 1) for _ in range(blocks - 1)]
    return nn.Sequential(first, *rest)


def resnet20(num_classes: int = 10) -> ResNet20:
    """Return an untrained ResNet-20 (about 0.27 M parameters).

    Examples
    --------
    >>> sum(p.numel() for p in resnet20().parameters())
    272474
    """
    return ResNet20(num_classes)


#: Every network that ``zeropoint train`` and ``zoo.load`` know, by name.
ARCHITECTURES = {"resnet20": resnet20}
