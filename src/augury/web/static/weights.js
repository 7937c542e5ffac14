// Which surrogates decided: their weights by trial, stacked to one.

import { behind, h, s } from "./dom.js";
import { short } from "./format.js";
import { axes, key, plot } from "./plot.js";
import { DISTINCT } from "./scales.js";

/** The chart, or a sentence where no portfolio decides. */
export function weights(host, data, model) {
  host.replaceChildren();
  if (!data) {
    host.append(h("p", { class: "muted" }, `One surrogate decides (model: ${model}). Where several are weighed (model: portfolio), their weights stand here.`));
    return;
  }
  const names = Object.keys(data.weights);
  const tint = (i) => DISTINCT[i % DISTINCT.length];
  host.append(key(names.map((name, i) => [tint(i), name])));
  const last = names.map((name) => `${name} ${Math.round(100 * data.weights[name].at(-1))} %`).join(", ");
  plot(host, () => `Weights of the surrogates by trial; at the last: ${last}`, (width) => {
    const numbers = data.numbers;
    const ends = [...numbers.slice(1), numbers.at(-1) + 1];
    const frame = axes(width, 200, { domain: [numbers[0], ends.at(-1)], name: "trial", whole: true }, { domain: [0, 1], name: "weight" });
    const base = numbers.map(() => 0);
    names.forEach((name, i) => {
      const d = numbers.map((number, row) => {
        const below = base[row];
        base[row] += data.weights[name][row];
        const [x0, x1, y0, y1] = [frame.x(number), frame.x(ends[row]), frame.y(below), frame.y(base[row])];
        return `M${x0.toFixed(1)} ${y0.toFixed(1)}H${(x1 + 0.3).toFixed(1)}V${y1.toFixed(1)}H${x0.toFixed(1)}Z`;
      });
      frame.svg.append(s("path", { d: d.join(""), fill: tint(i) }));
    });
    return frame.svg;
  });
  host.append(behind("Weights by trial, the latest first", ["trial", ...names], () =>
    data.numbers.map((number, row) => [number, ...names.map((name) => short(data.weights[name][row], 3))]).reverse()));
}
