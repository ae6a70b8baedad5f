"""What people take away, follow and change, in Chromium with scripts switched off, on a phone and on a wide screen."""

import csv
import io
import re
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from chat_world import Shop
from openmetadata_door import OpenMetadataDoor
from pages_browser import LOOKS, sign_in, too_wide

MASKED = "customers.region: first letters only"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("no-script")).open_pages()
    made.om = OpenMetadataDoor(made.server, made.server.admin.token)
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


@pytest.fixture(params=LOOKS)
def look(request) -> str:
    return request.param


@pytest.fixture
def page(chromium, shop, look) -> Page:
    """The administrator's, with scripts switched off; at its end no page was wider than its window."""
    context = chromium.new_context(java_script_enabled=False, **LOOKS[look])
    page, wide = context.new_page(), []
    page.on("load", lambda: wide.extend(f"{page.url}: {one}" for one in too_wide(page)))
    sign_in(page, shop.server, shop.server.admin)
    yield page
    context.close()
    assert not wide, "\n".join(wide)


def ask(shop, page: Page, question: str) -> None:
    page.goto(f"{shop.server.url}{shop.at}?tab=ask")
    page.locator("main form textarea, main form input[name=question]").first.fill(question)
    page.locator("main form[action$='/ask'] button.primary").first.click()
    page.wait_for_url(re.compile("thread="))


def downloaded(page: Page, link: str) -> Path:
    with page.expect_download() as waited:
        page.get_by_role("link", name=link, exact=True).click()
    return Path(waited.value.path())


def test_a_question_is_followed_and_it_is_chosen_what_is_told(shop, page):
    ask(shop, page, "turnover")
    page.locator("summary", has_text="Follow this question").click()
    page.get_by_label("Tell me when the answer is").select_option(label="below the threshold")
    page.get_by_label("Threshold", exact=True).fill("12")
    page.get_by_role("button", name="Follow", exact=True).last.click()
    page.wait_for_url(re.compile("/following"))
    expect(page.locator("section[aria-labelledby=questions]")).to_contain_text("turnover")
    expect(page.locator("section[aria-labelledby=questions]")).to_contain_text("below 12")
    topic = page.get_by_label("Answers to questions that you follow: In your inbox")
    before = topic.is_checked()
    topic.set_checked(not before)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert page.get_by_label("Answers to questions that you follow: In your inbox").is_checked() != before
    page.get_by_role("button", name="Stop following turnover").click()
    expect(page.locator("section[aria-labelledby=questions]")).to_have_count(0)


def test_a_column_is_masked_from_a_person_and_from_a_role(shop, page, look):
    who = shop.server.new_user(f"masked-{look}")
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": who.id, "role": "viewer"}]})
    users = f"{shop.path}/users"
    of_role = re.compile("masked from everybody with the role viewer")
    for link in (re.compile(f"rows and columns {who.name} can read"), of_role):
        page.goto(f"{shop.server.url}{shop.at}?tab=access")
        page.get_by_role("link", name=link).click()
        page.locator("summary", has_text="customers").click()
        page.locator("li", has=page.get_by_text("region", exact=True)).locator("select").last.select_option(label="first letters only")
        page.get_by_role("button", name=re.compile("^Preview")).click()
        expect(page.locator("main [role=status]")).to_contain_text(f"{MASKED} (")
        assert "roleMasks" not in shop.bob.get(users), "nothing is saved yet"
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("Saved")
        expect(page.locator("main")).to_contain_text(MASKED)
    told = shop.bob.get(users)
    masks = {"customers": {"region": "firstLetters"}}
    assert told["roleMasks"] == {"viewer": masks} and next(one["columnMasks"] for one in told["users"] if one["userId"] == who.id) == masks
    page.get_by_role("link", name=of_role).click()
    expect(page.locator("li", has=page.get_by_text("region", exact=True)).last).to_be_visible()
    page.locator("li", has=page.get_by_text("region", exact=True)).locator("select").last.select_option(label="as it is")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert "roleMasks" not in shop.bob.get(users)


def test_an_answer_leaves_as_files_and_rows_are_looked_at(shop, page):
    ask(shop, page, "turnover per area in 2026")
    rows = [["EU", 180], ["US", 90], ["APAC", 10]]
    lines = list(csv.reader(io.StringIO(downloaded(page, "CSV").read_text("utf-8-sig"))))
    assert lines[1:] == [[region, str(figure)] for region, figure in rows]
    book = openpyxl.load_workbook(io.BytesIO(downloaded(page, "Excel").read_bytes())).active
    assert [list(row) for row in book.iter_rows(values_only=True)][1:] == rows
    page.goto(f"{shop.server.url}{shop.at}?tab=assets")
    page.get_by_role("link", name="Look at rows: customers").click()
    expect(page.locator("main table")).to_contain_text("Bavaria")
    assert page.locator("main table tbody tr").count() == 4


def test_a_rule_is_changed_with_what_it_changes_said_before(shop, page, look):
    bearer = shop.server.new_user(f"bearer-{look}")
    rule = {"name": "describe", "effect": "allow", "operations": ["EditDescription"], "resources": ["table"]}
    policy = shop.om.post("/policies", {"name": f"Describing-{look}", "rules": [rule]})
    role = shop.om.post("/roles", {"name": f"Describers-{look}", "policies": [policy["name"]]})
    shop.om.patch(f"/users/{bearer.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    page.goto(f"{shop.server.url}/admin/policies?policy={policy['name']}")
    page.locator("#effect-0").select_option("deny")
    page.fill("#who", bearer.name)
    page.locator("#kind").select_option("table")
    page.fill("#what", "shop.shop.main.orders")
    page.locator("button[value=check]").click()
    effects = page.locator("section[aria-labelledby=effects]")
    expect(effects).to_contain_text(bearer.name)
    expect(effects).to_contain_text("may then no more: edit the description")
    now = lambda: shop.om.get(f"/policies/{policy['id']}")["rules"][0]["effect"]  # noqa: E731
    assert now() == "allow", "checked is not saved"
    page.locator("button[value=save]").click()
    page.wait_for_url(re.compile("done="))
    assert now() == "deny"


def test_what_somebody_owned_who_can_no_longer_sign_in_is_handed_over(shop, page, look):
    goer, heir = shop.server.new_user(f"goer-{look}"), shop.server.new_user(f"heir-{look}")
    domain = shop.om.post("/domains", {"name": f"Left-{look}", "domainType": "Aggregate", "description": "d"})["name"]
    owners = [{"id": goer.id, "type": "user"}]
    product = shop.om.post("/dataProducts", {"name": f"Left-{look}", "description": "d", "domains": [domain], "owners": owners})
    page.goto(f"{shop.server.url}/admin/users?q={goer.name}")
    page.get_by_role("link", name=re.compile(f"^Disable .*{goer.name}")).click()
    page.locator("button[value=disable]").click()
    page.goto(f"{shop.server.url}/people/{goer.name}")
    page.get_by_role("link", name=re.compile("^Hand over")).click()
    expect(page.locator("main")).to_contain_text(product["name"])
    page.fill("#to", heir.name)
    page.locator("button[value=hand_over]").click()
    expect(page.get_by_role("status")).to_contain_text(heir.name)
    assert [one["name"] for one in shop.om.get(f"/dataProducts/{product['id']}", fields="owners")["owners"]] == [heir.name]
