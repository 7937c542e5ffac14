// Axes: from values to pixels, and where the ticks go.

import { short } from "./format.js";

/** The smallest and largest finite number of some columns. */
export function extent(...columns) {
  let low = Infinity;
  let high = -Infinity;
  for (const column of columns) {
    for (const value of column) {
      if (value === null || !Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : [0, 1];
}

/** An interval with a margin on either side, never empty. */
export function widened([low, high], share = 0.05) {
  const margin = (high - low) * share || Math.abs(high) * 0.05 || 1;
  return [low - margin, high + margin];
}

/** Values of a numeric axis to pixels. */
export function linear([low, high], [from, to]) {
  const scale = (value) => from + ((value - low) / (high - low || 1)) * (to - from);
  scale.ticks = (count) => niceTicks(low, high, count);
  scale.invert = (pixel) => low + ((pixel - from) / (to - from)) * (high - low);
  return scale;
}

/** The same by ratio. */
export function logarithmic([low, high], [from, to]) {
  const inner = linear([Math.log10(low), Math.log10(high)], [from, to]);
  const scale = (value) => inner(Math.log10(value));
  scale.ticks = (count) => logTicks(low, high, count);
  scale.invert = (pixel) => 10 ** inner.invert(pixel);
  return scale;
}

/** Categories to the middles of equal bands. */
export function bands(values, [from, to]) {
  const step = (to - from) / values.length;
  const scale = (value) => from + (values.indexOf(value) + 0.5) * step;
  scale.ticks = () => values;
  return scale;
}

function niceTicks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.999);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

function logTicks(low, high, count) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  if (last - first < 1) {
    return Array.from({ length: 4 }, (_, i) => Number((low * (high / low) ** (i / 3)).toPrecision(3)));
  }
  const stride = Math.ceil((last - first + 1) / Math.max(2, count));
  const ticks = [];
  for (let power = first; power <= last; power += stride) ticks.push(Number((10 ** power).toPrecision(12)));
  return ticks;
}

/** A tick as text. */
export const tickText = (value) => short(value, 4);

const STOPS = ["#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70", "#7ad151", "#bddf26"].map((hex) =>
  [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16)),
);

/** The colour of a share between 0 (worst) and 1 (best): viridis without its two ends. */
export function colour(share) {
  const place = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const below = Math.min(Math.floor(place), STOPS.length - 2);
  const rest = place - below;
  const mixed = STOPS[below].map((one, i) => Math.round(one + (STOPS[below + 1][i] - one) * rest));
  return `rgb(${mixed.join(" ")})`;
}

/** Told apart with every kind of colour vision (Okabe and Ito's palette). */
export const DISTINCT = ["#3b82c4", "#e0752d", "#009e73", "#cc79a7", "#e6c229", "#8a8f98", "#56b4e9", "#b04a3a"];
