"""Asking for access by forms, and deciding: who sees what, who may, and what becomes of it."""

import html
import json
import re
import time
from datetime import date, datetime, timedelta, timezone
from urllib.parse import quote

import pytest
import requests

from openmetadata_door import reference
from pages_door import HOSTILE, Browser, until_found
from rows_world import REGION, RowsWorld

WAGES = "shop.shop.main.wages"
SOON = (date.today() + timedelta(days=40)).isoformat()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = RowsWorld(tmp_path_factory.mktemp("asking"))
    wages = made.om.by_name("tables", WAGES)
    owner = [reference(made.om.get("/users/name/table-owner"), "user")]
    made.om.patch(f"/tables/{wages['id']}", [{"op": "add", "path": "/owners", "value": owner}])
    made.bob.patch(f"{made.path}/data-assets", {"add": [{"tableName": "wages"}]})
    made.bob.post(f"{made.path}/deploy", {})
    asset = next(a for a in made.bob.get(f"{made.path}/data-assets")["dataAssets"] if a["tableName"] == "wages")
    made.bob.patch(f"{made.path}/data-assets", {"update": [{"id": asset["id"], "rows": "closed"}]})
    made.wages = wages["id"]
    fqn = made.om.get(f"/dataProducts/{made.product}")["fullyQualifiedName"]
    made.at = "/products/" + quote(fqn, safe=".-_~")
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def browser(world, who: str) -> Browser:
    return world.browser(newcomer(world, who))


def newcomer(world, name: str) -> str:
    if name not in world.people:
        world.people[name] = world.server.new_user(name)
    return name


def asks(world, who: str, **fields) -> str:
    """Asks on the product's page; answers the address of the request."""
    person = browser(world, who)
    person.visit(world.at + "?tab=access")
    page = person.send(world.at, **({"reason": "for a report"} | fields))
    assert person.query() == {"tab": "access", "done": "asked"}, page.text
    return next(link for link in page.links if re.fullmatch(r"/requests/[0-9a-f-]{36}", link))


def queries(world, who: str) -> bool:
    answer = world.door(who).call("POST", f"{world.path}/run-sql", {"sql": "SELECT region FROM customer"})
    return REGION in answer.text


def inbox(world, who: str) -> int:
    """The number beside the inbox."""
    found = re.search(r'<span class="waiting">(\d+)', browser(world, who).visit("/requests").source)
    return int(found.group(1)) if found else 0


def test_somebody_asks_and_who_may_give_it_decides(world):
    before = inbox(world, "product_owner")
    at = asks(world, "ann", reason=f"The weekly report {HOSTILE}", until=SOON)
    page = browser(world, "ann").visit(at)
    assert "The weekly report" in page.text and "\u202e" not in page.text and "open" in page.text
    assert not any(button == "approve" for button in decisions(page)), "nobody decides what he has asked for himself"
    for who, sees, decides in (
        ("product_owner", True, True), ("admin", True, True), ("editor", False, False), ("viewer", False, False),
        ("table_owner", False, False), ("stranger", False, False), ("outsider", False, False),
    ):  # fmt: skip
        person = browser(world, who)
        shown = person.visit(at, expect=200 if sees else 404)
        assert ("approve" in decisions(shown)) is decides, who
        assert (at in person.visit("/requests").links) is sees, who
        assert (at in person.visit("/").links) is decides, who
        token = person.visit("/logout").form("/logout")["fields"]["token"]
        if not sees:
            for decision in ("approve", "reject", "withdraw"):
                answer = person.ask("POST", at, data={"token": token, "decision": decision, "reason": "x"})
                assert answer.status == (403 if who == "outsider" else 404), (who, decision)
    until_found(world.server)
    ann = browser(world, "ann")
    home = ann.visit("/")
    assert at in home.links and "Your requests" in home.text
    assert "You may not query any product yet" in home.source.split('id="ask"')[1].split("</section>")[0], "where others have a box to ask in"
    assert 'id="question"' not in home.source and 'id="queryable"' not in home.source
    row = re.search(rf'<a class="whole" href="{at}">(.*?)</a>', home.source, re.S).group(1)
    assert "asks to query" in row and "The weekly report" in row and "open" in row, "the row is one link"
    assert "/products" in home.links, "and says where to go on"
    token = ann.visit("/logout").form("/logout")["fields"]["token"]
    assert ann.ask("POST", at, data={"token": token, "decision": "approve"}).status == 403
    assert not queries(world, "ann")
    owner = browser(world, "product_owner")
    assert inbox(world, "product_owner") == before + 1
    assert at in owner.visit(world.at + "?tab=access").links, "it waits on the product's page, too"
    fields = owner.visit(at).form(at)["fields"]
    assert fields["until"] == SOON and "The last day of the access. Empty: no end" in owner.page.text and "it ends at that time" not in owner.page.text
    assert "The last day of the access. Empty: no end" in owner.visit(world.at + "?tab=access").text, "where roles are given it is said in the same words"
    owner.visit(at)
    page = owner.send(at, decision="approve", reason="Welcome")
    assert owner.query() == {"done": "approved"} and "approved" in page.text and "Welcome" in page.text
    assert inbox(world, "product_owner") == before
    assert queries(world, "ann")
    home = ann.visit("/")
    assert "approved" in re.search(rf'<a class="whole" href="{at}">(.*?)</a>', home.source, re.S).group(1)
    queryable = home.source.split('id="queryable"')[1].split("</section>")[0]
    assert f'href="{world.at}"' in queryable, "what he may query now is there at once"
    assert 'id="question"' in home.source and "You may not query any product yet" not in home.text
    home = owner.visit("/").source
    assert f'href="{world.at}"' in home.split('id="mine"')[1].split("</section>")[0]
    assert 'id="queryable"' not in home and 'id="question"' in home, "what is his own stands there once"
    stranger = browser(world, "stranger").visit("/")
    assert "You may not query any product yet" in stranger.text and 'id="queryable"' not in stranger.source
    page = browser(world, "ann").visit(at)
    assert "Welcome" in page.text and not decisions(page)
    assert f"until {said(SOON)}" in owner.visit(world.at + "?tab=access").text
    assert f"until {said(SOON)}" in owner.visit(world.at + "?tab=activity").text


def decisions(page) -> list[str]:
    return [given["value"] for tag, given in page.tags if tag == "button" and given.get("name") == "decision"]


def test_what_a_decision_comes_to_is_shown_before_it(world):
    at = asks(world, "una", until=SOON)
    owner = browser(world, "product_owner")
    assert decisions(owner.visit(at))[0] == "look", "what Enter in a field sends decides nothing"
    page = owner.send(at, decision="look", reason="Perhaps.")
    assert f"lasts until {said(SOON)}" in page.text and page.form(at)["fields"]["reason"] == "Perhaps."
    assert "it has no end" in owner.send(at, decision="look", until="").text
    page = owner.send(at, 400, decision="look", until="2001-01-01")
    assert "The end must be in the future" in page.text and decisions(owner.visit(at))[0] == "look"
    # By another role than he asked for.
    world.bob.patch(f"{world.path}/users", {"add": [{"email": f"{world.mail('una')}", "role": "editor"}]})
    page = browser(world, "una").visit(at)
    assert "approved" in page.text and "no longer exists" not in page.text and not decisions(page)
    world.bob.patch(f"{world.path}/users", {"remove": [world.people["una"].id]})


def said(day: str) -> str:
    end = date.fromisoformat(day)
    return f"{end.day} {end:%B} {end.year}"


def test_what_is_typed_is_checked_and_kept(world):
    ben = browser(world, "ben")
    for fields, said_ in (
        ({"reason": "  "}, "Enter what you need it for"),
        ({"reason": "Kept words", "wants": "owner"}, "Choose what you need"),
        ({"reason": "Kept words", "wants": "rows"}, "Choose the tables"),
        ({"reason": "Kept words", "until": "2001-01-01"}, "must be in the future"),
        ({"reason": "Kept words", "until": "soon"}, "The end must be a date, such as 2030-12-31"),
        ({"reason": "x" * 2001}, "2000"),
    ):
        ben.visit(world.at + "?tab=access")
        page = ben.send(world.at, expect=400, **fields)
        assert any(said_ in one for one in page.roles["alert"]), (fields, page.roles["alert"])
        assert page.form(world.at)["fields"]["reason"] == fields["reason"].strip("\n")
    at = asks(world, "ben")
    ben.visit(world.at + "?tab=access")
    assert "already asked for this" in " ".join(ben.send(world.at, expect=409, reason="again", wants="viewer").roles["alert"])
    page = ben.visit(world.at + "?tab=access")
    assert at in page.links and decisions(page) == ["withdraw"]
    page = ben.send(at, decision="withdraw")
    assert "withdrawn" in page.text and ben.query() == {"done": "withdrawn"}
    assert at not in browser(world, "product_owner").visit("/").links
    asks(world, "ben")


def test_a_rejection_says_why_and_a_decision_stands(world):
    at = asks(world, "cai")
    owner = browser(world, "product_owner")
    owner.visit(at)
    assert owner.send(at, expect=400, decision="reject", reason=" ").roles["alert"]
    assert owner.send(at, expect=400, decision="approve", until="1999-01-01").roles["alert"]
    assert owner.send(at, expect=400, decision="shrug").roles["alert"]
    owner.visit(at)
    stale = owner.page
    page = owner.send(at, decision="reject", reason="Ask for the public one.")
    assert "rejected" in page.text
    owner.page = stale
    again = owner.send(at, expect=409, decision="approve", reason="Words that were not sent.")
    assert "Words that were not sent." in again.text, "nothing typed is lost"
    assert again.roles["alert"] and "Ask for the public one." in again.text and not queries(world, "cai")
    assert "Ask for the public one." in browser(world, "cai").visit(at).text
    assert at in owner.visit("/requests?which=decided").links
    assert at in browser(world, "cai").visit("/requests?which=mine").links


def test_rows_are_asked_of_those_who_hold_them_and_lent_until_a_day(world):
    viewer = browser(world, "viewer")
    page = viewer.visit(world.at + "?tab=access")
    assert world.wages in page.source and "Share the rows of more tables" in page.text
    at = asks(world, "viewer", wants="rows", asset=world.wages)
    browser(world, "product_owner").visit(at, expect=404)
    holder = browser(world, "table_owner")
    assert at in holder.visit("/").links and "wages" in holder.visit(at).text
    holder.send(at, decision="approve", until=SOON)
    owner = browser(world, "product_owner")
    assert f"until {said(SOON)}" in owner.visit(world.at + "?tab=assets").text
    assert "shared the rows of wages" in owner.visit(world.at + "?tab=activity").text
    assert f"until {said(SOON)}" in owner.page.text
    # By hand: taken back, and lent until a day.
    admin = browser(world, "admin")
    take = f"{world.at}?tab=assets&take={world.wages}"
    form = {"edit": "rows", "asset": world.wages}
    page = admin.visit(take)
    assert "Stop sharing the rows of wages" in page.text and f"until {said(SOON)}" in page.text
    assert "filtered" in page.text and "editor" in page.text, "who loses them"
    # It is no page for who does not hold them.
    assert "Stop sharing the rows" not in browser(world, "editor").visit(take).text
    admin.send(world.at)
    later = (date.today() + timedelta(days=90)).isoformat()
    page = admin.send(world.at, rows="granted", until=later, **form)
    assert f"until {said(later)}" in page.text
    admin.visit(take)
    admin.send(world.at)
    assert admin.send(world.at, expect=400, rows="granted", until="2001-01-01", **form).roles["alert"]


def news(world, who: str) -> int:
    """The number of what is new about somebody's access, on a page that is not the one that tells it."""
    found = re.search(r'<span class="waiting news">(\d+)', browser(world, who).visit("/account").source)
    return int(found.group(1)) if found else 0


def told(world, who: str) -> list[tuple[str, bool]]:
    """What the page of requests tells him, and whether it is marked as new."""
    source = browser(world, who).visit("/requests").source
    section = source.split('<h2 id="news">')[1].split("</section>")[0] if '<h2 id="news">' in source else ""
    rows = re.findall(r"<li>(.*?)</li>", section, re.S)
    return [(re.search(r"<bdi>(.*?)</bdi>", row).group(1), ">new<" in row) for row in rows]


def test_who_is_given_or_refused_something_is_told_until_he_has_looked(world):
    assert news(world, "fay") == 0 and told(world, "fay") == []
    at = asks(world, "fay")
    assert news(world, "fay") == 0, "of what he does himself he is not told"
    owner = browser(world, "product_owner")
    before = news(world, "product_owner")
    owner.visit(at)
    owner.send(at, decision="approve")
    assert news(world, "fay") == 1 and news(world, "product_owner") == before
    page = browser(world, "fay").visit("/requests")
    assert at in page.source.split('<h2 id="news">')[1].split("</section>")[0]
    assert 'class="waiting news"' not in page.source, "he looks at it"
    assert news(world, "fay") == 0
    for elsewhere in ("/", world.at):
        browser(world, "fay").visit(elsewhere)
    assert news(world, "fay") == 0, "what he looks at afterwards makes nothing new again"
    assert told(world, "fay") == [("product-owner approved your request to query Customers", False)]
    fay = world.om.get("/users/name/fay")["id"]
    world.bob.patch(f"{world.path}/users", {"users": [{"userId": fay, "role": "editor"}]})
    assert news(world, "fay") == 1
    assert told(world, "fay")[0] == ("Administrator gave you the role editor on Customers", True)
    world.bob.patch(f"{world.path}/users", {"users": [{"userId": fay, "role": None}]})
    assert news(world, "fay") == 1
    assert told(world, "fay")[0] == ("Administrator removed your role editor on Customers", True)
    # What one browser was shown, the mark of another person does not hide.
    other = browser(world, "gus")
    other.session.cookies.set("emporion_news", browser(world, "fay").session.cookies["emporion_news"])
    at = asks(world, "gus")
    owner.visit(at)
    owner.send(at, decision="reject", reason="No.")
    assert news(world, "gus") == 1
    other.session.cookies.set("emporion_news", "x.y")
    assert news(world, "gus") == 1
    assert told(world, "gus") == [("product-owner rejected your request to query Customers", True)]
    assert told(world, "stranger") == []


def api(world, who: str, method: str, path: str, body=None) -> dict:
    """The requests as programs make and decide them: to the second."""
    answer = requests.request(
        method, f"{world.server.url}/emporion/v1/requests{path}", json=body,
        headers={"Authorization": f"Bearer {world.people[who].token}"}, timeout=30,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.json()


def soon(seconds: float) -> str:
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_who_may_not_query_is_told_where_to_ask_and_who_may_by_what(world):
    for who, may in (("stranger", False), ("viewer", True)):
        person = browser(world, who)
        for tab in ("overview", "assets", "ask"):
            page = person.visit(f"{world.at}?tab={tab}")
            before, main = page.source.split('<nav class="tabs"')
            main = main.split("</nav>", 1)[1]
            assert f'{world.at}?tab=access"' in before + main or may, (who, tab)
            if tab != "ask":
                assert ("you may query it" in page.text) is may, (who, tab)
                assert ('class="state good"' in main) is may, (who, tab)
        sample = person.visit("/tables/shop.shop.main.customer?tab=sample")
        assert REGION not in sample.text and "not visible to you" not in sample.text
        assert ("You may query its rows" in sample.text) is may
        assert ("Its rows are shared with products. Ask for access there" in sample.text) is not may
        assert (world.at if may else f"{world.at}?tab=access") in sample.links
    held = browser(world, "product_owner").visit(world.at + "?tab=assets").source
    wages = held.split(">wages<")[1].split("</tr>")[0]
    assert "managed by" in wages and "/people/table-owner" in wages and "Ask for access" in wages


def test_what_was_asked_for_is_not_offered_again(world):
    at = asks(world, "hal", until=SOON)
    page = browser(world, "hal").visit(world.at + "?tab=access")
    assert at in page.links and f"until {said(SOON)}" in page.text and "Ask for more" in page.text
    offered = [given["value"] for tag, given in page.tags if given.get("name") == "wants"]
    assert "viewer" not in offered and "editor" in offered
    assert at.rsplit("/", 1)[1] not in page.text
    # At the head of the page stands that he has asked, and it leads there.
    for tab in ("", "?tab=assets"):
        page = browser(world, "hal").visit(world.at + tab)
        primary = re.findall(r'<a class="button primary" href="([^"]+)">([^<]+)', page.source)
        assert primary == [(at, "Access requested")], primary


def test_an_end_within_a_day_is_kept_where_its_day_is_left(world):
    newcomer(world, "ida")
    until = (datetime.now(timezone.utc) + timedelta(days=30)).replace(hour=9, minute=15, second=0, microsecond=0)
    asked = api(world, "ida", "POST", "", {
        "product": world.product, "wants": "viewer", "reason": "to the minute", "until": until.strftime("%Y-%m-%dT%H:%M:%SZ")})  # fmt: skip
    owner = browser(world, "product_owner")
    page = owner.visit(f"/requests/{asked['id']}")
    minute = f"{until.day} {until:%B} {until.year}, 09:15 UTC"
    assert f"Requested until {minute}. If you keep the day" in page.text
    owner.send(f"/requests/{asked['id']}", decision="approve")
    assert f"until {minute}" in owner.visit(world.at + "?tab=access").text


def test_an_end_that_has_come_is_said(world):
    newcomer(world, "ivo")
    asked = api(world, "ivo", "POST", "", {"product": world.product, "wants": "viewer", "reason": "briefly"})
    api(world, "product_owner", "POST", f"/{asked['id']}/approve", {"until": soon(2)})
    at = f"/requests/{asked['id']}"
    assert re.search(r"until \d+ \w+ \d{4}, \d\d:\d\d UTC", browser(world, "ivo").visit(world.at + "?tab=access").text)
    time.sleep(3)
    page = browser(world, "ivo").visit(at)
    assert "ended" in page.text and "Ended" in page.text and "approved" not in page.text
    assert re.search(r"\d\d:\d\d UTC", page.text)
    assert "The role has expired" in page.text
    assert "Your role viewer on Customers has ended" in " ".join(line for line, _ in told(world, "ivo"))
    row = browser(world, "ivo").visit("/requests?which=mine").source.split(at)[1].split("</li>")[0]
    assert "ended" in row and "approved" not in row
    # One that runs out before anybody decides is given an end anew, or none.
    asked = api(world, "ivo", "POST", "", {
        "product": world.product, "wants": "viewer", "reason": "again", "until": soon(1)})  # fmt: skip
    time.sleep(1.2)
    at = f"/requests/{asked['id']}"
    owner = browser(world, "product_owner")
    page = owner.visit(at)
    assert page.form(at)["fields"]["until"] == "" and "has passed" in page.text
    assert "whose rows are shared with this product: now customer," in page.text
    assert "approved" in owner.send(at, decision="approve").text and queries(world, "ivo")


def test_what_is_given_in_name_only_says_so(world):
    newcomer(world, "giver")
    rule = {"name": "give", "effect": "allow", "resources": ["dataProduct"], "operations": ["ViewBasic", "EditUsers"]}
    world.om.post("/policies", {"name": "GivesRoles", "rules": [rule], "enabled": True})
    role = world.om.post("/roles", {"name": "GivesRoles", "policies": ["GivesRoles"]})
    user = world.om.get("/users/name/giver")
    world.om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    at = asks(world, "jan")
    giver = browser(world, "giver")
    assert "without access to rows" in giver.visit(at).text
    assert "without access to rows" not in browser(world, "product_owner").visit(at).text
    giver.visit(at)
    page = giver.send(at, decision="approve")
    assert "The role is without access to rows" in page.text and "The role is without access to rows" in browser(world, "jan").visit(at).text
    assert not queries(world, "jan")
    newcomer(world, "kim")
    assert "without access to rows" in giver.visit(world.at + "?tab=access").text
    page = giver.send(world.at + "/roles", who="kim", role="viewer")
    assert giver.query()["done"] == "given_in_name" and "without access to rows" in " ".join(page.roles["status"])
    assert not queries(world, "kim")


def test_what_is_refused_is_told_in_true_words(world):
    at = asks(world, "lea")
    lea = browser(world, "lea")
    token = lea.visit("/logout").form("/logout")["fields"]["token"]
    page = lea.ask("POST", at, data={"token": token, "decision": "approve"})
    assert page.status == 403 and "You may not decide on this request like this. Others can: they see it on their lists" in page.text
    assert "nobody decides what he has asked for himself" in page.text
    assert "kind." not in page.text and "can give you the right" not in page.text
    page = lea.visit("/admin", expect=403)
    assert "administrators of the account" in page.text and "kind." not in page.text


def test_forms_that_no_page_made_ask_for_nothing(world):
    dan = browser(world, "dan")
    token = dan.visit("/logout").form("/logout")["fields"]["token"]
    body = {"edit": "access", "wants": "viewer", "reason": "forged"}
    for headers, fields in (
        ({}, {}), ({}, {"token": "0" * len(token)}), ({"Sec-Fetch-Site": "cross-site"}, {"token": token}),
        ({"Origin": "https://evil.example"}, {"token": token}),
    ):  # fmt: skip
        assert dan.ask("POST", world.at, data=body | fields, headers=headers).status == 403
    assert "forged" not in dan.visit("/requests").text
    at = asks(world, "dan")
    owner = browser(world, "product_owner")
    own = owner.visit("/logout").form("/logout")["fields"]["token"]
    for headers, fields in (({}, {}), ({}, {"token": token}), ({"Sec-Fetch-Site": "cross-site"}, {"token": own})):
        assert owner.ask("POST", at, data={"decision": "approve"} | fields, headers=headers).status == 403
    assert not queries(world, "dan")
    for address in ("/requests/x", "/requests/00000000-0000-0000-0000-000000000000", f"/requests/{world.product}"):
        owner.visit(address, expect=404)


def test_who_may_not_is_told_whom_to_ask(world):
    stranger = browser(world, "stranger")
    page = stranger.visit(world.at + "?edit=description", expect=403)
    assert "product-owner" in page.text and world.at + "?tab=access&wants=editor" in page.links and page.roles["alert"]
    hidden = world.bob.create("Quite hidden")
    at = "/products/" + quote(world.om.get(f"/dataProducts/{hidden['id']}")["fullyQualifiedName"], safe=".-_~")
    page = stranger.visit(at + "?edit=description", expect=404)
    assert not any("tab=access" in link for link in page.links)


def test_whoever_decides_is_told_of_the_filters_that_stay(world):
    at = asks(world, "filtered", wants="editor", reason="To mend what is written")
    owner = browser(world, "product_owner")
    page = owner.visit(at)
    assert "The role shows only some rows of these tables, like the one before. People who can read all rows can remove a filter where roles are given" in page.text and "region = 'EU'" in page.text
    assert "rows where region is “EU”" in page.text
    assert "region = 'EU'" not in browser(world, "filtered").visit(at).text
    rows = {"sql": "SELECT DISTINCT region FROM customer"}
    before = world.door("filtered").call("POST", f"{world.path}/run-sql", rows).json()["data"]["rows"]
    owner.send(at, decision="approve")
    # He gives up all that he has on the product, and asks again: no more than before comes back.
    user = world.om.get("/users/name/filtered")["id"]
    left = world.door("filtered").call("PATCH", f"{world.path}/users", {"remove": [user]})
    assert left.status_code == 200, left.text
    assert not queries(world, "filtered")
    at = asks(world, "filtered", wants="viewer", reason="Again")
    assert "region = 'EU'" in owner.visit(at).text
    owner.send(at, decision="approve")
    after = world.door("filtered").call("POST", f"{world.path}/run-sql", rows).json()["data"]["rows"]
    assert before == after and len(after) == 1


def test_a_request_is_approved_with_row_filters_and_masks_by_one_step(world):
    at = asks(world, "careful", until=SOON)
    user = world.people["careful"].id
    owner = browser(world, "product_owner")
    page = owner.visit(at)
    assert "customer.email" in page.text, "what is personal is said there"
    [form] = [link for link in page.links if "filter=" in link]
    assert form.startswith(world.at) and f"filter={user}" in form and "as=viewer" in form and f"until={SOON}" in form
    page = owner.visit(form)
    assert "Once this is saved, access is given" in page.text and "can see and query it (until" in page.text, page.text
    mask = next(one for one in offered_masks(page) if one[1:] == ["email", "hidden"])
    condition = {name: f"region = '{REGION}'" if name == mask[0] else "" for name in names_of(page, "table")}
    sent = {"table": list(condition), "condition": list(condition.values()), "mask": json.dumps(mask)}
    owner.send_previewed(f"{world.at}/filters", **sent)
    assert owner.query()["done"] == "given", owner.query()
    shown = owner.visit(at)
    assert "approved" in shown.text and not decisions(shown) and not any("filter=" in link for link in shown.links)
    rows = world.door("careful").call("POST", f"{world.path}/run-sql", {"sql": "SELECT region, email FROM customer"}).json()["data"]["rows"]
    assert rows and {row[0] for row in rows} == {REGION} and {row[1] for row in rows} == {None}, rows
    assert "approved" in browser(world, "careful").visit(at).text
    # Who has a role already has filters of its own; who may not decide is offered nothing.
    at = asks(world, "careful", wants="editor")
    assert "approve" in decisions(owner.visit(at)) and not any("filter=" in link for link in owner.page.links)
    assert not any("filter=" in link for link in browser(world, "careful").visit(at).links)


def offered_masks(page) -> list[list[str]]:
    return [json.loads(html.unescape(one)) for one in re.findall(r'<option value="(\[[^"]*)"', page.source)]


def names_of(page, field: str) -> list[str]:
    return [given["value"] for tag, given in page.tags if tag == "input" and given.get("name") == field]


def test_who_is_disabled_is_said_to_be_and_given_nothing(world):
    at = asks(world, "gone-soon")
    newcomer(world, "gone-with-role")
    world.bob.patch(f"{world.path}/users", {"add": [{"email": world.mail("gone-with-role"), "role": "viewer"}]})
    owner = browser(world, "product_owner")
    assert 'value="approve"' in owner.visit(at).source
    for name in ("gone-soon", "gone-with-role"):
        admin = browser(world, "admin")
        admin.visit(f"/admin/users?ask=disable&user={name}")
        admin.send("/admin/users", do="disable")
    page = owner.visit(at)
    assert 'value="approve"' not in page.source and 'value="reject"' in page.source
    assert "The person who asked is disabled or gone: the request can only be rejected." in page.text
    page = owner.visit(world.at + "?tab=access")
    row = re.search(r"<tr><th scope=\"row\">(?:(?!</tr>).)*gone-with-role.*?</tr>", page.source, re.S)[0]
    assert "disabled" in row and "cannot sign in, so queries nothing" in row and "may query shared rows" not in row
    owner.visit(at)
    owner.send(at, decision="reject", reason="has left")
    assert "rejected" in owner.page.url
