"""Databases that speak their protocol and never come to an end: what a server is told that reads from them.

A lie is what follows a question for the catalogue; it goes on until nobody listens.
"""

import socket
import struct
import threading

#: Bytes of what is said at once.
PIECE = 1 << 16


def message(tag: bytes, body: bytes) -> bytes:
    return tag + struct.pack("!i", len(body) + 4) + body


def described(columns: int) -> bytes:
    field = b"\0" + struct.pack("!IhIhih", 0, 0, 25, -1, -1, 0)
    return message(b"T", struct.pack("!H", columns) + field * columns)


def row(*cells: bytes | None) -> bytes:
    said = b"".join(struct.pack("!i", -1) if cell is None else struct.pack("!I", len(cell)) + cell for cell in cells)
    return message(b"D", struct.pack("!H", len(cells)) + said)


def packet(sequence: int, body: bytes) -> bytes:
    return struct.pack("<I", len(body))[:3] + bytes([sequence & 255]) + body


def column(name: bytes = b"c") -> bytes:
    return b"\x03def\0\0\0" + bytes([len(name)]) + name + b"\0\x0c\x2d\0\0\x01\0\0\xfd\0\0\0\0\0"


#: By name: what comes once, and then again and again.
POSTGRES_LIES = {
    "rows": (described(7), row(b"1", b"s", b"t" * 60, b"r", b"1", None, None) * 500),
    "empty rows": (described(1664), row(*[None] * 1664) * 8),
    "a cell": (described(1) + b"D" + struct.pack("!iHi", 0x3FFFFFFF, 1, 0x3FFFFFF6), b"x" * PIECE),
    "columns": (described(65535), row(*[None] * 65535)),
    "remarks": (b"", message(b"N", b"SNOTICE\0C00000\0M" + b"x" * PIECE + b"\0\0")),
    "an error": (b"E" + struct.pack("!i", 0x3FFFFFFF) + b"SERROR\0M", b"x" * PIECE),
}
MYSQL_LIES = {
    "rows": (
        packet(1, b"\x06") + b"".join(packet(2 + n, column()) for n in range(6)) + packet(8, b"\xfe\0\0\2\0"),
        packet(9, b"\1s" + bytes([60]) + b"t" * 60 + b"\x05TABLE\x011\0\0") * 500,
    ),
    "a cell": (
        packet(1, b"\x01") + packet(2, column()) + packet(3, b"\xfe\0\0\2\0"),
        b"\xff\xff\xff\x04" + b"\xfe\xff\xff\xff\xff\x0f\0\0\0" + b"x" * (0xFFFFFF - 9),
    ),
    "columns": (packet(1, b"\xfe" + struct.pack("<Q", 1 << 40)), packet(2, column()) * 500),
    "an error": (b"", b"\xff\xff\xff\x01\xff\x00\x04#42000" + b"x" * (0xFFFFFF - 9)),
}


class LyingDatabase:
    """A listener that tells one lie to everybody, in PostgreSQL's words or MySQL's."""

    def __init__(self, scheme: str, lie: str):
        self.once, self.again = (POSTGRES_LIES if scheme == "postgres" else MYSQL_LIES)[lie]
        self.converse = self.postgres if scheme == "postgres" else self.mysql
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{scheme}://u:p@127.0.0.1:{self.listener.getsockname()[1]}/d?sslmode=disable"
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def serve(self) -> None:
        while True:
            try:
                stream, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(stream,), daemon=True).start()

    def talk(self, stream: socket.socket) -> None:
        with stream:
            try:
                self.converse(stream)
            except (OSError, EOFError):
                pass

    def lie(self, stream: socket.socket) -> None:
        stream.sendall(self.once)
        while True:
            stream.sendall(self.again)

    def postgres(self, stream: socket.socket) -> None:
        ready = message(b"Z", b"I")
        read(stream, struct.unpack("!I", read(stream, 4))[0] - 4)
        stream.sendall(message(b"R", bytes(4)) + message(b"K", bytes(8)) + ready)
        while True:
            tag = read(stream, 1)
            sql = read(stream, struct.unpack("!I", read(stream, 4))[0] - 4)
            if tag != b"Q":
                continue
            if sql.startswith(b"SELECT current_"):
                stream.sendall(described(1) + row(b"17") + message(b"C", b"SELECT 1\0") + ready)
            elif sql.startswith(b"SET "):
                stream.sendall(message(b"C", b"SET\0") + ready)
            else:
                self.lie(stream)

    def mysql(self, stream: socket.socket) -> None:
        greeting = b"\x0a8.0.36\0\x07\0\0\0abcdefgh\0\xff\xf7\x2d\x02\0\xff\x00\x15" + bytes(10)
        stream.sendall(packet(0, greeting + b"ijklmnopqrst\0mysql_native_password\0"))
        while True:
            head = read(stream, 4)
            sql = read(stream, struct.unpack("<I", head[:3] + b"\0")[0])[1:]
            sequence = head[3] + 1
            if head[3] or sql.startswith((b"SET", b"START")):
                stream.sendall(packet(sequence, b"\0\0\0\2\0\0\0"))
            elif sql.startswith(b"SELECT VERSION()"):
                end = b"\xfe\0\0\2\0"
                said = [b"\x01", column(), end, b"\x068.0.36", end]
                stream.sendall(b"".join(packet(sequence + n, body) for n, body in enumerate(said)))
            else:
                self.lie(stream)


def read(stream: socket.socket, length: int) -> bytes:
    """So many bytes exactly."""
    said = b""
    while len(said) < length:
        more = stream.recv(length - len(said))
        if not more:
            raise EOFError
        said += more
    return said
