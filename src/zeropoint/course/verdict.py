"""What every check returns: passed or not, one message, and the share of the points earned."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What sort of problem a sentence tells of."""

    NOT_WRITTEN = auto()  # the gap is still there
    FORM = auto()  # another type, shape or library than asked for: nothing can be compared
    NOT_FINITE = auto()  # the right form, and NaN or infinity in it
    VALUES = auto()  # the right form, and wrong numbers in it
    DTYPE = auto()  # the right numbers in the wrong type
    CHANGED_INPUT = auto()  # an argument that the caller still needs was overwritten
    STOPPED = auto()  # what the learner wrote raised, returned nothing, or did not come back


class Problem(str):
    """A sentence for the learner, with its kind beside it: code decides by the kind and never reads the sentence.

    Examples
    --------
    >>> problem = Problem(Kind.VALUES, "element 1 is wrong (2).")
    >>> problem, problem.kind.name
    ('element 1 is wrong (2).', 'VALUES')
    """

    kind: Kind

    def __new__(cls, kind: Kind, text: str) -> Problem:
        """Return the text as a string that knows its kind."""
        problem = super().__new__(cls, text)
        problem.kind = kind
        return problem

    # str's own returns the text alone; copy and pickle hand to __new__ whatever comes from here
    def __getnewargs__(self) -> tuple[Kind, str]:  # pyrefly: ignore[bad-override] – str takes one argument, this two
        """Return what copying and pickling make the same problem from."""
        return self.kind, str(self)


def kind_of(problem: str | None) -> Kind | None:
    """Return the kind of a problem; None where there is none, or for a sentence without a kind."""
    return getattr(problem, "kind", None)


NOT_WRITTEN = Problem(
    Kind.NOT_WRITTEN,
    "This one is not written yet: replace the gap with your own answer, run the cell, and check again.",
)


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
