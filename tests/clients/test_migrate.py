"""A catalogue that goes from a directory to PostgreSQL and back: whole, with its secrets, or not at all."""

import base64
import json
import subprocess

from metadata.generated.schema.api.domains.createDataProduct import CreateDataProductRequest
from metadata.generated.schema.entity.domains.dataProduct import DataProduct

import postgres_engine
from emporion_server import Server, run_cli
from openmetadata_door import OpenMetadataDoor
from openmetadata_kinds import connect
from test_keys import SECRET, bot_token, password_seen_by_bot, service_with_secret


def emporion(*arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
    return run_cli(*arguments, check=check, **environment)


def moved(place: tuple[str, ...], to: str, **environment: str) -> dict:
    return json.loads(emporion("migrate", *place, "--to", to, "-o", "json", **environment).stdout)


def open_address(url: str) -> tuple[str, dict[str, str]]:
    """An address without its password, and the password in the environment."""
    head, rest = url.split("://", 1)
    who, where = rest.split("@", 1)
    user, password = who.split(":", 1)
    return f"{head}://{user}@{where}", {"PGPASSWORD": password}


def known(server: Server) -> dict:
    """What clients see of it."""
    om = OpenMetadataDoor(server, server.admin.token)
    products = {product["id"]: product for product in om.get("/dataProducts?limit=100")["data"]}
    history = {id: om.get(f"/dataProducts/{id}/versions")["versions"] for id in products}
    # What is told of places begins with the server's own.
    return json.loads(json.dumps({"products": products, "history": history}).replace(server.url, ""))


def test_a_catalogue_goes_to_postgresql_and_back_with_its_secrets(tmp_path):
    first = Server(tmp_path / "first", engine="sqlite").start()
    om = OpenMetadataDoor(first, first.admin.token)
    om.post("/domains", {"name": "Sales", "domainType": "Aggregate", "description": "d"})
    sdk = connect(first, first.admin.token)
    for number in range(20):
        sdk.create_or_update(CreateDataProductRequest(name=f"p{number}", domains=["Sales"], description="one"))
    for number in range(5):
        sdk.create_or_update(CreateDataProductRequest(name=f"p{number}", domains=["Sales"], description="two"))
    service = service_with_secret(om, "pg")
    bot = bot_token(om)
    before = known(first)
    master, back = tmp_path / "master.key", tmp_path / "back"
    address, password = open_address(postgres_engine.fresh_database())
    away = ("--store", str(first.store), "--master-key", str(master))
    served = emporion("migrate", *away, "--to", address, check=False, **password)
    assert served.returncode == 1 and "being served" in served.stderr, served.stderr
    assert first.stop() == 0

    told = moved(away, address, **password)
    assert master.stat().st_mode & 0o777 == 0o600
    again = emporion("migrate", *away, "--to", address, check=False, **password)
    assert again.returncode == 1 and "used already" in again.stderr, again.stderr
    assert not list(first.store.glob(".emporion-*")), "nothing is left beside the store"
    database = ("--store", address, "--master-key", str(master))
    whole = json.loads(emporion("verify", *database, "-o", "json", **password).stdout)
    assert whole["faults"] == [] and whole["records"] == told["records"] and whole["events"] == told["seq"]

    over = Server.over(first.store, first)
    over.place, over.secrets = (*database, "--data", str(tmp_path / "node")), password
    over.start()
    assert known(over) == before
    assert password_seen_by_bot(over, bot, service) == SECRET
    connect(over, over.admin.token).create_or_update(
        CreateDataProductRequest(name="there", domains=["Sales"], description="made over PostgreSQL")
    )
    after = known(over)
    assert over.stop() == 0, over.log_tail()

    home = moved(database, str(back), **password)
    assert home["seq"] > told["seq"]
    last = Server.over(back, first).start()
    assert known(last) == after and len(after["products"]) == 21
    assert password_seen_by_bot(last, bot, service) == SECRET
    assert connect(last, last.admin.token).get_by_name(DataProduct, "there").description.root == "made over PostgreSQL"
    assert last.stop() == 0, last.log_tail()

    file, restored = tmp_path / "b.tar", tmp_path / "restored"
    emporion("backup", *database, "--with-keys", "--to", str(file), **password)
    emporion("restore", "--from", str(file), "--store", str(restored))
    other, password = open_address(postgres_engine.fresh_database())
    emporion("restore", "--from", str(file), "--store", other, "--master-key", str(master), **password)
    for place, environment in (("--store", str(restored)), {}), (("--store", other, "--master-key", str(master)), password):
        report = json.loads(emporion("verify", *place, "-o", "json", **environment).stdout)
        assert report["faults"] == [] and report["events"] == home["seq"]


def small(folder, **environment: str) -> tuple[str, ...]:
    emporion("init", "--store", str(folder / "store"), **environment)
    return ("--store", str(folder / "store"), "--master-key", str(folder / "master.key"))


def test_a_refused_command_makes_no_key_and_changes_no_schema(tmp_path):
    away, master = small(tmp_path), tmp_path / "master.key"
    url = postgres_engine.fresh_database()
    address, password = open_address(url)
    other = tmp_path / "other.key"
    emporion("init", "--store", address, "--master-key", str(other), **password)
    postgres_engine.sql(
        url,
        "DELETE FROM migrations WHERE number >= 4; DROP INDEX edges_by_until; ALTER TABLE commits DROP COLUMN seq, DROP COLUMN keys; "
        "DROP INDEX records_deleted; DROP INDEX data_product_by_members_follow; DROP VIEW deeds; "
        "ALTER TABLE audit_events RENAME TO deeds;",
    )
    refused = emporion("migrate", *away, "--to", address, check=False, **password)
    assert refused.returncode == 1 and "used already" in refused.stderr, refused.stderr
    file = tmp_path / "b.tar"
    emporion("backup", *away[:2], "--with-keys", "--to", str(file))
    refused = emporion(
        "restore", "--from", str(file), "--store", address, "--master-key", str(master), check=False, **password
    )
    assert refused.returncode == 1 and "used already" in refused.stderr, refused.stderr
    assert not master.exists(), "no key is made for a place that is refused"
    assert "older version" in emporion(
        "verify", "--store", address, "--master-key", str(other), check=False, **password
    ).stderr, "it has the schema that it had"
    # Of a database: its master key is missing, and stays so.
    back = emporion("migrate", "--store", address, "--master-key", str(master), "--to", str(tmp_path / "back"),
                    check=False, **password)
    assert back.returncode == 1 and "master key" in back.stderr and str(master) in back.stderr, back.stderr
    assert not master.exists() and not (tmp_path / "back").exists()
    shown = emporion("migrate", *away, "--to", url, check=False)
    assert shown.returncode == 2 and "--to: others can read a password" in shown.stderr, shown.stderr
    assert "EMPORION_STORE" not in shown.stderr


def test_a_sealing_key_of_the_environment_goes_into_the_database_and_a_killed_copy_goes_away(tmp_path):
    sealing = {"EMPORION_SEAL_KEY": base64.b64encode(bytes(32)).decode()}
    away = small(tmp_path, **sealing)
    left = tmp_path / "store" / ".emporion-0000dead"
    left.mkdir(mode=0o700)
    (left / "emporion.lock").touch()
    (left / "catalogue.db").write_text("left by a kill")
    kept, other = tmp_path / "kept", tmp_path / "store" / ".emporion-mine"
    for folder in (kept, other):
        folder.mkdir(mode=0o700)
        (folder / "emporion.lock").touch()
    (tmp_path / "store" / ".emporion-0000beef").symlink_to(kept)
    address, password = open_address(postgres_engine.fresh_database())
    told = emporion("migrate", *away, "--to", address, **password, **sealing)
    assert "lies in the database now" in told.stderr and "stays in" not in told.stderr, told.stderr
    assert not left.exists() and (kept / "emporion.lock").exists() and (other / "emporion.lock").exists()
    database = ("--store", address, "--master-key", str(tmp_path / "master.key"))
    assert json.loads(emporion("verify", *database, "-o", "json", **password).stdout)["faults"] == []
    emporion("user", "reset-password", "admin", *database, **password)
