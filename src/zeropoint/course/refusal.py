"""What cannot be done, said in one sentence: a notebook shows the sentence, without the traceback around it."""

from __future__ import annotations


class Refusal(ValueError):
    """Raised for what the learner asked for and cannot have; its text says what to do instead."""

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in place of a traceback."""
        return [str(self)]
