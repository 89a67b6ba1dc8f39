// The drawing module that every Zeropoint widget shares: numbers in words, scales, axes, histograms, panels.
//
// It exports nothing: the front end loads a widget's script from one piece of text and cannot find sibling
// files, so Python puts this file in front of each widget's own script (see widgets.py).
// Pictures are strings of SVG markup made of numbers only; a panel swaps its content in one go, which is what
// keeps a drag free of flicker. Text that came from outside never goes in here, but through `html` of controls.js.

const WIDTH = 720; // of every panel, in viewBox units; the picture scales with the notebook
const PLOT = { left: 72, right: 648 }; // equal margins, so that sliders can stand exactly over the axis

// ---------------------------------------------------------------------------------------------- numbers
const minus = (text) => text.replace(/^-/, "−");

function formatNumber(value, digits = 3) {
  const size = Math.abs(value);
  if (size >= 1e5 || (size < 1e-3 && size > 0)) return formatError(value, digits - 1);
  return minus(size >= 1000 ? value.toFixed(0) : (value || 0).toPrecision(digits));
}

// Errors span many powers of ten: "4.4e-05", as Python prints them.
function formatError(value, digits = 1) {
  if (!Number.isFinite(value)) return minus(String(value).replace("Infinity", "∞"));
  if (value === 0) return "0";
  return minus(value.toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2"));
}

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

function niceTicks(low, high, about = 7) {
  const step = niceStep(high - low, about);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const decimals = Math.min(20, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const ticks = [];
  for (let i = first; i <= last; i++) {
    const value = i * step;
    ticks.push([value, step < 1e-3 || step >= 1e5 ? formatError(value) : minus((value || 0).toFixed(decimals))]);
  }
  return ticks;
}

// The next round number upwards, so that an axis does not tremble while a slider moves.
function niceCeil(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value * 0.9999);
}

// ------------------------------------------------------------------------------------------------ marks
const at = (value) => value.toFixed(2);

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
  let d = "";
  counts.forEach((count, i) => {
    if (count > 0) d += `M${at(x(edges[i]))} ${at(base)}V${at(y(count))}H${at(x(edges[i + 1]))}V${at(base)}Z`;
  });
  return `<path d="${d}" class="${cls}"${fill && ` fill="${fill}"`}/>`;
}

// Diagonal stripes: whatever is clipped is told apart without colour as well.
const hatch = (id, background) =>
  `<defs><pattern id="${id}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <rect width="7" height="7" class="zp-hatch-back" fill-opacity="${background}"/>
    <line x1="0" y1="0" x2="0" y2="7" class="zp-hatch-line ${background > 0.5 ? "zp-on-fill" : ""}"/></pattern></defs>`;

function axisBottom(ticks, x, y, title) {
  const marks = ticks.map(([value, label]) => text(x(value), y + 17, label, "zp-tick")).join("");
  return (
    line(PLOT.left, y, PLOT.right, y, "zp-axis") +
    ticksPath(ticks.map(([value]) => x(value)), y, y + 5, "zp-axis") +
    marks +
    text((PLOT.left + PLOT.right) / 2, y + 33, title, "zp-label")
  );
}

function axisCounts(most, y, bottom, top, title) {
  const names = ["1", "10", "100", "1k", "10k", "100k", "1M", "10M", "100M", "1G"];
  const shown = names.filter((_, power) => 10 ** power <= Math.max(most, 10) * 1.4).length;
  const every = Math.ceil(shown / 4);
  const marks = names.slice(0, shown).map((name, power) => {
    const height = y(10 ** power);
    const tick = line(PLOT.left - 4, height, PLOT.left, height, "zp-axis");
    return power % every ? "" : tick + text(PLOT.left - 7, height + 4, name, "zp-tick", "end");
  });
  const turned = `translate(16 ${(bottom + top) / 2}) rotate(-90)`;
  const label = `<text transform="${turned}" text-anchor="middle" class="zp-label">${title}</text>`;
  return line(PLOT.left, bottom, PLOT.left, top, "zp-axis") + marks.join("") + label;
}

// Ticks of the levels with their codes, hanging from the upper edge `base` of a ruler that reaches from `low` to
// `high`; too many to tell apart become every 2nd, 4th, … of them. Light lines go up to `top` where there is room.
function levelTicks(x, { scale, zeroPoint, quantMin, quantMax }, { top, base }, [low, high]) {
  const place = (code) => x((code - zeroPoint) * scale);
  const gap = place(1) - place(0);
  const codes = (pixels) => {
    const every = 2 ** Math.max(0, Math.ceil(Math.log2(pixels / gap)));
    const [first, last] = [PLOT.left, PLOT.right].map((pixel) => zeroPoint + (pixel - x(0)) / gap);
    const found = [];
    let code = Math.ceil(Math.max(quantMin, first - 0.1) / every) * every;
    for (; code <= Math.min(quantMax, last + 0.1); code += every) found.push(code);
    return { every, found };
  };
  const room = (code) => 4 * String(code).length + 3; // half a label: its words stay inside the ruler
  const seat = (code) => Math.max(low + room(code), Math.min(high - room(code), place(code)));
  const far = (code, others) => others.every((other) => Math.abs(seat(code) - seat(other)) > 33);
  const visible = (code) => place(code) > PLOT.left - 1 && place(code) < PLOT.right + 1;
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
// A panel is one picture with a name and a description that a screen reader reads.
function panel(host, height, cls) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("class", `zp-panel ${cls}`);
  host.append(svg);
  return (title, description, markup) => {
    svg.innerHTML = text(PLOT.left, 15, title, "zp-title", "start") + markup;
    svg.setAttribute("aria-label", `${title}. ${description}`);
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
