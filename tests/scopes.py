"""Test classes made from a list: pytest-xdist (``--dist loadscope``) gives a whole class to one process."""

from __future__ import annotations

from collections.abc import Mapping


def one_class_each(base: type, attribute: str, values: Mapping[str, object]) -> dict[str, type]:
    """Return a test class for each value, to be added to a module's ``globals()``.

    Parameters
    ----------
    base : type – holds the tests; its name does not start with "Test", so that it is not collected itself
    attribute : str – what the classes call their value
    values : mapping – end of the class's name → value
    """
    names = {f"Test{base.__name__}{end}": value for end, value in values.items()}
    return {
        name: type(name, (base,), {attribute: value, "__module__": base.__module__}) for name, value in names.items()
    }
