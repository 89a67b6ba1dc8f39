"""The glossary is in alphabetical order, says each word once, and names lessons of the course."""

from __future__ import annotations

import re

from zeropoint.paths import course_root

TEXT = (course_root() / "docs" / "glossary.md").read_text(encoding="utf-8")
ENTRIES = [line for line in TEXT.splitlines() if line.startswith("**")]


def test_entries_are_sorted_and_unique() -> None:
    first = [re.match(r"\*\*(.+?)\*\*", entry).group(1).lower().replace("-", "") for entry in ENTRIES]
    assert first == sorted(set(first))


def test_every_entry_says_which_lesson_explains_it() -> None:
    without = [entry for entry in ENTRIES if not re.search(r"\(((0\d|1[0-3]), )*(0\d|1[0-3])\)$", entry)]
    assert not without


def test_every_word_is_explained_once() -> None:
    words = [word.lower() for entry in ENTRIES for word in re.findall(r"\*\*(.+?)\*\*", entry.split(" – ")[0])]
    assert len(words) == len(set(words))
