"""Computing only what comes after a layer: trying out many versions of it costs no run of the layers before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor, fx


def run_branching(
    network: fx.GraphModule, names: Iterable[str], visit: Callable[[str, Callable[[], Any]], None], batch: Tensor
) -> Any:
    """Run a network, and stop before the first call of each named layer to call ``visit(name, finish)``.

    ``finish()`` computes the output from there on, with the network's modules as they are at that moment; it may be
    called several times. What it returns is what a whole run would, bit for bit.
    """
    return _Branching(network, names, visit).run(batch)


class _Branching(fx.Interpreter):
    def __init__(self, network: fx.GraphModule, names: Iterable[str], visit: Callable[..., None]):
        super().__init__(network)
        self.waiting = set(names)
        self.visit = visit
        self.done: list[fx.Node] = []

    def run_node(self, n: fx.Node) -> Any:
        if n.op == "call_module" and n.target in self.waiting:
            self.waiting.remove(n.target)
            self.visit(n.target, self._finish)
        self.done.append(n)
        return super().run_node(n)

    def _finish(self) -> Any:
        env = {node: _copied(self.env.get(node)) for node in self.done}  # None: nobody reads it any more
        return fx.Interpreter(self.module).run(initial_env=env)


def _copied(value: Any) -> Any:
    """Return a copy of a tensor, for an operation further on may work in place."""
    return value.clone() if isinstance(value, Tensor) else value
