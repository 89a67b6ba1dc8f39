"""Plausible wrong answers, one module a lesson: each must fail, with the message made for it."""
