"""Plausible wrong answers, one module a lesson: each must fail, with the message made for it.

A new lesson NN adds ``lesson_NN.py`` here and nothing else; ``tests/test_checks.py`` finds it. The module holds

``MUTANTS : dict[str, list[tuple[answer, str]]]``
    For each exercise two or more wrong answers, as a learner would write them from the brief, without the check's own
    code, and a regular expression that only the message made for this mistake matches.
``SECOND : dict[str, answer]``
    For each exercise a right answer that is written in another way than the one in ``solutions/``.
``PARTIAL : dict[str, int]``, optional
    For exercises whose independent parts count: the points that the first mutant earns.

What is committed in ``solutions/`` and ``exercises/`` is run too, cell by cell: the solution must pass, and the
untouched exercise must fail as "not written yet".
"""
