"""One of each thing that has a page, for what looks at all of them."""

from urllib.parse import quote

import pytest
import requests

from pages_door import Browser as Walker

HOSTILE = '<img src=x onerror=alert(1)> \u202egnp.exe "quoted" & long_long_long_long_long_long_long_long_long_long_name'
MARKUP = "# A heading\n\n<script>alert(1)</script> [link](javascript:alert(1)) ![p](https://evil.example/p.png)\n\n- one\n- two"


@pytest.fixture(scope="module")
def world(server, admin, om, fresh_name, sales_tables) -> dict[str, str]:
    """One of each thing that has a page, named and described as badly as somebody can; its address by what it is."""
    domain = fresh_name("Looked at") + HOSTILE
    of_domain = om.post("/domains", {"name": domain, "domainType": "Aggregate", "description": MARKUP})["fullyQualifiedName"]
    product = om.post("/dataProducts", {"name": fresh_name("Seen") + HOSTILE, "description": MARKUP, "domains": [of_domain]})
    table = sales_tables["orders"]
    om.call("PUT", f"/dataProducts/{quote(product['fullyQualifiedName'], safe='')}/assets/add", {
        "assets": [{"id": table["id"], "type": "table"}],
    }, expect=200)  # fmt: skip
    glossary = om.post("/glossaries", {"name": fresh_name("Words"), "displayName": "Words" + HOSTILE, "description": MARKUP})
    term = om.post("/glossaryTerms", {"name": fresh_name("Term"), "glossary": glossary["name"], "description": MARKUP})
    team = om.post("/teams", {"name": fresh_name("Team"), "teamType": "Group", "description": MARKUP})

    schema = om.schema(fresh_name("Shed"))
    columns = [{"name": HOSTILE, "dataType": "INT", "description": MARKUP}, {"name": "region", "dataType": "INT"}]
    joined, other = (om.put("/tables", {"name": fresh_name(stem) + HOSTILE, "databaseSchema": schema, "columns": columns}) for stem in "ab")
    with_other = [{"fullyQualifiedName": f"{other['fullyQualifiedName']}.region", "joinCount": 1234}]
    alone = [{"fullyQualifiedName": other["fullyQualifiedName"], "joinCount": 1}]
    om.put(f"/tables/{joined['id']}/joins", {
        "startDate": "2026-05-28", "dayCount": 30, "columnJoins": [{"columnName": HOSTILE, "joinedWith": with_other}],
        "directTableJoins": alone,
    })  # fmt: skip
    om.put(f"/tables/{joined['id']}/sampleData", {"columns": [HOSTILE, "region"], "rows": [[HOSTILE, 1], [None, 2]]})
    walker = Walker(server).sign_in(admin)
    walker.visit("/searches")
    walker.send("/searches", title=fresh_name("Kept"), q="kind:table", do="save")
    asked = requests.post(
        f"{server.url}/emporion/v1/requests", json={"product": product["id"], "wants": "viewer", "reason": MARKUP},
        headers={"Authorization": f"Bearer {server.new_user(fresh_name('asks')).token}"}, timeout=30,
    )  # fmt: skip
    assert asked.status_code == 200, asked.text

    def at(folder: str, fqn: str) -> str:
        return f"/{folder}/{quote(fqn, safe='')}"

    of_joined = at("tables", joined["fullyQualifiedName"])

    of_product = at("products", product["fullyQualifiedName"])
    of_table = at("tables", table["fullyQualifiedName"])
    return {
        "home": "/",
        "products": "/products",
        "products nothing found": "/products?q=nothing+is+called+so",
        "seen search": "/search?q=kind:table",
        "seen ask": "/ask",
        "seen requests": "/requests",
        "seen request": f"/requests/{asked.json()['id']}",
        "product": of_product,
        **{f"product {tab}": f"{of_product}?tab={tab}" for tab in ("assets", "lineage", "model", "ask", "access", "activity", "use")},
        "edit text": f"{of_product}?edit=description",
        "edit list": f"{of_product}?edit=owners",
        "edit details": f"{of_product}?edit=details",
        "edit assets": f"{of_product}?edit=assets",
        "new product": "/products?edit=product",
        **{f"new {what}": f"/{place}?edit={what}" for what, place in (
            ("domain", "domains"), ("glossary", "glossary"), ("term", "glossary"), ("team", "people"), ("classification", "classifications"), ("tag", "classifications"))},
        "edit choice": f"{at('domains', of_domain)}?edit=domain_type",
        "edit words": f"{at('terms', term['fullyQualifiedName'])}?edit=synonyms",
        "edit members": f"{at('teams', team['fullyQualifiedName'])}?edit=members",
        "domains": "/domains",
        "domain": at("domains", of_domain),
        "sources": "/sources",
        "new source": "/sources?add=postgres",
        "service": "/services/warehouse",
        **{f"service {tab}": f"/services/warehouse?tab={tab}" for tab in ("runs", "connection", "activity")},
        "database": "/databases/warehouse.sales",
        "schema": "/schemas/warehouse.sales.sales",
        "table": of_table,
        "table lineage": f"{of_table}?tab=lineage",
        "table activity": f"{of_table}?tab=activity",
        "table queries": f"{of_table}?tab=queries",
        "table access": f"{of_table}?tab=access",
        "table joined": of_joined,
        "table sample": f"{of_joined}?tab=sample",
        "edit column": f"{of_joined}?edit=column&column=region",
        "delete product": f"{of_product}?edit=delete",
        "saved searches": "/searches",
        "glossaries": "/glossary",
        "glossary": at("glossary", glossary["fullyQualifiedName"]),
        "term": at("terms", term["fullyQualifiedName"]),
        "classifications": "/classifications",
        "classification": "/classifications/PII",
        "tag": "/classifications/PII.Sensitive",
        "edit switch": "/classifications/PII?edit=in_use",
        "delete tag": "/classifications/PII.Sensitive?edit=delete",
        "delete role": "/admin/policies?ask=delete&role=DataConsumer",
        "people": "/people",
        "person": "/people/admin",
        "account": "/account",
        "team": at("teams", team["fullyQualifiedName"]),
        **{f"admin {page}": f"/admin/{page}" for page in ("users", "teams", "policies", "tokens", "settings", "deleted", "audit", "audit/reads")},
        "admin": "/admin",
        "admin new password": "/admin/users?ask=reset&user=admin",
        "admin simulator": f"/admin/policies?who=admin&kind=data_product&what={quote(product['fullyQualifiedName'], safe='')}",
        "not found": "/products/nowhere",
        "sign out": "/logout",
    }
