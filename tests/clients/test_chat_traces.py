"""Questions about what somebody did, and about figures of two products side by side."""

import json
import sqlite3

import pytest

from chat_world import Shop, TODAY, rows
from emporion_server import run_cli

CAMPAIGNS = {"version": "0.2.0.dev0", "semantic_model": [{"name": "marketing", "datasets": [
    {"name": "campaigns", "source": "main.campaigns", "primary_key": ["campaign_id"], "fields": [
        {"name": "campaign_id", "expression": "campaign_id"},
        {"name": "channel", "expression": "channel", "dimension": {}},
        {"name": "launched_on", "expression": "launched_on", "dimension": {"is_time": True}},
    ]},
]}]}  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("traces"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def refused(answer: dict) -> str:
    assert answer["status"] == "not_answerable" and "table" not in answer and "sql" not in answer, answer
    return answer["text"]


def test_who_bought_is_counted_once_the_model_says_what_buying_is(shop):
    question = "how many customers bought something last month"
    assert "bought" in json.dumps(shop.ask(question)["unknownTerms"]) and refused(shop.ask(question))
    model = f"{shop.path}/semantic-models/" + shop.bob.get(f"{shop.path}/semantic-models")["semanticModels"][0]["id"]
    verb = {"relationships": {"o2c": {"ai_context": {"synonyms": ["bought"]}}}}
    shop.bob.patch(model, {"document": verb, "isDeployed": True})
    answer = shop.ask(question)
    assert rows(answer) == [[1]] and "customers" in answer["text"], answer["text"]
    assert any("order_date" in note for note in answer["interpretation"]["assumptions"])
    with sqlite3.connect(shop.folder / "files" / "shop") as database:
        for year, months in (("last quarter", ("2026-07-01", "2026-10-01")), ("in 2026", ("2026-01-01", "2026-11-21"))):
            counted = database.execute(
                "SELECT COUNT(DISTINCT customer_id), COUNT(*) FROM orders WHERE order_date >= ? AND order_date < ?", months
            ).fetchone()
            # Who bought twice is one customer.
            assert counted[0] < counted[1]
            assert rows(shop.ask(f"how many customers bought something {year}")) == [[counted[0]]]
    # What nobody declared says nothing: neither another verb, nor the verb of what leads elsewhere.
    for other in ("how many customers sold something last month", "how many regions bought something last month"):
        refused(shop.ask(other))


def composite(shop, name: str, model: dict) -> str:
    """A product of campaigns with this model, and one that is composed of it and of the sales."""
    body = {"name": f"{name} campaigns", "dataSourceId": shop.campaigns, "isDeployed": True,
            "dataAssets": [{"tableName": "campaigns"}]}  # fmt: skip
    marketing = shop.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    made = shop.bob.post(f"/data-products/{marketing}/semantic-models", {"name": "m", "format": "osi", "document": model}, expect=201)
    assert made["validation"]["errors"] == [], made
    shop.bob.post(f"/data-products/{marketing}/deploy", {})
    board = shop.bob.post("/data-products", {"name": f"{name} board", "dataSourceId": shop.source}, expect=201)["dataProduct"]["id"]
    for source, alias in ((shop.product, "sales"), (marketing, "marketing")):
        body = {"sourceDataProductId": source, "alias": alias, "isDeployed": True}
        shop.bob.post(f"/data-products/{board}/compositions", body, expect=201)
    return f"/data-products/{board}"


@pytest.fixture(scope="module")
def campaigns(shop):
    with sqlite3.connect(shop.folder / "files" / "shop") as database:
        database.executescript(
            "CREATE TABLE campaigns (campaign_id INTEGER PRIMARY KEY, channel TEXT, launched_on DATE);"
            "INSERT INTO campaigns VALUES (1, 'mail', '2026-07-02'), (2, 'mail', '2026-07-20'), (3, 'fair', '2026-09-01'),"
            " (4, 'fair', '2026-11-03'), (5, 'mail', '2025-01-15');"
        )
    run_cli("ingest", "sqlite:shop", "--service", "shop", EMPORION_URL=shop.server.url, EMPORION_TOKEN=shop.server.admin.token)
    shop.campaigns = shop.source
    return shop


def test_figures_of_two_products_stand_side_by_side_by_month(campaigns):
    shop, path = campaigns, composite(campaigns, "Dated", CAMPAIGNS)
    ask = lambda text: shop.bob.post(f"{path}/chat", {"message": text, "options": {"today": TODAY}})
    answer = ask("net sales and number of campaigns by month in 2026")
    # No month of either is lost, and none is counted for each of the other.
    assert [[row[0][:7], *row[1:]] for row in rows(answer)] == [
        ["2026-04", 20, 0], ["2026-05", 10, 0], ["2026-07", 100, 2], ["2026-08", 50, 0], ["2026-09", 70, 1],
        ["2026-10", 30, 0], ["2026-11", None, 1],
    ]  # fmt: skip
    assert len(answer["provenance"]["dataAssets"]) == 2
    whole = {row[0][:7]: row[1:] for row in rows(ask("net sales and number of campaigns by month"))}
    assert (whole["2025-01"], whole["2025-08"], whole["2026-07"]) == ([None, 1], [40, 0], [100, 2])
    # They share no channel: nothing says which sales are of a campaign.
    assert "campaigns" in refused(ask("net sales and number of campaigns by region"))


def test_without_a_date_nothing_puts_them_side_by_side_and_that_is_said(campaigns):
    undated = json.loads(json.dumps(CAMPAIGNS))
    undated["semantic_model"][0]["datasets"][0]["fields"].pop()
    shop, path = campaigns, composite(campaigns, "Undated", undated)
    ask = lambda text: shop.bob.post(f"{path}/chat", {"message": text, "options": {"today": TODAY}})
    assert rows(ask("number of campaigns")) == [[5]]
    told = refused(ask("net sales and number of campaigns by month"))
    assert "campaigns" in told and any(word in told for word in ("time", "date", "month")), told
