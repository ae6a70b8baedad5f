"""What is hidden from somebody is not told to him through what leads there: references, joins, versions, answers to changes."""

import json
import time

import pytest

from bobsled_door import BobsledDoor
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser

#: In the name, the display name and the description of what is hidden.
HUSHED = "Hushed"


@pytest.fixture(scope="module")
def world(server, om, admin, fresh_name):
    """A product that only its owner sees, and things that everybody sees, which lead to it."""
    bob = BobsledDoor(server, admin.token)
    product = bob.post("/data-products", {"name": f"{HUSHED} {fresh_name('ledger')}", "description": HUSHED}, expect=201)
    product = product["dataProduct"]["id"]
    schema = om.schema(fresh_name("ledgers"))
    service = schema.split(".")[0]
    columns = [{"name": "a", "dataType": "INT"}]
    table = om.post("/tables", {"name": "open", "databaseSchema": schema, "columns": columns})
    there, here = {"id": product, "type": "dataProduct"}, {"id": table["id"], "type": "table"}
    query = {"name": fresh_name("q"), "service": service, "query": "SELECT 1", "queryUsedIn": [there, here]}
    metric = {"name": fresh_name("m"), "assets": [there, here]}
    made = {"queries": om.post("/queries", query), "metrics": om.post("/metrics", metric)}
    for collection, entity in made.items():
        om.patch(f"/{collection}/{entity['id']}", [{"op": "add", "path": "/description", "value": "d"}])
    return {"product": product, "table": table, "schema": schema, **made}


@pytest.fixture(scope="module")
def outsider(server, fresh_name):
    return server.new_user(fresh_name("outsider"))


@pytest.fixture(scope="module")
def owner(server, om, world, fresh_name):
    """He may change what leads there, and does not see where."""
    who = server.new_user(fresh_name("owner"))
    for collection in ("queries", "metrics"):
        step = {"op": "add", "path": "/owners", "value": [{"id": who.id, "type": "user"}]}
        om.patch(f"/{collection}/{world[collection]['id']}", [step])
    return who


MEMBERS = {"queries": "queryUsedIn", "metrics": "assets"}


@pytest.mark.parametrize("collection", MEMBERS)
def test_references_to_what_is_hidden_are_left_out(server, om, world, outsider, owner, collection):
    at, member = f"/{collection}/{world[collection]['id']}", MEMBERS[collection]
    assert len(om.get(at, fields=member)[member]) == 2
    for who in (outsider, owner):
        door = OpenMetadataDoor(server, who.token)
        door.call("GET", f"/dataProducts/{world['product']}", expect=(403, 404))
        assert [told["id"] for told in door.get(at, fields=member)[member]] == [world["table"]["id"]]
        version = json.dumps(door.get(f"{at}/versions"))
        listed = json.dumps(door.get(f"/{collection}", fields="*", limit=1000))
        for text in (version, listed, json.dumps(door.get(f"{at}/versions/0.1"))):
            assert HUSHED not in text and world["product"] not in text
    assert HUSHED in json.dumps(om.get(f"{at}/versions"))


@pytest.mark.parametrize("collection", MEMBERS)
def test_a_change_tells_nothing_of_what_is_hidden_and_takes_it_not_away(server, om, world, owner, collection):
    at, member = f"/{collection}/{world[collection]['id']}", MEMBERS[collection]
    door = OpenMetadataDoor(server, owner.token)
    # By place in what he was told: what he does not see stands before it.
    changed = door.patch(at, [{"op": "test", "path": f"/{member}/0/id", "value": world["table"]["id"]},
                              {"op": "remove", "path": f"/{member}/0"}])  # fmt: skip
    assert changed.get(member, []) == [] and HUSHED not in json.dumps(changed)
    assert [told["id"] for told in om.get(at, fields=member)[member]] == [world["product"]]
    here = {"id": world["table"]["id"], "type": "table"}
    changed = door.patch(at, [{"op": "add", "path": f"/{member}/-", "value": here}])
    assert [told["id"] for told in changed[member]] == [here["id"]] and HUSHED not in json.dumps(changed)
    assert len(om.get(at, fields=member)[member]) == 2
    if collection == "queries":
        changed = door.call("PUT", f"{at}/usage", [here], expect=200).json()
        assert HUSHED not in json.dumps(changed)


@pytest.fixture(scope="module")
def blind_user(server, om, fresh_name):
    """Somebody whose policy takes from his sight what bears a tag, and nothing else."""
    rule = {"name": "none", "effect": "deny", "resources": ["table", "glossaryTerm"], "operations": ["All"],
            "condition": "matchAnyTag('Tier.Tier5')"}  # fmt: skip
    policy = om.post("/policies", {"name": fresh_name("blind"), "rules": [rule]})
    role = om.post("/roles", {"name": fresh_name("blind"), "policies": [policy["name"]]})
    who = server.new_user(fresh_name("blind"))
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    return who


@pytest.fixture(scope="module")
def blind(server, blind_user):
    return OpenMetadataDoor(server, blind_user.token)


def hide(om, path: str):
    label = {"tagFQN": "Tier.Tier5", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    om.patch(path, [{"op": "add", "path": "/tags/-", "value": label}])


def test_searches_name_no_label_that_is_hidden(server, om, admin, world, blind_user, blind, fresh_name):
    glossary = om.post("/glossaries", {"name": fresh_name("g"), "description": "d"})["name"]
    term = om.post("/glossaryTerms", {"name": fresh_name("HushedTerm"), "glossary": glossary, "description": "d"})
    fqn = term["fullyQualifiedName"]
    label = {"tagFQN": fqn, "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}
    table = world["table"]
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags/-", "value": label}])
    hide(om, f"/glossaryTerms/{term['id']}")
    blind.call("GET", f"/glossaryTerms/{term['id']}", expect=(403, 404))
    for door, is_told in ((om, True), (blind, False)):
        query = {"q": table["fullyQualifiedName"], "index": "all", "size": 50}
        eventually(lambda: table["id"] in door.call("GET", "/search/query", params=query).text)
        counts = {"q": "*", "index": "all", "field": "tags.tagFQN", "value": ".*", "size": 1000}
        for path, params in (("/search/query", query), ("/search/aggregate", counts)):
            eventually(lambda: (fqn in door.call("GET", path, params=params).text) == is_told)
        # Nor is it a reason for what a part of its name finds.
        found = Browser(server).sign_in(admin if is_told else blind_user).visit("/search?q=Hushed").text
        assert (term["name"] in found) == is_told
    seen = blind.get(f"/tables/{table['id']}", fields="tags,columns")
    assert HUSHED not in json.dumps(seen)


def eventually(holds, seconds: float = 10):
    """Searches follow what is written."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_joins_with_hidden_tables_are_left_out(om, world, blind):
    columns = [{"name": "a", "dataType": "INT"}]
    hidden = om.post("/tables", {"name": f"{HUSHED}Table", "databaseSchema": world["schema"], "columns": columns})
    hide(om, f"/tables/{hidden['id']}")
    theirs = blind
    theirs.call("GET", f"/tables/{hidden['id']}", expect=(403, 404))
    seen = om.post("/tables", {"name": "joined", "databaseSchema": world["schema"], "columns": columns})["fullyQualifiedName"]
    table = f"/tables/{world['table']['id']}"
    tables = (hidden["fullyQualifiedName"], seen)
    both = [{"fullyQualifiedName": f"{fqn}.a", "joinCount": 2} for fqn in tables]
    whole = [{"fullyQualifiedName": fqn, "joinCount": 3} for fqn in tables]
    joins = {"columnJoins": [{"columnName": "a", "joinedWith": both}], "directTableJoins": whole}
    om.put(f"{table}/joins", joins | {"startDate": "2026-05-28", "dayCount": 30})
    assert json.dumps(om.get(table, fields="joins")["joins"]).count(f"{HUSHED}Table") == 2
    told = theirs.get(table, fields="joins")["joins"]
    assert HUSHED not in json.dumps(told)
    assert [join["fullyQualifiedName"] for join in told["columnJoins"][0]["joinedWith"]] == [f"{seen}.a"]
    assert [join["fullyQualifiedName"] for join in told["directTableJoins"]] == [seen]
    listed = theirs.get("/tables", fields="joins", databaseSchema=world["schema"], limit=100)
    assert HUSHED not in json.dumps(listed)


def test_a_certification_by_a_hidden_tag_is_none(server, om, world, blind, fresh_name):
    gold = om.post("/tags", {"name": fresh_name("Hushed"), "classification": "Certification", "description": "d"})
    rule = {"name": "no", "effect": "deny", "resources": ["tag"], "operations": ["All"]}
    policy = om.post("/policies", {"name": fresh_name("untold"), "rules": [rule]})
    role = om.post("/roles", {"name": fresh_name("untold"), "policies": [policy["name"]]})
    who = server.new_user(fresh_name("untold"))
    door = OpenMetadataDoor(server, who.token)
    columns = [{"name": "a", "dataType": "INT"}]
    table = om.post("/tables", {"name": fresh_name("sealed"), "databaseSchema": world["schema"], "columns": columns,
                                "owners": [{"id": who.id, "type": "user"}]})  # fmt: skip
    at = f"/tables/{table['id']}"
    said = {"tagLabel": {"tagFQN": gold["fullyQualifiedName"], "source": "Classification", "labelType": "Manual",
                         "state": "Confirmed"}}  # fmt: skip
    om.patch(at, [{"op": "add", "path": "/certification", "value": said}])
    assert gold["name"] in door.call("GET", at, params={"fields": "certification"}).text
    try:
        tells(door, gold, at, True)
        om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
        tells(door, gold, at, False)
        # What he is not told of he does not take away.
        door.patch(at, [{"op": "add", "path": "/description", "value": "new"}])
        assert om.get(at, fields="certification")["certification"]["tagLabel"]["tagFQN"] == gold["fullyQualifiedName"]
        tells(om, gold, at, True)
    finally:
        om.call("DELETE", f"/tags/{gold['id']}", params={"hardDelete": "true"}, expect=200)


def tells(door, tag: dict, at: str, is_told: bool):
    door.call("GET", f"/tags/{tag['id']}", expect=200 if is_told else (403, 404))
    for path in (at, f"{at}/versions"):
        assert (tag["name"] in door.call("GET", path, params={"fields": "*"}).text) == is_told, path


def test_a_hidden_pipeline_goes_with_the_edge_that_it_makes(server, om, world, blind_user, blind, fresh_name):
    columns = [{"name": name, "dataType": "INT"} for name in ("a", "b")]
    tables = [om.post("/tables", {"name": fresh_name("end"), "databaseSchema": world["schema"], "columns": columns})
              for _ in range(2)]  # fmt: skip
    owner = [{"op": "add", "path": "/owners", "value": [{"id": blind_user.id, "type": "user"}]}]
    for table in tables:
        om.patch(f"/tables/{table['id']}", owner)
    rule = {"name": "no", "effect": "deny", "resources": ["pipeline"], "operations": ["All"],
            "condition": "matchAnyTag('Tier.Tier5')"}  # fmt: skip
    policy = om.post("/policies", {"name": fresh_name("unpiped"), "rules": [rule]})
    role = om.post("/roles", {"name": fresh_name("unpiped"), "policies": [policy["name"]]})
    om.patch(f"/users/{blind_user.id}", [{"op": "add", "path": "/roles/-", "value": {"id": role["id"], "type": "role"}}])
    service = om.post("/services/pipelineServices", {"name": fresh_name("air"), "serviceType": "Airflow"})["name"]
    pipeline = om.post("/pipelines", {"name": fresh_name("Hushed"), "service": service})
    hide(om, f"/pipelines/{pipeline['id']}")
    blind.call("GET", f"/pipelines/{pipeline['id']}", expect=(403, 404))
    ends = {"fromEntity": {"id": tables[0]["id"], "type": "table"}, "toEntity": {"id": tables[1]["id"], "type": "table"}}
    details = {"lineageDetails": {"pipeline": {"id": pipeline["id"], "type": "pipeline"}}}
    at = f"/lineage/table/{tables[0]['id']}/table/{tables[1]['id']}"
    shown = f"/lineage/table/{tables[1]['id']}"
    om.call("PUT", "/lineage", {"edge": ends | details}, expect=200)
    assert pipeline["id"] in om.call("GET", shown, expect=200).text
    blind.call("DELETE", at, expect=200)
    om.call("PUT", "/lineage", {"edge": ends}, expect=200)
    assert pipeline["id"] not in om.call("GET", shown, expect=200).text


def test_hidden_labels_of_columns_go_with_them_and_where_they_go(om, world, blind_user, blind, fresh_name):
    glossary = om.post("/glossaries", {"name": fresh_name("g"), "description": "d"})["name"]
    term = om.post("/glossaryTerms", {"name": fresh_name("HushedTerm"), "glossary": glossary, "description": "d"})
    fqn = term["fullyQualifiedName"]
    label = {"tagFQN": fqn, "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}
    columns = [{"name": name, "dataType": "INT", "tags": [label]} for name in ("stays", "goes", "renamed")]
    table = om.post("/tables", {"name": fresh_name("columned"), "databaseSchema": world["schema"], "columns": columns,
                                "owners": [{"id": blind_user.id, "type": "user"}]})  # fmt: skip
    hide(om, f"/glossaryTerms/{term['id']}")
    at = f"/tables/{table['id']}"
    assert HUSHED not in json.dumps(blind.get(at, fields="tags,columns"))

    def labelled() -> dict[str, bool]:
        told = om.get(at, fields="tags,columns")["columns"]
        return {column["name"]: fqn in json.dumps(column.get("tags", [])) for column in told}

    changed = blind.patch(at, [{"op": "test", "path": "/columns/1/name", "value": "goes"},
                               {"op": "remove", "path": "/columns/1"}])  # fmt: skip
    assert HUSHED not in json.dumps(changed)
    assert labelled() == {"stays": True, "renamed": True}
    # Under its name comes another column.
    om.patch(at, [{"op": "add", "path": "/columns/-", "value": {"name": "goes", "dataType": "INT"}}])
    assert labelled() == {"stays": True, "renamed": True, "goes": False}
    for name in ("RENAMED", "other"):
        blind.patch(at, [{"op": "replace", "path": "/columns/1/name", "value": name}])
        assert labelled() == {"stays": True, name: True, "goes": False}


def test_a_product_says_of_its_tables_which_are_not_open(server, om, make_table, fresh_name):
    table, domain = make_table(), om.post("/domains", {"name": fresh_name("Held"), "domainType": "Aggregate", "description": "d"})
    product = om.post("/dataProducts", {"name": fresh_name("Holds"), "description": "d", "domains": [domain["name"]]})
    om.call("PUT", f"/dataProducts/{product['fullyQualifiedName']}/assets/add", {"assets": [{"id": table["id"], "type": "table"}]}, expect=200)
    rule = {"name": "no", "effect": "deny", "resources": ["table"], "operations": ["All"]}
    policy = om.post("/policies", {"name": fresh_name("blind"), "rules": [rule]})
    role = om.post("/roles", {"name": fresh_name("blind"), "policies": [policy["name"]]})
    blind, sighted = server.new_user(fresh_name("blind")), server.new_user(fresh_name("sighted"))
    om.patch(f"/users/{blind.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    at, told = f"/products/{product['fullyQualifiedName']}?tab=assets", "its own page is not open to you"
    page = Browser(server).sign_in(sighted).visit(at)
    own = next(link for link in page.links if link.startswith("/tables/"))
    assert told not in page.text
    theirs = Browser(server).sign_in(blind)
    page = theirs.visit(at)
    assert told in page.text and not [link for link in page.links if link.startswith("/tables/")]
    assert f'href="/people/{server.admin.name}"' in page.source.split("An administrator can open it.")[1]
    theirs.visit(own, 404)
