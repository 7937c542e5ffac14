// One trial in a dialog: its parameters, results, what was expected of it, and what went wrong.

import { read } from "./api.js";
import { byId, h } from "./dom.js";
import { short, when } from "./format.js";

/** Returns a function that shows the trial of a number. */
export function trialDialog(study, tell) {
  const dialog = byId("trial");
  byId("trial-close").addEventListener("click", () => dialog.close());
  return async (number) => {
    const body = byId("trial-body");
    byId("trial-title").textContent = `Trial ${number}`;
    body.replaceChildren(h("p", { class: "waiting muted" }, "Reading …"));
    dialog.showModal();
    try {
      const trial = await read("trial", { study: study.name, number });
      body.replaceChildren(...content(trial));
      if (tell && (trial.status === "queued" || trial.status === "running")) {
        const button = h("button", { type: "button", class: "main" }, "Tell its result");
        button.addEventListener("click", () => {
          dialog.close();
          tell(number);
        });
        body.append(button);
      }
    } catch (error) {
      body.replaceChildren(h("p", { class: "bad" }, error.message));
    }
  };
}

const facts = (pairs) => h("dl", { class: "facts" }, pairs.flatMap(([name, value]) => [h("dt", null, name), h("dd", null, String(value))]));

function content(trial) {
  const expected = trial.prediction?.mean ?? {};
  const parts = [
    facts([
      ["status", trial.status],
      ...Object.entries(trial.values).map(([name, value]) => [name, valueText(value, trial.stderrs?.[name])]),
      ...Object.keys(expected).map((name) => [`expected ${name}`, valueText(expected[name], trial.prediction.std?.[name])]),
      ...(trial.prediction?.reason ? [["chosen for", trial.prediction.reason]] : []),
      ...(trial.cost === null ? [] : [["cost", short(trial.cost)]]),
      ...(trial.reason ? [["reason", trial.reason]] : []),
      ...Object.entries(trial.times).map(([name, seconds]) => [name, when(seconds)]),
      ["made by", trial.origin],
      ...(trial.attempts ? [["went back to the queue", `${trial.attempts} times`]] : []),
    ]),
    h("h3", null, "Parameters"),
    facts(Object.entries(trial.params).map(([name, value]) => [name, String(value)])),
  ];
  if (trial.prediction?.weights) parts.push(h("h3", null, "Weights of the surrogates"), facts(Object.entries(trial.prediction.weights).map(([name, value]) => [name, short(value, 3)])));
  if (Object.keys(trial.notes).length) parts.push(h("h3", null, "Notes"), facts(Object.entries(trial.notes).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)])));
  if (trial.replicates.length) {
    parts.push(h("h3", null, "Later results"), facts(trial.replicates.map((one) => [one.status, Object.entries(one.values).map(([name, value]) => `${name} ${valueText(value, one.stderrs[name])}`).join(", ") || one.reason || ""])));
  }
  const steps = Object.entries(trial.intermediate_values ?? {});
  if (steps.length) parts.push(h("h3", null, "Reported on the way"), h("p", { class: "small" }, steps.slice(-20).map(([step, value]) => `${step}: ${short(value, 4)}`).join(", ")));
  if (trial.traceback) parts.push(h("h3", null, "Traceback"), h("pre", { tabindex: "0" }, trial.traceback));
  return parts;
}

const valueText = (value, error) => short(value) + (error === undefined || error === null ? "" : ` ± ${short(error, 2)}`);
