"""The command line: every output format, progress, addresses as people write them, and no password printed."""

import json
import os
import pty
import re
import sqlite3
import subprocess

import pytest
import yaml

from emporion_server import BINARY, clean_environment, run_cli
from test_records import ask

SECRET = "hunter2-secret"


# --- output --------------------------------------------------------------------------------------------------------


def readable(format: str, text: str):
    value = {"json": json.loads, "yaml": yaml.safe_load, "table": str}[format](text)
    assert value or value == [], text
    return value


@pytest.mark.parametrize("format", ["json", "yaml", "table"])
def test_every_command_prints_in_every_format_or_refuses_it(server, tmp_path, fresh_name, format):
    store, name = tmp_path / "store", fresh_name("printed")
    made = readable(format, run_cli("init", "--store", str(store), "-o", format).stdout)
    assert format == "table" or made["adminToken"]
    for verb in ("verify", "doctor"):
        readable(format, run_cli(verb, "--store", str(store), "-o", format).stdout)
    readable(format, run_cli("rotate", "seal", "--store", str(store), "-o", format).stdout)
    readable(format, run_cli("user", "reset-password", "admin", "--store", str(store), "-o", format).stdout)
    backup = tmp_path / "b.tar"
    readable(
        format, run_cli("backup", "--store", str(store), "--to", str(backup), "--with-keys", "-o", format).stdout
    )
    restored = ("restore", "--from", str(backup), "--store", str(tmp_path / "again"))
    readable(format, run_cli(*restored, "-o", format).stdout)
    sqlite3.connect(tmp_path / "shop.db").execute("CREATE TABLE a (b)")
    ingest = ("ingest", "sqlite:shop.db", "--service", "s", "--store", str(store), "--source-dir", str(tmp_path))
    readable(format, run_cli(*ingest, "-o", format).stdout)
    for arguments in (
        ("account", "create", fresh_name("account")),
        ("user", "create", name),
        ("user", "reset-password", name),
        ("token", "create", "--user", name),
        ("token", "list", "--user", name),
        ("key", "create", "--user", name),
        ("key", "list", "--user", name),
        ("get", "user", name),
        ("list", "users"),
        ("request", "list", "--waiting"),
        ("user", "disable", name),
    ):
        readable(format, ask(server, *arguments, "-o", format).stdout)
    document = run_cli("openapi", "bobsled", "-o", format, check=False)
    if format == "table":
        assert document.returncode == 2 and document.stdout == "" and "-o" in document.stderr
    else:
        assert readable(format, document.stdout)["openapi"]
    assert run_cli("openapi", "bobsled").stdout == run_cli("openapi", "bobsled", "-o", "json").stdout
    completions = run_cli("completions", "bash", "-o", format, check=False)
    assert completions.returncode == 2 and completions.stdout == "" and "-o" in completions.stderr


def test_completions_know_every_command():
    commands = ("backup", "restore", "get", "list", "ingest", "verify", "export", "diff", "apply")
    for shell in ("bash", "zsh", "fish"):
        script = run_cli("completions", shell).stdout
        assert all(command in script for command in commands), shell


@pytest.mark.parametrize("format", ["json", "yaml"])
def test_the_demo_and_a_first_start_tell_programs_what_they_made(tmp_path, format):
    for arguments in (
        ("demo", "--listen", "127.0.0.1:0"),
        ("serve", "--store", str(tmp_path / "s"), "--listen", "127.0.0.1:0"),
    ):
        process = subprocess.Popen(
            [str(BINARY), *arguments, "-o", format],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=tmp_path,
            env=clean_environment(),
        )
        text = ""
        while not (format == "json" and text.endswith("\n}\n") or "secretAccessKey:" in text):
            line = process.stdout.readline()
            assert line, f"{arguments} ended with {process.wait()}"
            text += line
        process.terminate()
        process.wait(timeout=30)
        assert readable(format, text)["adminToken"].count(".") == 2


def on_a_terminal(*arguments: str, **environment: str) -> tuple[str, str, int]:
    """Runs a command whose standard error is a terminal; what it printed there and on standard output."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [str(BINARY), *arguments],
        stdout=subprocess.PIPE,
        stderr=its,
        stdin=subprocess.DEVNULL,
        env=clean_environment() | {"TERM": "xterm"} | environment,
    )
    os.close(its)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    output = process.stdout.read().decode()
    os.close(ours)
    return seen.decode(errors="replace"), output, process.wait(timeout=60)


def test_progress_is_for_terminals_and_stays_off_standard_output(server, tmp_path):
    command = ("backup", "--url", server.url, "--token", server.admin.token, "-o", "json", "--to")
    seen, output, code = on_a_terminal(*command, str(tmp_path / "a.tar"))
    assert code == 0 and json.loads(output)["seq"] > 0 and re.search(r"copying|fetching|checking", seen), seen
    seen, output, code = on_a_terminal(*command, str(tmp_path / "b.tar"), "--quiet")
    assert code == 0 and json.loads(output) and seen == ""
    assert run_cli(*command, str(tmp_path / "c.tar")).stderr == ""


def test_colours_are_for_terminals_that_want_them():
    seen, _, code = on_a_terminal("get", NO_COLOR="")
    assert code == 2 and "\x1b[" in seen
    seen, _, code = on_a_terminal("get", NO_COLOR="1")
    assert code == 2 and "\x1b[" not in seen
    assert "\x1b[" not in run_cli("get", check=False).stderr


def test_the_binary_alone_says_what_to_do_next(tmp_path):
    def steps(**environment: str) -> list[str]:
        done = subprocess.run(
            [str(BINARY)], capture_output=True, text=True, cwd=tmp_path, env=clean_environment(**environment)
        )
        assert done.returncode == 0 and done.stderr == "" and len(done.stdout.splitlines()) < 10, done
        return re.findall(r"^  emporion (\w+)", done.stdout, re.M)

    assert steps() == ["demo", "init", "help"]
    assert steps(EMPORION_TOKEN=SECRET) == ["list", "demo", "init", "help"]
    run_cli("init", "--store", str(tmp_path / "emporion-data"))
    assert steps() == ["serve", "demo", "help"]


# --- addresses -----------------------------------------------------------------------------------------------------


def test_the_address_of_a_server_may_be_short(server):
    for written in (
        f"127.0.0.1:{server.port}",
        f"localhost:{server.port}/",
        f"{server.url}/api",
        f"{server.url}/api/",
        f"127.0.0.1:{server.port}/api",
    ):
        done = run_cli("list", "users", "--limit", "1", "--url", written, "--token", server.admin.token)
        assert "NAME" in done.stdout, written
        run_cli("list", "users", "--limit", "1", EMPORION_URL=written, EMPORION_TOKEN=server.admin.token)
    for wrong in ("ftp://h", "http://", "h?x"):
        done = run_cli("list", "users", "--url", wrong, "--token", "t", check=False)
        assert done.returncode == 2 and "--url" in done.stderr, done


def test_a_server_and_a_store_at_once_are_refused(server, tmp_path):
    store = str(tmp_path / "s")
    run_cli("init", "--store", store)
    for command in (
        ("backup", "--to", str(tmp_path / "b.tar")),
        ("rotate", "seal"),
        ("user", "reset-password", "admin"),
        ("ingest", "sqlite:x.db", "--service", "s"),
    ):
        for other in (("--url", server.url), ("--token", server.admin.token), ("--cacert", "x.pem")):
            done = run_cli(*command, "--store", store, *other, check=False)
            assert done.returncode == 2 and "--store" in done.stderr and other[0] in done.stderr, done
            assert server.admin.token not in done.stderr
    # What the environment says is no contradiction: the store that was named is meant.
    ask(server, "backup", "--store", store, "--to", str(tmp_path / "b.tar"))
    assert (tmp_path / "b.tar").exists()


def test_a_broken_configuration_ends_only_what_needs_one(server, tmp_path):
    (tmp_path / "emporion.toml").write_text("stroe = [")
    to = {"EMPORION_URL": server.url, "EMPORION_TOKEN": server.admin.token}

    def run(*arguments):
        return subprocess.run(
            [str(BINARY), *arguments], capture_output=True, text=True, cwd=tmp_path, env=clean_environment(**to)
        )

    for arguments in (
        ("completions", "bash"),
        ("help",),
        ("help", "serve"),
        ("--help",),
        ("--version",),
        ("openapi", "bobsled"),
        ("list", "users", "--limit", "1"),
        ("backup", "--to", str(tmp_path / "b.tar")),
    ):
        done = run(*arguments)
        assert done.returncode == 0 and done.stdout and done.stderr == "", (arguments, done)
    for arguments in (("init", "--store", "s"), ("verify", "--store", "s"), ("serve",), ("demo",)):
        done = run(*arguments)
        assert done.returncode == 2 and "emporion.toml" in done.stderr, (arguments, done)


def test_a_users_name_that_makes_no_address_is_refused_by_name_and_rule(server, fresh_name):
    for wrong in ("a b", "", "a@b", "a/b", "x" * 65):
        done = ask(server, "user", "create", wrong, check=False)
        assert done.returncode == 1 and re.search(r"\bname must have 1 to 64 letters", done.stderr), done
    name = fresh_name("Ana Å")
    ask(server, "user", "create", name, "--email", f"{fresh_name('ana')}@example.com")
    assert name in {row["name"] for row in server.cli("list", "users")}


ADDRESS = f"postgres://u:{SECRET}@db.invalid:1/shop"


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", ADDRESS, "--service", "s", "--store", "{tmp}/s"),
        ("ingest", ADDRESS, "--service", "s", "--store", "{tmp}/s", "-o", "json"),
        ("ingest", ADDRESS, "--service", "s", "-o", "json"),
        ("ingest", ADDRESS, "--service", "s", "--dry-run"),
        ("ingest", ADDRESS, ADDRESS),
        ("ingest", ADDRESS),
        ("ingest", "--sauce", ADDRESS),
        ("ingest", f"--sauce={ADDRESS}"),
        ("ingest", f"oracle://u:{SECRET}@h/d", "--service", "s"),
        ("ingest", f"postgres://h/d?user=u&password={SECRET}", "x", "--service", "s"),
        ("verify", "--store", ADDRESS),
        ("doctor", "--store", ADDRESS),
        ("doctor", "--store", ADDRESS, "-o", "json"),
        ("backup", "--store", ADDRESS, "--to", "{tmp}/b"),
        ("restore", "--from", ADDRESS, "--store", ADDRESS),
        ("init", "--store", ADDRESS),
        ("serve", "--store", ADDRESS, "--listen", "127.0.0.1:0"),
        ("rotate", "seal", "--store", ADDRESS),
        ("user", "reset-password", "admin", "--store", ADDRESS),
        ("list", "users", "--url", f"http://u:{SECRET}@127.0.0.1:1"),
        ("list", "users", "--url", f"u:{SECRET}@127.0.0.1:1"),
        ("list", "users", "--url", ADDRESS),
        ("list", ADDRESS),
        (ADDRESS,),
    ],
    ids=lambda arguments: " ".join(arguments).replace(SECRET, "x")[:60],
)
def test_a_password_in_an_address_is_never_printed(server, tmp_path, arguments):
    arguments = [argument.replace("{tmp}", str(tmp_path)) for argument in arguments]
    run_cli("init", "--store", str(tmp_path / "s"))
    before = server.log.stat().st_size
    done = ask(server, *arguments, check=False)
    assert done.returncode in (1, 2) and SECRET not in done.stdout + done.stderr, done
    with server.log.open() as log:
        log.seek(before)
        assert SECRET not in log.read()


def test_no_help_tells_what_the_environment_holds(server):
    environment = {
        "EMPORION_SOURCE_URL": ADDRESS,
        "EMPORION_URL": f"http://u:{SECRET}@h",
        "EMPORION_TOKEN": SECRET,
        "EMPORION_SOURCE_PASSWORD": SECRET,
    }
    for verb in (["ingest"], ["backup"], ["list"], ["get"], ["token", "create"], ["rotate"], []):
        for flag in ("--help", "-h"):
            done = run_cli(*verb, flag, **environment)
            assert SECRET not in done.stdout + done.stderr and "Usage" in done.stdout, verb


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (("request", "create", "p", "--wants", "viewer", "--reason", "r", "--until", "yesterday"), "number of days"),
        (("request", "approve", "p", "--until", "30"), "number of days"),
        (("schedule", "s", "61 3 * * *"), "no minute"),
        (("schedule", "s", "daily"), "five fields"),
    ],
)
def test_what_cannot_be_understood_ends_with_2(server, arguments, rule):
    done = run_cli(*arguments, check=False, EMPORION_URL=server.url, EMPORION_TOKEN=server.admin.token)
    assert done.returncode == 2 and rule in done.stderr and not done.stdout, done
