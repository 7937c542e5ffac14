// Slices of the surrogate through the best trial, with two standard deviations either side.

import { behind, h, s } from "./dom.js";
import { short } from "./format.js";
import { axes, key, line, plot, tips } from "./plot.js";
import { widened } from "./scales.js";

/** A chart for each parameter, on one common axis of values. */
export function slices(host, outcome) {
  const shown = outcome.slices;
  const lows = shown.flatMap((slice) => slice.mean.map((mean, i) => mean - 2 * slice.std[i]));
  const highs = shown.flatMap((slice) => slice.mean.map((mean, i) => mean + 2 * slice.std[i]));
  const domain = widened([Math.min(...lows), Math.max(...highs)]);
  host.replaceChildren(
    key([["line", `predicted ${outcome.name}`], ["band", "± 2 standard deviations"], ["now", "at the best trial"]]),
    h("div", { class: "slices" }, shown.map((slice) => one(slice, outcome.name, domain))),
  );
}

function one(slice, outcome, domain) {
  const figure = h("figure", null);
  const label = () => {
    const low = Math.min(...slice.mean);
    const high = Math.max(...slice.mean);
    return `Predicted ${outcome} along ${slice.name}: from ${short(low, 3)} to ${short(high, 3)}; the best trial has ${short(slice.best, 4)}`;
  };
  plot(figure, label, (width, box) => (slice.numeric ? curve : choices)(width, box, slice, outcome, domain));
  const rows = () => slice.values.map((value, i) => [short(value), short(slice.mean[i], 4), short(slice.std[i], 3)]);
  figure.append(behind(`Predicted ${outcome} along ${slice.name}`, [slice.name, "mean", "standard deviation"], rows));
  return figure;
}

function curve(width, box, slice, outcome, domain) {
  const ends = [slice.values[0], slice.values.at(-1)];
  const frame = axes(width, 190, { domain: ends, log: slice.log, name: slice.name }, { domain });
  const xs = slice.values.map(frame.x);
  const means = slice.mean.map(frame.y);
  if (slice.values.length <= 20) {
    const d = xs.map((x, i) => `M${x} ${frame.y(slice.mean[i] - 2 * slice.std[i])}V${frame.y(slice.mean[i] + 2 * slice.std[i])}`);
    frame.svg.append(s("path", { class: "whisker", d: d.join(""), "stroke-width": 5, "stroke-opacity": 0.45 }));
    frame.svg.append(s("path", { class: "points", d: xs.map((x, i) => `M${x} ${means[i]}h0`).join(""), "stroke-width": 6 }));
  } else {
    const upper = xs.map((x, i) => `${x.toFixed(1)} ${frame.y(slice.mean[i] + 2 * slice.std[i]).toFixed(1)}`);
    const lower = xs.map((x, i) => `${x.toFixed(1)} ${frame.y(slice.mean[i] - 2 * slice.std[i]).toFixed(1)}`).reverse();
    frame.svg.append(s("path", { class: "area", d: `M${[...upper, ...lower].join("L")}Z` }));
  }
  frame.svg.append(line(xs, means));
  if (slice.best !== null) frame.svg.append(s("path", { class: "now", d: `M${frame.x(slice.best)} ${frame.top}V${frame.bottom}` }));
  tips(frame.svg, box, xs, means, (i) => `${short(slice.values[i], 4)}: ${short(slice.mean[i], 4)} ± ${short(slice.std[i], 2)}`);
  return frame.svg;
}

function choices(width, box, slice, outcome, domain) {
  const categories = slice.values.map(String);
  const frame = axes(width, Math.max(190, 60 + 18 * Math.min(categories.length, 20)), { domain, name: outcome }, { categories });
  const ys = categories.map(frame.y);
  const xs = slice.mean.map(frame.x);
  ys.forEach((y, i) => {
    const best = categories[i] === String(slice.best);
    const [low, high] = [-2, 2].map((side) => frame.x(slice.mean[i] + side * slice.std[i]));
    frame.svg.append(
      s("path", { class: best ? "now" : "whisker", "stroke-opacity": 0.45, d: `M${low} ${y}H${high}`, "stroke-width": 4 }),
      s("path", { class: `points ${best ? "front" : ""}`, d: `M${xs[i]} ${y}h0`, "stroke-width": 10 }),
    );
  });
  tips(frame.svg, box, xs, ys, (i) => `${categories[i]}: ${short(slice.mean[i], 4)} ± ${short(slice.std[i], 2)}`);
  return frame.svg;
}
