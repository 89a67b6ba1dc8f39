// The controls that every Zeropoint widget shares; joined in front of the widget's own script, like chart.js.

// Unique on the page: every widget loads its own copy of this module, so a counter would start again.
const uniqueId = () => `zp-${Math.random().toString(36).slice(2, 10)}`;

function html(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// A control that JupyterLab leaves alone: its cell shortcuts (D D deletes a cell) would catch the keys otherwise.
const control = (name, attributes, ...children) =>
  html(name, { "data-lm-suppress-shortcuts": "true", ...attributes }, ...children);

// A labelled slider with a readout: `row` goes into the page, the owner sets `input` and `output`.
function slider(label, attributes = {}) {
  const id = uniqueId();
  const input = control("input", { type: "range", id, ...attributes });
  const output = html("span", { class: "zp-value" }); // <output> would be one more live region that talks
  const row = html("div", { class: "zp-slider" }, html("label", { for: id }, label), input, output);
  return { row, input, output };
}

// A list of named numbers; returns the element and a function that fills in the numbers.
function readouts(names) {
  const cells = names.map(() => html("dd"));
  const rows = names.map((name, i) => html("div", {}, html("dt", {}, name), cells[i]));
  const box = html("dl", { class: "zp-readouts" }, ...rows);
  return [box, (...words) => cells.forEach((cell, i) => (cell.textContent = words[i]))];
}

// float32 values that Python sent as bytes.
const floats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

// Call `update` whenever one of these traits changes, here or in Python; returns the function that ends it.
function follow(model, traits, update) {
  for (const name of traits) model.on(`change:${name}`, update);
  return () => traits.forEach((name) => model.off(`change:${name}`, update));
}

// One sentence that a screen reader reads out once the slider rests.
function liveLine() {
  const node = html("p", { class: "zp-live", "aria-live": "polite" });
  let timer = 0;
  const stop = () => clearTimeout(timer);
  const say = (words) => {
    stop();
    timer = setTimeout(() => (node.textContent = words), 150);
  };
  return { node, say, stop };
}

// Predict, then look: `picture` stays hidden until the learner locks a guess. The model holds `predict` (the
// question), `answer` (a number or null) and `guess` (null until locked, so that a second view is open as well).
function prediction(model, picture) {
  const id = uniqueId();
  // a number field would read "7,5" as 75 where the page is English
  const input = control("input", { type: "text", inputmode: "decimal", autocomplete: "off", id });
  const button = control("button", { type: "submit" }, "Lock my guess");
  const form = html("form", { class: "zp-predict" }, html("label", { for: id }, model.get("predict")), input, button);
  const verdict = html("p", { class: "zp-verdict", role: "status" });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit(); // inside a notebook's cell the key alone submits nothing
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { guess, problem } = readGuess(input.value);
    if (problem) return void (verdict.textContent = problem);
    model.set("guess", guess);
    model.save_changes();
    picture.focus(); // the field is disabled now: whoever uses the keyboard goes on from what was asked for
  });
  const update = () => {
    const guess = model.get("guess");
    picture.hidden = guess === null;
    input.disabled = button.disabled = guess !== null;
    if (guess === null) return;
    input.value = guess;
    verdict.textContent = verdictWords(guess, model.get("answer"));
  };
  for (const [key, value] of Object.entries(FOCUSABLE)) picture.setAttribute(key, value);
  update();
  return { box: html("div", {}, form, verdict), stop: follow(model, ["guess"], update) };
}

const FOCUSABLE = { tabindex: "-1", role: "group", "aria-label": "Picture", "data-lm-suppress-shortcuts": "true" };
const NUMBER = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;
const THOUSANDS = /^[+-]?[1-9]\d{0,2},\d{3}$/;

// A number as it is typed in English or in German: { guess }, or { problem } in a sentence.
function readGuess(typed) {
  const words = typed.trim().replace("−", "-").replace(/\s*%$/, "");
  if (THOUSANDS.test(words)) return { problem: `${words} can be read in two ways: write it without the comma.` };
  if (!NUMBER.test(words)) return { problem: "Type one number, for instance 7.5 or 7,5." };
  return { guess: Number(words.replace(",", ".")) };
}

function verdictWords(guess, answer) {
  if (answer === null) return `Your guess: ${guess}. Now look.`;
  const distance = Number(Math.abs(guess - answer).toPrecision(3));
  return `Your guess: ${guess}. Answer: ${answer}. ${distance ? `Off by ${distance}.` : "Spot on."}`;
}
