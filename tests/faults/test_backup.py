"""Backups and restores that are killed, starved or left by their server: nothing passes for what it is not."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from disk import Disk
from emporion_server import BINARY, clean_environment, run_cli
from fault_server import FaultServer

#: Enough that a copy, and what follows it, takes more than a moment.
LARGE = 60
KILLS = 12


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = FaultServer(tmp_path_factory.mktemp("backed-up"))
    made.start()
    fill(made)
    yield made
    made.kill()
    made.check_no_panic()


def fill(server: FaultServer) -> None:
    import requests

    headers = {"Authorization": f"Bearer {server.admin.token}"}
    for n in range(LARGE):
        body = {"name": f"Large{n}", "domainType": "Aggregate", "description": "x" * 500_000}
        made = requests.post(f"{server.url}/api/v1/domains", json=body, headers=headers, timeout=30)
        assert made.status_code == 201, made.text[:500]


def take(server: FaultServer, file: Path) -> None:
    run_cli("backup", "--store", str(server.store), "--to", str(file), "--with-keys")


@pytest.mark.parametrize("trigger", ["full", "full-extending"])
def test_without_room_nothing_is_left_of_a_backup_or_a_restore(server, tmp_path, trigger):
    file = tmp_path / "b.tar"
    take(server, file)
    small = Disk(tmp_path.resolve() / "small", tmp_path.resolve() / "folder")
    small.store.mkdir()
    for command in (
        ("backup", "--store", str(server.store), "--with-keys", "--to", str(small.store / "b.tar")),
        ("backup", "--url", server.url, "--token", server.admin.token, "--to", str(small.store / "b.tar")),
        ("restore", "--from", str(file), "--store", str(small.store)),
        ("restore", "--from", str(file), "--store", str(small.store / "new")),
    ):
        with small.suffering(trigger):
            done = run_cli(*command, check=False, **small.environment())
        assert done.returncode == 1 and "space" in done.stderr and done.stdout == "", (command, done)
        assert list(small.store.iterdir()) == [], command
    run_cli("restore", "--from", str(file), "--store", str(small.store), **small.environment())


def test_a_server_without_room_says_so_and_goes_on(tmp_path):
    server = FaultServer(tmp_path, Disk(tmp_path.resolve() / "store", tmp_path.resolve()))
    server.start()
    try:
        file = tmp_path / "b.tar"
        command = ("backup", "--url", server.url, "--token", server.admin.token, "--to", str(file))
        with server.disk.suffering("full"):
            done = run_cli(*command, check=False)
        assert done.returncode == 1 and "space" in done.stderr and not file.exists(), done
        assert not list(server.store.glob("backup-*"))
        run_cli(*command)
        assert file.exists()
    finally:
        server.kill()
    server.check_no_panic()


def killed_after(seconds: float, *arguments: str) -> None:
    process = subprocess.Popen(
        [str(BINARY), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment()
    )
    time.sleep(seconds)
    process.kill()
    process.wait()


def duration(*arguments: str) -> float:
    began = time.monotonic()
    run_cli(*arguments)
    return time.monotonic() - began


def test_a_restore_that_is_killed_leaves_no_store_or_a_whole_one(server, tmp_path):
    file = tmp_path / "b.tar"
    take(server, file)
    whole = duration("restore", "--from", str(file), "--store", str(tmp_path / "whole"))
    unfinished = 0
    for n in range(KILLS):
        to = tmp_path / f"to{n}"
        killed_after(whole * n / (KILLS - 1), "restore", "--from", str(file), "--store", str(to))
        if (to / "catalogue.db").exists():
            run_cli("verify", "--store", str(to))
            run_cli("user", "reset-password", "admin", "--store", str(to))
            continue
        unfinished += (to / ".restoring").exists()
        if to.exists() and any(to.iterdir()):
            # Killed before it had locked its left-overs, nobody can tell them from what another is at work on.
            is_told = (to / ".restoring" / "emporion.lock").exists() or not (to / ".restoring").exists()
            again = run_cli("restore", "--from", str(file), "--store", str(to), check=is_told)
            if not is_told:
                assert again.returncode == 1 and "where none is, remove it" in again.stderr, again.stderr
                assert not (to / "catalogue.db").exists()
                continue
            report = run_cli("verify", "--store", str(to))
            assert not (to / ".restoring").exists() and report.returncode == 0, report
    assert unfinished > 0, "no kill came while it was at work"


def test_a_backup_that_is_killed_has_no_name(server, tmp_path):
    file = tmp_path / "b.tar"
    command = ("backup", "--store", str(server.store), "--to", str(file))
    whole = duration(*command)
    unfinished = 0
    for n in range(KILLS):
        file.unlink(missing_ok=True)
        killed_after(whole * n / (KILLS - 1), *command)
        left = [path for path in tmp_path.iterdir() if path != file]
        assert all(path.name.startswith(".b.tar.") and path.stat().st_mode & 0o077 == 0 for path in left)
        unfinished += len(left)
        for path in left:
            path.unlink()
        if file.exists():
            to = tmp_path / "to"
            run_cli("restore", "--from", str(file), "--store", str(to), "--keys-from", str(server.store))
            subprocess.run(["rm", "-r", str(to)], check=True)
    assert unfinished > 0, "no kill came while it was at work"


def test_a_server_that_ends_takes_its_backup_with_it(server, tmp_path):
    """Killed or asked to stop while it copies: the client says so, and nothing is left on either side."""
    command = ("backup", "--url", server.url, "--token", server.admin.token, "--with-keys", "--to")
    whole = duration(*command, str(tmp_path / "whole.tar"))
    broken_off = 0
    for n in range(8):
        file = tmp_path / f"b{n}.tar"
        client = subprocess.Popen(
            [str(BINARY), *command, str(file), "-o", "json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        )
        time.sleep(whole * n / 8)
        if n % 2:
            server.kill()
        else:
            began = time.monotonic()
            server.stop()
            assert time.monotonic() - began < 10, "a server that stops does not wait for a copy"
        output, errors = client.communicate(timeout=60)
        server.start()
        assert not list(server.store.glob("backup-*")), "the next start throws away what was left"
        if client.returncode == 0:
            assert json.loads(output)["bytes"] == file.stat().st_size
            file.unlink()
        else:
            broken_off += 1
            assert client.returncode == 1 and output == "" and errors.startswith("emporion: "), errors
        assert [path.name for path in tmp_path.iterdir()] == ["whole.tar"]
    assert broken_off > 0, "no end of the server came while it was at work"
