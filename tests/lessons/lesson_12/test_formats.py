"""The formats of lesson 12: their bits, their blocks, and networks whose numbers are in them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from zeropoint import deploy
from zeropoint.lessons.lesson_12.formats import (
    BETWEEN,
    FORMATS,
    INT4_IN_BLOCKS,
    INT8_PER_TENSOR,
    bits_per_weight,
    network_in,
    rounded,
    scaled_back,
    shrunk_to,
)
from zeropoint.lessons.lesson_12.stored import OPSETS, write_conv
from zeropoint.quant import E4M3, fake_quantize_mx, fake_quantize_nvfp4, sqnr_db

BY_NAME = {fmt.name: fmt for fmt in (*BETWEEN, *FORMATS, INT8_PER_TENSOR, INT4_IN_BLOCKS)}


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("fmt", BY_NAME.values(), ids=lambda fmt: fmt.name)
@pytest.mark.parametrize("shape", [(8, 64), (4, 40, 3, 3), (2, 3, 5, 5)])
def test_every_format_keeps_the_shape_and_comes_close(fmt, shape: tuple[int, ...]) -> None:
    x = drawn(*shape)
    after = rounded(x, fmt)
    assert after.shape == x.shape and after.dtype == torch.float32
    assert sqnr_db(x, after) > (14 if fmt.bits == 4 else 27)


def test_whole_blocks_are_those_of_the_package() -> None:
    x = drawn(4, 64, 2, 2)
    assert torch.equal(rounded(x, BY_NAME["NVFP4"]), fake_quantize_nvfp4(x, axis=1))
    assert torch.equal(rounded(x, BY_NAME["MXFP8 (E4M3)"]), fake_quantize_mx(x, E4M3, axis=1))


def test_a_short_last_block_has_its_own_scale() -> None:
    x = drawn(4, 40)
    x[:, 32:] *= 100
    after = rounded(x, BY_NAME["MXFP8 (E4M3)"])
    assert torch.equal(after[:, :32], rounded(x[:, :32], BY_NAME["MXFP8 (E4M3)"]))


def test_a_scale_that_is_rounded_up_lets_nothing_saturate() -> None:
    x = torch.full((1, 32), 7.9)
    assert rounded(x, BY_NAME["MXFP4"]).max() == 6
    assert rounded(x, BY_NAME["MXFP4, scale rounded up"]).max() == 8


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("INT8 per channel", 8 + 16 / 360),
        ("FP8 (E4M3)", 8 + 32 / 8640),
        ("MXFP8 (E4M3)", 8.4),
        ("NVFP4", 4972 * 8 / 8640),
        ("INT4 groups of 32", 4 + 16 * 432 / 8640),
    ],
)
def test_bits_count_every_scale(name: str, bits: float) -> None:
    assert bits_per_weight(nn.Conv2d(40, 24, 3), BY_NAME[name]) == pytest.approx(bits)


def test_a_network_rounds_weights_and_on_request_activations() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Conv2d(16, 4, 1)).eval()
    images = drawn(8, 3, 6, 6)
    fmt = BY_NAME["MXFP8 (E4M3)"]
    network = network_in(model, fmt, [images], activations=False)
    found = network.graph_module.get_submodule("2").weight
    assert torch.equal(found, rounded(model[2].weight.detach(), fmt))
    with torch.no_grad():
        weights = sqnr_db(model(images), network(images))
        both = sqnr_db(model(images), network_in(model, fmt, [images], activations=True)(images))
    assert both < weights and both > 20
    assert not torch.equal(model[2].weight, found), "the model itself stays as it is"


@pytest.mark.parametrize("kind", OPSETS)
def test_a_stored_type_is_computed_in_float_or_refused(kind: str, tmp_path: Path) -> None:
    path = write_conv(tmp_path / "conv.onnx", kind)
    try:
        kernels = deploy.executed_kernels(deploy.open_session(path), runs=1)
    except Exception as refusal:  # a runtime has its own kinds of error
        assert kind not in ("INT8", "INT4"), refusal
        return
    assert kernels.set_index("kernel").loc["Conv", "precision"] == "FP32"


def test_a_format_scaled_back_shrinks_nothing_and_a_shrunk_one_by_its_share() -> None:
    x = drawn(64, 64)
    mxfp4 = BY_NAME["MXFP4"]
    back = rounded(x, scaled_back(mxfp4))
    assert float((x * back).sum()) == pytest.approx(float(x.square().sum()), rel=1e-5)
    assert (x * rounded(x, mxfp4)).sum() < 0.99 * x.square().sum()
    assert torch.equal(rounded(x, shrunk_to(mxfp4, 0.5)), 0.5 * rounded(x, mxfp4))
    assert not rounded(torch.zeros(2, 32), scaled_back(mxfp4)).any()


def test_integers_in_blocks_have_a_scale_for_each_sixteen_values() -> None:
    x = drawn(4, 32)
    x[:, 16:] *= 100
    assert sqnr_db(x[:, :16], rounded(x, INT4_IN_BLOCKS)[:, :16]) > 15
