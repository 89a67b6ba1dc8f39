"""One operation of a traced network on its way to ONNX: its options, its tensors, and how it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from torch import fx, nn

from zeropoint.deploy.onnx_graph import OnnxGraph
from zeropoint.quant.operators import name_of

_REQUIRED = object()


@dataclass(frozen=True)
class Call:
    """One operation of the network, and the tensors that it reads in the ONNX graph.

    Attributes
    ----------
    inputs : list of str – tensors, one for each that it reads
    parameters : list of str – its weight, and its bias if it has one
    """

    graph: OnnxGraph
    node: fx.Node
    module: nn.Module | None
    kind: str
    inputs: list[str]
    parameters: list[str]

    def option(self, position: int, name: str, default: Any = _REQUIRED) -> Any:
        """Return an attribute of the layer, or an argument of the function (``position`` counts its tensor too)."""
        if self.module is not None:
            return getattr(self.module, name, default)
        given = self.node.args[position] if len(self.node.args) > position else self.node.kwargs.get(name, default)
        return self.refuse(f"without {name}") if given is _REQUIRED else given

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the result, for the batch of images that the network was tried on."""
        return tuple(self.node.meta["tensor_meta"].shape)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return tuple(self.node.all_input_nodes[0].meta["tensor_meta"].shape)

    def constant(self, name: str, value: Any) -> str:
        return self.graph.constant(f"{self.node.name}.{name}", value)

    def emit(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        """Write the node, named as its layer, after what it reads."""
        return self.graph.add(op_type, list(inputs), self.node.name, name=name_of(self.node), **attributes)

    def refuse(self, why: str = "") -> NoReturn:
        """Say which operation cannot be exported."""
        raise ValueError(
            f"{name_of(self.node)} ({self.kind}{f', {why}' if why else ''}) cannot be exported to ONNX: "
            f"replace it by one of the layers or functions that the table in zeropoint.deploy.onnx_operators lists."
        )
