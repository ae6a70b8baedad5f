"""Data products and services as the published pages describe them: bodies, answers and errors to the letter."""

import re

import pytest

from openmetadata_door import LABELS, OpenMetadataDoor, label, reference

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DATABASE_SERVICES = "/services/databaseServices"
PIPELINE_SERVICES = "/services/pipelineServices"
SERVICES = {DATABASE_SERVICES: "Snowflake", PIPELINE_SERVICES: "Airflow"}


@pytest.fixture(params=["/v1", "/api/v1"])
def door(request, server, admin) -> OpenMetadataDoor:
    """Both addresses under which the pages' paths are served."""
    return OpenMetadataDoor(server, admin.token, request.param)


@pytest.fixture(params=SERVICES, ids=lambda path: path.rsplit("/", 1)[1])
def services(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def tag(om, fresh_name) -> dict:
    classification = om.post("/classifications", {"name": fresh_name("Sensitivity"), "description": "how sensitive"})
    return om.post("/tags", {"classification": classification["name"], "name": "Internal", "description": "inside"})


def service_body(path: str, name: str, **more) -> dict:
    return {"name": name, "serviceType": SERVICES[path]} | more


def product_body(home: dict, name: str, **more) -> dict:
    return {"name": name, "description": "What was **sold**", "domains": [home["fullyQualifiedName"]]} | more


# --- POST /v1/dataProducts ----------------------------------------------------------------------------------------


def test_create_a_product_with_every_documented_parameter(door, om_domain, om_user, fresh_name):
    name = fresh_name("Customer 360")
    body = {
        "name": name,
        "domain": om_domain["fullyQualifiedName"],
        "displayName": "Customer 360",
        "description": "A *whole* view of a customer",
        "owners": [reference(om_user, "user")],
        "experts": [om_user["name"]],
    }
    answer = door.call("POST", "/dataProducts", body, expect=201)
    made = answer.json()
    assert UUID.fullmatch(made["id"])
    assert made["name"] == name
    assert made["fullyQualifiedName"] == f"{om_domain['name']}.{name}"
    assert made["displayName"] == "Customer 360"
    assert made["description"] == "A *whole* view of a customer"
    assert made["domain"]["id"] == om_domain["id"] and made["domain"]["type"] == "domain"
    assert [owner["id"] for owner in made["owners"]] == [om_user["id"]]
    assert [expert["id"] for expert in made["experts"]] == [om_user["id"]]
    assert made["version"] == 0.1
    assert made["href"].endswith(f"/dataProducts/{made['id']}") and answer.headers["Location"] == made["href"]
    assert "deleted" not in made, "the entity of the schema has no such member"


def test_experts_may_be_references_too(om, om_domain, om_user, fresh_name):
    made = om.post("/dataProducts", product_body(om_domain, fresh_name("p"), experts=[reference(om_user, "user")]))
    assert [expert["name"] for expert in made["experts"]] == [om_user["name"]]


def test_domain_and_domains_must_not_contradict(om, om_domain, fresh_name):
    other = om.post("/domains", {"name": fresh_name("Other"), "domainType": "Aggregate", "description": "other"})
    om.post("/dataProducts", product_body(om_domain, fresh_name("p"), domain=other["name"]), expect=400)
    made = om.post("/dataProducts", product_body(om_domain, fresh_name("p"), domain=om_domain["name"]))
    assert [domain["id"] for domain in made["domains"]] == [om_domain["id"]]


def test_an_answer_to_a_body_with_domains_has_no_member_domain(om, om_domain, fresh_name):
    made = om.post("/dataProducts", product_body(om_domain, fresh_name("p")))
    assert "domain" not in made and [domain["id"] for domain in made["domains"]] == [om_domain["id"]]


def test_a_product_is_unique_in_its_domain_and_only_there(om, om_domain, fresh_name):
    name = fresh_name("twice")
    other = om.post("/domains", {"name": fresh_name("Other"), "domainType": "Aggregate", "description": "other"})
    first = om.post("/dataProducts", product_body(om_domain, name))
    second = om.post("/dataProducts", product_body(other, name))
    assert first["id"] != second["id"]
    refused = om.post("/dataProducts", product_body(om_domain, name), expect=409)
    assert refused["errorType"] == "ENTITY_ALREADY_EXISTS"
    assert refused["message"] == f"Entity already exists: {first['fullyQualifiedName']}"
    ambiguous = om.call("GET", f"/dataProducts/name/{name}")
    assert 400 <= ambiguous.status_code < 500
    assert first["fullyQualifiedName"] in ambiguous.text and second["fullyQualifiedName"] in ambiguous.text


def test_put_creates_then_updates_and_never_conflicts(door, om_domain, fresh_name):
    body = product_body(om_domain, fresh_name("put"))
    created = door.call("PUT", "/dataProducts", body, expect=201)
    assert created.headers["X-OpenMetadata-Change"] == "entityCreated"
    same = door.call("PUT", "/dataProducts", body, expect=200)
    assert same.headers["X-OpenMetadata-Change"] == "entityNoChange"
    assert (same.json()["version"], same.json()["updatedAt"]) == (0.1, created.json()["updatedAt"])
    changed = door.call("PUT", "/dataProducts", body | {"description": "Other words"}, expect=200)
    assert changed.headers["X-OpenMetadata-Change"] == "entityUpdated"
    entity = changed.json()
    assert (entity["id"], entity["version"], entity["description"]) == (created.json()["id"], 0.2, "Other words")
    assert entity["changeDescription"]["previousVersion"] == 0.1
    assert entity["changeDescription"]["fieldsUpdated"] == [
        {"name": "description", "oldValue": "What was **sold**", "newValue": "Other words"}
    ]


@pytest.mark.parametrize("missing", ["name", "description", "domains"])
def test_a_product_without_a_required_member_is_400_naming_it(door, om_domain, fresh_name, missing):
    body = product_body(om_domain, fresh_name("p"))
    del body[missing]
    refused = door.post("/dataProducts", body, expect=400)
    assert refused["errorType"] == "BAD_REQUEST" and missing.rstrip("s") in refused["message"].lower()


# --- POST /v1/services/databaseServices and pipelineServices ------------------------------------------------------


CONNECTIONS = {
    DATABASE_SERVICES: {
        "type": "Snowflake",
        "username": "u",
        "password": "hush-hush",
        "account": "a",
        "warehouse": "w",
    },
    PIPELINE_SERVICES: {
        "type": "Airflow",
        "hostPort": "http://airflow.example.com:8080",
        "connection": {"type": "Mysql", "username": "u", "authType": {"password": "hush-hush"}, "hostPort": "db:3306"},
    },
}


def test_create_a_service_with_every_documented_parameter(door, services, om_domain, om_user, tag, fresh_name):
    name = fresh_name("service")
    body = service_body(
        services,
        name,
        description="Where it comes *from*",
        displayName="A service",
        connection={"config": CONNECTIONS[services]},
        owners=[reference(om_user, "user")],
        domain=om_domain["fullyQualifiedName"],
        tags=[label(tag["fullyQualifiedName"])],
    )
    answer = door.call("POST", services, body, expect=201)
    made = answer.json()
    assert UUID.fullmatch(made["id"])
    assert (made["name"], made["fullyQualifiedName"], made["displayName"]) == (name, name, "A service")
    assert (made["description"], made["serviceType"]) == ("Where it comes *from*", SERVICES[services])
    assert made["connection"]["config"]["type"] == SERVICES[services]
    assert [owner["id"] for owner in made["owners"]] == [om_user["id"]]
    assert made["domain"] == om_domain["fullyQualifiedName"]
    assert [t["tagFQN"] for t in made["tags"]] == [tag["fullyQualifiedName"]]
    assert made["version"] == 0.1
    assert "hush-hush" not in answer.text and "*********" in answer.text


DOCUMENTED_TYPES = {
    DATABASE_SERVICES: {
        "Snowflake": "Snowflake",
        "BigQuery": "BigQuery",
        "PostgreSQL": "Postgres",
        "MySQL": "Mysql",
        "Redshift": "Redshift",
        "Databricks": "Databricks",
    },
    PIPELINE_SERVICES: {
        name: name
        for name in (
            "Airflow GluePipeline Airbyte Dagster Fivetran DBTCloud Nifi DomoPipeline CustomPipeline Flink "
            "KafkaConnect OpenLineage"
        ).split()
    }
    | {"SplineProducer": "Spline"},
}


def test_every_documented_service_type_is_accepted(om, services, fresh_name):
    for documented, shown in DOCUMENTED_TYPES[services].items():
        made = om.post(services, {"name": fresh_name(documented), "serviceType": documented})
        assert made["serviceType"] == shown


def test_a_service_put_updates_and_never_conflicts(door, services, fresh_name):
    body = service_body(services, fresh_name("put"), description="d")
    created = door.call("PUT", services, body, expect=201).json()
    assert door.call("PUT", services, body, expect=200).json()["version"] == 0.1
    changed = door.call("PUT", services, body | {"description": "d2"}, expect=200).json()
    assert (changed["id"], changed["version"]) == (created["id"], 0.2)
    refused = door.post(services, body, expect=409)
    assert refused["errorType"] == "ENTITY_ALREADY_EXISTS" and body["name"] in refused["message"]


def test_bulk_answers_for_each_row(door, services, fresh_name):
    good, also_good = fresh_name("bulk"), fresh_name("bulk")
    rows = [
        service_body(services, good),
        service_body(services, "x::y"),
        {"serviceType": SERVICES[services]},
        service_body(services, also_good),
        {"name": fresh_name("bulk"), "serviceType": "NoSuchType"},
    ]
    result = door.call("PUT", f"{services}/bulk", rows, expect=200).json()
    assert result["status"] == "partialSuccess"
    counts = [result[f"numberOfRows{what}"] for what in ("Processed", "Passed", "Failed")]
    assert counts == [5, 2, 3]
    assert [row["status"] for row in result["successRequest"]] == [200, 200]
    assert [row["status"] for row in result["failedRequest"]] == [400, 400, 400]
    assert "name" in result["failedRequest"][0]["message"] and "name" in result["failedRequest"][1]["message"]
    assert door.by_name(services.strip("/"), good) and door.by_name(services.strip("/"), also_good)
    again = door.call("PUT", f"{services}/bulk", rows[:1], expect=200).json()
    assert again["status"] == "success" and door.by_name(services.strip("/"), good)["version"] == 0.1


def test_bulk_with_a_body_that_is_no_array_fails_whole(om, services, fresh_name):
    om.put(f"{services}/bulk", service_body(services, fresh_name("bulk")), expect=400)


def test_bulk_that_fails_in_every_row_is_still_200(om, services):
    result = om.put(f"{services}/bulk", [{"name": "a::b", "serviceType": SERVICES[services]}], expect=200)
    assert result["status"] == "failure" and result["successRequest"] == []


def test_a_secret_of_a_failed_row_is_not_echoed(om):
    row = {"serviceType": "Snowflake", "connection": {"config": CONNECTIONS[DATABASE_SERVICES]}}
    answer = om.call("PUT", f"{DATABASE_SERVICES}/bulk", [row], expect=200)
    assert answer.json()["numberOfRowsFailed"] == 1 and "hush-hush" not in answer.text


# --- errors that all three pages list -----------------------------------------------------------------------------

COLLECTIONS = {
    "/dataProducts": lambda name, domain: product_body(domain, name),
    DATABASE_SERVICES: lambda name, domain: service_body(DATABASE_SERVICES, name),
    PIPELINE_SERVICES: lambda name, domain: service_body(PIPELINE_SERVICES, name),
}


@pytest.fixture(params=COLLECTIONS, ids=lambda path: path.rsplit("/", 1)[1])
def collection(request) -> str:
    return request.param


@pytest.fixture
def body(collection, om_domain, fresh_name) -> dict:
    return COLLECTIONS[collection](fresh_name("record"), om_domain)


@pytest.mark.parametrize("verb", ["POST", "PUT"])
@pytest.mark.parametrize("token", [None, "garbage", "a.b.c"])
def test_without_a_valid_token_it_is_401(server, collection, body, verb, token):
    refused = OpenMetadataDoor(server, token).call(verb, collection, body, expect=401)
    assert refused.json()["errorType"] == "UNAUTHORIZED"
    assert "Not Authorized" in refused.json()["message"]


@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_without_permission_it_is_403(om, om_stranger, stranger, collection, body, verb):
    refused = om_stranger.call(verb, collection, body, expect=403).json()
    assert refused["errorType"] == "FORBIDDEN" and stranger.name in refused["message"]
    om.by_name(collection.strip("/"), body["name"], expect=404)


@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_an_invalid_body_is_400(om, collection, body, verb):
    cases = [
        b"{",
        b"[]",
        b'"text"',
        b"",
    ]
    for data in cases:
        answer = om.call(verb, collection, data=data, headers={"Content-Type": "application/json"}, expect=400)
        assert answer.json()["errorType"] == LABELS[400]
    for wrong in (
        body | {"name": ""},
        body | {"name": "a::b"},
        body | {"name": "x" * 257},
        body | {"name": 7},
        body | {"owners": "me"},
        body | {"nonsense": True},
        body | {"displayName": ["a"]},
    ):
        om.call(verb, collection, wrong, expect=400)
    om.by_name(collection.strip("/"), body["name"], expect=404)


def test_unknown_references_are_404_and_leave_nothing(om, collection, body):
    nobody = {"id": "00000000-0000-7000-8000-000000000000", "type": "user"}
    om.post(collection, body | {"owners": [nobody]}, expect=404)
    missing = om.post(collection, body | {"domains": ["No Such Domain"]}, expect=404)
    assert missing["message"] == "domain instance for No Such Domain not found"
    om.post(collection, body | {"tags": [label("No.Such")]}, expect=404)
    om.by_name(collection.strip("/"), body["name"], expect=404)


def test_null_means_absent(om, collection, body):
    made = om.post(collection, body | {"displayName": None, "owners": None, "tags": None})
    assert "displayName" not in made


def test_a_missing_record_is_404_by_name_and_by_id(om, collection):
    kind = {"/dataProducts": "dataProduct", DATABASE_SERVICES: "databaseService", PIPELINE_SERVICES: "pipelineService"}
    nobody = "00000000-0000-7000-8000-000000000000"
    for path, what in (("/name/no%20such", "no such"), (f"/{nobody}", nobody)):
        missing = om.get(f"{collection}{path}", expect=404)
        assert missing["message"] == f"{kind[collection]} instance for {what} not found"


@pytest.mark.parametrize("path", ["", "/", "/v2/tables", "/tables", "/v1x"])
def test_no_address_below_api_answers_in_another_form(server, admin, path):
    browser = {"Accept": "text/html"}
    for token, status in ((admin.token, 404), (None, 401)):
        for verb in ("GET", "PUT"):
            answer = OpenMetadataDoor(server, token, "/api").call(verb, path, expect=status, headers=browser)
            assert answer.json()["code"] == status
