"""Where the writers work: one domain, one project, a glossary with terms, and tables, made once through the doors."""

from dataclasses import dataclass

from emporion_server import Principal
from wire import Answer, Wire

OM = "/api/v1"
SERVICE = "warehouse"
DATABASE = f"{SERVICE}.sales"
SCHEMA = f"{DATABASE}.sales"
TABLES = tuple(f"table{i}" for i in range(6))
TERMS = tuple(f"term{i}" for i in range(6))


@dataclass(frozen=True)
class Place:
    port: int
    admin: Principal
    account: str
    domain: str
    domain_id: str
    project: str
    glossary: str
    #: Ids by name.
    terms: dict[str, str]
    tables: dict[str, str]

    @property
    def datazone_domain(self) -> str:
        return "dzd-" + self.domain_id.replace("-", "")

    @property
    def datazone(self) -> str:
        return f"/v2/domains/{self.datazone_domain}"

    @property
    def bobsled(self) -> str:
        return f"/api/v1/accounts/{self.account}"

    def wires(self) -> dict[str, Wire]:
        """A connection to each door."""
        return {
            "openmetadata": Wire(self.port, self.admin),
            "datazone": Wire(self.port, self.admin, signed=True),
            "bobsled": Wire(self.port, self.admin),
        }

    def label(self, term: str) -> dict:
        fqn = f"{self.domain}.Words.{term}"
        return {"tagFQN": fqn, "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}


def furnish(port: int, admin: Principal, account: str) -> Place:
    om, dz = Wire(port, admin), Wire(port, admin, signed=True)
    made(om.call("POST", f"{OM}/services/databaseServices", {"name": SERVICE, "serviceType": "Postgres"}))
    made(om.call("POST", f"{OM}/databases", {"name": "sales", "service": SERVICE}))
    made(om.call("POST", f"{OM}/databaseSchemas", {"name": "sales", "database": DATABASE}))
    columns = [{"name": "id", "dataType": "INT"}]
    table = {"databaseSchema": SCHEMA, "columns": columns}
    tables = {name: made(om.call("POST", f"{OM}/tables", table | {"name": name}))["id"] for name in TABLES}
    domain = made(dz.call("POST", "/v2/domains", {"name": "Hall", "domainExecutionRole": ROLE}))["id"]
    project = made(dz.call("POST", f"/v2/domains/{domain}/projects", {"name": "Makers"}))["id"]
    glossary = {"name": "Words", "owningProjectIdentifier": project, "status": "ENABLED"}
    glossary = made(dz.call("POST", f"/v2/domains/{domain}/glossaries", glossary))["id"]
    term = {"glossaryIdentifier": glossary, "status": "ENABLED"}
    path = f"/v2/domains/{domain}/glossary-terms"
    terms = {name: made(dz.call("POST", path, term | {"name": name}))["id"] for name in TERMS}
    digits = domain.removeprefix("dzd-")
    plain = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    for wire in (om, dz):
        wire.close()
    return Place(port, admin, account, "Hall", plain, project, glossary, terms, tables)


ROLE = "arn:aws:iam::123456789012:role/catalogue"


def made(answer: Answer) -> dict:
    assert answer.status in (200, 201), answer
    return answer.json()
