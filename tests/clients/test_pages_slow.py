"""The pages over a slow line, and for who wants nothing to move."""

import re

import pytest
import requests
from playwright.sync_api import Page, expect

from chat_world import Shop
from pages_browser import LOOKS, sign_in

#: What browsers call slow 3G: 400 kbit/s each way, and 400 ms until anything comes back.
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
#: A page with its style and its script, by the line.
MOST_BYTES = 100_000
#: How long somebody waits who is patient; nothing here says how long it took.
PATIENCE = 60_000
SHIFTS = """
    window.shifts = 0;
    new PerformanceObserver(list => { for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts += one.value; })
        .observe({ type: 'layout-shift', buffered: true });
"""
MOVING = """() => {
    const seconds = text => Math.max(0, ...text.split(',').map(one => parseFloat(one) * (one.trim().endsWith('ms') ? 0.001 : 1)));
    const found = [];
    for (const element of document.querySelectorAll('*'))
        for (const part of [undefined, '::before', '::after']) {
            const style = getComputedStyle(element, part);
            const moves = style.animationName === 'none' ? 0 : seconds(style.animationDuration);
            const turns = style.transitionProperty === 'none' ? 0 : seconds(style.transitionDuration);
            const most = Math.max(moves, turns);
            if (most > 0.01 || style.scrollBehavior === 'smooth')
                found.push(`${element.tagName}${part ?? ''} ${element.className}: ${most}s ${style.scrollBehavior}`);
        }
    return found;
}"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("slow")).open_pages()
    # What was made is found from here on.
    found = requests.get(
        f"{made.server.url}/search", params={"q": "Retail", "at_least": "head"}, timeout=60,
        headers={"Authorization": f"Bearer {made.server.admin.token}", "Accept": "application/json"},
    )  # fmt: skip
    assert found.status_code == 200, found.text
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def is_whole(page: Page, name: str) -> None:
    """It has its style, fits its screen, and nothing on it jumped while it came."""
    expect(page.locator("main h1").first).to_be_visible(timeout=PATIENCE)
    # The script comes after what it makes smoother.
    page.wait_for_load_state("load", timeout=PATIENCE)
    assert page.evaluate("getComputedStyle(document.querySelector('.top')).display") in ("flex", "grid"), name
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, (name, over)
    assert page.evaluate("window.shifts") < 0.1, (name, page.evaluate("window.shifts"))


@pytest.mark.parametrize("look", LOOKS)
def test_somebody_with_a_slow_line_finds_a_product_and_asks_it(chromium, shop, look):
    context = chromium.new_context(**LOOKS[look])
    context.set_default_timeout(PATIENCE)
    context.add_init_script(SHIFTS)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"the script failed: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    came: list[int] = []
    line.on("Network.loadingFinished", lambda one: came.append(int(one["encodedDataLength"])))
    sign_in(page, shop.server, shop.server.admin)
    is_whole(page, "home")
    assert 0 < sum(came) < 2 * MOST_BYTES, "two pages, with all that they need"

    page.locator("#q").press_sequentially("Reta")
    expect(page.locator(".suggest [role=option]").first).to_be_visible(timeout=PATIENCE)
    page.locator("#q").press_sequentially("il")
    page.press("#q", "Enter")
    page.wait_for_url(re.compile(r"/search\?"))
    is_whole(page, "search")
    page.locator(".hits").get_by_role("link", name="Retail").first.click()
    page.wait_for_url(re.compile("/products/"))
    is_whole(page, "product")
    assert "Retail" in page.locator("h1").inner_text()
    page.locator(".tabs").get_by_role("link", name="Ask").click()
    page.wait_for_url(re.compile("tab=ask"))
    is_whole(page, "ask")

    page.fill("#question", "net sales by region in 2026")
    page.press("#question", "Enter")
    # Who waits sees that he does, and does not send it twice.
    expect(page.locator("form.ask")).to_have_attribute("aria-busy", "true")
    assert page.locator("#coming").bounding_box()["height"] >= 300, "what comes first has its place, and moves nothing"
    page.wait_for_url(re.compile("thread="))
    expect(page.locator("article.turn table.figures")).to_contain_text("APAC", timeout=PATIENCE)
    # What was asked for comes above the box, which makes room for it: nothing else is to move.
    page.evaluate("window.shifts = 0")
    expect(page.locator("form.ask")).not_to_have_attribute("aria-busy", "true", timeout=PATIENCE)
    is_whole(page, "answer")
    assert page.locator("article.turn").count() == 1, "it was asked once"
    page.reload()
    expect(page.locator("article.turn table.figures")).to_contain_text("APAC", timeout=PATIENCE)
    is_whole(page, "answer again")
    context.close()
    assert not wrong, "\n".join(wrong)


def test_a_page_is_light_for_who_comes_the_first_time(chromium, shop):
    for tab in ("", "?tab=lineage", "?tab=model", "?tab=use"):
        context = chromium.new_context(**LOOKS["phone"])
        page = context.new_page()
        sign_in(page, shop.server, shop.server.admin)
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.setCacheDisabled", {"cacheDisabled": True})
        came: list[int] = []
        line.on("Network.loadingFinished", lambda one, came=came: came.append(int(one["encodedDataLength"])))
        page.goto(shop.server.url + shop.at + tab, wait_until="networkidle")
        assert len(came) >= 3 and sum(came) < MOST_BYTES, (tab, came)
        context.close()


def test_nothing_moves_for_who_wants_nothing_to_move(chromium, shop):
    moving: dict[str, list[str]] = {"reduce": [], "no-preference": []}
    for wish, found in moving.items():
        context = chromium.new_context(**LOOKS["wide"], reduced_motion=wish)
        page = context.new_page()
        sign_in(page, shop.server, shop.server.admin)
        of_product = ("", "?tab=lineage", "?tab=ask", "?tab=model", "?edit=description")
        for path in ("/", "/search?q=Retail", "/sources", "/admin", "/account", *(shop.at + tab for tab in of_product)):
            page.goto(shop.server.url + path)
            # What opens is looked at open, and what is pointed at as it is then.
            page.locator("details.account summary").click()
            page.locator(".side a").first.hover()
            found += [f"{path}: {one}" for one in page.evaluate(MOVING)]
            if wish == "reduce":
                assert page.evaluate("document.getAnimations().length") == 0, path
            page.keyboard.press("Escape")
        page.goto(shop.server.url + "/")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        found += [f"keys: {one}" for one in page.evaluate(MOVING)]
        context.close()
    assert not moving["reduce"], "\n".join(moving["reduce"][:10])
    assert moving["no-preference"], "what would move is seen"
