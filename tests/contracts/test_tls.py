"""Passwords go only to a server whose certificate is trusted."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipeline.adapters.embedded import EmbeddedImap, EmbeddedSmtp
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.smtp import SmtpTransport
from pipeline.adapters.source import Cursor
from pipeline.errors import SourceError
from pipeline.model import RawMessage, SendVerdict
from tests.faults.proxy import Proxy
from tests.support.servers import START, letter


@dataclass(frozen=True)
class Certificate:
    """A certificate for localhost, from both sides."""

    server: ssl.SSLContext
    trusting: ssl.SSLContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A fresh certificate that only this test trusts."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed; TLS is not tested")
    place: Path = tmp_path_factory.mktemp("tls")
    key, cert = place / "key.pem", place / "cert.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(cert, key)
    return Certificate(server, ssl.create_default_context(cafile=str(cert)))


@pytest.fixture
def secure_imap(certificate: Certificate) -> Iterator[ImapSource]:
    """A mailbox behind TLS with one mail."""
    with EmbeddedImap() as server, Proxy(server.port, tls=certificate.server) as proxy:
        server.deliver(letter(1, size=100_000), received_at=START)
        yield ImapSource("localhost", proxy.port, server.user, server.password, security="ssl", silence=5)


def test_imap_over_tls_reads(secure_imap: ImapSource, certificate: Certificate) -> None:
    """With a trusted certificate the mailbox is read."""
    got: list[RawMessage] = []
    replace(secure_imap, context=certificate.trusting).poll(Cursor(), keep=got.append)
    assert [raw.data for raw in got] == [letter(1, size=100_000)]


def test_imap_with_unknown_certificate_gets_no_login(secure_imap: ImapSource) -> None:
    """With an unknown certificate the poll ends before the login, in Chinese."""
    with pytest.raises(SourceError, match="证书不可信"):
        secure_imap.poll(Cursor(), keep=lambda _: None)


def test_imap_with_starttls(certificate: Certificate) -> None:
    """STARTTLS comes before the login; an unknown certificate gets none."""
    with EmbeddedImap(tls=certificate.server) as server:
        server.deliver(letter(1), received_at=START)
        source = ImapSource("localhost", server.port, server.user, server.password, security="starttls", silence=5)
        got: list[RawMessage] = []
        replace(source, context=certificate.trusting).poll(Cursor(), keep=got.append)
        assert [raw.data for raw in got] == [letter(1)]
        assert server.commands.index("starttls") < server.commands.index("login")
        server.commands.clear()
        with pytest.raises(SourceError, match="证书不可信"):
            source.poll(Cursor(), keep=got.append)
        assert "login" not in server.commands


@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_smtp_over_tls_sends_only_when_trusted(certificate: Certificate, security: str) -> None:
    """A letter leaves over TLS to a trusted server; an untrusted one sees neither password nor letter."""
    tls = certificate.server
    with (
        EmbeddedSmtp(tls=tls if security == "starttls" else None) as server,
        Proxy(server.port, tls=tls if security == "ssl" else None) as proxy,
    ):
        transport = SmtpTransport("localhost", proxy.port, server.user, server.password, security=security, timeout=5)
        refused = transport.send(b"Subject: x\r\n\r\n", sender=server.user, recipients=("a@unit.example",))
        assert (refused.verdict, "证书不可信" in refused.because) == (SendVerdict.STOP, True)
        transport.context = certificate.trusting
        sent = transport.send(b"Subject: x\r\n\r\n", sender=server.user, recipients=("a@unit.example",))
        transport.close()
        assert (sent.verdict, len(server.accepted)) == (SendVerdict.ACCEPTED, 1)
