"""F16: whatever goes wrong in a child that reads, there is a reason in time, and no process and no file is left.

Real processes go wrong in the ways of :mod:`tests.faults.ways`, in each place in which strangers' bytes are worked on
in a child: the child of a part, that of a whole mail, LibreOffice, and the standing fork that understands. Before a
release every way in every place, at every change every second way in one of them.
"""

from __future__ import annotations

import contextlib
import shutil
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from pipeline.adapters import child, codec, guard
from pipeline.adapters.limits import MEBIBYTE, Limits
from pipeline.model import Filing, Knowledge, Opened, Screening
from pipeline.understanding.reading import understand
from tests.faults import ways
from tests.faults.scale import RELEASE
from tests.support.knowledge import knowledge
from tests.support.mails import Arrived, arrived

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, /proc")
ROOT = Path(__file__).resolve().parents[2]
#: Seconds on the clock after which a child is given up here, in place of half a minute.
WALL = 0.5
#: Reasons are given within this, and what was left is gone (the matrix asks for 35 s with the limits of the product).
IN_TIME = 35.0
PLACES = ("part", "mail", "office", "understanding")


@dataclass
class Yard:
    """A warm process whose children go wrong, and the folder in which they may leave something."""

    keeper: child.Keeper
    temporary: Path

    def left(self, token: str, *, looks: int = 1) -> list[str]:
        """Processes and files that are still there when those that are being killed have had their time."""
        end = time.monotonic() + 5
        while (found := ways.marked(token)) and time.monotonic() < end:
            time.sleep(0.01)
        for _ in range(1, looks):
            found = found or ways.marked(token)
        return found + [str(path) for path in self.temporary.rglob("*") if path.is_symlink() or path.is_file()]

    def clean(self) -> None:
        """Take away what the standing fork left: it has no folder of its own, and may write no byte."""
        assert all(path.stat().st_size == 0 for path in self.temporary.rglob("*") if path.is_file())
        shutil.rmtree(self.temporary)
        self.temporary.mkdir()


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """The warm process, with a temporary folder of its own."""
    place = tmp_path_factory.mktemp("yard")
    temporary, stub = place / "tmp", place / "soffice"
    temporary.mkdir()
    stub.write_text(
        f"#!{sys.executable} -IS\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\nfrom tests.faults.ways import go_wrong\ngo_wrong(Path(sys.argv[-1]).read_bytes())\n",
        encoding="utf-8",
    )
    stub.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMP", str(temporary))
        patch.setattr("tempfile.tempdir", str(temporary))
        patch.setattr(
            child, "_START",
            "import sys; sys.path.insert(0, sys.argv[1]); from tests.faults.ways import serve; "
            f"serve({WALL}, {str(stub)!r})",
        )  # fmt: skip
        keeper = child.Keeper()
        yield Yard(keeper, temporary)
        keeper.close()


def report(attachment: bytes) -> bytes:
    """A mail with a good body and an old Word file."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@unit.example", "b@office.example", "八月总结"
    message.set_content("正文第一段。")
    message.add_attachment(attachment, maintype="application", subtype="msword", filename="坏.doc")
    return message.as_bytes()


def opened(yard: Yard, attachment: bytes) -> Opened:
    """The mail with this file, opened by the warm process."""
    return child.opened_of(yard.keeper.ask("parts", report(attachment), digest="d" * 64), "d" * 64)


def in_a_part(yard: Yard, words: str, *, more: str = "") -> str:
    """The reason that the sender reads; the body of the same mail was read all the same."""
    found = opened(yard, b"{\\rtf1 " + f"{more}{words}".encode() + b"}")
    assert [document.part for document in found.documents] == ["body"]
    (refused,) = found.unreadable
    return refused.message


def in_office(yard: Yard, words: str) -> str:
    """The same where the program that stands for LibreOffice goes wrong."""
    return in_a_part(yard, words, more="stub ")


def in_a_mail(yard: Yard, words: str) -> str:
    """The reason where the child of the whole mail goes wrong."""
    found = child.opened_of(yard.keeper.ask("mail", words.encode(), digest="d" * 64), "d" * 64)
    (refused,) = found.unreadable
    return refused.message


class Misled:
    """Understanding that goes wrong."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __call__(self, opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        """Go wrong where the mail says so, and else understand it."""
        if "坏" in opened.letter.subject:
            ways.go_wrong(self.words.encode())
            raise OSError
        return understand(opened, received_at=received_at, screening=screening, knowledge=knowledge)


def understood(mail: Arrived, meaning: Misled) -> Filing:
    """A mail understood under small limits."""
    budget = Limits(memory=256 * MEBIBYTE, cpu=1, wall=WALL, output=MEBIBYTE)
    return guard.guarded(
        mail.opened, received_at=mail.received_at, screening=mail.screening, knowledge=knowledge(), meaning=meaning,
        budget=budget,
    )  # fmt: skip


def in_understanding(yard: Yard, words: str) -> str:
    """The question that the office is asked where understanding goes wrong."""
    meaning = Misled(words)
    guard.end()
    with contextlib.chdir(yard.temporary):
        filing = understood(arrived("坏", "8月新建民宿3家。"), meaning)
    (question,) = filing.questions
    assert question.holds
    guard.end()
    yard.clean()
    return question.text


TRIED: dict[str, Callable[[Yard, str], str]] = dict(
    zip(PLACES, (in_a_part, in_a_mail, in_office, in_understanding), strict=True)
)


#: A standing fork that dies by itself leaves what it forked to the system, where it went into a session of its own:
#: nobody is above it who adopts orphans. The pure functions that it runs fork nothing.
NOT_HELD = {
    (way, "understanding")
    for way in ("forks and dies, and its child too", "leaves a session and dies", "leaves a program and dies")
}


def chosen() -> list[tuple[str, str]]:
    """Every way in every place; every second way in one place."""
    return [
        (way, place)
        for number, way in enumerate(ways.WAYS)
        for at, place in enumerate(PLACES)
        if (RELEASE or number % (2 * len(PLACES)) == 2 * at) and (way, place) not in NOT_HELD
    ]


@pytest.mark.parametrize(("way", "place"), chosen())
def test_a_child_goes_wrong(yard: Yard, way: str, place: str) -> None:
    """F16: it is told with a reason in time, no process and no file is left, and the next mail is read."""
    token = f"yb{time.monotonic_ns() % 10**12}"
    began = time.monotonic()
    because = TRIED[place](yard, f"{ways.SAID}:{way}@{token};")
    assert any("\u4e00" <= sign <= "\u9fff" for sign in because)
    # What forks and dies is not seen by every look.
    assert yard.left(token, looks=20 if "forks" in way else 1) == []
    assert time.monotonic() - began < IN_TIME
    # The process above is sound: the body of the next mail is read.
    assert in_a_part(yard, "")


class Forged(Misled):
    """Understanding that says another mail's answer before its own."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    def __call__(self, opened: Opened, *, received_at: datetime, screening: Screening, knowledge: Knowledge) -> Filing:
        """Speak first, then answer."""
        if "坏" in opened.letter.subject:
            ways.speak(self.answer)
        return understand(opened, received_at=received_at, screening=screening, knowledge=knowledge)


def test_no_answer_is_taken_for_another_mails() -> None:
    """F16: a fork that answers twice speaks for no mail but its own: neither for the one before nor for the next."""
    first, bad, last = (arrived(subject, "县文旅局8月新建民宿3家。") for subject in ("8月报告", "坏", "8月总结"))
    filing = understood(first, Misled(""))
    for forged, believed in ((filing, False), (replace(filing, digest=bad.opened.letter.digest), True)):
        message = b"=" + codec.dump(forged, Filing).encode()
        meaning = Forged(struct.pack(">Q", len(message)) + message)
        told = understood(bad, meaning)
        assert told.digest == bad.opened.letter.digest
        assert (told.questions[-1].text == guard.FAILED) is not believed
        assert understood(last, meaning).digest == last.opened.letter.digest
    guard.end()
