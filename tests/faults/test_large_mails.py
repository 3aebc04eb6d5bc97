"""F15: a gigabyte in one mail, sizes that lie, fifty thousand attachments, ten megabytes of headers.

Memory stays under 300 MB in every process, the mail ends as filed, asked, or on the visible list, the others go on.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.adapters.ledger.ledger import Ledger
from pipeline.app import LEDGER
from tests.faults.crashloop import Worker
from tests.faults.memory import watched
from tests.faults.month import at, mail, write_config
from tests.faults.scale import RELEASE
from tests.support.imapscript import Mail, ScriptedImap

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
#: A gigabyte before a release, less at every change: what is not taken costs no memory at any size.
HUGE = 1024 * MIB if RELEASE else 160 * MIB
MEBIBYTES = 300
HEAD = (
    b"Received: from a by b;\r\n\tThu, 08 Sep 2022 09:00:00 +0800\r\nFrom: <wlj@unit.example>\r\n"
    b"To: <office@demo.example>\r\nMessage-ID: <large@unit.example>\r\nSubject: large\r\nMIME-Version: 1.0\r\n"
)


def many_attachments(count: int) -> bytes:
    """A mail with so many tiny files."""
    part = b'--x\r\nContent-Type: text/plain; name="a%d.txt"\r\nContent-Disposition: attachment\r\n\r\nx\r\n'
    parts = b"".join(part % number for number in range(count))
    return HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + parts + b"--x--\r\n"


def long_headers(size: int) -> bytes:
    """A mail whose headers alone have so many bytes."""
    line = b"X-Filler: " + b"a" * 60 + b"\r\n"
    return HEAD + line * (size // len(line)) + b"\r\ntext\r\n"


def huge_file(size: int) -> bytes:
    """A mail within the size limit whose one file is as large as the limit allows."""
    body = (b"QUFB" * 19 + b"\r\n") * (size // 78)
    return (
        HEAD + b'Content-Type: application/octet-stream; name="a.bin"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + body
    )


CASES = {
    "declared a gigabyte": lambda: Mail(2, b"", size=HUGE, literal=HUGE, endless=True),
    "says 10 KB, sends a gigabyte": lambda: Mail(2, b"", size=10_000, literal=HUGE, endless=True),
    "says 20 MB, sends a gigabyte in parts": lambda: Mail(2, b"", size=20 * MIB, literal=HUGE, endless=True),
    "50,000 attachments": lambda: Mail(2, many_attachments(50_000)),
    "10 MB of headers": lambda: Mail(2, long_headers(10 * MIB)),
    "a file as large as the limit": lambda: Mail(2, huge_file(45 * MIB)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mail_too_large_for_its_own_good(tmp_path: Path, name: str) -> None:
    """The two mails around it are filed, it is filed or listed, no process needs more than 300 MB."""
    home = tmp_path / "home"
    write_config(home, ROOT)
    body = "县文旅局2022年8月服务业工作报告\n1. 发展乡村旅游：新建民宿3家。\n"
    around = [
        Mail(number, mail(number, at(8), sender="wlj@unit.example", subject=f"8月报告{number}", body=body))
        for number in (1, 3)
    ]
    with ScriptedImap([around[0], CASES[name](), around[1]]) as server, Worker() as worker, watched(worker.pid) as peak:
        code, _, told = worker.run(
            {
                "home": str(home), "imap": server.port, "smtp": 9, "at": at(8, 10).isoformat(), "child": True,
                "report": str(tmp_path / "report.json"),
            }
        )  # fmt: skip
        assert (code, told.get("error")) == (0, "")
    print(name, round(peak.mebibytes), round(worker.mebibytes), len(peak.seen))  # noqa: T201 - figures
    assert len(peak.seen) > 1
    assert peak.mebibytes < MEBIBYTES
    ledger = Ledger(home / LEDGER)
    try:
        messages = ledger.messages()
        assert {mail.subject for mail in messages} >= {"8月报告1", "8月报告3"}
        assert len(messages) + len(ledger.not_fetched()) == 3
        assert {message.digest for message, _ in ledger.filings()} == {message.digest for message in messages}
    finally:
        ledger.close()
    assert not list((home / "inbox_archive" / "tmp").iterdir())
