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


class InvertedResidual(nn.Module):
    """Widen by a 1x1 convolution, filter each channel by itself (depthwise 3x3), narrow by a 1x1 convolution.

    As in MobileNetV2 (Sandler et al. 2018, figure 4), with ReLU in place of ReLU6: channels can then be rescaled
    without changing the function, which cross-layer equalization needs. The narrow output has no ReLU.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, expansion: int):
        super().__init__()
        wide = in_channels * expansion
        self.expand = nn.Conv2d(in_channels, wide, 1, bias=False)
        self.expand_bn = nn.BatchNorm2d(wide)
        self.expand_relu = nn.ReLU()
        self.depthwise = nn.Conv2d(wide, wide, 3, stride, padding=1, groups=wide, bias=False)
        self.depthwise_bn = nn.BatchNorm2d(wide)
        self.depthwise_relu = nn.ReLU()
        self.project = nn.Conv2d(wide, out_channels, 1, bias=False)
        self.project_bn = nn.BatchNorm2d(out_channels)
        self.adds = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:  # (N, in, H, W)
        y = self.expand_relu(self.expand_bn(self.expand(x)))  # (N, wide, H, W)
        y = self.depthwise_relu(self.depthwise_bn(self.depthwise(y)))  # (N, wide, H/stride, W/stride)
        y = self.project_bn(self.project(y))  # (N, out, H/stride, W/stride)
        return x + y if self.adds else y


class MobileNet(nn.Module):
    """A small MobileNetV2 for 32x32 images: a stem, nine inverted residuals, a 1x1 head, one linear layer.

    Source: Sandler et al. 2018 (arXiv:1801.04381), table 2, with fewer, narrower stages.
    """

    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, padding=1, bias=False)
        self.stem_bn = nn.BatchNorm2d(32)
        self.stem_relu = nn.ReLU()
        self.first = InvertedResidual(32, 24, stride=2, expansion=1)
        self.stage1 = _inverted_stage(24, 32, stride=1, expansion=4, blocks=3)
        self.stage2 = _inverted_stage(32, 64, stride=2, expansion=6, blocks=3)
        self.stage3 = _inverted_stage(64, 96, stride=1, expansion=6, blocks=2)
        self.head = nn.Conv2d(96, 384, 1, bias=False)
        self.head_bn = nn.BatchNorm2d(384)
        self.head_relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(384, num_classes)

    def forward(self, x: Tensor) -> Tensor:  # (N, 3, 32, 32)
        x = self.first(self.stem_relu(self.stem_bn(self.stem(x))))  # (N, 24, 16, 16)
        x = self.stage3(self.stage2(self.stage1(x)))  # (N, 96, 8, 8)
        x = self.head_relu(self.head_bn(self.head(x)))  # (N, 384, 8, 8)
        return self.fc(self.flatten(self.pool(x)))  # (N, num_classes)


def _inverted_stage(in_channels: int, out_channels: int, *, stride: int, expansion: int, blocks: int) -> nn.Sequential:
    first = InvertedResidual(in_channels, out_channels, stride, expansion)
    rest = [InvertedResidual(out_channels, out_channels, 1, expansion) for _ in range(blocks - 1)]
    return nn.Sequential(first, *rest)


def resnet20(num_classes: int = 10) -> ResNet20:
    """Return an untrained ResNet-20 (about 0.27 M parameters).

    Examples
    --------
    >>> sum(p.numel() for p in resnet20().parameters())
    272474
    """
    return ResNet20(num_classes)


def mobilenet(num_classes: int = 10) -> MobileNet:
    """Return an untrained small MobileNetV2 (about 0.39 M parameters), with depthwise convolutions.

    Examples
    --------
    >>> sum(p.numel() for p in mobilenet().parameters())
    385690
    """
    return MobileNet(num_classes)


#: Every network that ``zeropoint train`` and ``zoo.load`` know, by name.
ARCHITECTURES = {"resnet20": resnet20, "mobilenet": mobilenet}
