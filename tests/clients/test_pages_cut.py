"""Lists that are too long for a page: each says how much of it is shown, and leads to the rest."""

import pytest

from emporion_server import Server
from openmetadata_door import OpenMetadataDoor
from pages_browser import LOOKS, judged, sign_in
from pages_door import Browser, until_found

DOMAINS, MEMBERS, ASSETS, POLICIES = 205, 503, 503, 203


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server of its own, with more of everything than a page shows."""
    made = Server(tmp_path_factory.mktemp("cut")).start()
    om = OpenMetadataDoor(made, made.admin.token)
    for number in range(DOMAINS):
        om.post("/domains", {"name": f"D{number:03}", "domainType": "Aggregate", "description": "d"})
        om.post("/dataProducts", {"name": "P", "description": " ", "domains": [f"D{number:03}"]})
    users = [om.post("/users", {"name": f"m{number:03}", "email": f"m{number:03}@x.example"})["id"] for number in range(MEMBERS)]
    om.post("/teams", {"name": "crowd", "teamType": "Group", "users": users})
    rule = {"name": "r", "resources": ["table"], "operations": ["ViewBasic"], "effect": "allow"}
    for number in range(POLICIES):
        om.post("/policies", {"name": f"Zpolicy{number:03}", "rules": [rule]})
    schema = om.schema("wide")
    tables = [om.post("/tables", {"name": f"t{number:03}", "databaseSchema": schema, "columns": [{"name": "a", "dataType": "INT"}]})["id"]
              for number in range(ASSETS)]  # fmt: skip
    om.call("PUT", "/dataProducts/D000.P/assets/add", {"assets": [{"id": table, "type": "table"} for table in tables]}, expect=200)
    made.om = om
    yield made
    assert made.stop() == 0, made.log_tail()
    assert "panicked" not in made.log.read_text(errors="replace"), made.log_tail(200)


@pytest.fixture(scope="module")
def browser(house) -> Browser:
    return Browser(house).sign_in(house.admin)


def names(page, folder: str) -> set[str]:
    return {link for link in page.links if link.startswith(f"/{folder}/")}


def test_the_domains_that_products_are_filtered_by(browser, house):
    total = house.om.get("/domains?limit=1")["paging"]["total"]
    page = browser.visit("/products")
    assert f"100 of {total} are shown." in page.text and "/domains" in page.links
    last = f"D{DOMAINS - 1:03}"
    assert f"/products?domain={last}" not in page.links
    page = browser.visit(f"/products?domain={last}")
    chosen = [given["href"] for tag, given in page.tags if tag == "a" and given.get("aria-current") == "true"]
    assert "/products" in chosen, "the one that is chosen can be left"
    page = browser.visit("/")
    assert f"60 of {total} are shown." in page.text


def test_a_product_is_made_in_any_domain(browser, house):
    last = f"D{DOMAINS - 1:03}"
    page = browser.visit("/products?edit=product")
    field = next(given for tag, given in page.tags if given.get("id") == "above")
    assert field["list"] == "suggested" and "The list does not show all names; you can type any name" in page.text and field["data-names"].startswith("/names?")
    assert f'value="{last}"' in browser.visit(field["data-names"] + "&q=" + last[1:]).source
    browser.visit("/products?edit=product")
    page = browser.send("/products", expect=400, name="Typed", domain="D999")
    assert "D999" in " ".join(page.roles["alert"]) and page.form("/products")["fields"]["domain"] == "D999"
    browser.send("/products", name="Typed", domain=last)
    assert house.om.get(f"/dataProducts/name/{last}.Typed")["name"] == "Typed"
    # From the page of a domain, it stands in the field.
    assert browser.visit(f"/products?edit=product&domain={last}").form("/products")["fields"]["domain"] == last


def test_the_members_of_a_team(browser):
    first = browser.visit("/teams/crowd")
    assert f"500 of {MEMBERS} are shown." in first.text
    following = browser.visit(next(link for link in first.links if "from=500" in link))
    assert len(names(first, "people") | names(following, "people")) >= MEMBERS
    assert "/teams/crowd" in following.links, "and back to the first"
    for odd in ("-1", "x", "99999999999999999999", str(2**64 - 1)):
        browser.visit(f"/teams/crowd?from={odd}")


def test_what_a_product_holds(browser, house):
    page, found = browser.visit("/products/D000.P?tab=assets"), set()
    assert f"100 of {ASSETS} are shown." in page.text
    while following := next((link for link in page.links if "from=" in link), None):
        assert len(names(page, "tables")) == 100 and not found & names(page, "tables")
        found |= names(page, "tables")
        page = browser.visit(following)
    assert len(found | names(page, "tables")) == ASSETS and "/products/D000.P?tab=assets" in page.links, "and back to the first"
    for odd in ("-1", "x", "99999999999999999999", str(2**64 - 1)):
        browser.visit(f"/products/D000.P?tab=assets&from={odd}")


def test_what_a_product_holds_is_narrowed_to_words(browser):
    browser.visit("/products/D000.P?tab=assets")
    [form] = [one for one in browser.page.forms if "tab" in one["fields"]]
    assert form["action"] == "/products/D000.P" and form["fields"]["tab"] == "assets" and form["method"] == "get"
    page = browser.visit("/products/D000.P?tab=assets&q=T50")
    assert {link.rsplit(".", 1)[1] for link in names(page, "tables")} == {"t500", "t501", "t502"}
    first = browser.visit("/products/D000.P?tab=assets&q=wide+T")
    following = next(link for link in first.links if "from=100" in link)
    assert "q=wide+T" in following or "q=wide%20T" in following, following
    page = browser.visit("/products/D000.P?tab=assets&q=no+such")
    assert "Nothing here is called so." in page.text and "/products/D000.P?tab=assets" in page.links
    assert "has no assets yet" not in page.text


def test_policies_and_who_may_look_at_them(browser, house):
    first = browser.visit("/admin/policies")
    assert f"Zpolicy{POLICIES - 1:03}" not in first.text
    more = next(link for link in first.links if "after=" in link)
    assert f"Zpolicy{POLICIES - 1:03}" in browser.visit(more).text
    Browser(house).sign_in(house.new_user("nosy")).visit(more.split("#")[0], expect=403)


@pytest.mark.parametrize("lack", ["owner", "description", "term"])
def test_what_a_domain_lacks_leads_to_it(browser, house, lack):
    page = browser.visit("/domains/D001")
    gap = next(link for link in page.links if link.startswith("/search?") and f"has%3A{lack}" in link)
    until_found(house)
    found = browser.visit(gap)
    assert "/products/D001.P" in found.links and "/products/D002.P" not in found.links, gap


@pytest.mark.parametrize("look", LOOKS)
def test_how_it_looks(chromium, house, look):
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    sign_in(page, house, house.admin)
    wrong = []
    for name, at in (("cut-products", "/products"), ("cut-new", "/products?edit=product"), ("cut-domain", "/domains/D001")):
        page.goto(house.url + at)
        wrong += judged(page, name)
    context.close()
    assert not wrong, wrong
