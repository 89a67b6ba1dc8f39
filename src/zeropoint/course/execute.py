"""``zeropoint execute``: run notebooks from the top and save them as the course commits them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nbformat

from zeropoint.course.notebook import read_notebook

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
VECTORS = "image/svg+xml"
CELL_SECONDS = 600


def execute(path: Path) -> None:
    """Run every cell in a fresh kernel and save outputs and counts, without what changes from run to run.

    Neither widget state nor timings are kept, and a widget's output keeps its picture or text only: opened
    without its kernel, the widget itself would say "model not found" and hide them.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        When a cell fails; the file is then left as it was.
    """
    from nbclient import NotebookClient

    notebook = read_notebook(path)
    where = {"metadata": {"path": str(path.resolve().parent)}}
    options = {"timeout": CELL_SECONDS, "store_widget_state": False, "record_timing": False, "coalesce_streams": True}
    client = NotebookClient(notebook, resources=where, kernel_name="python3", **options)
    client.execute(stderr=subprocess.DEVNULL)  # the kernel's own log
    clean(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def clean(notebook: nbformat.NotebookNode) -> None:
    """Remove widget state, dead widget views, timings and the kernel's version from a notebook, in place.

    Of a drawing only the picture and its text stay: as HTML it is for a page that trusts it. Any other page takes the
    tags away and leaves the letters between them.
    """
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if len(output.get("data", {})) > 1:
                output.data.pop(WIDGET_VIEW, None)
            if VECTORS in output.get("data", {}):
                output.data.pop("text/html", None)
