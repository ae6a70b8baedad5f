"""What a product's tables mean, on its page: looked at, changed, made live; and by whom not."""

import json
import re

import pytest

from chat_world import Shop
from pages_door import HOSTILE, Browser, by_mail


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("pages-model")).open_pages()
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def reader(shop: Shop, name: str, role: dict | None) -> Browser:
    who = shop.server.new_user(name)
    if role is not None:
        shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "viewer"} | role]})
    return Browser(shop.server).sign_in(who)


def test_datasets_metrics_and_relationships_stand_as_tables_and_as_a_picture(shop):
    page = shop.browser.visit(f"{shop.at}?tab=model")
    for word in ("net_sales", "SUM(orders.amount)", "turnover", "o2c", "customer_id = id", "area, territory", "live"):
        assert word in page.text, word
    cards = [given for tag, given in page.tags if tag == "g" and given.get("class") == "card"]
    lines = [given for tag, given in page.tags if tag == "path" and given.get("class") == "line"]
    assert len(cards) == 2 and len(lines) == 1


def test_a_product_greets_with_its_figures_and_questions(shop):
    page = shop.browser.visit(shop.at)
    figure = f"{shop.at}?tab=ask&question=Net+sales"
    assert "What it answers" in page.text and figure in page.links, page.links
    assert shop.browser.visit(figure).form(f"{shop.at}/ask")["fields"]["question"] == "Net sales"
    page = {"title": "Orders", "kpis": [{"metric": "net_sales", "label": HOSTILE}], "isDeployed": True,
            "suggestedQuestions": [{"text": "Net sales by region"}]}
    shop.bob.post(f"{shop.path}/front-page-configs", page)
    told = shop.browser.visit(shop.at)
    assert f"{shop.at}?tab=ask&question=Net+sales+by+region" in told.links and "<script>alert" not in told.source
    # Who may not ask reads what others do, as far as he is told.
    stranger = reader(shop, "greeted", {"allowSql": False}).visit(shop.at)
    assert "Net sales by region" in stranger.text and not any("question=" in link for link in stranger.links)


def test_the_foot_says_how_far_the_log_had_come(shop):
    def position() -> int:
        return int(re.search(r"log position ([\d,]+)", shop.browser.visit("/domains").text).group(1).replace(",", ""))
    before = position()
    assert position() == before
    shop.browser.visit(f"{shop.at}?edit=stage")
    shop.browser.send(shop.at, stage="TESTING")
    assert position() > before


def test_a_change_stays_a_draft_until_it_is_made_live(shop):
    browser = shop.browser
    page = browser.visit(f"{shop.at}?tab=model")
    edit = next(link for link in page.links if "model=" in link and "tab=model" in link)
    page = browser.visit(edit)
    document = json.loads(page.form(f"{shop.at}/model")["fields"]["content"])
    metric = document["semantic_model"][0]["metrics"][0]
    metric["ai_context"]["synonyms"].append("takings")
    stale = dict(page.form(f"{shop.at}/model")["fields"])
    page = browser.send(f"{shop.at}/model", do="save", content=json.dumps(document))
    assert browser.query() == {"tab": "model", "done": "saved"} and "There are drafts" in page.text and "1 metric" in page.text
    assert shop.ask("takings in 2026")["status"] == "not_answerable"
    # A tab that was open meanwhile shows what became different, and keeps what was typed.
    mine = json.loads(stale["content"])
    mine["semantic_model"][0]["metrics"][0]["description"] = "typed in vain?"
    browser.visit(edit)
    page = browser.send(f"{shop.at}/model", expect=409, **stale | {"do": "save", "content": json.dumps(mine)})
    told = " ".join(page.roles["alert"])
    assert re.search(rf"It was {shop.server.admin.name} ?, just now", told), told
    assert "Somebody changed this" in told and '"takings"' in told and "from line" in told and "typed in vain?" not in told
    assert page.form(f"{shop.at}/model")["fields"]["content"].strip() == json.dumps(mine)
    assert "Save mine" in page.text and "Keep theirs" in page.text and f"{shop.at}?tab=model" in page.links
    # What cannot be read is refused, and the form goes on standing for the state that he saw: who was faster is noticed.
    page = browser.visit(edit)
    seen = page.form(f"{shop.at}/model")["fields"]
    page = browser.send(f"{shop.at}/model", expect=400, do="save", content="semantic_model: [")
    kept = page.form(f"{shop.at}/model")["fields"]
    assert page.roles["alert"] and kept["content"].strip() == "semantic_model: ["
    assert (kept["tag"], kept["seen"]) == (seen["tag"], seen["seen"])
    refused = page
    browser.visit(edit)
    document["semantic_model"][0]["metrics"][0]["ai_context"]["synonyms"].append("earnings")
    browser.send(f"{shop.at}/model", do="save", content=json.dumps(document))
    browser.page = refused
    page = browser.send(f"{shop.at}/model", expect=409, do="save", content=json.dumps(mine))
    assert '"earnings"' in " ".join(page.roles["alert"])
    # Mine, for all that: it replaces what they wrote, now that he has seen it.
    page = browser.send(f"{shop.at}/model", do="save", content=json.dumps(document))
    assert browser.query() == {"tab": "model", "done": "saved"}
    browser.visit(f"{shop.at}?tab=model")
    page = browser.send(f"{shop.at}/model", do="deploy")
    assert browser.query()["done"] == "deployed" and "There are drafts" not in page.text
    assert shop.ask("takings in 2026")["table"]["rows"] == [[280]]


def test_a_product_without_a_model_gets_a_sketch(shop):
    body = {"name": "Bare model", "dataSourceId": shop.source, "isDeployed": True, "dataAssets": [{"tableName": "orders"}]}
    made = shop.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    shop.browser.visit(f"/products/{made}?tab=model")
    at = shop.browser.path
    page = shop.browser.send(f"{at}/model", do="generate")
    assert "orders" in page.text and "draft" in page.text
    shop.browser.send(f"{at}/model", do="deploy")
    shop.browser.visit(f"{at}?tab=ask")
    assert "7" in shop.browser.send(f"{at}/ask", question="number of orders").text


def test_who_may_not_change_it_looks_at_it_only(shop):
    viewer = reader(shop, "model-viewer", {})
    page = viewer.visit(f"{shop.at}?tab=model")
    assert "net_sales" in page.text and "There are drafts" not in page.text
    edit = next(link for link in shop.browser.visit(f"{shop.at}?tab=model").links if "model=" in link and "tab=model" in link)
    assert edit not in page.links
    viewer.visit(edit, expect=403)
    token = viewer.visit("/logout").form("/logout")["fields"]["token"]
    model = re.search("model=([^&]+)$", edit).group(1)
    for fields in ({"do": "deploy"}, {"do": "generate"}, {"do": "save", "model": model, "content": "x: 1", "tag": ""}):
        assert viewer.ask("POST", f"{shop.at}/model", data={"token": token} | fields).status == 403, fields
    outsider = reader(shop, "model-outsider", None)
    outsider.visit(f"{shop.at}?tab=model", expect=404)
    stranger = Browser(shop.server).sign_in(by_mail(shop.server.new_account("model-elsewhere"), "model-elsewhere"))
    stranger.visit(f"{shop.at}?tab=model", expect=404)


def test_more_verified_queries_than_a_page_shows_have_pages(shop):
    for number in range(101):
        shop.bob.post(f"{shop.path}/verified-queries", {"question": f"Which was order {number:03}?", "sql": "SELECT COUNT(*) AS n FROM orders"})
    first = shop.browser.visit(f"{shop.at}?tab=model")
    assert "100 are shown; there are more." in first.text
    following = shop.browser.visit(next(link for link in first.links if "queries=" in link))
    told = first.text + following.text
    assert all(f"Which was order {number:03}?" in told for number in range(101))
    assert shop.browser.ask("GET", f"{shop.at}?tab=model&queries=made-up").status in (200, 400)
    assert shop.browser.ask("GET", f"{shop.at}?tab=model&models=made-up").status in (200, 400)
