"""What those who offer a product do with its rows, roles and model, by keys alone: in each of the ways there are."""

import json
import re

import pytest
import requests
from playwright.sync_api import expect

from chat_world import Shop, rows
from pages_keys import EVERY_WAY, Keys



@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("keys-rows"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


@pytest.fixture
def keys(chromium, shop, way):
    """At the page of the product."""
    with Keys(chromium, shop.server, shop.server.admin, way) as made:
        made.place("Products")
        made.go("Retail")
        yield made


@EVERY_WAY
def test_rows_are_lent_taken_back_and_lent_anew(shop, keys, way):
    table = {"wide": "cities", "phone": "herds", "plain": "trips"}[way]

    def lent() -> str:
        assets = shop.bob.get(f"{shop.path}/data-assets")["dataAssets"]
        return next(asset["rows"] for asset in assets if asset["tableName"] == table)

    keys.open("Edit")
    keys.go("Add or remove assets")
    keys.type(f"shop.shop.main.{table}")
    keys.look("a table to be added")
    keys.send()
    assert f"Everybody who may query this product can read the rows of {table}." in keys.said() and lent() == "granted"
    keys.look("a table just added")
    keys.go(f"Stop sharing: {table}")
    keys.look("before rows go")
    assert lent() == "granted", "it is shown first"
    keys.go("Stop sharing")
    assert keys.said() == "The rows are no longer shared." and lent() == "closed"
    keys.look("rows just taken back")
    keys.go(f"Share rows: {table}")
    assert keys.said() == "The rows are shared." and lent() == "granted"


@EVERY_WAY
def test_a_role_is_given_and_taken(shop, keys, way):
    who = shop.server.new_user(f"role-{way}")

    def role() -> str | None:
        users = shop.bob.get(f"{shop.path}/users")["users"]
        return next((user["role"] for user in users if user["name"] == who.name), None)

    keys.go("Access")
    keys.to("#who")
    keys.type(who.name)
    keys.to("Role")
    keys.type("editor")
    keys.go("Give access")
    assert keys.said().startswith(f"The role is given. {who.name} may ") and role() == "editor"
    keys.look("a role just given")
    keys.go(f"Remove the role of {who.name}")
    keys.look("before a role goes")
    assert role() == "editor", "it is shown first"
    keys.go("Remove")
    assert keys.said() == "The role is removed." and role() is None


@EVERY_WAY
def test_a_row_filter_is_set_and_lifted(shop, keys, way):
    name = f"filtered-{way}"
    reader = shop.person(name, {})

    def regions() -> str:
        return reader.call("POST", f"{shop.path}/run-sql", {"sql": "SELECT region FROM customers"}).text

    def filter_it(condition: str) -> None:
        keys.to("customers")
        keys.press("Control+a")
        keys.press("Delete")
        keys.type(condition)
        keys.go("Save")

    keys.go("Access")
    keys.go(re.compile(f"Which rows and columns {name} can read"))
    assert keys.at["tag"] in ("INPUT", "TEXTAREA"), "it begins in its first field"
    keys.look("which rows somebody reads")
    filter_it("nothing = 1")
    assert "customers" in keys.at["name"], "what is wrong is where he stands"
    keys.look("a condition that is none")
    filter_it("region = 'US'")
    keys.look("what a filter leaves, before it is saved")
    keys.go("Save")
    assert keys.said() == "Saved." and "US" in regions() and "EU" not in regions()
    keys.look("a role with a filter")
    keys.go(re.compile(f"Which rows and columns {name} can read"))
    filter_it("")
    assert "EU" in regions()


@EVERY_WAY
def test_a_model_is_changed_and_made_live(shop, keys, way):
    word = {"wide": "takings", "phone": "proceeds", "plain": "earnings"}[way]
    keys.go("Model")
    keys.to("Edit as text")
    keys.go("Edit as text")
    assert keys.at["id"] == "content", "it begins in the document"
    document = json.loads(keys.page.input_value("#content"))
    document["semantic_model"][0]["metrics"][0]["ai_context"]["synonyms"].append(word)
    keys.press("Control+a")
    keys.press("Delete")
    keys.page.keyboard.insert_text("semantic_model: [")
    keys.go("Save as draft")
    assert not keys.at["id"], "what is wrong is where he stands"
    keys.look("a model that cannot be read")
    keys.to("Document")
    keys.press("Control+a")
    keys.page.keyboard.insert_text(json.dumps(document))
    keys.go("Save as draft")
    assert keys.said() == "Saved."
    keys.look("a model with drafts")
    assert shop.ask(f"{word} in 2026")["status"] == "not_answerable"
    keys.go("Deploy")
    assert keys.said() == "Deployed."
    assert rows(shop.ask(f"{word} in 2026")) == [[280]]


@EVERY_WAY
def test_a_verified_query_is_made_changed_and_removed(shop, keys, way):
    asked = {"wide": "number of customers", "phone": "turnover in 2025", "plain": "turnover in 2026"}[way]

    def queries() -> dict[str, dict]:
        return {one["question"]: one for one in shop.bob.get(f"{shop.path}/verified-queries")["verifiedQueries"]}

    keys.go("Ask")
    keys.to("Ask this product")
    keys.type(asked)
    keys.press("Enter")
    expect(keys.page.locator(".turn .said")).to_be_visible(timeout=60_000)
    if keys.script:
        assert keys.at["id"] == "question", "he is still where he asked"
    keys.open("SQL that was run", back=keys.script)
    keys.look("the statement of an answer")
    keys.to("The question")
    keys.go("Save as draft")
    assert asked in queries() and not queries()[asked]["isDeployed"]
    keys.go("Model")
    keys.go("Deploy")
    assert queries()[asked]["isDeployed"]
    keys.look("a verified query that is live")
    keys.go(f"Change {asked}")
    assert keys.at["id"] == "question"
    keys.press("End")
    keys.type(" in all")
    keys.to("Also asked as")
    keys.type(f"{asked}, please")
    keys.look("a verified query to be changed")
    keys.go("Save as draft")
    assert keys.said() == "Saved." and queries()[f"{asked} in all"]["alternateQuestions"] == [f"{asked}, please"]
    keys.go(f"Remove {asked} in all")
    keys.look("before a verified query goes")
    assert f"{asked} in all" in queries(), "it is shown first"
    keys.go("Remove")
    assert keys.said() == "Deleted." and f"{asked} in all" not in queries()


@EVERY_WAY
def test_enter_in_a_field_decides_no_request(shop, keys, way):
    who = shop.server.new_user(f"asks-{way}")
    at = f"{shop.server.url}/emporion/v1/requests"

    def asked(method: str, path: str = "", body=None) -> dict:
        headers = {"Authorization": f"Bearer {who.token}"}
        answer = requests.request(method, at + path, json=body, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    # Who sees it, and wants more.
    product = shop.path.rsplit("/", 1)[1]
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "viewer"}]})
    id = asked("POST", body={"product": product, "wants": "editor", "reason": "for a report"})["id"]
    keys.page.goto(f"{shop.server.url}/requests/{id}")
    keys.arrive()
    keys.to("#until")
    keys.type("12312099")
    keys.send()
    assert "Not decided yet. If you approve this, it lasts until" in keys.said() and "2099" in keys.said()
    assert keys.page.locator("#until").input_value() == "2099-12-31"
    keys.look("what a decision would come to")
    assert asked("GET", f"/{id}")["state"] == "open"
    keys.go("Approve")
    assert asked("GET", f"/{id}")["state"] == "approved"
