(() => {
  const designs = JSON.parse(document.getElementById("trade-off-data").textContent);
  const box = document.querySelector(".preference");
  const sliders = [...box.querySelectorAll("input")];
  const weights = () => {
    const set = sliders.map(slider => Number(slider.value) / 100);
    const given = set.length === 1 ? [set[0], 1 - set[0]] : set;
    const sum = given.reduce((a, b) => a + b, 0);
    return sum > 0 ? given.map(w => w / sum) : given.map(() => 1 / given.length);
  };
  const cost = (design, w) => {
    const parts = design.scaled.map((value, j) => w[j] * value);
    return Math.max(...parts) + 0.05 * parts.reduce((a, b) => a + b, 0);
  };
  const row = (name, value) => {
    const tr = document.createElement("tr"), th = document.createElement("th"), td = document.createElement("td");
    th.scope = "row"; th.textContent = name; td.textContent = value;
    tr.append(th, td);
    return tr;
  };
  const show = () => {
    const w = weights();
    const best = designs.reduce((a, b) => (cost(b, w) < cost(a, w) ? b : a));
    best.at.forEach(([x, y], panel) => {
      const mark = document.getElementById("trade-off-mark-" + panel);
      mark.setAttribute("cx", x); mark.setAttribute("cy", y);
    });
    const table = document.createElement("table");
    table.className = "pairs";
    Object.entries(best.outcomes).forEach(([name, value]) => table.append(row(name, value + " expected")));
    Object.entries(best.params).forEach(([name, value]) => table.append(row(name, value)));
    document.getElementById("trade-off-design").replaceChildren(table);
    sliders.forEach((slider, j) => slider.setAttribute("aria-valuetext", Math.round(100 * w[j]) + " %"));
  };
  box.hidden = false;
  sliders.forEach(slider => slider.addEventListener("input", show));
  show();
})();
