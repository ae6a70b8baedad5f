"""By which door a change came in: in the activity of what it changed, and in the trail of the account."""

import json
import re
import sqlite3

import pytest
import yaml
from metadata.generated.schema.api.domains.createDataProduct import CreateDataProductRequest

import datazone_door
from bobsled_door import BobsledDoor
from emporion_server import Server, run_cli
from openmetadata_door import OpenMetadataDoor
from openmetadata_kinds import connect
from pages_door import Browser, by_mail

WORDS = {
    "openmetadata": "OpenMetadata",
    "datazone": "DataZone",
    "bobsled": "Bobsled",
    "web": "the pages",
    "files": "files",
    "management": "the command line or a script",
    "ingestion": "an ingestion",
}


class World:
    def __init__(self, folder):
        (folder / "files").mkdir()
        (sources := folder / "sources").mkdir()
        with sqlite3.connect(sources / "shop") as shop:
            shop.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, amount REAL)")
        self.server = Server(folder, EMPORION_SOURCE_DIRS=json.dumps([str(sources)])).start()
        self.om = OpenMetadataDoor(self.server, self.server.admin.token)
        self.om.post("/domains", {"name": "Sales", "domainType": "Aggregate", "description": "d"})
        self.browser = Browser(self.server).sign_in(self.server.admin)
        self.files, self.source = folder / "files", sources / "shop"

    def cli(self, *arguments: str):
        return run_cli(*arguments, EMPORION_URL=self.server.url, EMPORION_TOKEN=self.server.admin.token)

    def write(self) -> dict[str, str]:
        """One record by each door: the address of its page."""
        self.cli("ingest", f"sqlite:{self.source}", "--service", "warehouse")
        connect(self.server, self.server.admin.token).create_or_update(
            CreateDataProductRequest(name="BySdk", description="d", domains=["Sales"])
        )
        dz = datazone_door.client(self.server, self.server.admin)
        workshop = datazone_door.Workshop(dz, "Cloud")
        workshop.product("ByBoto")
        BobsledDoor(self.server, self.server.admin.token).create("ByBobsled")
        self.browser.visit("/products?edit=product")
        page = self.browser.send("/products", name="ByPage", domain="Sales")
        assert page.status == 200
        document = {"kind": "data_product", "name": "ByFile", "parent": "Sales", "description": "d"}
        (file := self.files / "products/Sales/ByFile.yaml").parent.mkdir(parents=True)
        file.write_text(yaml.safe_dump(document))
        self.cli("apply", "-f", str(self.files))
        self.server.new_user("newcomer")
        made = {product["name"]: product["fullyQualifiedName"] for product in self.om.get("/dataProducts", limit=100)["data"]}
        return {
            "openmetadata": f"/products/{made['BySdk']}",
            "datazone": f"/products/{made['ByBoto']}",
            "bobsled": f"/products/{made['ByBobsled']}",
            "web": f"/products/{made['ByPage']}",
            "files": f"/products/{made['ByFile']}",
            "ingestion": "/tables/warehouse.shop.main.orders",
            "management": "/people/newcomer",
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("doors"))
    yield world
    assert world.server.stop() == 0, world.server.log_tail()


@pytest.fixture(scope="module")
def made(world) -> dict[str, str]:
    return world.write()


def by_way_of(world, address: str) -> list[str]:
    """What the activity of a record says, newest first."""
    source = world.browser.visit(f"{address}?tab=activity").source
    return re.findall(r'<span class="quiet">(?:· by way of ([^·<]+) )?· <time', source)


def rows(page) -> list[tuple[str, str]]:
    """Record and door of each line of the trail."""
    found = re.findall(r'<tr><th scope="row">(.*?)</th>.*?</td><td>.*?</td><td>(.*?)</td><td><time', page.source)
    plain = lambda text: re.sub(r"<[^>]+>", " ", text).split()  # noqa: E731
    return [(plain(record)[0], " ".join(plain(door))) for record, door in found]


def test_the_activity_of_a_record_says_the_door(world, made):
    for door, address in made.items():
        if door != "management":
            assert by_way_of(world, address)[-1] == WORDS[door], (door, address)
    product = world.om.get("/dataProducts/name/Sales.BySdk")
    BobsledDoor(world.server, world.server.admin.token).patch(f"/data-products/{product['id']}", {"description": "Another"})
    told = by_way_of(world, made["openmetadata"])
    assert told[0] == "Bobsled" and told[-1] == "OpenMetadata", "each state by its own door"
    german = world.browser.visit(made["web"] + "?tab=activity", headers={"Accept-Language": "de"})
    assert "über die Seiten" in german.text


def test_the_trail_says_it_and_is_filtered_by_it(world, made):
    filters = world.browser.visit("/admin/audit").source.split('name="door"', 1)[1].split("</select>", 1)[0]
    offered = dict(re.findall(r'<option value="(\w+)"[^>]*>([^<]+)</option>', filters))
    assert offered == WORDS | {"mcp": "an assistant", "pgwire": "PostgreSQL", "following": "a followed question", "none": "not known"}
    for door, address in made.items():
        page = world.browser.visit(f"/admin/audit?door={door}")
        told = rows(page)
        assert told and {word for _, word in told} == {WORDS[door]}, (door, told)
        assert page.form("/admin/audit")["fields"]["door"] == door
        if door != "management":
            name = address.rsplit("/", 1)[1]
            assert name in {record for record, _ in told}, (door, told)
    assert "newcomer" in {record for record, _ in rows(world.browser.visit("/admin/audit?door=management"))}
    page = world.browser.visit("/admin/audit?door=web&kind=data_product")
    assert rows(page) == [("Sales.ByPage", "the pages")] and "1 line" in page.text
    assert "No entries match" in world.browser.visit("/admin/audit?door=no-such-door").text
    # People by the names they go by, each with his page.
    assert re.search(r'<a class="person" href="/people/admin">', page.source)


def test_pages_of_the_trail_keep_the_filter(world, made):
    product = world.om.get("/dataProducts/name/Sales.BySdk")
    for n in range(55):
        world.om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/description", "value": f"{n}"}])
    page = world.browser.visit("/admin/audit?door=openmetadata&kind=data_product")
    assert "50 lines and older" in page.text
    older = next(given["href"] for tag, given in page.tags if tag == "a" and given.get("rel") == "next")
    assert "door=openmetadata" in older and "kind=data_product" in older
    assert {word for _, word in rows(world.browser.visit(older))} == {"OpenMetadata"}


def test_another_account_sees_none_of_it(world, made):
    other = world.server.new_account("elsewhere")
    theirs = Browser(world.server).sign_in(by_mail(other, "elsewhere"))
    assert "Sales" not in theirs.visit("/admin/audit?door=openmetadata").text
    assert rows(theirs.visit("/admin/audit?door=files")) == []


def test_it_outlives_a_crash_and_what_was_written_before_has_none(world, made):
    world.server.kill()
    with sqlite3.connect(world.server.store / "catalogue.db") as store:
        # As a store that was brought to this version: lines without a door.
        fqn = made["files"].rsplit("/", 1)[1]
        store.execute("UPDATE events SET by_door = NULL, by_through = NULL WHERE fqn = ?", (fqn,))
        store.execute("UPDATE records SET updated_door = NULL WHERE fqn = ?", (fqn,))
    world.server.start()
    assert by_way_of(world, made["files"]) == [""]
    assert by_way_of(world, made["web"])[-1] == "the pages"
    assert (fqn, "not known") in rows(world.browser.visit("/admin/audit?door=none"))
    assert rows(world.browser.visit("/admin/audit?door=web&kind=data_product")) == [("Sales.ByPage", "the pages")]
