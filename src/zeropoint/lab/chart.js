// The drawing module of the ruler: numbers in words, scales, axes, histograms, panels.
//
// It exports nothing: the front end loads a widget's script from one piece of text and cannot find sibling
// files, so Python puts this file in front of each widget's own script (see browser.py).
// Pictures are strings of SVG markup made of numbers only; a panel swaps its content in one go, which is what
// keeps a drag free of flicker. Text that came from outside never goes in here, but through `html` of controls.js.
// One unit of a picture is one pixel of the page, whatever the width: words keep the size of the text around them.

// Where a plot begins and ends in a picture of this width: equal margins, so that sliders can stand exactly over the
// axis. ruler.css says the same: max(64px, 10cqw).
function plotBox(width) {
  const edge = Math.max(64, width / 10);
  return { width, left: edge, right: width - edge };
}

// ---------------------------------------------------------------------------------------------- numbers
const minus = (text) => text.replace(/^-/, "−");

function formatNumber(value, digits = 3) {
  const size = Math.abs(value);
  if (size >= 1e5 || (size < 1e-3 && size > 0)) return exponential(value, digits - 1);
  return minus(size >= 1000 ? value.toFixed(0) : (value || 0).toPrecision(digits));
}

// Two digits: plain decimals down to 0.001, "4.4e-05" below, as Python prints them. Numbers that stand beside an axis are
// written like its largest one, `beside`.
function formatError(value, beside = value) {
  if (!Number.isFinite(value)) return minus(String(value).replace("Infinity", "∞"));
  if (value === 0) return "0";
  const [size, most] = [Math.abs(value), Math.abs(beside)];
  if (most < 1e-3 || most >= 1e5 || size < 1e-6) return exponential(value, 1);
  return minus(size >= 10 ? value.toFixed(0) : value.toPrecision(2));
}

const exponential = (value, digits) => minus(value.toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2"));

const formatCount = (value) => Math.round(value).toLocaleString("en-US");

// ----------------------------------------------------------------------------------------------- scales
const linear = (low, high, from, to) => (value) => from + ((value - low) / (high - low)) * (to - from);

// Counts on a logarithmic axis: the tail matters here, and the peak at zero would flatten it otherwise.
function logCounts(most, bottom, top) {
  const low = Math.log10(0.6);
  const scale = linear(low, Math.log10(Math.max(most, 10) * 1.4), bottom, top);
  return (count) => (count > 0 ? Math.min(bottom, scale(Math.log10(count))) : bottom);
}

function niceStep(span, about) {
  const rough = span / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
}

function niceTicks(low, high, about) {
  const step = niceStep(high - low, about);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const decimals = Math.min(20, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const most = Math.max(Math.abs(low), Math.abs(high));
  const plain = most >= 1e-3 && most < 1e5;
  const ticks = [];
  for (let i = first; i <= last; i++) {
    const value = i * step;
    ticks.push([value, plain || !i ? minus((value || 0).toFixed(plain ? decimals : 0)) : exponential(value, 1)]);
  }
  return ticks;
}

// As many ticks as have room for their words, seven at most.
const ticksFor = (low, high, { left, right }, most = 7) =>
  niceTicks(low, high, Math.max(2, Math.min(most, Math.floor((right - left) / 72))));

// The next round number upwards, so that an axis does not tremble while a slider moves.
function niceCeil(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value * 0.9999);
}

// ------------------------------------------------------------------------------------------------ marks
const at = (value) => value.toFixed(2);
const wide = (label) => 6.8 * label.length; // pixels, about; a little too much rather than too little

const text = (x, y, content, cls = "", anchor = "middle") =>
  `<text x="${at(x)}" y="${at(y)}" class="${cls}" text-anchor="${anchor}">${content}</text>`;

const line = (x1, y1, x2, y2, cls) =>
  `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" class="${cls}"/>`;

const rect = (x1, y1, x2, y2, cls, fill = "") =>
  `<rect x="${at(x1)}" y="${at(y1)}" width="${at(Math.max(0, x2 - x1))}" height="${at(Math.max(0, y2 - y1))}"
    class="${cls}"${fill && ` fill="${fill}"`}/>`;

// Many lines as one path: 64 ticks cost as much as one.
const ticksPath = (positions, y1, y2, cls) =>
  `<path d="${positions.map((x) => `M${at(x)} ${at(y1)}V${at(y2)}`).join("")}" class="${cls}"/>`;

// A histogram as one path; `edges` has one entry more than `counts`.
function barsPath(edges, counts, x, y, base, cls, fill = "") {
  const bars = outline(at(base));
  counts.forEach((count, i) => {
    if (count > 0) bars.add(at(x(edges[i])), at(x(edges[i + 1])), at(y(count)));
  });
  return `<path d="${bars.path()}" class="${cls}"${fill && ` fill="${fill}"`}/>`;
}

// The outline of bars that stand on `base`: those that touch have one in common. All places are texts.
function outline(base) {
  let [d, end] = ["", ""];
  const add = (left, right, top) => {
    if (left !== end) d += `${d && `V${base}Z`}M${left} ${base}`;
    d += `V${top}H${right}`;
    end = right;
  };
  return { add, path: () => d && `${d}V${base}Z` };
}

// Diagonal stripes: whatever is clipped is told apart without colour as well.
const hatch = (id, background) =>
  `<defs><pattern id="${id}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <rect width="7" height="7" class="zp-hatch-back" fill-opacity="${background}"/>
    <line x1="0" y1="0" x2="0" y2="7" class="zp-hatch-line ${background > 0.5 ? "zp-on-fill" : ""}"/></pattern></defs>`;

// The title of an axis; its explanation is left out where there is no room for it.
function axisTitle(plot, y, name, detail) {
  const words = wide(`${name} ${detail}`) <= plot.width ? `${name} ${detail}` : name;
  return text(plot.width / 2, y, words, "zp-label");
}

function axisBottom(plot, ticks, x, y) {
  const marks = ticks.map(([value, label]) => text(x(value), y + 17, label, "zp-tick")).join("");
  const places = ticks.map(([value]) => x(value));
  return line(plot.left, y, plot.right, y, "zp-axis") + ticksPath(places, y, y + 5, "zp-axis") + marks;
}

function axisCounts(plot, most, y, bottom, top, title) {
  const names = ["1", "10", "100", "1k", "10k", "100k", "1M", "10M", "100M", "1G"];
  const shown = names.filter((_, power) => 10 ** power <= Math.max(most, 10) * 1.4).length;
  const every = Math.ceil(shown / 4);
  const marks = names.slice(0, shown).map((name, power) => {
    const height = y(10 ** power);
    const tick = line(plot.left - 4, height, plot.left, height, "zp-axis");
    return power % every ? "" : tick + text(plot.left - 7, height + 4, name, "zp-tick", "end");
  });
  const turned = `translate(${plot.left - 44} ${(bottom + top) / 2}) rotate(-90)`;
  const label = `<text transform="${turned}" text-anchor="middle" class="zp-label">${title}</text>`;
  return line(plot.left, bottom, plot.left, top, "zp-axis") + marks.join("") + label;
}

// Ticks of the levels with their codes, hanging from the upper edge `base` of a ruler that reaches from `low` to
// `high`; too many to tell apart become every 2nd, 4th, … of them. Light lines go up to `top` where there is room.
function levelTicks(plot, x, { scale, zeroPoint, quantMin, quantMax }, { top, base }, [low, high]) {
  const place = (code) => x((code - zeroPoint) * scale);
  const gap = place(1) - place(0);
  const codes = (pixels) => {
    const every = 2 ** Math.max(0, Math.ceil(Math.log2(pixels / gap)));
    const [first, last] = [plot.left, plot.right].map((pixel) => zeroPoint + (pixel - x(0)) / gap);
    const found = [];
    let code = Math.ceil(Math.max(quantMin, first - 0.1) / every) * every;
    for (; code <= Math.min(quantMax, last + 0.1); code += every) found.push(code);
    return { every, found };
  };
  const room = (code) => 4 * String(code).length + 3; // half a label: its words stay inside the ruler
  const seat = (code) => Math.max(low + room(code), Math.min(high - room(code), place(code)));
  const far = (code, others) => others.every((other) => Math.abs(seat(code) - seat(other)) > 33);
  const visible = (code) => place(code) > plot.left - 1 && place(code) < plot.right + 1;
  const ends = [quantMin, quantMax].filter((code) => visible(code) && far(code, [zeroPoint]));
  const named = [...ends, ...codes(34).found.filter((code) => far(code, [zeroPoint, ...ends]))];
  const label = (code, cls) => text(seat(code), base + 25, minus(String(code)), cls);
  const { every, found } = codes(4);
  const markup =
    (gap >= 7 ? ticksPath(found.map(place), top, base, "zp-grid") : "") +
    ticksPath(found.map(place), base, base + 7, "zp-level") +
    ticksPath([...named, zeroPoint].map(place), base, base + 12, "zp-level") +
    named.map((code) => label(code, "zp-code")).join("") +
    label(zeroPoint, "zp-code zp-strong");
  return { markup, every };
}

// Bins with zero in the middle of one and, where there is room, edges at ± half a scale, where rounding ends.
function errorBins({ errors, clipped }, weights, half, reach) {
  const inner = Math.round((half / reach) * 40 - 0.5); // bins on each side of zero, up to half a scale
  const width = inner > 0 ? half / (inner + 0.5) : reach / 40.5;
  const side = Math.ceil(reach / width - 0.5);
  const edges = Array.from({ length: 2 * side + 2 }, (_, i) => (i - side - 0.5) * width);
  const counts = [0, 1].map(() => new Array(2 * side + 1).fill(0));
  errors.forEach((error, i) => {
    const most = !clipped[i] && inner > 0 ? inner : side; // a tie lies exactly on the edge
    const bin = Math.round(Math.min(Math.max(error / width, -most), most));
    counts[clipped[i] ? 1 : 0][bin + side] += weights[i];
  });
  return { edges, counts };
}

// ----------------------------------------------------------------------------------------------- panels
// A panel is one picture below its title, with a description that a screen reader reads.
function panel(host, height, cls) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("class", `zp-panel ${cls}`);
  const title = html("h4");
  host.append(title, svg);
  return (plot, words, description, markup) => {
    title.textContent = words;
    svg.setAttribute("viewBox", `0 0 ${at(plot.width)} ${height}`);
    svg.innerHTML = markup;
    svg.setAttribute("aria-label", `${words}. ${description}`);
  };
}

// However many events arrive, draw once in the next frame.
function oncePerFrame(draw) {
  let waiting = 0;
  const schedule = () => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      draw();
    });
  };
  schedule.cancel = () => cancelAnimationFrame(waiting);
  return schedule;
}
