"""Products whose members follow a query: what matches enters and what no longer does leaves, with the commit, in every door."""

import json
import threading

import pytest

from bobsled_door import BobsledDoor
from datazone_door import client, domain_id
from emporion_server import Server
from files_world import change, export, plan, run
from openmetadata_door import OpenMetadataDoor, label, reference
from pages_browser import Visitor, chromium, chromium_program  # noqa: F401
from pages_door import Browser, by_mail

COLUMNS = [{"name": "id", "dataType": "INT"}]


class Place:
    """A domain with a product of one owner, a schema, a tag."""

    def __init__(self, server, om, fresh_name, owner=None):
        self.server, self.om = server, om
        self.domain = om.post("/domains", {"name": fresh_name("Follow"), "domainType": "Aggregate", "description": "d"})
        owners = [{"id": owner.id, "type": "user"}] if owner else []
        body = {"name": fresh_name("Followed"), "description": "d", "domains": [self.domain["name"]], "owners": owners}
        self.product = om.post("/dataProducts", body)
        self.schema = om.schema(fresh_name("followed"))
        classification = om.put("/classifications", {"name": fresh_name("Follow"), "description": "d"})
        tag = om.put("/tags", {"name": "yes", "classification": classification["name"], "description": "d"})
        self.tag = tag["fullyQualifiedName"]
        self.at = f"/products/{self.product['fullyQualifiedName']}"

    def table(self, name: str, *tags: str) -> dict:
        body = {"name": name, "databaseSchema": self.schema, "columns": COLUMNS, "tags": [label(tag) for tag in tags]}
        return self.om.put("/tables", body)

    def bulk(self, names) -> None:
        rows = [{"name": name, "databaseSchema": self.schema, "columns": COLUMNS} for name in names]
        done = self.om.put("/tables/bulk", rows, expect=200)
        assert done["numberOfRowsPassed"] == len(rows), done

    def tagged(self, table: dict, tags: list[str], om=None, expect=200) -> None:
        operation = {"op": "add", "path": "/tags", "value": [label(tag) for tag in tags]}
        (om or self.om).patch(f"/tables/{table['id']}", [operation], expect=expect)

    def give(self, browser: Browser, query: str, expect=200) -> str:
        """Looks at what a query would do, and saves it; the preview."""
        browser.visit(f"{self.at}?edit=members")
        shown = browser.send(self.at, query=query).text
        browser.send(self.at, expect, query=query)
        return shown

    def members(self) -> set[str]:
        """The same in every door."""
        product = self.product["id"]
        found = self.om.get(f"/dataProducts/{product}/assets", limit=1000)["data"]
        if len(found) <= 50:
            bobsled = BobsledDoor(self.server, self.server.admin.token)
            listed = bobsled.get(f"/data-products/{product}/data-assets", limit=100)["dataAssets"]
            assert len(listed) == len(found), (listed, found)
            dz = client(self.server, self.server.admin)
            items = dz.get_data_product(domainIdentifier=domain_id(self.domain["id"]), identifier=product).get("items", [])
            assert {one["identifier"] for one in items} == {one["id"] for one in found}
        return {one["name"] for one in found}


@pytest.fixture
def place(server, om, fresh_name):
    return Place(server, om, fresh_name)


def test_a_field_that_nothing_has_is_refused_as_in_searches(browser, om, place):
    place.table("first")
    page = browser.visit(f"{place.at}?edit=members")
    assert "kind:" in page.text.split("members")[-1], "what can be typed stands there"
    page = browser.send(place.at, 400, query="kind:table service:garage")
    assert "there is no field service" in page.text and "domain" in page.roles["alert"][-1] + page.text
    assert place.members() == set() and "garage" not in browser.visit(f"{place.at}?tab=assets").text


@pytest.fixture
def owned(server, om, fresh_name):
    """A place with a product of somebody who is no administrator, who is signed in."""
    owner = server.new_user(fresh_name("giver"))
    made = Place(server, om, fresh_name, owner)
    made.owner = owner
    made.reader = Browser(server).sign_in(owner)
    return made


def test_what_begins_to_match_enters_and_what_no_longer_does_leaves(browser, om, place):
    first, second = place.table("first", place.tag), place.table("second")
    browser.visit(f"{place.at}?edit=members")
    query = f"kind:table tag:{place.tag}"
    shown = browser.send(place.at, query=query)
    assert "One is added" in shown.text and "first" in shown.text and f"with the tag {place.tag}" in shown.text
    assert place.members() == set(), "it was only looked at"
    page = browser.send(place.at, query=query)
    assert page.url.endswith("tab=assets&done=saved"), page.url
    assert place.members() == {"first"}
    place.tagged(second, [place.tag])
    assert place.members() == {"first", "second"}
    place.tagged(first, [])
    assert place.members() == {"second"}
    page = browser.visit(f"{place.at}?tab=assets")
    assert "Members follow a query" in page.text and "One follows it" in page.text and "by the query" in page.text
    assert "given by" in page.text and query in page.text and "Change the query of members" in page.text
    # What is made, deleted, brought back.
    place.table("third", place.tag)
    assert place.members() == {"second", "third"}
    om.delete(f"/tables/{second['id']}")
    assert place.members() == {"third"}
    om.put("/tables/restore", {"id": second["id"]}, expect=200)
    assert place.members() == {"second", "third"}
    history = browser.visit(f"{place.at}?tab=activity").text
    assert "what the query brought into" in history and "by the query: first" in history, history
    # A column that bears the tag says it of its table.
    om.patch(f"/tables/{first['id']}", [{"op": "add", "path": "/columns/0/tags", "value": [label(place.tag)]}])
    assert place.members() == {"first", "second", "third"}
    # A tag by another name is the same tag.
    tag = om.by_name("tags", place.tag)
    om.patch(f"/tags/{tag['id']}", [{"op": "replace", "path": "/name", "value": "renamed"}])
    place.tagged(second, [])
    assert place.members() == {"first", "third"}
    om.delete(f"/tags/{tag['id']}")
    assert place.members() == set()


def test_what_is_added_by_hand_stays_and_what_matches_is_not_taken_out(browser, om, place):
    hand, query = place.table("hand"), place.table("query", place.tag)
    om.put(f"/dataProducts/{place.product['name']}/assets/add", {"assets": [reference(hand, "table")]}, expect=200)
    place.give(browser, f"tag:{place.tag}")
    assert place.members() == {"hand", "query"}
    path = f"/dataProducts/{place.product['name']}/assets"
    done = om.call("PUT", f"{path}/remove", {"assets": [reference(query, "table")]})
    assert "follows the product's query" in done.text, done.text
    assert place.members() == {"hand", "query"}
    # By hand and by the query: without either it is there by the other.
    place.tagged(hand, [place.tag])
    om.put(f"{path}/remove", {"assets": [reference(hand, "table")]}, expect=200)
    assert place.members() == {"hand", "query"}
    place.tagged(hand, [])
    assert place.members() == {"query"}
    om.put(f"{path}/add", {"assets": [reference(query, "table")]}, expect=200)
    place.tagged(query, [])
    assert place.members() == {"query"}, "it was added by hand since"
    # Without a query what it brought stays.
    place.tagged(hand, [place.tag])
    assert "as if added by hand: one" in place.give(browser, "")
    place.tagged(hand, [])
    assert place.members() == {"hand", "query"}
    assert "Members follow a query" not in browser.visit(f"{place.at}?tab=assets").text


def test_what_comes_from_above_counts(browser, om, place, fresh_name):
    below = place.table("below")
    place.give(browser, f'kind:table domain:"{place.domain["name"]}"')
    assert place.members() == set()
    schema = om.by_name("databaseSchemas", place.schema)
    domains = [{"op": "add", "path": "/domains", "value": [reference(place.domain, "domain")]}]
    om.patch(f"/databaseSchemas/{schema['id']}", domains)
    assert place.members() == {"below"}
    place.table("later")
    assert place.members() == {"below", "later"}
    om.delete(f"/databaseSchemas/{schema['id']}", recursive=True)
    assert place.members() == set()
    om.put("/databaseSchemas/restore", {"id": schema["id"]}, expect=200)
    assert place.members() == {"below", "later"}
    om.patch(f"/databaseSchemas/{schema['id']}", [{"op": "replace", "path": "/domains", "value": []}])
    assert place.members() == set()
    om.patch(f"/tables/{below['id']}", domains)
    assert place.members() == {"below"}


def test_what_cannot_be_followed_is_said(browser, place):
    faults = {
        "kind:(": "cannot be read",
        "": None,
        "kind:table updated:7d": "cannot ask for updated",
        "owner:me": "must name whoever is meant",
        "tag:No.Such": "does not exist",
        "product:x": "cannot ask for product",
        "*": "must say what members are like",
    }
    for query, fault in faults.items():
        if fault:
            browser.visit(f"{place.at}?edit=members")
            assert fault in browser.send(place.at, 400, query=query).text, query
    assert place.members() == set()


def test_no_more_follow_than_may(browser, om, place):
    place.bulk(f"t{number:04}" for number in range(1001))
    browser.visit(f"{place.at}?edit=members")
    query = f'kind:table fqn:"{place.schema}".*'
    query = f"kind:table fqn:{place.schema}.*"
    refused = browser.send(place.at, 400, query=query)
    assert "more than 1000" in refused.text, refused.text
    gone = om.by_name("tables", f"{place.schema}.t1000")
    om.delete(f"/tables/{gone['id']}")
    place.give(browser, query)
    assert len(place.members()) == 1000
    om.put("/tables/restore", {"id": gone["id"]}, expect=200)
    assert len(place.members()) == 1000 and "More assets match than a query can add" in browser.visit(f"{place.at}?tab=assets").text
    one = om.by_name("tables", f"{place.schema}.t0500")
    om.delete(f"/tables/{one['id']}")
    assert len(place.members()) == 999


def test_rows_are_lent_to_nobody(browser, om, place):
    place.table("closed", place.tag)
    place.give(browser, f"tag:{place.tag}")
    bobsled = BobsledDoor(place.server, place.server.admin.token)
    [asset] = bobsled.get(f"/data-products/{place.product['id']}/data-assets", limit=10)["dataAssets"]
    assert asset["rows"] == "closed", "given by an administrator, who holds all rows"
    bobsled.patch(f"/data-products/{place.product['id']}/data-assets", {"update": [{"id": asset["id"], "rows": "granted"}]})
    # By hand it would have been lent; whoever holds them lends them, and they end with the membership.
    table = om.by_name("tables", f"{place.schema}.closed")
    place.tagged(table, [])
    place.tagged(table, [place.tag])
    [asset] = bobsled.get(f"/data-products/{place.product['id']}/data-assets", limit=10)["dataAssets"]
    assert asset["rows"] == "closed"


def test_who_may_not_edit_the_product_gives_it_no_query(server, om, owned, fresh_name, other_account):
    owned.table("wanted", owned.tag)
    query = f"tag:{owned.tag}"
    elsewhere = server.new_user(fresh_name("contributor"))
    team = om.post("/teams", {"name": fresh_name("Elsewhere"), "teamType": "Group", "users": [elsewhere.id]})
    om.post("/dataProducts", {"name": fresh_name("Other"), "description": "d", "domains": [owned.domain["name"]], "owners": [reference(team, "team")]})
    for who in (elsewhere, by_mail(other_account, "elsewhere")):
        reader = Browser(server).sign_in(who)
        status = 403 if who is elsewhere else 404
        reader.visit(f"{owned.at}?edit=members", status)
    owned.reader.visit(f"{owned.at}?edit=members")
    owned.reader.send(owned.at, query=query)
    assert owned.members() == set()
    # The form of somebody who may, sent by somebody who may not.
    form = owned.reader.page.form(owned.at)["fields"]
    reader = Browser(server).sign_in(elsewhere)
    reader.visit(owned.at)
    own = next((one["fields"] for one in reader.page.forms if "token" in one["fields"]), {})
    answer = reader.ask("POST", owned.at, data=form | own | {"edit": "members"}, headers={"Origin": server.url, "Sec-Fetch-Site": "same-origin"})
    assert answer.status == 403 and owned.members() == set()
    owned.give(owned.reader, query)
    assert owned.members() == {"wanted"}


def test_nothing_enters_that_the_giver_could_not_add(server, om, owned, fresh_name):
    """A tagger elsewhere pushes nothing in, and what its giver does not see is not even counted for him."""
    hidden, seen = owned.table("hidden", owned.tag), owned.table("seen")
    blind(om, owned, fresh_name)
    shown = owned.give(owned.reader, f"tag:{owned.tag}")
    assert "0 are added" in shown and "hidden" not in shown, shown
    assert owned.members() == set()
    tagger = server.new_user(fresh_name("tagger"))
    steward = om.by_name("roles", "DataSteward")
    om.patch(f"/users/{tagger.id}", [{"op": "add", "path": "/roles", "value": [reference(steward, "role")]}])
    door = OpenMetadataDoor(server, tagger.token)
    other = owned.table("another")
    blind_table(om, owned, other)
    owned.tagged(other, [owned.tag, owned.blind], door)
    owned.tagged(seen, [owned.tag], door)
    assert owned.members() == {"seen"}
    assert hidden["id"] not in owned.reader.visit(f"{owned.at}?tab=assets").source


def blind(om, owned, fresh_name):
    """From now on the owner of the product sees no table that bears a tag of its own."""
    classification = om.put("/classifications", {"name": fresh_name("Blind"), "description": "d"})
    owned.blind = om.put("/tags", {"name": "hide", "classification": classification["name"], "description": "d"})["fullyQualifiedName"]
    rule = {"name": "blind", "effect": "deny", "operations": ["All"], "resources": ["table"], "condition": f"matchAnyTag('{owned.blind}')"}
    policy = om.post("/policies", {"name": fresh_name("Blind"), "rules": [rule]})
    role = om.post("/roles", {"name": fresh_name("Blind"), "policies": [policy["name"]]})
    om.patch(f"/users/{owned.owner.id}", [{"op": "add", "path": "/roles", "value": [reference(role, "role")]}])
    table = om.by_name("tables", f"{owned.schema}.hidden")
    owned.tagged(table, [owned.tag, owned.blind])


def blind_table(om, owned, table):
    owned.tagged(table, [owned.blind])


def test_a_giver_who_may_no_longer_edit_lets_nothing_in(server, browser, om, owned, fresh_name):
    stays, later, again = owned.table("stays", owned.tag), owned.table("later"), owned.table("again")
    query = f"tag:{owned.tag}"
    owned.give(owned.reader, query)
    server.cli("user", "disable", owned.owner.name)
    owned.tagged(later, [owned.tag])
    assert owned.members() == {"stays"}, "nothing enters for who is disabled"
    page = browser.visit(f"{owned.at}?tab=assets").text
    assert "Nothing is added any more" in page and "was not added" in page, page
    owned.tagged(stays, [])
    assert owned.members() == set(), "what no longer matches leaves all the same"
    # Given anew by somebody who may, all that was missed is there.
    owned.tagged(again, [owned.tag])
    owned.give(browser, query)
    assert owned.members() == {"later", "again"}
    assert "Nothing is added any more" not in browser.visit(f"{owned.at}?tab=assets").text


def test_an_owner_through_a_team_gives_while_he_is_in_it(server, browser, om, fresh_name):
    place = Place(server, om, fresh_name)
    member = server.new_user(fresh_name("teamed"))
    team = om.post("/teams", {"name": fresh_name("Team"), "teamType": "Group", "users": [member.id]})
    om.patch(f"/dataProducts/{place.product['id']}", [{"op": "add", "path": "/owners", "value": [reference(team, "team")]}])
    first, second = place.table("first", place.tag), place.table("second")
    place.give(Browser(server).sign_in(member), f"tag:{place.tag}")
    assert place.members() == {"first"}
    om.patch(f"/teams/{team['id']}", [{"op": "replace", "path": "/users", "value": []}])
    place.tagged(second, [place.tag])
    assert place.members() == {"first"}
    assert "Nothing is added any more" in browser.visit(f"{place.at}?tab=assets").text
    assert first


def test_another_accounts_tables_are_no_members(server, om, place, browser, other_account, fresh_name):
    place.give(browser, "kind:table unheardofword")
    other = OpenMetadataDoor(server, other_account.token)
    schema = other.schema(fresh_name("foreign"))
    other.put("/tables", {"name": "unheardofword", "databaseSchema": schema, "columns": COLUMNS})
    assert place.members() == set()
    place.table("unheardofword")
    assert place.members() == {"unheardofword"}


def test_changes_side_by_side_leave_the_right_members(browser, place):
    tables = [place.table(f"side{number}") for number in range(6)]
    place.give(browser, f"tag:{place.tag}")
    wrong = []

    def turn(table, times):
        om = OpenMetadataDoor(place.server, place.server.admin.token)
        try:
            for at in range(times):
                place.tagged(table, [place.tag] if at % 2 == 0 else [], om)
        except AssertionError as error:
            wrong.append(error)

    # Odd times end with the tag, even ones without; one table is turned by two at once.
    threads = [threading.Thread(target=turn, args=(table, 7 + at % 2)) for at, table in enumerate(tables)]
    threads += [threading.Thread(target=turn, args=(tables[0], 7))]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not wrong, wrong[0]
    tagged = {table["name"] for table in tables if place.om.get(f"/tables/{table['id']}", fields="tags")["tags"]}
    assert place.members() == tagged and {"side2", "side4"} <= tagged


def test_a_query_that_is_given_while_tables_are_made_misses_none(browser, place):
    def make(start):
        om = OpenMetadataDoor(place.server, place.server.admin.token)
        for number in range(start, start + 15):
            body = {"name": f"made{number}", "databaseSchema": place.schema, "columns": COLUMNS}
            om.put("/tables", body)

    makers = [threading.Thread(target=make, args=(start,)) for start in (0, 100, 200)]
    [maker.start() for maker in makers]
    place.give(browser, f"kind:table fqn:{place.schema}.*")
    [maker.join() for maker in makers]
    assert len(place.members()) == 45


def test_it_outlasts_a_restart_and_stands_in_files(tmp_path, fresh_name):
    server = Server(tmp_path).start()
    try:
        om = OpenMetadataDoor(server, server.admin.token)
        place = Place(server, om, fresh_name)
        first, second = place.table("first", place.tag), place.table("second")
        place.give(Browser(server).sign_in(server.admin), f"tag:{place.tag}")
        server.stop()
        server.start()
        place.tagged(second, [place.tag])
        assert place.members() == {"first", "second"}
        folder = tmp_path / "files"
        files = export(server, folder)
        [path] = [name for name, text in files.items() if "member_query" in text]
        assert f'member_query: "tag:{place.tag}"' in files[path] and "assets" not in files[path], files[path]
        assert plan(server, folder) == []
        change(folder / path, lambda document: document.update(member_query=f"tag:{place.tag} -second"))
        run(server, "apply", "-f", folder)
        assert place.members() == {"first"} and plan(server, folder) == []
        change(folder / path, lambda document: document.update(member_query="tag:No.Such"))
        done = run(server, "apply", "-f", folder, code=2)
        assert "member_query" in done.stderr and "does not exist" in done.stderr, done.stderr
        om.delete(f"/dataProducts/{place.product['id']}")
        place.tagged(first, [])
        place.tagged(second, [])
        third = place.table("third", place.tag)
        om.put("/dataProducts/restore", {"id": place.product["id"]}, expect=200)
        assert place.members() == {"third"}, "what changed while it was gone is caught up"
        assert json.loads(run(server, "diff", "-f", folder, "-o", "json", code=None).stdout or "{}") is not None and third
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_a_query_is_given_in_a_browser(chromium, server, om, place, size):  # noqa: F811
    place.table("browsed", place.tag)
    with Visitor(chromium, server, server.admin) as visitor:
        if size == "phone":
            visitor.page.set_viewport_size({"width": 390, "height": 800})
        visitor.open(f"{place.at}?edit=members")
        visitor.page.fill("#query", f"kind:table tag:{place.tag}")
        visitor.send("Preview")
        visitor.look("what a query does")
        assert visitor.page.get_by_text("One is added").is_visible()
        visitor.send("Save")
        visitor.look("members by a query")
        assert visitor.page.get_by_text("One follows it").is_visible()
    assert place.members() == {"browsed"}


def test_a_bulk_enters_by_one_change(browser, om, place):
    place.give(browser, f"tag:{place.tag}")
    before = om.get(f"/dataProducts/{place.product['id']}")
    revision = lambda: BobsledDoor(place.server, place.server.admin.token).get(f"/data-products/{place.product['id']}")["version"]  # noqa: E731
    first = revision()
    rows = [{"name": f"bulk{at}", "databaseSchema": place.schema, "columns": COLUMNS, "tags": [label(place.tag)]} for at in range(40)]
    rows.insert(7, {"name": "a::b", "databaseSchema": place.schema, "columns": COLUMNS, "tags": [label(place.tag)]})
    done = om.put("/tables/bulk", rows, expect=200)
    assert (done["numberOfRowsPassed"], done["numberOfRowsFailed"]) == (40, 1), done
    assert place.members() == {f"bulk{at}" for at in range(40)}
    assert int(revision()) - int(first) == 1, "the product has changed once"
    assert om.get(f"/dataProducts/{place.product['id']}")["version"] == before["version"]


def test_other_doors_take_out_nothing_that_matches(browser, place):
    place.table("kept", place.tag)
    hand = place.table("hand")
    place.om.put(f"/dataProducts/{place.product['name']}/assets/add", {"assets": [reference(hand, "table")]}, expect=200)
    place.give(browser, f"tag:{place.tag}")
    bobsled = BobsledDoor(place.server, place.server.admin.token)
    at = f"/data-products/{place.product['id']}/data-assets"
    kept = next(one for one in bobsled.get(at, limit=10)["dataAssets"] if "kept" in json.dumps(one))
    answer = bobsled.call("PATCH", at, {"remove": [kept["id"]], "isDeployed": True})
    assert 400 <= answer.status_code < 500 and "query" in answer.text, answer.text
    assert place.members() == {"kept", "hand"}
    dz = client(place.server, place.server.admin)
    this = {"domainIdentifier": domain_id(place.domain["id"]), "identifier": place.product["id"], "name": place.product["name"]}
    items = {one["name"]: [{"identifier": one["id"], "itemType": "ASSET"}] for one in (hand, om_table(place, "kept"))}
    dz.create_data_product_revision(**this, items=items["hand"])
    assert place.members() == {"kept", "hand"}, "a list that leaves it out leaves it in"
    dz.create_data_product_revision(**this, items=items["kept"])
    assert place.members() == {"kept"}, "and takes out what was added by hand"
    place.tagged(om_table(place, "kept"), [])
    assert place.members() == set()


def om_table(place, name):
    return place.om.by_name("tables", f"{place.schema}.{name}")


def test_what_a_query_names_is_hidden_from_who_does_not_see_it(server, om, place, browser, fresh_name, tmp_path):
    place.table("open", place.tag)
    glossary = om.post("/glossaries", {"name": fresh_name("Secret"), "description": "d"})
    term = om.post("/glossaryTerms", {"name": fresh_name("hush"), "glossary": glossary["fullyQualifiedName"], "description": "d"})
    place.give(browser, f"tag:{place.tag} -term:{term['fullyQualifiedName']}")
    rule = {"name": "blind", "effect": "deny", "operations": ["All"], "resources": ["glossaryTerm", "glossary"]}
    policy = om.post("/policies", {"name": fresh_name("NoTerms"), "rules": [rule]})
    role = om.post("/roles", {"name": fresh_name("NoTerms"), "policies": [policy["name"]]})
    viewer = server.new_user(fresh_name("viewer"))
    om.patch(f"/users/{viewer.id}", [{"op": "add", "path": "/roles", "value": [reference(role, "role")]}])
    reader = Browser(server).sign_in(viewer)
    page = reader.visit(f"{place.at}?tab=assets")
    assert "Members follow a query" in page.text and term["name"] not in page.source
    assert term["name"] not in reader.visit(f"{place.at}?tab=activity").source
    files = export(server, tmp_path / "files", token=viewer.token)
    assert not any(term["name"] in text for text in files.values())


def test_nobody_takes_a_filter_off_by_labelling(server, om, browser, place, fresh_name):
    """A filter that is for nothing closes all tables: who labels another table of that name would give it one to be for."""
    orders, stock = place.table("orders"), place.table("stock")
    path = f"/dataProducts/{place.product['name']}/assets"
    om.put(f"{path}/add", {"assets": [reference(one, "table") for one in (orders, stock)]}, expect=200)
    viewer = server.new_user(fresh_name("filtered"))
    steward = om.by_name("roles", "DataSteward")
    om.patch(f"/users/{viewer.id}", [{"op": "add", "path": "/roles", "value": [reference(steward, "role")]}])
    bobsled = BobsledDoor(server, server.admin.token)
    users = {"add": [{"userId": viewer.id, "role": "viewer", "rowFilters": {"orders": "id = 1"}}]}
    bobsled.patch(f"/data-products/{place.product['id']}/users", users)
    om.put(f"{path}/remove", {"assets": [reference(orders, "table")]}, expect=200)
    place.give(browser, f"tag:{place.tag}")
    other = Place(server, om, fresh_name).table("orders")
    door = OpenMetadataDoor(server, viewer.token)
    place.tagged(other, [place.tag], door)
    assert place.members() == {"stock"}, "it stays out, and he who labelled it is told nothing"
    assert "rows that are kept from them" in browser.visit(f"{place.at}?tab=assets").text
    # An administrator puts it in by hand, as ever.
    om.put(f"{path}/add", {"assets": [reference(other, "table")]}, expect=200)
    assert place.members() == {"stock", "orders"}


def test_it_outlasts_a_kill(tmp_path, fresh_name):
    server = Server(tmp_path).start()
    om = OpenMetadataDoor(server, server.admin.token)
    place = Place(server, om, fresh_name)
    table = place.table("first")
    place.give(Browser(server).sign_in(server.admin), f"tag:{place.tag}")
    server.kill()
    server.start()
    try:
        place.tagged(table, [place.tag])
        assert place.members() == {"first"}, "what was acknowledged is there after a kill"
    finally:
        assert server.stop() == 0
