"""One of each thing that has a page, for what looks at all of them."""

import re
import sqlite3
from contextlib import closing
from urllib.parse import quote

import pytest
import requests

from bobsled_door import BobsledDoor
from emporion_server import run_cli
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser as Walker

HOSTILE = '<img src=x onerror=alert(1)> \u202egnp.exe "quoted" & long_long_long_long_long_long_long_long_long_long_name'
MARKUP = "# A heading\n\n<script>alert(1)</script> [link](javascript:alert(1)) ![p](https://evil.example/p.png)\n\n- one\n- two"


def with_rows(server, admin, name: str, other: str) -> dict[str, str]:
    """What pages say of a product whose rows can be read: who reads which, a look at them, its model, and an answer with its files; and
    of another, for which its parts are chosen."""
    with closing(sqlite3.connect(server.store.parent / "files" / name)) as database, database:
        database.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY, place TEXT, made DATE)")
        places = ("Oslo", "Rome", HOSTILE)
        database.executemany("INSERT INTO visits (place, made) VALUES (?, '2026-01-31')", [(place,) for place in places])
    run_cli("ingest", f"sqlite:{name}", "--service", name, EMPORION_URL=server.url, EMPORION_TOKEN=admin.token)
    bob = BobsledDoor(server, admin.token)
    source = OpenMetadataDoor(server, admin.token).get(f"/services/databaseServices/name/{name}")["id"]
    body = {"name": name, "dataSourceId": source, "isDeployed": True, "dataAssets": [{"tableName": "visits"}]}
    product = bob.post("/data-products", body, expect=201)["dataProduct"]["id"]
    bob.post(f"/data-products/{product}/semantic-models/generate", {})
    query = {"question": "all visits", "sql": "SELECT COUNT(*) AS visits FROM visits", "isDeployed": True}
    query = bob.post(f"/data-products/{product}/verified-queries", query)["verifiedQuery"]["id"]
    bob.post(f"/data-products/{product}/deploy", {})
    reader = server.new_user(f"reader-of-{name}")
    role = {"userId": reader.id, "role": "viewer", "rowFilters": {"visits": "id > 1"}, "columnMasks": {"visits": {"made": "year"}}}
    bob.patch(f"/data-products/{product}/users", {"add": [role], "roleMasks": {"viewer": {"visits": {"place": "hashed"}}}})
    walker = Walker(server).sign_in(admin)
    walker.visit(f"/products/{product}")
    at = walker.path
    walker.send(f"{at}/follow", do="follow")
    walker.visit(f"{at}?tab=ask")
    walker.send(f"{at}/ask", question="how many visits")
    walker.send(f"{at}/answers", do="follow", tells="above", threshold="400")
    walker.visit(f"{at}?tab=ask")
    walker.send(f"{at}/ask", question="how many visits per place")
    answer = f"{at}?tab=ask&thread={walker.query()['thread']}"
    rows = next(link for link in walker.visit(f"{at}?tab=assets").links if "/rows/" in link)
    of_model = [link for link in walker.visit(f"{at}?tab=model").links if "tab=model" in link and "model=" in link]
    # Of each kind of part the first; of relationships there are none yet.
    parts = {re.search(r"part=(\w+)%3A", link)[1]: link for link in reversed(of_model) if "part=" in link}
    assert parts.keys() == {"metric", "table", "field", "relationship"}, of_model
    return {
        "rows": rows,
        "filters": f"{at}?tab=access&filter={reader.id}",
        "masks of a role": f"{at}?tab=access&filter=role:viewer",
        "roles of product": f"{at}?tab=access",
        "what a role sees": f"{at}?tab=access&about={reader.name}",
        "model of product": f"{at}?tab=model",
        **{f"model {kind}": link for kind, link in parts.items()},
        "model new metric": next(link for link in of_model if link.endswith("part=metric%3A")),
        "model text": next(link for link in of_model if "part=" not in link),
        "verified query": next(link for link in walker.page.links if query in link),
        "answer with files": answer,
        "composing": f"{other}?edit=compose&source={product}",
        "following": "/following",
    }


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
        "admin policy": "/admin/policies?policy=DataConsumerPolicy",
        "admin new policy": "/admin/policies?policy=",
        "admin role": "/admin/policies?role=DataConsumer",
        **with_rows(server, admin, fresh_name("visits").lower(), of_product),
        "admin new password": "/admin/users?ask=reset&user=admin",
        "admin simulator": f"/admin/policies?who=admin&kind=data_product&what={quote(product['fullyQualifiedName'], safe='')}",
        "not found": "/products/nowhere",
        "sign out": "/logout",
    }
