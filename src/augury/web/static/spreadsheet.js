// The page for somebody who has a spreadsheet: drop it in, say what is what, take the next experiments.

import { post, read } from "./api.js";
import { columnRow, firstRoles, isResult, schemaOf } from "./columns.js";
import { byId, dataTable, download, h, say } from "./dom.js";
import { numberOf } from "./forms.js";

const MOST_BYTES = 20 * 2 ** 20;
let sheet = null;
let rows = [];
let asked = 0;

async function take(file) {
  const message = byId("drop-message");
  if (file.size > MOST_BYTES) {
    say(message, "The file is larger than 20 MB; keep only the table in it.", "bad");
    return;
  }
  say(message, `Reading ${file.name} …`);
  try {
    const data = await base64(file);
    const found = await post("spreadsheet/read", { name: file.name, data });
    const same = sheet && sheet.columns.map((column) => column.name).join("\n") === found.columns.map((column) => column.name).join("\n");
    const kept = same ? { roles: sheet.roles, touched: sheet.touched, edits: sheet.edits, limits: sheet.limits } : { roles: firstRoles(found.columns), touched: new Set(), edits: {}, limits: {} };
    sheet = { ...kept, name: found.name, data, columns: found.columns, rows: found.rows, inputs: {}, aside: {}, rest: null, restText: "", constraints: null };
    say(message, `${found.name}: ${found.rows} rows, ${found.columns.length} columns. ${found.note}`, "good");
    byId("preview").replaceChildren(dataTable(`The first rows of ${found.name}`, found.columns.map((column) => column.name), found.preview));
    rows = found.columns.map((column) => columnRow(column, sheet, define));
    byId("columns").replaceChildren(...rows.map((one) => one.row));
    byId("define").hidden = false;
    byId("next").hidden = true;
    await define();
    if (!same) byId("define-title").scrollIntoView({ block: "nearest" });
  } catch (error) {
    say(message, error.message, "bad");
  }
}

async function base64(file) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error("The file cannot be read."));
    reader.readAsDataURL(file);
  });
  return url.slice(url.indexOf(",") + 1);
}

const named = (wanted) => sheet.columns.map((column) => column.name).filter((name) => wanted(sheet.roles[name]));

function goals() {
  const chosen = named(isResult).map((name) => {
    const kind = sheet.roles[name];
    if (kind !== "limit") return { name, kind };
    const limit = sheet.limits[name];
    const part = (key, label) => (limit.fields ? numberOf(limit.fields[key], `${name}, ${label}`, true) : null);
    return { name, kind, lower: part("lower", "at least"), upper: part("upper", "at most") };
  });
  return chosen.sort((a, b) => (a.kind === "limit") - (b.kind === "limit")); // the objective comes first
}

/** Asks what the columns are taken for, now that the results are known. */
async function define() {
  const turn = (asked += 1);
  const message = byId("define-message");
  const results = named(isResult).map((name) => ({ name, kind: sheet.roles[name] === "minimize" ? "minimize" : "maximize" }));
  if (!results.length) {
    say(message, "Say which column is the result.", "bad");
    return;
  }
  try {
    const ignore = named((role) => role === "ignore").filter((name) => sheet.touched.has(name));
    const found = await post("spreadsheet/define", { name: sheet.name, data: sheet.data, goals: results, ignore });
    if (turn !== asked) return; // the person was faster
    Object.assign(sheet, { inputs: found.inputs, aside: found.aside, rest: found.rest, restText: found.rest_text });
    for (const column of sheet.columns) {
      if (sheet.touched.has(column.name) || isResult(sheet.roles[column.name])) continue;
      sheet.roles[column.name] = column.name in found.inputs ? "input" : "ignore";
    }
    if (sheet.constraints === null) {
      sheet.constraints = found.constraints;
      byId("rules").value = found.constraints.join("\n");
    }
    rows.forEach((row) => row.show());
    byId("notes").replaceChildren(...found.notes.map((note) => h("p", { class: "small muted" }, note)));
    say(message, "");
  } catch (error) {
    rows.forEach((row) => row.show());
    say(message, error.message, "bad");
  }
}

async function suggest(event) {
  event.preventDefault();
  const message = byId("suggest-message");
  const button = byId("suggest");
  try {
    const chosen = goals();
    const inputs = Object.fromEntries(named((role) => role === "input").filter((name) => sheet.edits[name]).map((name) => [name, schemaOf(name, sheet.edits[name])]));
    const constraints = byId("rules").value.split("\n").map((line) => line.trim()).filter(Boolean);
    const n = numberOf(byId("n"), "the number of experiments");
    button.disabled = true;
    message.classList.add("waiting");
    say(message, "Thinking …");
    const rest = sheet.roles[sheet.rest] === "ignore" ? sheet.rest : null;
    const found = await post("spreadsheet/suggest", { name: sheet.name, data: sheet.data, goals: chosen, inputs, constraints, rest, n, seed: 0 });
    show(found);
    say(message, "");
  } catch (error) {
    say(message, error.message, "bad");
  } finally {
    button.disabled = false;
    message.classList.remove("waiting");
  }
}

function show(found) {
  const texts = [...new Set(Object.values(found.model))];
  const counts = found.experiments;
  byId("next").hidden = false;
  byId("next-text").replaceChildren(
    h("p", null, `${counts.complete} experiments with a result${counts.failed ? `, ${counts.failed} failed` : ""}${counts.pending ? `, ${counts.pending} under way` : ""}.`),
    ...found.best.slice(0, 3).map((best) => h("p", null, `Best so far, row ${best.row}: ${Object.entries(best.values).map(([name, value]) => `${name} ${value}`).join(", ")}`)),
    ...texts.map((text) => h("p", null, text)),
    ...found.notes.map((note) => h("p", { class: "small muted" }, note)),
  );
  byId("next-table").replaceChildren(dataTable("The next experiments", found.header, found.rows));
  const bytes = Uint8Array.from(atob(found.file), (character) => character.charCodeAt(0));
  byId("download").onclick = () => download(new Blob([bytes]), found.written);
  byId("download").textContent = `Download ${found.written}`;
  byId("download-space").onclick = () => download(new Blob([found.space_file_text], { type: "text/plain" }), found.space_file);
  byId("download-space").textContent = found.space_file;
  byId("next-title").focus();
  byId("next").scrollIntoView({ block: "start" });
}

const drop = byId("drop");
byId("file").addEventListener("change", (event) => {
  if (event.target.files[0]) take(event.target.files[0]);
  event.target.value = "";
});
for (const kind of ["dragenter", "dragover"]) {
  addEventListener(kind, (event) => {
    event.preventDefault();
    drop.dataset.over = "";
  });
}
for (const kind of ["dragleave", "drop"]) addEventListener(kind, () => delete drop.dataset.over);
addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer.files[0];
  if (file) take(file);
});
byId("suggest-form").addEventListener("submit", suggest);

// without a store there are no studies to go to
read("studies").then(({ store }) => { byId("to-studies").hidden = store === null; }).catch(() => {});
