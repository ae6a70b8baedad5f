"""A mail server that takes what it is sent: SMTP as aiosmtpd speaks it, with TLS and a login where they are asked for."""

import ssl
import subprocess
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from emporion_server import free_port

USER, PASSWORD = "catalogue", "of mail"


@dataclass
class Received:
    """A message, and by which way it came."""

    sender: str
    to: list[str]
    message: EmailMessage
    is_tls: bool
    login: str | None

    @property
    def text(self) -> str:
        return self.message.get_content()


def certified(folder, authority):
    """An authority of one's own, and a key of `localhost` with the certificate that it has given for it."""
    key, asked, certificate, named = (folder / f"mail.{ending}" for ending in ("key", "csr", "crt", "ext"))
    named.write_text("subjectAltName=DNS:localhost\n")
    ca = folder / "authority.key"
    for arguments in (
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Authority", "-keyout", ca, "-out", authority],
        ["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", key, "-out", asked],
        ["x509", "-req", "-in", asked, "-CA", authority, "-CAkey", ca, "-CAcreateserial", "-days", "2", "-extfile", named,
         "-out", certificate],
    ):  # fmt: skip
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
    return key, certificate


class MailReceiver:
    """Listens on a port of this machine; `refuse` makes it take nothing."""

    def __init__(self, folder, secured: bool = False):
        self.received: list[Received] = []
        #: To whom something was not taken, once for each time.
        self.refused: list[str] = []
        self.refuse = False
        self.authority = folder / "mail.pem"
        more = {}
        if secured:
            key, certificate = certified(folder, self.authority)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            more = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": self.proven}
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=30, **more)
        self.controller.start()

    def proven(self, server, session, envelope, mechanism, data) -> AuthResult:
        is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_right, auth_data=data.login.decode())

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.refuse:
            self.refused.extend(envelope.rcpt_tos)
            return "451 not now"
        message = message_from_bytes(envelope.content, policy=policy.default)
        login = session.auth_data if session.authenticated else None
        self.received.append(Received(envelope.mail_from, envelope.rcpt_tos, message, session.ssl is not None, login))
        return "250 taken"

    def to(self, name: str) -> list[Received]:
        return [one for one in self.received if any(to.startswith(f"{name}@") for to in one.to)]

    def times_refused(self, name: str) -> int:
        return sum(to.startswith(f"{name}@") for to in self.refused)

    def stop(self) -> None:
        self.controller.stop()
