"""What certifies a record, as each door shows it while its tag is renamed, deleted, brought back or gone, and when it ends."""

import json
import time
from urllib.parse import quote

import pytest
import yaml

from emporion_server import Server
from files_world import export, plan, run
from openmetadata_door import OpenMetadataDoor, label
from pages_door import Browser
from test_search import found, names


class World:
    """A product that is certified by a tag of its own."""

    def __init__(self, server: Server, name: str):
        self.server, self.om, self.name = server, OpenMetadataDoor(server, server.admin.token), name
        self.tag = self.om.post("/tags", {"name": f"{name}Gold", "classification": "Certification", "description": "d"})
        self.om.post("/domains", {"name": name, "domainType": "Aggregate", "description": "d"})
        made = self.om.post("/dataProducts", {"name": "Sold", "domains": [name], "description": "d"})
        self.path, self.fqn = f"/dataProducts/{made['id']}", made["fullyQualifiedName"]
        self.at = "/products/" + quote(self.fqn, safe=".-_~")
        value = {"tagLabel": label(self.tag["fullyQualifiedName"])}
        self.om.patch(self.path, [{"op": "add", "path": "/certification", "value": value}])

    def told(self) -> str:
        return self.om.get(self.path, fields="certification")["certification"]["tagLabel"]["tagFQN"]

    def pages(self) -> list[str]:
        browser = Browser(self.server).sign_in(self.server.admin)
        return [browser.visit(page).text for page in (self.at, f"/products?domain={self.name}")]

    def rename(self, what: str, name: str) -> None:
        self.om.patch(what, [{"op": "replace", "path": "/name", "value": name}])

    def expect(self, name: str, told: str | None = None, holds: bool = True) -> None:
        """Every door says the name, and whether it holds; `told` is the name where it does not."""
        admin, within = self.server.admin, f"kind:product domain:{self.name}"
        last = (told or name).rpartition(".")[2]
        for page in self.pages():
            assert last in page and (f"{last}: expired" in page) is not holds, page
        assert self.told() == (told or name)
        shown = json.dumps(self.server.cli("get", "product", self.fqn))
        assert (told or name) in shown
        hits = ["Sold"] if holds else []
        for query in (f'certified:"{name}"', "certified:yes", "has:certified"):
            assert names(self.server, admin, f"{within} {query}", at_least="head") == hits, query
        assert names(self.server, admin, f"{within} certified:no") == (["Sold"] if not holds else [])
        counted = found(self.server, admin, within, facets="certified")["facets"]["certified"]
        assert counted == [{"value": name if holds else "no", "count": 1}], counted


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("certified")).start()
    yield server
    assert server.stop() == 0, server.log_tail()


@pytest.fixture
def world(own, fresh_name):
    return World(own, fresh_name("seal").replace("-", ""))


def test_a_certification_follows_its_tag(world):
    before = world.tag["fullyQualifiedName"]
    path = f"/tags/{world.tag['id']}"
    world.expect(before)
    world.rename(path, f"{world.name}Jade")
    after = f"Certification.{world.name}Jade"
    world.expect(after)
    world.om.delete(path)
    world.expect(after, told=before, holds=False)
    world.om.put("/tags/restore", {"id": world.tag["id"]})
    world.expect(after)
    world.om.delete(path, hardDelete="true")
    world.expect(after, told=before, holds=False)
    world.om.patch(world.path, [{"op": "add", "path": "/displayName", "value": "told"}])
    assert world.told() == before, "a change of something else leaves it"


def test_a_tag_that_was_renamed_before_a_crash_certifies_by_its_name(world):
    world.rename(f"/tags/{world.tag['id']}", f"{world.name}Jade")
    world.server.kill()
    world.server.start()
    world.expect(f"Certification.{world.name}Jade")


def test_the_classification_that_certifies_keeps_its_name(world):
    classification = world.om.get("/classifications/name/Certification")
    renamed = [{"op": "replace", "path": "/name", "value": "Seal"}]
    world.om.patch(f"/classifications/{classification['id']}", renamed, expect=400)
    world.expect(world.tag["fullyQualifiedName"])


def test_what_is_certified_for_a_time_is_so_until_then(world, tmp_path):
    export(world.server, tmp_path)
    file = tmp_path / "products" / world.name / "Sold.yaml"
    document = yaml.safe_load(file.read_text())
    ends = int(time.time() * 1000) + 8_000
    document["certification"]["expiry_date"] = ends
    file.write_text(yaml.safe_dump(document))
    run(world.server, "apply", "-f", tmp_path)
    name = world.tag["fullyQualifiedName"]
    world.expect(name)
    assert time.time() * 1000 < ends, "it was looked at in time"
    time.sleep(max(0, ends / 1000 - time.time()) + 1)
    world.expect(name, told=name, holds=False)
    assert plan(world.server, tmp_path) == [], "files say what they said"
    browser = Browser(world.server).sign_in(world.server.admin)
    browser.visit(f"{world.at}?edit=certification")
    browser.send(world.at, certification=name)
    world.expect(name)
