"""The pictures of the lessons and the ruler widget, as far as they go without a browser."""

from __future__ import annotations

import base64
import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from zeropoint.lab import explore_scale, plot_ruler
from zeropoint.lab.error_split import flat_values, split_error
from zeropoint.lab.ruler import SAMPLE_SIZE, ScaleRuler, sample_values
from zeropoint.lab.style import PALETTE
from zeropoint.quant import choose_qparams_affine, fake_quantize_affine, mse, sqnr_db


@pytest.fixture(scope="module")
def activations() -> np.ndarray:
    """50,000 values with an outlier, as a layer might give them."""
    values = np.random.default_rng(0).normal(0.2, 1, (50, 10, 10, 10)).astype("float32")
    values[3, 2, 1, 0] = 9
    return values


def test_sample_keeps_the_extremes_and_stays_small(activations: np.ndarray) -> None:
    sample, _ = explore_scale(activations).sample
    assert sample.size <= SAMPLE_SIZE
    assert (sample[0], sample[-1]) == (activations.min(), activations.max())


def test_sample_weights_add_up_to_the_tensor(activations: np.ndarray) -> None:
    _, weights = explore_scale(activations).sample
    assert weights.sum(dtype=np.float64) == pytest.approx(activations.size, rel=1e-6)


def test_sample_is_deterministic(activations: np.ndarray) -> None:
    first, second = (explore_scale(activations).sample[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_sample_reaches_every_bin_of_the_histogram(activations: np.ndarray) -> None:
    counts, edges = np.histogram(activations, 120)
    sample, _ = sample_values(activations.ravel(), counts)
    np.testing.assert_array_equal(np.histogram(sample, edges)[0] > 0, counts > 0)


def test_small_tensor_is_sent_whole() -> None:
    sample, weights = explore_scale(np.float32([3, -1, 2])).sample
    np.testing.assert_array_equal(sample, [-1, 2, 3])
    np.testing.assert_array_equal(weights, 1)


@pytest.mark.parametrize("max_val", [9.0, 3.0, 1.0])
def test_weighted_sample_estimates_the_error_of_the_whole_tensor(activations: np.ndarray, max_val: float) -> None:
    qparams = choose_qparams_affine(-4.0, max_val, bit_width=6)
    exact = split_error(activations.ravel(), qparams)
    sample, weights = explore_scale(activations).sample
    estimate = split_error(sample, qparams, weights)
    assert estimate.rounding == pytest.approx(exact.rounding, rel=0.05)
    assert estimate.clipping == pytest.approx(exact.clipping, rel=0.02)


@pytest.mark.parametrize("max_val", [9.0, 1.0])
def test_split_error_adds_up_to_the_metrics_of_the_package(activations: np.ndarray, max_val: float) -> None:
    x = activations.ravel()
    qparams = choose_qparams_affine(-2.0, max_val)
    split = split_error(x, qparams)
    x_hat = fake_quantize_affine(x, *qparams)
    assert split.rounding + split.clipping == pytest.approx(mse(x, x_hat))
    assert split.sqnr_db == pytest.approx(sqnr_db(x, x_hat))


def test_min_max_range_clips_nothing(activations: np.ndarray) -> None:
    x = activations.ravel()
    assert split_error(x, choose_qparams_affine(float(x.min()), float(x.max()))).clipping == 0


def test_no_error_is_an_infinite_ratio() -> None:
    assert split_error(np.zeros(3, "float32"), choose_qparams_affine(0.0, 1.0)).sqnr_db == np.inf


def test_qparams_follow_the_sliders(activations: np.ndarray) -> None:
    widget = explore_scale(activations)
    widget.min_val, widget.max_val = -0.9, 5.0
    assert widget.qparams == choose_qparams_affine(-0.9, 5.0)
    widget.bit_width, widget.signed = 4, True
    assert widget.qparams == choose_qparams_affine(-0.9, 5.0, bit_width=4, signed=True)


def test_widget_starts_at_the_range_of_the_data(activations: np.ndarray) -> None:
    widget = explore_scale(activations, bit_width=4)
    assert (widget.min_val, widget.max_val) == (activations.min(), activations.max())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_torch_tensors_of_any_float_type_are_accepted(dtype: torch.dtype) -> None:
    tensor = torch.linspace(-1, 1, 9, dtype=dtype).reshape(3, 3).requires_grad_()
    np.testing.assert_array_equal(flat_values(tensor), np.linspace(-1, 1, 9, dtype="float32"))


def test_output_carries_the_static_twin(activations: np.ndarray) -> None:
    data, metadata = explore_scale(activations)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert "Static picture" in metadata["image/png"]["alt"]


def test_text_of_the_output_never_changes(activations: np.ndarray) -> None:
    first, second = (explore_scale(activations)._repr_mimebundle_()[0] for _ in range(2))
    assert first["text/plain"] == second["text/plain"]
    assert first["text/plain"].startswith("ScaleRuler(50000 values, min_val=-")
    assert first["image/png"] == second["image/png"]


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.zeros((0, 3), "float32"), ValueError, r"shape \(0, 3\) and no values"),
        (np.float32([1, np.nan]), ValueError, "NaN or infinities"),
        (np.float32([1, np.inf]), ValueError, "NaN or infinities"),
        (np.arange(3), TypeError, "int64 values"),
        (torch.arange(3), TypeError, "int64 values"),
        ("abc", TypeError, "expected real"),
    ],
)
def test_values_that_cannot_be_shown(x: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        explore_scale(x)


@pytest.mark.parametrize("bit_width", [1, 9, 4.5, "8"])
def test_bit_width_outside_the_slider(bit_width: object) -> None:
    with pytest.raises(ValueError, match="whole number from 2 to 8"):
        explore_scale(np.float32([1]), bit_width=bit_width)


def test_answer_without_a_question() -> None:
    with pytest.raises(ValueError, match="no question"):
        explore_scale(np.float32([1]), answer=3)


def test_prediction_starts_without_a_guess() -> None:
    widget = explore_scale(np.float32([1]), predict="How many?", answer=3)
    assert (widget.predict, widget.answer, widget.guess) == ("How many?", 3.0, None)


@pytest.mark.parametrize(
    ("min_val", "max_val", "bit_width", "signed"), [(-4.0, 9.0, 8, False), (-0.9, 2.0, 3, True), (0.0, 0.0, 8, False)]
)
def test_every_panel_says_what_it_shows(
    activations: np.ndarray, min_val: float, max_val: float, bit_width: int, signed: bool
) -> None:
    figure = plot_ruler(activations, min_val, max_val, bit_width, signed)
    panels = figure.axes[:3]
    assert all(axes.get_title(loc="left") and axes.get_xlabel() for axes in panels)
    assert all(axes.get_ylabel() for axes in panels[:2])
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_plot_states_scale_zero_point_and_ratio() -> None:
    figure = plot_ruler(np.linspace(-0.9, 5, 1001, dtype="float32"), -0.9, 5.0)
    ruler, _, split = figure.axes[:3]
    assert "256 levels, scale 0.0231, over 1,001 values" in ruler.get_title(loc="left")
    assert "code 39 (zero point)" in ruler.get_xlabel()
    assert "SQNR" in split.get_title(loc="left")


def test_small_picture_keeps_the_palette(activations: np.ndarray) -> None:
    png = plot_ruler(activations, -1.0, 2.0, 3)._repr_png_()
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).reshape(-1, 3).astype(int)
    for name in ("data", "rounding", "clipping", "zero"):
        colour = [int(PALETTE[name][i : i + 2], 16) for i in (1, 3, 5)]
        assert np.abs(pixels - colour).max(axis=1).min() <= 4, name


def test_the_upper_edge_of_evenly_spread_errors_is_seen() -> None:
    errors = plot_ruler(np.linspace(0, 1, 100_000, dtype="float32"), 0.0, 1.0, 4).axes[1]
    outlines = [patch.get_path().vertices[:, 1].max() for patch in errors.patches]
    assert 1.5 * max(outlines) < errors.get_ylim()[1]


def test_plot_draws_into_given_axes(activations: np.ndarray) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    assert plot_ruler(activations, -1, 1, axes=figure.subplots(3)) is figure


def test_plot_rejects_a_crossed_range(activations: np.ndarray) -> None:
    with pytest.raises(ValueError, match="min_val is larger than max_val"):
        plot_ruler(activations, 2, 1)


@pytest.mark.parametrize("name", ["data", "rounding", "clipping", "zero"])
def test_widget_and_figure_share_their_colours(name: str) -> None:
    assert f"--zp-{name}: {PALETTE[name].lower()};" in ScaleRuler._css


def test_plots_do_not_load_ipywidgets_or_torch() -> None:
    code = (
        "import sys, zeropoint.lab.plots; sys.exit(any(m in sys.modules for m in ('ipywidgets', 'anywidget', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
