"""The shipped images: bit-exact, balanced, disjoint – and one clear sentence when a file is missing or damaged."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from zeropoint.paths import course_root
from zeropoint.vision import cifar


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the course's data and weights that a test may damage."""
    root = course_root()
    for folder in ("data", "weights"):
        shutil.copytree(root / folder, tmp_path / folder)
    (tmp_path / "course.toml").write_bytes((root / "course.toml").read_bytes())
    monkeypatch.setenv("ZEROPOINT_HOME", str(tmp_path))
    cifar._sheet.cache_clear()
    yield tmp_path
    cifar._sheet.cache_clear()


def flip_one_byte(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(bytes(content))


def test_every_image_matches_the_index() -> None:
    parts = {name: cifar._sheet(name) for name in ("test", "train")}
    lines = cifar.index()
    assert len(lines) == 7000
    for line in lines:
        images, labels = parts[line["sheet"]]
        row = int(line["row"])
        assert hashlib.sha256(images[row].tobytes()).hexdigest() == line["sha256"]
        assert labels[row] == int(line["label"])


def test_calibration_training_and_test_images_are_disjoint() -> None:
    lines = cifar.index()
    chosen = {}
    for part, (sheet, first, last) in cifar.PARTS.items():
        rows = [line for line in lines if line["sheet"] == sheet and first <= int(line["row"]) < last]
        chosen[part] = {(sheet, line["position"]) for line in rows}
        assert len(chosen[part]) == last - first
    assert not chosen["calibration"] & chosen["train"]
    assert not chosen["calibration"] & chosen["test"]
    assert not chosen["train"] & chosen["test"]
    pixels = [{image.tobytes() for image in getattr(cifar, part)(raw=True)[0]} for part in cifar.PARTS]
    assert not pixels[0] & pixels[1] and not pixels[0] & pixels[2] and not pixels[1] & pixels[2]


@pytest.mark.parametrize(("part", "count"), [("calibration", 1000), ("train", 4000), ("test", 2000)])
def test_shapes_kinds_and_balance(part: str, count: int) -> None:
    images, labels = getattr(cifar, part)()
    assert (images.dtype, tuple(images.shape)) == (torch.float32, (count, 3, 32, 32))
    assert (labels.dtype, tuple(labels.shape)) == (torch.int64, (count,))
    raw, raw_labels = getattr(cifar, part)(raw=True)
    assert (raw.dtype, raw.shape, raw_labels.dtype) == (np.uint8, (count, 32, 32, 3), np.int64)
    assert np.bincount(raw_labels).tolist() == [count // 10] * 10
    assert sorted(getattr(cifar, part)(10, raw=True)[1]) == list(range(10))


def test_normalised_images_have_mean_zero_and_deviation_one() -> None:
    images, _ = cifar.train()
    assert images.mean(dim=(0, 2, 3)).abs().max() < 0.03
    assert (images.std(dim=(0, 2, 3)) - 1).abs().max() < 0.03
    raw, _ = cifar.train(1, raw=True)
    by_hand = (raw[0, 5, 7, 2] / 255 - 0.44653) / 0.26159
    assert images[0, 2, 5, 7].item() == pytest.approx(by_hand, abs=1e-6)


def test_a_learners_changes_do_not_stay() -> None:
    first, _ = cifar.test(10, raw=True)
    first[:] = 0
    assert cifar.test(10, raw=True)[0].any()


def test_augmentation_keeps_shape_and_draws_anew() -> None:
    image = torch.from_numpy(cifar.train(1, raw=True)[0]).permute(0, 3, 1, 2)[0]
    torch.manual_seed(0)
    views = {cifar.augmentation()(image).numpy().tobytes() for _ in range(20)}
    assert len(views) > 10
    assert cifar.augmentation()(image).shape == (3, 32, 32)


@pytest.mark.parametrize("count", [0, -1, 2001])
def test_wrong_count_is_one_sentence(count: int) -> None:
    with pytest.raises(ValueError, match=rf"count is {count}: the test part has 2,000 images"):
        cifar.test(count)


@pytest.mark.parametrize("name", ["test.webp", "train.webp", "index.csv", "SHA256SUMS"])
def test_missing_file_is_one_sentence(course: Path, name: str) -> None:
    (course / "data" / name).rename(course / "data" / "renamed")
    with pytest.raises(FileNotFoundError, match=rf"^data/{name} is missing: restore it with 'git checkout -- data'"):
        cifar.verify()


@pytest.mark.parametrize("name", ["test.webp", "train.webp", "index.csv"])
@pytest.mark.parametrize("position", [0, 1000, -1])
def test_one_flipped_byte_is_one_sentence(course: Path, name: str, position: int) -> None:
    flip_one_byte(course / "data" / name, position)
    with pytest.raises(ValueError, match=rf"^data/{name} does not match its checksum"):
        cifar.verify()
    if name == "test.webp":
        with pytest.raises(ValueError, match="does not match its checksum"):
            cifar.test()


def test_no_course_folder_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROPOINT_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"No course folder with course\.toml was found"):
        course_root()


def test_whole_set_before_it_is_fetched_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROPOINT_CACHE", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="run 'zeropoint data fetch' once"):
        cifar.full_test()
    assert not list(tmp_path.iterdir())
