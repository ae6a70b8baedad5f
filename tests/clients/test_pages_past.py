"""The past of records on the pages: an earlier version looked at and brought back, two of them beside each other."""

from urllib.parse import quote

import pytest

from openmetadata_door import OpenMetadataDoor, reference
from pages_door import HOSTILE, Browser, by_mail
from tables_world import at, describe, flows, forbid, holding, person, restores


def test_an_older_version_is_looked_at_and_comes_back_as_a_new_one(browser, om, make_table, fresh_name):
    table = make_table("Past", description="What it was.")
    word = om.post("/glossaries", {"name": fresh_name("W"), "displayName": "W", "description": "d"})["name"]
    term = om.post("/glossaryTerms", {"name": "Old term", "glossary": word, "description": "d"})
    label = {"tagFQN": term["fullyQualifiedName"], "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}
    describe(om, table, "/columns/0/description", "The old number.")
    describe(om, table, "/tags", [label])
    describe(om, table, "/columns/1/tags", [label])
    page = browser.visit(at(table, "tab=activity"))
    assert len(restores(page)) == 3, "each version but the present one"
    describe(om, table, "/description", f"What it is. {HOSTILE}")
    describe(om, table, "/columns/0/description", "The new number.")
    om.patch(f"/tables/{table['id']}", [{"op": "remove", "path": "/tags/0"}, {"op": "remove", "path": "/columns/1/tags/0"}])
    before = om.get(f"/tables/{table['id']}", fields="tags,columns")
    # The newest of the older ones that had everything.
    page = browser.visit(restores(browser.visit(at(table, "tab=activity")))[2])
    for said in ("What will change", "described id", "Old term", "What stays the same"):
        assert said in page.text, said
    assert "<del>" in page.source and "<ins>" in page.source and "<script>alert(1)</script>" in page.text
    assert om.get(f"/tables/{table['id']}")["version"] == before["version"], "to look is to change nothing"
    page = browser.send(at(table))
    assert browser.query() == {"tab": "activity", "done": "restored"} and "Restored." in page.text
    after = om.get(f"/tables/{table['id']}", fields="tags,columns")
    assert after["description"] == "What it was." and after["columns"][0]["description"] == "The old number."
    assert [one["tagFQN"] for one in after["tags"]] == [term["fullyQualifiedName"]] == [one["tagFQN"] for one in after["columns"][1]["tags"]]
    assert after["version"] == pytest.approx(before["version"] + 0.1), "one new version"
    # The same again changes nothing, and says so.
    page = browser.visit(restores(page)[3])
    assert "Nothing would change" in page.text and not [form for form in page.forms if form["action"] == at(table)]
    for wrong in ("999999", "0", "18446744073709551615"):
        browser.visit(at(table, f"edit=restore&version={wrong}"), expect=404)
    browser.visit(at(table, "edit=restore&version=x"), expect=400)
    browser.visit(at(table, "edit=restore"), expect=400)


def test_columns_of_the_source_stay_when_their_words_come_back(browser, om, make_table):
    table = make_table("Grown")
    describe(om, table, "/columns/1/description", "Of old.")
    columns = [{"name": "mail", "dataType": "VARCHAR", "dataLength": 50, "description": "Anew."}, {"name": "fresh", "dataType": "INT"}]
    describe(om, table, "/columns", columns)
    browser.visit(restores(browser.visit(at(table, "tab=activity")))[0])
    browser.send(at(table))
    after = om.get(f"/tables/{table['id']}", fields="columns")["columns"]
    assert [(one["name"], one.get("description", "")) for one in after] == [("mail", "Of old."), ("fresh", "")]
    assert after[0]["dataLength"] == 50


def test_who_was_overtaken_sees_by_what_and_restores_nothing(browser, om, make_table):
    table = make_table("Stale", description="First.")
    describe(om, table, "/description", "Second.")
    browser.visit(restores(browser.visit(at(table, "tab=activity")))[0])
    describe(om, table, "/description", "Third, by somebody else.")
    page = browser.send(at(table), expect=409)
    assert page.roles["alert"] and "Third, by somebody else." in page.text
    assert om.get(f"/tables/{table['id']}")["description"] == "Third, by somebody else."
    browser.send(at(table))
    assert om.get(f"/tables/{table['id']}")["description"] == "First."


def test_restoring_is_an_edit_and_gives_no_right(server, om, browser, make_table, fresh_name, other_account):
    """Who sees the past and may not write gets no form; who may write a part gets that part back, and is told of the rest."""
    table = make_table("Guarded", description="First.")
    onlooker, _ = person(server, om, fresh_name("onlooker"))
    owner, ref = person(server, om, fresh_name("owner"))
    describe(om, table, "/owners", [ref])
    describe(om, table, "/description", "Second.")
    past = restores(browser.visit(at(table, "tab=activity")))[-1]
    assert not restores(onlooker.visit(at(table, "tab=activity")))
    onlooker.visit(past, expect=403)
    token = onlooker.visit("/logout").form("/logout")["fields"]["token"]
    version = past.split("version=")[1]
    present = browser.visit(past).form(at(table))["fields"]
    sent = present | {"token": token}
    assert sent["version"] == version
    page = onlooker.ask("POST", at(table), data=sent, headers={"Origin": onlooker.base, "Sec-Fetch-Site": "same-origin"})
    assert page.status == 403, page.text
    assert om.get(f"/tables/{table['id']}")["description"] == "Second."
    elsewhere = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    elsewhere.visit(past, expect=404)
    # Who may write descriptions alone.
    writer, who = person(server, om, fresh_name("writer"))
    name = fresh_name("Describes")
    rule = {"name": "say", "effect": "allow", "resources": ["table"], "operations": ["EditDescription"]}
    om.post("/policies", {"name": name, "rules": [rule], "enabled": True})
    role = om.post("/roles", {"name": name, "policies": [name]})
    om.patch(f"/users/{who['id']}", [{"op": "add", "path": "/roles", "value": [reference(role, "role")]}])
    page = writer.visit(past)
    assert "owners: you may not change this" in page.text
    writer.send(at(table))
    after = om.get(f"/tables/{table['id']}", fields="owners")
    assert after["description"] == "First." and [one["id"] for one in after["owners"]] == [ref["id"]]


def test_who_is_gone_does_not_come_back(browser, server, om, make_table, fresh_name):
    table = make_table("Owned", description="First.")
    leaver, ref = person(server, om, fresh_name("leaver"))
    describe(om, table, "/owners", [ref])
    om.patch(f"/tables/{table['id']}", [{"op": "remove", "path": "/owners/0"}])
    describe(om, table, "/description", "Second.")
    om.call("DELETE", f"/users/{ref['id']}", params={"hardDelete": "false"}, expect=200)
    past = restores(browser.visit(at(table, "tab=activity")))[1]
    page = browser.visit(past)
    assert "is deleted, or not visible to you" in page.text
    browser.send(at(table))
    after = om.get(f"/tables/{table['id']}", fields="owners")
    assert after["description"] == "First." and not after.get("owners")


def test_products_are_restored_without_what_they_hold(browser, om, make_table, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("Rest"), "domainType": "Aggregate", "description": "d"})["name"]
    product = om.post("/dataProducts", {"name": fresh_name("Product"), "domains": [domain], "description": "First."})
    fqn = quote(product["fullyQualifiedName"], safe="")
    table = make_table()
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/description", "value": "Second."}])
    om.call("PUT", f"/dataProducts/{fqn}/assets/add", {"assets": [reference(table, "table")]}, expect=200)
    page = browser.visit(f"/products/{fqn}?tab=activity")
    page = browser.visit(restores(page)[-1])
    assert table["name"] not in page.text
    browser.send(f"/products/{fqn}")
    assert om.get(f"/dataProducts/{product['id']}")["description"] == "First."
    assert table["name"] in browser.visit(f"/products/{fqn}?tab=assets").text


def test_two_versions_beside_each_other_say_what_breaks(browser, server, om, make_table, fresh_name, bobsled):
    table, direct, far = make_table("Shrunk"), make_table("Direct"), make_table("Far")
    flows(om, table, direct, ("mail", "mail"))
    flows(om, direct, far)
    secret = bobsled.post("/data-products", {"name": fresh_name("Secret")}, expect=201)["dataProduct"]
    flows(om, table, secret)
    columns = [{"name": "id", "dataType": "INT"}, {"name": "mail", "dataType": "VARCHAR", "dataLength": 50}, {"name": "new", "dataType": "INT"}]
    describe(om, table, "/columns", columns)
    compare = next(link for link in browser.visit(at(table, "tab=activity")).links if "from=" in link)
    page = browser.visit(compare)
    for said in ("narrowed id from bigint to int", "narrowed mail from varchar(200) to varchar(50)", "added the column new",
                 "Narrowed columns", "3 assets, by lineage", direct["name"]):  # fmt: skip
        assert said in page.text, said
    assert far["name"] not in page.text, "of the others only the number is told"
    onlooker, _ = person(server, om, fresh_name("onlooker"))
    page = onlooker.visit(compare)
    assert "2 assets, by lineage" in page.text and secret["name"] not in page.source
    describe(om, table, "/columns", columns[:1])
    page = browser.visit(compare)
    assert "Removed columns" in page.text
    # Where nothing is lost, nothing is said of it.
    grown = make_table("Grown")
    describe(om, grown, "/description", "More.")
    compare = next(link for link in browser.visit(at(grown, "tab=activity")).links if "from=" in link)
    assert "Impact of this change" not in browser.visit(compare).text


def test_what_breaks_farther_on_and_in_products_is_named(browser, server, om, make_table, fresh_name, bobsled):
    table, near, far, beside = (make_table(stem) for stem in ("Lossy", "NearBy", "FarOff", "Beside"))
    flows(om, table, near, ("mail", "mail"), ("id", "id"))
    flows(om, near, far, ("mail", "id"), ("mail", "mail"))
    flows(om, near, beside, ("id", "id"))
    product = holding(om, fresh_name, "Losing", table)
    path, model = f"/data-products/{product['id']}", f"{product['at']}?tab=model"
    fields = [{"name": "address", "expression": "mail"}, {"name": "number", "expression": "id"}]
    metrics = [{"name": f"{of}_count", "expression": f"COUNT(people.{of})"} for of in ("address", "number")]
    datasets = [{"name": "people", "source": f"sc.{table['name']}", "fields": fields}]
    document = {"semantic_model": [{"name": "lossy", "datasets": datasets, "metrics": metrics}]}
    bobsled.post(f"{path}/semantic-models", {"name": "lossy", "format": "osi", "document": document}, expect=201)
    ids = {}
    for column in ("mail", "id"):
        query = {"question": f"How many of {column}?", "sql": f'SELECT COUNT({column}) AS n FROM sc."{table["name"]}"', "isDeployed": True}
        ids[column] = bobsled.post(f"{path}/verified-queries", query, expect=201)["verifiedQuery"]["id"]
    bobsled.post(f"{path}/deploy", {})
    describe(om, table, "/columns", [{"name": "id", "dataType": "BIGINT"}])
    compare = next(link for link in browser.visit(at(table, "tab=activity")).links if "from=" in link)
    page = browser.visit(compare)
    told = "".join(page.text.split())
    assert f"{near['name']}(mail)" in told and f"{far['name']}(id,mail)" in told, "a table farther on, by its columns"
    assert beside["name"] not in page.text, "it is made of another column"
    assert {model, f"{model}#metric-address_count", f"{model}#query-{ids['mail']}"} <= set(page.links), page.links
    assert "people.address" in page.text and "How many of mail?" in page.text
    for other in ("people.number", "number_count", "How many of id?"):
        assert other not in page.text, other
    # Of a product that somebody does not see, he is told nothing.
    onlooker, ref = person(server, om, fresh_name("onlooker"))
    assert "people.address" in onlooker.visit(compare).text
    forbid(om, ref, fresh_name("noproducts"), "dataProduct")
    page = onlooker.visit(compare)
    assert near["name"] in page.text
    for hidden in (product["name"], "people.address", "How many of", "address_count"):
        assert hidden not in page.source, hidden


def test_who_adds_an_asset_is_told_to_have_done_it(server, browser, om, make_table, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("Adding"), "domainType": "Aggregate", "description": "d"})["name"]
    product = om.post("/dataProducts", {"name": fresh_name("Added"), "domains": [domain], "description": "d"})
    adder = server.new_user(fresh_name("adder").lower())
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/owners", "value": [{"id": adder.id, "type": "user"}]}])
    table = make_table("Added")
    OpenMetadataDoor(server, adder.token).call(
        "PUT", f"/dataProducts/{product['fullyQualifiedName']}/assets/add", {"assets": [reference(table, "table")]}, expect=200
    )
    page = browser.visit(f"/products/{quote(product['fullyQualifiedName'], safe='.')}?tab=activity")
    newest = page.source.split('<ol class="history">')[1].split("</li>")[0]
    assert adder.name in newest and table["name"] in newest
    after = om.get(f"/dataProducts/{product['id']}")
    assert after["updatedBy"] == adder.name and after["version"] == om.get(f"/dataProducts/{product['id']}/versions/{after['version']}")["version"]
