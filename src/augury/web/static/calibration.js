// How well the surrogate predicts results that it has not seen.

import { behind, h, s } from "./dom.js";
import { short } from "./format.js";
import { axes, key, plot, points, tips } from "./plot.js";
import { extent, widened } from "./scales.js";

const HALF = 1.959963984540054;

/** Predicted against measured, for each outcome. */
export function calibration(host, outcomes) {
  host.replaceChildren(...outcomes.map(one));
}

function one(outcome) {
  const { measured, mean, std, sentences, n } = outcome.calibration;
  const figure = h("figure", null, h("h3", null, outcome.name));
  figure.append(key([["point", "predicted, with its 95 % interval"], ["ideal", "a perfect prediction"]]));
  const label = () => `Predicted against measured ${outcome.name}. ${sentences.join(" ")}`;
  plot(figure, label, (width, box) => {
    const low = mean.map((value, i) => value - HALF * std[i]);
    const high = mean.map((value, i) => value + HALF * std[i]);
    const domain = widened(extent(measured, low, high));
    const frame = axes(width, Math.min(360, Math.max(250, width * 0.75)), { domain, name: `measured ${outcome.name}` }, { domain, name: `predicted ${outcome.name}` });
    const xs = measured.map(frame.x);
    const ys = mean.map(frame.y);
    frame.svg.append(
      s("path", { class: "line ideal", d: `M${frame.x(domain[0])} ${frame.y(domain[0])}L${frame.x(domain[1])} ${frame.y(domain[1])}` }),
      s("path", { class: "whisker", "stroke-opacity": xs.length > 150 ? 0.25 : 0.45, d: xs.map((x, i) => `M${x.toFixed(1)} ${frame.y(low[i]).toFixed(1)}V${frame.y(high[i]).toFixed(1)}`).join("") }),
      points(xs, ys, xs.length > 150 ? 3.5 : 6),
    );
    tips(frame.svg, box, xs, ys, (i) => `measured ${short(measured[i], 4)}, predicted ${short(mean[i], 4)} ± ${short(std[i], 2)}`);
    return frame.svg;
  });
  if (measured.length < n) figure.append(h("p", { class: "muted small" }, `${measured.length} of ${n} results are drawn.`));
  figure.append(...sentences.map((sentence) => h("p", { class: "small" }, sentence)));
  figure.append(behind(`Left-out predictions of ${outcome.name}`, ["measured", "predicted", "standard deviation"], () =>
    measured.map((value, i) => [short(value), short(mean[i]), short(std[i], 3)])));
  return figure;
}
