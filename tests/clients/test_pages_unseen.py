"""Names that differ by characters which nobody sees: wherever they are shown, they can be told apart."""

from urllib.parse import quote

from pages_browser import WIDE, sign_in
from pages_door import Browser

#: Unicode's Default_Ignorable_Code_Point knows them, of each sort one.
UNSEEN = "\u200b\u200c\u200d\u061c\u034f\u3164\u180e\ufe0f\u2066\u115f\ufeff\u00ad"
#: What people write with them.
WRITTEN = ("می\u200cخواهم", "क्\u200dष", "👩\u200d🔬 Lab", "❤\ufe0f Health")


def test_what_is_not_seen_is_seen_in_names(browser, om, chromium, server, admin, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("Unseen"), "domainType": "Aggregate", "description": "d"})["fullyQualifiedName"]
    plain = fresh_name("Customer 360")
    products = {}
    for one in ("", *UNSEEN):
        name = f"{plain[:8]}{one}{plain[8:]}"
        products[one] = om.post("/dataProducts", {"name": fresh_name("p"), "displayName": name, "description": "d", "domains": [domain]})
    of_domain = browser.visit(f"/domains/{quote(domain, safe='')}?tab=products")
    for one, product in products.items():
        at = f"/products/{quote(product['fullyQualifiedName'], safe='')}"
        page = browser.visit(at)
        assert page.title.startswith(plain if not one else f"{plain[:8]}\ufffd{plain[8:]}"), hex(ord(one or " "))
        assert not set(UNSEEN) & set(page.text), hex(ord(one or " "))
    assert of_domain.text.count(f"{plain[:8]}\ufffd{plain[8:]}") >= len(UNSEEN)
    # What marks them takes room: nobody reads the one for the other.
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    widths = []
    for one in ("", "\u200b"):
        page.goto(f"{server.url}/products/{quote(products[one]['fullyQualifiedName'], safe='')}")
        widths.append(page.locator("h1 bdi").bounding_box()["width"])
    assert widths[1] > widths[0] + 5
    context.close()


def test_words_and_emoji_are_shown_as_they_are_written(browser, om, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("Written"), "domainType": "Aggregate", "description": "d"})["fullyQualifiedName"]
    for name in WRITTEN:
        product = om.post("/dataProducts", {"name": fresh_name("p"), "displayName": name, "description": "d", "domains": [domain]})
        page = Browser.visit(browser, f"/products/{quote(product['fullyQualifiedName'], safe='')}")
        assert page.title.startswith(name + " ·"), page.title
