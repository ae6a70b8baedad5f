"""Rights that somebody has cannot be made into those of somebody else: addresses, bots that act for people, and names."""

import pytest

from bobsled_door import BobsledDoor
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser

PATCH = {"Content-Type": "application/json-patch+json"}
HIDDEN = "Hushed ledger"


def patch(door: OpenMetadataDoor, path: str, *steps: dict, expect: int) -> dict:
    return door.call("PATCH", path, list(steps), headers=PATCH, expect=expect).json()


@pytest.fixture(scope="module")
def maria(server, fresh_name):
    return server.new_user(fresh_name("maria"))


@pytest.fixture(scope="module")
def outsider(server, fresh_name):
    return server.new_user(fresh_name("outsider"))


def test_nobody_claims_the_address_of_who_is_still_to_come(server, om, outsider):
    own = OpenMetadataDoor(server, outsider.token)
    step = {"op": "replace", "path": "/email", "value": "newboss@corp.example.com"}
    refused = patch(own, f"/users/{outsider.id}", step, expect=403)
    assert "administrator" in refused["message"]
    # What is his own besides, he changes; and an administrator gives him the address.
    patch(own, f"/users/{outsider.id}", {"op": "add", "path": "/displayName", "value": "Out"}, expect=200)
    assert patch(om, f"/users/{outsider.id}", step, expect=200)["email"] == "newboss@corp.example.com"


def test_only_an_administrator_lets_a_bot_act_for_others(om, om_bot, maria):
    bot = {"name": "ingestion-bot", "botUser": "ingestion-bot"}
    refused = om_bot.call("PUT", "/bots", bot | {"allowImpersonation": True}, expect=403).json()
    assert "administrator" in refused["message"]
    as_maria = {"headers": {"X-Impersonate-User": maria.name}}
    om_bot.call("GET", "/users/loggedInUser", expect=403, **as_maria)
    om.call("PUT", "/bots", bot | {"allowImpersonation": True}, expect=(200, 201))
    try:
        assert om_bot.call("GET", "/users/loggedInUser", expect=200, **as_maria).json()["name"] == maria.name
        # Neither does it hand the permission on, nor make what would outlive it.
        other = {"name": "other-bot", "botUser": "other-bot", "allowImpersonation": True}
        om_bot.call("PUT", "/bots", other, expect=(400, 403, 404))
        token = {"tokenName": "stolen", "JWTTokenExpiry": "30"}
        om_bot.call("PUT", "/users/security/token", token, expect=403, **as_maria)
        om_bot.call("GET", "/users/security/token", expect=403, **as_maria)
    finally:
        om.call("PUT", "/bots", bot | {"allowImpersonation": False}, expect=(200, 201))
    om_bot.call("GET", "/users/loggedInUser", expect=403, **as_maria)


@pytest.fixture(scope="module")
def hidden(server, om, admin, outsider, fresh_name):
    """A product that an outsider does not see, and a table that he sees, which is made of it."""
    schema = om.schema(fresh_name("ledgers"))
    table = om.post("/tables", {"name": "sums", "databaseSchema": schema, "columns": [{"name": "a", "dataType": "INT"}]})
    bob = BobsledDoor(server, admin.token)
    made = bob.post("/data-products", {"name": HIDDEN}, expect=201)["dataProduct"]["id"]
    ends = {"fromEntity": {"id": made, "type": "dataProduct"}, "toEntity": {"id": table["id"], "type": "table"}}
    om.call("PUT", "/lineage", {"edge": ends}, expect=200)
    OpenMetadataDoor(server, outsider.token).call("GET", f"/dataProducts/{made}", expect=(403, 404))
    return table | {"product": made}


def test_the_past_of_a_table_names_no_hidden_product(server, om, admin, outsider, hidden):
    at = f"/tables/{hidden['fullyQualifiedName']}?tab=activity"
    mine, theirs = Browser(server).sign_in(admin), Browser(server).sign_in(outsider)
    assert HIDDEN in mine.visit(at).text
    before = theirs.visit(at).text
    assert HIDDEN not in before and "added to origins" not in before
    # Neither does a gap tell of it, once it is no origin any more.
    om.call("DELETE", f"/lineage/dataProduct/{hidden['product']}/table/{hidden['id']}", expect=200)
    after = theirs.visit(at).text
    assert HIDDEN not in after and "origins:" not in after
    assert HIDDEN in mine.visit(at).text


def test_a_key_repeats_nothing_to_who_does_not_see_it_any_more(server, om, admin, fresh_name):
    eve = server.new_user(fresh_name("eve"))
    bob, own, key = BobsledDoor(server, admin.token), BobsledDoor(server, eve.token), {"Idempotency-Key": fresh_name("k")}

    def administers(is_admin: bool):
        patch(om, f"/users/{eve.id}", {"op": "add", "path": "/isAdmin", "value": is_admin}, expect=200)

    body = {"name": fresh_name("Hushed")}
    again = lambda status: own.call("POST", "/data-products", body, headers=key, expect=status)  # noqa: E731
    administers(True)
    first = again(201).json()["data"]
    administers(False)
    assert again(201).json()["data"] == first, "whoever made it owns it"
    made = first["dataProduct"]["id"]
    me = om.get("/users/loggedInUser")["id"]
    bob.patch(f"/data-products/{made}/users", {"add": [{"userId": me, "role": "admin"}], "remove": [eve.id]})
    refused = again(404)
    assert body["name"] not in refused.text and made not in refused.text
    administers(True)
    assert again(201).json()["data"] == first, "an administrator sees what there was"


@pytest.mark.parametrize(("kind", "config"), [
    ("csv", {"url": "https://u:hushed@h.example/a.csv"}), ("parquet", {"url": "https://h.example/a?sig=hushed"}),
    ("sqlite", {"path": "shop.db?password=hushed"}), ("csv", {"path": "s3://u:hushed@bucket/a.csv"}),
    ("csv", {"url": "https://h.example/a#access_token=hushed"}), ("csv", {"url": "https://h.example/a?%73ig=hushed"}),
])  # fmt: skip
def test_where_a_file_lies_holds_no_secret(server, admin, fresh_name, kind, config):
    bob = BobsledDoor(server, admin.token)
    body = {"name": fresh_name("files"), "type": kind, "connectionConfig": config}
    refused = bob.refuses("POST", "/data-sources", 422, body=body)
    assert f"/connectionConfig/{next(iter(config))}" in str(refused) and "hushed" not in str(refused)


def test_no_label_stands_on_a_part_with_a_nul_in_its_name(om, fresh_name):
    """Not every store could keep where it stands, and each says the same."""
    label = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    column = {"name": "a\0b", "dataType": "INT", "tags": [label]}
    table = {"name": "t", "databaseSchema": om.schema(fresh_name("nul")), "columns": [column]}
    om.call("POST", "/tables", table, expect=400)
