"""What OpenMetadata's Python client offers beyond the operations that every kind has."""

import pytest
from metadata.generated.schema.api.data.createTable import CreateTableRequest
from metadata.generated.schema.api.services.createDashboardService import CreateDashboardServiceRequest
from metadata.generated.schema.api.services.createDatabaseService import CreateDatabaseServiceRequest
from metadata.generated.schema.api.services.createPipelineService import CreatePipelineServiceRequest
from metadata.generated.schema.entity.data.table import Column, DataType, Table
from metadata.generated.schema.entity.domains.dataProduct import DataProduct
from metadata.generated.schema.entity.services.dashboardService import DashboardService, DashboardServiceType
from metadata.generated.schema.entity.services.databaseService import DatabaseService, DatabaseServiceType
from metadata.generated.schema.entity.services.pipelineService import PipelineService, PipelineServiceType
from metadata.generated.schema.type.basic import Markdown
from metadata.generated.schema.type.entityReference import EntityReference
from metadata.generated.schema.type.entityReferenceList import EntityReferenceList
from metadata.generated.schema.type.tagLabel import LabelType, State, TagLabel, TagSource
from metadata.ingestion.models.patch_request import PatchOperation
from metadata.ingestion.models.table_metadata import ColumnDescription, ColumnTag

from openmetadata_kinds import KINDS, Parents, connect, text


@pytest.fixture(scope="module")
def sdk(server, admin):
    return connect(server, admin.token)


@pytest.fixture(scope="module")
def bot(server, bot_token):
    return connect(server, bot_token)


@pytest.fixture(scope="module")
def parents(sdk, fresh_name) -> Parents:
    return Parents.make(sdk, fresh_name)


@pytest.fixture
def make(sdk, parents, fresh_name):
    """Makes a new record of a kind."""
    return lambda kind: sdk.create(KINDS[kind].make(parents, fresh_name(kind.lower())))


def ref(entity, kind: str) -> EntityReference:
    return EntityReference(id=entity.id, type=kind)


def label_of(tag) -> TagLabel:
    return TagLabel(
        tagFQN=text(tag.fullyQualifiedName),
        source=TagSource.Classification,
        labelType=LabelType.Manual,
        state=State.Confirmed,
    )


def ids(answer: dict) -> list[str]:
    return [row["id"] for row in answer["data"]]


def test_assets_of_a_product_are_added_listed_and_removed(sdk, make):
    product, table, pipeline = make("dataProduct"), make("table"), make("pipeline")
    name = product.fullyQualifiedName.root
    added = sdk.add_assets_to_data_product(name, [ref(table, "table"), ref(pipeline, "pipeline")])
    assert (added["status"], added["numberOfRowsPassed"]) == ("success", 2)
    listed = sdk.get_data_product_assets(name)
    assert listed["paging"]["total"] == 2
    assert {(row["id"], row["type"]) for row in listed["data"]} == {
        (str(table.id.root), "table"),
        (str(pipeline.id.root), "pipeline"),
    }
    assert ids(sdk.get_data_product_assets(name, limit=1, offset=1)) == ids(listed)[1:]
    assert sdk.remove_assets_from_data_product(name, [ref(table, "table")])["status"] == "success"
    assert sdk.remove_assets_from_data_product(name, [ref(table, "table")])["status"] == "success", "absent is no error"
    assert ids(sdk.get_data_product_assets(name)) == [str(pipeline.id.root)]
    assert sdk.get_by_id(DataProduct, product.id).version == product.version, "assets are not part of the entity"


def test_a_product_is_addressed_by_its_bare_name_while_that_is_unique(sdk, make):
    product, table = make("dataProduct"), make("table")
    assert sdk.add_assets_to_data_product(product.name.root, [ref(table, "table")])["status"] == "success"
    assert sdk.get_by_name(DataProduct, product.name.root).id == product.id


def test_ports_of_a_product(sdk, make):
    product, table, source = make("dataProduct"), make("table"), make("table")
    name = product.fullyQualifiedName.root
    sdk.add_assets_to_data_product(name, [ref(table, "table")])
    assert sdk.add_output_ports_to_data_product(name, [ref(table, "table")])["status"] == "success"
    assert sdk.add_input_ports_to_data_product(name, [ref(source, "table")])["status"] == "success"
    assert sdk.remove_input_ports_from_data_product(name, [ref(source, "table")])["status"] == "success"
    sdk.remove_assets_from_data_product(name, [ref(table, "table")])
    ports = sdk.client.get(f"/dataProducts/name/{name}/outputPorts")
    assert ports["data"] == [], "an asset takes its ports along"


@pytest.mark.parametrize("kind", ["table", "dataProduct", "databaseService", "pipeline", "dashboard", "chart", "databaseSchema", "glossary"])
def test_tags_are_patched_onto_a_record_without_tags(sdk, make, kind):
    entity, tag = make(kind), make("tag")
    tagged = sdk.patch_tags(KINDS[kind].entity, entity, [label_of(tag)], skip_on_failure=False)
    assert [t.tagFQN.root for t in tagged.tags] == [text(tag.fullyQualifiedName)]
    bare = sdk.patch_tags(
        KINDS[kind].entity, tagged, [label_of(tag)], operation=PatchOperation.REMOVE, skip_on_failure=False
    )
    assert not bare.tags


@pytest.mark.parametrize("kind", ["table", "dataProduct", "databaseService", "domain", "pipeline", "dashboard", "glossaryTerm"])
def test_owners_are_set_kept_and_taken_away(sdk, make, kind):
    entity, alice, bob = make(kind), make("user"), make("user")
    entity_class = KINDS[kind].entity
    owned = sdk.patch_owner(entity_class, entity, EntityReferenceList([ref(alice, "user")]))
    assert [o.id for o in owned.owners.root] == [alice.id]
    assert sdk.patch_owner(entity_class, entity, EntityReferenceList([ref(bob, "user")])) is None, "kept without force"
    forced = sdk.patch_owner(entity_class, entity, EntityReferenceList([ref(bob, "user")]), force=True)
    assert [o.id for o in forced.owners.root] == [bob.id]


@pytest.mark.parametrize("kind", ["table", "databaseService", "pipelineService", "dashboardService", "dashboard", "database", "glossary"])
def test_a_record_is_put_into_a_domain(sdk, make, kind):
    entity, domain = make(kind), make("domain")
    placed = sdk.patch_domain(KINDS[kind].entity, entity, EntityReferenceList([ref(domain, "domain")]))
    assert [d.id for d in placed.domains.root] == [domain.id]
    found = sdk.get_by_id(KINDS[kind].entity, entity.id, fields=["domains"])
    assert [d.fullyQualifiedName for d in found.domains.root] == [domain.fullyQualifiedName.root]


def test_column_tags_and_descriptions(sdk, make):
    table, tag = make("table"), make("tag")
    column = f"{table.fullyQualifiedName.root}.name"
    nested = f"{table.fullyQualifiedName.root}.address.city"
    tagged = sdk.patch_column_tags(table, [ColumnTag(column_fqn=column, tag_label=label_of(tag))])
    assert [t.tagFQN.root for t in tagged.columns[1].tags] == [text(tag.fullyQualifiedName)]
    described = sdk.patch_column_descriptions(
        table,
        [
            ColumnDescription(column_fqn=column, description=Markdown("the name")),
            ColumnDescription(column_fqn=nested, description=Markdown("the city")),
        ],
    )
    assert described.columns[1].description.root == "the name"
    assert described.columns[2].children[0].description.root == "the city"
    found = sdk.get_by_id(Table, table.id, fields=["columns", "tags"])
    assert [t.tagFQN.root for t in found.columns[1].tags] == [text(tag.fullyQualifiedName)]
    assert found.columns[0].tags == [], "with fields=tags each column says that it has none"


def test_patch_description_keeps_what_is_there_unless_forced(sdk, make):
    table = make("table")
    assert sdk.patch_description(Table, table, "other") is None
    assert sdk.patch_description(Table, table, "other", force=True).description.root == "other"


def test_every_service_type_of_the_client_is_accepted(sdk, fresh_name):
    for types, request, entity in (
        (DatabaseServiceType, CreateDatabaseServiceRequest, DatabaseService),
        (PipelineServiceType, CreatePipelineServiceRequest, PipelineService),
        (DashboardServiceType, CreateDashboardServiceRequest, DashboardService),
    ):
        for service_type in types:
            made = sdk.create(request(name=fresh_name(service_type.value), serviceType=service_type))
            assert sdk.get_by_id(entity, made.id, nullable=False).serviceType == service_type
    assert len(sdk.list_services(DatabaseService)) == 10, "a list without a limit has ten rows"


def test_a_bot_reads_the_password_and_people_see_a_mask(sdk, bot, make):
    made = make("databaseService")
    for name, client in (("human", sdk), ("bot", bot)):
        config = client.get_by_id(DatabaseService, made.id, nullable=False).connection.config
        word = config.authType.password.get_secret_value()
        assert word == ("a-secret-word" if name == "bot" else "*********"), name
        assert config.type.value == "Postgres", "the type is derived, the client does not send it"


def test_a_list_filter_reaches_only_its_children(sdk, parents, make):
    other = make("databaseService").fullyQualifiedName.root
    mine = parents.fqn["databaseSchema"]
    table = make("table")
    listed = list(sdk.list_all_entities(Table, params={"databaseSchema": mine}))
    assert table.id in [t.id for t in listed]
    assert {t.databaseSchema.fullyQualifiedName for t in listed} == {mine}
    assert list(sdk.list_all_entities(Table, params={"service": other})) == []


def test_stale_records_are_deleted_only_within_the_scope_and_never_by_an_empty_list(sdk, parents, make):
    schema = make("databaseSchema")
    names = ("seen", "stale")
    columns = [Column(name="id", dataType=DataType.INT)]
    seen, stale = (
        sdk.create(CreateTableRequest(name=n, databaseSchema=schema.fullyQualifiedName.root, columns=columns))
        for n in names
    )
    outside = make("table")
    scope = {"databaseSchema": schema.fullyQualifiedName.root}
    nothing = sdk.delete_stale_entities(Table, scope, [])
    assert nothing is not None, "the operation is offered, so that the client never lists and deletes by itself"
    assert nothing.numberOfRowsProcessed.root == 0
    assert sdk.get_by_id(Table, stale.id) is not None
    result = sdk.delete_stale_entities(Table, scope, [seen.fullyQualifiedName.root])
    assert result.numberOfRowsFailed.root == 0
    assert sdk.get_by_id(Table, stale.id) is None
    assert sdk.get_by_id(Table, seen.id) is not None
    assert sdk.get_by_id(Table, outside.id) is not None


def test_bulk_of_mixed_kinds_makes_parents_first(sdk, fresh_name):
    name = fresh_name("bulk")
    kinds = ("table", "databaseSchema", "database")
    fqn = {"databaseService": name, "database": f"{name}.{name}", "databaseSchema": f"{name}.{name}.{name}"}
    parents = Parents(sdk, fqn)
    sdk.create(KINDS["databaseService"].make(parents, name))
    result = sdk.bulk_create_or_update([KINDS[kind].make(parents, name) for kind in kinds])
    assert result.numberOfRowsFailed.root == 0, result.failedRequest
    assert sdk.get_by_name(Table, f"{name}.{name}.{name}.{name}") is not None


def test_deleting_a_service_takes_its_children_and_restoring_brings_them_back(sdk, fresh_name):
    name = fresh_name("tree")
    fqn = {"databaseService": name, "database": f"{name}.{name}", "databaseSchema": f"{name}.{name}.{name}"}
    parents = Parents(sdk, fqn)
    made = {
        k: sdk.create(KINDS[k].make(parents, name)) for k in ("databaseService", "database", "databaseSchema", "table")
    }
    with pytest.raises(Exception, match="is not empty"):
        sdk.delete(DatabaseService, made["databaseService"].id)
    sdk.delete(DatabaseService, made["databaseService"].id, recursive=True)
    assert all(sdk.get_by_id(KINDS[kind].entity, entity.id) is None for kind, entity in made.items())
    sdk.restore(DatabaseService, made["databaseService"].id)
    assert all(sdk.get_by_id(KINDS[kind].entity, entity.id) is not None for kind, entity in made.items())


ODD_NAMES = ["a.b", 'a"b', "a/b", "a b", "ü", "a%2Fb", "a&b=c?d#e", "a+b", "x" * 250]


@pytest.mark.parametrize("odd", ODD_NAMES)
def test_odd_names_are_created_found_listed_and_deleted(sdk, parents, fresh_name, odd):
    name = f"{odd}{fresh_name('')[-5:]}"
    for kind in ("databaseService", "table", "dataProduct", "glossary"):
        made = sdk.create(KINDS[kind].make(parents, name))
        entity_class = KINDS[kind].entity
        assert made.name.root == name
        assert sdk.get_by_name(entity_class, made.fullyQualifiedName.root, nullable=False).id == made.id
        assert made.id in [entity.id for entity in sdk.list_all_entities(entity_class, limit=7)]
        sdk.delete(entity_class, made.id, hard_delete=True)
        assert sdk.get_by_name(entity_class, made.fullyQualifiedName.root) is None


def test_references_carry_what_the_client_reads(sdk, make):
    table = make("table")
    reference = sdk.get_entity_reference(Table, table.fullyQualifiedName.root)
    assert (reference.id, reference.type) == (table.id, "table")
    assert table.service.fullyQualifiedName and table.database.fullyQualifiedName
    assert [c.ordinalPosition for c in table.columns] == [1, 2, 3]
    assert table.columns[1].fullyQualifiedName.root == f"{table.fullyQualifiedName.root}.name"
    assert table.columns[2].children[0].fullyQualifiedName.root == f"{table.fullyQualifiedName.root}.address.city"
