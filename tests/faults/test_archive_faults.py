"""F17: archived mails that are damaged, gone, swapped or cut are found at night and fetched again, or told of."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.adapters.archive import Archive
from pipeline.adapters.embedded import NETEASE, EmbeddedImap
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.smtp import MemoryTransport
from pipeline.flows import replay
from pipeline.flows.tick import tick
from pipeline.flows.watch import state_of
from tests.faults.desks import desk_in
from tests.faults.invariants import message_id
from tests.faults.month import CODE, MAILBOX, at, steps
from tests.faults.scale import seeds


@dataclass
class Lived:
    """A home in the middle of its month, and the mails that its mailbox held."""

    home: Path
    #: Folder, bytes and time of receipt by digest.
    mails: dict[str, tuple[str, bytes, datetime]]
    #: Message-IDs of the letters that have left.
    left: frozenset[str]

    def fill(self, server: EmbeddedImap, kept: frozenset[str]) -> None:
        """Put those mails into a mailbox that are still there."""
        for digest, (folder, data, received_at) in self.mails.items():
            if digest in kept:
                server.deliver(data, received_at=received_at, folder=folder)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Four days of the month over IMAP."""
    home, transport = tmp_path_factory.mktemp("lived") / "home", MemoryTransport()
    with EmbeddedImap(NETEASE, user=MAILBOX, password=CODE) as server:
        mails = {}
        for step in steps()[:4]:
            for arrival in step.arrivals:
                server.deliver(arrival.data, received_at=arrival.at, folder=arrival.folder)
            with desk_in(home, step.at, source=source_of(server), transport=transport) as desk:
                tick(desk)
                mails = {raw.digest: (raw.folder, raw.data, raw.received_at) for raw in desk.archive.walk()}
    return Lived(home, mails, frozenset(message_id(one.data) for one in transport.accepted))


def source_of(server: EmbeddedImap) -> ImapSource:
    """The mailbox as the service reads it."""
    return ImapSource("127.0.0.1", server.port, MAILBOX, CODE, security="none", silence=5)


def flip(path: Path, chance: random.Random, _: list[Path]) -> None:
    """One bit is another."""
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def zeros(path: Path, chance: random.Random, _: list[Path]) -> None:
    """A stretch is zeros, as after a crash of the file system."""
    data = path.read_bytes()
    start = chance.randrange(len(data))
    length = min(chance.randint(1, 512), len(data) - start)
    path.write_bytes(data[:start] + b"\0" * length + data[start + length :])


def gone(path: Path, _chance: random.Random, _others: list[Path]) -> None:
    """It is not there."""
    path.unlink()


def swapped(path: Path, chance: random.Random, others: list[Path]) -> None:
    """It and another one have each other's content."""
    other = chance.choice(others)
    mine, theirs = path.read_bytes(), other.read_bytes()
    other.chmod(0o600)
    path.write_bytes(theirs)
    other.write_bytes(mine)


def doubled(path: Path, chance: random.Random, others: list[Path]) -> None:
    """It has the content of another one, which is sound."""
    path.write_bytes(chance.choice(others).read_bytes())


def cut(path: Path, chance: random.Random, _: list[Path]) -> None:
    """Its end is missing, or all of it."""
    data = path.read_bytes()
    path.write_bytes(data[: chance.choice((0, 1, len(data) - 1, chance.randrange(len(data))))])


def longer(path: Path, chance: random.Random, _: list[Path]) -> None:
    """Something was written behind it."""
    path.write_bytes(path.read_bytes() + chance.choice((b"\0", b"\n", b"\r\n.\r\n", chance.randbytes(5000))))


def noise(path: Path, chance: random.Random, _: list[Path]) -> None:
    """It is something else of the same length."""
    path.write_bytes(chance.randbytes(len(path.read_bytes())))


def folder(path: Path, _chance: random.Random, _others: list[Path]) -> None:
    """A folder stands in its place."""
    path.unlink()
    path.mkdir()


def nowhere(path: Path, _chance: random.Random, _others: list[Path]) -> None:
    """A link to nothing stands in its place."""
    path.unlink()
    path.symlink_to("/nowhere/at/all.eml")


HARMS: tuple[Callable[[Path, random.Random, list[Path]], None], ...] = (
    flip, zeros, gone, swapped, doubled, cut, longer, noise, folder, nowhere,
)  # fmt: skip


def sound(home: Path) -> dict[str, bytes]:
    """What lies in the archive under the months, by digest."""
    files = (path for path in (home / "inbox_archive").glob("[0-9]*/*/*.eml") if path.is_file())
    return {path.stem: path.read_bytes() for path in files}


@pytest.mark.parametrize("seed", seeds(10, all_of_them=100))
def test_a_harmed_archive_is_mended_from_the_mailbox(lived: Lived, tmp_path: Path, seed: int) -> None:
    """F17: one to three mails harmed, each still in the mailbox or not: fetched byte for byte, or told of every day."""
    chance = random.Random(seed)  # noqa: S311 - a seeded draw
    home = tmp_path / "home"
    shutil.copytree(lived.home, home)
    files = sorted((home / "inbox_archive").glob("[0-9]*/*/*.eml"))
    for number in range(chance.randint(1, 3)):
        standing = [path for path in files if path.is_file()]
        path = standing.pop(chance.randrange(len(standing)))
        path.chmod(0o600)
        HARMS[(seed + number) % len(HARMS)](path, chance, standing)
    left = sound(home)
    harmed = {digest for digest, (_, data, _) in lived.mails.items() if left.get(digest) != data}
    lost = frozenset(digest for digest in harmed if chance.random() < 0.4)
    transport = MemoryTransport()
    with EmbeddedImap(NETEASE, user=MAILBOX, password=CODE) as server:
        lived.fill(server, frozenset(lived.mails) - lost)
        # Weeks in which nothing is due: what leaves then leaves because of the harm.
        for moment in (at(10, 7), at(10, 7, 30), at(11, 7)):
            with desk_in(home, moment, source=source_of(server), transport=transport) as desk:
                done = tick(desk)
                assert done.trouble == ""
                assert desk.ledger.fact("last_poll") == moment.isoformat()
                troubles = " ".join(one.message for one in desk.archive.verify())
                told = "archive" in state_of(desk)["kinds"]
                # On the day it is found, and on every other while it is not mended.
                assert told or (moment.day == 11 and not lost)
                assert not told or moment.day == 10 or lost
                if not lost:
                    assert troubles == ""
                    assert replay.check(desk).differences == ()
                assert len(desk.ledger.messages()) == len(lived.mails)
    found = sound(home)
    assert {digest: data for digest, (_, data, _) in lived.mails.items() if digest not in lost} == found
    assert [one.digest for one in Archive(home / "inbox_archive").verify()] == sorted(lost)
    # A mail that was fetched again is answered no more.
    assert lived.left.isdisjoint(message_id(one.data) for one in transport.accepted)
