// Several objectives: the results by pairs, the Pareto front, and how much of the outcomes it covers.

import { behind, dataTable, h, s } from "./dom.js";
import { short } from "./format.js";
import { axes, key, line, plot, points, tips } from "./plot.js";
import { extent, widened } from "./scales.js";

/** The charts of all pairs of objectives (the first three); returns a function that draws them anew. */
export function frontCharts(host, study, state, pick) {
  const names = study.goals.filter((goal) => goal.kind !== "limit").map((goal) => goal.name);
  const pairs = names.flatMap((one, i) => names.slice(i + 1).map((other) => [one, other])).slice(0, 3);
  const limited = study.goals.some((goal) => goal.kind === "limit");
  host.append(key([["point", "measured"], ...(limited ? [["hollow", "breaks a limit"]] : []), ["front", "Pareto front"], ["plus", "reference point"]]));
  const grid = h("div", { class: "two" });
  host.append(grid);
  const redraws = pairs.map(([a, b]) => {
    const figure = h("figure");
    grid.append(figure);
    const label = () => `${b} against ${a}; the Pareto front has ${state.standing.front.length} trials`;
    return plot(figure, label, (width, box) => draw(width, box, a, b, names.length === 2, state, pick));
  });
  return () => redraws.forEach((redraw) => redraw());
}

function draw(width, box, a, b, joined, state, pick) {
  const trials = state.trials;
  const [across, up] = [trials.values[a], trials.values[b]];
  const rows = trials.rows((row) => across[row] !== null && up[row] !== null);
  const reference = state.reference && [state.reference[a], state.reference[b]];
  const frame = axes(
    width,
    Math.min(340, Math.max(240, width * 0.7)),
    { domain: widened(extent(rows.map((row) => across[row]), reference ? [reference[0]] : [])), name: a },
    { domain: widened(extent(rows.map((row) => up[row]), reference ? [reference[1]] : [])), name: b },
  );
  const best = new Set(state.standing.front);
  const x = (row) => frame.x(across[row]);
  const y = (row) => frame.y(up[row]);
  const size = rows.length > 2000 ? 3 : rows.length > 200 ? 4.5 : 7;
  const draws = [
    [rows.filter((row) => trials.kept[row] === 0), size, "hollow"],
    [rows.filter((row) => trials.kept[row] !== 0 && !best.has(trials.number[row])), size, ""],
  ];
  for (const [chosen, width_, kind] of draws) frame.svg.append(points(chosen.map(x), chosen.map(y), width_, kind));
  const front = rows.filter((row) => best.has(trials.number[row])).sort((one, other) => across[one] - across[other]);
  if (joined) frame.svg.append(line(front.map(x), front.map(y), { class: "line best", "stroke-width": 1.2 }));
  frame.svg.append(points(front.map(x), front.map(y), 8, "front"));
  if (reference) frame.svg.append(s("path", { class: "cross", d: `M${frame.x(reference[0])} ${frame.y(reference[1]) - 6}v12m-6 -6h12` }));
  const text = (i) => `trial ${trials.number[rows[i]]}: ${short(across[rows[i]], 4)}, ${short(up[rows[i]], 4)}`;
  tips(frame.svg, box, rows.map(x), rows.map(y), text, (i) => pick(trials.number[rows[i]]));
  return frame.svg;
}

/** The table of the front and the growth of the hypervolume. */
export function frontTable(host, data, pick) {
  host.replaceChildren();
  if (!data) return;
  const table = dataTable(
    data.rows.length < data.size ? `${data.rows.length} of the ${data.size} trials on the front` : "The trials on the front",
    ["trial", ...data.objectives.flatMap((name) => [name, `expected ${name}`]), ...data.limits.map((name) => `slack of ${name}`), "use if"],
    data.rows.map((row) => [row.number, ...row.outcomes.flat(), ...row.slacks, row.balanced ? "all matter alike" : ""]),
  );
  host.append(table);
  const [numbers, values] = data.hypervolume;
  if (numbers.length < 2) return;
  const figure = h("figure", null, h("h3", null, "Dominated hypervolume"));
  host.append(figure);
  plot(figure, () => `The hypervolume by trial, ${short(values.at(-1), 4)} at the last`, (width) => {
    const frame = axes(width, 160, { domain: [numbers[0], numbers.at(-1) || 1], name: "trial", whole: true }, { domain: widened(extent(values)) });
    let d = `M${frame.x(numbers[0])} ${frame.y(values[0])}`;
    for (let i = 1; i < numbers.length; i += 1) d += `H${frame.x(numbers[i])}V${frame.y(values[i])}`;
    frame.svg.append(s("path", { class: "line best", d }));
    return frame.svg;
  });
  figure.append(behind("The hypervolume by trial", ["trial", "hypervolume"], () => numbers.map((number, i) => [number, short(values[i])])));
}
