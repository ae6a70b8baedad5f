"""Changing records over the OpenMetadata door: JSON Patch, If-Match, merging PUTs, versions, followers, deletion."""

import json

import pytest

from openmetadata_door import label, reference


@pytest.fixture
def product(om, om_domain, fresh_name) -> dict:
    return om.post("/dataProducts", {"name": fresh_name("p"), "description": "d", "domains": [om_domain["name"]]})


@pytest.fixture(scope="module")
def schema(om, fresh_name) -> str:
    service = fresh_name("changes")
    om.post("/services/databaseServices", {"name": service, "serviceType": "Postgres"})
    om.post("/databases", {"name": "db", "service": service})
    return om.post("/databaseSchemas", {"name": "s", "database": f"{service}.db"})["fullyQualifiedName"]


@pytest.fixture
def table(om, schema, fresh_name) -> dict:
    columns = [
        {"name": "id", "dataType": "INT"},
        {"name": "name", "dataType": "VARCHAR", "dataLength": 100},
        {"name": "note", "dataType": "TEXT"},
    ]
    return om.post("/tables", {"name": fresh_name("t"), "databaseSchema": schema, "columns": columns})


@pytest.fixture(scope="module")
def tags(om, fresh_name) -> list[str]:
    classification = om.post("/classifications", {"name": fresh_name("Kind"), "description": "kinds"})["name"]
    made = [om.post("/tags", {"classification": classification, "name": f"t{i}", "description": "t"}) for i in range(3)]
    return [tag["fullyQualifiedName"] for tag in made]


def test_patch_on_a_fresh_record_reaches_lists_that_are_still_empty(om, table, tags, om_user, om_domain):
    path = f"/tables/{table['id']}"
    om.patch(path, [{"op": "add", "path": "/tags/0", "value": label(tags[0])}])
    om.patch(path, [{"op": "add", "path": "/owners/0", "value": reference(om_user, "user")}])
    om.patch(path, [{"op": "add", "path": "/domains/0", "value": reference(om_domain, "domain")}])
    om.patch(path, [{"op": "add", "path": "/columns/1/tags/0", "value": label(tags[1])}])
    om.patch(path, [{"op": "add", "path": "/columns/1/description", "value": "the name"}])
    found = om.get(path, fields="*")
    assert [t["tagFQN"] for t in found["tags"]] == [tags[0]]
    assert [o["id"] for o in found["owners"]] == [om_user["id"]]
    assert [d["id"] for d in found["domains"]] == [om_domain["id"]]
    assert [t["tagFQN"] for t in found["columns"][1]["tags"]] == [tags[1]]
    assert found["columns"][1]["description"] == "the name"
    om.patch(
        path,
        [
            {"op": "remove", "path": "/tags/0"},
            {"op": "remove", "path": "/owners/0"},
            {"op": "remove", "path": "/columns/1/tags/0"},
            {"op": "remove", "path": "/columns/1/description"},
        ],
    )
    found = om.get(path, fields="*")
    assert not found.get("tags") and not [o for o in found.get("owners", []) if not o.get("inherited")]
    assert not found["columns"][1]["tags"] and "description" not in found["columns"][1]


def test_patch_by_name_is_the_same_as_by_id(om, product):
    name = product["fullyQualifiedName"]
    operations = [{"op": "replace", "path": "/description", "value": "by name"}]
    assert om.patch(f"/dataProducts/name/{name}", operations)["description"] == "by name"


def test_operations_apply_in_order_and_all_or_nothing(om, table):
    path = f"/tables/{table['id']}"
    operations = [
        {"op": "add", "path": "/displayName", "value": "one"},
        {"op": "test", "path": "/displayName", "value": "one"},
        {"op": "copy", "from": "/displayName", "path": "/description"},
        {"op": "replace", "path": "/displayName", "value": "two"},
        {"op": "move", "from": "/columns/2", "path": "/columns/0"},
    ]
    patched = om.patch(path, operations)
    assert (patched["displayName"], patched["description"]) == ("two", "one")
    assert [c["name"] for c in patched["columns"]] == ["note", "id", "name"]
    om.patch(
        path,
        [{"op": "replace", "path": "/displayName", "value": "three"}, {"op": "test", "path": "/name", "value": "x"}],
        expect=400,
    )
    assert om.get(path)["displayName"] == "two"


@pytest.mark.parametrize(
    "operations",
    [
        {},
        "text",
        [{}],
        [{"op": "frobnicate", "path": "/description", "value": 1}],
        [{"op": "add", "value": "no path"}],
        [{"op": "add", "path": "description", "value": "no slash"}],
        [{"op": "replace", "path": "/no/such/thing", "value": 1}],
        [{"op": "remove", "path": "/columns/99"}],
        [{"op": "add", "path": "/columns/99", "value": {}}],
        [{"op": "add", "path": "/columns/01", "value": {}}],
        [{"op": "remove", "path": "/name"}],
        [{"op": "replace", "path": "", "value": {}}],
        [{"op": "replace", "path": "/columns/0/dataType", "value": "COLOUR"}],
        [{"op": "replace", "path": "/id", "value": "00000000-0000-7000-8000-000000000000"}],
        [{"op": "add", "path": "/deleted", "value": True}],
        [{"op": "add", "path": "/nonsense", "value": True}],
        [{"op": "add", "path": "/description", "value": {"not": "text"}}],
        [{"op": "add", "path": "/owners/-", "value": {"id": "nobody", "type": "user"}}],
        [{"op": "move", "from": "/columns", "path": "/columns/0"}],
    ],
    ids=str,
)
def test_an_illegal_patch_is_400_and_changes_nothing(om, table, operations):
    path = f"/tables/{table['id']}"
    before = om.get(path, fields="*")
    om.patch(path, operations, expect=400)
    assert om.get(path, fields="*") == before


def test_a_patch_that_is_no_json_patch_is_415(om, product):
    for content_type in ("application/json", "text/plain"):
        om.call(
            "PATCH",
            f"/dataProducts/{product['id']}",
            data=b"[]",
            headers={"Content-Type": content_type},
            expect=415,
        )


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_a_body_that_is_said_to_be_no_json_is_415(om, content_type):
    for method, path in (("POST", "/domains"), ("PUT", "/tables/bulk"), ("PUT", "/domains/restore")):
        om.call(method, path, data=b"{}", headers={"Content-Type": content_type}, expect=415)


def test_a_column_of_another_type_is_a_major_version(om, table):
    def columns(**changed):
        return [column | changed if index == 0 else column for index, column in enumerate(table["columns"])]

    path = f"/tables/{table['id']}"
    kept = om.patch(path, [{"op": "replace", "path": "/columns", "value": columns(description="d")}])
    assert kept["version"] == pytest.approx(table["version"] + 0.1)
    retyped = om.patch(path, [{"op": "replace", "path": "/columns/0/dataType", "value": "DOUBLE"}])
    assert retyped["version"] == pytest.approx(kept["version"] + 1.0)


def test_an_empty_patch_changes_nothing(om, product):
    patched = om.patch(f"/dataProducts/{product['id']}", [])
    assert (patched["version"], patched["updatedAt"]) == (product["version"], product["updatedAt"])


def test_patches_of_one_person_within_ten_minutes_are_one_version(om, product):
    path = f"/dataProducts/{product['id']}"
    first = om.patch(path, [{"op": "replace", "path": "/description", "value": "one"}])
    second = om.patch(path, [{"op": "add", "path": "/displayName", "value": "two"}])
    assert (first["version"], second["version"]) == (0.2, 0.2)
    assert second["updatedAt"] >= first["updatedAt"]


def test_if_match_lets_only_the_first_of_two_writers_through(om, product):
    path = f"/dataProducts/{product['id']}"
    etag = om.call("GET", path).headers["ETag"]
    operations = [{"op": "replace", "path": "/description", "value": "first"}]
    om.patch(path, operations, headers={"If-Match": etag})
    late = om.patch(path, [{"op": "replace", "path": "/description", "value": "late"}], 412, {"If-Match": etag})
    assert late["code"] == 412 and "modified" in late["message"]
    assert om.get(path)["description"] == "first"


def test_the_clients_weak_tag_is_the_version(om, product):
    path = f"/dataProducts/{product['id']}"
    change = [{"op": "replace", "path": "/description", "value": "weak"}]
    om.patch(path, change, 412, {"If-Match": 'W/"0.7"'})
    changed = om.patch(path, change, 200, {"If-Match": 'W/"0.1"'})
    assert changed["version"] == 0.2
    om.patch(path, [{"op": "add", "path": "/displayName", "value": "x"}], 200, {"If-Match": "*"})


def test_a_person_overwrites_what_a_bot_may_not(om, om_bot, om_domain, om_user, tags, fresh_name):
    body = {"name": fresh_name("put"), "description": "by a person", "domains": [om_domain["name"]]}
    made = om.put("/dataProducts", body | {"tags": [label(tags[0])], "owners": [reference(om_user, "user")]})
    robot = om_bot.put("/dataProducts", body | {"description": "by a bot", "tags": [label(tags[1])]})
    assert robot["description"] == "by a person"
    found = om.get(f"/dataProducts/{made['id']}", fields="tags,owners")
    assert {t["tagFQN"] for t in found["tags"]} == set(tags[:2]), "a PUT only ever adds tags"
    assert [o["id"] for o in found["owners"]] == [om_user["id"]], "a PUT without owners keeps them"
    person = om.put("/dataProducts", body | {"description": "by a person again"})
    assert person["description"] == "by a person again"


def test_a_bot_fills_what_is_empty(om, om_bot, schema, fresh_name):
    body = {"name": fresh_name("t"), "databaseSchema": schema, "columns": [{"name": "id", "dataType": "INT"}]}
    om.put("/tables", body)
    assert om_bot.put("/tables", body | {"description": "from the source"})["description"] == "from the source"
    assert om_bot.put("/tables", body | {"description": "changed"})["description"] == "from the source"
    cleared = om.put("/tables", body)
    assert "description" not in cleared, "a person's PUT without a description clears it"


def test_a_change_of_the_source_hash_alone_is_silent(om_bot, schema, fresh_name):
    body = {"name": fresh_name("t"), "databaseSchema": schema, "columns": [{"name": "id", "dataType": "INT"}]}
    first = om_bot.put("/tables", body | {"sourceHash": "a" * 32})
    second = om_bot.put("/tables", body | {"sourceHash": "b" * 32})
    assert (second["version"], second["updatedAt"]) == (first["version"], first["updatedAt"])
    assert second["sourceHash"] == "b" * 32


def test_a_deleted_column_raises_the_major_version(om, table, schema):
    body = {"name": table["name"], "databaseSchema": schema}
    columns = [{"name": "id", "dataType": "INT"}, {"name": "name", "dataType": "VARCHAR", "dataLength": 100}]
    changed = om.put("/tables", body | {"columns": columns})
    assert changed["version"] == 1.1
    assert [c["name"] for c in changed["changeDescription"]["fieldsDeleted"]] == ["columns"]
    columns[1]["dataLength"] = 50
    assert om.put("/tables", body | {"columns": columns})["version"] == 2.1


@pytest.mark.parametrize("data_type", ["CHAR", "VARCHAR", "BINARY", "VARBINARY"])
def test_types_with_a_length_need_one(om, schema, fresh_name, data_type):
    column = {"name": "c", "dataType": data_type}
    refused = om.post("/tables", {"name": fresh_name("t"), "databaseSchema": schema, "columns": [column]}, expect=400)
    assert "dataLength" in refused["message"] or "length" in refused["message"]


def test_versions_are_json_strings_newest_first(om, product):
    path = f"/dataProducts/{product['id']}"
    om.put(
        "/dataProducts",
        {"name": product["name"], "description": "d2", "domains": [product["fullyQualifiedName"].split(".")[0]]},
    )
    history = om.get(f"{path}/versions")
    assert history["entityType"] == "dataProduct"
    entities = [json.loads(text) for text in history["versions"]]
    assert [(e["version"], e["description"]) for e in entities] == [(0.2, "d2"), (0.1, "d")]
    assert om.get(f"{path}/versions/0.1")["description"] == "d"
    om.get(f"{path}/versions/0.9", expect=404)
    om.get(f"{path}/versions/newest", expect=(400, 404))


def test_followers_and_votes_bump_no_version(om, product, om_user):
    path = f"/dataProducts/{product['id']}"
    event = om.call("PUT", f"{path}/followers", om_user["id"], expect=200).json()
    assert event["entityType"] == "dataProduct" and event["entityId"] == product["id"]
    om.call("PUT", f"{path}/vote", {"updatedVoteType": "votedUp"}, expect=200)
    found = om.get(path, fields="followers,votes")
    assert [f["id"] for f in found["followers"]] == [om_user["id"]] and found["votes"]["upVotes"] == 1
    assert found["version"] == product["version"]
    om.delete(f"{path}/followers/{om_user['id']}")
    om.call("PUT", f"{path}/vote", {"updatedVoteType": "unVoted"}, expect=200)
    found = om.get(path, fields="followers,votes")
    assert not found.get("followers") and not found.get("votes", {}).get("upVotes")
    om.call("PUT", f"{path}/followers", "00000000-0000-7000-8000-000000000000", expect=404)
    om.call("PUT", f"{path}/vote", {"updatedVoteType": "shrug"}, expect=400)


def test_a_service_with_children_is_deleted_only_recursively(om, fresh_name):
    name = fresh_name("tree")
    service = om.post("/services/databaseServices", {"name": name, "serviceType": "Postgres"})
    database = om.post("/databases", {"name": "db", "service": name})
    path = f"/services/databaseServices/{service['id']}"
    assert om.delete(path, expect=400)["message"] == "databaseService is not empty"
    om.delete(path, recursive="true")
    om.get(f"/databases/{database['id']}", expect=404)
    om.put("/services/databaseServices/restore", {"id": service["id"]}, expect=200)
    om.get(f"/databases/{database['id']}")
    om.delete(path, recursive="true", hardDelete="true")
    om.get(path, include="all", expect=404)
    om.get(f"/databases/{database['id']}", include="all", expect=404)


def test_delete_by_name(om, fresh_name):
    name = fresh_name("by name")
    om.post("/services/pipelineServices", {"name": name, "serviceType": "Airflow"})
    om.delete(f"/services/pipelineServices/name/{name}")
    om.by_name("services/pipelineServices", name, expect=404)


def test_a_deleted_product_frees_its_name(om, om_domain, product):
    om.delete(f"/dataProducts/{product['id']}")
    om.by_name("dataProducts", product["fullyQualifiedName"], expect=404)
    body = {"name": product["name"], "description": "again", "domains": [om_domain["name"]]}
    again = om.post("/dataProducts", body)
    assert again["id"] != product["id"]
    om.put("/dataProducts/restore", {"id": product["id"]}, expect=409)
    om.delete(f"/dataProducts/{again['id']}")
    assert om.put("/dataProducts/restore", {"id": product["id"]}, expect=200)["id"] == product["id"]


def test_a_product_must_keep_a_domain(om, product):
    om.patch(f"/dataProducts/{product['id']}", [{"op": "remove", "path": "/domains/0"}], expect=400)


def test_moving_a_product_changes_its_fqn_and_not_its_id(om, product, fresh_name):
    other = om.post("/domains", {"name": fresh_name("Elsewhere"), "domainType": "Aggregate", "description": "e"})
    moved = om.patch(
        f"/dataProducts/{product['id']}", [{"op": "replace", "path": "/domains/0", "value": reference(other, "domain")}]
    )
    assert moved["id"] == product["id"] and moved["fullyQualifiedName"] == f"{other['name']}.{product['name']}"
    assert om.by_name("dataProducts", moved["fullyQualifiedName"])["id"] == product["id"]
    om.by_name("dataProducts", product["fullyQualifiedName"], expect=404)


def test_renaming_a_domain_renames_everything_below(om, fresh_name):
    old, new = fresh_name("Old"), fresh_name("New")
    domain = om.post("/domains", {"name": old, "domainType": "Aggregate", "description": "o"})
    sub = om.post("/domains", {"name": "sub", "domainType": "Aggregate", "description": "s", "parent": old})
    product = om.post("/dataProducts", {"name": "p", "description": "d", "domains": [sub["fullyQualifiedName"]]})
    assert product["fullyQualifiedName"] == f"{old}.sub.p"
    om.patch(f"/domains/{domain['id']}", [{"op": "replace", "path": "/name", "value": new}])
    assert om.get(f"/domains/{sub['id']}")["fullyQualifiedName"] == f"{new}.sub"
    assert om.by_name("dataProducts", f"{new}.sub.p")["id"] == product["id"]
    om.by_name("dataProducts", f"{old}.sub.p", expect=404)


def test_a_tag_is_renamed_wherever_it_hangs(om, product, fresh_name):
    classification = om.post("/classifications", {"name": fresh_name("C"), "description": "c"})
    tag = om.post("/tags", {"classification": classification["name"], "name": "old", "description": "t"})
    om.patch(
        f"/dataProducts/{product['id']}", [{"op": "add", "path": "/tags/0", "value": label(tag["fullyQualifiedName"])}]
    )
    om.patch(f"/tags/{tag['id']}", [{"op": "replace", "path": "/name", "value": "new"}])
    found = om.get(f"/dataProducts/{product['id']}", fields="tags")
    assert [t["tagFQN"] for t in found["tags"]] == [f"{classification['name']}.new"]


def test_owners_are_inherited_down_a_service_and_marked(om, om_user, fresh_name):
    name = fresh_name("heir")
    om.post(
        "/services/databaseServices", {"name": name, "serviceType": "Postgres", "owners": [reference(om_user, "user")]}
    )
    database = om.post("/databases", {"name": "db", "service": name})
    owners = om.get(f"/databases/{database['id']}", fields="owners")["owners"]
    assert [(o["id"], o["inherited"]) for o in owners] == [(om_user["id"], True)]


def test_assets_and_ports_keep_their_rules(om, product, table, schema, fresh_name):
    path = f"/dataProducts/{product['fullyQualifiedName']}"
    ref = reference(table, "table")
    refused = om.put(f"{path}/outputPorts/add", {"assets": [ref]}, expect=400)
    assert refused["status"] == "failure" and "must belong to the data product" in json.dumps(refused)
    added = om.put(f"{path}/assets/add", {"assets": [ref]}, expect=200)
    assert added["successRequest"][0]["request"]["fullyQualifiedName"] == table["fullyQualifiedName"]
    om.put(f"{path}/outputPorts/add", {"assets": [ref]}, expect=200)
    om.put(f"{path}/inputPorts/add", {"assets": [ref]}, expect=400)
    ports = om.get(f"/dataProducts/{product['id']}/outputPorts")
    assert [p["id"] for p in ports["data"]] == [table["id"]] and ports["paging"]["total"] == 1
    missing = {"id": "00000000-0000-7000-8000-000000000000", "type": "table"}
    partial = om.put(f"{path}/assets/add", {"assets": [ref, missing]}, expect=200)
    assert partial["status"] == "partialSuccess" and partial["numberOfRowsFailed"] == 1
    nothing = om.put(f"{path}/assets/add", {"assets": []}, expect=200)
    assert nothing["status"] == "success"
    assert om.put(f"{path}/assets/remove", {"assets": [ref], "dryRun": True}, expect=200)["dryRun"] is True
    assert om.get(f"/dataProducts/{product['id']}/assets")["paging"]["total"] == 1
