"""What authors call: ``zeropoint build``, ``execute``, ``new`` and ``bench``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if something is not up to date.")
def build(check: bool) -> None:
    """Write exercises/ from solutions/, and the tables of lessons from course.toml."""
    from zeropoint.course.build import build as run
    from zeropoint.paths import course_root

    stale = run(check=check)
    for path in stale:
        name = path.relative_to(course_root()).as_posix()
        click.echo(f"{'not up to date' if check else 'wrote'}: {name}")
    if check and stale:
        raise click.ClickException("run 'zeropoint build' and commit the result.")
    if not stale:
        click.echo("exercises/ and the tables of lessons are up to date.")


@click.group()
def new() -> None:
    """Lay out the files of a new exercise or lesson, to be filled in wherever they say WRITE (authors)."""


@new.command("exercise")
@click.argument("exercise")
@click.option("--title", default="WRITE: a title", help="What its heading says.")
@click.option("--points", default=4, show_default=True, type=click.IntRange(min=1))
def new_exercise(exercise: str, title: str, points: int) -> None:
    """Lay out EXERCISE, the next one of a lesson, such as 04.5: entry, gap, check and wrong answers."""
    from zeropoint.course.new import new_exercise as run

    _say(run(exercise, title=title, points=points))


@new.command("lesson")
@click.argument("stem")
@click.option("--title", default="WRITE: a title with a verb", help="The heading of its notebook.")
@click.option("--minutes", default=45, show_default=True, type=click.IntRange(min=1))
def new_lesson(stem: str, title: str, minutes: int) -> None:
    """Lay out the lesson STEM, such as 17_your_network: its folder, tests, notebooks and a first exercise."""
    from zeropoint.course.new import new_lesson as run

    _say(run(stem, title=title, minutes=minutes))


def _say(files: list[Path]) -> None:
    from zeropoint.paths import course_root

    click.echo(f"In {course_root()}:")  # which may be another folder than the one the command was called from
    for path in files:
        click.echo(f"wrote: {path.relative_to(course_root()).as_posix()}")
    click.echo("Go on wherever these files say WRITE; CONTRIBUTING.md has the recipe.")


@click.command()
@click.argument("notebooks", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
def execute(notebooks: tuple[str, ...]) -> None:
    """Run NOTEBOOKS from the top and save them as the course commits them (authors)."""
    from pathlib import Path

    from zeropoint.course.execute import execute as run

    for notebook in notebooks:
        run(Path(notebook))
        click.echo(f"executed {notebook}")


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("name", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(name: str | None, arguments: tuple[str, ...]) -> None:
    """Run the benchmark NAME of benchmarks/ with its own ARGUMENTS; without a name, list them."""
    from zeropoint import bench as benchmarks

    if name is None:
        click.echo(benchmarks.listing())
    else:
        raise SystemExit(benchmarks.run(name, arguments))
