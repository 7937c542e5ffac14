// The filter of the trial table: words, and comparisons such as `yield > 70 solvent=DMF`.

const PART = /(?:"([^"]+)"|([^\s<>=!"]+))\s*(<=|>=|!=|=|<|>)\s*(?:"([^"]*)"|(\S+))|"([^"]+)"|(\S+)/g;

const COMPARISONS = {
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
};

/**
 * What a text asks for, as a condition of a row.
 * @param {string} text all its parts must hold
 * @param {(name: string) => ((row: number) => any) | null} columnOf the column of a name
 * @param {(row: number) => string} textOf all that a row shows
 * @returns {(row: number) => boolean}
 */
export function conditionOf(text, columnOf, textOf) {
  const parts = [...text.matchAll(PART)].map((found) => part(found, columnOf, textOf));
  return (row) => parts.every((holds) => holds(row));
}

function part(found, columnOf, textOf) {
  const [whole, quotedName, plainName, sign, quotedValue, plainValue, quotedWord, plainWord] = found;
  const column = sign ? columnOf(quotedName ?? plainName) : null;
  if (!column) {
    const word = (quotedWord ?? plainWord ?? whole).toLowerCase();
    return (row) => textOf(row).toLowerCase().includes(word);
  }
  const given = quotedValue ?? plainValue;
  const number = Number(given);
  const numeric = given.trim() !== "" && Number.isFinite(number);
  return (row) => {
    const value = column(row);
    if (value === null || value === undefined) return sign === "!=";
    if (typeof value === "number" && numeric) return COMPARISONS[sign](value, number);
    return COMPARISONS[sign](String(value).toLowerCase(), given.toLowerCase());
  };
}
