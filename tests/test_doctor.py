"""The doctor gives one clear verdict a line, whatever is broken."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from zeropoint import cli, doctor, hardware
from zeropoint.doctor import Check, Report
from zeropoint.vision import cifar, zoo

NAMES = ["Python", "Packages", "Runtimes", "PyTorch", "CPU", "Cores", "Memory", "Disk", "Data", "Weights", "Widgets"]
NAMES += ["Progress"]


def run_cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zeropoint.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


# ── the report ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_this_machine_is_ready() -> None:
    result = run_cli("doctor")
    *lines, verdict = result.stdout.splitlines()
    assert result.returncode == 0, result.stdout
    assert [line.split()[1] for line in lines] == NAMES
    assert {line.split()[0] for line in lines} <= {"OK", "WARN"}
    assert verdict.startswith("Ready")


@pytest.mark.parametrize(("status", "code"), [("OK", 0), ("WARN", 0), ("FAIL", 1)])
def test_exit_status_follows_the_verdicts(monkeypatch: pytest.MonkeyPatch, status: str, code: int) -> None:
    monkeypatch.setattr(doctor, "run_checks", lambda: [Check("Disk", status, "as found")])
    result = CliRunner().invoke(cli.main, ["doctor"])
    assert result.exit_code == code
    assert result.output.startswith(f"{status:<4}  Disk")


def test_a_check_that_raises_fails_with_its_message_and_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> tuple[str, str]:
        raise OSError("libtorch.so was not found\nand much more")

    monkeypatch.setattr(doctor, "CHECKS", {"PyTorch": broken, "Cores": hardware.check_cores})
    first, second = doctor.run_checks()
    assert first == Check("PyTorch", "FAIL", "libtorch.so was not found")
    assert second.status != "FAIL"


def test_an_error_without_a_message_is_named() -> None:
    assert doctor._guarded("CPU", lambda: [][0]).message == "list index out of range"
    assert doctor._guarded("CPU", lambda: (_ for _ in ()).throw(MemoryError())).message == "MemoryError"


def test_html_holds_every_line_escaped() -> None:
    text = Report((Check("Python", "OK", "3.11 <3.15"),))._repr_html_()
    assert "<td><b>OK</b></td><td>Python</td>" in text
    assert "3.11 &lt;3.15" in text


# ── single checks ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("flags", "status", "word"),
    [
        (["sse4_2", "avx2", "avx512f", "avx512bw"], "OK", "saturate"),
        (["AVX2"], "OK", "saturate"),
        (["avx2", "avx_vnni"], "OK", "AVX-VNNI"),
        (["avx2", "avx512_vnni"], "OK", "AVX-512 VNNI"),
        (["avx2", "avx512_vnni", "amx_int8"], "OK", "AMX"),
        (["asimd", "asimddp"], "OK", "NEON"),
        (["asimd"], "WARN", "not be faster"),
        ([], "WARN", "not be faster"),
    ],
)
def test_int8_verdict(flags: list[str], status: str, word: str) -> None:
    verdict, sentence = hardware.int8_verdict(flags)
    assert verdict == status
    assert word in sentence


@pytest.mark.parametrize(
    ("requirement", "fault"),
    [
        ("click>=8", None),
        ("click>=8,<8", r"click \S+ is outside <8,>=8"),
        ("no-such-package>=1", "no-such-package is missing"),
        ("no-such-package>=1; sys_platform == 'nowhere'", None),
    ],
)
def test_versions_are_compared(requirement: str, fault: str | None) -> None:
    faults = doctor.compare_versions([requirement])[1]
    assert len(faults) == (fault is not None)
    assert all(re.fullmatch(fault, phrase) for phrase in faults)


def test_a_local_build_label_is_in_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "2.15.0+cpu")
    assert doctor.compare_versions(["torch>=2.11,<2.16"]) == ({"torch": "2.15.0+cpu"}, [])


def test_a_package_out_of_range_fails_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda name: ["numpy>=99", "click>=8"])
    status, message = doctor.check_packages()
    assert status == "FAIL"
    assert re.match(r"numpy \S+ is outside >=99: run `make lab`", message)


def test_another_python_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "sys", SimpleNamespace(version_info=(3, 10, 4)))
    assert doctor.check_python()[0] == "FAIL"


@pytest.mark.parametrize(("free", "status"), [(3, "OK"), (1, "WARN")])
def test_little_memory_warns(monkeypatch: pytest.MonkeyPatch, free: int, status: str) -> None:
    memory = SimpleNamespace(total=8 * hardware.GIB, available=free * hardware.GIB)
    monkeypatch.setattr("psutil.virtual_memory", lambda: memory)
    monkeypatch.setattr(hardware, "CGROUP_LIMIT", Path("no such file"))
    assert hardware.check_memory()[0] == status


def test_a_container_limit_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(f"{hardware.GIB}\n")
    monkeypatch.setattr(hardware, "CGROUP_LIMIT", limit)
    status, message = hardware.check_memory()
    assert (status, message.split(":")[0]) == ("WARN", "1.0 GB free of 1.0 GB")


def test_damaged_data_fails_with_the_sentence_of_the_data_module(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise ValueError("test-00.png does not match its checksum: restore it.")

    monkeypatch.setattr(cifar, "verify", damaged)
    assert Check("Data", "FAIL", "test-00.png does not match its checksum: restore it.") in doctor.run_checks()


def test_damaged_weights_fail_with_the_sentence_of_the_zoo(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(name: str) -> None:
        raise ValueError(f"{name} does not match its checksum.")

    monkeypatch.setattr(zoo, "available", lambda: ["resnet20"])
    monkeypatch.setattr(zoo, "verify", damaged)
    check = doctor._guarded("Weights", doctor.check_weights)
    assert (check.status, check.message) == ("FAIL", "resnet20 does not match its checksum.")


def test_no_weights_at_all_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "available", lambda: [])
    assert doctor.check_weights()[0] == "FAIL"


def test_a_missing_widget_extension_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    manager = tmp_path / "@jupyter-widgets" / "jupyterlab-manager"
    manager.mkdir(parents=True)
    (manager / "package.json").write_text("{}")
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *parts: [str(tmp_path)])
    status, message = doctor.check_widgets()
    assert status == "FAIL"
    assert "extension anywidget is not installed" in message


@pytest.mark.parametrize(("learner", "words"), [(None, "anonymous"), ("ada", "ada: 0 attempts in")])
def test_progress_says_who_and_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, learner: str | None, words: str
) -> None:
    monkeypatch.setenv("ZEROPOINT_PROGRESS", str(tmp_path / "progress.sqlite"))
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    if learner:
        monkeypatch.setenv("JUPYTERHUB_USER", learner)
    status, message = doctor.check_progress()
    assert (status, message.startswith(words)) == ("OK", True)
    assert list(tmp_path.iterdir()) == []  # looking stores nothing


def test_a_damaged_progress_file_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "progress.sqlite"
    path.write_bytes(b"not a database, but long enough to be looked at" * 100)
    monkeypatch.setenv("ZEROPOINT_PROGRESS", str(path))
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert doctor._guarded("Progress", doctor.check_progress).status == "FAIL"


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("arguments", ["--help", "--version", "lab --help"])
def test_the_command_line_answers_without_torch(arguments: str) -> None:
    statement = f"from zeropoint.cli import main; main({arguments.split()}, standalone_mode=False)"
    code = f"{statement}; import sys; print(sorted({{'torch', 'numpy', 'jupyterlab'}} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def test_an_error_for_the_reader_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "report", lambda: (_ for _ in ()).throw(FileNotFoundError("No course folder here.")))
    result = CliRunner().invoke(cli.main, ["doctor"])
    assert (result.exit_code, result.output) == (1, "Error: No course folder here.\n")


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "report", lambda: (_ for _ in ()).throw(KeyError("bug")))
    assert isinstance(CliRunner().invoke(cli.main, ["doctor"]).exception, KeyError)


def test_what_an_extra_adds_is_looked_at_apart() -> None:
    wanted = ["click>=8", 'onnx>=1 ; extra == "deploy"', 'sphinx>=1 ; extra == "docs"', "none ; python_version < '3'"]
    assert list(doctor.compare_versions(wanted)[0]) == ["click"]
    assert list(doctor.compare_versions(wanted, extra="deploy")[0]) == ["onnx"]


def test_missing_runtimes_are_a_warning_that_names_the_lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.metadata, "requires", lambda _: ['no-such-runtime>=1 ; extra == "deploy"'])
    status, message = doctor.check_runtimes()
    assert status == "WARN"
    assert message.startswith("no-such-runtime is missing; lessons 07 and 10 need the extra deploy: run `make lab`")
