"""A kernel of nbval that dies at the start is started again, and not without end."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "conftest.py"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch):
    from nbval import kernel

    monkeypatch.setattr(kernel, "start_new_kernel", kernel.start_new_kernel)  # put back what the import replaces
    spec = importlib.util.spec_from_file_location("root_conftest", PATH)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    assert kernel.start_new_kernel is found.start_again
    return found


@pytest.mark.parametrize("deaths", [0, 1, 2])
def test_a_kernel_that_dies_is_started_again(module, monkeypatch: pytest.MonkeyPatch, deaths: int) -> None:
    left, seen = [RuntimeError("Kernel died before replying to kernel_info")] * deaths, []

    def start(**options):
        seen.append(options)
        if left:
            raise left.pop()
        return "manager", "client"

    monkeypatch.setattr(module, "_start", start)
    assert module.start_again(kernel_name="python3", cwd="x") == ("manager", "client")
    assert seen == [{"kernel_name": "python3", "cwd": "x"}] * (deaths + 1)


def test_a_kernel_that_never_starts_is_an_error(module, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def start(**options):
        calls.append(options)
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(module, "_start", start)
    with pytest.raises(RuntimeError, match="Kernel died"):
        module.start_again()
    assert len(calls) == module.TRIES
