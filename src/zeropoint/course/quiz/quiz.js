// The form of the quiz. It knows the questions and nothing of the answers: Python grades them.
// All text goes into the page as text nodes, never as HTML.

const WAIT_MS = 10000; // after this long without a verdict, say that the kernel may have stopped

// JupyterLab reads single keys of a focused control as cell shortcuts ("d d" deletes the cell)
// unless the control itself carries this attribute.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Split a text at its `code` and return nodes. */
function inline(text) {
  return text.split("`").map((part, i) => (i % 2 ? make("code", {}, part) : part));
}

function optionRow(form, number, question, [letter, text]) {
  const type = question.kind === "multiple" ? "checkbox" : "radio";
  const name = `${form.id}-${number}`;
  const input = make("input", { type, name, value: letter, ...OWN_KEYS });
  input.addEventListener("change", () => form.changed(number));
  const words = make("span", {}, ...inline(text));
  return make("label", { class: "zp-quiz-option" }, input, make("b", {}, `${letter})`), words);
}

function numberRow(form, number, question) {
  // a number field would read "7,5" as 75 where the page is English; Python reads either sign
  const input = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", ...OWN_KEYS });
  input.addEventListener("input", () => form.changed(number));
  return make("label", { class: "zp-quiz-number" }, question.label, input);
}

function questionBlock(form, question, index) {
  const number = index + 1;
  const legend = make(
    "legend",
    {},
    make("span", { class: "zp-quiz-theme" }, `${number}. ${question.theme}`),
    make("span", { class: "zp-quiz-mark" }),
    make("span", { class: "zp-quiz-text" }, ...inline(question.text), " ", make("i", {}, question.task)),
  );
  const rows =
    question.kind === "numeric"
      ? [numberRow(form, number, question)]
      : question.options.map((option) => optionRow(form, number, question, option));
  return make("fieldset", {}, legend, ...rows);
}

/** What stands in one question: a number as text, or letters; empty when there is no answer. */
function given(block) {
  const number = block.querySelector("input[type=text]");
  if (number) return number.value.trim();
  return [...block.querySelectorAll("input:checked")].map((input) => input.value);
}

function restore(block, value) {
  for (const input of block.querySelectorAll("input")) {
    if (input.type === "text") input.value = value ?? "";
    else input.checked = (value ?? []).includes(input.value);
  }
}

function note({ status, right, why, chosen }) {
  const [sign, kind] = right ? ["✓", "right"] : chosen ? ["✗", "wrong"] : ["–", "other"];
  const mark = make("b", {}, `${sign} ${status}. `);
  return make("p", { class: `zp-quiz-note zp-quiz-${kind}` }, mark, ...inline(why));
}

/** Put each explanation under its option; those of a number follow the field. */
function explain(block, notes) {
  for (const each of notes) {
    const input = block.querySelector(`input[value="${each.label}"]`);
    if (input) input.closest("label").after(note(each));
    else block.append(note({ ...each, status: `${each.label} · ${each.status}` }));
  }
}

function markQuestion(block, verdict) {
  const mark = block.querySelector(".zp-quiz-mark");
  mark.textContent = verdict ? (verdict.right ? "✓ Right" : "✗ Not right") : "";
  mark.className = `zp-quiz-mark ${verdict ? (verdict.right ? "zp-quiz-right" : "zp-quiz-wrong") : ""}`;
  for (const old of block.querySelectorAll(".zp-quiz-note")) old.remove();
  if (verdict) explain(block, verdict.notes);
  for (const input of block.querySelectorAll("input")) input.disabled = Boolean(verdict);
}

/** In JupyterLab a lesson opens beside the quiz, instead of the whole application once more in a tab of the browser. */
function openInside(link) {
  const [, path] = /\/tree\/(.+)/.exec(link.pathname) ?? [];
  if (!path) return; // some other page: the browser follows the link
  link.dataset.commandlinkerCommand = "docmanager:open";
  link.dataset.commandlinkerArgs = JSON.stringify({ path: decodeURIComponent(path) });
}

/** One link for each theme that was missed, to the lesson about it. */
function rereadList(questions) {
  const items = questions
    .filter(({ right }) => !right)
    .map(({ number, theme, reread }) => {
      const link = make("a", { href: reread, target: "_blank", rel: "noopener", ...OWN_KEYS }, theme);
      link.addEventListener("click", () => openInside(link));
      const lesson = reread.split("/").pop().replace(".ipynb", "");
      return make("li", {}, link, ` – question ${number}, in lesson ${lesson}`);
    });
  return items.length ? [make("p", {}, "Worth reading again:"), make("ul", {}, ...items)] : [];
}

class Form {
  constructor(model, el) {
    this.model = model;
    // Names must not clash between the quizzes of a page, and each loads this file anew: no counter would do.
    this.id = `zp-quiz-${Math.random().toString(36).slice(2)}`;
    const questions = model.get("questions");
    this.blocks = this.ask();
    this.submit = make("button", { type: "button", ...OWN_KEYS }, "Submit answers");
    this.again = make("button", { type: "button", hidden: "", ...OWN_KEYS }, "Try again");
    this.count = make("span", { class: "zp-quiz-count" });
    this.status = make("p", { role: "status", tabindex: "-1", ...OWN_KEYS });
    this.more = make("div");
    this.submit.addEventListener("click", () => this.send());
    this.again.addEventListener("click", () => this.restart());
    const intro = `${questions.length} questions; ${model.get("need")} right answers pass. `;
    this.root = make(
      "section",
      { class: "zp-quiz", "aria-labelledby": this.id },
      make("h3", { id: this.id }, model.get("title")),
      make("p", { class: "zp-quiz-intro" }, intro, "Explanations follow after you submit."),
      ...this.blocks,
      make("div", { class: "zp-quiz-bar" }, this.submit, this.count),
      make("div", { class: "zp-quiz-result" }, this.status, this.more),
      this.again,
    );
    el.append(this.root);
  }

  ask() {
    return this.model.get("questions").map((question, index) => questionBlock(this, question, index));
  }

  /** Show the questions of another try, which may have other numbers; the focus stays where it was. */
  askAgain() {
    const focused = this.blocks.findIndex((block) => block.contains(document.activeElement));
    const blocks = this.ask();
    this.blocks.forEach((block, i) => block.replaceWith(blocks[i]));
    this.blocks = blocks;
    this.draw();
    if (focused >= 0) this.blocks[focused].querySelector("input").focus();
  }

  answers() {
    return Object.fromEntries(this.blocks.map((block, i) => [String(i + 1), given(block)]));
  }

  missing() {
    return this.blocks.flatMap((block, i) => (given(block).length ? [] : [i + 1]));
  }

  changed(number) {
    this.blocks[number - 1].classList.remove("zp-quiz-missing");
    this.model.set("answers", this.answers());
    this.model.save_changes();
    this.counted();
  }

  counted() {
    const all = this.blocks.length;
    this.count.textContent = `${all - this.missing().length} of ${all} answered`;
  }

  send() {
    const missing = this.missing();
    this.blocks.forEach((block, i) => block.classList.toggle("zp-quiz-missing", missing.includes(i + 1)));
    if (missing.length) {
      const what = missing.length > 1 ? `Questions ${missing.join(", ")} have` : `Question ${missing[0]} has`;
      this.say(`${what} no answer yet.`);
      this.blocks[missing[0] - 1].querySelector("input").focus();
      return;
    }
    this.say("Grading …");
    this.timer = setTimeout(() => {
      this.say("No verdict came back: the kernel is busy or has stopped. Your answers are still here; submit again, or run this cell again after a restart.");
    }, WAIT_MS);
    this.model.send({ answers: this.answers() });
  }

  say(text) {
    clearTimeout(this.timer);
    this.status.textContent = text;
  }

  restart() {
    this.model.set("answers", {});
    this.model.set("result", {});
    this.model.save_changes();
    this.blocks[0].querySelector("input").focus();
  }

  /** Bring the page in line with the model: questions, or questions with their verdicts. */
  draw() {
    const result = this.model.get("result");
    const done = Boolean(result.questions);
    const answers = this.model.get("answers");
    this.blocks.forEach((block, i) => {
      restore(block, answers[i + 1]);
      markQuestion(block, done ? result.questions[i] : null);
    });
    this.submit.hidden = this.count.hidden = done;
    this.again.hidden = !done;
    this.root.classList.toggle("zp-quiz-done", done);
    this.say(done ? `${result.passed ? "✓" : "✗"} ${result.verdict}` : "");
    this.status.className = done ? (result.passed ? "zp-quiz-right" : "zp-quiz-wrong") : "";
    const saved = done ? [make("p", {}, result.saved)] : [];
    this.more.replaceChildren(...saved, ...(done ? rereadList(result.questions) : []));
    this.counted();
  }
}

export default {
  render({ model, el }) {
    const form = new Form(model, el);
    const onResult = () => {
      const inside = form.root.contains(document.activeElement);
      form.draw();
      // The button that was pressed is gone: the reader goes on from the verdict.
      if (inside && model.get("result").questions) form.status.focus();
    };
    const onProblem = (message) => form.say(message.problem);
    const onQuestions = () => form.askAgain();
    model.on("change:result", onResult);
    model.on("change:questions", onQuestions);
    model.on("msg:custom", onProblem);
    form.draw();
    return () => {
      form.say("");
      model.off("change:result", onResult);
      model.off("change:questions", onQuestions);
      model.off("msg:custom", onProblem);
    };
  },
};
