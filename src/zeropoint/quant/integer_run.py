"""One batch on its way through a network in integers: a table of operations, and the run that goes through them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, cast

import torch
from torch import Tensor, fx, nn
from torch.fx.node import map_arg
from torch.nn import functional as F

from zeropoint.quant.affine import QParams, dequantize_affine, quantize_affine
from zeropoint.quant.integer import quantized_add, quantized_avg_pool
from zeropoint.quant.integer_layer import Summation
from zeropoint.quant.operators import WEIGHTED, label, module_of, name_of
from zeropoint.quant.quantized_model import QUANTIZER_SUFFIX, ActivationQuantizer
from zeropoint.quant.requantize import narrow_accumulator, requantize

_ADDS = (operator.add, operator.iadd, torch.add, "add", "add_")
_RELUS = (F.relu, torch.relu, "relu", "relu_")
_FLATTENS = (torch.flatten, "flatten")


class Rules(NamedTuple):
    """How a run rescales sums and how wide its accumulators are; see :class:`~zeropoint.quant.IntegerNetwork`."""

    requantization: str
    accumulator_bits: int
    overflow: str


class _Codes(NamedTuple):
    """A quantized tensor, on its way from layer to layer."""

    qdata: Tensor
    qparams: QParams


class _Exact(Protocol):
    """What an operation has computed, before it is known on which grid it will be rounded."""

    def on_grid(self, y_qparams: QParams) -> Tensor:
        """Return the codes on a grid."""
        ...


class _Accumulators(NamedTuple):
    """What a layer with weights has summed, in steps of ``s_x · s_w``."""

    total: Tensor
    sums: Summation
    requantization: str

    def on_grid(self, y_qparams: QParams) -> Tensor:
        return requantize(self.total, (self.sums.x_scale, self.sums.w_scale), y_qparams, self.requantization)

    def reals(self) -> Tensor:
        return (self.total * (self.sums.x_scale.double() * self.sums.w_scale.double())).float()


class _Rectified(NamedTuple):
    """What is left of another result when the negative values are cut off."""

    x: _Exact

    def on_grid(self, y_qparams: QParams) -> Tensor:
        """Saturate at the code of 0: that *is* the ReLU, and costs nothing."""
        return self.x.on_grid(y_qparams._replace(quant_min=int(y_qparams.zero_point)))


class _Sum(NamedTuple):
    """Two tensors of one shape, to be added."""

    a: _Codes
    b: _Codes
    requantization: str

    def on_grid(self, y_qparams: QParams) -> Tensor:
        a, b, requantization = self
        if requantization == "fixed_point":
            return quantized_add(a.qdata, b.qdata, a.qparams, b.qparams, y_qparams)
        total = dequantize_affine(a.qdata, *a.qparams[:2]) + dequantize_affine(b.qdata, *b.qparams[:2])
        return quantize_affine(total, *y_qparams)


class _Mean(NamedTuple):
    """A tensor, to be averaged over height and width."""

    x: _Codes
    requantization: str

    def on_grid(self, y_qparams: QParams) -> Tensor:
        return quantized_avg_pool(*self.x, y_qparams, requantization=self.requantization)


class Run(fx.Interpreter):
    """One batch on its way through the network: ``run(images)`` returns the logits.

    Parameters
    ----------
    network : fx.GraphModule – of a QuantizedModel
    operations : mapping of node name → what :func:`operation_of` returned for the node
    sums : mapping of layer name → Summation
    rules : Rules

    Attributes
    ----------
    codes : dict – tensor name → its codes
    accumulators : dict – layer name → its int32 accumulators, bias included
    """

    def __init__(
        self,
        network: fx.GraphModule,
        operations: Mapping[str, Operation],
        sums: Mapping[str, Summation],
        rules: Rules,
    ):
        super().__init__(network)
        self.extra_traceback = False  # an error says all that there is to say
        self.operations = operations
        self.sums = sums
        self.rules = rules
        self.codes: dict[str, Tensor] = {}
        self.accumulators: dict[str, Tensor] = {}

    def run_node(self, n: fx.Node) -> Any:
        return self.operations[n.name](self, n, *(self.env[source] for source in n.all_input_nodes))

    def images(self, node: fx.Node) -> Tensor:
        return super().run_node(node)

    def quantize(self, node: fx.Node, value: Tensor | _Exact) -> _Codes:
        name = name_of(node)
        qparams = cast(ActivationQuantizer, module_of(node, self.module)).qparams
        assert qparams is not None  # of a finished model
        qdata = quantize_affine(value, *qparams) if isinstance(value, Tensor) else value.on_grid(qparams)
        self.codes[name.removesuffix(QUANTIZER_SUFFIX)] = qdata
        return _Codes(qdata, qparams)

    def weighted(self, node: fx.Node, value: _Codes) -> _Accumulators:
        name = name_of(node)
        sums = self.sums[name]
        total = sums.of(value.qdata, value.qparams.zero_point)
        if sums.largest < 2 ** (self.rules.accumulator_bits - 1):  # then no single sum has to be looked at
            total = total.int()
        else:
            total = self._narrow(name, total.long())
        self.accumulators[name] = total
        return _Accumulators(total, sums, self.rules.requantization)

    def relu(self, _node: fx.Node, x: _Exact) -> _Exact:
        return _Rectified(x)

    def add(self, _node: fx.Node, a: _Codes, b: _Codes) -> _Exact:
        return _Sum(a, b, self.rules.requantization)

    def mean(self, _node: fx.Node, x: _Codes) -> _Exact:
        return _Mean(x, self.rules.requantization)

    def flatten(self, node: fx.Node, x: _Codes) -> _Codes:
        """Do with the codes what the network does with real numbers: they are only moved."""
        args, kwargs = map_arg((node.args, node.kwargs), lambda _source: x.qdata)
        return _Codes(getattr(self, node.op)(node.target, args, kwargs), x.qparams)

    def logits(self, _node: fx.Node, last: _Accumulators) -> Tensor:
        return last.reals()

    def _narrow(self, name: str, total: Tensor) -> Tensor:
        try:
            return narrow_accumulator(total, self.rules.accumulator_bits, self.rules.overflow)
        except OverflowError as error:
            raise OverflowError(f"Layer {name!r}: {error}") from None


Operation = Callable[..., Any]  # a method of a run, called with a node and what the nodes before it gave
#: What runs in integers. The first row that fits a node, and the module that it calls if it calls one, computes it.
_OPERATIONS: tuple[tuple[Callable[[fx.Node, nn.Module | None], bool], Operation], ...] = (
    (lambda node, _: node.op == "placeholder", Run.images),
    (lambda node, _: node.op == "output", Run.logits),
    (lambda _, module: isinstance(module, ActivationQuantizer), Run.quantize),
    (lambda _, module: isinstance(module, WEIGHTED), Run.weighted),
    (lambda node, module: isinstance(module, nn.ReLU) or _is_function(node, _RELUS), Run.relu),
    (lambda node, _: _is_function(node, _ADDS) and len(node.all_input_nodes) == 2 and not node.kwargs, Run.add),
    (lambda _, module: isinstance(module, nn.AdaptiveAvgPool2d) and module.output_size in (1, (1, 1)), Run.mean),
    (lambda node, module: isinstance(module, nn.Flatten) or _is_function(node, _FLATTENS), Run.flatten),
)


def operation_of(node: fx.Node, network: fx.GraphModule) -> Operation:
    """Return what computes a node.

    Raises
    ------
    ValueError
        For a node that no row of the table fits, or an end of the network that is no layer with weights.
    """
    module = module_of(node, network)
    found = next((operation for fits, operation in _OPERATIONS if fits(node, module)), None)
    if found is None:
        raise ValueError(
            f"{name_of(node)} ({label(node, network)}) has no integer version here: expected convolutions, linear "
            "layers, ReLU, sums of two tensors, global average pooling and flatten; run the QuantizedModel instead."
        )
    last = node.all_input_nodes[0] if node.op == "output" else None
    if last is not None and not isinstance(module_of(last, network), WEIGHTED):
        raise ValueError(
            f"The network ends with {name_of(last)} ({label(last, network)}): expected a convolution or "
            "linear layer, whose accumulators become the logits."
        )
    return found


def _is_function(node: fx.Node, targets: tuple[Callable | str, ...]) -> bool:
    """Return whether a node calls one of these functions or methods; a module may bear the name of one."""
    return node.op != "call_module" and node.target in targets
