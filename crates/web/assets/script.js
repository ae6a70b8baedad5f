// Makes the pages smoother. Every page works without it.

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (name, properties) => Object.assign(document.createElement(name), properties);

// What was just done is said once, and what a link asks is asked once: the address, kept or loaded again, does neither.
const here = new URL(location.href);
const once = ["done", "added", "asks"].filter((name) => here.searchParams.has(name));
once.forEach((name) => here.searchParams.delete(name));
if (once.length) history.replaceState(history.state, "", here);

// Keys: one, or two one after the other.
const places = { h: "/", p: "/products", d: "/domains", s: "/sources", l: "/glossary", o: "/people", r: "/requests", a: "/admin" };
let waitsForPlace = false;
const isTyping = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return $("#q")?.select();
  }
  if (event.key === "Escape") {
    for (const menu of all("details.menu[open]")) $("summary", Object.assign(menu, { open: false })).focus();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (waitsForPlace) {
    waitsForPlace = false;
    // Not everybody is offered every place.
    return $(`a[href="${places[event.key]}"]`)?.click();
  }
  if (event.key === "/") {
    event.preventDefault();
    $("#q")?.select();
  } else if (event.key === "g") {
    waitsForPlace = true;
    setTimeout(() => (waitsForPlace = false), 1500);
  } else if (event.key === "?") {
    $("#keys")?.showModal();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    step(event);
  }
});

// What arrows stop at in a list.
const linksOf = (list) =>
  all("a.link, a.whole, h2 a, .choices a, th a, :scope > a", list).filter((link) => !link.closest(".whose"));

// Arrows go from one entry of a list to the next; from nowhere in particular, down to the first of what was found.
function step(event) {
  const isNowhere = event.key === "ArrowDown" && event.target.matches?.("body, main");
  const list = isNowhere ? $(".hits") : event.target.closest?.(".rows, .feed, .cards, .tiles, .choices, .grid, .side, .hits");
  if (!list) return;
  const links = linksOf(list);
  const at = links.indexOf(event.target.closest("a"));
  const next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}

// What fits what is typed is asked for when the typing pauses; what was asked before is not waited for any more. Where
// nothing is typed, or nothing comes, there is nothing to tell; unless what comes then is asked for, too, by who goes
// there. Answers how to stop.
const whileTyping = (input, address, tell, isAskedEmpty = false) => {
  let asked = null;
  const ask = async () => {
    asked?.abort();
    const { signal } = (asked = new AbortController());
    if (!input.value.trim() && !isAskedEmpty) return tell(null);
    try {
      await new Promise((done) => setTimeout(done, 60));
      if (signal.aborted) return;
      const to = new URL(address, location.href);
      to.searchParams.set("q", input.value);
      const answer = await fetch(to, { signal, headers: { Accept: "text/html" } });
      const text = answer.ok && !answer.redirected ? await answer.text() : null;
      if (!signal.aborted) tell(text);
    } catch (error) {
      if (error.name !== "AbortError") tell(null);
    }
  };
  input.addEventListener("input", ask);
  if (isAskedEmpty) input.addEventListener("focus", () => input.value.trim() || ask());
  return () => asked?.abort();
};

// A list of names that does not hold all follows what is typed.
for (const input of all("input[data-names]")) {
  whileTyping(input, input.dataset.names, (names) => {
    if (names !== null) input.list.innerHTML = names;
  });
}

// Times are those of the reader's zone, where nobody has said another.
for (const list of all("#zones")) list.append(...(Intl.supportedValuesOf?.("timeZone") ?? []).map((value) => make("option", { value })));
for (const input of all("[data-zone]")) input.value = Intl.DateTimeFormat().resolvedOptions().timeZone;

// What somebody may mean who types into the search box: a list below it, which arrows go through.
const box = $("#q");
if (box) {
  const place = make("div", { className: "suggest", hidden: true });
  box.form.append(place);
  const set = (attributes) => Object.entries(attributes).forEach(([name, value]) => box.setAttribute(name, value));
  set({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "suggestions" });
  const choices = () => (place.hidden ? [] : all("[role=option]", place));
  const chosen = () => $("[aria-selected=true]", place);
  const choose = (choice) => {
    chosen()?.setAttribute("aria-selected", "false");
    choice?.setAttribute("aria-selected", "true");
    choice?.scrollIntoView({ block: "nearest" });
    choice ? box.setAttribute("aria-activedescendant", choice.id) : box.removeAttribute("aria-activedescendant");
  };
  const show = (isShown) => {
    place.hidden = !isShown;
    set({ "aria-expanded": String(isShown) });
    if (!isShown) choose(null);
  };
  const stop = whileTyping(box, "/search/suggest", (text) => {
    if (text === null) return show(false);
    place.innerHTML = text;
    show(document.activeElement === box && $("[role=option]", place) !== null);
  }, true);
  const close = () => (stop(), show(false));
  box.addEventListener("keydown", (event) => {
    const list = choices();
    if (!list.length) {
      // Nothing is suggested: down from the box lies what was found.
      const found = event.key === "ArrowDown" && $(".hits");
      if (found) {
        event.preventDefault();
        linksOf(found)[0]?.focus();
      }
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      // Before the first and after the last stands the box itself.
      const at = list.indexOf(chosen()) + (event.key === "ArrowDown" ? 1 : -1);
      choose(at === -2 ? list.at(-1) : list[at]);
    } else if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      location.assign(chosen().href);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  });
  // A click on an entry comes before the box is left.
  place.addEventListener("mousedown", (event) => event.preventDefault());
  box.addEventListener("blur", close);
}

// An open menu closes when somebody goes on elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// Of a row that is wider than the screen, what is chosen is seen.
for (const row of all(".tabs, .side")) {
  const chosen = $("[aria-current]", row)?.getBoundingClientRect();
  if (chosen) row.scrollLeft = chosen.left - row.getBoundingClientRect().left - (row.clientWidth - chosen.width) / 2;
}

// On a narrow screen the cells of a table stand below one another. Each bears its heading then, and stays a cell of a table.
const roles = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
function head(table) {
  for (const part of [table, ...all("thead, tbody, tr, td, th", table)]) {
    part.setAttribute("role", roles[part.tagName] ?? (part.scope === "row" ? "rowheader" : "columnheader"));
  }
  // What only readers of screens are told of a column says its button, too.
  const names = all("thead th", table).map((heading) => ($(".vh", heading) ? "" : heading.textContent.trim()));
  for (const row of all("tbody tr", table)) [...row.cells].forEach((cell, at) => (cell.dataset.heading = names[at] ?? ""));
}
const headAll = () => all("table.grid:not([role])").forEach(head);
headAll();
new MutationObserver(headAll).observe($("#main"), { childList: true, subtree: true });

function button(text, click) {
  const made = make("button", { type: "button", textContent: text });
  made.addEventListener("click", click);
  return made;
}

// What copies at a click, and says for a moment that it did.
function copying(made, text, said = document.documentElement.dataset.copied ?? "Copied") {
  const label = made.textContent;
  made.addEventListener("click", async (event) => {
    event.preventDefault();
    await navigator.clipboard.writeText(text());
    made.textContent = said;
    setTimeout(() => (made.textContent = label), 1500);
  });
  return made;
}

// A table is copied as text between tabs, which spreadsheets take; no cell of it is a formula there.
function tabbed(table) {
  const harmless = (cell) => (/^["\s]*[=+\-@＝＋－＠]/.test(cell) && isNaN(cell.replace(/[.,\s%]/g, "")) ? `'${cell}` : cell);
  const plain = (cell) => harmless(cell.textContent.replace(/^\s*—\s*$|[\t\r\n]+/g, " ").trim());
  return [...table.rows].map((row) => [...row.cells].map(plain).join("\t")).join("\n");
}

// Lines and tables to copy. Over plain HTTP browsers lend no clipboard.
function makeCopied(within) {
  const { copy = "Copy" } = document.documentElement.dataset;
  for (const block of all("pre.copy", within)) block.append(copying(button(copy), () => $("code", block).textContent));
  if (!navigator.clipboard) return;
  for (const link of all("a[data-copies]", within)) copying(link, () => link.href);
  for (const files of all(".files[data-table]", within)) {
    const table = $("table.figures", files.closest("article"));
    files.prepend(copying(button(files.dataset.table), () => tabbed(table), files.dataset.said));
  }
}
makeCopied(document);

// What was typed is not lost by leaving: the browser asks.
for (const form of all("form[data-guard]")) {
  let isDirty = false;
  form.addEventListener("input", () => (isDirty = true));
  form.addEventListener("submit", () => (isDirty = false));
  window.addEventListener("beforeunload", (event) => isDirty && event.preventDefault());
}

// Where a place is written anew, who stands on something of it goes on standing there, and what he has unfolded stays so.
function keeping(place, write) {
  const id = place.contains(document.activeElement) ? document.activeElement.id : null;
  const unfolded = all("details[open] > summary[id]", place).map((summary) => summary.id);
  write();
  for (const one of unfolded) document.getElementById(one)?.parentElement.setAttribute("open", "");
  if (id !== null) (document.getElementById(id) ?? $("#question") ?? $("#main")).focus({ preventScroll: true });
}

// What is running tells how far it is, until it has ended.
for (const place of all("[data-live]")) {
  const look = async () => {
    try {
      const answer = await fetch(place.dataset.live, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return location.reload();
      const html = await answer.text();
      keeping(place, () => (place.innerHTML = html));
      if (!$("[data-running]", place)) return;
    } catch {
      // The server is away for a moment, or for good: the next look tells.
    }
    setTimeout(look, 700);
  };
  setTimeout(look, 300);
}

// A question takes its time: nobody sends it twice, and who waits sees it, and what there is of the answer.
let following = null;
document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.matches("form[data-busy]")) return;
  if (form.ariaBusy === "true" || following) return event.preventDefault();
  form.ariaBusy = "true";
  if (!form.matches("[data-followed]") || form.matches("[data-whole]")) return;
  event.preventDefault();
  follow(form, submitter).finally(() => {
    following = null;
    if (!form.matches("[data-whole]")) form.ariaBusy = null;
  });
});
window.addEventListener("pageshow", () => all("form[data-busy]").forEach((form) => (form.ariaBusy = null)));
$("form[data-asks]")?.requestSubmit();
$(".turn:target")?.focus({ preventScroll: true });

// The answer comes as pieces of the page, each as often as there is more of it.
async function follow(form, submitter) {
  const asked = new FormData(form, submitter);
  following = new AbortController();
  const { signal } = following;
  let seen = false;
  try {
    const headers = { Accept: "text/event-stream" };
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(asked), headers, signal });
    if (!answer.headers.get("Content-Type")?.startsWith("text/event-stream")) throw new Error("no pieces");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const events = (rest + read.value).split("\n\n");
      rest = events.pop();
      for (const one of events) {
        const lines = one.split("\n").filter((line) => line.startsWith("data: "));
        if (lines.length) put(lines.map((line) => line.slice(6)).join("\n"), !seen);
        seen ||= lines.length > 0;
      }
    }
    settle(asked.get("question"));
  } catch {
    if (signal.aborted) return giveUp();
    if (seen) return cutOff();
    // What does not come in pieces is asked for as without a script: the page says why.
    form.dataset.whole = "";
    following = form.ariaBusy = null;
    form.requestSubmit(submitter);
  }
}

// Readers of screens are told of what is new alone.
function tell(said) {
  const told = $("#told");
  if (told.textContent !== said) told.textContent = said;
}

function giveUp() {
  keeping($("#coming"), () => $("#coming").replaceChildren());
  tell("");
}

function cutOff() {
  giveUp();
  const text = $("#question").form.dataset.cut;
  $("#faults").replaceChildren(make("p", { className: "fault", role: "alert", textContent: text }));
}

function put(html, isFirst) {
  for (const piece of [...make("template", { innerHTML: html }).content.children]) {
    const place = document.getElementById(piece.id);
    if (!place) continue;
    keeping(place, () => place.replaceWith(piece));
    makeCopied(piece);
  }
  const coming = $("#coming");
  tell(coming.dataset.say ?? "");
  if (isFirst) coming.scrollIntoView({ block: "nearest" });
}

// The whole answer has a place and an address of its own, where Back and a copy of the address lead.
function settle(question) {
  const coming = $("#coming");
  const { at } = coming.dataset;
  if (!at) return;
  all(".asked-back").filter((one) => !coming.contains(one)).forEach((one) => keeping(one, () => one.remove()));
  coming.before(...coming.childNodes);
  const box = $("#question");
  if (box.value === question) box.value = "";
  const isNew = new URL(at, location).search !== location.search;
  history[isNew ? "pushState" : "replaceState"](null, "", at);
  shown = location.search;
}
let shown = location.search;
window.addEventListener("popstate", () => location.search === shown || location.reload());
window.addEventListener("pagehide", () => following?.abort());
document.addEventListener("click", (event) => event.target.closest?.("[data-stop]") && following?.abort());

// A picture that can be saved as a file is saved as pixels, too: drawn here, of that file.
for (const link of all("a[data-png]")) {
  link.after(button(link.dataset.png, async () => {
    const picture = new Image();
    picture.src = link.href;
    await picture.decode();
    const { naturalWidth: width, naturalHeight: height } = picture;
    // Twice as fine, as far as browsers draw that large.
    const fine = Math.min(2, 8000 / Math.max(width, height));
    const canvas = make("canvas", { width: width * fine, height: height * fine });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((pixels) => {
      const name = decodeURIComponent(new URL(link.href).pathname.split("/").at(-2)) + "-lineage.png";
      const save = make("a", { href: URL.createObjectURL(pixels), download: name });
      save.click();
      setTimeout(() => URL.revokeObjectURL(save.href), 10000);
    }, "image/png");
  }));
}

// A picture larger than its place begins at what its page is about; where that is all of it, with all of it, as far as
// it can be read so. It is made larger and smaller, and drawn about.
for (const place of all(".picture > .scroll[data-fit]")) {
  const svg = $("svg", place);
  const [width, height] = [svg.width.baseVal.value, svg.height.baseVal.value];
  let scale = 1;
  const zoom = (to, x = place.clientWidth / 2, y = place.clientHeight / 2) => {
    const before = scale;
    scale = Math.min(3, Math.max(0.05, to));
    svg.setAttribute("width", width * scale);
    svg.setAttribute("height", height * scale);
    place.scrollLeft = ((place.scrollLeft + x) * scale) / before - x;
    place.scrollTop = ((place.scrollTop + y) * scale) / before - y;
  };
  const fitting = () => Math.min(1, (place.clientWidth - 20) / width, (innerHeight * 0.8) / height);
  const fit = () => zoom(fitting());
  const row = make("div", { className: "zoom" });
  const buttons = { smaller: () => zoom(scale / 1.4), larger: () => zoom(scale * 1.4), fit };
  for (const [name, click] of Object.entries(buttons)) row.append(button(place.dataset[name], click));
  place.before(row);
  const show = (node) => {
    const [at, box] = [node.getBoundingClientRect(), place.getBoundingClientRect()];
    place.scrollLeft += at.left + at.width / 2 - box.left - place.clientWidth / 2;
    place.scrollTop += at.top + at.height / 2 - box.top - place.clientHeight / 2;
  };
  const own = $("[aria-current]", svg) ?? $(".own", svg);
  if (own) show(own);
  else zoom(Math.max(fitting(), 0.65));
  place.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const box = place.getBoundingClientRect();
    zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  // Fingers scroll by themselves. What was drawn about was not clicked on.
  let from = null;
  place.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0) from = { x: event.clientX, y: event.clientY };
  });
  place.addEventListener("pointermove", (event) => {
    if (!(event.buttons & 1)) from = null;
    if (!from) return;
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    if (!place.classList.contains("moved") && Math.hypot(x, y) < 5) return;
    if (!place.classList.contains("moved")) place.setPointerCapture(event.pointerId);
    place.classList.add("moved");
    place.scrollBy(-x, -y);
    from = { x: event.clientX, y: event.clientY };
  });
  place.addEventListener("lostpointercapture", () => setTimeout(() => place.classList.remove("moved")));
  for (const end of ["pointerup", "pointercancel"]) place.addEventListener(end, () => (from = null));
  place.addEventListener("dragstart", (event) => event.preventDefault());
  place.addEventListener("click", (event) => place.classList.contains("moved") && event.preventDefault(), true);
  walk(svg, show);
}

// Arrows go along the lines of a picture, and up and down in a layer. What has nothing to do with where somebody is stands back.
function walk(svg, show) {
  // A place is a box, or a row of it: "3", or "3.1".
  const box = (place) => place.split(".")[0];
  const nodes = all("[data-at]", svg);
  const lines = all("[data-from]", svg).map((line) => ({ line, from: line.dataset.from, to: line.dataset.to, isUnsure: line.matches(".unsure") }));
  // Arrows lead to rows: there are too many of them to stop at each. The one that was left last is come back to.
  const rows = nodes.filter((node) => node.dataset.at.includes("."));
  const stopAt = (stop) => rows.includes(stop) && rows.forEach((row) => (row.tabIndex = row === stop ? 0 : -1));
  rows.forEach((row) => (row.tabIndex = -1));
  stopAt($("[aria-current]", svg));
  const dimmed = new Set(all(".dim", svg));
  const [up, down] = [["to", "from"], ["from", "to"]].map(([near, far]) => {
    const found = new Map();
    for (const line of lines) found.set(box(line[near]), [...(found.get(box(line[near])) ?? []), line]);
    return { near, far, found };
  });
  // From a box by all its lines, from a row by its own.
  const isKnown = (place, line, { near }) => place === box(place) || line[near] === place;
  const leading = (place, way) => (way.found.get(box(place)) ?? []).filter((line) => line.isUnsure || isKnown(place, line, way));
  const wayOf = (place) => {
    const [places, passed, boxes] = [new Set(), new Set(), new Set()];
    for (const way of [up, down]) {
      const met = new Set();
      for (const waiting = [place]; waiting.length; ) {
        const one = waiting.pop();
        if (met.has(one)) continue;
        met.add(one);
        for (const line of leading(one, way)) {
          passed.add(line);
          boxes.add(box(line[way.far]));
          if (isKnown(one, line, way)) waiting.push(line[way.far]);
        }
      }
      met.forEach((one) => places.add(one) && boxes.add(box(one)));
    }
    return { places, passed, boxes };
  };
  const dim = (node) => {
    const seen = node && wayOf(node.dataset.at);
    const isSeen = (at) => seen.places.has(at) || seen.places.has(box(at)) || (at === box(at) && seen.boxes.has(at));
    for (const one of nodes) one.classList.toggle("dim", seen ? !isSeen(one.dataset.at) : dimmed.has(one));
    for (const one of lines) one.line.classList.toggle("dim", seen ? !seen.passed.has(one) : dimmed.has(one.line));
  };
  const nodeOf = (event) => event.target.closest?.("[data-at]");
  // Of the place around it: what listens for focus itself is a stop.
  svg.parentElement.addEventListener("focusin", (event) => {
    stopAt(nodeOf(event));
    dim(nodeOf(event));
  });
  svg.parentElement.addEventListener("focusout", () => dim(null));
  svg.addEventListener("mouseover", (event) => dim(nodeOf(event)));
  svg.addEventListener("mouseleave", () => dim(null));
  svg.addEventListener("keydown", (event) => {
    const node = nodeOf(event);
    const { top } = node?.getBoundingClientRect() ?? {};
    const left = (one) => $("rect", one).x.baseVal.value;
    const height = (one) => one.getBoundingClientRect().top - top;
    const next = (way) => {
      const places = leading(node.dataset.at, way).map((line) => line[way.far]);
      const wanted = new Set(node.dataset.at === box(node.dataset.at) ? places.map(box) : places);
      return nodes.filter((one) => one.matches("a") && wanted.has(one.dataset.at));
    };
    const beside = (way) => nodes.filter((one) => one.matches("a") && Math.abs(left(one) - left(node)) < 8 && way * height(one) > 0);
    const choices = node && {
      ArrowLeft: () => next(up), ArrowRight: () => next(down),
      ArrowUp: () => beside(-1), ArrowDown: () => beside(1),
    }[event.key]?.();
    if (!choices) return;
    event.preventDefault();
    const nearest = choices.sort((one, other) => Math.abs(height(one)) - Math.abs(height(other)))[0];
    nearest?.focus({ preventScroll: true });
    if (nearest) show(nearest);
  });
}
