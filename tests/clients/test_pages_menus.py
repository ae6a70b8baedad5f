"""Menus that open over a page: whoever hits one of their entries hits that, and nothing that stands below."""

from urllib.parse import quote

import pytest

from pages_browser import LOOKS, pictured, sign_in

#: The entries of an open menu that are covered, each with what covers it.
COVERED = """links => links.map(link => {
  link.scrollIntoView({block: "center"});
  const {left, top, width, height} = link.getBoundingClientRect();
  const points = [[left + width / 2, top + height / 2], [left + 3, top + height - 3], [left + width - 3, top + 3]];
  const met = points.map(([x, y]) => document.elementFromPoint(x, y)).find(one => !link.contains(one));
  return met === undefined ? null : link.textContent + " under " + (met?.outerHTML.slice(0, 120) ?? "nothing");
}).filter(Boolean)"""
TABS = ("overview", "assets", "lineage", "model", "ask", "access", "activity", "use")


@pytest.fixture(scope="module")
def at(om, fresh_name, sales_tables) -> dict[str, str]:
    """A product with assets, and one of them."""
    domain = om.post("/domains", {"name": fresh_name("Menus"), "domainType": "Aggregate", "description": "d"})
    product = om.post("/dataProducts", {"name": fresh_name("Menu"), "description": "d", "domains": [domain["fullyQualifiedName"]]})
    fqn = quote(product["fullyQualifiedName"], safe="")
    assets = [{"id": table["id"], "type": "table"} for table in sales_tables.values()]
    om.call("PUT", f"/dataProducts/{fqn}/assets/add", {"assets": assets}, expect=200)
    return {"product": f"/products/{fqn}", "table": "/tables/" + quote(sales_tables["orders"]["fullyQualifiedName"], safe="")}


@pytest.mark.parametrize("look", LOOKS)
def test_an_open_menu_lies_over_the_page(chromium, server, admin, at, look):
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    sign_in(page, server, admin)
    addresses = [f"{at['product']}?tab={tab}" for tab in TABS] + [at["table"], at["table"] + "?tab=lineage"]
    wrong = []
    for address in addresses:
        for menu in (".edits", ".account"):
            page.goto(server.url + address)
            page.click(f"details{menu} > summary")
            entries = page.locator(f"details{menu} .drop :is(a, button)")
            assert entries.count() >= (1 if menu == ".edits" else 4), (address, menu)
            if menu == ".edits" and "assets" in address:
                pictured(page, "menu", full_page=False)
            wrong += [f"{address} {menu}: {one}" for one in entries.evaluate_all(COVERED)]
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            left = page.locator(f"details{menu} .drop").bounding_box()["x"]
            if over > 0 or left < 0:
                wrong.append(f"{address} {menu}: {over} pixels too wide, begins at {left}")
    context.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("look", LOOKS)
def test_what_is_suggested_lies_over_the_page(chromium, server, admin, at, look):
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + at["product"] + "?tab=assets")
    page.locator("#q").press_sequentially("orders")
    page.get_by_role("option", name="All results for orders", exact=True).wait_for()
    assert page.locator(".suggest [role=option]").evaluate_all(COVERED) == []
    context.close()


def test_what_does_away_with_a_product_stands_apart_in_the_menu(chromium, server, admin, at):
    context = chromium.new_context(**LOOKS["wide"])
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + at["product"])
    page.click("details.edits > summary")
    apart = page.locator("details.edits .drop .apart")
    assert apart.count() == 1 and "edit=delete" in apart.get_attribute("href")
    entries = page.locator("details.edits .drop a")
    assert entries.last.get_attribute("href") == apart.get_attribute("href"), "it is the last one"
    line, color = apart.evaluate("link => [getComputedStyle(link).borderTopWidth, getComputedStyle(link).color]")
    assert line == "1px" and color != entries.first.evaluate("link => getComputedStyle(link).color")
    page.goto(server.url + at["table"])
    assert page.locator("details.edits .apart").count() == 0
    context.close()


@pytest.mark.parametrize("script", [True, False])
def test_a_long_menu_of_edits_stands_in_groups(chromium, server, admin, at, script):
    context = chromium.new_context(java_script_enabled=script, **LOOKS["phone"])
    page = context.new_page()
    sign_in(page, server, admin)
    for address in (at["product"], at["table"], f"/people/{quote(admin.name)}"):
        page.goto(server.url + address)
        page.click("details.edits > summary")
        entries, headings = page.locator(".edits .drop a").count(), page.locator(".edits .heading").count()
        assert (headings > 0) == (entries > 6), (address, entries, headings)
    page.goto(server.url + at["product"])
    page.click("details.edits > summary")
    menu = page.locator("details.edits")
    assert menu.locator(".heading").all_inner_texts() == ["Describe", "People", "State", "Contents"]
    for group, entry in (("Describe", "Details"), ("People", "Who can see it"), ("State", "Contract"), ("Contents", "Add or remove assets")):
        of_group = menu.get_by_role("group", name=group, exact=True)
        assert of_group.get_by_role("link", name=entry, exact=True).count() == 1, group
    assert page.locator(".edits .drop > .apart").count() == 1, "what does away with it is in no group"
    context.close()


def test_what_is_chosen_in_the_menu_of_the_account_is_seen(chromium, server, admin):
    context = chromium.new_context(**LOOKS["wide"])
    page = context.new_page()
    sign_in(page, server, admin)
    page.click("details.account > summary")
    look = "button => [getComputedStyle(button).backgroundColor, getComputedStyle(button).borderTopWidth]"
    chosen = page.locator(".account .segments [aria-pressed=true]").first.evaluate(look)
    other = page.locator(".account .segments button:not([aria-pressed])").first.evaluate(look)
    assert chosen[0] != other[0] and chosen[1] == other[1] == "0px", "one frame around all, and one of them filled"
    context.close()
