// The forms: tell a result, ask for the next experiments.

import { post } from "./api.js";
import { byId, h, say } from "./dom.js";
import { short } from "./format.js";

/** The form to tell a result; returns {refresh, choose}. */
export function tellForm(study, state) {
  const form = byId("tell-form");
  const select = byId("tell-trial");
  const outcomes = byId("tell-outcomes");
  outcomes.replaceChildren(
    ...study.goals.map((goal, i) =>
      h("div", { class: "fields" },
        h("div", { class: "field" }, h("label", { for: `tell-value-${i}` }, goal.name), h("input", { id: `tell-value-${i}`, class: "number", inputmode: "decimal", autocomplete: "off" })),
        h("div", { class: "field" }, h("label", { for: `tell-error-${i}` }, "± standard error (if known)"), h("input", { id: `tell-error-${i}`, class: "number", inputmode: "decimal", autocomplete: "off" })))),
  );
  const kind = () => new FormData(form).get("kind");
  const showKind = () => {
    outcomes.hidden = kind() !== "values";
    byId("tell-failure").hidden = kind() !== "failed";
  };
  form.addEventListener("change", showKind);
  const showParams = () => {
    const row = state.trials.index.get(Number(select.value));
    byId("tell-params").textContent = row === undefined || select.value === "" ? "" : Object.entries(state.trials.params).filter(([, column]) => column[row] !== null && column[row] !== undefined).map(([name, column]) => `${name} = ${short(column[row])}`).join(", ");
  };
  select.addEventListener("change", showParams);

  const refresh = () => {
    const before = select.value;
    const open = state.trials.open().map((row) => String(state.trials.number[row]));
    const listed = [...select.options].map((option) => option.value);
    byId("tell-none").hidden = open.length > 0;
    form.hidden = !open.length;
    if (open.join() !== listed.join()) {
      select.replaceChildren(...open.map((number) => h("option", { value: number }, `trial ${number} (${state.trials.status[state.trials.index.get(Number(number))]})`)));
      if (open.includes(before)) select.value = before;
    }
    showParams();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const message = byId("tell-message");
    try {
      const body = { study: study.name, number: Number(select.value), ...resultOf(kind(), study) };
      say(message, "Storing …");
      const trial = await post("tell", body);
      say(message, `Trial ${trial.number} is ${trial.status}.`, "good");
      form.reset();
      showKind();
    } catch (error) {
      say(message, error.message, "bad");
    }
  });
  showKind();
  return {
    refresh,
    choose(number) {
      select.value = String(number);
      showParams();
      byId("tell").scrollIntoView({ block: "start" });
      byId("tell-value-0").focus();
    },
  };
}

function resultOf(kind, study) {
  const cost = numberOf(byId("tell-cost"), "cost", true);
  const shared = cost === null ? {} : { cost };
  if (kind === "abandon") return { abandon: true };
  if (kind === "failed") return { ...shared, failed: byId("tell-reason").value || "failed", retry: byId("tell-retry").checked };
  const values = {};
  study.goals.forEach((goal, i) => {
    const value = numberOf(byId(`tell-value-${i}`), goal.name, study.goals.length > 1);
    const error = numberOf(byId(`tell-error-${i}`), `standard error of ${goal.name}`, true);
    values[goal.name] = error === null ? value : [value, error];
  });
  return { ...shared, values };
}

/** The number in a field; a decimal comma is fine. */
export function numberOf(input, what, mayBeEmpty) {
  const text = input.value.trim();
  if (!text && mayBeEmpty) return null;
  const value = Number(text.replace(",", "."));
  input.setAttribute("aria-invalid", String(!text || !Number.isFinite(value)));
  if (!text || !Number.isFinite(value)) {
    input.focus();
    throw new Error(text ? `${what}: ${text} is not a number.` : `Give a number for ${what}.`);
  }
  return value;
}

/** The form to ask for the next experiments. */
export function askForm(study) {
  const form = byId("ask-form");
  const message = byId("ask-message");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      say(message, "Thinking …");
      message.classList.add("waiting");
      const { trials } = await post("ask", { study: study.name, n: Number(byId("ask-n").value) });
      say(message, trials.length === 1 ? `Trial ${trials[0].number} waits for its result.` : `Trials ${trials.map((one) => one.number).join(", ")} wait for their results.`, "good");
      byId("asked").replaceChildren(...trials.map((trial) => h("li", null, h("strong", null, `Trial ${trial.number}: `), Object.entries(trial.params).map(([name, value]) => `${name} = ${short(value)}`).join(", "), expected(trial))));
    } catch (error) {
      say(message, error.message, "bad");
    } finally {
      message.classList.remove("waiting");
      button.disabled = false;
    }
  });
}

function expected(trial) {
  const mean = trial.prediction?.mean ?? {};
  const text = Object.entries(mean).map(([name, value]) => `${name} ${short(value, 4)} ± ${short(trial.prediction.std[name], 2)}`).join(", ");
  return text ? h("span", { class: "muted" }, ` (expected ${text})`) : "";
}
