"""Somebody who goes through the pages by keys alone: whatever he stops at is seen, and whatever he comes by is looked at."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from pages_browser import LOOKS, findings, too_wide

#: Where the keys stand: what it is called, and whether it can be seen and told from the rest.
STANDING = r"""() => {
  const one = document.activeElement;
  const said = one.ariaLabel || [...(one.labels ?? [])].map(label => label.textContent).join(" ") || one.textContent;
  const name = one === document.body ? "" : said.replace(/\s+/g, " ").trim();
  const parts = [...one.getClientRects()].map(({left, top, right, bottom}) =>
    [Math.max(left, 0), Math.max(top, 0), Math.min(right, innerWidth), Math.min(bottom, innerHeight)]);
  const met = parts.filter(([left, top, right, bottom]) => left < right && top < bottom)
    .map(([left, top, right, bottom]) => document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
  // Within a field for a day stands a button that the browser marks itself; the box of searches changes its frame.
  const isMarkedWithin = one.matches("input[type=date]:not(:focus), form.search *");
  const style = getComputedStyle(one);
  return {
    id: one.id, tag: one.tagName, name,
    isInMain: one.closest("main") !== null,
    isSeen: met.some(other => other && (one.contains(other) || other.contains(one))),
    isMarked: isMarkedWithin || style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
  };
}"""
#: Two letters lead there.
LETTERS = {"Home": "h", "Products": "p", "Domains": "d", "Sources": "s", "Glossary": "l", "People": "o"}


#: On a wide screen and on a phone, and on a phone without the script.
EVERY_WAY = pytest.mark.parametrize("way", ["wide", "phone", "plain"])


class Keys:
    """One way through the pages. Nothing is clicked, and no address typed after the first."""

    def __init__(self, chromium, server, who, way: str):
        self.script, self.wrong = way != "plain", []
        self.is_narrow = way != "wide"
        shape = LOOKS["phone" if self.is_narrow else "wide"]
        self.context = chromium.new_context(java_script_enabled=self.script, reduced_motion="reduce", **shape)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(f"the script failed: {error}"))
        self.page.goto(server.url + "/login")
        self.arrive()
        self.type(who.name)
        self.press("Tab")
        self.type(who.password)
        self.send()
        assert self.page.url == server.url + "/"

    def __enter__(self) -> Keys:
        return self

    def __exit__(self, kind, *_) -> None:
        self.context.close()
        assert kind or not self.wrong, "\n".join(dict.fromkeys(self.wrong))

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    @property
    def at(self) -> dict:
        return self.page.evaluate(STANDING)

    def to(self, name: str | re.Pattern, back: bool = False, top: bool = False) -> None:
        """Goes on with Tab until something called so has the focus (`#…`: with that id); `top`: above what the page is about."""
        # An address that names a part of its page begins there.
        if self.at["tag"] == "BODY" and not top and not urlsplit(self.page.url).fragment:
            self.press("Tab")
            assert self.at["name"] == "Skip to content"
            self.press("Enter")
            assert self.at["id"] == "main"
        passed = []
        for _ in range(150):
            self.press("Shift+Tab" if back else "Tab")
            now = self.at
            passed.append(now["name"][:60])
            if now["tag"] != "BODY" and not (now["isSeen"] and now["isMarked"]):
                why = "is not seen" if not now["isSeen"] else "does not look as if it had the focus"
                self.wrong.append(f"{self.page.url}: {now['tag']} {now['name'][:60]!r} {why}")
            if fits(name, now):
                return
        raise AssertionError(f"no key leads to {name}, but to {passed}")

    def arrive(self) -> None:
        """Whoever comes to a page stands at its beginning, or in what it names to begin with."""
        self.page.wait_for_load_state()
        first = self.page.locator("main [autofocus]").first
        if first.count():
            expect(first).to_be_focused()
        elif self.at["tag"] != "BODY":
            self.wrong.append(f"{self.page.url}: begins at {self.at['name']}")

    def send(self) -> None:
        """Enter, which leads to another page."""
        with self.page.expect_navigation():
            self.press("Enter")
        self.arrive()

    def go(self, name: str | re.Pattern, **how: bool) -> None:
        self.to(name, **how)
        self.send()

    def open(self, name: str, **how: bool) -> None:
        """Unfolds what is called so, and stays there."""
        self.to(name, **how)
        self.press("Enter")
        assert self.page.evaluate("document.activeElement.parentElement.open"), name

    def place(self, name: str) -> None:
        """To one of the places: by its letters, where there are some, else by the menu."""
        if self.script and name in LETTERS:
            with self.page.expect_navigation():
                self.press("g")
                self.press(LETTERS[name])
            return self.arrive()
        if self.is_narrow:
            self.open("Places", top=True)
        self.go(name, top=True)

    def said(self) -> str:
        """What the page says was done."""
        return " ".join(self.page.get_by_role("status").first.inner_text().split())

    def look(self, what: str) -> None:
        """At the state he is in: where it is wide, narrow before; with the script, by axe, too, which is a script itself."""
        here = self.page.evaluate_handle("document.activeElement")
        for width, height in ((390, 844), (1280, 900))[: 1 if self.is_narrow else 2]:
            self.page.set_viewport_size({"width": width, "height": height})
            found = too_wide(self.page) + (findings(self.page) if self.script else [])
            self.wrong += [f"{what}, {width} pixels wide: {one}" for one in found]
        # What is not there on a narrow screen has lost it.
        here.evaluate("one => one === document.activeElement || one.focus()")


def fits(name: str | re.Pattern, now: dict) -> bool:
    if isinstance(name, re.Pattern):
        return name.search(now["name"]) is not None
    return now["id"] == name[1:] if name.startswith("#") else now["name"] == name
