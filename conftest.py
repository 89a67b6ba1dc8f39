"""For nbval, which runs the committed notebooks: a kernel that does not start gets a second and a third try.

Kernels choose free ports and bind them a moment later. Now and then two that start at once choose the same, and one
dies before the first cell.
"""

from __future__ import annotations

from typing import Any

from nbval import kernel

TRIES = 3
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
