"""A label that a crawl proposes is said to be proposed, until somebody who may tag the table confirms or refuses it."""

from urllib.parse import quote

import pytest

from emporion_server import run_cli
from rows_world import TABLE, RowsWorld

#: The same table, crawled again under another name: nobody has tagged it.
CRAWLED = TABLE.replace("shop", "crawled", 1)
AT = "/tables/" + quote(CRAWLED, safe=".-_~")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = RowsWorld(tmp_path_factory.mktemp("proposed"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    assert "panicked" not in made.server.log.read_text(errors="replace")


def labels(world) -> list[tuple[str, str]]:
    columns = world.om.by_name("tables", CRAWLED, fields="columns,tags")["columns"]
    return next([(tag["tagFQN"], tag["state"]) for tag in c["tags"]] for c in columns if c["name"] == "email")


def crawl(world) -> None:
    run_cli("ingest", "sqlite:shop", "--service", "crawled", EMPORION_URL=world.server.url, EMPORION_TOKEN=world.server.admin.token)


def test_what_is_proposed_is_said_to_be_and_confirmed_or_refused(world):
    crawl(world)
    assert labels(world) == [("PII.Sensitive", "Suggested")]
    stranger = world.browser("stranger").visit(AT)
    assert "proposed" in stranger.text and not any(form["fields"].get("edit") == "proposal" for form in stranger.forms)
    admin = world.browser("admin")
    page = admin.visit(AT)
    form = next(form for form in page.forms if form["fields"].get("edit") == "proposal")
    token = world.browser("stranger").visit("/logout").form("/logout")["fields"]["token"]
    for decision in ("confirm", "refuse"):
        sent = form["fields"] | {"token": token, "do": decision}
        assert world.browser("stranger").ask("POST", AT, data=sent).status == 403
    origin = {"Origin": admin.base}
    for wrong in ({"do": "burn"}, {"label": "x"}, {"column": "nothing"}, {"column": "region"}):
        assert admin.ask("POST", AT, data=form["fields"] | {"do": "confirm"} | wrong, headers=origin).status == 404, wrong
    assert labels(world) == [("PII.Sensitive", "Suggested")]
    page = admin.ask("POST", AT, data=form["fields"] | {"do": "confirm"}, headers=origin)
    assert page.status == 200 and "proposed" not in page.text and labels(world) == [("PII.Sensitive", "Confirmed")]
    # It is decided; nobody decides it again.
    assert admin.ask("POST", AT, data=form["fields"] | {"do": "refuse"}, headers=origin).status == 404


def test_what_was_refused_is_not_proposed_again(world):
    crawl(world)
    table = world.om.by_name("tables", CRAWLED, fields="columns,tags")
    where = next(i for i, column in enumerate(table["columns"]) if column["name"] == "email")
    tag = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Automated", "state": "Suggested"}
    world.om.patch(f"/tables/{table['id']}", [{"op": "replace", "path": f"/columns/{where}/tags", "value": [tag]}])
    admin = world.browser("admin")
    page = admin.visit(AT)
    form = next(form for form in page.forms if form["fields"].get("edit") == "proposal")
    page = admin.ask("POST", form["action"], data=form["fields"] | {"do": "refuse"}, headers={"Origin": admin.base})
    assert page.status == 200 and labels(world) == []
    crawl(world)
    assert labels(world) == []


def test_who_tags_confirms_what_he_could_not_take_off_again(world):
    crawl(world)
    table = world.om.by_name("tables", CRAWLED, fields="columns,tags")
    where = next(i for i, column in enumerate(table["columns"]) if column["name"] == "email")
    tag = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Automated", "state": "Suggested"}
    world.om.patch(f"/tables/{table['id']}", [{"op": "add", "path": f"/columns/{where}/tags", "value": [tag]}])
    who = world.people["tagger"] = world.server.new_user("tagger")
    role = world.om.get("/roles/name/DataSteward")
    world.om.patch(f"/users/{who.id}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    steward = world.browser("tagger")
    assert "only people who manage the rows can take it off" in steward.visit(f"{AT}?edit=column&column=email").text
    assert "only people who manage" not in world.browser("admin").visit(f"{AT}?edit=column&column=email").text
    page = steward.visit(AT)
    form = next(form for form in page.forms if form["fields"].get("edit") == "proposal")
    assert 'value="confirm"' in page.source and 'value="refuse"' not in page.source
    origin = {"Origin": steward.base}
    assert steward.ask("POST", AT, data=form["fields"] | {"do": "refuse"}, headers=origin).status == 403
    assert labels(world) == [("PII.Sensitive", "Suggested")]
    assert steward.ask("POST", AT, data=form["fields"] | {"do": "confirm"}, headers=origin).status == 200
    assert labels(world) == [("PII.Sensitive", "Confirmed")]
