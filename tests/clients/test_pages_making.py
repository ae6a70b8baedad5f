"""Domains, glossaries, terms and teams made by forms of the pages, and changed there; read by another door."""

from urllib.parse import quote, unquote

import pytest

from openmetadata_door import OpenMetadataDoor, reference
from pages_door import Browser, by_mail


def at(folder: str, fqn: str) -> str:
    return f"/{folder}/{quote(fqn, safe='')}"


@pytest.fixture
def browser(server) -> Browser:
    return Browser(server).sign_in(server.admin)


@pytest.fixture
def domain(browser, fresh_name) -> str:
    name = fresh_name("Making")
    browser.visit("/domains?edit=domain")
    browser.send("/domains", name=name, description="Where things are made.", domain_type="Source-aligned")
    assert browser.query() == {"done": "created"} and browser.path == at("domains", name)
    return name


def test_domains_are_made_below_one_another(browser, om, domain, fresh_name, server):
    made = om.get(f"/domains/name/{domain}?fields=owners")
    assert made["domainType"] == "Source-aligned" and made["description"] == "Where things are made."
    assert [owner["name"] for owner in made["owners"]] == [server.admin.name]
    offer = next(link for link in browser.visit(at("domains", domain)).links if "edit=domain&domain=" in link)
    below = fresh_name("Below")
    assert browser.visit(offer).form("/domains")["fields"]["domain"] == domain
    assert "description" in browser.send("/domains", expect=400, name=below).roles["alert"][-1]
    browser.send("/domains", name=below, description="Some of it.")
    assert browser.path == at("domains", f"{domain}.{below}")
    assert om.get(f"/domains/name/{domain}.{below}")["parent"]["fullyQualifiedName"] == domain
    browser.visit(offer)
    assert below in browser.send("/domains", expect=409, name=below, description="Again.").roles["alert"][-1]
    browser.visit(offer)
    assert browser.send("/domains", expect=400, name="x", description="x", domain="nowhere").roles["alert"]
    browser.visit(offer)
    assert browser.send("/domains", expect=400, name="x", description="x", domain_type="Nonsense").roles["alert"]


def test_a_glossary_and_its_terms_are_made_and_described(browser, om, domain, fresh_name, server):
    glossary = fresh_name("Words")
    offer = next(link for link in browser.visit(at("domains", domain)).links if "edit=glossary" in link)
    browser.visit(offer)
    browser.send("/glossary", name=glossary, description="What words mean.")
    full = browser.path.removeprefix("/glossary/")
    assert glossary in full
    listed = browser.visit("/glossary?edit=term")
    assert listed.form("/glossary")["fields"]["edit"] == "term"
    browser.visit(f"/glossary?edit=term&glossary={full}")
    browser.send("/glossary", name="Net sales", description="Sales without returns.")
    term = browser.path
    assert term.startswith("/terms/") and browser.query() == {"done": "created"}
    below = next(link for link in browser.visit(term).links if "edit=term" in link)
    browser.visit(below)
    browser.send("/glossary", name="Net sales abroad", description="Those abroad.")
    abroad = browser.path
    assert abroad != term and browser.visit(abroad).status == 200
    browser.visit(term + "?edit=synonyms")
    browser.send(term, synonyms="Turnover\r\n\r\n  Revenue ")
    assert browser.query() == {"done": "saved"}
    browser.visit(term + "?edit=related")
    browser.send(term, add=unquote(abroad.removeprefix("/terms/")))
    browser.visit(term + "?edit=reviewers")
    browser.send(term, add=server.admin.name)
    name = unquote(term.removeprefix("/terms/"))
    told = om.get(f"/glossaryTerms/name/{quote(name)}?fields=synonyms,relatedTerms,reviewers")
    assert told["synonyms"] == ["Turnover", "Revenue"]
    assert [reviewer["name"] for reviewer in told["reviewers"]] == [server.admin.name]
    assert "Net sales abroad" in str(told["relatedTerms"])
    page = browser.visit(term)
    assert "Turnover" in page.text and "Net sales abroad" in page.text


def test_a_team_is_made_and_has_members(browser, om, fresh_name, server):
    team, member = fresh_name("crew"), server.new_user(fresh_name("hand"))
    browser.visit("/people?edit=team")
    browser.send("/people", name=team, description="Who does it.", team_type="Group")
    assert browser.path == at("teams", team)
    browser.visit(browser.path + "?edit=members")
    assert browser.send(at("teams", team), expect=400, add="nobody-like-that").roles["alert"]
    browser.send(at("teams", team), add=member.name)
    assert [user["name"] for user in om.get(f"/teams/name/{team}?fields=users")["users"]] == [member.name]
    page = browser.visit(at("teams", team) + "?edit=members")
    kept = [given for tag, given in page.tags if tag == "input" and given.get("name") == "keep"]
    assert len(kept) == 1
    form = page.form(at("teams", team))
    form["fields"].pop("keep", None)
    page = browser.ask("POST", at("teams", team), data=form["fields"])
    assert "What will be removed" in page.text and member.name in page.text
    assert len(om.get(f"/teams/name/{team}?fields=users")["users"]) == 1, "who goes is shown first"
    sure = page.form(at("teams", team))["fields"]
    assert "keep" not in sure, "nobody is ticked again"
    browser.ask("POST", at("teams", team), data=sure)
    assert om.get(f"/teams/name/{team}?fields=users").get("users", []) == []


def test_ports_and_domains_of_a_product_are_edited(browser, om, domain, fresh_name):
    product, other = fresh_name("Ported"), fresh_name("Other")
    browser.visit("/domains?edit=domain")
    browser.send("/domains", name=other, description="Another one.")
    browser.visit(f"/products?edit=product&domain={quote(domain)}")
    browser.send("/products", name=product)
    page = browser.path
    schema = om.schema(fresh_name("wh"))
    table = om.post("/tables", {"name": "made_of", "databaseSchema": schema,
                                "columns": [{"name": "a", "dataType": "INT"}]})
    browser.visit(page + "?edit=input_ports")
    browser.send(page, add=table["fullyQualifiedName"])
    assert browser.query() == {"done": "saved"}
    made = om.get(f"/dataProducts/name/{quote(domain + '.' + product)}?fields=domains")
    ports = om.get(f"/dataProducts/{made['id']}/inputPorts")
    assert [port["fullyQualifiedName"] for port in ports["data"]] == [table["fullyQualifiedName"]]
    browser.visit(page + "?edit=domains")
    browser.send(page, add=other)
    told = om.get(f"/dataProducts/{made['id']}?fields=domains")
    assert other in [one["name"] for one in told["domains"]]


def test_who_may_make_something_in_one_domain_may_not_in_another(browser, server, om, domain, fresh_name):
    owner, other = server.new_user(fresh_name("owner")), fresh_name("Closed")
    browser.visit("/domains?edit=domain")
    browser.send("/domains", name=other, description="Another one.")
    browser.visit(at("domains", domain) + "?edit=owners")
    browser.send(at("domains", domain), add=owner.name)
    person = Browser(server).sign_in(owner)
    offered = person.visit(at("domains", domain)).links
    for what in ("product", "domain", "glossary"):
        mine = any(f"edit={what}&" in link for link in offered)
        theirs = any(f"edit={what}&" in link for link in person.visit(at("domains", other)).links)
        assert not theirs, what
        section = {"product": "products", "domain": "domains", "glossary": "glossary"}[what]
        person.visit(f"/{section}?edit={what}&domain={quote(domain)}")
        name = fresh_name(what)
        person.send(f"/{section}", name=name, description="Mine.", domain=domain, expect=200 if mine else 403)
        person.visit(f"/{section}?edit={what}&domain={quote(domain)}")
        person.send(f"/{section}", name=name, description="Not mine.", domain=other, expect=403)
    outsider = Browser(server).sign_in(server.new_user(fresh_name("reader")))
    for place in ("/domains", "/glossary", "/people", at("domains", domain)):
        assert not any("edit=" in link for link in outsider.visit(place).links), place
    token = outsider.visit("/logout").form("/logout")["fields"]["token"]
    sent = {"token": token, "name": "x", "description": "x", "domain": domain}
    for section in ("/domains", "/glossary", "/people"):
        assert outsider.ask("POST", section, data=sent).status == 403, section


def test_what_is_empty_offers_the_next_step_to_who_may_take_it(browser, server, om, domain, fresh_name):
    om.post("/dataProducts", {"name": "Bare", "domains": [domain], "description": ""})
    glossary = om.post("/glossaries", {"name": fresh_name("Bare"), "description": "d"})["fullyQualifiedName"]
    bare = om.post("/domains", {"name": fresh_name("Bare"), "domainType": "Aggregate", "description": "d"})["name"]
    product = at("products", f"{domain}.Bare")
    reader = Browser(server).sign_in(server.new_user(fresh_name("reader")))
    for place, what, theirs in (
        (product, "edit=assets", "This product has no assets yet. Its editors can add tables and others"), (product, "edit=description", "This product has no description yet. Its owners and editors can write one"),
        (product + "?tab=assets", "edit=assets", "This product has no assets yet. Its editors can add tables and others"), (at("glossary", glossary), "edit=term", "This glossary has no terms yet"),
        (at("domains", bare), "edit=product", "This domain has no product that you may see"),
    ):  # fmt: skip
        def empty(who: Browser) -> str:
            return "".join(part.split("</div>")[0] for part in who.visit(place).source.split('<div class="empty">')[1:])
        assert what in empty(browser), place
        told = empty(reader)
        assert what not in told and "<a" not in told and theirs in told, place
    page = browser.visit(product + "?tab=model")
    assert f"{product}?tab=ask" in page.links and "generate" in page.source
    told = reader.visit(product + "?tab=model").text
    assert "Ask for access" in told or "Its owners and editors can create one." in told


def test_who_owns_one_domain_of_many_may_make_a_product_there(server, om, fresh_name):
    """Behind more of them than are looked at where nothing turns on them."""
    owner, team_owner = server.new_user(fresh_name("owner")), server.new_user(fresh_name("of-team"))
    team = om.post("/teams", {"name": fresh_name("Keepers"), "teamType": "Group", "users": [team_owner.id]})
    for _ in range(25):
        om.post("/domains", {"name": fresh_name("Many"), "domainType": "Aggregate", "description": "d"})
    for who, ref in ((owner, {"id": owner.id, "type": "user"}), (team_owner, {"id": team["id"], "type": "team"})):
        domain = om.post("/domains", {"name": fresh_name("Zz"), "domainType": "Aggregate", "description": "d", "owners": [ref]})["name"]
        person = Browser(server).sign_in(who)
        page = person.visit("/products")
        assert any("edit=product" in link for link in page.links) and "Who may add one?" not in page.text
        person.visit("/products?edit=product")
        person.send("/products", name=fresh_name("mine"), domain=domain)
    reader = Browser(server).sign_in(server.new_user(fresh_name("reader")))
    assert "Who may add one?" in reader.visit("/products").text
    reader.visit("/products?edit=product", 403)


def test_another_account_makes_nothing_here(browser, server, other_account, domain, om):
    person = Browser(server).sign_in(by_mail(other_account, "elsewhere"))
    person.visit("/domains?edit=domain")
    assert person.send("/domains", expect=400, name="x", description="x", domain=domain).roles["alert"]
    assert not any(one["name"] == "x" for one in om.get("/domains?limit=1000")["data"])


@pytest.fixture
def table(om, fresh_name) -> dict:
    columns = [{"name": "id", "dataType": "INT"},
               {"name": "sent to", "dataType": "STRUCT", "children": [{"name": "city", "dataType": "STRING"}]}]
    return om.post("/tables", {"name": "parcels", "databaseSchema": om.schema(fresh_name("wh")), "columns": columns})


def column(om, table: dict, *steps: int) -> dict:
    found = om.get(f"/tables/{table['id']}?fields=tags,columns")["columns"][steps[0]]
    for step in steps[1:]:
        found = found["children"][step]
    return found


def test_columns_are_described_and_labelled_where_they_stand(browser, om, table, fresh_name):
    page = at("tables", table["fullyQualifiedName"])
    form = page + next(link for link in browser.visit(page).links if "edit=column" in link and "city" in link)
    browser.visit(form)
    browser.send(page, description="Where it went.\r\nAs typed.", display_name="City", add="PII.Sensitive")
    assert browser.query() == {"done": "saved"} and "Where it went." in browser.page.text
    city = column(om, table, 1, 0)
    assert city["description"] == "Where it went.\nAs typed." and city["displayName"] == "City"
    assert [tag["tagFQN"] for tag in city["tags"]] == ["PII.Sensitive"]
    assert "description" not in column(om, table, 0)
    browser.visit(form)
    assert "nothing" in browser.send(page, expect=400, add="No.Such").roles["alert"][-1].lower()
    assert browser.page.form(page)["fields"]["add"] == "No.Such"
    body = browser.visit(form).form(page)["fields"]
    body.pop("keep")
    browser.ask("POST", page, data=body | {"description": ""}, headers={"Origin": browser.base})
    assert column(om, table, 1, 0).get("tags", []) == [] and not column(om, table, 1, 0).get("description")
    browser.visit(page + "?edit=column&column=nowhere", expect=404)
    browser.visit(page + "?edit=column", expect=404)


def test_a_stale_form_of_a_column_loses_nothing(browser, om, table):
    page = at("tables", table["fullyQualifiedName"])
    change = lambda path, value: om.patch(f"/tables/{table['id']}", [{"op": "add", "path": path, "value": value}])
    browser.visit(page + "?edit=column&column=id")
    change("/columns/0/description", "Theirs came first.")
    stale = browser.send(page, expect=409, description="Mine was typed later.")
    assert stale.form(page)["fields"]["description"] == "Mine was typed later." and "Theirs came first." in stale.text
    browser.send(page)
    assert column(om, table, 0)["description"] == "Mine was typed later."
    # What changed of another column is in nobody's way.
    browser.visit(page + "?edit=column&column=id")
    change("/columns/1/description", "Of another one.")
    browser.send(page, description="Saved all the same.")
    assert column(om, table, 0)["description"] == "Saved all the same."
    assert column(om, table, 1)["description"] == "Of another one."


def test_who_may_describe_a_table_may_describe_its_columns_and_nothing_else(server, om, table, fresh_name):
    """As the original asks for the right that the last part of a changed path names."""
    person = server.new_user(fresh_name("describer"))
    rule = {"name": "describe", "resources": ["table"], "operations": ["ViewBasic", "EditDescription"], "effect": "allow"}
    policy = om.post("/policies", {"name": fresh_name("policy"), "rules": [rule]})
    role = om.post("/roles", {"name": fresh_name("role"), "policies": [policy["name"]]})
    om.patch(f"/users/{person.id}", [{"op": "add", "path": "/roles/0", "value": reference(role, "role")}])
    door, page = OpenMetadataDoor(server, person.token), at("tables", table["fullyQualifiedName"])
    pages = Browser(server).sign_in(person)
    pages.visit(page + next(link for link in pages.visit(page).links if "edit=column" in link))
    pages.send(page, description="By a describer.")
    assert column(om, table, 0)["description"] == "By a describer."
    pages.visit(page + "?edit=column&column=id")
    pages.send(page, expect=403, add="PII.Sensitive")
    patch = lambda path, value, **expect: door.patch(
        f"/tables/{table['id']}", [{"op": "add", "path": path, "value": value}], **expect)
    patch("/columns/1/children/0/description", "By the interface.")
    label = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    for path, value in (("/columns/0/displayName", "x"), ("/columns/0/dataType", "STRING"), ("/columns/0/constraint", "UNIQUE"),
                        ("/columns/2", {"name": "more", "dataType": "INT"}), ("/tags/0", label), ("/columns/0/tags/0", label)):
        patch(path, value, expect=403)
    both = [{"op": "add", "path": "/columns/0/description", "value": "x"},
            {"op": "replace", "path": "/columns/0/dataType", "value": "STRING"}]
    door.patch(f"/tables/{table['id']}", both, expect=403)
    assert column(om, table, 0)["description"] == "By a describer." and column(om, table, 0)["dataType"] == "INT"
    outsider = Browser(server).sign_in(server.new_user(fresh_name("reader")))
    assert not any("edit=" in link for link in outsider.visit(page).links)
    outsider.visit(page + "?edit=column&column=id", expect=403)
