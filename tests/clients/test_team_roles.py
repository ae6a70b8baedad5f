"""A role on a product that a team has: who reads by it, under whose filters and masks, and by which steps nobody gets rows."""

import json
from datetime import date, timedelta
from urllib.parse import quote

import psycopg
import pytest

import datazone_door
from emporion_server import free_port
from mcp_door import McpDoor
from rows_world import REGION, TABLE, RowsWorld
from test_pg_door import connect

SQL = {"sql": "SELECT region FROM customer ORDER BY region"}
#: What the table holds, and what a filter of its region to EU leaves.
ALL, EU = [REGION, "EU", "EU"], ["EU", "EU"]


class World(RowsWorld):
    """With a product that nobody but its owner has a role on."""

    def __init__(self, folder):
        self.pg_port = free_port()
        super().__init__(folder, EMPORION_PG_LISTEN=f"127.0.0.1:{self.pg_port}")
        self.count = 0

    def new(self, stem: str) -> str:
        self.count += 1
        name = f"{stem}{self.count}"
        self.people[name] = self.server.new_user(name)
        return name

    def ref(self, name: str) -> dict:
        return {"id": self.people[name].id, "type": "user"}

    def team(self, *members: str, **more) -> dict:
        self.count += 1
        users = [self.people[name].id for name in members]
        return self.om.post("/teams", {"name": f"Readers{self.count}", "teamType": "Group", "users": users} | more)

    def shop(self) -> tuple[str, str]:
        """A product over the table: its path in Bobsled, and its page."""
        self.count += 1
        name = f"Shop{self.count}"
        body = {"name": name, "dataSourceId": self.source, "dataAssets": [{"tableName": "customer"}], "isDeployed": True}
        path = f"/data-products/{self.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
        self.bob.patch(f"{path}/users", {"add": [{"email": self.mail("product_owner"), "role": "admin"}]})
        return path, f"/products/default.{quote(name)}"

    def give(self, at: str, team: dict | str, role: str = "viewer", by: str = "product_owner", expect: int = 200, **more):
        owner = self.browser(by)
        owner.visit(f"{at}?tab=access")
        name = team if isinstance(team, str) else team["fullyQualifiedName"]
        return owner.send(f"{at}/roles", expect=expect, who=name, role=role, **more)

    def filter(self, at: str, team: dict, condition: str = "", by: str = "product_owner", expect: int = 200, **more):
        owner = self.browser(by)
        owner.visit(f"{at}?tab=access&filter={team['id']}")
        # Whom it is for himself is asked before, which the tests look at.
        send = owner.send_previewed if by == "product_owner" and expect == 200 and "do" not in more else owner.send
        return send(f"{at}/filters", expect=expect, condition=condition, reads="yes", **more)

    def take(self, at: str, team: dict, by: str = "product_owner"):
        owner = self.browser(by)
        owner.visit(f"{at}?tab=access&take={team['id']}")
        return owner.send(f"{at}/roles")

    def rows(self, who: str, path: str) -> list[str] | None:
        """What somebody reads of the table; nothing where he is refused."""
        answer = self.door(who).call("POST", f"{path}/run-sql", SQL)
        assert answer.status_code in (200, 403, 404), answer.text
        return [row[0] for row in answer.json()["data"]["rows"]] if answer.status_code == 200 else None


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("teams"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def test_the_people_of_a_team_read_by_its_role_until_it_is_taken(world):
    (path, at), ann, bob, other = world.shop(), world.new("ann"), world.new("bob"), world.new("other")
    team = world.team(ann, bob, owners=[world.ref(bob)])
    assert [world.rows(who, path) for who in (ann, bob, other)] == [None] * 3
    page = world.give(at, team)
    assert "The role is given" in page.text and team["name"] in page.text
    assert "2 people can query by it now" in page.text and f"{bob}, and contributors of the team where a policy lets them, can put others" in page.text
    assert "the role of a team lifts no filter of a person" in page.text
    assert [world.rows(who, path) for who in (ann, bob, other)] == [ALL, ALL, None]
    # The dialect lists people, as it did before.
    assert [user["name"] for user in world.door(ann).get(f"{path}/users")["users"]] == ["admin", "product-owner"]
    world.bob.refuses("PATCH", f"{path}/users", 422, None, {"add": [{"userId": team["id"], "role": "viewer"}]})
    mine = world.browser(ann).visit(f"{at}?tab=access")
    assert f"You are viewer of this product through the team {team['name']}." in mine.text
    page = world.take(at, team)
    assert "2 people can query" not in page.text
    assert [world.rows(who, path) for who in (ann, bob)] == [None] * 2


def test_filters_and_masks_of_all_roles_hold_together(world):
    (path, at), ann, held = world.shop(), world.new("ann"), world.new("held")
    team, other = world.team(ann, held), world.team(ann)
    world.give(at, team)
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people[held].id, "role": "viewer", "rowFilters": {"customer": "region = 'EU'"}}]})
    assert (world.rows(ann, path), world.rows(held, path)) == (ALL, EU), "a team lifts nobody's filter"
    page = world.browser("product_owner").visit(f"{at}?tab=access&filter={team['id']}")
    assert "who query it by this team, whatever other roles they have" in page.text
    world.filter(at, team, f"region = '{REGION}'")
    assert (world.rows(ann, path), world.rows(held, path)) == ([REGION], [])
    # Neither another team without a filter, nor a role of one's own lifts it.
    world.give(at, other, role="editor")
    assert world.rows(ann, path) == [REGION]
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people[ann].id, "role": "viewer"}]})
    assert world.rows(ann, path) == [REGION]
    told = world.browser(ann).visit(f"{at}?tab=access").text
    assert "You see only those rows of customer where" in told and REGION in told
    world.filter(at, team, mask=json.dumps(["customer", "region", "hidden"]))
    assert (world.rows(ann, path), world.rows(held, path)) == ([None] * 3, [None] * 2)
    # Who leaves the team leaves its filter and its masks.
    world.om.patch(f"/teams/{team['id']}", [{"op": "replace", "path": "/users", "value": [world.ref(held)]}])
    assert (world.rows(ann, path), world.rows(held, path)) == (ALL, [None] * 2)


def test_nobody_gets_rows_by_a_step_that_nobody_gave_him(world):
    (path, at), ann, lead = world.shop(), world.new("ann"), world.new("lead")
    joins, steward, below, put = world.new("joins"), world.new("steward"), world.new("below"), world.new("put")
    above = world.om.post("/teams", {"name": "Above", "teamType": "Department", "owners": [world.ref(lead)], "isJoinable": True})
    team = world.team(ann, parents=[above["id"]], owners=[world.ref(lead)], isJoinable=True)
    sub = world.om.post("/teams", {"name": "Sub", "teamType": "Group", "users": [world.people[below].id], "parents": [above["id"]]})
    world.give(at, team)
    world.give(at, above)
    assert (world.rows(ann, path), world.rows(below, path)) == (ALL, None), "a team below has no rows"
    assert world.rows(lead, path) is None, "who owns it and is not in it"
    # Whoever may change members by a policy puts himself in, and others: in name only.
    rule = {"name": "r", "effect": "allow", "operations": ["EditUsers", "EditAll"], "resources": ["team"]}
    policy = world.om.post("/policies", {"name": "Joining", "rules": [rule]})
    role = world.om.post("/roles", {"name": "Joiners", "policies": [policy["name"]]})
    for who in (joins, steward):
        user = world.om.get(f"/users/name/{who}")
        world.om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    theirs = world.metadata(joins)
    for members in ([ann, joins], [ann, joins, steward]):
        theirs.call("PATCH", f"/teams/{team['id']}", json=[{"op": "replace", "path": "/users", "value": [world.ref(one) for one in members]}],
                    headers={"Content-Type": "application/json-patch+json"})
    assert [world.rows(who, path) for who in (joins, steward)] == [None, None]
    # And puts a team of his own under it, or under the one above.
    theirs.call("PATCH", f"/teams/{sub['id']}", json=[{"op": "replace", "path": "/users", "value": [world.ref(below), world.ref(joins)]}],
                headers={"Content-Type": "application/json-patch+json"})
    assert [world.rows(who, path) for who in (joins, below)] == [None, None]
    # The one who owns the team puts people into it, who read then: the page says so where the role is given.
    page = world.browser("product_owner").visit(f"{at}?tab=access")
    assert f"{lead}, and contributors of the team where a policy lets them, can put others" in page.text
    members = [one["id"] for one in world.om.get(f"/teams/{team['id']}", fields="users")["users"]]
    value = [{"id": one, "type": "user"} for one in [*members, world.people[put].id]]
    world.metadata(lead).patch(f"/teams/{team['id']}", [{"op": "replace", "path": "/users", "value": value}])
    assert world.rows(put, path) == ALL
    # The team of everybody has no role.
    page = world.give(at, "Organization", expect=400)
    assert "is the team of everybody" in page.text


def test_who_gives_no_rows_gives_a_team_none(world):
    """By a policy somebody gives roles where he reads nothing, or a part: the role is one in name."""
    (path, at), ann, part = world.shop(), world.new("ann"), world.new("part")
    team = world.team(ann)
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people[part].id, "role": "admin", "rowFilters": {"customer": "region = 'EU'"}}]})
    world.give(at, team, by=part)
    assert world.rows(ann, path) is None
    assert world.browser(ann).visit(at).status == 200, "what it is, he sees"
    # Nor does he take off what holds a team back.
    world.give(at, team)
    world.filter(at, team, "region = 'EU'")
    assert world.rows(ann, path) == EU
    world.filter(at, team, "", by=part, expect=403)
    assert world.rows(ann, path) == EU


def test_an_owner_takes_no_filter_off_from_himself_that_a_team_brings(world):
    (path, at), boss = world.shop(), world.new("boss")
    team = world.team(boss)
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people[boss].id, "role": "admin"}]})
    world.give(at, team)
    world.filter(at, team, "region = 'EU'")
    assert world.rows(boss, path) == EU
    page = world.filter(at, team, "", by=boss, expect=403)
    assert "You may not do this" in page.text
    world.browser(boss).visit(f"{at}?tab=access&take={team['id']}")
    assert "only people who can read all rows" in world.browser(boss).page.text
    assert world.rows(boss, path) == EU


def test_who_filters_his_own_team_is_told_that_it_applies_to_him(world):
    (path, at), boss, ann = world.shop(), world.new("boss"), world.new("ann")
    team = world.team(boss, ann)
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people[boss].id, "role": "admin"}]})
    world.give(at, team)
    mask = '["customer","email","hidden"]'
    page = world.filter(at, team, "region = 'EU'", by=boss, mask=mask)
    told = " ".join(page.roles["alert"])
    assert f"This also applies to you: you query by the team {team['fullyQualifiedName']}" in told, told
    shown = page.source.split('role="status"')[1].split("</ul>")[0]
    assert "customer: 2 of 3 rows" in shown and "customer.email: hidden" in shown, shown
    assert [world.rows(who, path) for who in (boss, ann)] == [ALL, ALL], "nothing is saved before he says so"
    # What he was told of is what he typed then.
    page = world.browser(boss).send(f"{at}/filters", condition="region = 'US'", reads="yes", mask=mask)
    assert "This also applies to you" in " ".join(page.roles["alert"]) and "0 of 3 rows" in page.text
    assert world.rows(boss, path) == ALL
    page = world.filter(at, team, "region = ", by=boss, expect=400)
    assert "This also applies to you" not in page.text, "what is wrong comes first"
    page = world.filter(at, team, "region = 'EU'", by=boss, do="preview")
    assert "This also applies to you" in " ".join(page.roles["alert"])
    page = world.browser(boss).send(f"{at}/filters", condition="region = 'EU'", reads="yes")
    assert world.browser(boss).query() == {"tab": "access", "done": "saved"}
    assert [world.rows(who, path) for who in (boss, ann)] == [EU, EU]
    # Who saves the same once more, or filters others, is asked nothing.
    world.filter(at, team, "region = 'EU'", by=boss)
    assert world.browser(boss).query() == {"tab": "access", "done": "saved"}
    other, carl = world.team(ann), world.new("carl")
    world.give(at, other)
    world.filter(at, other, "region = 'EU'")
    assert world.browser("product_owner").query() == {"tab": "access", "done": "saved"}
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people[carl].id, "role": "viewer"}]})


def test_a_team_owns_edits_and_looks_on(world):
    (path, at), ann, viewer = world.shop(), world.new("ann"), world.new("onlooker")
    group = world.team(ann)
    world.give(at, group, role="editor")
    describe = {"description": "by a team"}
    world.door(ann).patch(path, describe)
    world.door(ann).refuses("PATCH", f"{path}/users", 403, "FORBIDDEN", {"add": [{"userId": world.people[viewer].id, "role": "viewer"}]})
    world.take(at, group)
    world.door(ann).refuses("PATCH", path, 404, None, describe)
    world.give(at, group, role="admin")
    world.door(ann).patch(f"{path}/users", {"add": [{"userId": world.people[viewer].id, "role": "viewer"}]})
    assert (world.rows(ann, path), world.rows(viewer, path)) == (ALL, ALL)
    # The last who owns it stays.
    for name in ("product_owner", "admin"):
        user = next(one for one in world.bob.get(f"{path}/users")["users"] if one["name"] == name.replace("_", "-"))
        world.door(ann).patch(f"{path}/users", {"remove": [user["userId"]]})
    theirs = world.browser(ann)
    page = theirs.visit(f"{at}?tab=access&take={group['id']}")
    assert "This is the last owner of the product" in page.text and not [one for one in page.forms if one["action"].endswith("/roles")]
    theirs.visit(f"{at}?tab=access")
    page = theirs.send(f"{at}/roles", expect=409, take=group["id"])
    assert world.rows(ann, path) == ALL


def test_a_role_of_a_team_ends_and_outlives_its_name_and_its_deletion(world):
    (path, at), ann = world.shop(), world.new("ann")
    team = world.team(ann)
    world.give(at, team, until=str(date.today() + timedelta(days=3)))
    page = world.browser("product_owner").visit(f"{at}?tab=access")
    assert "until" in page.text and world.rows(ann, path) == ALL
    world.om.patch(f"/teams/{team['id']}", [{"op": "replace", "path": "/displayName", "value": "Quite other"}])
    assert "Quite other" in world.browser("product_owner").visit(f"{at}?tab=access").text and world.rows(ann, path) == ALL
    world.om.delete(f"/teams/{team['id']}")
    assert world.rows(ann, path) is None
    page = world.browser("product_owner").visit(f"{at}?tab=access")
    assert "deleted: the role is back if the team is restored" in page.text
    world.om.put("/teams/restore", {"id": team["id"]})
    assert world.rows(ann, path) == ALL
    # Taken while it is deleted, it does not come back.
    world.om.delete(f"/teams/{team['id']}")
    world.take(at, team)
    world.om.put("/teams/restore", {"id": team["id"]})
    assert world.rows(ann, path) is None


def test_what_keeps_somebody_from_rows_in_person_counts_before_a_team(world):
    (path, at), ann = world.shop(), world.new("ann")
    team = world.team(ann)
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people[ann].id, "role": "viewer", "allowSql": False}]})
    world.give(at, team)
    assert world.rows(ann, path) is None
    world.bob.patch(f"{path}/users", {"remove": [world.people[ann].id]})
    assert world.rows(ann, path) == ALL


def test_every_door_reads_under_the_filter_of_a_team(world):
    (path, at), ann = world.shop(), world.new("ann")
    team = world.team(ann)
    world.give(at, team)
    world.filter(at, team, "region = 'EU'")
    count = "SELECT COUNT(*) AS n FROM customer"
    product = path.rsplit("/", 1)[1]
    assert world.door(ann).post(f"{path}/run-sql", {"sql": count})["rows"] == [[2]]
    asked = McpDoor(world.server, world.people[ann].token).call("run_sql", product=product, sql=count)
    assert asked.data["rows"] == [[2]]
    schema = at.rsplit(".", 1)[1].lower()
    with connect(world, ann) as connection:
        assert connection.execute(f"SELECT count(*) FROM {schema}.customer").fetchall() == [(2,)]
    first = world.browser(ann).visit(f"{at}/rows/{world.table['id']}")
    assert "b@x.example" in first.text and REGION not in first.text
    # Nothing of the table is counted for him, as for anybody whom a filter holds back.
    assert "rowCount" not in world.metadata(ann).by_name("tables", TABLE, fields="profile").get("profile", {})
    world.take(at, team)
    with pytest.raises(psycopg.Error), connect(world, ann) as connection:
        connection.execute(f"SELECT count(*) FROM {schema}.customer")


def test_the_simulator_says_by_which_team(world):
    (path, at), ann = world.shop(), world.new("ann")
    team = world.team(ann)
    world.give(at, team)
    world.filter(at, team, "region = 'EU'")
    page = world.browser("product_owner").visit(f"{at}?tab=access&about={ann}")
    assert f"{team['fullyQualifiedName']}: viewer" in page.text and "and query what is shared with it" in page.text
    assert "rows where region is" in page.text


def test_who_may_not_give_roles_gives_none_to_teams(world):
    (path, at), ann, editor = world.shop(), world.new("ann"), world.new("editor")
    mine = world.team(ann, editor, owners=[world.ref(editor)])
    world.bob.patch(f"{path}/users", {"add": [{"userId": world.people[editor].id, "role": "editor"}]})
    owner = world.browser("product_owner")
    owner.visit(f"{at}?tab=access")
    form = owner.page.form(f"{at}/roles")["fields"]
    theirs = world.browser(editor)
    page = theirs.visit(f"{at}?tab=access")
    assert not [one for one in page.forms if one["action"].endswith("/roles")]
    token = next(one["fields"]["token"] for one in page.forms if "token" in one["fields"])
    sent = form | {"token": token, "who": mine["fullyQualifiedName"], "role": "viewer"}
    here = {"Origin": world.server.url, "Sec-Fetch-Site": "same-origin"}
    for fields in (sent, sent | {"take": mine["id"]}):
        answer = theirs.ask("POST", f"{at}/roles", data=fields, headers=here)
        assert answer.status in (403, 409), answer.text
    assert world.rows(ann, path) is None


def test_people_are_told_of_the_roles_of_their_teams(world):
    (path, at), ann, onlooker = world.shop(), world.new("ann"), world.new("onlooker")
    team = world.team(ann)
    world.give(at, team)
    name, product = team["name"], at.rsplit(".", 1)[1]
    told = world.browser(ann).visit("/requests").text
    assert f"product-owner gave your team {name} the role viewer on {product}" in told
    assert name not in world.browser(onlooker).visit("/requests").text
    assert f"gave your team {name}" not in world.browser("product_owner").visit("/requests").text
    world.take(at, team)
    told = world.browser(ann).visit("/requests").text
    # The product is open to nobody now: its name is not told.
    assert f"The role viewer of your team {name} on a product that you can no longer see was removed" in told or f"removed the role viewer of your team {name}" in told



HELD_BACK = {
    "filter": {"rowFilters": {"customer": "region = 'EU'"}},
    "mask": {"columnMasks": {"customer": {"region": "hashed"}}},
    "no rows": {"allowSql": False},
}


@pytest.mark.parametrize("held_back", HELD_BACK)
def test_who_reads_less_than_his_project_brings_brings_in_nobody_who_reads_more(world, held_back):
    boss, friend, partner = (world.new(stem) for stem in ("boss", "friend", "partner"))
    domain, project = world.project((boss, "PROJECT_OWNER"))
    dz = datazone_door.client(world.server, world.server.admin)
    item = {"identifier": world.table["id"], "itemType": "ASSET"}
    made = dz.create_data_product(domainIdentifier=domain, owningProjectIdentifier=project, name="Shared", items=[item])
    path = f"/data-products/{made['id']}"
    own = datazone_door.client(world.server, world.people[boss])

    def brings_in(who: str, designation: str) -> None:
        member = {"userIdentifier": world.people[who].id}
        own.create_project_membership(domainIdentifier=domain, projectIdentifier=project, designation=designation, member=member)

    brings_in(friend, "PROJECT_CONTRIBUTOR")
    assert world.rows(boss, path) == world.rows(friend, path) == ALL, "he has all that the project has"
    role = {"userId": world.people[boss].id, "role": "viewer"} | HELD_BACK[held_back]
    world.bob.patch(f"{path}/users", {"add": [role]})
    assert world.rows(boss, path) != ALL
    brings_in(partner, "PROJECT_OWNER")
    assert world.rows(partner, path) is None, "a member, in name"
    assert world.rows(friend, path) == ALL, "who was there before reads on"
    # Gone from the product, his filter stays with the project's role; given back all, he brings in people with rows again.
    world.bob.patch(f"{path}/users", {"remove": [world.people[boss].id]})
    late = world.new("late")
    brings_in(late, "PROJECT_CONTRIBUTOR")
    assert world.rows(late, path) == (ALL if world.rows(boss, path) == ALL else None)
