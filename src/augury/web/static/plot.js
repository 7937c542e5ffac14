// A chart: an SVG with axes that is drawn anew when its width changes, and what may lie on it.

import { h, s } from "./dom.js";
import { bands, linear, logarithmic, tickText } from "./scales.js";

/** A place for a chart; `draw(width)` gives the SVG. Returns a function that draws it anew. */
export function plot(host, label, draw) {
  const box = h("div", { class: "plot" });
  host.append(box);
  let width = 0;
  const redraw = () => {
    if (width < 60) return;
    const svg = draw(width, box);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label());
    box.querySelector("svg")?.remove();
    box.append(svg);
  };
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now === width) return;
    width = now;
    redraw();
  }).observe(box);
  return redraw;
}

function scaleOf(axis, range) {
  if (axis.categories) return bands(axis.categories, range);
  return (axis.log ? logarithmic : linear)(axis.domain, range);
}

const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/**
 * An SVG with two axes.
 * @param {number} width in pixels
 * @param {number} height in pixels
 * @param {object} x {domain | categories, log, name, whole: with ticks at whole numbers only}
 * @param {object} y the same
 * @returns {{svg, x, y, left, right, top, bottom}}
 */
export function axes(width, height, x, y) {
  const longest = y.categories ? Math.min(130, 10 + 6.6 * Math.max(...y.categories.map((one) => cut(String(one), 18).length))) : 52;
  const box = { left: longest + (y.name ? 16 : 0), right: width - 10, top: 8, bottom: height - (x.name ? 38 : 22) };
  const across = scaleOf(x, [box.left, box.right]);
  const up = scaleOf(y, [box.bottom, box.top]);
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, height });
  const lines = s("g", { class: "axis", "aria-hidden": "true" });
  const room = box.right - box.left;
  const ticksX = across.ticks(Math.max(2, Math.floor(room / 62))).filter((tick) => !x.whole || Number.isInteger(tick));
  const every = x.categories ? Math.ceil((ticksX.length * 52) / room) : 1;
  ticksX.forEach((tick, i) => {
    const place = across(tick);
    if (place < box.left - 1 || place > box.right + 1 || i % every) return;
    lines.append(s("line", { x1: place, x2: place, y1: box.top, y2: box.bottom }));
    const text = x.categories ? cut(String(tick), Math.max(4, Math.floor((room / ticksX.length) * every / 7))) : tickText(tick);
    lines.append(s("text", { x: place, y: box.bottom + 16, "text-anchor": "middle" }, text));
  });
  const ticksY = up.ticks(Math.max(2, Math.floor((box.bottom - box.top) / 36)));
  const everyY = y.categories ? Math.ceil((ticksY.length * 14) / (box.bottom - box.top)) : 1;
  ticksY.forEach((tick, i) => {
    const place = up(tick);
    if (place < box.top - 1 || place > box.bottom + 1 || i % everyY) return;
    lines.append(s("line", { x1: box.left, x2: box.right, y1: place, y2: place }));
    const text = y.categories ? cut(String(tick), 18) : tickText(tick);
    lines.append(s("text", { x: box.left - 7, y: place + 4, "text-anchor": "end" }, text));
  });
  if (x.name) lines.append(s("text", { class: "name", x: (box.left + box.right) / 2, y: height - 5, "text-anchor": "middle" }, cut(x.name, Math.floor(room / 7))));
  if (y.name) {
    const middle = (box.top + box.bottom) / 2;
    const text = cut(y.name, Math.floor((box.bottom - box.top) / 6.5));
    lines.append(s("text", { class: "name", x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, text));
  }
  svg.append(lines);
  return { svg, x: across, y: up, ...box };
}

/** Many points as one path; those that fall on the same pixel are drawn once. */
export function points(xs, ys, size, kind = "") {
  const seen = new Set();
  const parts = [];
  for (let i = 0; i < xs.length; i += 1) {
    const x = Math.round(xs[i]);
    const y = Math.round(ys[i]);
    const key = x * 65_536 + y;
    if (!Number.isFinite(key) || seen.has(key)) continue;
    seen.add(key);
    parts.push(`M${x} ${y}h0`);
  }
  return s("path", { class: `points ${kind}`, d: parts.join(""), "stroke-width": size });
}

/** A line through points, with gaps where a coordinate is missing. */
export function line(xs, ys, attributes = {}) {
  let d = "";
  let open = false;
  xs.forEach((x, i) => {
    const y = ys[i];
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      open = false;
      return;
    }
    d += `${open ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    open = true;
  });
  return s("path", { class: "line", d, ...attributes });
}

/** The key of a chart: [[kind, text], ...]. */
export function key(entries) {
  const marks = {
    point: () => s("path", { class: "points", d: "M9 6h0", "stroke-width": 7 }),
    hollow: () => s("path", { class: "points hollow", d: "M9 6h0", "stroke-width": 7 }),
    front: () => s("path", { class: "points front", d: "M9 6h0", "stroke-width": 8 }),
    best: () => s("path", { class: "line best", d: "M0 6h18" }),
    line: () => s("path", { class: "line", d: "M0 6h18" }),
    band: () => s("rect", { class: "area", width: 18, height: 12 }),
    now: () => s("path", { class: "now", d: "M9 0v12" }),
    limit: () => s("path", { class: "line limit", d: "M0 6h18" }),
    ideal: () => s("path", { class: "line ideal", d: "M0 6h18" }),
    cross: () => s("path", { class: "cross", d: "M5 2l8 8M13 2l-8 8" }),
    plus: () => s("path", { class: "cross", d: "M9 1v10M4 6h10" }),
  };
  const mark = (kind) =>
    kind.startsWith("#") ? s("rect", { width: 18, height: 12, rx: 2, fill: kind }) : marks[kind]();
  return h("ul", { class: "key", "aria-hidden": "true" }, entries.map(([kind, text]) => h("li", null, s("svg", { viewBox: "0 0 18 12" }, mark(kind)), text)));
}

/** A label at the point nearest to the pointer; `pick(index)` is called on a click. */
export function tips(svg, box, xs, ys, text, pick) {
  const tip = box.querySelector(".tip") ?? h("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  if (!tip.parentNode) box.append(tip);
  tip.hidden = true;
  const nearest = (event) => {
    const place = svg.getBoundingClientRect();
    const [x, y] = [event.clientX - place.left, event.clientY - place.top];
    let best = -1;
    let least = 22 ** 2;
    for (let i = 0; i < xs.length; i += 1) {
      const distance = (xs[i] - x) ** 2 + (ys[i] - y) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  };
  svg.addEventListener("pointermove", (event) => {
    const found = nearest(event);
    tip.hidden = found < 0;
    if (found < 0) return;
    tip.textContent = text(found);
    tip.style.left = `${Math.min(Math.max(xs[found], 60), box.clientWidth - 60)}px`;
    tip.style.top = `${ys[found]}px`;
  });
  svg.addEventListener("pointerleave", () => { tip.hidden = true; });
  if (pick) {
    svg.addEventListener("click", (event) => {
      const found = nearest(event);
      if (found >= 0) pick(found);
    });
  }
}
