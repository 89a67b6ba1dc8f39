"""Tables of results in ``docs/benchmarks.md``, each between two comments that name it."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def write_section(name: str, text: str) -> None:
    """Replace what stands between ``<!-- name -->`` and ``<!-- end of name -->``."""
    begin = f"<!-- {name} -->"
    end = f"<!-- end of {name} -->"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    if not rest:
        raise SystemExit(f"docs/benchmarks.md has no line {begin}: add it, and {end}, where the table belongs.")
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
