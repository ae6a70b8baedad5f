"""What a product of the Bobsled-style door holds: data assets and deploy, users, its data source."""

import re
import uuid

import pytest

from bobsled_door import BobsledDoor

MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def product(bobsled, fresh_name) -> dict:
    return bobsled.create(fresh_name("Product"))


def at(product: dict, rest: str = "") -> str:
    return f"/data-products/{product['id']}{rest}"


# --- data assets and deploy ---------------------------------------------------------------------------------------

COUNTERS = {
    "dataAssets": {"promoted", "deleted"},
    "dataModels": {"promoted", "deleted"},
    "compositions": {"promoted", "deleted"},
    "unstructuredAssets": {"promoted", "deleted"},
    "semanticModelTables": {"promoted"},
    "semanticModelRelationships": {"promoted"},
    "semanticModelMetrics": {"promoted"},
    "verifiedQueries": {"promoted"},
    "frontPageConfigs": {"draftsRemoved"},
    "semanticModelV2Draft": {"deleted"},
}


def asset(table: str, **more) -> dict:
    return {"tableName": table, "schemaName": "sales", "databaseName": "sales"} | more


def test_assets_are_drafts_until_deployed(bobsled, om, sales_tables, product):
    answer = bobsled.patch(at(product, "/data-assets"), {"add": [asset("orders"), asset("customers")]})
    assert (answer["added"], answer["updated"], answer["removed"]) == (2, 0, 0)
    assert [a["isDeployed"] for a in answer["dataAssets"]] == [False, False]
    assert bobsled.get(at(product))["hasDrafts"] is True
    assert om.get(f"/dataProducts/{product['id']}/assets")["paging"]["total"] == 0, "other doors do not see drafts"
    assert bobsled.get(at(product, "/data-assets"), isDeployed="true")["count"] == 0

    deployed = bobsled.post(at(product, "/deploy"), {}, expect=200)
    assert deployed["dataProductId"] == product["id"] and MILLISECONDS.fullmatch(deployed["deployedAt"])
    assert {key: set(value) for key, value in deployed["results"].items()} == COUNTERS
    assert deployed["results"]["dataAssets"] == {"promoted": 2, "deleted": 0}
    live = bobsled.get(at(product, "/data-assets"), isDeployed="true")
    assert live["count"] == 2 and all(a["isDeployed"] for a in live["dataAssets"])
    assert {a["id"] for a in live["dataAssets"]} == {a["id"] for a in answer["dataAssets"]}, "ids stay"
    tables = om.get(f"/dataProducts/{product['id']}/assets")["data"]
    assert {row["id"] for row in tables} == {sales_tables["orders"]["id"], sales_tables["customers"]["id"]}
    found = bobsled.get(at(product))
    assert found["hasDrafts"] is False and found["deployedAt"] == deployed["deployedAt"]

    again = bobsled.post(at(product, "/deploy"), {}, expect=200)
    assert all(value in (0, False) for counter in again["results"].values() for value in counter.values())


def test_a_removal_is_pending_until_deployed(bobsled, om, sales_tables, fresh_name):
    body = {"name": fresh_name("p"), "dataAssets": [asset("orders"), asset("returns")], "isDeployed": True}
    data = bobsled.post("/data-products", body, expect=201)
    product, (orders, _) = data["dataProduct"], data["dataAssets"]
    assert om.get(f"/dataProducts/{product['id']}/assets")["paging"]["total"] == 2, "isDeployed skips the draft"
    removed = bobsled.patch(at(product, "/data-assets"), {"remove": [orders["id"]]})
    assert removed["removed"] == 1
    pending = {a["id"]: a["pendingDelete"] for a in removed["dataAssets"]}
    assert pending[orders["id"]] is True and sum(pending.values()) == 1
    assert om.get(f"/dataProducts/{product['id']}/assets")["paging"]["total"] == 2
    results = bobsled.post(at(product, "/deploy"), {}, expect=200)["results"]
    assert results["dataAssets"] == {"promoted": 0, "deleted": 1}
    assert om.get(f"/dataProducts/{product['id']}/assets")["data"][0]["id"] == sales_tables["returns"]["id"]


def test_assets_are_updated_replaced_and_never_doubled(bobsled, sales_tables, product):
    added = bobsled.patch(at(product, "/data-assets"), {"add": [asset("orders", externalId="a")]})["dataAssets"][0]
    updated = bobsled.patch(at(product, "/data-assets"), {"update": [{"id": added["id"], "description": "all orders"}]})
    assert updated["updated"] == 1 and updated["dataAssets"][0]["description"] == "all orders"
    twice = bobsled.call("PATCH", at(product, "/data-assets"), {"add": [asset("orders")]}, expect=200).json()
    assert twice["data"]["added"] == 0 and twice["warnings"]
    alias = bobsled.patch(at(product, "/data-assets"), {"dataAssetsToAdd": [asset("returns")]})
    assert alias["added"] == 1
    replaced = bobsled.patch(at(product, "/data-assets"), {"dataAssets": [asset("customers")]})
    assert [a["tableName"] for a in replaced["dataAssets"] if not a["pendingDelete"]] == ["customers"]


def test_deploying_a_table_that_is_nowhere_is_422_and_promotes_nothing(bobsled, sales_tables, product):
    bobsled.patch(at(product, "/data-assets"), {"add": [asset("orders"), asset("no_such_table")]})
    error = bobsled.refuses("POST", at(product, "/deploy"), 422, "DEPLOY_VALIDATION_FAILED", {})
    assert "no_such_table" in str(error)
    counted = bobsled.post(at(product, "/deploy"), {"dryRun": True})["results"]["dataAssets"]
    assert counted["promoted"] == 1, "what cannot be made live is not counted"
    assert bobsled.get(at(product, "/data-assets"), isDeployed="true")["count"] == 0


def test_a_dry_run_deploys_nothing(bobsled, sales_tables, product):
    bobsled.patch(at(product, "/data-assets"), {"add": [asset("orders")]})
    dry = bobsled.post(at(product, "/deploy"), {"dryRun": True}, expect=200)
    assert dry["deployedAt"] is None and dry["results"]["dataAssets"]["promoted"] == 1 and "validation" in dry
    assert bobsled.get(at(product))["deployedAt"] is None
    bobsled.refuses("POST", at(product, "/deploy"), 412, "VERSION_MISMATCH", {"expectedVersion": 10_000})


# --- users --------------------------------------------------------------------------------------------------------


def test_users_come_change_and_go(bobsled, bobsled_stranger, server, admin, stranger, member, product):
    users = bobsled.get(at(product, "/users"))
    assert users["count"] == 1 and users["users"][0]["role"] == "admin" and users["users"][0]["name"]
    owner = users["users"][0]["userId"]

    bobsled_stranger.refuses("GET", at(product), 404, "NOT_FOUND")
    bobsled.patch(at(product, "/users"), {"add": [{"userId": stranger.id, "role": "viewer"}]})
    assert bobsled_stranger.get(at(product))["id"] == product["id"]
    bobsled_stranger.refuses("PATCH", at(product), 403, "FORBIDDEN", {"description": "x"})
    bobsled_stranger.refuses("DELETE", at(product), 403, "FORBIDDEN")

    bobsled.patch(at(product, "/users"), {"update": [{"userId": stranger.id, "role": "editor"}]})
    assert bobsled_stranger.patch(at(product), {"description": "edited"})["description"] == "edited"
    bobsled_stranger.refuses("PATCH", at(product), 403, "FORBIDDEN", {"webSearchEnabled": True})
    bobsled_stranger.refuses("PATCH", at(product, "/users"), 403, "FORBIDDEN", {"remove": [owner]})
    bobsled_stranger.refuses("DELETE", at(product), 403, "FORBIDDEN")

    bobsled.refuses("PATCH", at(product, "/users"), 409, "LAST_ADMIN", {"remove": [owner]})
    upsert = {"users": [{"userId": member.id, "role": "admin"}, {"userId": stranger.id, "role": None}]}
    after = bobsled.patch(at(product, "/users"), upsert)
    assert {u["userId"]: u["role"] for u in after["users"]} == {owner: "admin", member.id: "admin"}
    bobsled_stranger.refuses("GET", at(product), 404, "NOT_FOUND")
    bobsled.patch(at(product, "/users"), {"remove": [member.id]})


def test_a_refusal_names_the_right_that_lacks_and_the_rule_that_says_so(server, bobsled, om, product, fresh_name):
    editor = server.new_user(fresh_name("refused"))
    bobsled.patch(at(product, "/users"), {"add": [{"userId": editor.id, "role": "editor"}]})
    door = BobsledDoor(server, editor.token)
    refused = door.refuses("PATCH", at(product, "/users"), 403, "FORBIDDEN", {"add": [{"userId": editor.id, "role": "admin"}]})
    assert refused["message"].endswith("does not include the right EditUsers"), refused
    # A policy says no: which one does, as the other doors tell it.
    name = fresh_name("NoDescriptions")
    rule = {"name": "never", "effect": "deny", "resources": ["dataProduct"], "operations": ["EditDescription"]}
    om.post("/policies", {"name": name, "rules": [rule], "enabled": True})
    role = om.post("/roles", {"name": fresh_name("Silenced"), "policies": [name]})
    om.patch(f"/users/{editor.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    refused = door.refuses("PATCH", at(product), 403, "FORBIDDEN", {"description": "x"})
    assert "EditDescription" in refused["message"] and name in refused["message"], refused
    # Who does not see it is told that it is not there, as before.
    outsider = BobsledDoor(server, server.new_account(fresh_name("elsewhere")).token)
    hidden = outsider.refuses("PATCH", at(product), 404, "NOT_FOUND", {"description": "x"})
    assert name not in str(hidden) and "Edit" not in str(hidden)


def test_a_viewer_and_an_editor_may_leave_and_nothing_else(server, bobsled, product):
    users = f"/data-products/{product['id']}/users"
    people = {role: server.new_user(f"leaving-{role}") for role in ("viewer", "editor")}
    ids = {role: who.id for role, who in people.items()}
    before = bobsled.get(f"/data-products/{product['id']}")["updatedAt"]
    bobsled.patch(users, {"add": [{"userId": id, "role": role} for role, id in ids.items()]})
    assert bobsled.get(f"/data-products/{product['id']}")["updatedAt"] > before
    for role, who in people.items():
        door = BobsledDoor(server, who.token)
        for more in ({"remove": list(ids.values())}, {"users": [{"userId": who.id, "role": "admin"}]}):
            door.refuses("PATCH", users, 403, "FORBIDDEN", more)
    for role, who in people.items():
        BobsledDoor(server, who.token).patch(users, {"remove": [who.id]})
        BobsledDoor(server, who.token).refuses("GET", f"/data-products/{product['id']}", 404)
    assert [user["role"] for user in bobsled.get(users)["users"]] == ["admin"]


def test_users_are_named_by_email_too_and_all_or_none(bobsled, om_user, product):
    after = bobsled.patch(at(product, "/users"), {"add": [{"email": om_user["email"], "role": "viewer"}]})
    assert om_user["id"] in [u["userId"] for u in after["users"]]
    bad = {"remove": [om_user["id"]], "add": [{"email": "nobody@example.com", "role": "viewer"}]}
    answer = bobsled.call("PATCH", at(product, "/users"), bad)
    assert answer.status_code in (404, 422)
    assert bobsled.get(at(product, "/users"))["count"] == 2
    bobsled.refuses("PATCH", at(product, "/users"), 422, None, {"add": [{"userId": om_user["id"], "role": "king"}]})


def test_an_id_and_the_address_of_somebody_else_contradict_each_other(bobsled, om, om_user, product):
    one, other = om_user, om.get("/users/name/admin")
    entry = {"userId": one["id"], "email": other["email"], "role": "viewer"}
    error = bobsled.refuses("PATCH", at(product, "/users"), 422, "VALIDATION_FAILED", {"add": [entry]})
    assert [broken["path"] for broken in error["details"]["violations"]] == ["/add/0/email"]
    bobsled.patch(at(product, "/users"), {"add": [entry | {"email": one["email"].upper()}]})


def test_roles_are_the_owners_of_the_other_doors(bobsled, om, member, product):
    bobsled.patch(at(product, "/users"), {"add": [{"userId": member.id, "role": "admin"}]})
    owners = om.get(f"/dataProducts/{product['id']}", fields="owners")["owners"]
    assert member.id in [owner["id"] for owner in owners]


# --- data sources -------------------------------------------------------------------------------------------------


def test_a_data_source_is_a_database_service(bobsled, om, data_source, fresh_name):
    name = fresh_name("shop")
    config = {"connectionString": "cG9zdGdyZXM6Ly91OnNlY3JldEBkYi9zaG9w", "sslMode": "require"}
    made = bobsled.post("/data-sources", {"name": name, "type": "postgres", "connectionConfig": config})
    made = made.get("dataSource", made)
    assert uuid.UUID(made["id"]) and made["isDefault"] is False
    answer = bobsled.call("GET", f"/data-sources/{made['id']}", expect=200)
    assert "secret" not in answer.text and config["connectionString"] not in answer.text
    assert om.get(f"/services/databaseServices/{made['id']}")["serviceType"] == "Postgres"
    listed = bobsled.get("/data-sources", limit=100)
    defaults = [source["id"] for source in listed["dataSources"] if source["isDefault"]]
    assert defaults == [data_source["id"]] and made["id"] in [source["id"] for source in listed["dataSources"]]
    product = bobsled.create(fresh_name("p"), dataSourceId=made["id"])
    assert product["dataSourceId"] == made["id"]
    unknown = {"name": fresh_name("p"), "dataSourceId": str(uuid.uuid4())}
    bobsled.call("POST", "/data-products", unknown, expect=(404, 422))


@pytest.mark.parametrize("mask", ["***", "****", "*********"])
def test_a_masked_password_is_kept_or_refused_and_never_stored(bobsled, om, om_bot, fresh_name, mask):
    name = fresh_name("masked")
    config = {"connectionString": "postgres://u:secret@db.example.com/shop", "isEncoded": False}
    made = bobsled.post("/data-sources", {"name": name, "type": "postgres", "connectionConfig": config})
    at = f"/data-sources/{made.get('dataSource', made)['id']}"

    def stored() -> str:
        service = om_bot.get(f"/services/databaseServices/name/{name}")
        return service["connection"]["config"]["authType"]["password"]

    def sent(string: str) -> dict:
        return {"connectionConfig": {"connectionString": string, "isEncoded": False}}

    bobsled.call("PATCH", at, sent(f"postgres://u:{mask}@db.example.com/other"), expect=200)
    assert stored() == "secret"
    assert om.get(f"/services/databaseServices/name/{name}")["connection"]["config"]["database"] == "other"
    refused = bobsled.refuses("PATCH", at, 422, "VALIDATION_FAILED", sent(f"postgres://u:{mask}@elsewhere.example.com/shop"))
    assert refused["details"]["violations"][0]["path"] == "/connectionConfig/connectionString"
    assert stored() == "secret"
    fresh = {"name": fresh_name("masked"), "type": "postgres", **sent(f"postgres://u:{mask}@db/shop")}
    refused = bobsled.refuses("POST", "/data-sources", 422, "VALIDATION_FAILED", fresh)
    assert refused["details"]["violations"][0]["path"] == "/connectionConfig/connectionString"


# --- front pages --------------------------------------------------------------------------------------------------


def test_a_suggested_question_names_a_verified_query_of_the_product(bobsled, product):
    pages = at(product, "/front-page-configs")
    question = {"text": "a", "verifiedQueryId": str(uuid.uuid4())}
    error = bobsled.refuses("POST", pages, 422, "VALIDATION_FAILED", {"title": "x", "suggestedQuestions": [question]})
    (broken,) = error["details"]["violations"]
    assert (broken["path"], broken["rule"]) == ("/suggestedQuestions/0/verifiedQueryId", "exists")


@pytest.mark.parametrize("target", ["JaVa&#115;cript:1", "&#x6A;avascript:1", "java\tscript:1", "javascript\\:1"])
def test_no_link_of_a_front_page_runs_something(bobsled, product, target):
    page = {"title": "x", "markdown": f"`<b>` [z]({target}) [y](https://example.com)"}
    made = bobsled.post(at(product, "/front-page-configs"), page, expect=201)["frontPageConfig"]
    assert made["markdown"] == "`<b>` [z](#) [y](https://example.com)"


# --- documents ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [("a.pdf", "application/pdf", b"no mark"), ("a.txt", "text/plain", b"a\0b"), ("a.txt", "text/plain", b"\xff\xfe")],
)
def test_a_file_that_is_not_what_it_says_is_told_so(bobsled, product, name, media_type, content):
    files = {"file": (name, content, media_type)}
    error = bobsled.refuses("POST", at(product, "/unstructured-assets"), 415, "UNSUPPORTED_MEDIA_TYPE", files=files)
    assert f"the content is not {media_type}" in error["message"]


def test_a_form_without_a_boundary_is_told_so(bobsled, product):
    headers = {"Content-Type": "multipart/form-data"}
    path = at(product, "/unstructured-assets")
    error = bobsled.refuses("POST", path, 415, "UNSUPPORTED_MEDIA_TYPE", data=b"--x\r\n", headers=headers)
    assert "boundary" in error["message"]


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["   ", "a\nb", "a\u202eb", "\u00a0", "a\tb"])
def test_a_name_can_be_read(bobsled, product, name):
    for method, path in (("POST", "/data-products"), ("PATCH", at(product))):
        error = bobsled.refuses(method, path, 422, "VALIDATION_FAILED", {"name": name})
        assert [broken["path"] for broken in error["details"]["violations"]] == ["/name"]
