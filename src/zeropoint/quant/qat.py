"""Quantization-aware training: rounding that lets gradients through, and scales that learn."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from zeropoint.quant.affine import QParams, choose_qparams_affine, quant_range
from zeropoint.quant.granularity import Granularity, PerTensor
from zeropoint.quant.observers import CodeOptions, MinMaxObserver

_SMALLEST_STEP = 1e-8


class _RoundSTE(torch.autograd.Function):
    # x + (round(x) − x).detach() would do the same, but be off by an ulp and so miss the last code

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return torch.round(x)

    @staticmethod
    # pyrefly: ignore[bad-override] – the stub takes any number of gradients, torch passes one an output
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return grad


def round_ste(x: Tensor) -> Tensor:
    """Round half to even; in the backward pass, behave as if nothing had been rounded.

    The derivative of rounding is 0 almost everywhere, so nothing would ever be learned. The straight-through
    estimator takes 1 instead: on average, rounding follows its input.

    Source: Bengio et al. 2013 (arXiv:1308.3432).

    Examples
    --------
    >>> x = torch.tensor([0.4, 1.6], requires_grad=True)
    >>> round_ste(x).sum().backward()
    >>> x.grad
    tensor([1., 1.])
    """
    return _RoundSTE.apply(x)


def fake_quantize_ste(x: Tensor, scale: Tensor, zero_point: Tensor, quant_min: int, quant_max: int) -> Tensor:
    """Fake-quantize with a straight-through gradient inside the range and none outside.

    Parameters
    ----------
    x : float tensor
    scale, zero_point : tensor, broadcasting against ``x``
    quant_min, quant_max : int

    Returns
    -------
    float tensor, shape of ``x``
        A value that saturates does not move with its input, so its gradient is 0, as in torch's kernels.

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 3.
    """
    return _FakeQuantizeSTE.apply(x, scale, zero_point, quant_min, quant_max)


class _FakeQuantizeSTE(torch.autograd.Function):
    # one function with in-place steps, not ten recorded ones: a training step is bound by memory traffic

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, zero_point: Tensor, quant_min: int, quant_max: int) -> Tensor:
        q = torch.div(x, scale).round_().add_(zero_point)
        saturated = q.clamp(quant_min, quant_max)
        ctx.save_for_backward(saturated == q)  # after rounding: what rounds to the last code is inside
        return saturated.sub_(zero_point).mul_(scale)

    @staticmethod
    @once_differentiable
    # pyrefly: ignore[bad-override] – the stub takes any number of gradients, torch passes one an output
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None]:
        (inside,) = ctx.saved_tensors
        return grad * inside, None, None, None, None


class FakeQuantize(nn.Module):
    """Observe a tensor while it trains, and fake-quantize it with the range seen so far.

    Parameters
    ----------
    bit_width : int, 2 to 16
    signed, symmetric, narrow_range : bool
        Code type, as in :func:`zeropoint.quant.choose_qparams_affine`.
    granularity : PerTensor or PerAxis
    dynamic : bool
        Take the range of each tensor by itself, not of all tensors so far: for weights, which change at every step.

    Attributes
    ----------
    observing : bool – the range still follows the data
    enabled : bool – off, the tensor passes unchanged (useful for the first steps of calibration)
    """

    def __init__(
        self,
        bit_width: int = 8,
        *,
        signed: bool = False,
        symmetric: bool = False,
        narrow_range: bool = False,
        granularity: Granularity | None = None,
        dynamic: bool = False,
    ):
        super().__init__()
        self.quant_min, self.quant_max = quant_range(bit_width, signed, narrow_range)
        self.dynamic = dynamic
        self.options: CodeOptions = {
            "bit_width": bit_width,
            "signed": signed,
            "symmetric": symmetric,
            "narrow_range": narrow_range,
        }
        self.observer = MinMaxObserver(granularity or PerTensor())
        self.observing = True
        self.enabled = True
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("zero_point", torch.zeros((), dtype=torch.int32))

    @property
    def qparams(self) -> QParams:
        """The current scale, zero point and code range."""
        return QParams(self.scale, self.zero_point, self.quant_min, self.quant_max)

    def start_from(self, qparams: QParams) -> None:
        """Take over a scale and a zero point, such as those that post-training quantization has found."""
        self.scale = qparams.scale
        self.zero_point = qparams.zero_point

    def freeze(self) -> None:
        """Stop observing: from now on the range stays, as it must for evaluation."""
        self.observing = False

    def forward(self, x: Tensor) -> Tensor:
        if self.observing:
            if self.dynamic:
                self.observer = MinMaxObserver(self.observer.granularity)
            self.observer.observe(x.detach())
            self.start_from(self.observer.calculate_qparams(**self.options))
        return fake_quantize_ste(x, *self.qparams) if self.enabled else x


class LearnedStepSize(nn.Module):
    """Fake-quantize with a step size (a scale) that is trained like a weight (LSQ).

    The gradient of ``x̂ = s · clamp(round(x / s))`` with respect to the step ``s`` is ``round(x/s) − x/s``
    inside the range and the code of the end beyond it. It is scaled by ``1 / √(N · quant_max)``, N the number of
    values that share the step, so that steps and weights learn at a similar pace. (For activations N counts the
    whole batch, as usual implementations do; the paper counts the features of one image.)

    Parameters
    ----------
    bit_width : int, 2 to 16
    signed, narrow_range : bool
        Signed for weights; unsigned for activations after a ReLU.

    Source: Esser et al. 2020 (arXiv:1902.08153), sections 2.1 and 2.2. There the zero point is always 0;
    :meth:`start_from` may bring another one, which is not trained.
    """

    def __init__(self, bit_width: int = 8, *, signed: bool = True, narrow_range: bool = False):
        super().__init__()
        self.quant_min, self.quant_max = quant_range(bit_width, signed, narrow_range)
        self.step = nn.Parameter(torch.ones(()))
        self.register_buffer("zero_point", torch.zeros((), dtype=torch.int32))
        self.register_buffer("initialized", torch.tensor(False))

    @property
    def qparams(self) -> QParams:
        """The current step as scale, the zero point, and the code range."""
        step = self.step.detach().abs().clamp(min=_SMALLEST_STEP)  # as forward takes it: an update may cross 0
        return QParams(step, self.zero_point, self.quant_min, self.quant_max)

    @torch.no_grad()
    def start_from(self, qparams: QParams) -> None:
        """Start at a scale and zero point such as those that post-training quantization has found.

        The step takes the shape of the scale: () per tensor, (out, 1, 1, 1) per channel.
        """
        self.step = nn.Parameter(qparams.scale.clone())
        self.zero_point = qparams.zero_point.clone()
        self.initialized.fill_(True)

    def freeze(self) -> None:
        """Stop training the step."""
        self.step.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        if not self.initialized:
            self._initialize(x)
        with torch.no_grad():
            self.step.abs_().clamp_(min=_SMALLEST_STEP)  # an update may have carried it past 0
        gain = 1 / math.sqrt(x.numel() / self.step.numel() * self.quant_max)
        low = self.quant_min - self.zero_point
        high = self.quant_max - self.zero_point
        return _LearnedStep.apply(x, self.step, low, high, gain)

    @torch.no_grad()
    def _initialize(self, x: Tensor) -> None:
        start = 2 * x.abs().mean() / math.sqrt(self.quant_max)
        fallback = choose_qparams_affine(x.min(), x.max(), bit_width=8, signed=True, symmetric=True).scale
        self.step.copy_(torch.where(start > 0, start, fallback))
        self.initialized.fill_(True)


class _LearnedStep(torch.autograd.Function):
    # x̂ = step · round(clamp(x / step)); its slope over the step is round(v) − v inside, and the end's code outside

    @staticmethod
    def forward(ctx: Any, x: Tensor, step: Tensor, low: Tensor, high: Tensor, gain: float) -> Tensor:
        v = x / step
        q = v.clamp(low, high)
        inside = q == v
        q.round_()
        ctx.save_for_backward(torch.sub(q, v.mul_(inside), out=v), inside)
        ctx.gain = gain
        ctx.shape = step.shape
        return q.mul_(step)

    @staticmethod
    @once_differentiable
    # pyrefly: ignore[bad-override] – the stub takes any number of gradients, torch passes one an output
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        slope, inside = ctx.saved_tensors
        return grad * inside, (grad * slope).sum_to_size(ctx.shape).mul_(ctx.gain), None, None, None
