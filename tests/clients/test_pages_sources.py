"""Sources on the pages: added with a form, and tried."""

import contextlib
import json
import re
import socket
import threading
from pathlib import Path

import pytest

import real_databases
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser

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
    assert steps == ["done", "done", "done", "failed", "not tried"] and "user and the password" in said
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


def test_an_empty_catalogue_leads_to_the_form(tmp_path):
    made = Server(tmp_path)
    made.start()
    try:
        assert "/sources?add=postgres" in Browser(made).sign_in(made.admin).visit("/").links
        assert "/sources?add=postgres" not in Browser(made).sign_in(made.new_user("looker")).visit("/").links
    finally:
        assert made.stop() == 0
