"""Reading notebooks, in the one version of their format that the course knows."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import nbformat


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Return a notebook in version 4 of its format, whatever version the file has.

    Raises
    ------
    OSError, ValueError
        When there is no such file, or it is no notebook.
    """
    return cast(nbformat.NotebookNode, nbformat.read(path, as_version=4))  # version 4 is never the stub's plain list
