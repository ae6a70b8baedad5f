"""The one form in which a record's words, names and states are changed together."""

from urllib.parse import quote

import pytest

from pages_browser import Visitor, chromium, chromium_program  # noqa: F401
from pages_door import Browser


@pytest.fixture
def product(om, fresh_name) -> dict:
    domain = om.post("/domains", {"name": fresh_name("Told"), "domainType": "Aggregate", "description": "d"})
    return om.post("/dataProducts", {"name": fresh_name("Told"), "description": "As it was.", "domains": [domain["fullyQualifiedName"]]})


#: What one chooses among what is there.
TOLD = ("owners", "experts", "reviewers", "domains", "labels")


def at(product: dict) -> str:
    return "/products/" + quote(product["fullyQualifiedName"], safe="")


def test_what_a_record_says_is_changed_in_one_form(browser, om, product):
    page = browser.visit(at(product))
    menu = page.source.split('class="menu edits"')[1].split("</details>")[0]
    assert "edit=details" in menu and not any(f"edit={what}" in menu for what in ("display_name", *TOLD, "certification"))
    assert all(f"edit={what}" in menu for what in ("assets", "input_ports", "contract", "visibility")), "what it holds stays apart"
    fields = browser.visit(at(product) + "?edit=details").form(at(product))["fields"]
    assert {"description", "display_name"} <= fields.keys() and fields["description"] == "As it was."
    browser.send(at(product), description="Told anew.", display_name="Told", stage="PRODUCTION")
    assert browser.query()["done"] == "saved"
    now = om.get(f"/dataProducts/{product['id']}")
    assert (now["description"], now["displayName"], now["lifecycleStage"]) == ("Told anew.", "Told", "PRODUCTION")
    assert now["version"] == round(product["version"] + 0.1, 1), "one change"
    browser.visit(at(product) + "?edit=details")
    browser.send(at(product))
    assert browser.query()["done"] == "unchanged"


def test_what_others_change_meanwhile_is_neither_lost_nor_in_the_way(browser, om, product):
    path, replace = f"/dataProducts/{product['id']}", lambda field, value: [{"op": "add", "path": f"/{field}", "value": value}]
    browser.visit(at(product) + "?edit=details")
    om.patch(path, replace("displayName", "Theirs"))
    browser.send(at(product), description="Mine.")
    now = om.get(path)
    assert (now["description"], now["displayName"]) == ("Mine.", "Theirs"), "they go together"
    browser.visit(at(product) + "?edit=details")
    om.patch(path, replace("description", "Theirs, too."))
    page = browser.send(at(product), 409, description="Mine again.", display_name="Mine")
    assert "Theirs, too." in page.text and page.form(at(product))["fields"]["description"] == "Mine again."
    browser.send(at(product))
    now = om.get(path)
    assert (now["description"], now["displayName"]) == ("Mine again.", "Mine")


def test_a_revision_that_never_was_is_none_that_was_seen(browser, om, product):
    path = f"/dataProducts/{product['id']}"
    for form, sent in (("details", {"description": "Mine."}), ("display_name", {"display_name": "Mine"})):
        browser.visit(f"{at(product)}?edit={form}")
        page = browser.send(at(product), 409, revision="999999", **sent)
        fields = page.form(at(product))["fields"]
        assert sent.items() <= fields.items(), "what was typed stays"
        assert om.get(path)["version"] == product["version"]
    browser.send(at(product))
    assert om.get(path)["displayName"] == "Mine"


def test_who_may_change_some_of_it_is_shown_that(server, om, product, fresh_name):
    who = server.new_user(fresh_name("words"))
    rules = [{"name": "r", "effect": "allow", "operations": ["EditDescription", "EditDisplayName"], "resources": ["dataProduct"]}]
    policy = om.post("/policies", {"name": fresh_name("Words"), "rules": rules})
    role = om.post("/roles", {"name": fresh_name("Words"), "policies": [policy["name"]]})
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    browser = Browser(server).sign_in(who)
    page = browser.visit(at(product))
    assert "What is not listed here" in page.text, "and who may change the rest"
    fields = browser.visit(at(product) + "?edit=details").form(at(product))["fields"]
    assert {"description", "display_name"} <= fields.keys() and not {"stage", "audience", "priority"} & fields.keys()
    assert not any(f"{what}.add" in fields for what in (*TOLD, "certification"))
    # What he was not shown is named where he sends it, and nothing else is written.
    page = browser.send(at(product), 403, **{"description": "By words.", "stage": "RETIRED", "owners.add": who.name})
    assert "Stage: You may not change this" in page.text and "Owners: You may not change this" in page.text
    fields = page.form(at(product))["fields"]
    assert fields["description"] == "By words." and not {"stage", "owners.add"} & fields.keys()
    now = om.get(f"/dataProducts/{product['id']}?fields=owners")
    assert now["description"] == "As it was." and "lifecycleStage" not in now and who.id not in {one["id"] for one in now["owners"]}
    browser.send(at(product))
    assert om.get(f"/dataProducts/{product['id']}")["description"] == "By words."
    Browser(server).sign_in(server.new_user(fresh_name("none"))).visit(at(product) + "?edit=details", 403)


@pytest.mark.parametrize("name", [" lead", "trail ", "x\u00a0"])
def test_nothing_is_renamed_for_the_blanks_around_its_name(browser, om, fresh_name, name):
    above = om.post("/classifications", {"name": fresh_name("Blanks"), "description": "d"})
    tag = om.post("/tags", {"name": name, "classification": above["name"], "description": "d"})
    address = "/classifications/" + quote(tag["fullyQualifiedName"], safe="")
    browser.visit(address + "?edit=details")
    browser.send(address, description="told anew")
    now = om.get(f"/tags/{tag['id']}")
    assert (now["name"], now["description"]) == (tag["name"], "told anew")


def test_what_nobody_touches_comes_back_of_a_browser_as_the_same(browser, om, product):
    path, step = f"/dataProducts/{product['id']}", lambda field, value: {"op": "add", "path": f"/{field}", "value": value}
    om.patch(path, [step("description", "one\r\ntwo\r\n"), step("displayName", " Two  words ")])
    before = om.get(path)
    fields = browser.visit(at(product) + "?edit=details").form(at(product))["fields"]
    prose = fields["description"].replace("\r\n", "\n").replace("\n", "\r\n")
    browser.send(at(product), description=prose, display_name=fields["display_name"].replace("\n", ""))
    now = om.get(path)
    assert browser.query()["done"] == "unchanged" and now["version"] == before["version"]
    assert (now["description"], now["displayName"]) == (before["description"], before["displayName"])


def test_what_is_not_sent_stays_and_is_in_nobodys_way(browser, om, product):
    path = f"/dataProducts/{product['id']}"
    fields = browser.visit(at(product) + "?edit=details").form(at(product))["fields"]
    om.patch(path, [{"op": "add", "path": "/displayName", "value": "Theirs"}])
    part = {name: value for name, value in fields.items() if name != "display_name"} | {"description": "Mine only."}
    answer = browser.ask("POST", at(product), data=part, headers={"Origin": browser.base, "Sec-Fetch-Site": "same-origin"})
    now = om.get(path)
    assert answer.status == 200 and (now["description"], now["displayName"]) == ("Mine only.", "Theirs")


def owners(om, product: dict) -> set[str]:
    return {one["id"] for one in om.get(f"/dataProducts/{product['id']}?fields=owners").get("owners", [])}


def test_people_and_labels_are_chosen_in_the_same_form(server, browser, om, product, fresh_name):
    one, two, three = (server.new_user(fresh_name(stem)) for stem in ("one", "two", "three"))
    path, owned = f"/dataProducts/{product['id']}", lambda *who: [{"op": "add", "path": "/owners", "value": [{"id": each.id, "type": "user"} for each in who]}]
    om.patch(path, owned(one, two))
    before = om.get(path)
    browser.visit(at(product) + "?edit=details")
    browser.send(at(product), **{"owners.add": [three.name], "experts.add": [one.name, two.name], "labels.add": "PII.Sensitive",
                                 "certification": "Certification.Gold", "description": "All at once."})  # fmt: skip
    assert browser.query()["done"] == "saved"
    now = om.get(path + "?fields=owners,experts,tags,certification")
    assert owners(om, product) == {one.id, two.id, three.id} and {who["id"] for who in now["experts"]} == {one.id, two.id}
    assert [tag["tagFQN"] for tag in now["tags"]] == ["PII.Sensitive"] and now["certification"]["tagLabel"]["tagFQN"] == "Certification.Gold"
    assert now["version"] == round(before["version"] + 0.1, 1) and now["description"] == "All at once.", "one change"
    # Nothing is certified anew by itself.
    browser.visit(at(product) + "?edit=details")
    browser.send(at(product))
    assert browser.query()["done"] == "unchanged"
    browser.visit(at(product) + "?edit=details")
    browser.send(at(product), **{"certification.renew": "yes"})
    assert om.get(path + "?fields=certification")["certification"]["expiryDate"] > now["certification"]["expiryDate"]


def test_what_is_wrong_stands_at_its_field_and_nothing_is_written(server, browser, om, product, fresh_name):
    path, who = f"/dataProducts/{product['id']}", server.new_user(fresh_name("right"))
    before = om.get(path)
    browser.visit(at(product) + "?edit=details")
    page = browser.send(at(product), 400, **{"description": "Half.", "owners.add": ["nobody at all", who.name], "labels.add": "No.Such.Tag"})
    assert "Owners: " in page.roles["alert"][0] + " ".join(page.roles["alert"]) and "Terms and tags: " in " ".join(page.roles["alert"])
    ids = {given.get("id"): given for _, given in page.tags}
    for what in ("owners", "labels"):
        assert f"{what}-fault" in ids and ids[f"{what}-add"]["aria-invalid"] == "true" and f"{what}-fault" in ids[f"{what}-add"]["aria-describedby"]
    assert "aria-invalid" not in ids["experts-add"] and ids["owners-add"]["value"] == "nobody at all"
    assert [given["value"] for _, given in page.tags if given.get("name") == "owners.add"][:2] == ["nobody at all", who.name], "what was typed stays"
    assert page.form(at(product))["fields"]["description"] == "Half." and om.get(path)["version"] == before["version"]
    # A rule of the catalogue, too: of two tags that exclude each other none is set.
    browser.visit(at(product) + "?edit=details")
    page = browser.send(at(product), 409, **{"description": "Half.", "labels.add": ["PII.Sensitive", "PII.NonSensitive"]})
    ids = {given.get("id"): given for _, given in page.tags}
    assert "labels-fault" in ids and ids["labels-add"]["aria-invalid"] == "true" and "aria-invalid" not in ids["owners-add"]
    assert page.form(at(product))["fields"]["description"] == "Half." and om.get(path)["version"] == before["version"]


@pytest.fixture
def two_domains(server, om, fresh_name):
    """Somebody who answers for one of two domains, and for a product in it."""
    who = server.new_user(fresh_name("domain-owner"))
    owners = [{"id": who.id, "type": "user"}]
    his, other = ({"name": fresh_name(stem), "domainType": "Aggregate", "description": "d"} for stem in ("His", "Others"))
    third = om.post("/domains", {"name": fresh_name("Also"), "domainType": "Aggregate", "description": "d", "owners": owners})
    his, other = om.post("/domains", his | {"owners": owners}), om.post("/domains", other)
    product = om.post("/dataProducts", {"name": fresh_name("Placed"), "description": "d", "domains": [his["name"]], "owners": owners})
    return who, his, other, third, product


@pytest.mark.parametrize("form", ["details", "domains"])
def test_only_domains_that_may_be_given_are_offered_and_another_is_said_at_its_field(server, om, two_domains, form):
    who, _, other, third, product = two_domains
    browser, field = Browser(server).sign_in(who), "domains.add" if form == "details" else "add"
    page = browser.visit(f"{at(product)}?edit={form}")
    offered = {given["value"] for tag, given in page.tags if tag == "option" and "value" in given}
    assert third["name"] in offered and other["name"] not in offered
    typed = {field: other["name"]} | ({"description": "Typed."} if form == "details" else {})
    page = browser.send(at(product), 403, **typed)
    assert f"into {other['name']}" in " ".join(page.roles["alert"]), "it is said which"
    assert page.form(at(product))["fields"][field] == other["name"], "what was typed is there"
    if form == "details":
        ids = {given.get("id"): given for _, given in page.tags}
        assert "domains-fault" in ids and ids["domains-add"]["aria-invalid"] == "true" and "aria-invalid" not in ids["owners-add"]
        assert page.form(at(product))["fields"]["description"] == "Typed."
    assert [one["name"] for one in om.get(f"/dataProducts/{product['id']}", fields="domains")["domains"]] == [two_domains[1]["name"]]
    assert om.get(f"/dataProducts/{product['id']}")["description"] == "d"
    kept = [given["value"] for _, given in page.tags if given.get("name") == field.replace("add", "keep")]
    browser.send(at(product), **{field: third["name"], field.replace("add", "keep"): kept})
    assert browser.query()["done"] == "saved"


def test_a_new_record_in_a_forbidden_place_says_so_at_its_field(server, om, two_domains, fresh_name):
    who, his, other, _, _ = two_domains
    browser, name = Browser(server).sign_in(who), fresh_name("New")
    page = browser.visit("/products?edit=product")
    offered = {given["value"] for tag, given in page.tags if tag == "option" and "value" in given}
    assert his["name"] in offered and other["name"] not in offered
    page = browser.send("/products", 403, name=name, description="Typed.", domain=other["name"])
    ids = {given.get("id"): given for _, given in page.tags}
    assert "above-fault" in ids and ids["above"]["aria-invalid"] == "true" and ids["name"]["value"] == name
    assert page.form("/products")["fields"]["description"] == "Typed."
    assert om.call("GET", f"/dataProducts/name/{other['name']}.{name}").status_code == 404
    browser.send("/products", domain=his["name"])
    assert browser.query()["done"] == "created"
    # At the top he may make no domain.
    page = browser.visit("/domains?edit=domain")
    assert "" not in [given["value"] for tag, given in page.tags if tag == "option" and "value" in given and "disabled" not in given]
    page = browser.send("/domains", 403, name=fresh_name("Top"), description="Typed.", domain="")
    assert page.form("/domains")["fields"]["description"] == "Typed." and page.roles["alert"]
    # Who may make none anywhere has no form.
    nobody = Browser(server).sign_in(server.new_user(fresh_name("nobody")))
    nobody.visit("/products?edit=product", 403)


def test_a_right_that_is_missing_for_a_label_is_said_at_it(server, om, fresh_name):
    who = server.new_user(fresh_name("steward-not"))
    owners = [{"id": who.id, "type": "user"}]
    glossary = om.post("/glossaries", {"name": fresh_name("Personal"), "description": "d", "owners": owners})
    term = om.post("/glossaryTerms", {"name": "T", "glossary": glossary["name"], "description": "d", "owners": owners,
                                      "tags": [{"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}]})  # fmt: skip
    browser, path = Browser(server).sign_in(who), "/terms/" + quote(term["fullyQualifiedName"], safe="")
    browser.visit(f"{path}?edit=details")
    page = browser.send_previewed(path, 403, **{"description": "Typed.", "labels.keep": []})
    ids = {given.get("id"): given for _, given in page.tags}
    assert "labels-fault" in ids and page.form(path)["fields"]["description"] == "Typed."
    assert len(om.get(f"/glossaryTerms/{term['id']}", fields="tags")["tags"]) == 1


def test_owners_are_taken_away_once_that_is_seen_and_those_of_others_stay(server, browser, om, product, fresh_name):
    one, two, three = (server.new_user(fresh_name(stem)) for stem in ("first", "second", "third"))
    path, owner = f"/dataProducts/{product['id']}", lambda who: {"id": who.id, "type": "user"}
    om.patch(path, [{"op": "add", "path": "/owners", "value": [owner(one), owner(two)]}])
    browser.visit(at(product) + "?edit=details")
    om.patch(path, [{"op": "add", "path": "/experts", "value": [owner(two)]}, {"op": "add", "path": "/displayName", "value": "Theirs"}])
    page = browser.send(at(product), **{"owners.keep": one.id, "description": "Mine."})
    assert "What will be removed" in page.text and two.name in page.text and owners(om, product) == {one.id, two.id}
    browser.send(at(product))
    now = om.get(path + "?fields=experts")
    assert owners(om, product) == {one.id} and now["description"] == "Mine." and now["displayName"] == "Theirs"
    assert [who["id"] for who in now["experts"]] == [two.id], "what he did not touch is nobody's loss"
    # Both change the owners: he sees theirs, and neither is lost.
    browser.visit(at(product) + "?edit=details")
    om.patch(path, [{"op": "add", "path": "/owners/-", "value": owner(three)}])
    page = browser.send(at(product), 409, **{"owners.add": two.name})
    boxes = {given["value"]: "checked" in given for tag, given in page.tags if tag == "input" and given.get("name") == "owners.keep"}
    assert boxes == {one.id: True, three.id: True}
    browser.send(at(product))
    assert owners(om, product) == {one.id, two.id, three.id}


def test_an_owner_of_its_own_takes_no_inherited_owners_place_unseen(server, browser, om, fresh_name):
    above, one, two = (server.new_user(fresh_name(who)) for who in ("above", "one", "two"))
    schema = om.schema(fresh_name("owned"))
    source = om.get(f"/services/databaseServices/name/{schema.split('.')[0]}")
    owner = [{"op": "add", "path": "/owners", "value": [{"id": above.id, "type": "user"}]}]
    om.patch(f"/services/databaseServices/{source['id']}", owner)
    for form, field, own in (("details", "owners.", "a"), ("owners", "", "b")):
        table = om.put("/tables", {"name": own, "databaseSchema": schema, "columns": [{"name": "id", "dataType": "INT"}]})
        at, path = f"/tables/{table['fullyQualifiedName']}", f"/tables/{table['id']}?fields=owners"
        page = browser.visit(f"{at}?edit={form}")
        kept = page.form(at)["fields"][f"{field}keep"]
        assert kept == above.id and "(from above)" in page.text, "whoever owns what is above it is shown"
        # Nothing is written of who is only inherited.
        browser.send(at, **{f"{field}keep": []})
        assert all(who.get("inherited") for who in om.get(path)["owners"]) and len(om.get(path)["owners"]) == 1
        browser.visit(f"{at}?edit={form}")
        browser.send(at, **{f"{field}add": one.name})
        assert {who["id"] for who in om.get(path)["owners"]} == {above.id, one.id}, "ticked, she stays"
        table = om.put("/tables", {"name": own * 2, "databaseSchema": schema, "columns": [{"name": "id", "dataType": "INT"}]})
        at, path = f"/tables/{table['fullyQualifiedName']}", f"/tables/{table['id']}?fields=owners"
        browser.visit(f"{at}?edit={form}")
        page = browser.send(at, **{f"{field}add": two.name, f"{field}keep": []})
        assert "What will be removed" in page.text and above.name in page.text and om.get(path)["owners"][0]["id"] == above.id
        browser.send(at, **{f"{field}add": two.name, f"{field}keep": []})
        assert [who["id"] for who in om.get(path)["owners"]] == [two.id]


def test_who_may_set_tags_and_no_owners_is_shown_tags(server, om, product, fresh_name):
    who = server.new_user(fresh_name("tagger"))
    rules = [{"name": "r", "effect": "allow", "operations": ["EditTags"], "resources": ["dataProduct"]}]
    policy = om.post("/policies", {"name": fresh_name("Tagging"), "rules": rules})
    role = om.post("/roles", {"name": fresh_name("Tagging"), "policies": [policy["name"]]})
    om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    browser = Browser(server).sign_in(who)
    page = browser.visit(at(product) + "?edit=details")
    fields = page.form(at(product))["fields"]
    assert "labels.add" in fields and not any(f"{what}.add" in fields for what in TOLD if what != "labels") and "description" not in fields
    before = owners(om, product)
    browser.send(at(product), 403, **{"labels.add": "PII.None", "owners.keep": [], "owners.add": who.name})
    assert owners(om, product) == before and not om.get(f"/dataProducts/{product['id']}?fields=tags").get("tags")
    browser.visit(at(product) + "?edit=details")
    browser.send(at(product), **{"labels.add": "PII.None"})
    assert [tag["tagFQN"] for tag in om.get(f"/dataProducts/{product['id']}?fields=tags")["tags"]] == ["PII.None"]
    for other in ("outsider", "nobody"):
        Browser(server).sign_in(server.new_user(fresh_name(other))).visit(at(product) + "?edit=details", 403)


def test_details_are_chosen_by_keys_on_a_phone(chromium, server, om, product, fresh_name):  # noqa: F811
    one = server.new_user(fresh_name("byphone"))
    with Visitor(chromium, server, server.admin) as visitor:
        page = visitor.page
        page.set_viewport_size({"width": 390, "height": 800})
        visitor.open(at(product) + "?edit=details")
        visitor.look("the details of a product on a phone")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.locator("[id='experts-add']").focus()
        page.keyboard.type(one.name)
        page.keyboard.press("Enter")
        page.wait_for_url("**done=saved**")
    assert [who["id"] for who in om.get(f"/dataProducts/{product['id']}?fields=experts")["experts"]] == [one.id]


def test_details_in_a_browser(chromium, server, om, product):  # noqa: F811
    with Visitor(chromium, server, server.admin) as visitor:
        visitor.open(at(product))
        visitor.page.locator(".edits > summary").focus()
        visitor.page.keyboard.press("Enter")
        visitor.page.keyboard.press("Tab")
        visitor.page.keyboard.press("Enter")
        visitor.page.wait_for_url("**edit=details")
        visitor.look("the details of a product")
        visitor.page.fill("#description", "Typed by keys.")
        visitor.send("Save")
    assert om.get(f"/dataProducts/{product['id']}")["description"] == "Typed by keys."
