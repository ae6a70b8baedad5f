"""Files tell whoever reads them what every door would tell him, and take nothing away that he does not see."""

import json

import pytest
import yaml

from emporion_server import Server
from files_world import World, change, export, plan, run

HIDDEN = ("Secret", "Closed", "Quiet")


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    server = Server(tmp_path_factory.mktemp("sight")).start()
    made = World(server)
    made.surroundings()
    made.records()
    yield made
    assert server.stop() == 0
    assert "panicked" not in server.log.read_text(errors="replace")


def write(folder, files: dict[str, str]):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


TERM = "kind: glossary_term\nparent: {glossary: Trade}\n"
LINKED = {
    "domains/Quiet.yaml": "kind: domain\nname: Quiet\ndomain_type: Aggregate\nvisibility: granted\n",
    "terms/Trade/Secret.yaml": TERM + "name: Secret\nvisibility: granted\n",
    "terms/Trade/Aloud.yaml": TERM + "name: Aloud\nowners: [{user: ed}]\nrelated_terms: [Trade.Secret]\n",
    "products/Sales/Closed.yaml": "kind: data_product\nname: Closed\nparent: Sales\nvisibility: granted\n",
    "products/Sales/Shown.yaml": """kind: data_product
name: Shown
parent: Sales
domains: [Sales, Quiet, sales]
owners: [{user: ed}]
tags:
  - glossary_term: Trade.Secret
    reason: Because.
  - tag: Tier.Gold
assets:
  - table: wh.db.s.orders
    terms: [Trade.Secret, Trade.Customer]
input_ports:
  - data_product: Sales.Closed
  - table: wh.db.s."odd.name"
""",
}


@pytest.fixture(scope="module")
def ed(world, tmp_path_factory):
    """He owns a product and a term that lead to what is hidden from him."""
    made = world.server.new_user("ed")
    run(world.server, "apply", "-f", write(tmp_path_factory.mktemp("linked"), LINKED))
    return made


def told(files: dict[str, str]) -> list[str]:
    return [name for name, text in files.items() for word in HIDDEN if word in text or word in name]


def test_no_file_names_what_its_reader_does_not_see(world, ed, tmp_path):
    stranger = world.server.new_user("stranger")
    for who in (ed, stranger):
        files = export(world.server, tmp_path / who.name, token=who.token)
        assert told(files) == []
        shown = yaml.safe_load(files["products/Sales/Shown.yaml"])
        assert shown["domains"] == ["Sales", "sales"] and shown["tags"] == [{"tag": "Tier.Gold"}]
        assert shown["input_ports"] == [{"table": 'wh.db.s."odd.name"'}]
        assert shown["assets"] == [{"table": "wh.db.s.orders", "terms": ["Trade.Customer"]}]
        assert "related_terms" not in files["terms/Trade/Aloud.yaml"]
        assert plan(world.server, tmp_path / who.name, token=who.token) == []
    files = export(world.server, tmp_path / "all")
    assert len(told(files)) > 6


def test_what_is_not_seen_stays_when_a_file_without_it_is_applied(world, ed, tmp_path):
    folder = tmp_path / "files"
    export(world.server, folder, token=ed.token)

    def edit(document):
        document["tags"].insert(0, {"glossary_term": "Trade.Customer"})
        document["assets"][0]["terms"] = ["Trade.Net sales"]
        document["input_ports"] = [{"data_product": "Sales.Orders"}]

    change(folder / "products/Sales/Shown.yaml", edit)
    change(folder / "terms/Trade/Aloud.yaml", lambda document: document.update(related_terms=["Trade.Net sales"]))
    planned = run(world.server, "diff", "-f", folder, "-o", "json", token=ed.token, code=1).stdout
    assert not any(word in planned for word in HIDDEN)
    run(world.server, "apply", "-f", folder, token=ed.token)
    assert plan(world.server, folder, token=ed.token) == []
    files = export(world.server, tmp_path / "all")
    shown = yaml.safe_load(files["products/Sales/Shown.yaml"])
    assert shown["domains"] == ["Sales", "Quiet", "sales"]
    assert shown["tags"] == [
        {"glossary_term": "Trade.Secret", "reason": "Because."},
        {"glossary_term": "Trade.Customer"},
        {"tag": "Tier.Gold"},
    ]
    assert shown["input_ports"] == [{"data_product": "Sales.Closed"}, {"data_product": "Sales.Orders"}]
    assert shown["assets"] == [{"table": "wh.db.s.orders", "terms": ["Trade.Net sales", "Trade.Secret"]}]
    assert yaml.safe_load(files["terms/Trade/Aloud.yaml"])["related_terms"] == ["Trade.Net sales", "Trade.Secret"]
    # Nor does it go when all that he sees does.
    change(folder / "products/Sales/Shown.yaml", lambda document: [document.pop(key) for key in ("tags", "input_ports")])
    run(world.server, "apply", "-f", folder, token=ed.token)
    shown = yaml.safe_load(export(world.server, tmp_path / "all")["products/Sales/Shown.yaml"])
    assert (len(shown["tags"]), shown["input_ports"]) == (1, [{"data_product": "Sales.Closed"}])


def test_what_is_hidden_is_named_no_better_than_what_is_not_there(world, ed, tmp_path):
    folder = tmp_path / "files"
    export(world.server, folder, token=ed.token)
    file = folder / "products/Sales/Shown.yaml"
    answers = []
    for name in ("Nothing", "Closed"):
        change(file, lambda document: document.update(input_ports=[{"data_product": f"Sales.{name}"}]))
        for command in ("diff", "apply"):
            done = run(world.server, command, "-f", folder, token=ed.token, code=2)
            answers.append(done.stderr.replace(name, "…"))
    assert len(set(answers)) == 1 and "which does not exist" in answers[0], answers
    assert json.loads(run(world.server, "diff", "-f", folder, "-o", "json", code=1).stdout)
