"""What every check returns: passed or not, one message, and the share of the points earned."""

from __future__ import annotations

from dataclasses import dataclass

NOT_WRITTEN = "This one is not written yet: replace the gap with your own answer, run the cell, and check again."


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check, before it is turned into points.

    Attributes
    ----------
    passed : bool – everything is right
    message : str – one or two sentences for the learner
    right, of : int – how many independent parts are right, of how many; they count only when not passed

    Examples
    --------
    >>> Verdict(False, "2 of 4 entries are right.", right=2, of=4).points(5)
    2
    """

    passed: bool
    message: str
    right: int = 0
    of: int = 1

    def points(self, max_points: int) -> int:
        """Return the points earned: all when passed, else the right parts' share, rounded down."""
        return max_points if self.passed else max_points * self.right // self.of
