"""Semantic models over HTTP: every verb on both mounts, formats in and out, deploy with all its counters."""

import json

import pytest
import requests
import yaml

from bobsled_door import BobsledDoor, violations

RETAIL = """
version: "0.2.0.dev0"
semantic_model:
  - name: retail
    datasets:
      - name: orders
        source: sales.orders
        primary_key: [id]
        fields:
          - name: id
            expression: {dialects: [{dialect: ANSI_SQL, expression: id}]}
      - name: customers
        source: sales.customers
        primary_key: [id]
    relationships:
      - {name: o2c, from: orders, to: customers, from_columns: [id], to_columns: [id]}
    metrics:
      - name: order_count
        expression: {dialects: [{dialect: ANSI_SQL, expression: COUNT(orders.id)}]}
        ai_context: {synonyms: [orders sold]}
"""

SNOWFLAKE = """
name: retail
tables:
  - name: orders
    base_table: {schema: sales, table: orders}
    primary_key: {columns: [id]}
    dimensions: [{name: id, expr: id, data_type: NUMBER, synonyms: [number], sample_values: ["1", "2"]}]
    metrics: [{name: order_count, expr: COUNT(id)}]
verified_queries:
  - {name: all_orders, question: How many orders are there?, sql: SELECT COUNT(*) FROM sales.orders}
"""

METRICFLOW = """
semantic_models:
  - name: orders
    model: ref('orders')
    node_relation: {schema_name: sales, alias: orders}
    entities: [{name: order, type: primary, expr: id}]
    measures: [{name: order_total, agg: sum, expr: id}]
metrics:
  - {name: order_total, type: simple, type_params: {measure: order_total}}
"""

CUBE = """
cubes:
  - name: orders
    sql_table: sales.orders
    dimensions: [{name: id, sql: id, type: number, primary_key: true}]
    measures: [{name: order_count, type: count}]
"""


@pytest.fixture(params=["data-products", "workspaces"])
def product(request, bobsled, sales_tables, fresh_name) -> str:
    assets = [{"tableName": name, "schemaName": "sales", "databaseName": "sales"} for name in ("orders", "customers")]
    body = {"name": fresh_name("models"), "dataAssets": assets}
    made = bobsled.post("/data-products", body, expect=201)["dataProduct"]["id"]
    return f"/{request.param}/{made}"


def osi(name="retail", content=RETAIL, **more) -> dict:
    return {"name": name, "format": "osi", "content": content} | more


def test_the_story_of_a_model(bobsled, product):
    models = f"{product}/semantic-models"
    created = bobsled.post(models, osi(), expect=201)
    model, one = created["semanticModel"], f"{models}/{created['semanticModel']['id']}"
    counts = ("tableCount", "relationshipCount", "metricCount")
    assert [model[count] for count in counts] == [2, 1, 1] and model["isDeployed"] is False
    assert model["specVersion"] == "0.2.0.dev0" and created["validation"]["errors"] == []
    assert ("workspaceId" in model) == product.startswith("/workspaces")
    assert bobsled.get(models, isDeployed="true")["count"] == 0

    dry = bobsled.post(f"{product}/deploy", {"dryRun": True})
    assert dry["deployedAt"] is None and dry["results"]["semanticModelTables"] == {"promoted": 2}
    assert dry["validation"] == {"errors": [], "warnings": []}
    bobsled.refuses("POST", f"{product}/deploy", 412, "VERSION_MISMATCH", {"expectedVersion": 9_999})
    version = bobsled.get(product)["version"]
    key = {"Idempotency-Key": f"deploy-{model['id']}"}
    wanted = {"expectedVersion": version, "message": "first"}
    deployed = bobsled.call("POST", f"{product}/deploy", wanted, headers=key, expect=200)
    results = deployed.json()["data"]["results"]
    assert results == {
        "dataAssets": {"promoted": 2, "deleted": 0},
        "dataModels": {"promoted": 0, "deleted": 0},
        "compositions": {"promoted": 0, "deleted": 0},
        "unstructuredAssets": {"promoted": 0, "deleted": 0},
        "semanticModelTables": {"promoted": 2},
        "semanticModelRelationships": {"promoted": 1},
        "semanticModelMetrics": {"promoted": 1},
        "verifiedQueries": {"promoted": 0},
        "frontPageConfigs": {"draftsRemoved": 0},
        "semanticModelV2Draft": {"deleted": True},
    }
    replayed = bobsled.call("POST", f"{product}/deploy", wanted, headers=key, expect=200)
    assert replayed.content == deployed.content and replayed.headers["Idempotency-Replayed"] == "true"
    again = bobsled.post(f"{product}/deploy", {})["results"]
    assert all(value in (0, False) for counter in again.values() for value in counter.values())

    changed = bobsled.patch(one, {"document": {"metrics": {"order_count": {"description": "How many"}}}})
    assert changed["semanticModel"]["isDeployed"] is False
    added = bobsled.post(f"{one}/metrics", {"name": "buyers", "expression": "COUNT(DISTINCT customers.id)"}, expect=201)
    assert added["metric"]["id"] == "buyers" and added["metric"]["isDeployed"] is False
    assert bobsled.post(f"{product}/deploy", {})["results"]["semanticModelMetrics"] == {"promoted": 2}
    live = bobsled.patch(f"{one}/metrics/buyers", {"description": "Who bought", "isDeployed": True})
    assert live["metric"]["isDeployed"] is True
    for method in ("PUT", "DELETE", "POST"):
        bobsled.refuses(method, one, 405, "METHOD_NOT_ALLOWED", {})


def test_a_model_can_be_read_in_every_format(bobsled, product):
    made = bobsled.post(f"{product}/semantic-models", osi(), expect=201)["semanticModel"]
    url = f"{bobsled.base}{product}/semantic-models/{made['id']}"

    def read(**options) -> requests.Response:
        answer = bobsled.session.get(url, timeout=30, **options)
        assert answer.status_code == 200, answer.text
        return answer

    document = made["document"]
    for format in ("osi", "snowflake", "metricflow", "cube"):
        answer = read(params={"format": format})
        assert answer.headers["Content-Type"] == "application/yaml" and answer.headers["ETag"]
        assert yaml.safe_load(answer.text)
    assert yaml.safe_load(read(params={"format": "osi"}).text) == document
    assert read(params={"format": "json"}).json() == document
    assert yaml.safe_load(read(headers={"Accept": "application/yaml"}).text) == document
    assert read(params={"format": "snowflake"}, headers={"Accept": "application/json"}).json()["tables"]
    bobsled.refuses("GET", f"{product}/semantic-models/{made['id']}?format=lookml", 400, "BAD_REQUEST")
    for format in ("snowflake", "metricflow", "cube"):
        text = read(params={"format": format}).text
        checked = bobsled.post(
            f"{product}/semantic-models/validate", {"name": "back", "format": format, "content": text}
        )
        errors = [error for error in checked["validation"]["errors"] if error["rule"] != "DUPLICATE_METRIC"]
        assert errors == [], (format, text)


@pytest.mark.parametrize(
    ("format", "content", "metric"),
    [("snowflake", SNOWFLAKE, "order_count"), ("metricflow", METRICFLOW, "order_total"), ("cube", CUBE, "order_count")],
)
def test_other_formats_come_in(bobsled, product, format, content, metric):
    made = bobsled.post(f"{product}/semantic-models", {"name": "in", "format": format, "content": content}, expect=201)
    model = made["semanticModel"]
    assert (model["format"], model["sourceFormat"], model["tableCount"]) == ("osi", format, 1)
    names = [each["name"] for each in model["document"]["semantic_model"][0]["metrics"]]
    assert any(name.endswith(metric) for name in names), names
    queries = bobsled.get(f"{product}/verified-queries")["verifiedQueries"]
    assert [query["question"] for query in queries] == (
        ["How many orders are there?"] if format == "snowflake" else []
    )


def test_bad_documents_say_all_at_once_where(bobsled, product):
    models = f"{product}/semantic-models"
    bad = RETAIL.replace("to: customers", "to: clients").replace("COUNT(orders.id)", "orders.id")
    error = bobsled.refuses("POST", models, 422, "SEMANTIC_MODEL_INVALID", osi(content=bad))
    assert violations(error) == {"/relationships/0/to", "/metrics/0/expression"}
    wrong = osi(content=RETAIL.replace("COUNT(orders.id)", "COUNT(orders.idd)"))
    error = bobsled.refuses("POST", models, 422, "SEMANTIC_MODEL_INVALID", wrong)
    assert "did you mean orders.id?" in json.dumps(error)
    checked = bobsled.post(f"{models}/validate", osi(content=bad))["validation"]
    assert {found["path"] for found in checked["errors"]} == violations(
        bobsled.refuses("POST", models, 422, None, osi(content=bad))
    )
    # What the model says against itself and what its tables say against it come together.
    mixed = bad.replace("primary_key: [id]", "primary_key: [zz]", 1)
    both = violations(bobsled.refuses("POST", models, 422, "SEMANTIC_MODEL_INVALID", osi(content=mixed)))
    assert both >= {"/datasets/0/primary_key/0", "/relationships/0/to", "/metrics/0/expression"}
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 12):
        bomb += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n"
    for content, rule in [
        (bomb, "TOO_LARGE"),
        ("[" * 100 + "]" * 100, "TOO_DEEP"),
        ("a: 1\na: 2", "DUPLICATE_KEY"),
        ("a: *nothing", "NOT_YAML"),
        ("just a text", "TYPE"),
        ("x: " + "é" * 1_500_000, "TOO_LARGE"),
    ]:
        error = bobsled.refuses("POST", models, 422, "SEMANTIC_MODEL_INVALID", osi(content=content))
        assert error["details"]["violations"][0]["rule"] == rule
    large = {"semantic_model": [{"name": "x", "datasets": [], "description": "d" * 2_000_001}]}
    error = bobsled.refuses(
        "POST", models, 422, "SEMANTIC_MODEL_INVALID", {"name": "large", "format": "osi", "document": large}
    )
    assert error["details"]["violations"][0]["rule"] == "TOO_LARGE"
    bobsled.refuses("POST", models, 413, "PAYLOAD_TOO_LARGE", osi(content="x" * (33 << 20)))
    bobsled.refuses("POST", models, 422, "VALIDATION_FAILED", osi(content="x" * 2_000_001))
    assert bobsled.get(models)["count"] == 0


def test_a_deploy_that_fails_promotes_nothing(bobsled, product):
    models = f"{product}/semantic-models"
    bobsled.post(models, osi(), expect=201)
    later = RETAIL.replace("sales.customers", "sales.clients").replace("order_count", "other_count")
    warned = bobsled.post(models, osi("later", later), expect=201)["validation"]["warnings"]
    assert [(found["code"], found["path"]) for found in warned] == [("UNKNOWN_TABLE", "/datasets/1/source")]
    dry = bobsled.post(f"{product}/deploy", {"dryRun": True})
    assert dry["validation"]["errors"][0]["entityType"] == "semanticModel"
    error = bobsled.refuses("POST", f"{product}/deploy", 422, "DEPLOY_VALIDATION_FAILED", {})
    assert error["details"]["violations"][0]["rule"] == "UNKNOWN_TABLE"
    assert bobsled.get(models, isDeployed="true")["count"] == 0
    assert bobsled.get(f"{product}/data-assets", isDeployed="true")["count"] == 0


def test_a_metric_has_one_owner(bobsled, product):
    models = f"{product}/semantic-models"
    bobsled.post(models, osi(), expect=201)
    error = bobsled.refuses("POST", models, 422, "SEMANTIC_MODEL_INVALID", osi("second"))
    (broken,) = error["details"]["violations"]
    assert broken["rule"] == "DUPLICATE_METRIC" and "second.order_count" in broken["message"]
    assert "retail.order_count" in broken["message"]


def test_references_lead_to_composed_products(bobsled, product, fresh_name):
    bobsled.post(f"{product}/semantic-models", osi(isDeployed=False), expect=201)
    bobsled.post(f"{product}/deploy", {})
    source = product.rsplit("/", 1)[-1]
    board = bobsled.create(fresh_name("board"))["id"]
    models = f"/data-products/{board}/semantic-models"
    body = {"sourceDataProductId": source, "alias": "sales", "include": {"datasets": ["orders"]}}
    bobsled.post(f"/data-products/{board}/compositions", body, expect=201)

    def board_model(source: str, column="id") -> dict:
        dataset = {"name": "sold", "source": source}
        metric = {"name": "sold_count", "expression": f"COUNT(sold.{column})"}
        return {
            "name": "board",
            "format": "osi",
            "document": {"semantic_model": [{"name": "board", "datasets": [dataset], "metrics": [metric]}]},
        }

    error = bobsled.refuses("POST", models, 422, "SEMANTIC_MODEL_INVALID", board_model("$ref(sales.orders)", "idd"))
    assert violations(error) == {"/metrics/0/expression"}
    error = bobsled.refuses("POST", models, 422, "SEMANTIC_MODEL_INVALID", board_model("$ref(orders)"))
    assert error["details"]["violations"][0]["rule"] == "REFERENCE"
    for hidden in ("$ref(sales.customers)", "$ref(nobody.orders)"):
        warned = bobsled.post(f"{models}/validate", board_model(hidden))["validation"]["warnings"]
        assert [found["code"] for found in warned] == ["UNKNOWN_TABLE"], hidden
    bobsled.post(models, board_model("$ref(sales.orders)"), expect=201)
    results = bobsled.post(f"/data-products/{board}/deploy", {})["results"]
    assert results["semanticModelTables"] == {"promoted": 1} and results["compositions"]["promoted"] == 1


def test_readers_see_what_is_live_only(bobsled, server, product):
    models = f"{product}/semantic-models"
    one = f"{models}/{bobsled.post(models, osi(), expect=201)['semanticModel']['id']}"
    viewer = server.new_user(f"reader-{one[-12:]}-{product[1:5]}")
    bobsled.patch(f"{product}/users", {"add": [{"userId": viewer.id, "role": "viewer"}]})
    door = BobsledDoor(server, viewer.token)
    door.refuses("GET", one, 404, "NOT_FOUND")
    bobsled.post(f"{product}/deploy", {})
    bobsled.patch(one, {"description": "not yet"})
    seen = door.get(one)["semanticModel"]
    assert seen["isDeployed"] is True and seen["description"] is None
    for method, path, body in (
        ("PATCH", one, {"name": "x"}),
        ("POST", models, osi("x")),
        ("POST", f"{models}/generate", {}),
        ("POST", f"{models}/validate", osi("x")),
        ("POST", f"{one}/tables", {"name": "x", "source": "y"}),
        ("PATCH", f"{one}/metrics/order_count", {"remove": True}),
    ):
        door.refuses(method, path, 403, "FORBIDDEN", body)


def test_names_that_no_model_has_are_warned_of(bobsled, product):
    asked = {"question": "Orders {since}", "sql": "SELECT COUNT(*) AS n FROM orders"}
    asked["parameters"] = [{"name": "since", "type": "date", "field": "orders.nowhere"}]
    page = {"title": "Sales", "kpis": [{"metric": "profit", "label": "Profit"}, {"metric": "order_count", "label": "Orders"}]}

    def warned(path, body):
        answer = bobsled.call("POST", f"{product}{path}", body, expect=201).json()
        return [(warning["code"], warning["path"]) for warning in answer.get("warnings", [])]

    field = ("UNKNOWN_MODEL_FIELD", "/parameters/0/field")
    metrics = [("UNKNOWN_METRIC", "/kpis/0/metric"), ("UNKNOWN_METRIC", "/kpis/1/metric")]
    assert warned("/verified-queries", asked) == [field]
    assert warned("/front-page-configs", page) == metrics
    bobsled.post(f"{product}/semantic-models", osi(), expect=201)
    assert warned("/verified-queries", asked | {"question": "Again {since}"}) == [field]
    assert warned("/front-page-configs", page) == metrics[:1]
    asked["parameters"][0]["field"] = "orders.id"
    assert warned("/verified-queries", asked | {"question": "More {since}"}) == []
