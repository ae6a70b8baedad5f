"""The picture of lineage in a real browser: where it begins, how one goes about in it, and all of it without a script."""

import re

import pytest

from pages_browser import LOOKS, WIDE, judged, sign_in
from pages_door import Browser
from tables_world import at, flows, holding


@pytest.fixture(scope="module")
def seen(om, chain, make_table, fresh_name) -> dict[str, str]:
    product = holding(om, fresh_name, "In the middle", chain[4], chain[5])
    holding(om, fresh_name, "Before", chain[2], chain[3])
    beside = make_table("Beside")
    flows(om, chain[4], beside)
    return {
        "products": f"{product['at']}?tab=lineage", "tables": f"{product['at']}?tab=lineage&level=tables",
        "columns": f"{product['at']}?tab=lineage&level=columns", "schemas": f"{product['at']}?tab=lineage&level=schemas",
        "focus": at(chain[4], f"tab=lineage&focus={beside['id']}"),
    }  # fmt: skip


@pytest.mark.parametrize("look", LOOKS)
def test_the_picture_begins_at_what_the_page_is_about(chromium, server, admin, chain, seen, look):
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"the script failed: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    sign_in(page, server, admin)
    for name, address in seen.items():
        page.goto(server.url + address)
        wrong += judged(page, f"lineage {name}")
        own, place = page.locator(".lineage .own").first.bounding_box(), page.locator(".picture .scroll").bounding_box()
        if not (own["x"] >= place["x"] and own["x"] + own["width"] <= place["x"] + place["width"]):
            wrong.append(f"{name}: what the page is about is out of sight: {own} in {place}")
    context.close()
    assert not wrong, "\n".join(wrong)


def test_keys_and_buttons_lead_through_the_picture(chromium, server, admin, chain, seen):
    context = chromium.new_context(**LOOKS["phone"] | {"is_mobile": False})
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + seen["focus"])
    width = lambda: page.locator("svg.lineage").bounding_box()["width"]  # noqa: E731
    whole = width()
    page.get_by_role("button", name="Show all").click()
    assert width() <= page.locator(".picture .scroll").bounding_box()["width"] < whole
    page.get_by_role("button", name="Larger").click()
    page.get_by_role("button", name="Larger").click()
    page.locator(".lineage .own").focus()
    name = lambda: page.evaluate("document.activeElement.querySelector('title')?.textContent")  # noqa: E731
    assert name() == chain[4]["name"]
    page.keyboard.press("ArrowLeft")
    assert name() == chain[3]["name"]
    dim = page.locator(".lineage .node.dim title").all_text_contents()
    assert dim == [], "all of it is made of this one or this one of it"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    there = name()
    assert there != chain[4]["name"] and page.locator(".lineage .node.dim").count() >= 1, "what lies beside stands back"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert name() == there or page.evaluate("document.activeElement.matches('.node')")
    with page.expect_navigation(url=re.compile("/tables/")):
        page.keyboard.press("Enter")
    # With a mouse it is drawn about, and that is no click.
    page.goto(server.url + seen["focus"])
    place = page.locator(".picture .scroll")
    before, box = place.evaluate("place => place.scrollLeft"), page.locator(".lineage .own").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 20, steps=5)
    page.mouse.up()
    assert place.evaluate("place => place.scrollLeft") > before + 20 and "/tables/" in page.url and "tab=lineage" in page.url
    context.close()


@pytest.mark.parametrize("width", [1280, 375])
def test_what_narrows_a_large_lineage_stands_by_itself(chromium, server, admin, make_table, om, width):
    hub = make_table("Wide")
    for number in range(60):
        flows(om, hub, make_table(f"Leaf{number:02}"))
    context = chromium.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + at(hub, "tab=lineage"))
    wrong = judged(page, f"large lineage {width}")
    box = lambda found: found.bounding_box()  # noqa: E731
    levels, words, steps = page.locator(".levels nav"), page.get_by_label("Words of a name"), page.get_by_label("Steps each way")
    show, picture = page.locator(".levels").get_by_role("button", name="Show"), page.locator("#picture")
    label = page.locator("label[for=lineage-words]")
    assert label.is_visible() and box(label)["y"] >= box(levels)["y"] + box(levels)["height"] + 8, "it stands on no line"
    assert box(picture)["y"] >= box(show)["y"] + box(show)["height"]
    bottoms = {round(box(one)["y"] + box(one)["height"]) for one in (words, steps, show)}
    assert width < 400 or max(bottoms) - min(bottoms) <= 2, f"one row: {bottoms}"
    assert box(steps)["width"] < 400
    # By the keyboard: how it is drawn, what is looked for, how far, and then the picture.
    page.locator(".levels nav a").last.focus()
    order = []
    for _ in range(3):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert order == ["lineage-words", "lineage-steps", "Show"], order
    words.fill("leaf07")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=leaf07**")
    assert page.locator(".lineage title", has_text="Leaf07").count() >= 1 and page.get_by_label("Words of a name").input_value() == "leaf07"
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    context.close()
    assert not wrong, "\n".join(wrong)


def test_without_a_script_all_of_it_is_there(chromium, server, admin, chain, seen):
    context = chromium.new_context(java_script_enabled=False, **WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + seen["products"])
    page.locator(".lineage .unfold").first.click()
    assert page.get_by_text("With the assets of", exact=False).first.is_visible()
    page.get_by_role("link", name="columns", exact=True).click()
    assert page.locator(".lineage .detail").count() >= 8
    page.locator(".lineage .node").first.click()
    assert "/tables/" in page.url
    context.close()
    assert Browser(server).ask("GET", at(chain[0], "tab=lineage"), follow=False).status == 303
