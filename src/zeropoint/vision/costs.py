"""What each layer of a network costs: multiply-accumulates, and the values it has to move."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor, nn

    from zeropoint.quant.operators import Weighted


class LayerCost(NamedTuple):
    """The cost of one convolution or linear layer, for one forward pass of the batch it was measured with.

    Attributes
    ----------
    layer : str – its name in the network
    kind : str – e.g. ``"conv 3×3"``, ``"pointwise 1×1"``, ``"depthwise 3×3"``, ``"linear"``
    macs : int – multiply-accumulates
    weights, inputs, outputs : int – numbers of values (biases are left out: they are few)
    """

    layer: str
    kind: str
    macs: int
    weights: int
    inputs: int
    outputs: int

    @property
    def values(self) -> int:
        """How many values have to move: weights and input are read once, the output is written once."""
        return self.weights + self.inputs + self.outputs

    def intensity(self, bit_width: int) -> float:
        """Return the arithmetic intensity in multiply-accumulates per byte, all values with ``bit_width`` bits.

        Source: Williams, Waterman and Patterson 2009, "Roofline: An Insightful Visual Performance Model for
        Multicore Architectures", CACM 52(4), there in floating-point operations per byte.

        Examples
        --------
        >>> LayerCost("fc", "linear", macs=4096**2, weights=4096**2, inputs=4096, outputs=4096).intensity(8)
        0.9995119570522206
        """
        return self.macs / (self.values * bit_width / 8)


def layer_costs(model: nn.Module, images: Tensor) -> list[LayerCost]:
    """Count what every Conv2d and Linear layer costs, from the shapes of one forward pass.

    Parameters
    ----------
    model : nn.Module
        In the mode that is to be counted; its weights do not matter.
    images : float tensor, shape (N, C, H, W)
        Only the shape matters; all counts are for the N images together.

    Returns
    -------
    list of LayerCost
        In the order in which the layers run; a layer that runs twice is there twice.

    Examples
    --------
    >>> import torch
    >>> from zeropoint.vision.models import resnet20
    >>> costs = layer_costs(resnet20().eval(), torch.zeros(1, 3, 32, 32))
    >>> len(costs), costs[0]
    (22, LayerCost(layer='conv1', kind='conv 3×3', macs=442368, weights=432, inputs=3072, outputs=16384))
    """
    import torch
    from torch import nn

    costs: list[LayerCost] = []

    def count(name: str, layer: Weighted, x: Tensor, y: Tensor) -> None:
        macs = y.numel() * layer.weight[0].numel()  # every output value is one dot product
        costs.append(LayerCost(name, layer_kind(layer), macs, layer.weight.numel(), x.numel(), y.numel()))

    hooks = [
        layer.register_forward_hook(lambda layer, inputs, y, name=name: count(name, layer, inputs[0], y))
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    ]
    try:
        with torch.inference_mode():
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return costs


def layer_kind(layer: nn.Module) -> str:
    """Return what a layer is, in the words of the field.

    Examples
    --------
    >>> from torch import nn
    >>> layer_kind(nn.Conv2d(8, 8, 3, groups=8)), layer_kind(nn.Conv2d(8, 16, 1)), layer_kind(nn.Linear(8, 2))
    ('depthwise 3×3', 'pointwise 1×1', 'linear')
    """
    from torch import nn

    if not isinstance(layer, nn.Conv2d):
        return "linear"
    size = "×".join(str(k) for k in layer.kernel_size)
    if layer.groups == layer.in_channels > 1:
        return f"depthwise {size}"
    return f"{'pointwise' if size == '1×1' else 'conv'} {size}"
