"""The pictures of the README: three pages of the demo, as somebody sees them who has just started it.

They are left below `target/clients/screens/readme`, from where those of `docs/pictures` are copied.
"""

import re
import signal

import pytest

from pages_browser import SCREENS, WIDE
from test_demo import Demo

FOLDER = SCREENS / "readme"


@pytest.fixture(scope="module")
def looked_at(chromium):
    """The demo's first page, after its printed name and password were typed."""
    demo = Demo()
    address = demo.text.split("\n", 1)[0]
    name, password = re.search(r"^log in +(\S+) / (\S+)", demo.text, re.M).groups()
    context = chromium.new_context(**WIDE, locale="en-GB")
    page = context.new_page()
    page.goto(address)
    page.fill("#username", name)
    page.fill("#password", password)
    page.click("button.primary")
    page.wait_for_url(address + "/")
    yield page
    context.close()
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(timeout=20) == 0


def test_three_pages_say_what_it_is(looked_at):
    FOLDER.mkdir(parents=True, exist_ok=True)
    page = looked_at
    assert page.locator("h1").count() == 1
    page.screenshot(path=FOLDER / "home.png")
    product = page.locator("a[href^='/products/']", has_text="Sales Analytics").first.get_attribute("href")
    page.goto(page.url.rstrip("/") + product.split("?")[0])
    assert "Sales Analytics" in page.locator("h1").inner_text()
    page.screenshot(path=FOLDER / "product.png")
    page.goto(page.url.split("?")[0] + "?tab=ask")
    page.locator("form[action$='/ask'] input:not([type=hidden])").first.fill("Net sales by region in 2025")
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn .figures")
    assert page.locator(".turn svg").count() >= 1, "a chart is drawn"
    page.screenshot(path=FOLDER / "ask.png")


def test_the_picture_of_a_model_is_seen_whole(looked_at):
    page = looked_at
    page.goto(page.url.split("?")[0] + "?tab=model")
    place = page.locator(".picture > .scroll")
    whole = "place => place.scrollWidth <= place.clientWidth && place.scrollHeight <= place.clientHeight"
    assert page.locator("svg.model").evaluate("svg => svg.viewBox.baseVal.width") > page.viewport_size["width"] - 300
    assert place.evaluate(whole), "wider than its place, it is made smaller"
    page.get_by_role("button", name="Larger").click()
    assert not place.evaluate(whole)
    page.get_by_role("button", name="Show all").click()
    assert place.evaluate(whole)
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    assert page.locator("svg.model").evaluate("svg => svg.width.baseVal.value / svg.viewBox.baseVal.width") > 0.6, "it can be read"
    assert page.get_by_role("button", name="Show all").is_visible()
    page.set_viewport_size(WIDE["viewport"])
