"""Where to start: five questions whose answers lead to a lesson. Nothing is graded and nothing is kept."""

from __future__ import annotations

from typing import NamedTuple

from zeropoint.course.manifest import load_manifest

OPTIONS = ("a", "b", "c", "?")


class Pointer(NamedTuple):
    """One question: the answer of somebody who can skip a lesson, that lesson, and what it is about."""

    skip: str
    lesson: str
    why: str


#: The questions stand in the notebook ``00_start_here``; here is only where each of them leads.
POINTERS = (
    Pointer("c", "01", "what INT8 buys, and when it buys nothing, comes before any arithmetic"),
    Pointer("b", "02", "everything later stands on scale and zero point"),
    Pointer("a", "03", "where the error comes from, and why clipping can lower it, decides every later choice"),
    Pointer("c", "04", "ranges of activations are observed, and common rules about observing them mislead"),
    Pointer("b", "05", "one scale for a whole weight tensor is the most common cause of a collapse"),
)
LAST = "06"


def where_to_start(*answers: str) -> None:
    """Print the lesson to start with, and why.

    Parameters
    ----------
    *answers : five of "a", "b", "c" and "?"
        ``"?"`` stands for "I do not know". They are not graded and not stored.

    Raises
    ------
    ValueError
        When there are not five answers, or one of them is none of the options.

    Examples
    --------
    >>> where_to_start("c", "?", "a", "c", "a")
    Start with lesson 02 (Compute scale and zero point: the ruler), 45 minutes.
    Question 2 points there: everything later stands on scale and zero point.
    Later lessons have something for you as well (question 5).
    """
    given = [str(answer).strip().lower() for answer in answers]
    if len(given) != len(POINTERS) or any(answer not in OPTIONS for answer in given):
        raise ValueError(
            f"Expected {len(POINTERS)} answers, each one of {', '.join(OPTIONS)}, got {', '.join(given) or 'none'}: "
            'write them in quotes, as in where_to_start("a", "b", "c", "a", "?").'
        )
    questions = enumerate(zip(POINTERS, given, strict=True), 1)
    open_ = [(number, pointer) for number, (pointer, answer) in questions if answer != pointer.skip]
    wanted = open_[0][1].lesson if open_ else LAST
    lessons = load_manifest().lessons  # a lesson that is not written yet leads to the next one
    lesson = next((entry for entry in lessons if entry.number >= wanted), lessons[-1])
    print(f"Start with lesson {lesson.number} ({lesson.title}), {lesson.minutes} minutes.")
    if not open_:
        print("All five questions say that you know the arithmetic: see it at work on a whole network.")
        return
    first, pointer = open_[0]
    print(f"Question {first} points there: {pointer.why}.")
    if len(open_) > 1:
        later = ", ".join(str(number) for number, _ in open_[1:])
        print(f"Later lessons have something for you as well (question {later}).")
