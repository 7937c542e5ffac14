// The columns of a spreadsheet: what each is taken for, and the bounds of the inputs.

import { h } from "./dom.js";
import { numberOf } from "./forms.js";
import { short } from "./format.js";

const ROLES = [
  ["input", "input, a setting"],
  ["maximize", "result: as large as possible"],
  ["minimize", "result: as small as possible"],
  ["limit", "result: within limits"],
  ["ignore", "not used"],
];

/** Whether a role makes a column a result. */
export const isResult = (role) => role === "maximize" || role === "minimize" || role === "limit";

/** What the columns are taken for at first: the last column of numbers is the result. */
export function firstRoles(columns) {
  const numeric = columns.filter((column) => column.kind === "numbers" && !column.aside);
  const goal = numeric.at(-1)?.name;
  return Object.fromEntries(columns.map((column) => [column.name, column.name === goal ? "maximize" : column.aside || !column.schema ? "ignore" : "input"]));
}

/** A row of the table of columns; `changed()` is called when its role changes. */
export function columnRow(column, sheet, changed) {
  const select = h("select", { "aria-label": `What ${column.name} is` }, ROLES.map(([value, text]) => h("option", { value, disabled: value !== "ignore" && isResult(value) && column.kind !== "numbers" }, text)));
  select.value = sheet.roles[column.name];
  const bounds = h("td", { class: "wide" });
  const show = () => bounds.replaceChildren(boundsOf(column, sheet));
  select.addEventListener("change", () => {
    sheet.roles[column.name] = select.value;
    sheet.touched.add(column.name);
    show();
    changed();
  });
  show();
  const row = h("tr", null,
    h("th", { scope: "row" }, column.name, h("div", { class: "muted small" }, `such as ${short(column.example).slice(0, 30)}`)),
    h("td", null, select),
    bounds);
  return { row, show: () => {
    select.value = sheet.roles[column.name];
    show();
  } };
}

function boundsOf(column, sheet) {
  const role = sheet.roles[column.name];
  const name = column.name;
  if (role === "ignore") {
    const why = sheet.aside[name] ?? column.aside;
    return h("span", { class: "muted small" }, name === sheet.rest ? `makes up the rest: ${sheet.restText}` : why ?? "");
  }
  if (role === "limit") {
    sheet.limits[name] ??= { lower: "", upper: "" };
    return h("div", { class: "bounds" }, textField(sheet.limits[name], "lower", "at least", name), textField(sheet.limits[name], "upper", "at most", name));
  }
  if (role !== "input") return h("span", { class: "muted small" }, column.filled < sheet.rows ? `without a result as yet: ${sheet.rows - column.filled} of ${sheet.rows} rows` : "");
  const schema = sheet.inputs[name] ?? column.schema;
  if (!schema) return h("span", { class: "bad small" }, column.problem ?? "cannot be an input");
  const edit = (sheet.edits[name] ??= editOf(schema));
  if (edit.values) return choices(edit, name);
  const parts = [textField(edit, "low", "from", name), textField(edit, "high", "to", name), textField(edit, "step", "step", name)];
  const box = h("input", { type: "checkbox" });
  box.checked = edit.log;
  box.addEventListener("change", () => { edit.log = box.checked; });
  parts.push(h("label", null, box, "by ratio"));
  if (schema.type === "fixed") parts.push(h("span", { class: "muted small" }, `the same in every row: ${schema.value}; give a range to vary it`));
  return h("div", { class: "bounds" }, parts);
}

function textField(object, part, label, name) {
  const input = h("input", { value: object[part], inputmode: "decimal", autocomplete: "off", "aria-label": `${name}: ${label}` });
  input.addEventListener("input", () => { object[part] = input.value; });
  object.fields ??= {};
  object.fields[part] = input;
  return h("label", null, label, input);
}

function choices(edit, name) {
  const boxes = edit.values.map((choice) => {
    const box = h("input", { type: "checkbox" });
    box.checked = choice.used;
    box.addEventListener("change", () => { choice.used = box.checked; });
    return h("label", null, box, String(choice.value));
  });
  const more = h("input", { class: "more", value: edit.more, placeholder: "another, yet another", "aria-label": `${name}: further choices`, autocomplete: "off" });
  more.addEventListener("input", () => { edit.more = more.value; });
  return h("div", { class: "bounds" }, h("div", { class: "choices" }, boxes), more);
}

function editOf(schema) {
  const text = (value) => (value === undefined || value === null ? "" : String(value));
  if (schema.type === "fixed") {
    return typeof schema.value === "number" ? { kind: "fixed", value: schema.value, low: "", high: "", step: "", log: false } : { kind: "choice", values: [{ value: schema.value, used: true }], more: "" };
  }
  if (schema.values) return { kind: "choice", schema, values: schema.values.map((value) => ({ value, used: true })), more: "" };
  return { kind: schema.type, low: text(schema.low), high: text(schema.high), step: text(schema.step), log: Boolean(schema.log) };
}

/** The schema of an input as it was edited, as the server takes it. */
export function schemaOf(name, edit) {
  if (edit.values) {
    const further = edit.more.split(",").map((one) => one.trim()).filter(Boolean);
    const values = [...new Set([...edit.values.filter((one) => one.used).map((one) => one.value), ...further])];
    if (!values.length) throw new Error(`${name}: tick at least one choice.`);
    return values.length === 1 ? { type: "fixed", value: values[0] } : { type: "categorical", values, ...(edit.schema?.ordered ? { ordered: true } : {}) };
  }
  if (edit.kind === "fixed" && !edit.low.trim() && !edit.high.trim()) return { type: "fixed", value: edit.value };
  const part = (key, label, optional) => numberOf(edit.fields[key], `${name}, ${label}`, optional);
  const [low, high, step] = [part("low", "from"), part("high", "to"), part("step", "step", true)];
  if (!(low < high)) throw new Error(`${name}: the range goes from ${low} to ${high}; give a smaller and a larger number.`);
  const whole = [low, high, ...(step === null ? [] : [step])].every(Number.isInteger) && (edit.kind === "int" || (edit.kind === "fixed" && Number.isInteger(edit.value)));
  const schema = { type: whole ? "int" : "float", low, high };
  if (edit.log) schema.log = true;
  else if (step !== null) schema.step = step;
  return schema;
}
