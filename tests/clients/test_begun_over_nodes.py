"""What is begun at one of two nodes of a database is continued at the other: sign-ins by a provider, lists by their cursors,
sessions and forms."""

import base64
import json
import os
import time

import pytest
import requests
from oidc_provider_mock import run_server_in_thread

import datazone_door
from bobsled_door import BobsledDoor
from emporion_server import Server
from openid_world import is_signed_in, leave, provider_block, sent_back, way_back
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser

#: Where the people of a catalogue with several nodes find it; a balancer leads them to any.
PUBLIC = "http://catalogue.example"


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Two nodes that people may enter by the word of a provider."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the provider stands on this machine, without TLS
    folder = tmp_path_factory.mktemp("begun")
    with run_server_in_thread(require_client_registration=True, require_nonce=True) as provider:
        url = f"http://localhost:{provider.server_port}"
        wanted = {"redirect_uris": [f"{PUBLIC}/login/corp/callback"]}
        client = requests.post(f"{url}/oauth2/clients", json=wanted, timeout=10).json()
        secret = folder / "secret"
        secret.write_text(client["client_secret"])
        for subject in ("0001", "0002"):
            said = {"preferred_username": f"person{subject}", "email": f"{subject}@corp.example", "email_verified": True}
            requests.put(f"{url}/users/{subject}", json=said, timeout=10).raise_for_status()
        a = Server(folder, engine="postgres", EMPORION_PUBLIC_URL=PUBLIC)
        b = Server.beside(a, folder / "b")
        for node in (a, b):
            block = provider_block("corp", url, secret, client["client_id"], create_users=True)
            (node.log.parent / "emporion.toml").write_text(block)
            node.start()
        yield a, b
        for node in (a, b):
            assert node.stop() == 0, node.log_tail()
            assert "panicked" not in node.log.read_text(errors="replace"), node.log_tail(200)


def test_a_sign_in_by_a_provider_begins_at_one_node_and_ends_at_the_other(nodes):
    for subject, (first, second) in (("0001", nodes), ("0002", nodes[::-1])):
        browser = Browser(first)
        location = sent_back(leave(browser, "corp", next="/products?q=a"), sub=subject)
        assert location.startswith(PUBLIC)
        browser.base = second.url
        page = way_back(browser, location)
        assert page.status == 200 and browser.path == "/products", page.text
        for node in nodes:
            browser.base = node.url
            assert is_signed_in(browser)
        # A way back serves once, at any node.
        for node in nodes:
            other = Browser(node)
            other.session.cookies.update(browser.session.cookies)
            other.session.cookies.pop("emporion_session", None)
            assert way_back(other, location).status in (400, 401, 403) and not is_signed_in(other)


def test_forms_of_one_node_are_taken_by_the_other(nodes, fresh_name):
    a, b = nodes
    name = fresh_name("formed")
    om = OpenMetadataDoor(a, a.admin.token)
    made = om.post("/domains", {"name": name, "domainType": "Aggregate", "description": "of a program"})
    browser = Browser(a).sign_in(a.admin)
    for turn, node in enumerate((b, a, b)):
        browser.visit(f"/domains/{name}?edit=description")
        # The page is of one node, what is sent goes to the other.
        browser.base = node.url
        page = browser.send(f"/domains/{name}", description=f"by a form {turn}")
        assert f"by a form {turn}" in page.text, page.text
    assert om.get(f"/domains/{made['id']}")["description"] == "by a form 2"
    # What is older than the record is told so, whichever node it is sent to.
    browser.base = a.url
    browser.visit(f"/domains/{name}?edit=description")
    om.patch(f"/domains/{made['id']}", [{"op": "replace", "path": "/description", "value": "in between"}])
    browser.base = b.url
    page = browser.send(f"/domains/{name}", (200, 409), description="too late")
    assert page.status == 409, page.text
    browser.visit("/logout")
    browser.base = a.url
    browser.send("/logout")
    assert not is_signed_in(browser)


def in_turns(nodes, ask, least: int = 4) -> list:
    """Goes through a list, each page of it at the other node. `ask` answers what a page holds, and where the next begins."""
    found, cursor, turn = [], None, 0
    while True:
        some, cursor = ask(nodes[turn % 2], cursor)
        found += some
        if not cursor:
            assert turn + 1 >= least, "it has several pages"
            return found
        turn += 1


@pytest.fixture(scope="module")
def many(nodes, fresh_name):
    """Domains, products, projects by names that come in their order."""
    a, _ = nodes
    stem, om = fresh_name("many").replace("-", ""), OpenMetadataDoor(a, a.admin.token)
    om.post("/services/databaseServices", {"name": f"{stem}source", "serviceType": "Postgres"})
    bob, names = BobsledDoor(a, a.admin.token), [f"{stem}{number}" for number in range(9)]
    for name in names:
        om.post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"})
        bob.create(name)
    return stem, names


def test_cursors_of_openmetadata_go_on_at_the_other_node(nodes, many):
    stem, names = many

    def domains(node, after):
        page = OpenMetadataDoor(node, node.admin.token).get("/domains", limit=2, **({"after": after} if after else {}))
        return [one["name"] for one in page["data"]], page["paging"].get("after")

    assert [name for name in in_turns(nodes, domains) if name.startswith(stem)] == names

    def found(node, after):
        parameters = {"q": f"{stem}*", "index": "domain_search_index", "size": 2, "sort_field": "name.keyword", "sort_order": "asc"}
        more = {"search_after": after} if after else {}
        hits = OpenMetadataDoor(node, node.admin.token).get("/search/query", **parameters, **more)["hits"]["hits"]
        return [hit["_source"]["name"] for hit in hits], hits[-1]["sort"] if hits else None

    for node in nodes:
        requests.get(
            f"{node.url}/search", params={"q": "x", "at_least": "head"}, timeout=30,
            headers={"Accept": "application/json", "Authorization": f"Bearer {node.admin.token}"},
        ).raise_for_status()  # fmt: skip
    assert in_turns(nodes, found) == names


def test_cursors_of_bobsled_go_on_at_the_other_node(nodes, many):
    stem, names = many

    def products(node, cursor):
        more = {"cursor": cursor} if cursor else {}
        page = BobsledDoor(node, node.admin.token).call("GET", "/data-products", params={"search": stem, "limit": 2} | more, expect=200).json()
        return [one["name"] for one in page["data"]["dataProducts"]], page["pagination"]["nextCursor"]

    assert in_turns(nodes, products) == names


def test_next_tokens_of_datazone_go_on_at_the_other_node(nodes, many):
    clients = {node.url: datazone_door.client(node, node.admin) for node in nodes}
    stem, names = many
    domain = clients[nodes[0].url].create_domain(name=f"{stem}z", domainExecutionRole="arn:aws:iam::123456789012:role/x")["id"]
    project = clients[nodes[1].url].create_project(domainIdentifier=domain, name="makers")["id"]
    for name in names:
        clients[nodes[0].url].create_data_product(domainIdentifier=domain, owningProjectIdentifier=project, name=f"{name}z")

    def searched(node, token):
        more = {"nextToken": token} if token else {}
        page = clients[node.url].search(
            domainIdentifier=domain, searchScope="DATA_PRODUCT", maxResults=2, sort={"attribute": "name", "order": "ASCENDING"}, **more
        )
        return [one["dataProductItem"]["name"] for one in page["items"]], page.get("nextToken")

    assert sorted(in_turns(nodes, searched)) == [f"{name}z" for name in names]

    def listed(node, token):
        page = clients[node.url].list_domains(maxResults=2, **({"nextToken": token} if token else {}))
        return [one["name"] for one in page["items"]], page.get("nextToken")

    names_listed = in_turns(nodes, listed)
    assert len(names_listed) == len(set(names_listed)) and set(names) | {f"{stem}z"} <= set(names_listed)


def test_places_in_the_audit_trail_go_on_at_the_other_node(nodes, fresh_name):
    a, _ = nodes
    who = a.new_user(fresh_name("watched"))
    for turn in range(5):
        body = {"email": who.name, "password": base64.b64encode(who.password.encode()).decode()}
        for node in nodes:
            assert OpenMetadataDoor(node, None).call("POST", "/users/login", body).status_code == 200

    def lines(node, before):
        parameters = {"what": "signed_in", "by": who.name, "limit": 3} | ({"before": before} if before else {})
        headers = {"Authorization": f"Bearer {node.admin.token}"}
        answer = requests.get(f"{node.url}/emporion/v1/audit", params=parameters, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return [json.dumps(line, sort_keys=True) for line in answer.json()["lines"]], answer.json()["next"]

    # They are written once a second.
    deadline = time.monotonic() + 30
    while len(found := in_turns(nodes, lines, 1)) < 10:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(found) == len(set(found)) == 10, "by three, at four pages"
