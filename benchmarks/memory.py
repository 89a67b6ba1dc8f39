"""Peak memory of each lesson's kernel: what a hub must grant a learner who runs the notebook from top to bottom.

    zeropoint bench memory               # every lesson and exercise; the tables of lessons follow
    zeropoint bench memory 05 06         # some lessons; the rest of the record stays

Each notebook runs in a kernel of its own. Measured is the resident set of the kernel and of the processes that it
starts, added up every 20 ms; pages that two of them share are counted twice, so it is an upper bound. The highest value
of the kernel alone is also read from the system (VmHWM), which misses no short peak.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import psutil
import torch
from nbclient import NotebookClient
from tqdm.auto import tqdm

from zeropoint.course.build import build
from zeropoint.course.manifest import Lesson, load_manifest
from zeropoint.course.tables import MEMORY
from zeropoint.paths import course_root

INTERVAL = 0.02  # seconds
MIB = 2**20
FOLDERS = {"lesson": "notebooks", "exercise": "solutions"}


class PeakMemory:
    """The largest memory of a process and its children while it is watched."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.bytes = 0

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(INTERVAL):
            try:
                processes = [self._process, *self._process.children(recursive=True)]
                now = sum(process.memory_info().rss for process in processes)
                alone = _high_water_mark(self._process.pid)
            except psutil.Error:  # one of them just ended
                continue
            self.bytes = max(self.bytes, now, alone)


def _high_water_mark(pid: int) -> int:
    """Return the largest resident set so far as Linux keeps it; 0 elsewhere."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def peak_of(path: Path) -> int:
    """Run a notebook and return the peak memory of its kernel, in MiB.

    The kernel gets an empty cache: a training that was finished there would only be read.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}, timeout=900
    )
    with TemporaryDirectory() as cache:
        environment = {**os.environ, "ZEROPOINT_CACHE": cache}
        with client.setup_kernel(env=environment, stderr=subprocess.DEVNULL):  # the kernel's own log
            pid = client.km.provisioner.process.pid
            with PeakMemory(pid) as peak:
                for index, cell in enumerate(notebook.cells):
                    client.execute_cell(cell, index)
    return -(-peak.bytes // MIB)


def measured(lesson: Lesson) -> dict[str, int]:
    """Return the peaks of a lesson's notebooks in MiB."""
    found = {}
    for kind, folder in FOLDERS.items():
        path = course_root() / folder / f"{lesson.stem}.ipynb"
        if path.is_file():
            found[kind] = peak_of(path)
    return found


def main() -> None:
    """Measure the lessons asked for and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help='numbers such as "05"; all of them by default')
    wanted = parser.parse_args().lessons
    record = course_root() / MEMORY
    known = json.loads(record.read_text(encoding="utf-8"))["mib"] if record.is_file() else {}
    lessons = [lesson for lesson in load_manifest().lessons if not wanted or lesson.number in wanted]
    for lesson in tqdm(lessons):
        known[lesson.stem] = measured(lesson)
        content = {
            "what": "peak resident memory of a lesson's kernel and its children, MiB",
            "python": platform.python_version(),
            "torch": torch.__version__,
            "system": f"{platform.system()} {platform.machine()}",
            "mib": dict(sorted(known.items())),
        }
        record.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        tqdm.write(f"{lesson.stem}: {known[lesson.stem]}")
    for path in build():
        tqdm.write(f"wrote {path.relative_to(course_root())}")


if __name__ == "__main__":
    main()
