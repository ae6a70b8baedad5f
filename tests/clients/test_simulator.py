"""The policy simulator tells the truth about rows: what it says of somebody is held against what he reads by every door."""

import html
import re

import psycopg
import pytest

from emporion_server import free_port
from mcp_door import McpDoor
from rows_world import REGION, RowsWorld
from test_pg_door import connect

ALL, EU = {REGION, "EU"}, {"EU"}
SQL = "SELECT region FROM customer"
#: Ways on which nothing but what lies in the catalogue leaves, and those of rows.
OF_CATALOGUE = dict.fromkeys(("OpenMetadata", "DataZone"), (True, "Its description, and no rows."))
OF_ROWS = ("Bobsled", "These pages", "Assistants", "PostgreSQL", "Files of answers")


class World(RowsWorld):
    def __init__(self, folder):
        self.pg_port = free_port()
        super().__init__(folder, EMPORION_PG_LISTEN=f"127.0.0.1:{self.pg_port}")
        self.pages = {"Customers": "/products/" + self.om.get(f"/dataProducts/{self.product}")["fullyQualifiedName"]}
        self.paths = {"Customers": self.path}
        self.schemas = {"Customers": "customers"}
        new = self.server.new_user
        self.people |= {name: new(name) for name in ("of-team", "elsewhere", "composer", "above-only", "leaver")}
        group = {"name": "Owners", "teamType": "Group", "users": [self.people["of-team"].id]}
        self.team = self.om.post("/teams", group)
        # Somebody contributes to the project of another product.
        self.project(("elsewhere", "PROJECT_CONTRIBUTOR"))
        below, above = self.make("Below", "customer"), self.make("Above", "wages")
        self.bob.post(f"{above}/compositions", {"sourceDataProductId": below.rsplit("/", 1)[1], "alias": "below"}, expect=201)
        self.bob.post(f"{above}/deploy", {})
        masks = {"customer": {"email": "hidden"}}
        roles = {
            below: [("composer", {"role": "viewer", "rowFilters": {"customer": "region = 'EU'"}, "columnMasks": masks})],
            above: [("composer", {"role": "viewer"}), ("above-only", {"role": "viewer"})],
            self.path: [("leaver", {"role": "editor"})],
        }
        for path, given in roles.items():
            self.bob.patch(f"{path}/users", {"add": [{"userId": self.people[who].id} | role for who, role in given]})
        browser = self.browser("admin")
        browser.visit(f"{self.pages['Customers']}?tab=access")
        browser.send(f"{self.pages['Customers']}/roles", who=self.team["fullyQualifiedName"], role="admin")
        self.server.cli("user", "disable", "leaver")

    def make(self, name: str, table: str) -> str:
        body = {"name": name, "dataSourceId": self.source, "dataAssets": [{"tableName": table}], "isDeployed": True}
        made = self.bob.post("/data-products", body, expect=201)
        self.pages[name], self.schemas[name] = f"/products/default.{name}", name.lower()
        self.paths[name] = f"/data-products/{made['dataProduct']['id']}"
        return self.paths[name]

    def asked(self, who: str, product: str | None = None) -> str:
        kind, what = ("data_product", self.pages[product].split("/")[-1]) if product else ("table", self.table["fullyQualifiedName"])
        page = self.browser("admin").visit(f"/admin/policies?who={self.people[who].name}&kind={kind}&what={what}")
        return page.source.split('<div class="simulated">')[1].split("</section>")[0]

    def simulated(self, who: str, product: str | None = None) -> str:
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", self.asked(who, product))))

    def by_ways(self, who: str, product: str | None = None) -> dict[str, tuple[bool, str]]:
        """What comes to him by each way, as the table has it: whether anything, and what."""
        row = r'<th scope="row"><bdi>([^<:]+)[^<]*</bdi></th><td><span class="state wrap( good)?">.*?<span><bdi>(.*?)</bdi>'
        return {way: (bool(is_open), html.unescape(said)) for way, is_open, said in re.findall(row, self.asked(who, product))}

    def read(self, who: str, product: str) -> list[set | None]:
        """What he reads of the regions by each of the doors; `None` where he is refused."""
        id = self.paths[product].rsplit("/", 1)[1]
        answer = self.door(who).call("POST", f"{self.paths[product]}/run-sql", {"sql": SQL})
        found = [{row[0] for row in answer.json()["data"]["rows"]} if answer.status_code == 200 else None]
        try:
            asked = McpDoor(self.server, self.people[who].token).call("run_sql", product=id, sql=SQL)
            found.append({row[0] for row in asked.data["rows"]})
        except Exception:  # noqa: BLE001
            found.append(None)
        try:
            with connect(self, who) as connection:
                found.append({row[0] for row in connection.execute(f"SELECT region FROM {self.schemas[product]}.customer")})
        except psycopg.Error:
            found.append(None)
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("simulator"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def test_an_owner_by_a_team_reads_all(world):
    assert world.read("of-team", "Customers") == [ALL] * 3
    said = world.simulated("of-team", "Customers")
    assert "query what is shared with it" in said and "Owners: owner" in said, said
    assert "Reads its rows through the product Customers." in world.simulated("of-team")


def test_a_viewer_with_a_filter_and_a_mask_reads_a_part(world):
    assert world.read("twofold", "Customers") == [EU] * 3
    said = world.simulated("twofold", "Customers")
    assert "rows where region is “EU”" in said and "customer.password_hash: hidden" in said, said
    assert "Reads a part of its rows, by a row filter, and some columns masked, through the product Customers. main.customer.password_hash: hidden." in world.simulated("twofold")
    part = "Only some rows of customer. Masked: main.customer.password_hash: hidden."
    assert world.by_ways("twofold", "Customers") == OF_CATALOGUE | dict.fromkeys(OF_ROWS, (True, part))
    of_table = world.by_ways("twofold")
    assert of_table.keys() == OF_CATALOGUE.keys() | set(OF_ROWS)
    assert all("Reads a part of its rows, by a row filter" in of_table[way][1] and of_table[way][0] for way in OF_ROWS)
    refused = world.by_ways("elsewhere", "Customers")
    assert {way: is_open for way, (is_open, _) in refused.items() if way in OF_ROWS} == dict.fromkeys(OF_ROWS, False)
    shared = world.by_ways("of-team", "Customers")
    assert shared["PostgreSQL"] == (True, "The tables that are shared with it."), shared
    masked = world.simulated("masked", "Customers")
    assert "customer.region: hashed" in masked, masked


def test_a_contributor_of_another_project_reads_nothing(world):
    assert world.read("elsewhere", "Customers") == [None] * 3
    said = world.simulated("elsewhere", "Customers")
    assert "but not query its rows" in said, said
    assert "through the product" not in world.simulated("elsewhere")


def test_what_is_composed_is_read_as_below(world):
    assert world.read("composer", "Above") == [EU] * 3
    said = world.simulated("composer", "Above")
    assert "query what is shared with it" in said and "main.customer" in said and "email: hidden" in said, said
    of_table = world.simulated("composer")
    for product in ("Above", "Below"):
        assert f"Reads a part of its rows, by a row filter, and some columns masked, through the product {product}." in of_table
    assert world.read("above-only", "Above") == [None] * 3
    said = world.simulated("above-only", "Above")
    assert "1 table of this product cannot be queried" in said, said
    assert "through the product" not in world.simulated("above-only")


def test_who_is_disabled_reads_nothing(world):
    assert world.read("leaver", "Customers") == [None] * 3
    for said in (world.simulated("leaver", "Customers"), world.simulated("leaver")):
        assert "query what is shared" not in said and "Reads its rows" not in said, said
        assert "Is disabled: cannot sign in" in said, said


def test_who_gives_roles_is_told_nothing_of_products_below(world):
    """What is composed is not told to who sees the upper product alone."""
    world.bob.patch(f"{world.paths['Above']}/users", {"add": [{"email": world.mail("product_owner"), "role": "admin"}]})
    page = world.browser("product_owner").visit(f"{world.pages['Above']}?tab=access&about={world.people['composer'].name}")
    told = page.source.split('<div class="simulated">')[1]
    assert "query what is shared with it" in told and "email" not in told and "region" not in told, told


def test_where_the_source_has_no_connection_nobody_is_promised_rows(world):
    """The product is lent all of it, and whoever has a role on it may query: there is nothing to be asked."""
    service = world.om.post("/services/databaseServices", {"name": "paper", "serviceType": "Postgres"})
    database = world.om.post("/databases", {"name": "p", "service": service["fullyQualifiedName"]})
    schema = world.om.post("/databaseSchemas", {"name": "s", "database": database["fullyQualifiedName"]})
    column = {"name": "region", "dataType": "VARCHAR", "dataLength": 10}
    table = world.om.post("/tables", {"name": "customer", "databaseSchema": schema["fullyQualifiedName"], "columns": [column]})
    body = {"name": "Paper", "dataSourceId": service["id"], "dataAssets": [{"databaseName": "p", "schemaName": "s", "tableName": "customer"}], "isDeployed": True}
    id = world.bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    world.bob.patch(f"/data-products/{id}/users", {"add": [{"userId": world.people["leaver"].id, "role": "viewer"}, {"userId": world.people["viewer"].id, "role": "viewer"}]})
    world.pages["Paper"], world.schemas["Paper"], world.paths["Paper"] = "/products/default.Paper", "paper", f"/data-products/{id}"
    none, of_table = "No rows: the source has no connection.", "No rows: the source has no connection (product Paper)."
    own, world.table = world.table, table
    try:
        for who in ("viewer", "admin"):
            assert world.read(who, "Paper") == [None] * 3
            assert f"Can see it. {none}" in world.simulated(who, "Paper")
            assert {way: one for way, one in world.by_ways(who, "Paper").items() if way in OF_ROWS} == dict.fromkeys(OF_ROWS, (False, none))
            assert of_table in world.simulated(who)
            assert {way: one for way, one in world.by_ways(who).items() if way in OF_ROWS} == dict.fromkeys(OF_ROWS, (False, of_table))
        # Who has no role is told that, and nothing of the source.
        said = world.simulated("elsewhere", "Paper")
        assert "Cannot see it" in said and "no connection" not in said
    finally:
        world.table = own
