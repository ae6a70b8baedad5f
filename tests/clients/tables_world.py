"""Tables with queries, measurements and lineage, and people who look at their pages."""

from urllib.parse import quote

import pytest

from openmetadata_door import reference
from pages_door import Browser

MARKUP = "# A heading\n\n<script>alert(1)</script> [link](javascript:alert(1)) ![p](https://evil.example/p.png)"
DAY = 86_400_000
FIRST = 1_780_000_000_000
CHAIN = 12


@pytest.fixture(scope="module")
def schema(om, fresh_name) -> str:
    return om.schema(fresh_name("Shed"))


@pytest.fixture(scope="module")
def make_table(om, schema, fresh_name):
    def make(stem: str = "Parcels", **more) -> dict:
        columns = [{"name": "id", "dataType": "BIGINT"}, {"name": "mail", "dataType": "VARCHAR", "dataLength": 200}]
        return om.put("/tables", {"name": fresh_name(stem), "databaseSchema": schema, "columns": columns} | more)

    return make


@pytest.fixture(scope="module")
def chain(om, make_table) -> list[dict]:
    """Tables of which each is made of the one before."""
    tables = [make_table(f"Link{number:02}") for number in range(CHAIN)]
    for origin, result in zip(tables, tables[1:], strict=False):
        flows(om, origin, result, ("id", "id"))
    return tables


def at(table: dict, query: str = "") -> str:
    return f"/tables/{quote(table['fullyQualifiedName'], safe='')}" + (f"?{query}" if query else "")


def person(server, om, name: str) -> tuple[Browser, dict]:
    """Somebody without a right, his browser and his reference."""
    who = server.new_user(name)
    return Browser(server).sign_in(who), {"id": om.get(f"/users/name/{who.name}")["id"], "type": "user"}


def forbid(om, who: dict, name: str, kind: str, **more: str) -> None:
    """Closes a kind to somebody, or what of it a `condition` names."""
    rule = {"name": "bar", "effect": "deny", "resources": [kind], "operations": ["ViewAll", "ViewBasic"]} | more
    om.post("/policies", {"name": name, "rules": [rule], "enabled": True})
    role = om.post("/roles", {"name": name, "policies": [name]})
    om.patch(f"/users/{who['id']}", [{"op": "add", "path": "/roles/0", "value": reference(role, "role")}])


def ask_for(om, table: dict, text: str, **more) -> dict:
    service = table["fullyQualifiedName"].split(".")[0]
    return om.post("/queries", {"query": text, "service": service, "queryUsedIn": [reference(table, "table")]} | more)


def profile(om, table: dict, at: int, rows: int, *columns: dict) -> None:
    body = {"tableProfile": {"timestamp": at, "rowCount": rows, "columnCount": 2},
            "columnProfile": [{"timestamp": at} | column for column in columns]}  # fmt: skip
    om.put(f"/tables/{table['id']}/tableProfile", body)


def flows(om, origin: dict, result: dict, *columns: tuple[str, str], by: dict | None = None) -> None:
    """Says that the one is made of the other; `by` a pipeline, where one is named."""
    def of(table: dict, column: str) -> str:
        return f"{table['fullyQualifiedName']}.{column}"

    mapped = [{"fromColumns": [of(origin, a)], "toColumn": of(result, b)} for a, b in columns]
    kinds = [{"id": one["id"], "type": "table" if "columns" in one else "dataProduct"} for one in (origin, result)]
    details = {"columnsLineage": mapped} | ({"pipeline": reference(by, "pipeline"), "source": "PipelineLineage"} if by else {})
    edge = {"fromEntity": kinds[0], "toEntity": kinds[1], "lineageDetails": details}
    om.call("PUT", "/lineage", {"edge": edge}, expect=200)


def describe(om, table: dict, path: str, value) -> None:
    om.patch(f"/tables/{table['id']}", [{"op": "add", "path": path, "value": value}])


def restores(page) -> list[str]:
    return [link for link in page.links if "edit=restore" in link]


def holding(om, fresh_name, stem: str, *tables: dict) -> dict:
    """A product of these tables, with the address of its page."""
    domain = om.post("/domains", {"name": fresh_name(stem), "domainType": "Aggregate", "description": "d"})["fullyQualifiedName"]
    product = om.post("/dataProducts", {"name": fresh_name(stem), "description": "d", "domains": [domain]})
    fqn = quote(product["fullyQualifiedName"], safe="")
    om.call("PUT", f"/dataProducts/{fqn}/assets/add", {"assets": [reference(one, "table") for one in tables]}, expect=200)
    return product | {"at": f"/products/{fqn}"}
