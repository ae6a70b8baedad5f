"""What the server makes of members that are not taken as they come: dates, owners, empty lists, tags, bots' users."""

import time

import pytest
from metadata.generated.schema.api.data.createTable import CreateTableRequest
from metadata.generated.schema.entity.bot import Bot
from metadata.generated.schema.entity.data.table import Table
from metadata.generated.schema.entity.teams.user import User
from metadata.generated.schema.type.assetCertification import AssetCertification
from metadata.generated.schema.type.lifeCycle import AccessDetails, LifeCycle
from metadata.generated.schema.type.tagLabel import LabelType, State, TagLabel, TagSource

from openmetadata_door import OpenMetadataDoor, label, reference
from openmetadata_kinds import KINDS, Parents, connect, text

DAY_MS = 24 * 60 * 60 * 1000


@pytest.fixture(scope="module")
def sdk(server, admin):
    return connect(server, admin.token)


@pytest.fixture(scope="module")
def parents(sdk, fresh_name) -> Parents:
    return Parents.make(sdk, fresh_name)


@pytest.fixture
def make(sdk, parents, fresh_name):
    return lambda kind: sdk.create(KINDS[kind].make(parents, fresh_name(kind.lower())))


def life(**times: int) -> LifeCycle:
    return LifeCycle(**{part: AccessDetails(timestamp=at) for part, at in times.items()})


def times(cycle: LifeCycle) -> dict[str, int]:
    parts = {part: getattr(cycle, part) for part in ("created", "updated", "accessed")}
    return {part: details.timestamp.root for part, details in parts.items() if details}


def test_a_patched_life_cycle_keeps_the_youngest_of_each_part(sdk, make):
    first, later = 1_700_000_000_000, 1_700_000_100_000

    def patched(table, cycle):
        wanted = table.model_copy(deep=True)
        wanted.lifeCycle = cycle
        sdk.patch(Table, table, wanted, skip_on_failure=False)
        return sdk.get_by_id(Table, table.id, fields=["lifeCycle"])

    table = patched(make("table"), life(created=first, updated=later))
    assert times(table.lifeCycle) == {"created": first, "updated": later}
    table = patched(table, life(created=first, updated=first, accessed=first))
    assert times(table.lifeCycle) == {"created": first, "updated": later, "accessed": first}
    table = patched(table, life(accessed=later))
    assert times(table.lifeCycle) == {"created": first, "updated": later, "accessed": later}, "parts do not go"
    assert patched(table, None).lifeCycle is None, "the whole does"


def test_tables_may_have_no_columns(sdk, om, parents, fresh_name):
    request = CreateTableRequest(name=fresh_name("bare"), databaseSchema=parents.fqn["databaseSchema"], columns=[])
    made = sdk.create(request)
    assert made.columns == [] and sdk.create_or_update(request).version == made.version
    assert sdk.get_by_id(Table, made.id).columns == []
    path = f"/tables/{made.id.root}"
    om.patch(path, [{"op": "add", "path": "/columns/0", "value": {"name": "a", "dataType": "INT"}}])
    emptied = om.patch(path, [{"op": "remove", "path": "/columns/0"}])
    assert (emptied["columns"], emptied["version"]) == ([], 1.2), "to lose a column breaks readers"
    assert om.patch(path, [{"op": "remove", "path": "/columns"}], expect=400)["message"]
    no_columns = {"name": fresh_name("none"), "databaseSchema": parents.fqn["databaseSchema"]}
    assert "columns" in om.post("/tables", no_columns, expect=400)["message"]


def certified(tag: str, applied: int = 1, expires: int = 2) -> AssetCertification:
    of = TagLabel(tagFQN=tag, source=TagSource.Classification, labelType=LabelType.Manual, state=State.Confirmed)
    return AssetCertification(tagLabel=of, appliedDate=applied, expiryDate=expires)


def test_the_dates_of_a_certification_are_the_servers(sdk, om, make):
    table = make("table")
    wanted = table.model_copy(deep=True)
    wanted.certification = certified("Certification.Gold")
    before = int(time.time() * 1000)
    sdk.patch(Table, table, wanted, skip_on_failure=False)
    found = sdk.get_by_id(Table, table.id, fields=["certification"]).certification
    applied = found.appliedDate.root
    assert before <= applied <= int(time.time() * 1000)
    assert found.expiryDate.root - applied == 30 * DAY_MS

    path = f"/tables/{table.id.root}"
    later = [{"op": "replace", "path": "/certification/expiryDate", "value": applied + 1000 * DAY_MS}]
    again = om.patch(path, later)["certification"]
    assert again["appliedDate"] >= applied and again["expiryDate"] - again["appliedDate"] == 30 * DAY_MS
    same = om.patch(path, [{"op": "add", "path": "/displayName", "value": "certified"}])
    assert same["certification"] == again, "what does not change is not certified anew"
    other = {"tagLabel": label("PII.Sensitive")}
    refused = om.patch(path, [{"op": "add", "path": "/certification", "value": other}], expect=400)
    assert refused["message"] == "Invalid Classification: PII.Sensitive is not valid for Certification."
    om.patch(path, [{"op": "remove", "path": "/certification"}])
    assert "certification" not in om.get(path, fields="certification")


def test_a_certification_has_the_name_of_its_tag(sdk, om, make, fresh_name):
    before, after = fresh_name("Clay"), fresh_name("Jade")
    tag = om.post("/tags", {"name": before, "classification": "Certification", "description": "d"})
    table = make("table")
    path = f"/tables/{table.id.root}"
    made = om.patch(path, [{"op": "add", "path": "/certification", "value": {"tagLabel": label(f"Certification.{before}")}}])
    om.patch(f"/tags/{tag['id']}", [{"op": "replace", "path": "/name", "value": after}])
    found = sdk.get_by_id(Table, table.id, fields=["certification"])
    assert found.certification.tagLabel.tagFQN.root == f"Certification.{after}" and found.version.root == made["version"]
    told = om.patch(path, [{"op": "add", "path": "/displayName", "value": "told"}])["certification"]
    assert told["tagLabel"]["tagFQN"] == f"Certification.{after}"
    assert told["appliedDate"] == made["certification"]["appliedDate"], "it is the same certification"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "bot"])
def test_what_is_alive_is_not_restored(sdk, om, make, kind):
    made = make(kind)
    entity_type = kind
    collection = sdk.get_suffix(KINDS[kind].entity)
    for query in ("", "?async=true"):
        refused = om.put(f"{collection}/restore{query}", {"id": str(made.id.root)}, expect=400)
        assert refused["message"] == f"Entity {entity_type}:{made.id.root} is not in deleted state"
    sdk.delete(KINDS[kind].entity, made.id)
    assert sdk.restore(KINDS[kind].entity, made.id).id == made.id


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_model_with_its_defaults_is_a_patch(sdk, make, kind):
    """Scripts read a model, dump it, and validate it again: every default is said then."""
    entity = KINDS[kind].entity
    made = make(kind)
    before = sdk.get_by_id(entity, made.id, fields=["*"])
    wanted = entity.model_validate(before.model_dump(mode="json", exclude_none=True))
    wanted.displayName = "said with everything"
    sdk.patch(entity, before, wanted, skip_on_failure=False)
    after = sdk.get_by_id(entity, made.id, fields=["*"])
    assert after.displayName == "said with everything"


def test_a_weak_tag_is_the_version_as_it_is_printed(om, make):
    path = f"/tables/{make('table').id.root}"
    wanted = [{"op": "add", "path": "/displayName", "value": "shown"}]
    for tag in ('W/"0.10"', 'W/"0.100"', 'W/"00.1"', 'W/".1"', 'W/"0.2"'):
        om.patch(path, wanted, headers={"If-Match": tag}, expect=412)
    assert om.patch(path, wanted, headers={"If-Match": 'W/"0.1"'})["version"] == 0.2
    # The tenth version after the first is 1.0, and 0.10 is still none.
    for number in range(3, 11):
        patched = om.patch(path, [{"op": "add", "path": "/displayName", "value": str(number)}], headers={"If-Match": "*"})
    assert patched["version"] == 1.0
    om.patch(path, wanted, headers={"If-Match": 'W/"0.10"'}, expect=412)
    assert om.patch(path, wanted, headers={"If-Match": 'W/"1.0"'})["version"] == 1.1


def test_owners_are_people_or_one_team(om, make, fresh_name):
    people = []
    for _ in range(6):
        name = fresh_name("owner")
        people.append(reference(om.post("/users", {"name": name, "email": f"{name}@example.com"}), "user"))
    teams = [reference(om.post("/teams", {"name": fresh_name("team"), "teamType": "Group"}), "team") for _ in range(2)]
    for kind, collection in (("table", "tables"), ("dataProduct", "dataProducts"), ("glossaryTerm", "glossaryTerms")):
        path = f"/{collection}/{make(kind).id.root}"
        many = om.patch(path, [{"op": "add", "path": "/owners", "value": people}], expect=400)
        assert many["message"] == "Data Assets can have up to 5 users or a Team but not both as owners."
        owned = om.patch(path, [{"op": "add", "path": "/owners", "value": people[:5]}])
        assert len(owned["owners"]) == 5
        mixed = om.patch(path, [{"op": "add", "path": "/owners/-", "value": teams[0]}], expect=400)
        assert mixed["message"] == "Data Assets can have up to 5 users or a Team but not both as owners."
        untyped = [{"id": one["id"]} for one in (people[0], teams[0])]
        om.patch(path, [{"op": "add", "path": "/owners", "value": untyped}], expect=400)
        both = om.patch(path, [{"op": "add", "path": "/owners", "value": teams}], expect=400)
        assert both["message"] == "Only One Team is allowed to own Data Assets."
        assert len(om.get(path, fields="owners")["owners"]) == 5
        om.patch(path, [{"op": "add", "path": "/owners", "value": teams[:1]}])


def own(path: str) -> dict[str, object]:
    """An item for each list of the record's own."""
    return {
        "tableConstraints": {"constraintType": "UNIQUE", "columns": ["id"]},
        "synonyms": "another word",
        "references": {"name": "book", "endpoint": "https://example.com/book"},
        "tasks": {"name": "last"},
    }


def test_an_emptied_list_is_an_empty_list(sdk, om, make, om_user, om_domain):
    related = {
        "owners": reference(om_user, "user"),
        "domains": reference(om_domain, "domain"),
        "tags": label("PII.Sensitive"),
        "reviewers": reference(om_user, "user"),
        "experts": reference(om_user, "user"),
    }
    of_kind = {
        "table": ("owners", "domains", "tags", "tableConstraints", "columns"),
        "pipeline": ("owners", "domains", "tags", "tasks"),
        "glossaryTerm": ("owners", "domains", "tags", "reviewers", "synonyms", "references"),
        "dataProduct": ("owners", "tags", "reviewers", "experts"),
        "databaseService": ("owners", "domains", "tags"),
    }
    items = related | own("") | {"columns": {"name": "more", "dataType": "INT"}}
    for kind, members in of_kind.items():
        path = f"{sdk.get_suffix(KINDS[kind].entity)}/{make(kind).id.root}"
        for member in members:
            om.patch(path, [{"op": "add", "path": f"/{member}", "value": [items[member]]}])
            assert len(om.get(path, fields="*")[member]) == 1, (kind, member)
            answer = om.patch(path, [{"op": "remove", "path": f"/{member}/0"}])
            assert answer[member] == [], (kind, member)
            assert om.get(path, fields="*")[member] == [], (kind, member)


def test_a_bot_and_its_user_go_and_come_back_together(sdk, om, server, make, fresh_name):
    bot = make("bot")
    user = bot.botUser.id.root
    token = om.put(f"/users/generateToken/{user}", {"JWTTokenExpiry": "Unlimited"})["JWTToken"]
    as_bot = om.speaking(token)
    assert as_bot.get("/users/loggedInUser")["id"] == str(user)
    for query in ({}, {"hardDelete": "true"}):
        refused = om.delete(f"/users/{user}", expect=400, **query)
        assert text(bot.name) in refused["message"], "a bot keeps its user"

    sdk.delete(Bot, bot.id)
    assert sdk.get_by_id(User, user) is None
    as_bot.call("GET", "/users/loggedInUser", expect=401)
    assert sdk.restore(Bot, bot.id).botUser.id == bot.botUser.id
    assert sdk.get_by_id(User, user) is not None
    om.put("/bots/restore", {"id": str(bot.id.root)}, expect=400)

    sdk.delete(Bot, bot.id, hard_delete=True)
    assert om.get(f"/users/{user}", include="all", expect=404)["code"] == 404
    ingestion = om.get("/bots/name/ingestion-bot")["botUser"]["id"]
    om.delete(f"/users/{ingestion}", expect=400)


SEEDED_BOTS = {
    "lineage-bot": "LineageBotRole",
    "profiler-bot": "ProfilerBotRole",
    "testsuite-bot": "QualityBotRole",
    "usage-bot": "UsageBotRole",
    "autoClassification-bot": "AutoClassificationBotRole",
}


@pytest.mark.parametrize("name", SEEDED_BOTS)
def test_a_seeded_bot_has_its_role_and_no_token_until_somebody_makes_one(server, om, om_stranger, make, name):
    bot = om.get(f"/bots/name/{name}")
    user = om.get(f"/users/{bot['botUser']['id']}", fields="roles")
    assert bot["provider"] == "system" and user["isBot"] is True
    assert [role["name"] for role in user["roles"]] == [SEEDED_BOTS[name]]
    at = f"/users/auth-mechanism/{user['id']}"
    om_stranger.call("GET", at, expect=403)
    assert "JWTToken" not in om.call("GET", at, expect=(200, 404)).text
    token = om.put(f"/users/generateToken/{user['id']}", {"JWTTokenExpiry": "1"})["JWTToken"]
    try:
        door = OpenMetadataDoor(server, token)
        assert door.get("/users/loggedInUser")["name"].lower() == name.lower()
        described = [{"op": "add", "path": "/description", "value": name}]
        assert door.patch(f"/tables/{make('table').id.root}", described)["description"] == name
        # Of people and rights it changes nothing, its own least.
        role = user["roles"][0]["id"]
        for path in (f"/roles/{role}", f"/users/{user['id']}"):
            described[0]["path"] = "/displayName" if path.startswith("/roles") else "/isAdmin"
            described[0]["value"] = name if path.startswith("/roles") else True
            door.call("PATCH", path, described, expect=403, headers={"Content-Type": "application/json-patch+json"})
        rule = {"name": "all", "effect": "allow", "resources": ["all"], "operations": ["All"]}
        door.call("POST", "/policies", {"name": f"{name}-more", "rules": [rule]}, expect=403)
        door.call("POST", "/bots", {"name": f"{name}-two", "botUser": name}, expect=403)
    finally:
        om.put("/users/revokeToken", {"id": user["id"]})
    OpenMetadataDoor(server, token).call("GET", "/users/loggedInUser", expect=401)


def test_the_order_of_constraints_is_no_change(om, make):
    path = f"/tables/{make('table').id.root}"
    columns = [{"name": name, "dataType": "INT"} for name in ("a", "b", "c")]
    om.patch(path, [{"op": "add", "path": "/columns", "value": columns}])
    constraints = [{"constraintType": "UNIQUE", "columns": [name]} for name in ("a", "b")]
    first = om.patch(path, [{"op": "add", "path": "/tableConstraints", "value": constraints}])
    again = om.patch(path, [{"op": "add", "path": "/tableConstraints", "value": constraints[::-1]}])
    assert again["updatedAt"] == first["updatedAt"] and again["tableConstraints"] == constraints
    more = [{"constraintType": "PRIMARY_KEY", "columns": ["c"]}, *constraints[::-1]]
    grown = om.patch(path, [{"op": "add", "path": "/tableConstraints", "value": more}])
    assert grown["updatedAt"] > first["updatedAt"] and grown["tableConstraints"][:2] == constraints


def test_what_a_product_holds_goes_along_to_its_new_domain(om, om_stranger, make, fresh_name):
    homes = [om.post("/domains", {"name": fresh_name(n), "domainType": "Aggregate", "description": "d"}) for n in "ABC"]
    names = [home["fullyQualifiedName"] for home in homes]
    held, port = (f"/tables/{make('table').id.root}" for _ in range(2))
    product = {"name": fresh_name("moved"), "description": "d", "domains": names[:1]}
    made = om.post("/dataProducts", product)
    for path, part in ((held, "assets"), (port, "inputPorts")):
        asset = {"assets": [reference({"id": path.rsplit("/", 1)[1]}, "table")]}
        om.put(f"/dataProducts/{made['fullyQualifiedName']}/{part}/add", asset)

    def stand_in(*wanted):
        for path in (held, port):
            assert [one["name"] for one in om.get(path, fields="domains")["domains"]] == list(wanted)

    move = [{"op": "replace", "path": "/domains", "value": [reference(homes[1], "domain")]}]
    om_stranger.patch(f"/dataProducts/{made['id']}", move, expect=403)
    om.patch(f"/dataProducts/{made['id']}", move)
    stand_in(names[1])
    om.put("/dataProducts", product | {"domains": [names[1], names[2]]}, expect=200)
    stand_in(names[1], names[2])
