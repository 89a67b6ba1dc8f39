"""The quiz grades in Python, tells the page nothing beforehand, and refuses a broken question file in one sentence."""

from __future__ import annotations

import html
import json
import re
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import nbformat
import pytest

from zeropoint.course import learner
from zeropoint.course.quiz import Attempt, Quiz, QuizError, Session, load_quiz
from zeropoint.course.quiz.result import ALSO, ANSWER, OTHER, YOURS_WRONG
from zeropoint.course.quiz.source import Question
from zeropoint.course.quiz.widget import QuizWidget

FOLDER = Path(__file__).parents[2] / "quiz"
SOURCE = FOLDER / "quick_test.toml"


pytestmark = pytest.mark.usefixtures("progress_file")
CHOICES = (3, 4, 5, 6, 7, 8, 9)  # the questions with options; 1 and 2 ask for a number
SEVERAL = 7  # the question with more than one right option


@pytest.fixture(autouse=True)
def new_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Attempt, "rehearsed", set())


def session(seed: str | None = None) -> Session:
    return Session(load_quiz(SOURCE), seed=seed)


@pytest.fixture
def quiz() -> Session:
    return session()


def letters(quiz: Session, number: int, *, correct: bool = True) -> list[str]:
    """Return the letters of the right (or of the wrong) options."""
    options = quiz.questions[number - 1].options
    return [letter for letter, index in quiz.letters(number).items() if options[index].correct is correct]


def answers(quiz: Session, *, wrong: int = 0) -> dict[int, Any]:
    """Answer everything right but for the last ``wrong`` questions."""
    given: dict[int, Any] = {}
    for number in range(1, len(quiz.questions) + 1):
        question = quiz.question(number)
        miss = number > len(quiz.questions) - wrong
        if question.kind == "numeric":
            given[number] = question.answer + (question.tolerance + 1 if miss else 0)
        else:
            given[number] = letters(quiz, number, correct=not miss)[: 1 if question.kind == "single" else None]
    return given


# ── the nine questions ──────────────────────────────────────────────────────────────────────────────────────────────


def test_nine_questions_of_three_kinds(quiz: Session) -> None:
    assert len(quiz.questions) == 9
    assert len({question.theme for question in quiz.questions}) == 9
    assert {question.kind for question in quiz.questions} == {"single", "multiple", "numeric"}


def test_every_option_is_explained_for_itself(quiz: Session) -> None:
    for question in quiz.questions:
        reasons = [option.why for option in question.options] or [question.why, *(m.why for m in question.mistakes)]
        assert all(len(why) > 40 for why in reasons), question.id
        assert len(set(reasons)) == len(reasons), question.id


def test_the_longest_option_is_no_hint(quiz: Session) -> None:
    choices = [question for question in quiz.questions if question.options]
    for question in choices:
        sizes = [len(option.text) for option in question.options]
        assert max(sizes) <= 1.25 * min(sizes), question.id
    longest = [max(question.options, key=lambda option: len(option.text)).correct for question in choices]
    assert sum(longest) <= len(choices) / 2


def test_right_answers_are_spread_over_the_letters(quiz: Session) -> None:
    first = [letters(quiz, number)[0] for number, question in enumerate(quiz.questions, 1) if question.options]
    assert {"a", "b", "c", "d"} == set(first)
    assert max(map(first.count, "abcd")) <= 3


def test_the_size_is_counted_with_the_scales(quiz: Session) -> None:
    question = next(question for question in quiz.questions if question.id == "size")
    for drawn in question.variants:
        million, bits, scale, group = map(
            int, re.findall(r"has (\d+) .* INT(\d+) .* (\d+)-bit .* of (\d+) w", drawn.text)[0]
        )
        exact = Fraction(million) * (bits + Fraction(scale, group)) / 8
        assert drawn.accepts(round(float(exact), 1)) and f"{float(exact):.4g} MB" in drawn.why
        assert not any(drawn.accepts(mistake.answer) for mistake in drawn.mistakes)


@pytest.mark.skipif(not list(FOLDER.glob("../notebooks/*.ipynb")), reason="there are no lessons yet")
def test_links_lead_to_lessons(quiz: Session) -> None:
    for question in quiz.questions:
        assert re.fullmatch(r"\.\./notebooks/\d\d_\w+\.ipynb", question.reread)
        assert (FOLDER / question.reread).is_file(), question.reread


# ── grading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("wrong", "passed"), [(0, True), (2, True), (3, False), (9, False)])
def test_seven_of_nine_pass(quiz: Session, wrong: int, passed: bool) -> None:
    result = quiz.grade(answers(quiz, wrong=wrong))
    assert (result.score, result.total, result.need) == (9 - wrong, 9, 7)
    assert result.passed is passed
    assert ("not passed" in str(result)) is not passed
    assert len(result.missed) == wrong


@pytest.mark.parametrize(("total", "need"), [(1, 1), (3, 3), (9, 7), (10, 7), (20, 14)])
def test_seventy_percent_is_rounded_up_in_integers(quiz: Session, total: int, need: int) -> None:
    assert Quiz("q", "Q", quiz.questions[:1] * total, pass_percent=70).need == need


@pytest.mark.parametrize(("percent", "need"), [(0, 0), (1, 1), (50, 5), (66, 6), (67, 7), (100, 9)])
def test_the_pass_mark_decides_how_many_are_needed(quiz: Session, percent: int, need: int) -> None:
    assert Quiz("q", "Q", quiz.questions, pass_percent=percent).need == need


def test_without_a_course_folder_a_quiz_can_be_read_and_asks_for_every_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> None:
        raise FileNotFoundError("No course folder.")

    (tmp_path / "small.toml").write_text(GOOD)
    monkeypatch.setattr("zeropoint.course.quiz.quiz.load_manifest", nowhere)
    assert load_quiz(tmp_path / "small.toml").need == 2


def test_the_pass_mark_is_the_one_of_the_manifest(quiz: Session) -> None:
    manifest = tomllib.loads((FOLDER.parent / "course.toml").read_text(encoding="utf-8"))["quiz"]
    assert manifest["stem"] == quiz.quiz.name
    assert quiz.quiz.need == -(-len(quiz.questions) * manifest["pass_percent"] // 100)


def test_every_option_is_explained_after_submission(quiz: Session) -> None:
    for wrong in (0, 9):
        result = quiz.grade(answers(quiz, wrong=wrong))
        for verdict, question in zip(result.questions, quiz.questions, strict=True):
            assert {option.why for option in question.options} <= {note.why for note in verdict.notes}
            assert all(note.why in " ".join(str(result).split()) for note in verdict.notes)


def test_an_explanation_tells_what_was_chosen_and_what_is_right(quiz: Session) -> None:
    right, wrong = letters(quiz, 3)[0], letters(quiz, 3, correct=False)
    notes = quiz.grade({**answers(quiz), 3: wrong[0]}).questions[2].notes
    status = {note.label: (note.status, note.right, note.chosen) for note in notes}
    assert status == {
        right: (ANSWER, True, False),
        wrong[0]: (YOURS_WRONG, False, True),
        **{letter: (OTHER, False, False) for letter in wrong[1:]},
    }


def test_a_wrong_number_is_explained_beside_the_right_one(quiz: Session) -> None:
    notes = quiz.grade({**answers(quiz), 1: 1000}).questions[0].notes
    assert [(note.label, note.right) for note in notes] == [("1000", False), ("52", True)]
    assert notes[1].why == quiz.questions[0].why


def test_several_letters_must_all_be_right_and_complete(quiz: Session) -> None:
    right = letters(quiz, SEVERAL)
    wrong = letters(quiz, SEVERAL, correct=False)
    assert len(right) == 2
    for given, verdict in [(right, True), (right[::-1], True), (right[:1], False), (right + wrong[:1], False)]:
        assert quiz.grade({**answers(quiz), SEVERAL: given}).questions[SEVERAL - 1].right is verdict
    half = quiz.grade({**answers(quiz), SEVERAL: right[:1]}).questions[SEVERAL - 1]
    assert [note.status for note in sorted(half.notes, key=lambda note: note.label)].count(ALSO) == 1


def test_a_known_mistake_is_named(quiz: Session) -> None:
    notes = quiz.grade({**answers(quiz), 1: 51}).questions[0].notes
    assert [note.label for note in notes] == ["51", "52"]
    assert (
        notes[0].why == "0.3 / 0.0231 is 12.97, which rounds to 13; cutting off the fraction gives one less, and so 51."
    )


@pytest.mark.parametrize("given", [52, 52.0, "52", " 52 ", "52,0"])
def test_a_number_may_be_written_in_several_ways(quiz: Session, given: Any) -> None:
    assert quiz.grade({**answers(quiz), 1: given}).questions[0].right


@pytest.mark.parametrize(
    ("given", "right"), [(1.65, True), (1.75, True), (1.7, True), (1.76, False), (1.64, False), (-1.7, False)]
)
def test_tolerance_includes_its_edge(given: float, right: bool) -> None:
    question = Question("id", "t", "r", "?", "numeric", answer=1.7, tolerance=0.05)
    assert question.accepts(given) is right


def test_questions_go_by_number_or_id(quiz: Session) -> None:
    given = answers(quiz)
    by_id = {question.id: given[number] for number, question in enumerate(quiz.questions, 1)}
    by_text = {str(number): value for number, value in given.items()}
    assert quiz.grade(by_id) == quiz.grade(by_text) == quiz.grade(given)


def test_missing_answers_are_named_and_nothing_is_graded(quiz: Session) -> None:
    given = {**answers(quiz), 1: "", 4: [], 9: None}
    with pytest.raises(ValueError, match=r"^Questions 1, 4 and 9 have no answer yet; .*\.$"):
        quiz.grade(given)
    del given[1], given[4]
    given |= {1: 52, 4: "a"}
    with pytest.raises(ValueError, match=r"^Question 9 has no answer yet; .*\.$"):
        quiz.grade(given)


@pytest.mark.parametrize(
    ("question", "given", "message"),
    [
        (3, ("e",), r"^Question 3 takes one letter of a, b, c, d, not e\.$"),
        (3, ("a", "b"), r"^Question 3 takes one letter of a, b, c, d, not a, b\.$"),
        (SEVERAL, ("a", 5), r"^Question 7 takes one or more letters of a, b, c, d, not a, 5\.$"),
        (3, (), r"^Question 3 got no answer; write a letter after it\.$"),
        (1, (), r"^Question 1 got no answer; write a number after it\.$"),
        (1, ("many",), r"^Question 1 takes one number, not 'many'\.$"),
        (1, (1, 2), r"^Question 1 takes one number, not \(1, 2\)\.$"),
        (1, (float("inf"),), r"^Question 1 takes one number, not inf\.$"),
        (10, ("a",), r"^There is no question 10; give a number from 1 to 9\.$"),
        (0, ("a",), r"^There is no question 0; "),
        ("granlarity", ("a",), r"^There is no question 'granlarity'; "),
    ],
)
def test_an_impossible_answer_is_refused_in_one_sentence(
    quiz: Session, question: Any, given: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        quiz.answer(question, *given)
    assert quiz.answers == {}


# ── order of the options ────────────────────────────────────────────────────────────────────────────────────────────


def order(quiz: Session) -> list[tuple[int, ...]]:
    return [tuple(quiz.letters(number).values()) for number in CHOICES]


def test_order_is_the_same_for_a_seed_and_differs_between_seeds() -> None:
    orders = {seed: order(session(seed)) for seed in ("Ada", "Grace", "Zoë")}
    assert orders["Ada"] == order(session("Ada"))
    assert orders["Ada"] != orders["Grace"] != orders["Zoë"]
    assert len(set(orders["Ada"])) > 1, "questions are shuffled one by one"
    assert all(sorted(each) == [0, 1, 2, 3] for each in orders["Ada"])


def test_order_does_not_depend_on_the_python_version() -> None:
    # A committed notebook shows these letters; a change here means executing it again.
    assert order(session())[:2] == [(2, 1, 0, 3), (2, 3, 1, 0)]


def test_the_name_is_the_seed_and_a_later_login_moves_no_letter(quiz: Session) -> None:
    before = order(quiz)
    learner.login("Ada")
    assert order(quiz) == before
    assert order(session()) == order(session("Ada")) != before


@pytest.mark.parametrize("seed", [f"learner {number}" for number in range(20)])
def test_grading_follows_the_texts_and_not_the_letters(quiz: Session, seed: str) -> None:
    shuffled = session(seed)
    assert shuffled.grade(answers(shuffled)).score == 9
    assert shuffled.grade(answers(shuffled, wrong=9)).score == 0


# ── drawn numbers ───────────────────────────────────────────────────────────────────────────────────────────────────


def numbers(question: Question) -> tuple[Fraction, ...]:
    """Read range, codes and value from a question's text."""
    found = re.findall(r"\[(\S+), (\S+)\].*codes 0 to (\d+).*value (\S+)\?", question.text.replace("−", "-"))
    return tuple(map(Fraction, found[0]))


@pytest.mark.parametrize("draw", range(12))
def test_drawn_answers_are_what_the_arithmetic_gives(quiz: Session, draw: int) -> None:
    question = quiz.questions[0].variants[draw]
    low, high, most, value = numbers(question)
    steps, zero_point = value * most / (high - low), round(-low * most / (high - low))
    code = round(steps) + zero_point
    assert question.answer == code
    expected = [round(steps), zero_point, int(steps) + zero_point, round(steps) - zero_point, code - (most + 1) // 2]
    assert [mistake.answer for mistake in question.mistakes] == expected
    assert len({code, *expected}) == 6, "each wrong number shows one misconception"
    assert round((value - low) * most / (high - low)) == code, (
        "who measures from the left end is not told of another mistake"
    )
    shown = Fraction(f"{float((high - low) / most):.3g}")
    assert round(value / shown) + round(-low / shown) == code, "the three digits that the explanation shows suffice"


def test_draws_differ_in_their_answers(quiz: Session) -> None:
    drawn = quiz.questions[0].variants
    assert len({question.answer for question in drawn}) == len(drawn) == 12
    assert not any("{" in text for q in drawn for text in (q.text, q.why, *(mistake.why for mistake in q.mistakes)))


def test_neighbours_get_different_numbers(quiz: Session) -> None:
    drawn = [session(f"learner {n}").question(1).answer for n in range(30)]
    assert len(set(drawn)) >= 8
    assert max(map(drawn.count, drawn)) <= 8


def test_a_learner_gets_the_same_numbers_again_on_any_python(quiz: Session) -> None:
    drawn = {name: session(name).question(1).answer for name in ("Ada", "Grace")}
    assert drawn == {"Ada": 135, "Grace": 8}


def test_a_visitor_gets_the_same_numbers_at_every_try(quiz: Session) -> None:
    for _ in range(3):
        assert quiz.question(1).answer == 52
        quiz.next_try()


def test_each_try_of_a_learner_has_other_numbers_and_the_same_letters() -> None:
    learner.login("Ada")
    quiz = session()
    asked, orders = [], []
    for _ in range(12):
        asked.append(quiz.question(1).answer)
        orders.append(order(quiz))
        quiz.next_try()
    assert len(set(asked)) == 12
    assert all(each == orders[0] for each in orders)


def test_a_new_kernel_goes_on_with_the_next_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    learner.login("Ada")
    first = session()
    for number, given in answers(first).items():
        first.answer(number, *(given if isinstance(given, list) else [given]))
    before = first.question(1)
    first.submit()
    assert "9 of 9 right" in capsys.readouterr().out
    first.print_questions()
    assert session().question(1) == first.question(1) != before


def test_a_new_look_has_the_next_numbers_and_noted_answers_keep_theirs() -> None:
    learner.login("Ada")
    quiz, form = session(), session()
    before = quiz.question(1)
    form.finish(answers(form))
    assert quiz.question(1) == before, "nothing was shown anew"
    quiz.answer(3, "a")
    quiz.print_questions()
    assert quiz.question(1) == before
    quiz.answers.clear()
    quiz.print_questions()
    assert quiz.question(1) != before


def note_all(asked: Session, wrong: int = 0) -> None:
    for number, given in answers(asked, wrong=wrong).items():
        asked.answer(number, *(given if isinstance(given, list) else [given]))


def test_a_correction_is_judged_by_the_numbers_that_were_shown_and_not_stored(
    capsys: pytest.CaptureFixture[str],
) -> None:
    learner.login("Ada")
    quiz = session()
    note_all(quiz)
    right = quiz.answers[1]
    quiz.answer(1, right + 1)
    quiz.submit()
    assert "8 of 9 right" in capsys.readouterr().out
    quiz.answer(1, right)
    quiz.submit()
    text = capsys.readouterr().out
    assert "9 of 9 right" in text
    assert "A correction is not stored" in text and "other numbers in question 1 and 2" in text
    assert [row.points for row in learner.progress().quiz_history] == [8]
    quiz.print_questions()
    assert quiz.question(1).answer != right and not quiz.answers


def test_who_rehearses_as_a_visitor_gets_other_numbers_after_the_login(quiz: Session) -> None:
    quiz.print_questions()
    note_all(quiz)
    quiz.submit()
    learner.login("Ada")
    quiz.print_questions()
    assert quiz.question(1).answer != 52
    assert order(quiz) == order(session("Ada"))


def test_a_rehearsed_form_is_not_stored_after_the_login(quiz: Session) -> None:
    form, other = session(), session()
    other.settle()
    form.finish(answers(form))
    learner.login("Ada")
    assert other.finish(answers(other))[1].startswith("Not stored: these numbers were a visitor's")
    assert not learner.progress().quiz_history
    form.next_try()
    assert form.finish(answers(form))[1].startswith("Saved for Ada.")


def test_who_logs_in_before_any_verdict_keeps_what_was_answered(quiz: Session) -> None:
    note_all(quiz)
    learner.login("Ada")
    assert quiz.finish(quiz.answers)[1].startswith("Saved for Ada.")


# ── in text ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_text_shows_what_the_form_shows(quiz: Session, capsys: pytest.CaptureFixture[str]) -> None:
    quiz.print_questions()
    text = " ".join(capsys.readouterr().out.split())
    for question in QuizWidget(quiz).questions:
        assert question["text"] in text
        for letter, option in question["options"]:
            assert f"{letter}) {option}" in text
    assert not any(option.why[:30] in text for question in quiz.questions for option in question.options)


def test_answering_and_submitting_in_text(quiz: Session, capsys: pytest.CaptureFixture[str]) -> None:
    quiz.submit()
    assert capsys.readouterr().out.startswith("Questions 1, 2, 3, 4, 5, 6, 7, 8 and 9 have no answer yet")
    for number, given in answers(quiz, wrong=1).items():
        quiz.answer(number, *(given if isinstance(given, list) else [given]))
    assert "(9 of 9 answered)" in capsys.readouterr().out
    quiz.submit()
    text = capsys.readouterr().out
    assert "8 of 9 right: passed (7 needed)." in text
    assert "1. Scale and zero point: Right" in text and "9. Acceptance: Not right" in text
    assert "Read again – Acceptance: ../notebooks/" in text
    assert "Nobody is logged in, so nothing is stored" in text
    quiz.submit()
    assert "A correction is not stored" in capsys.readouterr().out, "a second submit is no second try"


def test_a_visitor_is_told_once_that_nothing_is_stored(quiz: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for message in (learner._NOBODY.message, "Other words."):
        monkeypatch.setattr(learner, "_NOBODY", learner._NOBODY._replace(message=message))
        assert [quiz.finish(answers(quiz))[1] for _ in range(2)] == [message, ""]


def test_every_try_is_kept_and_the_best_named(quiz: Session) -> None:
    learner.login("Ada")
    lines = [quiz.finish(answers(quiz, wrong=wrong))[1] for wrong in (4, 1, 3)]
    assert lines == [
        "Saved for Ada. Best so far: 5 of 9 (1 try).",
        "Saved for Ada. Best so far: 8 of 9 (2 tries).",
        "Saved for Ada. Best so far: 8 of 9 (3 tries).",
    ]
    history = learner.progress().quiz_history
    assert [(row.item, row.points, row.passed) for row in history] == [
        ("quick_test", 5, False),
        ("quick_test", 8, True),
        ("quick_test", 6, False),
    ]
    assert json.loads(history[1].detail or "") == {"missed": ["acceptance"]}


def test_result_shows_even_when_it_cannot_be_saved(
    quiz: Session, progress_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    progress_file.parent.mkdir()
    progress_file.write_bytes(b"no database" * 100)
    learner.login("Ada")
    for number, given in answers(quiz).items():
        quiz.answer(number, *(given if isinstance(given, list) else [given]))
    quiz.submit()
    text = capsys.readouterr().out
    assert "9 of 9 right: passed" in text
    assert "This result was not saved: " in text


# ── in the page ─────────────────────────────────────────────────────────────────────────────────────────────────────


def secrets(quiz: Session) -> list[str]:
    """Return every explanation, and the number asked for."""
    choices = [option.why for question in quiz.questions for option in question.options]
    numeric = [variant for question in quiz.questions for variant in question.variants]
    return choices + [why for each in numeric for why in (each.why, *(mistake.why for mistake in each.mistakes))]


def test_the_page_is_told_nothing_before_submission(quiz: Session) -> None:
    widget = QuizWidget(quiz)
    state = widget.get_state()
    assert set(state["questions"][1]) == {"theme", "text", "kind", "task", "label", "options"}
    assert state["result"] == {}
    public = {key for key in state if not key.startswith("_")} - {"layout", "tabbable", "tooltip"}
    assert public == {"title", "need", "questions", "answers", "result"}
    sent = json.dumps([state[key] for key in sorted(public)], ensure_ascii=False)
    plain = html.unescape(widget._repr_mimebundle_()[0]["text/html"])
    for secret in secrets(quiz):
        assert secret not in sent and secret not in plain
    assert '"correct"' not in sent and "52" not in sent
    # What is sent must not depend on which option is right.
    flipped = session()
    for question in flipped.questions:
        for option in question.options:
            object.__setattr__(option, "correct", not option.correct)
    assert QuizWidget(flipped).get_state(["questions"]) == widget.get_state(["questions"])


def send(widget: QuizWidget, content: dict[str, Any]) -> list[dict[str, Any]]:
    """Deliver a message from the page and return the messages sent back."""
    sent: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    widget._handle_custom_msg(content, [])
    return sent


def test_the_page_gets_the_verdict_after_submission(quiz: Session) -> None:
    widget = QuizWidget(quiz)
    given = {str(number): value for number, value in answers(quiz, wrong=2).items()} | {"1": "52"}
    assert send(widget, {"answers": given}) == []
    assert widget.result["verdict"] == "7 of 9 right: passed (7 needed)."
    assert widget.result["passed"] is True
    assert [each["right"] for each in widget.result["questions"]] == [True] * 7 + [False] * 2
    json.dumps(widget.result)


def test_try_again_asks_a_learner_with_new_numbers() -> None:
    learner.login("Ada")
    quiz = session()
    widget, other = QuizWidget(quiz), QuizWidget(quiz)
    before = widget.questions
    send(widget, {"answers": {str(n): value for n, value in answers(quiz).items()}})
    assert widget.result["questions"][0]["right"] and widget.questions == before, "the verdict stands by its question"
    widget.set_state({"result": {}})
    assert widget.questions[0]["text"] != before[0]["text"]
    assert widget.questions[2:] == before[2:], "only what is drawn changes"
    assert other.questions == before, "another form keeps its numbers"
    quiz.next_try()
    send(widget, {"answers": {str(n): value for n, value in answers(quiz).items()}})
    assert widget.result["questions"][0]["right"], "graded by the numbers that are asked"


def test_the_page_gets_a_sentence_when_an_answer_is_missing(quiz: Session) -> None:
    widget = QuizWidget(quiz)
    problems = send(widget, {"answers": {"1": "52"}})
    assert len(problems) == 1 and problems[0]["problem"].startswith("Questions 2, 3")
    assert widget.result == {}


def test_two_forms_do_not_share_answers(quiz: Session) -> None:
    first, second = QuizWidget(quiz), QuizWidget(quiz)
    send(first, {"answers": {str(n): value for n, value in answers(quiz).items()}})
    assert first.result and not second.result


def test_committed_output_is_stable(quiz: Session) -> None:
    bundles = [QuizWidget(quiz)._repr_mimebundle_()[0] for _ in range(2)]
    assert bundles[0]["text/plain"] == "Quick test: 9 questions, 7 right answers to pass"
    for kind in ("text/plain", "text/html"):
        assert bundles[0][kind] == bundles[1][kind]
    assert bundles[0]["text/html"].count("<li>") == 9 + 4 * len(CHOICES)


def test_notebook_shows_the_questions_without_a_kernel(quiz: Session) -> None:
    notebook = nbformat.read(FOLDER / "quick_test.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    assert all(set(output.data) == {"text/plain", "text/html"} for output in outputs), "a saved view has no model"
    assert outputs[0].data["text/html"] == QuizWidget(quiz)._repr_mimebundle_()[0]["text/html"]
    assert not any(secret in json.dumps(notebook, ensure_ascii=False) for secret in secrets(quiz))


# ── a broken question file ──────────────────────────────────────────────────────────────────────────────────────────

GOOD = """
title = "T"
[[question]]
id = "one"
theme = "t"
reread = "r"
kind = "single"
text = "?"
option = [
  {text = "a", correct = true, why = "w"}, {text = "b", why = "w"}, {text = "c", why = "w"}, {text = "d", why = "w"},
]
[[question]]
id = "two"
theme = "t"
reread = "r"
kind = "numeric"
text = "?"
answer = 1
tolerance = 0.1
why = "w"
mistake = [{answer = 2, why = "m"}]
"""

DRAWN = GOOD.replace(
    "answer = 1\n",
    """rule = "asymmetric_code"
draw = [{min_val = -0.9, max_val = 5.0, bits = 8, value = 0.3}, {min_val = -0.7, max_val = 5.0, bits = 8, value = 0.8}]
answer = "code"
""",
).replace('text = "?"\nrule', 'text = "{value}?"\nrule')


def test_a_good_file_is_read(tmp_path: Path) -> None:
    tomllib.loads(GOOD)
    (tmp_path / "small.toml").write_text(GOOD)
    quiz = load_quiz(tmp_path / "small.toml")
    assert (quiz.name, quiz.title, len(quiz.questions)) == ("small", "T", 2)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('{text = "b", why = "w"}', '{text = "b"}', 'question 1 (one), option 2 has no explanation; add why = "…".'),
        ('{text = "b", why = "w"}', '{text = "b", why = " "}', "option 2 has no explanation"),
        ("correct = true, ", "", "question 1 (one) has no correct option; set correct = true on one."),
        ('{text = "b",', '{text = "b", correct = true,', "question 1 (one) has 2 correct options; keep one"),
        ("correct = true", 'correct = "yes"', "option 1: correct is 'yes'; make it true or false."),
        (', {text = "d", why = "w"}', "", "question 1 (one) has 3 options; give it 4."),
        ('text = "b"', 'text = "a"', "has the option 'a' more than once"),
        ("correct = true", "right = true", "option 1 has an unknown key 'right'; use text, correct, why."),
        ('id = "two"', 'id = "one"', "bad.toml has the id 'one' more than once"),
        ('id = "one"', "", 'question 1 (without id) has no id; add id = "…".'),
        ('theme = "t"', "", "has no theme"),
        ('reread = "r"', "", "has no reread"),
        ('kind = "single"', 'kind = "essay"', "kind is 'essay'; make it one of single, multiple, numeric."),
        ("answer = 1\n", "", "question 2 (two) has no number for answer"),
        ("answer = 1\n", 'answer = "1"\n', "has no number for answer"),
        ("tolerance = 0.1", "", "has no number for tolerance"),
        ("tolerance = 0.1", "tolerance = -1", "tolerance is -1; make it 0 or more."),
        ('why = "w"\nmistake', "mistake", 'question 2 (two) has no explanation; add why = "…".'),
        ('{answer = 2, why = "m"}', "{answer = 2}", "mistake 1 has no explanation"),
        ("{answer = 2,", "{answer = 1.05,", "calls 1.05 both right and a mistake"),
        ('mistake = [{answer = 2, why = "m"}]', "option = []", "has an unknown key 'option'"),
        ('title = "T"', "", "bad.toml has no title"),
        ('title = "T"', 'title = "T', "bad.toml is not valid TOML"),
        ('title = "T"', 'title = "T"\npass = 5', "has an unknown key 'pass'"),
        (GOOD, 'title = "T"', "bad.toml has no questions; add at least one [[question]]."),
        (GOOD, 'title = "T"\nquestion = ["?"]', "is '?'"),
        (GOOD, 'title = "T"\nquestion = "?"', "bad.toml has no questions"),
        ('mistake = [{answer = 2, why = "m"}]', "mistake = 5", "mistake is 5; write each as [[question.mistake]]."),
        ('mistake = [{answer = 2, why = "m"}]', "mistake = [5]", "mistake 1 is 5; make it a table"),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    path = tmp_path / "bad.toml"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(QuizError) as error:
        load_quiz(path)
    assert message in str(error.value)
    assert str(error.value).startswith("bad.toml") and "\n" not in str(error.value)


def test_a_drawn_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(DRAWN)
    question = load_quiz(tmp_path / "small.toml").questions[1]
    assert [(each.text, each.answer) for each in question.variants] == [("0.3?", 52), ("0.8?", 67)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"asymmetric_code"', '"eval"', "question 2 (two): rule is 'eval'; make it one of asymmetric_code, "),
        ('rule = "asymmetric_code"\n', "", "rule is None; make it one of asymmetric_code, "),
        ("draw = [", "other = [", "has an unknown key 'other'"),
        ("{min_val = -0.7, ", "{", "has a draw that its rule asymmetric_code does not take"),
        ("bits = 8, value = 0.8", "bits = 99, value = 0.8", "has a draw that its rule asymmetric_code does not take"),
        ('"{value}?"', '"{width}?"', "question 2 (two), draw 1: text asks for 'width'; use one of min_val, "),
        ('answer = "code"', 'answer = "cod"', "draw 1 has no number for answer; add answer = …, or one of min_val, "),
        ("{answer = 2,", "{answer = 67,", "question 2 (two), draw 2 calls 67 both right and a mistake"),
    ],
)
def test_a_broken_recipe_is_refused_in_one_sentence(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in DRAWN
    path = tmp_path / "bad.toml"
    path.write_text(DRAWN.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(QuizError) as error:
        load_quiz(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuizError, match=r"There is no quiz file .*none\.toml"):
        load_quiz(tmp_path / "none.toml")
