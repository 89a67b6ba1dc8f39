"""Settings for all tests, and the progress file that several of them need."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("course", deadline=None)  # a busy machine is no reason to fail
settings.load_profile("course")


@pytest.fixture
def progress_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A progress file of the test's own that does not exist yet, with nobody logged in."""
    from zeropoint.course import learner  # only for tests that ask: some measure what an import loads

    file = tmp_path / "new folder" / "progress.sqlite"
    monkeypatch.setenv("ZEROPOINT_PROGRESS", str(file))
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    monkeypatch.setattr(learner, "_told", None)
    monkeypatch.setattr(learner, "_said", set())
    return file
