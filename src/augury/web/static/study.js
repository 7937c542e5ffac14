// The page of one study: what is shown at once, what is drawn anew when results come, what asks the surrogate.

import { read } from "./api.js";
import { calibration } from "./calibration.js";
import { trialDialog } from "./detail.js";
import { byId, dataTable, h, say } from "./dom.js";
import { countsText, total } from "./format.js";
import { askForm, tellForm } from "./forms.js";
import { frontCharts, frontTable } from "./front.js";
import { listen } from "./live.js";
import { maps } from "./maps.js";
import { parallel } from "./parallel.js";
import { progress } from "./progress.js";
import { slices } from "./slices.js";
import { trialTable } from "./table.js";
import { Trials } from "./trials.js";
import { weights } from "./weights.js";

const name = new URLSearchParams(location.search).get("name") ?? "";
const state = { trials: new Trials(), standing: null, reference: null };
const SPOKEN_EVERY = 5000;

function take(update) {
  state.trials.merge(update.trials);
  state.standing = update.standing;
}

function tiles(study) {
  const { counts, best, front, spent, failure } = state.standing;
  const several = study.goals.filter((goal) => goal.kind !== "limit").length > 1;
  const tile = (title, value, more, wide) => h("div", { class: wide ? "tile wide" : "tile" }, h("dt", null, title), h("dd", null, value), more ? h("dd", null, more) : null);
  byId("tiles").replaceChildren(
    tile("Trials", String(total(counts)), countsText(counts)),
    ...(several ? [tile("Pareto front", String(front.length), "trials that no other beats")] : []),
    ...(best && !several ? [tile(`Best ${study.goals[0].name}`, best.values[study.goals[0].name], `trial ${best.number}`)] : []),
    ...(best && !several ? [h("div", { class: "tile wide" }, h("dt", null, "Best setting"), h("dd", { class: "setting" }, Object.entries(best.params).map(([key, value]) => `${key} ${value}`).join(" · ")))] : []),
    ...(best ? [] : [tile("Best", "none yet", "no result keeps the limits")]),
    ...(spent ? [tile("Spent", spent.replace(/^Cost: /, ""), null, true)] : []),
    ...(failure ? [tile("Last failure", `trial ${failure.number}`, failure.reason)] : []),
  );
}

let spokenAt = 0;
function speak(study) {
  const now = Date.now();
  if (now - spokenAt < SPOKEN_EVERY) return;
  spokenAt = now;
  const { counts, best } = state.standing;
  const where = best ? `; best ${study.goals[0].name} ${best.values[study.goals[0].name]} in trial ${best.number}` : "";
  byId("news").textContent = `${countsText(counts)}${where}`;
}

function surrogate(study, drawMaps, pick) {
  const [button, message] = [byId("model-update"), byId("model-message")];
  let shown = 0;
  const outcomeSelect = byId("slice-outcome");
  let outcomes = [];
  const showSlices = () => {
    const outcome = outcomes.find((one) => one.name === outcomeSelect.value);
    if (outcome?.slices.length) slices(byId("slices"), outcome);
    else byId("slices").replaceChildren(h("p", { class: "muted" }, "There are too few different results for a surrogate yet."));
  };
  outcomeSelect.addEventListener("change", showSlices);
  const update = async () => {
    button.disabled = true;
    say(message, "The surrogate is being trained …");
    message.classList.add("waiting");
    try {
      const model = await read("model", { study: study.name });
      shown = model.revision;
      outcomes = model.outcomes;
      const before = outcomeSelect.value;
      outcomeSelect.replaceChildren(...outcomes.map((one) => h("option", { value: one.name }, one.name)));
      if (outcomes.some((one) => one.name === before)) outcomeSelect.value = before;
      showSlices();
      drawMaps(outcomes.map((one) => one.name), model.columns);
      calibration(byId("calibration"), outcomes);
      byId("calibration-none").hidden = outcomes.length > 0;
      const members = outcomes[0]?.members ?? [];
      byId("members").replaceChildren(...(members.length ? [dataTable(`The portfolio's members for ${outcomes[0].name}`, ["surrogate", "weight", "score", "correction", "scored at"], members)] : []));
      byId("recommended").replaceChildren(...model.recommended.map((line) => h("p", null, line)));
      const { front } = study.several ? await read("front", { study: study.name }) : { front: null };
      if (front) {
        state.reference = front.reference;
        frontTable(byId("front-table"), front, pick);
        study.redrawFront();
      }
      byId("model").dataset.revision = shown;
      say(message, outcomes.length ? `It has learned from ${model.learned_from < model.results ? `${model.learned_from} of the ` : ""}${model.results} results.` : `A surrogate needs at least ${model.fewest} different results.`);
    } catch (error) {
      say(message, error.message, "bad");
    } finally {
      message.classList.remove("waiting");
      button.disabled = false;
    }
  };
  button.addEventListener("click", update);
  return {
    update,
    stale(revision) {
      if (shown && revision !== shown && !button.disabled) say(message, "There are newer results than these figures know.");
    },
  };
}

function later(work, wait) {
  let timer = null;
  let asked = false;
  const run = async () => {
    timer = setTimeout(() => {
      timer = null;
      if (asked) again();
    }, wait);
    await work();
  };
  const again = () => {
    asked = timer !== null;
    if (!asked) run();
  };
  return again;
}

async function start() {
  const first = await read("study", { study: name });
  const { study, write } = first;
  study.several = study.goals.filter((goal) => goal.kind !== "limit").length > 1;
  document.title = `${study.name} · augury`;
  byId("name").textContent = study.name;
  byId("goal").textContent = study.goal;
  byId("store").textContent = study.store;
  take(first);

  const told = write ? tellForm(study, state) : null;
  const pick = trialDialog(study, told && ((number) => told.choose(number)));
  byId("space").append(dataTable("The parameters", ["parameter", "allowed"], study.parameters.map((one) => [one.name, one.allowed])));
  if (study.constraints.length) byId("space").append(h("p", { class: "small" }, `Rules: ${study.constraints.join("; ")}`));
  byId("tell").hidden = byId("ask").hidden = !write;
  byId("read-only").hidden = write;
  if (write) askForm(study);
  byId("front").hidden = byId("to-front").hidden = !study.several;
  byId("content").hidden = false;
  byId("loading").hidden = true;

  const redrawProgress = progress(byId("progress-charts"), study, state, pick);
  const redrawTable = trialTable(study, state, pick);
  const redrawFront = study.several ? frontCharts(byId("front-charts"), study, state, pick) : () => {};
  study.redrawFront = redrawFront;
  const showOthers = later(async () => {
    try {
      parallel(byId("parallel-chart"), (await read("parallel", { study: name })).parallel, pick);
      weights(byId("weights-chart"), (await read("weights", { study: name })).weights, study.model);
    } catch {
      // the connection's own sign says it
    }
  }, 3000);
  tiles(study);
  redrawTable();
  told?.refresh();
  await painted(first.revision);

  const model = surrogate(study, maps(study), pick);
  listen(study.name, first.revision, (update) => {
    take(update);
    tiles(study);
    redrawProgress();
    redrawTable();
    redrawFront();
    told?.refresh();
    speak(study);
    model.stale(update.revision);
    painted(update.revision);
    showOthers();
  }, (stands, text) => {
    byId("live").dataset.state = stands;
    byId("live").textContent = text;
  });
  showOthers();
  model.update();
}

/** Resolves when what was drawn is on the screen; the page then says of which revision it is. */
function painted(revision) {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(() => {
      document.documentElement.dataset.revision = revision;
      document.documentElement.dataset.painted = Date.now();
      resolve();
    }));
    setTimeout(resolve, 1000); // a page in the background paints nothing
  });
}

start().catch((error) => {
  byId("loading").hidden = true;
  byId("problem").hidden = false;
  byId("problem-text").textContent = error.message;
});
