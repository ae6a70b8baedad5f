"""Lists of the OpenMetadata door: pages, cursors, fields, include and filters that really filter."""

import base64
import json
import threading
import time

import pytest

from openmetadata_door import OpenMetadataDoor, reference


@pytest.fixture(scope="module")
def shelf(om, fresh_name) -> dict:
    """Two services with a database, a schema and tables each; and a domain with two products."""
    made = {"services": [], "schemas": [], "tables": {}}
    for _ in range(2):
        name = fresh_name("shelf")
        om.post("/services/databaseServices", {"name": name, "serviceType": "Postgres"})
        om.post("/databases", {"name": "db", "service": name})
        schema = om.post("/databaseSchemas", {"name": "public", "database": f"{name}.db"})["fullyQualifiedName"]
        tables = [
            om.post(
                "/tables", {"name": f"t{i}", "databaseSchema": schema, "columns": [{"name": "id", "dataType": "INT"}]}
            )
            for i in range(5)
        ]
        made["services"].append(name)
        made["schemas"].append(schema)
        made["tables"][schema] = [table["fullyQualifiedName"] for table in tables]
    return made


def fqns(rows: list[dict]) -> list[str]:
    return [row["fullyQualifiedName"] for row in rows]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_pages_are_in_order_without_gaps_and_know_the_total(om, shelf, limit):
    schema = shelf["schemas"][0]
    pages = list(om.pages("tables", limit, databaseSchema=schema))
    assert fqns([row for page in pages for row in page["data"]]) == shelf["tables"][schema]
    assert {page["paging"]["total"] for page in pages} == {5}
    assert all(len(page["data"]) <= limit for page in pages)
    assert "after" not in pages[-1]["paging"] and "before" not in pages[0]["paging"]


def test_one_can_page_backwards(om, shelf):
    schema = shelf["schemas"][0]
    pages = list(om.pages("tables", 2, databaseSchema=schema))
    back = om.get("/tables", limit=2, before=pages[2]["paging"]["before"], databaseSchema=schema)
    assert fqns(back["data"]) == fqns(pages[1]["data"])


def test_cursors_are_made_of_harmless_characters(om, shelf):
    page = om.get("/tables", limit=1, databaseSchema=shelf["schemas"][0])
    cursor = page["paging"]["after"]
    assert cursor and all(c.isascii() and (c.isalnum() or c in "-_=") for c in cursor)


def test_a_limit_of_nought_answers_only_the_total(om, shelf):
    page = om.get("/tables", limit=0, databaseSchema=shelf["schemas"][0])
    assert (page["data"], page["paging"]["total"]) == ([], 5)


@pytest.mark.parametrize("limit", ["-1", "1000001", "many", "1.5"])
def test_a_limit_out_of_range_is_400(om, limit):
    om.call("GET", f"/tables?limit={limit}", expect=400)


def test_both_cursors_at_once_are_400(om, shelf):
    cursor = om.get("/tables", limit=1, databaseSchema=shelf["schemas"][0])["paging"]["after"]
    refused = om.get("/tables", limit=1, after=cursor, before=cursor, expect=400)
    assert "Only one of before or after" in refused["message"]


BROKEN = [
    "!!!",
    "AAAA",
    "x" * 5000,
    base64.urlsafe_b64encode(b"{}").decode(),
    base64.urlsafe_b64encode(b'{"name":1,"id":2}').decode(),
    base64.urlsafe_b64encode(json.dumps({"name": "a" * 10_000, "id": "b"}).encode()).decode(),
]


@pytest.mark.parametrize("direction", ["after", "before"])
@pytest.mark.parametrize("cursor", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_cursor_is_400(om, direction, cursor):
    om.get("/tables", limit=1, expect=400, **{direction: cursor})


def test_a_walk_survives_inserts_without_repeats_or_gaps(server, admin, om, fresh_name):
    service = fresh_name("walk")
    om.post("/services/databaseServices", {"name": service, "serviceType": "Postgres"})
    rows = [{"name": f"d{i:04d}", "service": service} for i in range(0, 1000, 2)]
    assert om.put("/databases/bulk", rows, expect=200)["numberOfRowsPassed"] == 500
    stop = threading.Event()

    def insert():
        i = 1
        while not stop.is_set() and i < 1000:
            om_too.put("/databases", {"name": f"d{i:04d}", "service": service})
            i += 2

    om_too = OpenMetadataDoor(server, admin.token)
    writer = threading.Thread(target=insert)
    writer.start()
    try:
        seen = fqns(om.everything("databases", limit=7, service=service))
    finally:
        stop.set()
        writer.join()
    assert len(seen) == len(set(seen))
    assert {f"{service}.d{i:04d}" for i in range(0, 1000, 2)} <= set(seen)


@pytest.mark.parametrize("parameter", ["service", "database", "databaseSchema"])
def test_a_filter_shows_only_what_is_below_it(om, shelf, parameter):
    for service, schema in zip(shelf["services"], shelf["schemas"], strict=True):
        value = {"service": service, "database": f"{service}.db", "databaseSchema": schema}[parameter]
        listed = om.get("/tables", limit=100, **{parameter: value})
        assert fqns(listed["data"]) == shelf["tables"][schema] and listed["paging"]["total"] == 5


def test_a_filter_that_names_nothing_shows_nothing(om):
    listed = om.get("/tables", service="no such service")
    assert (listed["data"], listed["paging"]["total"]) == ([], 0)


def test_a_filter_takes_the_id_as_well_as_the_name(om, fresh_name):
    glossary = om.post("/glossaries", {"name": fresh_name("words"), "description": "d"})
    body = {"glossary": glossary["name"], "description": "d"}
    term = om.post("/glossaryTerms", body | {"name": "A"})
    om.post("/glossaryTerms", body | {"name": "B", "parent": f"{glossary['name']}.A"})
    for parameter, entity, expected in (("glossary", glossary, ["A", "B"]), ("parent", term, ["B"])):
        for value in (entity["id"], entity["fullyQualifiedName"]):
            listed = om.get("/glossaryTerms", limit=10, **{parameter: value})
            assert [row["name"] for row in listed["data"]] == expected


def test_the_history_of_a_collection_tells_versions_newest_first(om, fresh_name):
    since = int(time.time() * 1000)
    made = [om.post("/classifications", {"name": fresh_name("past"), "description": "d"}) for _ in range(3)]
    om.patch(f"/classifications/{made[0]['id']}", [{"op": "replace", "path": "/description", "value": "e"}])
    om.delete(f"/classifications/{made[1]['id']}")
    span = {"startTs": since - 1, "endTs": int(time.time() * 1000) + 1000}
    whole = om.get("/classifications/history", limit=500, **span)
    told = [(row["id"], row["version"]) for row in whole["data"]]
    assert told == [
        (made[1]["id"], 0.2),
        (made[0]["id"], 0.2),
        *[(entity["id"], 0.1) for entity in reversed(made)],
    ]
    assert whole["paging"] == {"total": 5} and whole["data"][0]["deleted"] is True
    first = om.get("/classifications/history", limit=2, **span)
    second = om.get("/classifications/history", limit=2, after=first["paging"]["after"], **span)
    assert [(row["id"], row["version"]) for row in first["data"] + second["data"]] == told[:4]
    back = om.get("/classifications/history", limit=2, before=second["paging"]["before"], **span)
    assert back["data"] == first["data"] and "before" not in back["paging"]
    assert om.get("/classifications/history", endTs=since - 60_000, startTs=since - 60_001)["data"] == []


@pytest.mark.parametrize("query", ["limit=501", "limit=-1", "startTs=soon", "after=x", "after=1&before=2"])
def test_a_history_that_cannot_be_read_is_400(om, query):
    om.call("GET", f"/tables/history?{query}", expect=400)


def test_products_are_filtered_by_domain(om, om_domain, fresh_name):
    other = om.post("/domains", {"name": fresh_name("Finance"), "domainType": "Aggregate", "description": "f"})
    names = [fresh_name("p") for _ in range(3)]
    for name in names:
        om.post("/dataProducts", {"name": name, "description": "d", "domains": [other["name"]]})
    listed = om.get("/dataProducts", domain=other["name"], fields="domains", limit=2)
    assert listed["paging"]["total"] == 3 and len(listed["data"]) == 2
    assert {row["domains"][0]["id"] for row in listed["data"]} == {other["id"]}


@pytest.mark.parametrize(
    ("collection", "parameter"),
    [
        ("domains", "databaseSchema"),
        ("services/databaseServices", "database"),
        ("pipelines", "databaseSchema"),
        ("databases", "databaseSchema"),
        ("users", "service"),
        ("dataProducts", "service"),
    ],
)
def test_a_filter_of_another_collection_is_400(om, collection, parameter):
    """Ignoring it would make a client that deletes what it did not see delete the records of others."""
    refused = om.get(f"/{collection}", expect=400, **{parameter: "x"})
    assert parameter in refused["message"]


def test_other_unknown_parameters_are_ignored(om):
    om.get("/tables", limit=1, colour="green")


def test_only_the_asked_fields_come_and_star_means_all(om, om_domain, om_user, fresh_name):
    body = {
        "name": fresh_name("fields"),
        "description": "d",
        "domains": [om_domain["name"]],
        "owners": [reference(om_user, "user")],
        "experts": [om_user["name"]],
    }
    path = f"/dataProducts/{om.post('/dataProducts', body)['id']}"
    bare = om.get(path)
    assert not bare.keys() & {"owners", "experts", "domains", "tags", "followers", "votes", "extension", "domain"}
    asked = om.get(path, fields="owners,experts")
    assert asked["owners"][0]["id"] == om_user["id"] and asked["experts"][0]["name"] == om_user["name"]
    assert not asked.keys() & {"domains", "tags"}
    everything = om.get(path, fields="*")
    assert {"owners", "experts", "domains", "tags"} <= everything.keys()
    assert None not in everything.values()


@pytest.mark.parametrize("fields", ["colour", "owners,colour", "deleted.x"])
def test_an_unknown_field_is_400(om, fields):
    assert "Invalid field name" in om.get("/tables", fields=fields, expect=400)["message"]


def test_include_chooses_between_the_living_and_the_deleted(om, fresh_name):
    service = fresh_name("include")
    om.post("/services/databaseServices", {"name": service, "serviceType": "Postgres"})
    kept, gone = (om.post("/databases", {"name": n, "service": service}) for n in ("kept", "gone"))
    deleted = om.delete(f"/databases/{gone['id']}")
    assert deleted["deleted"] is True and deleted["version"] > gone["version"]
    expected = {"non-deleted": {kept["id"]}, "deleted": {gone["id"]}, "all": {kept["id"], gone["id"]}}
    for include, ids in expected.items():
        listed = om.get("/databases", service=service, include=include)
        assert {row["id"] for row in listed["data"]} == ids and listed["paging"]["total"] == len(ids)
        for entity in (kept, gone):
            status = 200 if entity["id"] in ids else 404
            om.get(f"/databases/{entity['id']}", include=include, expect=status)
            om.by_name("databases", entity["fullyQualifiedName"], include=include, expect=status)
    om.get("/databases", include="some", expect=400)


def test_include_glued_to_the_name_by_the_client_is_understood(om, fresh_name):
    service = fresh_name("glued")
    made = om.post("/services/databaseServices", {"name": service, "serviceType": "Postgres"})
    om.delete(f"/services/databaseServices/{made['id']}")
    answer = om.call("GET", f"/services/databaseServices/name/{service}&include=all", expect=(200, 404))
    assert answer.status_code == 404 or answer.json()["id"] == made["id"]


def test_a_list_and_a_get_show_the_same_entity(om, shelf):
    row = om.get("/tables", databaseSchema=shelf["schemas"][0], limit=1, fields="*")["data"][0]
    assert om.get(f"/tables/{row['id']}", fields="*") == row
