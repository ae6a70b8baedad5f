"""`emporion export`, `diff` and `apply`: the catalogue as files, there and back, whoever else changes it meanwhile."""

import json
import os
import pty
import re
import subprocess
import uuid
from pathlib import Path

import pytest
import yaml
from metadata.generated.schema.entity.domains.dataProduct import DataProduct
from metadata.generated.schema.type.basic import Markdown

from emporion_server import BINARY, Principal, Server, clean_environment
from files_world import World, change, export, plan, run
from openmetadata_kinds import connect
from pages_door import Browser


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    server = Server(tmp_path_factory.mktemp("files")).start()
    made = World(server)
    made.surroundings()
    made.records()
    yield made
    assert server.stop() == 0
    assert "panicked" not in server.log.read_text(errors="replace")


@pytest.fixture
def folder(world, tmp_path) -> Path:
    """The catalogue as it is now, as files."""
    export(world.server, tmp_path / "files")
    return tmp_path / "files"


def test_there_is_one_file_for_each_record_and_it_reads_well(world, folder):
    files = {str(path.relative_to(folder)) for path in folder.rglob("*.yaml")}
    assert {"domains/Sales/Europe.yaml", "glossaries/Trade.yaml", "terms/Trade/Net sales.yaml",
            "terms/Trade/Customer/Below.yaml", "policies/TableReaders.yaml", "roles/TableReader.yaml",
            "products/Sales/Orders.yaml", "products/Sales/Europe/Of a team.yaml"} <= files
    assert any(re.fullmatch(r"domains/sales~[0-9a-f]{8}\.yaml", file) for file in files), files
    assert "domains/a.b%2F..%2Fc%3A %22d%22 é.yaml" in files
    assert not any("DataConsumer" in file or file == "domains/default.yaml" for file in files), "they come by themselves"
    text = (folder / "products/Sales/Orders.yaml").read_text()
    assert text.startswith("kind: data_product\nname: Orders\nparent: Sales\ndisplay_name: All orders\ndescription: |+\n")
    document = yaml.safe_load(text)
    assert document["owners"] == [{"user": "maria"}] and document["domains"] == ["Sales", "sales"]
    assert document["assets"] == [{"table": "wh.db.s.orders"}, {"table": 'wh.db.s."odd.name"'}]
    assert document["tags"] == [{"glossary_term": "Trade.Net sales"}, {"tag": "Tier.Gold"}]
    assert document["description"] == "Orders.\n\n  * one: two # three\n* \"four\"\n\n"
    ids = [one["id"] for one in world.om.get("/dataProducts", limit=50)["data"]]
    assert not any(one in text for one in ids) and "followers" not in document


def test_what_was_exported_is_no_difference_and_is_not_written_twice(world, folder):
    done = run(world.server, "diff", "-f", folder)
    assert done.stdout == "The catalogue is as the files say.\n"
    again = json.loads(run(world.server, "export", "-f", folder, "-o", "json").stdout)
    assert again["written"] == 0 and again["unchanged"] > 12 and again["stray"] == []
    assert json.loads(run(world.server, "apply", "-f", folder, "-o", "json").stdout)["applied"] is False


def test_a_catalogue_is_made_of_files_and_gives_them_back_to_the_byte(world, folder, tmp_path, tmp_path_factory):
    other = World(Server(tmp_path_factory.mktemp("again")).start())
    try:
        other.surroundings()
        applied = json.loads(run(other.server, "apply", "-f", folder, "-o", "json").stdout)
        assert applied["applied"] is True and {one["action"] for one in applied["changes"]} == {"create"}
        assert plan(other.server, folder) == []
        assert export(other.server, tmp_path / "back") == export(world.server, tmp_path / "first")
        product = other.om.get("/dataProducts/name/Sales.Orders", fields="owners,domains,tags")
        assert product["owners"][0]["name"] == "maria" and len(product["domains"]) == 2
        assert other.om.get("/dataProducts/name/Sales.Orders/assets")["paging"]["total"] == 2
    finally:
        assert other.server.stop() == 0


def test_a_catalogue_that_was_emptied_is_filled_again(world, folder, tmp_path):
    files = export(world.server, tmp_path / "first")
    for name in ("Sales.Orders", "Sales.Europe.Of a team"):
        world.om.delete(f"/dataProducts/name/{name}", hardDelete="true")
    world.om.delete("/glossaries/name/Trade", recursive="true", hardDelete="true")
    # What is deleted softly holds its name, and comes back.
    world.om.delete("/roles/name/TableReader")
    world.om.delete("/policies/name/TableReaders")
    assert {action for action, _, _ in plan(world.server, folder)} == {"create"}
    run(world.server, "apply", "-f", folder)
    assert plan(world.server, folder) == []
    assert export(world.server, tmp_path / "again") == files


def test_a_hand_edit_by_any_door_shows_as_drift_and_is_undone(world, folder):
    sdk = connect(world.server, world.server.admin.token)
    product = sdk.get_by_name(DataProduct, "Sales.Orders", fields=["owners", "domains", "tags"], nullable=False)
    edited = product.model_copy(deep=True)
    edited.description = Markdown("Somebody was here.")
    assert sdk.patch(DataProduct, product, edited)
    assert plan(world.server, folder) == [("change", "Sales.Orders", ["description"])]
    shown = run(world.server, "diff", "-f", folder, code=1).stdout
    assert "~ change data_product Sales.Orders\n    description\n      - Somebody was here.\n      + Orders.\n" in shown
    assert "0 to create, 1 to change, 0 to delete." in shown
    run(world.server, "apply", "-f", folder, "--dry-run")
    assert plan(world.server, folder, code=1)
    done = run(world.server, "apply", "-f", folder)
    assert done.stdout.endswith("Done.\n")
    assert world.om.get("/dataProducts/name/Sales.Orders")["description"].startswith("Orders.\n")
    assert run(world.server, "apply", "-f", folder).stdout == "The catalogue is as the files say.\n"


def test_a_hand_edit_on_a_page_shows_as_drift_and_is_undone(world, folder):
    browser = Browser(world.server).sign_in(world.server.admin)
    browser.visit("/products/Sales.Orders?edit=description")
    browser.send("/products/Sales.Orders", description="Typed into a page.")
    browser.visit("/terms/Trade.Net%20sales?edit=synonyms")
    browser.send("/terms/Trade.Net%20sales", synonyms="takings")
    told = plan(world.server, folder)
    assert sorted(told) == [("change", "Sales.Orders", ["description"]), ("change", "Trade.Net sales", ["synonyms"])], told
    shown = run(world.server, "diff", "-f", folder, code=1).stdout
    assert "      - Typed into a page.\n      + Orders.\n" in shown and "takings" in shown
    run(world.server, "apply", "-f", folder)
    assert plan(world.server, folder) == []
    assert "Typed into a page." not in browser.visit("/products/Sales.Orders").text


def test_an_edit_of_a_file_becomes_one_change_of_the_record(world, folder):
    file = folder / "products/Sales/Orders.yaml"

    def edit(document):
        document["description"] = "Line one.\nLine two.\n"
        document["owners"] = [{"user": "jonas"}, {"user": "maria"}]
        document["tags"] = document["tags"][:1]
        del document["display_name"]

    before = world.om.get("/dataProducts/name/Sales.Orders")
    world.om.put(f"/dataProducts/{before['id']}/followers", world.owner["id"])
    change(file, edit)
    assert plan(world.server, folder) == [
        ("change", "Sales.Orders", ["description", "owners", "tags", "display_name"])
    ]
    run(world.server, "apply", "-f", folder)
    after = world.om.get("/dataProducts/name/Sales.Orders", fields="owners,tags,followers")
    assert after["id"] == before["id"] and after["description"] == "Line one.\nLine two.\n"
    assert [owner["name"] for owner in after["owners"]] == ["jonas", "maria"] and "displayName" not in after
    assert len(after["followers"]) == 1, "what files do not say stays as it is"
    assert plan(world.server, folder) == []


def test_records_of_files_may_refer_to_one_another_in_any_order(world, folder):
    (folder / "domains/New.yaml").write_text(
        "kind: domain\nname: New\ndomain_type: Aggregate\ntags:\n  - glossary_term: New.Words.Late\n"
    )
    (folder / "domains/New").mkdir()
    (folder / "domains/New/Sub.yaml").write_text("kind: domain\nname: Sub\nparent: New\ndomain_type: Aggregate\n")
    (folder / "glossaries/New").mkdir()
    (folder / "glossaries/New/Words.yaml").write_text("kind: glossary\nname: Words\nparent: New\n")
    terms = folder / "terms/New/Words"
    terms.mkdir(parents=True)
    early = "kind: glossary_term\nname: Early\nparent: {glossary: New.Words}\nis_a: [New.Words.Late]\n"
    (terms / "Early.yaml").write_text(early + "related_terms: [New.Words.Late]\n")
    (terms / "Late.yaml").write_text(
        "kind: glossary_term\nname: Late\nparent: {glossary: New.Words}\nrelated_terms: [New.Words.Early]\n"
    )
    (folder / "products/New").mkdir()
    for name, port in (("A", "B"), ("B", "A")):
        (folder / f"products/New/{name}.yaml").write_text(
            f"kind: data_product\nname: {name}\nparent: New\nassets:\n  - table: wh.db.s.orders\n"
            f"    terms: [New.Words.Late]\ninput_ports:\n  - data_product: New.{port}\n"
        )
    assert {action for action, _, _ in plan(world.server, folder)} == {"create"}
    run(world.server, "apply", "-f", folder)
    assert plan(world.server, folder) == []
    late = world.om.get("/glossaryTerms/name/New.Words.Late", fields="relatedTerms")
    assert len(late["relatedTerms"]) == 1
    # One end is enough to say it, and one to take it back, as long as the other does not say it, too.
    exported = export(world.server, folder)
    assert "related_terms" in exported["terms/New/Words/Early.yaml"]
    assert "related_terms" not in exported["terms/New/Words/Late.yaml"]
    change(terms / "Early.yaml", lambda document: document.pop("related_terms"))
    run(world.server, "apply", "-f", folder)
    assert not world.om.get("/glossaryTerms/name/New.Words.Late", fields="relatedTerms").get("relatedTerms")
    assert plan(world.server, folder) == []

    # Gone from the files, they go from the catalogue with --prune, the domain with its stewards last.
    for path in sorted(folder.rglob("*.yaml")):
        if "New" in path.parts or path.name == "New.yaml":
            path.unlink()
    assert plan(world.server, folder) == []
    assert "7 records are in no file; --prune deletes them." in run(world.server, "diff", "-f", folder).stdout
    run(world.server, "apply", "-f", folder)
    assert world.om.get("/domains/name/New")
    gone = plan(world.server, folder, "--prune")
    assert {action for action, _, _ in gone} == {"delete"} and len(gone) == 7
    run(world.server, "apply", "-f", folder, "--prune", "--dry-run")
    run(world.server, "apply", "-f", folder, "--prune")
    world.om.get("/domains/name/New", expect=404)
    assert plan(world.server, folder, "--prune") == []


def test_prune_deletes_nothing_of_a_kind_without_files_and_nothing_that_comes_with_the_account(world, folder):
    role = (folder / "roles/TableReader.yaml").read_text()
    for path in [*folder.rglob("domains/**/*.yaml"), *folder.rglob("roles/*.yaml"), *folder.rglob("policies/*.yaml")]:
        path.unlink()
    assert plan(world.server, folder, "--prune") == []
    (folder / "roles/TableReader.yaml").write_text(role)
    assert plan(world.server, folder, "--prune") == []


def test_a_domain_that_holds_something_else_is_not_pruned(world, folder):
    world.om.post("/domains", {"name": "Full", "domainType": "Aggregate", "description": "x"})
    world.om.post("/dataProducts", {"name": "kept", "domains": ["Full"], "description": "x"})
    products = [path for path in folder.rglob("products/**/*.yaml")]
    for path in products:
        path.unlink()
    assert plan(world.server, folder, "--prune") == [("delete", "Full", [])]
    done = run(world.server, "apply", "-f", folder, "--prune", code=1)
    assert "is not empty" in done.stderr
    assert world.om.get("/dataProducts/name/Full.kept")
    world.om.delete("/dataProducts/name/Full.kept", hardDelete="true")
    run(world.server, "apply", "-f", folder, "--prune")
    world.om.get("/domains/name/Full", expect=404)


def test_a_plan_is_carried_out_as_it_was_shown_or_not_at_all(world, folder, tmp_path):
    file = folder / "products/Sales/Orders.yaml"
    change(file, lambda document: document.update(display_name="By file"))
    shown = tmp_path / "plan.json"
    shown.write_text(run(world.server, "diff", "-f", folder, "-o", "json", code=1).stdout)
    product = world.om.get("/dataProducts/name/Sales.Orders")
    world.om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/lifecycleStage", "value": "DESIGN"}])
    done = run(world.server, "apply", "-f", folder, "--plan", shown, code=1)
    assert "has changed meanwhile" in done.stderr and "data_product Sales.Orders" in done.stderr
    kept = world.om.get("/dataProducts/name/Sales.Orders")
    assert kept["lifecycleStage"] == "DESIGN" and kept.get("displayName") != "By file", "nothing is overwritten"
    change(file, lambda document: document.update(lifecycle_stage="DESIGN"))
    shown.write_text(run(world.server, "diff", "-f", folder, "-o", "json", code=1).stdout)
    run(world.server, "apply", "-f", folder, "--plan", shown)
    assert world.om.get("/dataProducts/name/Sales.Orders")["displayName"] == "By file"
    again = run(world.server, "apply", "-f", folder, "--plan", shown)
    assert "as the files say" in again.stdout and "Done" not in again.stdout
    world.om.post("/dataProducts", {"name": "Spare", "description": "d", "domains": ["Sales"]})
    shown.write_text(run(world.server, "diff", "-f", folder, "--prune", "-o", "json", code=1).stdout)
    done = run(world.server, "apply", "-f", folder, "--plan", shown, code=1)
    assert "has changed meanwhile" in done.stderr and "data_product Sales.Spare" in done.stderr, "it was to be deleted"
    for _ in range(2):
        run(world.server, "apply", "-f", folder, "--plan", shown, "--prune")
    world.om.get("/dataProducts/name/Sales.Spare", expect=404)
    for wrong in ("{", "[]", '{"changes": 7}'):
        shown.write_text(wrong)
        assert "--plan" in run(world.server, "apply", "-f", folder, "--plan", shown, code=2).stderr


def test_colours_are_for_terminals_that_want_them(world, folder):
    change(folder / "domains/Sales.yaml", lambda document: document.update(description="Other"))

    def seen(**environment) -> str:
        ours, its = pty.openpty()
        to = {"EMPORION_URL": world.server.url, "EMPORION_TOKEN": world.server.admin.token, "TERM": "xterm"}
        process = subprocess.Popen(
            [str(BINARY), "diff", "-f", str(folder)], stdout=its, stdin=subprocess.DEVNULL,
            env=clean_environment(**to) | environment,
        )
        os.close(its)
        text = b""
        try:
            while piece := os.read(ours, 65536):
                text += piece
        except OSError:
            pass
        os.close(ours)
        assert process.wait(timeout=60) == 1
        return text.decode()

    assert "\x1b[33m~ change domain Sales\x1b[0m" in seen(NO_COLOR="")
    assert "\x1b[" not in seen(NO_COLOR="1") and "~ change domain Sales" in seen(NO_COLOR="1")


# --- rights --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def viewer(world) -> Principal:
    return world.server.new_user("viewer")


def test_whoever_may_only_look_exports_and_compares_and_changes_nothing(world, folder, viewer, tmp_path):
    assert export(world.server, tmp_path / "seen", token=viewer.token)
    change(folder / "products/Sales/Orders.yaml", lambda document: document.update(description="Mine now"))
    assert plan(world.server, folder, token=viewer.token) == [("change", "Sales.Orders", ["description"])]
    for flags in ([], ["--dry-run"]):
        done = run(world.server, "apply", "-f", folder, *flags, token=viewer.token, code=1)
        assert "products/Sales/Orders.yaml: viewer may not" in done.stderr, done.stderr
    (folder / "domains/Mine.yaml").write_text("kind: domain\nname: Mine\ndomain_type: Aggregate\n")
    done = run(world.server, "apply", "-f", folder, token=viewer.token, code=1)
    assert "domains/Mine.yaml: viewer may not" in done.stderr
    assert world.om.get("/dataProducts/name/Sales.Orders")["description"] != "Mine now"


def test_what_is_not_seen_is_not_exported_and_not_overwritten(world, viewer, tmp_path):
    secret = "What only its owners read."
    (tmp_path / "a/products/Sales").mkdir(parents=True)
    (tmp_path / "a/products/Sales/Closed.yaml").write_text(
        f"kind: data_product\nname: Closed\nparent: Sales\nvisibility: granted\ndescription: {secret}\n"
    )
    run(world.server, "apply", "-f", tmp_path / "a")
    files = export(world.server, tmp_path / "mine")
    assert yaml.safe_load(files["products/Sales/Closed.yaml"])["visibility"] == "granted"
    seen = export(world.server, tmp_path / "seen", token=viewer.token)
    assert "products/Sales/Closed.yaml" not in seen and secret not in "".join(seen.values())
    done = run(world.server, "diff", "-f", tmp_path / "a", "-o", "json", token=viewer.token, code=1)
    assert json.loads(done.stdout)["changes"][0]["action"] == "create" and "revision" not in done.stdout.replace(
        '"revision": null', ""
    )
    done = run(world.server, "apply", "-f", tmp_path / "a", token=viewer.token, code=1)
    assert "Closed.yaml" in done.stderr


def test_an_owner_through_a_team_changes_what_the_team_owns_and_no_more(world, folder):
    jonas = world.server.cli("token", "create", "--user", "jonas")["token"]
    team = world.om.get("/teams/name/Insights", fields="users")
    user = {"id": world.om.get("/users/name/jonas")["id"], "type": "user"}
    world.om.patch(f"/teams/{team['id']}", [{"op": "add", "path": "/users", "value": [user]}])
    mine, others = folder / "products/Sales/Europe/Of a team.yaml", folder / "products/Sales/Orders.yaml"
    for path in folder.rglob("*.yaml"):
        if path not in (mine, others):
            path.unlink()
    change(mine, lambda document: document.update(description="By the team"))
    change(others, lambda document: document.update(owners=[{"user": "maria"}]))
    assert "Orders.yaml" not in run(world.server, "apply", "-f", folder, code=0).stderr
    change(mine, lambda document: document.update(description="By the team again"))
    change(others, lambda document: document.update(description="By somebody else"))
    done = run(world.server, "apply", "-f", folder, token=jonas, code=1)
    assert "Orders.yaml: jonas may not" in done.stderr and "Of a team.yaml" not in done.stderr
    got = world.om.get("/dataProducts/name/Sales.Europe.Of a team")["description"]
    assert got == "By the team", "all of it or nothing"
    export(world.server, folder.parent / "now")
    others.write_text((folder.parent / "now/products/Sales/Orders.yaml").read_text())
    run(world.server, "apply", "-f", folder, token=jonas)
    assert world.om.get("/dataProducts/name/Sales.Europe.Of a team")["description"] == "By the team again"


def test_another_accounts_administrator_sees_none_of_it(world, folder, tmp_path):
    other = world.server.new_account("elsewhere")
    assert run(world.server, "export", "-f", tmp_path / "e", token=other.token)
    assert not list((tmp_path / "e").rglob("*.yaml"))
    for command in ("diff", "apply"):
        done = run(world.server, command, "-f", folder, token=other.token, code=2)
        assert re.search(r"products/Sales/Orders\.yaml:\d+: assets\[0\] names the table", done.stderr), done.stderr
    assert plan(world.server, folder) == []


def test_nobody_is_told_nothing(world, folder):
    for command in (["export"], ["apply"]):
        assert run(world.server, *command, "-f", folder, token="no.token.atall", code=1).stderr
    assert run(world.server, "diff", "-f", folder, token="no.token.atall", code=2).stderr


# --- bad input -----------------------------------------------------------------------------------------------------

PRODUCT = "kind: data_product\nname: Orders\nparent: Sales\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind: gadget\nname: x\n", r":1: kind must be one of \[domain, "),
        ("name: x\n", r":1: kind must not be null"),
        ("- a\n", r": must be an object"),
        ("", r": must be an object"),
        (PRODUCT + "descriptoin: x\n", r":4: descriptoin is not a known field"),
        (PRODUCT + "provider: system\n", r":4: provider is not a known field"),
        (PRODUCT + "description: 7\n", r":4: description must be a string"),
        (PRODUCT + "description: a\ndescription: b\n", r":5: `description` stands twice"),
        (PRODUCT + "owners: maria\n", r":4: owners must be a list"),
        (PRODUCT + "owners:\n  - maria\n", r":5: owners\[0\] must say the kind"),
        (PRODUCT + "owners:\n  - user: maria\n  - user: nobody\n", r":6: owners\[1\] names the user \"nobody\", which"),
        (PRODUCT + "domains: [Sales, Nowhere]\n", r":4: domains\[1\] names the domain \"Nowhere\", which does not exist"),
        (PRODUCT + "tags:\n  - glossary_term: Trade.Gone\n", r":5: tags\[0\] names the glossary_term \"Trade\.Gone\", which"),
        (PRODUCT + "owners:\n  - user: maria\n  - user: Maria\n", r":6: owners\[1\] stands there twice"),
        (PRODUCT + "owners:\n  - user: maria\n    nominal: true\n", r":6: owners\[0\]\.nominal is not a known field"),
        (PRODUCT + "owners:\n  - user: maria\n    pet: y\n", r":6: owners\[0\]\.pet is not a known field"),
        (PRODUCT + "assets:\n  - table: wh.db.s.orders\n    granted_by: x\n", r":6: assets\[0\]\.granted_by is not a known field"),
        (PRODUCT + "assets:\n  - table: 'wh..x'\n", r":5: assets\[0\] is not a fully qualified name"),
        (PRODUCT + "visibility: everybody\n", r":4: visibility must be one of \[open, granted\]"),
        (PRODUCT + "domains: [Sales.Europe]\n", r":4: domains "),
        (PRODUCT + "a: &x [1]\nb: *y\n", r":5: "),
        (PRODUCT + "description: [\n", r":\d+: .*line \d+"),
        (PRODUCT + "? [a]\n: b\n", r":4: a key is a text"),
        ("kind: data_product\nname: Other\nparent: Sales\n", r":2: this record's file is products/Sales/Other\.yaml"),
        ("kind: data_product\nname: 7\nparent: Sales\n", r":2: name must be a text"),
        ("kind: data_product\nname: Orders\n", r":2: this record's file is products/Orders\.yaml"),
        ("--- \n" + PRODUCT + "---\n" + PRODUCT, r":\d+: only one document is read"),
        (PRODUCT + "lifecycle_stage: LIVE\n", r":4: lifecycle_stage must be one of \[IDEATION, "),
        (PRODUCT + "style:\n  icon_url: x\n  colour: red\n", r":6: style\.colour is not a known field"),
        (PRODUCT + "sla:\n  availability: 101\n", r":5: sla\.availability must be between 0 and 100"),
        (PRODUCT + "tags:\n  - tag: Tier.Gold\n    state: Perhaps\n", r":6: tags\[0\]\.state must be one of"),
        (PRODUCT + "assets:\n  - user: maria\n", r":5: assets\[0\] must say the kind"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_field_and_rule(world, folder, text, told):
    before = world.om.get("/domains/name/Sales")
    change(folder / "domains/Sales.yaml", lambda document: document.update(description="Half of it"))
    (folder / "products/Sales/Orders.yaml").write_text(text)
    for command in ("diff", "apply"):
        if command == "diff" and "domains: [Sales.Europe]" in text:
            continue
        done = run(world.server, command, "-f", folder, code=2)
        assert re.search(r"products/Sales/Orders\.yaml" + told, done.stderr), done.stderr
    assert world.om.get("/domains/name/Sales") == before, "nothing is half applied"


def test_hostile_files_are_refused_in_no_time(world, folder):
    file = folder / "products/Sales/Orders.yaml"
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    for text in (
        PRODUCT + "extension:\n  " + bomb.replace("\n", "\n  "),
        PRODUCT + "extension: " + "[" * 100_000,
        PRODUCT + "extension: " + "{a: " * 3_000 + "}" * 3_000,
        PRODUCT + "description: " + "x" * 1_100_000,
        PRODUCT + "extension: {" + ", ".join(f"k{n}: 1" for n in range(120_000))[:1_000_000],
    ):
        file.write_text(text)
        done = run(world.server, "apply", "-f", folder, code=2)
        assert "Orders.yaml" in done.stderr and len(done.stderr) < 2_000, done.stderr[:2_000]
    file.write_bytes(PRODUCT.encode() + b"description: \xff\xfe\n")
    assert "Orders.yaml" in run(world.server, "apply", "-f", folder, code=2).stderr
    assert world.server.process.poll() is None


def test_links_and_ways_out_of_the_folder_are_refused(world, folder, tmp_path):
    outside = tmp_path / "outside.yaml"
    outside.write_text("kind: domain\nname: Out\ndomain_type: Aggregate\n")
    link = folder / "domains/Out.yaml"
    link.symlink_to(outside)
    for command in ("diff", "apply", "export"):
        assert "links are not followed" in run(world.server, command, "-f", folder, code=2).stderr
    link.unlink()
    os.mkfifo(link)
    assert "neither a file" in run(world.server, "apply", "-f", folder, code=2).stderr
    link.unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path in sorted((folder / "domains/Sales").rglob("*"), reverse=True):
        path.unlink()
    (folder / "domains/Sales").rmdir()
    (folder / "domains/Sales").symlink_to(elsewhere)
    assert "links are not followed" in run(world.server, "export", "-f", folder, code=2).stderr
    assert not list(elsewhere.iterdir())
    (folder / "domains/Sales").unlink()
    hidden = folder / ".git"
    hidden.mkdir()
    (hidden / "x.yaml").symlink_to(outside)
    run(world.server, "export", "-f", folder)
    assert "no .yaml file" in run(world.server, "apply", "-f", elsewhere, code=2).stderr
    assert run(world.server, "apply", "-f", tmp_path / "nowhere", code=2).stderr


def test_an_export_tells_of_files_without_a_record_and_removes_them_when_told(world, folder):
    stray = folder / "products/Old/Gone.yaml"
    stray.parent.mkdir()
    stray.write_text("kind: data_product\nname: Gone\nparent: Old\n")
    (folder / "README.md").write_text("ours")
    (folder / "infra").mkdir()
    # What is no record's file is nobody's here: another program's, half a record, a record that stands elsewhere.
    ours = {
        "docker-compose.yml": "services:\n  web:\n    image: x\n", "infra/deploy.yaml": "kind: Deployment\nname: x\n",
        "products/draft.yaml": "kind: data_product\n", "products/Sales/broken.yaml": "kind: [\n",
        "products/Sales/Copy.yaml": stray.read_text(),
    }
    for name, text in ours.items():
        (folder / name).write_text(text)
    # What was being written when an export was killed goes; what only looks like it does not.
    left = folder / f"products/Sales/.{uuid.uuid4().hex}.part"
    left.write_text("kind: data_prod")
    (folder / ".keep.part").write_text("ours")
    told = json.loads(run(world.server, "export", "-f", folder, "-o", "json").stdout)
    assert told["stray"] == ["products/Old/Gone.yaml"] and stray.exists()
    assert not left.exists() and (folder / ".keep.part").read_text() == "ours"
    assert json.loads(run(world.server, "export", "-f", folder, "--prune", "-o", "json").stdout)["removed"] == 1
    assert not stray.parent.exists() and (folder / "README.md").exists()
    assert {name: (folder / name).read_text() for name in ours} == ours


def test_no_secret_is_in_a_file(world, tmp_path):
    world.om.put("/services/databaseServices", {
        "name": "closed", "serviceType": "Postgres",
        "connection": {"config": {"type": "Postgres", "username": "u", "authType": {"password": "hunter2-secret"},
                                  "hostPort": "db.example.com:5432", "database": "x"}},
    })
    assert "hunter2-secret" not in "".join(export(world.server, tmp_path / "files").values())
