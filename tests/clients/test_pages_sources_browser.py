"""Sources in a real browser: added, tried, read and looked at by eye, by axe, by keyboard alone, without a script."""

import contextlib
import re

import pytest
from playwright.sync_api import expect

from pages_browser import LOOKS as USUAL, WIDE, judged, pictured, sign_in
from test_pages_sources import files, house, large  # noqa: F401

#: Tells `noted` each step of a run that the page shows, however short a time it stands there.
STEPS = """new MutationObserver(() => {
  const step = document.querySelector("[data-running] #step");
  if (step) noted(step.textContent);
}).observe(document, {subtree: true, childList: true, characterData: true});"""
LOOKS = USUAL | {"twice": {"viewport": {"width": 640, "height": 450}}}


@pytest.mark.parametrize("look", LOOKS)
def test_the_pages_of_sources_are_for_everybody(chromium, house, files, fresh_name, look):  # noqa: F811
    """Wide, on a phone and at twice the size: a source is added, tried, read and looked at."""
    context = chromium.new_context(**LOOKS[look])
    page, wrong, name = context.new_page(), [], fresh_name(f"seen-{look}")
    seen = set()
    page.expose_function("noted", lambda step: seen.add(step))
    page.add_init_script(STEPS)
    page.on("pageerror", lambda error: wrong.append(f"the script failed: {error}"))
    page.on("request", lambda one: None if one.url.startswith(house.url) else wrong.append(f"asked for {one.url}"))

    def look_at(what: str) -> None:
        wrong.extend(judged(page, f"source {what}"))

    sign_in(page, house, house.admin)
    page.goto(house.url + "/sources")
    page.click("main .primary")
    look_at("form")
    page.fill("#service", name)
    page.fill("#host", "127.0.0.1:1")
    page.fill("#database", "d")
    page.fill("#user", "u")
    page.click("main button.primary")
    expect(page.locator("main [role=alert]")).to_contain_text("Host")
    look_at("form-refused")
    page.fill("#host", "127.0.0.1")
    page.fill("#port", "1")
    page.click("main button.primary")
    page.click("main button.primary")
    expect(page.locator("main [role=alert]")).to_contain_text("does not work")
    look_at("test-failed")
    with contextlib.suppress(FileNotFoundError):
        (files / look).unlink()
    large(files / look, 3000)
    page.goto(house.url + "/sources?add=sqlite")
    look_at("form-file")
    page.fill("#service", name + "-file")
    page.fill("#path", look)
    page.click("main button.primary")
    page.click("main button.primary")
    expect(page.locator("main [role=status]")).to_contain_text("works")
    look_at("test")
    page.click("main button.primary")
    page.wait_for_url(re.compile("/runs/"))
    if page.locator("[data-running]").count():
        pictured(page, "source running")
    expect(page.locator("main [role=status]")).to_contain_text("succeeded", timeout=60_000)
    assert seen, "what runs is shown while it does"
    look_at("run")
    page.click("main .primary")
    look_at("service")
    page.goto(page.url.split("?")[0] + "?tab=runs")
    look_at("runs")
    page.goto(page.url.split("?")[0] + "?tab=connection")
    look_at("connection")
    context.close()
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def test_by_keyboard_alone_and_without_a_script(chromium, house, files, fresh_name):  # noqa: F811
    large(files / "keys", 5)
    for has_script in (True, False):
        name = fresh_name("keys")
        context = chromium.new_context(java_script_enabled=has_script, **WIDE)
        page = context.new_page()
        sign_in(page, house, house.admin)
        page.goto(house.url + "/sources?add=sqlite")
        page.focus("#service")
        page.keyboard.type(name)
        page.keyboard.press("Tab")
        page.keyboard.type("keys")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("tab=connection"))
        page.locator("main button", has_text="Ingest now").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/runs/"))
        expect(page.locator("main [role=status]")).to_contain_text("succeeded", timeout=30_000)
        page.locator("main a.primary").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(f"/services/{name}$"))
        context.close()
