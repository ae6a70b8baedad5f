"""What people do alone or as administrators, by keys alone: in each of the ways there are."""

import re

import pytest
import requests

from emporion_server import Server
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser
from pages_keys import EVERY_WAY, Keys



@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server of its own: where there is little, all of it is offered to choose from."""
    made = Server(tmp_path_factory.mktemp("keys")).start()
    yield made
    assert made.stop() == 0, made.log_tail()
    assert "panicked" not in made.log.read_text(errors="replace"), made.log_tail(200)


@pytest.fixture(scope="module")
def om(house) -> OpenMetadataDoor:
    made = OpenMetadataDoor(house, house.admin.token)
    made.post("/domains", {"name": "Fruit", "domainType": "Aggregate", "description": "What grows on trees."})
    return made


def signs_in(house, name: str, password: str) -> bool:
    sent = {"username": name, "password": password}
    return requests.post(house.url + "/login", data=sent, allow_redirects=False, timeout=30).status_code == 303


def opens(house, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(house.url + "/api/v1/users/loggedInUser", headers=headers, timeout=30).status_code == 200


@EVERY_WAY
def test_a_product_is_made_described_labelled_and_owned(chromium, house, om, way):
    name, keeper = f"Harvest {way}", house.new_user(f"keeper-{way}")
    with Keys(chromium, house, house.admin, way) as keys:
        keys.place("Products")
        keys.go("New product")
        assert keys.at["name"] == "Name", "it begins in its first field"
        keys.type(name)
        keys.to("Domain")
        keys.type("Fruit")
        keys.to("Description")
        keys.type("Picked.")
        keys.look("a product to be made")
        keys.go("Create")
        assert keys.said() == "Created."
        keys.look("a product just made")
        keys.open("Edit")
        keys.look("the menu of edits")
        keys.go("Details")
        assert keys.at["name"] == "Description", "it begins in its first field"
        keys.press("Control+End")
        keys.type(" By hand.")
        keys.look("a description")
        keys.go("Save")
        assert keys.said() == "Saved."
        keys.open("Edit")
        keys.go("Details")
        keys.to("#labels-add")
        keys.type("PII.Sensitve")
        keys.to("#owners-add")
        keys.type(keeper.name)
        keys.go("Save")
        assert "PII.Sensitve" in keys.at["name"], "what is wrong is where he stands"
        keys.look("a tag that is none")
        keys.to("#labels-add")
        keys.press("Control+a")
        keys.type("PII.Sensitive")
        keys.send()
        assert keys.said() == "Saved."
        keys.look("a product with owners and tags")
        # Whoever he takes off is shown first.
        keys.open("Edit")
        keys.go("Details")
        keys.to("#owners-add")
        keys.to(re.compile("Administrator|admin"), back=True)
        keys.press("Space")
        keys.go("Save")
        keys.look("before an owner goes")
        assert len(of(om, name)["owners"]) == 2
        keys.go("Save and remove")
    told = of(om, name)
    assert told["description"] == "Picked. By hand." and [tag["tagFQN"] for tag in told["tags"]] == ["PII.Sensitive"]
    assert [owner["name"] for owner in told["owners"]] == [keeper.name] and told["domains"][0]["name"] == "Fruit"


def of(om, product: str) -> dict:
    return om.by_name("dataProducts", f"Fruit.{product}", fields="owners,tags,domains")


@EVERY_WAY
def test_a_term_is_made(chromium, house, om, way):
    glossary = om.post("/glossaries", {"name": f"Words {way}", "description": "What words mean."})["name"]
    with Keys(chromium, house, house.admin, way) as keys:
        keys.place("Glossary")
        keys.go(glossary)
        keys.look("an empty glossary")
        keys.go("New term")
        assert keys.at["name"] == "Name"
        keys.type("Yield")
        keys.to("Description")
        keys.type("What a tree bears in a year.")
        keys.look("a term to be made")
        keys.go("Create")
        assert keys.said() == "Created."
        keys.look("a term just made")
        keys.open("Edit")
        keys.go("Details")
        keys.to("Synonyms")
        keys.type("Crop")
        keys.go("Save")
    told = om.by_name("glossaryTerms", f"{glossary}.Yield", fields="synonyms")
    assert told["description"] == "What a tree bears in a year." and told["synonyms"] == ["Crop"]


@EVERY_WAY
def test_a_search_is_kept_opened_and_removed(chromium, house, om, way):
    who = house.new_user(f"seeker-{way}")
    pages = Browser(house).sign_in(who)

    def kept() -> list[str]:
        return [form["fields"]["title"] for form in pages.visit("/searches").forms if form["fields"].get("id")]

    with Keys(chromium, house, who, way) as keys:
        keys.press("/") if keys.script else keys.to("Search", top=True)
        assert keys.at["id"] == "q"
        keys.type("kind:data_product has:owner")
        keys.send()
        if keys.is_narrow:
            keys.go("Narrow it down")
        keys.open("Save this search")
        keys.to("Name")
        keys.type("Owned ones")
        keys.look("a search to be kept")
        keys.go("Save")
        assert keys.said() == "Saved." and kept() == ["Owned ones"]
        keys.place("Home")
        keys.look("a first page with searches")
        keys.go("Owned ones")
        assert keys.page.input_value("#q") == "kind:data_product has:owner"
        keys.place("Home")
        keys.go("Change saved searches")
        keys.look("searches that are kept")
        keys.go("Remove Owned ones")
        keys.look("before a search goes")
        assert kept() == ["Owned ones"], "it is shown first"
        keys.go("Remove a search")
        assert keys.said() == "Deleted." and kept() == []
        keys.look("no search is kept")


@EVERY_WAY
def test_somebody_is_let_in_kept_out_and_let_in_again(chromium, house, way):
    name = f"newcomer-{way}"
    with Keys(chromium, house, house.admin, way) as keys:
        def password() -> str:
            return keys.page.locator("main [role=status] code").inner_text()

        def found() -> None:
            keys.to("#who")
            keys.type(name)
            keys.send()

        keys.place("Administration")
        keys.go("Users")
        keys.to("#name")
        keys.type(name)
        keys.to("E-mail")
        keys.type(f"{name}@example.com")
        keys.look("users")
        keys.go("Create")
        assert f"The password of {name}" in keys.said()
        keys.look("somebody just made")
        first = password()
        assert signs_in(house, name, first)
        found()
        keys.go(f"Disable {name}")
        keys.look("before somebody is kept out")
        assert signs_in(house, name, first), "it is shown first"
        keys.go("Disable")
        assert not signs_in(house, name, first)
        found()
        keys.look("somebody who is kept out")
        keys.go(f"Enable {name}")
        keys.look("before somebody is let in again")
        keys.go("Enable")
        found()
        keys.go(f"New password {name}")
        keys.look("before a new password")
        keys.go("New password")
        assert not signs_in(house, name, first) and signs_in(house, name, password())


@EVERY_WAY
def test_the_gate_is_asked_about_somebody(chromium, house, om, way):
    who = house.new_user(f"asked-about-{way}")
    product = om.post("/dataProducts", {"name": f"Gated {way}", "domains": ["Fruit"], "description": "d"})
    with Keys(chromium, house, house.admin, way) as keys:
        keys.place("Administration")
        keys.go("Policies")
        keys.to("Who")
        keys.type(who.name)
        keys.to("Kind")
        keys.type("Data product")
        keys.to("On what (full name)")
        keys.type(product["fullyQualifiedName"])
        keys.go("Check")
        keys.look("what the gate answers")
        assert "Can see it" in keys.page.locator(".simulated").inner_text(), "the verdict is there before the rules"
        keys.open("Each action, and the rules behind the answer")
        rows = keys.page.locator("section[aria-labelledby=simulator] tbody tr").all()
        answers = {row.locator("th").inner_text(): row.locator("td").first.inner_text().strip() for row in rows}
    told = om.get(f"/permissions/dataProduct/{product['id']}?user={who.name}")["permissions"]
    allowed = {one["operation"] for one in told if one["access"] in ("allow", "conditionalAllow")}
    for said, operation in (("view", "ViewAll"), ("delete", "Delete"), ("edit the description", "EditDescription")):
        assert (answers[said] == "yes") == (operation in allowed), (said, answers, allowed)


@EVERY_WAY
def test_what_happened_is_narrowed_down(chromium, house, om, way):
    writer = house.new_user(f"writer-{way}", "--admin")
    OpenMetadataDoor(house, writer.token).post("/glossaries", {"name": f"Noted {way}", "description": "d"})
    with Keys(chromium, house, house.admin, way) as keys:
        keys.place("Administration")
        keys.go("Audit trail")
        keys.to("By")
        keys.type(writer.name)
        keys.to("What")
        keys.type("created")
        keys.go("Filter")
        keys.look("what somebody did")
        lines = keys.page.locator("section[aria-labelledby=audit] tbody tr")
        assert lines.count() == 1 and lines.locator("th bdi").inner_text() == f"Noted {way}"
        assert f"by={writer.name}" in keys.page.url and "what=created" in keys.page.url
        keys.to("From")
        keys.press("Control+a")
        keys.to("#by", back=True)
        keys.press("Control+a")
        keys.type("nobody-like-that")
        keys.send()
        assert lines.count() == 0
        keys.look("nothing that happened")


@EVERY_WAY
def test_a_token_is_made_and_ended(chromium, house, way):
    holder = house.new_user(f"holder-{way}")
    with Keys(chromium, house, holder, way) as keys:
        keys.open(holder.name, top=True)
        keys.look("the menu of the account")
        keys.go("Tokens and password")
        keys.go("Make a token")
        made = keys.page.locator("main [role=status] code").inner_text()
        assert opens(house, made)
        keys.look("a token just made")
    with Keys(chromium, house, house.admin, way) as keys:
        keys.place("Administration")
        keys.go("Tokens and keys")
        keys.to("#who")
        keys.type(holder.name)
        keys.send()
        keys.look("what somebody holds")
        for _ in range(2):
            keys.go(re.compile("^Revoke token "))
            keys.look("before a token ends")
            keys.go("Revoke")
        assert not opens(house, made) and not opens(house, holder.token)
        assert keys.page.input_value("#who") == holder.name, "he is where he was"
