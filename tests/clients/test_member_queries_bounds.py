"""What a query of a product never does: bring back, open, tell or lose anything beyond what its giver could do by hand."""

import threading
import time

import pytest

from bobsled_door import BobsledDoor
from openmetadata_door import OpenMetadataDoor, label, reference
from test_member_queries import COLUMNS, Place, blind, owned, place  # noqa: F401


def members(om, product) -> set[str]:
    return {one["name"] for one in om.get(f"/dataProducts/{product['id']}/assets", limit=1000)["data"]}


def test_a_deleted_product_stays_deleted_when_a_tag_goes(browser, om, place):  # noqa: F811
    place.table("first", place.tag)
    place.give(browser, f"tag:{place.tag}")
    om.delete(f"/dataProducts/{place.product['id']}")
    # Somebody else has its name by then, of whom the answer must not tell.
    om.post("/dataProducts", {"name": place.product["name"], "description": "d", "domains": [place.domain["name"]]})
    om.delete(f"/tags/{om.by_name('tags', place.tag)['id']}")
    assert om.call("GET", f"/dataProducts/{place.product['id']}").status_code == 404


def test_the_owner_of_a_term_brings_no_product_back(server, browser, om, place, fresh_name):  # noqa: F811
    owner, viewer = server.new_user(fresh_name("termowner")), server.new_user(fresh_name("viewer"))
    owners = [{"id": owner.id, "type": "user"}]
    glossary = om.post("/glossaries", {"name": fresh_name("G"), "description": "d", "owners": owners})
    body = {"name": fresh_name("t"), "glossary": glossary["fullyQualifiedName"], "description": "d", "owners": owners}
    term = om.post("/glossaryTerms", body)
    table = place.table("first")
    labels = [label(term["fullyQualifiedName"], "Glossary")]
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": "/tags", "value": labels}])
    place.give(browser, f"term:{term['fullyQualifiedName']}")
    product = place.product["id"]
    BobsledDoor(server, server.admin.token).patch(f"/data-products/{product}/users", {"add": [{"userId": viewer.id, "role": "viewer"}]})
    om.delete(f"/dataProducts/{product}")
    OpenMetadataDoor(server, owner.token).delete(f"/glossaryTerms/{term['id']}")
    assert BobsledDoor(server, viewer.token).call("GET", f"/data-products/{product}").status_code == 404


@pytest.mark.parametrize("who", ["bot", "admin"])
def test_nothing_that_enters_takes_a_filter_off(server, om, om_bot, browser, place, fresh_name, who):  # noqa: F811
    """Whoever makes it enter: neither a crawl nor an administrator who labels decides about rows. The rest enters."""
    orders, stock = place.table("orders"), place.table("stock")
    path = f"/dataProducts/{place.product['name']}/assets"
    om.put(f"{path}/add", {"assets": [reference(one, "table") for one in (orders, stock)]}, expect=200)
    viewer = server.new_user(fresh_name("filtered"))
    users = {"add": [{"userId": viewer.id, "role": "viewer", "rowFilters": {"orders": "id = 1"}}]}
    BobsledDoor(server, server.admin.token).patch(f"/data-products/{place.product['id']}/users", users)
    om.put(f"{path}/remove", {"assets": [reference(orders, "table")]}, expect=200)
    other = Place(server, om, fresh_name)
    place.give(browser, f"kind:table fqn:{other.schema}.*")
    door = om_bot if who == "bot" else om
    rows = [{"name": name, "databaseSchema": other.schema, "columns": COLUMNS} for name in ("before", "orders", "behind")]
    door.put("/tables/bulk", rows, expect=200)
    assert place.members() == {"stock", "before", "behind"}


def test_what_no_longer_matches_is_taken_out_by_hand(om, server, browser, place, fresh_name):  # noqa: F811
    """A filter that is for nothing closes all tables: none leaves by itself, which would open it."""
    orders, stock = place.table("orders"), place.table("stock", place.tag)
    path = f"/dataProducts/{place.product['name']}/assets"
    om.put(f"{path}/add", {"assets": [reference(orders, "table")]}, expect=200)
    place.give(browser, f"tag:{place.tag}")
    viewer = server.new_user(fresh_name("filtered"))
    users = {"add": [{"userId": viewer.id, "role": "viewer", "rowFilters": {"orders": "id = 1"}}]}
    BobsledDoor(server, server.admin.token).patch(f"/data-products/{place.product['id']}/users", users)
    om.put(f"{path}/remove", {"assets": [reference(orders, "table")]}, expect=200)
    taken_out = {"assets": [reference(stock, "table")]}
    refused = om.call("PUT", f"{path}/remove", taken_out)
    assert "query" in refused.text and place.members() == {"stock"}, refused.text
    place.tagged(stock, [])
    assert place.members() == {"stock"}, "it is held back"
    om.put(f"{path}/remove", taken_out, expect=200)
    assert place.members() == set()


def test_a_domain_is_renamed_while_something_is_to_be_caught_up(om, owned, fresh_name):  # noqa: F811
    owned.table("hidden", owned.tag)
    blind(om, owned, fresh_name)
    owned.give(owned.reader, f"tag:{owned.tag}")
    assert members(om, owned.product) == set()
    om.patch(f"/users/{owned.owner.id}", [{"op": "replace", "path": "/roles", "value": []}])
    om.patch(f"/domains/{owned.domain['id']}", [{"op": "replace", "path": "/name", "value": fresh_name("Renamed")}])
    assert om.get(f"/dataProducts/{owned.product['id']}")["name"] == owned.product["name"]


def test_a_preview_tells_nothing_of_hidden_members(om, browser, owned, fresh_name):  # noqa: F811
    hidden = owned.table("hidden", owned.tag)
    blind(om, owned, fresh_name)
    classification = owned.tag.split(".")[0]
    other = om.put("/tags", {"name": "pay", "classification": classification, "description": "d"})["fullyQualifiedName"]
    owned.tagged(hidden, [owned.tag, owned.blind, other])
    owned.give(browser, f"tag:{owned.tag}")
    assert members(om, owned.product) == {"hidden"}
    for query in (f"tag:{other}", f"-tag:{other} fqn:{owned.schema}.*"):
        owned.reader.visit(f"{owned.at}?edit=members")
        shown = owned.reader.send(owned.at, query=query).text
        assert "0 are added" in shown and "0 are removed" in shown and "0 that match" in shown, shown
    owned.give(owned.reader, f"-tag:{other} fqn:{owned.schema}.*")
    assert members(om, owned.product) == {"hidden"}, "nor does saving"


def test_what_is_taken_out_by_hand_comes_back_only_as_its_giver_may(server, om, owned, fresh_name):  # noqa: F811
    hidden, late = owned.table("hidden", owned.tag), owned.table("late")
    blind(om, owned, fresh_name)
    path = f"/dataProducts/{owned.product['name']}/assets"
    both = {"assets": [reference(one, "table") for one in (hidden, late)]}
    om.put(f"{path}/add", both, expect=200)
    owned.give(owned.reader, f"tag:{owned.tag}")
    om.put(f"{path}/remove", {"assets": [reference(hidden, "table")]}, expect=200)
    assert members(om, owned.product) == {"late"}, "he does not see it"
    owned.tagged(late, [owned.tag])
    om.put(f"{path}/remove", {"assets": [reference(late, "table")]}, expect=200)
    assert members(om, owned.product) == {"late"}, "it matches, and he may"
    om.put(f"{path}/add", {"assets": [reference(late, "table")]}, expect=200)
    server.cli("user", "disable", owned.owner.name)
    om.put(f"{path}/remove", {"assets": [reference(late, "table")]}, expect=200)
    assert members(om, owned.product) == set(), "he is shut out"


def test_a_domain_that_comes_back_catches_up_its_products(browser, om, place, fresh_name):  # noqa: F811
    """Those right in it, and those of the domains below it."""
    below = om.post("/domains", {"name": fresh_name("Sub"), "domainType": "Aggregate", "description": "d", "parent": place.domain["name"]})
    body = {"name": fresh_name("P"), "description": "d", "domains": [below["fullyQualifiedName"]]}
    upper, lower = place.product, om.post("/dataProducts", body)
    first, second = place.table("one", place.tag), place.table("two")
    for product in (upper, lower):
        place.product, place.at = product, f"/products/{product['fullyQualifiedName']}"
        place.give(browser, f"tag:{place.tag}")
    om.call("DELETE", f"/domains/{place.domain['id']}?recursive=true")
    assert om.call("GET", f"/dataProducts/{lower['id']}").status_code == 404
    place.tagged(first, [])
    place.tagged(second, [place.tag])
    om.put("/domains/restore", {"id": place.domain["id"]}, expect=200)
    assert members(om, upper) == members(om, lower) == {"two"}
    place.table("three", place.tag)
    assert members(om, upper) == members(om, lower) == {"two", "three"}


def made_beside(place, turn) -> None:  # noqa: F811
    """Carries something out while tables are made, fewer than a query may find: all of them are members at the end."""
    stop, made = threading.Event(), []

    def make(number):
        door = OpenMetadataDoor(place.server, place.server.admin.token)
        for count in range(200):
            name = f"t{number}x{count}"
            door.put("/tables", {"name": name, "databaseSchema": place.schema, "columns": COLUMNS})
            made.append(name)
            if stop.wait(0.005):
                return

    threads = [threading.Thread(target=make, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]
    try:
        for at in range(5):
            time.sleep(0.2)
            turn(at)
    finally:
        stop.set()
        [thread.join() for thread in threads]
    assert members(place.om, place.product) == set(made)


def test_nothing_is_lost_beside_a_place_that_changes(browser, om, place):  # noqa: F811
    place.give(browser, f'kind:table domain:"{place.domain["name"]}"')
    schema = om.by_name("databaseSchemas", place.schema)
    domains = [[reference(place.domain, "domain")], []]
    change = lambda at: om.patch(f"/databaseSchemas/{schema['id']}", [{"op": "add", "path": "/domains", "value": domains[at % 2]}])  # noqa: E731
    made_beside(place, change)


def test_nothing_is_lost_beside_a_product_that_comes_back(browser, om, place):  # noqa: F811
    place.give(browser, f"kind:table fqn:{place.schema}.*")

    def turn(at):
        om.delete(f"/dataProducts/{place.product['id']}")
        time.sleep(0.1)
        om.put("/dataProducts/restore", {"id": place.product["id"]}, expect=200)

    made_beside(place, turn)
