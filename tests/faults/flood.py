"""Floods of a caller who proves nothing, or who is known, and what they cost the server in memory.

Also a script: `python flood.py` starts a server of its own and prints the figures of every flood.
"""

import base64
import json
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
#: What a server that is flooded may hold more than one at rest, in MiB.
MOST_GROWTH_MIB = 64


@dataclass(frozen=True)
class Cost:
    """Resident memory of the server: at rest, at its highest, and a moment after the last connection ended."""

    before_mib: float
    peak_mib: float
    after_mib: float
    answers: dict[str, int]

    def __str__(self) -> str:
        answers = ", ".join(f"{count} × {what}" for what, count in sorted(self.answers.items()))
        return f"{self.before_mib:.0f} MiB at rest, {self.peak_mib:.0f} at most, {self.after_mib:.0f} after; {answers}"


def resident_mib(pid: int) -> float:
    """Anonymous and mapped pages of the process that are in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"process {pid} has no memory")


class Watch(threading.Thread):
    """Takes the resident memory of a process again and again."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid = pid
        self.peak = 0.0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.01):
            self.peak = max(self.peak, resident_mib(self.pid))


def head(path: str, length: int, *headers: str, method: str = "POST") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def send(port: int, request: bytes, body: bytes, answers: list[str], gate: threading.Barrier, holds_back: int) -> None:
    """Sends all of a body but its last bytes, waits until the others are as far, then sends the rest."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as stream:
        try:
            stream.sendall(request)
            stream.sendall(body[: len(body) - holds_back])
        except OSError:
            pass
        try:
            gate.wait(60)
        except threading.BrokenBarrierError:
            pass
        try:
            stream.sendall(body[len(body) - holds_back :])
        except OSError:
            pass
        try:
            answers.append(stream.recv(64).split(b"\r\n")[0].decode() or "closed")
        except OSError:
            answers.append("reset")


def flood(server, path: str, bodies: list[bytes], *headers: str, holds_back: int = 1, method: str = "POST") -> Cost:
    """One connection for each body, all of them open at once, none with anything that proves who sends it."""
    before = resident_mib(server.process.pid)
    watch = Watch(server.process.pid)
    watch.start()
    answers: list[str] = []
    gate = threading.Barrier(len(bodies))
    sending = [
        threading.Thread(
            target=send,
            args=(server.port, head(path, len(body), *headers, method=method), body, answers, gate, holds_back),
            daemon=True,
        )
        for body in bodies
    ]
    for thread in sending:
        thread.start()
    for thread in sending:
        thread.join(120)
    time.sleep(0.5)
    watch.over.set()
    watch.join()
    counts = {answer: answers.count(answer) for answer in answers}
    return Cost(before, watch.peak, resident_mib(server.process.pid), counts)


def big_bodies(server) -> Cost:
    """16 MB each on 60 connections to a route that only callers may use."""
    return flood(server, "/api/v1/tables", [b"x" * (16 * MIB)] * 60)


def forged_token(server) -> Cost:
    """The same with a token that nobody issued."""
    return flood(server, "/api/v1/tables", [b"x" * (16 * MIB)] * 60, "Authorization: Bearer a.b.c")


def forged_signature(server) -> Cost:
    """Bodies for a signed operation, the signature being text of the right form for a key that nobody has."""
    day = time.strftime("%Y%m%d", time.gmtime())
    signature = (
        f"Authorization: AWS4-HMAC-SHA256 Credential=AKIAAAAAAAAAAAAAAAAA/{day}/us-east-1/datazone/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    )
    date = f"X-Amz-Date: {time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    return flood(server, "/v2/domains", [b"x" * (15 * MIB)] * 60, signature, date)


def nowhere(server) -> Cost:
    """Bodies for paths that nothing is served at."""
    return flood(server, "/api/v1/nothing", [b"x" * (16 * MIB)] * 60)


def long_logins(server) -> Cost:
    """Logins with addresses of 20 MB, each another."""
    password = base64.b64encode(b"wrong").decode()
    bodies = [json.dumps({"email": f"{n}-" + "x" * (20 * MIB), "password": password}).encode() for n in range(60)]
    return flood(server, "/api/v1/users/login", bodies)


def of_caller(server, path: str, body: bytes, method: str = "POST") -> Cost:
    """The same body 64 times, of somebody who may send it."""
    return flood(server, path, [body] * 64, f"Authorization: Bearer {server.admin.token}", method=method)


def document(size: int) -> bytes:
    """A description and nothing else that is long."""
    return b'{"name":"' + b"x" * (size - 11) + b'"}'


def values(size: int) -> bytes:
    """As many values as there is room for: each takes many times its text."""
    return b'{"name":"n","items":[' + b"0," * ((size - 23) // 2) + b"0]}"


def members(size: int) -> bytes:
    return b'{"name":"n","items":[' + b'{"a":1},' * ((size - 23) // 8) + b"{}]}"


#: By door: where a body goes, and how long it is.
DOORS = {
    "bobsled": ("/api/v1/accounts/me/data-products", 7 * MIB),
    "openmetadata": ("/api/v1/tables", 15 * MIB),
    "management": ("/emporion/v1/ingestions", MIB - 1024),
    "mcp": ("/mcp", MIB - 1024),
}


def heaviest_values(size: int) -> bytes:
    """As many as one body may hold, when it is alone."""
    return values(min(size, 2_600_000))


def heaviest_members(size: int) -> bytes:
    return members(min(size, 2_600_000))


def within(body: dict, member: str, size: int) -> bytes:
    """JSON that a text of JSON holds: to whoever weighs the body it is a text."""
    inner = '{"a":[' + "0," * (size // 2) + "0]}"
    return json.dumps(body | {member: inner}).encode()


def model(beside: dict, member: str, size: int) -> bytes:
    """A model without a mistake, of about `size` bytes, that a text holds."""

    def field(name: str) -> dict:
        return {"name": name, "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": name}]}}

    count = size // (len(json.dumps(field("f00000"))) + 2)
    dataset = {"name": "d", "source": "a.b.c", "fields": [field(f"f{n:05}") for n in range(count)]}
    inner = {"version": "1.0", "semantic_model": [{"name": "m", "datasets": [dataset]}]}
    return json.dumps(beside | {member: json.dumps(inner)}).encode()


def terse_model(beside: dict, member: str, size: int) -> bytes:
    """One that is kept in words more than twice as long."""
    count = size // len('{"name": "f00000", "expression": "1"}, ')
    fields = [{"name": f"f{n:05}", "expression": "1"} for n in range(count)]
    inner = {"version": "1.0", "semantic_model": [{"name": "m", "datasets": [{"name": "d", "source": "a.b.c", "fields": fields}]}]}
    return json.dumps(beside | {member: json.dumps(inner)}).encode()


def escaped_model(beside: dict, member: str, size: int) -> bytes:
    """The same, with what stands between its values written so that only a reader of JSON sees it."""
    inner = json.loads(model({}, member, size))[member]
    for mark in '{}[],:"':
        inner = inner.replace(mark, f"\\u{ord(mark):04x}")
    return json.dumps(beside)[:-1].encode() + f', "{member}": "{inner}"}}'.encode()


def repeated_model(beside: dict, member: str, size: int) -> bytes:
    """A small text that is read into about `size` values and names: what the first field has beside, the others have, too."""
    extension, count = 20, 100
    field = "    - {{name: f{}, expression: {{dialects: [{{dialect: ANSI_SQL, expression: f{}}}]}}, custom_extensions: {}}}"
    extensions = ["{vendor_name: OTHER, data: [0, 0, 0, 0, 0, 0, 0, 0]}"] * count
    lines = [
        "version: '1.0'",
        "semantic_model:",
        "- name: m",
        "  datasets:",
        "  - name: d",
        "    source: a.b.c",
        "    fields:",
        field.format(0, 0, f"&x [{', '.join(extensions)}]"),
        *[field.format(n, n, "*x") for n in range(1, size // (extension * count))],
    ]
    return json.dumps(beside | {member: "\n".join(lines)}).encode()


SHAPES = [document, values, members, heaviest_values, heaviest_members]

FLOODS = [big_bodies, forged_token, forged_signature, nowhere, long_logins]


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clients"))
    from emporion_server import Server

    for measured in FLOODS:
        with tempfile.TemporaryDirectory() as folder:
            server = Server(Path(folder)).start()
            print(f"{measured.__name__:17} {measured(server)}", flush=True)
            server.stop()
    for door, (path, size) in DOORS.items():
        for shape in SHAPES:
            with tempfile.TemporaryDirectory() as folder:
                server = Server(Path(folder)).start()
                print(f"{door:12} {shape.__name__:9} {of_caller(server, path, shape(size))}", flush=True)
                server.stop()


if __name__ == "__main__":
    main()
