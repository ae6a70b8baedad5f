"""Tables and their past in a real browser: wide, on a phone and twice as large, looked at by axe; by keys, without a script."""

import re
import shutil

import pytest

from pages_browser import LOOKS, SCREENS, WIDE, judged, sign_in
from pages_door import HOSTILE
from tables_world import DAY, FIRST, MARKUP, ask_for, at, describe, flows, profile, restores


@pytest.fixture(scope="module")
def looked_at(browser, server, om, make_table, schema, fresh_name) -> dict[str, str]:
    """A table with all that its page can show; where to look, by what it is."""
    names = ["id", "mail", "region", "amount", "made at", "long_long_long_long_long_long_long_long_long_long_long_name"]
    columns = [{"name": name, "dataType": "DECIMAL", "dataTypeDisplay": "decimal(12,2)", "description": MARKUP if n == 1 else "What was paid."}
               for n, name in enumerate(names)]  # fmt: skip
    table = om.put("/tables", {"name": fresh_name("Looked at"), "databaseSchema": schema, "columns": columns, "description": MARKUP})
    for run in range(9):
        profile(om, table, FIRST + run * DAY, 1000 + 97 * run * (-1) ** run, *(
            {"name": name, "nullProportion": n / 7, "distinctCount": 13 ** n, "min": n, "max": HOSTILE if n == 2 else 10 ** n, "mean": n * 1.37}
            for n, name in enumerate(names[:5])
        ))  # fmt: skip
    text = "SELECT region, SUM(amount) FROM parcels WHERE region = 'north' GROUP BY region"
    ask_for(om, table, text, displayName="Sales by region", users=["admin"], queryDate=FIRST, duration=2.5, description="What was sold where.")
    wide = ",\n  ".join(f"column_number_{n}" for n in range(400))
    made = ask_for(om, table, f"SELECT {wide}\nFROM parcels", name="wide " + HOSTILE, usedBy=["nightly job", HOSTILE])
    before, after = make_table("Before"), make_table("After" + HOSTILE)
    flows(om, before, table, ("id", "id"))
    flows(om, table, after, ("mail", "mail"))
    describe(om, table, "/description", "What it is now.")
    describe(om, table, "/columns", columns[:1] + columns[2:])
    activity = browser.visit(at(table, "tab=activity"))
    holder = at(table)
    return {
        "columns": holder,
        "queries": at(table, "tab=queries"),
        "query": at(table, f"tab=queries&query={made['id']}"),
        "no queries": at(before, "tab=queries"),
        "lineage": at(table, "tab=lineage"),
        "access": at(table, "tab=access"),
        "activity": at(table, "tab=activity"),
        "compared": next(link for link in reversed(activity.links) if "from=" in link),
        "restore": restores(activity)[-1],
        "restore nothing": restores(activity)[0],
    }


ZOOMED = {"zoomed": {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2}}


@pytest.mark.parametrize("look", [*LOOKS, "zoomed"])
def test_pages_of_tables_are_for_everybody(chromium, server, admin, looked_at, look):
    context = chromium.new_context(**(LOOKS | ZOOMED)[look])
    page = context.new_page()
    wrong: list[str] = []
    page.on("dialog", lambda dialog: (wrong.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: wrong.append(f"the script failed: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda one: None if one.url.startswith(server.url) else wrong.append(f"asked for {one.url}"))
    sign_in(page, server, admin)
    for name, address in looked_at.items():
        assert page.goto(server.url + address).status == 200, name
        for summary in page.locator("main details.more summary").all():
            summary.click()
        wrong += judged(page, f"table {name} full")
    context.close()
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def test_a_picture_is_saved_as_pixels_by_the_script_and_as_lines_without(chromium, server, admin, looked_at, tmp_path):
    for script, name, begins in ((True, "Save as PNG", b"\x89PNG\r\n"), (True, "Save as SVG", b"<svg "), (False, "Save as SVG", b"<svg ")):
        context = chromium.new_context(java_script_enabled=script, **WIDE)
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.on("request", lambda one: None if one.url.startswith((server.url, "blob:" + server.url)) else said.append(one.url))
        sign_in(page, server, admin)
        page.goto(server.url + looked_at["lineage"])
        with page.expect_download() as waited:
            page.get_by_text(name, exact=True).click()
        kept = tmp_path / f"{script}-{name[-3:]}"
        waited.value.save_as(kept)
        assert kept.read_bytes().startswith(begins) and kept.stat().st_size > 1500, kept.read_bytes()[:200]
        assert waited.value.suggested_filename.endswith(f"-lineage.{name[-3:].lower()}")
        if name == "Save as PNG":
            shutil.copy(kept, SCREENS / "lineage-saved.png")
        assert said == []
        context.close()


def test_a_column_is_followed_to_where_it_comes_from(chromium, server, admin, om, make_table):
    origin = make_table("Origin", columns=[{"name": f"c {n}", "dataType": "INT"} for n in range(60)])
    result = make_table("Result")
    flows(om, origin, result, ("c 55", "mail"))
    context = chromium.new_context(**WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + at(result))
    page.get_by_role("link", name=f"{origin['name']}.c 55").click()
    page.wait_for_url(re.compile("#column-c%2055$"))
    row = page.locator("tr:target")
    assert row.count() == 1 and row.locator("th").first.inner_text().startswith("c 55")
    assert row.evaluate("e => { const r = e.getBoundingClientRect(); return r.top > 50 && r.bottom < innerHeight; }")
    page.get_by_role("link", name=f"{result['name']}.mail").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("#column-mail$"))
    context.close()


def test_a_version_comes_back_by_keys_alone_and_without_a_script(chromium, server, admin, om, make_table):
    table = make_table("Keys", description="First.")
    describe(om, table, "/description", "Second.")
    context = chromium.new_context(java_script_enabled=False, **WIDE)
    page = context.new_page()
    sign_in(page, server, admin)
    page.goto(server.url + at(table, "tab=activity"))

    def reach(text: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            # To readers of screens a link says which state it is about, too.
            if page.evaluate("document.activeElement.textContent.trim()").startswith(text):
                return
        raise AssertionError(f"no key leads to {text}")

    reach("restore this version")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("edit=restore"))
    reach("Restore")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("done=restored"))
    assert page.get_by_role("status").inner_text() == "Restored."
    assert om.get(f"/tables/{table['id']}")["description"] == "First."
    context.close()
