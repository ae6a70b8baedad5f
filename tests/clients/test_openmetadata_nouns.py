"""What queries, stored procedures, metrics and ingestion pipelines have of their own, and who sees what of it."""

import hashlib
import json
import time

import pytest

from emporion_server import Principal
from openmetadata_door import OpenMetadataDoor, reference

DBT = {"dbtConfigType": "s3", "dbtSecurityConfig": {"awsRegion": "eu-west-1", "awsSecretAccessKey": "sealed-word"}}
SECRET_QUERY = "SELECT name FROM customers WHERE email = 'carol@example.com' AND card = 4111"
HIDDEN_QUERY = "SELECT name FROM customers WHERE email = ? AND card = ?"


@pytest.fixture(scope="module")
def holder(server, fresh_name) -> Principal:
    return server.new_user(fresh_name("holder"))


@pytest.fixture(scope="module")
def places(om, holder, fresh_name) -> dict:
    """A service that the holder owns, and a schema and a table below it."""
    owners = [{"id": holder.id, "type": "user"}]
    service = om.post("/services/databaseServices", {"name": fresh_name("nouns"), "serviceType": "Postgres", "owners": owners})
    database = om.post("/databases", {"name": "db", "service": service["fullyQualifiedName"]})
    schema = om.post("/databaseSchemas", {"name": "s", "database": database["fullyQualifiedName"]})
    columns = [{"name": "id", "dataType": "INT"}]
    table = om.post("/tables", {"name": "t", "databaseSchema": schema["fullyQualifiedName"], "columns": columns})
    return {"service": service, "schema": schema, "table": table}


@pytest.fixture
def query(om, places) -> dict:
    text = f"{SECRET_QUERY} -- {time.time_ns()}"
    return om.post("/queries", {"query": text, "service": places["service"]["fullyQualifiedName"]})


# --- queries --------------------------------------------------------------------------------------------------------


def test_the_name_of_a_query_without_one_tells_nothing_of_its_text(server, om, holder, places, query):
    text, service = query["query"], places["service"]["fullyQualifiedName"]
    checksum = hashlib.md5(text.encode()).hexdigest()
    assert query["checksum"] == checksum and query["name"] != checksum
    assert query["fullyQualifiedName"] == f"{service}.{query['name']}"
    for guess in (hashlib.md5, hashlib.sha1, hashlib.sha256):
        for salt in ("", service, places["service"]["id"]):
            assert not guess((salt + text).encode()).hexdigest().startswith(query["name"])
    om.call("GET", f"/queries/name/{service}.{checksum}", expect=404)
    assert om.get(f"/queries/name/{query['name']}")["id"] == query["id"], "without its service"
    # The same text is the same query: for those who hold the rows, whichever way it comes.
    body = {"query": text, "service": service}
    for door in (om, OpenMetadataDoor(server, holder.token)):
        again = door.put("/queries", body)
        assert (again["id"], again["version"]) == (query["id"], 0.1)
    assert om.put("/queries/bulk", [body], 200)["numberOfRowsPassed"] == 1
    om.call("POST", "/queries", body, expect=409)
    assert len([one for one in om.get("/queries", service=service, limit=1000)["data"] if one["checksum"] == checksum]) == 1


def test_writing_a_text_tells_nobody_whether_a_query_has_it(server, om, places, query, fresh_name):
    steward = server.new_user(fresh_name("steward"))
    role = [{"id": om.get("/roles/name/DataSteward")["id"], "type": "role"}]
    om.patch(f"/users/{steward.id}", [{"op": "add", "path": "/roles", "value": role}])
    door, service = OpenMetadataDoor(server, steward.token), places["service"]["fullyQualifiedName"]
    for text in (query["query"], f"{query['query']} or another"):
        made = door.call("PUT", "/queries", {"query": text, "service": service}, expect=201).json()
        assert made["id"] != query["id"]
        assert door.put("/queries", {"query": text, "service": service})["id"] == made["id"], "his own he finds again"
        om.call("DELETE", f"/queries/{made['id']}", params={"hardDelete": "true"}, expect=200)


def test_the_checksum_of_its_text_is_no_name_of_a_query(server, om, om_stranger, places):
    text, service = f"SELECT '{time.time_ns()}'", places["service"]["fullyQualifiedName"]
    checksum = hashlib.md5(text.encode()).hexdigest()
    body = {"name": checksum, "query": text, "service": service}
    made = om.post("/queries", body)
    assert made["name"] != checksum
    for again in (body, {"query": text, "service": service}, body | {"name": checksum.upper()}):
        assert om.put("/queries", again)["id"] == made["id"]
    for door in (om, om_stranger):
        for guess in (checksum, hashlib.md5(b"another").hexdigest()):
            door.call("GET", f"/queries/name/{service}.{guess}", expect=404)
    shown = [om_stranger.get(f"/queries/{made['id']}{way}") for way in ("", "/versions", "/versions/0.1")]
    assert checksum not in json.dumps(shown) and made["name"] in json.dumps(shown)


def test_uses_and_users_are_added_to_those_that_are_known(om, places, query, om_user):
    at, used = f"/queries/{query['id']}", [reference(places["table"], "table")]
    assert [u["id"] for u in om.put(f"{at}/usage", used)["queryUsedIn"]] == [places["table"]["id"]]
    assert om.put(f"{at}/usage", used)["version"] == om.put(f"{at}/usage", used)["version"]
    assert [u["name"] for u in om.put(f"{at}/users", [om_user["name"]])["users"]] == [om_user["name"]]
    assert om.put(f"{at}/usedBy", ["nightly", "nightly"])["usedBy"] == ["nightly"]
    whole = {"query": query["query"], "service": places["service"]["fullyQualifiedName"], "usedBy": ["nightly"]}
    put = om.put("/queries", whole | {"queryUsedIn": used, "users": []})
    assert [u["id"] for u in put["queryUsedIn"]] == [places["table"]["id"]]
    assert query["id"] in [q["id"] for q in om.get("/queries", entityId=places["table"]["id"])["data"]]
    om.call("DELETE", f"{at}/usage", used, expect=200)
    assert om.get(at, fields="queryUsedIn")["queryUsedIn"] == []
    om.call("PUT", f"{at}/usage", [{"id": query["id"], "type": "table"}], expect=404)
    om.call("PUT", f"{at}/users", ["nobody-of-that-name"], expect=404)
    om.call("PUT", f"{at}/usage", [reference(om_user, "user")], expect=400)


def test_the_values_in_a_query_are_for_those_who_hold_the_rows(server, om, om_stranger, holder, query):
    held = OpenMetadataDoor(server, holder.token).get(f"/queries/{query['id']}")
    assert held["query"] == query["query"], "the owner of the service"
    by_id = om_stranger.get(f"/queries/{query['id']}", fields="*")
    assert by_id["query"].startswith(HIDDEN_QUERY) and "checksum" not in by_id
    ways = [
        by_id["query"],
        om_stranger.get(f"/queries/name/{query['fullyQualifiedName']}")["query"],
        json.dumps(om_stranger.get("/queries", limit=1000, service=query["service"]["fullyQualifiedName"])),
        json.dumps(om_stranger.get(f"/queries/{query['id']}/versions")),
        json.dumps(om_stranger.get(f"/queries/{query['id']}/versions/0.1")),
        json.dumps(om_stranger.get("/search/query", q="carol", index="query_search_index", size=100)),
        json.dumps(om_stranger.get("/search/query", q=query["name"], index="query_search_index", size=100)),
        json.dumps(om_stranger.get("/queries/history", startTs=0, endTs=int(time.time() * 1000) + 60_000, limit=500)),
    ]
    for way in ways:
        assert "carol" not in way and "4111" not in way, way
    guess = {"q": "query:*carol*", "index": "query_search_index"}
    assert om.get("/search/query", **guess)["hits"]["total"]["value"] > 0
    assert om_stranger.get("/search/query", **guess)["hits"]["total"]["value"] == 0, "nor can they be guessed"
    om_stranger.patch(f"/queries/{query['id']}", [{"op": "test", "path": "/query", "value": query["query"]}], expect=400)


def test_values_are_no_part_of_what_is_said_of_a_change(om, om_stranger, query):
    at = f"/queries/{query['id']}"
    changed = om.patch(at, [{"op": "replace", "path": "/query", "value": "SELECT 'dave@example.com'"}])
    assert changed["query"] == "SELECT 'dave@example.com'"
    assert changed["checksum"] == hashlib.md5(b"SELECT 'dave@example.com'").hexdigest()
    seen = json.dumps([om_stranger.get(at), om_stranger.get(f"{at}/versions")])
    assert "dave" not in seen and "carol" not in seen


def test_what_was_shown_without_its_values_does_not_replace_the_query(om, om_stranger, query):
    shown = om_stranger.get(f"/queries/{query['id']}")["query"]
    body = {"name": query["name"], "service": query["service"]["fullyQualifiedName"], "query": shown}
    om.put("/queries", body | {"description": "said by who saw less"})
    kept = om.get(f"/queries/{query['id']}")
    assert (kept["query"], kept["description"]) == (query["query"], "said by who saw less")


def test_what_a_query_cost_is_kept(server, om, om_stranger, query):
    record = {"timestamp": int(time.time() * 1000), "cost": 0.5, "count": 3, "queryReference": reference(query, "query")}
    made = om.post("/queryCostRecord", record)
    assert (made["cost"], made["count"], made["queryReference"]["id"]) == (0.5, 3, query["id"])
    om_stranger.call("POST", "/queryCostRecord", record, expect=403)
    assert om.get(f"/queries/{query['id']}")["version"] == query["version"], "an observation is no version"
    om.call("POST", "/queryCostRecord", record | {"timestamp": 1_700_000_000}, expect=400)


# --- ingestion pipelines --------------------------------------------------------------------------------------------


@pytest.fixture
def pipeline(om, places, fresh_name) -> dict:
    config = {"type": "DBT", "dbtConfigSource": DBT}
    return om.post(
        "/services/ingestionPipelines",
        {
            "name": fresh_name("run"),
            "pipelineType": "dbt",
            "sourceConfig": {"config": config},
            "airflowConfig": {},
            "service": reference(places["service"], "databaseService"),
        },
    )


def test_an_ingestion_pipeline_stands_under_its_service(om, places, pipeline):
    assert pipeline["fullyQualifiedName"] == f"{places['service']['name']}.{pipeline['name']}"
    assert pipeline["service"]["id"] == places["service"]["id"] and pipeline["service"]["type"] == "databaseService"
    assert pipeline["airflowConfig"] == {}
    listed = om.get("/services/ingestionPipelines", service=places["service"]["name"], pipelineType="dbt")["data"]
    assert pipeline["id"] in [p["id"] for p in listed]
    assert not om.get("/services/ingestionPipelines", service=places["service"]["name"], pipelineType="usage")["data"]
    lost = {"type": "databaseService", "id": pipeline["id"]}
    body = {"name": "x", "pipelineType": "dbt", "sourceConfig": {}, "airflowConfig": {}}
    om.call("POST", "/services/ingestionPipelines", body | {"service": lost}, expect=404)
    om.call("POST", "/services/ingestionPipelines", body | {"service": lost | {"type": "table"}}, expect=400)
    secret = {"airflowConfig": {"password": "in-the-open"}, "service": pipeline["service"]}
    assert "in-the-open" not in om.call("POST", "/services/ingestionPipelines", body | secret, expect=400).text


def test_its_secrets_are_sealed_and_shown_to_programs_only(om, om_bot, om_stranger, pipeline):
    at = f"/services/ingestionPipelines/{pipeline['id']}"

    def word(entity):
        return entity["sourceConfig"]["config"]["dbtConfigSource"]["dbtSecurityConfig"]["awsSecretAccessKey"]

    assert word(pipeline) == word(om.get(at)) == word(om_stranger.get(at)) == "*********"
    assert word(om_bot.get(at)) == "sealed-word"
    patched = om.patch(at, [{"op": "add", "path": "/displayName", "value": "Nightly"}])
    assert word(patched) == "*********" and word(om_bot.get(at)) == "sealed-word"
    body = {key: pipeline[key] for key in ("name", "pipelineType", "sourceConfig", "airflowConfig", "service")}
    om.put("/services/ingestionPipelines", body)
    assert word(om_bot.get(at)) == "sealed-word", "a mask that comes back keeps the secret"
    new = json.loads(json.dumps(pipeline["sourceConfig"]).replace("*********", "another-word"))
    om.patch(at, [{"op": "replace", "path": "/sourceConfig", "value": new}])
    assert word(om_bot.get(at)) == "another-word"
    said = json.dumps([om.get(f"{at}/versions"), om.get(at)])
    assert "sealed-word" not in said and "another-word" not in said


def test_a_run_is_told_by_its_id(om, om_stranger, pipeline):
    at = f"/services/ingestionPipelines/{pipeline['fullyQualifiedName']}/pipelineStatus"
    now = int(time.time() * 1000)
    om.call("GET", f"{at}/first", expect=204)
    begun = {"runId": "first", "pipelineState": "running", "startDate": now, "timestamp": now}
    om.call("PUT", at, begun, expect=201)
    ended = begun | {"pipelineState": "success", "endDate": now + 5, "config": {"appConfig": {"apiToken": "open"}}}
    shown = om.call("PUT", at, ended, expect=201).json()
    assert shown["pipelineStatuses"][0]["pipelineState"] == "success" and shown["version"] == 0.1
    om.call("PUT", at, begun | {"runId": "second", "timestamp": now + 9}, expect=201)
    runs = om.get(at)["data"]
    assert [run["runId"] for run in runs] == ["second", "first"]
    assert "open" not in json.dumps(runs), "what looks like a secret is none to keep with a run"
    assert [run["runId"] for run in om.get(at, startTs=now, endTs=now + 1)["data"]] == ["first"]
    om_stranger.call("PUT", at, begun, expect=403)
    om.call("PUT", at, {"timestamp": 1_700_000_000}, expect=400)
    om.call("DELETE", at, expect=200)
    assert om.get(at)["data"] == []


# --- stored procedures and metrics ----------------------------------------------------------------------------------


def test_a_stored_procedure_is_an_end_of_lineage(om, places, fresh_name):
    code = {"language": "SQL", "code": "INSERT INTO t SELECT 1"}
    body = {"name": fresh_name("fill"), "databaseSchema": places["schema"]["fullyQualifiedName"]}
    made = om.post("/storedProcedures", body | {"storedProcedureCode": code, "storedProcedureType": "UDF"})
    assert made["service"]["name"] == places["service"]["name"] and made["storedProcedureCode"] == code
    edge = {"fromEntity": reference(made, "storedProcedure"), "toEntity": reference(places["table"], "table")}
    om.call("PUT", "/lineage", {"edge": edge}, expect=200)
    graph = om.get(f"/lineage/storedProcedure/{made['id']}")
    assert [node["id"] for node in graph["nodes"]] == [places["table"]["id"]]
    om.call("POST", "/storedProcedures", body | {"name": "y", "storedProcedureCode": {"language": "Cobol"}}, expect=400)
    om.call("POST", "/storedProcedures", body | {"name": "y"}, expect=400)


def test_metrics_say_what_they_are_computed_of_and_which_are_like_them(om, om_user, places, fresh_name):
    first = om.post("/metrics", {"name": fresh_name("revenue"), "granularity": "MONTH", "unitOfMeasurement": "DOLLARS"})
    body = {
        "name": fresh_name("margin"),
        "metricType": "RATIO",
        "metricExpression": {"language": "SQL", "code": "SUM(a) / SUM(b)"},
        "dimensions": [{"name": "region", "type": "CATEGORICAL"}],
        "filters": [{"where": "a > 0"}],
        "relatedMetrics": [first["fullyQualifiedName"]],
        "assets": [reference(places["table"], "table")],
    }
    made = om.post("/metrics", body)
    whole = om.get(f"/metrics/{made['id']}", fields="*")
    assert [m["id"] for m in whole["relatedMetrics"]] == [first["id"]]
    assert [a["id"] for a in whole["assets"]] == [places["table"]["id"]]
    assert whole["metricExpression"] == body["metricExpression"] and whole["dimensions"] == body["dimensions"]
    om.call("POST", "/metrics", {"name": "z", "granularity": "FORTNIGHT"}, expect=400)
    om.call("POST", "/metrics", {"name": "z", "relatedMetrics": ["no-such-metric"]}, expect=404)
    om.call("POST", "/metrics", {"name": "z", "assets": [reference(om_user, "user")]}, expect=400)


def test_usage_is_ranked_by_administrators_and_programs(om, om_stranger, places):
    day = "2031-05-05"
    om.call("POST", f"/usage/table/{places['table']['id']}", {"date": day, "count": 4}, expect=200)
    om_stranger.call("POST", f"/usage/compute.percentile/table/{day}", expect=403)
    om.call("POST", f"/usage/compute.percentile/table/{day}", expect=201)
    om.call("POST", "/usage/compute.percentile/table/yesterday", expect=400)
    stats = om.get(f"/tables/{places['table']['id']}", fields="usageSummary")["usageSummary"]["dailyStats"]
    assert stats == {"count": 4, "percentileRank": 0.0}
