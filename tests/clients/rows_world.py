"""A database with people in it, a product over it, and everybody who could try to read rows that were not given to him."""

import json
import sqlite3

import datazone_door
from bobsled_door import BobsledDoor
from emporion_server import Principal, Server, run_cli
from openmetadata_door import OpenMetadataDoor, reference
from pages_door import Browser

CALLERS = (
    "anonymous", "stranger", "filtered", "viewer", "editor", "contributor", "product_owner", "table_owner", "part", "admin",
    "outsider", "masked", "twofold",
)
TABLE = "shop.shop.main.customer"
#: Values that stand in rows of the table and nowhere else.
REGION, MAIL, HASH = "Atlantis", "nemo@deep.example", "c0ffee5ec2e7"
#: The latest moment in them, as a profiler has it and as pages say it.
NEWEST, NEWEST_SAID = "2019-05-17", "17 May 2019"


def make_shop(folder) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(folder / "shop") as database:
        database.executescript(
            "CREATE TABLE customer (id INTEGER PRIMARY KEY, region TEXT, email TEXT, password_hash TEXT);"
            f"INSERT INTO customer (region, email, password_hash) VALUES ('{REGION}', '{MAIL}', '{HASH}'),"
            " ('EU', 'b@x.example', 'h2'), ('EU', 'c@x.example', 'h3');"
            "CREATE TABLE wages (id INTEGER PRIMARY KEY, amount INTEGER);"
            "INSERT INTO wages (amount) VALUES (1), (2), (3);"
        )


class RowsWorld:
    def __init__(self, folder, **settings: str):
        make_shop(folder / "files")
        self.files = folder / "files"
        self.server = Server(folder, EMPORION_SOURCE_DIRS=json.dumps([str(folder / "files")]), **settings)
        self.server.start()
        server = self.server
        self.people: dict[str, Principal | None] = {"anonymous": None, "admin": server.admin}
        for name in CALLERS:
            if name == "outsider":
                self.people[name] = server.new_account("elsewhere")
            elif name not in self.people:
                self.people[name] = server.new_user(name.replace("_", "-"))
        self.people["member"] = server.new_user("member")
        self.browsers: dict[str, Browser] = {}
        self.om = OpenMetadataDoor(server, server.admin.token)
        self.bob = BobsledDoor(server, server.admin.token)
        run_cli(
            "ingest", "sqlite:shop", "--service", "shop", EMPORION_URL=server.url, EMPORION_TOKEN=server.admin.token
        )
        self.table = self.om.by_name("tables", TABLE)
        self.source = self.om.by_name("services/databaseServices", "shop")["id"]
        owner = [reference(self.om.get("/users/name/table-owner"), "user")]
        self.om.patch(f"/tables/{self.table['id']}", [{"op": "add", "path": "/owners", "value": owner}])
        self.ran = self.om.post(
            "/queries",
            {
                "query": f"SELECT 1 WHERE region = '{REGION}'",
                "service": "shop",
                "owners": owner,
                "queryUsedIn": [reference(self.table, "table")],
            },
        )
        self.observe()
        self.give_part()
        self.make_product()

    def browser(self, who: str) -> Browser:
        """One for each person, signed in."""
        if who not in self.browsers:
            browser, person = Browser(self.server), self.people[who]
            # Administrators bear the same name in every account.
            self.browsers[who] = browser.show_token(person) if who == "outsider" else browser.sign_in(person)
        return self.browsers[who]

    def door(self, caller: str, account: str | None = None) -> BobsledDoor:
        who = self.people[caller]
        return BobsledDoor(self.server, who.token if who else None, account)

    def metadata(self, caller: str) -> OpenMetadataDoor:
        who = self.people[caller]
        return OpenMetadataDoor(self.server, who.token if who else None)

    def observe(self) -> None:
        """What a profiler leaves."""
        sample = {"columns": ["region", "email", "password_hash"], "rows": [[REGION, MAIL, HASH]]}
        self.om.put(f"/tables/{self.table['id']}/sampleData", sample)
        at = 1_760_000_000_000
        profile = {
            "tableProfile": {"timestamp": at, "rowCount": 3, "columnCount": 4},
            "columnProfile": [
                {"name": "region", "timestamp": at, "distinctCount": 2, "min": REGION, "max": "EU"},
                {"name": "email", "timestamp": at, "distinctCount": 3, "min": "b@x.example", "max": MAIL},
                {"name": "id", "timestamp": at, "distinctCount": 3, "max": NEWEST},
            ],
        }
        self.om.put(f"/tables/{self.table['id']}/tableProfile", profile)
        for column, value in (("region", REGION), ("email", MAIL)):
            link = f"<#E::table::{TABLE}::columns::{column}>"
            test = {"name": "spread", "testDefinition": "columnValuesToBeInSet", "entityLink": link}
            self.om.put("/dataQuality/testCases", test)
            found = {"timestamp": at, "testCaseStatus": "Failed", "testResultValue": [{"name": "min", "value": value}]}
            self.om.put(f"/dataQuality/testCases/testCaseResults/{TABLE}.{column}.spread", found)
        tag = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
        columns = self.om.by_name("tables", TABLE, fields="columns,tags")["columns"]
        at = next(i for i, column in enumerate(columns) if column["name"] == "email")
        self.om.patch(f"/tables/{self.table['id']}", [{"op": "add", "path": f"/columns/{at}/tags", "value": [tag]}])

    def give_part(self) -> None:
        """A role whose policy gives samples and profiles of tables."""
        operations = ["ViewSampleData", "ViewDataProfile"]
        rule = {"name": "see", "effect": "allow", "resources": ["table"], "operations": operations}
        self.om.post("/policies", {"name": "SamplesPolicy", "rules": [rule], "enabled": True})
        role = self.om.post("/roles", {"name": "Samples", "policies": ["SamplesPolicy"]})
        user = self.om.get("/users/name/part")
        value = [{"id": role["id"], "type": "role"}]
        self.om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": value}])

    def make_product(self) -> None:
        """An open product of a project, which the administrator has lent the table."""
        self.domain, self.owning_project = domain, project = self.project(("contributor", "PROJECT_CONTRIBUTOR"))
        dz = datazone_door.client(self.server, self.server.admin)
        item = {"identifier": self.table["id"], "itemType": "ASSET"}
        self.product = dz.create_data_product(
            domainIdentifier=domain, owningProjectIdentifier=project, name="Customers", items=[item]
        )["id"]
        self.path = f"/data-products/{self.product}"
        roles = [
            {"email": self.mail("filtered"), "role": "viewer", "rowFilters": {"customer": "region = 'EU'"}},
            {"email": self.mail("viewer"), "role": "viewer"},
            {"email": self.mail("masked"), "role": "viewer", "columnMasks": {"customer": {"region": "hashed"}}},
            {
                "email": self.mail("twofold"),
                "role": "viewer",
                "rowFilters": {"customer": "region = 'EU'"},
                "columnMasks": {"customer": {"password_hash": "hidden"}},
            },
            {"email": self.mail("editor"), "role": "editor"},
            {"email": self.mail("product_owner"), "role": "admin"},
        ]
        self.bob.patch(f"{self.path}/users", {"add": roles})
        generated = self.bob.call("POST", f"{self.path}/semantic-models/generate", {"name": "sketch"})
        assert generated.status_code in (200, 201, 202), generated.text
        assert REGION in generated.text, generated.text
        self.bob.post(f"{self.path}/deploy", {})
        self.model = self.bob.get(f"{self.path}/semantic-models")["semanticModels"][0]["id"]

    def mail(self, caller: str) -> str:
        return self.om.get(f"/users/name/{self.people[caller].name}")["email"]

    def project(self, *people: tuple[str, str]):
        """A domain with a project in DataZone; answers the administrator's client, domain and project."""
        dz = datazone_door.client(self.server, self.server.admin)
        name = f"D{len(dz.list_domains()['items'])}"
        domain = dz.create_domain(name=name, domainExecutionRole="arn:aws:iam::123456789012:role/r")["id"]
        project = dz.create_project(domainIdentifier=domain, name="P")["id"]
        for person, designation in people:
            dz.create_project_membership(
                domainIdentifier=domain,
                projectIdentifier=project,
                designation=designation,
                member={"userIdentifier": self.people[person].id},
            )
        return domain, project
