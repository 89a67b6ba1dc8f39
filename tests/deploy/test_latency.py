"""Latency is measured as the docstrings say: in turns, warm, by medians; the clocks here do what they are told."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
import torch

from zeropoint.deploy import baseline
from zeropoint.deploy.comparison import Comparison, Ratio, median_interval
from zeropoint.deploy.latency import compare, interleaved, latency_table, torch_threads


class Machine:
    """A clock that stands still until a workload moves it."""

    def __init__(self) -> None:
        self.now, self.calls = 0.0, []

    def work(self, name: str, *seconds: float, slowdown=lambda number: 1.0):
        """Return a call that takes these times, one after the other; the last one from then on."""
        times = itertools.chain(seconds, itertools.repeat(seconds[-1]))

        def call() -> str:
            self.now += next(times) * slowdown(len(self.calls))
            self.calls.append(name)
            return name

        return call

    def clock(self) -> float:
        return self.now


def quiet(times: dict[str, list[float]], reference: str = "fp32", load: float | None = 0.1) -> Comparison:
    return Comparison({name: np.array(seconds) for name, seconds in times.items()}, reference, load)


def test_every_call_gets_its_turn_in_every_round_and_another_one_begins() -> None:
    machine = Machine()
    calls = {name: machine.work(name, 1) for name in "abc"}
    compare(calls, rounds=6, warmup=0, clock=machine.clock)
    assert "".join(machine.calls) == ("abc" + "bca" + "cab") * 2


def test_the_warm_up_is_not_counted() -> None:
    machine = Machine()
    calls = {"fp32": machine.work("fp32", 90, 80, 4), "int8": machine.work("int8", 70, 60, 2)}
    times = compare(calls, rounds=6, warmup=2, clock=machine.clock).times
    assert times["fp32"].tolist() == [4] * 6 and times["int8"].tolist() == [2] * 6


def test_the_ratio_is_time_over_the_references_time() -> None:
    machine = Machine()
    calls = {"fp32": machine.work("fp32", 4), "int8": machine.work("int8", 3)}
    found = compare(calls, rounds=8, clock=machine.clock)
    assert found.ratio("int8") == Ratio(0.75, 0.75, 0.75)
    assert found.ratio("fp32", to="int8").median == pytest.approx(4 / 3)


def test_a_slow_phase_of_the_machine_cancels_in_the_ratio() -> None:
    machine = Machine()
    busy = lambda number: 5.0 if 8 <= number < 22 else 1.0  # noqa: E731 – seven whole rounds
    calls = {"fp32": machine.work("fp32", 4, slowdown=busy), "int8": machine.work("int8", 2, slowdown=busy)}
    found = compare(calls, rounds=12, warmup=0, clock=machine.clock)
    assert found.median("int8") > 4, "the phase is long enough to spoil a median"
    assert found.ratio("int8") == Ratio(0.5, 0.5, 0.5)


def test_an_outlier_moves_neither_the_median_nor_the_ratio() -> None:
    found = quiet({"fp32": [4.0] * 19 + [4000.0], "int8": [2.0] * 20})
    assert found.median("fp32") == 4 and found.ratio("int8").median == 0.5


def test_time_is_limited_but_six_rounds_are_made() -> None:
    machine = Machine()
    calls = {"a": machine.work("a", 1), "b": machine.work("b", 1)}
    assert compare(calls, rounds=1000, warmup=1, seconds=40, clock=machine.clock).times["a"].size == 19
    assert compare(calls, rounds=1000, warmup=1, seconds=0, clock=machine.clock).times["a"].size == 6


def test_repeats_make_one_turn_and_the_time_is_that_of_one_call() -> None:
    machine = Machine()
    calls = {"a": machine.work("a", 1, 3), "b": machine.work("b", 2)}
    times, results = interleaved(calls, rounds=2, warmup=0, repeats=2, clock=machine.clock)
    assert "".join(machine.calls) == "aabb" + "bbaa"
    assert times["a"].tolist() == [2, 3] and results == {"a": "a", "b": "b"}


@pytest.mark.parametrize(("n", "ranks"), [(6, (1, 6)), (9, (2, 8)), (20, (6, 15)), (50, (18, 33)), (100, (40, 61))])
def test_interval_has_the_ranks_of_the_published_table(n: int, ranks: tuple[int, int]) -> None:
    # exact ranks for the median with 95 %: Altman, Machin, Bryant and Gardner 2000, "Statistics with Confidence"
    values = np.random.default_rng(n).permutation(np.arange(1.0, n + 1))
    assert median_interval(values) == ranks


def test_interval_covers_the_true_median_of_a_skewed_distribution() -> None:
    rng = np.random.default_rng(0)
    ends = np.array([median_interval(rng.lognormal(0, 1, 30)) for _ in range(2000)])
    assert np.mean((ends[:, 0] <= 1) & (ends[:, 1] >= 1)) > 0.945


@pytest.mark.parametrize(
    ("times", "load", "words"),
    [
        ({"fp32": [4.0] * 20, "int8": [2.0] * 5 + [3.0] * 5 + [2.0] * 5 + [3.0] * 5}, 0.1, "middle half of int8"),
        ({"fp32": [4.0] * 20, "int8": [2.0] * 10 + [2.3] * 10}, 0.1, r"int8 changed by \+15 %"),
        ({"fp32": [4.0] * 20, "int8": [2.0] * 20}, 1.4, "load average was 1.4 a core"),
    ],
)
def test_a_noisy_machine_is_named_in_one_sentence(times, load, words) -> None:
    found = quiet(times, load=load)
    assert found.noisy
    assert found.warning.startswith("This machine is noisy: ") and found.warning.count(". ") == 0
    assert re.search(words, found.warning)


@pytest.mark.parametrize("load", [0.3, None])
def test_a_quiet_machine_gets_no_warning(load) -> None:
    found = quiet({"fp32": [4.0, 4.1] * 10, "int8": [2.0, 2.05] * 10}, load=load)
    assert not found.noisy and found.warning == ""


def test_the_table_has_units_and_the_reference_no_ratio() -> None:
    table = quiet({"fp32": [0.004] * 8, "int8": [0.002] * 8}).table()
    assert list(table.columns) == ["median (ms)", "middle half (ms)", "time / fp32"]
    assert table.loc["int8"].tolist() == ["2", "2 – 2", "0.50 (0.50 … 0.50)"]
    assert table.loc["fp32", "time / fp32"] == "1"


class Doubler:
    """As a Session: a batch goes in, an array comes out."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def run(self, images: np.ndarray) -> np.ndarray:
        self.sizes.append(len(images))
        return 2 * images


def test_latency_table_measures_each_batch_size_with_so_many_images() -> None:
    session = Doubler()
    sessions = {"session": session, "function": lambda batch: batch + 1}
    table, found = latency_table(sessions, np.zeros((9, 2)), (1, 8), rounds=6, warmup=0)
    assert session.sizes == [1] * 6 + [8] * 6
    assert list(table.index) == [(1, "session"), (1, "function"), (8, "session"), (8, "function")]
    assert table.loc[(8, "session"), "images/s"] == f"{8 / found[8].median('session'):,.0f}"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rounds": 5}, "rounds is 5: expected at least 6"),
        ({"warmup": -1}, "warmup is -1 and repeats is 1"),
        ({"repeats": 0}, "expected at least 0 and 1"),
        ({"reference": "fp16"}, "'fp16' is none of a, b"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(options, words) -> None:
    with pytest.raises(ValueError, match=words):
        compare({"a": int, "b": int}, **options)


def test_one_call_is_no_comparison() -> None:
    with pytest.raises(ValueError, match="needs two or more"):
        compare({"a": int})
    with pytest.raises(ValueError, match="There are 3 images for batches of 8"):
        latency_table({"a": np.sum, "b": np.sum}, np.zeros((3, 2)), (1, 8))


def test_torch_gets_its_threads_back_even_after_an_error() -> None:
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="stop"), torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise RuntimeError("stop")
    assert torch.get_num_threads() == before


def test_without_a_compiler_there_is_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert not baseline.has_compiler()


class Small(torch.nn.Module):
    """A convolution with batch norm, and a linear layer whose bias tells two networks apart."""

    def __init__(self, bias: float) -> None:
        super().__init__()
        self.conv, self.norm = torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)
        self.flatten, self.head = torch.nn.Flatten(), torch.nn.Linear(4 * 6 * 6, 2)
        torch.nn.init.constant_(self.head.bias, bias)
        self.eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (N, 3, 8, 8)
        return self.head(self.flatten(torch.relu(self.norm(self.conv(x)))))


def small(bias: float) -> Small:
    torch.manual_seed(0)
    return Small(bias)


def logits(run, batch: torch.Tensor) -> np.ndarray:
    return np.asarray(getattr(run, "run", run)(batch))


@pytest.mark.parametrize("bias", [0.0, 5.0])
def test_float_runs_all_compute_the_network_they_were_given(tmp_path, bias: float) -> None:
    batch = torch.ones(2, 3, 8, 8)
    shape = {"input_shape": (3, 8, 8)}
    baseline.float_runs(small(-9.0), tmp_path, **shape)  # another network's file lies there already
    runs, missing = baseline.float_runs(small(bias), tmp_path, **shape)
    assert set(runs) == {"torch", "ONNX Runtime", "OpenVINO"} and set(missing) == {"torch.compile"}
    for run in runs.values():
        np.testing.assert_allclose(logits(run, batch), small(bias)(batch).detach(), atol=1e-5)


def test_a_runtime_that_is_not_installed_is_named_and_left_out(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "find_spec", lambda name: None if name == "openvino" else name)
    runs, missing = baseline.float_runs(small(0.0), tmp_path, input_shape=(3, 8, 8))
    assert "OpenVINO" not in runs and "ONNX Runtime" in runs
    assert missing["OpenVINO"] == "OpenVINO is not installed: install zeropoint[deploy] to include it."


def test_best_float_is_the_fastest_of_all_that_were_timed(tmp_path) -> None:
    found = baseline.best_float(small(0.0), tmp_path, torch.ones(1, 3, 8, 8), compiled=False, rounds=6)
    assert found.name == found.comparison.fastest()
    assert set(found.comparison.times) == {"torch", "ONNX Runtime", "OpenVINO"}
    assert logits(found.run, torch.ones(1, 3, 8, 8)).shape == (1, 2)
