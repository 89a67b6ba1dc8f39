"""CIFAR-10: the shipped subset (the default everywhere) and the whole set, once it has been fetched.

The subset has 2,000 test images and 5,000 training images. The first 1,000 of the latter are for calibration
only, so that calibration, training and test images are three disjoint sets by construction.
"""

from __future__ import annotations

import csv
import hashlib
import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from zeropoint.paths import cache_folder, verified_bytes

if TYPE_CHECKING:
    import torch

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

#: Mean and standard deviation of the 50,000 training images for each channel (red, green, blue), of values in 0 … 1.
MEAN = (0.4914, 0.48216, 0.44653)
STD = (0.24703, 0.24349, 0.26159)

FILES = ("index.csv", "test.webp", "train.webp")  # of data/, each with its checksum
SIDE = 32  # pixels
ROW_OF_SHEET = {"test": 50, "train": 100}  # images in a row of the sheet

#: Index ranges in the sheets: ``part: (sheet, first, past the last)``. A test proves that they are disjoint.
PARTS = {"calibration": ("train", 0, 1000), "train": ("train", 1000, 5000), "test": ("test", 0, 2000)}

#: SHA-256 of the whole set's arrays: uint8 images (N, 32, 32, 3) and uint8 labels (N,), in the official order.
FULL_SHA256 = {
    "train_images": "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a",
    "train_labels": "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
    "test_images": "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04",
    "test_labels": "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
}
FULL_FILE = "cifar10.npz"

Pair = tuple[Any, Any]


def calibration(count: int = 1000, *, raw: bool = False) -> Pair:
    """Return the images set aside for calibration; see :func:`test` for shapes and options."""
    return _part("calibration", count, raw)


def train(count: int = 4000, *, raw: bool = False) -> Pair:
    """Return the shipped training images; see :func:`test` for shapes and options."""
    return _part("train", count, raw)


def test(count: int = 2000, *, raw: bool = False) -> Pair:
    """Return the shipped test images and their labels.

    Parameters
    ----------
    count : int
        The first ``count`` images; any multiple of 10 has the ten classes equally often.
    raw : bool
        Return NumPy arrays of pixels instead of normalised tensors.

    Returns
    -------
    images : torch.Tensor float32, shape (count, 3, 32, 32), normalised with MEAN and STD;
        with ``raw=True`` a NumPy array uint8, shape (count, 32, 32, 3), 0 … 255
    labels : int64, shape (count,), of the same kind as the images; an index into CLASSES

    Raises
    ------
    FileNotFoundError, ValueError
        When a data file is missing or damaged, or ``count`` is out of range; the message says what to do.
    """
    return _part("test", count, raw)


# A public name of the course, not a test for pytest to collect.
test.__test__ = False  # pyrefly: ignore[missing-attribute] – functions take attributes, and pytest looks for this one


def full_train(*, raw: bool = False) -> Pair:
    """Return all 50,000 training images (needs ``zeropoint data fetch``); shapes as in :func:`test`."""
    return _full("train", raw)


def full_test(*, raw: bool = False) -> Pair:
    """Return all 10,000 test images (needs ``zeropoint data fetch``); shapes as in :func:`test`."""
    return _full("test", raw)


def normalise(images: torch.Tensor | np.ndarray) -> torch.Tensor:
    """Return what the networks expect: float32 (N, 3, 32, 32) with mean 0 and standard deviation 1 a channel.

    Parameters
    ----------
    images : uint8, shape (N, 32, 32, 3) as a NumPy array, or (N, 3, 32, 32) as a torch tensor
    """
    import torch

    if isinstance(images, np.ndarray):
        images = torch.from_numpy(images).permute(0, 3, 1, 2)
    mean = torch.tensor(MEAN).view(1, 3, 1, 1)
    std = torch.tensor(STD).view(1, 3, 1, 1)
    return ((images.float() / 255 - mean) / std).contiguous()


def augmentation() -> Any:
    """Return the training augmentation for one uint8 image (3, 32, 32): a shifted crop, perhaps mirrored."""
    from torchvision.transforms import v2

    return v2.Compose([v2.RandomCrop(SIDE, padding=4, padding_mode="reflect"), v2.RandomHorizontalFlip()])


def index() -> list[dict[str, str]]:
    """Return the index of the shipped images: sheet, row, position in the whole set, label, SHA-256 of the pixels."""
    return list(csv.DictReader(io.StringIO(verified_bytes("data", "index.csv").decode())))


def verify() -> None:
    """Check every shipped data file against ``data/SHA256SUMS``; raise with one clear sentence otherwise."""
    for name in FILES:
        verified_bytes("data", name)


def _part(part: str, count: int, raw: bool) -> Pair:
    sheet, first, last = PARTS[part]
    if not 0 < count <= last - first:
        raise ValueError(f"count is {count}: the {part} part has {last - first:,} images; ask for 1 to that many.")
    images, labels = _sheet(sheet)
    chosen = slice(first, first + count)
    return _as_asked(images[chosen].copy(), labels[chosen].copy(), raw)


def _as_asked(images: np.ndarray, labels: np.ndarray, raw: bool) -> Pair:
    if raw:
        return images, labels
    import torch

    return normalise(images), torch.from_numpy(labels)


@lru_cache(maxsize=2)
def _sheet(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (N, 32, 32, 3) uint8 and labels (N,) int64 of one sheet, verified."""
    from PIL import Image

    with Image.open(io.BytesIO(verified_bytes("data", f"{name}.webp"))) as picture:
        pixels = np.asarray(picture.convert("RGB"))  # (rows * 32, columns * 32, 3)
    columns = ROW_OF_SHEET[name]
    tiles = pixels.reshape(-1, SIDE, columns, SIDE, 3).swapaxes(1, 2)  # (rows, columns, 32, 32, 3)
    labels = [int(line["label"]) for line in index() if line["sheet"] == name]
    return np.ascontiguousarray(tiles).reshape(-1, SIDE, SIDE, 3), np.array(labels, dtype=np.int64)


def _full(part: str, raw: bool) -> Pair:
    path = cache_folder() / FULL_FILE
    if not path.is_file():
        raise FileNotFoundError(
            "The whole CIFAR-10 has not been fetched yet: run 'zeropoint data fetch' once (139 MB), "
            "or use the shipped subset with cifar.train() and cifar.test()."
        )
    with np.load(path) as stored:
        arrays = {key: stored[key] for key in (f"{part}_images", f"{part}_labels")}
    check_full(arrays, origin=str(path))
    labels = arrays[f"{part}_labels"].astype(np.int64)
    return _as_asked(arrays[f"{part}_images"], labels, raw)


def check_full(arrays: dict[str, np.ndarray], *, origin: str) -> None:
    """Raise ValueError unless the arrays of the whole set are bit for bit the official ones."""
    for key, array in arrays.items():
        if hashlib.sha256(np.ascontiguousarray(array).data).hexdigest() != FULL_SHA256[key]:
            raise ValueError(
                f"{key} from {origin} does not match the SHA-256 of CIFAR-10: run 'zeropoint data fetch --force' again."
            )
