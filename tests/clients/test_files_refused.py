"""What no door lets in comes in by no file."""

import time
from pathlib import Path

import pytest
import yaml
from metadata.generated.schema.entity.domains.dataProduct import DataProduct

from emporion_server import Server
from files_world import World, change, export, run
from openmetadata_kinds import connect


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    server = Server(tmp_path_factory.mktemp("refused")).start()
    made = World(server)
    made.surroundings()
    made.records()
    yield made
    assert server.stop() == 0
    assert "panicked" not in server.log.read_text(errors="replace")


@pytest.fixture
def folder(world, tmp_path) -> Path:
    export(world.server, tmp_path / "files")
    return tmp_path / "files"


def certified(tag: str, applied: int, expires: int) -> dict:
    label = {"tag_fqn": tag, "source": "Classification", "label_type": "Manual", "state": "Confirmed"}
    return {"certification": {"tag_label": label, "applied_date": applied, "expiry_date": expires}}


def test_a_file_certifies_with_what_there_is_and_for_as_long_as_others_do(world, folder, tmp_path):
    now, day = int(time.time() * 1000), 24 * 60 * 60 * 1000
    editor = world.server.new_user("certifier")
    change(folder / "products/Sales/Orders.yaml", lambda document: document.update(owners=[{"user": "certifier"}]))
    run(world.server, "apply", "-f", folder)
    mine = tmp_path / "mine"
    for certification in (
        certified("Certification.Platinum", 1, 9999999999999),
        certified("Certification.Gold", 1, 9999999999999),
        certified("Tier.Gold", now, now + 30 * day),
        {"certification": {"tag_label": {"tag_fqn": "Certification.Gold"}}},
    ):
        (mine / "products/Sales").mkdir(parents=True, exist_ok=True)
        document = yaml.safe_load((folder / "products/Sales/Orders.yaml").read_text()) | certification
        (mine / "products/Sales/Orders.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        done = run(world.server, "apply", "-f", mine, token=editor.token, code=None)
        assert done.returncode and "certification" in done.stderr, done.stderr
    assert "certification" not in world.om.get("/dataProducts/name/Sales.Orders", fields="certification")
    path = "/dataProducts/" + world.om.get("/dataProducts/name/Sales.Orders")["id"]
    label = {"tagFQN": "Certification.Gold", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    made = world.om.patch(path, [{"op": "add", "path": "/certification", "value": {"tagLabel": label}}])["certification"]
    platinum = {"tagLabel": label | {"tagFQN": "Certification.Platinum"}}
    world.om.patch(path, [{"op": "add", "path": "/certification", "value": platinum}], expect=404)
    # What was put on by another door stands in files, and comes back from them.
    export(world.server, tmp_path / "certified")
    world.om.patch(path, [{"op": "remove", "path": "/certification"}])
    run(world.server, "apply", "-f", tmp_path / "certified")
    assert world.om.get(path, fields="certification")["certification"] == made


def test_clients_can_read_whatever_files_bring(world, folder):
    (folder / "products/Sales/a%0Ab.yaml").write_text('kind: data_product\nname: "a\\nb"\nparent: Sales\n')
    done = run(world.server, "apply", "-f", folder, code=2)
    assert "name must not hold a line break" in done.stderr
    sdk = connect(world.server, world.server.admin.token)
    assert {product.name.root for product in sdk.list_all_entities(DataProduct)} >= {"Orders", "Of a team"}


def test_a_rule_about_what_there_is_not_is_told_with_its_line(world, folder):
    rules = "rules:\n  - name: r\n    effect: allow\n    operations: [ViewAll]\n    resources: [table, tabel]\n"
    (folder / "policies/Slips.yaml").write_text(f"kind: policy\nname: Slips\n{rules}")
    done = run(world.server, "apply", "-f", folder, code=2)
    assert 'policies/Slips.yaml:7: rules[0].resources names the unknown resource "tabel": must be one of [all, ' in done.stderr
    world.om.get("/policies/name/Slips", expect=404)
