"""What was deleted comes back from files as it was, whichever way it went."""

import re
import shutil
from pathlib import Path

import pytest

from emporion_server import Server
from files_world import World, change, export, plan, run


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    server = Server(tmp_path_factory.mktemp("again")).start()
    made = World(server)
    made.surroundings()
    made.records()
    om = made.om
    om.post("/domains", {"name": "Logistics", "domainType": "Aggregate", "description": "Moves things."})
    yield made
    assert server.stop() == 0
    assert "panicked" not in server.log.read_text(errors="replace")


BELOW = {
    "domains/Logistics/Road.yaml": "kind: domain\nname: Road\nparent: Logistics\ndomain_type: Aggregate\n",
    "glossaries/Logistics/Delivery.yaml": "kind: glossary\nname: Delivery\nparent: Logistics\n",
    "terms/Logistics/Delivery/Parcel.yaml":
        "kind: glossary_term\nname: Parcel\nparent: {glossary: Logistics.Delivery}\n"
        "related_terms: [Logistics.Delivery.Stop, Trade.Customer]\n",
    "terms/Logistics/Delivery/Stop.yaml":
        "kind: glossary_term\nname: Stop\nparent: {glossary: Logistics.Delivery}\nsynonyms: [halt]\n",
    "terms/Logistics/Delivery/Stop/Last.yaml":
        "kind: glossary_term\nname: Last\nparent: {glossary_term: Logistics.Delivery.Stop}\n",
    "products/Logistics/Tours.yaml":
        "kind: data_product\nname: Tours\nparent: Logistics\nassets:\n  - table: wh.db.s.orders\n"
        "tags:\n  - glossary_term: Logistics.Delivery.Stop\n",
}


@pytest.fixture
def folder(world, tmp_path) -> Path:
    """All of it as files, with a domain in which something of every kind stands."""
    folder = tmp_path / "files"
    export(world.server, folder)
    for name, text in BELOW.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    run(world.server, "apply", "-f", folder)
    shutil.rmtree(folder)
    export(world.server, folder)
    return folder


def pruned(world, folder, tmp_path):
    less = tmp_path / "less"
    shutil.copytree(folder, less)
    (less / "domains/Logistics.yaml").unlink()
    for kind in ("domains", "glossaries", "terms", "products"):
        shutil.rmtree(less / kind / "Logistics")
    run(world.server, "apply", "-f", less, "--prune")


def deleted(world, folder, tmp_path):
    world.om.delete("/glossaries/name/Logistics.Delivery", recursive="true")
    world.om.delete("/domains/name/Logistics", recursive="true")


def deleted_from_below(world, folder, tmp_path):
    world.om.delete("/glossaryTerms/name/Logistics.Delivery.Stop.Last")
    world.om.delete("/glossaryTerms/name/Logistics.Delivery.Stop", recursive="true")
    world.om.delete("/glossaries/name/Logistics.Delivery", recursive="true")
    world.om.delete("/domains/name/Logistics", recursive="true", hardDelete="true")


def deleted_with_all_that_it_holds(world, folder, tmp_path):
    world.om.delete("/domains/name/Logistics", recursive="true")


@pytest.mark.parametrize("go", [pruned, deleted, deleted_from_below, deleted_with_all_that_it_holds])
def test_a_domain_and_all_below_it_come_back_as_they_were(world, folder, tmp_path, go):
    before = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.yaml")}
    go(world, folder, tmp_path)
    world.om.get("/domains/name/Logistics", expect=404)
    assert {action for action, _, _ in plan(world.server, folder)} <= {"create", "change"}
    run(world.server, "apply", "-f", folder)
    assert plan(world.server, folder, "--prune") == []
    assert export(world.server, tmp_path / "back") == before
    glossary = world.om.get("/glossaries/name/Logistics.Delivery", fields="termCount,domains")
    assert glossary["termCount"] == 3
    below = world.om.get("/glossaryTerms", glossary=glossary["id"])["data"]
    assert {term["name"] for term in below} == {"Parcel", "Stop", "Last"}
    assert world.om.get("/domains/name/Logistics.Road")["parent"]["fullyQualifiedName"] == "Logistics"


def test_what_cannot_be_made_is_told_by_its_name_and_so_is_what_hangs_on_it(world, folder):
    change(folder / "glossaries/Logistics/Delivery.yaml", lambda document: document.update(name="Other"))
    (folder / "glossaries/Logistics/Delivery.yaml").rename(folder / "glossaries/Logistics/Other.yaml")
    exclusive = {"tags": [{"tag": "PII.Sensitive"}, {"tag": "PII.None"}]}
    change(folder / "glossaries/Logistics/Other.yaml", lambda document: document.update(exclusive))
    shutil.rmtree(folder / "terms/Logistics")
    (folder / "terms/Logistics/Other").mkdir(parents=True)
    (folder / "terms/Logistics/Other/New.yaml").write_text(
        "kind: glossary_term\nname: New\nparent: {glossary: Logistics.Other}\n"
    )
    done = run(world.server, "apply", "-f", folder, code=None)
    assert done.returncode and "mutually exclusive" in done.stderr
    assert 'names the glossary "Logistics.Other", which could not be made' in done.stderr
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", done.stderr), done.stderr
