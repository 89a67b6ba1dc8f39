"""``zeropoint bench``, and the record of accuracies: complete, the same in table and results, and as claimed."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from zeropoint import bench
from zeropoint.cli import main
from zeropoint.paths import course_root

RESULTS = course_root() / "benchmarks" / "results"


def recorded(name: str) -> dict[str, dict]:
    lines = (RESULTS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["name"]: row for row in map(json.loads, lines)}


def shown(section: str, column: int) -> dict[str, str]:
    """Return a column of the table between a section's two comments in docs/benchmarks.md, by the first column."""
    text = (course_root() / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    table = text.partition(f"<!-- {section} -->")[2].partition(f"<!-- end of {section} -->")[0].strip()
    cells = [[cell.strip() for cell in line.split("|")[1:]] for line in table.splitlines()[2:]]
    return {row[0]: row[column] for row in cells}


@pytest.fixture(scope="module")
def results() -> dict[str, dict]:
    return recorded("accuracy_resnet20")


def in_words(difference: list[float]) -> str:
    """Return points and their interval as the tables show them."""
    return "{:+.2f} ({:+.2f} … {:+.2f})".format(*difference)


def lost(row: dict) -> float:
    return -row["difference"][0]


def test_list_names_every_script_and_no_shared_code() -> None:
    assert {"accuracy", "quantize", "slider"} <= set(bench.scripts())
    listed = CliRunner().invoke(main, ["bench"]).output
    assert all(name in listed for name in bench.scripts())
    assert "_timing" not in listed


def test_unknown_benchmark_is_one_sentence() -> None:
    outcome = CliRunner().invoke(main, ["bench", "speed"])
    assert outcome.exit_code == 1
    assert "There is no benchmark 'speed'" in outcome.output


@pytest.mark.slow
def test_arguments_reach_the_script(capfd: pytest.CaptureFixture[str]) -> None:
    assert bench.run("accuracy", ("--network", "alexnet")) == 2
    assert "invalid choice: 'alexnet'" in capfd.readouterr().err


@pytest.mark.parametrize("network", ["resnet20", "mobilenet"])
def test_table_shows_exactly_the_recorded_results(network: str) -> None:
    table, rows = shown(f"accuracy {network}", 1), recorded(f"accuracy_{network}")
    assert table.pop("FP32")
    assert table == {name: f"{row['top1']:.2f} %" for name, row in rows.items()}
    assert all(row["n"] == 10_000 for row in rows.values())


def test_table_of_fine_tuned_networks_shows_exactly_the_recorded_results() -> None:
    rows = recorded("finetuned")
    table = {name: cell.partition(" (")[0] for name, cell in shown("fine-tuned", 2).items()}
    assert table == {name: f"{row['top1']:.2f} %" for name, row in rows.items()}
    assert all(row["n"] == 10_000 for row in rows.values())


def test_table_of_rivals_shows_exactly_the_recorded_results() -> None:
    rows = {name: row for name, row in recorded("finetuned").items() if "ptq" in row}
    ways = ("ptq", "adaround", "control_ptq")
    assert rows
    for column, way in enumerate(ways, 1):
        assert shown("rivals", column) == {name: in_words(row[way]["fp32"]) for name, row in rows.items()}
    assert shown("rivals", 4) == {name: in_words(row["fp32"]) for name, row in rows.items()}
    for column, way in enumerate(ways[1:], 5):
        assert shown("rivals", column) == {name: in_words(row[way]["qat"]) for name, row in rows.items()}
    assert all(row["n"] == 10_000 for row in rows.values())


def test_table_of_saturation_shows_exactly_the_recorded_results() -> None:
    rows = recorded("saturation")
    assert shown("saturation", 1) == {name: in_words(row["exact"]) for name, row in rows.items()}
    assert shown("saturation", 2) == {name: in_words(row["avx2"]) for name, row in rows.items()}
    assert shown("saturation", 3) == {name: f"{row['changed']:.2f} %" for name, row in rows.items()}
    assert all(row["n"] == 10_000 for row in rows.values())


@pytest.mark.parametrize("network", ["resnet20", "mobilenet"])
def test_four_bits_trained_come_close_to_float(network: str) -> None:
    rows = recorded("finetuned")
    assert rows[f"{network}_w4a4_ends8"]["fp32"][0] > {"resnet20": -1.0, "mobilenet": -1.5}[network]
    assert abs(rows[f"{network}_float"]["fp32"][0]) < 1.0  # more training alone changes little


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("W8A8 per-tensor", -0.3, 0.3),
        ("W8A8 per-channel (axis 0)", -0.3, 0.3),
        ("W4A8 per-channel (axis 0)", 0.0, 2.5),
        ("W3A8 per-tensor", 40.0, 90.0),
        ("W4A4, mse + AdaRound", 0.0, 4.5),
        ("W4A4, first and last layer 8 bits, mse + AdaRound", 0.0, 3.0),
        ("W8A8 per-tensor, channels spread by 2^±4", 10.0, 90.0),
        ("W8A8 per-tensor, channels spread by 2^±4, then cross-layer equalization", -0.5, 0.5),
    ],
)
def test_points_lost_on_all_test_images(results: dict[str, dict], name: str, least: float, most: float) -> None:
    assert least <= lost(results[name]) <= most
