"""Watching layers while a network computes: what they read and what they return."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import Tensor, fx, nn


def run_watched(
    network: nn.Module, names: Iterable[str], see: Callable[[str, Tensor, Tensor], None], batch: Tensor
) -> None:
    """Run a network, and call ``see(name, input, output)`` whenever one of the named layers has computed."""
    handles = [
        network.get_submodule(name).register_forward_hook(
            lambda _m, args, kwargs, output, name=name: see(name, _input(args, kwargs), output), with_kwargs=True
        )
        for name in names
    ]
    try:
        network(batch)
    finally:
        for handle in handles:
            handle.remove()


def layer_inputs(network: fx.GraphModule, name: str, batch: Tensor) -> list[Tensor]:
    """Return what a layer reads, call by call, when the network sees a batch; what comes after is not computed."""
    calls = sum(node.op == "call_module" and node.target == name for node in network.graph.nodes)
    seen: list[Tensor] = []

    def catch(_layer: nn.Module, args: tuple[Tensor, ...], kwargs: dict[str, Tensor]) -> None:
        seen.append(_input(args, kwargs))
        if len(seen) == calls:
            raise _Reached

    handle = network.get_submodule(name).register_forward_pre_hook(catch, with_kwargs=True)
    try:
        network(batch)
    except _Reached:
        return seen
    finally:
        handle.remove()
    raise ValueError(f"The network never calls the layer {name!r}.")


class _Reached(Exception):
    """Stops a forward pass at the last call of the layer whose inputs were wanted."""


def _input(args: tuple[Tensor, ...], kwargs: dict[str, Tensor]) -> Tensor:
    return args[0] if args else kwargs["input"]
