"""Who owns something is answered alike: on its page, in lists, in what its domain lacks, and by searches."""

import re
from urllib.parse import quote

import pytest

import datazone_door
from openmetadata_door import reference
from pages_door import Browser, until_found, words
from test_pages_search import head, path, total
from test_search import found

DESCRIBED = {"description": "What is known."}


def at(folder: str, fqn: str) -> str:
    return f"/{folder}/{quote(fqn, safe='')}"


class Realm:
    """A domain that nobody owns, with a project that makes a product, and products of nobody and of somebody."""

    def __init__(self, om, dz, name: str, owner: str):
        self.name = name
        made = om.post("/domains", {"name": name, "domainType": "Aggregate", "description": ""})
        self.cloud = datazone_door.domain_id(made["id"])
        project = dz.create_project(domainIdentifier=self.cloud, name=f"{name} makers")["id"]
        body = {"domains": [name], **DESCRIBED}
        of_somebody = [{"id": om.get(f"/users/name/{owner}")["id"], "type": "user"}]
        self.products = {
            "team": dz.create_data_product(
                domainIdentifier=self.cloud, name=f"{name}team", description="made", owningProjectIdentifier=project
            )["id"],
            "nobody": om.post("/dataProducts", body | {"name": f"{name}nobody"})["id"],
            "somebody": om.post("/dataProducts", body | {"name": f"{name}somebody", "owners": of_somebody})["id"],
        }


@pytest.fixture(scope="module")
def realm(server, om, dz, member, fresh_name) -> Realm:
    made = Realm(om, dz, fresh_name("realm").replace("-", ""), member.name)
    found(server, server.admin, made.name, at_least=head(server))
    return made


def owners(page) -> str:
    """What stands in the head of a record under its owners."""
    return words(re.search(r"<dt>Owners</dt><dd>(.*?)</dd>", page.source, re.S).group(1))


def cards(page) -> dict[str, str]:
    """Of the products of a list, who stands beside each."""
    rows = re.split(r'<li>\s*<div class="what">', page.source)[1:]
    name = re.compile(r'href="/products/([^"?]+)"')
    return {name.search(row).group(1).rsplit(".", 1)[-1]: beside(row) for row in rows}


def beside(row: str) -> str:
    return words(row.split('<div class="aside">')[1].split('<span class="when">')[0])


def test_what_was_left_to_a_team_is_owned_by_it(browser, realm):
    team = f"{realm.name} makers ({realm.name})"
    page = browser.visit(f"/products/{realm.products['team']}")
    assert team in owners(page) and "no owner" not in page.text
    assert "1 owner" in page.text, "the strip says the same"
    for listed in (browser.visit(f"/products?q={realm.name}"), browser.visit(at("domains", realm.name))):
        assert team in cards(listed)[f"{realm.name}team"], listed.url
        assert "no owner" in cards(listed)[f"{realm.name}nobody"], listed.url
    hits = browser.visit(path(f"name:{realm.name}* kind:product")).source
    assert team in words(hits.split(f"{realm.name}team")[-1].split("</li>")[0])


def test_what_nobody_owns_says_who_looks_after_it(browser, realm, server, om, fresh_name):
    page = browser.visit(f"/products/{realm.products['nobody']}")
    assert "no owner" in owners(page) and f"managed by S Stewards ({realm.name})" in owners(page)
    assert f"Stewards ({realm.name})" in owners(browser.visit(at("domains", realm.name)))
    assert "managed by" not in browser.visit(f"/products/{realm.products['somebody']}").text
    table = om.put("/tables", {"name": "t", "databaseSchema": om.schema(fresh_name("plain")), "columns": [{"name": "id", "dataType": "INT"}]})
    assert owners(browser.visit(at("tables", table["fullyQualifiedName"]))) == "no owner", "stewards hold no tables"


def test_what_a_domain_lacks_is_as_much_as_is_found(server, browser, realm, om, fresh_name):
    gaps = gaps_of(browser, realm.name)
    assert gaps["owner"][0] == 1 and gaps["term"][0] == 3 and "description" not in gaps, gaps
    for count, address in gaps.values():
        assert total(browser.visit(address)) == count, address
    # What another domain shares with this one is in it for both.
    other = om.post("/domains", {"name": fresh_name("shared"), "domainType": "Aggregate", "description": ""})["name"]
    body = {"name": fresh_name("both"), "domains": [other, realm.name], **DESCRIBED}
    made = om.call("POST", "/dataProducts", body)
    if made.status_code == 201:
        until_found(server)
        gaps = gaps_of(browser, realm.name)
        assert total(browser.visit(gaps["owner"][1])) == gaps["owner"][0] == 2


def test_a_domain_counts_what_its_assets_lack_as_well(server, browser, om, member, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("lacking"), "domainType": "Aggregate", "description": ""})["name"]
    owned = {"owners": [{"id": om.get(f"/users/name/{member.name}")["id"], "type": "user"}]}
    schema = om.schema(fresh_name("bare"))
    for name, more in (("a", {}), ("b", DESCRIBED), ("c", DESCRIBED | owned)):
        body = {"name": name, "databaseSchema": schema, "columns": [{"name": "id", "dataType": "INT"}], "domains": [domain]}
        om.put("/tables", body | more)
    found(server, server.admin, domain, at_least=head(server))
    tables = gaps_of(browser, domain, "tables?")
    assert {field: count for field, (count, _) in tables.items()} == {"owner": 2, "description": 1, "term": 3}, tables
    for count, address in tables.values():
        assert "kind%3Atable" in address and total(browser.visit(address)) == count, address
    assert not gaps_of(browser, domain) and not gaps_of(browser, domain, "databases?"), "of what is none, nothing is said"
    lines = re.findall(r'<li class="state wrap fair">(.*?)</li>', browser.page.source, re.S)
    assert len(lines) == 3, "each field is told once"
    assert any("at least" not in browser.visit(at("domains", domain)).text for _ in range(50)), "nothing is left out"


def gaps_of(browser, domain: str, kind: str = "products?") -> dict[str, tuple[int, str]]:
    """Of each field that things of a kind lack, how many lack it, and the search for them."""
    source = browser.visit(at("domains", domain)).source.replace("&#38;", "&").replace("&amp;", "&")
    found = re.findall(rf'<a href="(/search\?[^"]*-has%3A(\w+)[^"]*)">(?:at least )?([\d,]+) {kind}</a>', source)
    return {field: (int(count.replace(",", "")), address) for address, field, count in found}


def mine(server, who) -> str:
    """What the first page shows somebody as his own."""
    page = Browser(server).sign_in(who).visit("/")
    return re.search(r'<section[^>]*aria-labelledby="mine".*?</section>', page.source, re.S).group()


def test_what_a_team_owns_belongs_to_who_works_in_it_and_not_to_who_looks_on(server, om, dz, fresh_name):
    name = fresh_name("looked").replace("-", "")
    onlooker, worker, other = (server.new_user(f"{name}{who}") for who in ("onlooker", "worker", "other"))
    domain = datazone_door.domain_id(om.post("/domains", {"name": name, "domainType": "Aggregate", "description": ""})["id"])
    project = dz.create_project(domainIdentifier=domain, name=f"{name} makers")["id"]
    for who, designation in ((onlooker, "PROJECT_CATALOG_VIEWER"), (worker, "PROJECT_CONTRIBUTOR")):
        member = {"userIdentifier": om.get(f"/users/name/{who.name}")["id"]}
        dz.create_project_membership(domainIdentifier=domain, projectIdentifier=project, designation=designation, member=member)
    team = next(one for one in om.everything("teams") if one["name"] == f"{name} makers")
    body = {"domains": [name], **DESCRIBED}
    of_him = [{"id": om.get(f"/users/name/{onlooker.name}")["id"], "type": "user"}]
    om.post("/dataProducts", body | {"name": f"{name}own", "owners": of_him})
    dz.create_data_product(domainIdentifier=domain, name=f"{name}left", description="made", owningProjectIdentifier=project)
    # More than are looked at, and those that changed last.
    for n in range(21):
        om.post("/dataProducts", body | {"name": f"{name}team{n}", "owners": [reference(team, "team")]})
    shown = mine(server, onlooker)
    assert f"{name}own" in shown and f"{name}team" not in shown and f"{name}left" not in shown
    assert f"{name}team" in mine(server, worker)
    pages = Browser(server).sign_in(onlooker)
    assert [link for link in pages.visit(f"/people/{other.name}").links if "who=" in link] == [
        f"/products/{name}.{name}own?tab=access&who={other.name}#who"
    ]
    for n in range(21):
        om.delete(f"/dataProducts/name/{name}.{name}team{n}")
    assert f"{name}left" in mine(server, worker), "it was left to the project"


def test_a_former_owner_is_called_in_lists_as_on_every_page(server, om, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("handed").replace("-", ""), "domainType": "Aggregate", "description": "d"})["name"]
    giver, heir = server.new_user(fresh_name("giver")), server.new_user(fresh_name("heir"))
    om.patch(f"/users/{giver.id}", [{"op": "add", "path": "/displayName", "value": "Gina Giver"}])
    owner = [{"id": giver.id, "type": "user"}]
    kept, handed = (om.post("/dataProducts", {"name": f"{domain}{name}", "domains": [domain], "owners": owner} | DESCRIBED) for name in ("kept", "handed"))
    browser = Browser(server).sign_in(giver)
    at = f"/products/{handed['fullyQualifiedName']}"
    browser.visit(f"{at}?edit=details")
    browser.send_sure(at, **{"owners.keep": [], "owners.add": heir.name})
    for who in (giver, heir, server.new_user(fresh_name("onlooker"))):
        reader = Browser(server).sign_in(who)
        listed = cards(reader.visit(f"/products?domain={domain}"))
        assert "Gina Giver" in listed[kept["name"]] and heir.name in listed[handed["name"]], listed
        assert "Gina Giver" in reader.visit(f"/domains/{domain}").text


def test_the_page_of_a_team_says_who_owns_it(server, browser, om, fresh_name):
    who, name = server.new_user(fresh_name("leader")), fresh_name("Team")
    team = om.post("/teams", {"name": name, "teamType": "Group"})
    assert 'id="owners"' not in browser.visit(f"/teams/{name}").source
    om.patch(f"/teams/{team['id']}", [{"op": "add", "path": "/owners", "value": [{"id": who.id, "type": "user"}]}])
    section = browser.visit(f"/teams/{name}").source.split('id="owners"')[1].split("</section>")[0]
    assert f'href="/people/{who.name}"' in section
