"""Glossary terms move: by PATCH of `parent` and `glossary`, and by `moveAsync`, with all that stands below them."""

import pytest
from metadata.generated.schema.entity.data.glossary import Glossary
from metadata.generated.schema.entity.data.glossaryTerm import GlossaryTerm
from metadata.generated.schema.type.entityReference import EntityReference

from openmetadata_door import label, reference
from openmetadata_kinds import connect, text


@pytest.fixture(scope="module")
def sdk(server, admin):
    return connect(server, admin.token)


@pytest.fixture
def words(om, fresh_name) -> dict[str, dict]:
    """Two glossaries: `one` with `a`, `a.b`, `a.b.c` and `d`, `two` with `x`."""
    made = {name: om.post("/glossaries", {"name": fresh_name(name), "description": name}) for name in ("one", "two")}
    for name, glossary, parent in (("a", "one", None), ("b", "one", "a"), ("c", "one", "b"), ("d", "one", None), ("x", "two", None)):
        body = {"name": name, "description": name, "glossary": made[glossary]["fullyQualifiedName"]}
        if parent:
            body["parent"] = made[parent]["fullyQualifiedName"]
        made[name] = om.post("/glossaryTerms", body)
    return made


def fqn(om, term: dict) -> str:
    return om.get(f"/glossaryTerms/{term['id']}")["fullyQualifiedName"]


def ref(entity, kind: str) -> EntityReference:
    return EntityReference(id=entity.id, type=kind)


def test_the_client_moves_a_term_below_another_and_back(sdk, om, words, sales_tables):
    one = words["one"]["name"]
    table = f"/tables/{sales_tables['returns']['id']}"
    om.patch(table, [{"op": "add", "path": "/tags/-", "value": label(f"{one}.a.b", "Glossary")}])
    term = sdk.get_by_id(GlossaryTerm, words["b"]["id"])
    wanted = term.model_copy(deep=True)
    wanted.parent = ref(sdk.get_by_id(GlossaryTerm, words["d"]["id"]), "glossaryTerm")
    moved = sdk.patch(GlossaryTerm, term, wanted, skip_on_failure=False)
    assert (text(moved.fullyQualifiedName), moved.parent.name, moved.version.root) == (f"{one}.d.b", "d", 0.2)
    assert [text(change.name) for change in moved.changeDescription.fieldsUpdated] == ["parent"]
    assert fqn(om, words["c"]) == f"{one}.d.b.c", "what stands below goes along"
    assert f"{one}.d.b" in [tag["tagFQN"] for tag in om.get(table, fields="tags")["tags"]], "labels follow"
    assert sdk.get_by_name(GlossaryTerm, f"{one}.a.b") is None

    wanted = moved.model_copy(deep=True)
    wanted.parent = None
    top = sdk.patch(GlossaryTerm, moved, wanted, skip_on_failure=False)
    assert (text(top.fullyQualifiedName), top.parent) == (f"{one}.b", None)


def test_the_client_moves_a_term_to_another_glossary(sdk, om, words):
    two = words["two"]["name"]
    term = sdk.get_by_id(GlossaryTerm, words["b"]["id"])
    wanted = term.model_copy(deep=True)
    wanted.parent = None
    wanted.glossary = ref(sdk.get_by_id(Glossary, words["two"]["id"]), "glossary")
    moved = sdk.patch(GlossaryTerm, term, wanted, skip_on_failure=False)
    assert (text(moved.fullyQualifiedName), moved.glossary.name, moved.parent) == (f"{two}.b", two, None)
    assert fqn(om, words["c"]) == f"{two}.b.c"

    wanted = moved.model_copy(deep=True)
    wanted.parent = ref(sdk.get_by_id(GlossaryTerm, words["x"]["id"]), "glossaryTerm")
    assert text(sdk.patch(GlossaryTerm, moved, wanted, skip_on_failure=False).fullyQualifiedName) == f"{two}.x.b"


def test_a_place_that_contradicts_itself_is_refused(om, words):
    path, one, two = f"/glossaryTerms/{words['b']['id']}", words["one"]["name"], words["two"]["name"]
    below_x = {"op": "replace", "path": "/parent", "value": reference(words["x"], "glossaryTerm")}
    refused = om.patch(path, [below_x], expect=400)
    assert refused["message"] == f"Invalid hierarchy - parent [{two}.x] does not belong to glossary [{one}]"
    to_two = {"op": "replace", "path": "/glossary", "value": reference(words["two"], "glossary")}
    om.patch(path, [to_two], expect=400)
    both = om.patch(path, [below_x, to_two])
    assert both["fullyQualifiedName"] == f"{two}.x.b"


@pytest.mark.parametrize(
    ("parent", "status"),
    [
        (lambda words: reference(words["c"], "glossaryTerm"), 400),
        (lambda words: reference(words["a"], "glossaryTerm"), 400),
        (lambda words: {"id": "00000000-0000-7000-8000-000000000000", "type": "glossaryTerm"}, 404),
        (lambda words: {"id": "nobody", "type": "glossaryTerm"}, 400),
        (lambda words: reference(words["one"], "glossary"), 400),
        (lambda words: {"type": "glossaryTerm"}, 400),
        (lambda words: "a.b", 400),
    ],
    ids=["below itself", "itself", "nobody", "no id", "a glossary as parent", "no name", "a text"],
)
def test_a_parent_that_cannot_be_one_is_refused(om, words, parent, status):
    path = f"/glossaryTerms/{words['a']['id']}"
    om.patch(path, [{"op": "add", "path": "/parent", "value": parent(words)}], expect=status)
    assert fqn(om, words["a"]) == f"{words['one']['name']}.a"


def test_move_async_answers_with_a_job(om, words):
    one, two = words["one"]["name"], words["two"]["name"]
    move = f"/glossaryTerms/{words['b']['id']}/moveAsync"
    job = om.put(move, {"parent": reference(words["two"], "glossary")}, expect=202)
    assert job["jobId"] and (job["message"], job["entityName"]) == ("Move operation initiated for b", "b")
    assert (fqn(om, words["b"]), fqn(om, words["c"])) == (f"{two}.b", f"{two}.b.c")
    om.put(move, {"parent": {"fullyQualifiedName": f"{one}.d", "type": "glossaryTerm"}}, expect=202)
    assert fqn(om, words["c"]) == f"{one}.d.b.c"

    assert om.put(move, {"parent": reference(words["c"], "glossaryTerm")}, expect=400)["message"]
    refused = om.put(move, {"parent": reference(words["c"], "table")}, expect=400)
    assert refused["message"] == "Invalid parent type: table"
    om.put(move, {}, expect=400)
    om.put(move, {"parent": {"name": "no-such-glossary", "type": "glossary"}}, expect=404)
    om.put("/glossaryTerms/00000000-0000-7000-8000-000000000000/moveAsync", {"parent": reference(words["two"], "glossary")}, expect=404)
    assert fqn(om, words["b"]) == f"{one}.d.b"


def test_a_name_that_is_taken_there_is_a_conflict(om, words):
    om.post("/glossaryTerms", {"name": "x", "description": "", "glossary": words["one"]["name"]})
    parent = {"parent": reference(words["one"], "glossary")}
    om.put(f"/glossaryTerms/{words['x']['id']}/moveAsync", parent, expect=409)


def test_who_may_not_edit_the_term_does_not_move_it(om_stranger, om, words):
    for parent in (reference(words["two"], "glossary"), reference(words["a"], "glossaryTerm")):
        om_stranger.put(f"/glossaryTerms/{words['b']['id']}/moveAsync", {"parent": parent}, expect=403)
    move = [{"op": "replace", "path": "/parent", "value": reference(words["d"], "glossaryTerm")}]
    om_stranger.patch(f"/glossaryTerms/{words['b']['id']}", move, expect=403)
    assert fqn(om, words["b"]) == f"{words['one']['name']}.a.b"


def test_who_owns_a_term_moves_it_only_to_where_he_may_make_one(om, om_stranger, stranger, words):
    mine = [{"op": "add", "path": "/owners/-", "value": reference(om.get(f"/users/name/{stranger.name}"), "user")}]
    om.patch(f"/glossaryTerms/{words['b']['id']}", mine)
    path = f"/glossaryTerms/{words['b']['id']}"
    om_stranger.patch(path, [{"op": "add", "path": "/displayName", "value": "mine"}])
    for parent, kind in (("two", "glossary"), ("x", "glossaryTerm"), ("d", "glossaryTerm")):
        om_stranger.put(f"{path}/moveAsync", {"parent": reference(words[parent], kind)}, expect=403)
    to_two = [
        {"op": "remove", "path": "/parent"},
        {"op": "replace", "path": "/glossary", "value": reference(words["two"], "glossary")},
    ]
    om_stranger.patch(path, to_two, expect=403)
    assert fqn(om, words["b"]) == f"{words['one']['name']}.a.b"
    # Where he owns what is above, too, he may.
    om.patch(f"/glossaryTerms/{words['d']['id']}", mine)
    om_stranger.put(f"{path}/moveAsync", {"parent": reference(words["d"], "glossaryTerm")}, expect=202)
