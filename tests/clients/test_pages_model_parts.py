"""The parts of a semantic model, one at a time: a form with what is wrong, the statement and a few rows beside it."""

import json
import re

import pytest
import requests
from playwright.sync_api import expect

from chat_world import Shop
from pages_browser import LOOKS, judged, sign_in
from pages_door import HOSTILE, Browser
from rows_world import REGION, RowsWorld


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("model-parts")).open_pages()
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def link(shop: Shop, part: str) -> str:
    links = shop.browser.visit(f"{shop.at}?tab=model").links
    return next(one for one in links if one.endswith(f"part={part.replace(':', '%3A')}"))


def document(shop: Shop) -> dict:
    [model] = shop.bob.get(f"{shop.path}/semantic-models", state="drafted")["semanticModels"]
    return shop.bob.get(f"{shop.path}/semantic-models/{model['id']}", state="drafted")["semanticModel"]["document"]["semantic_model"][0]


def test_a_metric_is_changed_and_all_else_stays(shop):
    before = document(shop)
    page = shop.browser.visit(link(shop, "metric:net_sales"))
    fields = page.form(f"{shop.at}/model")["fields"]
    assert (fields["name"], fields["expression"].strip(), fields["synonyms"].split()) == ("net_sales", "SUM(orders.amount)", ["revenue", "turnover", "sales"])
    assert "Oct 2026" in page.text and "Sep 2026" in page.text and "Aug 2025" not in page.text, "three months, the newest first"
    page = shop.browser.send(f"{shop.at}/model", do="try_part", expression="SUM(orders.amount * 2)")
    assert page.form(f"{shop.at}/model")["fields"]["expression"].strip() == "SUM(orders.amount * 2)" and "60" in page.text
    assert document(shop) == before, "what is tried is not stored"
    page = shop.browser.send(f"{shop.at}/model", do="save_part", label="Net sales", unit="EUR", synonyms="revenue\nincome", description=HOSTILE)
    assert shop.browser.query() == {"tab": "model", "done": "saved"} and "There are drafts" in page.text and "<script>alert" not in page.source
    after = document(shop)
    metric = after["metrics"][0]
    assert metric["ai_context"]["synonyms"] == ["revenue", "income"] and metric["description"] == HOSTILE
    assert after["datasets"] == before["datasets"] and after["relationships"] == before["relationships"]


@pytest.mark.parametrize("expression, said", [("SUM(orders.nothing)", "nothing"), ("SUM(", ""), ("DROP TABLE orders", ""), ("(SELECT 1)", "")])
def test_what_is_wrong_is_said_and_nothing_is_stored(shop, expression, said):
    before = document(shop)
    shop.browser.visit(link(shop, "metric:net_sales"))
    page = shop.browser.send(f"{shop.at}/model", do="try_part", expression=expression)
    assert said in page.text and "Statement" not in page.text, page.text
    assert document(shop) == before


def test_what_is_wrong_without_a_part_is_said_of_the_one_that_needs_it(shop):
    for name, expression in (("lent", "amount"), ("doubled", "lent * 2")):
        shop.browser.visit(link(shop, "field:orders."))
        shop.browser.send(f"{shop.at}/model", do="save_part", name=name, expression=expression)
    asked = shop.browser.visit(link(shop, "field:orders.lent") + "&take=part")
    assert "Field orders.doubled:" in asked.text and "Field orders.lent:" not in asked.text, asked.text
    refused = shop.browser.send(f"{shop.at}/model", expect=409)
    alert = " ".join(refused.roles["alert"])
    assert "Field orders.doubled:" in alert and "Field orders.lent:" not in alert, alert
    for name in ("doubled", "lent"):
        shop.browser.visit(link(shop, f"field:orders.{name}") + "&take=part")
        shop.browser.send(f"{shop.at}/model")


def test_what_is_wrong_is_said_of_its_part_and_leads_there(shop):
    before = document(shop)
    # A metric that is called as another one, or as a dimension: both are named.
    shop.browser.visit(link(shop, "metric:"))
    page = shop.browser.send(f"{shop.at}/model", do="try_part", name="Net_Sales", expression="SUM(orders.amount)")
    assert "net_sales" in page.text.lower() and "also the name of one before it" in page.text, page.text
    page = shop.browser.send(f"{shop.at}/model", do="try_part", name="region", expression="SUM(orders.amount)")
    assert "both the metric `region` and the dimension `customers.region` are called so" in page.text, page.text
    page = shop.browser.send(f"{shop.at}/model", do="save_part", name="region", expression="SUM(orders.amount)", expect=400)
    assert "customers.region" in " ".join(page.roles["alert"]) and document(shop) == before
    # In the text of the document its line is said, too.
    at = next(one for one in shop.browser.visit(f"{shop.at}?tab=model").links if "model=" in one and "part=" not in one)
    fields = shop.browser.visit(at).form(f"{shop.at}/model")["fields"]
    written = json.loads(fields["content"])
    written["semantic_model"][0]["metrics"][0]["name"] = "region"
    text = json.dumps(written, indent=2)
    page = shop.browser.send(f"{shop.at}/model", do="save", content=text, expect=400)
    [said] = [said for said in page.roles["alert"] if "Line " in said]
    line = int(re.search(r"Line ([\d,]+): Metric region:", said).group(1).replace(",", ""))
    assert '"name": "region"' in text.splitlines()[line - 1] and document(shop) == before


def test_a_field_is_added_looked_at_and_removed(shop):
    shop.browser.visit(link(shop, "field:customers."))
    page = shop.browser.send(f"{shop.at}/model", do="try_part", name="loud", expression="UPPER(state)", role="dimension")
    assert "BAVARIA" in page.text and "UPPER" in page.text
    shop.browser.send(f"{shop.at}/model", do="save_part", name="loud", expression="UPPER(state)", role="dimension")
    assert document(shop)["datasets"][1]["fields"][-1]["name"] == "loud"
    page = shop.browser.visit(link(shop, "field:customers.loud"))
    page = shop.browser.visit(next(one for one in page.links if one.endswith("take=part")))
    assert "customers.loud" in page.text
    shop.browser.send(f"{shop.at}/model", do="remove_part")
    assert all(one["name"] != "loud" for one in document(shop)["datasets"][1]["fields"])


def test_the_trail_keeps_no_text_of_previews_unless_it_is_told_to(shop):
    shop.browser.visit(link(shop, "metric:net_sales"))
    for factor in (2, 3):
        shop.browser.send(f"{shop.at}/model", do="try_part", expression=f"SUM(orders.amount * {factor})")
    headers = {"Authorization": f"Bearer {shop.server.admin.token}"}
    lines = requests.get(f"{shop.server.url}/emporion/v1/audit", params={"what": "statement"}, headers=headers, timeout=30).json()["lines"]
    looks = [line for line in lines if "preview" in line]
    assert looks and looks[0]["times"] >= 3 and not any("text" in line for line in looks)


def test_a_relationship_shows_what_it_joins(shop):
    page = shop.browser.visit(link(shop, "relationship:o2c"))
    assert " join " in page.text.lower() and "2026-10-01" in page.text and "Imereti" in page.text, page.text


def test_others_may_not_and_see_no_rows(shop):
    at, form = link(shop, "metric:net_sales"), f"{shop.at}/model"
    who = shop.server.new_user("parts-viewer")
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "viewer"}]})
    viewer = Browser(shop.server).sign_in(who)
    assert at not in viewer.visit(f"{shop.at}?tab=model").links
    viewer.visit(at, expect=403)
    fields = shop.browser.visit(at).form(form)["fields"]
    token = viewer.visit("/logout").form("/logout")["fields"]["token"]
    for do in ("try_part", "save_part", "remove_part"):
        answer = viewer.ask("POST", form, data=fields | {"do": do, "token": token, "of": shop.product})
        assert answer.status == 403 and "Oct 2026" not in answer.text, (do, answer.status)


def test_a_row_filter_holds_for_the_preview(shop):
    who = shop.server.new_user("parts-editor")
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "editor"}]})
    editor = Browser(shop.server).sign_in(who)
    at = link(shop, "field:customers.state")
    assert "Bavaria" in editor.visit(at).text and "Georgia" in editor.page.text
    shop.bob.patch(f"{shop.path}/users", {"update": [{"userId": who.id, "role": "editor", "rowFilters": {"customers": "region = 'US'"}}]})
    page = editor.visit(at)
    assert "Georgia" in page.text and "Bavaria" not in page.text


def test_who_was_faster_is_noticed(shop):
    at = link(shop, "table:orders")
    stale = dict(shop.browser.visit(at).form(f"{shop.at}/model")["fields"])
    shop.browser.send(f"{shop.at}/model", do="save_part", description="All that was ordered.")
    shop.browser.visit(at)
    page = shop.browser.send(f"{shop.at}/model", expect=409, **stale | {"do": "save_part", "description": "Mine."})
    assert "All that was ordered." in page.text and page.form(f"{shop.at}/model")["fields"]["description"].strip() == "Mine."


@pytest.mark.parametrize("look", LOOKS)
def test_it_is_tried_while_it_is_typed(chromium, shop, look):
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    sign_in(page, shop.server, shop.server.admin)
    page.goto(shop.server.url + link(shop, "metric:net_sales"))
    wrong = judged(page, "model part")
    page.fill("#expression", "MIN(orders.amount)")
    expect(page.locator("#tried")).to_contain_text("30", timeout=10_000)
    page.fill("#expression", "MIN(orders.nothing)")
    expect(page.locator("#tried .faults")).to_be_visible(timeout=10_000)
    wrong += judged(page, "model part that is wrong")
    context.close()
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def expressed(text: str) -> dict:
    return {"dialects": [{"dialect": "ANSI_SQL", "expression": text}]}


def extended(**members) -> list[dict]:
    return [{"vendor_name": "EMPORION", "data": json.dumps(members)}]


def test_samples_leave_by_no_edit_to_who_may_not_read_their_column(tmp_path):
    """An editor with a mask sees no samples of the column; a field that is pointed elsewhere does not keep them for him."""
    world = RowsWorld(tmp_path / "samples")
    try:
        model, masked = f"{world.path}/semantic-models/{world.model}", world.door("masked")
        user, role = world.om.get("/users/name/masked"), world.om.get("/roles/name/Samples")
        world.om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
        mask = {"userId": user["id"], "role": "editor", "columnMasks": {"customer": {"region": "hidden"}}}
        world.bob.patch(f"{world.path}/users", {"update": [mask]})
        foreign = {"vendor_name": "OTHER", "data": json.dumps({"sample_values": [REGION]})}
        [dataset] = world.bob.get(model)["semanticModel"]["document"]["semantic_model"][0]["datasets"]
        known = next(one for one in dataset["fields"] if one["name"] == "region")["custom_extensions"]
        of_region = {"datasets": {dataset["name"]: {"fields": {"region": {"custom_extensions": [*known, foreign]}}}}}

        def shown() -> bool:
            return REGION in masked.call("GET", model, params={"state": "drafted"}).text

        browser = world.browser("masked")
        browser.visit(f"/products/{world.product}")
        at = browser.path

        def by_patch():
            change = {"name": "zone", "expression": expressed("id")}
            answer = masked.call("PATCH", model, {"document": {"datasets": {dataset["name"]: {"fields": {"region": change}}}}})
            assert answer.status_code == 200 and REGION not in answer.text, answer.text

        def by_form():
            page = browser.visit(f"{at}?tab=model&model={world.model}&part=field%3A{dataset['name']}.region")
            assert REGION not in page.source
            page = browser.send(f"{at}/model", do="save_part", name="zone", expression="id")
            assert browser.query()["done"] == "saved" and REGION not in page.source

        for edit in (by_patch, by_form):
            world.bob.patch(model, {"document": of_region})
            assert REGION in world.bob.call("GET", model, params={"state": "drafted"}).text and not shown()
            edit()
            assert not shown(), edit
            # Back again, for the next.
            back = {"name": "region", "expression": expressed("region"), "custom_extensions": known}
            world.bob.patch(model, {"document": {"datasets": {dataset["name"]: {"fields": {"zone": back}}}}})
    finally:
        assert world.server.stop() == 0, world.server.log_tail()


def test_what_a_form_cannot_have_stays_and_what_breaks_is_said(shop):
    [model] = shop.bob.get(f"{shop.path}/semantic-models", state="drafted")["semanticModels"]
    at, two_lines = f"{shop.path}/semantic-models/{model['id']}", "orders.amount > 0\nAND orders.amount < 99"
    metric = {"expression": expressed("COUNT(orders.order_id)"),
              "custom_extensions": extended(timeField="bought_on", defaultFilters=[two_lines], unit={"code": "EUR"})}
    field = {"expression": expressed("order_date"), "dimension": {"is_time": True}}
    shop.bob.patch(at, {"document": {"datasets": {"orders": {"fields": {"bought_on": field, "ordered.on": field}}}, "metrics": {"counted": metric}}})
    shop.browser.visit(link(shop, "metric:counted"))
    shop.browser.send(f"{shop.at}/model", do="save_part", description="Orders of middling size")
    [stored] = [one for one in document(shop)["metrics"] if one["name"] == "counted"]
    own = json.loads(stored["custom_extensions"][0]["data"])
    assert (own["defaultFilters"], own["unit"], stored["description"]) == ([two_lines], {"code": "EUR"}, "Orders of middling size")
    page = shop.browser.visit(next(one for one in shop.browser.visit(f"{shop.at}?tab=model").links if "ordered%252Eon" in one))
    assert page.form(f"{shop.at}/model")["fields"]["name"] == "ordered.on", "a name with a dot leads to itself"
    # By another name of its time, the metric can no longer be asked for.
    shop.browser.visit(link(shop, "field:orders.bought_on"))
    page = shop.browser.send(f"{shop.at}/model", do="try_part", name="sold_on")
    assert "No question can be about these then" in page.text and "counted" in page.text, page.text
    page = shop.browser.visit(next(one for one in page.links if one.endswith("take=part")))
    assert "counted" in page.text
