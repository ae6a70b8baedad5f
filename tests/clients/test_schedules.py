"""Sources that are read at their times: said on a page or with the command line, in the name and with the rights of whoever
said so, and not forgotten by a server that was away."""

import datetime
import json
import sqlite3
import time

import pytest
import requests

from emporion_server import Server, run_cli
from openmetadata_door import OpenMetadataDoor
from pages_browser import sign_in
from pages_door import Browser, by_mail


class House:
    def __init__(self, folder):
        (sources := folder / "sources").mkdir()
        self.file = sources / "shop"
        with sqlite3.connect(self.file) as shop:
            shop.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, amount REAL)")
        self.server = Server(folder, EMPORION_SOURCE_DIRS=json.dumps([str(sources)])).start()
        self.om = OpenMetadataDoor(self.server, self.server.admin.token)
        self.browser = Browser(self.server).sign_in(self.server.admin)

    def add(self, service: str, owner: dict | None = None) -> dict:
        self.server.cli("ingest", f"sqlite:{self.file}", "--service", service)
        made = self.om.by_name("services/databaseServices", service)
        if owner:
            self.om.patch(f"/services/databaseServices/{made['id']}", [{"op": "add", "path": "/owners", "value": [owner]}])
        return made

    def ask(self, method: str, service: str, token: str, body: dict | None = None) -> requests.Response:
        url = f"{self.server.url}/emporion/v1/sources/{service}/schedule"
        return requests.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=10)

    def schedule(self, service: str) -> dict:
        return self.server.cli("schedule", service)

    def runs(self, service: str) -> str:
        return self.browser.visit(f"/services/{service}?tab=runs").text


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("schedules"))
    yield house
    assert house.server.stop() == 0, house.server.log_tail()
    assert "panicked" not in house.server.log.read_text(errors="replace")


def test_a_schedule_is_set_changed_and_removed_on_the_page(house):
    house.add("paged")
    assert house.schedule("paged") == {"service": "paged", "cron": None}
    assert "only when somebody starts it" in house.runs("paged")
    page = house.browser.send("/services/paged/schedule", every="cron", cron="0  3 * * mon-fri")
    assert "on working days at 03:00 (UTC)" in page.text and "set by admin" in page.text and "next on" in page.text
    said = house.schedule("paged")
    assert (said["cron"], said["by"], said["last"]) == ("0 3 * * mon-fri", "admin", None)
    following = datetime.datetime.fromtimestamp(said["next"] / 1000, datetime.UTC)
    assert (following.hour, following.minute) == (3, 0) and following.weekday() < 5
    assert following > datetime.datetime.now(datetime.UTC)
    for wrong, why in (("never", "five fields"), ("0 25 * * *", "no hour"), ("0 0 31 2 *", "never comes"), ("<b>", "five fields")):
        house.browser.visit("/services/paged?tab=runs")
        page = house.browser.send("/services/paged/schedule", expect=400, every="cron", cron=wrong)
        assert why in page.roles["alert"][0] and page.form("/services/paged/schedule")["fields"]["cron"] == wrong
        done = run_cli("schedule", "paged", wrong, check=False, EMPORION_URL=house.server.url, EMPORION_TOKEN=house.server.admin.token)
        assert done.returncode == 2 and why in done.stderr, done
    assert house.schedule("paged")["cron"] == "0 3 * * mon-fri", "what is refused changes nothing"
    assert house.server.cli("schedule", "paged", "*/5 * * * *")["cron"] == "*/5 * * * *"
    assert "*/5 * * * *" in house.runs("paged")
    house.browser.send("/services/paged/schedule", do="remove")
    assert house.schedule("paged")["cron"] == "*/5 * * * *" and "*/5 * * * *" in house.browser.page.text, "what goes is shown first"
    house.browser.send("/services/paged/schedule")
    assert house.schedule("paged")["cron"] is None
    assert house.server.cli("schedule", "paged", "--remove")["cron"] is None


def test_times_are_chosen_in_the_zone_of_the_reader(house):
    house.add("zoned")
    sent = {"every": "week", "weekday": "3", "time": "00:30", "zone": "Asia/Kolkata"}
    house.runs("zoned")
    page = house.browser.send("/services/zoned/schedule", **sent)
    assert "every Wednesday at 00:30 (Asia/Kolkata)" in page.text
    said = house.schedule("zoned")
    assert said["cron"] == "CRON_TZ=Asia/Kolkata 30 0 * * wed"
    following = datetime.datetime.fromtimestamp(said["next"] / 1000, datetime.UTC)
    assert (following.weekday(), following.hour, following.minute) == (1, 19, 0), "Tuesday in UTC"
    assert "next on" in page.text and ", 00:30 Asia/Kolkata" in page.text, "told by the clocks by which it was set"
    assert ", 00:30 Asia/Kolkata" in house.browser.visit("/sources").text
    house.runs("zoned")
    page = house.browser.page
    assert page.form("/services/zoned/schedule")["fields"] | sent == page.form("/services/zoned/schedule")["fields"]
    for wrong, why in (({"zone": "Mars/Olympus"}, "no time zone"), ({"time": "25:00"}, "hour and a minute"),
                       ({"every": "month", "day": "32"}, "from 1 to 31")):
        house.browser.visit("/services/zoned?tab=runs")
        page = house.browser.send("/services/zoned/schedule", expect=400, **(sent | wrong))
        assert why in page.roles["alert"][0], page.roles
        fields = page.form("/services/zoned/schedule")["fields"]
        assert fields | sent | wrong == fields, "what was chosen stays"
    assert house.schedule("zoned")["cron"] == said["cron"]
    told = house.server.cli("schedule", "zoned", "CRON_TZ=Europe/Berlin 0 6 1 * *")
    assert told["cron"] == "CRON_TZ=Europe/Berlin 0 6 1 * *"
    assert "on day 1 of every month at 06:00 (Europe/Berlin)" in house.runs("zoned")


def test_without_a_word_of_cron_times_are_chosen_and_changed_where_the_reader_is(chromium, house):
    house.add("chosen")
    context = chromium.new_context(timezone_id="America/New_York")
    page = context.new_page()
    sign_in(page, house.server, house.server.admin)
    page.goto(house.server.url + "/services/chosen?tab=runs")
    assert page.input_value("#zone") == "America/New_York" and not page.is_visible("#cron")
    page.select_option("#every", "week")
    page.select_option("#weekday", "2")
    page.fill("#time", "07:30")
    page.get_by_role("button", name="Set schedule").click()
    page.get_by_text("every Tuesday at 07:30 (America/New York)").first.wait_for()
    assert house.schedule("chosen")["cron"] == "CRON_TZ=America/New_York 30 7 * * tue"
    context.close()
    # Somebody elsewhere changes it: what was chosen stands there, in the zone in which it was.
    context = chromium.new_context(timezone_id="Asia/Kolkata")
    page = context.new_page()
    sign_in(page, house.server, house.server.admin)
    page.goto(house.server.url + "/services/chosen?tab=runs")
    shown = [page.input_value(field) for field in ("#every", "#weekday", "#time", "#zone")]
    assert shown == ["week", "2", "07:30", "America/New_York"] and not page.is_visible("#cron")
    page.select_option("#every", "month")
    page.fill("#day", "15")
    page.get_by_role("button", name="Set schedule").click()
    page.get_by_text("on day 15 of every month at 07:30 (America/New York)").first.wait_for()
    assert house.schedule("chosen")["cron"] == "CRON_TZ=America/New_York 30 7 15 * *"
    context.close()


def test_who_may_ingest_a_source_says_when_it_is_read(house):
    server = house.server
    viewer, mate = server.new_user("viewer"), server.new_user("mate")
    team = house.om.post("/teams", {"name": "Crew", "teamType": "Group", "users": [mate.id]})
    house.add("guarded", {"id": team["id"], "type": "team"})
    other = server.new_account("elsewhere")
    for who, status in ((viewer, 403), (other, 404)):
        for method, body in (("GET", None), ("PUT", {"cron": "0 3 * * *"}), ("DELETE", None)):
            assert house.ask(method, "guarded", who.token, body).status_code == status, (who.name, method)
    assert house.ask("GET", "guarded", "no-token").status_code == 401
    assert house.ask("PUT", "nowhere", server.admin.token, {"cron": "0 3 * * *"}).status_code == 404
    assert house.ask("PUT", "guarded", server.admin.token, {"cron": "0 3 * * *", "by": viewer.id}).status_code == 400
    assert house.ask("PUT", "guarded", server.admin.token, {}).status_code == 400
    of = house.om.get("/services/databaseServices/name/guarded")["id"]
    looking = Browser(server).sign_in(viewer)
    page = looking.visit("/services/guarded?tab=runs")
    assert "/services/guarded/schedule" not in [form["action"] for form in page.forms]
    token = looking.visit("/logout").form("/logout")["fields"]["token"]
    here = {"Origin": looking.base, "Sec-Fetch-Site": "same-origin"}
    sent = looking.ask("POST", "/services/guarded/schedule", data={"token": token, "of": of, "cron": "* * * * *"}, headers=here)
    assert sent.status == 403
    away = Browser(server).sign_in(by_mail(other, "elsewhere"))
    token = away.visit("/logout").form("/logout")["fields"]["token"]
    sent = away.ask("POST", "/services/guarded/schedule", data={"token": token, "of": of, "cron": "* * * * *"}, headers=here)
    assert sent.status == 404
    assert house.schedule("guarded")["cron"] is None
    # An owner through a team.
    owning = Browser(server).sign_in(mate)
    owning.visit("/services/guarded?tab=runs")
    assert "set by mate" in owning.send("/services/guarded/schedule", every="day", time="04:00").text
    assert house.schedule("guarded")["by"] == "mate"
    # Whoever says another time lets it be read in his own name.
    house.server.cli("schedule", "guarded", "0 5 * * *")
    assert house.schedule("guarded")["by"] == "admin"
    # And so does who lets it be read from somewhere else.
    config = {"type": "Postgres", "username": "u", "hostPort": "db.invalid:5432", "database": "d"}
    body = {"name": "remote", "serviceType": "Postgres", "connection": {"config": config}, "owners": [{"id": team["id"], "type": "team"}]}
    remote = house.om.post("/services/databaseServices", body)
    assert house.server.cli("schedule", "remote", "0 5 * * *")["by"] == "admin"
    moved = [{"op": "replace", "path": "/connection/config/hostPort", "value": "elsewhere.invalid:5432"}]
    OpenMetadataDoor(server, mate.token).patch(f"/services/databaseServices/{remote['id']}", moved)
    assert (house.schedule("remote")["by"], house.schedule("remote")["cron"]) == ("mate", "0 5 * * *")


def test_a_missed_time_is_made_up_for_once_and_with_the_rights_of_that_moment(house):
    server = house.server
    team = house.om.post("/teams", {"name": "Night", "teamType": "Group"})
    told = {}
    for name in ("left", "gone", "stays"):
        told[name] = server.new_user(name)
        crew = house.om.post("/teams", {"name": f"Of {name}", "teamType": "Group", "users": [told[name].id]})
        house.add(name, {"id": crew["id"], "type": "team"})
        if name == "left":
            team = crew
        answer = house.ask("PUT", name, told[name].token, {"cron": "* * * * *"})
        assert answer.status_code == 200, answer.text
    with sqlite3.connect(house.file) as shop:
        shop.execute("ALTER TABLE orders ADD COLUMN note TEXT")
    house.om.patch(f"/teams/{team['id']}", [{"op": "remove", "path": "/users/0"}])
    server.cli("user", "disable", "gone")
    set_at = house.schedule("stays")["setAt"]
    server.kill()
    over = set_at // 60_000 * 60_000 + 60_000
    # The clock itself: that the time passes while nobody is there is what is looked at.
    time.sleep(max(0, over / 1000 - time.time()) + 0.2)
    server.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        said = {name: house.schedule(name) for name in told}
        if all(one.get("last") and one["last"]["state"] != "running" for one in said.values()):
            break
        time.sleep(0.2)
    assert {name: one["last"]["state"] for name, one in said.items()} == {"left": "failed", "gone": "failed", "stays": "success"}
    assert said["left"]["last"]["error"] == "left, in whose name it would be read, may not ingest it any more"
    assert said["gone"]["last"]["error"] == "gone is disabled or gone, in whose name it would be read"
    assert all(one["cron"] == "* * * * *" for one in said.values()) and said["stays"]["next"] > over
    for name in ("left", "gone"):
        assert said[name]["next"] is None and said[name]["stopped"]["why"] == said[name]["last"]["error"]
        page = house.runs(name)
        assert "Stopped" in page and "Whoever sets it again has it read in their own name" in page and "next on" not in page
    assert said["stays"]["stopped"] is None
    home = house.browser.visit("/")
    assert home.text.count("is not read on schedule any more") == 2, "which waits for who may say others"
    assert {f"/services/{name}?tab=runs" for name in ("left", "gone")} <= set(home.links)
    listed, run = house.browser.visit("/sources"), house.browser.visit("/admin")
    assert listed.text.count("its schedule stopped") == run.text.count("its schedule stopped") == 2
    assert {f"/services/{name}?tab=runs" for name in ("left", "gone")} <= set(run.links)
    german = Browser(server)
    german.session.headers["Accept-Language"] = "de"
    assert "ist gesperrt oder fort" in german.sign_in(server.admin).visit("/services/gone?tab=runs").text
    columns = lambda name: len(house.om.by_name("tables", f"{name}.shop.main.orders")["columns"])  # noqa: E731
    assert [columns(name) for name in ("stays", "left", "gone")] == [3, 2, 2]
    text = house.runs("stays")
    assert "by schedule, for stays" in text and "Last time:" in text
    passed = (time.time() * 1000 - over) // 60_000 + 1
    assert 1 <= text.count("by schedule, for stays") <= passed, "once, however long nobody was there"
    assert "may not ingest it any more" in house.runs("left")
    # Whoever sets it again takes it over, with the same times, too.
    house.browser.visit("/services/gone?tab=runs")
    assert "Stopped" not in house.browser.send("/services/gone/schedule", every="cron", cron="* * * * *").text
    taken = house.schedule("gone")
    assert (taken["by"], taken["stopped"]) == ("admin", None) and taken["next"] > over
    assert said["left"]["last"]["id"] == house.schedule("left")["last"]["id"], "the first run that failed was the last"
    for name in told:
        server.cli("schedule", name, "--remove")
