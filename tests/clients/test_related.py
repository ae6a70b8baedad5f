"""What is related to each other is so from both ends: terms and metrics, through OpenMetadata's own client."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from metadata.generated.schema.entity.data.glossaryTerm import GlossaryTerm
from metadata.generated.schema.entity.data.metric import Metric
from metadata.generated.schema.type.entityReference import EntityReference
from metadata.generated.schema.type.entityReferenceList import EntityReferenceList
from metadata.generated.schema.type.termRelation import TermRelation

from openmetadata_door import OpenMetadataDoor, reference
from openmetadata_kinds import connect

KINDS = {"glossaryTerms": (GlossaryTerm, "relatedTerms", "glossaryTerm"), "metrics": (Metric, "relatedMetrics", "metric")}


class Related:
    """Records of one kind, and which of them each says it is related to."""

    def __init__(self, om: OpenMetadataDoor, sdk, collection: str, fresh_name):
        self.om, self.sdk, self.collection, self.fresh_name = om, sdk, collection, fresh_name
        self.entity, self.member, self.type = KINDS[collection]
        self.glossary = None
        if collection == "glossaryTerms":
            self.glossary = om.post("/glossaries", {"name": fresh_name("related"), "description": "g"})["name"]

    def make(self, *related: dict, **more) -> dict:
        body = {"name": self.fresh_name("r"), "description": "d"} | more
        if related:
            body[self.member] = [one["fullyQualifiedName"] for one in related]
        if self.glossary:
            body["glossary"] = self.glossary
        return self.om.post(f"/{self.collection}", body)

    def at(self, one: dict) -> str:
        return f"/{self.collection}/{one['id']}"

    def get(self, one: dict, **params) -> dict:
        return self.om.get(self.at(one), fields=self.member, **params)

    def of(self, one: dict) -> list[str]:
        shown = self.get(one)[self.member]
        return [item.get("term", item)["id"] for item in shown]

    def etag(self, one: dict) -> str:
        return self.om.call("GET", self.at(one), params={"fields": self.member}).headers["ETag"]

    def add(self, one: dict, other: dict, om=None, **more):
        operation = {"op": "add", "path": f"/{self.member}/-", "value": reference(other, self.type)}
        return (om or self.om).patch(self.at(one), [operation], **more)

    def by_client(self, one: dict, *others: dict):
        """Makes a record be related to these and no others, as the SDK does."""
        known = self.sdk.get_by_id(self.entity, one["id"], fields=[self.member], nullable=False)
        wanted = known.model_copy(deep=True)
        refs = [EntityReference(id=other["id"], type=self.type, fullyQualifiedName=other["fullyQualifiedName"]) for other in others]
        if self.type == "metric":
            wanted.relatedMetrics = EntityReferenceList(refs)
        else:
            wanted.relatedTerms = [TermRelation(relationType="relatedTo", term=ref) for ref in refs]
        return self.sdk.patch(self.entity, known, wanted, skip_on_failure=False)


@pytest.fixture(scope="module")
def sdk(server, admin):
    return connect(server, admin.token)


@pytest.fixture(params=KINDS)
def related(request, om, sdk, fresh_name) -> Related:
    return Related(om, sdk, request.param, fresh_name)


def test_a_relation_is_seen_from_both_ends(related):
    one = related.make()
    other = related.make(one)
    assert related.of(other) == [one["id"]] and related.of(one) == [other["id"]]
    third = related.make()
    related.by_client(third, one, other)
    assert related.of(third) == [one["id"], other["id"]]
    assert related.of(one) == [other["id"], third["id"]] and related.of(other) == [one["id"], third["id"]]
    listed = related.om.get(f"/{related.collection}", fields=related.member, limit=1000)["data"]
    shown = {entity["id"]: [item.get("term", item)["id"] for item in entity[related.member]] for entity in listed}
    assert shown[one["id"]] == [other["id"], third["id"]]


def test_what_is_taken_off_at_one_end_is_gone_at_the_other(related):
    one, other = related.make(), related.make()
    related.by_client(one, other)
    related.by_client(other)
    assert related.of(one) == related.of(other) == []
    related.add(other, one)
    related.by_client(one)
    assert related.of(one) == related.of(other) == []


def test_the_other_end_takes_no_new_version(related):
    one = related.make()
    before = related.get(one)
    other = related.make()
    changed = related.add(other, one)
    assert changed["version"] == 0.2
    assert [change["name"] for change in changed["changeDescription"]["fieldsAdded"]] == [related.member]
    after = related.get(one)
    same = ("version", "updatedAt", "updatedBy", "changeDescription")
    assert {key: after.get(key) for key in same} == {key: before.get(key) for key in same}
    assert len(related.om.get(f"{related.at(one)}/versions")["versions"]) == 1
    again = related.add(one, other)
    assert again["version"] == 0.1, "it is related already"
    assert related.of(one) == [other["id"]]


def test_a_version_that_follows_says_only_what_it_changed(related):
    one = related.make()
    other = related.make(one)
    related.om.patch(related.at(one), [{"op": "add", "path": "/displayName", "value": "One"}])
    time.sleep(0.01)
    changed = related.om.patch(related.at(one), [{"op": "replace", "path": "/description", "value": "new"}])
    assert related.member not in str(changed["changeDescription"]["fieldsDeleted"])
    assert related.of(one) == [other["id"]]


def test_a_stale_tag_is_refused_at_both_ends(related):
    one, other = related.make(), related.make()
    stale = {"one": related.etag(one), "other": related.etag(other)}
    third = related.make()
    related.add(one, other, headers={"If-Match": stale["one"]})
    related.add(other, third, headers={"If-Match": stale["other"]}, expect=412)
    related.add(one, third, headers={"If-Match": stale["one"]}, expect=412)
    weak = {"If-Match": 'W/"0.1"'}
    related.add(other, third, headers=weak)
    assert related.of(other) == [one["id"], third["id"]]
    kept = related.etag(one)
    related.by_client(third)
    assert related.etag(one) == kept, "what is no end of it stays"


def test_a_deleted_end_hides_and_comes_back(related):
    one = related.make()
    other = related.make(one)
    related.om.delete(related.at(other))
    assert related.of(one) == []
    related.om.put(f"/{related.collection}/restore", {"id": other["id"]})
    assert related.of(one) == [other["id"]] and related.of(other) == [one["id"]]
    related.om.delete(related.at(other), hardDelete=True)
    assert related.of(one) == []
    third = related.make()
    related.add(one, third)
    assert related.of(one) == [third["id"]] and related.of(third) == [one["id"]]


def test_what_is_taken_off_a_deleted_end_does_not_come_back(related):
    one, stays = related.make(), related.make()
    other = related.make(one)
    related.add(one, stays)
    related.om.delete(related.at(other))
    related.by_client(one)
    related.om.put(f"/{related.collection}/restore", {"id": other["id"]})
    assert related.of(one) == related.of(other), "never from one end alone"


def test_names_are_those_of_now(related):
    one = related.make()
    other = related.make(one)
    renamed = related.om.patch(related.at(other), [{"op": "replace", "path": "/name", "value": related.fresh_name("now")}])
    shown = related.get(one)[related.member][0]
    assert shown.get("term", shown)["fullyQualifiedName"] == renamed["fullyQualifiedName"]


def test_both_ends_at_once_are_related_once(related):
    pairs = [(related.make(), related.make()) for _ in range(6)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda ends: related.add(*ends), [ends for one, other in pairs for ends in ((one, other), (other, one))]))
    for one, other in pairs:
        assert related.of(one) == [other["id"]] and related.of(other) == [one["id"]]
    for one, other in pairs:
        related.by_client(one)
        assert related.of(one) == related.of(other) == []


def test_a_put_that_says_nothing_of_it_leaves_it(related):
    one = related.make()
    other = related.make(one)
    glossary = {"glossary": related.glossary} if related.glossary else {}
    silent = {"name": one["name"], "description": "d"} | glossary
    assert related.om.put(f"/{related.collection}", silent)["version"] == 0.1
    assert related.of(other) == [one["id"]]
    related.om.put(f"/{related.collection}", silent | {related.member: []})
    assert related.of(one) == related.of(other) == []


def test_a_bulk_relates_in_turn(related):
    first = related.make()
    bodies = [{"name": related.fresh_name("b"), "description": "d", related.member: [first["fullyQualifiedName"]]} for _ in range(5)]
    for body in bodies:
        body |= {"glossary": related.glossary} if related.glossary else {}
    answer = related.om.call("PUT", f"/{related.collection}/bulk", bodies, expect=200).json()
    assert answer["numberOfRowsPassed"] == 5, answer
    assert len(related.of(first)) == 5


def test_the_right_to_change_one_end_is_enough_and_needed(related, server, om_stranger):
    owner = server.new_user(related.fresh_name("owner"))
    mine = related.make(owners=[{"id": owner.id, "type": "user"}])
    other = related.make()
    related.add(mine, other, OpenMetadataDoor(server, owner.token))
    assert related.of(other) == [mine["id"]]
    third = related.make()
    related.add(other, third, om_stranger, expect=403)
    related.om.patch(related.at(other), [{"op": "remove", "path": f"/{related.member}/0"}])
    assert related.of(mine) == []
