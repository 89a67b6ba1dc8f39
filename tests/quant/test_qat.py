"""Training with rounding in the loop: gradients against torch's kernels and the definitions of the papers."""

from __future__ import annotations

import math

import pytest
import torch

from zeropoint.quant import PerAxis, QParams
from zeropoint.quant.qat import FakeQuantize, LearnedStepSize, fake_quantize_ste, round_ste

X = torch.randn(400, generator=torch.Generator().manual_seed(0)) * 3


def test_straight_through_rounds_forward_and_passes_backward() -> None:
    x = X.clone().requires_grad_()
    y = round_ste(x)
    assert torch.equal(y, torch.round(X))
    (y * torch.arange(400)).sum().backward()
    assert torch.equal(x.grad, torch.arange(400).float())


def test_gradient_is_that_of_torchs_kernel_and_zero_outside() -> None:
    scale = torch.tensor(0.03125)
    zero_point = torch.tensor(100, dtype=torch.int32)
    ours = X.clone().requires_grad_()
    theirs = X.clone().requires_grad_()
    a = fake_quantize_ste(ours, scale, zero_point, 0, 255)
    b = torch.fake_quantize_per_tensor_affine(theirs, scale, zero_point, 0, 255)
    assert torch.allclose(a, b, atol=1e-6)
    a.sum().backward()
    b.sum().backward()
    assert torch.equal(ours.grad, theirs.grad)
    outside = (X / scale + 100 > 256) | (X / scale + 100 < -1)
    assert outside.any() and (ours.grad[outside] == 0).all()


def test_fake_quantize_follows_the_data_until_it_is_frozen() -> None:
    module = FakeQuantize(8)
    module(torch.tensor([-1.0, 1.0]))
    narrow = module.scale.clone()
    module(torch.tensor([-1.0, 4.0]))
    wide = module.scale.clone()
    assert wide > narrow
    module.freeze()
    module(torch.tensor([-100.0, 100.0]))
    assert torch.equal(module.scale, wide)
    module.enabled = False
    x = torch.randn(5)
    assert torch.equal(module(x), x)


def test_fake_quantize_per_channel_has_a_scale_each() -> None:
    module = FakeQuantize(4, signed=True, symmetric=True, narrow_range=True, granularity=PerAxis(0))
    weight = torch.randn(3, 8) * torch.tensor([[0.01], [1.0], [100.0]])
    error = (module(weight) - weight).abs()
    assert module.scale.shape == (3, 1)
    assert (error <= module.scale / 2 * 1.001).all()


@pytest.mark.parametrize(("bits", "signed"), [(2, True), (4, True), (4, False), (8, True)])
def test_step_gradient_is_that_of_the_paper(bits: int, signed: bool) -> None:
    module = LearnedStepSize(bits, signed=signed)
    module(X)
    module(X).sum().backward()
    step = module.step.detach()
    ratio = X / step
    inside = (ratio > module.quant_min) & (ratio < module.quant_max)
    expected = torch.where(inside, torch.round(ratio) - ratio, torch.clamp(ratio, module.quant_min, module.quant_max))
    gain = 1 / math.sqrt(X.numel() * module.quant_max)
    assert module.step.grad.item() == pytest.approx(expected.sum().item() * gain, rel=1e-4, abs=1e-5)


def test_step_gradient_outside_the_range_is_a_finite_difference() -> None:
    # where nothing rounds – every value saturates – the function is smooth, and both gradients must agree
    x = torch.full((10,), 50.0)
    module = LearnedStepSize(4)
    module.step.data.fill_(0.5)
    module.initialized.fill_(True)
    module(x).sum().backward()
    gain = 1 / math.sqrt(10 * 7)
    difference = (10 * 7 * 0.501 - 10 * 7 * 0.499) / 0.002
    assert module.step.grad.item() == pytest.approx(difference * gain, rel=1e-3)


def test_learning_the_step_beats_its_start() -> None:
    module = LearnedStepSize(3)
    module(X)
    start = (module(X) - X).square().mean().item()
    optimizer = torch.optim.Adam(module.parameters(), lr=0.02)
    for _ in range(100):
        optimizer.zero_grad()
        (module(X) - X).square().mean().backward()
        optimizer.step()
    assert (module(X) - X).square().mean().item() < 0.9 * start
    codes = module(X) / module.step
    assert torch.allclose(codes, codes.round(), atol=1e-4)


def test_all_zero_start_does_not_divide_by_zero() -> None:
    assert torch.isfinite(LearnedStepSize(4)(torch.zeros(6))).all()


@pytest.mark.parametrize(("bits", "signed", "largest"), [(2, True, 1), (4, True, 7), (4, False, 15)])
def test_first_step_is_that_of_the_paper(bits: int, signed: bool, largest: int) -> None:
    module = LearnedStepSize(bits, signed=signed)
    module(X)
    assert module.step.item() == pytest.approx(2 * X.abs().mean().item() / math.sqrt(largest), rel=1e-5)


def test_gradient_of_a_channels_step_counts_that_channel_alone() -> None:
    weight = X.reshape(4, 100)
    together = LearnedStepSize(4)
    alone = LearnedStepSize(4)
    together.start_from(QParams(torch.full((4, 1), 0.3), torch.tensor(0, dtype=torch.int32), -8, 7))
    alone.start_from(QParams(torch.tensor(0.3), torch.tensor(0, dtype=torch.int32), -8, 7))
    together(weight).sum().backward()
    alone(weight[2]).sum().backward()
    torch.testing.assert_close(together.step.grad[2, 0], alone.step.grad)
