"""A server that somebody names as a PostgreSQL database: it keeps what it is sent, and prepares no statement."""

import socket
import struct
import threading

SSL_REQUEST = struct.pack("!I", 80_877_103)
SETTINGS = {
    "server_version": "15.8", "client_encoding": "UTF8", "server_encoding": "UTF8", "DateStyle": "ISO, MDY", "TimeZone": "UTC",
    "standard_conforming_strings": "on", "integer_datetimes": "on",
}  # fmt: skip


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


class ListeningPostgres:
    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._heard: list[bytes] = []

    def __enter__(self) -> "ListeningPostgres":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._socket.close()

    @property
    def heard(self) -> str:
        return b" ".join(self._heard).decode(errors="replace")

    def _accept(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket):
        with client, client.makefile("rb") as read:
            client.settimeout(10)
            try:
                while read.read(struct.unpack("!I", read.read(4))[0] - 4)[:4] == SSL_REQUEST:
                    client.sendall(b"N")
                settings = (message(b"S", f"{name}\0{value}\0".encode()) for name, value in SETTINGS.items())
                client.sendall(message(b"R", bytes(4)) + b"".join(settings) + message(b"K", bytes(8)) + message(b"Z", b"I"))
                while kind := read.read(1):
                    body = read.read(struct.unpack("!I", read.read(4))[0] - 4)
                    self._heard.append(body)
                    if kind == b"Q":
                        client.sendall(message(b"C", b"SET\0") * max(1, body.count(b";")) + message(b"Z", b"I"))
                    elif kind == b"S":
                        client.sendall(message(b"E", b"SERROR\0C42601\0Mno\0\0") + message(b"Z", b"I"))
            except (OSError, struct.error):
                return
