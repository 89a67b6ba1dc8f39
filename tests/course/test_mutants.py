"""The mutation tool finds the slips it is meant to find, and a check that misses one is told."""

from __future__ import annotations

import ast

import pytest

from tests.mutants import mutants, survivors


@pytest.mark.parametrize(
    ("source", "slips"),
    [
        ("y = x.max(axis=0)", {"y = x.max(axis=1)", "y = x.max()", "y = x.min(axis=0)", "y = x", "pass"}),
        ("f(a, b)", {"f(b, a)", "a", "pass"}),
        ("if a < 3: y = -b", {"if a <= 3:\n    y = -b", "if a < 4:\n    y = -b", "if a < 3:\n    y = b"}),
        ("y = p if c else q", {"y = p", "y = q"}),
        ('"""Say what it does."""', set()),
    ],
)
def test_slips_of_one_thing_each(source: str, slips: set[str]) -> None:
    found = {ast.unparse(mutant.tree) for mutant in mutants(ast.parse(source))}
    assert slips <= found
    assert bool(found) == bool(slips)


def test_a_mutant_names_the_line_that_it_changes() -> None:
    changed = mutants(ast.parse("a = 1\nb = not c"))
    assert ("b = not c", "b = c") in [(mutant.before, mutant.after) for mutant in changed]


def test_few_changes_of_a_solution_pass_its_check() -> None:
    count, passed = survivors("07.3", most=20)
    assert count > 10
    assert len(passed) <= count // 5
