"""Real PostgreSQL and MariaDB servers for tests: on loopback, with data directories of their own, gone afterwards.

    python3 tests/sources/database_servers.py postgresql --below target/sources

prints one line of JSON, {"url": …, "host": …, "port": …, "user": …, "password": …, "database": …}, and serves until its
standard input ends. Tests in Python use `running("postgresql", below)` as a context manager instead.

Servers refuse to run as root, so under root they run as the account that the packages make.
"""

import argparse
import contextlib
import glob
import json
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

START_SECONDS = 60


class Missing(Exception):
    """A server is not installed."""


def find_program(name, *folders):
    for folder in folders:
        for path in sorted(glob.glob(f"{folder}/{name}"), reverse=True):
            if os.access(path, os.X_OK):
                return path
    return shutil.which(name)


def install(package):
    """Installs a Debian package where that is possible."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", package]):
            subprocess.run(command, env=environment, stdout=sys.stderr, check=False)


def need(name, package, *folders):
    found = find_program(name, *folders)
    if not found:
        install(package)
        found = find_program(name, *folders)
    if not found:
        raise Missing(f"{name} was not found: install the package {package} (apt-get install {package})")
    return found


def account(*names):
    """The account to run as: none unless this is root."""
    if os.geteuid() != 0:
        return None
    for name in names:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Missing(f"there is no account {' or '.join(names)}; servers do not run as root")


def as_account(entry):
    return {} if entry is None else {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def quietly(command, **options):
    """Runs a command whose many words only matter when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout.decode(errors='replace')[-3000:]}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def folder_of(entry, below, name):
    pathlib.Path(below).mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=f"{name}-", dir=below)
    if entry is not None:
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        reachable = subprocess.run(["test", "-w", folder], check=False, **as_account(entry)).returncode == 0
        if not reachable:
            # The tree may be closed to that account, the directory for temporary files is not.
            os.rmdir(folder)
            folder = tempfile.mkdtemp(prefix=f"emporion-{name}-")
            os.chown(folder, entry.pw_uid, entry.pw_gid)
    return pathlib.Path(folder)


def wait_for(port, process, log, is_ready=lambda: True):
    """Until the port is open and `is_ready` says so: a server can listen before it lets anybody in."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            if is_ready():
                return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def stop(process, how):
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def postgresql(below, **settings):
    folders = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
    initdb = need("initdb", "postgresql", *folders)
    server = find_program("postgres", os.path.dirname(initdb))
    entry = account("postgres", "nobody")
    folder = folder_of(entry, below, "postgresql")
    data, log, port = folder / "data", folder / "log", free_port()
    password = secrets.token_hex(8)
    word = folder / "password"
    word.write_text(password)
    if entry is not None:
        os.chown(word, entry.pw_uid, entry.pw_gid)
    process = None
    try:
        quietly(
            [initdb, "-D", data, "-U", "tester", "--pwfile", word, "--auth", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync"],
            cwd=folder, **as_account(entry),
        )
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "max_connections": "50"} | settings
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("wb") as output:
            process = subprocess.Popen([server, "-D", data, *arguments], stdout=output, stderr=output, cwd=folder, start_new_session=True, **as_account(entry))
        asked = [need("pg_isready", "postgresql-client", *folders), "-q", "-h", "127.0.0.1", "-p", str(port)]
        wait_for(port, process, log, lambda: subprocess.run(asked, check=False).returncode == 0)
        url = f"postgres://tester:{password}@127.0.0.1:{port}/postgres"
        yield {"url": url, "host": "127.0.0.1", "port": port, "user": "tester", "password": password, "database": "postgres"}
    finally:
        if process is not None:
            # "Fast": sessions are ended.
            stop(process, signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def mariadb(below):
    server = need("mariadbd", "mariadb-server", "/usr/sbin", "/usr/libexec")
    install_db = need("mariadb-install-db", "mariadb-server", "/usr/bin")
    entry = account("mysql", "nobody")
    folder = folder_of(entry, below, "mariadb")
    data, log, port = folder / "data", folder / "log", free_port()
    password = secrets.token_hex(8)
    first = folder / "first.sql"
    first.write_text(
        f"CREATE USER tester@'127.0.0.1' IDENTIFIED BY '{password}';\n"
        "GRANT ALL ON *.* TO tester@'127.0.0.1';\nCREATE DATABASE shop;\n"
    )
    os.chmod(first, 0o644)
    # Two servers that start at once choose the same names for their temporary tables.
    environment = os.environ | {"TMPDIR": str(folder)}
    process = None
    try:
        quietly(
            [install_db, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"],
            cwd=folder, env=environment, **as_account(entry),
        )
        with log.open("wb") as output:
            process = subprocess.Popen(
                [server, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s",
                 f"--pid-file={folder}/pid", f"--init-file={first}", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0",
                 "--table-definition-cache=20000", "--innodb-buffer-pool-size=64M"],
                stdout=output, stderr=output, cwd=folder, env=environment, start_new_session=True, **as_account(entry),
            )
        wait_for(port, process, log)
        url = f"mysql://tester:{password}@127.0.0.1:{port}/shop"
        yield {"url": url, "host": "127.0.0.1", "port": port, "user": "tester", "password": password, "database": "shop"}
    finally:
        if process is not None:
            stop(process, signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


SERVERS = {"postgresql": postgresql, "mariadb": mariadb}


def running(name, below, **settings):
    """A context manager: the server called `name`, with its data below a directory."""
    return SERVERS[name](str(pathlib.Path(below).absolute()), **settings)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("server", choices=sorted(SERVERS))
    parser.add_argument("--below", required=True, help="directory for the server's data")
    arguments = parser.parse_args()
    # Whoever started this may be stopped by the keyboard; the end of standard input says so too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with running(arguments.server, arguments.below) as where:
            print(json.dumps(where), flush=True)
            sys.stdin.read()
    except Missing as missing:
        sys.exit(str(missing))


if __name__ == "__main__":
    main()
