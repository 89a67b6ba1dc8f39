"""How long a lesson takes: the rule behind every "about 45 minutes"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

WORDS_PER_MINUTE = 100  # technical prose with formulas, for whoever reads English as a second language
MINUTES_PER_CELL = 1  # read the code, run it, look at what came
STEP = 5  # nobody plans in single minutes

_LINK = re.compile(r"\]\([^)]*\)")
_WORD = re.compile(r"\w[\w'’.,-]*")


def lesson_minutes(notebook: Mapping[str, Any]) -> int:
    """Return how many minutes a lesson takes, by its words and its code cells, rounded to five.

    Parameters
    ----------
    notebook : mapping
        A notebook as JSON; collapsed cells that only guard the text (tag ``guard``) are not counted.

    Examples
    --------
    >>> words = {"cell_type": "markdown", "source": "word " * 1900}
    >>> code = {"cell_type": "code", "source": "1 + 1", "metadata": {}}
    >>> lesson_minutes({"cells": [words] + 20 * [code]})
    40
    """
    words = 0
    cells = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            words += len(_WORD.findall(_LINK.sub("]", "".join(cell["source"]))))
        elif "guard" not in cell["metadata"].get("tags", ()):
            cells += 1
    minutes = words / WORDS_PER_MINUTE + cells * MINUTES_PER_CELL
    return STEP * round(minutes / STEP)
