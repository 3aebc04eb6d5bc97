"""A mailbox that people and servers change at random, an archive that is killed at random: no mail lost, none twice."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pipeline.adapters.archive import Archive
from pipeline.adapters.embedded import NETEASE, EmbeddedImap
from pipeline.adapters.source import FULL_EVERY, Cursor
from pipeline.model import RawMessage
from tests.support.servers import START, digest, imap_source, letter

JUNK = "垃圾邮件"


class Unplugged(Exception):
    """The process died while it kept a mail."""


class Mailbox(RuleBasedStateMachine):
    """Deliveries, moves, deletions, rebuilt folders and interrupted polls in any order."""

    def __init__(self) -> None:
        super().__init__()
        self._place = tempfile.TemporaryDirectory()
        self.server = EmbeddedImap(NETEASE)
        self.server.__enter__()
        self.archive = Archive(Path(self._place.name))
        self.cursor = Cursor()
        self.number = 0
        self.validity = 1
        #: Digest of every mail that lay in a folder when a poll was finished.
        self.listed: set[str] = set()
        self.uids: dict[str, list[int]] = {"INBOX": [], JUNK: []}

    def teardown(self) -> None:
        """Settle, compare, stop."""
        try:
            for _ in range(FULL_EVERY):
                self.poll()
            present = {digest(mail) for folder in ("INBOX", JUNK) for mail in self.server.mails(folder)}
            kept = [raw.digest for raw in Archive(self.archive.root).walk()]
            assert present | self.listed <= set(kept)
            assert len(kept) == len(set(kept))
            assert self.archive.verify() == ()
            assert self.server.changes == []
            assert self.cursor.pending == ()
        finally:
            self.server.__exit__()
            self._place.cleanup()

    @rule(folder=st.sampled_from(("INBOX", JUNK)), count=st.integers(1, 30))
    def deliver(self, folder: str, count: int) -> None:
        """Mails arrive."""
        for _ in range(count):
            self.number += 1
            at = START + timedelta(minutes=self.number)
            self.uids[folder].append(self.server.deliver(letter(self.number), received_at=at, folder=folder))

    @rule(folder=st.sampled_from(("INBOX", JUNK)), pick=st.integers(0, 999))
    def move(self, folder: str, pick: int) -> None:
        """A clerk moves a mail to the other folder."""
        if self.uids[folder]:
            uid = self.uids[folder].pop(pick % len(self.uids[folder]))
            self.server.move(uid, to=JUNK if folder == "INBOX" else "INBOX", folder=folder)

    @rule(folder=st.sampled_from(("INBOX", JUNK)), pick=st.integers(0, 999))
    def delete(self, folder: str, pick: int) -> None:
        """A clerk deletes a mail."""
        if self.uids[folder]:
            self.server.remove(self.uids[folder].pop(pick % len(self.uids[folder])), folder=folder)

    @rule(folder=st.sampled_from(("INBOX", JUNK)), step=st.sampled_from((0, 0, 1)), count=st.integers(0, 20))
    def rebuild(self, folder: str, step: int, count: int) -> None:
        """The server rebuilds a folder: with another UIDVALIDITY, or, like 163, with the same and old numbers."""
        self.validity += step
        self.server.rebuild(folder, validity=self.validity)
        self.uids[folder] = []
        if count:
            self.deliver(folder, count)

    @rule()
    def poll(self) -> None:
        """A poll runs to its end."""
        self._poll(self.archive.keep)
        # Other mails under old numbers are only promised at the next full comparison.
        if self.cursor.polls == 0:
            self.listed |= {digest(mail) for folder in ("INBOX", JUNK) for mail in self.server.mails(folder)}

    @rule(dies_at=st.integers(1, 40), after=st.booleans())
    def interrupted_poll(self, dies_at: int, *, after: bool) -> None:
        """The process dies before or after a mail is on disk; the last stored cursor stays."""
        count = 0

        def keep(raw: RawMessage) -> None:
            nonlocal count
            count += 1
            if count == dies_at and not after:
                raise Unplugged
            self.archive.keep(raw)
            if count == dies_at:
                raise Unplugged

        try:
            self._poll(keep)
        except Unplugged:
            self.archive = Archive(self.archive.root)

    def _poll(self, keep: Callable[[RawMessage], object]) -> None:
        def moved(cursor: Cursor) -> None:
            self.cursor = cursor

        self.cursor = imap_source(self.server).poll(self.cursor, keep=keep, moved=moved).cursor

    @invariant()
    def cursor_covers_only_what_is_kept(self) -> None:
        """No number is marked as handed over that is not in the archive."""
        places = {(sighting.folder, sighting.origin.rpartition("/")[2]) for sighting in self.archive.sightings()}
        known = {(mark.folder, key) for mark in self.cursor.marks for key, _ in mark.known}
        assert known <= places


Mailbox.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestMailbox = Mailbox.TestCase
