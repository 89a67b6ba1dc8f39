"""The trained networks that ship with the course, verified before they are used."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import nn

from zeropoint.paths import SUMS, course_root, verified_bytes, write_sums
from zeropoint.vision.models import ARCHITECTURES


def available() -> list[str]:
    """Return the names of the networks whose weights are listed in ``weights/SHA256SUMS``."""
    sums = course_root() / "weights" / SUMS
    if not sums.is_file():
        return []
    return [line.split()[1].removesuffix(".safetensors") for line in sums.read_text(encoding="utf-8").splitlines()]


def verify(name: str) -> None:
    """Check the weights of one network; see :func:`load` for what is raised."""
    _content(name)


def load(name: str) -> nn.Module:
    """Return a trained network in evaluation mode.

    Parameters
    ----------
    name : str – e.g. "resnet20"; its model card is ``weights/<name>.md``

    Raises
    ------
    ValueError
        For a name that does not exist, or weights that differ from their checksum.
    FileNotFoundError
        When the weights are missing.
    """
    state = load_tensors(_content(name))
    model = ARCHITECTURES[name]()
    model.load_state_dict(state)
    return model.eval()


def save(model: nn.Module, folder: Path, name: str) -> Path:
    """Write a network's weights and renew ``SHA256SUMS`` in the folder; return the path of the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    path.write_bytes(save_tensors({key: value.contiguous() for key, value in model.state_dict().items()}))
    write_sums(sorted(folder.glob("*.safetensors")))
    return path


def _content(name: str) -> bytes:
    if name not in ARCHITECTURES:
        raise ValueError(f"There is no network called {name!r}: expected one of {', '.join(ARCHITECTURES)}.")
    return verified_bytes("weights", f"{name}.safetensors")
