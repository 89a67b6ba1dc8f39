"""For nbval, which runs the committed notebooks: more time for a cell, and more than one try to start a kernel.

Kernels choose free ports and bind them a moment later. Now and then two that start at once choose the same, and one
dies before the first cell.
"""

from __future__ import annotations

from typing import Any

import pytest
from nbval import kernel
from nbval.plugin import IPyNbCell

TRIES = 3
CELL_SECONDS = 330  # a little more than nbval's own limit in pyproject.toml, which says which cell it was
_start = kernel.start_new_kernel


def start_again(**options: Any) -> tuple[Any, Any]:
    """Start a kernel as nbval does; try again when it dies."""
    for _ in range(TRIES - 1):
        try:
            return _start(**options)
        except RuntimeError as error:
            print(f"a kernel did not start, trying again: {error}")
    return _start(**options)


kernel.start_new_kernel = start_again


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a notebook's cell more time than other tests have: some train a network."""
    for item in items:
        if isinstance(item, IPyNbCell):
            item.add_marker(pytest.mark.timeout(CELL_SECONDS))
