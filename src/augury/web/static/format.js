// Numbers and times as people read them.

/** A number with up to `digits` significant digits. */
export function short(value, digits = 5) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
  return String(Number(value.toPrecision(digits)));
}

/** Seconds since 1970 as a local time. */
export function when(seconds) {
  if (seconds === null || seconds === undefined) return "";
  return new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" });
}

/** "12 complete, 3 running". */
export const countsText = (counts) =>
  Object.entries(counts).map(([status, count]) => `${count} ${status}`).join(", ") || "none yet";

/** The sum of all counts. */
export const total = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);
