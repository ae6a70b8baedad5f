"""What waits for somebody on the first page: of what he owns, and of nothing else, until it is mended."""

import re
import time
from html import unescape
from urllib.parse import quote

import pytest
import requests

from openmetadata_door import reference
from pages_browser import LOOKS, judged, sign_in
from pages_door import HOSTILE, Browser
from rows_world import RowsWorld

WAGES = "shop.shop.main.wages"
NOW = int(time.time() * 1000)
#: Those to whom nothing here is: a viewer with a filter, a contributor of another project, an administrator elsewhere.
OTHERS = ("filtered", "elsewhere", "editor", "stranger", "outsider")


class World(RowsWorld):
    def __init__(self, folder):
        super().__init__(folder)
        self.folder, self.browsers = folder, {}
        for name in ("ann", "elsewhere"):
            self.people[name] = self.server.new_user(name)
        self.project(("elsewhere", "PROJECT_CONTRIBUTOR"))
        self.crew = self.om.post("/teams", {"name": "Crew", "teamType": "Group", "users": [self.people["ann"].id]})
        self.crews = [reference(self.crew, "team")]
        self.own("services/databaseServices", self.source, self.crews)
        self.wages = self.om.by_name("tables", WAGES)["id"]
        self.bob.patch(f"{self.path}/data-assets", {"add": [{"tableName": "wages"}]})
        self.bob.post(f"{self.path}/deploy", {})
        self.om.put("/services/pipelineServices", {"name": "nightly", "serviceType": "Airflow"})
        self.fqn = self.om.get(f"/dataProducts/{self.product}")["fullyQualifiedName"]
        self.at = "/products/" + quote(self.fqn, safe=".-_~")

    def browser(self, who: str) -> Browser:
        if who not in self.browsers:
            made = Browser(self.server)
            # Administrators bear the same name in every account.
            self.browsers[who] = made.show_token(self.people[who]) if who == "outsider" else made.sign_in(self.people[who])
        return self.browsers[who]

    def waiting(self, who: str, **headers) -> dict[str, str]:
        """The lines beside requests, each by where it leads."""
        page = self.browser(who).ask("GET", "/", headers=headers)
        section = page.source.split('id="waiting"')[1].split("</section>")[0] if 'id="waiting"' in page.source else ""
        lines = re.findall(r'<li><a class="whole" href="(?!/requests/)([^"]*)">(.*?)</a></li>', section, re.S)
        return {unescape(at): " ".join(unescape(re.sub("<[^>]*>", " ", line)).split()) for at, line in lines}

    def own(self, collection: str, id: str, owners: list) -> None:
        self.om.patch(f"/{collection}/{id}", [{"op": "add", "path": "/owners", "value": owners}])

    def lend(self, table: str, rows: str) -> None:
        assets = self.bob.get(f"{self.path}/data-assets")["dataAssets"]
        asset = next(asset["id"] for asset in assets if asset["tableName"] == table)
        self.bob.patch(f"{self.path}/data-assets", {"update": [{"id": asset, "rows": rows}]})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("waiting"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def test_rows_wait_for_who_owns_the_product_and_holds_them(world):
    tab = world.at + "?tab=assets"
    assert world.waiting("product_owner") == {}
    assert "Nothing waits for you." in world.browser("product_owner").visit("/").text
    for table in ("customer", "wages"):
        world.lend(table, "closed")
    # He owns the product, and no row.
    assert world.waiting("product_owner") == {}
    world.own("tables", world.wages, [reference(world.om.get("/users/name/product-owner"), "user")])
    assert world.waiting("product_owner")[tab] == "Customers the rows of 1 table are not shared with it"
    # Through a team he owns the product and the rows of both; who owns a table and no product has nothing to lend.
    owners = world.om.get(f"/dataProducts/{world.product}", fields="owners")["owners"]
    world.own("tables", world.wages, world.crews)
    world.own("dataProducts", world.product, world.crews)
    assert world.waiting("ann")[tab] == "Customers the rows of 2 tables are not shared with it"
    german = world.waiting("ann", **{"Accept-Language": "de"})
    assert german[tab] == "Customers die Zeilen von 2 Tabellen sind nicht für das Produkt freigegeben"
    for who in (*OTHERS, "table_owner", "admin"):
        assert world.waiting(who) == {}, who
    ann = world.browser("ann")
    here = {"Origin": ann.base, "Sec-Fetch-Site": "same-origin"}
    for is_left in (True, False):
        form = next(form for form in ann.visit(tab).forms if {"asset", "until"} <= form["fields"].keys())
        ann.ask("POST", form["action"], data=form["fields"] | {"rows": "granted"}, headers=here)
        assert (tab in world.waiting("ann")) is is_left
    assert "Nothing waits for you." in ann.visit("/").text
    world.own("dataProducts", world.product, owners)


def test_a_live_query_that_does_not_run_any_more_waits(world):
    tab = world.at + "?tab=model"
    query = {"question": "How much?", "sql": "SELECT SUM(amount) AS a FROM wages", "isDeployed": True}
    world.bob.post(f"{world.path}/verified-queries", query)
    assert tab not in world.waiting("product_owner")
    world.om.delete(f"/tables/{world.wages}")
    assert world.waiting("product_owner")[tab] == "Customers 1 verified query no longer runs"
    german = world.waiting("product_owner", **{"Accept-Language": "de"})
    assert german[tab] == "Customers 1 geprüfte Abfrage läuft nicht mehr"
    assert "no longer runs" in world.browser("product_owner").visit(tab).text
    for who in (*OTHERS, "table_owner", "ann"):
        assert tab not in world.waiting(who), who
    world.om.put("/tables/restore", {"id": world.wages})
    world.bob.patch(f"{world.path}/data-assets", {"add": [{"tableName": "wages"}]})
    world.bob.post(f"{world.path}/deploy", {})
    assert tab not in world.waiting("product_owner")


def test_a_pipeline_waits_for_its_owner_and_for_the_owner_of_what_holds_it(world):
    body = {"name": "load", "displayName": "L" + HOSTILE, "service": "nightly", "owners": world.crews}
    pipeline = world.om.put("/pipelines", body)
    at = "/pipelines/nightly.load"
    tasks = [{"name": "read", "executionStatus": "Successful"}, {"name": "write", "executionStatus": "Failed"}]

    def ran(ago: int, outcome: str, **more) -> None:
        world.om.put("/pipelines/nightly.load/status", {"timestamp": NOW - ago, "executionStatus": outcome, **more})

    ran(2_000, "Successful")
    assert world.waiting("ann") == {}
    ran(1_000, "Failed", taskStatus=tasks)
    assert "the last run failed at write" in world.waiting("ann")[at]
    page = world.browser("ann").visit("/")
    assert "\u202e" not in page.text and [given.get("type") for tag, given in page.tags if tag == "script"] == ["module"]
    page = world.browser("ann").visit(at)
    assert "Runs" in page.text and "failed" in page.text and "write" in page.text
    for who in (*OTHERS, "product_owner", "admin"):
        assert at not in world.waiting(who), who
    added = {"assets": [reference(pipeline, "pipeline")]}
    world.om.call("PUT", f"/dataProducts/{world.fqn}/assets/add", added, expect=200)
    assert at in world.waiting("product_owner")
    for who in OTHERS:
        assert at not in world.waiting(who), who
    ran(0, "Successful")
    for who in ("ann", "product_owner"):
        assert at not in world.waiting(who), who


def test_a_source_waits_for_who_may_read_it(world):
    runs = "/services/shop?tab=runs"

    def read(outcome: str) -> None:
        at = f"{world.server.url}/emporion/v1/ingestions"
        headers = {"Authorization": f"Bearer {world.server.admin.token}"}
        told = requests.post(at, json={"service": "shop"}, headers=headers, timeout=10).json()
        deadline = time.monotonic() + 20
        while told.get("state", "running") == "running" and time.monotonic() < deadline:
            time.sleep(0.1)
            told = requests.get(f"{at}/{told['id']}", headers=headers, timeout=10).json()
        assert told["state"] == outcome, told

    file = world.folder / "files" / "shop"
    file.rename(file.with_name("away"))
    read("failed")
    for who in ("ann", "admin"):
        assert "the last run failed" in world.waiting(who)[runs], who
    for who in (*OTHERS, "table_owner", "product_owner"):
        assert runs not in world.waiting(who), who
    file.with_name("away").rename(file)
    read("finished")
    assert runs not in world.waiting("ann") and runs not in world.waiting("admin")
    # What another program reads of it.
    config = {"pipelineType": "metadata", "sourceConfig": {"config": {}}, "airflowConfig": {}}
    service = {"id": world.source, "type": "databaseService"}
    world.om.post("/services/ingestionPipelines", {"name": "crawl", "service": service} | config)
    run = {"runId": "r", "pipelineState": "failed", "startDate": NOW, "timestamp": NOW}
    world.om.put("/services/ingestionPipelines/shop.crawl/pipelineStatus", run)
    for who in ("ann", "admin"):
        assert "the last run of crawl failed" in world.waiting(who)[runs], who
    for who in (*OTHERS, "table_owner"):
        assert runs not in world.waiting(who), who
    world.om.put("/services/ingestionPipelines/shop.crawl/pipelineStatus", run | {"pipelineState": "success"})
    assert runs not in world.waiting("ann")


@pytest.mark.parametrize("look", LOOKS)
def test_what_waits_is_for_everybody_to_read(chromium, world, look):
    for n in range(7):
        body = {"name": f"very_long_name_of_a_pipeline_that_has_to_be_broken_somewhere_{n}", "service": "nightly"}
        made = world.om.put("/pipelines", body | {"owners": world.crews})
        run = {"timestamp": NOW, "executionStatus": "Failed"}
        world.om.put(f"/pipelines/{made['fullyQualifiedName']}/status", run)
    world.lend("customer", "closed")
    world.own("dataProducts", world.product, world.crews)
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    sign_in(page, world.server, world.people["ann"])
    section = page.locator("section[aria-labelledby=waiting]")
    assert section.locator("summary").inner_text().startswith("2 more")
    section.locator("summary").focus()
    page.keyboard.press("Enter")
    assert section.locator("details .whole").last.is_visible()
    assert judged(page, "home waiting") == []
    section.get_by_role("link", name="Customers").click()
    assert "tab=assets" in page.url
    page.goto(f"{world.server.url}/pipelines/{made['fullyQualifiedName']}")
    assert judged(page, "pipeline runs") == []
    context.close()


def test_what_is_asked_of_the_store_does_not_grow_with_what_he_owns(world):
    def questions() -> int:
        """What a look asks once nothing is waited for: while the index learns what was written, a page asks how far that is,
        and leaves out what it cannot find yet."""
        numbers: list[int] = []
        while len(numbers) < 3 or len(set(numbers[-3:])) > 1:
            assert len(numbers) < 40, f"no three looks in a row ask the same: {numbers}"
            time.sleep(0.2)
            world.waiting("ann")
            lines = [line for line in world.server.log.read_text().splitlines() if 'operation="home"' in line and 'user="ann"' in line]
            numbers.append(int(re.search(r"questions=(\d+)", lines[-1]).group(1)))
        return numbers[-1]

    held = {"assets": [{"id": world.wages, "type": "table"}]}

    def products(first: int, number: int) -> None:
        for n in range(first, first + number):
            made = world.om.post("/dataProducts", {"name": f"N{n}", "description": "d", "domains": ["D1"], "owners": world.crews})
            world.om.call("PUT", f"/dataProducts/{made['fullyQualifiedName']}/assets/add", held, expect=200)
            assets = world.bob.get(f"/data-products/{made['id']}/data-assets")["dataAssets"]
            world.bob.patch(f"/data-products/{made['id']}/data-assets", {"update": [{"id": assets[0]["id"], "rows": "closed"}]})

    products(0, 3)
    few = questions()
    products(3, 12)
    assert len([at for at in world.waiting("ann") if at.startswith("/products/D1.N")]) == 15
    many = questions()
    # Other parts of the page may find more to ask by then, as what may be queried.
    assert many < few + 12, "not one more for each of twelve"
