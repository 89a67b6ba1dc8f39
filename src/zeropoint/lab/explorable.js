// An explorable: controls whose stops Python named, and panels whose numbers Python computed.
// Python puts chart.js, controls.js and layers.js in front of this file. Nodes are patched, never rebuilt, so that
// nothing flickers; text from the lesson reaches the page through textContent only.

// -------------------------------------------------------------------------------------------- legend
function legendEntries(layers) {
  const entries = [];
  for (const { kind, label, color, style, striped, markedLabel, markedColor } of layers) {
    if (label && kind !== "vline") entries.push([striped ? "striped" : kind, color, style, label]);
    if (markedLabel) entries.push(["marked", markedColor, "", markedLabel]);
  }
  return entries;
}

function swatch([kind, color, style]) {
  if (kind === "line" || kind === "hline") return [stroked(color, style, "M0 7H24")];
  if (kind === "points") return [["path", { class: ink(color, "bar"), d: MARKS[style](12, 7) }]];
  const place = { x: 4, y: 1, width: 16, height: 11 };
  const slanted = "M5 11L12 2M12 11L19 2";
  if (kind === "band") return [["rect", { ...place, class: ink(color, "band") }], stroked(color, "solid", slanted)];
  if (kind === "striped") {
    return [["rect", { ...place, class: ink(color, "bar") }], ["path", { class: "zp-gap", d: slanted }]];
  }
  return [["rect", { ...place, class: `${ink(color, "bar")}${kind === "marked" ? " zp-marked" : ""}` }]];
}

function legend(list, layers) {
  const entries = legendEntries(layers);
  const key = JSON.stringify(entries);
  if (list.dataset.key === key) return; // it rarely changes
  list.dataset.key = key;
  list.replaceChildren(...entries.map((entry) => {
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("class", "zp-panel zp-swatch");
    picture.setAttribute("viewBox", "0 0 24 14");
    patch(picture, swatch(entry));
    return html("span", {}, picture, entry[3]);
  }));
}

// -------------------------------------------------------------------------------------------- panels
function explorablePanel(host) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("class", "zp-panel");
  const [title, list, hatchId] = [html("h4"), html("div", { class: "zp-legend", "aria-hidden": "true" }), uniqueId()];
  const node = html("div", { class: "zp-axes" }, title, list, svg);
  host.append(node);
  const measure = (panel) => {
    write(title, panel.title);
    legend(list, panel.layers);
    return layout(panel, Math.max(200, node.clientWidth));
  };
  const draw = (panel, box) => {
    const { left, right, top, base, width, height } = box;
    const [sx, sy] = [axisScale(panel.x, left, right), axisScale(panel.y, base, top)];
    box.floor = Math.min(base, Math.max(top, sy(0))); // where bars stand
    const clip = { x: left - 5, y: top - 5, width: right - left + 10, height: base - top + 5.5 };
    const wider = { ...clip, height: clip.height + 5 }; // for marks, which stand on an axis with both halves
    const path = (name) => ({ "clip-path": `url(#${hatchId}-${name})` });
    patch(svg, [
      ["defs", {}, [
        ["clipPath", { id: `${hatchId}-plot` }, [["rect", clip]]],
        ["clipPath", { id: `${hatchId}-marks` }, [["rect", wider]]],
        ...stripes(panel.layers, hatchId),
      ]],
      ["g", {}, panel.layers.map((layer) =>
        ["g", path(layer.kind === "points" ? "marks" : "plot"), layerPaths(layer, sx, sy, box, hatchId)])],
      ...axes(panel, box, sx, sy),
      ["g", {}, lineNames(panel.layers, panel.x, sx, box)],
    ]);
    for (const [key, value] of [["viewBox", `0 0 ${width} ${height}`], ["aria-label", panel.alt]]) {
      if (svg.getAttribute(key) !== value) svg.setAttribute(key, value);
    }
  };
  return { node, measure, draw };
}

const COLUMNS = ["x", "y", "left", "right", "low", "high"];

// The bytes of a frame become numbers once, however often it is drawn (a new width draws it again).
function readFrame(frame) {
  const column = (layer) => COLUMNS.filter((name) => layer[name]).map((name) => [name, floats(layer[name])]);
  const read = (layer) => ({ ...layer, ...Object.fromEntries(column(layer)) });
  return { ...frame, panels: frame.panels.map((panel) => ({ ...panel, layers: panel.layers.map(read) })) };
}

function panelRow() {
  const row = html("div", { class: "zp-row" });
  const panels = [];
  const draw = (frame) => {
    while (panels.length < frame.panels.length) panels.push(explorablePanel(row));
    while (panels.length > frame.panels.length) panels.pop().node.remove();
    row.dataset.count = panels.length;
    const boxes = frame.panels.map((panel, i) => panels[i].measure(panel));
    const sideBySide = panels.every(({ node }) => node.offsetTop === panels[0].node.offsetTop);
    align(boxes, sideBySide).forEach((box, i) => panels[i].draw(frame.panels[i], box));
  };
  return { row, draw };
}

// ------------------------------------------------------------------------------------------ controls
// A slider that follows a choice has fewer seats than stops at some of its options, evenly spread over the stops.
function sliderControl({ label, labels, follows, counts }, moved) {
  const { row, input, output } = slider(label, { min: 0, max: labels.length - 1, step: 1 });
  const last = labels.length - 1;
  input.addEventListener("input", () => moved(Math.round((Number(input.value) * last) / Number(input.max))));
  const sync = (place, places) => {
    if (follows) input.max = counts[places[follows]] - 1;
    const seat = Math.round((place * Number(input.max)) / last);
    if (Number(input.value) !== seat) input.value = seat;
    write(output, labels[place]);
    input.setAttribute("aria-valuetext", labels[place]);
  };
  output.style.minWidth = `min(${Math.max(...labels.map((words) => words.length))}ch, 40cqw)`;
  return { row, sync };
}

function choiceControl({ label, labels }, moved) {
  const group = uniqueId();
  const inputs = labels.map((_, place) => control("input", { type: "radio", name: group, value: place }));
  inputs.forEach((input, place) => input.addEventListener("change", () => moved(place)));
  const options = inputs.map((input, place) => html("label", {}, input, labels[place]));
  const row = html("fieldset", { class: "zp-choice" }, html("legend", {}, label), ...options);
  return { row, sync: (place) => (inputs[place].checked = true) };
}

function listControl({ label, labels }, moved) {
  const id = uniqueId();
  const select = control("select", { id }, ...labels.map((words, place) => html("option", { value: place }, words)));
  select.addEventListener("change", () => moved(select.selectedIndex));
  const row = html("div", { class: "zp-choice" }, html("label", { for: id }, label), select);
  return { row, sync: (place) => (select.selectedIndex = place) };
}

function toggleControl({ label }, moved) {
  const input = control("input", { type: "checkbox" });
  input.addEventListener("change", () => moved(input.checked ? 1 : 0));
  const row = html("label", { class: "zp-toggle" }, input, label);
  return { row, sync: (place) => (input.checked = place === 1) };
}

const KINDS = { slider: sliderControl, choice: choiceControl, list: listControl, toggle: toggleControl };

function controlBox(model, moved) {
  const specs = model.get("_controls");
  const made = specs.map((spec) => KINDS[spec.kind](spec, (place) => moved(spec.name, place)));
  const sync = () => {
    const places = model.get("_places");
    specs.forEach(({ name }, i) => made[i].sync(places[name], places));
  };
  const sliders = made.filter((_, i) => specs[i].kind === "slider").map(({ row }) => row);
  const others = made.filter((_, i) => specs[i].kind !== "slider").map(({ row }) => row);
  const box = html("div", { class: "zp-controls" }, html("div", { class: "zp-sliders" }, ...sliders));
  if (others.length) box.append(html("div", { class: "zp-others" }, ...others));
  return { box, sync };
}

// -------------------------------------------------------------------------------------------- widget
const SILENCE = 4000; // milliseconds without an answer, after which the widget says what is wrong
const NO_KERNEL = "The kernel does not answer: it is busy, or it was restarted. In that case run the cell again.";

function factList() {
  const list = html("dl", { class: "zp-readouts zp-facts" });
  const show = (facts) => {
    while (list.children.length > facts.length) list.lastElementChild.remove();
    while (list.children.length < facts.length) list.append(html("div", {}, html("dt"), html("dd")));
    list.hidden = facts.length === 0;
    facts.forEach((words, i) => words.forEach((word, j) => write(list.children[i].children[j], word)));
  };
  return { list, show };
}

// Tells when Python has not answered a change for a while.
function watchKernel(problem) {
  let timer = 0;
  const stop = () => clearTimeout(timer);
  const asked = () => {
    stop();
    timer = setTimeout(() => write(problem, NO_KERNEL), SILENCE);
  };
  return { asked, stop };
}

function render({ model, el }) {
  const problem = html("p", { class: "zp-problem", role: "status" });
  const watch = watchKernel(problem);
  const controls = controlBox(model, (name, place) => {
    model.set("_places", { ...model.get("_places"), [name]: place });
    controls.sync();
    watch.asked();
    model.save_changes(); // while Python draws, ipywidgets holds back all but the newest values
  });
  const [facts, panels, live] = [factList(), panelRow(), liveLine()];
  const picture = html("div", { class: "zp-picture" }, controls.box, facts.list, panels.row, live.node);
  const heading = html("h3", {}, model.get("title"));
  const root = html("section", { class: "zp-widget zp-explorable", "aria-label": model.get("title") }, heading);
  const lock = model.get("predict") ? prediction(model, picture) : null;
  root.append(...(lock ? [lock.box] : []), picture, problem);
  let frame = readFrame(model.get("_frame"));
  const draw = () => {
    panels.draw(frame);
    facts.show(frame.facts);
    live.say(frame.say);
  };
  const redraw = oncePerFrame(draw);
  const answered = () => {
    watch.stop();
    write(problem, model.get("_problem"));
    controls.sync();
  };
  const arrived = () => {
    frame = readFrame(model.get("_frame"));
    draw(); // at once: Python answers at most once a frame or so
  };
  const resized = new ResizeObserver(redraw);
  resized.observe(panels.row);
  el.append(root);
  const ends = [follow(model, ["_frame"], arrived), follow(model, ["_answered", "_problem", "_places"], answered)];
  answered();
  draw();
  ends.push(redraw.cancel, watch.stop, live.stop, lock?.stop, () => resized.disconnect(), () => root.remove());
  return () => ends.forEach((end) => end?.());
}

export default { render };
