"""Running a network over images, and what the result says class by class."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from zeropoint.vision.statistics import Accuracy, accuracy


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, *, batch_size: int = 100, progress: str | None = None) -> Tensor:
    """Return the logits of every image.

    Parameters
    ----------
    model : nn.Module – in evaluation mode
    images : float tensor, shape (N, 3, H, W), normalised
    progress : str – the label of a progress bar; None shows none

    Returns
    -------
    float tensor, shape (N, classes)

    Raises
    ------
    ValueError
        When the model is in training mode: batch norm would then depend on the other images of the batch.
    """
    if model.training:
        raise ValueError("The model is in training mode: call model.eval() before you measure its accuracy.")
    batches = images.contiguous(memory_format=torch.channels_last).split(batch_size)
    return torch.cat([model(batch) for batch in tqdm(batches, desc=progress, disable=progress is None)])


def hits(
    model: nn.Module, images: Tensor, labels: Tensor, *, batch_size: int = 100, progress: str | None = None
) -> np.ndarray:
    """Return, for each image, whether the model's first choice is its label: bool, shape (N,)."""
    logits = predict(model, images, batch_size=batch_size, progress=progress)  # (N, classes)
    return (logits.argmax(1) == labels).numpy()


def class_wise(hit: np.ndarray, labels: Tensor | np.ndarray) -> list[Accuracy]:
    """Return the accuracy of each class, in the order of the labels 0, 1, 2 …"""
    labels = np.asarray(labels)
    return [accuracy(hit[labels == c]) for c in range(int(labels.max()) + 1)]


@torch.no_grad()
def activation(model: nn.Module, images: Tensor, layer: str) -> Tensor:
    """Return what a layer hands on when the network sees the images.

    Parameters
    ----------
    layer : str – the layer's name as in ``model.named_modules()``, e.g. "stage2.0.bn1"

    Returns
    -------
    float tensor, shape (N, …) of the layer's output

    Raises
    ------
    ValueError
        When the network has no layer of that name.
    """
    try:
        module = model.get_submodule(layer)
    except AttributeError:
        names = ", ".join(name for name, _ in model.named_modules() if name)
        raise ValueError(f"There is no layer {layer!r}: expected one of {names}.") from None
    seen: list[Tensor] = []
    handle = module.register_forward_hook(lambda _module, _inputs, output: seen.append(output.clone()))
    try:
        predict(model, images)
    finally:
        handle.remove()
    return torch.cat(seen).contiguous()
