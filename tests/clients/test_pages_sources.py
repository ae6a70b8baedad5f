"""Sources on the pages: added with a form, tried, read while one watches, and what is kept of it. And who may not."""

import contextlib
import json
import re
import socket
import sqlite3
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

import real_databases
from bobsled_door import BobsledDoor
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser, by_mail, words

SHOP = """
    CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL);
    CREATE TABLE orders (id BIGINT PRIMARY KEY, amount DECIMAL(12,2));
    CREATE TABLE wages (id INT, amount DECIMAL(12,2));
"""
SECRET = "never-shown-hunter2"


@pytest.fixture(scope="module")
def postgres():
    with real_databases.postgresql() as source:
        source.sql(SHOP)
        yield source


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def house(tmp_path_factory, files) -> Server:
    """A server that may open files, with an account beside the first."""
    made = Server(tmp_path_factory.mktemp("sources"), EMPORION_SOURCE_DIRS=json.dumps([str(files)]))
    made.start()
    yield made
    assert made.stop() == 0, made.log_tail()
    log = made.log.read_text(errors="replace")
    assert "panicked" not in log and SECRET not in log


@pytest.fixture(scope="module")
def browser(house) -> Browser:
    return Browser(house).sign_in(house.admin)


@pytest.fixture(scope="module")
def om_house(house) -> OpenMetadataDoor:
    return OpenMetadataDoor(house, house.admin.token)


@contextlib.contextmanager
def silent():
    """Something that takes connections and says nothing, and how many it took."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def take():
        with contextlib.suppress(OSError):
            while True:
                taken.append(listener.accept()[0])

    threading.Thread(target=take, daemon=True).start()
    try:
        yield listener.getsockname()[1], taken
    finally:
        listener.close()
        for one in taken:
            one.close()


def of_postgres(source, **more) -> dict:
    server = source.server
    fields = {"host": server["host"], "port": str(server["port"]), "database": server["database"], "user": server["user"]}
    return fields | {"password": source.password} | more


def add(browser: Browser, system: str, expect: int = 200, **fields):
    browser.visit(f"/sources?add={system}")
    return browser.send("/sources", expect=expect, **fields)


def over(browser: Browser, within: float = 60) -> str:
    """Looks at a run until it has ended: its text."""
    until = time.monotonic() + within
    while 'http-equiv="refresh"' in browser.page.source:
        assert time.monotonic() < until, browser.page.text
        time.sleep(0.1)
        browser.visit(urlsplit(browser.page.url).path)
    return browser.page.text


def large(file: Path, tables: int) -> None:
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.executescript("BEGIN;" + "".join(f"CREATE TABLE t{n} (id INT, a TEXT, b TEXT);" for n in range(tables)) + "COMMIT;")


def test_a_source_is_added_tried_and_read(house, browser, postgres, fresh_name):
    name = fresh_name("shop")
    assert "/sources?add=postgres" in browser.visit("/sources").links
    page = add(browser, "postgres", service=name, **of_postgres(postgres))
    assert browser.path == f"/services/{name}" and browser.query()["tab"] == "connection"
    assert postgres.password not in page.source and postgres.server["user"] in page.text
    page = browser.send(f"/services/{name}/connection")
    assert "The connection works" in "".join(page.roles["status"]) and "PostgreSQL" in page.text and "public" in page.text
    browser.send(f"/services/{name}/runs")
    assert re.fullmatch(rf"/services/{name}/runs/\d+", browser.path)
    at = browser.path
    text = over(browser)
    counts = postgres.counts()
    assert "succeeded" in text and f"{counts['tables']} tables with {counts['columns']} columns" in text
    assert "tables a second" in text and f"/services/{name}" in browser.page.links
    contents = browser.visit(f"/services/{name}")
    assert "1 database" in contents.text and "Last read" in contents.text and at in contents.links
    # Another column, a table that went, and what was done about it.
    postgres.sql("ALTER TABLE orders ADD COLUMN note TEXT; ALTER TABLE orders ALTER COLUMN id TYPE NUMERIC(20); DROP TABLE wages;")
    try:
        browser.visit(f"/services/{name}?tab=runs")
        page = browser.send(f"/services/{name}/runs", dry="1")
        text = over(browser)
        assert "nothing was written" in text and "new: note" in text and "bigint not null → numeric(20" in text.replace("primary key", "not null")
        assert "No longer in the source" in text and "wages" in text
        browser.visit(f"/services/{name}?tab=runs")
        browser.send(f"/services/{name}/runs")
        assert "new: note" in over(browser)
    finally:
        postgres.sql("CREATE TABLE wages (id INT, amount DECIMAL(12,2));")
    history = browser.visit(f"/services/{name}?tab=runs")
    assert history.source.count("succeeded") == 2, "a rehearsal is no run"
    assert "3 new" in history.text and "1 changed, 1 gone" in history.text and "admin" in history.text


def test_what_is_wrong_is_told_by_its_field_and_nothing_typed_is_lost(browser, om_house, fresh_name):
    name = fresh_name("wrong")
    page = add(browser, "postgres", expect=400, service=name, host="h:5432/x", port="70000", database="d", user="", password=SECRET)
    alert = "".join(page.roles["alert"])
    assert "User: is needed" in alert and "Port: is a whole number" in alert and SECRET not in page.source
    fields = page.form("/sources")["fields"]
    assert (fields["service"], fields["host"], fields["port"], fields["password"]) == (name, "h:5432/x", "70000", "")
    invalid = {given["name"]: given["aria-describedby"] for tag, given in page.tags if given.get("aria-invalid") == "true"}
    assert invalid == {"port": "port-fault", "user": "user-fault"}
    page = browser.send("/sources", expect=400, port="5432", user="u", password=SECRET)
    assert "Host: must be a name or an address alone" in "".join(page.roles["alert"]) and SECRET not in page.source
    page = browser.send("/sources", expect=400, host="169.254.169.254")
    assert "not allowed" in "".join(page.roles["alert"])
    assert browser.send("/sources", host="db.invalid", password=SECRET).url.endswith("done=created")
    page = add(browser, "mysql", expect=409, service=name, host="db.invalid", user="u")
    assert "is taken" in "".join(page.roles["alert"]) and page.form("/sources")["fields"]["host"] == "db.invalid"
    for path in ("/etc/passwd", "nothing.db", "../x", ":memory:"):
        page = add(browser, "sqlite", expect=400, service=fresh_name("file"), path=path)
        assert page.form("/sources")["fields"]["path"] == path
    assert browser.visit("/sources?add=oracle", expect=404).roles["alert"]
    hostile = '<b>"x"</b>\u202e' + fresh_name("hostile")
    page = add(browser, "mysql", service=hostile, host="db.invalid", user='<i>"u"')
    assert "<b>" not in page.source and "<i>" not in page.source and "\u202e" not in page.source


def test_what_failed_is_said_with_the_step_at_which_it_did(browser, postgres, fresh_name):
    def tried(**fields) -> tuple[str, list[str]]:
        name = fresh_name("tried")
        add(browser, "postgres", service=name, **(of_postgres(postgres) | fields))
        page = browser.send(f"/services/{name}/connection")
        assert SECRET not in page.source and postgres.password not in page.source
        steps = re.findall(r"(done|failed|not tried)</span> ([^<]+)</li>", page.source)
        return "".join(page.roles["alert"]), [state for state, _ in steps]

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        said, steps = tried(port=str(free.getsockname()[1]))
    assert steps == ["done", "done", "failed", "not tried", "not tried"] and "host and port" in said
    said, steps = tried(host="db.invalid")
    assert steps == ["done", "done", "failed", "not tried", "not tried"] and "name of the host" in said
    said, steps = tried(password=SECRET)
    assert steps == ["done", "done", "done", "failed", "not tried"] and "Check the user, the password" in said
    said, steps = tried(host="localhost.localdomain.invalid", sslMode="verify-full")
    assert steps[2] == "failed"
    with silent() as (port, taken):
        said, steps = tried(host="127.0.0.1", port=str(port))
        assert taken and steps[:3] == ["done", "done", "failed"]


def test_a_connection_is_changed_and_its_password_typed_anew(browser, postgres, om_house, fresh_name):
    name = fresh_name("changed")
    add(browser, "postgres", service=name, **of_postgres(postgres, password=SECRET, schema="sales", sslMode="disable"))
    page = browser.visit(f"/services/{name}?tab=connection&change=1")
    fields = page.form(f"/services/{name}/connection")["fields"]
    assert fields["password"] == "" and SECRET not in page.source
    assert (fields["schema"], fields["sslMode"], fields["port"]) == ("sales", "disable", str(postgres.server["port"]))
    page = browser.send(f"/services/{name}/connection", expect=400, user="", password=SECRET)
    assert "User: is needed" in "".join(page.roles["alert"]) and SECRET not in page.source
    with silent() as (port, taken):
        # Who leads a source elsewhere takes no secret along.
        browser.visit(f"/services/{name}?tab=connection&change=1")
        browser.send(f"/services/{name}/connection", port=str(port))
        assert "authType" not in om_house.by_name("services/databaseServices", name)["connection"]["config"]
    browser.visit(f"/services/{name}?tab=connection&change=1")
    browser.send(f"/services/{name}/connection", port=str(postgres.server["port"]), password=postgres.password)
    assert browser.query()["done"] == "saved"
    assert "The connection works" in browser.send(f"/services/{name}/connection").text


def test_a_failed_run_says_why_and_a_brake_asks_before_it_lets_go(browser, files, fresh_name):
    name, file = fresh_name("braked"), files / "braked"
    large(file, 8)
    add(browser, "sqlite", service=name, path="braked")
    assert "done" in browser.send(f"/services/{name}/connection").text
    browser.send(f"/services/{name}/runs")
    assert "succeeded" in over(browser)
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.executescript("".join(f"DROP TABLE t{n};" for n in range(1, 8)))
    browser.visit(f"/services/{name}?tab=runs")
    browser.send(f"/services/{name}/runs")
    text = over(browser)
    assert "7 of 8 tables are no longer in the source" in text and "So many deletions at once are usually a mistake. Check the source. If they are right, delete them" in text
    browser.send(f"/services/{name}/runs")
    assert "succeeded" in over(browser) and "7" in browser.page.text
    file.unlink()
    browser.visit(f"/services/{name}?tab=runs")
    browser.send(f"/services/{name}/runs")
    assert "no such file" in over(browser) and browser.page.roles["alert"]
    states = re.findall(r'class="state (\w*)">', browser.visit(f"/services/{name}?tab=runs").source)
    assert states == ["bad", "good", "bad", "good"]


def test_a_run_is_stopped_and_one_that_the_server_left_is_interrupted(browser, house, fresh_name):
    name = fresh_name("stuck")
    with silent() as (port, _):
        add(browser, "postgres", service=name, host="127.0.0.1", port=str(port), database="d", user="u", password=SECRET)
        browser.send(f"/services/{name}/runs")
        first = browser.path
        assert "running" in browser.page.text and "Connecting" in browser.page.text
        page = browser.visit(f"/services/{name}?tab=runs")
        assert "running" in page.text
        assert "already" in "".join(browser.send(f"/services/{name}/runs", expect=409).roles["alert"])
        browser.visit(first)
        page = browser.send(f"{first}/stop")
        assert browser.path == first and "stopped by a person" in page.text
        browser.visit(f"/services/{name}?tab=runs")
        browser.send(f"/services/{name}/runs")
        second = browser.path
        assert second != first and "running" in browser.page.text
        house.kill()
        house.start()
        for _ in range(100):
            page = browser.visit(second)
            if "its server is gone" in page.text:
                break
            time.sleep(0.1)
        assert "its server is gone" in page.text, page.text
        assert 'http-equiv="refresh"' not in page.source and "Stop" not in page.words
        assert "stopped by a person" in browser.visit(first).text
        page = browser.visit(f"/services/{name}?tab=runs")
        assert "failed" in page.text and "stopped" in page.text


def test_who_may_not_ingest_adds_tries_and_sees_nothing_of_it(house, browser, om_house, postgres, fresh_name):
    name = fresh_name("guarded")
    add(browser, "postgres", service=name, **of_postgres(postgres))
    browser.send(f"/services/{name}/runs")
    over(browser)
    run = browser.path
    of = om_house.get(f"/services/databaseServices/name/{name}")["id"]
    viewer = Browser(house).sign_in(house.new_user(fresh_name("viewer")))
    token = viewer.visit("/logout").form("/logout")["fields"]["token"]
    assert "/sources?add=postgres" not in viewer.visit("/sources").links
    page = viewer.visit(f"/services/{name}")
    assert "Last read" in page.text and "succeeded" in page.text and "new" not in "".join(re.findall(r'class="titled read">(.*?)</div>', page.source))
    assert run not in page.links and "Connection" not in page.text and "Ingest now" not in page.text
    page = viewer.visit(f"/services/{name}?tab=runs")
    assert "succeeded" in page.text and "admin" not in "".join(re.findall("<tbody>(.*?)</tbody>", page.source, re.S)) and run not in page.links
    with silent() as (port, taken):
        there = {"system": "postgres", "service": fresh_name("probe"), "host": "127.0.0.1", "port": str(port), "database": "d", "user": "u"}
        closed = [("GET", f"/services/{name}?tab=connection"), ("GET", "/sources?add=postgres"), ("GET", run), ("GET", f"{run}/progress")]
        closed += [("POST", "/sources", there), ("POST", f"/services/{name}/connection", there | {"do": "replace"})]
        closed += [("POST", f"/services/{name}/connection", {"do": "test"}), ("POST", f"/services/{name}/runs", {}), ("POST", f"{run}/stop", {})]
        for method, path, *body in closed:
            page = viewer.ask(method, path, **({"data": {"token": token, "of": of} | body[0]} if body else {}))
            # Of tabs that somebody does not have the first is shown.
            assert page.status == 403 or (path.endswith("tab=connection") and "Host" not in page.text), (method, path, page.status)
        elsewhere = Browser(house).sign_in(by_mail(house.new_account("abroad"), "abroad"))
        abroad = elsewhere.visit("/logout").form("/logout")["fields"]["token"]
        for method, path, *body in closed[2:4] + closed[5:]:
            page = elsewhere.ask(method, path, **({"data": {"token": abroad, "of": of} | body[0]} if body else {}))
            assert page.status == 404, (method, path, page.status)
        # Forged: without the token of the session, or from elsewhere.
        assert browser.ask("POST", f"/services/{name}/runs", data={}).status == 403
        own = browser.visit("/logout").form("/logout")["fields"]["token"]
        assert browser.ask("POST", f"/services/{name}/connection", data={"token": own, "do": "test"}, headers={"Origin": "https://evil.example"}).status == 403
        assert not taken, "nobody was led there"
    answer = requests.post(house.url + "/emporion/v1/sources/test", json={"service": name}, timeout=10)
    assert answer.status_code == 401


def test_an_owner_through_a_team_ingests_and_another_steward_names_no_file(house, browser, om_house, postgres, files, fresh_name):
    name, member = fresh_name("owned"), house.new_user(fresh_name("member"))
    add(browser, "postgres", service=name, **of_postgres(postgres))
    team = om_house.post("/teams", {"name": fresh_name("Crew"), "teamType": "Group", "users": [member.id]})
    service = om_house.by_name("services/databaseServices", name)
    om_house.patch(f"/services/databaseServices/{service['id']}", [{"op": "add", "path": "/owners", "value": [{"id": team["id"], "type": "team"}]}])
    walker = Browser(house).sign_in(member)
    assert "Connection" in walker.visit(f"/services/{name}").text
    walker.visit(f"/services/{name}?tab=connection")
    assert "The connection works" in walker.send(f"/services/{name}/connection").text
    with silent() as (port, _):
        # What another has started, he sees, too.
        stuck = fresh_name("watched")
        add(browser, "postgres", service=stuck, host="127.0.0.1", port=str(port), database="d", user="u")
        browser.send(f"/services/{stuck}/runs")
        run = browser.path
        assert walker.ask("GET", run).status == 403
        service = om_house.by_name("services/databaseServices", stuck)
        om_house.patch(f"/services/databaseServices/{service['id']}", [{"op": "add", "path": "/owners", "value": [{"id": team["id"], "type": "team"}]}])
        assert "running" in walker.visit(run).text
        # A run belongs to its source.
        assert walker.visit(f"/services/{name}/runs/{run.rsplit('/', 1)[1]}", expect=404).roles["alert"]
        walker.visit(run)
        assert "stopped by a person" in walker.send(f"{run}/stop").text
    steward = house.new_user(fresh_name("steward"))
    role = om_house.by_name("roles", "DataSteward")
    om_house.patch(f"/users/{steward.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    walker = Browser(house).sign_in(steward)
    page = walker.visit("/sources?add=postgres")
    assert "/sources?add=sqlite" not in page.links and walker.visit("/sources?add=sqlite", expect=404).roles["alert"]
    token = walker.visit("/logout").form("/logout")["fields"]["token"]
    large(files / "there", 1)
    answers = [
        walker.ask("POST", "/sources", data={"token": token, "system": "sqlite", "service": fresh_name("f"), "path": path})
        for path in ("there", "not-there")
    ]
    assert [page.status for page in answers] == [403, 403]
    assert len({"".join(page.roles["alert"]) if "alert" in page.roles else page.text for page in answers}) == 1, "which files there are stays unsaid"
    # Nor does an owner of one that reads a file get a form that only says so.
    filed = fresh_name("filed")
    add(browser, "sqlite", service=filed, path="there")
    assert "change=1" in " ".join(browser.visit(f"/services/{filed}?tab=connection").links)
    service = om_house.by_name("services/databaseServices", filed)
    om_house.patch(f"/services/databaseServices/{service['id']}", [{"op": "add", "path": "/owners", "value": [{"id": steward.id, "type": "user"}]}])
    page = walker.visit(f"/services/{filed}?tab=connection")
    assert "change=1" not in " ".join(page.links) and "an administrator says" in page.text and "SQLite or CSV files" in page.text


def test_runs_of_other_programs_stand_beside(browser, om_house, house, fresh_name):
    name = fresh_name("crawled")
    add(browser, "mysql", service=name, host="db.invalid", user="u")
    service = om_house.by_name("services/databaseServices", name)
    pipeline = om_house.post("/services/ingestionPipelines", {
        "name": fresh_name("nightly"), "pipelineType": "metadata", "sourceConfig": {"config": {}}, "airflowConfig": {},
        "service": {"id": service["id"], "type": "databaseService"},
    })  # fmt: skip
    began = int(time.time() * 1000) - 60_000
    status = {"runId": "r", "pipelineState": "partialSuccess", "startDate": began, "timestamp": began, "endDate": began + 5_000}
    om_house.call("PUT", f"/services/ingestionPipelines/{pipeline['fullyQualifiedName']}/pipelineStatus", status, expect=201)
    text = browser.visit(f"/services/{name}?tab=runs").text
    assert pipeline["name"] in text and "ended; some changes were refused" in text and "5.0 s" in text


def row(page, name: str) -> str:
    """What the list of sources says of one."""
    return words(next(row for row in page.source.split("<tr>") if f'href="/services/{name}"' in row))


def listed(browser: Browser, name: str) -> str:
    """The same, on whichever page it stands."""
    page = browser.visit("/sources")
    while f'href="/services/{name}"' not in page.source:
        page = browser.visit(next(link for link in page.links if "after=" in link))
    return row(page, name)


def test_the_list_says_how_fresh_sources_are_and_the_administration_which_are_not(house, browser, om_house, files, fresh_name):
    name, file, team_mate = fresh_name("dated"), files / "dated", house.new_user(fresh_name("mate"))
    troubled = f"/services/{name}?tab=runs"
    large(file, 1)
    add(browser, "sqlite", service=name, path="dated")
    viewer, mate = (Browser(house).sign_in(who) for who in (house.new_user(fresh_name("viewer")), team_mate))
    assert "no run yet" in listed(browser, name) and troubled not in browser.visit("/admin").links
    browser.visit(f"/services/{name}?tab=runs")
    browser.send(f"/services/{name}/runs")
    over(browser)
    for who in (browser, viewer, mate):
        assert "succeeded" in listed(who, name) and "next on" not in listed(who, name)
    assert troubled not in browser.visit("/admin").links
    # When it is read next is for those who may ingest it: an owner through a team is one of them.
    team = om_house.post("/teams", {"name": fresh_name("Crew"), "teamType": "Group", "users": [team_mate.id]})
    service = om_house.by_name("services/databaseServices", name)
    om_house.patch(f"/services/databaseServices/{service['id']}", [{"op": "add", "path": "/owners", "value": [{"id": team["id"], "type": "team"}]}])
    browser.visit(troubled)
    browser.send(f"/services/{name}/schedule", every="cron", cron="0 3 1 1 *")
    for who, knows in ((browser, True), (mate, True), (viewer, False)):
        assert ("next on 1 January" in listed(who, name)) is knows
    file.unlink()
    browser.visit(troubled)
    browser.send(f"/services/{name}/runs")
    over(browser)
    for who in (browser, viewer, mate):
        assert "failed" in listed(who, name) and "succeeded" not in listed(who, name)
    om_house.post("/services/pipelineServices", {"name": fresh_name("flows"), "serviceType": "Airflow"})
    page = browser.visit("/admin")
    counted = re.search(r"Need attention: \d+ of (\d+ sources?)\.", page.text).group(1)
    assert troubled in page.links and counted in browser.visit("/sources").text, "both count the same sources"
    assert viewer.ask("GET", "/admin").status == mate.ask("GET", "/admin").status == 403
    abroad = Browser(house).sign_in(by_mail(house.new_account("faraway"), "faraway"))
    assert "Need attention: 0 of 0 sources." in abroad.visit("/admin").text and name not in abroad.page.source
    assert name not in abroad.visit("/sources").source
    # What other programs read of it counts as well, and what goes on is for those who may ingest it.
    large(file, 1)
    browser.visit(troubled)
    browser.send(f"/services/{name}/runs")
    over(browser)
    assert troubled not in browser.visit("/admin").links
    pipeline = om_house.post("/services/ingestionPipelines", {
        "name": fresh_name("nightly"), "pipelineType": "metadata", "sourceConfig": {"config": {}}, "airflowConfig": {},
        "service": {"id": service["id"], "type": "databaseService"},
    })  # fmt: skip
    began = int(time.time() * 1000) - 3_600_000
    status = {"runId": "r", "pipelineState": "failed", "startDate": began, "timestamp": began}
    om_house.call("PUT", f"/services/ingestionPipelines/{pipeline['fullyQualifiedName']}/pipelineStatus", status, expect=201)
    assert "succeeded" in listed(browser, name) and f"the last run of {pipeline['name']} failed" in listed(browser, name)
    assert troubled in browser.visit("/admin").links
    stuck = fresh_name("slow")
    with silent() as (port, _):
        add(browser, "postgres", service=stuck, host="127.0.0.1", port=str(port), database="d", user="u")
        browser.send(f"/services/{stuck}/runs")
        run = browser.path
        assert "running" in listed(browser, stuck) and "running" not in listed(viewer, stuck)
        browser.visit(run)
        browser.send(f"{run}/stop")
    assert "stopped by a person" in listed(browser, stuck) and "stopped by a person" in listed(viewer, stuck)


def test_an_empty_catalogue_leads_to_the_form(tmp_path):
    made = Server(tmp_path)
    made.start()
    try:
        assert "/sources?add=postgres" in Browser(made).sign_in(made.admin).visit("/").links
        assert "/sources?add=postgres" not in Browser(made).sign_in(made.new_user("looker")).visit("/").links
    finally:
        assert made.stop() == 0


def steward(house, om_house, fresh_name, name: str):
    made = house.new_user(fresh_name(name))
    role = om_house.by_name("roles", "DataSteward")
    om_house.patch(f"/users/{made.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    return made


def test_who_adds_a_source_manages_its_rows_and_who_owns_it_in_name_only_is_told_so(house, browser, om_house, postgres, fresh_name):
    hers, named, stranger = (steward(house, om_house, fresh_name, name) for name in ("hers", "named", "stranger"))
    adder, later = (Browser(house).sign_in(who) for who in (hers, named))
    name = fresh_name("brought")
    add(adder, "postgres", service=name, **of_postgres(postgres))
    owners = om_house.get(f"/services/databaseServices/name/{name}", fields="owners")["owners"]
    assert [owner["name"] for owner in owners] == [hers.name]
    adder.send(f"/services/{name}/runs")
    over(adder)
    at = f"/services/{name}"
    table = f"{name}.{postgres.server['database']}.public.wages"
    product = om_house.post("/dataProducts", {"name": fresh_name("Brought"), "description": "d", "domains": ["default"], "owners": [{"id": hers.id, "type": "user"}]})
    shown = f"/products/{product['fullyQualifiedName']}"
    adder.visit(f"{shown}?edit=assets")
    adder.send(shown, add=table)
    assert "you may query it" in adder.visit(f"{shown}?tab=assets").text, "she brought what opens it"
    # Whoever names herself later owns it in name only: her page says so, and who can mend it.
    later.visit(f"{at}?edit=details")
    later.send(at, **{"owners.add": named.name})
    page = later.visit(at)
    assert "Owner in name only" in page.text and "Administrators" in page.text, page.text
    assert "Let them manage the rows" not in page.text
    # Nor does she say where it lies, by no form either.
    assert "change=1" in " ".join(adder.visit(f"{at}?tab=connection").links)
    page = later.visit(f"{at}?tab=connection")
    assert "change=1" not in " ".join(page.links) and "owners and administrators say where it lies" in page.text
    filled = adder.visit(next(link for link in adder.visit(f"{at}?tab=connection").links if "change=1" in link)).form(f"{at}/connection")["fields"]
    sent = filled | of_postgres(postgres) | {"token": later.visit("/logout").form("/logout")["fields"]["token"], "do": "replace", "host": "localhost"}
    forged = later.ask("POST", f"{at}/connection", data=sent)
    assert forged.status == 403 and "says where it lies" in forged.text, forged.text
    assert "localhost" not in adder.visit(f"{at}?tab=connection").text
    below = later.visit(f"/tables/{table}?tab=access")
    assert "in name only" in below.text and at in below.links and "Let them manage" not in below.text
    # Nobody mends it who holds no rows: naming her again by a forged form changes nothing.
    third = Browser(house).sign_in(stranger)
    page = third.visit(f"{at}?edit=details")
    third.send(at, **{"owners.add": named.name})
    assert "in name only" in third.visit(at).text
    # Who holds the rows gives them by one press.
    assert "Let them manage the rows" in adder.visit(at).text
    adder.send(at)
    assert "in name only" not in later.visit(at).text
    assert "in name only" not in later.visit(f"/tables/{table}?tab=access").text
    kept = {owner["name"] for owner in om_house.get(f"/services/databaseServices/name/{name}", fields="owners")["owners"]}
    assert kept == {hers.name, named.name}
    # What an administrator adds is nobody's, and what is brought back is as it was.
    other = fresh_name("ours")
    add(browser, "postgres", service=other, **of_postgres(postgres))
    made = om_house.get(f"/services/databaseServices/name/{other}", fields="owners")
    assert not made["owners"]
    om_house.delete(f"/services/databaseServices/{made['id']}", recursive="true")
    add(later, "postgres", service=other, **of_postgres(postgres))
    assert not om_house.get(f"/services/databaseServices/name/{other}", fields="owners")["owners"], "a source that is brought back"


def test_who_has_asked_for_rows_is_led_to_his_request(house, browser, om_house, postgres, fresh_name):
    named = steward(house, om_house, fresh_name, "asker")
    name = fresh_name("asked")
    add(browser, "postgres", service=name, **of_postgres(postgres))
    browser.send(f"/services/{name}/runs")
    over(browser)
    table = f"{name}.{postgres.server['database']}.public.wages"
    product = om_house.post("/dataProducts", {"name": fresh_name("Asked"), "description": "d", "domains": ["default"], "owners": [{"id": named.id, "type": "user"}]})
    at = f"/products/{product['fullyQualifiedName']}"
    walker = Browser(house).sign_in(named)
    walker.visit(f"/services/{name}?edit=details")
    walker.send(f"/services/{name}", **{"owners.add": named.name})
    walker.visit(f"{at}?edit=assets")
    page = walker.send(at, add=table)
    assert "Nobody manages these rows" in walker.visit(f"{at}?tab=assets").text, "an owner in name has none to share"
    asked = {"product": product["id"], "wants": "rows", "assets": [table], "reason": "mine"}
    made = requests.post(f"{house.url}/emporion/v1/requests", json=asked, headers={"Authorization": f"Bearer {named.token}"}, timeout=10)
    assert made.status_code < 300, made.text
    browser.visit(f"/services/{name}")
    browser.send(f"/services/{name}")
    walker.visit(f"{at}?tab=assets")
    page = walker.send(at, expect=403, rows="granted")
    assert "You have asked for this yourself" in page.text and "/requests" in page.links and "policy" not in page.text.lower()


def test_figures_of_each_source_of_a_product_are_answered_by_one_model(house, om_house, postgres, files, fresh_name):
    (files / "tills").mkdir(exist_ok=True)
    (files / "tills" / "tills.csv").write_text("id,takings\n1,10\n2,32\n")
    postgres.sql("INSERT INTO wages VALUES (1, 5), (2, 6)")
    browser = Browser(house).sign_in(house.admin)
    bob = BobsledDoor(house, house.admin.token)
    names = fresh_name("sql"), fresh_name("csv")
    add(browser, "postgres", service=names[0], **of_postgres(postgres))
    add(browser, "sqlite", service=names[1], path="tills")
    for name in names:
        browser.visit(f"/services/{name}?tab=connection")
        browser.send(f"/services/{name}/runs")
        over(browser)
    product = om_house.post("/dataProducts", {"name": fresh_name("Both"), "description": "d", "domains": ["default"]})
    at = f"/products/{product['fullyQualifiedName']}"
    browser.visit(f"{at}?edit=assets")
    browser.send(at, add=[f"{names[0]}.{postgres.server['database']}.public.wages", f"{names[1]}.tills.main.tills"])
    browser.visit(f"{at}?tab=model")
    browser.send(f"{at}/model", do="generate")
    path = f"/data-products/{product['id']}"
    model = bob.get(f"{path}/semantic-models", state="undeployed")["semanticModels"][0]
    for table, column in (("wages", "amount"), ("tills", "takings")):
        metric = {"name": f"sum_of_{table}", "expression": f"SUM({table}.{column})"}
        bob.post(f"{path}/semantic-models/{model['id']}/metrics", metric, expect=201)
    browser.visit(f"{at}?tab=model")
    browser.send(f"{at}/model", do="deploy")
    for question, total in (("sum of wages", "11"), ("sum of tills", "42")):
        answer = bob.post(f"{path}/chat", {"message": question})
        assert total in json.dumps(answer), (question, answer)
