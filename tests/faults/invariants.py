"""A home, its mailbox and what its SMTP server accepted → every promise that is broken, as lines; none is the goal."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from email import message_from_bytes
from pathlib import Path

from pipeline.adapters.embedded import EmbeddedImap
from pipeline.adapters.ledger.ledger import Ledger
from pipeline.adapters.smtp import MemoryTransport
from pipeline.adapters.source import MemorySource
from pipeline.app import LEDGER, make_desk
from pipeline.flows import replay
from pipeline.model import LetterState, Verdict
from tests.faults.worker import opener

#: Senders of the month that are no persons: nothing may ever go to them.
MACHINES = re.compile(r"(?i)postmaster|mailer-daemon|@edm\.")


def message_id(data: bytes) -> str:
    """The Message-ID of a letter."""
    return str(message_from_bytes(data)["Message-ID"]).strip()


def unsure(home: Path) -> frozenset[str]:
    """Message-IDs of the letters that wait for a person, because nobody knows whether they arrived."""
    with closing(Ledger(home / LEDGER)) as ledger:
        return frozenset(letter.message_id for letter in ledger.letters(states=(LetterState.UNSURE,)))


def broken(home: Path, server: EmbeddedImap, accepted: Iterable[bytes]) -> tuple[str, ...]:
    """Check I1 to I9 on what is on the disk and on the servers.

    A letter may be unsure only when the server never took it: what it took lies in its Sent folder and is found there.

    Args:
        home: The home at rest, no service running.
        server: The mailbox it reads.
        accepted: Bytes of every letter the SMTP server took.
    """
    found: list[str] = []
    letters = tuple(accepted)
    listed = {hashlib.sha256(mail).hexdigest() for folder in ("INBOX", "垃圾邮件") for mail in server.mails(folder)}
    desk = make_desk(home, source=MemorySource(), transport=MemoryTransport(), opener=opener)
    try:
        kept = {path.stem for path in desk.archive.root.rglob("*.eml")}
        found += [f"I1 lost: {digest}" for digest in sorted(listed - kept)]
        found += [f"I2 mailbox changed: {change}" for change in server.changes]
        found += [f"I3 {trouble.message}" for trouble in desk.archive.verify()]
        found += [f"I3 left over: {path.name}" for path in (desk.archive.root / "tmp").glob("*")]
        found += [f"I3 left over: {path.name}" for path in home.glob("*.rebuilt*")]
        checked = replay.check(desk)
        found += [f"I4 {line}" for line in checked.differences]
        messages = desk.ledger.messages()
        found += [f"I5 not filed: {digest}" for digest in sorted(kept - {message.digest for message in messages})]
        found += [f"I5 twice: {message.digest}" for message in messages if message.digest not in kept]
        ids = Counter(message_id(data) for data in letters)
        found += [f"I6 accepted {count} times: {one}" for one, count in ids.items() if count > 1]
        rows = {letter.message_id: letter for letter in desk.ledger.letters()}
        found += [f"I6 not in the outbox: {one}" for one in ids if one not in rows]
        found += [f"I7 claimed for ever: {one.key}" for one in rows.values() if one.state == LetterState.SENDING]
        found += [f"I7 accepted, but {rows[one].state}: {rows[one].key}"
                  for one in ids if one in rows and rows[one].state != LetterState.SENT]  # fmt: skip
        sent = [letter for letter in rows.values() if letter.state == LetterState.SENT]
        found += [f"I6 sent, but never accepted: {letter.key}" for letter in sent if letter.message_id not in ids]
        automatic = {message.digest for message in messages if message.screening.verdict != Verdict.PERSON}
        found += [f"I8 answered a machine: {letter.key}"
                  for letter in rows.values() if letter.key.partition(":")[2] in automatic]  # fmt: skip
        found += [f"I8 to a machine: {letter.to}" for letter in rows.values() if MACHINES.search(" ".join(letter.to))]
        filed = {message.digest for message, _ in desk.ledger.filings()}
        found += [f"I9 without a filing: {one.digest}" for one in messages if one.digest not in filed]
        found += [f"journal line {trouble.line}: {trouble.message}" for trouble in desk.journal.verify()]
        if desk.journal.last_seq != desk.ledger.last_event:
            found.append(f"journal ends at {desk.journal.last_seq}, ledger at {desk.ledger.last_event}")
    finally:
        desk.ledger.close()
    if (home / LEDGER).stat().st_mode & 511 != 384:
        found.append("T46 the ledger can be read by others")
    return tuple(found)
