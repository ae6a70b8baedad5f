"""A look at the first rows of a product's table, from its source, by what the visitor may read."""

import re
import sqlite3

import pytest

from chat_world import Shop
from openmetadata_door import OpenMetadataDoor
from pages_door import HOSTILE, Browser, words


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("first-rows")).open_pages()
    with sqlite3.connect(made.file) as database:
        lines = [(n, "EU", HOSTILE) for n in range(5, 30)]
        database.executemany("INSERT INTO customers (id, region, state) VALUES (?, ?, ?)", lines)
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def asset(shop, name: str) -> str:
    of_product = shop.bob.get(f"{shop.path}/data-assets")["dataAssets"]
    return next(one["id"] for one in of_product if one["tableName"] == name)


def offered(shop, browser: Browser) -> dict[str, str]:
    """Where the assets of the product say that rows can be looked at, by table."""
    page = browser.visit(f"{shop.at}?tab=assets")
    return {name: link for link, name in re.findall(r'href="([^"]*/rows/[^"]*)" aria-label="Look at rows: ([^"]*)"', page.source)}


def look(shop, browser: Browser, name: str = "customers"):
    return browser.visit(offered(shop, browser)[name])


def cells(page, at: int) -> list[str]:
    rows = re.findall(r"<tr>(<td.*?)</tr>", page.source, re.S)
    return [re.sub("<[^>]*>", "", re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)[at]) for row in rows]


def test_at_most_ten_rows_are_shown_as_they_are_in_the_source_now(shop):
    page = look(shop, shop.browser)
    assert len(cells(page, 0)) == 10
    assert "<script>alert" not in page.source
    with sqlite3.connect(shop.file) as database:
        database.execute("UPDATE customers SET region = 'MOON' WHERE id = 1")
    assert cells(look(shop, shop.browser), 1)[0] == "MOON"


def test_a_row_filter_holds_and_is_told(shop):
    who = shop.server.new_user("filtered")
    role = {"userId": who.id, "role": "viewer", "rowFilters": {"customers": "region = 'US'"}}
    shop.bob.patch(f"{shop.path}/users", {"add": [role]})
    page = look(shop, Browser(shop.server).sign_in(who))
    assert cells(page, 1) == ["US"] and "region = 'US'" in page.text
    assert "You see only those rows of customers where region is “US”." in page.text
    # Nobody else is told of his filter.
    assert "region = 'US'" not in look(shop, shop.browser).text


def test_who_may_not_query_is_offered_nothing_and_gets_nothing(shop):
    at = offered(shop, shop.browser)["customers"]
    bystander, mute = shop.server.new_user("bystander"), shop.server.new_user("mute")
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": mute.id, "role": "viewer", "allowSql": False}]})
    for who in (bystander, mute):
        browser = Browser(shop.server).sign_in(who)
        refused = browser.ask("GET", at)
        assert refused.status in (403, 404) and "Bavaria" not in refused.source
    assert offered(shop, browser) == {}


def test_what_is_not_lent_is_no_row_of_the_product(shop):
    orders, at = asset(shop, "orders"), offered(shop, shop.browser)["orders"]
    shop.browser.visit(at)
    shop.bob.patch(f"{shop.path}/data-assets", {"update": [{"id": orders, "rows": "closed"}]})
    assert set(offered(shop, shop.browser)) == {"customers"}
    shop.browser.visit(at, expect=404)
    shop.bob.patch(f"{shop.path}/data-assets", {"update": [{"id": orders, "rows": "granted"}]})
    shop.browser.visit(at)


def test_what_is_no_table_of_the_product_has_no_rows_in_it(shop):
    for table in ("00000000-0000-4000-8000-000000000000", "orders", asset(shop, "orders") + "x"):
        shop.browser.visit(f"{shop.at}/rows/{table}", expect=404)


def test_a_source_that_is_away_is_told_of(shop):
    at, moved = look(shop, shop.browser).url, shop.file.with_name("moved")
    shop.file.rename(moved)
    try:
        answer = shop.browser.session.get(at, timeout=30)
        assert answer.status_code == 503 and "not connected" in answer.text, words(answer.text)
    finally:
        moved.rename(shop.file)
    assert len(cells(look(shop, shop.browser), 0)) == 10


def test_no_look_is_offered_into_a_source_that_is_not_connected(shop):
    """Its tables are described, and lent; nobody can ask it from here."""
    om = OpenMetadataDoor(shop.server, shop.server.admin.token)
    service = om.post("/services/databaseServices", {"name": "described", "serviceType": "Postgres"})
    database = om.post("/databases", {"name": "db", "service": service["fullyQualifiedName"]})
    schema = om.post("/databaseSchemas", {"name": "public", "database": database["fullyQualifiedName"]})
    columns = [{"name": "id", "dataType": "INT"}]
    table = om.post("/tables", {"name": "far_away", "databaseSchema": schema["fullyQualifiedName"], "columns": columns})
    om.put(f"/dataProducts/{shop.at.rsplit('/', 1)[1]}/assets/add", {"assets": [{"id": table["id"], "type": "table"}]})
    page = shop.browser.visit(f"{shop.at}?tab=assets")
    assert "far_away" in page.text and "far_away" not in offered(shop, shop.browser) and "customers" in offered(shop, shop.browser)
    # Nor on the page of the table, for who may not see its sample but queries the product.
    who = shop.server.new_user("looking")
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "viewer"}]})
    viewer = Browser(shop.server).sign_in(who)
    assert "far_away" not in offered(shop, viewer) and "customers" in offered(shop, viewer)
    assert "/rows/" not in viewer.visit(f"/tables/{table['fullyQualifiedName']}?tab=sample").source


def test_who_manages_the_rows_is_offered_a_look_beside_the_sample(shop):
    page = shop.browser.visit("/tables/shop.shop.main.customers?tab=sample")
    assert "Look at rows" in page.text and any("/rows/" in link for link in page.links)


def test_a_filter_of_another_table_is_told_in_words_or_said_to_reach_nothing(shop):
    followed, alone = shop.server.new_user("following-filter"), shop.server.new_user("alone-filter")
    filters = {"customers": "region = 'US'"}
    shop.bob.patch(f"{shop.path}/users", {"add": [
        {"userId": followed.id, "role": "viewer", "rowFilters": filters, "rowFiltersFollow": True},
        {"userId": alone.id, "role": "viewer", "rowFilters": filters, "rowFiltersFollow": False},
    ]})  # fmt: skip
    page = look(shop, Browser(shop.server).sign_in(followed), "orders")
    assert "only rows that belong to rows of other tables that your filters leave" in page.text
    assert "You see only those rows of customers where region is “US”." in page.text
    assert page.source.index("<details") < page.source.index("IN (SELECT"), "the exact condition is folded"
    page = look(shop, Browser(shop.server).sign_in(alone), "orders")
    assert "Your row filters do not reach this table: you see all of its rows." in page.text
    assert "Your row filters" not in look(shop, shop.browser, "orders").text
