"""The Bobsled-style door over plain HTTP: the published exchange, products, the deprecated mirror, errors."""

import base64
import json
import re
import uuid

import pytest
import requests

from bobsled_door import BobsledDoor, check_envelope, violations
from contract import Contract

MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def is_uuid(text: str) -> bool:
    return str(uuid.UUID(text)) == text.lower()


@pytest.fixture
def product(bobsled, fresh_name) -> dict:
    return bobsled.create(fresh_name("Product"))


def at(product: dict, rest: str = "") -> str:
    return f"/data-products/{product['id']}{rest}"


# --- the published exchange ---------------------------------------------------------------------------------------


def test_the_published_create_exchange(server, bobsled, data_source, fresh_name):
    name = fresh_name("Sales Analytics")
    body = {
        "name": name,
        "description": "Sales data product for reporting",
        "dataSourceId": "default",
        "dataAssets": [{"externalId": "asset-123", "tableName": "orders", "schemaName": "sales"}],
    }
    answer = bobsled.call("POST", "/data-products", body, expect=201)
    data = answer.json()["data"]
    product, assets = data["dataProduct"], data["dataAssets"]
    assert answer.json()["ok"] is True and data.keys() == {"dataProduct", "dataAssets"}
    assert is_uuid(product["id"]) and product["accountId"] == server.account
    assert (product["name"], product["description"]) == (name, "Sales data product for reporting")
    assert product["dataSourceId"] == data_source["id"], "the word `default` is resolved"
    assert re.fullmatch(r"ws-[0-9a-z]{10}", product["externalDataProductId"])
    assert MILLISECONDS.fullmatch(product["createdAt"]) and MILLISECONDS.fullmatch(product["updatedAt"])
    assert len(assets) == 1 and is_uuid(assets[0]["id"])
    assert assets[0]["dataProductId"] == product["id"]
    assert (assets[0]["tableName"], assets[0]["schemaName"]) == ("orders", "sales")
    assert (assets[0]["externalId"], assets[0]["isDeployed"]) == ("asset-123", False)
    assert answer.headers["Location"] == f"/api/v1/accounts/{server.account}/data-products/{product['id']}"
    assert (product["dataProductType"], product["hasDrafts"], product["deployedAt"]) == ("standard", True, None)
    assert (product["webSearchEnabled"], product["skillsEnabled"], product["llmEnabled"]) == (False, True, True)


def test_the_account_may_be_called_me(server, admin, product):
    assert BobsledDoor(server, admin.token, "me").get(at(product))["id"] == product["id"]


# --- products -----------------------------------------------------------------------------------------------------


def test_get_is_flat_and_knows_the_external_id(bobsled, product):
    found = bobsled.get(at(product))
    assert found == product
    assert bobsled.get(f"/data-products/{product['externalDataProductId']}")["id"] == product["id"]
    assert bobsled.get(f"/data-products/{product['id'].upper()}")["id"] == product["id"]
    bobsled.refuses("GET", f"/data-products/{uuid.uuid4()}", 404, "NOT_FOUND")
    bobsled.refuses("GET", "/data-products/ws-nosuchthing", 404, "NOT_FOUND")


def test_a_product_in_a_member_of_its_own_is_as_the_document_says(server, bobsled, product):
    contract = Contract(requests.get(f"{server.url}/openapi/bobsled.json", timeout=30).json())
    contract.attach(bobsled.session)
    found = {wrap: bobsled.get(at(product), wrap=wrap, include="dataAssets,users") for wrap in ("true", "false")}
    bobsled.session.hooks["response"].pop()
    assert found["true"] == {"dataProduct": found["false"]}
    assert contract.succeeded and not contract.distinct_faults(), contract.distinct_faults()


def test_get_includes_what_is_asked_for(bobsled, product):
    found = bobsled.get(at(product), include="dataAssets,users")
    assert found["dataAssets"] == [] and [u["role"] for u in found["users"]] == ["admin"]
    bobsled.refuses("GET", at(product, "?include=colour"), 400, "BAD_REQUEST")


def test_an_external_id_is_the_clients_to_choose_and_unique(bobsled, fresh_name):
    external = fresh_name("crm:1")
    made = bobsled.create(fresh_name("p"), externalDataProductId=external)
    assert made["externalDataProductId"] == external
    body = {"name": fresh_name("p"), "externalDataProductId": external}
    bobsled.refuses("POST", "/data-products", 409, "CONFLICT", body)
    for bad in ("", "a b", "x" * 129, str(uuid.uuid4())):
        bobsled.refuses("POST", "/data-products", 422, None, body | {"externalDataProductId": bad})


def test_names_are_unique_over_the_account_without_regard_to_case(bobsled, product):
    error = bobsled.refuses("POST", "/data-products", 409, "CONFLICT", {"name": product["name"].upper()})
    assert product["name"].lower() in (error["message"] + str(error.get("details"))).lower()


def test_the_list_pages_filters_and_counts(bobsled, fresh_name):
    stem = fresh_name("List")
    made = [bobsled.create(f"{stem} {i}", description="findable" if i == 3 else None)["id"] for i in range(5)]
    whole = bobsled.get("/data-products", search=stem)
    assert [p["id"] for p in whole["dataProducts"]] == made and whole["count"] == 5
    seen, cursor = [], {}
    while True:
        page = bobsled.call("GET", "/data-products", params={"search": stem, "limit": 2} | cursor, expect=200).json()
        seen += [p["id"] for p in page["data"]["dataProducts"]]
        assert page["pagination"]["limit"] == 2
        if not page["pagination"]["nextCursor"]:
            break
        cursor = {"cursor": page["pagination"]["nextCursor"]}
    assert seen == made
    assert [p["id"] for p in bobsled.get("/data-products", name=f"{stem} 2")["dataProducts"]] == [made[2]]
    assert bobsled.get("/data-products", search=stem, limit=1, includeTotal="true")["totalCount"] == 5
    token = bobsled.call("GET", "/data-products", params={"search": stem, "limit": 2}).json()["pagination"][
        "nextCursor"
    ]
    bobsled.refuses("GET", f"/data-products?search=other&limit=2&cursor={token}", 400, "INVALID_CURSOR")
    bobsled.refuses("GET", "/data-products?cursor=nonsense", 400, "INVALID_CURSOR")
    for limit in ("0", "101", "many"):
        bobsled.refuses("GET", f"/data-products?limit={limit}", 400, "BAD_REQUEST")


def test_patch_merges(bobsled, product, fresh_name):
    name = fresh_name("Renamed")
    patched = bobsled.patch(at(product), {"name": name, "description": "words", "webSearchEnabled": True})
    assert (patched["name"], patched["description"], patched["webSearchEnabled"]) == (name, "words", True)
    assert patched["version"] > product["version"] and patched["skillsEnabled"] is True
    cleared = bobsled.patch(at(product), {"description": None})
    assert cleared.get("description") is None and cleared["name"] == name
    same = bobsled.patch(at(product), {"name": name})
    assert same["version"] == cleared["version"], "nothing changed"


def test_if_match_guards_a_patch(bobsled, product):
    etag = bobsled.call("GET", at(product)).headers["ETag"]
    assert etag == f'"{product["version"]}"'
    bobsled.call("PATCH", at(product), {"description": "a"}, expect=200, headers={"If-Match": etag})
    refused = bobsled.call("PATCH", at(product), {"description": "b"}, expect=412, headers={"If-Match": etag})
    assert refused.json()["error"]["code"] == "VERSION_MISMATCH"
    assert bobsled.get(at(product))["description"] == "a"


def test_delete_answers_an_envelope_and_frees_the_name(bobsled, product):
    assert bobsled.delete(at(product)) == {"id": product["id"], "deleted": True}
    bobsled.refuses("GET", at(product), 404, "NOT_FOUND")
    bobsled.refuses("DELETE", at(product), 404, "NOT_FOUND")
    assert bobsled.create(product["name"])["id"] != product["id"]


def test_a_product_lives_in_the_domain_that_is_named_or_in_default(bobsled, om, om_domain, fresh_name):
    placed = bobsled.create(fresh_name("placed"), domainId=om_domain["id"])
    assert placed["domainId"] == om_domain["id"]
    found = om.get(f"/dataProducts/{placed['id']}", fields="domains")
    assert found["fullyQualifiedName"] == f"{om_domain['name']}.{placed['name']}"
    plain = bobsled.create(fresh_name("Plain one"))
    found = om.get(f"/dataProducts/{plain['id']}", fields="domains")
    assert found["fullyQualifiedName"] == f"default.{plain['name']}"
    assert [domain["name"] for domain in found["domains"]] == ["default"]


def test_an_idempotency_key_replays(bobsled, fresh_name):
    body, headers = {"name": fresh_name("idem")}, {"Idempotency-Key": fresh_name("key")}
    first = bobsled.call("POST", "/data-products", body, expect=201, headers=headers)
    again = bobsled.call("POST", "/data-products", body, expect=201, headers=headers)
    assert again.json()["data"] == first.json()["data"]
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    refused = bobsled.call("POST", "/data-products", {"name": fresh_name("idem")}, expect=409, headers=headers)
    assert refused.json()["error"]["code"] == "IDEMPOTENCY_CONFLICT"


def test_unknown_members_warn_and_are_refused_when_strict(bobsled, fresh_name):
    body = {"name": fresh_name("warn"), "colour": "red"}
    answer = bobsled.call("POST", "/data-products", body, expect=201).json()
    assert [warning["path"] for warning in answer["warnings"]] == ["/colour"]
    body["name"] = fresh_name("strict")
    bobsled.refuses("POST", "/data-products?strict=true", 422, "UNKNOWN_FIELD", body)


def test_members_that_only_the_catalogue_sets_warn_unless_they_were_read(bobsled, product):
    path = f"/data-products/{product['id']}"
    read = bobsled.get(path)
    answer = bobsled.call("PATCH", path, read | {"description": "echoed"}, expect=200).json()
    assert "warnings" not in answer, answer
    changed = {"description": "x", "version": read["version"] + 90, "id": str(uuid.uuid4()), "dataProductType": "composite"}
    answer = bobsled.call("PATCH", path, changed, expect=200).json()
    assert {(warning["code"], warning["path"]) for warning in answer["warnings"]} == {
        ("READ_ONLY_FIELD", "/version"), ("READ_ONLY_FIELD", "/id"), ("READ_ONLY_FIELD", "/dataProductType")
    }
    assert answer["data"]["id"] == read["id"] and answer["data"]["dataProductType"] == "standard"


#: What a JSON library once took for an order to itself.
MAGIC = ("$serde_json::private::RawValue", "$serde_json::private::Number")


@pytest.mark.parametrize("name", MAGIC)
def test_no_name_of_a_member_is_special(bobsled, om, product, name, fresh_name):
    path = f"/data-products/{product['id']}"
    odd = {name: "not json"}
    asked = {"question": "q {p}", "sql": "SELECT 1 AS a", "parameters": [{"name": "p", "type": "string", "default": odd}]}
    made = bobsled.post(f"{path}/verified-queries", asked, expect=201)["verifiedQuery"]
    page = {"title": "x", "theme": {"accent": "#ffffff", name: "[1,2]"}}
    bobsled.call("POST", f"{path}/front-page-configs", page, expect=201)
    for below in ("", "/verified-queries", "/front-page-configs"):
        bobsled.get(path + below)
    bobsled.get("/data-products")
    shown = bobsled.get(f"{path}/verified-queries/{made['id']}")["verifiedQuery"]
    assert shown["parameters"][0]["default"] == odd
    body = {"name": fresh_name("magic"), "domainType": "Aggregate", "description": {name: '"sneak"'}}
    assert om.call("PUT", "/domains", body).status_code == 400
    domain = om.put("/domains", body | {"description": "plain"})
    patch = [{"op": "add", "path": "/extension", "value": odd}]
    om.call("PATCH", f"/domains/{domain['id']}", patch)
    om.get(f"/domains/{domain['id']}")
    om.get("/domains")


def test_what_was_read_of_a_product_of_another_door_may_be_sent_back(bobsled, om, sales_tables, fresh_name):
    domain = om.put("/domains", {"name": fresh_name("echo"), "domainType": "Aggregate", "description": "x"})
    made = om.put("/dataProducts", {"name": fresh_name("echoed"), "description": "x", "domains": [domain["fullyQualifiedName"]]})
    table = sales_tables["orders"]
    om.put(f"/dataProducts/{made['name']}/assets/add", {"assets": [{"id": table["id"], "type": "table"}]})
    path = f"/data-products/{made['id']}"
    read = bobsled.get(path)
    assert read["dataSourceId"], "its tables say which"
    answer = bobsled.call("PATCH", path, read, expect=200).json()
    assert "warnings" not in answer and answer["data"]["dataSourceId"] == read["dataSourceId"]


def test_what_cannot_be_meant_is_refused(bobsled, product):
    path = f"/data-products/{product['id']}"
    plain = {"Content-Type": "application/json"}
    for body in ('{"description": "a", "description": "b"}', '{"x": [{"y": 1, "y": 1}]}'):
        answer = bobsled.call("PATCH", path, data=body, headers=plain, expect=400).json()
        assert "twice" in answer["error"]["message"]
    bobsled.call("GET", "/data-products?search=%ff", expect=400)
    latin = {"Content-Type": "application/json; charset=latin1"}
    bobsled.call("PATCH", path, data='{"description": "a"}', headers=latin, expect=415)
    assert bobsled.get(path)["version"] == product["version"]


def test_the_request_id_is_echoed(bobsled):
    answer = bobsled.call("GET", "/data-products", headers={"X-Request-Id": "abc-123"})
    assert answer.headers["X-Request-Id"] == "abc-123"


# --- the deprecated mirror ----------------------------------------------------------------------------------------


def test_the_mirror_speaks_of_workspaces_about_the_same_thing(bobsled, fresh_name):
    body = {"name": fresh_name("Mirror"), "externalWorkspaceId": fresh_name("ext"), "dataAssets": [{"tableName": "t"}]}
    answer = bobsled.call("POST", "/workspaces", body, expect=201)
    data = answer.json()["data"]
    workspace = data["workspace"]
    assert data.keys() == {"workspace", "dataAssets"}
    assert workspace["externalWorkspaceId"] == body["externalWorkspaceId"]
    assert workspace["workspaceType"] == "standard"
    assert data["dataAssets"][0]["workspaceId"] == workspace["id"]
    assert "dataProduct" not in answer.text, "keys, never values"
    product = bobsled.get(f"/data-products/{workspace['id']}")
    assert product["externalDataProductId"] == body["externalWorkspaceId"]
    mirrored = bobsled.get(f"/workspaces/{workspace['id']}")
    renamed = {"externalDataProductId": "externalWorkspaceId", "dataProductType": "workspaceType"}
    assert mirrored == {renamed.get(key, key): value for key, value in product.items()}
    listed = bobsled.get("/workspaces", name=body["name"])
    assert [w["id"] for w in listed["workspaces"]] == [workspace["id"]]
    bobsled.patch(f"/workspaces/{workspace['id']}", {"description": "dataProductId stays a value"})
    assert bobsled.get(f"/data-products/{workspace['id']}")["description"] == "dataProductId stays a value"
    assert bobsled.delete(f"/workspaces/{workspace['id']}")["deleted"] is True


def test_the_mirror_says_that_it_is_deprecated(server, bobsled, product):
    for answer in (
        bobsled.call("GET", f"/workspaces/{product['id']}", expect=200),
        bobsled.call("GET", f"/workspaces/{uuid.uuid4()}", expect=404),
        bobsled.call("PATCH", f"/workspaces/{product['id']}", {"name": 7}, expect=400),
    ):
        assert answer.headers["Deprecation"] == "@1772409600"
        assert 'rel="successor-version"' in answer.headers["Link"] and "/data-products" in answer.headers["Link"]
        assert "Sunset" not in answer.headers, "only once a date is configured"
    assert (
        f"/api/v1/accounts/{server.account}/data-products/{product['id']}"
        in bobsled.call("GET", f"/workspaces/{product['id']}").headers["Link"]
    )
    fresh = bobsled.call("GET", at(product))
    assert "Deprecation" not in fresh.headers
    message = bobsled.refuses("GET", f"/workspaces/{uuid.uuid4()}", 404, "NOT_FOUND")["message"]
    assert "workspace" in message.lower() and "product" not in message.lower()


def test_calls_of_the_mirror_are_counted_by_path_and_metrics_name_no_token(server, bobsled, product):
    bobsled.get(f"/workspaces/{product['id']}")
    text = requests.get(f"{server.url}/metrics", timeout=10).text
    lines = text.splitlines()
    path = 'path_template="/api/v1/accounts/{accountId}/workspaces/{workspaceId}"'
    counted = [line for line in lines if line.startswith("emporion_deprecated_calls_total{") and path in line]
    assert len(counted) == 1 and "token" not in counted[0]
    claims = server.admin.token.split(".")[1]
    token = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["jti"]
    assert token not in text


def test_both_spellings_are_understood_and_must_agree(bobsled, fresh_name):
    body = {"name": fresh_name("p"), "externalWorkspaceId": fresh_name("w")}
    made = bobsled.post("/data-products", body)["dataProduct"]
    assert made["externalDataProductId"] == body["externalWorkspaceId"]
    both = {"name": fresh_name("p"), "externalWorkspaceId": "a-1", "externalDataProductId": "a-2"}
    bobsled.refuses("POST", "/data-products", 400, "CONFLICTING_FIELDS", both)


def test_the_document_flags_the_mirror_and_tags_the_rest(server, admin):
    document = requests.get(f"{server.url}/openapi/bobsled.json", timeout=30).json()
    assert document["openapi"].startswith("3.1")
    verbs = ("get", "post", "put", "patch", "delete")
    for path, item in document["paths"].items():
        for operation in (item[verb] for verb in verbs if verb in item):
            assert operation.get("deprecated", False) == ("/workspaces" in path), path
            assert operation["tags"], path
    assert "/api/v1/accounts/{accountId}/data-products" in document["paths"]


# --- errors -------------------------------------------------------------------------------------------------------

def test_no_token_a_bad_token_and_another_account(server, product, other_account):
    for token in (None, "nonsense"):
        answer = BobsledDoor(server, token).call("GET", "/data-products", expect=401)
        assert answer.json()["error"]["code"] == "UNAUTHENTICATED"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    elsewhere = BobsledDoor(server, other_account.token)
    elsewhere.refuses("GET", "/data-products", 404, "NOT_FOUND")
    elsewhere.refuses("GET", at(product), 404, "NOT_FOUND")
    theirs = BobsledDoor(server, other_account.token, other_account.account)
    theirs.refuses("GET", at(product), 404, "NOT_FOUND")
    assert theirs.get("/data-products")["dataProducts"] == []


def test_without_any_data_source_default_is_422(server, other_account, fresh_name):
    theirs = BobsledDoor(server, other_account.token, other_account.account)
    theirs.refuses("POST", "/data-products", 422, "NO_DEFAULT_DATA_SOURCE", {"name": fresh_name("p")})


def test_a_verb_that_is_not_offered_is_405(bobsled, product):
    answer = bobsled.call("PUT", at(product), {}, expect=405)
    assert answer.json()["error"]["code"] == "METHOD_NOT_ALLOWED"
    assert {verb.strip() for verb in answer.headers["Allow"].split(",")} >= {"GET", "PATCH", "DELETE"}


def test_validation_lists_everything_at_once(bobsled, fresh_name):
    body = {
        "name": "x" * 201,
        "description": "d" * 10_001,
        "dataAssets": [{"schemaName": "s"}, {"tableName": ""}, {"tableName": "ok", "externalId": "e" * 201}],
    }
    error = bobsled.refuses("POST", "/data-products", 422, "VALIDATION_FAILED", body)
    assert violations(error) == {
        "/name", "/description", "/dataAssets/0/tableName", "/dataAssets/1/tableName", "/dataAssets/2/externalId",
    }  # fmt: skip
    assert all(v["rule"] and v["message"] for v in error["details"]["violations"])
    missing = bobsled.refuses("POST", "/data-products", 422, "VALIDATION_FAILED", {})
    assert violations(missing) == {"/name"}


@pytest.mark.parametrize(
    "body", [{"name": 7}, {"name": "n", "dataAssets": {}}, {"name": "n", "webSearchEnabled": "yes"}, [], "x"]
)
def test_a_wrong_json_type_is_400(bobsled, body):
    bobsled.refuses("POST", "/data-products", 400, "BAD_REQUEST", body)


def test_an_unknown_path_has_the_envelope_too(server, admin):
    for path in ("/api/v1/accounts", "/api/v1/accounts/me/nothing", "/api/v1/accounts/me/data-products/x/nothing"):
        answer = requests.get(server.url + path, headers={"Authorization": f"Bearer {admin.token}"}, timeout=30)
        assert answer.status_code in (404, 405)
        if path != "/api/v1/accounts":
            check_envelope(answer)
