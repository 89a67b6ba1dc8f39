"""Checks of lesson 10: read a profile, decide from a latency table, write the A/B timer."""

from __future__ import annotations

from zeropoint.course.checks.lesson_10_decision import DECISION
from zeropoint.course.checks.lesson_10_profile import PROFILE
from zeropoint.course.checks.lesson_10_timer import TIMER
from zeropoint.course.spec import Check

EXERCISES: dict[str, Check] = {"10.1": PROFILE, "10.2": DECISION, "10.3": TIMER}
