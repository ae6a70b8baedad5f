"""Dashboards, charts and data models with OpenMetadata's Python client: what they show, where they belong, who sees what of them."""

import pytest
from metadata.generated.schema.api.data.createChart import CreateChartRequest
from metadata.generated.schema.api.data.createDashboard import CreateDashboardRequest
from metadata.generated.schema.api.data.createDashboardDataModel import CreateDashboardDataModelRequest
from metadata.generated.schema.api.lineage.addLineage import AddLineageRequest
from metadata.generated.schema.entity.data.chart import Chart
from metadata.generated.schema.entity.data.dashboard import Dashboard
from metadata.generated.schema.entity.data.dashboardDataModel import DashboardDataModel
from metadata.generated.schema.entity.services.dashboardService import DashboardService
from metadata.generated.schema.type.entityLineage import EntitiesEdge, LineageDetails, Source
from metadata.generated.schema.type.entityReference import EntityReference
from metadata.generated.schema.type.usageRequest import UsageRequest
from metadata.utils import fqn

import datazone_door
from bobsled_door import BobsledDoor
from openmetadata_door import OpenMetadataDoor
from openmetadata_kinds import KINDS, Parents, connect
from pages_door import Browser


@pytest.fixture(scope="module")
def sdk(server, admin):
    return connect(server, admin.token)


@pytest.fixture(scope="module")
def parents(sdk, fresh_name) -> Parents:
    return Parents.make(sdk, fresh_name)


@pytest.fixture
def make(sdk, parents, fresh_name):
    """Makes a new record of a kind."""
    return lambda kind: sdk.create(KINDS[kind].make(parents, fresh_name(kind.lower())))


def ref(entity, kind: str) -> EntityReference:
    return EntityReference(id=entity.id, type=kind)


def name(entity) -> str:
    return entity.fullyQualifiedName.root


def ids(references) -> list[str]:
    return sorted(str(reference.id.root) for reference in (references.root if references else []))


def flows(sdk, source, target, kinds) -> None:
    ends = {"fromEntity": ref(source, kinds[0]), "toEntity": ref(target, kinds[1])}
    sdk.add_lineage(AddLineageRequest(edge=EntitiesEdge(**ends, lineageDetails=LineageDetails(source=Source.DashboardLineage))))


def test_a_dashboard_says_what_it_is_put_together_of(sdk, om, parents, make, fresh_name):
    charts, model = [make("chart") for _ in range(3)], make("dashboardDataModel")
    body = CreateDashboardRequest(
        name=fresh_name("sales"), service=parents.fqn["dashboardService"], charts=[charts[0].fullyQualifiedName, charts[1].fullyQualifiedName],
        dataModels=[model.fullyQualifiedName], dashboardType="Report", project="Finance", sourceUrl="http://superset.example.com/1",
    )  # fmt: skip
    made = sdk.create_or_update(body)
    shown = sdk.get_by_name(Dashboard, name(made), fields=["charts", "dataModels"], nullable=False)
    assert ids(shown.charts) == sorted(str(chart.id.root) for chart in charts[:2]) and ids(shown.dataModels) == [str(model.id.root)]
    assert (shown.serviceType.value, shown.dashboardType.value, shown.project) == ("Superset", "Report", "Finance")
    assert sdk.create_or_update(body).version == made.version, "said again it changes nothing"
    on = sdk.get_by_id(Chart, charts[0].id, fields=["dashboards"], nullable=False)
    assert ids(on.dashboards) == [str(made.id.root)]
    # What a crawl does not speak of stays; what it names is all that there is.
    silent = sdk.create_or_update(CreateDashboardRequest(name=body.name, service=body.service))
    assert len(ids(sdk.get_by_id(Dashboard, silent.id, fields=["charts"]).charts)) == 2
    fewer = sdk.create_or_update(CreateDashboardRequest(name=body.name, service=body.service, charts=[charts[2].fullyQualifiedName]))
    assert ids(sdk.get_by_id(Dashboard, fewer.id, fields=["charts"]).charts) == [str(charts[2].id.root)]
    # A chart may say it as well, and only its dashboards change.
    said = CreateChartRequest(name=charts[0].name, service=body.service, dashboards=[made.fullyQualifiedName])
    chart = sdk.create_or_update(said)
    assert ids(sdk.get_by_id(Dashboard, made.id, fields=["charts"]).charts) == sorted(str(one.id.root) for one in (charts[0], charts[2]))
    at = f"/dashboards/{made.id.root}"
    patched = om.patch(at, [{"op": "replace", "path": "/charts", "value": [{"id": str(chart.id.root), "type": "chart"}]}])
    assert [one["id"] for one in patched["charts"]] == [str(chart.id.root)]
    wrong = {"name": fresh_name("wrong"), "service": parents.fqn["dashboardService"]}
    for given, expect in (({"charts": ["no.such"]}, 404), ({"dashboardType": "Page"}, 400), ({"service": "nowhere"}, 404), ({"charts": "x"}, 400)):
        assert next(iter(given)) in om.call("POST", "/dashboards", wrong | given, expect=expect).text or expect == 404
    # A chart that is gone is shown no more, and back with it.
    om.delete(f"/charts/{chart.id.root}")
    assert om.get(at, fields="charts").get("charts", []) == []
    om.put("/charts/restore", {"id": str(chart.id.root)})
    assert [one["id"] for one in om.get(at, fields="charts")["charts"]] == [str(chart.id.root)]


def test_a_data_model_is_called_as_the_client_calls_it(sdk, om, parents, fresh_name):
    service, same = parents.fqn["dashboardService"], fresh_name("same.name")
    columns = [{"name": "id", "dataType": "BIGINT", "description": "key"}, {"name": "at", "dataType": "STRUCT", "children": [{"name": "day", "dataType": "DATE"}]}]
    body = CreateDashboardDataModelRequest(name=same, service=service, dataModelType="SupersetDataModel", columns=columns, sql="SELECT 1", serviceType="Superset")
    model = sdk.create_or_update(body)
    dashboard = sdk.create_or_update(CreateDashboardRequest(name=same, service=service))
    assert name(model) == fqn.build(sdk, entity_type=DashboardDataModel, service_name=service, data_model_name=same)
    assert name(model) != name(dashboard)
    found = sdk.get_by_name(DashboardDataModel, name(model), fields=["*"], nullable=False)
    assert found.sql.root == "SELECT 1" and [column.name.root for column in found.columns] == ["id", "at"]
    assert found.columns[1].children[0].fullyQualifiedName.root == f"{name(model)}.at.day"
    tag = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    om.patch(f"/dashboard/datamodels/{model.id.root}", [{"op": "add", "path": "/columns/0/tags", "value": [tag]}])
    assert om.get(f"/dashboard/datamodels/{model.id.root}", fields="tags")["columns"][0]["tags"][0]["tagFQN"] == "PII.Sensitive"
    twice = {"name": fresh_name("twice"), "service": service, "dataModelType": "SupersetDataModel", "columns": columns[:1] * 2}
    assert "id" in om.call("POST", "/dashboard/datamodels", twice, expect=400).text
    listed = om.get("/dashboard/datamodels", service=service, limit=100)["data"]
    assert str(model.id.root) in [one["id"] for one in listed]
    assert sdk.delete(DashboardDataModel, model.id, recursive=True, hard_delete=True) is None
    assert sdk.get_by_name(Dashboard, name(dashboard)).id == dashboard.id, "what is called alike stays"


def test_lineage_goes_through_dashboards(sdk, om, make):
    table, model, dashboard, chart = (make(kind) for kind in ("table", "dashboardDataModel", "dashboard", "chart"))
    flows(sdk, table, model, ("table", "dashboardDataModel"))
    flows(sdk, model, dashboard, ("dashboardDataModel", "dashboard"))
    flows(sdk, dashboard, chart, ("dashboard", "chart"))
    flows(sdk, table, dashboard, ("table", "dashboard"))
    graph = sdk.get_lineage_by_name("dashboard", name(dashboard), up_depth=2, down_depth=1)
    assert {(node["type"], node["id"]) for node in graph["nodes"]} == {
        ("table", str(table.id.root)), ("dashboardDataModel", str(model.id.root)), ("chart", str(chart.id.root)),
    }  # fmt: skip
    by_id = sdk.get_lineage_by_id("chart", str(chart.id.root), up_depth=3)
    assert len(by_id["nodes"]) == 3
    columns = {"columnsLineage": [{"fromColumns": [f"{name(table)}.id"], "toColumn": f"{name(model)}.id"}]}
    ends = {"fromEntity": {"id": str(table.id.root), "type": "table"}, "toEntity": {"id": str(model.id.root), "type": "dashboardDataModel"}}
    om.call("PUT", "/lineage", {"edge": ends | {"lineageDetails": columns}}, expect=200)
    shown = om.get(f"/lineage/dashboardDataModel/{model.id.root}")["upstreamEdges"][0]["lineageDetails"]
    assert shown["columnsLineage"] == columns["columnsLineage"]
    om.call("DELETE", f"/lineage/dashboard/{dashboard.id.root}/chart/{chart.id.root}", expect=200)
    assert sdk.get_lineage_by_id("chart", str(chart.id.root))["nodes"] == []


def test_they_are_found_by_their_full_names(sdk, om, parents, make):
    service = parents.fqn["dashboardService"]
    for kind, index in (("dashboard", "dashboard"), ("chart", "chart"), ("dashboardDataModel", "dashboard_data_model")):
        entity = make(kind)
        found = sdk.es_search_from_fqn(KINDS[kind].entity, f"{service}.*")
        assert entity.id in [one.id for one in found], kind
        for called in (f"{index}_search_index", index, kind, "all", "dataAsset"):
            hits = om.get("/search/query", index=called, q=f"name:{entity.name.root}")["hits"]["hits"]
            assert [hit["_id"] for hit in hits] == [str(entity.id.root)], (kind, called)
            assert hits[0]["_source"]["serviceType"] == "Superset"
    assert service in [hit["_source"]["name"] for hit in om.get("/search/query", index="dashboard_service_search_index", q=f"name:{service}")["hits"]["hits"]]


def test_they_belong_to_products_and_domains_in_every_door(server, admin, sdk, om, make, fresh_name):
    dashboard, chart, domain = make("dashboard"), make("chart"), make("domain")
    om.call("PUT", f"/domains/{domain.name.root}/assets/add", {"assets": [{"id": str(dashboard.id.root), "type": "dashboard"}]}, expect=200)
    assert [one["id"] for one in om.get(f"/dashboards/{dashboard.id.root}", fields="domains")["domains"]] == [str(domain.id.root)]
    dz = datazone_door.client(server, admin, checked=False)
    unit = dz.create_domain(name=fresh_name("Shown"), domainExecutionRole="arn:aws:iam::123456789012:role/r")["id"]
    project = dz.create_project(domainIdentifier=unit, name="Shows")["id"]
    product = dz.create_data_product(domainIdentifier=unit, name="Seen", owningProjectIdentifier=project)["id"]
    fqn_of = om.get(f"/dataProducts/{product}")["fullyQualifiedName"]
    assets = [ref(dashboard, "dashboard"), ref(chart, "chart")]
    assert sdk.add_assets_to_data_product(fqn_of, assets)["numberOfRowsPassed"] == 2
    assert {row["type"] for row in sdk.get_data_product_assets(fqn_of)["data"]} == {"dashboard", "chart"}
    assert om.get(f"/charts/{chart.id.root}", fields="dataProducts")["dataProducts"][0]["id"] == product
    items = dz.get_data_product(domainIdentifier=unit, identifier=product)["items"]
    assert sorted(item["identifier"] for item in items) == sorted(str(one.id.root) for one in (dashboard, chart))
    at = datazone_door.plain_id(unit)
    om.patch(f"/dashboards/{dashboard.id.root}", [{"op": "add", "path": "/domains", "value": [{"id": at, "type": "domain"}]}])
    asset = dz.get_asset(domainIdentifier=unit, identifier=str(dashboard.id.root))
    assert asset["typeIdentifier"] == "emporion.DashboardAssetType" and asset["name"] == dashboard.name.root
    # Bobsled knows tables alone, and leaves the others where they are.
    bob = BobsledDoor(server, admin.token)
    assert bob.get(f"/data-products/{product}/data-assets")["dataAssets"] == []
    assert sdk.remove_assets_from_data_product(fqn_of, assets[:1])["status"] == "success"
    assert [row["id"] for row in sdk.get_data_product_assets(fqn_of)["data"]] == [str(chart.id.root)]


def test_secrets_of_a_service_are_sealed(server, sdk, bot_token, om, make):
    made = make("dashboardService")
    programs = connect(server, bot_token)
    for client, word in ((sdk, "*********"), (programs, "a-secret-word")):
        config = client.get_by_id(DashboardService, made.id, nullable=False).connection.config
        assert config.connection.password.get_secret_value() == word and config.type.value == "Superset"
    at = f"/services/dashboardServices/{made.id.root}"
    assert "a-secret-word" not in om.call("GET", at, params={"fields": "*"}).text + om.call("GET", f"{at}/versions").text
    # The mask that comes back stands for the secret, at its place alone.
    om.patch(at, [{"op": "replace", "path": "/connection/config/hostPort", "value": "http://superset.example.com:8089"}])
    stolen = [{"op": "add", "path": "/connection/config/connection/username", "value": "*********"}]
    om.patch(at, stolen, expect=400)


def test_usage_of_a_dashboard_is_kept(sdk, om, make):
    dashboard = make("dashboard")
    sdk.publish_dashboard_usage(dashboard, UsageRequest(date="2026-11-01", count=7))
    assert om.get(f"/dashboards/{dashboard.id.root}", fields="usageSummary")["usageSummary"]["dailyStats"]["count"] == 7


def test_a_service_takes_what_stands_below_it_along(sdk, om, make, fresh_name):
    service = make("dashboardService")
    below = {"service": name(service)}
    dashboard = om.post("/dashboards", {"name": fresh_name("d")} | below)
    columns = [{"name": "id", "dataType": "INT"}]
    model = om.post("/dashboard/datamodels", {"name": fresh_name("m"), "dataModelType": "ModeDataModel", "columns": columns} | below)
    run = {"pipelineType": "metadata", "sourceConfig": {"config": {}}, "airflowConfig": {}}
    run |= {"name": fresh_name("run"), "service": {"id": str(service.id.root), "type": "dashboardService"}}
    crawl = om.post("/services/ingestionPipelines", run)
    made = {"dashboards": dashboard, "dashboard/datamodels": model, "services/ingestionPipelines": crawl}
    om.call("DELETE", f"/services/dashboardServices/{service.id.root}", expect=400)
    om.call("DELETE", f"/services/dashboardServices/{service.id.root}", params={"recursive": "true"}, expect=200)
    for collection, entity in made.items():
        om.get(f"/{collection}/{entity['id']}", expect=404)
    om.put("/services/dashboardServices/restore", {"id": str(service.id.root)})
    for collection, entity in made.items():
        assert om.get(f"/{collection}/{entity['id']}")["fullyQualifiedName"] == entity["fullyQualifiedName"]


def test_what_callers_with_some_rights_get(server, sdk, om, make, fresh_name):
    dashboard, chart, table = make("dashboard"), make("chart"), make("table")
    at = f"/dashboards/{dashboard.id.root}"
    om.patch(at, [{"op": "add", "path": "/charts", "value": [{"id": str(chart.id.root), "type": "chart"}]}])
    om.patch(at, [{"op": "replace", "path": "/displayName", "value": "Shown"}])
    flows(sdk, table, dashboard, ("table", "dashboard"))
    described = [{"op": "replace", "path": "/displayName", "value": "Named"}]
    # Another account has none of it.
    elsewhere = OpenMetadataDoor(server, server.new_account(fresh_name("elsewhere")).token)
    for path in (at, f"/charts/{chart.id.root}", f"/lineage/dashboard/{dashboard.id.root}"):
        elsewhere.call("GET", path, expect=404)
    # Who only reads may not change it; an owner through a team may.
    somebody, owner = server.new_user(fresh_name("somebody")), server.new_user(fresh_name("owner"))
    reader = OpenMetadataDoor(server, somebody.token)
    assert reader.get(at)["id"] == str(dashboard.id.root)
    reader.call("PATCH", at, described, expect=403, headers={"Content-Type": "application/json-patch+json"})
    reader.call("POST", "/dashboards", {"name": fresh_name("d"), "service": dashboard.service.fullyQualifiedName}, expect=403)
    reader.call("DELETE", at, expect=403)
    team = om.post("/teams", {"name": fresh_name("shows"), "teamType": "Group", "users": [owner.id]})
    om.patch(at, [{"op": "add", "path": "/owners", "value": [{"id": team["id"], "type": "team"}]}])
    OpenMetadataDoor(server, owner.token).patch(at, described)
    # To whom charts and tables are closed, neither is told of through the dashboard.
    rule = {"name": "no", "effect": "deny", "resources": ["chart", "table"], "operations": ["All"]}
    policy = om.post("/policies", {"name": fresh_name("blind"), "rules": [rule]})
    role = om.post("/roles", {"name": fresh_name("blind"), "policies": [policy["name"]]})
    om.patch(f"/users/{somebody.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    for path in (at, f"{at}/versions", f"/lineage/dashboard/{dashboard.id.root}", "/dashboards"):
        told = reader.call("GET", path, params={} if "lineage" in path or "versions" in path else {"fields": "*"}, expect=200).text
        assert not [one for one in (chart, table) if str(one.id.root) in told or one.name.root in told], path
    for hidden in (chart, table):
        hits = reader.get("/search/query", index="all", q=hidden.name.root)["hits"]["hits"]
        assert str(hidden.id.root) not in [hit["_id"] for hit in hits]
    page = Browser(server).sign_in(somebody).visit(f"/dashboards/{name(dashboard)}")
    assert "No charts are known." in page.text and chart.name.root not in page.source and table.name.root not in page.source


def test_pages_of_dashboards_charts_and_models(server, browser, sdk, om, make):
    table, model, dashboard, chart = (make(kind) for kind in ("table", "dashboardDataModel", "dashboard", "chart"))
    at = f"/dashboards/{dashboard.id.root}"
    om.patch(at, [{"op": "add", "path": "/charts", "value": [{"id": str(chart.id.root), "type": "chart"}]}])
    om.patch(at, [{"op": "add", "path": "/dataModels", "value": [{"id": str(model.id.root), "type": "dashboardDataModel"}]}])
    flows(sdk, table, model, ("table", "dashboardDataModel"))
    page = browser.visit(f"/dashboards/{name(dashboard)}")
    for said in ("Charts", "Data models", "What it reads", chart.name.root, model.name.root, table.name.root):
        assert said in page.text, said
    page = browser.visit(f"/charts/{name(chart)}")
    assert "Dashboards that show it" in page.text and f"/dashboards/{name(dashboard)}" in page.links and "Line" in page.text
    page = browser.visit(f"/dashboard-models/{name(model)}")
    assert "SupersetDataModel" in page.text and "bigint" in page.text.lower() and table.name.root in page.text
    for folder, entity in (("dashboards", dashboard), ("charts", chart), ("dashboard-models", model)):
        for tab in ("lineage", "activity"):
            assert entity.name.root in browser.visit(f"/{folder}/{name(entity)}?tab={tab}").text
        browser.visit(f"/{folder}/{name(entity)}?edit=description")
        browser.send(f"/{folder}/{name(entity)}", description="What is left.")
    assert om.get(at)["description"] == "What is left."
    service = dashboard.service.fullyQualifiedName
    assert f"/dashboards/{name(dashboard)}" in browser.visit(f"/services/{service}").links
    assert f"/services/{service}" in browser.visit("/sources").links
    assert browser.visit(f"/dashboard-models/{name(model)}/lineage.svg").source.startswith("<svg")


def test_a_product_follows_dashboards_by_its_query(server, browser, sdk, om, make, fresh_name):
    domain, tag = make("domain"), make("tag")
    body = {"name": fresh_name("Follows"), "description": "d", "domains": [domain.name.root]}
    product = om.post("/dataProducts", body)
    at = f"/products/{product['fullyQualifiedName']}"
    browser.visit(f"{at}?edit=members")
    browser.send(at, query=f"kind:(dashboard OR chart) tag:{tag.fullyQualifiedName}")
    browser.send(at, query=f"kind:(dashboard OR chart) tag:{tag.fullyQualifiedName}")
    label = {"tagFQN": tag.fullyQualifiedName, "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    made = {kind: make(kind) for kind in ("dashboard", "chart", "dashboardDataModel")}
    for kind, collection in (("dashboard", "dashboards"), ("chart", "charts"), ("dashboardDataModel", "dashboard/datamodels")):
        om.patch(f"/{collection}/{made[kind].id.root}", [{"op": "add", "path": "/tags", "value": [label]}])
    members = lambda: {row["id"] for row in om.get(f"/dataProducts/{product['id']}/assets")["data"]}  # noqa: E731
    assert members() == {str(made[kind].id.root) for kind in ("dashboard", "chart")}
    om.patch(f"/charts/{made['chart'].id.root}", [{"op": "replace", "path": "/tags", "value": []}])
    assert members() == {str(made["dashboard"].id.root)}


def test_they_are_listed_by_the_command_line(server, make):
    for kind, named in (("dashboard", "dashboards"), ("chart", "charts"), ("dashboardDataModel", "dashboardDataModels")):
        entity = make(kind)
        listed = server.cli("list", named)
        assert name(entity) in str(listed), named
