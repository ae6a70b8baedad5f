"""Logging in as MySQL 8 wants it, at a server that real clients log in at, too."""

import os
import subprocess

import pymysql
import pytest

import real_databases
from emporion_server import run_cli
from sha2_server import NATIVE, SHA2, Sha2Server

USER, PASSWORD = "reader", "a long word, longer than the nonce: %&?"


@pytest.fixture(params=[SHA2, NATIVE], ids=["at once", "switched to"])
def mysql(tmp_path, request):
    """One that offers the plug-in in its greeting, and one that asks for it afterwards."""
    made = Sha2Server(tmp_path, USER, PASSWORD, request.param)
    yield made
    made.close()


def python(mysql, encrypted: bool, password: str = PASSWORD) -> bool:
    how = {"ssl": {"check_hostname": False, "verify_mode": False}} if encrypted else {"ssl_disabled": True}
    try:
        with pymysql.connect(host="127.0.0.1", port=mysql.port, user=USER, password=password, database="shop", **how) as it:
            with it.cursor() as cursor:
                cursor.execute("SELECT VERSION(), CURRENT_USER(), DATABASE()")
                assert cursor.fetchone() == ("8.4.3", USER, "shop")
    except pymysql.err.OperationalError as error:
        assert error.args[0] == 1045, error
        return False
    return True


def mariadb(mysql, encrypted: bool, password: str = PASSWORD) -> bool:
    program = real_databases.database_servers.need("mariadb", "mariadb-client", "/usr/bin")
    how = ["--ssl", "--skip-ssl-verify-server-cert"] if encrypted else ["--skip-ssl"]
    command = [program, "--no-defaults", "-h", "127.0.0.1", "-P", str(mysql.port), "-u", USER, *how, "-e", "SELECT VERSION()"]
    environment = os.environ | {"MYSQL_PWD": password}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0 or "1045" in done.stderr, done.stderr
    assert ("8.4.3" in done.stdout) == (done.returncode == 0), done.stdout
    return done.returncode == 0


def emporion(server, mysql, fresh_name, encrypted: bool, password: str = PASSWORD) -> bool:
    mode = "require" if encrypted else "disable"
    url = f"mysql://{USER}@127.0.0.1:{mysql.port}/shop?sslmode={mode}"
    done = run_cli(
        "ingest", url, "--service", fresh_name("eight"), check=False,
        EMPORION_URL=server.url, EMPORION_TOKEN=server.admin.token, EMPORION_SOURCE_PASSWORD=password,
    )  # fmt: skip
    assert done.returncode == 0 or "refused the credentials" in done.stderr, done.stdout + done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
@pytest.mark.parametrize("caller", ["python", "mariadb", "emporion"])
def test_who_has_the_password_comes_in_and_nobody_else(server, mysql, fresh_name, caller, encrypted):
    def call(password=PASSWORD):
        if caller == "emporion":
            return emporion(server, mysql, fresh_name, encrypted, password)
        return (python if caller == "python" else mariadb)(mysql, encrypted, password)

    assert not call("another word") and mysql.ways == []
    assert call()
    # It was not known before: who is asked for the password hides it.
    assert mysql.ways[0] == ("encrypted" if encrypted else "sealed")
    assert call() and mysql.ways[-1] == "known"
    assert set(mysql.ways[1:]) == {"known"}
    assert not call("another word"), "nor by what is known"
    assert PASSWORD.encode() not in mysql.heard
