"""The packages of the extra ``deploy``: imported when they are needed, and named when they are missing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def needed(name: str) -> ModuleType:
    """Return an imported package.

    Raises
    ------
    ModuleNotFoundError
        With the command that installs it.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ModuleNotFoundError(
            f"The package {name} is missing: install the extra that has it, pip install 'zeropoint[deploy]'.", name=name
        ) from None
