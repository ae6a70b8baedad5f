// Makes the pages smoother. Every page works without it.

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Keys: one, or two one after the other.
const places = { h: "/", p: "/products", d: "/domains", s: "/sources", l: "/glossary", o: "/people" };
let waitsForPlace = false;

function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return $("#q")?.select();
  }
  if (event.key === "Escape") {
    for (const menu of all("details.menu[open]")) {
      menu.open = false;
      $("summary", menu).focus();
    }
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (waitsForPlace) {
    waitsForPlace = false;
    if (places[event.key]) location.assign(places[event.key]);
    return;
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

// Arrows go from one entry of a list to the next.
function step(event) {
  const list = event.target.closest?.(".rows, .feed, .cards, .tiles, .choices, .grid, .side");
  if (!list) return;
  const links = all("a.link, h2 a, .choices a, th a, :scope > a", list);
  const at = links.indexOf(event.target.closest("a"));
  const next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}

// An open menu closes when somebody goes on elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// Lines to copy.
for (const block of all("pre.copy")) {
  const button = document.createElement("button");
  const { copy = "Copy", copied = "Copied" } = document.documentElement.dataset;
  button.type = "button";
  button.textContent = copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText($("code", block).textContent);
    button.textContent = copied;
    setTimeout(() => (button.textContent = copy), 1500);
  });
  block.append(button);
}

// What was typed is not lost by leaving: the browser asks.
for (const form of all("form[data-guard]")) {
  let isDirty = false;
  form.addEventListener("input", () => (isDirty = true));
  form.addEventListener("submit", () => (isDirty = false));
  window.addEventListener("beforeunload", (event) => {
    if (isDirty) event.preventDefault();
  });
}

// A question takes its time: nobody sends it twice, and who waits sees it.
for (const form of all("form[data-busy]")) {
  form.addEventListener("submit", (event) => {
    if (form.ariaBusy === "true") return event.preventDefault();
    form.ariaBusy = "true";
  });
}
window.addEventListener("pageshow", () => all("form[data-busy]").forEach((form) => (form.ariaBusy = null)));
