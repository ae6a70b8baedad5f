"""Users who want more than they have, and administrators of another account: nothing is given, nothing is shown."""

import uuid

import pytest

from emporion_server import run_cli
from openmetadata_door import OpenMetadataDoor, reference

PATCH = {"Content-Type": "application/json-patch+json"}


@pytest.fixture
def steward(om) -> dict:
    return om.get("/roles/name/DataSteward")


@pytest.fixture
def powerful_team(om, steward, fresh_name) -> dict:
    return om.post("/teams", {"name": fresh_name("power"), "teamType": "Group", "defaultRoles": [steward["id"]]})


def rights_of(om: OpenMetadataDoor, user: str) -> tuple:
    seen = om.get(f"/users/{user}?fields=roles,teams")
    return seen.get("isAdmin"), seen.get("isBot"), seen["roles"], seen["teams"]


def test_nobody_gives_himself_anything(server, om, steward, powerful_team, fresh_name):
    eve = server.new_user(fresh_name("eve"))
    door = OpenMetadataDoor(server, eve.token)
    before = rights_of(om, eve.id)
    email = om.get(f"/users/{eve.id}")["email"]
    role, team = reference(steward, "role"), reference(powerful_team, "team")
    for path, value in (
        ("/isAdmin", True),
        ("/isBot", True),
        ("/roles", [role]),
        ("/roles/0", role),
        ("/inheritedRoles", [role]),
        ("/teams", [team]),
        ("/teams/-", team),
        ("/name", "admin"),
        ("/email", "admin@open-metadata.org"),
        ("/authenticationMechanism", {"authType": "BASIC", "config": {"password": "x"}}),
    ):
        operations = [{"op": "add", "path": path, "value": value}]
        door.call("PATCH", f"/users/{eve.id}", operations, headers=PATCH, expect=(400, 403, 409))
    for more in ({"isAdmin": True}, {"isBot": True}, {"roles": [steward["id"]]}, {"teams": [powerful_team["id"]]}):
        door.put("/users", {"name": eve.name, "email": email} | more, expect=403)
    me = [{"id": eve.id, "type": "user"}]
    add_users = [{"op": "add", "path": "/users", "value": me}]
    door.call("PATCH", f"/teams/{powerful_team['id']}", add_users, headers=PATCH, expect=403)
    door.put(f"/teams/{powerful_team['id']}/users", me, expect=(403, 404))
    door.post("/bots", {"name": fresh_name("bot"), "botUser": eve.name}, expect=403)
    door.post("/bots", {"name": fresh_name("bot"), "botUser": "ingestion-bot"}, expect=403)
    assert rights_of(om, eve.id) == before


def test_nobody_joins_a_team_for_a_role_that_can_be_restored(server, om, fresh_name):
    """Whoever restores a role, or a team above, is not asked about those who have joined meanwhile."""
    owner, friend = server.new_user(fresh_name("owner")), server.new_user(fresh_name("friend"))
    role = om.post("/roles", {"name": fresh_name("Power"), "policies": ["DataStewardPolicy"]})
    above = om.post("/teams", {"name": fresh_name("Above"), "teamType": "Department", "defaultRoles": [om.get("/roles/name/DataSteward")["id"]]})
    mine = {"teamType": "Group", "owners": [{"id": owner.id, "type": "user"}]}
    teams = [
        (om.post("/teams", mine | {"name": fresh_name("T"), "defaultRoles": [role["id"]]}), f"/roles/{role['id']}"),
        (om.post("/teams", mine | {"name": fresh_name("T"), "parents": [above["id"]]}), f"/teams/{above['id']}"),
    ]
    door = OpenMetadataDoor(server, owner.token)
    for team, deleted in teams:
        om.call("DELETE", deleted, expect=200)
        add = [{"op": "add", "path": "/users", "value": [{"id": friend.id, "type": "user"}]}]
        door.call("PATCH", f"/teams/{team['id']}", add, headers=PATCH, expect=403)


@pytest.fixture
def owning_steward(server, om, steward, fresh_name):
    """Stewards name owners of everything: of policies and teams, too, and themselves."""
    someone = server.new_user(fresh_name("steward"))
    om.patch(f"/users/{someone.id}", [{"op": "add", "path": "/roles", "value": [reference(steward, "role")]}])
    return OpenMetadataDoor(server, someone.token), [{"id": someone.id, "type": "user"}]


def patched(door: OpenMetadataDoor, at: str, path: str, value, expect: int):
    door.call("PATCH", at, [{"op": "add", "path": path, "value": value}], headers=PATCH, expect=expect)


def test_who_owns_a_policy_gives_nobody_rights_by_it(om, owning_steward, fresh_name):
    door, himself = owning_steward
    rule = {"name": "r", "effect": "deny", "operations": ["Delete"], "resources": ["table"]}
    made = om.post("/policies", {"name": fresh_name("owned"), "rules": [rule], "enabled": True})
    at = f"/policies/{made['id']}"
    patched(door, at, "/owners", himself, 200)
    patched(door, at, "/description", "His to describe.", 200)
    everything = {"name": "mine", "effect": "allow", "operations": ["All"], "resources": ["all"]}
    patched(door, at, "/rules/-", everything, 403)
    patched(door, at, "/rules", [everything], 403)
    patched(door, at, "/enabled", False, 403)
    door.put("/policies", {"name": made["name"], "rules": [everything], "enabled": True}, expect=403)
    for how in ("", "?hardDelete=true"):
        door.call("DELETE", at + how, expect=403)
    assert [one["name"] for one in om.get(at)["rules"]] == ["r"]
    # What was taken away is not brought back.
    om.call("DELETE", at, expect=200)
    door.put("/policies/restore", {"id": made["id"]}, expect=403)
    door.put("/policies", {"name": made["name"], "rules": [rule], "enabled": True}, expect=(403, 409))
    assert om.get(f"{at}?include=all")["deleted"]
    om.put("/policies/restore", {"id": made["id"]})
    assert om.get(at)["enabled"]


def test_who_owns_a_team_brings_nobody_into_what_he_is_not_in(server, om, owning_steward, powerful_team, fresh_name):
    door, himself = owning_steward
    plain, more = (om.post("/teams", {"name": fresh_name(name), "teamType": "Department"}) for name in ("plain", "more"))
    below = om.post("/teams", {"name": fresh_name("below"), "teamType": "Group", "parents": [more["id"]]})
    other = [{"id": server.new_user(fresh_name("other")).id, "type": "user"}]
    members = lambda team: [one["id"] for one in om.get(f"/teams/{team['id']}", fields="users").get("users", [])]  # noqa: E731
    for team in (powerful_team, plain, more, below):
        patched(door, f"/teams/{team['id']}", "/owners", himself, 200)
    rule = {"name": "r", "effect": "allow", "operations": ["Delete"], "resources": ["metric"]}
    policy = om.post("/policies", {"name": fresh_name("above"), "rules": [rule], "enabled": True})
    patched(om, f"/teams/{more['id']}", "/policies", [reference(policy, "policy")], 200)
    for team in (powerful_team, more, below):
        for somebody in (himself, other):
            patched(door, f"/teams/{team['id']}", "/users", somebody, 403)
            door.put(f"/teams/{team['id']}/users", somebody, expect=403)
        assert not members(team)
    # What brings nothing is his to fill, and so is what he is in.
    patched(door, f"/teams/{plain['id']}", "/users", other, 200)
    om.put(f"/teams/{powerful_team['id']}/users", himself)
    patched(door, f"/teams/{powerful_team['id']}", "/users/-", other[0], 200)
    assert members(powerful_team) == sorted([himself[0]["id"], other[0]["id"]])
    # Nor does he bring back what an administrator ended.
    om.call("DELETE", f"/teams/{powerful_team['id']}", expect=200)
    door.put("/teams/restore", {"id": powerful_team["id"]}, expect=403)


def test_who_edits_and_deletes_everything_turns_no_role_on_or_off(server, om, fresh_name):
    rule = {"name": "r", "effect": "allow", "operations": ["EditAll", "Delete"], "resources": ["all"]}
    names = [om.post("/policies", {"name": fresh_name("p"), "rules": [rule], "enabled": True})["name"] for _ in "ab"]
    editing, other = (om.post("/roles", {"name": fresh_name("r"), "policies": [name]}) for name in names)
    who = server.new_user(fresh_name("editor"))
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [reference(editing, "role")]}])
    door = OpenMetadataDoor(server, who.token)
    at = f"/roles/{other['id']}"
    patched(door, at, "/description", "Edited.", 200)
    patched(door, at, "/disabled", True, 403)
    door.call("DELETE", at, expect=403)
    patched(om, at, "/disabled", True, 200)
    patched(door, at, "/disabled", False, 403)
    om.call("DELETE", at, expect=200)
    door.put("/roles/restore", {"id": other["id"]}, expect=403)


def test_a_bot_makes_nobody_powerful(server, om, steward, fresh_name):
    bot_user = om.get("/bots/name/ingestion-bot")["botUser"]["id"]
    token = om.get(f"/users/auth-mechanism/{bot_user}")["config"]["JWTToken"]
    bot, eve = OpenMetadataDoor(server, token), server.new_user(fresh_name("eve"))
    admin = om.get("/users/name/admin")["id"]
    for user, path, value in (
        (eve.id, "/isAdmin", True),
        (eve.id, "/roles", [reference(steward, "role")]),
        (admin, "/email", "eve@example.org"),
    ):
        operations = [{"op": "add", "path": path, "value": value}]
        bot.call("PATCH", f"/users/{user}", operations, headers=PATCH, expect=403)
    name = fresh_name("root")
    bot.post("/users", {"name": name, "email": f"{name}@example.com", "isAdmin": True}, expect=403)


def test_a_deleted_administrator_is_not_brought_back_by_others(server, om, fresh_name):
    maker = server.new_user(fresh_name("maker"))
    rule = {"name": "make", "resources": ["user"], "operations": ["Create", "EditAll", "Delete"], "effect": "allow"}
    policy = om.post("/policies", {"name": fresh_name("policy"), "rules": [rule]})
    role = om.post("/roles", {"name": fresh_name("role"), "policies": [policy["name"]]})
    om.patch(f"/users/{maker.id}", [{"op": "add", "path": "/roles/0", "value": reference(role, "role")}])
    name = fresh_name("chief")
    body = {"name": name, "email": f"{name}@example.com", "isAdmin": True}
    chief = om.post("/users", body)
    om.delete(f"/users/{chief['id']}")
    door = OpenMetadataDoor(server, maker.token)
    door.put("/users", {"name": name, "email": f"{name}@example.com"}, expect=403)
    door.put("/users/restore", {"id": chief["id"]}, expect=403)
    assert om.call("GET", f"/users/{chief['id']}").status_code == 404


@pytest.fixture
def theirs(om, data_source, fresh_name) -> dict[str, str]:
    """An id of each kind in the first account, whose default data source was there before."""
    service = om.post("/services/databaseServices", {"name": fresh_name("pg"), "serviceType": "Postgres"})
    database = om.post("/databases", {"name": "d", "service": service["fullyQualifiedName"]})
    schema = om.post("/databaseSchemas", {"name": "s", "database": database["fullyQualifiedName"]})
    columns = [{"name": "id", "dataType": "INT"}]
    table = om.post("/tables", {"name": "t", "databaseSchema": schema["fullyQualifiedName"], "columns": columns})
    glossary = om.post("/glossaries", {"name": fresh_name("g"), "description": "d"})
    term = om.post("/glossaryTerms", {"name": "x", "glossary": glossary["name"], "description": "d"})
    domain = om.post("/domains", {"name": fresh_name("dom"), "domainType": "Aggregate", "description": "d"})
    product = om.post("/dataProducts", {"name": "P", "description": "d", "domains": [domain["name"]]})
    team = om.post("/teams", {"name": fresh_name("team"), "teamType": "Group"})
    return {
        "services/databaseServices": service["id"],
        "databases": database["id"],
        "databaseSchemas": schema["id"],
        "tables": table["id"],
        "glossaries": glossary["id"],
        "glossaryTerms": term["id"],
        "domains": domain["id"],
        "dataProducts": product["id"],
        "teams": team["id"],
        "users": om.get("/users/loggedInUser")["id"],
        "roles": om.get("/roles/name/DataSteward")["id"],
        "policies": om.get("/policies/name/DataStewardPolicy")["id"],
        "bots": om.get("/bots/name/ingestion-bot")["id"],
    }


def test_an_id_of_another_account_is_no_id(server, om, other_account, theirs):
    door = OpenMetadataDoor(server, other_account.token)
    describe = [{"op": "add", "path": "/description", "value": "mine"}]
    for collection, id in theirs.items():
        path = f"/{collection}/{id}"
        for method, target, body in (
            ("GET", path, None),
            ("GET", f"{path}/versions", None),
            ("GET", f"{path}/versions/0.1", None),
            ("PATCH", path, describe),
            ("DELETE", f"{path}?hardDelete=true&recursive=true", None),
            ("PUT", f"/{collection}/restore", {"id": id}),
        ):
            headers = PATCH if method == "PATCH" else {}
            door.call(method, target, body, headers=headers, expect=404)
        om.call("GET", path, expect=200)


def test_a_reference_into_another_account_leads_nowhere(server, other_account, theirs, fresh_name):
    door = OpenMetadataDoor(server, other_account.token)
    domain = door.post("/domains", {"name": fresh_name("own"), "domainType": "Aggregate", "description": "d"})
    product = door.post("/dataProducts", {"name": "P", "description": "d", "domains": [domain["name"]]})

    def to(collection: str, kind: str) -> dict:
        return {"id": theirs[collection], "type": kind}

    for member, target in (
        ("owners", to("users", "user")),
        ("owners", to("teams", "team")),
        ("experts", to("users", "user")),
        ("reviewers", to("users", "user")),
        ("domains", to("domains", "domain")),
    ):
        operations = [{"op": "add", "path": f"/{member}", "value": [target]}]
        door.call("PATCH", f"/dataProducts/{product['id']}", operations, headers=PATCH, expect=404)
    for path, body in (
        ("/users", {"teams": [theirs["teams"]]}),
        ("/users", {"roles": [theirs["roles"]]}),
        ("/teams", {"teamType": "Group", "users": [theirs["users"]]}),
        ("/teams", {"teamType": "Group", "defaultRoles": [theirs["roles"]]}),
        ("/teams", {"teamType": "Group", "policies": [theirs["policies"]]}),
        ("/teams", {"teamType": "Group", "parents": [theirs["teams"]]}),
    ):
        name = fresh_name("new")
        named = {"name": name, "email": f"{name}@example.com"} if path == "/users" else {"name": name}
        door.post(path, named | body, expect=404)
    followers = f"/dataProducts/{product['id']}/followers"
    door.call("PUT", followers, theirs["users"], expect=404)
    for holder in (f"/dataProducts/name/{domain['name']}.P", f"/domains/name/{domain['name']}"):
        assert theirs["tables"] not in door.call("GET", holder).text
    door.delete(f"/dataProducts/{product['id']}", hardDelete="true")


HOSTILE = [
    "1==1",
    "principal == resource",
    "isOwner()) || (true",
    "matchAllTags('a') && (function(){})()",
    "T(java.lang.Runtime).getRuntime().exec('x')",
    "permit(principal, action, resource);",
    "(" * 5000,
    "!" * 100 + "isOwner()",
    "matchAnyTag('a\\'); permit')",
    "isOwner()\u0000",
]


@pytest.mark.parametrize("condition", HOSTILE, ids=lambda condition: condition[:20])
def test_a_condition_is_read_and_never_run(om, condition):
    rule = {"name": "r", "resources": ["all"], "operations": ["All"], "effect": "allow", "condition": condition}
    answer = om.post("/policies", {"name": f"c-{uuid.uuid4()}", "rules": [rule]}, expect=400)
    assert "condition" in answer["message"]


def test_the_management_interface_is_for_administrators(server, stranger, other_account):
    for verb in (
        ("user", "reset-password", "admin"),
        ("user", "disable", "admin"),
        ("user", "create", "x", "--admin"),
        ("token", "list", "--user", "admin"),
        ("key", "create", "--user", "admin"),
        ("account", "create", "mine"),
    ):
        done = run_cli(*verb, check=False, EMPORION_URL=server.url, EMPORION_TOKEN=stranger.token)
        assert done.returncode == 1 and "may not" in done.stderr, (verb, done)
    held = server.cli("token", "list", "--user", "admin")
    for token in (stranger.token, other_account.token):
        done = run_cli("token", "revoke", held[0]["id"], check=False, EMPORION_URL=server.url, EMPORION_TOKEN=token)
        assert done.returncode == 1, done
    assert server.cli("token", "list", "--user", "admin") == held


def test_a_served_store_can_be_looked_at(server):
    assert run_cli("verify", "--store", str(server.store), "-o", "json").returncode == 0
    assert "no fault" in run_cli("doctor", "--store", str(server.store)).stdout
