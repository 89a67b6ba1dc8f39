"""The histogram observer: nothing is lost, halves equal the whole, and the ranges are what they claim to be."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.ao.quantization.observer import HistogramObserver as TorchHistogramObserver  # deprecated: oracle only

from tests.quant.test_imports import loaded_after
from zeropoint.quant import (
    HistogramObserver,
    MinMaxObserver,
    choose_qparams_affine,
    fake_quantize_affine,
    mse,
)
from zeropoint.quant.ranges import RANGES

RNG = np.random.default_rng(0)
SAMPLES = {
    "gaussian": RNG.normal(size=20_000).astype(np.float32),
    "laplace": RNG.laplace(size=20_000).astype(np.float32),
    "relu": np.maximum(RNG.normal(size=20_000), 0).astype(np.float32),
    "skewed": (RNG.gamma(2, size=20_000) - 0.4).astype(np.float32),
    "outlier": np.append(RNG.normal(size=20_000), 40).astype(np.float32),
    "negative": -RNG.gamma(2, size=20_000).astype(np.float32),
}
ANY_SCALE = arrays(np.float32, st.integers(1, 60), elements=st.floats(width=32, allow_nan=False, allow_infinity=False))
SLOW = settings(deadline=None, max_examples=60)


def observed(*batches, bins: int = 2048) -> HistogramObserver:
    observer = HistogramObserver(bins)
    for batch in batches:
        observer.observe(batch)
    return observer


def assert_same(one: HistogramObserver, two: HistogramObserver) -> None:
    a = one.histogram
    b = two.histogram
    assert (a.first, a.exponent, a.zeros) == (b.first, b.exponent, b.zeros)
    np.testing.assert_array_equal(a.counts, b.counts, strict=True)
    assert float(one.min_val) == float(two.min_val) and float(one.max_val) == float(two.max_val)


@SLOW
@given(x=ANY_SCALE, cuts=st.lists(st.integers(1, 59), max_size=5), bins=st.sampled_from([2, 7, 64, 2048]))
def test_batches_in_any_cut_equal_the_whole(x: np.ndarray, cuts: list[int], bins: int) -> None:
    batches = [b for b in np.split(x, sorted(c for c in cuts if c < x.size)) if b.size]
    assert_same(observed(*reversed(batches), bins=bins), observed(x, bins=bins))


@SLOW
@given(x=ANY_SCALE, y=ANY_SCALE, tensors=st.booleans(), bins=st.sampled_from([2, 7, 64, 2048]))
def test_merged_halves_equal_the_whole(x: np.ndarray, y: np.ndarray, tensors: bool, bins: int) -> None:
    convert = torch.from_numpy if tensors else np.asarray
    merged = observed(convert(x), bins=bins)
    merged.merge(HistogramObserver(bins))  # one without data changes nothing
    merged.merge(observed(convert(y), bins=bins))
    empty = HistogramObserver(bins)
    empty.merge(merged)
    assert_same(merged, observed(np.concatenate([x, y]), bins=bins))
    assert_same(empty, merged)


def test_the_ends_of_float32_are_counted() -> None:
    largest = np.finfo(np.float32).max
    histogram = observed(np.float32([largest, largest, -largest, 0])).histogram  # max + max would be infinite
    assert (histogram.counts[0], histogram.counts[-1], histogram.zeros) == (1, 2, 1)


@SLOW
@given(x=ANY_SCALE, bins=st.sampled_from([2, 7, 64, 2048]))
def test_every_value_is_counted_in_its_own_bin(x: np.ndarray, bins: int) -> None:
    histogram = observed(x, bins=bins).histogram
    assert histogram.counts.sum() == x.size and histogram.zeros == (x == 0).sum()
    # the last bin of np.histogram is closed on both sides, so give it one more edge
    edges = np.append(histogram.edges, histogram.edges[-1] + histogram.width)
    np.testing.assert_array_equal(histogram.counts, np.histogram(x.astype(np.float64), edges)[0][:-1])


@SLOW
@given(x=ANY_SCALE, bins=st.sampled_from([2, 7, 64, 2048]))
def test_bins_are_bounded_and_used(x: np.ndarray, bins: int) -> None:
    histogram = observed(x, bins=bins).histogram
    assert histogram.counts.size <= bins
    assert histogram.first <= 0 < histogram.first + histogram.counts.size  # zero is always inside
    if np.any(x):
        assert histogram.counts.size > bins / 2 - 1  # else bins half as wide would have done


def test_memory_stays_bounded_while_the_range_grows() -> None:
    observer = HistogramObserver(bins=64)
    for power in range(-120, 120):
        observer.observe(np.float32([-1.5, 0, 1]) * np.float32(2.0**power))
        assert observer.histogram.counts.size <= 64
    assert observer.histogram.counts.sum() == 240 * 3
    assert observer.histogram.zeros == 240
    assert (observer.min_val, observer.max_val) == (np.float32(-1.5 * 2.0**119), np.float32(2.0**119))


@pytest.mark.parametrize("name", ["gaussian", "laplace", "skewed", "outlier"])
@pytest.mark.parametrize("p", [90, 99, 99.9, 99.99, 100])
def test_percentile_equals_numpys_to_a_bin(name: str, p: float) -> None:
    x = SAMPLES[name]
    observer = observed(*np.array_split(x, 4))
    low, high = observer.percentile(p)
    assert_at_percentile(float(low), x, (100 - p) / 2, observer.histogram.width)
    assert_at_percentile(float(high), x, 100 - (100 - p) / 2, observer.histogram.width)


@pytest.mark.parametrize(("name", "sign"), [("relu", 1), ("negative", -1)])
@pytest.mark.parametrize("p", [90, 99.9, 100])
def test_one_sided_data_keep_p_percent_too(name: str, sign: int, p: float) -> None:
    x = SAMPLES[name]
    observer = observed(x)
    near, far = observer.percentile(p)[::sign]
    assert near == 0
    assert_at_percentile(abs(float(far)), np.abs(x), p, observer.histogram.width)


def assert_at_percentile(value: float, x: np.ndarray, q: float, width: float) -> None:
    """The percentile lies between two neighbours of the sorted data, the histogram's within a bin of them."""
    below, above = (np.percentile(x, q, method=method) for method in ("lower", "higher"))
    assert below - width <= value <= above + width


def test_a_spike_of_zeros_stays_inside() -> None:
    x = np.append(np.zeros(10_000), [-1, 2, 3]).astype(np.float32)
    for p in (1, 50, 99.9):
        low, high = observed(x).percentile(p)
        assert low <= 0 <= high <= 0.01  # three of 10,003 values are all beyond the percentile


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    "options",
    [
        {"bit_width": 8},
        {"bit_width": 4},
        {"bit_width": 3, "signed": True},
        {"bit_width": 4, "signed": True, "symmetric": True, "narrow_range": True},
    ],
)
def test_mse_range_is_near_the_best_of_all_on_the_data(name: str, options: dict) -> None:
    x = SAMPLES[name][-4_000:]
    ours = error(x, observed(x).calculate_qparams("mse", **options))
    ends = min(x.min(), 0), max(x.max(), 0)
    shares = np.geomspace(0.03, 1, 24)
    pairs = [(ends[0] * a, ends[1] * b) for a in (shares if ends[0] else [1]) for b in (shares if ends[1] else [1])]
    best = min(error(x, choose_qparams_affine(np.float32(a), np.float32(b), **options)) for a, b in pairs)
    assert ours <= 1.03 * best


def error(x: np.ndarray, qparams) -> float:
    return mse(x, fake_quantize_affine(x, *qparams))


@pytest.mark.parametrize("name", ["gaussian", "laplace"])
def test_mse_range_is_no_worse_than_torchs_search(name: str) -> None:
    x = torch.from_numpy(SAMPLES[name])
    theirs = TorchHistogramObserver(dtype=torch.quint8, qscheme=torch.per_tensor_affine)
    theirs(x)
    scale, zero_point = theirs.calculate_qparams()
    ours = observed(x).calculate_qparams("mse")
    assert 0.5 < float(ours.scale / scale) < 2
    assert error(x, ours) <= 1.01 * error(x, ours._replace(scale=scale, zero_point=zero_point))


@pytest.mark.parametrize("options", [{"bit_width": 4}, {"bit_width": 5, "signed": True, "symmetric": True}])
@pytest.mark.parametrize("name", SAMPLES)
def test_entropy_equals_a_direct_computation(name: str, options: dict) -> None:
    observer = observed(SAMPLES[name], bins=256)
    low, high = observer.entropy(**options)
    divergences = plain_divergences(observer, options)
    T = max(-low, high)
    chosen = min(divergences, key=lambda t: abs(t - T))
    assert divergences[chosen] <= min(divergences.values()) + 1e-9
    assert low == max(min(SAMPLES[name].min(), 0), -np.float32(chosen))
    assert high == min(max(SAMPLES[name].max(), 0), np.float32(chosen))


def plain_divergences(observer: HistogramObserver, options: dict) -> dict[float, float]:
    """Compute KL(P ‖ Q) for every threshold from dictionaries, value by value, as the docstring defines it."""
    histogram = observer.histogram
    counts = {histogram.first + i: int(n) for i, n in enumerate(histogram.counts)}
    counts[0] -= histogram.zeros
    found = {}
    for bound in range(1, max(-min(counts), max(counts) + 1) + 1):
        T = bound * histogram.width
        ends = max(min(float(observer.min_val), 0), -T), min(max(float(observer.max_val), 0), T)
        scale, zero, quant_min, quant_max = (float(v) for v in choose_qparams_affine(*ends, **options))
        if scale < histogram.width:
            continue
        inside = {i: n for i, n in counts.items() if -bound <= i < bound}
        p = dict(inside)
        p[min(inside)] += sum(n for i, n in counts.items() if i < -bound)
        p[max(inside)] += sum(n for i, n in counts.items() if i >= bound)
        code = {i: min(max(round((i + 0.5) * histogram.width / scale) + zero, quant_min), quant_max) for i in p}
        mass = {}
        size = {}
        for i in (i for i in p if p[i]):
            mass[code[i]] = mass.get(code[i], 0) + inside[i]
            size[code[i]] = size.get(code[i], 0) + 1
        q = {i: max(mass[code[i]], 1) / size[code[i]] for i in p if p[i]}
        total_p = sum(p.values())
        total_q = sum(q.values())
        found[T] = sum(p[i] / total_p * math.log(p[i] / total_p / (q[i] / total_q)) for i in q)
    return found


def test_entropy_is_near_tensorrts_published_procedure() -> None:
    x = np.abs(SAMPLES["laplace"])
    observer = observed(x)
    counts = observer.histogram.counts
    divergence = {}
    for stop in range(256, counts.size + 1, 4):  # Migacz 2017, with the 256 levels of an unsigned code
        p = counts[:stop].astype(float)
        groups = np.arange(stop) * 256 // stop
        filled = counts[:stop] > 0
        p[-1] += counts[stop:].sum()
        if p[-1] and not filled[-1]:
            continue  # infinite
        mean = np.bincount(groups, weights=counts[:stop]) / np.maximum(np.bincount(groups, weights=filled), 1)
        p = p[filled] / p.sum()
        q = mean[groups][filled] / counts[:stop].sum()
        divergence[stop * observer.histogram.width] = np.sum(p * np.log(p / q))
    threshold = min(divergence, key=divergence.get)
    assert float(observer.entropy()[1]) == pytest.approx(threshold, rel=0.25)


def test_clipping_methods_leave_a_lone_outlier_out_and_minmax_does_not() -> None:
    observer = observed(SAMPLES["outlier"])
    scales = {m: float(observer.calculate_qparams(m, bit_width=4).scale) for m in ("percentile", "mse", "entropy")}
    assert max(scales.values()) < 0.5 * float(observer.calculate_qparams(bit_width=4).scale)


@pytest.mark.parametrize(
    "values",
    [[0, 0], [5, 5], [-5], [0, 0, 5], [1e-30, -3e-30], [1e30, -3e30], [1e-45], [1e-45, 3e38], [1e6, 1e6 + 1]],
)
@pytest.mark.parametrize("method", ["minmax", "percentile", "mse", "entropy"])
def test_few_and_extreme_values_keep_their_range(values: list[float], method: str) -> None:
    x = np.float32(values)
    observer = observed(x)
    qparams = observer.calculate_qparams(method, p=100)
    assert np.isfinite(qparams.scale) and qparams.scale > 0
    exact = MinMaxObserver()
    exact.observe(x)
    assert float(qparams.scale) == pytest.approx(float(exact.calculate_qparams().scale), rel=2e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_torch_tensors_give_torch_results(dtype: torch.dtype) -> None:
    x = torch.from_numpy(SAMPLES["relu"]).to(dtype).reshape(2, 10, 1000).requires_grad_()
    ours = observed(x)
    arrays_ = observed(x.detach().float().numpy())
    assert_same(ours, arrays_)
    for method in RANGES:
        qparams, expected = (o.calculate_qparams(method) for o in (ours, arrays_))
        assert isinstance(qparams.scale, torch.Tensor) and qparams.scale.device == x.device
        assert (float(qparams.scale), int(qparams.zero_point)) == (float(expected.scale), int(expected.zero_point))


def test_a_refused_batch_changes_nothing() -> None:
    observer = observed(SAMPLES["relu"])
    before = observed(SAMPLES["relu"])
    for bad in (np.float32([1, np.nan]), np.float32([np.inf, 99]), np.float64([1e300]), np.zeros((0, 3), np.float32)):
        with pytest.raises(ValueError, match=r"NaN or infinite|at least one value"):
            observer.observe(bad)
        assert_same(observer, before)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: HistogramObserver(1), "bins is 1: expected a whole number from 2"),
        (lambda: HistogramObserver().calculate_qparams("mse"), "seen no data"),
        (lambda: HistogramObserver().percentile(), "seen no data"),
        (lambda: observed(np.ones(2)).percentile(0), "p is 0: expected the percentage"),
        (lambda: observed(np.ones(2)).calculate_qparams("percentile", p=101), "at most 100"),
        (lambda: observed(np.ones(2)).calculate_qparams("median"), "method is 'median': expected 'minmax'"),
        (lambda: observed(np.ones(2)).calculate_qparams("mse", bit_width=1), "bit_width is 1"),
        (lambda: observed(np.ones(2)).entropy(bit_width=16), "65536 codes are finer than the .* bins"),
        (lambda: HistogramObserver().merge(HistogramObserver(64)), "2048 and 64 bins"),
        (lambda: HistogramObserver().merge(MinMaxObserver()), "made alike"),
    ],
)
def test_bad_use_is_one_sentence(use, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        use()


def test_calibrating_arrays_does_not_load_torch() -> None:
    code = (
        "import numpy as np, zeropoint.quant as q\n"
        "o = q.HistogramObserver(); o.observe(np.ones(3, np.float32)); o.merge(o)\n"
        "from zeropoint.quant.ranges import RANGES; [o.calculate_qparams(method) for method in RANGES]\n"
        "g = q.MinMaxObserver(q.PerGroup(2)); g.observe(np.ones((2, 4), np.float32)); g.calculate_qparams()"
    )
    assert loaded_after(code) == set()
