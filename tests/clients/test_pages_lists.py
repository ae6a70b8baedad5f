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
