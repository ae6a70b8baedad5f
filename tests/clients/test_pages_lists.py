"""Long lists: all of them is on some page, in the order of the tree."""

import re

from emporion_server import Server
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser


def test_every_domain_is_on_some_page_of_the_list_in_the_order_of_the_tree(tmp_path):
    server = Server(tmp_path).start()
    try:
        om = OpenMetadataDoor(server, server.admin.token)
        for n in range(105):
            om.post("/domains", {"name": f"D{n:03}", "domainType": "Aggregate", "description": "d"})
        om.post("/domains", {"name": "Zulu", "domainType": "Aggregate", "description": "d", "parent": "D000"})
        om.post("/glossaries", {"name": "Words", "description": "d"})
        for n in range(205):
            om.post("/glossaryTerms", {"name": f"T{n:03}", "glossary": "Words", "description": "d"})
        person = Browser(server).sign_in(server.admin)
        for path, folder, size, wanted in (("/domains", "domains", 100, 106), ("/glossary/Words", "terms", 100, 205)):
            found, pages, address = [], 0, path
            while address:
                page = person.visit(address)
                found += re.findall(rf'<a (?:class="link" )?href="/{folder}/([^"?]+)"', page.source.split("<main")[1])
                address = next((given["href"] for tag, given in page.tags if tag == "a" and given.get("rel") == "next"), None)
                pages += 1
            listed = list(dict.fromkeys(one for one in found if one != "default"))
            assert pages == -(-wanted // size) and len(listed) == wanted and listed == sorted(listed), (path, pages, len(listed))
    finally:
        assert server.stop() == 0


def test_a_schema_of_a_thousand_tables_is_narrowed_to_words(browser, server, om, schema, fresh_name):
    rows = [{"name": f"{'fact' if n % 100 == 7 else 'stage'}_{n:04}", "databaseSchema": schema, "columns": [
        {"name": "id", "dataType": "INT"}]} for n in range(1_000)]  # fmt: skip
    assert om.call("PUT", "/tables/bulk", rows, expect=200).json()["numberOfRowsPassed"] == 1_000
    at = f"/schemas/{schema}"
    form = browser.visit(at).form(at)
    assert "1,000 tables" in browser.page.text and browser.page.source.count("/tables/") >= 100
    browser.visit(f"{at}?q=fact")
    found = re.findall(r'href="/tables/[^"?]*\.(\w+)"', browser.page.source.split("<main")[1])
    assert sorted(set(found)) == [f"fact_{n:04}" for n in range(7, 1_000, 100)] and form is not None
    first = browser.visit(f"{at}?q=stage")
    address = next(given["href"] for tag, given in first.tags if tag == "a" and given.get("rel") == "next")
    assert "q=stage" in address and "fact_" not in browser.visit(address).source
    assert "Nothing here is called so" in browser.visit(f"{at}?q=nowhere").text
    outsider = Browser(server).sign_in(server.new_user(fresh_name("outsider")))
    assert "1,000 tables" in outsider.visit(at).text
