"""Where the course lies: the folder that holds ``course.toml``, ``data/`` and ``weights/``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import platformdirs

MARKER = "course.toml"
SUMS = "SHA256SUMS"  # in the format of the command sha256sum, beside the files it lists


def course_root() -> Path:
    """Return the course folder.

    The first of: ``$ZEROPOINT_HOME``, the folders above this file (an editable install, the usual
    way), the folders above the working directory (an installed wheel, a notebook in a clone).

    Raises
    ------
    FileNotFoundError
        When none of them holds ``course.toml``.
    """
    home = os.environ.get("ZEROPOINT_HOME")
    if home:
        candidates = [Path(home).expanduser()]
    else:
        candidates = [*Path(__file__).resolve().parents, Path.cwd(), *Path.cwd().parents]
    for folder in candidates:
        if (folder / MARKER).is_file():
            return folder
    where = f" in {home}" if home else ""
    raise FileNotFoundError(
        f"No course folder with {MARKER} was found{where}: "
        "start inside your clone of the course, or set ZEROPOINT_HOME to its path."
    )


def cache_folder() -> Path:
    """Return where the whole CIFAR-10 is kept: ``$ZEROPOINT_CACHE`` or the user's cache folder (not created)."""
    folder = os.environ.get("ZEROPOINT_CACHE")
    return Path(folder).expanduser() if folder else platformdirs.user_cache_path("zeropoint")


def verified_bytes(folder: str, name: str) -> bytes:
    """Return the content of a shipped file, checked against the ``SHA256SUMS`` beside it.

    Parameters
    ----------
    folder : str – "data" or "weights"
    name : str – the file's name in that folder

    Raises
    ------
    FileNotFoundError, ValueError
        When the file is missing, or differs from what was shipped; one sentence that says what to do.
    """
    sums = _read(folder, SUMS).decode().splitlines()
    digests = {file: digest for digest, file in (line.split() for line in sums)}
    content = _read(folder, name)
    if hashlib.sha256(content).hexdigest() != digests.get(name):
        raise ValueError(
            f"{folder}/{name} does not match its checksum in {folder}/SHA256SUMS, so it was changed or damaged: "
            f"restore it with 'git checkout -- {folder}'."
        )
    return content


def write_sums(files: Iterable[Path]) -> None:
    """Write the ``SHA256SUMS`` beside files of one folder, for :func:`verified_bytes` to check them against."""
    files = list(files)
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (files[0].parent / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def _read(folder: str, name: str) -> bytes:
    path = course_root() / folder / name
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{folder}/{name} is missing: restore it with 'git checkout -- {folder}', or clone the course again."
        ) from None
