"""A server that speaks MySQL's protocol as far as logging in by `caching_sha2_password`, as MySQL 8 does it, and has no tables.

No real MySQL 8 can be installed from the registries that tests use. So that this one is not merely what its author believes,
real clients log in at it beside the one that is tested."""

import base64
import contextlib
import datetime
import hashlib
import os
import socket
import ssl
import struct
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

SHA2, NATIVE = b"caching_sha2_password", b"mysql_native_password"
#: A long password, the old names of columns and tables, connecting with a database, the protocol of 4.1, transactions,
#: secure connections, plug-ins and what they say in any length.
CAPABILITIES = 0x1 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80000 | 0x200000
TLS = 0x800


def digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def mixed(one: bytes, other: bytes) -> bytes:
    return bytes(byte ^ other[at % len(other)] for at, byte in enumerate(one))


def counted(text: bytes) -> bytes:
    assert len(text) < 251
    return bytes([len(text)]) + text


class Wrong(Exception):
    """The client is not who it says."""


class Sha2Server:
    """`ways` tells of each login that succeeded how it went: `known`, `sealed` or `encrypted`."""

    def __init__(self, folder, user: str, password: str, first: bytes = SHA2):
        self.user, self.password, self.first = user.encode(), password.encode(), first
        self.is_cached = False
        self.ways: list[str] = []
        #: All that clients sent, as it came.
        self.heard = b""
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self._certificate(folder))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _certificate(self, folder) -> str:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mysql")])
        now = datetime.datetime.now(datetime.UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        made = made.serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
        signed = made.not_valid_after(now + datetime.timedelta(days=1)).sign(self.key, hashes.SHA256())
        form = serialization.PrivateFormat.PKCS8
        key = self.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        path = folder / "mysql.pem"
        path.write_bytes(key + signed.public_bytes(serialization.Encoding.PEM))
        return str(path)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                stream, _ = self.listener.accept()
                threading.Thread(target=Conversation(self, stream).serve, daemon=True).start()


class Conversation:
    def __init__(self, server: Sha2Server, stream: socket.socket):
        self.server, self.stream, self.sequence = server, stream, 0
        self.nonce = base64.b64encode(os.urandom(15))

    def serve(self) -> None:
        with contextlib.suppress(OSError, EOFError), self.stream:
            try:
                way = self.log_in()
            except Wrong:
                text = b"\xff" + struct.pack("<H", 1045) + b"#28000Access denied"
                return self.send(text)
            self.server.ways.append(way)
            self.send(OK)
            while self.answer():
                pass

    def send(self, payload: bytes) -> None:
        self.stream.sendall(struct.pack("<I", len(payload))[:3] + bytes([self.sequence % 256]) + payload)
        self.sequence += 1

    def receive(self) -> bytes:
        head = self.exactly(4)
        self.sequence = head[3] + 1
        body = self.exactly(head[0] | head[1] << 8 | head[2] << 16)
        return body

    def exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            piece = self.stream.recv(count - len(found))
            if not piece:
                raise EOFError
            if not isinstance(self.stream, ssl.SSLSocket):
                self.server.heard += piece
            found += piece
        return found

    def log_in(self) -> str:
        can, server = CAPABILITIES | TLS, self.server
        self.send(
            b"\x0a8.4.3\0" + struct.pack("<I", 7) + self.nonce[:8] + b"\0" + struct.pack("<H", can & 0xFFFF) + b"\xff\x02\0"
            + struct.pack("<H", can >> 16) + b"\x15" + bytes(10) + self.nonce[8:] + b"\0" + server.first + b"\0"
        )
        hello, is_encrypted = self.receive(), False
        if len(hello) == 32:
            assert struct.unpack("<I", hello[:4])[0] & TLS
            self.stream = server.tls.wrap_socket(self.stream, server_side=True)
            hello, is_encrypted = self.receive(), True
        said = struct.unpack("<I", hello[:4])[0]
        user, rest = hello[32:].split(b"\0", 1)
        proof, rest = rest[1 : 1 + rest[0]], rest[1 + rest[0] :]
        if said & 0x8:
            _, rest = rest.split(b"\0", 1)
        way = rest.split(b"\0", 1)[0]
        if server.first != SHA2 or way != SHA2:
            self.nonce = base64.b64encode(os.urandom(15))
            self.send(b"\xfe" + SHA2 + b"\0" + self.nonce + b"\0")
            proof = self.receive()
        if user != server.user:
            raise Wrong
        twice = digest(digest(server.password))
        if server.is_cached:
            if digest(mixed(proof, digest(twice, self.nonce))) != twice:
                raise Wrong
            self.send(b"\x01\x03")
            return "known"
        self.send(b"\x01\x04")
        told = self.receive()
        if not is_encrypted:
            if told == b"\x02":
                key = server.key.public_key()
                form = serialization.PublicFormat.SubjectPublicKeyInfo
                self.send(b"\x01" + key.public_bytes(serialization.Encoding.PEM, form))
                told = self.receive()
            oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
            told = mixed(server.key.decrypt(told, oaep), self.nonce)
        if told != server.password + b"\0":
            raise Wrong
        server.is_cached = True
        return "encrypted" if is_encrypted else "sealed"

    def answer(self) -> bool:
        """Of whatever is asked there is nothing, but for what the server is."""
        command = self.receive()
        if command[:1] != b"\x03":
            return False
        asked = command[1:].lstrip()
        names = asked[len(b"SELECT ") :].split(b", ") if asked.startswith(b"SELECT VERSION()") else [b"nothing"]
        if not asked.upper().startswith((b"SELECT", b"SHOW", b"WITH", b"--")):
            self.send(OK)
            return True
        self.send(bytes([len(names)]))
        for name in names:
            text = counted(b"def") + bytes(3) + counted(name) + counted(b"")
            self.send(text + b"\x0c\x2d\0\0\x01\0\0\xfd\0\0\0\0\0")
        self.send(END)
        if names != [b"nothing"]:
            values = {b"VERSION()": b"8.4.3", b"CURRENT_USER()": self.server.user, b"DATABASE()": b"shop"}
            self.send(b"".join(counted(values[name]) for name in names))
        self.send(END)
        return True


OK, END = b"\0\0\0\2\0\0\0", b"\xfe\0\0\2\0"
