"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const el = (tag, props = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };
  const option = (value, text = value) => el("option", { value, textContent: text });

  // Sorting: a column head becomes a button; what is undefined stays last either way.
  const keyOf = (row, at) => {
    const cell = row.cells[at];
    const text = cell.dataset.key ?? cell.textContent.trim();
    const number = text === "" ? NaN : Number(text);
    return { missing: text === "" || cell.textContent.trim().startsWith("-") && !cell.dataset.key, number, text };
  };
  const compare = (a, b, sign) => {
    if (a.missing !== b.missing) return a.missing ? 1 : -1;
    const both = !Number.isNaN(a.number) && !Number.isNaN(b.number);
    return sign * (both ? a.number - b.number : a.text.localeCompare(b.text, undefined, { numeric: true }));
  };
  const sortBy = (table, head, at) => {
    const rising = head.getAttribute("aria-sort") === "descending" || (!head.hasAttribute("aria-sort") && head.classList.contains("text"));
    for (const other of all("th", table.tHead)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const rows = [...table.tBodies[0].rows].map((row) => [keyOf(row, at), row]);
    rows.sort(([a], [b]) => compare(a, b, rising ? 1 : -1));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };

  // Filtering: a choice for each column that says it can be chosen by.
  const addFilters = (table, heads) => {
    const chosen = heads.map((head, at) => [head, at]).filter(([head]) => "filter" in head.dataset);
    if (!chosen.length) return;
    const rows = [...table.tBodies[0].rows];
    const count = el("output");
    const bar = el("div", { className: "filters" });
    const selects = chosen.map(([head, at]) => {
      const values = [...new Set(rows.map((row) => row.cells[at].textContent.trim()))];
      const select = el("select", {}, option("", "all"), ...values.filter(Boolean).map((value) => option(value)));
      bar.append(el("label", {}, head.textContent, select));
      return [select, at];
    });
    const apply = () => {
      for (const row of rows) row.hidden = selects.some(([select, at]) => select.value && row.cells[at].textContent.trim() !== select.value);
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
    };
    bar.addEventListener("change", apply);
    bar.append(count);
    table.closest(".edges").before(bar);
    apply();
  };
  for (const table of all(".sheet table")) {
    const heads = all("thead th", table);
    addFilters(table, heads);
    heads.forEach((head, at) => {
      const button = el("button", { type: "button", textContent: head.textContent });
      button.addEventListener("click", () => sortBy(table, head, at));
      head.replaceChildren(button);
    });
  }

  // A box that scrolls shows where it goes on.
  for (const edges of all(".edges")) {
    const box = edges.querySelector(".scroll");
    const extent = edges.nextElementSibling;
    const mark = () => {
      edges.classList.toggle("below", box.scrollHeight - box.clientHeight - box.scrollTop > 4);
      edges.classList.toggle("beside", box.scrollWidth - box.clientWidth - box.scrollLeft > 4);
      extent.hidden = box.scrollHeight - box.clientHeight <= 4;
    };
    box.addEventListener("scroll", mark, { passive: true });
    new ResizeObserver(mark).observe(box);
    new ResizeObserver(mark).observe(box.querySelector("table"));
  }

  // Highlighting: one series in all figures that show it, while pointed at, or until let go.
  let pinned = null;
  const light = (series) => {
    for (const figure of all("figure")) {
      const marks = all(".series", figure);
      figure.classList.toggle("lit", series !== null && marks.some((mark) => mark.dataset.series === series));
      for (const mark of marks) mark.classList.toggle("on", mark.dataset.series === series);
    }
  };
  const pin = (series) => {
    pinned = pinned === series ? null : series;
    for (const key of all("button.key")) key.setAttribute("aria-pressed", String(key.dataset.series === pinned));
    light(pinned);
  };
  for (const span of all(".key")) {
    const key = el("button", { type: "button", className: "key" }, ...span.childNodes);
    key.dataset.series = span.dataset.series;
    key.setAttribute("aria-pressed", "false");
    key.addEventListener("click", () => pin(key.dataset.series));
    for (const start of ["pointerenter", "focus"]) key.addEventListener(start, () => light(key.dataset.series));
    for (const end of ["pointerleave", "blur"]) key.addEventListener(end, () => light(pinned));
    span.replaceWith(key);
  }
  // One stop of the tab key a legend; arrows move inside it.
  for (const legend of all(".legend")) {
    const keys = all("button.key", legend);
    keys.forEach((key, at) => {
      key.tabIndex = at ? -1 : 0;
      key.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = keys[(at + step + keys.length) % keys.length];
        for (const one of keys) one.tabIndex = one === next ? 0 : -1;
        next.focus();
      });
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pinned !== null) pin(pinned);
  });

  // The item explorer.
  const PAGE = 50;
  const source = document.getElementById("explorer-data")?.textContent;
  const app = document.getElementById("explorer-app");
  if (!source) return;
  const data = JSON.parse(source);
  const form = document.getElementById("explorer-filters");
  const list = document.getElementById("explorer-list");
  const detail = document.getElementById("explorer-item");
  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const clean = data.conditions.indexOf("clean");
  let page = 0;
  let current = null;

  const fill = (name, entries) => form.elements[name].replaceChildren(...entries.map(([value, text]) => option(value, text)));
  const distinct = (name) => [["", "all"], ...[...new Set(data.items.map((item) => item[name]))].sort().filter(Boolean).map((value) => [value, value])];
  fill("model", data.models.map((name, at) => [at, name]));
  fill("method", data.methods.map((name, at) => [at, name]));
  for (const name of ["type", "modality", "region"]) fill(name, distinct(name));
  fill("state", [["", "all"], ["wrong", "wrong when clean"], ...data.nota.map((name) => [name, `collapsed under ${name}`])]);
  const preferred = data.methods.indexOf("label_nll");
  if (preferred > 0) form.elements.method.value = preferred;

  const chosen = (name) => form.elements[name].value;
  const answerOf = (at, condition) => data.answers[Number(chosen("model"))][at][condition];
  const uncertaintyOf = (answer) => (answer ? answer[2 + Number(chosen("method"))] : null);
  const say = (u) => (u === null || u === undefined ? "undefined" : (u / 1000).toFixed(3));
  const wordsOf = (item) => (item.searched ??= [item.id, ...item.texts].join("\n").toLowerCase());
  const inState = (at, state) => {
    if (!state) return true;
    const before = answerOf(at, clean);
    if (state === "wrong") return before?.[1] === 0;
    const after = answerOf(at, data.conditions.indexOf(state));
    return before?.[1] === 1 && after?.[1] === 0;
  };
  const matches = () => {
    const search = chosen("search").trim().toLowerCase();
    const found = data.items.map((item, at) => at).filter((at) => {
      const item = data.items[at];
      return ["type", "modality", "region"].every((name) => !chosen(name) || item[name] === chosen(name))
        && inState(at, chosen("state")) && wordsOf(item).includes(search);
    });
    const sign = { high: -1, low: 1 }[chosen("order")];
    if (sign) {
      const u = new Map(found.map((at) => [at, uncertaintyOf(answerOf(at, clean))]));
      found.sort((a, b) => (u.get(a) === null) - (u.get(b) === null) || sign * (u.get(a) - u.get(b)));
    }
    return found;
  };
  const mark = (right) => {
    if (right === null) return el("span", { textContent: "nothing is right" });
    return el("span", { className: right ? "right" : "wrong", textContent: right ? "✓ right" : "✗ wrong" });
  };
  const entry = (at) => {
    const item = data.items[at];
    const answer = answerOf(at, clean);
    const button = el("button", { type: "button" }, item.texts[item.question] || item.id);
    const facts = [item.type, item.modality, item.region].filter(Boolean).join(", ");
    const small = el("small", {}, `${facts}; clean: `, answer ? mark(answer[1]) : "not asked", answer ? `, ${say(uncertaintyOf(answer))}` : "");
    button.append(small);
    button.setAttribute("aria-current", String(at === current));
    button.addEventListener("click", () => { current = at; draw(); detail.focus({ preventScroll: false }); });
    return el("li", {}, button);
  };
  const draw = () => {
    const found = matches();
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    page = Math.min(page, pages - 1);
    list.replaceChildren(...found.slice(page * PAGE, (page + 1) * PAGE).map(entry));
    document.getElementById("explorer-count").textContent = `${found.length} of ${data.items.length} items`;
    document.getElementById("explorer-page").textContent = `page ${page + 1} of ${pages}`;
    document.getElementById("explorer-back").disabled = page === 0;
    document.getElementById("explorer-next").disabled = page === pages - 1;
    show();
  };
  const named = (item, options, at) => {
    if (at === null || at < 0) return at === null ? "none" : "no option named";
    return `${LETTERS[at]} ${item.texts[options[at]] ?? ""}`.trim();
  };
  const conditionRow = (item, at, condition) => {
    const shown = item.shown[condition];
    if (!shown) return null;
    const [question, options, right] = shown;
    const answer = answerOf(at, condition);
    const asked = el("td", { className: "text" }, options.map((text, k) => `${LETTERS[k]} ${item.texts[text] ?? ""}`.trim()).join(" · "));
    if (question !== item.question) asked.prepend(el("small", { textContent: item.texts[question] }));
    return el("tr", {},
      el("th", { scope: "row", textContent: data.conditions[condition] }),
      asked,
      el("td", { className: "text", textContent: named(item, options, right) }),
      el("td", { className: "text" }, answer ? named(item, options, answer[0]) : "not asked"),
      el("td", { className: "text" }, answer ? mark(answer[1]) : ""),
      el("td", { textContent: answer ? say(uncertaintyOf(answer)) : "" }));
  };
  const show = () => {
    if (current === null) return;
    const item = data.items[current];
    const heads = ["condition", "options as shown", "right answer", "answer", "right?", `uncertainty, ${data.methods[Number(chosen("method"))]}`];
    const table = el("table", {},
      el("caption", { textContent: `What ${data.models[Number(chosen("model"))]} answered` }),
      el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col", className: "text", textContent: text })))),
      el("tbody", {}, ...data.conditions.map((_, k) => conditionRow(item, current, k)).filter(Boolean)));
    const facts = [`item ${item.id}`, item.set, item.type, item.modality, item.region, item.fair ? "" : "no fair question when the answer is hidden"];
    const scroll = el("div", { className: "scroll", tabIndex: 0 }, table);
    const images = (item.shown[clean]?.[3] ?? "").split(" ").map((id) => data.images[id]).filter(Boolean);
    detail.replaceChildren(
      el("h3", { textContent: item.texts[item.question] || `Item ${item.id}` }),
      el("p", { textContent: facts.filter(Boolean).join(", ") }),
      ...images.map((src, k) => el("img", { src, alt: images.length > 1 ? `image ${k + 1} asked about, small` : "the image asked about, small" })),
      scroll);
  };
  const turn = (step) => () => { page += step; draw(); list.scrollTop = 0; };
  document.getElementById("explorer-back").addEventListener("click", turn(-1));
  document.getElementById("explorer-next").addEventListener("click", turn(1));
  form.addEventListener("input", () => { page = 0; draw(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  const notes = [data.items.length < data.asked ? `The first ${data.items.length} of ${data.asked} items, to keep the page small.` : ""];
  notes.push(data.items[0]?.texts.some(Boolean) ? "" : "This study does not show its questions: only letters, and what was right.");
  document.getElementById("explorer-note").textContent = notes.filter(Boolean).join(" ");
  app.hidden = false;
  draw();
})();
