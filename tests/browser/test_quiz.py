"""The quiz form in JupyterLab: by keyboard alone, in both themes, several at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.labtools import REPOSITORY, LabServer, open_notebook, run_all
from zeropoint.course import learner
from zeropoint.course.quiz import Session, load_quiz

NAME = "Ada"
NOTEBOOK = "quiz/quick_test.ipynb"
CELLS = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The progress file of the learner in these tests."""
    return tmp_path_factory.mktemp("progress") / "progress.sqlite"


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, lab_server: Callable[[Path], LabServer], store: Path
) -> Iterator[LabServer]:
    """JupyterLab on a copy of the quiz, whose second notebook asks it twice and knows the learner's name."""
    root = tmp_path_factory.mktemp("course")
    (root / "quiz").mkdir()
    (root / "notebooks").mkdir()
    shutil.copy(REPOSITORY / NOTEBOOK, root / NOTEBOOK)
    _write(root / "quiz" / "twice.ipynb", [SET_UP, "quick_test.show()", "quick_test.show()"])
    for question in quiz().questions:
        _write(root / "quiz" / question.reread, ["pass"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZEROPOINT_PROGRESS", str(store))
        patch.delenv("JUPYTERHUB_USER", raising=False)
        yield lab_server(root)


SET_UP = f"""from zeropoint.course import login
from zeropoint.course.quiz import quick_test
login({NAME!r})"""


def _write(path: Path, sources: list[str]) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


def quiz(seed: str | None = None) -> Session:
    return Session(load_quiz(REPOSITORY / "quiz" / "quick_test.toml"), seed=seed)


def right_letters(asked: Session, number: int) -> list[str]:
    options = asked.questions[number - 1].options
    return [letter for letter, index in asked.letters(number).items() if options[index].correct]


def forms(page: Page) -> Locator:
    return page.get_by_role("region", name="Quick test")


def fill(form: Locator, asked: Session, *, wrong: int = 0) -> None:
    """Answer by mouse; the last ``wrong`` questions get an answer that is not right."""
    for number in range(1, 10):
        group = form.get_by_role("group").nth(number - 1)
        spoil = number > 9 - wrong
        if asked.questions[number - 1].kind == "numeric":
            group.get_by_role("textbox").fill("−1" if spoil else in_german(asked, number))
            continue
        letters = right_letters(asked, number)
        if spoil:
            letters = [next(letter for letter in "abcd" if letter not in letters)]
        for letter in letters:
            group.locator(f"input[value={letter}]").check()


def in_german(asked: Session, number: int) -> str:
    """Return the right number with a comma, which an English page must not lose."""
    return str(asked.question(number).answer).replace(".", ",")


def submit(form: Locator) -> None:
    form.get_by_role("button", name="Submit answers").click()
    expect(form.get_by_role("button", name="Try again")).to_be_visible()


def test_without_a_kernel_the_questions_can_be_read(page: Page, server: LabServer) -> None:
    open_notebook(page, server, NOTEBOOK)
    for question in quiz().questions:
        expect(page.get_by_role("listitem").filter(has_text=question.theme).first).to_be_visible()
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)


def test_keyboard_alone_from_the_first_question_to_the_next_try(page: Page, server: LabServer, store: Path) -> None:
    open_notebook(page, server, NOTEBOOK)
    run_all(page)
    form, asked, cells = forms(page), quiz(), page.evaluate(CELLS)
    form.get_by_role("textbox").first.focus()
    for number in range(1, 10):
        if number > 1:
            page.keyboard.press("Tab")
        choose_by_key(page, asked, number)
        # "d d" deletes a cell, "x" cuts it, "m" turns it into text, wherever the quiz does not keep its keys to itself
        for key in "ddxm" if asked.questions[number - 1].kind != "numeric" else "":
            page.keyboard.press(key)
    expect(form).to_contain_text("9 of 9 answered")
    page.keyboard.press("Tab")
    expect(form.get_by_role("button", name="Submit answers")).to_be_focused()
    page.keyboard.press("Enter")
    status = form.get_by_role("status")
    expect(status).to_have_text("✓ 9 of 9 right: passed (7 needed).")
    expect(status).to_be_focused()
    assert [mark.inner_text() for mark in form.locator("legend").get_by_text("✓ Right").all()] == ["✓ Right"] * 9
    expect(form).to_contain_text("Nobody is logged in, so nothing is stored")
    page.keyboard.press("Tab")
    expect(form.get_by_role("button", name="Try again")).to_be_focused()
    page.keyboard.press("Space")
    expect(form.get_by_role("textbox").first).to_be_focused()
    expect(form.get_by_role("textbox").first).to_have_value("")
    expect(form).to_contain_text("0 of 9 answered")
    assert page.evaluate(CELLS) == cells
    assert not store.exists(), "nobody was logged in"


def choose_by_key(page: Page, asked: Session, number: int) -> None:
    """Answer the question whose first option, or whose field, has the focus."""
    if asked.questions[number - 1].kind == "numeric":
        page.keyboard.type(in_german(asked, number))
        return
    right = right_letters(asked, number)
    if asked.questions[number - 1].kind == "single":
        page.keyboard.press("Space")
        for _ in range("abcd".index(right[0])):
            page.keyboard.press("ArrowDown")
        return
    for letter in "abcd":
        if letter in right:
            page.keyboard.press("Space")
        if letter != "d":
            page.keyboard.press("Tab")


def test_missing_answers_are_named_and_get_the_focus(page: Page, server: LabServer) -> None:
    open_notebook(page, server, NOTEBOOK)
    run_all(page)
    form = forms(page)
    fill(form, quiz())
    for number in (5, 8):
        form.get_by_role("group").nth(number - 1).locator("input").evaluate_all(
            "all => all.map(i => i.checked = false)"
        )
    form.get_by_role("button", name="Submit answers").click()
    expect(form.get_by_role("status")).to_have_text("Questions 5, 8 have no answer yet.")
    expect(form.get_by_role("group").nth(4).get_by_role("radio").first).to_be_focused()
    expect(form.get_by_role("button", name="Try again")).to_be_hidden()


def test_two_forms_keep_apart_and_every_try_is_stored(
    page: Page, server: LabServer, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_notebook(page, server, "quiz/twice.ipynb")
    run_all(page)
    first, second = forms(page).nth(0), forms(page).nth(1)
    fill(first, quiz(NAME), wrong=3)
    expect(second).to_contain_text("0 of 9 answered")
    submit(first)
    expect(first.get_by_role("status")).to_have_text("✗ 6 of 9 right: not passed yet (7 needed).")
    expect(first).to_contain_text("Saved for Ada. Best so far: 6 of 9 (1 try).")
    expect(second.get_by_role("button", name="Submit answers")).to_be_visible()
    asked = quiz(NAME)
    fill(second, asked, wrong=2)  # asked before the first was submitted, so with the same number
    submit(second)
    expect(second.get_by_role("status")).to_have_text("✓ 7 of 9 right: passed (7 needed).")
    expect(second).to_contain_text("Best so far: 7 of 9 (2 tries).")
    second.get_by_role("button", name="Try again").click()
    asked.next_try()
    expect(second).to_contain_text(asked.question(1).text[:60])
    expect(second.get_by_role("textbox").first).to_be_focused()
    fill(second, asked)
    submit(second)
    expect(second.get_by_role("status")).to_have_text("✓ 9 of 9 right: passed (7 needed).")
    expect(first.get_by_role("status")).to_have_text("✗ 6 of 9 right: not passed yet (7 needed).")
    monkeypatch.setenv("ZEROPOINT_PROGRESS", str(store))
    assert [row.points for row in learner.progress(NAME).quiz_history] == [6, 7, 9]


@pytest.fixture(scope="module")
def graded(page: Page, server: LabServer) -> Locator:
    """A form after submission, every choice wrong; the tests that only look at it share it."""
    open_notebook(page, server, "quiz/twice.ipynb")
    run_all(page)
    form = forms(page).first
    last = quiz().questions[-1]
    assert not any(option.why[:40] in page.content() for option in last.options)
    asked = quiz(NAME)
    asked.tries = 3  # made by the test before this one
    fill(form, asked, wrong=8)
    submit(form)
    return form


def test_explanations_and_links_follow_submission(page: Page, graded: Locator) -> None:
    last, block = quiz().questions[-1], graded.get_by_role("group").last
    expect(block.locator("legend")).to_contain_text("✗ Not right")
    expect(block).to_contain_text("Your answer – not right.")
    right = next(option for option in last.options if option.correct)
    expect(block).to_contain_text(f"The right answer. {right.why}")
    for option in last.options:
        expect(block).to_contain_text(option.why)
    missed = [question.theme for question in quiz().questions[1:]]
    assert graded.get_by_role("link").all_inner_texts() == missed, "one link for each theme"
    pages = len(page.context.pages)
    graded.get_by_role("link").last.click()
    lesson = page.get_by_role("tab", name=Path(last.reread).name)
    expect(lesson).to_have_attribute("aria-selected", "true")
    assert len(page.context.pages) == pages, "the lesson opened JupyterLab once more"
    page.get_by_role("tab", name="twice.ipynb").click()
    expect(graded).to_be_visible()


def test_every_control_keeps_its_keys_and_has_a_name(graded: Locator) -> None:
    controls = graded.locator("input, button, a, [tabindex]")
    assert controls.count() >= 2 + 7 * 4 + 2 + 1 + 8
    for control in controls.all():
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
    assert graded.get_by_role("group").count() == 9
    unnamed = "all => all.filter(i => !i.labels.length || !i.labels[0].innerText.trim()).length"
    assert graded.locator("input").evaluate_all(unnamed) == 0


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_words_stand_out_in_both_themes(page: Page, graded: Locator, theme: str) -> None:
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
    parts = [
        ".zp-quiz-text",
        ".zp-quiz-option",
        ".zp-quiz-mark",
        "fieldset .zp-quiz-right b",
        ".zp-quiz-wrong b",
        ".zp-quiz-other",
        "i",
    ]
    for part in [*parts, "[role=status]", "button:not([hidden])", "a"]:
        assert graded.locator(part).first.evaluate(CONTRAST) >= 4.5, part


# the contrast ratio of WCAG 2 between a text and the first opaque background behind it
CONTRAST = """node => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const over = (...colours) => {
        for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const backs = [];
    for (let at = node; at; at = at.parentElement) backs.unshift(getComputedStyle(at).backgroundColor);
    const light = (rgb) => rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const [a, b] = [light(over('white', ...backs)), light(over('white', ...backs, getComputedStyle(node).color))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


def test_the_page_reported_no_error(console_errors: list[str]) -> None:
    assert console_errors == []
