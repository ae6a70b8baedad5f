"""Lineage with OpenMetadata's Python client: edges, what is around an entity, who may write and see it."""

import itertools
from urllib.parse import quote

import pytest
from metadata.generated.schema.api.lineage.addLineage import AddLineageRequest
from metadata.generated.schema.entity.data.pipeline import Pipeline
from metadata.generated.schema.entity.data.table import Table
from metadata.generated.schema.type.entityLineage import ColumnLineage, EntitiesEdge, EntityLineage, LineageDetails, Source
from metadata.generated.schema.type.entityReference import EntityReference
from metadata.ingestion.ometa.mixins import lineage_mixin

from openmetadata_door import OpenMetadataDoor
from openmetadata_kinds import KINDS, Parents, connect
from openmetadata_kinds import text as value


@pytest.fixture(scope="module")
def sdk(server, admin):
    return connect(server, admin.token)


@pytest.fixture(scope="module")
def parents(sdk, fresh_name) -> Parents:
    return Parents.make(sdk, fresh_name)


@pytest.fixture
def make(sdk, parents, fresh_name):
    """Makes a new record of a kind."""
    return lambda kind="table": sdk.create(KINDS[kind].make(parents, fresh_name(kind.lower())))


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """The client remembers edges for ever, also those that were not there."""
    monkeypatch.setattr(lineage_mixin, "search_cache", lineage_mixin.LRUCache(1))
    monkeypatch.setattr(lineage_mixin.LRUCache, "__contains__", lambda self, key: False)


def text(wrapped) -> str:
    return str(value(wrapped))


def ref(entity, kind: str = "table") -> EntityReference:
    return EntityReference(id=entity.id, type=kind)


def edge(upstream, downstream, kinds=("table", "table"), /, **details) -> AddLineageRequest:
    ends = {"fromEntity": ref(upstream, kinds[0]), "toEntity": ref(downstream, kinds[1])}
    return AddLineageRequest(edge=EntitiesEdge(**ends, lineageDetails=LineageDetails(**details)))


def of(graph: dict) -> EntityLineage:
    """The answer as the client's strict model has it; edges lead between nodes that are shown."""
    read = EntityLineage.model_validate(graph)
    shown = {graph["entity"]["id"], *(node["id"] for node in graph["nodes"])}
    for one in graph["upstreamEdges"] + graph["downstreamEdges"]:
        assert {one["fromEntity"], one["toEntity"]} <= shown
    return read


def nodes(graph: dict) -> set[str]:
    of(graph)
    return {node["id"] for node in graph["nodes"]}


def ids(*entities) -> set[str]:
    return {text(entity.id) for entity in entities}


def column(table: Table, name: str = "id") -> str:
    return f"{text(table.fullyQualifiedName)}.{name}"


def test_an_edge_is_added_read_and_deleted(sdk, make):
    source, target = make(), make()
    columns = [ColumnLineage(fromColumns=[column(source)], toColumn=column(target), function="MAX")]
    request = edge(source, target, sqlQuery="SELECT 1", columnsLineage=columns, description="nightly", source=Source.QueryLineage)
    graph = sdk.add_lineage(request)
    assert nodes(graph) == ids(target) and graph["entity"]["id"] == text(source.id)
    (shown,) = of(graph).downstreamEdges
    details = shown.lineageDetails
    assert (text(details.sqlQuery), details.source, details.description) == ("SELECT 1", Source.QueryLineage, "nightly")
    assert details.columnsLineage[0].model_dump(mode="json") == columns[0].model_dump(mode="json")
    assert details.createdBy == "admin" and details.createdAt.root == details.updatedAt.root
    for graph in (
        sdk.get_lineage_by_id(Table, text(target.id)),
        sdk.get_lineage_by_name(Table, text(target.fullyQualifiedName)),
        sdk.get_lineage_by_name("table", text(target.fullyQualifiedName), up_depth=3, down_depth=0),
    ):
        assert nodes(graph) == ids(source) and len(graph["upstreamEdges"]) == 1 and not graph["downstreamEdges"]
    found = sdk.get_lineage_edge(text(source.id), text(target.id))["edge"]
    assert found["sqlQuery"] == "SELECT 1" and found["fromEntity"]["id"] == text(source.id)
    assert sdk.get_lineage_edge(text(target.id), text(source.id)) is None, "an edge has a direction"
    sdk.delete_lineage_edge(request.edge)
    assert sdk.get_lineage_edge(text(source.id), text(target.id)) is None
    assert nodes(sdk.get_lineage_by_id(Table, text(target.id))) == set()


def test_adding_with_a_check_merges_columns_and_keeps_the_pipeline(sdk, make):
    source, target, pipeline = make(), make(), make("pipeline")
    sdk.add_lineage(edge(source, target, pipeline=ref(pipeline, "pipeline"), source=Source.PipelineLineage))
    columns = [ColumnLineage(fromColumns=[column(source)], toColumn=column(target))]
    assert "error" not in sdk.add_lineage(edge(source, target, columnsLineage=columns, sqlQuery="SELECT 2"), check_patch=True)
    found = sdk.get_lineage_edge(text(source.id), text(target.id))["edge"]
    assert found["pipeline"]["id"] == text(pipeline.id) and found["source"] == "PipelineLineage"
    assert found["sqlQuery"] == "SELECT 2" and len(found["columnsLineage"]) == 1
    assert "error" not in sdk.add_lineage(edge(source, target, columnsLineage=columns), check_patch=True)
    assert sdk.get_lineage_edge(text(source.id), text(target.id))["edge"]["columnsLineage"] == found["columnsLineage"]
    # A pipeline that is gone for ever is shown no more, and in nobody's way.
    sdk.delete(Pipeline, pipeline.id, hard_delete=True)
    found = sdk.get_lineage_edge(text(source.id), text(target.id))["edge"]
    assert "pipeline" not in found and found["sqlQuery"] == "SELECT 2"
    assert "error" not in sdk.add_lineage(edge(source, target, sqlQuery="SELECT 3"), check_patch=True)
    found = sdk.get_lineage_edge(text(source.id), text(target.id))["edge"]
    assert found["sqlQuery"] == "SELECT 3" and len(found["columnsLineage"]) == 1


def test_edges_by_names(sdk, make):
    source, target = make(), make()
    names = {
        "from_entity_fqn": text(source.fullyQualifiedName),
        "from_entity_type": "table",
        "to_entity_fqn": text(target.fullyQualifiedName),
        "to_entity_type": "table",
    }
    details = LineageDetails(sqlQuery="SELECT 1", source=Source.DbtLineage)
    assert nodes(sdk.add_lineage_by_name(**names, lineage_details=details)) == ids(target)
    again = LineageDetails(columnsLineage=[ColumnLineage(fromColumns=[column(source)], toColumn=column(target))])
    assert "error" not in sdk.add_lineage_by_name(**names, lineage_details=again, check_patch=True)
    arguments = ("table", names["from_entity_fqn"], "table", names["to_entity_fqn"])
    found = sdk.get_lineage_edge_by_name(*arguments)["edge"]
    assert found["source"] == "DbtLineage" and len(found["columnsLineage"]) == 1
    sdk.delete_lineage_by_source_by_name("table", names["to_entity_fqn"], "DbtLineage")
    assert sdk.get_lineage_edge_by_name(*arguments) is None
    sdk.add_lineage_by_name(**names)
    sdk.delete_lineage_by_name(**names)
    assert sdk.get_lineage_edge_by_name(*arguments) is None


def test_edges_of_one_source_are_deleted_together(sdk, make):
    first, second, target, pipeline = make(), make(), make(), make("pipeline")
    sdk.add_lineage(edge(first, target, source=Source.ViewLineage))
    sdk.add_lineage(edge(second, target, source=Source.Manual))
    sdk.delete_lineage_by_source("table", text(target.id), "ViewLineage")
    assert nodes(sdk.get_lineage_by_id(Table, text(target.id))) == ids(second)
    sdk.add_lineage(edge(first, target, pipeline=ref(pipeline, "pipeline"), source=Source.PipelineLineage))
    sdk.delete_lineage_by_source("pipeline", text(pipeline.id), "PipelineLineage")
    assert nodes(sdk.get_lineage_by_id(Table, text(target.id))) == ids(second)


def test_other_kinds_take_part(sdk, make):
    table, pipeline, product = make(), make("pipeline"), make("dataProduct")
    sdk.add_lineage(edge(table, pipeline, ("table", "pipeline")))
    sdk.add_lineage(edge(pipeline, product, ("pipeline", "dataProduct")))
    graph = sdk.get_lineage_by_id("table", text(table.id), down_depth=2)
    assert nodes(graph) == ids(pipeline, product)
    assert {node["type"] for node in graph["nodes"]} == {"pipeline", "dataProduct"}
    assert nodes(sdk.get_lineage_by_name("dataProduct", text(product.fullyQualifiedName), up_depth=2)) == ids(table, pipeline)


def test_a_chain_is_seen_as_far_as_asked_and_no_version_changes(sdk, make):
    chain = [make() for _ in range(5)]
    for source, target in itertools.pairwise(chain):
        sdk.add_lineage(edge(source, target))
    for depth in range(4):
        assert nodes(sdk.get_lineage_by_id(Table, text(chain[0].id), 0, depth)) == ids(*chain[1 : depth + 1])
        assert nodes(sdk.get_lineage_by_id(Table, text(chain[-1].id), depth, 0)) == ids(*chain[4 - depth : 4])
    sdk.add_lineage(edge(chain[-1], chain[0]))
    assert nodes(sdk.get_lineage_by_id(Table, text(chain[0].id), 3, 3)) == ids(*chain[1:])
    for table in chain:
        assert sdk.get_by_id(Table, table.id).version.root == table.version.root


def test_both_addresses_and_what_is_refused(server, admin, om, om_anonymous, make):
    source, target = make(), make()
    body = {"edge": {"fromEntity": {"id": text(source.id), "type": "table"}, "toEntity": {"id": text(target.id), "type": "table"}}}
    for mount in ("/v1", "/api/v1"):
        door = OpenMetadataDoor(server, admin.token, mount)
        assert door.call("PUT", "/lineage", body, expect=200).content == b""
        assert door.get(f"/lineage/table/{text(target.id)}")["upstreamEdges"]
    om_anonymous.call("PUT", "/lineage", body, expect=401)
    om_anonymous.get(f"/lineage/table/{text(target.id)}", expect=401)
    om.get(f"/lineage/table/{text(target.id)}", upstreamDepth=4, expect=400)
    om.get("/lineage/topic/name/x", expect=404)
    om.get("/lineage/user/name/admin", expect=400)
    om.get(f"/lineage/table/{text(make('pipeline').id)}", expect=404)
    gone = om.call("DELETE", f"/lineage/table/{text(target.id)}/table/{text(source.id)}", expect=404)
    assert gone.json()["message"] == "Lineage edge not found"
    own = {"edge": body["edge"] | {"toEntity": body["edge"]["fromEntity"]}}
    om.call("PUT", "/lineage", own, expect=400)
    wrong = {"columnsLineage": [{"fromColumns": [column(source, "nope")], "toColumn": column(target)}]}
    refused = om.call("PUT", "/lineage", {"edge": body["edge"] | {"lineageDetails": wrong}}, expect=400)
    assert "Invalid column name" in refused.json()["message"]


def test_rights(om, om_stranger, bobsled, make, fresh_name):
    source, target = make(), make()
    ends = [{"id": text(table.id), "type": "table"} for table in (source, target)]
    body = {"edge": {"fromEntity": ends[0], "toEntity": ends[1]}}
    path = f"/lineage/table/{text(source.id)}/table/{text(target.id)}"
    by_source = f"/lineage/table/{text(target.id)}/type/Manual"
    refused = om_stranger.call("PUT", "/lineage", body, expect=403)
    assert "EditLineage" in refused.json()["message"]
    # Whether there is an edge makes no difference to him.
    for _ in range(2):
        om_stranger.call("DELETE", path, expect=403)
        om_stranger.call("DELETE", by_source, expect=403)
        om_stranger.patch(path, [{"op": "add", "path": "/sqlQuery", "value": "x"}], expect=403)
        om.call("PUT", "/lineage", body, expect=200)
    # A product that was given to nobody is in nobody's lineage, nor is what lies behind it.
    made = bobsled.post("/data-products", {"name": fresh_name("hidden")}, expect=201)["dataProduct"]["id"]
    om_stranger.get(f"/dataProducts/{made}", expect=404)
    hidden = {"id": made, "type": "dataProduct"}
    om.call("PUT", "/lineage", {"edge": {"fromEntity": ends[1], "toEntity": hidden}}, expect=200)
    behind = make()
    end = {"id": text(behind.id), "type": "table"}
    om.call("PUT", "/lineage", {"edge": {"fromEntity": hidden, "toEntity": end}}, expect=200)
    asked = f"/lineage/table/name/{quote(text(source.fullyQualifiedName), safe='')}"
    assert nodes(om.get(asked, downstreamDepth=3)) == {text(target.id), made, text(behind.id)}
    seen = om_stranger.get(asked, downstreamDepth=3)
    assert nodes(seen) == {text(target.id)} and len(seen["downstreamEdges"]) == 1
    om_stranger.get(f"/lineage/dataProduct/{made}", expect=404)
    om_stranger.get(f"/lineage/getLineageEdge/{text(target.id)}/{made}", expect=404)
    om_stranger.call("PUT", "/lineage", {"edge": {"fromEntity": hidden, "toEntity": ends[1]}}, expect=403)
    om_stranger.call("PUT", "/lineage", {"edge": {"fromEntity": ends[1], "toEntity": hidden}}, expect=404)
