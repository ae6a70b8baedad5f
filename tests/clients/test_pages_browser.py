"""The pages in a real browser: every page wide and on a phone, light and dark, looked at by axe; and what keys do."""

import json
import re
from urllib.parse import quote

import pytest

from emporion_server import WebKit
from every_page import world  # noqa: F401
from pages_browser import LOOKS, SCREENS, WIDE, findings, in_scheme, judged, sign_in, too_wide

#: How far what was seen of a page has moved since, as browsers count it, and what moved.
MOVED = """() => new Promise((done) => {
  let far = 0, what = [];
  new PerformanceObserver((list) => list.getEntries().forEach((one) => {
    far += one.value;
    what.push(...one.sources.map((from) => from.node?.nodeName + "." + from.node?.className + " " + from.node?.textContent?.trim().slice(0, 40)));
  })).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => done([far, what.slice(0, 4)])));
})"""


#: Bytes of a page, as it is sent.
HEAVIEST = 20_000
#: Wide always; on a phone the same pages, of the same server, only where pages may have changed.
LOOKED = [pytest.param(look, marks=pytest.mark.look_again if look == "phone" else ()) for look in LOOKS]


@pytest.mark.parametrize("look", LOOKED)
def test_every_page_is_for_everybody(chromium, server, admin, world, look):
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    wrong: list[str] = []
    page.on("dialog", lambda dialog: (wrong.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: wrong.append(f"the script failed: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" and "404" not in said.text else None)
    page.on("request", lambda one: None if one.url.startswith(server.url) else wrong.append(f"asked for {one.url}"))
    page.goto(server.url + "/login")
    wrong += judged(page, "login")
    sign_in(page, server, admin)

    table = {}
    for name, address in world.items():
        answer = page.goto(server.url + address)
        assert answer.status == (404 if name == "not found" else 200), (name, answer.status)
        size = answer.request.sizes()["responseBodySize"]
        far, what = page.evaluate(MOVED)
        found = judged(page, name)
        table[name] = {"found": len(found), "bytes": size, "moves by": far}
        wrong += [f"{name}: {size} bytes"] if size > HEAVIEST else []
        wrong += [f"{name}: what is seen moves by {far}: {what}"] if far > 0.01 else []
        wrong += found
    (SCREENS / f"pages-{look}.json").write_text(json.dumps(table, indent=2))
    # What was just made is shown once.
    for name, button in (("token", "make"), ("key", "key")):
        page.goto(server.url + "/account")
        page.click(f"main button[value={button}]")
        page.locator("main [role=status] code").first.wait_for()
        wrong += judged(page, f"account new {name}")
    context.close()
    assert not wrong, "\n".join(dict.fromkeys(wrong))


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """The kit of components."""
    made = WebKit(tmp_path_factory.mktemp("workshop"))
    yield made
    assert made.stop() == 0, made.log_tail()


@pytest.mark.parametrize("look", LOOKED)
def test_what_pages_are_made_of_is_for_everybody(chromium, workshop, look):
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"the script failed: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda one: None if one.url.startswith(workshop.url) else wrong.append(f"asked for {one.url}"))
    sign_in(page, workshop, workshop.admin)
    # As the system wishes it, and as somebody chose it against that: the same page in other colours.
    for theme, other in ((None, None), ("light", "dark"), ("dark", "light")):
        answer = page.goto(workshop.url + "/_kit" + (f"?theme={theme}" if theme else ""))
        assert answer.status == 200 and page.locator("main section[id^=part-]").count() > 40
        elements = page.evaluate("[...document.querySelectorAll('*')].map(({ tagName, className }) => [tagName, `${className}`])")
        if theme is None:
            made_of = elements
            wrong += judged(page, "kit")
        else:
            assert elements == made_of
            in_scheme(page, other)
            wrong += [f"kit {theme}: {one}" for one in findings(page, "color-contrast")]
    context.close()
    assert not wrong, "\n".join(dict.fromkeys(wrong))


BEYOND = """[...document.querySelectorAll('svg.plot.lying')].flatMap(plot => {
    const place = plot.closest('.scroll').getBoundingClientRect();
    const isBeyond = ({ left, right }) => left < place.left - 1 || right > place.right + 1;
    return [...plot.querySelectorAll('text')].filter(e => isBeyond(e.getBoundingClientRect())).map(e => e.textContent);
})"""


@pytest.mark.parametrize("width", [390, 320])
def test_names_and_figures_of_bars_are_read_on_a_phone(chromium, workshop, width):
    context = chromium.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    sign_in(page, workshop, workshop.admin)
    page.goto(workshop.url + "/_kit")
    assert page.locator("svg.plot.lying").count() >= 4
    for figure in ("1,234,567,890 EUR", "-1,234,567,890 EUR"):
        assert page.locator("svg.plot.lying").get_by_text(figure, exact=True).count() == 1, figure
    assert page.evaluate(BEYOND) == []
    context.close()


SEEN = """selector => { const chosen = document.querySelector(selector + ' [aria-current]').getBoundingClientRect();
                       return chosen.left >= 0 && chosen.right <= innerWidth; }"""


def test_a_phone_shows_tables_as_cells_below_one_another(chromium, server, admin, world):
    context = chromium.new_context(**LOOKS["phone"])
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + world["table"])
    table = page.get_by_role("table").first
    below = "([a, b]) => b.getBoundingClientRect().top >= a.getBoundingClientRect().bottom - 1"
    assert page.evaluate(f"({below})([...document.querySelector('table.grid tbody tr').cells].slice(0, 2))")
    assert table.get_by_role("columnheader").count() >= 3 and table.get_by_role("rowheader").count() >= 2, "still a table"
    headings = page.evaluate("[...document.querySelector('table.grid tbody tr').cells].map(cell => cell.dataset.heading)")
    assert headings[:3] == ["Name", "Description", "Type"]
    first = page.locator("table.grid tbody td").first
    assert first.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Description"'
    assert page.evaluate("[...document.querySelectorAll('.scroll')].every(box => box.scrollWidth <= box.clientWidth)")
    for tab in ("access", "use"):
        page.goto(server.url + world[f"product {tab}"])
        assert page.evaluate(SEEN, ".tabs"), tab
    context.close()
    without = chromium.new_context(**LOOKS["phone"], java_script_enabled=False, storage_state=None)
    page = without.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + world["table"])
    assert page.get_by_role("table").first.get_by_role("columnheader").first.is_visible(), "without a script it is a plain table"
    assert not page.locator(".side").is_visible() and not page.locator(".drawer a").first.is_visible()
    page.locator(".drawer summary").tap()
    for name in ("Products", "People", "Administration"):
        box = page.locator(".drawer").get_by_role("link", name=name).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] >= 24, name
    page.locator(".drawer").get_by_role("link", name="Administration").tap()
    page.wait_for_url(re.compile("/admin$"))
    page.goto(server.url + "/search?q=kind:table")
    assert not page.locator(".filters").is_visible(), "what narrows it down is folded"
    page.get_by_role("link", name="Narrow it down").tap()
    facets, hits = (page.locator(one).bounding_box()["y"] for one in (".filters", ".hits"))
    assert facets < hits, "and opens above what was found"
    without.close()


def test_a_phone_says_once_what_a_button_does(chromium, server, admin, world, fresh_name):
    context = chromium.new_context(**LOOKS["phone"])
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + world["product access"])
    page.fill("#who", server.new_user(fresh_name("shown")).name)
    page.click("button:has-text('Give access')")
    page.get_by_role("status").wait_for()
    for path in (world["product access"], "/admin/tokens"):
        page.goto(server.url + path)
        cell = page.locator("table.grid tbody td", has=page.locator("a.button, button")).first
        assert cell.inner_text().strip() and cell.evaluate("cell => getComputedStyle(cell, '::before').content") == "none", path
        empty = page.evaluate("[...document.querySelectorAll('table.grid tbody td')].filter(cell => !cell.textContent.trim() && cell.offsetHeight > 0).length")
        assert empty == 0, "no heading without anything below it"
    context.close()


SCROLLED = """[...document.querySelectorAll('.tabs')]
    .filter(row => row.scrollWidth > row.clientWidth || getComputedStyle(row).scrollbarWidth !== 'none').map(row => row.className)"""


def test_twice_as_large_nothing_scrolls_sideways(chromium, server, admin, world):
    context = chromium.new_context(viewport={"width": 640, "height": 450}, device_scale_factor=2)
    page = context.new_page()
    page.goto(server.url + "/login")
    wrong = [f"login: {one}" for one in too_wide(page)]
    sign_in(page, server, admin)
    for name, address in world.items():
        page.goto(server.url + address)
        wrong += [f"{name}: {one}" for one in too_wide(page)]
        wrong += [f"{name}: tabs {one}" for one in page.evaluate(SCROLLED)]
        if name not in ("home", "product use", "table", "admin"):
            continue
        boxes = [box.bounding_box() for box in page.locator(".top > :visible").all()]
        for at, one in enumerate(boxes):
            for other in boxes[at + 1 :]:
                apart = one["x"] + one["width"] <= other["x"] + 1 or other["x"] + other["width"] <= one["x"] + 1
                below = one["y"] + one["height"] <= other["y"] + 1 or other["y"] + other["height"] <= one["y"] + 1
                assert apart or below, (name, one, other)
        assert not findings(page), name
    context.close()
    assert not wrong, "\n".join(wrong)


def test_arrows_go_through_what_was_found_and_what_was_done_is_said_once(chromium, server, admin, world):
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + "/search?q=kind:table")
    hits = page.locator(".hits h2 a")
    hits.nth(0).focus()
    for at in (1, 2, 1):
        page.keyboard.press("ArrowUp" if page.evaluate("document.activeElement.href") == hits.nth(2).evaluate("a => a.href") else "ArrowDown")
        assert hits.nth(at).evaluate("link => link === document.activeElement"), "from name to name, past owners and domains"
    page.goto(f"{server.url}{world['product']}?done=saved&tab=assets")
    assert page.locator(".notice").is_visible() and page.url == f"{server.url}{world['product']}?tab=assets"
    page.reload()
    assert page.locator(".notice").count() == 0
    context.close()


def test_names_are_not_broken_within_their_words(chromium, server, admin):
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    for path in ("/admin/audit", "/admin/audit/reads", "/admin/tokens", "/admin/users"):
        page.goto(server.url + path)
        assert page.locator(".grid .person bdi").count(), path
        broken = page.evaluate("""[...document.querySelectorAll('.grid .person bdi')]
            .filter((name) => !name.textContent.includes(' ') && name.getClientRects().length > 1).map((name) => name.textContent)""")
        assert not broken, (path, broken)
    context.close()


def test_keys_lead_everywhere(chromium, server, admin):
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("gh?/")
    assert page.input_value("#q") == "gh?/", "what is typed is typed"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url(re.compile("/domains$"))
    for letter, place in (("r", "requests"), ("a", "admin")):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        page.wait_for_url(re.compile(f"/{place}$"))
    page.locator(".account summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".account .drop").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".account .drop").is_visible()
    context.close()


def test_forms_begin_in_their_first_field_and_say_where_they_are(chromium, server, admin, world):
    for script in (True, False):
        context = chromium.new_context(java_script_enabled=script, **WIDE)
        page = context.new_page()
        sign_in(page, server, admin)
        for name, field, section in (("product", "description", "Products"), ("product", "owners", "Products"), ("table", "description", "Sources")):
            page.goto(f"{server.url}{world[name].split('?')[0]}?edit={field}")
            # Where it begins is found when the page was laid out, which may be after it was loaded.
            page.wait_for_function("document.activeElement.closest('form') !== null", timeout=10_000)
            assert page.evaluate("document.activeElement.closest('form').className") == "stack form", (name, field)
            assert page.locator(".side [aria-current]").inner_text() == section
        context.close()


def test_what_was_done_is_said_once(chromium, server, admin, om, fresh_name):
    domain = om.post("/domains", {"name": fresh_name("Once"), "domainType": "Aggregate", "description": "d"})["name"]
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(f"{server.url}/domains/{quote(domain)}?edit=description")
    page.keyboard.type("What it is. ")
    page.click("main button.primary")
    assert page.get_by_role("status").inner_text() == "Saved."
    assert page.url == f"{server.url}/domains/{quote(domain)}"
    page.reload()
    assert page.get_by_role("status").count() == 0
    context.close()


def test_people_are_suggested_without_the_marks_of_their_letters(chromium, server, admin, om, browser, world, fresh_name):
    name = fresh_name("p").lower()
    family = fresh_name("Núñez")
    om.post("/users", {"name": name, "email": f"{name}@example.com", "displayName": f"José {family}"})
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(f"{server.url}{world['product'].split('?')[0]}?edit=owners")
    said = page.locator(f"datalist option[value='{name}']").inner_text()
    assert f"José {family}" in said and "Jose Nunez" in said
    page.goto(f"{server.url}/people?q={quote('jose ' + family.replace('Núñez', 'nunez'))}")
    for _ in range(20):
        if page.locator("main .person").count():
            break
        page.reload()
    assert [one.strip() for one in page.locator("main .person bdi").all_inner_texts()] == [f"José {family}"]
    context.close()


def test_arrows_lead_through_what_was_found(chromium, server, admin, om, fresh_name):
    stem = fresh_name("arrowed").lower()
    domain = om.post("/domains", {"name": fresh_name("Found"), "domainType": "Aggregate", "description": "d"})["name"]
    for number in range(3):
        om.post("/dataProducts", {"name": f"{stem}x{number}", "description": "d", "domains": [domain]})
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    for _ in range(20):
        page.goto(f"{server.url}/search?q={stem}*&sort=name")
        if page.locator(".hits > li").count() == 3:
            break
    page.locator("#q").focus()
    focused = "document.activeElement.textContent.trim()"
    seen = []
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
        seen.append(page.evaluate(focused))
    assert seen == [f"{stem}x{number}" for number in (0, 1, 2, 1)]
    # From nowhere in particular, too; where somebody types, arrows are his.
    page.goto(f"{server.url}/search?q={stem}*&sort=name")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement === document.body")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == f"{stem}x0"
    page.locator("#main").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == f"{stem}x0"
    page.locator("summary", has_text="Save this search").first.click()
    page.locator("#save-as").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == "save-as"
    page.locator(".hits h2 a").nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/products/"))
    context.close()


def test_what_stands_below_something_is_indented(chromium, server, admin, om, fresh_name):
    above = om.post("/domains", {"name": fresh_name("Above"), "domainType": "Aggregate", "description": ""})
    om.post("/domains", {"name": fresh_name("Below"), "domainType": "Aggregate", "description": "", "parent": above["fullyQualifiedName"]})
    glossary = om.post("/glossaries", {"name": fresh_name("Nested"), "description": ""})
    term = om.post("/glossaryTerms", {"name": fresh_name("Above"), "glossary": glossary["name"], "description": ""})
    om.post("/glossaryTerms", {"name": fresh_name("Below"), "glossary": glossary["name"], "parent": term["fullyQualifiedName"], "description": ""})
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    for path in ("/domains", f"/glossary/{glossary['name']}"):
        page.goto(server.url + path)
        upper, lower = (page.locator(f"main .depth-{depth} a").first.bounding_box()["x"] for depth in (0, 1))
        assert lower > upper + 10, path
    context.close()


def test_without_a_script_somebody_describes_a_product(chromium, server, admin, world):
    context = chromium.new_context(java_script_enabled=False, **WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + world["product"])
    page.click(".edits summary")
    page.click(".edits a[href$='edit=details']")
    page.fill("#display_name", "Shown without a script")
    page.click("main button.primary")
    assert page.locator("[role=status]").count() == 1
    assert page.locator("h1").inner_text() == "Shown without a script"
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_typed_outlives_a_session_that_another_tab_has_ended(chromium, server, om, world, fresh_name, scripts):
    user = server.new_user(fresh_name("tabs"), "--admin")
    context = chromium.new_context(java_script_enabled=scripts, **WIDE)
    page, other = context.new_page(), context.new_page()
    sign_in(page, server, user)
    page.goto(f"{server.url}{world['product']}?edit=description")
    page.fill("#value", f"Typed for long, {scripts}")
    other.goto(server.url + "/logout")
    other.click("main button")
    other.wait_for_url(re.compile("/login"))
    assert not [one for one in context.cookies() if one["name"] == "emporion_session"]
    page.click("main button.primary")
    page.get_by_role("alert").wait_for()
    assert "what you typed is kept" in page.get_by_role("alert").inner_text() and not findings_of(page, scripts)
    page.fill("#username", user.name)
    page.fill("#password", user.password)
    page.click("button.primary")
    page.get_by_text(f"Typed for long, {scripts}").wait_for()
    assert not findings_of(page, scripts)
    page.click("button.primary")
    page.wait_for_url(re.compile(re.escape(world["product"])))
    page.goto(f"{server.url}{world['product']}?edit=description")
    assert page.input_value("#value") == f"Typed for long, {scripts}"
    context.close()


def findings_of(page, scripts: bool) -> list[str]:
    """Axe is a script itself."""
    return findings(page) if scripts else []
