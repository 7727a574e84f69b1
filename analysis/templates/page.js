"use strict";
(() => {
  // sort a table by a column; rows stay whole
  const number = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/;
  const compare = (a, b) => (number.test(a) && number.test(b) ? a - b : a.localeCompare(b));
  const sort = (table, place, way) => {
    const body = table.tBodies[0];
    const key = (row) => row.cells[place].dataset.key ?? row.cells[place].textContent;
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      return way * compare(x, y);
    });
    body.append(...rows);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const rising = head.getAttribute("aria-sort") !== "ascending";
        for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", rising ? "ascending" : "descending");
        sort(table, place, rising ? 1 : -1);
      });
    });
  }
  // fade all other arms in the figures while one is pointed at or has the focus
  const marks = [...document.querySelectorAll(".panels [data-arm]")];
  const arms = new Set(marks.map((mark) => mark.dataset.arm));
  const show = (event) => {
    const found = event.target.closest?.("[data-arm]")?.dataset.arm;
    const arm = arms.has(found) ? found : null;
    for (const mark of marks) mark.classList.toggle("faded", arm !== null && mark.dataset.arm !== arm);
  };
  document.addEventListener("pointerover", show);
  document.addEventListener("focusin", show);
  // what each view of a figure hides
  const views = { both: "", means: ".seed", seeds: ".mean, .line" };
  // a figure as one SVG with its colours, and as PNG
  const alone = (figure) => {
    const panels = [...figure.querySelectorAll(":not([hidden]) > .panels > svg")];
    const boxes = panels.map((svg) => svg.getBoundingClientRect());
    const left = Math.min(...boxes.map((box) => box.left)), top = Math.min(...boxes.map((box) => box.top));
    const width = Math.max(...boxes.map((box) => box.right)) - left, height = Math.max(...boxes.map((box) => box.bottom)) - top;
    const root = getComputedStyle(document.documentElement), page = getComputedStyle(figure);
    const parts = panels.map((svg, place) => {
      const copy = svg.cloneNode(true);
      for (const [name, value] of Object.entries({ x: boxes[place].left - left, y: boxes[place].top - top, width: boxes[place].width, height: boxes[place].height }))
        copy.setAttribute(name, value);
      copy.removeAttribute("style");
      copy.querySelectorAll(".faded").forEach((mark) => mark.classList.remove("faded"));
      if (views[figure.dataset.view]) copy.querySelectorAll(views[figure.dataset.view]).forEach((mark) => mark.remove());
      return new XMLSerializer().serializeToString(copy);
    });
    const text = parts.join("").replace(/var\((--[\w-]+)(?:,\s*([^)]*))?\)/g, (_, name, other) => root.getPropertyValue(name).trim() || other);
    return { width, height, text: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" color="${page.color}" font-family="${page.fontFamily.replaceAll('"', "'")}"><rect width="100%" height="100%" fill="${page.backgroundColor}"/>${text}</svg>` };
  };
  const image = ({ width, height, text }) => new Promise((resolve, reject) => {
    const picture = new Image();
    picture.onload = () => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(resolve, "image/png");
    };
    picture.onerror = reject;
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  });
  const save = (blob, name) => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    URL.revokeObjectURL(link.href);
  };
  for (const figure of document.querySelectorAll("figure[data-name]")) {
    const tools = Object.assign(document.createElement("span"), { className: "tools" });
    const add = (label, act) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
      button.addEventListener("click", act);
      tools.append(button);
    };
    const name = figure.dataset.name;
    if (figure.querySelector(".seed") && figure.querySelector(".mean, .line")) {
      const words = { both: "Means only", means: "Seeds only", seeds: "Seeds and means" }; // of the next view
      const names = Object.keys(words);
      add(words.both, (event) => {
        const view = names[(names.indexOf(figure.dataset.view ?? "both") + 1) % names.length];
        figure.dataset.view = view;
        event.currentTarget.textContent = words[view];
      });
    }
    // the panels and the words on their scale are there twice, the titles of seeds once
    const scales = figure.querySelectorAll("[data-scale]");
    if (scales.length) add("Linear axis", (event) => {
      for (const one of scales) one.hidden = !one.hidden;
      for (const seed of figure.querySelectorAll(".seed:not(:has(title))")) {
        const title = figure.querySelector(`.seed[data-key="${seed.dataset.key}"] > title`);
        if (title) seed.prepend(title.cloneNode(true));
      }
      event.currentTarget.textContent = scales[0].hidden ? "Logarithmic axis" : "Linear axis";
    });
    add("Copy SVG", async (event) => {
      const { text } = alone(figure), button = event.currentTarget;
      try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; }
      catch { save(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`); }
    });
    add("Copy PNG", async (event) => {
      const button = event.currentTarget, blob = await image(alone(figure));
      try { await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]); button.textContent = "Copied"; }
      catch { save(blob, `${name}.png`); }
    });
    figure.querySelector(".files").after(tools);
  }
  // open what a link or the address leads to, and everything for print
  const reveal = () => {
    const found = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = found; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (found) found.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
  let closed = [];
  addEventListener("beforeprint", () => { closed = [...document.querySelectorAll("details:not([open])")]; for (const one of closed) one.open = true; });
  addEventListener("afterprint", () => { for (const one of closed) one.open = false; });
})();
