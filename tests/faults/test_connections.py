"""One address that opens as many connections as it can, or opens them and says nothing, while others are served."""

import socket
import time

import pytest
import requests

from fault_server import FaultServer

MOST = 64
SHARE = 16


@pytest.fixture
def patience_s():
    """How long the server waits for whoever has begun to say something: longer than a test takes."""
    return 60


@pytest.fixture
def server(tmp_path, patience_s):
    server = FaultServer(tmp_path)
    server.settings |= {
        "EMPORION_LIMITS__CONNECTIONS": str(MOST),
        "EMPORION_LIMITS__CONNECTIONS_PER_ADDRESS": str(SHARE),
        "EMPORION_LIMITS__HEAD_SECONDS": str(patience_s),
        "EMPORION_LIMITS__BODY_SECONDS": str(patience_s),
    }
    server.start()
    yield server
    assert server.stop() == 0
    server.check_no_panic()


def connect(server, address: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10, source_address=(address, 0))


def first_line(stream: socket.socket) -> str:
    try:
        return stream.recv(200).split(b"\r\n")[0].decode()
    except OSError as error:
        return str(error)


def ask(stream: socket.socket, path: str) -> str:
    try:
        stream.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    except OSError:
        pass
    return first_line(stream)


def crowd(server, address: str, count: int) -> list[socket.socket]:
    """Connections that are open, and say the beginning of something."""
    streams = []
    for _ in range(count):
        stream = connect(server, address)
        try:
            stream.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        except OSError:
            pass
        streams.append(stream)
    return streams


def test_one_address_takes_its_share_of_the_connections_and_no_more(server):
    streams = crowd(server, "127.0.0.2", 4 * MOST)
    try:
        for _ in range(2 * SHARE):
            headers = {"Authorization": f"Bearer {server.admin.token}"}
            served = requests.get(f"{server.url}/api/v1/tables", headers=headers, timeout=10)
            assert served.status_code == 200, served.text
        # What probes ask is answered from there, too, as long as somebody can be listened to.
        figures = requests.get(f"{server.url}/metrics", timeout=10).text
        taken = next(line for line in figures.splitlines() if line.startswith("emporion_http_connections "))
        assert float(taken.split()[1]) <= SHARE + 2, taken
    finally:
        for stream in streams:
            stream.close()


def test_what_is_beyond_the_share_is_said_in_the_words_of_the_door(server):
    streams = crowd(server, "127.0.0.2", SHARE)
    try:
        time.sleep(0.1)
        for path, status in {
            "/healthz": "200",
            "/api/v1/accounts/me/data-products": "429",
            "/v2/domains": "429",
            "/api/v1/tables": "503",
            "/nowhere": "429",
        }.items():
            with connect(server, "127.0.0.2") as stream:
                assert ask(stream, path).split()[1] == status, path
                stream.settimeout(5)
                while stream.recv(4096):
                    pass
        with connect(server, "127.0.0.3") as stream:
            assert ask(stream, "/healthz").split()[1] == "200"
    finally:
        for stream in streams:
            stream.close()


@pytest.mark.parametrize("patience_s", [2])
def test_connections_that_say_nothing_or_too_slowly_end(server):
    body = b"POST /api/v1/tables HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
    body += f"Authorization: Bearer {server.admin.token}\r\n\r\n".encode()
    beginnings = {"silent": b"", "head": b"GET / HTTP/1.1\r\n", "body": body, "kept": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"}
    streams = {what: connect(server, "127.0.0.2") for what in beginnings}
    for what, stream in streams.items():
        stream.sendall(beginnings[what])
        stream.settimeout(0.2)
    ended, deadline = set(), time.monotonic() + 10
    while len(ended) < len(streams) and time.monotonic() < deadline:
        for what, stream in streams.items():
            if what in ended:
                continue
            try:
                if what in ("head", "body"):
                    stream.sendall(b"x")
                if not stream.recv(4096):
                    ended.add(what)
            except TimeoutError:
                pass
            except OSError:
                ended.add(what)
    assert ended == set(streams)


def test_a_trusted_proxy_has_as_many_as_there_are(tmp_path):
    server = FaultServer(tmp_path)
    server.settings |= {
        "EMPORION_LIMITS__CONNECTIONS_PER_ADDRESS": "2",
        "EMPORION_PROXY__TRUSTED": '["127.0.0.9"]',
    }
    server.start()
    streams = []
    try:
        for address, status in {"127.0.0.9": "200", "127.0.0.2": "429"}.items():
            last = ""
            for _ in range(3):
                stream = connect(server, address)
                streams.append(stream)
                last = ask(stream, "/nowhere" if status == "429" else "/healthz")
            assert last.split()[1] == status, (address, last)
    finally:
        for stream in streams:
            stream.close()
        assert server.stop() == 0
