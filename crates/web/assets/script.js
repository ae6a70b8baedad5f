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

// What somebody may mean who types into the search box: a list below it, which arrows go through.
const box = $("#q");
if (box) {
  const place = document.createElement("div");
  place.className = "suggest";
  place.hidden = true;
  box.form.append(place);
  const set = (attributes) => Object.entries(attributes).forEach(([name, value]) => box.setAttribute(name, value));
  set({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "suggestions" });
  let asked = null;
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
  box.addEventListener("input", async () => {
    asked?.abort();
    const mine = (asked = new AbortController());
    if (!box.value.trim()) return show(false);
    try {
      await new Promise((done) => setTimeout(done, 60));
      if (mine.signal.aborted) return;
      const address = "/search/suggest?" + new URLSearchParams({ q: box.value });
      const answer = await fetch(address, { signal: mine.signal, headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return show(false);
      place.innerHTML = await answer.text();
      show(!mine.signal.aborted && document.activeElement === box && $("[role=option]", place) !== null);
    } catch (error) {
      if (error.name !== "AbortError") show(false);
    }
  });
  box.addEventListener("keydown", (event) => {
    const list = choices();
    if (!list.length) return;
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
      asked?.abort();
      show(false);
    }
  });
  // A click on an entry comes before the box is left.
  place.addEventListener("mousedown", (event) => event.preventDefault());
  box.addEventListener("blur", () => {
    asked?.abort();
    show(false);
  });
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

// What is running tells how far it is, until it has ended. Who stands on a button of it goes on standing there.
for (const place of all("[data-live]")) {
  const look = async () => {
    try {
      const answer = await fetch(place.dataset.live, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return location.reload();
      const id = place.contains(document.activeElement) ? document.activeElement.id : "";
      place.innerHTML = await answer.text();
      if (id) (document.getElementById(id) ?? $("#main")).focus({ preventScroll: true });
      if (!$("[data-running]", place)) return;
    } catch {
      // The server is away for a moment, or for good: the next look tells.
    }
    setTimeout(look, 700);
  };
  setTimeout(look, 300);
}

// A question takes its time: nobody sends it twice, and who waits sees it.
for (const form of all("form[data-busy]")) {
  form.addEventListener("submit", (event) => {
    if (form.ariaBusy === "true") return event.preventDefault();
    form.ariaBusy = "true";
  });
}
window.addEventListener("pageshow", () => all("form[data-busy]").forEach((form) => (form.ariaBusy = null)));

// A picture that can be saved as a file is saved as pixels, too: drawn here, of that file.
for (const link of all("a[data-png]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = link.dataset.png;
  button.addEventListener("click", async () => {
    const picture = new Image();
    picture.src = link.href;
    await picture.decode();
    const { naturalWidth: width, naturalHeight: height } = picture;
    // Twice as fine, as far as browsers draw that large.
    const fine = Math.min(2, 8000 / Math.max(width, height));
    const canvas = Object.assign(document.createElement("canvas"), { width: width * fine, height: height * fine });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((pixels) => {
      const name = decodeURIComponent(new URL(link.href).pathname.split("/").at(-2)) + "-lineage.png";
      const save = Object.assign(document.createElement("a"), { href: URL.createObjectURL(pixels), download: name });
      save.click();
      setTimeout(() => URL.revokeObjectURL(save.href), 10000);
    }, "image/png");
  });
  link.after(button);
}
