"""Mails are opened in children that may die without harm."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from pipeline.adapters import child, keeper, limits
from pipeline.adapters.forks import forked
from pipeline.adapters.limits import MEBIBYTE, Limits
from pipeline.adapters.practice import practice_mail
from pipeline.mail.parse import parse
from pipeline.model import Document, Opened, Paragraph, Part, Trouble, Unreadable
from pipeline.readers import Look, Picture, Tools

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")
SMALL = Limits(memory=1024 * MEBIBYTE, cpu=2, wall=3.0, output=MEBIBYTE)


def test_answer_comes_back() -> None:
    """What the fork says arrives whole."""
    assert forked(lambda: b"x" * 300_000, SMALL) == (b"x" * 300_000, "")


def endless() -> bytes:
    """Spins for ever."""
    while True:
        pass


def test_spinning_is_stopped() -> None:
    """A reader that never ends is stopped by its processor time."""
    answer, why = forked(endless, Limits(cpu=1, wall=120.0))
    assert (answer, why) == (None, "spent")


def test_a_fork_of_a_fork_may_have_more_but_no_more_than_was_said() -> None:
    """The child of a mail may give more than it has; nobody gets beyond what was set first."""
    import resource

    least, middle, most = (
        Limits(cpu=cpu, memory=size * 1024 * MEBIBYTE) for cpu, size in ((10, 20), (50, 50), (40, 40))
    )

    def mine() -> bytes:
        return repr([resource.getrlimit(what) for what in (resource.RLIMIT_CPU, resource.RLIMIT_AS)]).encode()

    def outer() -> bytes:
        inner = [forked(mine, allowed)[0] or b"" for allowed in (most, middle, least)]
        return b"\n".join([mine(), *inner])

    answer, why = forked(outer, least, most=most)
    assert why == ""
    gigabyte = 1024 * MEBIBYTE
    grace = limits._GRACE
    assert [eval(line) for line in (answer or b"").decode().splitlines()] == [  # noqa: S307 - our own fork's words
        [(10, 40 + grace), (20 * gigabyte, 40 * gigabyte)],
        [(40, 40 + grace), (40 * gigabyte, 40 * gigabyte)],
        [(40 + grace, 40 + grace), (40 * gigabyte, 40 * gigabyte)],
        [(10, 10 + grace), (20 * gigabyte, 20 * gigabyte)],
    ]


def test_sleeping_is_stopped() -> None:
    """A reader that waits for ever is stopped by the clock, with all it started."""

    def work() -> bytes:
        subprocess.Popen(["sleep", "77.77"])
        time.sleep(60)
        return b""

    start = time.monotonic()
    assert forked(work, Limits(wall=1.0)) == (None, "late")
    assert time.monotonic() - start < 20
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "sleep 77.77" not in listed


def test_memory_is_limited() -> None:
    """A reader that wants more memory than allowed dies alone."""
    assert forked(lambda: bytes(3 << 30), SMALL) == (None, "dead")


def test_long_answers_are_cut() -> None:
    """An answer over the limit is refused."""
    assert forked(lambda: bytes(2 * MEBIBYTE), SMALL) == (None, "long")


def test_no_network_inside() -> None:
    """Inside a child even the loopback cannot be reached, where the system has namespaces."""

    def work() -> bytes:
        if not limits.without_network():
            return b"none"
        with socket.socket() as client:
            client.settimeout(1)
            try:
                client.connect(("127.0.0.1", port))
            except OSError:
                return b"shut"
        return b"open"

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        answer, _ = forked(work, SMALL)
    if answer == b"none":
        pytest.skip("this system lets nobody leave the network")
    assert answer == b"shut"


def mail(attachment: bytes = b"", name: str = "a.txt") -> bytes:
    """A small mail."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@unit.example", "b@office.example", "八月总结"
    message.set_content("正文第一段。")
    if attachment:
        message.add_attachment(attachment, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def opened(raw: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Texts and refusals of a mail."""
    found = child.open_mail(raw, hashlib.sha256(raw).hexdigest())
    texts = tuple(block.text for each in found.documents for block in each.blocks if isinstance(block, Paragraph))
    return texts, tuple(each.message for each in found.unreadable)


def test_a_mail_is_opened() -> None:
    """Body and attachment come back, part bytes do not."""
    raw = mail("附件内容".encode("gb18030"))
    found = child.open_mail(raw, "d" * 64)
    assert found.letter.subject == "八月总结"
    assert all(part.data == b"" for part in found.letter.parts)
    assert opened(raw) == (("正文第一段。", "附件内容"), ())


def test_one_bad_part_does_not_stop_the_rest() -> None:
    """A broken attachment is refused; the body is read."""
    texts, refusals = opened(mail(b"PK\x03\x04 word/document.xml broken", "坏.docx"))
    assert texts == ("正文第一段。",)
    assert len(refusals) == 1


def test_a_dead_keeper_is_started_anew() -> None:
    """When the warm process is killed, the next mail is opened by a new one."""
    opened(mail())
    process = child._keeper()._process
    assert process is not None
    os.kill(process.pid, 9)
    process.wait()
    assert opened(mail()) == (("正文第一段。",), ())


@pytest.mark.parametrize("raw", [b"", b"\x00" * 10_000, b"From: " + b"a" * 3_000_000, os.urandom(5_000)])
def test_any_bytes_give_an_answer(raw: bytes) -> None:
    """Whatever was put into the mailbox, an opened mail comes back."""
    assert child.open_mail(raw, "x").letter.digest == "x"


def with_picture() -> bytes:
    """A Word file with a picture outside the usual folder, so that nothing foretells it."""
    picture, packed = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(picture, "PNG")
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr(
            "word/_rels/document.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="p1" Type="{office}/image" Target="pics/a.png"/></Relationships>',
        )
        package.writestr(
            "word/document.xml",
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
            "<w:t>正文</w:t></w:r><w:r><w:drawing>"
            '<a:blip xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
            f'xmlns:r="{office}" r:embed="p1"/></w:drawing></w:r></w:p></w:body></w:document>',
        )
        package.writestr("word/pics/a.png", picture.getvalue())
    return packed.getvalue()


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forks of a process in which other tests have loaded an OCR engine have more address space than a plain part."""
    monkeypatch.setattr(keeper, "_PLAIN", Limits(memory=64 * 1024 * MEBIBYTE))


def test_a_part_for_which_no_time_is_left_is_refused_as_too_large() -> None:
    """Where a mail holds more than can be read in its time, the rest is refused with the remedy and not as hostile."""
    refused = keeper._alone(Part("1", "扫描9.pdf", "", b"%PDF-1.4"), Tools(), left=0.0)
    assert isinstance(refused, Unreadable)
    assert refused.trouble is Trouble.TOO_LARGE
    assert "请拆分" in refused.message


@pytest.mark.usefixtures("roomy")
def test_a_scan_that_uses_up_its_time_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends by its limit of processor time is too large; what crashes stays suspicious."""
    small = Limits(memory=64 * 1024 * MEBIBYTE, cpu=1, wall=60.0)
    monkeypatch.setattr(keeper, "needs", lambda _: small)
    part = Part("1", "扫描.docx", "", with_picture())

    def look(_picture: Picture) -> Look:
        return endless()  # type: ignore[return-value]

    told = keeper._alone(part, Tools(look=look), left=60.0)
    assert isinstance(told, Unreadable)
    assert told.trouble is Trouble.TOO_LARGE


@pytest.mark.usefixtures("roomy")
def test_plain_parts_share_a_child() -> None:
    """The plain parts of a mail are read in one child, and each keeps its own result in its place."""
    parts = parse(practice_mail(), digest="0" * 64).parts
    ready = keeper._together(parts, Tools())
    assert sorted(ready) == list(range(len(parts)))
    assert [ready[number].part for number in sorted(ready)] == [part.path for part in parts]


@pytest.mark.usefixtures("roomy")
def test_a_part_that_kills_its_child_takes_no_other_with_it() -> None:
    """Where parts share a child and one of them kills it, the others are read all the same, the bad one is refused."""

    def look(_picture: Picture) -> Look:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    parts = (
        Part("1", "前.txt", "text/plain", "第一份".encode()),
        Part("2", "坏.docx", "application/octet-stream", with_picture()),
        Part("3", "后.txt", "text/plain", "第三份".encode()),
    )
    before, bad, after = keeper._apart(parts, Tools(look=look))
    assert isinstance(before, Document)
    assert isinstance(after, Document)
    assert isinstance(bad, Unreadable)
    assert bad.trouble == Trouble.HOSTILE


def maps(process: int) -> str:
    """Files that a process has in its memory."""
    return Path(f"/proc/{process}/maps").read_text(encoding="utf-8", errors="replace")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_the_libraries_of_ocr_come_with_the_first_scan() -> None:
    """The keeper has none of them before; afterwards its children have them, and no less room of their own."""
    pytest.importorskip("rapidocr")
    scan, canvas = io.BytesIO(), Image.new("RGB", (1000, 700), "white")
    for line in range(5):
        ImageDraw.Draw(canvas).text((60, 60 + 110 * line), "REPORT 2022", fill="black", font_size=60)
    canvas.save(scan, "PNG")
    plain, scanned, held = mail("附件。".encode()), mail(scan.getvalue(), "a.png"), child.Keeper()

    def asked(raw: bytes) -> Opened:
        return child.opened_of(held.ask("mail", raw, digest="a" * 64), "a" * 64)

    try:
        before = asked(plain)
        process = held._process
        assert process is not None
        assert "cv2" not in maps(process.pid)
        first = asked(scanned)
        assert "REPORT" in str(first.documents)
        assert asked(scanned) == first
        assert "cv2" in maps(process.pid)
        assert asked(plain) == before
        assert held._process is process
    finally:
        held.close()
