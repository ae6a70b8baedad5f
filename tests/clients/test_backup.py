"""Backups: taken under load, given to nobody else, refused when they are not whole, and a store like any other."""

import base64
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import tarfile
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests
from metadata.generated.schema.api.domains.createDataProduct import CreateDataProductRequest

import datazone_door
import emporion_server
from bobsled_door import BobsledDoor
from emporion_server import Server, clean_environment, run_cli
from openmetadata_door import OpenMetadataDoor
from openmetadata_kinds import connect
from test_keys import SECRET, bot_token, password_seen_by_bot, service_with_secret


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A server with a secret, a bot, and enough in it that a copy takes more than a moment."""
    server = Server(tmp_path_factory.mktemp("backed-up")).start()
    om = OpenMetadataDoor(server, server.admin.token)
    server.service = service_with_secret(om, "pg")
    server.bot = bot_token(om)
    om.post("/domains", {"name": "Load", "domainType": "Aggregate", "description": "d"})
    for n in range(40):
        om.post("/domains", {"name": f"Large{n}", "domainType": "Aggregate", "description": "x" * 400_000})
    yield server
    assert server.stop() == 0


def backup(server: Server, to: Path, form: str, *flags: str) -> dict:
    place = ("--store", str(server.store)) if form == "store" else ("--url", server.url, "--token", server.admin.token)
    return json.loads(run_cli("backup", *place, "--to", str(to), *flags, "-o", "json").stdout)


def restore(file: Path, to: Path, *flags: str, check: bool = True, **environment: str):
    return run_cli("restore", "--from", str(file), "--store", str(to), *flags, "-o", "json", check=check, **environment)


@contextmanager
def served(store: Path, like: Server):
    server = Server.over(store, like).start()
    try:
        yield server
    finally:
        assert server.stop() == 0, server.log_tail()


@contextmanager
def load(server: Server):
    """Four clients that write until the end (DataZone's, OpenMetadata's, Bobsled's and a script); yields what was
    acknowledged, and when."""
    acknowledged: list[tuple[float, str, str]] = []
    failures: list[BaseException] = []
    over = threading.Event()
    workshop = datazone_door.Workshop(datazone_door.client(server, server.admin), f"w-{uuid.uuid4().hex[:8]}")

    def by_datazone():
        dz = datazone_door.client(server, server.admin)
        place = {"domainIdentifier": workshop.domain, "owningProjectIdentifier": workshop.project}
        return lambda name: dz.create_data_product(name=name, description="signed", **place)["id"]

    def by_the_sdk():
        sdk = connect(server, server.admin.token)
        fields = {"domains": ["Load"], "description": "typed"}
        return lambda name: str(sdk.create_or_update(CreateDataProductRequest(name=name, **fields)).id.root)

    def by_bobsled():
        door = BobsledDoor(server, server.admin.token)
        return lambda name: door.create(name, description="enveloped")["id"]

    def by_a_script():
        om = OpenMetadataDoor(server, server.admin.token)
        return lambda name: om.post("/dataProducts", {"name": name, "domains": ["Load"], "description": "plain"})["id"]

    def write(client):
        n, make = 0, client()
        try:
            while not over.is_set():
                name, n = f"{client.__name__}-{n}-{uuid.uuid4().hex[:8]}", n + 1
                identifier = make(name)
                acknowledged.append((time.monotonic(), name, identifier))
        except BaseException as error:  # noqa: BLE001: told by the test itself
            failures.append(error)

    clients = (by_datazone, by_the_sdk, by_bobsled, by_a_script)
    threads = [threading.Thread(target=write, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield acknowledged
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not failures, failures


@pytest.mark.parametrize("form", ["store", "url"])
def test_what_was_acknowledged_before_a_backup_began_is_in_it(world, tmp_path, form):
    file, to = tmp_path / "b.tar", tmp_path / "restored"
    with load(world) as acknowledged:
        while len({name.split("-")[0] for _, name, _ in list(acknowledged)}) < 4 or len(acknowledged) < 40:
            time.sleep(0.02)
        began = time.monotonic()
        before = {(name, identifier) for at, name, identifier in list(acknowledged) if at < began}
        assert len({name.split("-")[0] for name, _ in before}) == 4, "every client has written"
        made = backup(world, file, form, "--with-keys")
        ended = time.monotonic()
        while sum(at > ended for at, _, _ in list(acknowledged)) < 8:
            time.sleep(0.02)
    during = [name for at, name, _ in acknowledged if began < at < ended]
    assert during, "nobody wrote while the backup was taken"
    assert set(made) == {"file", "bytes", "records", "seq"} and made["bytes"] == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["b.tar"], "nothing else is left"
    assert not list(world.store.glob("backup-*"))

    restored = json.loads(restore(file, to).stdout)
    assert (restored["records"], restored["seq"]) == (made["records"], made["seq"])
    assert sorted(path.name for path in to.iterdir()) == ["catalogue.db", "seal.key", "signing.pem"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in to.iterdir()} == {0o600}
    verified = json.loads(run_cli("verify", "--store", str(to), "-o", "json").stdout)
    assert verified["faults"] == [] and verified["events"] == made["seq"], "the log has no gap"
    assert verified["records"] == made["records"]

    with served(to, world) as again:
        om = OpenMetadataDoor(again, world.admin.token)
        pages = om.pages("dataProducts", 500, fields="domains")
        products = {product["name"]: product for page in pages for product in page["data"]}
        missing = {name for name, _ in before} - products.keys()
        assert not missing, f"{len(missing)} of {len(before)} acknowledged writes are not in the backup"
        assert all(products[name]["id"] == identifier for name, identifier in before)
        halves = [product for product in products.values() if not (product["domains"] and product["description"])]
        assert not halves
        assert password_seen_by_bot(again, world.bot, world.service) == SECRET
        assert datazone_door.raw(again, world.admin, "GET", "/v2/domains").status_code == 200
        om.post("/dataProducts", {"name": "written-after", "domains": ["Load"], "description": "d"})
    run_cli("verify", "--store", str(to))


@pytest.mark.parametrize("form", ["store", "url"])
def test_keys_that_are_exchanged_meanwhile_are_those_of_the_backup(tmp_path, form):
    """Whichever moment a backup is of, its own keys open its secrets, and the bot's token is one of its key."""
    server = Server(tmp_path / "a").start()
    om = OpenMetadataDoor(server, server.admin.token)
    service = service_with_secret(om, "pg")
    over, failures = threading.Event(), []

    def exchange():
        token = server.admin.token
        try:
            while not over.is_set():
                server.cli("rotate", "seal", token=token)
                token = server.cli("rotate", "signing", token=token)["token"]
                place = ("--store", str(server.store)) if form == "store" else ("--url", server.url, "--token", token)
                tokens.append(place)
        except BaseException as error:  # noqa: BLE001: told by the test itself
            failures.append(error)

    tokens: list[tuple[str, ...]] = []
    exchanging = threading.Thread(target=exchange)
    exchanging.start()
    taken = 0
    try:
        for n in range(400):
            if taken == 4 or failures:
                break
            while not tokens and not failures:
                time.sleep(0.01)
            file, to = tmp_path / f"b{n}.tar", tmp_path / f"to{n}"
            done = run_cli("backup", *tokens[-1], "--to", str(file), "--with-keys", check=False)
            if done.returncode:
                # The token has just ended, or a key was exchanged each time that it was tried.
                assert not file.exists(), done
                if "backups are being taken" in done.stderr:
                    # Those whose token has ended cannot be given up; they give way after a while.
                    time.sleep(1)
                    continue
                assert re.search("keys at hand|token|signature|credential", done.stderr), done
                continue
            taken += 1
            assert restore(file, to).stderr == ""
            reset = ("user", "reset-password", "admin", "--store", str(to), "-o", "json")
            password = base64.b64encode(json.loads(run_cli(*reset).stdout)["password"].encode()).decode()
            with served(to, server) as again:
                login = {"email": "admin@open-metadata.org", "password": password}
                admin = OpenMetadataDoor(again, None).post("/users/login", login, 200)["accessToken"]
                bot = bot_token(OpenMetadataDoor(again, admin))
                assert password_seen_by_bot(again, bot, service) == SECRET
            # Everything in it can be opened: all of it is sealed anew.
            run_cli("rotate", "seal", "--store", str(to))
    finally:
        over.set()
        exchanging.join()
        server.stop()
    assert not failures and taken == 4, (failures, taken)


def test_a_stopped_store_is_backed_up_and_left_as_it_was(tmp_path):
    server = Server(tmp_path / "a")
    # What readers share of the log is no content of the store.
    before = {path.name: path.read_bytes() for path in server.store.iterdir() if not path.name.endswith("-shm")}
    made = backup(server, tmp_path / "b.tar", "store", "--with-keys")
    after = {name: (server.store / name).read_bytes() for name in before}
    assert after == before and made["seq"] > 0
    restore(tmp_path / "b.tar", tmp_path / "to")
    with served(tmp_path / "to", server) as again:
        OpenMetadataDoor(again, server.admin.token).get("/domains")


@pytest.mark.parametrize("form", ["store", "url"])
def test_keys_are_in_it_only_when_they_were_asked_for(world, tmp_path, form):
    without, with_keys = tmp_path / "without.tar", tmp_path / "with.tar"
    backup(world, without, form)
    backup(world, with_keys, form, "--with-keys")
    assert tarfile.open(without).getnames() == ["backup.json", "backup.sha256", "catalogue.db"]
    assert tarfile.open(with_keys).getnames()[3:] == ["seal.key", "signing.pem"]
    seal = (world.store / "seal.key").read_text().splitlines()[-1].encode()
    assert seal not in without.read_bytes() and seal in with_keys.read_bytes()
    assert b"PRIVATE KEY" not in without.read_bytes()


def test_a_backup_without_keys_is_restored_with_those_of_its_store_alone(world, tmp_path):
    file, keys, others = tmp_path / "b.tar", tmp_path / "keys", tmp_path / "others"
    backup(world, file, "store")
    keys.mkdir()
    for name in ("seal.key", "signing.pem"):
        shutil.copy(world.store / name, keys / name)
    to = tmp_path / "to"
    refused = restore(file, to, check=False)
    assert refused.returncode == 1 and "--keys-from" in refused.stderr and not to.exists(), refused
    run_cli("init", "--store", str(others))
    refused = restore(file, to, "--keys-from", str(others), check=False)
    assert refused.returncode == 1 and "another key" in refused.stderr and not to.exists(), refused
    empty = tmp_path / "empty"
    empty.mkdir()
    refused = restore(file, to, "--keys-from", str(empty), check=False)
    assert refused.returncode == 1 and "missing" in refused.stderr and not to.exists(), refused
    (keys / "seal.key").chmod(0o644)
    refused = restore(file, to, "--keys-from", str(keys), check=False)
    assert refused.returncode == 1 and "read by others" in refused.stderr and not to.exists(), refused
    (keys / "seal.key").chmod(0o600)
    assert restore(file, to, "--keys-from", str(keys)).stderr == ""
    with served(to, world) as again:
        assert password_seen_by_bot(again, world.bot, world.service) == SECRET
        OpenMetadataDoor(again, world.admin.token).get("/domains")
    # Where the environment holds the sealing key, it stays there.
    seal = [line for line in (keys / "seal.key").read_text().splitlines() if not line.startswith("#")]
    (keys / "seal.key").unlink()
    second = tmp_path / "second"
    done = restore(file, second, "--keys-from", str(keys), EMPORION_SEAL_KEY=",".join(seal))
    assert "EMPORION_SEAL_KEY" in done.stderr
    assert sorted(path.name for path in second.iterdir()) == ["catalogue.db", "signing.pem"]


def test_a_restore_says_when_tokens_end_with_it(world, tmp_path):
    file, keys = tmp_path / "b.tar", tmp_path / "keys"
    backup(world, file, "store")
    keys.mkdir()
    shutil.copy(world.store / "seal.key", keys / "seal.key")
    done = restore(file, tmp_path / "to", "--keys-from", str(keys))
    assert "bots get new ones" in done.stderr
    reset = ("user", "reset-password", "admin", "--store", str(tmp_path / "to"), "-o", "json")
    password = base64.b64encode(json.loads(run_cli(*reset).stdout)["password"].encode()).decode()
    with served(tmp_path / "to", world) as again:
        OpenMetadataDoor(again, world.bot).get("/domains", expect=401)
        login = {"email": "admin@open-metadata.org", "password": password}
        admin = OpenMetadataDoor(again, None).post("/users/login", login, 200)["accessToken"]
        bot = bot_token(OpenMetadataDoor(again, admin))
        assert password_seen_by_bot(again, bot, world.service) == SECRET


def test_a_backup_is_for_those_who_run_the_server(server, world, tmp_path, member, other_account):
    environments = [
        {"EMPORION_URL": server.url, "EMPORION_TOKEN": token} for token in (member.token, other_account.token, "x.y.z")
    ]
    for environment in environments:
        file = tmp_path / "b.tar"
        done = run_cli("backup", "--to", str(file), "--with-keys", check=False, **environment)
        assert done.returncode == 1 and not list(tmp_path.iterdir()), done
    base = f"{server.url}/emporion/v1/backups"

    def ask(method: str, url: str, token: str | None, **body):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.request(method, url, headers=headers, json=body or None, timeout=30)

    made = ask("POST", base, server.admin.token, withKeys=True).json()
    for _ in range(200):
        if ask("GET", f"{base}/{made['id']}", server.admin.token).json()["state"] == "finished":
            break
        time.sleep(0.05)
    for token, status in ((member.token, 403), (other_account.token, 403), (None, 401)):
        for method, url in (
            ("POST", base),
            ("GET", f"{base}/{made['id']}"),
            ("GET", f"{base}/{made['id']}/content"),
            ("GET", f"{base}/nothing/content"),
            ("DELETE", f"{base}/{made['id']}"),
        ):
            assert ask(method, url, token).status_code == status, (method, url)
    piece = ask("GET", f"{base}/{made['id']}/content?from=0", server.admin.token)
    assert piece.content.startswith(b"backup.json\0") and piece.headers["cache-control"] == "no-store"
    for wrong in ("-1", "x", "1e3", "99999999999999999999999"):
        refused = ask("GET", f"{base}/{made['id']}/content?from={wrong}", server.admin.token)
        assert refused.status_code == 400 and "from" in refused.json()["error"], wrong
    behind = ask("GET", f"{base}/{made['id']}/content?from=18446744073709551615", server.admin.token)
    assert behind.status_code == 200 and behind.content == b""
    refused = ask("POST", base, server.admin.token, withKeys="yes")
    assert refused.status_code == 400 and "withKeys" in refused.json()["error"]
    # Each is a copy on the server's disk: there are only so many at one moment, and they can be thrown away.
    second = ask("POST", base, server.admin.token).json()
    assert ask("POST", base, server.admin.token).status_code == 409
    for identifier in (made["id"], second["id"]):
        assert ask("DELETE", f"{base}/{identifier}", server.admin.token).status_code == 200
        assert ask("GET", f"{base}/{identifier}", server.admin.token).status_code == 404


def test_a_used_place_is_refused_and_left_alone(world, tmp_path):
    file = tmp_path / "b.tar"
    backup(world, file, "store", "--with-keys")
    used = tmp_path / "used"
    used.mkdir()
    (used / "note").write_text("mine")
    for place in (used, world.store, file):
        before = sorted(os.listdir(place)) if place.is_dir() else None
        refused = restore(file, place, check=False)
        assert refused.returncode == 1 and refused.stdout == "", refused
        assert before is None or sorted(os.listdir(place)) == before
    assert "used" in restore(file, used, check=False).stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    restore(file, empty)
    assert "used" in restore(file, empty, check=False).stderr
    unknown = tmp_path / "unknown"
    (unknown / ".restoring").mkdir(parents=True)
    assert "where none is, remove it" in restore(file, unknown, check=False).stderr


def test_what_a_killed_restore_has_left_goes_away_with_the_next(world, tmp_path):
    file = tmp_path / "b.tar"
    backup(world, file, "store", "--with-keys")
    to, killed = tmp_path / "to", 0

    def taken() -> int:
        with suppress(FileNotFoundError):
            return (to / ".restoring" / "emporion.lock").stat().st_mtime_ns
        return 0

    for turn in range(20):
        command, before = [str(emporion_server.BINARY), "restore", "--from", str(file), "--store", str(to)], taken()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment())
        while taken() in (0, before) and process.poll() is None:
            pass
        time.sleep(0.01 * turn)
        process.kill()
        process.wait()
        killed += (to / ".restoring").exists()
        if (to / "catalogue.db").exists():
            assert "used" in restore(file, to, check=False).stderr, "it is whole"
            shutil.rmtree(to)
    assert killed > 1, "left-overs were found"
    # The worst moment: keys are there, and no store.
    (to / ".restoring").mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in (".restoring/emporion.lock", ".restoring/catalogue.db", "seal.key", "signing.pem"):
        (to / left).write_text("left")
    of = hashlib.sha256(b"left").hexdigest()
    (to / ".restoring/keys-put").write_text(f"seal.key {of}\nsigning.pem {hashlib.sha256(b'other').hexdigest()}\n")
    assert "it holds signing.pem" in restore(file, to, check=False).stderr, "that key is somebody's"
    assert not (to / "seal.key").exists() and (to / "signing.pem").read_text() == "left"
    (to / "signing.pem").unlink()
    restore(file, to)
    assert not (to / ".restoring").exists()
    report = json.loads(run_cli("verify", "--store", str(to), "-o", "json").stdout)
    assert report["faults"] == []
    # A key that nobody has left there is somebody's.
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "seal.key").write_text("mine")
    assert "used" in restore(file, tmp_path / "mine", check=False).stderr
    assert (tmp_path / "mine" / "seal.key").read_text() == "mine"


def test_a_backup_is_never_written_over_anything(world, tmp_path):
    file = tmp_path / "b.tar"
    file.write_text("mine")
    for place in (file, world.store / "catalogue.db", tmp_path):
        done = run_cli("backup", "--store", str(world.store), "--to", str(place), check=False)
        assert done.returncode == 1 and "already" in done.stderr, done
    assert file.read_text() == "mine"
    done = run_cli("backup", "--store", str(tmp_path / "no"), "--to", str(tmp_path / "c.tar"), check=False)
    assert done.returncode == 1 and "no store" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["b.tar"]


def test_what_is_no_whole_backup_is_refused(world, tmp_path):
    file, to = tmp_path / "b.tar", tmp_path / "to"
    backup(world, file, "store", "--with-keys")
    whole = file.read_bytes()

    def refusal(content: bytes) -> str:
        wrong = tmp_path / "wrong.tar"
        wrong.write_bytes(content)
        done = restore(wrong, to, check=False)
        assert done.returncode == 1 and done.stdout == "" and not to.exists(), done
        assert "panicked" not in done.stderr
        return done.stderr

    middle = len(whole) // 2
    assert "cut off" in refusal(whole[:middle])
    assert "cut off" in refusal(whole[:-1])
    assert "catalogue.db is not what was written" in refusal(whole[:middle] + b"?" + whole[middle + 1 :])
    assert "behind its end" in refusal(whole + whole)
    assert "no backup" in refusal(b"") and "no backup" in refusal(b"PK\3\4" * 1000)
    assert "no backup" in refusal((world.store / "catalogue.db").read_bytes()[:100_000])
    missing = restore(tmp_path / "missing.tar", to, check=False)
    assert missing.returncode == 1 and not to.exists()
    assert restore(tmp_path, to, check=False).returncode == 1


def rewritten(file: Path, into: Path, sql: str) -> None:
    """A backup whose store was changed, with checksums that are right again."""

    folder = into.with_suffix(".d")
    folder.mkdir()
    with tarfile.open(file) as archive:
        names = archive.getnames()
        archive.extractall(folder, filter="data")
    store = sqlite3.connect(folder / "catalogue.db")
    store.execute("PRAGMA journal_mode = DELETE")
    store.executescript(sql)
    store.close()
    sums = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in names
        if name != "backup.sha256"
    ]
    (folder / "backup.sha256").write_text("".join(sums))
    with tarfile.open(into, "w", format=tarfile.GNU_FORMAT) as archive:
        for name in names:
            archive.add(folder / name, name)
    into.write_bytes(into.read_bytes().rstrip(b"\0"))
    length = into.stat().st_size
    with into.open("ab") as end:
        end.write(b"\0" * (-length % 512 + 1024))


def test_a_store_that_is_not_whole_never_gets_to_its_place(world, tmp_path):
    file, to = tmp_path / "b.tar", tmp_path / "to"
    backup(world, file, "store", "--with-keys")
    for number, (sql, complaint) in enumerate(
        [
            ("DELETE FROM events WHERE seq = 7", "the log ends at"),
            ("DELETE FROM records WHERE kind = 'role'", "tally"),
            ("INSERT INTO migrations VALUES (99, 'later', 'x')", "newer version"),
            ("SELECT 1", None),
        ]
    ):
        changed = tmp_path / f"changed{number}.tar"
        rewritten(file, changed, sql)
        done = restore(changed, to, check=False)
        if complaint is None:
            assert done.returncode == 0, done
        else:
            assert done.returncode == 1 and complaint in done.stderr and not to.exists(), done


def test_others_tools_read_a_backup(world, tmp_path):
    import subprocess

    file = tmp_path / "b.tar"
    backup(world, file, "url", "--with-keys")
    subprocess.run(["tar", "xf", str(file)], cwd=tmp_path, check=True)
    subprocess.run(["sha256sum", "--check", "--quiet", "backup.sha256"], cwd=tmp_path, check=True)
    described = json.loads((tmp_path / "backup.json").read_text())
    assert described["format"] == 1 and described["withKeys"] is True
