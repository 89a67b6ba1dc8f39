"""What a package offers is seen: by ``dir``, by Tab in a notebook, and by type checkers."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from IPython.core.completer import IPCompleter, provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from zeropoint.paths import course_root

PACKAGES = ("quant", "lab", "deploy", "course")
ROOT = course_root()


def offered(text: str, *, jedi: bool) -> set[str]:
    """Return the names that IPython completes a text with, as after the Tab key."""
    shell = InteractiveShell.instance()
    completer = IPCompleter(shell=shell, namespace={}, global_namespace={}, use_jedi=jedi)
    exec("import zeropoint.quant, zeropoint.lab, zeropoint.deploy, zeropoint.course", completer.namespace)
    with provisionalcompleter():
        found = {completion.text for completion in completer.completions(text, len(text))}
    return {name.rpartition(".")[2] for name in found}


@pytest.mark.parametrize("package", PACKAGES)
def test_dir_has_every_public_name(package: str) -> None:
    module = import_module(f"zeropoint.{package}")
    assert dir(module) == sorted(module.__all__)
    assert len(set(module.__all__)) == len(module.__all__), "a name stands there twice"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_can_be_had(package: str) -> None:
    module = import_module(f"zeropoint.{package}")
    assert [name for name in module.__all__ if getattr(module, name, None) is None] == []


@pytest.mark.parametrize("jedi", [True, False])
@pytest.mark.parametrize("package", PACKAGES)
def test_tab_offers_every_public_name(package: str, jedi: bool) -> None:
    assert offered(f"zeropoint.{package}.", jedi=jedi) >= set(import_module(f"zeropoint.{package}").__all__)


@pytest.mark.parametrize("jedi", [True, False])
def test_tab_finds_a_name_by_its_beginning(jedi: bool) -> None:
    assert {"quantize_model", "quantize_multiplier"} <= offered("zeropoint.quant.quantize_m", jedi=jedi)


# ── type checkers ───────────────────────────────────────────────────────────────────────────────────────────────────


def errors_in(source: str, folder: Path) -> list[str]:
    """Return the kinds of error that the type checker of `make lint` finds in a program that uses the course."""
    program = folder / "program.py"
    program.write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "pyrefly", "check", str(program), "--output-format", "json"]
    settings = ["--preset", "default", "--search-path", str(ROOT / "src"), "--python-interpreter-path", sys.executable]
    done = subprocess.run([*command, *settings], capture_output=True, text=True, check=False, cwd=folder)
    return [error["name"] for error in json.loads(done.stdout)["errors"]]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("quant.QConfig(weight_bits='8')", "quant.QConfig(weight_bits=8)"),
        ("quant.QConfig(weigth_bits=8)", "quant.QConfig(weight_bits=8)"),
        ("quant.PerAxis('0')", "quant.PerAxis(0)"),
        ("quant.quantize_modle", "quant.quantize_model"),
        ("quant.choose_qparams_affine(0.0, 1.0, bit_width='8')", "quant.choose_qparams_affine(0.0, 1.0, bit_width=8)"),
        ("lab.Slider('bits', 'bits', values='8', value=[])", "lab.Slider('bits', 'bits', values=(4, 8), value=8)"),
        ("lab.draw_picture(3)", "lab.draw_picture"),
        ("deploy.open_session(3.5)", "deploy.open_session('network.onnx', 'onnxruntime')"),
        ("deploy.export_onxx", "deploy.export_onnx"),
        ("course.check(2.1, None)", "course.check('02.1', None)"),
        ("course.login(3)", "course.login('Ada')"),
        ("cifar.test('all')", "cifar.test(10)"),
        ("roofline.Device(3)", "roofline.Device"),
    ],
)
def test_a_wrong_argument_is_found(wrong: str, right: str, tmp_path: Path) -> None:
    imports = "from zeropoint import course, deploy, lab, quant, roofline\nfrom zeropoint.vision import cifar\n"
    assert errors_in(imports + right, tmp_path) == []
    assert errors_in(imports + wrong, tmp_path) != []


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "src" / "zeropoint" / "py.typed").is_file()
