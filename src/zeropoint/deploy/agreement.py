"""Does the runtime compute what the simulation promised? Predictions, logits and, layer by layer, the codes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor, nn

from zeropoint.deploy.packages import needed
from zeropoint.deploy.runtimes import Session, open_session
from zeropoint.quant import QParams, QuantizedModel, quantize_affine
from zeropoint.quant.quantized_model import ActivationQuantizer
from zeropoint.vision.statistics import Accuracy, accuracy

if TYPE_CHECKING:
    import pandas

BATCH = 100
COLUMNS = ("layer", "codes", "differ", "max steps")


@dataclass(frozen=True)
class Parity:
    """How far a session is from a model on the same images.

    Attributes
    ----------
    n : int – images
    agreement : Accuracy – how many get the same first choice; it has ``percent`` and the Wilson ``interval``
    max_difference, mean_difference : float – of the logits, absolute
    layers : DataFrame or None – one row a quantized tensor: ``layer``, number of ``codes``, the share of them that
        ``differ``, and by how many steps at most (``max steps``)
    """

    n: int
    agreement: Accuracy
    max_difference: float
    mean_difference: float
    layers: pandas.DataFrame | None

    def __str__(self) -> str:
        low, high = self.agreement.interval
        return (
            f"same first choice for {self.agreement.percent:.2f} % of {self.n:,} images "
            f"(95 % interval {low:.2f} … {high:.2f}), logits differ by {self.mean_difference:.4f} on average, "
            f"{self.max_difference:.3f} at most"
        )


@torch.no_grad()
def parity(
    model: Callable[[Tensor], Tensor], session: Session, images: Tensor, *, layers: bool = True, first: int = 100
) -> Parity:
    """Compare a session with the model that it was exported from.

    Parameters
    ----------
    model : QuantizedModel, IntegerNetwork, or any callable: float batch (N, C, H, W) → logits (N, classes)
    session : Session
    images : float tensor, shape (N, C, H, W)
    layers : bool – compare the codes of every layer as well, where the model has codes
    first : int – on so many images

    Returns
    -------
    Parity

    Raises
    ------
    ValueError
        When the two give logits of different shapes: they are not the same network.

    Notes
    -----
    Logits come from the session itself. Codes come from a second file in which every QuantizeLinear is an output as
    well; a runtime may optimise that one differently. A code that lies on a tie differs by one step for the smallest
    reason, and every later layer then sees a different input: the first layers tell the most.
    """
    ours = torch.cat([model(batch) for batch in images.split(BATCH)]).numpy(force=True)
    theirs = session.run(images)
    if ours.shape != theirs.shape:
        raise ValueError(
            f"The model gives logits {ours.shape}, the session {theirs.shape}: open the file exported from this model."
        )
    gap = np.abs(ours.astype(np.float64) - theirs)
    same = accuracy(ours.argmax(1) == theirs.argmax(1))
    codes = model_codes(model, images[:first]) if layers else {}
    table = _compare_codes(codes, session, images[:first]) if codes else None
    return Parity(len(images), same, float(gap.max()), float(gap.mean()), table)


@torch.no_grad()
def model_codes(model: Callable[[Tensor], Tensor], images: Tensor) -> dict[str, Tensor]:
    """Return the codes of every quantized tensor by its quantizer's name; none for a model that has no codes."""
    if not isinstance(model, QuantizedModel):
        codes_of = getattr(model, "codes", None)  # an IntegerNetwork has them
        return codes_of(images) if codes_of is not None else {}
    found: dict[str, list[Tensor]] = {}

    def recorder(name: str, quantizer: ActivationQuantizer) -> Callable[[nn.Module, tuple[Tensor], Tensor], None]:
        qparams = cast(QParams, quantizer.qparams)  # which every calibrated model has

        def record(_quantizer: nn.Module, inputs: tuple[Tensor], _output: Tensor) -> None:
            found.setdefault(name, []).append(quantize_affine(inputs[0], *qparams))

        return record

    quantizers = model.activation_quantizers()
    handles = [module.register_forward_hook(recorder(name, module)) for name, module in quantizers.items()]
    try:
        for batch in images.split(BATCH):
            model(batch)
    finally:
        for handle in handles:
            handle.remove()
    return {name: torch.cat(parts) for name, parts in found.items()}


def session_codes(session: Session, images: Tensor, names: list[str]) -> dict[str, np.ndarray]:
    """Return the codes that the runtime computes for these quantizers; see the notes of :func:`parity`."""
    onnx = needed("onnx")
    model = onnx.load(str(session.path))
    tensors = {name: f"{name}_quantizer.codes" for name in names}
    kinds = {info.name: info for info in model.graph.value_info}
    missing = [name for name, tensor in tensors.items() if tensor not in kinds]
    if missing:
        raise ValueError(
            f"{session.path.name} has no quantizer {missing[0]!r}: open the file exported from this model."
        )
    model.graph.output.extend(kinds[tensor] for tensor in tensors.values())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "codes.onnx"
        onnx.save(model, str(path))
        outputs = open_session(path, session.runtime, threads=session.threads).outputs(images)
    return dict(zip(tensors, outputs[1:], strict=True))


def _compare_codes(codes: dict[str, Tensor], session: Session, images: Tensor) -> pandas.DataFrame:
    import pandas

    theirs = session_codes(session, images, list(codes))
    rows = []
    for name, ours in codes.items():
        steps = np.abs(ours.numpy(force=True).astype(np.int64) - theirs[name])
        rows.append((name, steps.size, float(np.mean(steps > 0)), int(steps.max())))
    return pandas.DataFrame(rows, columns=list(COLUMNS))
