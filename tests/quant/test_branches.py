"""Finishing a run from the middle gives what a whole run gives, however often and whatever works in place."""

from __future__ import annotations

import torch
from torch import fx, nn

from zeropoint.quant._branches import run_branching


class InPlace(nn.Module):
    """A tensor is overwritten after one layer has read it and before another does; one layer is called twice."""

    def __init__(self):
        super().__init__()
        self.stem, self.left, self.right = (nn.Linear(6, 6) for _ in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        kept = self.left(x)
        x.relu_()
        return self.right(self.left(x)) + kept


@torch.no_grad()
def test_every_branch_and_the_run_itself_equal_whole_runs() -> None:
    torch.manual_seed(0)
    network = fx.symbolic_trace(InPlace().eval())
    x = torch.randn(5, 6)
    expected = network(x.clone())
    finished = []

    def visit(name: str, finish) -> None:
        original = network.get_submodule(name)
        other = nn.Linear(6, 6)
        network.set_submodule(name, other)
        changed = network(x.clone())
        finished.append((name, torch.equal(finish(), changed)))
        network.set_submodule(name, original)
        finished.append((name, torch.equal(finish(), expected)))

    result = run_branching(network, ["right", "left", "stem"], visit, x.clone())
    assert torch.equal(result, expected)
    assert finished == [(name, True) for name in ("stem", "stem", "left", "left", "right", "right")]
