// The ruler: drag the range and the bit width, and watch levels, error and its two causes move.
// Python puts chart.js (drawing), controls.js and affine.js (arithmetic) in front of this file.

const formatDecibel = (value) => `${Number.isFinite(value) ? minus(value.toFixed(1)) : formatError(value)}\u00a0dB`;
const formatShare = (share) => (share === 0 ? "no value" : `${Number((100 * share).toPrecision(2))} % of values`);

// --------------------------------------------------------------------------- panel 1: levels over the data
const BOARD = { top: 24, base: 134, edge: 168 }; // histogram, upper and lower edge of the ruler

function drawRuler(show, { plot, data, domain, qparams, result, hatchId }) {
  const { scale, zeroPoint, quantMin, quantMax, levels } = qparams;
  const x = linear(...domain, plot.left, plot.right);
  const most = Math.max(...data.counts);
  const y = logCounts(most, BOARD.base, BOARD.top);
  const inside = (value) => Math.min(Math.max(x(value), plot.left), plot.right);
  const [low, high] = [quantMin - 0.5, quantMax + 0.5].map((code) => inside((code - zeroPoint) * scale));
  const { markup, every } = levelTicks(plot, x, qparams, BOARD, [low, high]);
  show(
    plot,
    `The ruler: ${levels} levels over the histogram of ${formatCount(data.count)} values`,
    `Codes ${quantMin} to ${quantMax}, scale ${formatNumber(scale)}, real zero is code ${zeroPoint}. ` +
      `Clipped: below ${formatShare(result.below)}, above ${formatShare(result.above)}.`,
    barsPath(data.edges, data.counts, x, y, BOARD.base, "zp-data") +
      hatch(hatchId, 0.1) +
      clippedRegion(plot.left, low, hatchId, result.below) +
      clippedRegion(high, plot.right, hatchId, result.above) +
      rect(low, BOARD.base, high, BOARD.edge, "zp-board") +
      markup +
      zeroMark(plot, x(0), zeroPoint) +
      text(plot.left - 7, BOARD.base + 25, "code q", "zp-label", "end") +
      axisCounts(plot, most, y, BOARD.base, BOARD.top, "values (log)") +
      axisBottom(plot, ticksFor(...domain, plot), x, BOARD.edge) +
      axisTitle(plot, BOARD.edge + 33, "real value x", every > 1 ? `(every ${every}th tick drawn)` : ""),
  );
}

function clippedRegion(left, right, hatchId, share) {
  const room = right - left > 62;
  const words = share === 0 ? ["nothing", "clipped"] : ["clipped", `${Number((100 * share).toPrecision(2))} %`];
  const middle = (left + right) / 2;
  return (
    rect(left, BOARD.top, right, BOARD.edge, "zp-clipped", `url(#${hatchId})`) +
    (room ? words.map((word, i) => text(middle, BOARD.top + 52 + 15 * i, word, "zp-mark")).join("") : "")
  );
}

// Real zero on both edges of the ruler; its words stand above the histogram, so that they hide no value.
function zeroMark(plot, x, zeroPoint) {
  const right = x < plot.width * 0.58;
  const code = `real 0 = code ${minus(String(zeroPoint))}`;
  const words = [`${code} (zero point)`, code].find((each) => wide(each) < (right ? plot.width - x : x)) ?? "";
  return (
    line(x, BOARD.top - 14, x, BOARD.base + 12, "zp-zero") +
    line(x, BOARD.edge - 5, x, BOARD.edge + 6, "zp-zero") +
    text(x + (right ? 6 : -6), BOARD.top - 5, words, "zp-mark", right ? "start" : "end")
  );
}

// --------------------------------------------------------------------------------- panel 2: the errors
function drawErrors(show, { plot, data, qparams, result, hatchId }) {
  const [top, base] = [26, 92];
  const half = qparams.scale / 2;
  const reach = niceCeil(Math.max(half, ...result.errors.map(Math.abs)));
  const { edges, counts } = errorBins(result, data.weights, half, reach);
  const x = linear(-reach, reach, plot.left, plot.right);
  const inside = (value) => x(Math.min(Math.max(value, -reach), reach));
  const most = Math.max(...counts[0], ...counts[1]);
  const y = logCounts(most, base, top);
  show(
    plot,
    "The error x̂ − x of each value",
    `From ${formatError(Math.min(...result.errors))} to ${formatError(Math.max(...result.errors))}; ` +
      `rounding alone stays within half a scale, ${formatError(half)}.`,
    hatch(hatchId, 1) +
      barsPath(edges, counts[0], inside, y, base, "zp-rounding") +
      barsPath(edges, counts[1], inside, y, base, "zp-clipping", `url(#${hatchId})`) +
      ticksPath([-half, half].map(x), top - 4, base, "zp-bound") +
      errorLegend(plot.right - 148, hatchId) +
      axisCounts(plot, most, y, base, top, "values (log)") +
      axisBottom(plot, ticksFor(-reach, reach, plot), x, base) +
      axisTitle(plot, base + 33, "error x̂ − x", "(dashed: ± half a scale)"),
  );
}

function errorLegend(left, hatchId) {
  const swatch = (x, cls, fill) => rect(x, 6, x + 12, 16, cls, fill);
  return (
    swatch(left, "zp-rounding") + text(left + 17, 15, "rounding", "zp-tick", "start") +
    swatch(left + 80, "zp-clipping", `url(#${hatchId})`) + text(left + 97, 15, "clipping", "zp-tick", "start")
  );
}

// --------------------------------------------------------------- panel 3: what the squared error is made of
function drawSplit(show, { plot, result, hatchId }) {
  const { rounding, clipping, sqnr } = result;
  const sum = rounding + clipping;
  const end = niceCeil(sum);
  const x = linear(0, end, plot.left, plot.right);
  const rows = [["rounding", 8], ["clipping", 28], ["sum", 48]];
  const bar = (from, to, y, cls, fill) => rect(x(from), y, x(to), y + 15, cls, fill);
  const value = (number, y) => text(x(number) + 6, y + 12, formatError(number, end), "zp-mark", "start");
  const fill = `url(#${hatchId})`;
  show(
    plot,
    `Mean squared error = rounding + clipping; SQNR ${formatDecibel(sqnr)}`,
    `Rounding ${formatError(rounding)}, clipping ${formatError(clipping)}, sum ${formatError(sum)}.`,
    hatch(hatchId, 1) +
      rows.map(([name, y]) => text(plot.left - 7, y + 12, name, "zp-tick", "end")).join("") +
      bar(0, rounding, 8, "zp-rounding") + value(rounding, 8) +
      bar(0, clipping, 28, "zp-clipping", fill) + value(clipping, 28) +
      bar(0, rounding, 48, "zp-rounding") + bar(rounding, sum, 48, "zp-clipping", fill) + value(sum, 48) +
      line(plot.left, 4, plot.left, 68, "zp-axis") +
      axisBottom(plot, ticksFor(0, end, plot, 5), x, 68) +
      axisTitle(plot, 101, "mean squared error", "(units of x, squared)"),
  );
}

// --------------------------------------------------------------------------------------------- controls
function readData(model) {
  const [values, weights] = [floats(model.get("_sample")), floats(model.get("_weights"))];
  return { values, weights, counts: model.get("_counts"), edges: model.get("_edges"), count: model.get("_count") };
}

// The axis shows the data, zero, and a quarter of the width more on both sides, in whole slider steps.
function axisOf({ values }) {
  const [low, high] = [Math.min(values[0], 0), Math.max(values[values.length - 1], 0)];
  const span = high - low || 1;
  const axis = { step: niceStep(span, 600), domain: [0, 0] };
  for (const end of [low - span / 4, high + span / 4]) axis.domain = widened(axis, end);
  return axis;
}

function widened({ step, domain: [low, high] }, value) {
  const clean = (steps) => Number((steps * step).toPrecision(12)); // 0.1 · 3 is not 0.3
  return [Math.min(low, clean(Math.floor(value / step))), Math.max(high, clean(Math.ceil(value / step)))];
}

function makeControls(model, data, say) {
  const bits = slider("bit width", { min: 2, max: 8 });
  const sliders = { min_val: slider("minimum"), max_val: slider("maximum"), bit_width: bits };
  const signed = control("input", { type: "checkbox" });
  const fit = control("button", { type: "button" }, "Fit to the data");
  const set = (changes, words) => {
    say(words);
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
  };
  const moved = (name, limit, bound) => () => {
    const wanted = Number(sliders[name].input.value);
    const value = limit(wanted, model.get(bound)); // a crossed range has no levels: stop at the other end
    const stopped = value === wanted ? "" : `, stopped by the ${bound === "max_val" ? "maximum" : "minimum"}`;
    sliders[name].input.value = value; // at once: the model does not change when it is stopped twice
    set({ [name]: value }, `${name === "min_val" ? "minimum" : "maximum"} ${formatNumber(value)}${stopped}`);
  };
  sliders.min_val.input.addEventListener("input", moved("min_val", Math.min, "max_val"));
  sliders.max_val.input.addEventListener("input", moved("max_val", Math.max, "min_val"));
  bits.input.addEventListener("input", () => set({ bit_width: Number(bits.input.value) }, `${bits.input.value} bits`));
  signed.addEventListener("change", () => set({ signed: signed.checked }, `${signed.checked ? "" : "un"}signed codes`));
  fit.addEventListener("click", () =>
    set({ min_val: data.values[0], max_val: data.values[data.values.length - 1] }, "fitted to the data"));
  const options = html("div", { class: "zp-options" }, html("label", {}, signed, " signed codes"), fit);
  const last = html("div", { class: "zp-bits" }, bits.row, options);
  const box = html("div", { class: "zp-controls" }, sliders.min_val.row, sliders.max_val.row, last);
  return { box, sliders, signed };
}

// Show what the model holds; the range sliders move in steps, but their readouts say the exact value.
function syncControls({ sliders, signed }, model, axis) {
  for (const name of ["min_val", "max_val"]) {
    const { input, output } = sliders[name];
    const value = model.get(name);
    axis.domain = widened(axis, value); // Python may go further than the sliders do
    Object.assign(input, { step: axis.step, min: axis.domain[0], max: axis.domain[1], value });
    output.textContent = formatNumber(value);
    input.setAttribute("aria-valuetext", output.textContent);
  }
  sliders.bit_width.input.value = sliders.bit_width.output.textContent = model.get("bit_width");
  signed.checked = model.get("signed");
}

// The numbers in full, for tests and for whoever reads the page with a script.
function exportNumbers(root, { scale, zeroPoint, quantMin, quantMax }, { rounding, clipping, sqnr }) {
  const errors = { roundingMse: rounding, clippingMse: clipping, sqnrDb: sqnr };
  Object.assign(root.dataset, { scale, zeroPoint, quantMin, quantMax, ...errors });
}

// One sentence for screen readers, once the slider rests: "minimum −0.91: scale 0.0232, zero point 39, …".
function describe(words, { scale, zeroPoint, levels }, { rounding, clipping, sqnr }) {
  return (
    `${words && `${words}: `}scale ${formatNumber(scale)}, zero point ${minus(String(zeroPoint))}, ${levels} levels: ` +
    `rounding error ${formatError(rounding)}, clipping error ${formatError(clipping)}, SQNR ${formatDecibel(sqnr)}.`
  );
}

function makePanels(host) {
  const id = uniqueId();
  const panels = [["ruler", 206, drawRuler], ["errors", 130, drawErrors], ["split", 110, drawSplit]];
  const shows = panels.map(([name, height]) => panel(host, height, `zp-${name}`));
  return (state) => panels.forEach(([name, , draw], i) => draw(shows[i], { ...state, hatchId: `${id}-${name}` }));
}

const TRAITS = ["min_val", "max_val", "bit_width", "signed"];

function render({ model, el }) {
  const data = readData(model);
  const axis = axisOf(data);
  let words = ""; // what the learner did last
  const controls = makeControls(model, data, (said) => {
    words = said;
    draw(); // even where nothing changes: the answer to a key press is a sentence
  });
  const [numbers, showNumbers] = readouts(["scale", "zero point", "levels", "SQNR"]);
  const picture = html("div", { class: "zp-picture" }, numbers, controls.box);
  const root = html("section", { class: "zp-widget zp-scale", "aria-label": "Ruler: scale and zero point" }, picture);
  const [drawPanels, live] = [makePanels(picture), liveLine()];
  picture.append(html("p", { class: "zp-note" }, sampleNote(data)), live.node);
  const draw = oncePerFrame(() => {
    const qparams = chooseQParams(...TRAITS.map((name) => model.get(name)));
    const result = measure(data.values, data.weights, qparams);
    const { scale, zeroPoint, levels } = qparams;
    syncControls(controls, model, axis);
    showNumbers(formatNumber(scale), minus(String(zeroPoint)), levels, formatDecibel(result.sqnr));
    const plot = plotBox(Math.max(200, picture.clientWidth));
    drawPanels({ plot, data, domain: axis.domain, qparams, result });
    exportNumbers(root, qparams, result);
    live.say(describe(words, qparams, result));
  });
  const lock = model.get("predict") ? prediction(model, picture) : null;
  if (lock) root.prepend(lock.box);
  el.append(root);
  const resized = new ResizeObserver(draw);
  resized.observe(picture);
  const ends = [follow(model, TRAITS, draw), draw.cancel, live.stop, lock?.stop, () => resized.disconnect()];
  draw();
  return () => [...ends, () => root.remove()].forEach((end) => end?.());
}

const sampleNote = ({ count, values }) =>
  count === values.length
    ? `Histogram and errors: all ${formatCount(count)} values.`
    : `Histogram: all ${formatCount(count)} values. Errors: a weighted sample of ${formatCount(values.length)} of them.`;

export default { render };
