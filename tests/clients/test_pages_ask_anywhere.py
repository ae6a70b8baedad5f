"""Asking before a product is chosen: from the first page, from /ask, and from what somebody searches for."""

import time
from urllib.parse import urlencode

import pytest

from chat_world import Shop
from openmetadata_door import OpenMetadataDoor
from pages_door import HOSTILE, Browser, Page, by_mail

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
    return [form["action"].removesuffix("/ask") for form in page.forms if form["action"].endswith("/ask") and form["action"] != "/ask"]


def offered_on(page: Page) -> list[str]:
    """What of a search can be asked instead."""
    given = [given["value"] for tag, given in page.tags if tag == "button" and given.get("name") == "question"]
    assert has_box(page) == bool(given)
    return given


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
    assert "No questions yet. Your questions are kept here, and only you can see them" in threads, "by looking, nothing is asked"
    page = browser.visit(asking(QUESTION))
    assert browser.path == shop.at and browser.query() == {"tab": "ask", "question": QUESTION}
    assert page.form(f"{shop.at}/ask")["fields"]["question"] == QUESTION
    page = browser.send(f"{shop.at}/ask")
    assert "thread" in browser.query() and page.roles.get("alert") is None


def test_who_may_query_one_product_asks_it_at_once(shop):
    browser = Person(shop, "asks-at-once", shop.product).browser
    until(lambda: has_box(browser.visit("/")), "the box is there")
    # Nothing is asked by an address, by what no page has made, nor where nothing was typed.
    assert browser.ask("POST", "/ask", data={"question": QUESTION}).status == 403
    browser.visit("/")
    browser.send("/ask", question="  ")
    assert browser.path == shop.at and browser.query() == {"tab": "ask"} and "No questions yet. Your questions are kept here, and only you can see them" in browser.page.text
    for place in ("/", "/search?q=net+sales+by+region"):
        browser.visit(place)
        answered = browser.send("/ask", question="net sales by region")
        assert browser.path == shop.at and "thread" in browser.query(), place
        assert "EU" in answered.text and answered.roles.get("alert") is None, place
    # What may be asked of rows as well as of the catalogue stays a question to products; what only that answers is none.
    for question, is_offered in (("how old are our orders", True), ("can I see net sales by region", True), ("who owns orders", False)):
        page = browser.visit("/search?" + urlencode({"q": question}))
        assert ("Ask the data:" in page.text) == is_offered and ("orders" not in question or "/tables/" in str(page.links)), question
    # So does a sentence that the product would answer, though it names no figure.
    for sentence, is_offered in (("number of orders by region", True), ("status of the orders", True), ("names of the customers", False)):
        page = browser.visit("/search?" + urlencode({"q": sentence}))
        assert ("Ask the data:" in page.text) == is_offered, sentence
    # What the product refuses stays in its box.
    browser.visit("/")
    long = "turnover " * 500
    page = browser.send("/ask", expect=400, question=long)
    assert page.roles["alert"] and page.form(f"{shop.at}/ask")["fields"]["question"] == long.strip()


def test_a_question_waits_for_who_has_to_sign_in_again(shop):
    person = Person(shop, "asks-too-late", shop.product)
    browser = person.browser
    page = until(lambda: (page := browser.visit("/")) and has_box(page) and page, "the box is there")
    browser.visit("/logout")
    browser.send("/logout")
    browser.page = page
    page = browser.send("/ask", expect=401, question="net sales by region")
    assert "what you typed is kept" in page.text
    page = browser.send("/login", username=person.who.name, password=person.who.password)
    assert page.form("/ask")["fields"]["question"] == "net sales by region"
    answered = browser.send("/ask")
    assert browser.path == shop.at and "thread" in browser.query() and "EU" in answered.text


def test_who_may_query_several_chooses_the_best_fitting_first(shop):
    browser = Person(shop, "two-products", shop.product, shop.travel).browser
    choosing = lambda question: asking(question) + "&choose=yes"  # noqa: E731
    until(lambda: len(chosen_from(browser.visit(choosing(QUESTION)))) == 2, "both are there")
    page = browser.page
    assert chosen_from(page) == [shop.at, shop.travel_at] and "net_sales" in page.text and "region" in page.text
    assert chosen_from(browser.visit(choosing("number of journeys per city"))) == [shop.travel_at, shop.at]
    unknown = browser.visit(asking("how do zebras sleep"))
    # A search that finds nothing, and leads here, is not led back to: here is what can be asked.
    assert "None of the products that you may query" in unknown.text and "A search of the catalogue for these words finds nothing" in unknown.text
    assert "/search?q=how+do+zebras+sleep" not in unknown.links and examples(unknown)
    searched = browser.visit("/search?q=how+do+zebras+sleep")
    assert "0 results" in searched.text and offered_on(searched) == ["how do zebras sleep"]
    # Where nobody is alone with it, the question is asked of nobody yet: it stands at an address where he chooses.
    page = browser.send("/ask", question="how do zebras sleep")
    assert browser.path == "/ask" and browser.query() == {"question": "how do zebras sleep"}
    assert sorted(chosen_from(page)) == sorted([shop.at, shop.travel_at])
    answered = browser.send(f"{shop.at}/ask", question="how do zebras sleep")
    assert "/search?q=how+do+zebras+sleep" not in answered.links, "nor is a search led to from an answer, where it finds nothing"
    answered = browser.send(f"{shop.at}/ask", question="herds", thread="")
    assert "/search?q=herds" in answered.links, "what has no answer may be found"
    # A question about the catalogue is searched for by what it is about.
    answered = browser.send(f"{shop.at}/ask", question="who is responsible for the herds of zebras?", thread="")
    assert "/search?q=herds+OR+zebras" in answered.links
    assert all("herds" in browser.visit(link).text for link in ("/search?q=herds", "/search?q=herds+OR+zebras"))
    # So it is where somebody searches for it.
    searched = browser.visit("/search?q=who+is+responsible+for+the+herds+of+zebras")
    assert "The question is about: herds OR zebras" in searched.text and "/search?q=herds+OR+zebras" in searched.links
    for query in ("kind%3Atable+zebras+herds", "zebras+herds"):
        assert "The question is about" not in browser.visit(f"/search?q={query}").text
    # One press asks the one that is chosen; its name leads there without asking.
    page = browser.visit(choosing("number of journeys"))
    assert f"{shop.travel_at}?tab=ask&question=number+of+journeys" in page.links
    answered = browser.send(f"{shop.travel_at}/ask", question="number of journeys")
    assert browser.path == shop.travel_at and "thread" in browser.query() and "3" in answered.text
    # Without a question the products stand there, with examples of both.
    bare = browser.visit("/ask")
    assert {link.split("?")[0] for link in examples(bare)} == {shop.at, shop.travel_at} and chosen_from(bare) == []
    # Where one alone knows a word of it, it is chosen; another one can be.
    page = browser.visit(asking("number of journeys"))
    assert browser.path == shop.travel_at and browser.query() == {"tab": "ask", "question": "number of journeys"}
    assert choosing("number of journeys") in page.links and "Ask another product" in page.text
    assert choosing("number of journeys") not in browser.visit(f"{shop.travel_at}?tab=ask").links
    # So it is where it is asked at once; what follows belongs to the answer before.
    browser.visit("/ask")
    page = browser.send("/ask", question="number of journeys")
    assert browser.path == shop.travel_at and "thread" in browser.query() and "3" in page.text
    assert choosing("number of journeys") in page.links
    page = browser.send(f"{shop.travel_at}/ask", question="by city name")
    assert not [link for link in page.links if "choose=yes" in link]
    german = browser.ask("GET", choosing(QUESTION), headers={"Accept-Language": "de"})
    assert "Welches Produkt soll antworten?" in german.text


def test_examples_come_from_products_that_have_a_model(shop):
    body = {"name": "A bare one", "dataSourceId": shop.source, "isDeployed": True, "dataAssets": [{"tableName": "orders"}]}
    bare = shop.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    browser = Person(shop, "bare-and-travel", bare, shop.travel).browser
    home = until(lambda: (page := browser.visit("/")) and "A bare one" in page.text and examples(page) and page, "both are there")
    assert {link.split("?")[0] for link in examples(home)} == {shop.travel_at}
    assert chosen_from(browser.visit(asking("number of journeys")))[0] == shop.travel_at


def test_what_is_searched_for_is_offered_as_a_question_where_it_is_one(shop):
    browser = Person(shop, "searcher", shop.product).browser
    until(lambda: has_box(browser.visit("/")), "he may query it")

    def offered(query: str) -> list[str]:
        return offered_on(browser.visit("/search?" + urlencode({"q": query})))

    for query in ("turnover per area", "net sales", "which customers buy most", "zebras?"):
        assert offered(query) == [query], query
    for query in ("customers", "kind:table turnover", '"turnover"', "-turnover", "turnover OR region", "which", "*", ""):
        assert offered(query) == [], query
    nobody = Person(shop, "searcher-of-nothing").browser
    assert not offered_on(nobody.visit("/search?q=turnover+per+area"))
    # Who sends it all the same is led where he would look for it, and to no product.
    token = nobody.visit("/logout").form("/logout")["fields"]["token"]
    page = nobody.ask("POST", "/ask", data={"token": token, "question": "turnover per area"})
    assert page.status == 200 and nobody.path == "/ask" and not chosen_from(page) and not examples(page)


def test_nobody_is_told_of_what_he_may_not_ask(shop):
    """Neither the products nor a word of their models."""
    om = OpenMetadataDoor(shop.server, shop.server.admin.token)
    project = Person(shop, "other-projects-member")
    team = om.post("/teams", {"name": "other-project", "teamType": "Group", "users": [project.who.id]})
    other = {"name": "Theirs", "dataSourceId": shop.source, "isDeployed": True, "dataAssets": []}
    theirs = shop.bob.post("/data-products", other, expect=201)["dataProduct"]["id"]
    om.patch(f"/dataProducts/{theirs}", [{"op": "add", "path": "/owners", "value": [{"id": team["id"], "type": "team"}]}])
    elsewhere = Browser(shop.server).sign_in(by_mail(shop.server.new_account("ask-anywhere"), "ask-anywhere"))
    people = {
        "without a role": Person(shop, "no-role").browser,
        "a role without rows": Person(shop, "no-sql", shop.product, shop.travel, allowSql=False).browser,
        "an administrator of another account": elsewhere,
        "of another project": project.browser,
    }
    time.sleep(0.5)
    for who, browser in people.items():
        for address in ("/", "/ask", asking(QUESTION), "/search?q=turnover+per+area"):
            page = browser.visit(address)
            for word in ("net_sales", "journeys", "Retail", "Travel"):
                sees = who == "a role without rows" and word in ("Retail", "Travel")
                assert sees or word not in page.source, (who, address, word)
            assert not chosen_from(page) and not examples(page), (who, address)
        if who != "of another project":
            assert not has_box(browser.visit("/")), who


def test_each_is_told_what_he_himself_may_ask(shop):
    # A filter hides rows, and so values, no names; what was not lent is not named.
    filtered = Person(shop, "filtered", shop.product, rowFilters={"customers": "region = 'EU'"}).browser
    home = until(lambda: (page := filtered.visit("/")) and examples(page) and page, "examples")
    for value in ("APAC", "Japan", "Bavaria"):
        assert value not in home.source
    assert "net_sales" in home.text and "net_sales by region" in home.text
    assets = shop.bob.get(f"{shop.path}/data-assets")["dataAssets"]
    customers = next(one["id"] for one in assets if one["tableName"] == "customers")
    shop.bob.patch(f"{shop.path}/data-assets", {"update": [{"id": customers, "rows": "closed"}]})
    home = filtered.visit("/")
    assert "region" not in home.text and "net_sales" in home.text, "what was kept ends with the change"
    shop.bob.patch(f"{shop.path}/data-assets", {"update": [{"id": customers, "rows": "granted"}]})
    assert "net_sales by region" in filtered.visit("/").text
    # An owner through a team asks as the team's owners may, and no longer than he belongs to it.
    om = OpenMetadataDoor(shop.server, shop.server.admin.token)
    owner = Person(shop, "owner-through-team")
    team = om.post("/teams", {"name": "travel-owners", "teamType": "Group", "users": [owner.who.id]})
    owners = [{"op": "add", "path": "/owners", "value": [{"id": team["id"], "type": "team"}]}]
    om.patch(f"/dataProducts/{shop.travel}", owners)
    home = until(lambda: (page := owner.browser.visit("/")) and examples(page) and page, "the owner's examples")
    assert "journeys" in home.text and "net_sales" not in home.text
    owner.browser.visit(asking("number of journeys"))
    assert owner.browser.path == shop.travel_at
    om.patch(f"/teams/{team['id']}", [{"op": "remove", "path": "/users/0"}])
    until(lambda: not has_box(owner.browser.visit("/")), "who has left the team asks no longer")
    assert "journeys" not in owner.browser.page.source


def test_questions_that_deceive_or_are_too_long_are_only_text(shop):
    browser = Person(shop, "asks-badly", shop.product, shop.travel).browser
    until(lambda: has_box(browser.visit("/")), "he may query both")
    for question in (HOSTILE, "\u202e\u200b", "a" * 9_000, "?" * 40, "OR AND NOT ( \" :", "\x00", "ünïcödé 数字 per area"):
        page = browser.visit(asking(question))
        assert [given.get("type") for tag, given in page.tags if tag == "script"] == ["module"]
        assert "\u202e" not in page.text and "\u202e" not in page.title and not page.roles.get("alert")
        at = f"{shop.at}?tab=ask&" + urlencode({"question": question})
        assert browser.visit(at).form(f"{shop.at}/ask")["fields"]["question"] == question[:4_000]
    only = Person(shop, "asks-badly-of-one", shop.product).browser
    until(lambda: has_box(only.visit("/")), "he may query it")
    only.visit(asking(HOSTILE))
    assert only.path == shop.at and only.query()["question"] == HOSTILE.strip()
