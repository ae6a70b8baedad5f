"""Whom the word of a provider means here, and what his groups there give him here."""

import pytest

from hostile_provider import HostileProvider
from openid_world import alert, is_signed_in, sign_in_by, world  # noqa: F401
from pages_door import Browser


@pytest.fixture
def first(world) -> HostileProvider:
    return world.first.behave()


@pytest.fixture
def second(world) -> HostileProvider:
    return world.second.behave()


def come(world, name: str, provider: HostileProvider, **person) -> Browser:
    provider.person = person
    browser = world.browser()
    sign_in_by(browser, name)
    return browser


def verified(address: str) -> dict:
    return {"email": address, "email_verified": True}


def test_an_address_links_only_where_it_is_verified_and_that_is_wanted(world, second, first):
    made = world.server.new_user("linked", "--email", "linked@corp.example")
    for person in (
        {"email": "linked@corp.example"},
        {"email": "linked@corp.example", "email_verified": False},
        {"email": "linked@corp.example", "email_verified": "no"},
        verified("somebody@corp.example"),
        {},
    ):
        browser = come(world, "second", second, sub="thief", **person)
        assert "knows you, but this catalogue has no user for you. Ask an administrator for one" in alert(browser.page) and not is_signed_in(browser), person
    # By a provider that may make users and not link, the address is taken.
    browser = come(world, "first", first, sub="thief", preferred_username="thief", **verified("linked@corp.example"))
    assert "belongs to another user here. Ask an administrator" in alert(browser.page) and not is_signed_in(browser)
    world.user("thief", expect=404)
    browser = come(world, "second", second, sub="linked", **verified("Linked@corp.example"))
    assert is_signed_in(browser) and made.name in browser.visit("/").text
    # From then on the subject counts, whatever the address is, and whoever has it next is somebody else.
    assert is_signed_in(come(world, "second", second, sub="linked", **verified("moved@corp.example")))
    browser = come(world, "second", second, sub="heir", **verified("linked@corp.example"))
    assert "is linked to another person at second" in alert(browser.page) and not is_signed_in(browser)


def test_an_unverified_address_is_nobodys(world, first):
    browser = come(world, "first", first, sub="unv", preferred_username="unv", email="ceo@corp.example")
    assert is_signed_in(browser)
    assert world.user("unv")["email"].endswith(".example.com")
    # So the one whose address it is can come, too.
    world.server.new_user("ceo", "--email", "ceo@corp.example")


def test_nobody_becomes_a_program_or_another_by_name_or_address(world, first, second):
    bot = world.om.get("/bots/name/ingestion-bot")["botUser"]["name"]
    address = world.user(bot)["email"]
    browser = come(world, "second", second, sub="bot", **verified(address))
    assert "belongs to a program" in alert(browser.page) and not is_signed_in(browser)
    for name in (bot, "admin", "ADMIN"):
        browser = come(world, "first", first, sub=f"called {name}", preferred_username=name)
        assert "which is taken. Ask an administrator" in alert(browser.page) and not is_signed_in(browser), name
    for name in ("a/b@c d", "<script>", "x" * 200, "\u0000"):
        browser = come(world, "first", first, sub=f"called {name}", preferred_username=name)
        assert browser.page.status in (401, 403) and not is_signed_in(browser), name
    browser = come(world, "first", first, sub="nameless")
    assert "sends no name for you, so no user can be created. Ask an administrator" in alert(browser.page) and not is_signed_in(browser)


def test_a_user_of_another_account_is_another_user(world, first, second):
    browser = come(world, "first", first, sub="both", preferred_username="both")
    assert is_signed_in(browser)
    elsewhere = come(world, "other", first, sub="both", preferred_username="both")
    assert is_signed_in(elsewhere)
    here = world.user("both")
    in_other = world.om.speaking(world.elsewhere.token).by_name("users", "both")
    assert here["id"] != in_other["id"]
    # Whose address is in another account is not known to this one.
    address = world.om.speaking(world.elsewhere.token).by_name("users", world.elsewhere.name)["email"]
    browser = come(world, "second", second, sub="of elsewhere", **verified(address))
    assert "knows you, but this catalogue has no user for you. Ask an administrator for one" in alert(browser.page) and not is_signed_in(browser)


def memberships(world, name: str) -> tuple[set, set, bool]:
    user = world.user(name)
    teams = {team["name"] for team in user.get("teams", [])} - {"Organization"}
    return teams, {role["name"] for role in user.get("roles", [])}, bool(user.get("isAdmin"))


def test_groups_give_and_take_what_is_mapped_and_nothing_else(world, first):
    def comes(groups) -> tuple[set, set, bool]:
        said = {} if groups is None else {"groups": groups}
        assert is_signed_in(come(world, "first", first, sub="g", preferred_username="grouped", **said))
        return memberships(world, "grouped")

    assert comes(["analysts", "unheard of"]) == ({"Analysts"}, {"DataConsumer"}, False)
    version = world.user("grouped")["version"]
    assert comes(["analysts"]) == ({"Analysts"}, {"DataConsumer"}, False)
    assert world.user("grouped")["version"] == version, "what is so already is not done again"
    assert comes(["stewards"]) == ({"Analysts"}, {"DataSteward"}, False)
    # What an administrator gives by hand stays, where no group speaks of it.
    team = world.om.by_name("teams", "By hand", fields="users")
    user = world.user("grouped")
    world.om.patch(f"/teams/{team['id']}", [{"op": "add", "path": "/users", "value": [{"id": user["id"], "type": "user"}]}])
    assert comes("analysts") == ({"Analysts", "By hand"}, {"DataConsumer"}, False)
    for nothing in (None, [], ["Analysts", "ANALYSTS"]):
        assert comes(nothing) == ({"By hand"}, set(), False), nothing
    assert comes(["rulers"]) == ({"By hand"}, set(), True)
    assert comes(["analysts"]) == ({"Analysts", "By hand"}, {"DataConsumer"}, False)


@pytest.mark.parametrize(
    "said",
    [
        {"groups": {"rulers": True}},
        {"groups": 7},
        {"groups": ["analysts", {"rulers": True}]},
        {"groups": [["rulers"]]},
        {"groups": ["a"] * 10_001},
        {"_claim_names": {"groups": "src1"}},
    ],
    ids=["object", "number", "object-inside", "list-inside", "many", "elsewhere"],
)
def test_groups_that_are_no_list_of_names_change_nothing(world, first, said):
    come(world, "first", first, sub="hg", preferred_username="hostile-groups", groups=["analysts"])
    before = memberships(world, "hostile-groups")
    browser = come(world, "first", first, sub="hg", preferred_username="hostile-groups", **said)
    assert browser.page.status == 401 and not is_signed_in(browser)
    assert memberships(world, "hostile-groups") == before == ({"Analysts"}, {"DataConsumer"}, False)


def test_thousands_of_groups_are_looked_through(world, first):
    groups = [f"group {number}" for number in range(9_000)] + ["analysts"]
    assert is_signed_in(come(world, "first", first, sub="tg", preferred_username="many-groups", groups=groups))
    assert memberships(world, "many-groups") == ({"Analysts"}, {"DataConsumer"}, False)


def test_rights_that_a_group_gave_end_with_it_in_open_sessions(world, first):
    ruler = come(world, "first", first, sub="r", preferred_username="ruler", groups=["rulers"])
    assert memberships(world, "ruler")[2]
    other = come(world, "first", first, sub="r", preferred_username="ruler", groups=[])
    assert not memberships(world, "ruler")[2]
    for browser in (ruler, other):
        assert is_signed_in(browser) and "/admin" not in browser.visit("/").links
