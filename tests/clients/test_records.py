"""`emporion get` and `emporion list`: records as the token's user sees them, for people and for programs."""

import json
import re

import pytest
import yaml

from emporion_server import run_cli

SECRET = "hunter2-secret"


def ask(server, *arguments: str, token: str | None = None, check: bool = True, **environment: str):
    return run_cli(
        *arguments, check=check, EMPORION_URL=server.url, EMPORION_TOKEN=token or server.admin.token, **environment
    )


@pytest.fixture(scope="module")
def product(om, om_domain, member, fresh_name) -> dict:
    owner = {"id": om.get(f"/users/name/{member.name}")["id"], "type": "user"}
    body = {"name": fresh_name("Orders"), "displayName": "All orders", "domains": [om_domain["name"]]}
    return om.post("/dataProducts", body | {"description": "Every order.\nAnd its lines.", "owners": [owner]})


@pytest.mark.parametrize("kind", ["product", "products", "data_product", "data-products", "dataProduct"])
def test_a_record_is_got_by_its_name_and_by_its_id(server, product, member, om_domain, kind):
    name = product["fullyQualifiedName"]
    got = [json.loads(ask(server, "get", kind, by, "-o", "json").stdout) for by in (name, product["id"])]
    assert got[0] == got[1]
    shown = got[0]
    assert (shown["id"], shown["name"], shown["kind"]) == (product["id"], product["name"], "data_product")
    assert shown["owners"] == [member.name] and shown["domains"] == [om_domain["name"]]
    assert shown["description"] == "Every order.\nAnd its lines." and shown["version"] == "0.1"
    assert yaml.safe_load(ask(server, "get", kind, name, "-o", "yaml").stdout) == shown
    table = ask(server, "get", kind, name).stdout
    assert re.search(r"^displayName +All orders$", table, re.M) and "Every order. And its lines." in table
    assert re.search(r"^createdAt +20\d\d-\d\d-\d\dT", table, re.M), "times are written out for people"


def test_lists_are_tables_for_people_and_documents_for_programs(server, product, om_domain, member):
    listed = json.loads(ask(server, "list", "products", "--domain", om_domain["name"], "-o", "json").stdout)
    mine = next(row for row in listed if row["id"] == product["id"])
    assert mine["displayName"] == "All orders" and mine["owners"] == [member.name]
    assert listed == yaml.safe_load(ask(server, "list", "products", "--domain", om_domain["id"], "-o", "yaml").stdout)
    lines = ask(server, "list", "product", "--domain", om_domain["name"]).stdout.splitlines()
    assert lines[0].split()[:1] == ["NAME"] and len(lines) == len(listed) + 1
    assert any(line.startswith(product["name"]) and "All orders" in line for line in lines)
    users = json.loads(ask(server, "list", "users", "-o", "json").stdout)
    assert {"admin", member.name} <= {user["name"] for user in users} and all(user["email"] for user in users)


def test_a_list_of_users_tells_who_is_disabled(server, fresh_name):
    name = fresh_name("leaver")
    server.cli("user", "create", name)

    def states() -> dict[str, bool]:
        return {row["name"]: row["disabled"] for row in server.cli("list", "users")}

    assert states()[name] is False
    server.cli("user", "disable", name)
    assert states()[name] is True and states()["admin"] is False
    lines = ask(server, "list", "users").stdout.splitlines()
    assert "DISABLED" in lines[0].split()
    assert next(line for line in lines if line.startswith(name)).split().count("true") == 1


def test_every_kind_has_a_list_and_every_listed_record_is_got(server, product, sales_tables, workshop):
    refused = ask(server, "list", "gadgets", check=False)
    kinds = re.search(r"kinds are (.*)$", refused.stderr, re.M).group(1).split(", ")
    assert refused.returncode == 2 and len(kinds) > 25
    assert {"data_product", "table", "user", "domain", "team"} <= set(kinds) and "account" not in kinds
    got = 0
    for kind in kinds:
        for row in json.loads(ask(server, "list", kind, "--limit", "2", "-o", "json").stdout):
            shown = json.loads(ask(server, "get", kind, row["id"], "-o", "json").stdout)
            assert shown["id"] == row["id"] and shown["kind"] == kind and shown["name"] == row["name"]
            got += 1
    assert got > 20


def test_a_list_is_whole_however_long_it_is(server, om, data_source):
    om.put("/databases", {"name": "long", "service": data_source["name"]})
    om.put("/databaseSchemas", {"name": "long", "database": f"{data_source['name']}.long"})
    schema = f"{data_source['name']}.long.long"
    columns = [{"name": "id", "dataType": "INT"}]
    tables = [{"name": f"t{n:04}", "databaseSchema": schema, "columns": columns} for n in range(620)]
    om.call("PUT", "/tables/bulk", tables, expect=200)
    listed = [row["fullyQualifiedName"] for row in json.loads(ask(server, "list", "tables", "-o", "json").stdout)]
    assert [name for name in listed if name.startswith(f"{schema}.")] == [f"{schema}.t{n:04}" for n in range(620)]
    assert len(listed) == len(set(listed))
    few = json.loads(ask(server, "list", "tables", "--limit", "510", "-o", "json").stdout)
    assert [row["fullyQualifiedName"] for row in few] == listed[:510]


def test_one_sees_what_the_tokens_user_sees(server, bobsled, stranger, other_account, product, fresh_name):
    hidden = bobsled.create(fresh_name("Hidden"))
    name = hidden["name"]
    assert any(row["id"] == hidden["id"] for row in server.cli("list", "products"))
    assert server.cli("get", "product", hidden["id"])["name"] == name
    for token in (stranger.token, other_account.token):
        listed = server.cli("list", "products", token=token)
        assert hidden["id"] not in {row["id"] for row in listed}
        for by in (hidden["id"], name):
            done = ask(server, "get", "product", by, token=token, check=False)
            assert done.returncode == 1 and done.stdout == "" and "does not exist" in done.stderr, done
    assert server.cli("list", "products", token=other_account.token) == []
    assert ask(server, "list", "products", token=other_account.token).stdout == "none\n"
    assert ask(server, "get", "product", product["id"], token=stranger.token).returncode == 0
    done = ask(server, "list", "users", token="x.y.z", check=False)
    assert done.returncode == 1 and done.stdout == ""


def test_rows_of_the_data_are_not_shown(server, om, sales_tables):
    table = sales_tables["returns"]
    sample = {"columns": ["id", "amount"], "rows": [[SECRET, 2]]}
    om.put(f"/tables/{table['id']}/sampleData", sample, 200)
    profile = {"timestamp": 1_700_000_000_000, "rowCount": 5, "columnCount": 2}
    column = {"name": "id", "timestamp": 1_700_000_000_000, "min": SECRET, "max": SECRET}
    om.put(f"/tables/{table['id']}/tableProfile", {"tableProfile": profile, "columnProfile": [column]}, 200)
    for format in ("json", "yaml", "table"):
        shown = ask(server, "get", "table", table["fullyQualifiedName"], "-o", format).stdout
        assert "amount" in shown and SECRET not in shown and "rowCount" not in shown


def test_a_connections_password_is_not_shown(server, data_source):
    for token in (server.admin.token, server.new_user("looker").token):
        shown = ask(server, "get", "databaseService", data_source["name"], "-o", "json", token=token).stdout
        assert json.loads(shown)["serviceType"] == "Postgres" and "warehouse-secret" not in shown


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("get", "product", "nobody"), 1, "does not exist"),
        (("get", "product", ".."), 1, "does not exist"),
        (("get", "table", "a/b c?d=e&f#g"), 1, "does not exist"),
        (("get", "product", "00000000-0000-0000-0000-000000000000"), 1, "does not exist"),
        (("get", "gadget", "x"), 2, "kinds are"),
        (("get", "product"), 2, "NAME"),
        (("list", "services"), 2, "there is no kind"),
        (("list", "products", "--domain", "nowhere"), 1, "does not exist"),
        (("list", "domains", "--domain", "default"), 1, "no condition"),
        (("list", "products", "--limit", "0"), 2, "limit"),
        (("list", "products", "-o", "xml"), 2, "xml"),
    ],
)
def test_what_cannot_be_had_is_said_by_the_exit_code(server, arguments, code, complaint):
    done = ask(server, *arguments, check=False)
    assert done.returncode == code and complaint in done.stderr and done.stdout == "", done
