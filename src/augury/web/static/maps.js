// A map of the surrogate over two parameters: its mean, or how unsure it is.

import { read } from "./api.js";
import { byId, dataTable, h, s, say } from "./dom.js";
import { short } from "./format.js";
import { plot } from "./plot.js";
import { colour, linear, logarithmic, tickText } from "./scales.js";

/** The panel; returns a function that is told the surrogate's outcomes and parameters. */
export function maps(study) {
  const selects = ["map-outcome", "map-across", "map-up", "map-kind"].map(byId);
  const [outcome, across, up, kind] = selects;
  const host = byId("map");
  let drawn = null;
  const show = async () => {
    if (across.value === up.value) {
      say(byId("map-message"), "Choose two different parameters.", "bad");
      return;
    }
    try {
      const query = { study: study.name, outcome: outcome.value, across: across.value, up: up.value };
      drawn = (await read("map", query)).map;
      say(byId("map-message"), drawn ? "" : "There is nothing to draw yet.");
      render();
    } catch (error) {
      say(byId("map-message"), error.message, "bad");
    }
  };
  const render = () => {
    host.replaceChildren();
    if (drawn) draw(host, drawn, kind.value, study.goals.find((goal) => goal.name === drawn.outcome));
  };
  for (const select of [outcome, across, up]) select.addEventListener("change", show);
  kind.addEventListener("change", render);
  return (outcomes, columns) => {
    if (!outcomes.length || columns.length < 2) return;
    fill(outcome, outcomes, 0);
    fill(across, columns, 0);
    fill(up, columns, 1);
    show();
  };
}

function fill(select, values, chosen) {
  const before = select.value;
  select.replaceChildren(...values.map((value) => h("option", { value }, value)));
  select.value = values.includes(before) ? before : values[chosen];
}

function draw(host, map, kind, goal) {
  const grid = kind === "std" ? map.std : map.mean;
  const flat = grid.flat().filter((value) => value !== null);
  const [low, high] = [Math.min(...flat), Math.max(...flat)];
  const turned = kind === "mean" && goal?.kind === "minimize";
  const share = (value) => (high > low ? (turned ? high - value : value - low) / (high - low) : 0.5);
  const what = kind === "std" ? `Standard deviation of ${map.outcome}` : `Predicted ${map.outcome}`;
  const label = () => `${what} over ${map.across.name} and ${map.up.name}: from ${short(low, 3)} to ${short(high, 3)}`;
  plot(host, label, (width) => picture(width, map, grid, share));
  const steps = Array.from({ length: 24 }, (_, i) => low + ((high - low) * i) / 23);
  host.append(
    h(
      "div",
      { class: "key" },
      `${what}: ${short(low, 4)}`,
      s("svg", { viewBox: "0 0 120 12", class: "ramp", width: 120, height: 12, "aria-hidden": "true" },
        steps.map((value, i) => s("rect", { x: i * 5, width: 5.5, height: 12, fill: colour(share(value)) }))),
      short(high, 4),
    ),
  );
  const details = h("details", { class: "data" }, h("summary", null, "Data as a table"));
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    const header = [`${map.up.name} \\ ${map.across.name}`, ...map.across.values.map((one) => short(one, 3))];
    details.append(dataTable(label(), header, map.up.values.map((one, i) => [short(one, 3), ...grid[i].map((value) => short(value, 3))]).reverse()));
  });
  host.append(details);
}

function picture(width, map, grid, share) {
  const height = Math.min(420, Math.max(260, width * 0.62));
  const left = 74;
  const box = { left, right: width - 8, top: 6, bottom: height - 40 };
  const [cellX, cellY] = [(box.right - box.left) / map.across.values.length, (box.bottom - box.top) / map.up.values.length];
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, height });
  const cells = s("g", { "shape-rendering": "crispEdges" });
  grid.forEach((row, j) => row.forEach((value, i) => {
    if (value === null) return;
    const [x, y] = [box.left + i * cellX, box.bottom - (j + 1) * cellY];
    cells.append(s("rect", { x: x.toFixed(2), y: y.toFixed(2), width: (cellX + 0.6).toFixed(2), height: (cellY + 0.6).toFixed(2), fill: colour(share(value)) }));
  }));
  svg.append(cells);
  for (const [value, i] of ticks(map.across, Math.max(2, Math.floor((box.right - box.left) / 80)))) {
    svg.append(s("text", { x: box.left + (i + 0.5) * cellX, y: box.bottom + 16, "text-anchor": "middle" }, cut(tickText(value), 12)));
  }
  for (const [value, j] of ticks(map.up, 6)) {
    svg.append(s("text", { x: box.left - 6, y: box.bottom - (j + 0.5) * cellY + 4, "text-anchor": "end" }, cut(tickText(value), 8)));
  }
  const middle = (box.top + box.bottom) / 2;
  svg.append(
    s("text", { class: "name", x: (box.left + box.right) / 2, y: height - 5, "text-anchor": "middle" }, map.across.name),
    s("text", { class: "name", x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, map.up.name),
  );
  const [i, j] = [place(map.across, map.across.best), place(map.up, map.up.best)];
  svg.append(s("circle", { class: "dot", cx: box.left + (i + 0.5) * cellX, cy: box.bottom - (j + 0.5) * cellY, r: 6 }, s("title", null, "the best trial")));
  return svg;
}

const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** Round values of an axis, each with its place among the cells. */
function ticks(axis, most) {
  const { values } = axis;
  if (!axis.numeric || values.length <= most) {
    const step = Math.ceil(values.length / most);
    return values.map((value, i) => [value, i]).filter(([, i]) => i % step === 0);
  }
  const scale = (axis.log ? logarithmic : linear)([values[0], values.at(-1)], [0, 1]);
  return scale.ticks(most).map((value) => [value, place(axis, value)]);
}

/** Where a value lies among those of an axis, between two of them by the axis' own measure. */
function place(axis, value) {
  if (!axis.numeric) return axis.values.indexOf(value);
  const measure = axis.log ? Math.log : Number;
  const above = axis.values.findIndex((one) => one >= value);
  if (above <= 0) return above < 0 ? axis.values.length - 1 : 0;
  const [low, high] = [measure(axis.values[above - 1]), measure(axis.values[above])];
  return above - 1 + (measure(value) - low) / (high - low);
}
