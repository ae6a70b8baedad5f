"""Searches that somebody keeps under a name: on three pages, for him alone, as long as he is there."""

import pytest
import requests

from emporion_server import Server, run_cli
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser, by_mail

QUERY = "kind:table by:me -has:owner"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server of its own: it is restarted, and its people are deleted."""
    made = Server(tmp_path_factory.mktemp("searches")).start()
    yield made
    assert made.stop() == 0, made.log_tail()
    assert "panicked" not in made.log.read_text(errors="replace"), made.log_tail(200)


def person(house, name: str) -> tuple[Browser, str]:
    who = house.new_user(name)
    return Browser(house).sign_in(who), who.id


def keep(browser: Browser, title: str, query: str = QUERY, expect: int = 200):
    browser.visit("/searches")
    return browser.send("/searches", expect=expect, title=title, q=query, do="save")


def rows(browser: Browser) -> dict[str, dict]:
    """The forms of what is kept, by name."""
    page = browser.visit("/searches")
    return {form["fields"]["title"]: form["fields"] for form in page.forms if form["fields"].get("id")}


def change(browser: Browser, fields: dict, expect: int = 200, **more):
    token = browser.visit("/searches").form("/searches")["fields"]["token"]
    answer = browser.ask("POST", "/searches", data=fields | {"token": token} | more,
                         headers={"Origin": browser.base, "Sec-Fetch-Site": "same-origin"})
    assert answer.status == expect, answer.text[:500]
    return answer


def stored(house) -> int:
    with house.open_store() as store:
        return store.execute("SELECT COUNT(*) FROM records WHERE kind = 'saved_search'").fetchone()[0]


def test_a_search_is_kept_found_again_renamed_and_removed(house):
    browser, _ = person(house, "keeper")
    assert "Saved searches" not in browser.visit("/").text
    page = browser.visit("/search?q=kind:table&sort=name")
    page = browser.send("/searches", title="All tables", do="save")
    assert "Saved." in page.text and browser.path == "/search" and browser.query()["sort"] == "name"
    assert "All tables" in page.text
    keep(browser, "Undescribed")
    for path in ("/", "/search?q=x", "/search?q=(x", "/searches"):
        links = browser.visit(path, expect=400 if "(" in path else 200).links
        assert "/search?q=kind%3Atable&sort=name" in links, (path, links)
    fields = rows(browser)["All tables"]
    change(browser, fields, title="Every table", do="rename")
    assert list(rows(browser)) == ["Every table", "Undescribed"], "in the order of their names"
    asked = change(browser, fields, do="remove", title="Typed beside it")
    assert "What will be removed" in asked.text and "Every table" in asked.text and len(rows(browser)) == 2, "it is shown first"
    sure = asked.form("/searches")["fields"]
    assert sure["title"] == "Typed beside it"
    change(browser, sure)
    assert list(rows(browser)) == ["Undescribed"]
    change(browser, fields, expect=404, do="remove")
    assert house.stop() == 0
    house.start()
    assert list(rows(browser)) == ["Undescribed"], "what was saved is there after a restart"


def test_who_follows_a_search_that_nobody_is_sent_is_told_so(house):
    """No mail is sent here, and he has chosen no chat."""
    browser, _ = person(house, "unsent")
    browser.visit("/search?q=kind:table")
    page = browser.send("/searches", title="New tables", do="save", followed="yes")
    assert "You are not told of new results yet" in page.text and browser.path == "/search"
    page = change(browser, rows(browser)["New tables"], do="unfollow")
    assert "Not followed any more" in page.text
    page = change(browser, rows(browser)["New tables"], do="follow")
    assert browser.path == "/following" and "choose below whether they come by mail or in a chat" in page.text
    page = change(browser, rows(browser)["New tables"], do="unfollow")
    page = keep(browser, "Quiet")
    assert "Saved." in page.text and "You are not told" not in page.text


def test_bad_names_and_broken_queries_are_refused_with_what_was_typed(house):
    browser, _ = person(house, "careless")
    assert 'href="/searches"' not in browser.visit("/search").source, "there is nothing to save yet"
    keep(browser, "Mine")
    for title, query in (("", QUERY), ("   ", QUERY), ("x" * 81, QUERY), ("a\u202eb", QUERY), ("mine", QUERY),
                         ("Other", ""), ("Other", "kind:("), ("Other", "nofield:x"), ("Other", "x " * 1_200)):
        page = keep(browser, title, query, expect=400)
        assert page.roles["alert"], (title, query)
        form = next(form for form in page.forms if {"title", "q"} <= form["fields"].keys())
        assert (form["fields"]["title"], form["fields"]["q"]) == (title, query)
    assert list(rows(browser)) == ["Mine"]
    page = keep(browser, "<script>alert(1)</script>", '"<b>" -x')
    assert "<script>alert" not in browser.visit("/searches").source
    change(browser, rows(browser)["Mine"], expect=400, title="", do="rename")
    change(browser, rows(browser)["Mine"], expect=400, do="burn")
    for n in range(48):
        keep(browser, f"Search {n}")
    assert "50 saved searches" in keep(browser, "One more", expect=400).text
    assert len(rows(browser)) == 50
    browser.visit("/searches")
    forged = browser.ask("POST", "/searches", data={"title": "Forged", "q": QUERY, "do": "save"})
    assert forged.status == 403


def test_nobody_else_sees_or_changes_them(house, tmp_path):
    word = "zephyrine"
    mine, _ = person(house, "private")
    keep(mine, f"My {word}", f"{word} kind:table")
    fields = rows(mine)[f"My {word}"]
    admin = Browser(house).sign_in(house.admin)
    other, _ = person(house, "nosy")
    stranger = Browser(house).sign_in(by_mail(house.new_account("searches-elsewhere"), "searches-elsewhere"))
    for browser in (admin, other, stranger):
        for path in ("/", "/search?q=owner:me", "/searches", "/people/private", "/people/private?tab=activity"):
            assert word not in browser.ask("GET", path).source, path
        change(browser, fields, expect=404, do="remove")
        change(browser, fields, expect=404, title="Taken over", do="rename")
    assert word not in admin.visit("/admin/audit").source
    # No door knows of them, nor what is searched, told of and written into files.
    headers = {"Authorization": f"Bearer {house.admin.token}", "Accept": "application/json"}
    for path in (f"/search?q={word}", f"/search/suggest?q={word}"):
        assert requests.get(house.url + path, headers=headers, timeout=10).json()["hits"] == [], path
    for path in ("/users/name/private?fields=*", "/users/name/private/versions", "/events?entityCreated=*&entityUpdated=*&timestamp=0"):
        assert word not in requests.get(house.url + "/api/v1" + path, headers=headers, timeout=10).text, path
    run_cli("export", "-f", str(tmp_path / "files"), EMPORION_URL=house.url, EMPORION_TOKEN=house.admin.token)
    assert not [file for file in (tmp_path / "files").rglob("*.yaml") if word in file.read_text()]
    assert rows(mine)[f"My {word}"]["id"] == fields["id"]
    anonymous = requests.get(house.url + "/searches", headers={"Accept": "text/html"}, allow_redirects=False, timeout=10)
    assert anonymous.status_code == 303


def test_they_go_with_the_person(house):
    om = OpenMetadataDoor(house, house.admin.token)
    browser, user = person(house, "leaver")
    keep(browser, "Last")
    before = stored(house)
    assert om.call("DELETE", f"/users/{user}?hardDelete=true", expect=200)
    assert stored(house) == before - 1


def test_a_deleted_person_who_comes_back_has_them(house):
    om = OpenMetadataDoor(house, house.admin.token)
    who = house.new_user("returner")
    browser = Browser(house).sign_in(who)
    keep(browser, "Kept")
    om.call("DELETE", f"/users/{who.id}", expect=200)
    om.call("PUT", "/users/restore", {"id": who.id}, expect=200)
    assert list(rows(Browser(house).sign_in(who))) == ["Kept"]


def test_who_may_see_nobody_has_pages_and_keeps_nothing(house):
    om = OpenMetadataDoor(house, house.admin.token)
    rules = [{"name": "nobody", "effect": "deny", "operations": ["ViewAll", "ViewBasic"], "resources": ["user"]}]
    policy = om.post("/policies", {"name": "sees-nobody", "rules": rules, "description": "d"})
    role = om.post("/roles", {"name": "sees-nobody", "policies": [policy["name"]], "description": "d"})
    blind = house.new_user("blind")
    om.patch(f"/users/{blind.id}", [{"op": "add", "path": "/roles/0", "value": {"id": role["id"], "type": "role"}}])
    browser = Browser(house).sign_in(blind)
    for path in ("/", "/search", "/search?q=x", "/searches"):
        browser.visit(path)
