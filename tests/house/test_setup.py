"""One command sets everything up: the Makefile and .ci/run, with stand-ins for Python, uv and apt-get."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STAMP = ".venv/.synced"
pytestmark = pytest.mark.skipif(
    not (shutil.which("make") and shutil.which("bash")), reason="make and bash are what this tests, and one is missing"
)

# A stand-in for Python: notes what it is asked, makes an environment that holds itself, "installs" the uv below.
FAKE_PYTHON = """#!/bin/sh
echo "python $*" >> "$LOG"
case "$1 $2" in
    "-V ") echo "Python {version}.0" ;;
    -c\\ *version_info*)
        exec "{real}" -c "import sys; sys.version_info = ({version_tuple}, 0); exec(sys.argv[1])" "$2" ;;
    "-m venv")
        for last; do :; done
        case "$*" in *--without-pip*) ;; *) [ -z "$NO_ENSUREPIP" ] || exit 1 ;; esac
        mkdir -p "$last/bin" && cp "$0" "$last/bin/python" ;;
    "-m pip")
        case "$*" in *--version*) [ -z "$NO_ENSUREPIP" ]; exit ;; esac
        cp "$FAKE_UV" .venv/bin/uv ;;
esac
"""
FAKE_UV = '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "uv $*" >> "$LOG"\nexit ${UV_STATUS:-0}\n'


class Clone:
    """A folder with the real Makefile, whose Python and uv only write down what they are asked."""

    def __init__(self, folder: Path):
        self.bin, self.root, self.log = folder / "bin", folder / "clone", folder / "log"
        self.bin.mkdir()
        self.root.mkdir()
        for name in ("Makefile", "pyproject.toml", "uv.lock"):
            shutil.copy(ROOT / name, self.root / name)
        script(self.bin / "uv-to-install", FAKE_UV)
        self.add_python("python3", "3.12")

    def add_python(self, name: str, version: str) -> None:
        text = FAKE_PYTHON.replace("{version_tuple}", version.replace(".", ", "))
        script(self.bin / name, text.replace("{version}", version).replace("{real}", sys.executable))

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run make and keep the calls of this run in ``calls``."""
        self.log.unlink(missing_ok=True)
        fakes = {"PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}", "LOG": str(self.log)}
        outer = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHON", "ARGS", "PORT"}  # this may itself run under make
        inherited = {name: value for name, value in os.environ.items() if name not in outer}
        return subprocess.run(
            ["make", *arguments],
            cwd=self.root,
            env={**inherited, **fakes, "FAKE_UV": str(self.bin / "uv-to-install"), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in lines if not line.startswith("python -c")]


def script(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


# ── the Makefile ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_call_sets_up_and_opens_the_course(clone: Clone) -> None:
    result = clone.make("lab")
    assert result.returncode == 0, result.stderr
    wanted = ["python -m venv", "python -m pip --version", "python -m pip install", "uv sync", "python -m zeropoint"]
    assert [call for call, start in zip(clone.calls, wanted, strict=True) if not call.startswith(start)] == []
    assert "uv sync --frozen --extra deploy" in clone.calls


def test_the_second_call_installs_nothing(clone: Clone) -> None:
    clone.make("lab")
    clone.make("lab")
    assert clone.calls == ["python -m zeropoint.cli lab"]


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_is_synced(clone: Clone, name: str) -> None:
    clone.make("setup")
    later = (clone.root / STAMP).stat().st_mtime + 10
    os.utime(clone.root / name, (later, later))
    clone.make("setup")
    assert clone.calls == ["uv sync --frozen --extra deploy"]


@pytest.mark.parametrize("status", ["1", "130", "137"])
def test_a_failed_or_interrupted_sync_is_taken_up_again(clone: Clone, status: str) -> None:
    assert clone.make("lab", UV_STATUS=status).returncode != 0
    assert not (clone.root / STAMP).exists()
    assert not any("zeropoint" in call for call in clone.calls)
    assert clone.make("lab").returncode == 0
    assert clone.calls == ["uv sync --frozen --extra deploy", "python -m zeropoint.cli lab"]


def test_a_sync_that_fails_later_takes_the_old_stamp_away(clone: Clone) -> None:
    clone.make("setup")
    later = (clone.root / STAMP).stat().st_mtime + 10
    os.utime(clone.root / "uv.lock", (later, later))
    clone.make("setup", UV_STATUS="1")
    assert not (clone.root / STAMP).exists()


def test_a_moved_clone_is_set_up_again(clone: Clone) -> None:
    clone.make("setup")
    clone.root = clone.root.rename(clone.root.with_name("moved here"))
    clone.make("setup")
    assert clone.calls == ["uv sync --frozen --extra deploy"]


def test_a_python_without_ensurepip_installs_uv_from_outside(clone: Clone) -> None:
    result = clone.make("setup", NO_ENSUREPIP="1")
    assert result.returncode == 0, result.stderr
    assert "python -m venv --clear --without-pip .venv" in clone.calls
    assert any(call.startswith("python -m pip --python .venv/bin/python install") for call in clone.calls)


@pytest.mark.parametrize("version", ["3.10", "3.15"])
def test_an_unsupported_python_gets_one_sentence(clone: Clone, version: str) -> None:
    clone.add_python("python3", version)
    result = clone.make("lab", "PYTHON=python3")
    (sentence, *rest) = result.stderr.splitlines()
    assert sentence.startswith(f"Zeropoint needs Python 3.11 to 3.14, and python3 is Python {version}.0: install")
    assert all(line.startswith("make") for line in rest)  # make's own "*** Error 1"
    assert not (clone.root / ".venv").exists()


def test_no_python_gets_one_sentence(clone: Clone) -> None:
    result = clone.make("lab", "PYTHON=no-such-python")
    assert result.stderr.splitlines()[0].endswith("there is no no-such-python here: install one.")


def test_the_first_supported_python_on_the_path_is_taken(clone: Clone) -> None:
    clone.add_python("python3", "3.9")
    clone.add_python("python3.14", "3.14")
    assert clone.make("setup").returncode == 0
    assert "(3, 14, 0)" in (clone.root / ".venv/bin/python").read_text()


def test_an_environment_of_an_unsupported_python_is_replaced(clone: Clone) -> None:
    clone.make("setup")
    clone.add_python("../clone/.venv/bin/python", "3.10")
    (clone.root / STAMP).unlink()
    clone.make("setup")
    assert "python -m venv --clear .venv" in clone.calls


def test_lab_takes_a_port_and_arguments(clone: Clone) -> None:
    clone.make("lab", "PORT=9999", "ARGS=--no-browser notebooks/x.ipynb")
    assert clone.calls[-1] == "python -m zeropoint.cli lab --port 9999 --no-browser notebooks/x.ipynb"


def test_test_runs_every_check_in_order(clone: Clone) -> None:
    (clone.root / "notebooks").mkdir()
    (clone.root / "notebooks/00_start_here.ipynb").touch()
    clone.make("setup")
    clone.make("test")
    assert [re.split(r" -n | --", call)[0] for call in clone.calls] == [
        "python -m ruff check .",
        "python -m ruff format",
        "python -m pyrefly check",
        "python -m codespell_lib",
        "python -m nbstripout",
        "python -m pytest",
    ]
    assert clone.calls[4].endswith("notebooks/00_start_here.ipynb")
    assert clone.calls[5].endswith("--nbval notebooks solutions quiz tests/browser tests")


def test_quick_leaves_out_the_browser_and_what_is_slow(clone: Clone) -> None:
    clone.make("setup")
    clone.make("quick")
    assert clone.calls[-1].endswith("-m not slow --ignore=tests/browser tests")
    assert not any("--nbval" in call for call in clone.calls)


def test_help_names_every_target(clone: Clone) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()) - {"force"}
    assert {line.split()[1] for line in clone.make().stdout.splitlines()} == targets


# ── continuous integration ──────────────────────────────────────────────────────────────────────────────────────────


def run_ci(folder: Path, *present: str, user: int, make_status: int = 0) -> tuple[int, list[str]]:
    """Run .ci/run where only the commands ``present`` are on the path; return its status and what it called."""
    log = folder / "log"
    note = f'#!{shutil.which("sh")}\necho "$(basename "$0") $* CI=$CI" >> "{log}"\n'.replace(
        '$(basename "$0")', "{name}"
    )
    for name in (*present, "apt-get"):
        script(folder / name, note.replace("{name}", name) + f"exit {make_status if name == 'make' else 0}\n")
    script(folder / "id", f"#!{shutil.which('sh')}\necho {user}\n")
    (folder / "dirname").symlink_to(shutil.which("dirname"))
    command = [shutil.which("bash"), str(ROOT / ".ci/run")]
    result = subprocess.run(command, env={"PATH": str(folder)}, stdin=subprocess.DEVNULL, check=False)
    return result.returncode, log.read_text().splitlines() if log.exists() else []


def test_ci_runs_make_test(tmp_path: Path) -> None:
    assert run_ci(tmp_path, "make", "chromium", user=0) == (0, ["make test CI=true"])


def test_ci_installs_the_browser_as_root(tmp_path: Path) -> None:
    status, calls = run_ci(tmp_path, "make", user=0)
    assert status == 0
    assert [call.split()[:2] for call in calls] == [["apt-get", "update"], ["apt-get", "install"], ["make", "test"]]
    assert calls[1].split()[-2] == "chromium"


def test_ci_of_a_user_tests_without_a_browser(tmp_path: Path) -> None:
    assert run_ci(tmp_path, "make", user=1000) == (0, ["make test CI=true"])


def test_ci_fails_when_the_tests_fail(tmp_path: Path) -> None:
    assert run_ci(tmp_path, "make", "chromium", user=0, make_status=2)[0] == 2
