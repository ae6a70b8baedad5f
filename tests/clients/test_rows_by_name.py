"""Who may name owners, users, members and labels takes no rows with it that he did not have."""

import pytest

import datazone_door
from openmetadata_door import OpenMetadataDoor, reference
from rows_world import HASH, MAIL, REGION, TABLE, RowsWorld

SENSITIVE = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
SQL = {"sql": "SELECT region FROM customer"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = RowsWorld(tmp_path_factory.mktemp("named"))
    for name in ("steward", "friend"):
        made.people[name] = made.server.new_user(name)
    give_role(made, "steward", made.om.get("/roles/name/DataSteward"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def give_role(world, person: str, role: dict) -> None:
    user = world.om.get(f"/users/name/{person}", fields="roles")
    roles = [reference(one, "role") for one in [*user.get("roles", []), role]]
    world.om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": roles}])


def give_policy(world, person: str, name: str, resources: list, operations: list) -> None:
    rule = {"name": "r", "effect": "allow", "resources": resources, "operations": operations}
    world.om.post("/policies", {"name": f"{name}Policy", "enabled": True, "rules": [rule]})
    give_role(world, person, world.om.post("/roles", {"name": name, "policies": [f"{name}Policy"]}))


def own(om: OpenMetadataDoor, path: str, *people: dict, expect=200):
    return om.patch(path, [{"op": "add", "path": "/owners", "value": list(people)}], expect=expect)


def person(world, name: str) -> dict:
    return reference(world.om.get(f"/users/name/{name}"), "user")


def holds(world, caller: str) -> bool:
    """What is personal in a sample is masked for all others, whatever a policy shows them."""
    return MAIL in world.metadata(caller).call("GET", f"/tables/{world.table['id']}/sampleData").text


def test_an_owner_of_a_query_named_by_somebody_without_rows_sees_no_values_in_it(world):
    at, steward = f"/queries/{world.ran['id']}", world.metadata("steward")
    before = world.om.get(at, fields="owners")["owners"]
    try:
        for named in ("steward", "friend"):
            assert [owner["name"] for owner in own(steward, at, person(world, named))["owners"]] == [named]
            assert REGION not in world.metadata(named).call("GET", at).text
        steward.patch(at, [{"op": "test", "path": "/query", "value": world.ran["query"]}], expect=400)
        assert REGION not in str(steward.patch(at, [{"op": "copy", "from": "/query", "path": "/description"}]))
        own(world.om, at, person(world, "steward"))
        assert REGION in steward.call("GET", at).text
    finally:
        own(world.om, at, *before)


@pytest.mark.parametrize("place", ["tables", "databaseSchemas", "databases", "services/databaseServices"])
def test_an_owner_named_by_somebody_without_rows_holds_none(world, place):
    fqn = {"tables": TABLE, "databaseSchemas": "shop.shop.main", "databases": "shop.shop"}.get(place, "shop")
    before = world.om.by_name(place, fqn, fields="owners")
    steward = world.metadata("steward")
    product = world.bob.post("/data-products", {
        "name": f"Of {place}", "dataSourceId": world.source, "isDeployed": True, "dataAssets": [{"tableName": "customer"}],
    }, expect=201)
    asset, path = product["dataAssets"][0]["id"], f"/data-products/{product['dataProduct']['id']}"
    try:
        for named in ("steward", "friend"):
            shown = own(steward, f"/{place}/{before['id']}", person(world, named))
            assert [owner["name"] for owner in shown["owners"]] == [named]
            assert not holds(world, named)
            # Nor do rules for owners show him the part that they show to those who hold the rows.
            sample = world.metadata(named).call("GET", f"/tables/{world.table['id']}/sampleData").text
            assert named == "steward" or REGION not in sample
            change = {"update": [{"id": asset, "rows": "closed"}]}
            world.door(named).refuses("PATCH", f"{path}/data-assets", 404, None, change)
        # Who is an owner in name only names no real one either, himself or others.
        give = world.metadata("friend")
        own(give, f"/{place}/{before['id']}", person(world, "stranger"))
        assert not holds(world, "stranger")
        # Named by who holds the rows, he holds them.
        own(world.om, f"/{place}/{before['id']}", person(world, "friend"))
        assert holds(world, "friend")
        world.door("friend").patch(f"{path}/data-assets", {"update": [{"id": asset, "rows": "closed"}]})
    finally:
        own(world.om, f"/{place}/{before['id']}", *before.get("owners", []))


def test_the_role_of_an_owner_stays_in_name_only_through_a_list_that_repeats_it(world):
    path = f"/tables/{world.om.by_name('tables', 'shop.shop.main.wages')['id']}"
    own(world.metadata("steward"), path, person(world, "steward"))
    # The administrator's list names the steward as he was shown; only to take him out and in again is to decide it.
    own(world.om, path, person(world, "steward"), person(world, "viewer"))
    body = {"name": "Wages", "dataSourceId": world.source, "isDeployed": True, "dataAssets": [{"tableName": "wages"}]}
    made = world.bob.post("/data-products", body, expect=201)
    change = {"update": [{"id": made["dataAssets"][0]["id"], "rows": "closed"}]}
    assets = f"/data-products/{made['dataProduct']['id']}/data-assets"
    world.door("steward").refuses("PATCH", assets, 404, None, change)
    own(world.om, path, person(world, "viewer"))
    own(world.om, path, person(world, "viewer"), person(world, "steward"))
    world.door("steward").patch(assets, change)
    own(world.om, path)


def test_a_second_record_of_a_table_gives_no_rows_of_the_first(world):
    give_policy(world, "member", "Makers", ["table"], ["Create", "ViewBasic"])
    member = world.metadata("member")
    made = member.post("/tables", {
        "name": "CUSTOMER", "databaseSchema": "shop.shop.main", "owners": [person(world, "member")],
        "columns": [{"name": "region", "dataType": "TEXT"}],
    })
    product = world.bob.post("/data-products", {
        "name": "Second", "dataSourceId": world.source, "isDeployed": True, "dataAssets": [{"tableName": "wages"}],
    }, expect=201)["dataProduct"]["id"]
    world.bob.patch(f"/data-products/{product}/users", {"add": [{"userId": world.people["member"].id, "role": "editor"}]})
    path = f"/data-products/{product}"
    world.door("member").call("PATCH", f"{path}/data-assets", {"add": [{"tableName": "CUSTOMER"}]})
    world.door("member").call("POST", f"{path}/deploy", {})
    for table in ("CUSTOMER", "customer"):
        answer = world.door("member").call("POST", f"{path}/run-sql", {"sql": f'SELECT region FROM "{table}"'})
        assert answer.status_code in (403, 422) and REGION not in answer.text, answer.text
    world.om.delete(f"/tables/{made['id']}", hardDelete=True)


def test_an_owner_of_a_product_named_by_somebody_without_a_role_there_queries_nothing(world):
    steward = world.metadata("steward")
    before = world.om.get(f"/dataProducts/{world.product}", fields="owners").get("owners", [])
    try:
        own(steward, f"/dataProducts/{world.product}", *before, person(world, "steward"))
        world.door("steward").refuses("POST", f"{world.path}/run-sql", 403, None, SQL)
        # As its owner he gives roles; with them goes what he has himself.
        role = {"userId": world.people["friend"].id, "role": "viewer"}
        world.door("steward").patch(f"{world.path}/users", {"add": [role]})
        world.door("friend").refuses("POST", f"{world.path}/run-sql", 403, None, SQL)
        assert world.door("viewer").post(f"{world.path}/run-sql", SQL)["rowCount"] == 3
        # Said again by somebody who has the rows, the role brings them.
        world.door("product_owner").patch(f"{world.path}/users", {"add": [role]})
        assert world.door("friend").post(f"{world.path}/run-sql", SQL)["rowCount"] == 3
    finally:
        world.bob.patch(f"{world.path}/users", {"remove": [world.people["friend"].id]})
        own(world.om, f"/dataProducts/{world.product}", *before)


def test_a_member_of_a_team_named_by_somebody_outside_reads_none_of_its_rows(world):
    team = world.om.post("/teams", {"name": "keepers", "teamType": "Group", "users": [person(world, "viewer")["id"]]})
    before = world.om.by_name("tables", TABLE, fields="owners")["owners"]
    own(world.om, f"/tables/{world.table['id']}", reference(team, "team"))
    try:
        assert holds(world, "viewer")
        steward = world.metadata("steward")
        own(steward, f"/teams/{team['id']}", person(world, "steward"))
        users = [person(world, "steward"), person(world, "viewer")]
        answer = steward.call("PUT", f"/teams/{team['id']}/users", users)
        if answer.status_code >= 400:
            change = [{"op": "add", "path": "/users", "value": users}]
            answer = steward.call("PATCH", f"/teams/{team['id']}", change, headers={"Content-Type": "application/json-patch+json"})
        assert answer.status_code < 300, answer.text
        assert not holds(world, "steward") and holds(world, "viewer")
    finally:
        own(world.om, f"/tables/{world.table['id']}", *before)


def labels(om, path: str, place: str, value: list, expect=200):
    return om.patch(path, [{"op": "add", "path": place, "value": value}], expect=expect)


def test_only_who_holds_the_rows_takes_the_label_of_personal_data_off(world):
    give_role(world, "part", world.om.get("/roles/name/DataSteward"))
    table = f"/tables/{world.table['id']}"
    columns = world.om.by_name("tables", TABLE, fields="columns,tags")["columns"]
    at = next(i for i, column in enumerate(columns) if column["name"] == "email")
    place = f"/columns/{at}/tags"
    steward = world.metadata("steward")
    for value in ([], [SENSITIVE | {"tagFQN": "PII.None"}]):
        refused = labels(steward, table, place, value, expect=403)
        assert "PII.Sensitive" in refused["message"]
    # Other labels are his business, and so is to put this one on.
    tier = SENSITIVE | {"tagFQN": "PersonalData.Personal"}
    labels(steward, table, place, [SENSITIVE, tier])
    labels(steward, table, place, [SENSITIVE])
    labels(steward, table, "/tags", [SENSITIVE])
    labels(steward, table, "/tags", [], expect=403)
    owner = world.metadata("table_owner")
    labels(owner, table, "/tags", [])
    labels(owner, table, place, [])
    labels(owner, table, place, [SENSITIVE])


def test_the_meaning_of_a_term_is_not_taken_off_either(world):
    glossary = world.om.post("/glossaries", {"name": "People", "description": "d", "owners": [person(world, "steward")]})
    term = world.om.post("/glossaryTerms", {"name": "Mail", "glossary": "People", "description": "d", "tags": [SENSITIVE]})
    label = {"tagFQN": "People.Mail", "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}
    table = f"/tables/{world.table['id']}"
    owner, steward = world.metadata("table_owner"), world.metadata("steward")
    labels(owner, table, "/columns/1/tags", [label])
    try:
        rows = world.metadata("part").get(f"{table}/sampleData")["sampleData"]["rows"]
        assert REGION not in str(rows) and MAIL not in str(rows) and HASH not in str(rows)
        labels(steward, table, "/columns/1/tags", [], expect=403)
        labels(steward, f"/glossaryTerms/{term['id']}", "/tags", [], expect=403)
        for path in (f"/glossaryTerms/{term['id']}", f"/glossaries/{glossary['id']}"):
            refused = steward.call("DELETE", path, params={"recursive": True, "hardDelete": True}, expect=403)
            assert "PII.Sensitive" in refused.json()["message"]
    finally:
        labels(owner, table, "/columns/1/tags", [])


def test_nobody_takes_a_row_filter_off_from_himself(world):
    domain, project = world.project(("member", "PROJECT_OWNER"))
    dz = datazone_door.client(world.server, world.server.admin)
    item = {"identifier": world.table["id"], "itemType": "ASSET"}
    made = dz.create_data_product(domainIdentifier=domain, owningProjectIdentifier=project, name="Cut", items=[item])
    path, user = f"/data-products/{made['id']}", world.people["member"].id
    role = {"userId": user, "role": "viewer", "rowFilters": {"customer": "region = 'EU'"}}
    world.bob.patch(f"{path}/users", {"add": [role]})
    member = world.door("member")
    assert member.post(f"{path}/run-sql", SQL)["rowCount"] == 2
    for change in (
        {"update": [{"userId": user, "role": "viewer", "rowFilters": None}]},
        {"update": [role | {"rowFilters": {"customer": "1 = 1"}}]},
        {"update": [{"userId": user, "role": "editor", "rowFilters": {}}]},
        {"remove": [user]},
    ):
        member.refuses("PATCH", f"{path}/users", 403, "FORBIDDEN", change)
        assert member.post(f"{path}/run-sql", SQL)["rowCount"] == 2
    # Another one's he does not either: he has no more rows to give than he sees.
    other = role | {"userId": world.people["stranger"].id}
    world.bob.patch(f"{path}/users", {"add": [other]})
    member.refuses("PATCH", f"{path}/users", 403, "FORBIDDEN", {"update": [other | {"rowFilters": None}]})
    assert world.door("stranger").post(f"{path}/run-sql", SQL)["rowCount"] == 2


def test_only_an_administrator_says_which_file_a_source_reads(world):
    """The owner of one source points it at a file that is another's."""
    connection = {"config": {"type": "SQLite", "databaseMode": "shop"}}
    made = world.om.post("/services/databaseServices", {
        "name": "own", "serviceType": "SQLite", "connection": {"config": {"type": "SQLite", "databaseMode": "other"}},
        "owners": [person(world, "viewer")],
    })
    viewer, path = world.metadata("viewer"), f"/services/databaseServices/{made['id']}"
    viewer.patch(path, [{"op": "add", "path": "/description", "value": "mine"}])
    change = [{"op": "add", "path": "/connection", "value": connection}]
    assert "file" in viewer.patch(path, change, expect=403)["message"]
    give_policy(world, "member", "Connectors", ["databaseService"], ["Create", "ViewBasic"])
    body = {"name": "another", "serviceType": "SQLite", "connection": connection}
    assert "file" in world.metadata("member").post("/services/databaseServices", body, expect=403)["message"]
    world.om.patch(path, change)
    world.om.delete(path, hardDelete=True)


def test_a_move_brings_no_rows_to_the_stewards_of_a_domain(world):
    """Who makes a domain is one of its stewards, and stewards hold what no team was named for."""
    give_policy(world, "steward", "Founders", ["domain", "dataProduct"], ["Create", "ViewBasic", "EditDomains", "EditAll"])
    steward = world.metadata("steward")
    mine = steward.post("/domains", {"name": "Mine", "domainType": "Aggregate", "description": "d"})
    domain, project = world.project(("contributor", "PROJECT_CONTRIBUTOR"))
    dz = datazone_door.client(world.server, world.server.admin)
    item = {"identifier": world.table["id"], "itemType": "ASSET"}
    product = dz.create_data_product(
        domainIdentifier=domain, owningProjectIdentifier=project, name="Movable", items=[item]
    )["id"]
    assert world.door("contributor").post(f"/data-products/{product}/run-sql", SQL)["rowCount"] == 3
    before = world.om.get(f"/dataProducts/{product}", fields="domains")["domains"]
    steward.patch(f"/dataProducts/{product}", [{"op": "add", "path": "/domains", "value": [reference(mine, "domain")]}])
    world.door("steward").refuses("POST", f"/data-products/{product}/run-sql", 403, None, SQL)
    # Moved by somebody who has the rows, it brings them.
    world.om.patch(f"/dataProducts/{product}", [{"op": "add", "path": "/domains", "value": before}])
    world.om.patch(f"/dataProducts/{product}", [{"op": "add", "path": "/domains", "value": [reference(mine, "domain")]}])
    assert world.door("steward").post(f"/data-products/{product}/run-sql", SQL)["rowCount"] == 3


def test_the_stewards_read_what_was_made_for_them(world):
    """Nor do they when the team of a product goes, which had it for itself."""
    dz = datazone_door.client(world.server, world.server.admin)
    domain, project = world.project(("contributor", "PROJECT_CONTRIBUTOR"))
    teams = world.om.everything("teams")
    item = {"identifier": world.table["id"], "itemType": "ASSET"}
    product = dz.create_data_product(domainIdentifier=domain, owningProjectIdentifier=project, name="Own", items=[item])["id"]
    name = dz.get_domain(identifier=domain)["name"]
    stewards = next(team for team in teams if team["fullyQualifiedName"] == f"{name}.Stewards")
    add = [{"op": "add", "path": "/users/-", "value": person(world, "friend")}]
    world.om.patch(f"/teams/{stewards['id']}", add)
    own_name = world.om.by_name("domains", name)["fullyQualifiedName"]
    meant = world.om.post("/dataProducts", {"name": "Common", "description": "d", "domains": [own_name]})["id"]
    world.om.put(f"/dataProducts/{own_name}.Common/assets/add", {"assets": [reference(world.table, "table")]})
    assert world.door("friend").post(f"/data-products/{meant}/run-sql", SQL)["rowCount"] == 3
    world.door("friend").refuses("POST", f"/data-products/{product}/run-sql", 403, None, SQL)
    give_policy(world, "steward", "Teams", ["team"], ["All"])
    world.metadata("steward").delete(f"/teams/{project}", hardDelete=True, recursive=True)
    answer = world.door("friend").call("POST", f"/data-products/{product}/run-sql", SQL)
    assert answer.status_code == 403, answer.text


def test_what_holds_somebody_back_is_taken_off_by_who_reads_everything(world):
    before = world.om.get(f"/dataProducts/{world.product}", fields="owners").get("owners", [])
    cut = {"userId": world.people["filtered"].id, "role": "viewer", "rowFilters": {"customer": "region = 'EU'"}}
    denied = {"userId": world.people["contributor"].id, "role": "viewer", "allowSql": False}
    world.bob.patch(f"{world.path}/users", {"add": [denied]})
    door = world.door("contributor")
    door.refuses("POST", f"{world.path}/run-sql", 403, None, SQL)
    try:
        own(world.metadata("steward"), f"/dataProducts/{world.product}", *before, person(world, "steward"))
        for change in (
            {"update": [cut | {"rowFilters": None}]},
            {"update": [cut | {"rowFilters": {"customer": "1 = 1"}}]},
            {"remove": [cut["userId"]]},
            {"remove": [denied["userId"]]},
            {"update": [denied | {"allowSql": True}]},
        ):
            world.door("steward").refuses("PATCH", f"{world.path}/users", 403, "FORBIDDEN", change)
        # Nor does the one who is denied.
        door.refuses("PATCH", f"{world.path}/users", 403, "FORBIDDEN", {"remove": [denied["userId"]]})
        door.refuses("POST", f"{world.path}/run-sql", 403, None, SQL)
        world.door("steward").refuses("DELETE", world.path, 403, "FORBIDDEN")
        world.door("product_owner").patch(f"{world.path}/users", {"remove": [denied["userId"]]})
        assert door.post(f"{world.path}/run-sql", SQL)["rowCount"] == 3
    finally:
        own(world.om, f"/dataProducts/{world.product}", *before)


def test_who_sees_a_part_of_the_rows_hands_on_none(world):
    body = {"name": "Parts", "dataSourceId": world.source, "isDeployed": True, "dataAssets": [{"tableName": "customer"}]}
    path = f"/data-products/{world.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    filters = {"rowFilters": {"customer": "region = 'EU'"}}
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people["viewer"].id, "role": "admin"} | filters]})
    viewer = world.door("viewer")
    assert viewer.post(f"{path}/run-sql", SQL)["rowCount"] == 2
    friend = world.people["friend"].id
    viewer.patch(f"{path}/users", {"add": [{"userId": friend, "role": "viewer"}]})
    world.door("friend").refuses("POST", f"{path}/run-sql", 403, None, SQL)
    # Nor does he free himself by ending the product, where a policy would show him samples then.
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people["part"].id, "role": "admin"} | filters]})
    world.door("part").refuses("DELETE", path, 403, "FORBIDDEN")
    assert not holds(world, "part") and REGION not in str(world.metadata("part").get(f"/tables/{world.table['id']}/sampleData"))
    world.bob.call("DELETE", path, expect=(200, 204))


def test_labels_are_not_lost_by_making_a_table_again(world):
    give_policy(world, "part", "Remakers", ["table", "databaseSchema"], ["Create", "Delete", "EditAll", "ViewAll"])
    part = world.metadata("part")
    schema = world.om.by_name("databaseSchemas", "shop.shop.main")["id"]
    for path in (f"/tables/{world.table['id']}", f"/databaseSchemas/{schema}"):
        refused = part.call("DELETE", path, params={"hardDelete": True, "recursive": True}, expect=403)
        assert "PII.Sensitive" in refused.json()["message"]
    wages = world.om.by_name("tables", "shop.shop.main.wages")["id"]
    part.delete(f"/tables/{wages}")
    world.om.put("/tables/restore", {"id": wages})


def test_stored_secrets_stay_with_the_server_that_they_were_given_for(world):
    config = {"type": "Postgres", "username": "u", "authType": {"password": "Sup3rSecret"}, "hostPort": "db.example:5432",
              "database": "d"}
    made = world.om.post("/services/databaseServices", {
        "name": "elsewhere", "serviceType": "Postgres", "connection": {"config": config}, "owners": [person(world, "viewer")],
    })
    path = f"/services/databaseServices/{made['id']}"
    viewer = world.metadata("viewer")
    for place, value in (("hostPort", "127.0.0.1:1"), ("username", "other"), ("database", "e")):
        change = [{"op": "replace", "path": f"/connection/config/{place}", "value": value}]
        assert "must be given again" in viewer.patch(path, change, expect=400)["message"]
    shown = viewer.get(path, fields="owners")
    masked = shown["connection"]
    masked["config"]["hostPort"] = "127.0.0.1:1"
    body = {"name": "elsewhere", "serviceType": "Postgres", "connection": masked}
    assert "must be given again" in viewer.put("/services/databaseServices", body, expect=400)["message"]
    viewer.patch(path, [{"op": "add", "path": "/description", "value": "mine"}])
    viewer.patch(path, [
        {"op": "replace", "path": "/connection/config/hostPort", "value": "other.example:5432"},
        {"op": "replace", "path": "/connection/config/authType/password", "value": "another"},
    ])
    world.om.patch(path, [{"op": "replace", "path": "/connection/config/hostPort", "value": "db.example:5432"}])
    world.om.delete(path, hardDelete=True)


def test_where_a_source_lies_is_for_who_holds_its_rows_once_it_has_tables(world):
    """Else whoever may describe sources has everybody answered by a server of his own, and is sent their statements."""
    config = {"type": "Postgres", "username": "u", "authType": {"password": "one"}, "hostPort": "db.example:5432", "database": "d"}
    body = {"name": "placed", "serviceType": "Postgres"}
    made = world.om.post("/services/databaseServices", body | {"connection": {"config": config}})
    path, steward = f"/services/databaseServices/{made['id']}", world.metadata("steward")
    who = "only an owner of a source, or an administrator, says where it lies"

    def moved(by, host: str, expect=200) -> dict:
        changes = {"hostPort": host, "authType/password": "another"}.items()
        change = [{"op": "replace", "path": f"/connection/config/{place}", "value": value} for place, value in changes]
        return world.metadata(by).patch(path, change, expect=expect)

    assert moved("steward", "typed.example:5432")["connection"]["config"]["hostPort"] == "typed.example:5432"
    world.om.post("/databases", {"name": "d", "service": "placed"})
    assert who in moved("steward", "evil.example:5432", 403)["message"]
    elsewhere = {"config": config | {"hostPort": "evil.example:5432"}}
    assert who in steward.put("/services/databaseServices", body | {"connection": elsewhere}, expect=403)["message"]
    assert who in steward.patch(path, [{"op": "remove", "path": "/connection/config/authType"}], expect=403)["message"]
    bare = {"connectionConfig": {"connectionString": "postgres://u@evil.example:5432/d", "isEncoded": False}}
    world.door("steward").refuses("PATCH", f"/data-sources/{made['id']}", 403, "FORBIDDEN", bare)
    # Nor is it by owners whom he names.
    for named in ("steward", "friend"):
        own(steward, path, person(world, named))
        moved(named, "evil.example:5432", 403)
    # What is no place stays his.
    steward.patch(path, [{"op": "replace", "path": "/connection/config/authType/password", "value": "third"}])
    steward.patch(path, [{"op": "add", "path": "/description", "value": "described"}])
    # Making it again is changing it.
    give_policy(world, "part", "Movers", ["databaseService", "database"], ["Create", "Delete", "EditAll", "ViewAll"])
    part = world.metadata("part")
    part.delete(path, recursive=True)
    assert who in part.put("/services/databaseServices", body | {"connection": elsewhere}, expect=403)["message"]
    world.om.put("/services/databaseServices/restore", {"id": made["id"]})
    assert world.om.get(path)["connection"]["config"]["hostPort"] == "typed.example:5432"
    # Who holds the rows through a team says it, and nobody else of the team.
    members = [world.om.get(f"/users/name/{name}")["id"] for name in ("friend", "viewer")]
    team = world.om.post("/teams", {"name": "Keepers", "teamType": "Group", "users": members[:1]})
    own(world.om, path, reference(team, "team"))
    assert moved("friend", "kept.example:5432")["connection"]["config"]["hostPort"] == "kept.example:5432"
    moved("viewer", "evil.example:5432", 403)
    moved("steward", "evil.example:5432", 403)
    world.om.delete(path, hardDelete=True, recursive=True)
