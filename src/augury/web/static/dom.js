// Elements, made from data: text is only ever set as text, so nothing a study holds becomes markup.

const SVG = "http://www.w3.org/2000/svg";

function make(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** An HTML element: h("td", {class: "number"}, "3"). */
export const h = (tag, attributes, ...children) => make(document.createElement(tag), attributes, children);

/** An SVG element. */
export const s = (tag, attributes, ...children) => make(document.createElementNS(SVG, tag), attributes, children);

/** The element of an id. */
export const byId = (id) => document.getElementById(id);

/** A message below a form: what went well or wrong. */
export function say(element, text, kind = "") {
  element.textContent = text;
  element.dataset.kind = kind;
}

/** A table of columns of text or numbers, inside a region that scrolls. */
export function dataTable(caption, header, rows) {
  const cell = (value) => h("td", { class: typeof value === "number" ? "number" : null }, value === null || value === undefined ? "" : String(value));
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      null,
      h("caption", null, caption),
      h("thead", null, h("tr", null, header.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", null, rows.map((row) => h("tr", null, row.map(cell)))),
    ),
  );
}

/** "Data as a table" below a chart, filled when it is opened. */
export function behind(caption, header, rows) {
  const details = h("details", { class: "data" }, h("summary", null, "Data as a table"));
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    details.append(dataTable(caption, header, rows()));
  });
  return details;
}

/** Saves bytes as a file of the reader's. */
export function download(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
