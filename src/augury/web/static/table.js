// The table of trials: sorted, filtered, a page at a time, and saved as a file.

import { postForFile } from "./api.js";
import { byId, download, h, say } from "./dom.js";
import { conditionOf } from "./filter.js";
import { short, when } from "./format.js";

const ROWS = 50;

/** The table; returns a function that draws it anew. */
export function trialTable(study, state, pick) {
  const trials = state.trials;
  const columns = columnsOf(study, trials, state);
  const view = { sort: "trial", down: true, page: 0, rows: [] };
  const [search, status, body] = [byId("filter"), byId("status"), byId("trial-rows")];
  const heads = columns.map((column) => {
    const button = h("button", { type: "button" }, column.name);
    button.addEventListener("click", () => {
      view.down = view.sort === column.id ? !view.down : column.numeric;
      [view.sort, view.page] = [column.id, 0];
      redraw();
    });
    return h("th", { scope: "col", class: column.numeric ? "number" : null }, button);
  });
  byId("trial-head").replaceChildren(h("tr", null, heads));

  const chosen = () => {
    const known = new Map(columns.map((column) => [column.name.toLowerCase(), column.value]));
    const textOf = (row) => columns.map((column) => column.text(row)).join(" ");
    const holds = conditionOf(search.value, (name) => known.get(name.toLowerCase()) ?? null, textOf);
    const wanted = status.value;
    return trials.rows((row) => (!wanted || trials.status[row] === wanted) && holds(row));
  };

  function sorted(rows) {
    const column = columns.find((one) => one.id === view.sort);
    const turn = view.down ? -1 : 1;
    return rows.sort((a, b) => {
      const [one, other] = [column.value(a), column.value(b)];
      if (one === other) return trials.number[a] - trials.number[b];
      if (one === null || one === undefined) return 1; // what is missing stands last either way
      if (other === null || other === undefined) return -1;
      return (one < other ? -1 : 1) * turn;
    });
  }

  function redraw() {
    view.rows = sorted(chosen());
    const pages = Math.max(1, Math.ceil(view.rows.length / ROWS));
    view.page = Math.min(view.page, pages - 1);
    const first = view.page * ROWS;
    const best = new Set(state.standing.front);
    body.replaceChildren(...view.rows.slice(first, first + ROWS).map((row) => rowOf(row, columns, best.has(trials.number[row]), trials, pick)));
    heads.forEach((head, i) => {
      if (columns[i].id === view.sort) head.setAttribute("aria-sort", view.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const last = Math.min(first + ROWS, view.rows.length);
    byId("page-text").textContent = view.rows.length
      ? `${first + 1} to ${last} of ${view.rows.length}${view.rows.length < trials.size ? ` (${trials.size} in all)` : ""}`
      : trials.size ? "No trial is like this." : "There are no trials yet.";
    byId("page-back").disabled = view.page === 0;
    byId("page-on").disabled = view.page >= pages - 1;
  }

  const anew = () => {
    view.page = 0;
    redraw();
  };
  search.addEventListener("input", anew);
  status.addEventListener("change", anew);
  byId("page-back").addEventListener("click", () => turnPage(-1));
  byId("page-on").addEventListener("click", () => turnPage(1));
  const turnPage = (by) => {
    view.page += by;
    redraw();
  };
  byId("export").addEventListener("click", () => save(study, view.rows.length === trials.size ? null : view.rows.map((row) => trials.number[row])));
  return redraw;
}

function columnsOf(study, trials, state) {
  const front = () => state.standing.best_so_far;
  const outcomes = study.goals.map((goal) => ({
    id: `value ${goal.name}`,
    name: goal.name,
    numeric: true,
    value: (row) => trials.values[goal.name]?.[row] ?? null,
    text: (row) => measured(trials, goal.name, row, goal === study.goals[0] && front()),
  }));
  const params = study.parameters.map((parameter) => ({
    id: `param ${parameter.name}`,
    name: parameter.name,
    numeric: parameter.kind !== "choice",
    value: (row) => trials.params[parameter.name]?.[row] ?? null,
    text: (row) => short(trials.params[parameter.name]?.[row]),
  }));
  const plain = (id, name, numeric, value, text = (row) => String(value(row) ?? "")) => ({ id, name, numeric, value, text });
  return [
    plain("trial", "trial", true, (row) => trials.number[row]),
    plain("status", "status", false, (row) => trials.status[row]),
    ...outcomes,
    ...params,
    plain("why", "why", false, (row) => trials.notes[trials.number[row]] ?? trials.why[row]),
    plain("time", "time", false, (row) => trials.finished[row], (row) => when(trials.finished[row])),
  ];
}

function measured(trials, name, row, first) {
  const value = trials.values[name]?.[row];
  if (value !== null && value !== undefined) {
    const error = trials.stderrs[name]?.[trials.number[row]];
    return short(value) + (error === undefined ? "" : ` ± ${short(error, 2)}`);
  }
  const reported = first && trials.reported[trials.number[row]];
  return reported ? `(${short(reported[1])} at step ${reported[0]})` : "";
}

function rowOf(row, columns, best, trials, pick) {
  const cells = columns.map((column) => {
    if (column.id === "trial") {
      const button = h("button", { type: "button", class: "link", "aria-label": `Trial ${trials.number[row]}, details` }, trials.number[row]);
      button.addEventListener("click", () => pick(trials.number[row]));
      return h("td", { class: "number" }, button);
    }
    if (column.id === "status") {
      const breaks = trials.kept[row] === 0 && trials.status[row] === "complete" ? " · breaks a limit" : "";
      return h("td", null, h("span", { class: "badge", "data-status": trials.status[row] }, trials.status[row]), breaks);
    }
    return h("td", { class: column.numeric ? "number" : column.id === "why" ? "text" : null }, column.text(row));
  });
  return h("tr", { class: best ? "best" : null }, cells);
}

async function save(study, numbers) {
  const format = byId("format").value;
  const message = byId("table-message");
  try {
    say(message, "Writing the file …");
    const blob = await postForFile("export", { study: study.name, format, ...(numbers ? { numbers } : {}) });
    download(blob, `${study.name.replace(/[^\p{L}\p{N} _-]/gu, "_")}.${format}`);
    say(message, numbers ? `${numbers.length} trials were saved.` : "All trials were saved.", "good");
  } catch (error) {
    say(message, error.message, "bad");
  }
}
