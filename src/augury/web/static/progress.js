// Best value over time: a panel for each outcome.

import { behind, h, s } from "./dom.js";
import { short } from "./format.js";
import { axes, key, line, plot, points, tips } from "./plot.js";
import { extent, widened } from "./scales.js";

/** The panels; returns a function that draws them anew. */
export function progress(host, study, state, pick) {
  const redraws = study.goals.map((goal) => panel(host, goal, study, state, pick));
  return () => redraws.forEach((redraw) => redraw());
}

function panel(host, goal, study, state, pick) {
  const figure = h("figure");
  host.append(figure);
  const hasLimits = study.goals.some((one) => one.kind === "limit");
  const failed = () => state.trials.rows((row) => state.trials.status[row] === "failed");
  figure.append(
    key([
      ["point", `measured ${goal.name}`],
      ...(hasLimits ? [["hollow", "breaks a limit"]] : []),
      goal.kind === "limit" ? ["limit", "limit"] : ["best", "best so far"],
      ["cross", "failed"],
    ]),
  );
  const label = () => {
    const best = state.standing.best;
    const where = best && goal.kind !== "limit" ? `; the best is trial ${best.number} with ${best.values[goal.name]}` : "";
    return `${goal.name} by trial, ${state.trials.size} trials${where}`;
  };
  const redraw = plot(figure, label, (width, box) => draw(width, box, goal, state, failed(), pick));
  if (goal.kind !== "limit") {
    const steps = () => {
      const [numbers, values] = state.standing.best_so_far[goal.name] ?? [[], []];
      return numbers.map((number, i) => [number, values[i]]).reverse();
    };
    figure.append(behind(`Trials that bettered ${goal.name}, the latest first`, ["trial", goal.name], steps));
  }
  return redraw;
}

function draw(width, box, goal, state, failed, pick) {
  const trials = state.trials;
  const column = trials.values[goal.name] ?? [];
  const limits = [goal.lower, goal.upper].filter((one) => one !== null && one !== undefined);
  const domain = widened(extent(column, limits));
  const last = trials.size ? Math.max(extent(trials.number)[1], 1) : 1;
  const frame = axes(width, width < 500 ? 210 : 250, { domain: [-0.01 * last, last * 1.01], name: "trial", whole: true }, { domain, name: goal.name });
  const sets = [[], []];
  const [xs, ys, rows] = [[], [], []];
  for (let row = 0; row < trials.size; row += 1) {
    const value = column[row];
    if (value === null || value === undefined) continue;
    xs.push(frame.x(trials.number[row]));
    ys.push(frame.y(value));
    rows.push(row);
    sets[trials.kept[row] === 0 ? 1 : 0].push(rows.length - 1);
  }
  const size = rows.length > 2000 ? 3 : rows.length > 200 ? 4.5 : 7;
  const at = (list, chosen) => chosen.map((i) => list[i]);
  frame.svg.append(points(at(xs, sets[1]), at(ys, sets[1]), size, "hollow"), points(at(xs, sets[0]), at(ys, sets[0]), size));
  for (const limit of limits) frame.svg.append(s("path", { class: "line limit", d: `M${frame.left} ${frame.y(limit)}H${frame.right}` }));
  const [numbers, values] = state.standing.best_so_far[goal.name] ?? [[], []];
  if (numbers.length) {
    let d = `M${frame.x(numbers[0])} ${frame.y(values[0])}`;
    for (let i = 1; i < numbers.length; i += 1) d += `H${frame.x(numbers[i]).toFixed(1)}V${frame.y(values[i]).toFixed(1)}`;
    frame.svg.append(s("path", { class: "line best", d: `${d}H${frame.x(last)}` }));
  }
  const floor = frame.bottom - 6;
  const crosses = failed.map((row) => `M${(frame.x(trials.number[row]) - 4).toFixed(1)} ${floor - 4}l8 8m0 -8l-8 8`);
  if (crosses.length) frame.svg.append(s("path", { class: "cross", d: crosses.join("") }));
  tips(frame.svg, box, xs, ys, (i) => `trial ${trials.number[rows[i]]}: ${short(column[rows[i]])}`, (i) => pick(trials.number[rows[i]]));
  return frame.svg;
}
