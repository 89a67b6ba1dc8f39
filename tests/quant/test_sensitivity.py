"""Layer-wise errors, leave-one-out and bit allocation, against quantizing, running and searching the slow way."""

from __future__ import annotations

import copy
import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from zeropoint.quant import PerTensor, fake_quantize_affine, fold_batchnorm, mse, nbytes, quantize_model, sqnr_db
from zeropoint.quant.allocation import allocate_bits, bit_costs, size_parts
from zeropoint.quant.config import QConfig
from zeropoint.quant.quantized_model import QUANTIZER_SUFFIX
from zeropoint.quant.sensitivity import layer_errors, leave_one_out

LAYERS = ["stem", "depthwise", "left", "right", "fc"]
OPERATIONS = [*LAYERS, "add", "pool"]  # all that a configuration can exclude


class Small(nn.Module):
    """In-place ReLUs, a depthwise layer, a max pooling with two readers, a residual add, one output per image."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(True)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.down = nn.MaxPool2d(2)
        self.left = nn.Conv2d(8, 8, 1)
        self.right = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.bn(self.stem(x)))
        x = self.down(self.relu(self.depthwise(x)))
        return self.fc(self.flatten(self.pool(self.left(x) + self.right(x))))


@pytest.fixture(scope="module")
def model() -> nn.Module:
    torch.manual_seed(0)
    small = Small().eval()
    small.bn.running_mean.uniform_(-1, 1)
    small.bn.running_var.uniform_(0.5, 2)
    return small


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.randn(12, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def seen(network: nn.Module, layer: str, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Run a network and return copies of what one layer reads and gives."""
    kept = []
    handle = network.get_submodule(layer).register_forward_hook(lambda _m, x, y: kept.append((x[0].clone(), y.clone())))
    with torch.no_grad():
        network(images)
    handle.remove()
    return kept[0]


W4 = QConfig(weight_bits=4, activation_bits=6)


def test_errors_along_the_network_equal_those_of_two_recorded_runs(model, images) -> None:
    quantized = quantize_model(model, [images], W4)
    errors = layer_errors(model, quantized, images).set_index("layer")
    for name in LAYERS:
        y = seen(fold_batchnorm(model), name, images)[1]
        y_hat = seen(quantized.graph_module, name, images)[1]
        assert errors.loc[name, "sqnr_db"] == pytest.approx(sqnr_db(y, y_hat), abs=1e-3)
        assert errors.loc[name, "mse"] == pytest.approx(mse(y, y_hat), rel=1e-4)


@torch.no_grad()
def test_own_error_equals_that_of_the_layer_quantized_by_hand(model, images) -> None:
    quantized = quantize_model(model, [images], W4)
    errors = layer_errors(model, quantized, images).set_index("layer")
    for name in LAYERS:
        x, y = seen(fold_batchnorm(model), name, images)
        layer = copy.deepcopy(quantized.graph_module.get_submodule(name))
        own = layer(fake_quantize_affine(x, *quantized.input_qparams(name)))
        assert errors.loc[name, "own_sqnr_db"] == pytest.approx(sqnr_db(y, own), abs=1e-3)


def test_rows_are_in_the_order_of_computation_and_say_what_kind_they_are(model, images) -> None:
    errors = layer_errors(model, quantize_model(model, [images], W4), images)
    assert errors["layer"].tolist() == LAYERS
    assert errors["kind"].tolist() == ["Conv2d", "Conv2d, depthwise", "Conv2d", "Conv2d, grouped", "Linear"]


@torch.no_grad()
def test_weight_error_is_that_of_the_folded_weights(model, images) -> None:
    quantized = quantize_model(model, [images], W4)
    errors = layer_errors(model, quantized, images).set_index("layer")
    stem = fold_batchnorm(model).get_submodule("stem").weight
    assert errors.loc["stem", "weight_sqnr_db"] == sqnr_db(stem, quantized.graph_module.get_submodule("stem").weight)


def test_batches_add_up_to_one_large_batch(model, images) -> None:
    quantized = quantize_model(model, [images], W4)
    whole, parts = (layer_errors(model, quantized, batches) for batches in (images, list(images.split(5))))
    pandas.testing.assert_frame_equal(whole, parts, rtol=1e-4)


def test_a_layer_in_float_has_a_row_that_says_so_and_no_error_of_its_own(model, images) -> None:
    quantized = quantize_model(model, [images], replace(W4, exclude=("depthwise",)))
    row = layer_errors(model, quantized, images).set_index("layer").loc["depthwise"]
    assert row["in_float"] == "excluded by the configuration"
    assert row["own_sqnr_db"] == row["weight_sqnr_db"] == math.inf
    assert math.isfinite(row["sqnr_db"]), "what it reads has errors already"


def test_a_layer_that_is_not_supported_has_a_row() -> None:
    up = nn.Sequential(nn.Conv2d(2, 4, 1), nn.ConvTranspose2d(4, 2, 2)).eval()
    x = torch.rand(2, 2, 3, 3)
    with pytest.warns(UserWarning, match="ConvTranspose2d"):
        quantized = quantize_model(up, [x])
    assert layer_errors(up, quantized, x)["in_float"].tolist() == ["", "ConvTranspose2d is not supported"]


@torch.no_grad()
def test_a_layer_called_twice_has_one_row_over_both_calls() -> None:
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)

        def forward(self, x):
            return self.conv(torch.relu(self.conv(x)))

    torch.manual_seed(2)
    twice = Twice().eval()
    x = torch.randn(4, 3, 5, 5)
    quantized = quantize_model(twice, [x], W4)
    row = layer_errors(twice, quantized, x).iloc[0]
    first = twice.conv(x)
    second = twice(x)
    first_hat = quantized.graph_module.conv(quantized.activation_quantizers()["x"](x))
    noise = (first - first_hat).square().sum() + (second - quantized(x)).square().sum()
    expected = 10 * math.log10((first.square().sum() + second.square().sum()) / noise)
    assert row["sqnr_db"] == pytest.approx(expected, abs=1e-3)


def test_the_quantized_network_is_left_as_it_was_even_after_an_error(model, images, monkeypatch) -> None:
    quantized = quantize_model(model, [images], W4)
    before = quantized(images)
    monkeypatch.setattr(quantized.graph_module.pool, "forward", None)  # the float network has one of its own
    with pytest.raises(TypeError):
        layer_errors(model, quantized, images)
    monkeypatch.undo()
    assert not any(module._forward_hooks for module in quantized.modules())
    assert torch.equal(quantized(images), before)


def test_another_network_is_refused(model, images) -> None:
    other = nn.Sequential(nn.Conv2d(3, 4, 1)).eval()
    with pytest.raises(ValueError, match="different layers"):
        layer_errors(model, quantize_model(other, [images]), images)


def test_no_batches_are_refused(model, images) -> None:
    with pytest.raises(ValueError, match="no batches"):
        layer_errors(model, quantize_model(model, [images]), [])


def outputs_of(model: nn.Module, images: torch.Tensor, config: QConfig, mode: str) -> tuple[pandas.DataFrame, list]:
    """Run leave_one_out and keep the network's outputs at every evaluation, the baseline first."""
    kept: list[torch.Tensor] = []

    def evaluate(network: nn.Module) -> float:
        kept.append(network(images))
        return float(kept[-1].square().mean())

    return leave_one_out(model, [images], config, evaluate, mode=mode, progress=None), kept


CONFIGS = {
    "W4A6": W4,
    "weights only": QConfig(weight_bits=3, activation_bits=None, weight_granularity=PerTensor(), weight_range="mse"),
    "activations only": QConfig(weight_bits=None, activation_bits=3, activation_range="percentile"),
    "one left out": QConfig(weight_bits=4, activation_bits=4, exclude=("left", "pool"), layer_bits={"fc": (8, 4)}),
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("mode", ["only", "all_but"])
def test_leaving_one_out_equals_quantizing_anew_with_layers_excluded(model, images, config, mode) -> None:
    table, (_, *outputs) = outputs_of(model, images, config, mode)
    assert table["layer"].tolist() == [name for name in LAYERS if not config.excludes(name)]
    for name, output in zip(table["layer"], outputs, strict=True):
        in_float = (name,) if mode == "all_but" else tuple(n for n in OPERATIONS if n != name)
        slow = quantize_model(model, [images], replace(config, exclude=(*config.exclude, *in_float)))
        assert torch.equal(output, slow(images)), name


def test_only_one_layer_quantized_leaves_one_quantizer_to_run(model, images) -> None:
    calls: list[int] = []

    def evaluate(network: nn.Module) -> float:
        calls.append(sum(str(node.target).endswith(QUANTIZER_SUFFIX) for node in network.graph.nodes))
        return 0.0

    leave_one_out(model, [images], W4, evaluate, progress=None)
    assert calls == [0, *[1] * len(LAYERS)], "a quantizer that nobody reads costs time"


def test_the_baselines_are_the_float_and_the_quantized_network(model, images) -> None:
    baselines = [outputs_of(model, images, W4, mode)[1][0] for mode in ("only", "all_but")]
    assert torch.equal(baselines[0], fold_batchnorm(model)(images))
    assert torch.equal(baselines[1], quantize_model(model, [images], W4)(images))


def test_differences_are_to_the_baseline(model, images) -> None:
    table, (baseline, *outputs) = outputs_of(model, images, W4, "only")
    expected = [float(output.square().mean()) - float(baseline.square().mean()) for output in outputs]
    assert table["difference"].tolist() == pytest.approx(expected)
    assert table.attrs["baseline"] == float(baseline.square().mean())


def test_calibration_images_are_read_once(model, images) -> None:
    batches = (batch for batch in images.split(6))  # a generator cannot be read twice
    reads: list[int] = []
    leave_one_out(model, map(lambda b: reads.append(len(b)) or b, batches), W4, lambda _network: 0.0, progress=None)
    assert reads == [6, 6]


def test_a_shared_tensor_keeps_its_bits_as_documented(model, images) -> None:
    config = replace(W4, layer_bits={"left": (4, 8), "right": (4, 4)})  # both read the same tensor: 8 bits
    table, (_, *outputs) = outputs_of(model, images, config, "all_but")
    output = outputs[table["layer"].tolist().index("left")]
    by_itself, kept = (replace(config, exclude=("left",), layer_bits={"right": (4, bits)}) for bits in (4, 8))
    assert torch.equal(output, quantize_model(model, [images], kept)(images))
    assert not torch.equal(output, quantize_model(model, [images], by_itself)(images))


def test_an_unknown_mode_is_refused(model, images) -> None:
    with pytest.raises(ValueError, match=r"mode is 'one': expected one of 'only', 'all_but'\."):
        leave_one_out(model, [images], W4, lambda _network: 0.0, mode="one")


@torch.no_grad()
def test_costs_are_those_of_one_layer_rounded_by_hand(model, images) -> None:
    costs = bit_costs(model, images.split(5), W4, bit_widths=(8, 3), progress=None)
    assert costs.index.tolist() == LAYERS and costs.columns.tolist() == [3, 8]
    for name, bits in itertools.product(LAYERS, (3, 8)):
        network = fold_batchnorm(model)
        weight = network.get_submodule(name).weight
        qmax = 2 ** (bits - 1) - 1
        scale = weight.abs().amax(tuple(range(1, weight.ndim)), keepdim=True) / qmax
        weight.copy_(torch.clamp(torch.round(weight / scale), -qmax, qmax) * scale)
        assert costs.loc[name, bits] == pytest.approx(mse(model(images), network(images)), rel=1e-3)


def test_another_cost_is_given_the_float_output_first(model, images) -> None:
    expected = torch.cat([fold_batchnorm(model)(batch) for batch in images.split(6)])
    calls = []
    costs = bit_costs(
        model, images.split(6), bit_widths=[4], cost=lambda y, y_hat: calls.append((y, y_hat)) or 7.0, progress=None
    )
    assert all(torch.equal(y, expected) and not torch.equal(y_hat, expected) for y, y_hat in calls)
    assert (costs == 7.0).all(axis=None)


def test_layers_in_float_have_no_costs(model, images) -> None:
    config = QConfig(exclude=("fc",), layer_bits={"stem": (None, 8)})
    assert bit_costs(model, [images], config, bit_widths=[4], progress=None).index.tolist() == LAYERS[1:-1]


def every_allocation(costs: pandas.DataFrame, counts: dict[str, int]) -> list[tuple[int, Fraction]]:
    """Return the bytes and the summed cost of every allocation there is; exact, for ties are ties."""
    options = [
        [(nbytes(counts[name], bits), Fraction(cost)) for bits, cost in row.items()]
        for name, row in costs.to_dict("index").items()
    ]
    return [tuple(map(sum, zip(*choice, strict=True))) for choice in itertools.product(*options)]


def result_of(bits: dict[str, int], costs: pandas.DataFrame, counts: dict[str, int]) -> tuple[int, Fraction]:
    cost = sum(Fraction(float(costs.loc[name, b])) for name, b in bits.items())
    return sum(nbytes(counts[name], b) for name, b in bits.items()), cost


WIDTHS = [2, 4, 6, 8]
ROWS = st.lists(st.lists(st.integers(0, 99), min_size=4, max_size=4), min_size=1, max_size=4)


def table(rows: list[list[int]]) -> pandas.DataFrame:
    return pandas.DataFrame(rows, index=[f"layer{i}" for i in range(len(rows))], columns=WIDTHS, dtype=float)


@st.composite
def problems(draw: st.DrawFn) -> tuple[pandas.DataFrame, dict[str, int], int]:
    """Draw up to four layers, their costs in no order at all, and a budget that the fewest bits meet."""
    costs = table(draw(ROWS))
    counts = {name: draw(st.integers(1, 60)) for name in costs.index}
    sizes = [size for size, _ in every_allocation(costs, counts)]
    return costs, counts, draw(st.integers(min(sizes), max(sizes) + 3))


@given(problems())
def test_greedy_is_the_best_of_its_own_size(problem) -> None:
    costs, counts, budget = problem
    size, cost = result_of(allocate_bits(costs, counts, budget), costs, counts)
    assert size <= budget
    assert cost == min(other for other_size, other in every_allocation(costs, counts) if other_size <= size)


@given(problems())
def test_greedy_is_off_the_optimum_by_less_than_one_change(problem) -> None:
    costs, counts, budget = problem
    _, cost = result_of(allocate_bits(costs, counts, budget), costs, counts)
    optimum = min(other for size, other in every_allocation(costs, counts) if size <= budget)
    larger = (result_of(allocate_bits(costs, counts, b), costs, counts) for b in itertools.count(budget + 1))
    if cost > optimum:  # then a change was made, and the allocation before it is too large, but no worse
        assert next(other for size, other in larger if size > budget) <= optimum


@given(problems())
def test_a_larger_budget_never_costs_more(problem) -> None:
    costs, counts, budget = problem
    cost = [result_of(allocate_bits(costs, counts, b), costs, counts)[1] for b in range(budget, budget + 20)]
    assert cost == sorted(cost, reverse=True)


@given(ROWS)
def test_with_equal_layers_and_convex_costs_greedy_is_the_optimum(rows) -> None:
    costs = table([np.cumsum(np.sort(row))[::-1] for row in rows])  # each further bit helps less, as with rounding
    counts = dict.fromkeys(costs.index, 40)  # every change saves 10 bytes
    allocations = every_allocation(costs, counts)
    for budget in range(len(rows) * 10, len(rows) * 40 + 1, 10):
        _, cost = result_of(allocate_bits(costs, counts, budget), costs, counts)
        assert cost == min(other for size, other in allocations if size <= budget)


def test_cost_counts_for_each_byte_that_it_saves() -> None:
    costs = pandas.DataFrame({4: [10.0, 5.0], 8: [0.0, 0.0]}, index=["large", "small"])
    assert allocate_bits(costs, {"large": 60, "small": 4}, 44) == {"large": 4, "small": 8}  # 30 bytes for 10, 2 for 5


def test_with_room_enough_every_layer_has_the_most_bits(model, images) -> None:
    costs = bit_costs(model, [images], bit_widths=(2, 4, 8), progress=None)
    counts, fixed_bytes = size_parts(quantize_model(model, [images]))
    assert set(allocate_bits(costs, counts, 10**9, fixed_bytes=fixed_bytes).values()) == {8}


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_the_quantized_network_really_fits_the_budget(model, images, share) -> None:
    costs = bit_costs(model, [images], bit_widths=(2, 3, 5, 8), progress=None)
    quantized = quantize_model(model, [images], QConfig(exclude=("right",)))
    counts, fixed_bytes = size_parts(quantized)
    room = quantized.nbytes() - fixed_bytes
    budget = fixed_bytes + round(share * room)
    bits = allocate_bits(costs.drop("right"), counts, budget, fixed_bytes=fixed_bytes)
    config = QConfig(exclude=("right",), layer_bits={name: (b, 8) for name, b in bits.items()})
    mixed = quantize_model(model, [images], config)
    assert budget - 0.4 * room < mixed.nbytes() <= budget
    assert mixed.nbytes() == fixed_bytes + sum(nbytes(counts[name], b) for name, b in bits.items())


def test_a_budget_that_cannot_be_met_is_refused_with_the_bytes_it_takes() -> None:
    costs = pandas.DataFrame({4: [1.0], 8: [0.0]}, index=["fc"])
    assert allocate_bits(costs, {"fc": 10}, 25, fixed_bytes=20) == {"fc": 4}
    with pytest.raises(ValueError, match="budget is 24 bytes, but even with the fewest bits the network takes 25"):
        allocate_bits(costs, {"fc": 10}, 24, fixed_bytes=20)


def test_layers_that_differ_between_the_tables_are_named() -> None:
    with pytest.raises(ValueError, match="differ in the layers conv1, fc: "):
        allocate_bits(pandas.DataFrame({4: [1.0]}, index=["fc"]), {"conv1": 10}, 100)


@pytest.mark.parametrize("cost", [math.nan, math.inf])
def test_a_cost_that_is_no_number_is_refused(cost) -> None:
    with pytest.raises(ValueError, match="costs of 'fc' are"):
        allocate_bits(pandas.DataFrame({4: [cost], 8: [0.0]}, index=["fc"]), {"fc": 10}, 100)
