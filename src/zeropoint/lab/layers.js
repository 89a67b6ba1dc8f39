// The axes and layers of an explorable's panel, as lists of [name, attributes, children] that `patch` brings to the page.
// Python puts chart.js and controls.js in front of this file and explorable.js behind it.

const SVG = "http://www.w3.org/2000/svg";
const ROW = 15; // pixels: one line of names above the plot
const DASHES = { solid: "", dashed: "7 4", dotted: "1.5 3.5" };

// ------------------------------------------------------------------------------------------ patching
// Make the children of `parent` equal to the list of [name, attributes, text], and touch only what differs.
function patch(parent, wanted) {
  wanted.forEach(([name, attributes, words = ""], i) => {
    let node = parent.children[i];
    if (node?.nodeName !== name) {
      const fresh = document.createElementNS(SVG, name);
      if (node) node.replaceWith(fresh);
      else parent.append(fresh);
      node = fresh;
    }
    for (const { name: old } of [...node.attributes]) if (!(old in attributes)) node.removeAttribute(old);
    for (const [key, value] of Object.entries(attributes)) {
      if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value);
    }
    if (Array.isArray(words)) patch(node, words);
    else if (node.textContent !== words) node.textContent = words;
  });
  while (parent.children.length > wanted.length) parent.lastElementChild.remove();
}

const write = (node, words) => {
  if (node.textContent !== words) node.textContent = words;
};

// ---------------------------------------------------------------------------------------------- axes
function axisScale({ low, high, log }, from, to) {
  if (!log) return linear(low, high, from, to);
  const scale = linear(Math.log10(low), Math.log10(high), from, to);
  return (value) => (value > 0 ? scale(Math.log10(value)) : scale(Math.log10(low) - 1));
}

const longestOf = (ticks) => Math.max(0, ...ticks.map(([, label]) => wide(label)));

// Where everything goes in a panel of this width: names of many categories turn, long tick labels move the plot.
function layout({ x, y, layers }, width) {
  const left = 26 + Math.max(18, longestOf(y.ticks));
  const right = width - 12;
  const longest = longestOf(x.ticks);
  const slot = (right - left) / Math.max(1, x.ticks.length);
  const turn = !x.named || longest <= slot * 0.95 ? 0 : slot < 17 ? 90 : 45;
  const every = turn ? (turn === 90 ? Math.ceil(12 / slot) : 1) : x.named ? 1 : Math.ceil((longest + 10) / slot);
  const names = layers.filter((layer) => layer.kind === "vline" && layer.label).length;
  const above = 9 + ROW * names;
  const below = (turn ? 14 + longest * (turn === 90 ? 1 : 0.75) : 20) + (x.label ? 20 : 4);
  return { left, right, above, below, turn, every, width };
}

// Plots that stand side by side begin and end at the same height.
function align(boxes, sideBySide) {
  const most = (side) => Math.max(...boxes.map((box) => box[side]));
  return boxes.map((box) => {
    const [above, below] = sideBySide ? [most("above"), most("below")] : [box.above, box.below];
    const base = above + Math.min(260, Math.max(190, Math.round(box.width * 0.36)));
    return { ...box, top: above, base, low: base + box.below, height: base + below };
  });
}

function axes({ x, y }, box, sx, sy) {
  const { left, right, top, base, turn, every, low } = box;
  const label = (words, attributes) => ["text", { class: "zp-tick", ...attributes }, words];
  const under = ([value, words]) => {
    const px = at(sx(value));
    if (!turn) return label(words, { x: px, y: base + 18, "text-anchor": "middle" });
    return label(words, { transform: `translate(${px} ${base + 12}) rotate(-${turn})`, "text-anchor": "end",
                          "dominant-baseline": turn === 90 ? "middle" : "auto" });
  };
  const shown = x.ticks.filter((_, i) => i % every === 0);
  const marks = shown.map(([value]) => `M${at(sx(value))} ${base}v5`).join("");
  const sides = y.ticks.map(([value]) => `M${left} ${at(sy(value))}h-5`).join("");
  return [
    ["path", { class: "zp-axis", d: `M${left} ${top}V${base}H${right}${marks}${sides}` }],
    ["g", {}, shown.map(under)],
    ["g", {}, y.ticks.map(([value, words]) =>
      label(words, { x: left - 8, y: at(sy(value) + 4), "text-anchor": "end" }))],
    ["text", { class: "zp-label", x: (left + right) / 2, y: low - 5, "text-anchor": "middle" }, x.label],
    ["text", { class: "zp-label", transform: `translate(11 ${(top + base) / 2}) rotate(-90)`,
               "text-anchor": "middle" }, y.label],
  ];
}

// -------------------------------------------------------------------------------------------- layers
const MARKS = {
  circle: (x, y) => `M${at(x - 4)} ${at(y)}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z`,
  square: (x, y) => `M${at(x - 3.6)} ${at(y - 3.6)}h7.2v7.2h-7.2Z`,
  triangle: (x, y) => `M${at(x)} ${at(y - 4.6)}l4.6 8h-9.2Z`,
};

const ink = (color, role) => `zp-${role} zp-ink-${color}`;
const stroked = (color, style, d) => ["path", { class: ink(color, "curve"), "stroke-dasharray": DASHES[style], d }];

function curve({ x, y }, sx, sy) {
  let [d, pen] = ["", "M"];
  for (let i = 0; i < x.length; i++) {
    const [px, py] = [sx(x[i]), sy(y[i])];
    if (Number.isNaN(py) || Number.isNaN(px)) pen = "M"; // a gap
    else [d, pen] = [d + pen + at(px) + " " + at(Math.max(-1e4, Math.min(1e4, py))), "L"];
  }
  return d;
}

// Bars beside other bars: every second layer is striped as well, because colours may be equally bright.
function barPaths({ left, right, y, marked, color, markedColor, striped }, sx, sy, floor, hatchId) {
  const chosen = new Set(marked);
  const parts = [outline(at(floor)), outline(at(floor))];
  for (let i = 0; i < y.length; i++) {
    if (y[i]) parts[chosen.has(i) ? 1 : 0].add(at(sx(left[i])), at(sx(right[i])), at(sy(y[i]))); // neither zero nor NaN
  }
  const d = parts.map((part) => part.path());
  const paths = [["path", { class: ink(color, "bar"), d: d[0] }]];
  if (striped) paths.push(["path", { fill: `url(#${hatchId}-gaps)`, d: d[0] }]);
  if (chosen.size) paths.push(["path", { class: `${ink(markedColor, "bar")} zp-marked`, d: d[1] }]);
  return paths;
}

function pointPaths({ x, y, low, high, color, style }, sx, sy) {
  const places = Array.from(x, (value, i) => [sx(value), sy(y[i])]).filter((place) => !place.some(Number.isNaN));
  const marks = ["path", { class: ink(color, "bar"), d: places.map((place) => MARKS[style](...place)).join("") }];
  if (!low) return [marks];
  const cap = (value, y) => `M${at(sx(value) - 3)} ${at(sy(y))}h6`;
  const stem = (value, i) => `M${at(sx(value))} ${at(sy(low[i]))}V${at(sy(high[i]))}`;
  const whisker = (value, i) =>
    Number.isNaN(low[i] + high[i]) ? "" : stem(value, i) + cap(value, low[i]) + cap(value, high[i]);
  return [stroked(color, "solid", Array.from(x, whisker).join("")), marks];
}

function bandPaths({ x0, x1, color }, sx, { left, right, top, base }, hatchId) {
  const [from, to] = [x0, x1].map((value) => Math.min(right, Math.max(left, sx(value)))).sort((a, b) => a - b);
  const place = { x: at(from), y: top, width: at(to - from), height: base - top };
  const sides = { class: ink(color, "side"), d: `M${at(from)} ${top}V${base}M${at(to)} ${top}V${base}` };
  return [
    ["rect", { ...place, class: ink(color, "band") }],
    ["rect", { ...place, fill: `url(#${hatchId}-${color})` }],
    ["path", sides],
  ];
}

function layerPaths(layer, sx, sy, box, hatchId) {
  const { left, right, top, base } = box;
  switch (layer.kind) {
    case "line": return [stroked(layer.color, layer.style, curve(layer, sx, sy))];
    case "bars": return barPaths(layer, sx, sy, box.floor, hatchId);
    case "points": return pointPaths(layer, sx, sy);
    case "vline": return [stroked(layer.color, layer.style, `M${at(sx(layer.value))} ${top}V${base}`)];
    case "hline": return [stroked(layer.color, layer.style, `M${left} ${at(sy(layer.value))}H${right}`)];
    default: return bandPaths(layer, sx, box, hatchId);
  }
}

// The names of vertical lines stand above the plot, a row each: they cover no data and no other name.
function lineNames(layers, { low, high }, sx, { left, right, top }) {
  const named = layers.filter((layer) => layer.kind === "vline" && layer.label);
  return named.map((layer, row) => {
    const place = sx(layer.value);
    const half = wide(layer.label) / 2;
    const x = Math.max(left - 20 + half, Math.min(right + 8 - half, place));
    const outside = layer.value < low || layer.value > high;
    const words = outside ? "" : layer.label;
    return ["text", { class: ink(layer.color, "name"), x: at(x), y: top - 4 - ROW * (named.length - 1 - row),
                      "text-anchor": "middle" }, words];
  });
}

function stripes(layers, hatchId) {
  const colors = [...new Set(layers.filter(({ kind }) => kind === "band").map(({ color }) => color))];
  const pattern = (name, cls, look) => ["pattern", { id: `${hatchId}-${name}`, width: 8, height: 8, class: cls,
    patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, [["path", { class: look, d: "M0 0V8" }]]];
  const gaps = layers.some(({ striped }) => striped) ? [pattern("gaps", "", "zp-gap")] : [];
  return [...colors.map((color) => pattern(color, "zp-stripes", ink(color, "curve"))), ...gaps];
}
