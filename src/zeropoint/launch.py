"""Start JupyterLab on a notebook of the course, with the course's own settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from zeropoint.paths import course_root

FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"


def lab(notebook: str = FIRST_NOTEBOOK, *, port: int | None = None, browser: bool = True) -> None:
    """Serve the course folder with JupyterLab until the learner stops it, opened on ``notebook``.

    JupyterLab runs inside this process: Ctrl-C and signals reach it directly, on Windows too.

    Parameters
    ----------
    notebook : str
        Path of a notebook, relative to the course folder, or absolute inside it.
    port : int, optional
        Port of the server; JupyterLab takes the next free one when it is in use.
    browser : bool
        Whether to open a browser.

    Raises
    ------
    FileNotFoundError
        When there is no such notebook.
    ValueError
        When the notebook lies outside the course folder, which is all that JupyterLab serves.
    """
    root = course_root()
    arguments = lab_arguments(root, notebook, port=port, browser=browser)
    os.environ.update(lab_environment(root, os.environ))
    os.chdir(root)

    from jupyterlab.labapp import main  # late: it reads the environment, and takes a second

    main(arguments)


def lab_arguments(root: Path, notebook: str, *, port: int | None = None, browser: bool = True) -> list[str]:
    """Return JupyterLab's command line; raises as :func:`lab` does."""
    path = (root / notebook).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ValueError(f"{notebook} lies outside the course folder {root}: give a path inside it.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no notebook {notebook} in {root}: give a path such as {FIRST_NOTEBOOK}.")
    # the default URL, not a file argument: it is also what --no-browser prints, so that it can be pasted elsewhere
    url = quote(f"/lab/tree/{path.relative_to(root.resolve()).as_posix()}")
    arguments = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url={url}"]
    if port is not None:
        arguments.append(f"--ServerApp.port={port}")
    if not browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")  # containers run as root; the server still listens on localhost with a token
    return arguments


def lab_environment(root: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables to set: the course's ``labconfig/`` is added to, not put in place of, the user's own.

    ``labconfig/default_setting_overrides.json`` keeps the "Jupyter news?" question off the first page; JupyterLab
    looks for that folder only on its configuration path.

    Examples
    --------
    >>> lab_environment(Path("course"), {"JUPYTER_CONFIG_PATH": "mine"})["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    ['mine', 'course']
    """
    folders = [str(root)]
    present = environment.get("JUPYTER_CONFIG_PATH")
    if present:
        folders.insert(0, present)
    return {"JUPYTER_CONFIG_PATH": os.pathsep.join(folders)}
