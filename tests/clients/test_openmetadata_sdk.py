"""OpenMetadata's own Python client, unmodified, for every kind: each answer passes its strict models or it raises."""

import json

import pytest
from metadata.generated.schema.type.basic import Markdown
from metadata.ingestion.ometa.client import APIError
from metadata.ingestion.ometa.ometa_api import OpenMetadata

from openmetadata_kinds import KINDS, Kind, Parents, connect, text


@pytest.fixture(scope="module")
def sdk(server, admin) -> OpenMetadata:
    return connect(server, admin.token)


@pytest.fixture(scope="module")
def parents(sdk, fresh_name) -> Parents:
    return Parents.make(sdk, fresh_name)


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def kind(request) -> Kind:
    return request.param


@pytest.fixture
def request_of(kind, parents, fresh_name):
    """The create request of a new record of the kind."""
    return kind.make(parents, fresh_name(kind.name.lower()))


def version(entity) -> float:
    return entity.version.root


def test_the_client_accepts_the_servers_version(server, sdk, bot_token):
    assert sdk.get_server_version() == "2.0.7"
    assert sdk.health_check()
    assert connect(server, bot_token).health_check()


def test_a_token_that_is_no_token_is_refused_by_name(server):
    stranger = connect(server, "not.a.token")
    with pytest.raises(APIError) as refused:
        stranger.get_by_name(KINDS["domain"].entity, "default")
    assert refused.value.code == 401


def test_create_then_get_by_id_and_by_name(sdk, kind, request_of):
    made = sdk.create(request_of)
    assert version(made) == 0.1
    assert made.description.root if hasattr(made.description, "root") else made.description
    fqn = text(made.fullyQualifiedName)
    by_id = sdk.get_by_id(kind.entity, made.id, nullable=False)
    by_name = sdk.get_by_name(kind.entity, fqn, nullable=False)
    assert by_id == by_name
    assert (by_id.id, by_id.name, by_id.version, by_id.updatedAt) == (made.id, made.name, made.version, made.updatedAt)
    whole = sdk.get_by_name(kind.entity, fqn, fields=["*"], nullable=False)
    assert whole.id == made.id


def test_a_second_identical_put_changes_nothing(sdk, kind, request_of):
    first = sdk.create_or_update(request_of)
    second = sdk.create_or_update(request_of)
    assert (second.id, version(second), second.updatedAt) == (first.id, 0.1, first.updatedAt)
    assert version(sdk.get_by_id(kind.entity, first.id)) == 0.1


def test_a_second_post_is_a_conflict(sdk, kind, request_of):
    made = sdk.create(request_of)
    with pytest.raises(APIError) as conflict:
        sdk.create(request_of)
    assert conflict.value.code == 409
    assert text(made.fullyQualifiedName) in str(conflict.value)


def test_patch_changes_what_differs_and_nothing_else(sdk, kind, request_of):
    made = sdk.create(request_of)
    wanted = made.model_copy(deep=True)
    wanted.description = Markdown("patched") if hasattr(made.description, "root") else "patched"
    patched = sdk.patch(kind.entity, made, wanted, skip_on_failure=False)
    assert (patched.id, patched.name, patched.description) == (made.id, made.name, wanted.description)
    assert version(patched) == 0.2
    assert patched.changeDescription.previousVersion.root == 0.1
    assert [text(change.name) for change in patched.changeDescription.fieldsUpdated] == ["description"]


def test_list_all_finds_each_record_once_across_pages(sdk, kind, parents, fresh_name):
    made = {sdk.create(kind.make(parents, fresh_name(kind.name.lower()))).id.root for _ in range(5)}
    listed = [entity.id.root for entity in sdk.list_all_entities(kind.entity, limit=4)]
    assert len(listed) == len(set(listed))
    assert made <= set(listed)


def test_delete_hides_and_restore_brings_back(sdk, kind, request_of):
    made = sdk.create(request_of)
    sdk.delete(kind.entity, made.id)
    assert sdk.get_by_id(kind.entity, made.id) is None
    assert sdk.get_by_name(kind.entity, text(made.fullyQualifiedName)) is None
    assert made.id not in [entity.id for entity in sdk.list_all_entities(kind.entity)]
    restored = sdk.restore(kind.entity, made.id)
    assert restored is not None and restored.id == made.id
    assert sdk.get_by_name(kind.entity, text(made.fullyQualifiedName)).id == made.id


def test_a_deleted_record_keeps_or_frees_its_name(sdk, kind, request_of):
    made = sdk.create(request_of)
    sdk.delete(kind.entity, made.id)
    if kind.keeps_name:
        with pytest.raises(APIError) as conflict:
            sdk.create(request_of)
        assert conflict.value.code == 409
        assert sdk.create_or_update(request_of).id == made.id, "a PUT revives"
    else:
        assert sdk.create(request_of).id != made.id


def test_hard_delete_leaves_nothing(sdk, kind, parents, request_of):
    made = sdk.create(request_of)
    sdk.delete(kind.entity, made.id, recursive=True, hard_delete=True)
    everything = sdk.list_all_entities(kind.entity, include="all")
    assert made.id not in [entity.id for entity in everything]
    assert sdk.restore(kind.entity, made.id) is None
    # Made from the start: a bot's user is gone with it.
    assert sdk.create(kind.make(parents, text(made.name))).id != made.id


def test_bulk_creates_then_finds_nothing_to_do(sdk, kind, parents, fresh_name):
    requests = [kind.make(parents, fresh_name(kind.name.lower())) for _ in range(3)]
    result = sdk.bulk_create_or_update(requests)
    assert result.numberOfRowsFailed.root == 0, result.failedRequest
    assert result.numberOfRowsProcessed.root == 3 and len(result.successRequest) == 3
    made = {entity.name.root: entity for entity in sdk.list_all_entities(kind.entity)}
    names = [request.name.root if hasattr(request.name, "root") else request.name for request in requests]
    before = [(made[name].version, made[name].updatedAt) for name in names]
    assert sdk.bulk_create_or_update(requests).numberOfRowsFailed.root == 0
    after = {entity.name.root: entity for entity in sdk.list_all_entities(kind.entity)}
    assert [(after[name].version, after[name].updatedAt) for name in names] == before


def test_versions_keep_the_past(sdk, kind, request_of):
    made = sdk.create(request_of)
    wanted = made.model_copy(deep=True)
    wanted.displayName = "a new display name"
    sdk.patch(kind.entity, made, wanted, skip_on_failure=False)
    history = sdk.list_versions(made.id, kind.entity)
    assert [json.loads(text)["version"] for text in history.versions] == [0.2, 0.1]
    first = sdk.get_entity_version(kind.entity, made.id, 0.1)
    second = sdk.get_entity_version(kind.entity, made.id, 0.2)
    assert (first.displayName, second.displayName) == (made.displayName, "a new display name")
    assert sdk.get_entity_version(kind.entity, made.id, 7.7) is None
