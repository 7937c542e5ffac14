// The list of studies in the store.

import { read } from "./api.js";
import { byId, h, say } from "./dom.js";
import { countsText, total, when } from "./format.js";

const EVERY = 3000;

function show({ store, studies }) {
  byId("store").textContent = store ?? "";
  byId("none").hidden = studies.length > 0;
  byId("list").hidden = !studies.length;
  byId("rows").replaceChildren(
    ...studies.map((study) =>
      h("tr", null,
        h("th", { scope: "row" }, h("a", { href: `/study?${new URLSearchParams({ name: study.name })}` }, study.name)),
        h("td", { class: "text" }, study.goal),
        h("td", { class: "number" }, String(total(study.counts))),
        h("td", { class: "text" }, countsText(study.counts)),
        h("td", null, when(study.created)))),
  );
}

let before = "";
async function refresh() {
  try {
    const found = await read("studies");
    const now = JSON.stringify(found);
    if (now !== before) show(found);
    before = now;
    say(byId("message"), "");
  } catch (error) {
    say(byId("message"), error.message, "bad");
  }
  setTimeout(refresh, document.hidden ? 5 * EVERY : EVERY);
}

refresh();
