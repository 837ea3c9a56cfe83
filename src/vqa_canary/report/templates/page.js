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

  // A figure that is wider than a small screen scrolls, by the keyboard, too.
  for (const panels of all(".panels")) {
    const reach = () => {
      const scrolls = panels.scrollWidth > panels.clientWidth;
      panels.tabIndex = scrolls ? 0 : -1;
      if (scrolls) panels.setAttribute("role", "group");
      if (scrolls) panels.setAttribute("aria-label", panels.querySelector("svg").getAttribute("aria-label"));
    };
    new ResizeObserver(reach).observe(panels);
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
  const [UNKNOWN, NO_OPTION, UNDEFINED, OF_PROBABILITY] = [255, 254, 65535, 250];
  const clean = data.conditions.indexOf("clean");
  let page = 0;
  let current = null;

  // Answers lie in columns of bytes: models outermost, then instances, item by item and condition by condition.
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const words = (text) => { const raw = bytes(text); return Uint16Array.from({ length: raw.length / 2 }, (_, k) => raw[2 * k] + 256 * raw[2 * k + 1]); };
  const choices = bytes(data.answers.choice);
  const rights = bytes(data.answers.right);
  const scales = data.answers.uncertainty.map((one) => ({ ...one, steps: words(one.steps) }));
  const chances = bytes(data.answers.probability);
  let [instances, options] = [0, 0];
  for (const item of data.items) item.places = item.shown.map((shown) => {
    if (!shown) return null;
    const place = [instances, options];
    instances += 1;
    options += shown[1].length;
    return place;
  });
  const answerOf = (at, condition, model = Number(chosen("model"))) => {
    const place = data.items[at].places[condition];
    if (!place) return null;
    const k = model * instances + place[0];
    if (choices[k] === UNKNOWN) return null;
    const n = data.items[at].shown[condition][1].length;
    const first = model * options + place[1];
    const known = chances.length && chances[first] !== UNKNOWN;
    return {
      choice: choices[k] === NO_OPTION ? -1 : choices[k],
      right: rights[k] === UNKNOWN ? null : rights[k] === 1,
      u: scales.map(({ least, step, steps }) => (steps[k] === UNDEFINED ? null : least + step * steps[k])),
      chances: known ? [...chances.subarray(first, first + n)].map((p) => p / OF_PROBABILITY) : null,
    };
  };

  const fill = (name, entries) => form.elements[name].replaceChildren(...entries.map(([value, text]) => option(value, text)));
  const distinct = (name) => [["", "all"], ...[...new Set(data.items.map((item) => item[name]))].sort().filter(Boolean).map((value) => [value, value])];
  fill("model", data.models.map((name, at) => [at, name]));
  fill("method", data.methods.map((name, at) => [at, name]));
  for (const name of ["type", "modality", "region"]) fill(name, distinct(name));
  fill("state", [["", "all"], ["wrong", "wrong when clean"], ...data.nota.map((name) => [name, `collapsed under ${name}`])]);
  const preferred = data.methods.indexOf(data.preferred);
  if (preferred > 0) form.elements.method.value = preferred;

  const chosen = (name) => form.elements[name].value;
  const uncertaintyOf = (answer) => (answer ? answer.u[Number(chosen("method"))] : null);
  const say = (u) => (u === null || u === undefined ? "undefined" : u.toFixed(3).replace("-", "\u2212"));
  const wordsOf = (item) => (item.searched ??= [item.id, ...item.texts].join("\n").toLowerCase());
  const inState = (at, state) => {
    if (!state) return true;
    const before = answerOf(at, clean);
    if (state === "wrong") return before?.right === false;
    return before?.right === true && answerOf(at, data.conditions.indexOf(state))?.right === false;
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
  const address = (item) => `#item=${encodeURIComponent(item.set)}/${encodeURIComponent(item.id)}`;
  const choose = (at) => {
    current = at;
    history.replaceState(null, "", address(data.items[at]));
    draw();
    detail.focus({ preventScroll: false });
  };
  const entry = (at) => {
    const item = data.items[at];
    const answer = answerOf(at, clean);
    const button = el("button", { type: "button" }, item.texts[item.question] || item.id);
    const facts = [item.type, item.modality, item.region].filter(Boolean).join(", ");
    const small = el("small", {}, `${facts}; clean: `, answer ? mark(answer.right) : "not asked", answer ? `, ${say(uncertaintyOf(answer))}` : "");
    button.append(small);
    button.setAttribute("aria-current", String(at === current));
    button.addEventListener("click", () => choose(at));
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
    show(found);
  };
  const named = (item, options, at) => {
    if (at < 0) return "no option named";
    return `${LETTERS[at]} ${item.texts[options[at]] ?? ""}`.trim();
  };
  // One line an option: how probable its letter is, as a bar; the right one has a tick, the model's own an arrow.
  const optionLines = (item, options, right, answer) => el("ul", { className: "options" }, ...options.map((text, k) => {
    const p = answer?.chances?.[k] ?? null;
    const signs = [k === right ? "✓" : "", k === answer?.choice ? "◀" : ""].filter(Boolean).join(" ");
    const line = el("li", {}, el("span", { className: "option", textContent: `${LETTERS[k]} ${item.texts[text] ?? ""}`.trim() }));
    if (p !== null) {
      const bar = el("span", { className: "bar" }, el("i"));
      bar.firstChild.style.width = `${100 * p}%`;
      line.append(bar, el("span", { className: "p", textContent: p.toFixed(2) }));
    }
    line.append(el("span", { className: "signs", textContent: signs }));
    return line;
  }));
  const conditionRow = (item, at, condition) => {
    const shown = item.shown[condition];
    if (!shown) return null;
    const [question, options, right] = shown;
    const answer = answerOf(at, condition);
    const asked = el("td", { className: "text" }, optionLines(item, options, right, answer));
    if (question !== item.question) asked.prepend(el("small", { textContent: item.texts[question] }));
    return el("tr", {},
      el("th", { scope: "row", textContent: data.conditions[condition] }),
      asked,
      el("td", { className: "text" }, answer ? named(item, options, answer.choice) : "not asked"),
      el("td", { className: "text" }, answer ? mark(answer.right) : ""),
      el("td", { textContent: answer ? say(uncertaintyOf(answer)) : "" }));
  };
  const scrolled = (label, table) => {
    const box = el("div", { className: "scroll", tabIndex: 0 }, table);
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", label);
    return box;
  };
  const tableOf = (caption, heads, rows) => el("table", {},
    el("caption", { textContent: caption }),
    el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col", className: "text", textContent: text })))),
    el("tbody", {}, ...rows));
  // What every model answered, a press away from the chosen one.
  const strip = (at) => {
    const seen = [clean, ...data.nota.map((name) => data.conditions.indexOf(name))].filter((k) => data.items[at].shown[k]);
    const buttons = data.models.map((name, m) => {
      const signs = seen.map((k) => { const right = answerOf(at, k, m)?.right; return right === true ? "✓" : right === false ? "✗" : "–"; });
      const button = el("button", { type: "button", title: name }, data.short[m], el("b", { textContent: signs.join(" ") }));
      button.setAttribute("aria-label", `${name}: ${seen.map((k, j) => `${data.conditions[k]} ${{ "✓": "right", "✗": "wrong", "–": "not known" }[signs[j]]}`).join(", ")}`);
      button.setAttribute("aria-pressed", String(m === Number(chosen("model"))));
      button.addEventListener("click", () => { form.elements.model.value = m; draw(); });
      return button;
    });
    const told = seen.map((k) => data.conditions[k]).join(", ");
    return el("div", { className: "strip" }, el("p", { textContent: `All models (${told}):` }), el("div", {}, ...buttons));
  };
  const pictures = (item) => {
    const under = new Map();
    item.shown.forEach((shown, k) => {
      if (shown && !data.unseen.includes(data.conditions[k])) for (const id of shown[3].split(" ")) under.set(id, [...(under.get(id) ?? []), k]);
    });
    const own = (item.shown[clean]?.[3] ?? "").split(" ");
    return [...under].filter(([id]) => data.images[id]).map(([id, at]) => {
      const of = own.includes(id) ? "the image asked about" : `the image shown under ${at.map((k) => data.conditions[k]).join(", ")}`;
      return el("figure", {}, el("img", { src: data.images[id], alt: of }), el("figcaption", { textContent: of }));
    });
  };
  const beside = (found, step, text) => {
    const at = found[found.indexOf(current) + step];
    const button = el("button", { type: "button", textContent: text, disabled: found.indexOf(current) < 0 || at === undefined });
    button.addEventListener("click", () => { page = Math.floor(found.indexOf(at) / PAGE); choose(at); });
    return button;
  };
  const show = (found) => {
    if (current === null) return;
    const item = data.items[current];
    const model = data.models[Number(chosen("model"))];
    const heads = ["condition", data.answers.probability ? "options, and how probable their letters are" : "options", "answer", "right?", `uncertainty, ${data.methods[Number(chosen("method"))]}`];
    const rows = data.conditions.map((_, k) => conditionRow(item, current, k)).filter(Boolean);
    const every = data.conditions.map((name, k) => [name, answerOf(current, k)]).filter(([, answer]) => answer)
      .map(([name, answer]) => el("tr", {}, el("th", { scope: "row", textContent: name }), ...answer.u.map((u) => el("td", { textContent: say(u) }))));
    const facts = [`item ${item.id}`, item.set, item.type, item.modality, item.region, item.fair ? "" : "no fair question when the answer is hidden"];
    detail.replaceChildren(
      el("p", { className: "pages" }, beside(found, -1, "Previous item"), " ", beside(found, 1, "Next item"), " ", el("a", { href: address(item), textContent: "link to this item" })),
      el("h3", { textContent: item.texts[item.question] || `Item ${item.id}` }),
      el("p", { textContent: facts.filter(Boolean).join(", ") }),
      el("div", { className: "pictures" }, ...pictures(item)),
      strip(current),
      scrolled("What was shown and answered", tableOf(`What ${model} answered; ✓ the right option, ◀ its answer`, heads, rows)),
      scrolled("Uncertainty by all methods", tableOf(`Uncertainty of ${model} by all methods`, ["condition", ...data.methods], every)));
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
  const follow = () => {
    const at = data.items.findIndex((item) => address(item) === location.hash);
    if (at < 0) return;
    page = Math.max(0, Math.floor(matches().indexOf(at) / PAGE));
    choose(at);
    detail.scrollIntoView();
  };
  window.addEventListener("hashchange", follow);
  follow();
})();
