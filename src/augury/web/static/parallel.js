// Parallel coordinates: every trial is a line over the parameters, coloured by its value.

import { behind, h, s } from "./dom.js";
import { short } from "./format.js";
import { plot } from "./plot.js";
import { colour } from "./scales.js";

const LEAST = 92; // pixels from axis to axis, so that their names fit

const CROWD = 60; // from so many lines on, the worse ones fade
const OUTSTANDING = 15; // about so many of the best stand out from a crowd

/** The chart; `pick(number)` is called with a trial that was clicked. */
export function parallel(host, data, pick) {
  host.replaceChildren();
  if (!data) {
    host.append(h("p", { class: "muted" }, "There are fewer than two results yet."));
    return;
  }
  const [low, high] = [Math.min(...data.values), Math.max(...data.values)];
  const merit = (value) => (high > low ? (data.sign > 0 ? value - low : high - value) / (high - low) : 1);
  const order = data.values.map((_, i) => i).sort((a, b) => merit(data.values[a]) - merit(data.values[b]));
  const label = () => `${data.numbers.length} trials as lines over ${data.axes.map((axis) => axis.name).join(", ")}, coloured by ${data.outcome}`;
  const box = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Chart of parallel coordinates" });
  const inner = h("div");
  inner.style.minWidth = `${LEAST * data.axes.length}px`;
  box.append(inner);
  host.append(box);
  plot(inner, label, (width) => draw(width, data, order, merit, pick));
  const [from, to] = data.sign > 0 ? [low, high] : [high, low];
  host.append(
    h(
      "div",
      { class: "key" },
      `${data.outcome}: ${short(from, 4)}`,
      s("svg", { viewBox: "0 0 120 12", width: 120, height: 12, class: "ramp", "aria-hidden": "true" },
        Array.from({ length: 24 }, (_, i) => s("rect", { x: i * 5, width: 5.5, height: 12, fill: colour(i / 23) }))),
      `${short(to, 4)} (best)`,
      data.left_out ? ` · ${data.left_out} of the other results are not drawn` : "",
    ),
    behind("The trials drawn, the best first, as heights between 0 and 1", ["trial", data.outcome, ...data.axes.map((axis) => axis.name)], () =>
      [...order].reverse().map((i) => [data.numbers[i], short(data.values[i]), ...data.axes.map((axis) => short(axis.heights[i], 3))])),
  );
}

function draw(width, data, order, merit, pick) {
  const height = 290;
  const [left, right, top, bottom] = [16, width - 70, 30, height - 12];
  const step = data.axes.length > 1 ? (right - left) / (data.axes.length - 1) : 0;
  const x = (k) => left + k * step;
  const y = (share) => bottom - share * (bottom - top);
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, height });
  const lines = s("g", null);
  const steep = Math.max(4, order.length / OUTSTANDING);
  order.forEach((i, rank) => {
    let d = "";
    let open = false;
    data.axes.forEach((axis, k) => {
      const share = axis.heights[i];
      if (share === null) {
        open = false;
        return;
      }
      d += `${open ? "L" : "M"}${x(k).toFixed(1)} ${y(share).toFixed(1)}`;
      if (data.axes.length === 1) d += "h40";
      open = true;
    });
    const place = (rank / Math.max(1, order.length - 1)) ** steep;
    const track = s("path", { class: "track", d, stroke: colour(merit(data.values[i])), "stroke-width": (0.7 + 1.6 * place).toFixed(2) });
    if (order.length > CROWD) track.setAttribute("stroke-opacity", (0.25 + 0.7 * place).toFixed(2));
    track.append(s("title", null, `trial ${data.numbers[i]}: ${short(data.values[i])}`));
    track.addEventListener("click", () => pick(data.numbers[i]));
    lines.append(track);
  });
  svg.append(lines);
  data.axes.forEach((axis, k) => {
    svg.append(s("path", { class: "axis-line", d: `M${x(k)} ${top}V${bottom}`, stroke: "var(--grey)", "stroke-width": 1.2 }));
    svg.append(s("text", { class: "name", x: x(k), y: 16, "text-anchor": k === 0 ? "start" : "middle" }, cut(axis.name, Math.max(6, Math.floor(Math.max(step, LEAST) / 7.5)))));
    axis.ticks.forEach((tick, i) => {
      if (axis.ticks.length > 8 && i % 2) return;
      svg.append(s("text", { class: "halo", x: x(k) + 5, y: y(tick) + 4 }, cut(axis.texts[i], 11)));
    });
  });
  return svg;
}

const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
