"""The failing disk itself: a suite that rests on it is worth only what it is worth."""

import random
import subprocess
import sys
import textwrap

import pytest

from disk import Disk


@pytest.fixture
def disk(tmp_path) -> Disk:
    return Disk(tmp_path / "store", tmp_path, power=True)


def run(disk: Disk, script: str) -> str:
    """Runs a script on that disk; it ends without any tidying, as if killed."""
    preamble = "import os, sys\nos.chdir(sys.argv[1])\n"
    whole = preamble + textwrap.dedent(script) + "\nsys.stdout.flush()\nos._exit(0)\n"
    if not disk.store.exists():
        whole = "import os, sys\nos.mkdir(sys.argv[1])\n" + SYNC + "sync(os.path.dirname(sys.argv[1]))\n" + whole
    else:
        whole = SYNC + whole
    done = subprocess.run(
        [sys.executable, "-c", whole, str(disk.store)],
        capture_output=True,
        text=True,
        env=disk.environment(),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SYNC = """
import os
def sync(path):
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
def put(name, text, at=0):
    fd = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    os.pwrite(fd, text, at)
    return fd
"""


def test_what_was_synced_stays_and_the_rest_vanishes(disk):
    run(disk, "fd = put('a', b'old'); os.fsync(fd); sync('.'); os.pwrite(fd, b'new', 0)")
    assert (disk.store / "a").read_bytes() == b"new"
    assert disk.lose_power().files == {"a"}
    assert (disk.store / "a").read_bytes() == b"old"


def test_unsynced_writes_outlive_a_kill_and_are_synced_by_the_next_process(disk):
    run(disk, "fd = put('a', b'x' * 2000); os.fsync(fd); sync('.'); os.pwrite(fd, b'first', 1000)")
    run(disk, "fd = put('a', b'second', 3000); os.fsync(fd)")
    disk.lose_power()
    content = (disk.store / "a").read_bytes()
    assert content[1000:1005] == b"first" and content[3000:] == b"second" and content[2000:3000] == bytes(1000)


def test_a_file_whose_directory_was_not_synced_vanishes(disk):
    run(disk, "os.fsync(put('kept', b'1')); sync('.'); os.fsync(put('lost', b'2')); os.rename('kept', 'moved')")
    disk.lose_power()
    assert {path.name for path in disk.store.iterdir()} == {"kept"}


def test_a_directory_that_its_parent_does_not_know_vanishes(disk, tmp_path):
    script = f"{SYNC}\nos.mkdir({str(disk.store)!r}); os.fsync(put({str(disk.store / 'a')!r}, b'1'))"
    script += f"; sync({str(disk.store)!r})"
    subprocess.run([sys.executable, "-c", script], check=True, env=disk.environment())
    disk.lose_power()
    assert not disk.store.exists()


def test_chance_lets_some_unsynced_sectors_arrive(disk):
    run(disk, "fd = put('a', b'o' * 512 * 100); os.fsync(fd); sync('.'); os.pwrite(fd, b'n' * 512 * 100, 0)")
    loss = disk.lose_power(random.Random(7))
    content = (disk.store / "a").read_bytes()
    assert loss.arrived + loss.vanished == 100 and 20 < loss.arrived < 80
    assert content.count(b"n" * 512) == loss.arrived and len(content) == 512 * 100


def test_a_cut_that_was_not_synced_is_undone(disk):
    run(disk, "fd = put('a', b'x' * 5000); os.fsync(fd); sync('.'); os.ftruncate(fd, 10)")
    disk.lose_power()
    assert (disk.store / "a").stat().st_size == 5000
    run(disk, "fd = put('a', b'y'); os.ftruncate(fd, 10); os.fsync(fd)")
    disk.lose_power()
    assert (disk.store / "a").read_bytes() == b"y" + b"x" * 9


def test_after_a_failed_sync_the_next_one_succeeds_and_the_pages_are_gone(disk):
    disk.set("fail-log-sync-once")
    script = """
        fd = put('a-wal', b'x' * 512)
        os.fsync(fd)
    """
    with pytest.raises(AssertionError, match="Input/output error"):
        run(disk, script)
    out = run(disk, "fd = put('a-wal', b'y' * 512, 512); os.fsync(fd); sync('.'); print(os.pread(fd, 3, 0))")
    assert out == "b'xxx'\n" and disk.events("sync-failed") == ["a-wal"]
    disk.lose_power()
    assert (disk.store / "a-wal").read_bytes() == bytes(512) + b"y" * 512


def test_only_the_log_fails_when_the_log_is_to_fail(disk):
    disk.set("fail-log-sync")
    run(disk, "os.fsync(put('a.db', b'x'))")
    disk.unset("fail-log-sync")
    disk.set("fail-file-sync")
    run(disk, "os.fsync(put('a.db-wal', b'x'))")
    with pytest.raises(AssertionError, match="Input/output error"):
        run(disk, "os.fdatasync(put('a.db', b'x'))")


def test_a_full_disk_has_room_for_nothing_or_for_what_has_a_place(disk):
    script = """
        fd = os.open('a', os.O_RDWR | os.O_CREAT, 0o600)
        for at, text in ((0, b'12345678'), (4, b'abcdefgh'), (8, b'z')):
            try:
                print(os.pwrite(fd, text, at), end=' ')
            except OSError as error:
                print(os.strerror(error.errno), end=' ')
    """
    assert run(disk, script) == "8 8 1 "
    disk.set("full-extending")
    assert run(disk, "os.truncate('a', 8)\n" + textwrap.dedent(script)) == "8 4 No space left on device "
    disk.set("full")
    assert run(disk, script) == "No space left on device " * 3
