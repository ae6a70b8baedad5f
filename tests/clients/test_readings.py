"""How often a product was read is counted once, whichever way its rows left, and told by its days to who has a role on the product."""

import time

import pytest

from chat_world import Shop
from pages_door import Browser
from test_pages_ask import Person, ask
from test_pages_trust import strip

WITHIN_S = 10


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("readings")).open_pages()
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def used(shop, browser: Browser) -> str | None:
    """What the first page says of its use."""
    said = strip(browser.visit(shop.at)).get("Usage")
    return said and said[0]


def becomes(shop, browser: Browser, wanted: str | None) -> None:
    deadline = time.monotonic() + WITHIN_S
    while (said := used(shop, browser)) != wanted:
        assert time.monotonic() < deadline, (said, wanted)
        time.sleep(0.2)


def test_each_way_counts_and_once(shop):
    viewer = Person(shop, "counted", {})
    assert used(shop, viewer.browser) is None
    shop.bob.post(f"{shop.path}/run-sql", {"sql": "SELECT COUNT(*) AS n FROM orders"})
    becomes(shop, viewer.browser, "read once here, today")
    links = [link for link in ask(shop, viewer.browser, "turnover").links if "thread=" in link]
    becomes(shop, viewer.browser, "read 2 times here, today")
    shop.bob.post(f"{shop.path}/chat", {"message": "number of customers"})
    becomes(shop, viewer.browser, "read 3 times here, today")
    # An answer that is shown again is the same one, and what is refused or fails gives nothing.
    for link in links:
        assert viewer.browser.ask("GET", link.split("#")[0]).status == 200, "as a page and as files"
    assert shop.bob.call("POST", f"{shop.path}/run-sql", {"sql": "SELECT 1 FROM cities"}).status_code >= 400
    # Nor is what gave no rows of tables: a question asked back, one without an answer, a statement that finds nothing.
    for question in ("turnover for Georgia", "net sales by happiness"):
        shop.bob.post(f"{shop.path}/chat", {"message": question})
    shop.bob.post(f"{shop.path}/run-sql", {"sql": "SELECT order_id FROM orders WHERE order_id < 0"})
    time.sleep(3)
    assert used(shop, viewer.browser) == "read 3 times here, today"
    at = strip(viewer.browser.visit(shop.at))["Usage"][2]
    assert viewer.browser.visit(at).status == 200, "which leads to what is known of it"
    german = viewer.browser.visit(shop.at, headers={"Accept-Language": "de"})
    assert "hier 3-mal gelesen, heute" in german.text


def test_who_has_no_role_is_not_told_that_somebody_reads_now(shop):
    viewer, passer_by = Person(shop, "told", {}), Person(shop, "passer-by", None)
    shop.browser.visit(f"{shop.at}?edit=visibility")
    shop.browser.send(shop.browser.path, visibility="open")
    number = int(used(shop, viewer.browser).split()[1])
    shop.bob.post(f"{shop.path}/run-sql", {"sql": "SELECT COUNT(*) AS n FROM orders"})
    becomes(shop, viewer.browser, f"read {number + 1} times here, today")
    page = passer_by.browser.visit(shop.at)
    assert page.status == 200 and "Usage" not in strip(page) and "read " not in page.text.split("Not known")[0]
    activity = passer_by.browser.visit(f"{shop.at}?tab=activity")
    assert "times here" not in activity.text and "once here" not in activity.text


def test_a_server_that_starts_again_counts_on(shop):
    viewer = Person(shop, "counted-later", {})
    before = used(shop, viewer.browser)
    shop.bob.post(f"{shop.path}/run-sql", {"sql": "SELECT COUNT(*) AS n FROM orders"})
    assert shop.server.stop() == 0
    shop.server.start()
    number = int(before.split()[1]) + 1
    becomes(shop, viewer.browser, f"read {number} times here, today")
