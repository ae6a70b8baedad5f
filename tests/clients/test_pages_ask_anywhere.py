"""Asking before a product is chosen: from the first page, and from /ask."""

import time
from urllib.parse import urlencode

import pytest

from chat_world import Shop
from pages_door import Browser, Page

QUESTION = "turnover per area last month"


class Person:
    """Somebody at the pages, with a role on some of the products."""

    def __init__(self, shop: Shop, name: str, *products: str, **role):
        self.who = shop.server.new_user(name)
        for product in products:
            add = {"add": [{"userId": self.who.id, "role": "viewer"} | role]}
            shop.bob.patch(f"/data-products/{product}/users", add)
        self.browser = Browser(shop.server).sign_in(self.who)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("pages-ask-anywhere")).open_pages().add_travel()
    made.browser.visit(f"/products/{made.travel}")
    made.travel_at = made.browser.path
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def until(look, what: str):
    """What has just been changed is found in a moment."""
    deadline = time.monotonic() + 10
    while not (found := look()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def asking(question: str) -> str:
    return "/ask?" + urlencode({"question": question})


def examples(page: Page) -> list[str]:
    """Where the examples of a page lead."""
    return [link for link in page.links if "tab=ask&question=" in link]


def has_box(page: Page) -> bool:
    return any(form["action"] == "/ask" for form in page.forms)


def chosen_from(page: Page) -> list[str]:
    """Where the question can be sent, the best fitting first."""
    return [form["action"].removesuffix("/ask") for form in page.forms if form["action"].endswith("/ask") and form["method"] == "post"]


def test_who_may_query_one_product_goes_there_with_the_question_put_in(shop):
    browser = Person(shop, "one-product", shop.product).browser
    home = until(lambda: (page := browser.visit("/")) and has_box(page) and page, "the box is there")
    # Examples are what its model says, each is answered, and leads to where it is asked.
    assert 1 <= len(examples(home)) <= 4 and all(link.startswith(shop.at) for link in examples(home))
    assert "net_sales" in home.text and "journeys" not in home.text and "email" not in home.text
    for link in examples(home):
        box = browser.visit(link).form(f"{shop.at}/ask")
        assert box["fields"]["question"] and browser.query()["question"] == box["fields"]["question"]
    threads = browser.page.text
    assert "Nothing asked yet" in threads, "by looking, nothing is asked"
    page = browser.visit(asking(QUESTION))
    assert browser.path == shop.at and browser.query() == {"tab": "ask", "question": QUESTION}
    assert page.form(f"{shop.at}/ask")["fields"]["question"] == QUESTION
    page = browser.send(f"{shop.at}/ask")
    assert "thread" in browser.query() and page.roles.get("alert") is None


def test_who_may_query_several_chooses_the_best_fitting_first(shop):
    browser = Person(shop, "two-products", shop.product, shop.travel).browser
    until(lambda: browser.visit(asking(QUESTION)) and browser.path == "/ask" and chosen_from(browser.page), "both are there")
    page = browser.page
    assert chosen_from(page) == [shop.at, shop.travel_at] and "net_sales" in page.text and "region" in page.text
    assert chosen_from(browser.visit(asking("number of journeys per city"))) == [shop.travel_at, shop.at]
    assert "None of these products" in browser.visit(asking("how do zebras sleep")).text
    # One press asks the one that is chosen; its name leads there without asking.
    page = browser.visit(asking("number of journeys"))
    assert f"{shop.travel_at}?tab=ask&question=number+of+journeys" in page.links
    answered = browser.send(f"{shop.travel_at}/ask", question="number of journeys")
    assert browser.path == shop.travel_at and "thread" in browser.query() and "3" in answered.text
    # Without a question the products stand there, with examples of both.
    bare = browser.visit("/ask")
    assert {link.split("?")[0] for link in examples(bare)} == {shop.at, shop.travel_at} and chosen_from(bare) == []
    german = browser.ask("GET", asking(QUESTION), headers={"Accept-Language": "de"})
    assert "Welches Produkt soll antworten?" in german.text
